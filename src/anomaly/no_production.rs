//! Worked days on which nothing was produced.

use super::deviation::Deviations;
use super::event::{Event, Interval};
use super::outage::OUTAGE_SHARE;
use crate::finding::Severity;
use crate::profile::Activity;
use crate::site::Site;

/// From this many days on it is worth a look whether somebody knows (engineering).
const LOW_DAYS: usize = 3;
/// A day that rises and falls by this share of what is expected of it did not stand still (engineering).
const FOLLOWS_SHARE: f64 = 0.5;
/// Quantile of a day's load that stands for its lowest (engineering).
const LOW_QUANTILE: f64 = 0.10;

/// `anomaly.no_production`: days that the calendar calls worked and that hardly rise above the base.
///
/// Days in a row, with or without days off in between, are one event; days beside a long holiday belong
/// to it, and a day without even its base is an outage. No fault: less energy, so no money.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let days = deviations.site.readings().local().days();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut joins = false;
    for (at, (activity, day_type)) in deviations.activity.iter().zip(deviations.site.day_types()).enumerate() {
        let quiet = *activity == Activity::NoProduction;
        if day_type.is_worked()
            && quiet
            && !deviations.beside_holiday[at]
            && has_base(deviations.site, deviations.load_kw, at, deviations.base_kw)
        {
            match groups.last_mut() {
                Some(group) if joins => group.push(at),
                _ => groups.push(vec![at]),
            }
            joins = true;
        } else if day_type.is_worked() || !quiet {
            joins = false;
        }
    }
    groups
        .into_iter()
        .filter_map(|group| {
            let flagged: Vec<Interval> = group
                .iter()
                .flat_map(|day| days[*day].range.clone())
                .filter(|at| !deviations.load_kw[*at].is_nan())
                .map(|at| Interval { at, expected_kw: deviations.expected.kw[at] })
                .collect();
            let dates: Vec<String> = group.iter().map(|day| days[*day].date.to_string()).collect();
            let severity = if dates.len() >= LOW_DAYS { Severity::Low } else { Severity::Info };
            (!flagged.is_empty()).then(|| Event {
                severity: Some(severity),
                ..Event::new("anomaly.no_production", flagged).with("days", dates.len()).with("dates", dates)
            })
        })
        .collect()
}

/// Whether a day rises and falls as it is expected to, so that its whole load is smaller and no production is missing:
/// where a high base is counted by two thirds, hardly anything is left above it.
pub(super) fn follows_expected(load_kw: &[f64], expected_kw: &[f64]) -> bool {
    let there = || load_kw.iter().zip(expected_kw).filter(|(load, expected)| !load.is_nan() && !expected.is_nan());
    let count = there().count() as f64;
    let (load_sum, expected_sum) = there().fold((0.0, 0.0), |(a, b), (load, expected)| (a + load, b + expected));
    let (load_mean, expected_mean) = (load_sum / count, expected_sum / count);
    let (mut together, mut square) = (0.0, 0.0);
    for (load, expected) in there() {
        together += (load - load_mean) * (expected - expected_mean);
        square += (expected - expected_mean).powi(2);
    }
    // A day that nothing is expected to change in follows nothing, and neither does an empty one.
    square > 0.0 && together >= FOLLOWS_SHARE * square
}

/// Whether what always runs was running through nine tenths of the day: where nights are lower too, it is not
/// production that is missing.
pub(super) fn has_base(site: &Site, load_kw: &[f64], day: usize, base_kw: f64) -> bool {
    let range = site.readings().local().days()[day].range.clone();
    let mut present: Vec<f64> = load_kw[range].iter().copied().filter(|kw| !kw.is_nan()).collect();
    let Some(last) = present.len().checked_sub(1) else { return false };
    let rank = (last as f64 * LOW_QUANTILE) as usize;
    *present.select_nth_unstable_by(rank, f64::total_cmp).1 >= OUTAGE_SHARE * base_kw
}
