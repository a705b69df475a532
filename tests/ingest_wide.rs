//! Days in a row and hour numbers: what is read from each fixture, and what is said of it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::fixtures::{detected, meter, meters, summary};
use wattlens::ingest::{FileOptions, Stamp, Unit};
use wattlens::readings::{Channel, Flag};

const ZONE: &str = "Europe/Madrid";

fn check(name: &str, expected: &[&str]) {
    assert_eq!(summary(&meter(&format!("csv_wide/{name}"), ZONE, |_| ())), expected, "{name}");
}

fn import(name: &str, with: impl FnOnce(&mut FileOptions)) -> Vec<f64> {
    meter(&format!("csv_wide/{name}"), ZONE, with).series(Channel::IMPORT_KWH).unwrap().values().to_vec()
}

#[test]
fn clocks_in_the_header_tell_the_side() {
    // 95 × 1 + 5 and 96 × 2 kWh; in Madrid the day begins at 23:00 UTC.
    let day = "2023-12-31T23:00:00Z 900 s x 192";
    check("clocks_0015_to_2400.csv", &["wide_days, stamp end Certain", day, "import_kwh 292 of 192"]);
    check("clocks_0000_to_2345.csv", &["wide_days, stamp start Certain", day, "import_kwh 292 of 192"]);
    // The 5 is the last quarter hour of the first day, or the first.
    assert_eq!(import("clocks_0015_to_2400.csv", |_| ())[95], 5.0);
    assert_eq!(import("clocks_0000_to_2345.csv", |_| ())[0], 5.0);
    // What the caller says wins: 00:00 is then the end of the last interval of the day before.
    let moved = meter("csv_wide/clocks_0000_to_2345.csv", ZONE, |options| options.read.stamp = Some(Stamp::End));
    assert_eq!(wattlens::time::instant_text(moved.axis().start()), "2023-12-31T22:45:00Z");
    // 48 × 0.5 kWh.
    check(
        "clocks_ranges.csv",
        &["wide_days, stamp start Certain", "2023-12-31T23:00:00Z 1800 s x 48", "import_kwh 24 of 48"],
    );
    // 1:00 to 0:00 are ends: 1 + 2 + … + 24 = 300 kWh a day.
    check(
        "clocks_0100_to_0000.csv",
        &["wide_days, stamp end Certain", "2023-12-31T23:00:00Z 3600 s x 48", "import_kwh 600 of 48"],
    );
}

#[test]
fn numbers_count_the_intervals_of_a_day() {
    // 0 + 1 + … + 23 = 276 kWh a day.
    check(
        "hours_0_to_23.csv",
        &["wide_days, stamp start Certain", "2023-12-31T23:00:00Z 3600 s x 48", "import_kwh 552 of 48"],
    );
    // 24 × 0.001 MWh + 24 × 0.002 MWh.
    check(
        "hours_1h_to_24h.csv",
        &["wide_days, stamp start Certain", "2023-12-31T23:00:00Z 3600 s x 48", "import_kwh 72 of 48"],
    );
    // 288 × 0.5 kWh.
    check(
        "five_minutes_288.csv",
        &["wide_days, stamp start Likely", "2023-12-31T23:00:00Z 300 s x 288", "import_kwh 144 of 288"],
    );
    // Numbered intervals stay where they are whatever end stamps name.
    let end = |options: &mut FileOptions| options.read.stamp = Some(Stamp::End);
    assert_eq!(import("hours_0_to_23.csv", end), import("hours_0_to_23.csv", |_| ()));
}

#[test]
fn the_channel_stands_in_a_column_or_in_the_name_of_the_file() {
    let day = "2023-12-31T23:00:00Z 900 s x 96";
    let side = "wide_days, stamp start Likely";
    // 96 × 3 kWh, 96 × 4 kvarh, 96 × 0.6.
    let three = ["import_kwh 288 of 96", "import_kvarh 384 of 96", "power_factor 57.6 of 96"];
    check("units_column.csv", &[side, day, three[0], three[1], three[2]]);
    assert_eq!(meter("csv_wide/units_column.csv", ZONE, |_| ()).meter(), Some("M1"));
    // Power factors of 60 are percent.
    check("power_factor_in_percent.csv", &[side, day, three[0], three[2]]);
    // 96 × 8 kW × 0.25 h.
    check("power_in_kw.csv", &[side, day, "import_kwh 192 of 96"]);
    // 48 × 0.25 kWh, by the name of the file.
    check("site_7_export_kwh.csv", &[side, "2023-12-31T23:00:00Z 1800 s x 48", "export_kwh 12 of 48"]);
    check(
        "unknown_item.csv",
        &[
            "wide_days, stamp start Certain",
            "2023-12-31T23:00:00Z 3600 s x 24",
            "import_kwh 24 of 24",
            "! ingest.unknown_item",
        ],
    );
    let gas = meter("csv_wide/unknown_item.csv", ZONE, |options| {
        options.synonyms.insert("Gas".to_owned(), "export_kwh".to_owned());
    });
    assert_eq!(gas.series(Channel::EXPORT_KWH).unwrap().total(), Some(216.0)); // 24 × 9
    let refused = meters("csv_wide/nothing_says_what.csv", ZONE, |_| ()).unwrap_err().to_string();
    assert!(refused.contains("columns={\"import_kwh\": \"P1\"}"), "{refused}");
    let said = import("nothing_says_what.csv", |options| {
        options.columns.insert("import_kwh".to_owned(), "P1".to_owned());
        options.units.insert("import_kwh".to_owned(), Unit::Kw);
    });
    assert_eq!(said, [0.25; 96]); // 1 kW for a quarter hour
}

#[test]
fn days_of_23_and_25_hours_are_counted_from_midnight() {
    // 23 + 24 + 25 hours of 1 kWh; the months between are missing.
    check(
        "hours_of_23_and_25.csv",
        &["wide_days, stamp start Certain", "2024-03-30T23:00:00Z 3600 s x 5064", "import_kwh 72 of 72 missing"],
    );
    // 96 + 92 + 96.
    check(
        "quarters_of_92_and_100.csv",
        &["wide_days, stamp start Likely", "2024-03-29T23:00:00Z 900 s x 284", "import_kwh 284 of 284"],
    );
    // Hour 25 of a day of 24 hours.
    check(
        "value_in_an_hour_too_many.csv",
        &[
            "wide_days, stamp start Certain",
            "2024-03-31T22:00:00Z 3600 s x 24",
            "import_kwh 24 of 24",
            "! ingest.values_beyond_day",
        ],
    );
    // 2:00 twice: 24 hours of 1 kWh, then 2 + 5 + 7 + 21.
    check(
        "hour_2_twice.csv",
        &["wide_days, stamp start Certain", "2024-10-25T22:00:00Z 3600 s x 49", "import_kwh 59 of 49"],
    );
    let twice = import("hour_2_twice.csv", |_| ());
    assert_eq!(twice[24..30], [1.0, 1.0, 5.0, 7.0, 1.0, 1.0]);
}

#[test]
fn files_that_keep_96_columns_do_so_in_four_ways() {
    let side = "wide_days, stamp start Likely";
    let (spring, autumn) = ("2024-03-30T23:00:00Z 900 s x 92", "2024-10-26T22:00:00Z 900 s x 100");
    // 8 × 1 + 84 × 2, the hour from 2:00 empty …
    check("quarters_96_spring_hole_empty.csv", &[side, spring, "import_kwh 176 of 92"]);
    // … or the last four columns, after a whole day of 96 …
    check("quarters_96_spring_end_empty.csv", &[side, "2024-03-29T23:00:00Z 900 s x 188", "import_kwh 272 of 188"]);
    assert_eq!(
        import("quarters_96_spring_end_empty.csv", |_| ())[96..],
        import("quarters_96_spring_hole_empty.csv", |_| ())
    );
    // … or zeros in the hour that never comes.
    check(
        "quarters_96_spring_zero_filled.csv",
        &["wide_days, stamp start Certain", spring, "import_kwh 176 of 92", "! ingest.spring_hour_zero_filled"],
    );
    // In autumn one of the two hours is not in the file.
    check(
        "quarters_96_autumn_hour_once.csv",
        &[side, autumn, "import_kwh 96 of 96 missing", "! ingest.autumn_hour_once"],
    );
}

#[test]
fn days_that_are_missing_twice_or_out_of_order() {
    let hours = |count: usize| format!("2023-12-31T23:00:00Z 3600 s x {count}");
    let side = "wide_days, stamp start Certain";
    check("missing_day.csv", &[side, &hours(72), "import_kwh 48 of 48 missing"]);
    // The first row is kept: 24 + 24, its last hour ambiguous.
    let twice = ["import_kwh 48 of 48 ambiguous", "! ingest.out_of_order", "! quality.duplicate"];
    check("day_twice.csv", &[side, &hours(48), twice[0], twice[1], twice[2]]);
    // 24 × (1 + 2 + 3).
    check("days_out_of_order.csv", &[side, &hours(72), "import_kwh 144 of 72", "! ingest.out_of_order"]);
    let sorted = import("days_out_of_order.csv", |_| ());
    assert_eq!((sorted[0], sorted[24], sorted[48]), (1.0, 2.0, 3.0));
    // 12 values of the first day, 24 of the second.
    check("partly_empty_row.csv", &[side, &hours(48), "import_kwh 36 of 36 missing"]);
}

#[test]
fn meters_statuses_and_decimal_commas() {
    let both = meters("csv_wide/two_meters_and_status.csv", ZONE, |_| ()).unwrap();
    let names: Vec<_> = both.iter().map(|one| one.meter().unwrap()).collect();
    assert_eq!(names, ["A", "B"]);
    let flags = |at: usize| both[at].series(Channel::IMPORT_KWH).unwrap().flags().to_vec();
    assert_eq!(flags(0), [Flag::Measured; 48]);
    assert_eq!(flags(1)[..24], [Flag::Substituted; 24]);
    assert_eq!(flags(1)[24..], [Flag::Measured; 24], "a status that nobody knows changes nothing");
    let unknown = both[0].findings().iter().find(|one| one.code == "ingest.unknown_status").unwrap();
    assert_eq!((&unknown.evidence["words"], &unknown.evidence["line"]), (&"Q".into(), &5.into()));
    // 24 × 1.5 + 24 × 0.25, the first of February first.
    check(
        "semicolons_decimal_commas.csv",
        &["wide_days, stamp start Certain", "2024-01-31T23:00:00Z 3600 s x 48", "import_kwh 42 of 48"],
    );
}

#[test]
fn hour_n_is_the_nth_hour_of_its_day() {
    let side = "hours, stamp start Certain";
    // (25 + 24) × 1.5 and (23 + 24) × 0.5 kWh.
    check("hora_25_in_autumn.csv", &[side, "2024-10-26T22:00:00Z 3600 s x 49", "import_kwh 73.5 of 49"]);
    check("hora_23_in_spring.csv", &[side, "2024-03-30T23:00:00Z 3600 s x 47", "import_kwh 23.5 of 47"]);
    assert_eq!(meter("csv_wide/hora_25_in_autumn.csv", ZONE, |_| ()).meter(), Some("ES0021"));
    // A file that leaves hour 3 out numbers the hours of the clock.
    check("hour_numbers_skip_3_in_spring.csv", &[side, "2024-03-30T23:00:00Z 3600 s x 23", "import_kwh 23 of 23"]);
    // Twice 0 + 1 + … + 23.
    check("hour_numbers_0_to_23.csv", &[side, "2023-12-31T23:00:00Z 3600 s x 48", "import_kwh 552 of 48"]);
    let estimated = meter("csv_wide/real_estimado.csv", ZONE, |_| ());
    assert_eq!(summary(&estimated)[2], "import_kwh 48 of 24 substituted");
    let flags = estimated.series(Channel::IMPORT_KWH).unwrap().flags();
    assert_eq!((flags[..12].to_vec(), flags[12..].to_vec()), (vec![Flag::Measured; 12], vec![Flag::Substituted; 12]));
    // Ends in options move nothing: the hours are numbered.
    let ends = meter("csv_wide/hora_25_in_autumn.csv", ZONE, |options| options.read.stamp = Some(Stamp::End));
    assert_eq!(wattlens::time::instant_text(ends.axis().start()), "2024-10-26T22:00:00Z");
    assert_eq!(detected(&ends, "layout"), "hours Certain");
}
