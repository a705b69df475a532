#![no_main]

#[path = "../../tests/common/any_tariff.rs"]
mod any_tariff;

use std::sync::LazyLock;

use wattlens::site::Site;
use wattlens::tariff::Tariff;

/// A month of hours.
static MONTH: LazyLock<Site> = LazyLock::new(|| any_tariff::site(31, 3600));

// What is read from another format is a tariff of this one.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Tariff::from_urdb(text, "any", None) {
        Ok(tariff) => {
            let text = serde_json::to_string(tariff.sheet()).unwrap();
            assert!(any_tariff::read_and_bill(&text, Some(&MONTH), 1e4));
        }
        Err(error) => assert!(error.to_string().len() > 10),
    }
});
