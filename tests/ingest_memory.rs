//! Small files that would fill the memory are refused, or read in memory that stands in reason to their length.
#![allow(clippy::unwrap_used, unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use wattlens::ingest::{FileOptions, ReadOptions, inspect_bytes, read_bytes};

/// Counts what is allocated, and the most of it.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the allocator of the system as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Beside a multiple of the file, what any file may take.
const CONSTANT: usize = 200 << 20;
const MOST_TIMES: usize = 50;

const DAY_S: i64 = 86_400;

fn stamp(at: i64) -> String {
    wattlens::time::instant_text(at).trim_end_matches('Z').replace('T', " ")
}

fn date(day: i64) -> String {
    stamp(1_577_836_800 + day * DAY_S)[..10].to_owned()
}

/// Every data item stands on days of its own.
fn sparse_days(columns: usize, rows: i64, value: &str) -> String {
    let phases = ["A相", "B相", "C相"];
    let of_phase = ["电压", "电流", "有功功率", "无功功率", "功率因数"];
    let items: Vec<String> =
        phases.iter().flat_map(|one| of_phase.iter().map(move |what| format!("{one}{what}"))).collect();
    let mut text = "表号,日期,数据项".to_owned();
    (1..=columns).for_each(|k| write!(text, ",P{k}").unwrap());
    for row in 0..rows {
        let item = &items[row as usize % items.len()];
        write!(text, "\nA,{},{item},{value}{}", date(row), ",".repeat(columns - 1)).unwrap();
    }
    text + "\n"
}

/// Hardly a value in many columns, on an axis with gaps.
fn sparse_columns(rows: i64) -> String {
    let names = "import_kwh,export_kwh,import_kvarh,power_kw,power_l1_kw,power_l2_kw,power_l3_kw,voltage_l1_v,voltage_l2_v,\
                 voltage_l3_v,current_l1_a,current_l2_a,current_l3_a,power_factor,frequency_hz";
    let mut text = format!("time,{names}\n");
    for row in 0..rows {
        // Two minutes and then a gap of hours.
        let minute = row / 3 * 149 + row % 3;
        writeln!(text, "{},1{}", stamp(1_577_836_800 + minute * 60), ",".repeat(14)).unwrap();
    }
    text
}

/// Of each kind of row one column, at stamps of its own.
fn sparse_kinds(rows: i64) -> String {
    let kinds: Vec<String> = ["A相", "B相", "C相"]
        .iter()
        .flat_map(|one| ["电压", "电流", "有功功率", "无功功率", "功率因数"].map(|what| format!("{one}{what}")))
        .collect();
    let mut text = "meter,time,quantity,value\n".to_owned();
    for row in 0..rows {
        let at = stamp(1_577_836_800 + row * 60 + row / 2 * 3600);
        writeln!(text, "A,{at},{},1", kinds[row as usize % kinds.len()]).unwrap();
    }
    text
}

/// Two rows of each of many meters, minutes or a long time apart.
fn far_meters(meters: usize, days: i64) -> String {
    let mut text = "meter,time,kwh\n".to_owned();
    for meter in 0..meters {
        for at in [0, 60, days * DAY_S] {
            writeln!(text, "m{meter},{},1", stamp(1_577_836_800 + at)).unwrap();
        }
    }
    text
}

fn many_meters(meters: usize) -> String {
    let mut text = "meter,time,kwh\n".to_owned();
    (0..meters).for_each(|k| write!(text, "m{k},2024-01-01 00:00,1\nm{k},2024-01-01 00:15,1\n").unwrap());
    text
}

fn wide_meters(meters: usize, rows: i64) -> String {
    let mut text = "time".to_owned();
    (0..meters).for_each(|k| write!(text, ",m{k}").unwrap());
    for row in 0..rows {
        write!(text, "\n{}{}", stamp(1_577_836_800 + row * 900), ",1".repeat(meters)).unwrap();
    }
    text + "\n"
}

fn nem12(meters: usize) -> String {
    let day = |date: &str| format!("300,{date},1{}A,,,,\n", ",".repeat(288));
    let meter = |k: usize| format!("200,N{k},E1,1,E1,N,S,kWh,5,\n{}{}", day("20000101"), day("20400101"));
    format!("100,NEM12,202401010000,A,B\n{}900\n", (0..meters).map(meter).collect::<String>())
}

fn mscons(locations: usize) -> String {
    let value = |from: &str, to: &str| format!("QTY+220:1'DTM+163:{from}?+00:303'DTM+164:{to}?+00:303'");
    let values = [value("190101010000", "190101010015"), value("202401010000", "202401010015")].concat();
    let location = |k: usize| format!("LOC+172+L{k}'LIN+1'PIA+5+1-1?:1.29.0:SRW'{values}");
    let all: String = (0..locations).map(location).collect();
    format!("UNB+UNOC:3+a:14+b:14+240101:0000+1'UNH+1+MSCONS:D:04B:UN:2.4c'{all}UNT+1+1'UNZ+1+1'")
}

fn green_button(inside: &str) -> String {
    format!("<?xml version=\"1.0\"?><feed xmlns=\"http://naesb.org/espi\">{inside}</feed>")
}

#[test]
fn memory_stands_in_reason_to_the_file() {
    let links = "<link rel=\"related\" href=\"/a\"/>".repeat(10_000);
    let blocks = "<IntervalBlock/>".repeat(10_000);
    // What is refused says why; "" is read.
    let cases = [
        ("days of 15 minutes", sparse_days(96, 6000, "1"), "data items on"),
        ("days of 5 minutes", sparse_days(288, 2000, "1"), "data items on"),
        ("few days of 15 minutes", sparse_days(96, 300, "1"), ""),
        ("columns hardly filled", sparse_columns(20_000), "are dates damaged"),
        ("kinds at times of their own", sparse_kinds(10_000), ""),
        ("meters with a far stamp", far_meters(300, 69), "times the file"),
        ("meters with a very far stamp", far_meters(8000, 36_000), "far from the others"),
        ("meters of three rows", far_meters(4000, 0), ""),
        ("very many meters", many_meters(25_000), "times the file"),
        ("a column a meter", wide_meters(5_000, 2), ""),
        ("a day in 2000 and one in 2040", nem12(1000), "far from the others"),
        ("a value in 1901 and one in 2024", mscons(3000), "far from the others"),
        (
            "many blocks in an entry of many links",
            green_button(&format!("<entry>{links}{blocks}</entry>")),
            "IntervalBlock",
        ),
    ];
    let read = ReadOptions { zone: Some("Asia/Shanghai".to_owned()), ..ReadOptions::default() };
    let options = FileOptions { read, ..FileOptions::default() };
    for (name, text, expected) in cases {
        for is_look in [false, true] {
            let before = NOW.load(Relaxed);
            MOST.store(before, Relaxed);
            let refused = if is_look {
                inspect_bytes(text.as_bytes(), "any.csv", &options).unwrap();
                None
            } else {
                Some(
                    read_bytes(text.as_bytes(), "any.csv", &options)
                        .err()
                        .map(|error| error.to_string())
                        .unwrap_or_default(),
                )
            };
            let most = MOST.load(Relaxed) - before;
            println!("{name}: {} kB, {} MB at most, {refused:.200?}", text.len() >> 10, most >> 20);
            assert!(most <= CONSTANT + MOST_TIMES * text.len(), "{name}: {} MB of {} kB", most >> 20, text.len() >> 10);
            let Some(refused) = refused else { continue };
            assert_eq!(expected.is_empty(), refused.is_empty(), "{name}: {refused}");
            assert!(refused.contains(expected), "{name}: {refused}");
        }
    }
}
