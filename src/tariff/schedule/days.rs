//! What the rules of a schedule ask of a day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};

use super::{DayKind, Holidays, PeriodRule};
use crate::error::Result;
use crate::time::{Calendar, DayType};

/// Days off on end around one or more holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Break {
    pub(super) days: u16,
    pub(super) names: Vec<String>,
}

/// A day, as rules see it.
#[derive(Clone, Debug)]
pub(crate) struct DayFacts<'a> {
    pub(crate) date: Date,
    pub(crate) day_type: DayType,
    /// Days off on end around a holiday, where the day is one of them.
    pub(crate) holiday: Option<Break>,
    /// Days on which the triggers hold.
    pub(crate) triggers: &'a BTreeMap<String, BTreeSet<Date>>,
}

/// Longest run of days off that is looked at on each side.
const LONGEST_BREAK_DAYS: i32 = 60;

impl<'a> DayFacts<'a> {
    /// A day of this type; `with_breaks` also looks up the run of days off that it lies in.
    pub(crate) fn of(
        date: Date,
        day_type: DayType,
        calendar: &Calendar,
        triggers: &'a BTreeMap<String, BTreeSet<Date>>,
        with_breaks: bool,
    ) -> Result<Self> {
        let holiday = if with_breaks && !day_type.is_worked() { holiday_break(date, calendar)? } else { None };
        Ok(Self { date, day_type, holiday, triggers })
    }

    pub(super) fn matches(&self, rule: &PeriodRule) -> bool {
        rule.is_in_season(self.date)
            && rule.days.as_ref().is_none_or(|days| days.iter().any(|kind| self.is(*kind)))
            && rule.holidays.as_ref().is_none_or(|holidays| self.is_in(holidays))
            && rule
                .trigger
                .as_ref()
                .is_none_or(|trigger| self.triggers.get(trigger).is_some_and(|dates| dates.contains(&self.date)))
    }

    fn is(&self, kind: DayKind) -> bool {
        match kind {
            DayKind::Workday => self.day_type == DayType::Workday,
            DayKind::Weekend => self.day_type == DayType::Weekend,
            DayKind::Holiday => self.day_type == DayType::Holiday,
            DayKind::MakeupWorkday => self.day_type == DayType::MakeupWorkday,
            weekday => self.date.weekday() == of_week(weekday),
        }
    }

    fn is_in(&self, holidays: &Holidays) -> bool {
        self.holiday.as_ref().is_some_and(|found| {
            let named = |name: &String| {
                let name = name.to_lowercase();
                found.names.iter().any(|known| known.to_lowercase().contains(&name))
            };
            (holidays.named.is_empty() || holidays.named.iter().any(named))
                && holidays.at_least_days.is_none_or(|least| found.days >= least)
        })
    }
}

fn of_week(kind: DayKind) -> Weekday {
    match kind {
        DayKind::Tuesday => Weekday::Tuesday,
        DayKind::Wednesday => Weekday::Wednesday,
        DayKind::Thursday => Weekday::Thursday,
        DayKind::Friday => Weekday::Friday,
        DayKind::Saturday => Weekday::Saturday,
        DayKind::Sunday => Weekday::Sunday,
        _ => Weekday::Monday,
    }
}

/// The days off on end that a date lies in, where one of them is a holiday.
///
/// # Errors
/// Days off that reach the edge of the years that the calendar speaks for: how long they are is not known.
fn holiday_break(date: Date, calendar: &Calendar) -> Result<Option<Break>> {
    let mut run = vec![date];
    for step in [-1i32, 1] {
        let mut day = date;
        for _ in 0..LONGEST_BREAK_DAYS {
            let Ok(next) = day.checked_add(jiff::Span::new().days(step)) else { break };
            if calendar.day_type(next)?.is_worked() {
                break;
            }
            run.push(next);
            day = next;
        }
    }
    let names: Vec<String> = run.iter().filter_map(|day| calendar.holidays.get(day).cloned()).collect();
    Ok((!names.is_empty()).then_some(Break { days: run.len() as u16, names }))
}
