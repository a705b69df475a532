//! Whether the base rules tile every day, found out on one day of each kind that they can tell apart.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::clock::DAY_MINUTES;
use super::days::{Break, DayFacts};
use super::plan::{FREE, Plans};
use super::{Clock, DayKind, PeriodRule};
use crate::time::DayType;

/// Comparisons and minutes that checking a tariff may take: a schedule of twenty rules with ten named holidays takes
/// a hundredth of it.
const MOST_WORK: u64 = 30_000_000;

/// What is left of the work that checking a tariff may take, so that no file keeps a checker busy for hours.
pub(crate) struct Work(u64);

impl Default for Work {
    fn default() -> Self {
        Self(MOST_WORK)
    }
}

/// The work is used up.
pub(crate) struct TooMuch;

impl Work {
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), TooMuch> {
        self.0 = self.0.checked_sub(steps as u64).ok_or(TooMuch)?;
        Ok(())
    }
}

/// A field of the schedule and what is wrong with it.
type Problem = (String, String);

static NO_TRIGGERS: BTreeMap<String, BTreeSet<Date>> = BTreeMap::new();

impl Plans {
    /// Every gap and every overlap of the base, with its time and its days.
    pub(super) fn check_cover(&self, work: &mut Work) -> Result<Vec<Problem>, TooMuch> {
        let mut problems: Vec<Problem> = Vec::new();
        let mut overlapping: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut seen: BTreeSet<Vec<u16>> = BTreeSet::new();
        let weight = self.weight();
        for facts in self.days_told_apart(work)? {
            work.spend(weight)?;
            let rules = self.base().iter().enumerate().filter(|(_, rule)| facts.matches(rule));
            let matching: Vec<u16> = rules.map(|(at, _)| at as u16).collect();
            if !seen.insert(matching.clone()) {
                continue;
            }
            let mut taken = [FREE; DAY_MINUTES];
            for at in matching.into_iter().map(usize::from) {
                let rule = &self.base()[at];
                work.spend(rule.minutes())?;
                for minute in rule.windows.iter().flat_map(|window| window.minutes()) {
                    let before = usize::from(taken[minute]);
                    if taken[minute] != FREE && overlapping.insert((before, at)) {
                        let other = self.base().get(before).map_or("", |rule| rule.period.as_str());
                        problems.push((
                            format!("base[{at}]"),
                            format!(
                                "{} overlaps {other} at {} {}, which base[{before}] has; put the one that outranks the other \
                                 into overlays",
                                rule.period,
                                Clock(minute as u16),
                                self.when(&facts)
                            ),
                        ));
                    }
                    taken[minute] = at as u16;
                }
            }
            if self.rest().is_none() && taken.contains(&FREE) {
                let problem = (
                    "base".to_owned(),
                    format!(
                        "no period covers {} {}; add a window, or name the period of the rest in `rest`",
                        free_windows(&taken),
                        self.when(&facts)
                    ),
                );
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        Ok(problems)
    }

    /// How many comparisons it takes to hold all rules against a day.
    pub(super) fn weight(&self) -> usize {
        let of_rule = |rule: &PeriodRule| {
            1 + rule.months.as_ref().map_or(0, Vec::len)
                + rule.dates.as_ref().map_or(0, Vec::len)
                + rule.days.as_ref().map_or(0, Vec::len)
                + rule.holidays.as_ref().map_or(0, |holidays| 4 * holidays.named.len())
        };
        self.base().iter().chain(self.overlays()).map(of_rule).sum()
    }

    /// At least one day for each combination of answers that the rules can give.
    pub(super) fn days_told_apart(&self, work: &mut Work) -> Result<Vec<DayFacts<'static>>, TooMuch> {
        let rules = || self.base().iter().chain(self.overlays());
        let holidays: Vec<_> = rules().filter_map(|rule| rule.holidays.as_ref()).collect();
        let mut breaks = vec![None];
        if !holidays.is_empty() {
            let named = holidays.iter().flat_map(|one| one.named.iter().cloned());
            let names: BTreeSet<String> = named.chain(["another holiday".to_owned()]).collect();
            let lengths = holidays.iter().filter_map(|one| one.at_least_days);
            let lengths: BTreeSet<u16> = lengths.chain([1, u16::MAX]).collect();
            work.spend(names.len() * lengths.len())?;
            for name in names {
                breaks.extend(lengths.iter().map(|days| Some(Break { days: *days, names: vec![name.clone()] })));
            }
        }
        // A leap year and three ordinary ones put every date on different days of the week.
        let mut seen: BTreeSet<(Vec<u16>, i8)> = BTreeSet::new();
        let mut days = Vec::new();
        let first = Date::constant(2024, 1, 1);
        let weight = self.weight();
        for date in first.series(jiff::Span::new().days(1)).take_while(|date| date.year() < 2030) {
            work.spend(weight)?;
            if !seen.insert((matching_dates(rules(), date), date.weekday().to_monday_one_offset())) {
                continue;
            }
            work.spend(4 * breaks.len() * 8)?;
            for day_type in DayType::ALL {
                for holiday in breaks.iter().filter(|one| one.is_none() || !day_type.is_worked()) {
                    days.push(DayFacts { date, day_type, holiday: holiday.clone(), triggers: &NO_TRIGGERS });
                }
            }
        }
        Ok(days)
    }

    /// Days in words, as exactly as the base rules tell days apart.
    fn when(&self, facts: &DayFacts<'_>) -> String {
        let alike = matching_dates(self.base().iter(), facts.date);
        let mut words = dates_in_words(|date| matching_dates(self.base().iter(), date) == alike);
        let kinds = || self.base().iter().filter_map(|rule| rule.days.as_ref()).flatten();
        let by_type = |kind: &DayKind| {
            matches!(kind, DayKind::Workday | DayKind::Weekend | DayKind::Holiday | DayKind::MakeupWorkday)
        };
        if kinds().any(|kind| !by_type(kind)) {
            words.push_str(&format!(", on a {}", facts.date.strftime("%A")));
        }
        if kinds().any(by_type) || self.base().iter().any(|rule| rule.holidays.is_some()) {
            words.push_str(&format!(" ({})", type_in_words(facts.day_type)));
        }
        if let Some(holiday) = &facts.holiday
            && self.base().iter().any(|rule| rule.holidays.is_some())
        {
            let days = if holiday.days == u16::MAX { "many".to_owned() } else { holiday.days.to_string() };
            words.push_str(&format!(", days off on end: {days}, {}", holiday.names.join(", ")));
        }
        words
    }
}

/// Rules whose months and dates hold on a date.
pub(super) fn matching_dates<'r>(rules: impl Iterator<Item = &'r PeriodRule>, date: Date) -> Vec<u16> {
    let holds = |rule: &PeriodRule| {
        rule.months.as_ref().is_none_or(|months| months.contains(&date.month().unsigned_abs()))
            && rule.dates.as_ref().is_none_or(|dates| dates.iter().any(|days| days.contains(date)))
    };
    rules.enumerate().filter(|(_, rule)| holds(rule)).map(|(at, _)| at as u16).collect()
}

/// `workday`, `weekend`, `holiday` or `makeup-workday`.
pub(super) fn type_in_words(day_type: DayType) -> String {
    let code = serde_json::to_value(day_type).unwrap_or_default();
    code.as_str().unwrap_or_default().replace('_', "-")
}

/// Days of a leap year in words: `all year`, `in month 12`, `in months 7, 8`, `on 02-29`, `from 07-15 to 08-31`.
pub(super) fn dates_in_words(is_meant: impl Fn(Date) -> bool) -> String {
    let spans = spans_of_year(is_meant);
    let is_whole = |(from, to): &(Date, Date)| from.day() == 1 && to.day() == to.last_of_month().day();
    if spans.iter().all(is_whole) {
        let months: Vec<String> =
            spans.iter().flat_map(|(from, to)| from.month()..=to.month()).map(|month| month.to_string()).collect();
        return match months.as_slice() {
            months if months.len() == 12 => "all year".to_owned(),
            [month] => format!("in month {month}"),
            months => format!("in months {}", months.join(", ")),
        };
    }
    let words = spans.iter().map(|(from, to)| {
        let (from, to) = (from.strftime("%m-%d"), to.strftime("%m-%d"));
        if from.to_string() == to.to_string() { format!("on {from}") } else { format!("from {from} to {to}") }
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// First and last day of each run of days of a leap year.
pub(super) fn spans_of_year(is_meant: impl Fn(Date) -> bool) -> Vec<(Date, Date)> {
    let mut spans: Vec<(Date, Date)> = Vec::new();
    let mut is_open = false;
    for date in Date::constant(2024, 1, 1).series(jiff::Span::new().days(1)).take(366) {
        let is_within = is_meant(date);
        match spans.last_mut() {
            Some((_, last)) if is_within && is_open => *last = date,
            _ if is_within => spans.push((date, date)),
            _ => {}
        }
        is_open = is_within;
    }
    spans
}

/// Windows of the minutes that no rule has taken.
fn free_windows(taken: &[u16; DAY_MINUTES]) -> String {
    let mut windows: Vec<String> = Vec::new();
    let mut from = 0;
    for alike in taken.chunk_by(|a, b| (*a == FREE) == (*b == FREE)) {
        let to = from + alike.len();
        if alike.first() == Some(&FREE) {
            windows.push(format!("{}-{}", Clock(from as u16), Clock(to as u16)));
        }
        from = to;
    }
    windows.join(", ")
}
