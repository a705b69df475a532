//! Spans that are billed: calendar months or from one meter reading to the next.

use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::tariff::{Tariff, fail};
use crate::error::Result;
use crate::readings::Readings;
use crate::time::Day;

/// Which spans are billed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingPeriods {
    /// Local calendar months.
    #[default]
    Months,
    /// From each meter-reading date to before the next.
    ReadingDates(Vec<Date>),
}

/// A billing period of some readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BillingPeriod {
    pub(crate) from: Date,
    pub(crate) until: Date,
    /// Local days that the readings touch.
    pub(crate) days: Range<usize>,
    /// Intervals.
    pub(crate) range: Range<usize>,
    /// Intervals that the period has, with those that the readings do not reach.
    pub(crate) expected: usize,
    /// Whether the readings reach over the whole period.
    pub(crate) is_whole: bool,
}

/// The billing periods that the readings touch, ascending.
///
/// # Errors
/// Meter-reading dates that do not ascend, or fewer than two.
pub(crate) fn billing_periods(
    tariff: &Tariff,
    readings: &Readings,
    periods: &BillingPeriods,
) -> Result<Vec<BillingPeriod>> {
    let days = readings.local().days();
    let month = |month: &crate::time::Month| BillingPeriod {
        from: month.first,
        until: month.first.last_of_month().tomorrow().unwrap_or(month.first),
        days: month.days.clone(),
        range: month.range.clone(),
        expected: month.expected,
        is_whole: month.is_whole(),
    };
    let dates = match periods {
        BillingPeriods::Months => return Ok(readings.local().months().iter().map(month).collect()),
        BillingPeriods::ReadingDates(dates) => dates,
    };
    if dates.len() < 2 || dates.windows(2).any(|pair| pair[0] >= pair[1]) {
        let list = dates.iter().map(Date::to_string).collect::<Vec<_>>().join(", ");
        let problem = format!("found meter-reading dates {list:?}, expected at least two, ascending");
        return Err(fail(&tariff.sheet().id, Some("reading_dates".to_owned()), problem));
    }
    let step_s = readings.axis().step_s();
    let of_dates = dates.windows(2).filter_map(|pair| {
        let (from, until) = (pair[0], pair[1]);
        let at = |date: Date| days.partition_point(|day| day.date < date);
        let within = at(from)..at(until);
        let (first, last): (&Day, &Day) = (days.get(within.start)?, days.get(within.end.checked_sub(1)?)?);
        if within.is_empty() {
            return None;
        }
        let touched = &days[within.clone()];
        let is_whole = first.date == from
            && last.date.tomorrow().is_ok_and(|next| next == until)
            && first.is_whole()
            && last.is_whole();
        let beyond = super::account::days_between(from, until) - touched.len() as i64;
        let expected =
            touched.iter().map(|day| day.expected).sum::<usize>() + (beyond * 86_400 / step_s).max(0) as usize;
        Some(BillingPeriod { from, until, range: first.range.start..last.range.end, days: within, expected, is_whole })
    });
    Ok(of_dates.collect())
}
