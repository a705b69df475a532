//! The common trunk: what becomes of rows on their way to an axis.
#![allow(clippy::unwrap_used, clippy::panic)]

use wattlens::ingest::{RawColumn, RawRows, RawTimes, ReadOptions, Stamp, Unit, assemble};
use wattlens::readings::{Channel, Flag, Period, Readings, SpanKind, Sure};
use wattlens::time::{Fold, Gap};

/// 2024-01-01 00:00 on a wall clock.
const NEW_YEAR: i64 = 1_704_067_200;
const SHANGHAI_S: i64 = 28_800;

fn options() -> ReadOptions {
    ReadOptions { zone: Some("Asia/Shanghai".to_owned()), ..ReadOptions::default() }
}

fn rows(stamps: Vec<i64>, values: Vec<f64>) -> RawRows {
    let column = RawColumn::new(Channel::IMPORT_KWH, "kwh", Unit::Kwh, values);
    RawRows::new("table", RawTimes::WallClock(stamps), vec![column])
}

/// Rows `k` of value `k` at `NEW_YEAR + k * step_s`.
fn regular(count: i64, step_s: i64) -> (Vec<i64>, Vec<f64>) {
    ((0..count).map(|k| NEW_YEAR + k * step_s).collect(), (0..count).map(|k| k as f64).collect())
}

fn import(readings: &Readings) -> &[f64] {
    readings.series(Channel::IMPORT_KWH).unwrap().values()
}

fn finding<'a>(readings: &'a Readings, code: &str) -> &'a wattlens::Finding {
    readings.findings().iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("{code} not found"))
}

#[test]
fn rows_out_of_order_are_sorted_and_said() {
    let (mut stamps, mut values) = regular(96, 900);
    stamps.swap(10, 20);
    values.swap(10, 20);
    let readings = assemble(rows(stamps, values), &options()).unwrap();
    assert_eq!(import(&readings), regular(96, 900).1);
    let finding = finding(&readings, "ingest.out_of_order");
    assert_eq!((finding.evidence["descending"].as_bool(), finding.evidence["rows"].as_u64()), (Some(false), Some(2)));
}

#[test]
fn a_table_that_runs_backwards_is_fine_and_said() {
    let (mut stamps, mut values) = regular(96, 900);
    stamps.reverse();
    values.reverse();
    let readings = assemble(rows(stamps, values), &options()).unwrap();
    assert_eq!(import(&readings), regular(96, 900).1);
    assert_eq!(finding(&readings, "ingest.out_of_order").evidence["descending"], true);
}

#[test]
fn a_backward_table_keeps_its_same_date_midnights() {
    // Three days of end stamps, the last of a day written as 00:00 of the same date; newest first.
    let stamps = (0..3).flat_map(|day| (1..=24).map(move |hour| NEW_YEAR + day * 86_400 + (hour % 24) * 3600));
    let readings = assemble(rows(stamps.rev().collect(), (0..72).rev().map(f64::from).collect()), &options()).unwrap();
    assert_eq!(import(&readings), (0..72).map(f64::from).collect::<Vec<_>>());
    assert_eq!(readings.axis().start(), NEW_YEAR - SHANGHAI_S);
    assert_eq!(finding(&readings, "ingest.midnight_of_same_date").evidence["rows"], 3);
}

#[test]
fn equal_repeats_are_kept_once_and_differing_ones_are_ambiguous() {
    let (mut stamps, mut values) = regular(10, 900);
    for (row, value) in [(3, 3.0), (5, 5.5), (7, 9.0)] {
        stamps.push(NEW_YEAR + row * 900);
        values.push(value);
    }
    let readings = assemble(rows(stamps, values), &options()).unwrap();
    assert_eq!(import(&readings), regular(10, 900).1);
    let flags = readings.series(Channel::IMPORT_KWH).unwrap().flags();
    assert_eq!((flags[3], flags[5], flags[7]), (Flag::Measured, Flag::Ambiguous, Flag::Ambiguous));
    let about = |equal: bool| {
        readings.findings().iter().find(|f| f.code == "quality.duplicate" && f.evidence["equal"] == equal).unwrap()
    };
    assert_eq!(about(true).evidence["rows"], 1);
    let differing = about(false);
    assert_eq!(
        (differing.evidence["rows"].as_u64(), differing.evidence["largest_difference"].as_f64()),
        (Some(2), Some(2.0))
    );
    assert_eq!(differing.evidence["start"], "2024-01-01 01:15:00");
}

#[test]
fn a_missing_row_is_a_missing_value() {
    let (mut stamps, mut values) = regular(10, 900);
    stamps.remove(4);
    values.remove(4);
    let readings = assemble(rows(stamps, values), &options()).unwrap();
    assert_eq!(readings.axis().len(), 10);
    assert!(import(&readings)[4].is_nan());
    assert!(readings.findings().is_empty());
}

#[test]
fn two_steps_are_an_error_that_names_both_and_where() {
    let (mut stamps, mut values) = regular(96, 900);
    stamps.extend((0..48).map(|k| NEW_YEAR + 86_400 + k * 1800));
    values.extend([2.0; 48]);
    let error = assemble(rows(stamps.clone(), values.clone()), &options()).unwrap_err().to_string();
    for part in ["900 s", "1800 s", "2024-01-01 00:00:00 (row 1)", "2024-01-02 00:00:00 (row 97)", "(row 144)"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let said = ReadOptions { step_s: Some(900), ..options() };
    let readings = assemble(rows(stamps.clone(), values.clone()), &said).unwrap();
    assert_eq!(import(&readings), regular(96, 900).1);
    let left_out = finding(&readings, "ingest.other_step");
    assert_eq!((left_out.kwh, left_out.evidence["rows"].as_u64()), (Some(96.0), Some(48)));
    assert_eq!(left_out.evidence["other_step_s"], 1800);

    let said = ReadOptions { step_s: Some(300), ..options() };
    let error = assemble(rows(stamps, values), &said).unwrap_err().to_string();
    assert!(error.contains("900 s apart, the step is given as 300 s"), "{error}");
}

#[test]
fn stamps_off_the_grid_are_not_placed_and_said_with_their_energy() {
    let (mut stamps, values) = regular(96, 900);
    stamps[10] += 7;
    stamps[50] += 300;
    let readings = assemble(rows(stamps, values), &options()).unwrap();
    assert!(import(&readings)[10].is_nan() && import(&readings)[50].is_nan());
    let finding = finding(&readings, "ingest.off_grid");
    assert_eq!((finding.kwh, finding.evidence["rows"].as_u64()), (Some(60.0), Some(2)));
}

#[test]
fn a_single_reading_needs_its_step() {
    let error = assemble(rows(vec![NEW_YEAR], vec![1.0]), &options()).unwrap_err().to_string();
    assert!(error.contains("step cannot be known") && error.contains("step="), "{error}");
    let said = ReadOptions { step_s: Some(900), ..options() };
    let readings = assemble(rows(vec![NEW_YEAR], vec![1.0]), &said).unwrap();
    assert_eq!((readings.axis().len(), readings.provenance()["step"].why.as_str()), (1, "given"));
}

#[test]
fn no_row_is_an_error() {
    assert!(assemble(rows(vec![], vec![]), &options()).unwrap_err().to_string().contains("there is no reading"));
}

#[test]
fn a_damaged_year_is_named() {
    for damaged in [2081 - 2024, 150] {
        let (mut stamps, values) = regular(96, 900);
        stamps[40] += damaged * 365 * 86_400;
        let error = assemble(rows(stamps, values), &options()).unwrap_err().to_string();
        assert!(error.contains("is its date damaged"), "{error}");
        assert!(error.contains(if damaged == 150 { "2173-" } else { "2080-" }), "{error}");
    }
    let (mut stamps, values) = regular(96, 900);
    stamps[40] = i64::MAX;
    let error = assemble(rows(stamps, values), &options()).unwrap_err().to_string();
    assert!(error.contains("row 41") && error.contains("outside the years"), "{error}");
}

#[test]
fn end_stamps_are_told_from_the_first_and_last_of_them() {
    let (stamps, values) = regular(96, 900);
    let shifted: Vec<i64> = stamps.iter().map(|stamp| stamp + 900).collect();
    let end = assemble(rows(shifted.clone(), values.clone()), &options()).unwrap();
    assert_eq!((end.provenance()["stamp"].value.as_str(), end.axis().start()), ("end", NEW_YEAR - SHANGHAI_S));
    let start = assemble(rows(stamps, values.clone()), &options()).unwrap();
    assert_eq!((start.provenance()["stamp"].value.as_str(), start.axis().start()), ("start", NEW_YEAR - SHANGHAI_S));
    assert!(start.findings().is_empty() && end.findings().is_empty());
    let cut = assemble(rows(shifted[..50].to_vec(), values[..50].to_vec()), &options()).unwrap();
    assert_eq!((cut.provenance()["stamp"].value.as_str(), cut.axis().start()), ("end", NEW_YEAR - SHANGHAI_S));
    assert!(cut.provenance()["stamp"].why.ends_with("is one step past midnight") && cut.findings().is_empty());
    let unclear = assemble(rows(shifted[1..50].to_vec(), values[1..50].to_vec()), &options()).unwrap();
    assert_eq!(unclear.provenance()["stamp"].sure, wattlens::readings::Sure::Assumed);
    assert_eq!(unclear.axis().start(), NEW_YEAR + 1800 - SHANGHAI_S);
    assert_eq!(finding(&unclear, "ingest.stamp_assumed").evidence["stamp"], "start");
    let said = ReadOptions { stamp: Some(Stamp::Start), ..options() };
    let said = assemble(rows(shifted, values), &said).unwrap();
    assert_eq!((said.provenance()["stamp"].why.as_str(), said.axis().start()), ("given", NEW_YEAR + 900 - SHANGHAI_S));
    assert!(said.findings().is_empty());
}

#[test]
fn a_day_of_a_clock_change_keeps_every_interval_in_its_place() {
    // (first instant, hours of the day, instant of the change) in Berlin: 2024-03-31 and 2024-10-27.
    for (first, hours, change) in [(1_711_839_600, 23, 1_711_846_800), (1_729_980_000, 25, 1_729_990_800)] {
        let (before_s, after_s) = if hours == 23 { (3600, 7200) } else { (7200, 3600) };
        let wall = |instant: i64| instant + if instant < change { before_s } else { after_s };
        for step_s in [3600, 1800, 900] {
            let count = hours * 3600 / step_s;
            let starts: Vec<i64> = (0..count).map(|k| first + k * step_s).collect();
            let files = [
                ("start", Stamp::Start, starts.iter().map(|start| wall(*start)).collect::<Vec<i64>>()),
                ("start plus step", Stamp::End, starts.iter().map(|start| wall(*start) + step_s).collect()),
                ("end on the clock", Stamp::End, starts.iter().map(|start| wall(*start + step_s)).collect()),
            ];
            for (name, stamp, stamps) in files {
                let berlin = ReadOptions {
                    zone: Some("Europe/Berlin".to_owned()),
                    stamp: Some(stamp),
                    ..ReadOptions::default()
                };
                let values: Vec<f64> = (0..count).map(|k| k as f64).collect();
                let readings = assemble(rows(stamps, values.clone()), &berlin).unwrap();
                assert_eq!(readings.axis().start(), first, "{name}, {hours} h, {step_s} s");
                assert_eq!(import(&readings), values, "{name}, {hours} h, {step_s} s");
                assert!(readings.findings().is_empty(), "{name}, {hours} h: {:?}", readings.findings());
            }
        }
    }
}

#[test]
fn ends_in_the_hour_that_comes_twice_follow_the_policy() {
    // 2024-10-27 in Berlin, hourly ends written as start plus step: 01:00, 02:00, 03:00, 03:00, 04:00.
    let midnight = 1_729_987_200;
    let stamps: Vec<i64> = [1, 2, 3, 3, 4].iter().map(|hour| midnight + hour * 3600).collect();
    let read = |fold| {
        let zone = Some("Europe/Berlin".to_owned());
        let berlin = ReadOptions { zone, fold, stamp: Some(Stamp::End), ..ReadOptions::default() };
        assemble(rows(stamps.clone(), vec![0.0, 1.0, 2.0, 3.0, 4.0]), &berlin)
    };
    assert_eq!(import(&read(Fold::ByOrder).unwrap()), [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert!(import(&read(Fold::Earlier).unwrap())[3].is_nan());
    assert!(import(&read(Fold::Later).unwrap())[2].is_nan());
    let error = read(Fold::Error).unwrap_err().to_string();
    assert!(error.contains("the interval that ends 2024-10-27 03:00:00 occurs twice in Europe/Berlin"), "{error}");
}

#[test]
fn ends_that_ignore_the_spring_change_are_no_duplicate() {
    // 2024-03-31 in Berlin: hourly ends 01:00 to 24:00 without a gap; 02:00 to 03:00 never was.
    let first = 1_711_843_200;
    let stamps: Vec<i64> = (1..=24).map(|k| first + k * 3600).collect();
    let zone = Some("Europe/Berlin".to_owned());
    let berlin = ReadOptions { zone, stamp: Some(Stamp::End), ..ReadOptions::default() };
    let error = assemble(rows(stamps.clone(), vec![1.0; 24]), &berlin).unwrap_err().to_string();
    assert!(error.contains("the interval that ends 2024-03-31 03:00:00 never occurs in Europe/Berlin"), "{error}");
    let skip = ReadOptions { gap: Gap::Skip, ..berlin };
    let readings = assemble(rows(stamps, vec![1.0; 24]), &skip).unwrap();
    assert_eq!((readings.axis().len(), readings.findings().len()), (23, 1));
    assert_eq!(finding(&readings, "ingest.gap_stamp_skipped").kwh, Some(1.0));
}

#[test]
fn a_column_that_is_a_register_is_read_as_one_and_said() {
    // A register that stands at 10 000 kWh and rises by 1.5 kWh a quarter hour: 10 150 kWh after 100.
    let stamps = regular(101, 900).0;
    let register: Vec<f64> = (0..101).map(|k| 10_000.0 + f64::from(k) * 1.5).collect();
    let readings = assemble(rows(stamps.clone(), register.clone()), &options()).unwrap();
    assert_eq!(import(&readings), [1.5; 100]);
    let said = &readings.provenance()["registers"];
    assert_eq!((said.value.as_str(), said.sure), ("kwh", Sure::Likely));
    assert!(said.why.contains("it never decreases from 10000 to 10150 kWh"), "{}", said.why);
    // The readings themselves are kept.
    let kept = readings.spans().series(Channel::IMPORT_KWH, SpanKind::Register, Period::Total).unwrap();
    assert_eq!((kept.values.len(), kept.values[100].value), (101, 10_150.0));
    assert_eq!(kept.values[100].span.start, NEW_YEAR + 90_000 - SHANGHAI_S);
    // Newest first it is the same register.
    let backwards = rows(stamps.iter().rev().copied().collect(), register.iter().rev().copied().collect());
    assert_eq!(import(&assemble(backwards, &options()).unwrap()), [1.5; 100]);
    // The caller may know better.
    let energies = ReadOptions { registers: Some(false), ..options() };
    assert_eq!(import(&assemble(rows(stamps.clone(), register.clone()), &energies).unwrap())[0], 10_000.0);
    // Mean power may well rise slowly all day, and energy may be constant or too short to tell.
    let mut power = rows(stamps.clone(), register.clone());
    power.columns[0].unit = Unit::Kw;
    assert_eq!(import(&assemble(power, &options()).unwrap())[0], 2500.0);
    assert_eq!(import(&assemble(rows(stamps.clone(), vec![7.0; 101]), &options()).unwrap())[0], 7.0);
    let short = assemble(rows(stamps[..95].to_vec(), register[..95].to_vec()), &options()).unwrap();
    assert_eq!(import(&short)[0], 10_000.0);
}

#[test]
fn a_stamp_that_never_occurs_is_an_error_or_skipped() {
    // 2024-03-31: Berlin has no 02:00 to 03:00; this file ignores it.
    let first = 1_711_843_200; // 2024-03-31 00:00 on a wall clock
    let stamps: Vec<i64> = (0..96).map(|k| first + k * 900).collect();
    let berlin = ReadOptions { zone: Some("Europe/Berlin".to_owned()), ..ReadOptions::default() };
    let error = assemble(rows(stamps.clone(), vec![1.0; 96]), &berlin).unwrap_err().to_string();
    assert!(error.contains("2024-03-31 02:00:00 never occurs in Europe/Berlin"), "{error}");
    let skip = ReadOptions { gap: Gap::Skip, ..berlin };
    let readings = assemble(rows(stamps.clone(), vec![1.0; 96]), &skip).unwrap();
    assert_eq!(readings.axis().len(), 92);
    // The zone that the message proposes reads the file whole.
    assert!(error.contains("Etc/GMT-1"), "{error}");
    let constant = ReadOptions { zone: Some("Etc/GMT-1".to_owned()), ..ReadOptions::default() };
    let whole = assemble(rows(stamps, vec![1.0; 96]), &constant).unwrap();
    assert_eq!((whole.axis().start(), whole.axis().len()), (first - 3600, 96));
    assert_eq!(finding(&readings, "ingest.gap_stamp_skipped").kwh, Some(4.0));
}

#[test]
fn ten_years_of_minutes_are_read() {
    let count = 10 * 365 * 1440 + 2 * 1440;
    let stamps = regular(count, 60).0;
    let values = (0..count).map(|k| (k % 100) as f64).collect();
    let readings = assemble(rows(stamps, values), &options()).unwrap();
    assert_eq!(readings.axis().len() as i64, count);
    assert_eq!(import(&readings).last().copied(), Some(((count - 1) % 100) as f64));
}

#[test]
fn the_hour_that_comes_twice_follows_the_policy() {
    // 2024-10-27 in Berlin: 00:00, 01:00, 02:00, 02:00, 03:00 on the wall clock.
    let midnight = 1_729_987_200;
    let stamps: Vec<i64> = [0, 1, 2, 2, 3].iter().map(|hour| midnight + hour * 3600).collect();
    let read = |fold| {
        let berlin = ReadOptions { zone: Some("Europe/Berlin".to_owned()), fold, ..ReadOptions::default() };
        assemble(rows(stamps.clone(), vec![0.0, 1.0, 2.0, 3.0, 4.0]), &berlin)
    };
    let by_order = read(Fold::ByOrder).unwrap();
    assert_eq!(import(&by_order), [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert!(by_order.findings().is_empty());
    let earlier = read(Fold::Earlier).unwrap();
    assert_eq!(import(&earlier)[..3], [0.0, 1.0, 2.0]);
    assert!(import(&earlier)[3].is_nan());
    assert_eq!(finding(&earlier, "quality.duplicate").evidence["largest_difference"], 1.0);
    assert!(import(&read(Fold::Later).unwrap())[2].is_nan());
    let error = read(Fold::Error).unwrap_err().to_string();
    assert!(error.contains("2024-10-27 02:00:00 occurs twice in Europe/Berlin"), "{error}");
}

#[test]
fn a_value_beside_a_missing_one_is_no_contradiction() {
    let (mut stamps, mut values) = regular(10, 900);
    values[4] = f64::NAN;
    stamps.push(NEW_YEAR + 4 * 900);
    values.push(4.0);
    let readings = assemble(rows(stamps, values), &options()).unwrap();
    assert_eq!(import(&readings), regular(10, 900).1);
    assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().flags()[4], Flag::Measured);
}

#[test]
fn power_becomes_energy_and_says_so() {
    let (stamps, values) = regular(8, 1800);
    let mut raw = rows(stamps, values);
    raw.columns[0].unit = Unit::Mw;
    let readings = assemble(raw, &options()).unwrap();
    assert_eq!(import(&readings)[7], 3500.0);
    assert!(readings.provenance()["unit.import_kwh"].why.contains("mean power of each interval, × 0.5 h"));
}

#[test]
fn instants_need_a_zone_for_their_days_and_may_name_ends() {
    let (stamps, values) = regular(96, 900);
    let shifted = stamps.iter().map(|stamp| stamp - SHANGHAI_S + 900).collect();
    let mut raw = rows(vec![], values);
    raw.times = RawTimes::Instants(shifted);
    let error = assemble(raw.clone(), &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("pass zone="), "{error}");
    let readings = assemble(raw, &options()).unwrap();
    assert_eq!(
        (readings.provenance()["stamp"].value.as_str(), readings.axis().start()),
        ("end", NEW_YEAR - SHANGHAI_S)
    );
}

#[test]
fn a_step_that_is_no_part_of_a_day_is_an_error() {
    let (stamps, values) = regular(40, 7 * 3600);
    let error = assemble(rows(stamps, values), &options()).unwrap_err().to_string();
    assert!(error.contains("a step of 25200 s cannot be used"), "{error}");
}
