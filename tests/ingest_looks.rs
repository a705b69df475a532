//! A look at the beginning of a file, wherever it ends and whatever is wrong further on.
#![allow(clippy::unwrap_used)]

use wattlens::ingest::{FileOptions, Inspection, ReadOptions, inspect_bytes, read_bytes};

fn stamp(at: i64) -> String {
    wattlens::time::instant_text(at).trim_end_matches('Z').replace('T', " ")
}

fn date(day: i64) -> String {
    stamp(1_577_836_800 + day * 86_400)[..10].to_owned()
}

/// What a look at a file finds although something further on is broken, and what it says of that.
fn looked(text: &str, name: &str) -> Inspection {
    let read = ReadOptions { zone: Some("Asia/Shanghai".to_owned()), ..ReadOptions::default() };
    inspect_bytes(text.as_bytes(), name, &FileOptions { read, ..FileOptions::default() }).unwrap()
}

fn quarters(count: i64, line: impl Fn(String) -> String) -> String {
    (0..count).map(|k| line(stamp(1_704_067_200 + k * 900))).collect()
}

fn reading(start: i64) -> String {
    format!(
        "<IntervalReading><timePeriod><duration>900</duration><start>{start}</start></timePeriod><value>1</value>\
         </IntervalReading>"
    )
}

/// A file of each format, of so many readings, the end left out.
fn beginnings(count: i64) -> [(&'static str, String); 4] {
    let compact = |at: i64| stamp(at).replace(['-', ' ', ':'], "")[..12].to_owned();
    let value = |k: i64| {
        let (from, to) = (compact(1_704_067_200 + k * 900), compact(1_704_067_200 + (k + 1) * 900));
        format!("QTY+220:1'DTM+163:{from}?+00:303'DTM+164:{to}?+00:303'")
    };
    let mscons: String = (0..count).map(value).collect();
    let day = |day: i64| format!("300,{},{}A,,,,\n", date(day).replace('-', ""), "1,".repeat(96));
    let nem12: String = (0..=count / if count > 10_000 { 10 } else { 96 }).map(day).collect();
    let espi: String = (0..count).map(|k| reading(1_704_067_200 + k * 900)).collect();
    let reading_type = "<entry><ReadingType><uom>72</uom><flowDirection>1</flowDirection></ReadingType></entry>";
    let xml = "<?xml version=\"1.0\"?><feed xmlns=\"http://naesb.org/espi\">";
    [
        ("csv", format!("\"time\",\"kwh\"\n{}", quarters(count, |at| format!("\"{at}\",\"1\"\n")))),
        ("nem12", format!("100,NEM12,202401010000,A,B\n200,N,E1,1,E1,N,S,kWh,15,\n{nem12}")),
        (
            "mscons",
            format!(
                "UNB+UNOC:3+a:14+b:14+240101:0000+1'UNH+1+MSCONS:D:04B:UN:2.4c'LOC+172+L'LIN+1'PIA+5+1-1?:1.29.0:SRW'{mscons}"
            ),
        ),
        ("green_button", format!("{xml}{reading_type}<entry><IntervalBlock>{espi}")),
    ]
}

#[test]
fn a_look_ends_anywhere_and_describes_the_beginning() {
    for (format, text) in beginnings(110_000) {
        // The limit falls on other places of a record each time.
        for shift in [0, 7, 16] {
            let place = [("csv", "time"), ("nem12", ",N,S"), ("mscons", "+a"), ("green_button", "<feed")]
                .into_iter()
                .find_map(|(name, place)| (name == format).then_some(place))
                .unwrap();
            let longer = if format == "green_button" {
                format!("{}{place}", " ".repeat(shift))
            } else {
                format!("{place}{}", " ".repeat(shift))
            };
            let text = text[..2_200_000].replacen(place, &longer, 1);
            let found = looked(&text, "plant");
            assert_eq!(found.found["format"].value, format);
            assert_eq!(found.open, [], "{format} {shift}");
            assert!(found.is_cut);
            assert_eq!((found.meters.len(), found.meters[0].step_s), (1, Some(900)), "{format} {shift}");
        }
    }
}

#[test]
fn what_was_found_before_an_error_is_kept() {
    let broken = [
        ("csv", "\"2030-01-01 00:00\",\"one\"\n\"2030-01-01 00:15\",\"1\"\n".to_owned(), "one"),
        ("nem12", format!("300,{}\n", "1,".repeat(600_000)), "a line of"),
        ("mscons", "1".repeat((1 << 20) + 10), "has no end"),
        ("green_button", "&nothing;".to_owned(), "entity"),
    ];
    for ((format, text), (same, end, problem)) in beginnings(200).into_iter().zip(broken) {
        assert_eq!(format, same);
        let text = text + &end;
        let found = looked(&text, "plant");
        assert_eq!(found.open.len(), 1, "{format}: {:?}", found.open);
        assert!(found.open[0].problem.contains(problem), "{format}: {}", found.open[0].problem);
        assert_eq!((found.meters.len(), found.meters[0].step_s), (1, Some(900)), "{format}");
        assert!(found.meters[0].rows >= 200, "{format}");
        assert!(read_bytes(text.as_bytes(), "plant", &FileOptions::default()).is_err(), "{format}");
    }
}
