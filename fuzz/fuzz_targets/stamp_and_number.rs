#![no_main]

mod sane;

// Two lines of a table: the text up to the first zero byte is the stamp, the rest the number.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (stamp, number) = (&bytes[..at], &bytes[(at + 1).min(bytes.len())..]);
    let mut table = b"time,kWh\n2024-01-01 00:00,1\n".to_vec();
    table.extend_from_slice(stamp);
    table.push(b',');
    table.extend_from_slice(number);
    table.extend_from_slice(b"\n2024-01-01 00:30,1\n");
    sane::read("csv", &table);
});
