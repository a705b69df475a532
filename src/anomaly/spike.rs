//! More than expected in hours in which the site is in use.

use super::deviation::Deviations;
use super::event::{Event, Interval};
use super::left_on_overnight::is_in_off_hours;
use crate::time::DayType;

/// `anomaly.spike`: every stretch above the expectation that neither lies in off hours nor on holidays.
///
/// A short stretch in off hours, such as work through a break, is a spike only if it lifts the load
/// above what the usual day has on average.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .above
        .iter()
        .filter(|stretch| {
            let on_holiday =
                Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(DayType::Holiday));
            !on_holiday && !is_in_off_hours(deviations, stretch) && reaches_usual_load(deviations, &stretch.flagged)
        })
        .map(|stretch| Event::of("anomaly.spike", stretch))
        .collect()
}

fn reaches_usual_load(deviations: &Deviations, flagged: &[Interval]) -> bool {
    let kw: f64 = flagged.iter().map(|one| deviations.load_kw[one.at]).sum();
    kw / flagged.len().max(1) as f64 > deviations.typical_kw
}
