//! From rules to the stretches of a day: worked out once a tariff, looked up for every day.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;

use super::clock::DAY_MINUTES;
use super::cover::{TooMuch, Work};
use super::days::DayFacts;
use super::{Clock, PeriodRule, Schedule};
use crate::error::Result;
#[cfg(test)]
use crate::tariff::Checked;
use crate::time::{Calendar, Day, DayType};

/// Most periods of a schedule.
const MOST_PERIODS: usize = 64;
/// Most rules of a schedule.
const MOST_RULES: usize = 4096;
/// Most windows of a schedule.
const MOST_WINDOWS: usize = 8192;
/// A minute that no rule has taken.
pub(super) const FREE: u16 = u16::MAX;

/// Slots with one period: first slot, slot after the last, index of the period.
pub(crate) type Stretch = (usize, usize, usize);

/// First minute, minute after, and period of each stretch of a day.
pub(crate) type Clocks = Vec<(Clock, Clock, usize)>;

/// The periods of one day: how many minutes lie in which, from midnight on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DayPlan(Vec<(usize, usize)>);

impl DayPlan {
    /// A day with one period.
    fn single() -> Self {
        Self(vec![(DAY_MINUTES, 0)])
    }

    /// The day in slots of a step; `Err` gives the first edge that falls inside a slot.
    pub(crate) fn stretches(&self, step_s: i64) -> std::result::Result<Vec<Stretch>, Clock> {
        let mut next = 0;
        self.0
            .iter()
            .map(|&(minutes, period)| {
                let from = next;
                next += minutes;
                let slot = |minute: usize| (minute as i64 * 60 / step_s) as usize;
                let is_edge_of_slot = (from as i64 * 60) % step_s == 0;
                is_edge_of_slot.then(|| (slot(from), slot(next), period)).ok_or(Clock(from as u16))
            })
            .collect()
    }
}

/// The plan of every day of some readings.
pub(crate) struct DayPlans<'a> {
    /// The plans that occur, and maybe others.
    pub(crate) plans: Cow<'a, [DayPlan]>,
    /// For each day, which of them.
    pub(crate) of_day: Vec<usize>,
}

/// A checked schedule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plans {
    names: Vec<String>,
    base: Vec<PeriodRule>,
    overlays: Vec<PeriodRule>,
    rest: Option<u8>,
    /// Whether only month, day of the week and type of a day decide; then `plans` and `table` hold every day.
    is_ordinary: bool,
    needs_breaks: bool,
    plans: Vec<DayPlan>,
    table: Vec<usize>,
    /// Periods, as bits, that some day with this month and day of the month can have.
    in_season: Vec<u64>,
}

impl Plans {
    /// A schedule with one period that fills the time.
    pub(crate) fn single(name: &str) -> Self {
        Self {
            names: vec![name.to_owned()],
            base: Vec::new(),
            overlays: Vec::new(),
            rest: Some(0),
            is_ordinary: true,
            needs_breaks: false,
            plans: vec![DayPlan::single()],
            table: vec![0; 12 * 7 * 4],
            in_season: vec![1; 12 * 31],
        }
    }

    /// The plans of a schedule, or the first problem with its field: an overlap or a gap with its day and time, a
    /// month that is none.
    #[cfg(test)]
    pub(crate) fn of(schedule: &Schedule) -> Checked<Self> {
        let (plans, problems) = Self::checked(schedule, &mut Work::default());
        problems.into_iter().next().map_or(Ok(plans), Err)
    }

    /// The plans of a schedule and all its problems; with any, the plans know their periods and no day.
    pub(crate) fn checked(schedule: &Schedule, work: &mut Work) -> (Self, Vec<(String, String)>) {
        let mut problems = Vec::new();
        let rules = || schedule.base.iter().map(|rule| ("base", rule)).chain(overlays(schedule));
        let windows: usize = rules().map(|(_, rule)| rule.windows.len()).sum();
        for (what, found, most) in [("rules", rules().count(), MOST_RULES), ("windows", windows, MOST_WINDOWS)] {
            if found > most {
                problems.push(("base".to_owned(), format!("found {found} {what}, expected at most {most}")));
            }
        }
        if !problems.is_empty() {
            return (Self::single("all"), problems);
        }
        let mut names: Vec<String> = Vec::new();
        let in_order = schedule.base.iter().map(|rule| &rule.period).chain(&schedule.rest);
        for period in in_order.chain(schedule.overlays.iter().map(|rule| &rule.period)) {
            if !names.contains(period) {
                names.push(period.clone());
            }
            if names.len() > MOST_PERIODS {
                problems.push(("base".to_owned(), format!("found more than {MOST_PERIODS} periods")));
                return (Self::single("all"), problems);
            }
        }
        for (layer, of_layer) in [("base", &schedule.base), ("overlays", &schedule.overlays)] {
            for (at, rule) in of_layer.iter().enumerate() {
                check_rule(layer, rule, |name, problem| problems.push((format!("{layer}[{at}].{name}"), problem)));
            }
        }
        let rest =
            schedule.rest.as_ref().and_then(|rest| names.iter().position(|name| name == rest)).map(|at| at as u8);
        let mut plans = Self {
            names,
            base: schedule.base.clone(),
            overlays: schedule.overlays.clone(),
            rest,
            is_ordinary: rules()
                .all(|(_, rule)| rule.dates.is_none() && rule.holidays.is_none() && rule.trigger.is_none()),
            needs_breaks: rules().any(|(_, rule)| rule.holidays.is_some()),
            plans: Vec::new(),
            table: Vec::new(),
            in_season: Vec::new(),
        };
        if problems.is_empty() {
            match plans.check_cover(work) {
                Ok(found) => problems = found,
                Err(TooMuch) => problems.push(too_much()),
            }
        }
        if problems.is_empty() {
            plans.fill_seasons();
            if plans.fill_table(work).is_err() {
                problems.push(too_much());
            }
        }
        (plans, problems)
    }

    /// Rules that tile every day.
    pub(super) fn base(&self) -> &[PeriodRule] {
        &self.base
    }

    /// Rules over the base.
    pub(super) fn overlays(&self) -> &[PeriodRule] {
        &self.overlays
    }

    /// Period of what the base leaves.
    pub(super) fn rest(&self) -> Option<&str> {
        self.rest.and_then(|at| self.names.get(usize::from(at))).map(String::as_str)
    }

    /// Periods in the order of first appearance.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a day with the month and day of the month of `date` can have a period.
    pub(crate) fn is_in_season(&self, date: Date, period: usize) -> bool {
        let at = (usize::from(date.month().unsigned_abs()) - 1) * 31 + usize::from(date.day().unsigned_abs()) - 1;
        self.in_season.get(at).is_some_and(|periods| periods & (1 << period) != 0)
    }

    /// The plan of every day.
    pub(crate) fn of_days(
        &self,
        days: &[Day],
        day_types: &[DayType],
        calendar: &Calendar,
        triggers: &BTreeMap<String, BTreeSet<Date>>,
    ) -> Result<DayPlans<'_>> {
        let typed = days.iter().zip(day_types);
        if self.is_ordinary {
            let of_day = typed.map(|(day, day_type)| self.table[table_index(day.date, *day_type)]).collect();
            return Ok(DayPlans { plans: Cow::Borrowed(&self.plans), of_day });
        }
        let mut plans = Vec::new();
        let mut known: HashMap<Vec<u16>, usize> = HashMap::new();
        let mut of_day = Vec::with_capacity(days.len());
        for (day, day_type) in typed {
            let facts = DayFacts::of(day.date, *day_type, calendar, triggers, self.needs_breaks)?;
            let matching = self.matching(&facts);
            let at = *known.entry(matching).or_insert_with_key(|matching| {
                plans.push(self.plan(matching));
                plans.len() - 1
            });
            of_day.push(at);
        }
        Ok(DayPlans { plans: Cow::Owned(plans), of_day })
    }

    /// Dates that have the same windows, each with those as first minute, minute after and period.
    pub(crate) fn by_windows(
        &self,
        dates: &[Date],
        calendar: &Calendar,
        triggers: &BTreeMap<String, BTreeSet<Date>>,
    ) -> Result<Vec<(Vec<Date>, Clocks)>> {
        let mut found: Vec<(DayPlan, Vec<Date>)> = Vec::new();
        for date in dates {
            let day_type = calendar.day_type(*date)?;
            let facts = DayFacts::of(*date, day_type, calendar, triggers, self.needs_breaks)?;
            let plan = self.plan(&self.matching(&facts));
            match found.iter_mut().find(|(known, _)| *known == plan) {
                Some((_, dates)) => dates.push(*date),
                None => found.push((plan, vec![*date])),
            }
        }
        let stretches = |plan: &DayPlan| {
            let mut from = 0;
            let clocks = plan.0.iter().map(|&(minutes, period)| {
                let start = from;
                from += minutes;
                (Clock(start as u16), Clock(from as u16), period)
            });
            clocks.collect()
        };
        Ok(found.into_iter().map(|(plan, dates)| (dates, stretches(&plan))).collect())
    }

    /// Rules that hold on a day: base first, then overlays.
    pub(super) fn matching(&self, facts: &DayFacts<'_>) -> Vec<u16> {
        let rules = self.base.iter().chain(&self.overlays).enumerate();
        rules.filter(|(_, rule)| facts.matches(rule)).map(|(at, _)| at as u16).collect()
    }

    fn code(&self, period: &str) -> u8 {
        self.names.iter().position(|name| name == period).unwrap_or_default() as u8
    }

    /// The day on which these rules hold.
    fn plan(&self, matching: &[u16]) -> DayPlan {
        let alike = |alike: &[u8]| Some((alike.len(), usize::from(*alike.first()?)));
        DayPlan(self.minutes(matching).chunk_by(|a, b| a == b).filter_map(alike).collect())
    }

    /// Period of every minute of the day on which these rules hold.
    pub(super) fn minutes(&self, matching: &[u16]) -> Vec<u8> {
        let mut minutes = vec![self.rest.unwrap_or_default(); DAY_MINUTES];
        let rules: Vec<&PeriodRule> = self.base.iter().chain(&self.overlays).collect();
        for rule in matching.iter().filter_map(|at| rules.get(usize::from(*at))) {
            let period = self.code(&rule.period);
            for minute in rule.windows.iter().flat_map(|window| window.minutes()) {
                minutes[minute] = period;
            }
        }
        minutes
    }

    fn fill_table(&mut self, work: &mut Work) -> std::result::Result<(), TooMuch> {
        let minutes = |rules: &[PeriodRule]| rules.iter().map(PeriodRule::minutes).sum::<usize>();
        if !self.is_ordinary {
            // Worked out for each day when it is billed: what a year takes is counted here.
            return work.spend(366 * (minutes(&self.overlays) + self.weight()));
        }
        work.spend(minutes(&self.base))?;
        static NONE: BTreeMap<String, BTreeSet<Date>> = BTreeMap::new();
        let mut known: HashMap<Vec<u16>, usize> = HashMap::new();
        self.table = vec![0; 12 * 7 * 4];
        // 2024-01-01 is a Monday; a week of every month is enough.
        for month in 1..=12 {
            let first = Date::constant(2024, month, 1);
            for date in first.series(jiff::Span::new().days(1)).take(7) {
                for day_type in DayType::ALL {
                    work.spend(self.weight())?;
                    let matching = self.matching(&DayFacts { date, day_type, holiday: None, triggers: &NONE });
                    let at = match known.get(&matching) {
                        Some(at) => *at,
                        None => {
                            work.spend(DAY_MINUTES + minutes(&self.overlays))?;
                            self.plans.push(self.plan(&matching));
                            known.insert(matching, self.plans.len() - 1);
                            self.plans.len() - 1
                        }
                    };
                    self.table[table_index(date, day_type)] = at;
                }
            }
        }
        Ok(())
    }

    fn fill_seasons(&mut self) {
        let year = Date::constant(2024, 1, 1).series(jiff::Span::new().days(1)).take(366);
        self.in_season = vec![0; 12 * 31];
        for date in year {
            let month = date.month().unsigned_abs();
            let mut periods = self.rest.map_or(0, |rest| 1 << rest);
            for rule in self.base.iter().chain(&self.overlays) {
                if rule.months.as_ref().is_none_or(|months| months.contains(&month))
                    && rule.dates.as_ref().is_none_or(|dates| dates.iter().any(|days| days.contains(date)))
                {
                    periods |= 1 << self.code(&rule.period);
                }
            }
            self.in_season[(usize::from(month) - 1) * 31 + usize::from(date.day().unsigned_abs()) - 1] = periods;
        }
    }
}

fn too_much() -> (String, String) {
    let problem =
        "its rules tell too many kinds of days apart to be checked; write fewer rules, dates or names of holidays";
    ("base".to_owned(), problem.to_owned())
}

fn check_rule(layer: &str, rule: &PeriodRule, mut problem: impl FnMut(&str, String)) {
    if let Some(month) = rule.months.iter().flatten().find(|month| !(1..=12).contains(*month)) {
        problem("months", format!("found month {month}, expected 1 to 12"));
    }
    if rule.windows.is_empty() {
        problem("windows", "found none, expected at least one such as \"08:00-11:30\"".to_owned());
    }
    for (name, is_empty) in [
        ("months", rule.months.as_ref().is_some_and(Vec::is_empty)),
        ("dates", rule.dates.as_ref().is_some_and(Vec::is_empty)),
        ("days", rule.days.as_ref().is_some_and(Vec::is_empty)),
    ] {
        if is_empty {
            problem(name, "found an empty list, which holds on no day; leave it out for every day".to_owned());
        }
    }
    if layer == "base" && rule.trigger.is_some() {
        problem("trigger", "is for overlays: the base has to hold on every day".to_owned());
    }
}

fn overlays(schedule: &Schedule) -> impl Iterator<Item = (&'static str, &PeriodRule)> {
    schedule.overlays.iter().map(|rule| ("overlays", rule))
}

fn table_index(date: Date, day_type: DayType) -> usize {
    let month = usize::from(date.month().unsigned_abs()) - 1;
    let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    (month * 7 + weekday) * 4 + day_type.index()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(json: &str) -> Schedule {
        serde_json::from_str(json).unwrap()
    }

    fn plans(json: &str) -> Checked<Plans> {
        Plans::of(&schedule(json))
    }

    /// Period at a time of the wall clock of one day.
    fn period_at(plans: &Plans, date: &str, day_type: DayType, calendar: &Calendar, clock: &str) -> String {
        let date: Date = date.parse().unwrap();
        let day = Day { date, start: 0, end: 86_400, range: 0..96, expected: 96 };
        let none = BTreeMap::new();
        let found = plans.of_days(&[day], &[day_type], calendar, &none).unwrap();
        let slot = usize::from(clock.parse::<Clock>().unwrap().0) / 15;
        let stretches = found.plans[found.of_day[0]].stretches(900).unwrap();
        let stretch = stretches.into_iter().find(|s| s.0 <= slot && slot < s.1).unwrap();
        plans.names()[stretch.2].clone()
    }

    #[test]
    fn sharp_lies_over_peak_in_its_months_only() {
        let plans = plans(
            r#"{"id": "t", "source": "test", "rest": "flat",
                "base": [{"period": "peak", "windows": ["10:00-12:00"]}, {"period": "valley", "windows": ["23:00-07:00"]}],
                "overlays": [{"period": "sharp", "months": [7, 8, 9], "windows": ["11:00-12:00"]}]}"#,
        )
        .unwrap();
        let weekends = Calendar::weekends();
        let at = |date, clock| period_at(&plans, date, DayType::Workday, &weekends, clock);
        assert_eq!(at("2025-08-01", "11:30"), "sharp");
        assert_eq!(at("2025-08-01", "10:30"), "peak");
        assert_eq!(at("2025-06-02", "11:30"), "peak");
        assert_eq!(at("2025-06-02", "23:30"), "valley");
        assert_eq!(at("2025-06-02", "06:45"), "valley");
        assert_eq!(at("2025-06-02", "07:00"), "flat");
        let june: Date = "2025-06-02".parse().unwrap();
        let sharp = plans.names().iter().position(|name| name == "sharp").unwrap();
        assert!(!plans.is_in_season(june, sharp) && plans.is_in_season("2025-07-02".parse().unwrap(), sharp));
    }

    #[test]
    fn gaps_and_overlaps_are_named_with_day_and_time() {
        let all_but_december = r#"{"id": "t", "source": "", "base": [{"period": "all", "windows": ["00:00-24:00"],
            "months": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}]}"#;
        let (field, problem) = plans(all_but_december).unwrap_err();
        assert_eq!(field, "base");
        assert!(problem.contains("00:00-24:00 in month 12"), "{problem}");
        let overlap = r#"{"id": "t", "source": "", "rest": "flat", "base": [
            {"period": "peak", "windows": ["08:00-12:00"]},
            {"period": "valley", "months": [3], "windows": ["11:30-13:00"]}]}"#;
        let (field, problem) = plans(overlap).unwrap_err();
        assert_eq!(field, "base[1]");
        assert!(problem.contains("overlaps peak at 11:30 in month 3"), "{problem}");
        let no_leap_day = r#"{"id": "t", "source": "", "base": [
            {"period": "a", "dates": ["01-01..02-28"], "windows": ["00:00-24:00"]},
            {"period": "b", "dates": ["03-01..12-31"], "windows": ["00:00-24:00"]}]}"#;
        let (_, problem) = plans(no_leap_day).unwrap_err();
        assert!(problem.contains("on 02-29"), "{problem}");
        let no_holiday = r#"{"id": "t", "source": "", "base": [
            {"period": "a", "days": ["workday", "makeup_workday", "weekend"], "windows": ["00:00-24:00"]}]}"#;
        let (_, problem) = plans(no_holiday).unwrap_err();
        assert!(problem.contains("(holiday)"), "{problem}");
    }

    #[test]
    fn a_holiday_reaches_over_the_weekend_that_touches_it() {
        let plans = plans(
            r#"{"id": "t", "source": "", "rest": "flat", "base": [],
                "overlays": [{"period": "deep_valley", "holidays": {"named": ["Labor Day"], "at_least_days": 3},
                              "windows": ["11:00-15:00"]}]}"#,
        )
        .unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        // 2025: 1 and 2 May (Thursday, Friday) off, 3 and 4 the weekend, 5 off for 27 April.
        let calendar = Calendar::weekends()
            .with_holiday(day("2025-05-01"), "Labor Day")
            .with_holiday(day("2025-05-02"), "Labor Day")
            .with_holiday(day("2025-05-05"), "Day off (substituted)")
            .with_holiday(day("2025-10-01"), "National Day");
        for (date, day_type, expected) in [
            ("2025-05-01", DayType::Holiday, "deep_valley"),
            ("2025-05-03", DayType::Weekend, "deep_valley"),
            ("2025-05-05", DayType::Holiday, "deep_valley"),
            ("2025-05-06", DayType::Workday, "flat"),
            ("2025-05-10", DayType::Weekend, "flat"),
            ("2025-10-01", DayType::Holiday, "flat"),
        ] {
            assert_eq!(period_at(&plans, date, day_type, &calendar, "12:00"), expected, "{date}");
        }
    }

    #[test]
    fn a_half_hour_edge_cannot_be_split_from_hourly_readings() {
        let plans = plans(
            r#"{"id": "t", "source": "", "rest": "flat", "base": [{"period": "peak", "windows": ["07:30-10:30"]}]}"#,
        );
        let plans = plans.unwrap();
        assert_eq!(plans.plans[0].stretches(3600), Err(Clock(450)));
        assert_eq!(plans.plans[0].stretches(900).unwrap().len(), 3);
    }
}
