//! What could not be judged, and what it would take.

use super::Expected;
use super::class::MIN_CLASS_DAYS;
use super::expected::MIN_DAYS;
use crate::finding::{Finding, Severity};
use crate::site::Site;
use crate::time::DayType;

/// Fewest days in which a slow change can be told from the weeks before it (engineering: two weeks before and after).
const SLOW_DAYS: usize = 28;
/// From this share of missing readings on it is said that they are not judged (engineering).
const MISSING_SHARE: f64 = 0.10;
/// Readings equal within this share of the highest do not move.
const EQUAL_SHARE: f64 = 1e-6;

/// `anomaly.not_judged`, each with what it would take: one where nothing could be expected at all (`day_type` null), else one
/// for each type of day that has readings and of which no day has an expectation; and one each where nothing is ever used
/// (`unused`), the load never moves (`constant`), many readings are missing (`missing`, with their `share`) and the
/// time is too short for slow changes (`short`).
pub(super) fn find(site: &Site, load_kw: &[f64], expected: &Expected) -> Vec<Finding> {
    let axis = site.readings().axis();
    let days = site.readings().local().days();
    let some = |values: &[f64], day: usize| {
        values.get(days[day].range.clone()).is_some_and(|values| values.iter().any(|value| !value.is_nan()))
    };
    let not_judged = || Finding::new("anomaly.not_judged", Severity::Info).at(axis.start(), axis.end());
    let finding = |day_type: Option<DayType>, count: usize, needed: usize| {
        not_judged()
            .with("day_type", serde_json::to_value(day_type).unwrap_or_default())
            .with("days", count)
            .with("days_needed", needed)
    };
    let read = (0..days.len()).filter(|day| some(load_kw, *day)).count();
    if expected.kw.iter().all(|kw| kw.is_nan()) {
        return vec![finding(None, read, MIN_DAYS)];
    }
    let mut findings: Vec<Finding> = DayType::ALL
        .into_iter()
        .filter_map(|day_type| {
            let of_type: Vec<usize> =
                (0..days.len()).filter(|day| site.day_types()[*day] == day_type && some(load_kw, *day)).collect();
            let judged = of_type.iter().any(|day| some(&expected.kw, *day));
            (!of_type.is_empty() && !judged).then(|| finding(Some(day_type), of_type.len(), MIN_CLASS_DAYS))
        })
        .collect();
    let (mut low, mut high, mut present) = (f64::INFINITY, f64::NEG_INFINITY, 0usize);
    for &kw in load_kw {
        // Without a branch: a NaN is neither lower nor higher.
        low = if kw < low { kw } else { low };
        high = if kw > high { kw } else { high };
        present += usize::from(!kw.is_nan());
    }
    let missing = 1.0 - present as f64 / load_kw.len().max(1) as f64;
    if low == 0.0 && high == 0.0 {
        findings.push(not_judged().with("unused", true));
    } else if high - low <= EQUAL_SHARE * high.abs() {
        findings.push(not_judged().with("constant", true).with("value_kw", high));
    }
    if missing >= MISSING_SHARE {
        findings.push(not_judged().with("missing", true).with("share", missing));
    }
    if read < SLOW_DAYS {
        findings.push(not_judged().with("short", true).with("days", read).with("days_needed", SLOW_DAYS));
    }
    findings
}
