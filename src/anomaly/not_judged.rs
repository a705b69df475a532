//! What could not be judged, and what it would take.

use super::Expected;
use super::class::MIN_CLASS_DAYS;
use super::expected::MIN_DAYS;
use crate::finding::{Finding, Severity};
use crate::site::Site;
use crate::time::DayType;

/// `anomaly.not_judged`: one Finding where nothing could be expected at all (`day_type` null), else one
/// for each type of day that has readings and of which no day has an expectation.
pub(super) fn find(site: &Site, load_kw: &[f64], expected: &Expected) -> Vec<Finding> {
    let axis = site.readings().axis();
    let days = site.readings().local().days();
    let some = |values: &[f64], day: usize| {
        values.get(days[day].range.clone()).is_some_and(|values| values.iter().any(|value| !value.is_nan()))
    };
    let finding = |day_type: Option<DayType>, count: usize, needed: usize| {
        Finding::new("anomaly.not_judged", Severity::Info)
            .at(axis.start(), axis.end())
            .with("day_type", serde_json::to_value(day_type).unwrap_or_default())
            .with("days", count)
            .with("days_needed", needed)
    };
    if expected.kw.iter().all(|kw| kw.is_nan()) {
        let count = (0..days.len()).filter(|day| some(load_kw, *day)).count();
        return vec![finding(None, count, MIN_DAYS)];
    }
    DayType::ALL
        .into_iter()
        .filter_map(|day_type| {
            let of_type: Vec<usize> =
                (0..days.len()).filter(|day| site.day_types()[*day] == day_type && some(load_kw, *day)).collect();
            let judged = of_type.iter().any(|day| some(&expected.kw, *day));
            (!of_type.is_empty() && !judged).then(|| finding(Some(day_type), of_type.len(), MIN_CLASS_DAYS))
        })
        .collect()
}
