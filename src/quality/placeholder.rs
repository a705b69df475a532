//! A number that stands for missing: `quality.placeholder` where exactly 0, ±1, a row of nines (99 … 999 999, either
//! sign), 32 767 or 65 535 is repeated on a meter that measures something altogether different.
//!
//! Different is: at most `small_share` of the median of the meter's other values, more than `large_ratio` times it, or of the
//! opposite sign. The
//! number has to stand `shortest_intervals` times on end somewhere, and in `most_share` of the values at most: what stands
//! longer is the meter's habit, such as standby. Zero, which a dead meter and a dead plant show alike, counts on energies
//! and powers only, and only where all but a hundredth of the other values lie above `always_share` of the median; of reactive
//! energy, which capacitors bring to zero, only on the night of a clock change. Runs on every channel but power factors.
//!
//! Each run has its Finding, later single ones included; of more than `most` the longest do, and the last says how many
//! `others` there are. Severity by length; low for an hour of zeros on the night of a clock change (`clock_change`), which
//! never was. Evidence: `channel`, `value`, `unit`, `intervals`, `hours`, `median`, `runs` (of this value in all), `others`.

use std::ops::Range;

use super::prepared::{Prepared, Scan};
use super::rule::{Found, Number, Numbers, Rule};
use super::{hours, local_seconds, over, severity};
use crate::finding::{Finding, Severity};
use crate::readings::Quantity;
use crate::stats;
use crate::time::{DAY_S, TimeAxis};

const SHORTEST: Number = Number {
    lowest: 2.0,
    ..Number::new("shortest_intervals", 3.0, "repeats on end that show that it stands for missing (engineering)")
};
const SMALL_SHARE: Number =
    Number::share("small_share", 0.02, "value over median that is far too small (engineering; 1 kWh beside 50 kWh)");
const LARGE_RATIO: Number = Number::new("large_ratio", 20.0, "value over median that is far too large (engineering)");
const MOST_SHARE: Number =
    Number::share("most_share", 0.1, "share of the values above which it is the meter's habit (engineering)");
const ALWAYS_SHARE: Number =
    Number::share("always_share", 0.05, "smallest other value over median of a meter that never rests (engineering)");
const ZERO_RUNS: Number = Number::new("zero_runs", 3.0, "runs of zeros that are no outages any more (engineering)");
const MOST: Number =
    Number { lowest: 1.0, ..Number::new("most", 50.0, "runs with a Finding of their own (engineering)") };

pub(super) const RULE: Rule = Rule {
    name: "placeholder",
    looks_at: "repeated 0, ±1, nines and ends of counters in every channel but power factors",
    on: true,
    numbers: &[SHORTEST, SMALL_SHARE, LARGE_RATIO, MOST_SHARE, ALWAYS_SHARE, ZERO_RUNS, MOST],
    source: "sentinel values of loggers and exports (seen as ones in labelled meters)",
    codes: &["quality.placeholder"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let scans = prepared.scans.iter().filter(|scan| scan.one.channel().quantity != Quantity::PowerFactor);
    Ok(scans.flat_map(|scan| of_channel(prepared.axis(), scan, numbers)).collect())
}

fn of_channel(axis: &TimeAxis, scan: &Scan<'_>, numbers: &Numbers) -> Vec<Finding> {
    let values = scan.one.values();
    let value_of = |run: &Range<usize>| values.get(run.start).copied().unwrap_or(f64::NAN);
    let mut candidates: Vec<f64> = Vec::new();
    let mut note = |run: &Range<usize>| {
        let value = value_of(run);
        let repeats = run.len() as f64 >= numbers.get(&SHORTEST);
        if !candidates.contains(&value) && (repeats || (value == 0.0 && is_night_of_clock_change(axis, run))) {
            candidates.push(value);
        }
    };
    scan.stand_ins.iter().for_each(&mut note);
    let zero_counts = matches!(
        scan.one.channel().quantity,
        Quantity::ActiveEnergy | Quantity::ReactiveEnergy | Quantity::ActivePower | Quantity::ApparentPower
    );
    if zero_counts {
        scan.zeros.iter().for_each(&mut note);
    }
    let mut found = Vec::new();
    for value in candidates {
        let all = if value == 0.0 { &scan.zeros } else { &scan.stand_ins };
        let mut runs: Vec<Range<usize>> = all.iter().filter(|run| value_of(run) == value).cloned().collect();
        let count: usize = runs.iter().map(ExactSizeIterator::len).sum();
        // The cheap questions first: most candidates are habits, most zeros too few.
        if count as f64 > numbers.get(&MOST_SHARE) * scan.present as f64 {
            continue;
        }
        // Capacitors bring reactive energy to zero for days.
        let is_compensated = scan.one.channel().quantity == Quantity::ReactiveEnergy;
        if value == 0.0 && (is_compensated || (runs.len() as f64) < numbers.get(&ZERO_RUNS)) {
            runs.retain(|run| is_night_of_clock_change(axis, run));
        }
        if runs.is_empty() {
            continue;
        }
        let mut others: Vec<f64> = values.iter().copied().filter(|one| !one.is_nan() && *one != value).collect();
        let Some(median) = stats::median(&mut others).filter(|median| *median != 0.0) else { continue };
        let ratio = value.abs() / median.abs();
        let opposite = value * median < 0.0;
        let is_far = opposite || ratio <= numbers.get(&SMALL_SHARE) || ratio > numbers.get(&LARGE_RATIO);
        let resting = || others.iter().filter(|one| **one < numbers.get(&ALWAYS_SHARE) * median).count();
        if is_far && (value != 0.0 || (median > 0.0 && resting() * 100 <= others.len())) {
            found.extend(findings(axis, scan, value, median, runs, numbers.get(&MOST) as usize));
        }
    }
    found.sort_by_key(|one| one.span);
    found
}

fn findings(
    axis: &TimeAxis,
    scan: &Scan<'_>,
    value: f64,
    median: f64,
    mut runs: Vec<Range<usize>>,
    most: usize,
) -> Vec<Finding> {
    let in_all = runs.len();
    // Stable, so that of equally long runs the earlier ones come first.
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    let others = runs.split_off(runs.len().min(most)).len();
    runs.sort_by_key(|run| run.start);
    let last = runs.len().saturating_sub(1);
    let finding = |(at, run): (usize, &Range<usize>)| {
        let length_h = hours(axis, run.len());
        let clock_change = value == 0.0 && is_night_of_clock_change(axis, run);
        let severity = if clock_change { Severity::Low } else { severity(length_h) };
        over(axis, run, "quality.placeholder", severity)
            .with("channel", scan.one.channel().name())
            .with("value", value)
            .with("unit", scan.one.channel().unit())
            .with("intervals", run.len())
            .with("hours", length_h)
            .with("median", median)
            .with("runs", in_all)
            .with("clock_change", clock_change)
            .with("others", (at == last && others > 0).then_some(others))
    };
    runs.iter().enumerate().map(finding).collect()
}

/// One hour, from 01:00, 02:00 or 03:00 of a Sunday in March, April, September or October: the hour that clocks jump over,
/// in a file that has a row for it.
fn is_night_of_clock_change(axis: &TimeAxis, run: &Range<usize>) -> bool {
    if run.len() as i64 * axis.step_s() != 3600 {
        return false;
    }
    let Some(local) = local_seconds(axis.zone(), &[axis.instant(run.start)]).first().copied() else { return false };
    let date = jiff::civil::Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(local.div_euclid(DAY_S)));
    let hour_s = local.rem_euclid(DAY_S);
    date.weekday() == jiff::civil::Weekday::Sunday
        && matches!(date.month(), 3 | 4 | 9 | 10)
        && [3600, 7200, 10_800].contains(&hour_s)
}
