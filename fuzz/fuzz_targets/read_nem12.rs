#![no_main]

mod sane;

// Both formats have the same records; the header decides which one a file is.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let is_nem13 = bytes.starts_with(b"100,NEM13");
    sane::read(if is_nem13 { "nem13" } else { "nem12" }, bytes);
});
