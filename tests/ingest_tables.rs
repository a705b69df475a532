//! Tables of text in every layout and style: what is read, under which name, and how sure.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use wattlens::ingest::{DateOrder, FileOptions, ReadOptions, read, read_bytes};
use wattlens::readings::{Channel, Readings, Sure};

fn options(zone: &str) -> FileOptions {
    let read = ReadOptions { zone: Some(zone.to_owned()), ..ReadOptions::default() };
    FileOptions { read, ..FileOptions::default() }
}

fn meters(text: &str) -> wattlens::Result<Vec<Readings>> {
    read_bytes(text.as_bytes(), "park.csv", &options("Asia/Shanghai"))
}

fn one(text: &str) -> Readings {
    let mut meters = meters(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(meters.len(), 1);
    meters.remove(0)
}

fn import(readings: &Readings) -> &[f64] {
    readings.series(Channel::IMPORT_KWH).unwrap().values()
}

fn value<'a>(readings: &'a Readings, key: &str) -> &'a str {
    readings.provenance().get(key).map_or("", |detected| detected.value.as_str())
}

fn names(meters: &[Readings]) -> Vec<&str> {
    meters.iter().filter_map(Readings::meter).collect()
}

/// 2024-01-01 00:00 in Shanghai.
const NEW_YEAR: i64 = 1_704_038_400;

#[test]
fn every_style_of_stamp_is_the_same_hour() {
    for (header, rows) in [
        ("time,kwh", ["2024-1-1 0:00,1", "2024-1-1 0:15,2", "2024-1-1 0:30,3"]),
        ("时间,kwh", ["2024年1月1日 0时0分,1", "2024年1月1日 0时15分,2", "2024年1月1日 0时30分,3"]),
        ("time,kwh", ["01.01.2024 00:00,1", "01.01.2024 00:15,2", "01.01.2024 00:30,3"]),
        ("time,kwh", ["2024-01-01星期一 00:00,1", "2024-01-01星期一 00:15,2", "2024-01-01星期一 00:30,3"]),
        ("time,kwh", ["Mon 01/01/2024 12:00 AM,1", "Mon 01/01/2024 12:15 AM,2", "Mon 01/01/2024 12:30 AM,3"]),
        ("time,kwh", ["2023-12-31T16:00Z,1", "2023-12-31T16:15Z,2", "2023-12-31T16:30Z,3"]),
        ("time,kwh", ["1704038400,1", "1704039300,2", "1704040200,3"]),
        ("time,kwh", ["1704038400000,1", "1704039300000,2", "1704040200000,3"]),
        ("time,kwh", ["45292,1", "45292.0104,2", "45292.0208,3"]),
        ("日期,时间,kwh", ["2024-01-01,00:00,1", "2024-01-01,00:15,2", "2024-01-01,00:30,3"]),
        (
            "date,start time,end time,usage,units",
            ["2024-01-01,00:00,00:14,1,kWh", "2024-01-01,00:15,00:29,2,kWh", "2024-01-01,00:30,00:44,3,kWh"],
        ),
        (
            "interval,kwh",
            [
                "2024-01-01 00:00:00 to 2024-01-01 00:15:00,1",
                "2024-01-01 00:15:00 to 2024-01-01 00:30:00,2",
                "2024-01-01 00:30:00 to 2024-01-01 00:45:00,3",
            ],
        ),
        ("日期,时段,kwh", ["2024-01-01,00:00~00:15,1", "2024-01-01,00:15~00:30,2", "2024-01-01,00:30~00:45,3"]),
        (
            "开始时间,结束时间,kwh",
            [
                "2024-01-01 00:00,2024-01-01 00:15,1",
                "2024-01-01 00:15,2024-01-01 00:30,2",
                "2024-01-01 00:30,2024-01-01 00:45,3",
            ],
        ),
    ] {
        let mut said = options("Asia/Shanghai");
        said.date_order = header.starts_with("time").then_some(DateOrder::Mdy);
        let text = format!("{header}\n{}\n", rows.join("\n"));
        let readings = read_bytes(text.as_bytes(), "a.csv", &said).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(import(&readings[0]), [1.0, 2.0, 3.0], "{text}");
        assert_eq!((readings[0].axis().start(), readings[0].axis().step_s()), (NEW_YEAR, 900), "{text}");
        assert_eq!(value(&readings[0], "stamp"), "start", "{text}");
    }
}

#[test]
fn delimiters_decimal_marks_and_missing_values() {
    for text in [
        "time;kwh\n2024-01-01 00:00;1.234,5\n2024-01-01 00:15;?\n2024-01-01 00:30;0,25\n",
        "time\tkwh\n2024-01-01 00:00\t\"1,234.5\"\n2024-01-01 00:15\tN/A\n2024-01-01 00:30\t0.25\n",
        "time|kwh\r2024-01-01 00:00|1234.5\r2024-01-01 00:15|-\r2024-01-01 00:30|.25\r",
        "time,kwh,,\n2024-01-01 00:00,1234.5,,\n2024-01-01 00:15,#N/A,,\n2024-01-01 00:30,0.25,,\n,,,\n",
        "time,usage\n2024-01-01 00:00,1234.5 kWh\n2024-01-01 00:15,nan\n2024-01-01 00:30,0.25 kWh\n",
        "time,usage\n2024-01-01 00:00,1.2345MWh\n2024-01-01 00:15,null\n2024-01-01 00:30,0.00025MWh\n",
        "2024-01-01 00:00;1234,5\n2024-01-01 00:15;--\n2024-01-01 00:30;0,25\n",
        "负荷曲线,,\n户号,3301,\n倍率,1,\n\n时间,kwh,\n2024-01-01 00:00,1234.5,\n2024-01-01 00:15,,\n2024-01-01 00:30,0.25,\n",
    ] {
        let readings = one(text);
        let values = import(&readings);
        assert_eq!((values[0], values[2]), (1234.5, 0.25), "{text}");
        assert!(values[1].is_nan(), "{text}");
        assert!(readings.findings().is_empty(), "{text}: {:?}", readings.findings());
    }
}

#[test]
fn mixed_units_in_one_column_are_refused() {
    let text = "time,usage\n2024-01-01 00:00,1 kWh\n2024-01-01 00:15,2 MWh\n2024-01-01 00:30,3 kWh\n";
    let error = meters(text).unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("expected the unit kWh"), "{error}");
}

#[test]
fn long_tables_hold_meters_in_any_order() {
    let interleaved = "meter,time,kwh\nA,2024-01-01 00:00,1\nB,2024-01-01 00:00,10\nA,2024-01-01 00:15,2\n\
                       B,2024-01-01 00:15,20\nA,2024-01-01 00:30,3\nB,2024-01-01 00:30,30\n";
    let after = "time,kwh,表号\n2024-01-01 00:00,1,A\n2024-01-01 00:15,2,A\n2024-01-01 00:30,3,A\n2024-01-01 00:00,10,B\n\
                 2024-01-01 00:15,20,B\n2024-01-01 00:30,30,B\n";
    let without_header = interleaved.split_once('\n').unwrap().1;
    for text in [interleaved, after, without_header] {
        let meters = meters(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(names(&meters), ["A", "B"], "{text}");
        assert_eq!(import(&meters[0]), [1.0, 2.0, 3.0]);
        assert_eq!(import(&meters[1]), [10.0, 20.0, 30.0]);
        assert_eq!(value(&meters[1], "layout"), "long");
        assert!(meters.iter().all(|meter| meter.findings().is_empty()));
    }
}

#[test]
fn long_tables_may_have_their_channels_in_rows() {
    let text = "meter,quantity,time,value,unit\nA,正向有功电量,2024-01-01 00:00,1,kWh\nA,反向有功电量,2024-01-01 00:00,0.5,kWh\n\
                A,正向有功电量,2024-01-01 00:15,2,kWh\nA,反向有功电量,2024-01-01 00:30,0.25,kWh\nB,正向有功电量,2024-01-01 00:00,3,MWh\n\
                B,正向有功电量,2024-01-01 00:15,4,MWh\n";
    let meters = meters(text).unwrap();
    assert_eq!(names(&meters), ["A", "B"]);
    let export = meters[0].series(Channel::EXPORT_KWH).unwrap();
    assert_eq!(meters[0].axis().len(), 3);
    assert_eq!(import(&meters[0])[..2], [1.0, 2.0]);
    assert!(import(&meters[0])[2].is_nan() && export.values()[1].is_nan());
    assert_eq!((export.values()[0], export.values()[2]), (0.5, 0.25));
    assert_eq!(import(&meters[1]), [3000.0, 4000.0]);
    let text = text.replace("反向有功电量", "温度");
    let error = crate::meters(&text).unwrap_err().to_string();
    assert!(error.contains("line 3: \"温度 kWh\" found, which is no known quantity"), "{error}");
}

#[test]
fn a_portal_export_has_its_unit_in_a_column() {
    let mut text = "Name,J. Doe\nAddress,1 Street\n\nTYPE,DATE,START TIME,END TIME,USAGE,UNITS,COST,NOTES\n".to_owned();
    for hour in 0..4 {
        text += &format!("Electric usage,2024-01-01,{hour:02}:00,{hour:02}:59,{}.5,kWh,$0.10,\n", hour + 1);
    }
    let readings = one(&text);
    assert_eq!(import(&readings), [1.5, 2.5, 3.5, 4.5]);
    assert_eq!((value(&readings, "header_line"), value(&readings, "unit.import_kwh")), ("4", "kWh"));
    assert_eq!(readings.provenance()["stamp"].why, "the source gives both ends");
}

#[test]
fn one_column_a_meter_and_summaries_are_no_meters() {
    let text = "time,building_1,building_2,total,mean\n2024-01-01 00:00,1,2,3,1.5\n2024-01-01 01:00,3,5,8,4\n2024-01-01 02:00,5,6,11,5.5\n";
    let meters = meters(text).unwrap();
    assert_eq!(names(&meters), ["building_1", "building_2"]);
    assert_eq!(import(&meters[1]), [2.0, 5.0, 6.0]);
    assert_eq!(meters[0].provenance()["layout"].sure, Sure::Likely);
    let finding = &meters[0].findings()[0];
    assert_eq!(
        (finding.code.as_str(), finding.evidence["columns"].as_str()),
        ("ingest.summary_columns", Some("total, mean"))
    );
    assert!(finding.evidence["differing"].is_null());
    // Names that are not alike are meters where the caller says so, and no guess otherwise.
    let text = text.replace("building_1", "press").replace("building_2", "furnace");
    let error = crate::meters(&text).unwrap_err().to_string();
    assert!(error.contains("layout=\"wide_meters\""), "{error}");
    let said = FileOptions { layout: Some("wide_meters".to_owned()), ..options("Asia/Shanghai") };
    assert_eq!(names(&read_bytes(text.as_bytes(), "park.csv", &said).unwrap()), ["press", "furnace"]);
}

#[test]
fn the_changes_of_a_tariff_label_tell_the_side() {
    // Ten days from noon, stamps of ends: the label of 08:00 begins at the stamp 08:15.
    let mut text = "time,kwh,period\n".to_owned();
    for quarter in 48..960_i64 {
        let label = if (32..80).contains(&(quarter % 96)) { "peak" } else { "valley" };
        let end = wattlens::time::instant_text(1_704_067_200 + (quarter + 1) * 900);
        text += &format!("{},1,{label}\n", end.trim_end_matches('Z'));
    }
    let readings = one(&text);
    assert_eq!((value(&readings, "stamp"), readings.provenance()["stamp"].sure), ("end", Sure::Likely));
    assert!(readings.provenance()["stamp"].why.contains("changes of \"period\""));
}

#[test]
fn lines_and_columns_have_limits() {
    let wide = format!("time,kwh\n{}\n", ",".repeat(200_000) + "1");
    let error = meters(&wide).unwrap_err().to_string();
    assert!(error.contains("more than 100000 cells"), "{error}");
    let long = format!("time,kwh\n2024-01-01 00:00,1\n{}", "1".repeat(17 << 20));
    let error = meters(&long).unwrap_err().to_string();
    assert!(error.contains("longer than 16777216 bytes"), "{error}");
}

#[test]
fn text_after_the_first_megabyte_may_be_chinese() {
    let mut text = "time,kwh,note\n".to_owned();
    for quarter in 0..60_000_i64 {
        let stamp = wattlens::time::instant_text(1_704_067_200 + quarter * 900);
        let note = if quarter == 59_000 { "停电" } else { "ok" };
        text += &format!("{},{},{note}\n", stamp.trim_end_matches('Z'), quarter % 7);
    }
    assert!(text.len() > 1 << 20);
    let (gb18030, ..) = encoding_rs::GB18030.encode(&text);
    for (bytes, name) in [(text.as_bytes(), "utf-8"), (gb18030.as_ref(), "gb18030")] {
        let readings = read_bytes(bytes, "a.csv", &options("Asia/Shanghai")).unwrap();
        assert_eq!((readings[0].axis().len(), value(&readings[0], "encoding")), (60_000, name));
    }
}

#[test]
fn real_tables_have_the_totals_that_were_counted() {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        println!("skipped: WATTLENS_DATA does not name the folder of real readings");
        return;
    };
    let file = |name: &str, said: &FileOptions| read(&Path::new(&folder).join(name), said, None).unwrap();
    let total = |readings: &Readings| readings.series(Channel::IMPORT_KWH).unwrap().total().unwrap();
    let buildings = file("bdg2/bdg2_hourly_sample.csv", &options("Etc/GMT+5"));
    assert_eq!(names(&buildings), ["building_1", "building_2"]);
    assert!((total(&buildings[0]) - 1_396_657.01).abs() < 0.01 && (total(&buildings[1]) - 1_613_382.05).abs() < 0.01);

    let mut said = options("Etc/GMT+5");
    said.columns.insert("import_kwh".to_owned(), "eload".to_owned());
    let school = file("nmecr/nmecr_school_eload.csv", &said);
    let series = school[0].series(Channel::IMPORT_KWH).unwrap();
    assert_eq!(series.missing(), 13);
    assert!((total(&school[0]) - 266_103.8).abs() < 0.05);
    // Two-digit years: only month, day, year gives dates.
    let pre = file("mv/rmv2_Data_pre_1_2.csv", &FileOptions { read: options("UTC").read, ..said.clone() });
    assert_eq!(value(&pre[0], "date_style"), "mdy");
    assert!((total(&pre[0]) - 6_042_215.76).abs() < 0.005);

    let mut said = options("America/Chicago");
    said.columns.insert("import_kwh".to_owned(), "value".to_owned());
    let hourly = file("mv/il-electricity-cdd-hdd-hourly.csv.gz", &said);
    assert!((total(&hourly[0]) - 21_927.13).abs() < 0.005);
    let mut said = options("Etc/GMT+5");
    said.columns.insert("import_kwh".to_owned(), "meter_reading".to_owned());
    let office = file("lead_dev/lead_685.csv", &said);
    assert_eq!((names(&office), office[0].series(Channel::IMPORT_KWH).unwrap().missing()), (vec!["685"], 29));
    assert!((total(&office[0]) - 3_324_848.3).abs() < 0.05);
}
