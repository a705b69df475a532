//! Period schedules: which period every minute of every day belongs to, checked for gaps and overlaps.

mod clock;
mod cover;
mod days;
mod plan;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sheet::Certainty;
pub use clock::{Clock, Window, YearDays};
pub(crate) use cover::Work;
pub(crate) use plan::{DayPlans, Plans};
pub use table::{Season, TypicalDay};

/// Which days of the week or of the calendar a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// Ordinary working days of the calendar.
    Workday,
    /// The calendar's weekend, without days worked instead.
    Weekend,
    /// Holidays of the calendar.
    Holiday,
    /// Weekend days that the calendar decrees to be worked (调休上班日).
    MakeupWorkday,
    /// Mondays, holidays or not; as the other days of the week.
    Monday,
    /// Tuesdays.
    Tuesday,
    /// Wednesdays.
    Wednesday,
    /// Thursdays.
    Thursday,
    /// Fridays.
    Friday,
    /// Saturdays.
    Saturday,
    /// Sundays.
    Sunday,
}

/// Which holidays a rule is for: all days off on end around one, as a holiday is decreed in China: with the weekends
/// that touch it and the days off that make-up workdays (调休) pay for, without days that are worked. A break at the turn
/// of a year for which the calendar has no dates is an error, because its length is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Holidays {
    /// Texts of which one is in the calendar's name of a holiday among those days; any holiday where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<String>,
    /// Fewest days on end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least_days: Option<u16>,
}

/// The windows of one period on some days. Every condition that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodRule {
    /// Period, e.g. `peak`.
    pub period: String,
    /// Months 1–12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<Vec<u8>>,
    /// Parts of the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<Vec<YearDays>>,
    /// Kinds of days; one of them has to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<DayKind>>,
    /// Holidays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<Holidays>,
    /// A trigger of the tariff; overlays only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Windows of the local wall clock.
    pub windows: Vec<Window>,
}

/// Periods (尖峰平谷) on the local wall clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Name that components refer to.
    pub id: String,
    /// Rules that tile every day without overlap.
    pub base: Vec<PeriodRule>,
    /// Period of what the base rules leave; without it they must tile the day themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// Rules laid over the base, later ones over earlier ones (sharp inside peak).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlays: Vec<PeriodRule>,
    /// Factor of each period on the prices that float.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub factors: BTreeMap<String, Decimal>,
    /// Document that decrees them.
    pub source: String,
    /// How certain it is that these windows are in force.
    #[serde(default = "stated", skip_serializing_if = "is_stated")]
    pub certainty: Certainty,
}

fn stated() -> Certainty {
    Certainty::Stated
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_stated(certainty: &Certainty) -> bool {
    *certainty == Certainty::Stated
}

impl PeriodRule {
    /// Whether its months and parts of the year have a date.
    pub(crate) fn is_in_season(&self, date: Date) -> bool {
        self.months.as_ref().is_none_or(|months| months.contains(&date.month().unsigned_abs()))
            && self.dates.as_ref().is_none_or(|dates| dates.iter().any(|days| days.contains(date)))
    }
}

impl PeriodRule {
    /// Minutes of its windows.
    pub(crate) fn minutes(&self) -> usize {
        self.windows.iter().map(|window| window.minutes().count()).sum()
    }
}

impl Schedule {
    /// Triggers that its overlays wait for.
    pub(crate) fn triggers(&self) -> BTreeSet<&str> {
        self.overlays.iter().filter_map(|rule| rule.trigger.as_deref()).collect()
    }

    /// Whether a rule asks the calendar for holidays or make-up workdays.
    pub(crate) fn needs_holidays(&self) -> bool {
        self.base.iter().chain(&self.overlays).any(|rule| {
            let days = rule.days.iter().flatten();
            rule.holidays.is_some()
                || days.into_iter().any(|day| matches!(day, DayKind::Holiday | DayKind::MakeupWorkday))
        })
    }
}
