//! Load that goes on in hours in which the site is usually off: left on at night, at the weekend.

use super::deviation::{Deviations, Stretch};
use super::event::Event;
use crate::time::DayType;

/// Shortest stretch that is something left on and not a spike \[h\] (engineering).
const MIN_HOURS: f64 = 2.0;

/// Whether the stretch lies mostly in off hours and lasts.
pub(super) fn is_unusual_hours(deviations: &Deviations, stretch: &Stretch) -> bool {
    stretch.flagged.len() as f64 * deviations.step_h() >= MIN_HOURS
        && Deviations::mostly(&stretch.flagged, |at| deviations.is_off_hours(at))
}

/// `anomaly.unusual_hours`: two hours or more above the expectation, mostly in off hours and not on a
/// holiday, which has its own name.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .above
        .iter()
        .filter(|stretch| {
            is_unusual_hours(deviations, stretch)
                && !Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(DayType::Holiday))
        })
        .map(|stretch| {
            let weekend = Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(DayType::Weekend));
            Event::of("anomaly.unusual_hours", stretch).with("on_weekend", weekend)
        })
        .collect()
}
