//! Chinese metering exports: curves, daily register readings, all phases in a row; multipliers and headers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::fixtures::{detected, meter, meters, summary};
use wattlens::Finding;
use wattlens::ingest::{FileOptions, Stamp};
use wattlens::readings::{Channel, Kind, Period, Readings, SpanKind};

const ZONE: &str = "Asia/Shanghai";
/// Register readings that have a date alone.
const DATES_ALONE: &str = "quantities, stamp start Assumed";
const DATED: &str = "! ingest.register_date_assumed";

fn read(name: &str, with: impl FnOnce(&mut FileOptions)) -> Readings {
    meter(&format!("chinese/{name}"), ZONE, with)
}

fn check(name: &str, expected: &[&str]) -> Readings {
    let readings = read(name, |_| ());
    assert_eq!(summary(&readings), expected, "{name}");
    readings
}

fn found(readings: &Readings, code: &str) -> Finding {
    readings.findings().iter().find(|one| one.code == code).cloned().unwrap_or_else(|| panic!("no {code}"))
}

#[test]
fn power_curves_are_samples_and_their_energy_is_said_to_be_so() {
    // 96 × 40 kW × 0.25 h and 96 × 8 kvar × 0.25 h; the day begins at 16:00 UTC.
    let readings = check(
        "power_curve_96.csv",
        &[
            "wide_days, stamp start Likely",
            "2023-12-31T16:00:00Z 900 s x 96",
            "import_kwh 960 of 96 sampled",
            "import_kvarh 192 of 96 sampled",
            "! ingest.energy_from_samples",
        ],
    );
    assert_eq!(readings.meter(), Some("JLD1"), "the metering point, not the customer");
    let means = read("power_curve_96.csv", |options| options.read.power = Some(Kind::Mean));
    assert_eq!(summary(&means)[2], "import_kwh 960 of 96");
}

#[test]
fn voltages_and_currents_stand_beside_the_energy() {
    // 96 × 230.5, 231, 2.5 and 0.1; 96 × 10 kWh.
    check(
        "voltage_and_current_curves.csv",
        &[
            "wide_days, stamp start Likely",
            "2023-12-31T16:00:00Z 900 s x 96",
            "import_kwh 960 of 96",
            "~voltage_l1_v 22128 of 96",
            "~voltage_l2_v 22176 of 96",
            "~current_l1_a 240 of 96",
            "~current_n_a 9.6 of 96",
        ],
    );
    let titled = check(
        "curve_under_a_title_gb18030.csv",
        &["wide_days, stamp start Likely", "2023-12-31T16:00:00Z 900 s x 96", "~voltage_l1_v 22032 of 96"],
    );
    assert_eq!(titled.meter(), Some("B7"), "the meter stands above the header");
    assert!(detected(&titled, "encoding").to_lowercase().starts_with("gb18030"));
}

#[test]
fn a_multiplier_is_put_on_curves_only_where_the_file_says_secondary() {
    let curve = |kwh: &'static str, more: &[&'static str]| {
        let mut lines = vec!["wide_days, stamp end Certain", "2023-12-31T16:00:00Z 900 s x 96", kwh];
        lines.push("! ingest.energy_from_samples");
        lines.extend(more);
        lines
    };
    // 96 × 2 kW × 0.25 h, and 40 times that.
    let unclear = check(
        "curve_with_multiplier_column.csv",
        &curve("import_kwh 48 of 96 sampled", &["! ingest.multiplier_unclear"]),
    );
    assert_eq!(detected(&unclear, "multiplier"), "40 Assumed");
    let secondary = check("curve_of_secondary_values.csv", &curve("import_kwh 1920 of 96 sampled", &[]));
    assert_eq!(detected(&secondary, "multiplier"), "40 Certain");
    // The caller's multiplier is applied once, whatever the file says.
    for name in ["curve_with_multiplier_column.csv", "curve_of_secondary_values.csv"] {
        let given = read(name, |options| options.read.multiplier = Some(40.0));
        assert_eq!(given.series(Channel::IMPORT_KWH).unwrap().total(), Some(1920.0), "{name}");
        assert_eq!(detected(&given, "multiplier"), "40 Given");
    }
    // 4 h × 0.5 kW × 120: a line above the header says 二次值.
    let above = read("values_said_to_be_secondary.csv", |_| ());
    assert_eq!(above.series(Channel::IMPORT_KWH).unwrap().total(), Some(240.0));
    // 12 480 − 12 000 kWh: the line says 已乘倍率.
    let contained = read("values_said_to_contain_the_multiplier.csv", |_| ());
    let energy = contained.spans().series(Channel::IMPORT_KWH, SpanKind::Energy, Period::Total).unwrap();
    assert_eq!(energy.total(), Some(480.0));
}

#[test]
fn current_and_voltage_transformers_have_ratios_of_their_own() {
    // CT 800/5 = 160, PT 10 000/100 = 100: 58 V × 100, 2 A × 160, 0.3 kW × 16 000, in four hours.
    let readings = check(
        "secondary_with_ct_and_pt.csv",
        &[
            "quantities, stamp start Likely",
            "2023-12-31T16:00:00Z 3600 s x 4",
            "import_kwh 19200 of 4",
            "voltage_l1_v 23200 of 4",
            "current_l1_a 1280 of 4",
            "power_factor 3.8 of 4",
        ],
    );
    assert_eq!(detected(&readings, "multiplier"), "16000 Certain");
}

/// Differences times 80: 10 and 20 in all, 1 and 2 sharp, …
const DAILY: [&str; 16] = [
    DATES_ALONE,
    "import_kwh: 800 1600",
    "import_kwh_sharp: 80 160",
    "import_kwh_peak: 240 480",
    "import_kwh_flat: 320 640",
    "import_kwh_valley: 160 320",
    "import_kwh_register x 80: 1000 1010 1030",
    "import_kwh_register_sharp x 80: 100 101 103",
    "import_kwh_register_peak x 80: 300 303 309",
    "import_kwh_register_flat x 80: 400 404 412",
    "import_kwh_register_valley x 80: 200 202 206",
    "export_kwh: 0 40",
    "export_kwh_register x 80: 5 5 5.5",
    "import_kvarh: 160 240",
    "import_kvarh_register x 80: 50 52 55",
    DATED,
];

#[test]
fn daily_registers_become_energies_with_the_multiplier() {
    let readings = check("daily_registers.csv", &DAILY);
    check("daily_registers_gb18030.csv", &DAILY);
    assert_eq!(detected(&readings, "multiplier"), "80 Certain");
    assert_eq!(readings.meter(), Some("B1"));
    let first = |readings: &Readings| {
        let energy = readings.spans().series(Channel::IMPORT_KWH, SpanKind::Energy, Period::Total).unwrap();
        wattlens::time::instant_text(energy.values[0].span.start)
    };
    assert_eq!(first(&readings), "2023-12-31T16:00:00Z", "read at 00:00 of its date");
    let frozen = read("daily_registers.csv", |options| options.read.stamp = Some(Stamp::End));
    assert_eq!(first(&frozen), "2024-01-01T16:00:00Z", "read at 24:00 of its date");
    assert!(frozen.findings().is_empty());
}

#[test]
fn items_and_tariff_periods_cross() {
    check(
        "daily_registers_by_item.csv",
        &[
            DATES_ALONE,
            "import_kwh: 200", // (12 − 10) × 100
            "import_kwh_sharp: 25",
            "import_kwh_peak: 75",
            "import_kwh_flat: 50",
            "import_kwh_valley: 50",
            "import_kwh_register x 100: 10 12",
            "import_kwh_register_sharp x 100: 1 1.25",
            "import_kwh_register_peak x 100: 3 3.75",
            "import_kwh_register_flat x 100: 4 4.5",
            "import_kwh_register_valley x 100: 2 2.5",
            "export_kwh: 25",
            "export_kwh_register x 100: 0.5 0.75",
            DATED,
        ],
    );
    check(
        "items_and_one_value.csv",
        &[
            DATES_ALONE,
            "import_kwh: 3",
            "import_kwh_peak: 1",
            "import_kwh_register x 1: 10 13",
            "import_kwh_register_peak x 1: 4 5",
            DATED,
        ],
    );
    // 正向有功示值查询 above the header says what 总, 尖, 峰, 平, 谷 count; the multiplier stands there too.
    let titled = read("title_and_multiplier_above.csv", |_| ());
    assert_eq!(
        summary(&titled)[..6],
        [
            DATES_ALONE,
            "import_kwh: 160 320", // 1 and 2, × 160
            "import_kwh_sharp: 40 40",
            "import_kwh_peak: 40 120",
            "import_kwh_flat: 40 80",
            "import_kwh_valley: 40 80"
        ]
    );
    assert_eq!(detected(&titled, "multiplier"), "160 Certain");
}

#[test]
fn registers_without_the_word_need_evidence() {
    let tall = read("totals_that_stand_high.csv", |_| ());
    assert_eq!(summary(&tall)[1], "import_kwh: 10 20");
    assert!(detected(&tall, "registers").ends_with("谷 Likely"));
    // Energies go up and down, and say 电量.
    let energies = [
        "quantities, stamp start Likely",
        "import_kwh: 100 90",
        "import_kwh_sharp: 10 9",
        "import_kwh_peak: 30 27",
        "import_kwh_flat: 40 36",
        "import_kwh_valley: 20 18",
    ];
    let by_name = check("energies_by_period.csv", &energies);
    assert_eq!(detected(&by_name, "registers"), "none Certain");
    // Two rows cannot tell.
    let open = read("two_days_of_totals.csv", |_| ());
    assert_eq!(summary(&open)[1], "import_kwh: 1000 1010");
    assert_eq!(found(&open, "ingest.registers_unclear").evidence["columns"], "正向有功总, 尖, 峰, 平, 谷");
    let said = read("two_days_of_totals.csv", |options| options.read.registers = Some(true));
    assert_eq!(summary(&said)[1], "import_kwh: 10");
}

#[test]
fn registers_of_every_quarter_hour() {
    // 95 differences of 0.5 × 60.
    let readings = read("register_curve_96.csv", |_| ());
    assert_eq!(
        summary(&readings)[..3],
        ["wide_days, stamp start Certain", "2023-12-31T16:00:00Z 900 s x 95", "import_kwh 2850 of 95"]
    );
}

#[test]
fn a_change_of_the_multiplier_keeps_the_energy_right() {
    // 10 × 40, 5 × 80, 5 × 80.
    let readings = read("multiplier_changes.csv", |_| ());
    assert_eq!(summary(&readings)[1], "import_kwh: 400 400 400");
    let change = found(&readings, "ingest.multiplier_change");
    let facts = ["before", "after", "line"].map(|key| change.evidence[key].as_f64().unwrap());
    assert_eq!(facts, [40.0, 80.0, 4.0]);
}

#[test]
fn all_phases_in_a_row() {
    // 4 × 0.9 kWh; 4 × 0.9 kvar × 0.25 h; the sampled power stays a channel beside the energy.
    check(
        "all_phases_one_row.csv",
        &[
            "columns, stamp start Likely",
            "2023-12-31T16:00:00Z 900 s x 4",
            "import_kwh 3.6 of 4",
            "import_kvarh 0.9 of 4",
            "~power_kw 14.4 of 4",
            "power_l1_kw 4.8 of 4",
            "voltage_l1_v 880 of 4",
            "voltage_l2_v 884 of 4",
            "voltage_l3_v 888 of 4",
            "current_l1_a 20 of 4",
            "current_l2_a 24 of 4",
            "current_l3_a 28 of 4",
            "current_n_a 2 of 4",
            "power_factor 3.88 of 4",
            "frequency_hz 200.04 of 4",
        ],
    );
    // Total power is the energy where nothing else is: 4 × 900 kW × 1 h.
    check(
        "letters_for_phases.csv",
        &[
            "columns, stamp start Likely",
            "2023-12-31T16:00:00Z 3600 s x 4",
            "import_kwh 3600 of 4",
            "import_kvarh 400 of 4",
            "power_l1_kw 1200 of 4",
            "voltage_l1_v 40000 of 4",
            "voltage_l2_v 40040 of 4",
            "voltage_l3_v 40080 of 4",
            "voltage_l1_l2_v 69280 of 4",
            "current_l1_a 200 of 4",
            "current_l2_a 204 of 4",
            "current_l3_a 208 of 4",
            "power_factor 3.96 of 4",
        ],
    );
}

#[test]
fn maximum_demand_has_its_time() {
    let demand = check(
        "maximum_demand_and_its_time.csv",
        &["quantities, stamp start Likely", "import_kwh: 1000 1100", "maximum_demand_kw: 85.5 90"],
    );
    let series = &demand.spans().0.iter().find(|one| one.kind == SpanKind::MaximumDemand).unwrap().values;
    let at: Vec<String> = series.iter().map(|one| wattlens::time::instant_text(one.at.unwrap())).collect();
    assert_eq!(at, ["2024-01-01T02:15:00Z", "2024-01-02T06:30:00Z"]); // 10:15 and 14:30 in Shanghai
}

#[test]
fn what_is_not_known_is_said_and_can_be_told() {
    let tariffs = check(
        "t1_to_t4_are_not_guessed.csv",
        &[DATES_ALONE, "import_kwh: 10", "import_kwh_register x 1: 1000 1010", DATED],
    );
    assert_eq!(detected(&tariffs, "not_read"), "T1, T2, T3, T4 Certain");
    assert!(meters("chinese/headers_of_its_own.csv", ZONE, |_| ()).is_err());
    let names = [("BH", "meter"), ("SJ", "date"), ("ZXYG", "import_kwh_register"), ("BL", "multiplier")];
    let told = read("headers_of_its_own.csv", |options| {
        options.synonyms = names.map(|(header, word)| (header.to_owned(), word.to_owned())).into();
    });
    assert_eq!(summary(&told)[1], "import_kwh: 300"); // (1010 − 1000) × 30
    assert_eq!(told.meter(), Some("B1"));
    let wrong = meters("chinese/headers_of_its_own.csv", ZONE, |options| {
        options.synonyms.insert("ZXYG".to_owned(), "import_kwh_registr".to_owned());
    });
    let wrong = wrong.unwrap_err().to_string();
    assert!(wrong.contains("\"ZXYG\"") && wrong.contains("import_kwh_register"), "{wrong}");
}
