//! Day types: workday, weekend, holiday, and the make-up workday of countries that shift days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::LocalTime;
use crate::error::{ErrorKind, Result};

/// What kind of day it is for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayType {
    /// An ordinary working day (工作日).
    Workday,
    /// A day of the weekend (周末).
    Weekend,
    /// A public or own holiday (节假日).
    Holiday,
    /// A weekend day decreed to be worked (调休上班日).
    MakeupWorkday,
}

impl DayType {
    /// All, in the order in which tables show them.
    pub const ALL: [Self; 4] = [Self::Workday, Self::Weekend, Self::Holiday, Self::MakeupWorkday];

    /// Whether people are expected at work.
    #[must_use]
    pub fn is_worked(self) -> bool {
        matches!(self, Self::Workday | Self::MakeupWorkday)
    }

    /// Position in [`DayType::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

/// Which dates are weekend, holiday or make-up workday.
///
/// ```
/// use jiff::civil::date;
/// use wattlens::time::{Calendar, DayType};
/// let calendar = Calendar::weekends().with_holiday(date(2024, 1, 1), "New Year");
/// assert_eq!(calendar.day_type(date(2024, 1, 1))?, DayType::Holiday);
/// assert_eq!(calendar.day_type(date(2024, 1, 6))?, DayType::Weekend);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Where the dates come from, e.g. `CN (holidays 0.109)`.
    pub name: String,
    /// Weekend days as ISO numbers, Monday = 1.
    pub weekend: BTreeSet<i8>,
    /// Holidays with their names.
    pub holidays: BTreeMap<Date, String>,
    /// Dates worked although they fall on a weekend.
    pub makeup_workdays: BTreeSet<Date>,
    /// First and last year that the dates speak for; `None` where they hold for any year.
    pub years: Option<(i16, i16)>,
    /// Years inside `years` whose make-up workdays were not decreed when the dates were taken.
    pub provisional_years: BTreeSet<i16>,
}

impl Calendar {
    /// Saturday and Sunday, no holidays, any year.
    #[must_use]
    pub fn weekends() -> Self {
        Self {
            name: "weekends only".to_owned(),
            weekend: [6, 7].into(),
            holidays: BTreeMap::new(),
            makeup_workdays: BTreeSet::new(),
            years: None,
            provisional_years: BTreeSet::new(),
        }
    }

    /// The same calendar with one more holiday.
    #[must_use]
    pub fn with_holiday(mut self, date: Date, name: &str) -> Self {
        self.holidays.insert(date, name.to_owned());
        self
    }

    /// Type of a date. A make-up workday is one even where the date is also listed as a holiday.
    ///
    /// # Errors
    /// A date in a year that the calendar does not speak for.
    pub fn day_type(&self, date: Date) -> Result<DayType> {
        if let Some((first, last)) = self.years
            && !(first..=last).contains(&date.year())
        {
            return Err(ErrorKind::CalendarYear { calendar: self.name.clone(), year: date.year(), first, last }.into());
        }
        let weekend = self.weekend.contains(&iso_number(date.weekday()));
        Ok(if self.makeup_workdays.contains(&date) {
            if weekend { DayType::MakeupWorkday } else { DayType::Workday }
        } else if self.holidays.contains_key(&date) {
            DayType::Holiday
        } else if weekend {
            DayType::Weekend
        } else {
            DayType::Workday
        })
    }

    /// Type of every local day of an axis.
    ///
    /// # Errors
    /// As [`Calendar::day_type`].
    pub fn day_types(&self, local: &LocalTime) -> Result<Vec<DayType>> {
        local.days().iter().map(|day| self.day_type(day.date)).collect()
    }
}

fn iso_number(weekday: Weekday) -> i8 {
    weekday.to_monday_one_offset()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_makeup_workday_outranks_the_weekend() {
        let mut calendar = Calendar::weekends();
        calendar.makeup_workdays.insert(date(2024, 2, 4)); // a Sunday
        calendar.makeup_workdays.insert(date(2020, 2, 3)); // a Monday taken back from a holiday
        assert_eq!(calendar.day_type(date(2024, 2, 4)).unwrap(), DayType::MakeupWorkday);
        assert_eq!(calendar.day_type(date(2020, 2, 3)).unwrap(), DayType::Workday);
    }

    #[test]
    fn a_year_outside_is_an_error_that_names_it() {
        let calendar = Calendar { years: Some((2018, 2026)), ..Calendar::weekends() };
        let message = calendar.day_type(date(2027, 3, 1)).unwrap_err().to_string();
        assert!(message.contains("2027") && message.contains("2026"), "{message}");
    }
}
