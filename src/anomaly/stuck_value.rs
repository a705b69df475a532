//! A meter that repeats its last reading.

use super::deviation::Deviations;
use super::event::{Event, Interval};
use super::flat::FlatRun;

/// A reading within this many spreads of the expectation was a real one before it repeated (engineering).
const PLAUSIBLE_Z: f64 = 3.0;

/// `anomaly.stuck_value`: a run of equal readings, longer than the meter's own, that begins with a plausible one.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .flat
        .iter()
        .filter(|run| !run.is_zero(deviations.typical_kw) && begins_plausibly(deviations, run))
        // The first is the last that was read.
        .filter_map(|run| event(deviations, "anomaly.stuck_value", run, 1))
        .collect()
}

/// Whether what repeats was an ordinary reading at first.
pub(super) fn begins_plausibly(deviations: &Deviations, run: &FlatRun) -> bool {
    deviations.z[run.range.start].abs() <= PLAUSIBLE_Z
}

/// The event of a run without its first `skipped` readings.
pub(super) fn event(deviations: &Deviations, code: &'static str, run: &FlatRun, skipped: usize) -> Option<Event> {
    let flagged: Vec<Interval> =
        run.range.clone().skip(skipped).map(|at| Interval { at, expected_kw: deviations.expected.kw[at] }).collect();
    let hours = run.range.len() as f64 * deviations.step_h();
    let event = Event { is_meter: true, strength: Some(hours / super::flat::LEAST_H), ..Event::new(code, flagged) };
    (!event.flagged.is_empty()).then(|| event.with("value_kw", run.kw))
}
