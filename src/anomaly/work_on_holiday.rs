//! Work on a day that the calendar calls a holiday.

use super::deviation::Deviations;
use super::event::{Event, Interval};
use super::left_on_overnight::is_in_off_hours;
use crate::time::DayType;

/// A night shift that began on a worked day may reach this far into the holiday, and one that leads to
/// a worked day may begin this long before its midnight \[h\] (engineering: one shift).
const SHIFT_H: f64 = 8.0;

/// `anomaly.work_on_holiday`: stretches of two hours or more above what holidays expect.
///
/// Weekends are never meant: where they are usually off, load on them is unusual hours. A shift that
/// reaches over from the worked day before, or into the one after, belongs to that day.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let days = deviations.site.readings().local().days();
    let is_worked = |day: Option<usize>| {
        day.and_then(|day| deviations.site.day_types().get(day)).is_some_and(|day_type| day_type.is_worked())
    };
    let belongs_to_neighbour = |one: &Interval| {
        let day = deviations.day_of(one.at);
        let at = deviations.site.readings().axis().instant(one.at);
        let near = |seconds: i64| seconds as f64 <= SHIFT_H * 3600.0;
        (is_worked(day.checked_sub(1)) && near(at - days[day].start))
            || (is_worked(day.checked_add(1)) && near(days[day].end - at))
    };
    deviations
        .above
        .iter()
        .filter(|stretch| is_in_off_hours(deviations, stretch))
        .filter(|stretch| Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(DayType::Holiday)))
        .filter_map(|stretch| {
            let work = stretch.flagged.iter().filter(|one| !belongs_to_neighbour(one)).count();
            (work > 0).then(|| {
                let first = days[deviations.day_of(stretch.range.start)].date;
                let name = deviations.site.calendar().holidays.get(&first).cloned();
                Event::of("anomaly.work_on_holiday", stretch).with("holiday", name).with("date", first.to_string())
            })
        })
        .collect()
}
