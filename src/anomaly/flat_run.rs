//! A value that does not move and was never the load's: a placeholder, a substitute, a block written by a machine.

use super::deviation::Deviations;
use super::event::Event;
use super::stuck_value::{begins_plausibly, event};

/// `anomaly.flat_run`: a run of equal readings other than zero, longer than the meter's own, that begins with a value
/// unlike the expectation.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .flat
        .iter()
        .filter(|run| !run.is_zero(deviations.typical_kw) && !begins_plausibly(deviations, run))
        .filter_map(|run| event(deviations, "anomaly.flat_run", run, 0))
        .collect()
}
