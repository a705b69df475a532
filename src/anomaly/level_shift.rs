//! A daily level that steps up or down and stays.

use super::deviation::Deviations;
use super::event::Event;
use super::ratio_change::is_ratio;
use crate::finding::Severity;

/// Worked days that a step must last: more than a week and a half, because weeks off that no calendar knows and hot
/// weeks are common (engineering).
const MIN_WORKED_DAYS: usize = 8;

/// `anomaly.level_shift`: worked days use more or less energy than before, from one day to the next, for eight
/// worked days or more, and no ratio of a meter explains it.
///
/// A step is at least a tenth and three robust standard deviations of the single days; holidays, long holidays'
/// run-down and run-up, and days without production are passed over. It ends with the return to the old level.
/// Up is of medium severity, down of low: less energy may be less production. Missing readings count nothing.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    deviations
        .steps
        .iter()
        .filter(|step| !is_ratio(step) && step.worked_days >= MIN_WORKED_DAYS)
        .map(|step| Event {
            severity: Some(if step.ratio > 1.0 { Severity::Medium } else { Severity::Low }),
            ..step.event("anomaly.level_shift", deviations)
        })
        .filter(|event| !event.flagged.is_empty())
        .collect()
}
