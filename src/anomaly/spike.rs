//! More than expected in hours in which the site is in use.

use super::deviation::Deviations;
use super::event::Event;
use super::unusual_hours::is_unusual_hours;
use crate::time::DayType;

/// `anomaly.spike`: every stretch above the expectation that neither lies in off hours nor on holidays.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .above
        .iter()
        .filter(|stretch| {
            let on_holiday =
                Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(DayType::Holiday));
            !on_holiday && !is_unusual_hours(deviations, stretch) && deviations.is_worth_telling(&stretch.flagged)
        })
        .map(|stretch| Event::of("anomaly.spike", stretch))
        .collect()
}
