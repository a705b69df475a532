//! Short gaps: the straight line between the values beside them.

use super::gaps::{Gaps, Reason};
use super::settings::{Method, Settings};
use crate::time::TimeAxis;

/// Fills gaps of at most [`Settings::linear_up_to_s`] whose neighbours on both sides were measured.
///
/// A neighbour beside an outage was not supplied all along, and a line from it would be too low: unless the
/// settings allow it, an end is refused that is zero in `load` or follows a zero there. Between two zeros
/// the line is zero, and right.
pub(super) fn fill(gaps: &mut Gaps, load: &[f64], axis: &TimeAxis, settings: &Settings) {
    let zero = |index: Option<usize>| index.and_then(|index| load.get(index)) == Some(&0.0);
    for run in gaps.runs() {
        let (before, after) = (run.start.checked_sub(1), run.end);
        if run.len() as i64 * axis.step_s() > settings.linear_up_to_s {
            gaps.cannot(run, Reason::TooLong);
            continue;
        }
        let ends = before.and_then(|index| gaps.measured(index)).zip(gaps.measured(after));
        let Some((first, last)) = ends else {
            gaps.cannot(run, Reason::NoEnds);
            continue;
        };
        let both_zero = zero(before) && zero(Some(after));
        let outage_before = zero(before) || zero(before.and_then(|index| index.checked_sub(1)));
        let beside_outage = outage_before || zero(Some(after)) || zero(Some(after + 1));
        if beside_outage && !both_zero && !settings.linear_beside_outage {
            gaps.cannot(run, Reason::BesideOutage);
            continue;
        }
        let steps = (run.len() + 1) as f64;
        for (step, index) in run.enumerate() {
            gaps.fill(index, first + (last - first) * (step + 1) as f64 / steps, Method::Linear);
        }
    }
}
