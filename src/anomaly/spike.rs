//! More than expected in hours in which the site is in use.

use super::deviation::{Deviations, Stretch};
use super::event::{Event, Interval};
use super::left_on_overnight::is_in_off_hours;
use crate::time::DayType;

/// Work this near to a stretch may have moved into it \[h\] (engineering).
const BESIDE_H: f64 = 2.0;

/// `anomaly.spike`: every stretch above the expectation that neither lies in off hours nor on holidays.
///
/// A short stretch in off hours beside work, such as work through a break or a shift that ends late, is a spike only if
/// it lifts the load above what the usual day has on average.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .above
        .iter()
        .filter(|stretch| {
            let on_holiday =
                Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(DayType::Holiday));
            !on_holiday
                && !is_in_off_hours(deviations, stretch)
                && (reaches_usual_load(deviations, &stretch.flagged) || is_far_from_work(deviations, stretch))
        })
        .map(|stretch| Event::of("anomaly.spike", stretch))
        .collect()
}

fn reaches_usual_load(deviations: &Deviations, flagged: &[Interval]) -> bool {
    let kw: f64 = flagged.iter().map(|one| deviations.load_kw[one.at]).sum();
    kw / flagged.len().max(1) as f64 > deviations.typical_kw
}

/// Whether off hours are expected on both sides, so that it is no break and no edge of a shift.
fn is_far_from_work(deviations: &Deviations, stretch: &Stretch) -> bool {
    let beside = (BESIDE_H / deviations.step_h()).ceil() as usize;
    let range = stretch.range.start.saturating_sub(beside)..stretch.range.end + beside;
    range.end <= deviations.load_kw.len() && range.clone().all(|at| deviations.is_off_hours(at))
}
