//! Small files of NEM12, NEM13, MSCONS and Green Button, one quirk each.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use wattlens::finding::Finding;
use wattlens::ingest::{FileOptions, ReadOptions, read_bytes};
use wattlens::readings::{Channel, Flag, Readings, SpanKind};

fn read_all(file: &str, zone: Option<&str>) -> wattlens::Result<Vec<Readings>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(file);
    let read = ReadOptions { zone: zone.map(str::to_owned), ..ReadOptions::default() };
    read_bytes(&std::fs::read(path).unwrap(), file, &FileOptions { read, ..FileOptions::default() })
}

fn read(file: &str) -> Vec<Readings> {
    let zone = if file.starts_with("nem12") { None } else { Some("UTC") };
    read_all(file, zone).unwrap_or_else(|error| panic!("{error}"))
}

fn finding<'a>(meters: &'a [Readings], code: &str) -> &'a Finding {
    meters.iter().flat_map(Readings::findings).find(|finding| finding.code == code).unwrap()
}

/// What one meter of a file must be: its name, its channels with total and missing values, its findings.
type Meter = (&'static str, &'static [(&'static str, f64, usize)], &'static [&'static str]);

/// NEM12. Days have 48 half hours; most values are 1.
const NEM12: &[(&str, &[Meter])] = &[
    ("null_day", &[("NMI0000001", &[("import_kwh", 48.0, 48)], &[])]),
    (
        "quality_of_part_unknown",
        &[("NMI0000001", &[("import_kwh", 48.0, 0)], &["ingest.invalid_record", "ingest.substituted"])],
    ),
    ("day_given_twice", &[("NMI0000001", &[("import_kwh", 2.0 * 48.0 + 48.0, 0)], &["ingest.repeated_day"])]),
    ("days_descending", &[("NMI0000001", &[("import_kwh", (1.0 + 2.0 + 3.0) * 48.0, 0)], &["ingest.out_of_order"])]),
    ("day_absent", &[("NMI0000001", &[("import_kwh", 2.0 * 48.0, 48)], &[])]),
    (
        "two_import_registers",
        &[
            ("NMI0000001-1", &[("import_kwh", 48.0, 0), ("export_kwh", 144.0, 0)], &[]),
            ("NMI0000001-2", &[("import_kwh", 96.0, 0)], &[]),
        ],
    ),
    ("apparent_energy_beside", &[("NMI0000001", &[("import_kwh", 48.0, 0)], &["ingest.unread_channel"])]),
    // 0.002 MWh and 0.5 kvarh in each half hour.
    ("megawatt_hours_lower_case", &[("NMI0000001", &[("import_kwh", 96.0, 0), ("export_kvarh", 24.0, 0)], &[])]),
    ("cut_off", &[("NMI0000001", &[("import_kwh", 48.0, 0)], &["ingest.invalid_record", "ingest.invalid_record"])]),
    ("no_header", &[("NMI0000001", &[("import_kwh", 48.0, 0)], &[])]),
    ("crlf_quotes_trailing_commas", &[("NMI0000001", &[("import_kwh", 48.0, 0)], &[])]),
    ("value_no_number", &[("NMI0000001", &[("import_kwh", 46.0, 2)], &["ingest.invalid_record"])]),
    (
        "interval_length_changes",
        &[("NMI0000001", &[("import_kwh", 96.0, 0)], &[]), ("NMI0000001 15 min", &[("import_kwh", 48.0, 0)], &[])],
    ),
    ("files_joined", &[("NMI0000001", &[("import_kwh", 48.0 + 96.0, 0)], &[])]),
    ("voltage_only_register", &[("NMI0000001", &[("voltage_v", 230.5 * 48.0, 0)], &[])]),
    ("more_values_than_intervals", &[("NMI0000001", &[("import_kwh", 48.0, 0)], &["ingest.invalid_record"])]),
    (
        "day_without_channel",
        &[("NMI0000001", &[("import_kwh", 48.0, 0)], &["ingest.invalid_record", "ingest.invalid_record"])],
    ),
];

/// MSCONS. Values are of hours.
const MSCONS: &[(&str, &[Meter])] = &[
    ("decimal_comma", &[("DE0000000001", &[("import_kwh", 4.0, 0)], &[])]),
    ("fixed_plus_one", &[("DE0000000001", &[("import_kwh", 6.0, 0)], &[])]),
    // 1 true, 2 substitute, missing, unusable, 4 provisional, a sum that is left out, 5 true.
    (
        "substitutes_and_missing",
        &[(
            "DE0000000001",
            &[("import_kwh", 12.0, 3)],
            &["ingest.invalid_record", "ingest.invalid_record", "ingest.substituted"],
        )],
    ),
    (
        "four_quadrants",
        &[(
            "DE0000000001",
            &[("import_kwh", 3.0, 0), ("export_kwh", 6.0, 0), ("import_kvarh", 9.0, 0), ("export_kvarh", 12.0, 0)],
            &["ingest.unread_channel"],
        )],
    ),
    ("interval_reversed", &[("DE0000000001", &[("import_kwh", 6.0, 0)], &["ingest.invalid_record"])]),
    ("wall_clock_without_offset", &[("DE0000000001", &[("import_kwh", 6.0, 0)], &[])]),
    ("offset_in_header", &[("DE0000000001", &[("import_kwh", 6.0, 0)], &[])]),
    ("cut_off", &[("DE0000000001", &[("import_kwh", 6.0, 0)], &["ingest.invalid_record", "ingest.invalid_record"])]),
    ("lines_and_other_marks", &[("DE0000000001", &[("import_kwh", 3.0, 0)], &[])]),
    (
        "locations_in_two_messages",
        &[
            ("DE0000000001", &[("import_kwh", 10.0, 0)], &["ingest.invalid_record"]),
            ("DE+2", &[("import_kwh", 30.0, 0)], &[]),
        ],
    ),
];

/// Green Button. Values are of quarter hours.
const GREEN_BUTTON: &[(&str, &[Meter])] = &[
    ("prefixes", &[("", &[("import_kwh", 1.0, 0)], &[])]),
    ("import_and_export_by_links", &[("Shop", &[("import_kwh", 1.0, 0), ("export_kwh", 0.1, 0)], &[])]),
    // 10 kWh, and 10 000 milli-varh.
    ("powers_of_ten", &[("", &[("import_kwh", 10.0, 0), ("import_kvarh", 0.01, 0)], &[])]),
    ("quality_codes", &[("", &[("import_kwh", 4.0, 0)], &["ingest.substituted"])]),
    ("own_total_disagrees", &[("", &[("import_kwh", 10.0, 0)], &["ingest.sum_disagrees"])]),
    ("own_total_of_another_time", &[("", &[("import_kwh", 10.0, 0)], &[])]),
    ("no_time_period", &[("", &[("import_kwh", 0.01, 0)], &[])]),
    ("reading_missing_and_twice", &[("", &[("import_kwh", 7.0, 1)], &["quality.duplicate"])]),
    ("two_usage_points", &[("Hall (1)", &[("import_kwh", 4.0, 0)], &[]), ("Hall (2)", &[("import_kwh", 8.0, 0)], &[])]),
    ("gas_and_net_beside", &[("", &[("import_kwh", 4.0, 0)], &["ingest.unread_channel", "ingest.unread_channel"])]),
    ("offsets_of_the_file", &[("", &[("import_kwh", 4.0, 0)], &[])]),
];

fn check(folder: &str, extension: &str, cases: &[(&str, &[Meter])]) {
    for (name, expected) in cases {
        let meters = read(&format!("{folder}/{name}.{extension}"));
        let names: Vec<&str> = meters.iter().map(|one| one.meter().unwrap_or("")).collect();
        assert_eq!(names, expected.iter().map(|(name, ..)| *name).collect::<Vec<_>>(), "{name}");
        for (readings, (_, channels, codes)) in meters.iter().zip(*expected) {
            assert_eq!(readings.provenance()["format"].value, folder, "{name}");
            assert_eq!(readings.all_series().len(), channels.len(), "{name}");
            for (channel, total, missing) in *channels {
                let series = readings.series(Channel::from_name(channel).unwrap()).unwrap();
                let found = series.total().unwrap();
                assert!((found - total).abs() < 1e-9, "{name}: {channel} {found}, expected {total}");
                assert_eq!(series.missing(), *missing, "{name}: {channel}");
            }
            let mut found: Vec<&str> = readings.findings().iter().map(|finding| finding.code.as_str()).collect();
            found.sort_unstable();
            assert_eq!(found, *codes, "{name}");
        }
    }
}

#[test]
fn nem12_quirks() {
    check("nem12", "csv", NEM12);
}

#[test]
fn mscons_quirks() {
    check("mscons", "txt", MSCONS);
}

#[test]
fn green_button_quirks() {
    check("green_button", "xml", GREEN_BUTTON);
}

#[test]
fn what_cannot_be_understood_is_an_error_that_says_why() {
    for (file, words) in [
        ("nem12/nothing_to_read.csv", "found T1 (kVAh)"),
        ("mscons/fixed_plus_one.txt", "pass zone="),
        ("mscons/wall_clock_without_offset.txt", "pass zone="),
        ("green_button/document_type.xml", "line 2: a document type (DTD)"),
        ("green_button/unknown_entity.xml", "the entity many is none of XML's own"),
        ("green_button/cut_off.xml", "cut off"),
        ("green_button/prefixes.xml", "pass zone="),
    ] {
        let error = read_all(file, None).unwrap_err().to_string();
        assert!(error.contains(words) && error.starts_with(file), "{file}: {error}");
    }
    // What does not look like a format is still read as one where the caller says so.
    let options = |format: &str| FileOptions { format: Some(format.to_owned()), ..FileOptions::default() };
    for (format, bytes, words) in [
        ("mscons", "UNB+UNOC:3+1:14+2:500+240102:0900+A1'UNZ+0+A1'", "no MSCONS message"),
        ("mscons", "UNA::::::'", "six different marks"),
        ("nem12", "100,NEM13,202401050900,MDP1,RETAIL1\n900\n", "format=\"nem13\""),
        ("nem12", "", "no day (300 record)"),
        ("nem13", "100,NEM13,,,\n250,NMI1\n900\n", "no channel"),
        ("green_button", "<feed/>", "no IntervalReading"),
    ] {
        let error = read_bytes(bytes.as_bytes(), "any", &options(format)).unwrap_err().to_string();
        assert!(error.contains(words), "{format}: {error}");
    }
}

#[test]
fn qualities_of_parts_of_a_day() {
    let meters = read("nem12/quality_of_part_unknown.csv");
    let flags = meters[0].series(Channel::IMPORT_KWH).unwrap().flags();
    assert!(flags[..40].iter().all(|flag| *flag == Flag::Measured));
    assert!(flags[40..].iter().all(|flag| *flag == Flag::Substituted));
    let unknown = finding(&meters, "ingest.invalid_record");
    assert_eq!((&unknown.evidence["reason"], &unknown.evidence["line"]), (&"quality_unknown".into(), &3.into()));
    assert_eq!(finding(&meters, "ingest.substituted").evidence["methods"], "F14 × 8");
}

#[test]
fn the_later_update_of_a_day_is_kept() {
    let meters = read("nem12/day_given_twice.csv");
    let repeated = finding(&meters, "ingest.repeated_day");
    // The first of the two records was written last.
    assert_eq!((&repeated.evidence["kept_line"], &repeated.evidence["line"]), (&3.into(), &4.into()));
    assert_eq!((&repeated.evidence["date"], &repeated.evidence["days"]), (&"2024-01-01".into(), &1.into()));
}

#[test]
fn invalid_records_say_where_why_and_how_much() {
    let told = |file: &str| -> Vec<(String, u64, u64)> {
        let meters = read(file);
        let found = meters.iter().flat_map(Readings::findings).filter(|one| one.code == "ingest.invalid_record");
        let fact = |one: &Finding, key: &str| one.evidence[key].as_u64().unwrap();
        // MSCONS has one line only: segments are counted.
        let place = |one: &Finding| fact(one, if file.starts_with("mscons") { "segment" } else { "line" });
        found.map(|one| (one.evidence["reason"].as_str().unwrap().to_owned(), place(one), fact(one, "rows"))).collect()
    };
    let reason = |text: &str, line, rows| (text.to_owned(), line, rows);
    assert_eq!(told("nem12/cut_off.csv"), [reason("too_few_values", 4, 48), reason("no_end_record", 4, 0)]);
    assert_eq!(told("nem12/value_no_number.csv"), [reason("not_a_number", 3, 1)]);
    assert_eq!(told("nem12/more_values_than_intervals.csv"), [reason("too_many_values", 4, 48)]);
    assert_eq!(
        told("nem12/day_without_channel.csv"),
        [reason("no_channel_open", 2, 1), reason("unknown_record", 5, 0)]
    );
    // UNB is the first segment, the third value's QTY the 15th.
    assert_eq!(told("mscons/interval_reversed.txt"), [reason("interval_ends_before_start", 15, 2)]);
}

#[test]
fn offsets_move_the_instants() {
    let start = |file: &str, zone: &str| read_all(file, Some(zone)).unwrap()[0].axis().start();
    let midnight_utc = 1_704_067_200; // 1 January 2024
    assert_eq!(start("mscons/decimal_comma.txt", "UTC"), midnight_utc);
    assert_eq!(start("mscons/fixed_plus_one.txt", "UTC"), midnight_utc - 3600);
    assert_eq!(start("mscons/offset_in_header.txt", "UTC"), midnight_utc - 3600);
    // Without any offset the stamps are of the caller's zone.
    assert_eq!(start("mscons/wall_clock_without_offset.txt", "Asia/Shanghai"), midnight_utc - 8 * 3600);
}

/// Name of a series, and length, value and flag of each of its spans.
type Told = (String, Vec<(i64, f64, Flag)>);

fn spans(readings: &Readings) -> Vec<Told> {
    let series = readings.spans().0.iter();
    let values = |one: &wattlens::readings::SpanSeries| {
        one.values.iter().map(|value| (value.span.end - value.span.start, value.value, value.flag)).collect()
    };
    series.map(|one| (one.name(), values(one))).collect()
}

#[test]
fn a_month_and_a_register_are_spans() {
    use Flag::{Measured, Substituted};
    let meters = read_all("mscons/month_and_register.txt", Some("Europe/Berlin")).unwrap();
    let month_s = 31 * 86_400;
    let energy = ("import_kwh".to_owned(), vec![(month_s, 310.0, Measured)]);
    // DTM+7 counts, not DTM+9.
    let register = ("import_kwh_register".to_owned(), vec![(0, 1000.0, Measured), (0, 1310.0, Substituted)]);
    assert_eq!((meters.len(), spans(&meters[0])), (1, vec![energy, register.clone()]));
    let last = meters[0].spans().0.iter().find(|one| one.kind == SpanKind::Register).unwrap().values[1].span;
    assert_eq!(last.start, 1_706_742_000); // 1 February 2024, 00:00 in Berlin
}

#[test]
fn days_of_23_hours_are_spans_of_their_length() {
    let meters = read_all("green_button/days_of_23_and_25_hours.xml", Some("America/New_York")).unwrap();
    let hours: Vec<(i64, f64)> =
        spans(&meters[0])[0].1.iter().map(|(length_s, kwh, _)| (length_s / 3600, *kwh)).collect();
    assert_eq!(hours, [(24, 24.0), (23, 23.0), (24, 24.0)]);
}

#[test]
fn nem13_quirks() {
    let rolled = read("nem12/nem13_register_rolls_over.csv");
    // 99 990 to 100 010: 20 as stated, so nothing disagrees.
    assert_eq!(spans(&rolled[0])[0].1[0].1, 20.0);
    assert!(
        rolled[0].findings().iter().all(|one| one.code != "ingest.register_disagrees"),
        "{:?}",
        rolled[0].findings()
    );

    let meters = read("nem12/nem13_export_and_reactive.csv");
    let names: Vec<String> = spans(&meters[0]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(meters.len(), 1);
    for expected in ["import_kwh", "export_kwh", "import_kvarh", "export_kwh_register", "import_kvarh_register"] {
        assert!(names.contains(&expected.to_owned()), "{names:?}");
    }

    let row = read("nem12/nem13_readings_in_a_row.csv");
    let all = spans(&row[0]);
    let of =
        |name: &str| all.iter().find(|(own, _)| own == name).unwrap().1.iter().map(|one| one.1).collect::<Vec<_>>();
    // The end of a record is the beginning of the next: three readings, not four. The third record ends before it begins.
    assert_eq!((of("import_kwh_register"), of("import_kwh")), (vec![100.0, 110.0, 125.0], vec![10.0, 15.0]));
    assert_eq!(finding(&row, "ingest.invalid_record").evidence["reason"], "interval_ends_before_start");
}

#[test]
fn own_totals_and_offsets_are_told() {
    let meters = read("green_button/own_total_disagrees.xml");
    let told = finding(&meters, "ingest.sum_disagrees");
    let fact = |key: &str| told.evidence[key].as_f64().unwrap();
    assert_eq!((fact("expected"), fact("found"), fact("difference"), told.kwh), (12.0, 10.0, -2.0, Some(-2.0)));
    let meters = read("green_button/offsets_of_the_file.xml");
    let told = |key: &str| meters[0].provenance()[key].value.clone();
    assert_eq!((told("tz_offset"), told("dst_offset")), ("-18000 s".to_owned(), "3600 s".to_owned()));
    let meters = read("green_button/quality_codes.xml");
    assert_eq!(meters[0].provenance()["quality"].value, "10 × 1");
    assert_eq!(finding(&meters, "ingest.substituted").evidence["methods"], "8 × 1, 9 × 1");
}
