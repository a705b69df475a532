//! From a named deviation to a Finding, and from many to the one that explains best.

use serde_json::{Map, Value};

use super::deviation::{Deviations, Stretch};
use crate::finding::{Finding, Severity};
use crate::time::instant_text;

/// An excess or lack of this many usual days' energy is of critical, of [`HIGH_DAYS`] of high, and of [`MEDIUM_DAYS`]
/// of medium severity (engineering).
const CRITICAL_DAYS: f64 = 7.0;
/// See [`CRITICAL_DAYS`].
const HIGH_DAYS: f64 = 1.0;
/// See [`CRITICAL_DAYS`].
const MEDIUM_DAYS: f64 = 0.25;
/// A deviation as large as the usual load is of medium severity however short it is (engineering).
const MEDIUM_SIZE: f64 = 1.0;
/// Confidence of an event that just passes its limits, and of one that is beyond all doubt (engineering).
const CONFIDENCE: std::ops::RangeInclusive<f64> = 0.5..=0.99;
/// Days in a month, over four years.
const MONTH_DAYS: f64 = 365.25 / 12.0;

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
    /// Whether it is a fault of the meter or of its data, which needs no least energy.
    pub is_meter: bool,
    /// Whether any other name for some of its intervals explains all of it.
    pub whole: bool,
    /// First interval that it is about, where that is before the first flagged one.
    pub starts: Option<usize>,
    /// How many times the limits of its detector it passes; `None` is as often as the floors of size and energy.
    pub strength: Option<f64>,
    /// Facts beside those that every event has.
    pub evidence: Map<String, Value>,
}

impl Event {
    /// An event of a whole stretch.
    pub(super) fn of(code: &'static str, stretch: &Stretch) -> Self {
        Self { strength: Some(stretch.passed), ..Self::new(code, stretch.flagged.clone()) }
    }

    /// An event of these intervals.
    pub(super) fn new(code: &'static str, flagged: Vec<Interval>) -> Self {
        Self {
            code,
            flagged,
            severity: None,
            has_energy: true,
            is_meter: false,
            whole: false,
            starts: None,
            strength: None,
            evidence: Map::new(),
        }
    }

    /// The same with one more fact.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(key.to_owned(), value.into());
        self
    }

    /// How many times it passes the nearest of its limits.
    fn strength(&self, deviations: &Deviations) -> f64 {
        let passed = self.strength.unwrap_or(f64::INFINITY);
        if self.is_meter || !self.has_energy { passed } else { passed.min(deviations.worth(&self.flagged)) }
    }

    /// The Finding.
    ///
    /// Severity: critical from seven and high from one usual worked day's energy, medium from a quarter of it or where the mean
    /// deviation is as large as the usual load, low otherwise.
    fn finding(self, deviations: &Deviations, others: Vec<&str>) -> Option<Finding> {
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
        let days = kwh.abs() / deviations.typical_day_kwh();
        let severity = self.severity.unwrap_or(if !self.has_energy {
            Severity::Medium
        } else if days >= CRITICAL_DAYS {
            Severity::Critical
        } else if days >= HIGH_DAYS {
            Severity::High
        } else if days >= MEDIUM_DAYS || (observed_kw - expected_kw).abs() >= MEDIUM_SIZE * deviations.typical_kw {
            Severity::Medium
        } else {
            Severity::Low
        });
        let starts = self.starts.map_or(first, |starts| starts.min(first));
        let mut finding = Finding::new(self.code, severity)
            .at(axis.instant(starts), axis.instant(last + 1))
            .with("hours", count * step_h)
            .with("others", others);
        finding.confidence = confidence(self.strength(deviations));
        finding.evidence.extend(self.evidence);
        if !self.has_energy {
            return Some(finding);
        }
        finding = finding
            .with("observed_kw", observed_kw)
            .with("expected_kw", expected_kw)
            .with("observed_kwh", observed_kw * count * step_h)
            .with("expected_kwh", expected_kw * count * step_h)
            .with("extreme_kw", deviations.load_kw[extreme.at])
            .with("extreme_at", instant_text(axis.instant(extreme.at)))
            .with("peak_z", peak_z)
            .with("usual_days", days)
            .kwh(kwh);
        // What was used while the meter failed is not known, and so it has no money.
        if kwh > 0.0 && !self.is_meter {
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

/// How sure an event is that passes its limits so many times: half at the limits, and the more the farther beyond. It
/// ranks events; it is no probability.
pub(super) fn confidence(strength: f64) -> Option<f64> {
    let sure = 1.0 - 0.5 / (strength * strength);
    strength.is_finite().then_some(sure.clamp(*CONFIDENCE.start(), *CONFIDENCE.end()))
}

/// Findings of `events`, strongest explanation first in the list, latest last in the answer.
///
/// An interval belongs to the first event that claims it. An event that loses half of its intervals is explained, and
/// its name is told with the one that took most of them; one that loses fewer keeps the rest if that is still worth
/// telling.
pub(super) fn resolve(events: Vec<Event>, deviations: &Deviations) -> Vec<Finding> {
    const NOBODY: usize = usize::MAX;
    let mut claimed = vec![NOBODY; deviations.load_kw.len()];
    let mut kept: Vec<(Event, Vec<&str>)> = Vec::new();
    for mut event in events {
        let all = event.flagged.len();
        let mut takers: Vec<usize> = event.flagged.iter().map(|one| claimed[one.at]).collect();
        event.flagged.retain(|one| claimed[one.at] == NOBODY);
        let left = event.flagged.len();
        let needs_worth = left < all && event.has_energy && !event.is_meter;
        if 2 * left <= all
            || (event.whole && left < all)
            || (needs_worth && !deviations.is_worth_telling(&event.flagged))
        {
            takers.retain(|taker| *taker != NOBODY);
            takers.sort_unstable();
            let most = takers.chunk_by(|a, b| a == b).max_by_key(|one| one.len()).and_then(<[usize]>::first);
            if let Some((taker, others)) = most.and_then(|most| kept.get_mut(*most))
                && taker.code != event.code
                && !others.contains(&event.code)
            {
                others.push(event.code);
            }
            continue;
        }
        for one in &event.flagged {
            claimed[one.at] = kept.len();
        }
        kept.push((event, Vec::new()));
    }
    let mut findings = within_budget(kept, deviations);
    findings.sort_by(|a, b| (a.span, &a.code).cmp(&(b.span, &b.code)));
    findings
}

/// The strongest events that the budget leaves room for; one Finding tells of the rest.
fn within_budget(mut events: Vec<(Event, Vec<&str>)>, deviations: &Deviations) -> Vec<Finding> {
    let axis = deviations.site.readings().axis();
    let mut over = Vec::new();
    if let Some(budget) = deviations.settings.budget_per_month {
        let months = axis.len() as f64 * axis.step_h() / 24.0 / MONTH_DAYS;
        let room = (budget * months).ceil().max(0.0) as usize;
        events.sort_by(|(a, _), (b, _)| b.strength(deviations).total_cmp(&a.strength(deviations)));
        over = events.split_off(room.min(events.len()));
    }
    let mut findings: Vec<Finding> =
        events.into_iter().filter_map(|(event, others)| event.finding(deviations, others)).collect();
    if !over.is_empty() {
        let count = over.len();
        let mut codes: Vec<&str> = over.iter().map(|(event, _)| event.code).collect();
        codes.sort_unstable();
        codes.dedup();
        findings.push(
            Finding::new("anomaly.over_budget", Severity::Info)
                .at(axis.start(), axis.end())
                .with("events", count)
                .with("codes", codes)
                .with("budget_per_month", deviations.settings.budget_per_month),
        );
    }
    findings
}
