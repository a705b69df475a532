//! A meter that counts two phases of three.

use super::deviation::Deviations;
use super::event::Event;
use super::ratio_change::{kinds, ratio_event};

/// What is left of a balanced load when one of three phases is not counted.
pub(super) const RATIO: f64 = 2.0 / 3.0;

/// `anomaly.phase_lost`: a step of the whole day to two thirds, as when a voltage or a current of one
/// phase no longer reaches the meter. The phases must carry about the same load, which energy alone does not show.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let is_it = |ratio: &f64| *ratio == RATIO;
    let found = deviations.steps.iter().filter(|step| kinds(step).first().is_some_and(is_it));
    found.filter_map(|step| ratio_event("anomaly.phase_lost", step, deviations)).collect()
}
