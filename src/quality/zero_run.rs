//! A meter that shows nothing for a while.

use super::empty::is_all_zero;
use super::{hours, over, runs, severity};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Readings};

/// Shortest run of zeros that counts \[h\] (default of the inactive-meter check of meter-data systems).
pub const ZERO_RUN_H: f64 = 24.0;
/// More runs than these are the meter's habit: a machine that stands at weekends (engineering).
pub const HABIT_RUNS: usize = 12;

/// `quality.zero_run` where import energy is exactly zero for at least [`ZERO_RUN_H`] hours while it
/// is not zero all along. Each run has its Finding, medium, from 168 h high; more than
/// [`HABIT_RUNS`] runs are one Finding of severity info over all of them. A missing reading ends a
/// run.
///
/// Evidence: `channel`, `runs`, `intervals`, `hours`, `share` of the axis, `longest_intervals`.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 3600, 72, Zone::named("UTC")?)?;
/// let mut values = vec![5.0; 72];
/// values[20..50].fill(0.0);
/// let found = wattlens::quality::zero_run(&Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])?);
/// assert_eq!((found.len(), &found[0].evidence["hours"]), (1, &30.0.into()));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn zero_run(readings: &Readings) -> Vec<Finding> {
    let axis = readings.axis();
    let Some(one) = readings.series(Channel::IMPORT_KWH).filter(|one| !is_all_zero(one)) else { return Vec::new() };
    let mut zeros = runs(axis.len(), |index| one.values().get(index) == Some(&0.0));
    zeros.retain(|run| hours(axis, run.len()) >= ZERO_RUN_H);

    let finding = |zeros: &[std::ops::Range<usize>], severity| {
        let (first, last) = (zeros.first()?, zeros.last()?);
        let intervals: usize = zeros.iter().map(ExactSizeIterator::len).sum();
        Some(
            over(axis, &(first.start..last.end), "quality.zero_run", severity)
                .with("channel", one.channel().name())
                .with("runs", zeros.len())
                .with("intervals", intervals)
                .with("hours", hours(axis, intervals))
                .with("share", intervals as f64 / axis.len() as f64)
                .with("longest_intervals", zeros.iter().map(ExactSizeIterator::len).max()),
        )
    };
    if zeros.len() > HABIT_RUNS {
        return finding(&zeros, Severity::Info).into_iter().collect();
    }
    zeros
        .chunks(1)
        .filter_map(|run| finding(run, severity(hours(axis, run.first().map_or(0, ExactSizeIterator::len)))))
        .collect()
}
