//! Work that begins late.

use super::deviation::{Deviations, Stretch};
use super::dip::lowered;
use super::event::Event;

/// The stretch begins this near to the usual start or stop \[h\] (engineering).
const NEAR_H: f64 = 1.5;
/// Shortest delay that is one \[h\] (engineering: shorter ones are a slow morning).
const LEAST_H: f64 = 1.0;

/// `anomaly.missed_start_up`: the load stays at what off hours have when the site usually starts.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    lowered(deviations)
        .filter(|stretch| stays_off(deviations, stretch) && turns_near(deviations, stretch.range.start, true))
        .map(|stretch| Event::of("anomaly.missed_start_up", stretch))
        .collect()
}

/// Whether a stretch in working hours shows mostly what off hours have.
pub(super) fn stays_off(deviations: &Deviations, stretch: &Stretch) -> bool {
    deviations.has_off_hours()
        && stretch.range.len() as f64 * deviations.step_h() >= LEAST_H
        && Deviations::mostly(&stretch.flagged, |at| deviations.is_off_load(at))
}

/// Whether the expectation changes over between off hours and work near an interval.
pub(super) fn turns_near(deviations: &Deviations, at: usize, to_work: bool) -> bool {
    let near = (NEAR_H / deviations.step_h()).ceil() as usize;
    let last = deviations.load_kw.len().saturating_sub(1);
    (at.saturating_sub(near)..(at + near).min(last))
        .any(|at| deviations.is_off_hours(at) == to_work && deviations.is_off_hours(at + 1) != to_work)
}
