#![no_main]

mod sane;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sane::read("csv", bytes));
