//! Supply lost: nothing runs, not even what always does.

use super::deviation::Deviations;
use super::event::{Event, Interval};

/// Below this share of the base not even what always runs is running (engineering).
pub(super) const OUTAGE_SHARE: f64 = 0.5;
/// Least energy missed in a run of zeros, as a share of the median worked day's (engineering; a run of zeros on a
/// meter that never shows them says enough of itself).
const MIN_ENERGY_SHARE: f64 = 0.002;

/// `anomaly.outage` of a meter that shows zeros in a row and never shows as many otherwise.
pub(super) fn of_zeros(deviations: &Deviations) -> Vec<Event> {
    deviations
        .flat
        .iter()
        .filter(|run| run.is_zero(deviations.typical_kw))
        .filter_map(|run| {
            let flagged: Vec<Interval> = run
                .range
                .clone()
                .map(|at| Interval { at, expected_kw: deviations.expected.kw[at] })
                .filter(|one| !one.expected_kw.is_nan())
                .collect();
            let kwh = flagged.iter().map(|one| one.expected_kw).sum::<f64>() * deviations.step_h();
            let worth = kwh / (MIN_ENERGY_SHARE * deviations.typical_day_kwh());
            (worth >= 1.0).then(|| {
                let event = Event::new("anomaly.outage", flagged).with("zeros", true);
                Event { is_meter: true, strength: Some(worth), ..event }
            })
        })
        .collect()
}

/// `anomaly.outage` of a site: stretches below the expectation in which mostly less than half of the base runs.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .below
        .iter()
        .filter(|stretch| {
            Deviations::mostly(&stretch.flagged, |at| deviations.load_kw[at] < OUTAGE_SHARE * deviations.base_kw)
        })
        .map(|stretch| Event::of("anomaly.outage", stretch).with("zeros", false))
        .collect()
}
