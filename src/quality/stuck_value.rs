//! A meter that repeats one value.

use std::ops::Range;

use super::{hours, over, severity};
use crate::finding::{Finding, Severity};
use crate::readings::{Readings, Series};

/// Fewest equal readings in a row (default of the consecutive-interval check of meter-data systems).
pub const STUCK_INTERVALS: usize = 12;
/// A run is unusual when it is longer than so many times the meter's usual run (engineering).
pub const STUCK_RATIO: usize = 3;
/// Share of the other readings that lie in runs no longer than the usual run.
const USUAL_SHARE: f64 = 0.95;
/// Values this near to each other, relative to the first of the run, are equal.
const EQUAL_RELATIVE: f64 = 1e-6;

/// `quality.stuck_value` where a channel repeats a value other than zero for at least
/// [`STUCK_INTERVALS`] readings *and* more than [`STUCK_RATIO`] times as long as this meter usually
/// does: 95 % of its other readings lie in runs no longer than `usual_intervals`. So a machine on
/// standby behind a meter of coarse resolution is quiet. A meter that has one value only, in at
/// least [`STUCK_INTERVALS`] readings, gives exactly one Finding, of severity info. A missing
/// reading ends a run; zeros are left to [`zero_run`](super::zero_run).
///
/// Severity by length: low, from 24 h medium, from 168 h high. Evidence: `channel`, `value`,
/// `intervals`, `hours`, `usual_intervals` (null where the meter is constant), `constant`.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 96, Zone::named("UTC")?)?;
/// let mut values: Vec<f64> = (0..96).map(|slot| 5.0 + slot as f64).collect();
/// values[40..60].fill(7.25);
/// let found = wattlens::quality::stuck_value(&Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])?);
/// assert_eq!((found.len(), &found[0].evidence["intervals"]), (1, &20.into()));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn stuck_value(readings: &Readings) -> Vec<Finding> {
    readings.all_series().iter().flat_map(|one| of_channel(readings, one)).collect()
}

fn of_channel(readings: &Readings, one: &Series) -> Vec<Finding> {
    let axis = readings.axis();
    let values = one.values();
    let found = |run: &Range<usize>, intervals: usize, severity, usual: Option<usize>| {
        over(axis, run, "quality.stuck_value", severity)
            .with("channel", one.channel().name())
            .with("value", values.get(run.start).copied())
            .with("intervals", intervals)
            .with("hours", hours(axis, intervals))
            .with("usual_intervals", usual)
            .with("constant", usual.is_none())
    };
    if let Some(run) = constant(values) {
        let intervals = values.len() - one.missing();
        let long = intervals >= STUCK_INTERVALS;
        return long.then(|| found(&run, intervals, Severity::Info, None)).into_iter().collect();
    }
    let equal = EqualRuns::of(values);
    let unusual = equal.long.iter().filter_map(|run| {
        let usual = equal.usual_beside(run.len())?;
        Some(found(run, run.len(), severity(hours(axis, run.len())), Some(usual)))
    });
    unusual.collect()
}

/// From the first value to the last, where all that are there are equal and not zero.
fn constant(values: &[f64]) -> Option<Range<usize>> {
    let first = values.iter().position(|value| !value.is_nan())?;
    let held = values.get(first).copied().filter(|value| *value != 0.0)?;
    let last = values.iter().rposition(|value| !value.is_nan())?;
    values.iter().all(|value| value.is_nan() || is_equal(held, *value)).then_some(first..last + 1)
}

/// The maximal runs of equal values that are neither missing nor zero; runs of one included.
#[derive(Default)]
struct EqualRuns {
    /// How many readings lie in runs of each length.
    readings_by_length: Vec<usize>,
    /// Readings in all runs.
    readings: usize,
    /// Runs of at least [`STUCK_INTERVALS`].
    long: Vec<Range<usize>>,
}

impl EqualRuns {
    fn of(values: &[f64]) -> Self {
        let mut runs = Self::default();
        let (mut start, mut held) = (0, f64::NAN);
        for (index, value) in values.iter().enumerate() {
            if !is_equal(held, *value) {
                runs.add(start..index, held);
                (start, held) = (index, *value);
            }
        }
        runs.add(start..values.len(), held);
        runs
    }

    fn add(&mut self, run: Range<usize>, held: f64) {
        let length = run.len();
        if held == 0.0 || held.is_nan() {
            return;
        }
        if self.readings_by_length.len() <= length {
            self.readings_by_length.resize(length + 1, 0);
        }
        if let Some(count) = self.readings_by_length.get_mut(length) {
            *count += length;
        }
        self.readings += length;
        if length >= STUCK_INTERVALS {
            self.long.push(run);
        }
    }

    /// The run length that 95 % of the readings do not exceed, one run of this length left out, so
    /// that a long fault is not taken for the meter's habit. `None` where that is not short beside
    /// this length, or nothing is left to compare.
    fn usual_beside(&self, length: usize) -> Option<usize> {
        let others = self.readings.checked_sub(length).filter(|others| *others > 0)?;
        let needed = USUAL_SHARE * others as f64;
        let mut below = 0;
        // No length looked at reaches `length` itself, so the run left out is never counted.
        let short = self.readings_by_length.iter().take(length.div_ceil(STUCK_RATIO));
        for (usual, count) in short.enumerate() {
            below += count;
            if below as f64 >= needed {
                return Some(usual);
            }
        }
        None
    }
}

/// NaN equals nothing.
fn is_equal(held: f64, value: f64) -> bool {
    (held - value).abs() <= EQUAL_RELATIVE * held.abs()
}
