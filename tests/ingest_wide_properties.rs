//! Tables put together at random from the words of real ones: whatever they say, reading them ends without a panic, and
//! what a table of days sums up to is what its readings sum up to.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use wattlens::ingest::{FileOptions, ReadOptions, read_bytes};
use wattlens::readings::Channel;

const HEADERS: &[&str] = &[
    "日期",
    "数据时间",
    "Fecha",
    "Hora",
    "hour",
    "表号",
    "户号",
    "数据项",
    "单位",
    "综合倍率",
    "CT",
    "PT",
    "状态",
    "正向有功总示值",
    "尖",
    "峰",
    "平",
    "谷",
    "总",
    "A相电压",
    "瞬时有功功率",
    "功率因数",
    "最大需量",
    "最大需量发生时间",
    "用电量(kWh)",
    "P1",
    "P2",
    "数值",
    "",
    "x",
    "1",
    "24",
    "00:15",
    "24:00",
];
const CELLS: &[&str] = &[
    "",
    "0",
    "1",
    "24",
    "25",
    "-3",
    "1e308",
    "nan",
    "2024-03-31",
    "2024-10-27",
    "2011-12-30",
    "01/02/2024",
    "9999-12-31",
    "2024-01-01 24:00",
    "00:15",
    "A",
    "E",
    "Q",
    "正向有功",
    "正向有功示值",
    "A相电压",
    "kWh",
    "kvarh",
    "40",
    "800/5",
    "0/0",
    "一",
    "\"",
    "1,5",
    "--",
];

fn options(zone: &str) -> FileOptions {
    FileOptions {
        read: ReadOptions { zone: Some(zone.to_owned()), ..ReadOptions::default() },
        ..FileOptions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_table_makes_it_panic(
        headers in prop::collection::vec(prop::sample::select(HEADERS), 1..9),
        rows in prop::collection::vec(prop::collection::vec(prop::sample::select(CELLS), 9), 0..7),
        zone in prop::sample::select(vec!["Asia/Shanghai", "Europe/Madrid", "Pacific/Apia", "Australia/Lord_Howe"]),
        layout in prop::sample::select(vec![None, Some("quantities"), Some("hours"), Some("wide_days")]),
    ) {
        let mut text = headers.join(";") + "\n";
        for row in &rows {
            text += &(row[..headers.len()].join(";") + "\n");
        }
        let options = FileOptions { layout: layout.map(str::to_owned), ..options(zone) };
        let _ = read_bytes(text.as_bytes(), "示值.csv", &options);
    }

    #[test]
    fn no_day_of_columns_makes_it_panic(
        count in prop::sample::select(vec![23usize, 24, 25, 46, 48, 50, 92, 96, 100, 288, 300]),
        before in prop::sample::select(vec!["P", "", "Hour ", "点"]),
        days in prop::collection::vec((prop::sample::select(CELLS), prop::sample::select(CELLS), prop::sample::select(CELLS)), 1..6),
        zone in prop::sample::select(vec!["Asia/Shanghai", "Europe/Madrid", "Pacific/Apia", "Australia/Lord_Howe"]),
    ) {
        let names: Vec<String> = (1..=count).map(|k| format!("{before}{k}")).collect();
        let mut text = format!("日期;数据项;{}\n", names.join(";"));
        for (date, item, value) in days {
            text += &format!("{date};{item};{}\n", vec![value; count].join(";"));
        }
        let _ = read_bytes(text.as_bytes(), "a.csv", &options(zone));
    }

    /// Every value of every day is somewhere on the axis, once, on days of 23, 24 and 25 hours.
    #[test]
    fn the_sum_of_a_table_is_the_sum_of_its_readings(
        first in 0i64..300,
        values in prop::collection::vec(prop::collection::vec(0u32..1000, 25), 1..40),
    ) {
        let names: Vec<String> = (1..=25).map(|k| format!("Hour {k}")).collect();
        let mut text = format!("date,unit,{}\n", names.join(","));
        let mut expected = Vec::new();
        let zone = jiff::tz::TimeZone::get("Europe/Madrid").unwrap();
        for (day, values) in values.iter().enumerate() {
            let date = jiff::civil::date(2024, 1, 1) + jiff::Span::new().days(first + day as i64);
            let start = |date: jiff::civil::Date| date.to_datetime(jiff::civil::Time::midnight()).to_zoned_datetime(zone.clone()).unwrap().timestamp().as_second();
            let hours = ((start(date.tomorrow().unwrap()) - start(date)) / 3600) as usize;
            let cells: Vec<String> =
                (0..25).map(|k| if k < hours { values[k].to_string() } else { String::new() }).collect();
            expected.extend(values[..hours].iter().map(|value| f64::from(*value)));
            text += &format!("{date},kWh,{}\n", cells.join(","));
        }
        let meters = read_bytes(text.as_bytes(), "a.csv", &options("Europe/Madrid")).unwrap();
        let series = meters[0].series(Channel::IMPORT_KWH).unwrap();
        prop_assert_eq!(series.values(), expected.as_slice());
    }
}
