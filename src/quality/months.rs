//! The months of the import energy that can be compared with each other.

use jiff::civil::Date;

use super::days::Days;
use super::prepared::Prepared;
use crate::readings::Readings;

/// A month with enough whole days.
#[derive(Clone, Copy, Debug)]
pub(super) struct MonthLoad {
    /// First day of the month.
    pub first: Date,
    /// First instant of the month, UTC seconds.
    pub start: i64,
    /// First instant after it, UTC seconds.
    pub end: i64,
    /// Mean energy of its whole days \[kWh\].
    pub daily_kwh: f64,
    /// Highest value of an interval \[kWh\].
    pub highest_kwh: f64,
    /// Length of its intervals \[h\].
    pub step_h: f64,
    /// Whether it is of the readings themselves, not of earlier ones.
    pub is_own: bool,
}

impl MonthLoad {
    /// `2018-11`.
    pub fn label(&self) -> String {
        format!("{:04}-{:02}", self.first.year(), self.first.month())
    }

    /// Months since the year zero.
    pub fn number(&self) -> i32 {
        i32::from(self.first.year()) * 12 + i32::from(self.first.month())
    }
}

/// The months with at least `min_days` whole days, ascending; those of the earlier readings first.
pub(super) fn comparable(prepared: &Prepared<'_>, min_days: f64) -> Vec<MonthLoad> {
    let mut months = Vec::new();
    if let Some(earlier) = prepared.subject.earlier
        && let Some(days) = Days::of(earlier)
    {
        months.extend(of_readings(earlier, &days, min_days, false));
    }
    if let Some(days) = prepared.days() {
        let own = of_readings(prepared.readings(), days, min_days, true);
        months.retain(|earlier: &MonthLoad| own.iter().all(|month| month.number() != earlier.number()));
        months.extend(own);
    }
    months.sort_by_key(MonthLoad::number);
    months
}

fn of_readings(readings: &Readings, days: &Days, min_days: f64, is_own: bool) -> Vec<MonthLoad> {
    let months = readings.local().months().iter().filter_map(|month| {
        let days = days.0.get(month.days.clone())?;
        let (mut count, mut kwh, mut highest_kwh) = (0usize, 0.0, f64::NEG_INFINITY);
        for day in days {
            highest_kwh = highest_kwh.max(day.top[0]);
            if day.is_whole {
                (count, kwh) = (count + 1, kwh + day.kwh);
            }
        }
        (count > 0 && count as f64 >= min_days).then(|| MonthLoad {
            first: month.first,
            start: month.start,
            end: month.end,
            daily_kwh: kwh / count as f64,
            highest_kwh,
            step_h: readings.axis().step_h(),
            is_own,
        })
    });
    months.collect()
}
