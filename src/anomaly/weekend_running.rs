//! Load at a weekend that is usually quiet.

use super::deviation::Deviations;
use super::event::Event;
use super::left_on_overnight::in_off_hours;
use crate::time::DayType;

/// `anomaly.weekend_running`: two hours or more above what the weekend expects, mostly in off hours.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    in_off_hours(deviations, Some(DayType::Weekend))
        .map(|stretch| Event::of("anomaly.weekend_running", stretch))
        .collect()
}
