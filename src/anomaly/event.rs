//! From a named deviation to a Finding, and from many to the one that explains best.

use serde_json::{Map, Value};

use super::deviation::{Deviations, Stretch};
use crate::finding::{Finding, Severity};
use crate::time::instant_text;

/// An excess or lack of this many usual days' energy is of high, and of [`MEDIUM_DAYS`] of medium
/// severity (engineering).
const HIGH_DAYS: f64 = 1.0;
/// See [`HIGH_DAYS`].
const MEDIUM_DAYS: f64 = 0.25;
/// A deviation as large as the usual load is of medium severity however short it is (engineering).
const MEDIUM_SIZE: f64 = 1.0;

/// A flagged interval and what was expected of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    /// Index of the interval; its load is there.
    pub at: usize,
    /// What was expected \[kW\]; may be NaN.
    pub expected_kw: f64,
}

/// A deviation with a name.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Code of the Finding.
    pub code: &'static str,
    /// Ascending, never empty.
    pub flagged: Vec<Interval>,
    /// Severity where the detector knows better than the rule.
    pub severity: Option<Severity>,
    /// Whether it uses more or less energy; a clock that is off does neither.
    pub has_energy: bool,
    /// Facts beside those that every event has.
    pub evidence: Map<String, Value>,
}

impl Event {
    /// An event of a whole stretch.
    pub(super) fn of(code: &'static str, stretch: &Stretch) -> Self {
        Self::new(code, stretch.flagged.clone())
    }

    /// An event of these intervals.
    pub(super) fn new(code: &'static str, flagged: Vec<Interval>) -> Self {
        Self { code, flagged, severity: None, has_energy: true, evidence: Map::new() }
    }

    /// The same with one more fact.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(key.to_owned(), value.into());
        self
    }

    /// The Finding.
    ///
    /// Severity: high from one usual worked day's energy, medium from a quarter of it or where the mean
    /// deviation is as large as the usual load, low otherwise.
    fn finding(self, deviations: &Deviations) -> Option<Finding> {
        let axis = deviations.site.readings().axis();
        let step_h = axis.step_h();
        let (first, last) = (self.flagged.first()?.at, self.flagged.last()?.at);
        let count = self.flagged.len() as f64;
        let observed_kw = self.flagged.iter().map(|one| deviations.load_kw[one.at]).sum::<f64>() / count;
        let expected_kw = self.flagged.iter().map(|one| one.expected_kw).sum::<f64>() / count;
        let kwh = (observed_kw - expected_kw) * count * step_h;
        let extreme = self.flagged.iter().max_by(|a, b| {
            let away = |one: &Interval| (deviations.load_kw[one.at] - one.expected_kw).abs();
            away(a).total_cmp(&away(b))
        })?;
        let peak_z = self
            .flagged
            .iter()
            .map(|one| deviations.z[one.at])
            .fold(0.0, |peak: f64, z| if z.abs() > peak.abs() { z } else { peak });
        if !self.has_energy {
            let mut finding = Finding::new(self.code, self.severity.unwrap_or(Severity::Medium))
                .at(axis.instant(first), axis.instant(last + 1))
                .with("hours", count * step_h);
            finding.evidence.extend(self.evidence);
            return Some(finding);
        }
        let days = kwh.abs() / deviations.typical_day_kwh();
        let severity = self.severity.unwrap_or(if days >= HIGH_DAYS {
            Severity::High
        } else if days >= MEDIUM_DAYS || (observed_kw - expected_kw).abs() >= MEDIUM_SIZE * deviations.typical_kw {
            Severity::Medium
        } else {
            Severity::Low
        });
        let mut finding = Finding::new(self.code, severity)
            .at(axis.instant(first), axis.instant(last + 1))
            .with("hours", count * step_h)
            .with("observed_kw", observed_kw)
            .with("expected_kw", expected_kw)
            .with("extreme_kw", deviations.load_kw[extreme.at])
            .with("extreme_at", instant_text(axis.instant(extreme.at)))
            .with("peak_z", peak_z)
            .with("usual_days", days)
            .kwh(kwh);
        finding.evidence.extend(self.evidence);
        if kwh > 0.0 {
            finding.excess_kwh = self
                .flagged
                .iter()
                .map(|one| (axis.instant(one.at), (deviations.load_kw[one.at] - one.expected_kw) * step_h))
                .filter(|(_, kwh)| *kwh > 0.0)
                .collect();
        }
        Some(finding)
    }
}

/// Findings of `events`, strongest explanation first in the list, latest last in the answer.
///
/// An interval belongs to the first event that claims it. An event that loses half of its intervals is
/// explained; one that loses fewer keeps the rest if that is still worth telling.
pub(super) fn resolve(events: Vec<Event>, deviations: &Deviations) -> Vec<Finding> {
    let mut claimed = vec![false; deviations.load_kw.len()];
    let mut findings = Vec::new();
    for mut event in events {
        let all = event.flagged.len();
        event.flagged.retain(|one| !claimed[one.at]);
        let left = event.flagged.len();
        if 2 * left <= all || (left < all && event.has_energy && !deviations.is_worth_telling(&event.flagged)) {
            continue;
        }
        for one in &event.flagged {
            claimed[one.at] = true;
        }
        findings.extend(event.finding(deviations));
    }
    findings.sort_by(|a, b| (a.span, &a.code).cmp(&(b.span, &b.code)));
    findings
}
