//! NEM12, NEM13, MSCONS and Green Button: the real files to the digit.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::Path;

use wattlens::ingest::{FileOptions, ReadOptions, inspect, read};
use wattlens::readings::{Channel, Flag, Period, Readings, SpanKind, SpanSeries, Sure};

fn read_in(path: &Path, zone: Option<&str>) -> Vec<Readings> {
    let read_options = ReadOptions { zone: zone.map(str::to_owned), ..ReadOptions::default() };
    read(path, &FileOptions { read: read_options, ..FileOptions::default() }, None).unwrap()
}

fn names(meters: &[Readings]) -> Vec<&str> {
    meters.iter().map(|readings| readings.meter().unwrap()).collect()
}

/// Sum of a channel in thousandths of its unit, exact: every value is a whole number of them.
fn thousandths(readings: &Readings, channel: &str) -> i64 {
    let series = readings.series(Channel::from_name(channel).unwrap()).unwrap();
    let whole = |value: &f64| {
        let thousandths = (value * 1000.0).round();
        assert!((value * 1000.0 - thousandths).abs() < 1e-6, "{value} is no whole number of thousandths");
        thousandths as i64
    };
    series.values().iter().filter(|value| value.is_finite()).map(whole).sum()
}

fn codes(readings: &Readings) -> Vec<&str> {
    readings.findings().iter().map(|finding| finding.code.as_str()).collect()
}

fn nem12(name: &str) -> Option<Vec<Readings>> {
    let folder = common::data_folder()?;
    Some(read_in(&folder.join(format!("nem12/Example_{name}.csv")), None))
}

#[test]
fn nem12_with_one_meter() {
    /// Name, step, intervals, and channels with their totals in thousandths.
    type Expected = (&'static str, i64, usize, &'static [(&'static str, i64)]);
    let expected: [Expected; 8] = [
        ("NEM12_actual_interval", 1800, 48, &[("import_kwh", 53_328), ("import_kvarh", 106_656)]),
        ("NEM12_upper_case_units", 1800, 48, &[("import_kwh", 53_328), ("import_kvarh", 106_656)]),
        ("NEM12_month_solar", 300, 31 * 288, &[("import_kwh", 270_738), ("export_kwh", 589_172)]),
        ("NEM12_partialchannel", 300, 31 * 288, &[("import_kwh", 270_738), ("export_kwh", 23_166)]),
        ("NEM12_multiple_quality", 1800, 48, &[("import_kwh", 896_990)]),
        ("NEM12_substituted_interval", 1800, 48, &[("import_kwh", 110_976), ("import_kvarh", 47_053_848)]),
        ("NEM12_no_scheduled_read", 900, 96, &[("import_kwh", 5_840)]),
        ("WesternPower", 1800, 48, &[("import_kwh", 0), ("export_kwh", 0), ("import_kvarh", 0), ("export_kvarh", 0)]),
    ];
    for (name, step_s, len, sums) in expected {
        let Some(meters) = nem12(name) else { return };
        let [readings] = meters.as_slice() else { panic!("{name}: {:?}", names(&meters)) };
        assert_eq!((readings.axis().step_s(), readings.axis().len()), (step_s, len), "{name}");
        assert_eq!(readings.all_series().len(), sums.len(), "{name}");
        for (channel, sum) in sums {
            assert_eq!(thousandths(readings, channel), *sum, "{name} {channel}");
        }
        assert_eq!(readings.provenance()["zone"].value, "Etc/GMT-10");
        assert_eq!(readings.provenance()["zone"].sure, Sure::Likely);
        assert_eq!(readings.provenance()["stamp"].sure, Sure::Certain);
        let odd: Vec<_> = codes(readings).into_iter().filter(|code| *code != "ingest.substituted").collect();
        assert!(odd.is_empty(), "{name}: {odd:?}");
    }
}

#[test]
fn nem12_days_without_a_channel_are_missing_there() {
    let Some(meters) = nem12("NEM12_partialchannel") else { return };
    let export = meters[0].series(Channel::EXPORT_KWH).unwrap();
    assert_eq!(export.missing(), 30 * 288);
    assert_eq!(export.values()[..288].iter().filter(|value| value.is_nan()).count(), 0);
}

#[test]
fn nem12_begins_at_midnight_of_market_time() {
    let Some(meters) = nem12("NEM12_actual_interval") else { return };
    // 1 February 2004, 00:00 at UTC+10 is 14:00 UTC the day before: 1 075 593 600 - 36 000.
    assert_eq!(meters[0].axis().start(), 1_075_557_600);
}

#[test]
fn nem12_lengths_and_registers_become_meters() {
    let Some(meters) = nem12("NEM12_different_interval_length") else { return };
    assert_eq!(names(&meters), ["C123-1", "C123-1 10 min", "C123-2"]);
    assert_eq!(thousandths(&meters[0], "import_kwh"), 254_000);
    assert_eq!(thousandths(&meters[2], "import_kwh"), 120_000);
    let voltage = meters[1].series(Channel::from_name("voltage_v").unwrap()).unwrap();
    assert_eq!((meters[1].axis().step_s(), voltage.values().len(), voltage.missing()), (600, 144, 0));
    let (low, high) = voltage.values().iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    assert_eq!((low, high), (220.07, 239.98));

    let Some(meters) = nem12("NEM12_multiple_meters") else { return };
    assert_eq!(names(&meters), ["NCDE001111-1", "NCDE001111-2", "NDDD001888"]);
    let sum = |meter: usize, channel: &str| thousandths(&meters[meter], channel);
    assert_eq!((sum(0, "import_kwh"), sum(0, "export_kwh"), sum(0, "import_kvarh")), (1_920, 1_920, 9_600));
    assert_eq!(sum(1, "import_kwh"), 19_200);
    assert_eq!((sum(2, "export_kwh"), sum(2, "export_kvarh")), (3_840, 9_600));
}

#[test]
fn nem12_estimates_are_flagged_value_by_value() {
    let Some(meters) = nem12("NEM12_multiple_quality") else { return };
    let flags = meters[0].series(Channel::IMPORT_KWH).unwrap().flags().to_vec();
    let expected = |slot: usize| if (20..24).contains(&slot) { Flag::Measured } else { Flag::Substituted };
    assert!(flags.iter().enumerate().all(|(slot, flag)| *flag == expected(slot)), "{flags:?}");
    let finding = &meters[0].findings()[0];
    assert_eq!(finding.code, "ingest.substituted");
    assert_eq!(finding.evidence["rows"], 44);
    assert_eq!(finding.evidence["share"], 44.0 / 48.0);
    assert_eq!(finding.evidence["methods"], "F14 × 20, S14 × 24");

    let Some(meters) = nem12("NEM12_substituted_interval") else { return };
    assert!(meters[0].all_series().iter().flat_map(|one| one.flags()).all(|flag| *flag == Flag::Substituted));
    assert_eq!(meters[0].findings()[0].evidence["methods"], "F14 × 96");
}

fn span_series(readings: &Readings, kind: SpanKind) -> &SpanSeries {
    readings.spans().series(Channel::IMPORT_KWH, kind, Period::Total).unwrap()
}

#[test]
fn nem13_registers_and_energies() {
    let Some(meters) = nem12("NEM13_consumption_data") else { return };
    assert_eq!(names(&meters), ["VABC005890"]);
    let registers = span_series(&meters[0], SpanKind::Register);
    assert_eq!(registers.values.iter().map(|one| one.value).collect::<Vec<_>>(), [6342.8, 7654.9]);
    let energy = span_series(&meters[0], SpanKind::Energy);
    assert_eq!((energy.values.len(), energy.total()), (1, Some(1312.1)));
    // 5 October 2003, 09:30:55 and 7 January 2004, 10:03:33 at UTC+10.
    assert_eq!((energy.values[0].span.start, energy.values[0].span.end), (1_065_310_255, 1_073_433_813));
    assert!(codes(&meters[0]).is_empty(), "{:?}", codes(&meters[0]));

    let Some(meters) = nem12("NEM13_forward_estimate") else { return };
    assert_eq!(names(&meters), ["VDEF005890-11", "VDEF005890-41"]);
    assert_eq!(span_series(&meters[0], SpanKind::Energy).total(), Some(111.0));
    assert_eq!(span_series(&meters[1], SpanKind::Energy).total(), Some(65.0));
    for readings in &meters {
        assert_eq!(span_series(readings, SpanKind::Energy).values[0].flag, Flag::Substituted);
        let flags: Vec<Flag> = span_series(readings, SpanKind::Register).values.iter().map(|one| one.flag).collect();
        assert_eq!(flags, [Flag::Measured, Flag::Substituted]);
        let substituted = readings.findings().iter().find(|one| one.code == "ingest.substituted").unwrap();
        assert_eq!((&substituted.evidence["rows"], &substituted.evidence["methods"]), (&2.into(), &"E64 × 2".into()));
    }
    assert!(!codes(&meters[0]).contains(&"ingest.register_disagrees"));
    let disagrees = meters[1].findings().iter().find(|one| one.code == "ingest.register_disagrees").unwrap();
    assert_eq!((&disagrees.evidence["found"], &disagrees.evidence["expected"]), (&65.0.into(), &9065.0.into()));
    assert_eq!(disagrees.evidence["line"], 4);
}

#[test]
fn green_button_to_the_watt_hour() {
    let Some(folder) = common::data_folder() else { return };
    let path = folder.join("greenbutton/greenbutton_home_2011_hourly.xml");
    let meters = read_in(&path, Some("America/Los_Angeles"));
    let [readings] = meters.as_slice() else { panic!("{} meters", meters.len()) };
    assert_eq!(thousandths(readings, "import_kwh"), 5_089_595);
    let import = readings.series(Channel::IMPORT_KWH).unwrap();
    assert_eq!((import.values().len(), import.missing()), (8736, 9));
    assert_eq!(import.values().iter().copied().fold(0.0, f64::max), 5.18);
    assert_eq!(import.values().iter().filter(|value| **value == 0.0).count(), 32);
    // 1 February 2011, 08:00 UTC; the last reading ends 31 January 2012, 08:00 UTC.
    assert_eq!((readings.axis().start(), readings.axis().end()), (1_296_547_200, 1_327_996_800));
    // The direction is 0 in this file, and its own total is that of its readings.
    assert_eq!(codes(readings), ["ingest.direction_assumed"]);
    assert_eq!(readings.provenance()["sum_check"].value, "5089.595 kWh");
    let missing: Vec<i64> =
        (0..8736).filter(|at| import.values()[*at].is_nan()).map(|at| readings.axis().instant(at)).collect();
    // Eight hours from 9 February 2011, 00:00 UTC on, and the second 01:00 of 6 November, 09:00 UTC.
    let mut expected: Vec<i64> = (0..8).map(|hour| 1_297_209_600 + hour * 3600).collect();
    expected.push(1_320_537_600 + 9 * 3600);
    assert_eq!(missing, expected);
}

#[test]
fn mscons_of_two_locations() {
    let Some(folder) = common::data_folder() else { return };
    let meters = read_in(&folder.join("mscons/mscons_multi_loc.txt"), Some("Europe/Berlin"));
    assert_eq!(names(&meters), ["99990000001", "99990000002"]);
    let mut sums: Vec<(i64, i64)> = meters
        .iter()
        .map(|readings| {
            let import = readings.series(Channel::IMPORT_KWH).unwrap();
            // March 2022 in Berlin: 743 hours, clocks go forward in it.
            assert_eq!((readings.axis().step_s(), readings.axis().len(), import.missing()), (900, 743 * 4, 0));
            let months = readings.local().months();
            assert!(months.len() == 1 && months[0].is_whole() && months[0].label() == "2022-03");
            assert_eq!(import.values().iter().filter(|value| **value != 0.0).count(), 16);
            assert_eq!(codes(readings), ["ingest.direction_assumed"]);
            let highest = (import.values().iter().copied().fold(0.0, f64::max) * 1000.0).round() as i64;
            (thousandths(readings, "import_kwh"), highest)
        })
        .collect();
    sums.sort_unstable();
    assert_eq!(sums, [(709_500, 49_040), (1_117_900, 78_740)]);
}

#[test]
fn inspecting_says_format_step_and_unit_and_asks_for_the_zone_only() {
    let Some(folder) = common::data_folder() else { return };
    for (file, format, step, unit, asks) in [
        ("nem12/Example_NEM12_month_solar.csv", "nem12", Some("300 s"), "kWh", false),
        ("nem12/Example_NEM12_multiple_meters.csv", "nem12", Some("900 s"), "Wh", false),
        ("nem12/Example_NEM13_consumption_data.csv", "nem13", None, "kWh", false),
        ("mscons/mscons_multi_loc.txt", "mscons", Some("900 s"), "kWh", true),
        // Longer than what is looked at, so it ends inside an element.
        ("greenbutton/greenbutton_home_2011_hourly.xml", "green_button", Some("3600 s"), "Wh", true),
    ] {
        let looked = inspect(&folder.join(file), &FileOptions::default()).unwrap();
        let found = |key: &str| looked.found.get(key).map(|detected| detected.value.as_str());
        assert_eq!((found("format"), found("unit.import_kwh")), (Some(format), Some(unit)), "{file}");
        if step.is_some() {
            assert_eq!((found("step"), found("stamp")), (step, Some("start")), "{file}");
        }
        let open: Vec<&str> = looked.open.iter().filter_map(|open| open.keyword.as_deref()).collect();
        assert_eq!(
            (open.as_slice(), looked.open.len()),
            (if asks { &["zone"][..] } else { &[] }, open.len()),
            "{file}: {:?}",
            looked.open
        );
    }
}
