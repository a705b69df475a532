//! The 12 × 24 tables of a rate: which period every hour of a month's weekdays and weekends belongs to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fields::{Field, Fields, shown};
use crate::error::Result;
use crate::tariff::schedule::{Clock, DayKind, PeriodRule, Schedule, Window};

const MONTHS: usize = 12;
const HOURS: usize = 24;

/// Index of the period of every hour, by month from January on.
type Table = [[usize; HOURS]; MONTHS];

/// The periods of all hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hours {
    weekday: Table,
    weekend: Table,
}

impl Hours {
    /// The tables under two names; where both are absent, one period fills the time.
    ///
    /// # Errors
    /// One table without the other; a table that is not 12 × 24; an index without a rate; no table for several
    /// periods.
    pub(super) fn read(fields: &mut Fields<'_>, weekday: &str, weekend: &str, periods: usize) -> Result<Self> {
        let (weekday_written, weekend_written) = (fields.written(weekday), fields.written(weekend));
        match (fields.take(weekday), fields.take(weekend)) {
            (Some(weekday), Some(weekend)) => {
                Ok(Self { weekday: table(fields, &weekday, periods)?, weekend: table(fields, &weekend, periods)? })
            }
            (None, None) if periods <= 1 => Ok(Self::of_months([0; MONTHS])),
            (found, _) => {
                let absent = if found.is_some() { weekend_written } else { weekday_written };
                let problem = format!(
                    "is absent, expected 12 × 24 indices of {periods} periods; repeat the other table where weekends do \
                     not differ"
                );
                Err(fields.wrong(&absent, problem))
            }
        }
    }

    /// One table for every day.
    ///
    /// # Errors
    /// As [`Hours::read`].
    pub(super) fn read_one(fields: &mut Fields<'_>, name: &str, periods: usize) -> Result<Option<Self>> {
        let Some(field) = fields.take(name) else { return Ok(None) };
        let table = table(fields, &field, periods)?;
        Ok(Some(Self { weekday: table, weekend: table }))
    }

    /// Periods that last for whole months.
    pub(super) fn of_months(months: [usize; MONTHS]) -> Self {
        let table = months.map(|period| [period; HOURS]);
        Self { weekday: table, weekend: table }
    }

    /// Periods of whole months under a name.
    ///
    /// # Errors
    /// Not 12 indices; an index without a rate; no list for several periods.
    pub(super) fn read_months(fields: &mut Fields<'_>, name: &str, periods: usize) -> Result<Self> {
        let Some(Field { written, value }) = fields.take(name) else {
            if periods <= 1 {
                return Ok(Self::of_months([0; MONTHS]));
            }
            let problem = format!("is absent, expected 12 indices of {periods} periods, one a month");
            return Err(fields.wrong(name, problem));
        };
        let row = row(&value, periods).map_err(|(at, problem)| fields.wrong(&format!("{written}{at}"), problem))?;
        Ok(Self::of_months(row))
    }

    /// Indices of the periods that some hour belongs to.
    pub(super) fn used(&self) -> BTreeSet<usize> {
        self.weekday.iter().chain(&self.weekend).flatten().copied().collect()
    }

    /// Indices of the periods of a month, counted from 0.
    pub(super) fn of_month(&self, month: usize) -> BTreeSet<usize> {
        [&self.weekday, &self.weekend].into_iter().filter_map(|table| table.get(month)).flatten().copied().collect()
    }

    /// The first hour of a period, in words.
    pub(super) fn first_hour_of(&self, period: usize) -> String {
        for (days, table) in [("weekday", &self.weekday), ("weekend", &self.weekend)] {
            for (month, row) in table.iter().enumerate() {
                if let Some(hour) = row.iter().position(|one| *one == period) {
                    return format!("month {}, hour {hour} of a {days}", month + 1);
                }
            }
        }
        "no hour".to_owned()
    }

    /// As rules by months and days of the week: these tables know no holidays.
    pub(super) fn schedule(&self, id: &str, name: impl Fn(usize) -> String, source: &str) -> Schedule {
        let base = self.used().into_iter().flat_map(|period| self.rules(period, &name(period))).collect();
        Schedule {
            id: id.to_owned(),
            base,
            rest: None,
            overlays: Vec::new(),
            factors: BTreeMap::new(),
            source: source.to_owned(),
            certainty: crate::tariff::Certainty::Stated,
        }
    }

    /// The rules of one period: equal windows are put together over months, and over weekdays and weekends.
    fn rules(&self, period: usize, name: &str) -> Vec<PeriodRule> {
        type Months = BTreeSet<u8>;
        let mut months: BTreeMap<Vec<Window>, (Months, Months)> = BTreeMap::new();
        for month in 0..MONTHS {
            let number = month as u8 + 1;
            let windows = [windows(&self.weekday[month], period), windows(&self.weekend[month], period)];
            let [weekday, weekend] = windows;
            if !weekday.is_empty() {
                months.entry(weekday).or_default().0.insert(number);
            }
            if !weekend.is_empty() {
                months.entry(weekend).or_default().1.insert(number);
            }
        }
        let mut rules = Vec::new();
        for (windows, (weekday, weekend)) in months {
            let parts = [
                (weekday.intersection(&weekend).copied().collect::<Vec<u8>>(), None),
                (weekday.difference(&weekend).copied().collect(), Some(WEEKDAY)),
                (weekend.difference(&weekday).copied().collect(), Some(WEEKEND)),
            ];
            for (months, days) in parts {
                if !months.is_empty() {
                    rules.push(PeriodRule {
                        period: name.to_owned(),
                        months: (months.len() < MONTHS).then_some(months),
                        days: days.map(<[DayKind]>::to_vec),
                        windows: windows.clone(),
                        ..PeriodRule::default()
                    });
                }
            }
        }
        rules
    }
}

/// Days of the first table.
const WEEKDAY: &[DayKind] =
    &[DayKind::Monday, DayKind::Tuesday, DayKind::Wednesday, DayKind::Thursday, DayKind::Friday];
/// Days of the second table.
const WEEKEND: &[DayKind] = &[DayKind::Saturday, DayKind::Sunday];

/// The windows of a period in a day, as few as possible: one that reaches over both ends crosses midnight.
fn windows(hours: &[usize; HOURS], period: usize) -> Vec<Window> {
    let clock = |hour: usize| Clock(hour as u16 * 60);
    let mut windows = Vec::new();
    let mut from = 0;
    for run in hours.chunk_by(|a, b| a == b) {
        let to = from + run.len();
        if run.first() == Some(&period) {
            windows.push(Window { from: clock(from), to: clock(to) });
        }
        from = to;
    }
    if windows.len() > 1
        && let (Some(first), Some(last)) = (windows.first().copied(), windows.last().copied())
        && first.from == clock(0)
        && last.to == clock(HOURS)
    {
        windows.remove(0);
        if let Some(last) = windows.last_mut() {
            last.to = first.to;
        }
    }
    windows
}

fn table(fields: &Fields<'_>, Field { written, value }: &Field, periods: usize) -> Result<Table> {
    let months = value.as_array().filter(|months| months.len() == MONTHS).ok_or_else(|| {
        let problem = format!("found {}, expected 12 months of 24 hours", size(value, "months"));
        fields.wrong(written, problem)
    })?;
    let mut table = [[0; HOURS]; MONTHS];
    for (month, (of_table, of_file)) in table.iter_mut().zip(months).enumerate() {
        *of_table =
            row(of_file, periods).map_err(|(at, problem)| fields.wrong(&format!("{written}[{month}]{at}"), problem))?;
    }
    Ok(table)
}

/// A row of indices; else where in it, and the problem.
fn row<const N: usize>(value: &Value, periods: usize) -> std::result::Result<[usize; N], (String, String)> {
    let what = if N == HOURS { "hours" } else { "months" };
    let found = value.as_array().filter(|items| items.len() == N);
    let found = found.ok_or_else(|| (String::new(), format!("found {}, expected {N} indices", size(value, what))))?;
    let mut row = [0; N];
    for (at, (of_row, of_file)) in row.iter_mut().zip(found).enumerate() {
        // Some files write indices as 0.0.
        let index = of_file.as_f64().filter(|index| index.fract() == 0.0 && (0.0..periods as f64).contains(index));
        *of_row = index.ok_or_else(|| {
            let problem = format!(
                "found {}, expected the index of one of the {periods} periods that have a rate, counted from 0; add the \
                 rate of that period or correct the index",
                shown(of_file)
            );
            (format!("[{at}]"), problem)
        })? as usize;
    }
    Ok(row)
}

fn size(value: &Value, what: &str) -> String {
    value.as_array().map_or_else(|| shown(value), |items| format!("{} {what}", items.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(windows: Vec<Window>) -> Vec<String> {
        windows.into_iter().map(String::from).collect()
    }

    #[test]
    fn windows_are_as_few_as_possible() {
        let mut hours = [0; HOURS];
        hours[8..12].fill(1);
        hours[16..21].fill(2);
        assert_eq!(texts(windows(&hours, 0)), ["12:00-16:00", "21:00-08:00"]);
        assert_eq!(texts(windows(&hours, 1)), ["08:00-12:00"]);
        assert_eq!(texts(windows(&[3; HOURS], 3)), ["00:00-24:00"]);
        assert_eq!(texts(windows(&hours, 5)), Vec::<String>::new());
    }

    #[test]
    fn equal_windows_are_put_together() {
        let mut weekday = [[0; HOURS]; MONTHS];
        for month in [5, 6, 7, 8] {
            weekday[month][12..18].fill(1);
        }
        let hours = Hours { weekday, weekend: [[0; HOURS]; MONTHS] };
        let schedule = hours.schedule("energy", |period| format!("energy_{}", period + 1), "test");
        let rules: Vec<String> = schedule.base.iter().map(|rule| serde_json::to_string(rule).unwrap()).collect();
        assert_eq!(
            rules,
            [
                // Winter on all days, summer's weekends, summer's weekdays around the peak.
                r#"{"period":"energy_1","months":[1,2,3,4,5,10,11,12],"windows":["00:00-24:00"]}"#,
                r#"{"period":"energy_1","months":[6,7,8,9],"days":["saturday","sunday"],"windows":["00:00-24:00"]}"#,
                r#"{"period":"energy_1","months":[6,7,8,9],"days":["monday","tuesday","wednesday","thursday","friday"],"windows":["18:00-12:00"]}"#,
                r#"{"period":"energy_2","months":[6,7,8,9],"days":["monday","tuesday","wednesday","thursday","friday"],"windows":["12:00-18:00"]}"#,
            ]
        );
    }
}
