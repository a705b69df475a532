//! Less than expected although the site produces.

use super::deviation::{Deviations, Stretch};
use super::event::Event;
use crate::profile::Activity;
use crate::time::DayType;

/// `anomaly.dip`: every stretch below the expectation on days with production that are no holiday.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    lowered(deviations).map(|stretch| Event::of("anomaly.dip", stretch)).collect()
}

/// Stretches below the expectation while the site produces.
pub(super) fn lowered<'a>(deviations: &'a Deviations<'_>) -> impl Iterator<Item = &'a Stretch> {
    deviations.below.iter().filter(|stretch| {
        let produces = Deviations::mostly(&stretch.flagged, |at| {
            let day = deviations.day_of(at);
            deviations.activity[day] != Activity::NoProduction && !deviations.beside_holiday[day]
        });
        let on_holiday = Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(DayType::Holiday));
        produces && !on_holiday
    })
}
