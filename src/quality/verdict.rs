//! What a month is good for: a bill, a profile, a baseline; and why not.

use std::ops::Range;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Verdict;
use super::completeness::{FlagCounts, USABLE_SHARE};
use super::rule::{Number, Numbers};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Flag, Readings, Series};
use crate::time::Month;

const BILLING_PRESENT_SHARE: Number = Number::share(
    "billing_present_share",
    USABLE_SHARE,
    "share of the month that a bill needs (engineering: a bill is disputed at a few percent)",
);
const PROFILE_PRESENT_SHARE: Number =
    Number::share("profile_present_share", USABLE_SHARE, "share of the month that a profile needs (engineering)");
const SOUND_SHARE: Number = Number::share(
    "sound_share",
    0.9,
    "share of the month that neither a stuck meter nor a placeholder filled, for bill and profile (engineering)",
);
const BASELINE_DAY_SHARE: Number = Number::share(
    "baseline_day_share",
    0.9,
    "share of the month's days that a baseline needs (CalTRACK's 90 % coverage, recalled)",
);
const BASELINE_DAY_PRESENT: Number = Number::share(
    "baseline_day_present_share",
    0.5,
    "share of a day's readings, measured and not estimated, with which it counts (CalTRACK, recalled)",
);

/// The limits of the verdicts; in the settings under `verdict`.
pub const VERDICT_NUMBERS: &[Number] =
    &[BILLING_PRESENT_SHARE, PROFILE_PRESENT_SHARE, SOUND_SHARE, BASELINE_DAY_SHARE, BASELINE_DAY_PRESENT];

/// Every code that a reason of a verdict can have.
///
/// - `verdict.partial_month`: the readings do not reach over the whole month (`days`, `month_days`).
/// - `verdict.missing`: intervals without a value (`intervals`, `share`).
/// - `verdict.incomplete`: intervals of which a part is missing (`intervals`, `share`).
/// - `verdict.ambiguous`: intervals with several differing rows (`intervals`, `share`).
/// - `verdict.estimated`: intervals that rest on an estimate (`intervals`, `share`).
/// - `verdict.not_sound`: intervals that are there and that a stuck meter or a placeholder filled (`intervals`, `share`).
/// - `verdict.finding`: a Finding that leaves the month's energy open (`finding`, its code).
/// - `verdict.few_days`: fewer days with enough readings than a baseline needs (`days`, `month_days`).
pub const REASONS: &[&str] = &[
    "verdict.ambiguous",
    "verdict.estimated",
    "verdict.few_days",
    "verdict.finding",
    "verdict.incomplete",
    "verdict.missing",
    "verdict.not_sound",
    "verdict.partial_month",
];

/// Why a verdict is not better.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerdictReason {
    /// One of [`REASONS`].
    pub code: &'static str,
    /// The facts, ready for the sentence.
    pub facts: Map<String, Value>,
}

/// Whether a month is good enough for one use.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fitness {
    /// The verdict. An unusable month gives no number.
    pub verdict: Verdict,
    /// All that keeps it from `complete`; empty where it is.
    pub reasons: Vec<VerdictReason>,
}

/// What a local month of imported energy is good for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MonthVerdict {
    /// `2018-01`.
    pub label: String,
    /// First instant of the month, UTC seconds.
    pub start: i64,
    /// First instant after it, UTC seconds.
    pub end: i64,
    /// Intervals of the whole calendar month.
    pub expected: usize,
    /// Intervals with a whole value, measured or estimated.
    pub present: usize,
    /// Of those, how many rest on an estimate.
    pub estimated: usize,
    /// Of those present, how many no stuck meter and no placeholder filled.
    pub sound: usize,
    /// `estimated / present`; 0 where nothing is there.
    pub estimated_share: f64,
    /// For a bill: unusable where the month is not covered whole, less than `billing_present_share` of it is
    /// there, less than `sound_share` is sound, or a Finding about registers, the multiplier or negative import
    /// stands in it.
    pub billing: Fitness,
    /// For a load profile: unusable where less than `profile_present_share` is there, less than `sound_share` is sound, or the
    /// multiplier changed before, or the intervals are 5 % and more off the register.
    pub profile: Fitness,
    /// For a baseline: unusable where fewer than `baseline_day_share` of the days have
    /// `baseline_day_present_share` of their readings measured; estimates do not count. Likewise where the multiplier changed
    /// before, or the intervals are 5 % and more off the register.
    pub baselines: Fitness,
}

/// Whether so many sound intervals are enough of those present, with the default limit: nine in ten.
///
/// ```
/// assert!(wattlens::quality::is_sound(100, 90) && !wattlens::quality::is_sound(100, 89));
/// ```
#[must_use]
pub fn is_sound(present: usize, sound: usize) -> bool {
    sound as f64 >= SOUND_SHARE.default * present as f64
}

/// Codes after which a month's energy is open whatever their severity.
const OPEN: &[&str] =
    &["quality.multiplier_step", "quality.negative_import", "quality.register_fell", "quality.sum_check"];

/// Whether a Finding leaves the energy of its span open: it is about registers, the multiplier or negative import.
fn leaves_open(finding: &Finding) -> bool {
    let of_reader = finding.code.starts_with("register.");
    finding.severity >= Severity::Medium && (of_reader || OPEN.contains(&finding.code.as_str()))
}

/// Whether a Finding says that the import energy of its span is the meter's or the link's, not the plant's: a value
/// that is stuck, or that stands for missing. Zeros are not among them, since they may be an outage.
///
/// ```
/// use wattlens::finding::{Finding, Severity};
/// let stuck = Finding::new("quality.stuck_value", Severity::Low).with("channel", "import_kwh").with("constant", false);
/// assert!(wattlens::quality::is_unsound(&stuck));
/// ```
#[must_use]
pub fn is_unsound(finding: &Finding) -> bool {
    let about_import = finding.evidence.get("channel") == Some(&Channel::IMPORT_KWH.name().into());
    let is_stuck = finding.code == "quality.stuck_value" && finding.evidence.get("constant") == Some(&false.into());
    // Zeros may be an outage, which is the plant's.
    let is_zero = finding.evidence.get("value") == Some(&0.0.into());
    about_import && (is_stuck || (finding.code == "quality.placeholder" && !is_zero))
}

/// Whether a Finding leaves the intervals themselves open, not only what is billed of them: their multiplier changed, or they
/// are far from the register.
fn leaves_values_open(finding: &Finding) -> bool {
    let is_far = finding.code == "quality.sum_check" && finding.severity == Severity::High;
    let about_import = finding.evidence.get("channel") == Some(&Channel::IMPORT_KWH.name().into());
    let of_intervals = finding.evidence.get("source") == Some(&Channel::IMPORT_KWH.name().into());
    (finding.code == "quality.multiplier_step" && of_intervals) || (is_far && about_import)
}

/// The verdicts of every local month; empty where import energy was not measured.
pub(super) fn verdicts(readings: &Readings, findings: &[Finding], numbers: &Numbers) -> Vec<MonthVerdict> {
    let Some(one) = readings.series(Channel::IMPORT_KWH) else { return Vec::new() };
    let mut sound: Vec<bool> = one.flags().iter().map(|flag| flag.is_whole()).collect();
    for span in findings.iter().filter(|finding| is_unsound(finding)).filter_map(|finding| finding.span) {
        if let Some(part) = sound.get_mut(readings.axis().range(span.start, span.end)) {
            part.fill(false);
        }
    }
    let view = View { readings, one, flags: one.flags(), sound: &sound, findings, numbers };
    readings.local().months().iter().map(|month| view.month(month)).collect()
}

struct View<'a> {
    readings: &'a Readings,
    one: &'a Series,
    flags: &'a [Flag],
    sound: &'a [bool],
    findings: &'a [Finding],
    numbers: &'a Numbers,
}

impl View<'_> {
    fn month(&self, month: &Month) -> MonthVerdict {
        let flags = self.flags.get(month.range.clone()).unwrap_or_default();
        let counts = FlagCounts::of(flags);
        let (present, estimated) = (counts.whole(), counts.estimated());
        let sound = self.sound.get(month.range.clone()).unwrap_or_default().iter().filter(|sound| **sound).count();
        let share = |count: usize| count as f64 / month.expected.max(1) as f64;

        let mut about = Vec::new();
        let mut note = |code: &'static str, facts: &[(&str, Value)]| {
            let facts = facts.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            about.push(VerdictReason { code, facts });
        };
        let month_days = month.first.days_in_month();
        if !month.is_whole() {
            note("verdict.partial_month", &[("days", month.days.len().into()), ("month_days", month_days.into())]);
        }
        for (code, intervals) in [
            ("verdict.missing", counts.with(Flag::Missing)),
            ("verdict.incomplete", counts.with(Flag::Incomplete)),
            ("verdict.ambiguous", counts.with(Flag::Ambiguous)),
            ("verdict.estimated", estimated),
            ("verdict.not_sound", present - sound.min(present)),
        ] {
            if intervals > 0 {
                note(code, &[("intervals", intervals.into()), ("share", share(intervals).into())]);
            }
        }

        let mut billing = about.clone();
        let open = self.open(month, leaves_open);
        let values_open = self.open(month, leaves_values_open);
        let as_reason = |code: &&str| VerdictReason {
            code: "verdict.finding",
            facts: Map::from_iter([("finding".to_owned(), Value::from(*code))]),
        };
        billing.extend(open.iter().map(as_reason));
        about.extend(values_open.iter().map(as_reason));
        let is_sound = share(sound) >= self.numbers.get(&SOUND_SHARE) * share(present);
        let enough = |number: &Number| share(present) >= self.numbers.get(number) && is_sound;

        let days = self.days_for_baselines(&month.days);
        let mut baselines = about.clone();
        if days < usize::from(month_days.unsigned_abs()) {
            let facts = [("days".to_owned(), Value::from(days)), ("month_days".to_owned(), month_days.into())];
            baselines.push(VerdictReason { code: "verdict.few_days", facts: Map::from_iter(facts) });
        }
        let enough_days =
            values_open.is_empty() && days as f64 >= self.numbers.get(&BASELINE_DAY_SHARE) * f64::from(month_days);
        MonthVerdict {
            label: month.label(),
            start: month.start,
            end: month.end,
            expected: month.expected,
            present,
            estimated,
            sound,
            estimated_share: estimated as f64 / present.max(1) as f64,
            billing: fitness(month.is_whole() && open.is_empty() && enough(&BILLING_PRESENT_SHARE), billing),
            profile: fitness(values_open.is_empty() && enough(&PROFILE_PRESENT_SHARE), about),
            baselines: fitness(enough_days, baselines),
        }
    }

    /// Codes of the Findings that leave the month's energy open.
    fn open(&self, month: &Month, leaves_open: impl Fn(&Finding) -> bool) -> Vec<&str> {
        let touches = |finding: &&Finding| finding.span.is_some_and(|at| at.start < month.end && at.end > month.start);
        // Its span runs from the first negative value to the last: the month's own values decide.
        let values = self.one.values().get(month.range.clone()).unwrap_or_default();
        let is_there =
            |finding: &&Finding| finding.code != "quality.negative_import" || values.iter().any(|value| *value < 0.0);
        let open = self.findings.iter().filter(|one| leaves_open(one)).filter(touches).filter(is_there);
        let mut codes: Vec<&str> = open.map(|one| one.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Days with enough readings that are sound and no estimates.
    fn days_for_baselines(&self, days: &Range<usize>) -> usize {
        let needed = self.numbers.get(&BASELINE_DAY_PRESENT);
        let days = self.readings.local().days().get(days.clone()).unwrap_or_default();
        let measured = |range: &Range<usize>| {
            let flags = self.flags.get(range.clone()).unwrap_or_default().iter();
            let sound = self.sound.get(range.clone()).unwrap_or_default();
            flags.zip(sound).filter(|(flag, sound)| **sound && !flag.is_estimated()).count()
        };
        days.iter().filter(|day| measured(&day.range) as f64 >= needed * day.expected.max(1) as f64).count()
    }
}

fn fitness(enough: bool, reasons: Vec<VerdictReason>) -> Fitness {
    let verdict = match (enough, reasons.is_empty()) {
        (false, _) => Verdict::Unusable,
        (true, true) => Verdict::Complete,
        (true, false) => Verdict::Usable,
    };
    Fitness { verdict, reasons }
}
