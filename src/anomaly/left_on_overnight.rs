//! Load that goes on in the nights of worked days, when the site is usually off.

use super::deviation::{Deviations, Stretch};
use super::event::Event;
use crate::time::DayType;

/// Shortest stretch that is something left on and not a spike \[h\] (engineering).
const MIN_HOURS: f64 = 2.0;

/// A stretch that begins on a worked day and is no longer than a night belongs to that day \[h\] (engineering).
const NIGHT_H: f64 = 14.0;

/// Whether the stretch lies mostly in off hours and lasts.
pub(super) fn is_in_off_hours(deviations: &Deviations, stretch: &Stretch) -> bool {
    stretch.flagged.len() as f64 * deviations.step_h() >= MIN_HOURS
        && Deviations::mostly(&stretch.flagged, |at| deviations.is_off_hours(at))
}

/// Stretches above the expectation in off hours, mostly on this type of day or on no day off.
pub(super) fn in_off_hours<'a>(
    deviations: &'a Deviations<'_>,
    on: Option<DayType>,
) -> impl Iterator<Item = &'a Stretch> {
    let mostly =
        |stretch: &Stretch, of: DayType| Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(of));
    deviations.above.iter().filter(move |stretch| {
        let day_off = [DayType::Holiday, DayType::Weekend].into_iter().find(|of| mostly(stretch, *of));
        let from_work = deviations.day_type(stretch.range.start).is_some_and(DayType::is_worked)
            && stretch.range.len() as f64 * deviations.step_h() <= NIGHT_H;
        let day_off = day_off.filter(|of| *of == DayType::Holiday || !from_work);
        day_off == on && is_in_off_hours(deviations, stretch)
    })
}

/// `anomaly.left_on_overnight`: two hours or more above the expectation, mostly in off hours and not on days off,
/// which have their own names.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    in_off_hours(deviations, None).map(|stretch| Event::of("anomaly.left_on_overnight", stretch)).collect()
}
