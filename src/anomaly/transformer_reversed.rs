//! A current transformer that is connected the wrong way round.

use super::deviation::Deviations;
use super::event::Event;
use super::ratio_change::{kinds, ratio_event};

/// What is left of a balanced load when one of three phases counts backwards: (1 + 1 − 1) / 3.
pub(super) const RATIO: f64 = 1.0 / 3.0;

/// `anomaly.transformer_reversed`: a step of the whole day to one third, as when one current transformer was turned
/// round. Two phases lost look the same, and the phases must carry about the same load.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let is_it = |ratio: &f64| *ratio == RATIO;
    let found = deviations.steps.iter().filter(|step| kinds(step).first().is_some_and(is_it));
    found.filter_map(|step| ratio_event("anomaly.transformer_reversed", step, deviations)).collect()
}
