//! Whether readings can be trusted: one rule a file, and the completeness of every month.
//!
//! The rules' defaults follow the validation rules of meter-data systems (validation, estimation and
//! editing; here only validation): nothing is filled or changed.

mod completeness;
mod empty;
mod gap;
mod negative_import;
mod reactive_without_active;
mod stuck_value;
mod zero_run;

pub use completeness::{Completeness, USABLE_SHARE, Verdict, completeness};
pub use empty::{all_missing, all_zero, single_reading};
pub use gap::{MOST_GAPS, gap};
pub use negative_import::negative_import;
pub use reactive_without_active::{REACTIVE_WITHOUT_ACTIVE_H, reactive_without_active};
pub use stuck_value::{STUCK_INTERVALS, STUCK_RATIO, stuck_value};
pub use zero_run::{HABIT_RUNS, ZERO_RUN_H, zero_run};

use std::ops::Range;

use serde_json::Value;

use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Readings};
use crate::time::TimeAxis;

/// A stretch of bad readings from this length on is of medium severity \[h\] (engineering: a day's
/// energy is wrong).
pub const MEDIUM_H: f64 = 24.0;
/// A stretch of bad readings from this length on is of high severity \[h\] (engineering: a month
/// without a week is below [`USABLE_SHARE`]).
pub const HIGH_H: f64 = 168.0;

/// All rules, in this order: all missing, all zero, single reading, gap, stuck value, zero run,
/// negative import, reactive without active energy. Clean readings give nothing.
///
/// ```
/// use wattlens::simulate::{Plant, demo_calendar, simulate};
/// let readings = simulate(&Plant::default(), &demo_calendar(), &[])?.readings;
/// assert!(wattlens::quality::check(&readings).is_empty());
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn check(readings: &Readings) -> Vec<Finding> {
    let rules: [fn(&Readings) -> Vec<Finding>; 8] =
        [all_missing, all_zero, single_reading, gap, stuck_value, zero_run, negative_import, reactive_without_active];
    rules.iter().flat_map(|rule| rule(readings)).collect()
}

/// Maximal runs of intervals for which something holds, ascending.
fn runs(len: usize, holds: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = None;
    for index in 0..len {
        match (holds(index), start) {
            (true, None) => start = Some(index),
            (false, Some(first)) => {
                runs.push(first..index);
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|first| first..len));
    runs
}

/// Severity of so many bad hours.
fn severity(hours: f64) -> Severity {
    if hours >= HIGH_H {
        Severity::High
    } else if hours >= MEDIUM_H {
        Severity::Medium
    } else {
        Severity::Low
    }
}

fn hours(axis: &TimeAxis, intervals: usize) -> f64 {
    intervals as f64 * axis.step_h()
}

/// A Finding over a range of intervals.
fn over(axis: &TimeAxis, range: &Range<usize>, code: &str, severity: Severity) -> Finding {
    Finding::new(code, severity).at(axis.instant(range.start), axis.instant(range.end))
}

/// Channel names as one fact, `import_kwh, import_kvarh`.
fn names(channels: &[Channel]) -> Value {
    channels.iter().map(|channel| channel.name()).collect::<Vec<_>>().join(", ").into()
}

#[cfg(test)]
mod tests;
