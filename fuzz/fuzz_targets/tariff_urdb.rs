#![no_main]

use wattlens::tariff::Tariff;

// A rate is refused or becomes a tariff, which is then billable.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(tariff) = Tariff::from_urdb(text, "fuzz", None) {
        assert!(tariff.missing_prices().is_empty());
        let _ = tariff.period_prices();
    }
});
