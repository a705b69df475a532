//! The days of a schedule in print: which days are alike, and what the periods of each are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::clock::DAY_MINUTES;
use super::cover::{TooMuch, Work, dates_in_words, matching_dates, type_in_words};
use super::days::{Break, DayFacts};
use super::plan::Plans;
use super::{Clock, Holidays};
use crate::time::DayType;

/// Days of a part of the year that have the same periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypicalDay {
    /// Which days of the part of the year: `every day`, `workday`, `weekend, holiday`, `saturday`, `when hot_days`.
    pub days: String,
    /// Periods from midnight to midnight: from, to, period.
    pub windows: Vec<(String, String, String)>,
}

/// A part of the year in which the same rules hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Season {
    /// Which part: `all year`, `in months 7, 8, 9`, `from 07-15 to 08-31`.
    pub dates: String,
    /// Its days.
    pub days: Vec<TypicalDay>,
}

/// A kind of day that rules can tell from others, on each day of the week.
struct DayOfKind {
    words: String,
    day_type: DayType,
    holiday: Option<Break>,
    trigger: Option<String>,
}

const DAYS_OF_WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Plans {
    /// The parts of the year with their days.
    pub(crate) fn seasons(&self, work: &mut Work) -> Result<Vec<Season>, TooMuch> {
        let rules = || self.base().iter().chain(self.overlays());
        let mut parts: Vec<(Vec<u16>, Date)> = Vec::new();
        for date in Date::constant(2024, 1, 1).series(jiff::Span::new().days(1)).take(366) {
            work.spend(self.weight())?;
            let matching = matching_dates(rules(), date);
            if parts.iter().all(|(known, _)| *known != matching) {
                parts.push((matching, date));
            }
        }
        let kinds = self.kinds();
        let mut seasons = Vec::with_capacity(parts.len());
        for (matching, date) in &parts {
            work.spend(366 * self.weight())?;
            let mut alike: Vec<(Vec<u8>, Vec<[bool; 7]>)> = Vec::new();
            for (at, kind) in kinds.iter().enumerate() {
                for day_of_week in 0..DAYS_OF_WEEK.len() {
                    work.spend(self.weight() + DAY_MINUTES)?;
                    let minutes = self.minutes_of(kind, on_day_of_week(*date, day_of_week), work)?;
                    let known = alike.iter().position(|(known, _)| *known == minutes).unwrap_or_else(|| {
                        alike.push((minutes, vec![[false; 7]; kinds.len()]));
                        alike.len() - 1
                    });
                    alike[known].1[at][day_of_week] = true;
                }
            }
            let days = alike.iter().map(|(minutes, holds)| TypicalDay {
                days: in_words(&kinds, holds),
                windows: self.windows_of(minutes),
            });
            let dates = dates_in_words(|date| matching_dates(rules(), date) == *matching);
            seasons.push(Season { dates, days: days.collect() });
        }
        Ok(seasons)
    }

    fn kinds(&self) -> Vec<DayOfKind> {
        let rules = || self.base().iter().chain(self.overlays());
        let has_breaks = rules().any(|rule| rule.holidays.is_some());
        let mut kinds: Vec<DayOfKind> = [DayType::Workday, DayType::MakeupWorkday, DayType::Weekend, DayType::Holiday]
            .into_iter()
            .map(|day_type| DayOfKind {
                words: type_in_words(day_type),
                day_type,
                holiday: (has_breaks && day_type == DayType::Holiday)
                    .then(|| Break { days: 1, names: vec!["another".to_owned()] }),
                trigger: None,
            })
            .collect();
        let mut seen: Vec<&Holidays> = Vec::new();
        for holidays in rules().filter_map(|rule| rule.holidays.as_ref()) {
            if seen.contains(&holidays) {
                continue;
            }
            seen.push(holidays);
            let names = if holidays.named.is_empty() { "holiday".to_owned() } else { holidays.named.join(" / ") };
            let least = holidays.at_least_days.map(|days| format!(" of {days} days or more")).unwrap_or_default();
            let named = if holidays.named.is_empty() { vec!["another".to_owned()] } else { holidays.named.clone() };
            kinds.push(DayOfKind {
                words: format!("{names}{least}"),
                day_type: DayType::Holiday,
                holiday: Some(Break { days: holidays.at_least_days.unwrap_or(1), names: named }),
                trigger: None,
            });
        }
        let triggers: BTreeSet<&String> = self.overlays().iter().filter_map(|rule| rule.trigger.as_ref()).collect();
        kinds.extend(triggers.into_iter().map(|trigger| DayOfKind {
            words: format!("when {trigger}"),
            day_type: DayType::Workday,
            holiday: None,
            trigger: Some(trigger.clone()),
        }));
        kinds
    }

    fn minutes_of(&self, kind: &DayOfKind, date: Date, work: &mut Work) -> Result<Vec<u8>, TooMuch> {
        let held = kind.trigger.iter().map(|trigger| (trigger.clone(), BTreeSet::from([date])));
        let triggers: BTreeMap<_, _> = held.collect();
        let facts = DayFacts { date, day_type: kind.day_type, holiday: kind.holiday.clone(), triggers: &triggers };
        let matching = self.matching(&facts);
        let rules: Vec<_> = self.base().iter().chain(self.overlays()).collect();
        work.spend(matching.iter().filter_map(|at| rules.get(usize::from(*at))).map(|rule| rule.minutes()).sum())?;
        Ok(self.minutes(&matching))
    }

    fn windows_of(&self, minutes: &[u8]) -> Vec<(String, String, String)> {
        let mut from = 0;
        let windows = minutes.chunk_by(|a, b| a == b).map(|alike| {
            let start = from;
            from += alike.len();
            let period = alike.first().and_then(|code| self.names().get(usize::from(*code)));
            (Clock(start as u16).to_string(), Clock(from as u16).to_string(), period.cloned().unwrap_or_default())
        });
        windows.collect()
    }
}

/// A date with the month and day of `date` that falls on a day of the week, Monday 0.
fn on_day_of_week(date: Date, day_of_week: usize) -> Date {
    let falls = |year: i16| {
        let found = Date::new(year, date.month(), date.day()).ok()?;
        (usize::try_from(found.weekday().to_monday_zero_offset()) == Ok(day_of_week)).then_some(found)
    };
    // Dates fall on every day of the week within 28 years, the 29th of February too.
    (2024..2052).find_map(falls).unwrap_or(date)
}

fn in_words(kinds: &[DayOfKind], holds: &[[bool; 7]]) -> String {
    if holds.iter().flatten().all(|holds| *holds) {
        return "every day".to_owned();
    }
    let of_week = |holds: &[bool; 7]| {
        let named = DAYS_OF_WEEK.iter().zip(holds).filter(|(_, holds)| **holds).map(|(name, _)| *name);
        named.collect::<Vec<_>>().join(", ")
    };
    if holds.windows(2).all(|pair| pair[0] == pair[1]) {
        return holds.first().map(of_week).unwrap_or_default();
    }
    let words = kinds.iter().zip(holds).filter_map(|(kind, holds)| {
        if holds.iter().all(|holds| *holds) {
            return Some(kind.words.clone());
        }
        holds.contains(&true).then(|| format!("{} ({})", kind.words, of_week(holds)))
    });
    words.collect::<Vec<_>>().join(", ")
}
