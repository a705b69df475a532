//! Days on which clocks change in every style, intervals with both ends, and energy from samples.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use wattlens::finding::Finding;
use wattlens::ingest::{RawColumn, RawRows, RawTimes, ReadOptions, Stamp, Unit, assemble};
use wattlens::readings::{Channel, Flag, Kind, Phase, Quantity, Readings, Sure};
use wattlens::time::{Segment, Zone};

const DAY_S: i64 = 86_400;
/// 2024-03-31 and 2024-10-27 00:00 on a wall clock; Berlin's clocks change on both.
const SPRING: i64 = 1_711_843_200;
const AUTUMN: i64 = 1_729_987_200;

fn rows(stamps: Vec<i64>, values: Vec<f64>) -> RawRows {
    let column = RawColumn::new(Channel::IMPORT_KWH, "kwh", Unit::Kwh, values);
    RawRows::new("table", RawTimes::WallClock(stamps), vec![column])
}

fn starts(zone: &str) -> ReadOptions {
    ReadOptions { zone: Some(zone.to_owned()), stamp: Some(Stamp::Start), ..ReadOptions::default() }
}

fn import(readings: &Readings) -> &[f64] {
    readings.series(Channel::IMPORT_KWH).unwrap().values()
}

fn found<'a>(readings: &'a Readings, code: &str) -> Option<&'a Finding> {
    readings.findings().iter().find(|finding| finding.code == code)
}

fn clocks(readings: &Readings) -> &str {
    &readings.provenance()["clock_changes"].value
}

#[test]
fn zeros_in_the_spring_hour_are_no_outage() {
    // Hours 0 to 23 of a 23-hour day; 02:00 is filled with zero.
    let stamps: Vec<i64> = (0..24).map(|hour| SPRING + hour * 3600).collect();
    let values: Vec<f64> = (0..24).map(|hour| if hour == 2 { 0.0 } else { 5.0 }).collect();
    let readings = assemble(rows(stamps.clone(), values.clone()), &starts("Europe/Berlin")).unwrap();
    assert_eq!(import(&readings), [5.0; 23]);
    assert_eq!(found(&readings, "ingest.spring_hour_zero_filled").unwrap().evidence["stamp"], "2024-03-31 02:00:00");
    assert_eq!(clocks(&readings), "spring_zero_filled");
    assert_eq!(readings.provenance()["clock_changes"].sure, Sure::Certain);
    // The same with ends: the interval that ends 03:00 is the zero.
    let ends: Vec<i64> = stamps.iter().map(|stamp| stamp + 3600).collect();
    let said = ReadOptions { stamp: Some(Stamp::End), ..starts("Europe/Berlin") };
    assert_eq!(import(&assemble(rows(ends, values), &said).unwrap()), [5.0; 23]);
    // Where the load is zero all night, zeros say nothing.
    let night = (0..24).map(|hour| if hour < 6 { 0.0 } else { 5.0 }).collect();
    let readings = assemble(rows(stamps, night), &starts("Europe/Berlin")).unwrap();
    assert_eq!(readings.provenance()["clock_changes"].sure, Sure::Assumed);
}

#[test]
fn an_autumn_hour_that_comes_once_leaves_the_second_missing() {
    let stamps: Vec<i64> = (0..24).map(|hour| AUTUMN + hour * 3600).collect();
    let readings = assemble(rows(stamps, vec![5.0; 24]), &starts("Europe/Berlin")).unwrap();
    assert_eq!((readings.axis().len(), clocks(&readings)), (25, "autumn_once"));
    let missing: Vec<usize> = (0..25).filter(|hour| import(&readings)[*hour].is_nan()).collect();
    assert_eq!(missing, [3]);
    let finding = found(&readings, "ingest.autumn_hour_once").unwrap();
    assert_eq!(
        (finding.evidence["intervals"].as_u64(), finding.evidence["start"].as_str()),
        (Some(1), Some("2024-10-27 02:00:00"))
    );
}

#[test]
fn an_autumn_hour_that_is_put_into_one_pass_is_there_twice() {
    let stamps: Vec<i64> = [0, 1, 2, 2, 3, 4].iter().map(|hour| AUTUMN + hour * 3600).collect();
    let said = ReadOptions { fold: wattlens::time::Fold::Earlier, ..starts("Europe/Berlin") };
    let readings = assemble(rows(stamps, vec![5.0; 6]), &said).unwrap();
    assert!(import(&readings)[3].is_nan());
    assert_eq!(clocks(&readings), "local_gap_and_repeat");
    assert!(found(&readings, "ingest.autumn_hour_once").is_none());
}

#[test]
fn instants_and_zones_without_changes_are_named() {
    let stamps: Vec<i64> = (0..24).map(|hour| AUTUMN + hour * 3600).collect();
    let mut raw = rows(stamps.clone(), vec![5.0; 24]);
    assert_eq!(clocks(&assemble(raw.clone(), &starts("Asia/Shanghai")).unwrap()), "none_in_span");
    assert_eq!(clocks(&assemble(raw.clone(), &starts("Etc/GMT-1")).unwrap()), "fixed_offset");
    raw.times = RawTimes::Instants(stamps);
    assert_eq!(clocks(&assemble(raw, &starts("Europe/Berlin")).unwrap()), "instants");
}

#[test]
fn ends_written_short_are_repaired() {
    for (short_s, value) in [(0, "as_written"), (1, "one_second_short"), (60, "one_minute_short")] {
        let mut raw = rows((0..96).map(|k| SPRING + k * 900).collect(), vec![1.0; 96]);
        raw.ends = Some(raw_ends(&raw, 900 - short_s));
        let readings = assemble(raw, &ReadOptions { stamp: None, ..starts("Asia/Shanghai") }).unwrap();
        assert_eq!((readings.axis().step_s(), readings.provenance()["ends"].value.as_str()), (900, value));
        let stamp = &readings.provenance()["stamp"];
        assert_eq!((stamp.value.as_str(), stamp.sure), ("start", Sure::Certain));
        assert!(readings.findings().is_empty());
    }
    // The last end of the day as 00:00 of the same date.
    let mut raw = rows((0..96).map(|k| SPRING + k * 900).collect(), vec![1.0; 96]);
    let mut ends = raw_ends(&raw, 900);
    ends[95] -= DAY_S;
    raw.ends = Some(ends);
    let readings = assemble(raw, &starts("Asia/Shanghai")).unwrap();
    assert_eq!(import(&readings), [1.0; 96]);
    assert_eq!(readings.provenance()["ends"].value, "midnight_of_same_date");
}

fn raw_ends(rows: &RawRows, length_s: i64) -> Vec<i64> {
    match &rows.times {
        RawTimes::WallClock(stamps) | RawTimes::Instants(stamps) => {
            stamps.iter().map(|start| start + length_s).collect()
        }
    }
}

#[test]
fn odd_lengths_are_not_placed_and_said() {
    let mut raw = rows((0..96).map(|k| SPRING + k * 900).collect(), (0..96).map(f64::from).collect());
    let mut ends = raw_ends(&raw, 900);
    (ends[10], ends[20]) = (ends[10] - 900 - 2700, ends[20] - 600);
    raw.ends = Some(ends);
    let readings = assemble(raw, &starts("Asia/Shanghai")).unwrap();
    let missing: Vec<usize> = (0..96).filter(|at| import(&readings)[*at].is_nan()).collect();
    assert_eq!(missing, [10, 20]);
    let finding = found(&readings, "ingest.odd_interval").unwrap();
    assert_eq!((finding.kwh, finding.evidence["length_s"].as_i64()), (Some(30.0), Some(-2700)));
}

#[test]
fn ends_on_the_wall_clock_may_cross_a_change() {
    // Berlin: 01:00 to 03:00 in spring, 02:00 to 02:00 and 02:00 to 03:00 in autumn, an hour each.
    for (first, hours) in
        [(SPRING, vec![(0, 1), (1, 3), (3, 4), (4, 5)]), (AUTUMN, vec![(0, 1), (1, 2), (2, 2), (2, 3), (3, 4)])]
    {
        let mut raw = rows(hours.iter().map(|(from, _)| first + from * 3600).collect(), vec![1.0; hours.len()]);
        raw.ends = Some(hours.iter().map(|(_, to)| first + to * 3600).collect());
        let readings = assemble(raw, &starts("Europe/Berlin")).unwrap();
        assert_eq!(import(&readings), vec![1.0; hours.len()]);
        assert!(readings.findings().is_empty(), "{:?}", readings.findings());
    }
}

#[test]
fn energy_from_samples_says_so() {
    let stamps: Vec<i64> = (0..4).map(|k| SPRING + k * 900).collect();
    let mut raw = rows(stamps.clone(), vec![4.0, 8.0, f64::NAN, 12.0]);
    raw.columns[0].unit = Unit::Kw;
    let power = RawColumn::new(Channel::mean(Quantity::ActivePower, Phase::Total), "P", Unit::Kw, vec![4.0; 4]);
    raw.columns.push(power);
    let said = ReadOptions { power: Some(Kind::Sample), ..starts("Asia/Shanghai") };
    let readings = assemble(raw.clone(), &said).unwrap();
    let series = readings.series(Channel::IMPORT_KWH).unwrap();
    assert_eq!(series.total(), Some(6.0));
    assert_eq!(series.flags(), [Flag::Sampled, Flag::Sampled, Flag::Missing, Flag::Sampled]);
    assert_eq!(series.channel().kind, Kind::Energy);
    assert_eq!(readings.all_series()[1].channel().kind, Kind::Sample);
    assert_eq!(found(&readings, "ingest.energy_from_samples").unwrap().evidence["step_s"], 900);
    // Where the source says it of the channel, the caller need not.
    raw.columns[0].channel = Channel::IMPORT_KWH.sampled();
    let readings = assemble(raw, &starts("Asia/Shanghai")).unwrap();
    assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().flags()[0], Flag::Sampled);
    // Means are measured.
    let mut means = rows(stamps, vec![4.0; 4]);
    means.columns[0].unit = Unit::Kw;
    let readings = assemble(means, &starts("Asia/Shanghai")).unwrap();
    assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().flags(), [Flag::Measured; 4]);
}

/// Wall clock of an instant.
fn wall(segments: &[Segment], instant: i64) -> i64 {
    let inside = |segment: &&Segment| segment.start <= instant && instant < segment.end;
    instant + segments.iter().find(inside).unwrap().offset_s
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_style_of_a_year_reads_alike(
        name in prop::sample::select(vec!["Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "America/St_Johns", "Asia/Shanghai", "Australia/Sydney"]),
        step_s in prop::sample::select(vec![900i64, 1800]),
        first_day in 0i64..340,
        days in 3i64..60,
    ) {
        let zone = Zone::named(name).unwrap();
        // 2023-01-01 00:00 UTC is on the grid of 30 minutes in all of them.
        let first = 1_672_531_200 + first_day * DAY_S;
        let instants: Vec<i64> = (0..days * DAY_S / step_s).map(|k| first + k * step_s).collect();
        let segments = zone.segments(first - DAY_S, first + (days + 1) * DAY_S);
        let walls: Vec<i64> = instants.iter().map(|instant| wall(&segments, *instant)).collect();
        let values: Vec<f64> = (0..instants.len()).map(|k| 1.0 + (k % 7) as f64).collect();
        let plain = assemble(rows(walls.clone(), values.clone()), &starts(name)).unwrap();
        prop_assert_eq!(import(&plain), values.as_slice());
        prop_assert_eq!((plain.axis().start(), plain.findings().len()), (first, 0));
        let changes: Vec<(i64, i64)> = segments
            .windows(2)
            .map(|pair| (pair[1].start, pair[1].offset_s - pair[0].offset_s))
            .filter(|(at, _)| *at > first + DAY_S && *at < first + (days - 1) * DAY_S)
            .collect();
        if changes.is_empty() && segments.len() == 1 {
            prop_assert_eq!(clocks(&plain), "none_in_span");
        }
        for (change, moved_s) in changes {
            if moved_s > 0 {
                // The spring hour filled with zeros.
                let at = instants.iter().position(|instant| *instant == change).unwrap();
                let (mut filled, mut with_zeros) = (walls.clone(), values.clone());
                for k in (0..moved_s / step_s).rev() {
                    filled.insert(at, walls[at] - moved_s + k * step_s);
                    with_zeros.insert(at, 0.0);
                }
                let readings = assemble(rows(filled, with_zeros), &starts(name)).unwrap();
                prop_assert_eq!(import(&readings), values.as_slice());
                prop_assert_eq!(clocks(&readings), "spring_zero_filled");
                prop_assert!(found(&readings, "quality.duplicate").is_none());
            } else {
                // The autumn hour once: its second pass is not there.
                let lost = |instant: i64| instant >= change && instant < change - moved_s;
                let kept: Vec<usize> = (0..instants.len()).filter(|row| !lost(instants[*row])).collect();
                let once = rows(kept.iter().map(|row| walls[*row]).collect(), kept.iter().map(|row| values[*row]).collect());
                let readings = assemble(once, &starts(name)).unwrap();
                prop_assert_eq!(clocks(&readings), "autumn_once");
                for (slot, value) in import(&readings).iter().enumerate() {
                    if lost(instants[slot]) { prop_assert!(value.is_nan()) } else { prop_assert_eq!(*value, values[slot]) }
                }
                prop_assert!(found(&readings, "ingest.autumn_hour_once").is_some());
            }
        }
    }
}
