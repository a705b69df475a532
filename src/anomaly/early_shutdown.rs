//! Work that ends early.

use super::deviation::Deviations;
use super::dip::lowered;
use super::event::Event;
use super::missed_start_up::{stays_off, turns_near};

/// `anomaly.early_shutdown`: the load is at what off hours have before the site usually stops.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    lowered(deviations)
        .filter(|stretch| stays_off(deviations, stretch) && turns_near(deviations, stretch.range.end, false))
        .map(|stretch| Event::of("anomaly.early_shutdown", stretch))
        .collect()
}
