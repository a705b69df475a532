#![no_main]

#[path = "../../tests/common/any_tariff.rs"]
mod any_tariff;

use std::sync::LazyLock;

use wattlens::site::Site;

/// A year of hours.
static YEAR: LazyLock<Site> = LazyLock::new(|| any_tariff::site(365, 3600));

// Whatever it is, it is told what is wrong with it, or it bills a month of entered quantities and a year of readings.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for size in [1e4, 1e12] {
        any_tariff::read_and_bill(text, Some(&YEAR), size);
    }
});
