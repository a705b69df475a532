//! A demand that the months before never had, which may be billed.

use super::deviation::Deviations;
use super::event::{Event, Interval};
use crate::finding::Severity;

/// Months with readings before the first that can have a new maximum (engineering: one knows nothing yet).
const MIN_MONTHS: usize = 3;
/// A month counts with at least this share of its readings.
const MIN_PRESENT: f64 = 0.8;
/// Least rise over the highest before, as a share (engineering: within it the season moves it).
const LEAST_RISE: f64 = 0.10;
/// A demand is measured over at most this long; longer intervals hide it \[h\].
const LONGEST_STEP_H: f64 = 1.0;

/// `anomaly.new_maximum_demand`: the highest interval of a month where it passes the highest of all months before by 10 % and
/// deviates from what was expected then by the limit of short means, so that neither a season nor a noisy
/// quarter of an hour is one; at most one a month, after three months. Severity low: it names what it
/// may cost in demand, not energy. Readings longer than an hour tell no demand.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let load = deviations.load_kw;
    if deviations.step_h() > LONGEST_STEP_H {
        return Vec::new();
    }
    let mut before: Vec<f64> = Vec::new();
    let mut events = Vec::new();
    for month in deviations.site.readings().local().months() {
        let of_month = &load[month.range.clone()];
        let present = of_month.iter().filter(|kw| !kw.is_nan()).count();
        let highest_kw = of_month.iter().fold(f64::NEG_INFINITY, |high, kw| if *kw > high { *kw } else { high });
        let Some(highest) = of_month.iter().position(|kw| *kw == highest_kw) else { continue };
        let highest = month.range.start + highest;
        let former = before.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if before.len() >= MIN_MONTHS
            && load[highest] > (1.0 + LEAST_RISE) * former
            && deviations.z[highest] > deviations.settings.short_z
        {
            let flagged = vec![Interval { at: highest, expected_kw: deviations.expected.kw[highest] }];
            let event = Event::new("anomaly.new_maximum_demand", flagged)
                .with("former_kw", former)
                .with("rise_share", load[highest] / former - 1.0);
            let strength = Some((load[highest] / former - 1.0) / LEAST_RISE);
            events.push(Event { severity: Some(Severity::Low), is_meter: true, strength, ..event });
        }
        if present as f64 >= MIN_PRESENT * month.range.len() as f64 {
            before.push(load[highest]);
        }
    }
    events
}
