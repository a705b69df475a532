//! Whether readings can be trusted: one rule a file, the completeness and the verdict of every month.
//!
//! The rules follow the validation rules of meter-data systems (VEE: validation, estimation and editing;
//! here only validation): nothing is filled or changed. Each is an entry of [`RULES`] with its numbers,
//! their defaults and their source, and a switch.
//!
//! # JSON of a [`Quality`]
//!
//! ```json
//! {
//!   "rule_set": {"name": "wattlens", "version": "2", "changed": ["spike"]},
//!   "settings": {"gap": {"on": true}, "spike": {"on": true, "tolerance": 1.8, "floor_quantile": 0.9},
//!                "verdict": {"profile_present_share": 0.95}},
//!   "findings": [{"code": "quality.gap", "severity": "low", "span": {"start": 0, "end": 3600},
//!                 "evidence": {"intervals": 4}, "kwh": null, "amount": null}],
//!   "not_run": [{"task": "quality.sum_check", "needs": "readings.registers"}],
//!   "verdicts": [{"label": "2018-01", "start": 0, "end": 2678400,
//!                 "expected": 2976, "present": 2972, "estimated": 0, "sound": 2972, "estimated_share": 0.0,
//!                 "billing":   {"verdict": "usable", "reasons": [{"code": "verdict.missing",
//!                               "facts": {"intervals": 4, "share": 0.0013}}]},
//!                 "profile":   {"verdict": "usable", "reasons": []},
//!                 "baselines": {"verdict": "usable", "reasons": []}}],
//!   "completeness": [{"label": "2018-01", "start": 0, "end": 2678400, "expected": 2976, "present": 2972,
//!                     "estimated": 0, "share": 0.9987, "longest_gap_intervals": 4, "whole": true, "verdict": "usable"}]
//! }
//! ```
//!
//! `findings` are the reader's and the rules', the gravest first, then by time. `not_run` has a
//! `NotDone` for every rule that did not run: `quality.<rule>`, with what it needs (`quality.switched_on`
//! for a rule that is off). `verdict` is `complete`, `usable` or `unusable`; `reasons` say everything that
//! keeps it from `complete`, each a code of [`REASONS`] with its facts. `verdicts` and `completeness` are about
//! imported energy and empty where it was not measured; `completeness` ends with the label `all`.
//!
//! # Severity
//!
//! A stretch of bad readings: low, from [`MEDIUM_H`] medium, from [`HIGH_H`] high. What makes a month's
//! energy wrong altogether (register, multiplier, negative import) is high; what only asks for a look at
//! the plant or the contract is low or medium, as the rule says; what is the meter's habit is info.

mod balance;
mod clock_drift;
mod clones;
mod completeness;
mod consecutive;
mod days;
mod empty;
mod gap;
mod high_low;
mod historical_maximum;
mod interval_size;
mod months;
mod multiplier_step;
mod negative_import;
mod overlap;
mod placeholder;
mod power_factor_identity;
mod prepared;
mod prolonged_estimation;
mod reactive_ratio;
mod reactive_without_active;
mod reader;
mod register_fell;
mod rule;
mod settings;
mod shape;
mod sibling_channels;
mod spike;
mod stamps;
mod stuck_value;
mod subject;
mod sum_check;
mod tariff_registers;
mod usage_change;
mod verdict;
mod zero_month;
mod zero_run;

pub use clones::{CLONE_CORRELATION, CLONE_INTERVALS, CLONE_RESIDUAL, clones};
pub use completeness::{Completeness, USABLE_SHARE, Verdict, completeness};
pub use rule::{Number, Rule};
pub use settings::Settings;
pub use subject::Subject;
pub use verdict::{Fitness, MonthVerdict, REASONS, VERDICT_NUMBERS, VerdictReason, is_sound, is_unsound};

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;
use serde_json::Value;

use crate::finding::{Finding, NotDone, Severity, Span};
use crate::readings::{Channel, Readings};
use crate::site::Site;
use crate::time::{TimeAxis, Zone, instant_text};
use prepared::Prepared;

/// Name of the rule set.
pub const RULE_SET: &str = "wattlens";
/// Version of the rule set; it changes when a rule, a default or a limit changes.
pub const RULE_SET_VERSION: &str = "2";

/// A stretch of bad readings from this length on is of medium severity \[h\] (engineering: a day's
/// energy is wrong).
pub const MEDIUM_H: f64 = 24.0;
/// A stretch of bad readings from this length on is of high severity \[h\] (engineering: a month
/// without a week is below [`USABLE_SHARE`]).
pub const HIGH_H: f64 = 168.0;

/// Every rule, in the order in which they run.
pub static RULES: &[Rule] = &[
    reader::DUPLICATE,
    reader::IMPLAUSIBLE,
    interval_size::RULE,
    overlap::RULE,
    empty::ALL_MISSING,
    empty::ALL_ZERO,
    empty::SINGLE_READING,
    gap::RULE,
    sibling_channels::RULE,
    prolonged_estimation::RULE,
    placeholder::RULE,
    stuck_value::RULE,
    zero_run::RULE,
    zero_month::RULE,
    negative_import::RULE,
    spike::RULE,
    consecutive::RULE,
    high_low::RULE,
    usage_change::RULE,
    historical_maximum::RULE,
    multiplier_step::RULE,
    clock_drift::RULE,
    reactive_without_active::RULE,
    reactive_ratio::RULE,
    power_factor_identity::RULE,
    register_fell::RULE,
    sum_check::RULE,
    tariff_registers::RULE,
    balance::RULE,
];

/// The rule set that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleSet {
    /// [`RULE_SET`].
    pub name: &'static str,
    /// [`RULE_SET_VERSION`].
    pub version: &'static str,
    /// Rules whose settings differ from their defaults.
    pub changed: Vec<&'static str>,
}

/// What the rules say about readings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// The rules that were used.
    pub rule_set: RuleSet,
    /// Every switch and number of them.
    pub settings: Settings,
    /// What the reader and the rules found, the gravest first, then by time.
    pub findings: Vec<Finding>,
    /// Rules that did not run, and what they need.
    pub not_run: Vec<NotDone>,
    /// What every local month is good for; empty where import energy was not measured.
    pub verdicts: Vec<MonthVerdict>,
    /// Completeness of the import energy, by month and in all; empty where it was not measured.
    pub completeness: Vec<Completeness>,
}

/// What the reader found, all rules over a subject, and the verdict of every month.
///
/// A rule that lacks something is in [`Quality::not_run`] with what it needs. Clean readings give no
/// Finding.
///
/// ```
/// use wattlens::quality::{Settings, Subject, Verdict, check};
/// use wattlens::simulate::{Plant, demo_calendar, simulate};
/// let readings = simulate(&Plant::default(), &demo_calendar(), &[])?.readings;
/// let quality = check(&Subject::of(&readings), &Settings::default());
/// assert!(quality.findings.is_empty());
/// assert_eq!((quality.verdicts.len(), quality.verdicts[0].billing.verdict), (12, Verdict::Complete));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn check(subject: &Subject<'_>, settings: &Settings) -> Quality {
    let readings = subject.readings;
    let (rules, not_run) = run(subject, settings);
    let mut findings: Vec<Finding> = readings.findings().to_vec();
    for rule in RULES.iter().filter(|rule| !settings.is_on(rule)) {
        findings.retain(|one| !rule.gives(&one.code));
    }
    findings.extend(rules);
    sort(&mut findings);
    Quality {
        rule_set: RuleSet { name: RULE_SET, version: RULE_SET_VERSION, changed: settings.changed() },
        settings: settings.clone(),
        verdicts: verdict::verdicts(readings, &findings, &settings.verdict()),
        findings,
        not_run,
        completeness: completeness(readings, Channel::IMPORT_KWH),
    }
}

/// The rules that the verdict of a month rests on.
const RULES_OF_VERDICT: &[&str] =
    &["placeholder", "stuck_value", "negative_import", "multiplier_step", "register_fell", "sum_check"];

/// The verdict of every month with the default limits, as [`check`] gives it, from the rules that it rests on.
///
/// ```
/// use wattlens::quality::{Settings, Subject, check, verdicts};
/// use wattlens::simulate::{Plant, demo_calendar, simulate};
/// let readings = simulate(&Plant::default(), &demo_calendar(), &[])?.readings;
/// assert_eq!(verdicts(&readings), check(&Subject::of(&readings), &Settings::default()).verdicts);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn verdicts(readings: &Readings) -> Vec<MonthVerdict> {
    let settings = Settings::only(RULES_OF_VERDICT).unwrap_or_default();
    // What the other channels say leaves the energy as it is.
    let (found, _) = run_prepared(&Prepared::of_channel(&Subject::of(readings), Channel::IMPORT_KWH), &settings);
    let findings = [readings.findings(), &found].concat();
    verdict::verdicts(readings, &findings, &settings.verdict())
}

/// [`verdicts`] of a site's readings, worked out when first asked for and shared by every analysis of the site.
pub(crate) fn verdicts_of(site: &Site) -> Cow<'_, [MonthVerdict]> {
    match site.once(verdicts) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(verdicts(site.readings())),
    }
}

/// What the rules alone find, in their order, without what the reader found.
///
/// ```
/// use wattlens::quality::{Settings, Subject, find};
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 4, Zone::named("UTC")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![1.0, f64::NAN, 2.0, 3.0])])?;
/// assert_eq!(find(&Subject::of(&readings), &Settings::default())[0].code, "quality.gap");
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn find(subject: &Subject<'_>, settings: &Settings) -> Vec<Finding> {
    run(subject, settings).0
}

fn run(subject: &Subject<'_>, settings: &Settings) -> (Vec<Finding>, Vec<NotDone>) {
    run_prepared(&Prepared::of(subject), settings)
}

fn run_prepared(prepared: &Prepared<'_>, settings: &Settings) -> (Vec<Finding>, Vec<NotDone>) {
    let (mut findings, mut not_run) = (Vec::new(), Vec::new());
    for rule in RULES {
        let outcome = if settings.is_on(rule) {
            (rule.run)(prepared, &settings.numbers(rule.name))
        } else {
            Err("quality.switched_on")
        };
        match outcome {
            Ok(found) => findings.extend(found),
            Err(needs) => not_run.push(NotDone::new(&format!("quality.{}", rule.name), needs)),
        }
    }
    (said_once(findings), not_run)
}

/// Without the Findings that another names better: repeated placeholders are no stuck meter, and zeros of
/// a day and more are a run of zeros.
fn said_once(mut findings: Vec<Finding>) -> Vec<Finding> {
    type Place = (String, Option<Span>, Value);
    let place = |one: &Finding| -> Place {
        (one.code.clone(), one.span, one.evidence.get("channel").cloned().unwrap_or_default())
    };
    let places: Vec<Place> = findings
        .iter()
        .filter(|one| ["quality.placeholder", "quality.zero_run"].contains(&one.code.as_str()))
        .map(place)
        .collect();
    let named = |code: &str, one: &Finding| places.contains(&(code.to_owned(), one.span, place(one).2));
    findings.retain(|one| match one.code.as_str() {
        "quality.stuck_value" => !named("quality.placeholder", one),
        "quality.placeholder" => !named("quality.zero_run", one),
        _ => true,
    });
    findings
}

/// The gravest first, then by time, then by code: the same order every time.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.span.cmp(&b.span)).then(a.code.cmp(&b.code)));
}

/// Maximal runs of intervals for which something holds, ascending.
fn runs(len: usize, holds: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = None;
    for index in 0..len {
        match (holds(index), start) {
            (true, None) => start = Some(index),
            (false, Some(first)) => {
                runs.push(first..index);
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|first| first..len));
    runs
}

/// Severity of so many bad hours.
fn severity(hours: f64) -> Severity {
    if hours >= HIGH_H {
        Severity::High
    } else if hours >= MEDIUM_H {
        Severity::Medium
    } else {
        Severity::Low
    }
}

fn hours(axis: &TimeAxis, intervals: usize) -> f64 {
    intervals as f64 * axis.step_h()
}

/// Wall-clock seconds of ascending instants, looked up once a constant-offset segment.
fn local_seconds(zone: &Zone, instants: &[i64]) -> Vec<i64> {
    let (Some(first), Some(last)) = (instants.iter().min(), instants.iter().max()) else { return Vec::new() };
    let segments = zone.segments(*first, last + 1);
    let mut at = 0;
    let local = instants.iter().map(|instant| {
        while segments.get(at).is_some_and(|segment| segment.end <= *instant) && at + 1 < segments.len() {
            at += 1;
        }
        instant + segments.get(at).map_or(0, |segment| segment.offset_s)
    });
    local.collect()
}

/// Local text of an instant, `2018-11-22 09:30:00`.
pub(crate) fn local_text(axis: &TimeAxis, instant: i64) -> String {
    let local = local_seconds(axis.zone(), &[instant]).first().copied().unwrap_or(instant);
    instant_text(local).trim_end_matches('Z').replace('T', " ")
}

/// The last digit of numbers with up to six decimals: 1, 0.1, 0.01 …
fn last_digit(values: impl Iterator<Item = f64>) -> f64 {
    let (mut digit, mut scale) = (1.0, 1.0);
    for value in values.filter(|value| value.is_finite()) {
        while digit > 1e-6
            && ((value * scale).round() - value * scale).abs() > (1e-10 * (value * scale).abs()).max(1e-4)
        {
            (digit, scale) = (digit / 10.0, scale * 10.0);
        }
    }
    digit
}

/// A Finding over a range of intervals.
fn over(axis: &TimeAxis, range: &Range<usize>, code: &str, severity: Severity) -> Finding {
    Finding::new(code, severity).at(axis.instant(range.start), axis.instant(range.end))
}

/// Channel names as one fact, `import_kwh, import_kvarh`.
fn names(channels: &[Channel]) -> Value {
    channels.iter().map(|channel| channel.name()).collect::<Vec<_>>().join(", ").into()
}

#[cfg(test)]
mod tests;
