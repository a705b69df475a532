//! Less than expected although the site produces, down to an outage.

use super::deviation::Deviations;
use super::event::Event;
use crate::profile::Activity;
use crate::time::DayType;

/// Below this share of the base not even what always runs is running (engineering).
pub(super) const OUTAGE_SHARE: f64 = 0.5;

/// `anomaly.drop`: every stretch below the expectation on days with production that are no holiday,
/// and on any day where even the base is gone (`outage` is then true).
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .below
        .iter()
        .filter_map(|stretch| {
            let outage =
                Deviations::mostly(&stretch.flagged, |at| deviations.load_kw[at] < OUTAGE_SHARE * deviations.base_kw);
            let produces = Deviations::mostly(&stretch.flagged, |at| {
                let day = deviations.day_of(at);
                deviations.activity[day] != Activity::NoProduction && !deviations.beside_holiday[day]
            });
            let on_holiday =
                Deviations::mostly(&stretch.flagged, |at| deviations.day_type(at) == Some(DayType::Holiday));
            (outage || (produces && !on_holiday)).then(|| Event::of("anomaly.drop", stretch).with("outage", outage))
        })
        .collect()
}
