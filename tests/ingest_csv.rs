//! CSV files: what is read from them, and what is said where they cannot be read.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;

use wattlens::ErrorKind;
use wattlens::ingest::{DateOrder, FileOptions, ReadOptions, Unit, read_csv, read_csv_bytes};
use wattlens::readings::{Channel, Readings};

fn options(zone: &str) -> FileOptions {
    FileOptions {
        read: ReadOptions { zone: Some(zone.to_owned()), ..ReadOptions::default() },
        ..FileOptions::default()
    }
}

fn read(text: &str) -> wattlens::Result<Readings> {
    read_csv_bytes(text.as_bytes(), "plant.csv", &options("Asia/Shanghai"))
}

fn import(readings: &Readings) -> &[f64] {
    readings.series(Channel::IMPORT_KWH).unwrap().values()
}

fn message(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

fn found<'a>(readings: &'a Readings, code: &str) -> &'a wattlens::Finding {
    readings.findings().iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("{code} not found"))
}

const THREE: &str = "time,kwh\n2024-01-01 00:00,1\n2024-01-01 00:15,2\n2024-01-01 00:30,3\n";

#[test]
fn the_steel_year_is_read_whole_and_its_midnights_are_put_right() {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        println!("skipped: WATTLENS_DATA does not name the folder of real readings");
        return;
    };
    let path = Path::new(&folder).join("steel_kr/steel_kr_2018_15min.csv");
    let readings = read_csv(&path, &options("Asia/Seoul")).unwrap();
    assert_eq!(readings.axis().len(), 35_040);
    assert_eq!(readings.axis().step_s(), 900);
    assert_eq!(readings.axis().start(), 1_514_732_400); // 2018-01-01T00:00+09:00
    let total = |channel| readings.series(channel).unwrap().total().unwrap();
    assert!((total(Channel::IMPORT_KWH) - 959_636.7).abs() < 0.05);
    assert!((total(Channel::IMPORT_KVARH) - 456_759.84).abs() < 0.005);
    assert!((total(Channel::EXPORT_KVARH) - 135_638.04).abs() < 0.005);
    assert!(readings.all_series().iter().all(|series| series.missing() == 0));
    assert!(readings.series(Channel::EXPORT_KWH).is_none());
    let (peak, kwh) = import(&readings).iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert_eq!((*kwh, readings.axis().instant(peak)), (157.18, 1_542_846_600)); // 2018-11-22T09:30+09:00

    let midnight = found(&readings, "ingest.midnight_of_same_date");
    assert_eq!((midnight.evidence["rows"].as_u64(), midnight.evidence["line"].as_u64()), (Some(365), Some(97)));
    assert_eq!(midnight.evidence["stamp"], "2018-01-01 00:00:00");
    assert_eq!(readings.findings().len(), 1);
    let provenance = readings.provenance();
    for (key, value) in [
        ("stamp", "end"),
        ("midnight", "same_date"),
        ("step", "900 s"),
        ("zone", "Asia/Seoul"),
        ("rows", "35040"),
        ("encoding", "utf-8"),
        ("date_style", "dmy"),
        ("time_column", "date"),
        ("column.import_kwh", "Usage_kWh"),
        ("column.import_kvarh", "Lagging_Current_Reactive_Power_kVarh"),
        ("column.export_kvarh", "Leading_Current_Reactive_Power_kVarh"),
        ("unit.import_kvarh", "kvarh"),
    ] {
        assert_eq!(provenance[key].value, value, "{key}");
        assert!(!provenance[key].why.is_empty());
    }
}

#[test]
fn both_clock_changes_of_berlin_round_trip() {
    // Every quarter hour of two days of 23 and 25 hours, stamped as a wall clock shows it.
    for (first, day_hours, name) in [(1_711_839_600_i64, 23, "spring"), (1_729_980_000, 25, "autumn")] {
        let zone = wattlens::time::Zone::named("Europe/Berlin").unwrap();
        let mut text = "time,kwh\n".to_owned();
        let count = day_hours * 4 + 96;
        for k in 0..count {
            let instant = first + k * 900;
            let offset_s = zone.segments(instant, instant + 1)[0].offset_s;
            let wall = wattlens::time::instant_text(instant + offset_s);
            writeln!(text, "{},{k}", wall.trim_end_matches('Z')).unwrap();
        }
        let readings = read_csv_bytes(text.as_bytes(), name, &options("Europe/Berlin")).unwrap();
        assert_eq!(readings.axis().start(), first, "{name}");
        assert_eq!(readings.local().days()[0].range.len() as i64, day_hours * 4);
        assert_eq!(import(&readings), (0..count).map(|k| k as f64).collect::<Vec<_>>());
        assert!(readings.findings().is_empty(), "{name}: {:?}", readings.findings());

        // The same as ends of intervals, with 02:00 at the change as most files write it.
        let mut text = "time,kwh\n".to_owned();
        for k in 0..count {
            let start = first + k * 900;
            let offset_s = zone.segments(start, start + 1)[0].offset_s;
            // Clocks that go back show 02:00 at the end of 02:45 summer time.
            let offset_s =
                if name == "autumn" { zone.segments(start + 900, start + 901)[0].offset_s } else { offset_s };
            let wall = wattlens::time::instant_text(start + 900 + offset_s);
            writeln!(text, "{},{k}", wall.trim_end_matches('Z')).unwrap();
        }
        let readings = read_csv_bytes(text.as_bytes(), name, &options("Europe/Berlin")).unwrap();
        assert_eq!(readings.provenance()["stamp"].value, "end");
        assert_eq!(readings.axis().start(), first, "{name}");
        assert_eq!(import(&readings), (0..count).map(|k| k as f64).collect::<Vec<_>>());
    }
}

#[test]
fn real_files_of_other_styles_are_read() {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        println!("skipped: WATTLENS_DATA does not name the folder of real readings");
        return;
    };
    // A simulated building, end-stamped mm/dd/yy, its end of the day 00:00 of the next date.
    let path = Path::new(&folder).join("mv/rmv2_Data_pre_1_2.csv");
    let mut said = FileOptions { date_order: Some(DateOrder::Mdy), ..options("UTC") };
    said.columns.insert("import_kwh".to_owned(), "eload".to_owned());
    let readings = read_csv(&path, &said).unwrap();
    assert_eq!((readings.provenance()["rows"].value.as_str(), readings.axis().step_s()), ("8758", 3600));
    // 6 042 215.76 kWh were counted without the one row whose stamp is NA.
    assert!((readings.series(Channel::IMPORT_KWH).unwrap().total().unwrap() - 6_042_215.76).abs() < 0.005);
    let unstamped = found(&readings, "ingest.no_stamp");
    assert_eq!((unstamped.kwh, unstamped.evidence["line"].as_u64()), (Some(262.777_798_8), Some(1683)));

    // A labelled meter of 2016, hourly, in kWh without a unit in the header.
    said.columns.insert("import_kwh".to_owned(), "meter_reading".to_owned());
    let readings = read_csv(&Path::new(&folder).join("lead_dev/lead_118.csv"), &said).unwrap();
    assert_eq!((readings.axis().len(), readings.provenance()["stamp"].value.as_str()), (8784, "start"));
}

#[test]
fn encodings_line_ends_and_marks_do_not_matter() {
    let plain = read(THREE).unwrap();
    assert_eq!(read(&THREE.replace('\n', "\r\n")).unwrap().all_series(), plain.all_series());
    assert_eq!(read(&format!("\u{feff}{THREE}")).unwrap().provenance()["encoding"].why, "byte-order mark");
    let chinese = THREE.replace("time,kwh", "数据时间,正向有功电量(kWh)");
    assert_eq!(read(&chinese).unwrap().all_series(), plain.all_series());
    let (gb18030, ..) = encoding_rs::GB18030.encode(&chinese);
    let readings = read_csv_bytes(&gb18030, "plant.csv", &options("Asia/Shanghai")).unwrap();
    assert_eq!(readings.all_series(), plain.all_series());
    assert_eq!(readings.provenance()["encoding"].value, "gb18030");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(THREE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let said = FileOptions { encoding: Some("utf-16le".to_owned()), ..options("Asia/Shanghai") };
    assert_eq!(read_csv_bytes(&utf16, "plant.csv", &said).unwrap().all_series(), plain.all_series());
    // With its mark, and noticed without.
    for bytes in [&utf16, &utf16[2..]] {
        let readings = read_csv_bytes(bytes, "plant.csv", &options("Asia/Shanghai")).unwrap();
        assert_eq!(readings.all_series(), plain.all_series());
        assert_eq!(readings.provenance()["encoding"].value, "utf-16le");
    }
}

#[test]
fn date_and_clock_may_stand_in_two_columns() {
    let readings = read("日期,时间,有功功率(kW)\n2024/1/1,0:00,4\n2024/1/1,0:15,8\n").unwrap();
    assert_eq!(import(&readings), [1.0, 2.0]);
    assert_eq!(readings.provenance()["time_column"].value, "日期, 时间");
    assert!(readings.provenance()["unit.import_kwh"].why.contains("0.25 h"));
}

#[test]
fn stamps_with_offset_are_instants() {
    let readings = read("time,kwh\n2024-01-01T00:00+08:00,1\n2023-12-31T16:15Z,2\n").unwrap();
    assert_eq!(readings.axis().start(), 1_704_038_400);
    assert_eq!(import(&readings), [1.0, 2.0]);
}

#[test]
fn twenty_four_hundred_is_the_end_of_the_date() {
    let text = "time,kwh\n2024-01-01 23:30,1\n2024-01-01 23:45,2\n2024-01-01 24:00,3\n2024-01-02 00:15,4\n";
    let readings = read(text).unwrap();
    assert_eq!(readings.provenance()["stamp"].why, "midnight is written as 24:00");
    assert_eq!(readings.axis().start(), 1_704_122_100); // 23:15 in Shanghai
    assert_eq!(import(&readings), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn columns_and_units_can_be_told() {
    let text = "when,P1,P2\n2024-01-01 00:00,1000,5\n2024-01-01 01:00,2000,6\n";
    let mut said = options("Asia/Shanghai");
    said.time = Some("when".to_owned());
    said.columns.insert("import_kwh".to_owned(), "P1".to_owned());
    said.units.insert("import_kwh".to_owned(), Unit::W);
    let readings = read_csv_bytes(text.as_bytes(), "plant.csv", &said).unwrap();
    assert_eq!(import(&readings), [1.0, 2.0]);
    assert_eq!(readings.provenance()["column.import_kwh"].why, "given");

    said.columns.insert("import_kwh".to_owned(), "P3".to_owned());
    let error = read_csv_bytes(text.as_bytes(), "plant.csv", &said).unwrap_err().to_string();
    assert!(error.contains("\"P3\"") && error.contains("near names: P1, P2"), "{error}");
    said.columns.insert("import_kw".to_owned(), "P1".to_owned());
    let error = read_csv_bytes(text.as_bytes(), "plant.csv", &said).unwrap_err().to_string();
    assert!(error.contains("unknown channel \"import_kw\"") && error.contains("import_kwh"), "{error}");
}

#[test]
fn a_truncated_last_line_is_left_out_and_said() {
    for tail in
        ["2024-01-01 00:45\n\n\n", "2024-01-01 00:45", "2024-01-01 00:4", "2024-01-01 00:45,-x", "2024-01-01 0,4"]
    {
        let readings = read(&format!("{THREE}{tail}")).unwrap();
        assert_eq!(import(&readings), [1.0, 2.0, 3.0], "{tail}");
        assert_eq!(found(&readings, "ingest.truncated_line").evidence["line"], 5);
    }
    assert_eq!(import(&read(&format!("{THREE}2024-01-01 00:45,4")).unwrap()), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn a_file_cut_off_within_a_character_is_a_truncated_line() {
    let text = "时间,用电量,备注\n2024-01-01 00:00,1,正常\n2024-01-01 00:15,2,正常\n2024-01-01 00:30,3,正常\n";
    let (gb18030, ..) = encoding_rs::GB18030.encode(text);
    for (name, bytes, cut) in [("utf-8", text.as_bytes(), 2), ("gb18030", gb18030.as_ref(), 2)] {
        // Line end and one byte of the last character are gone: the number before it is whole.
        let bytes = &bytes[..bytes.len() - cut];
        let readings = read_csv_bytes(bytes, "plant.csv", &options("Asia/Shanghai")).unwrap();
        assert_eq!(readings.provenance()["encoding"].value, name);
        assert_eq!(import(&readings), [1.0, 2.0, 3.0]);
    }
    let error =
        read_csv_bytes(b"time,kwh\n\xff\xff,1\n2024-01-01 00:00,1\n", "plant.csv", &options("UTC")).unwrap_err();
    assert!(error.to_string().contains("neither UTF-8 nor GB18030"), "{error}");
}

#[test]
fn a_missing_file_says_its_path() {
    let error = read_csv(Path::new("/nowhere/plant.csv"), &options("Asia/Shanghai")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }));
    assert!(error.to_string().starts_with("cannot read /nowhere/plant.csv: "), "{error}");
}

#[test]
fn an_empty_file_says_so() {
    for text in ["", "\n\n", "\u{feff}\r\n", "   "] {
        assert!(message(text).contains("plant.csv: the file is empty"), "{}", message(text));
    }
}

#[test]
fn a_header_alone_says_so() {
    assert!(message("time,kwh\n").contains("there are no rows under the header time, kwh"));
    assert!(message("a,b\n").contains("no time column is recognised among the headers \"a\", \"b\""));
}

#[test]
fn a_binary_file_says_so() {
    let bytes = b"PK\x03\x04\x14\x00\x06\x00time,kwh";
    let error = read_csv_bytes(bytes, "plant.xlsx", &options("UTC")).unwrap_err().to_string();
    assert!(error.contains("plant.xlsx: the file is binary"), "{error}");
}

#[test]
fn text_in_a_number_column_is_named_with_line_and_column() {
    let text = "time,kwh\r\n2024-01-01 00:00,1\r\n\r\n2024-01-01 00:15,broken\r\n2024-01-01 00:30,3\r\n";
    assert_eq!(message(text), "plant.csv, line 4, column \"kwh\": \"broken\" found, expected a number such as 1234.5");
}

#[test]
fn a_decimal_comma_is_never_read_as_thousands() {
    let file = |cells: [&str; 3]| {
        let [a, b, c] = cells;
        format!("time,kwh\n2024-01-01 00:00,\"{a}\"\n2024-01-01 00:15,\"{b}\"\n2024-01-01 00:30,\"{c}\"\n")
    };
    let readings = read(&file(["0,250", "0,300", "0,275"])).unwrap();
    assert_eq!(import(&readings), [0.25, 0.3, 0.275]);
    assert_eq!(readings.provenance()["decimal"].value, ",");
    let said = FileOptions { decimal: Some('.'), ..options("UTC") };
    let text = file(["0,250", "0,300", "0,275"]);
    let error = read_csv_bytes(text.as_bytes(), "plant.csv", &said).unwrap_err().to_string();
    assert!(error.starts_with("plant.csv, line 2, column \"kwh\": \"0,250\" found, expected a number"), "{error}");
    let error = message(&file(["12", "1,250", "3,500"]));
    assert!(error.starts_with("plant.csv, line 3, column \"kwh\": \"1,250\" found: it cannot be told"), "{error}");
    assert!(error.contains("without thousands separators"), "{error}");
    assert_eq!(import(&read(&file(["12", "1,250", "1,234.5"])).unwrap()), [12.0, 1250.0, 1234.5]);
    assert_eq!(import(&read(&file(["1,234,567", "1,250", "8"])).unwrap()), [1_234_567.0, 1250.0, 8.0]);
}

#[test]
fn a_damaged_stamp_is_named_with_line_and_column() {
    let text = THREE.replace("00:15", "25:15");
    assert!(message(&text).starts_with("plant.csv, line 3, column \"time\": \"2024-01-01 25:15\" found"));
    let text = THREE.replace("2024-01-01 00:15", "2024-02-30 00:15");
    assert!(message(&text).contains("line 3") && message(&text).contains("no date 2024, 2, 30"), "{}", message(&text));
}

#[test]
fn rows_of_unequal_length_are_named() {
    let text = THREE.replace("00:15,2", "00:15,2,7");
    assert!(message(&text).starts_with("plant.csv, line 3: fields found: 3, expected 2"), "{}", message(&text));
    let text = THREE.replace("00:15,2", "00:15");
    assert!(message(&text).starts_with("plant.csv, line 3: fields found: 1, expected 2"), "{}", message(&text));
}

#[test]
fn a_quote_that_is_never_closed_is_no_truncated_line() {
    let text = THREE.replace("2024-01-01 00:15", "\"2024-01-01 00:15");
    assert!(message(&text).contains("line 3: a quote is opened here and never closed"), "{}", message(&text));
    // In a column that is not read, it would swallow the rows after it silently.
    let text = "time,kwh,note\n2024-01-01 00:00,1,a\n2024-01-01 00:15,2,\"b\n2024-01-01 00:30,3,c\n";
    assert!(message(text).contains("line 3: a quote is opened here and never closed"), "{}", message(text));
    let text = "time,kwh,note\n2024-01-01 00:00,1,a\n2024-01-01 00:15,2,\"two\nlines\"\n";
    assert_eq!(import(&read(text).unwrap()), [1.0, 2.0]);
}

#[test]
fn dates_that_cannot_be_told_apart_ask_for_the_order() {
    let text = "time,kwh\n01/02/2024 00:00,1\n01/02/2024 00:15,2\n";
    let error = message(text);
    assert!(error.contains("line 2") && error.contains("01/02/2024 cannot be told apart"), "{error}");
    let said = FileOptions { date_order: Some(DateOrder::Dmy), ..options("UTC") };
    let readings = read_csv_bytes(text.as_bytes(), "plant.csv", &said).unwrap();
    assert_eq!(readings.axis().start(), 1_706_745_600); // 1 February
}

#[test]
fn an_unknown_or_missing_zone_says_what_to_pass() {
    let error = read_csv_bytes(THREE.as_bytes(), "plant.csv", &options("Asia/Shanghia")).unwrap_err().to_string();
    assert!(error.contains("unknown time zone \"Asia/Shanghia\"") && error.contains("Asia/Shanghai"), "{error}");
    let error = read_csv_bytes(THREE.as_bytes(), "plant.csv", &FileOptions::default()).unwrap_err().to_string();
    assert!(error.contains("pass zone=") && error.contains("Asia/Shanghai"), "{error}");
}

#[test]
fn no_known_column_lists_the_headers() {
    let error = message("time,temperature,CO2(tCO2)\n2024-01-01 00:00,1,2\n");
    assert!(error.contains("no energy column") && error.contains("\"temperature\", \"CO2(tCO2)\""), "{error}");
    let said = FileOptions { delimiter: Some(','), ..options("UTC") };
    let error = read_csv_bytes(b"time;kwh\n2024-01-01 00:00;1\n", "plant.csv", &said).unwrap_err().to_string();
    assert!(error.contains("no time column"), "{error}");
}

#[test]
fn two_columns_for_one_channel_ask_which() {
    let text = "time,用电量(kWh),正向有功电量(kWh)\n2024-01-01 00:00,1,4\n2024-01-01 00:15,2,8\n";
    let error = message(text);
    assert!(error.contains("\"用电量(kWh)\", \"正向有功电量(kWh)\" could all be import_kwh"), "{error}");
    let mut said = options("Asia/Shanghai");
    said.columns.insert("import_kwh".to_owned(), "用电量(kWh)".to_owned());
    assert_eq!(import(&read_csv_bytes(text.as_bytes(), "plant.csv", &said).unwrap()), [1.0, 2.0]);
    // Power beside energy is a channel of its own; alone it tells the energy.
    let both = read("time,用电量(kWh),有功功率(kW)\n2024-01-01 00:00,1,4\n2024-01-01 00:15,2,8\n").unwrap();
    let power = Channel::from_name("power_kw").unwrap();
    assert_eq!((import(&both), both.series(power).unwrap().values()), (&[1.0, 2.0][..], &[4.0, 8.0][..]));
}

#[test]
fn infinite_and_absurd_values_are_missing_and_said() {
    let readings = read(&THREE.replace(",2", ",1e300").replace(",3", ",-inf")).unwrap();
    assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().missing(), 2);
    let finding = found(&readings, "quality.implausible");
    assert_eq!((finding.evidence["rows"].as_u64(), finding.evidence["line"].as_u64()), (Some(2), Some(3)));
    assert!(finding.evidence["value"].as_str().unwrap().starts_with("1000000"));
}

#[test]
fn a_row_without_a_stamp_is_left_out_and_said() {
    let readings = read(&THREE.replace("2024-01-01 00:30,", ",")).unwrap();
    assert_eq!(import(&readings), [1.0, 2.0]);
    let finding = found(&readings, "ingest.no_stamp");
    assert_eq!((finding.kwh, finding.evidence["line"].as_u64()), (Some(3.0), Some(4)));
    assert!(message("time,kwh\nNA,1\nNA,2\n").contains("no row has a stamp"));
}

#[test]
fn all_missing_is_readings_without_a_value() {
    let readings = read("time,kwh\n2024-01-01 00:00,\n2024-01-01 00:15,--\n2024-01-01 00:30,NULL\n").unwrap();
    assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().missing(), 3);
}

#[test]
fn options_refuse_an_unknown_field_and_survive_json() {
    let mut said = options("Asia/Shanghai");
    said.units.insert("import_kwh".to_owned(), Unit::Mwh);
    let json = serde_json::to_string(&said).unwrap();
    assert_eq!(serde_json::from_str::<FileOptions>(&json).unwrap(), said);
    let error = serde_json::from_str::<FileOptions>(r#"{"step": 900}"#).unwrap_err().to_string();
    assert!(error.contains("step"), "{error}");
}
