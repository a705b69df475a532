//! Intervals whose source gives both ends.

use super::ReadOptions;
use super::raw::{RawRows, RawTimes, wall_text};
use super::step::{Counts, modal_difference};
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Sure};
use crate::time::{DAY_S, Zone};

/// Ends are written so many seconds short: 00:14 or 00:14:59 of a quarter hour.
const SHORT_S: [i64; 2] = [60, 1];

/// How far clocks move at the changes around the rows \[s\]; none for instants, which have no clock.
fn clock_shifts_s(rows: &RawRows, zone: &Zone) -> Vec<i64> {
    let stamps = rows.stamps();
    let (RawTimes::WallClock(_), Some(first), Some(last)) = (&rows.times, stamps.iter().min(), stamps.iter().max())
    else {
        return Vec::new();
    };
    let segments = zone.segments(first - DAY_S, last + DAY_S);
    let mut shifts: Vec<i64> = segments.windows(2).map(|pair| pair[1].offset_s - pair[0].offset_s).collect();
    shifts.sort_unstable();
    shifts.dedup();
    shifts
}

/// Repairs ends that are written one second or one minute short, or midnights of the same date, and finds the step:
/// `None` where the rows have no ends or no step.
///
/// The step is the difference of neighbouring starts where ends agree with it, else the most frequent length.
pub(super) fn repair(rows: &mut RawRows, options: &ReadOptions) -> Option<i64> {
    let ends = rows.ends.as_ref()?;
    let lengths = || rows.stamps().iter().zip(ends).map(|(start, end)| end - start);
    let fits = |step_s: i64, length: i64| length == step_s || SHORT_S.iter().any(|short| length + short == step_s);
    let agrees = |step_s: &i64| 2 * lengths().filter(|length| fits(*step_s, *length)).count() > ends.len();
    let modal = || {
        let mut counts = Counts::default();
        lengths().for_each(|length| counts.add(length));
        let length = counts.most_frequent(|length| length > 0)?;
        let whole =
            SHORT_S.iter().map(|short| length + short).find(|longer| DAY_S % longer == 0 || longer % DAY_S == 0);
        Some(if DAY_S % length == 0 || length % DAY_S == 0 { length } else { whole.unwrap_or(length) })
    };
    let step_s = options.step_s.or_else(|| modal_difference(rows.stamps()).filter(agrees)).or_else(modal)?;

    let is_wall = matches!(rows.times, RawTimes::WallClock(_));
    let stamps = rows.stamps().to_vec();
    let (mut short, mut midnights) = ([0usize; 2], 0usize);
    for (start, end) in stamps.iter().zip(rows.ends.iter_mut().flatten()) {
        // 23:45 to 00:00 of the same date.
        let is_midnight = is_wall && *end < *start && end.rem_euclid(DAY_S) == 0 && *end + DAY_S - start == step_s;
        if is_midnight {
            *end += DAY_S;
            midnights += 1;
        }
        for (count, short_s) in short.iter_mut().zip(SHORT_S) {
            // Days and months are closed by 23:59 or 23:59:59.
            let closes_day = step_s >= DAY_S && (*end + short_s).rem_euclid(DAY_S) == 0;
            if *end - start + short_s == step_s || closes_day {
                *end += short_s;
                *count += 1;
            }
        }
    }
    let detected = match (short, midnights) {
        ([0, 0], 0) => {
            Detected::new("as_written", format!("the source gives both ends, {step_s} s apart"), Sure::Certain)
        }
        ([0, 0], rows) => Detected::new(
            "midnight_of_same_date",
            format!("{rows} ends are 00:00 of the date that ends"),
            Sure::Certain,
        ),
        ([0, rows], _) => {
            Detected::new("one_second_short", format!("{rows} ends are a second short of {step_s} s"), Sure::Certain)
        }
        ([rows, _], _) => {
            Detected::new("one_minute_short", format!("{rows} ends are a minute short of {step_s} s"), Sure::Certain)
        }
    };
    rows.provenance.insert("ends".to_owned(), detected);
    Some(step_s)
}

/// Takes out rows whose length is not the step, with a Finding. Across a clock change a length on the wall clock may
/// differ by as much as clocks move.
pub(super) fn keep_step(rows: &mut RawRows, step_s: i64, zone: &Zone) {
    let Some(ends) = &rows.ends else { return };
    let stamps = rows.stamps();
    let odd = |row: &usize| match (stamps.get(*row), ends.get(*row)) {
        (Some(start), Some(end)) => end - start != step_s,
        _ => true,
    };
    if !(0..stamps.len()).any(|row| odd(&row)) {
        return;
    }
    let shifts = clock_shifts_s(rows, zone);
    let changes: Vec<i64> = match (shifts.is_empty(), stamps.iter().min(), stamps.iter().max()) {
        (false, Some(first), Some(last)) => {
            let segments = zone.segments(first - DAY_S, last + DAY_S);
            segments.iter().skip(1).map(|segment| segment.start + segment.offset_s).collect()
        }
        _ => Vec::new(),
    };
    let crosses = |row: &usize| match (stamps.get(*row), ends.get(*row)) {
        (Some(start), Some(end)) => {
            shifts.contains(&(end - start - step_s))
                && changes.iter().any(|change| (change - start).abs() <= DAY_S / 4 || (change - end).abs() <= DAY_S / 4)
        }
        _ => false,
    };
    let (out, kept): (Vec<usize>, Vec<usize>) = (0..stamps.len()).partition(|row| odd(row) && !crosses(row));
    let Some(first) = out.first().copied() else { return };
    let (start, end) = (stamps.get(first).copied().unwrap_or(0), ends.get(first).copied().unwrap_or(0));
    let kwh = rows.import_kwh(out.iter().copied(), step_s);
    let mut finding = Finding::new("ingest.odd_interval", Severity::Medium)
        .with("rows", out.len())
        .with("step_s", step_s)
        .with("length_s", end - start)
        .with("start", wall_text(start))
        .with("line", rows.line(first))
        .with("kwh", kwh);
    finding.kwh = kwh;
    rows.findings.push(finding);
    rows.select(&kept);
}
