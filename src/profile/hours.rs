//! Load by clock hour: share of the energy, hour of the week, and ratios of times of day.

use serde::Serialize;

use super::days::DayRow;
use super::indicators::ratio;
use crate::stats;
use crate::time::{DayType, LocalTime};

const HOUR_S: i64 = 3600;

/// Sum and count of the readings in every clock hour of every local day.
pub(super) struct HourTable {
    days: Vec<[(f64, u32); 24]>,
}

impl HourTable {
    /// `None` where the step does not divide an hour.
    pub(super) fn of(local: &LocalTime, load_kw: &[f64], step_s: i64) -> Option<Self> {
        if HOUR_S % step_s != 0 {
            return None;
        }
        let per_hour = (HOUR_S / step_s) as usize;
        let mut days = vec![[(0.0, 0); 24]; local.days().len()];
        for run in local.runs() {
            let Some(hours) = days.get_mut(run.day) else { continue };
            let (mut slot, mut rest) = (run.slot, load_kw.get(run.range.clone()).unwrap_or_default());
            while !rest.is_empty() {
                let (hour, later) = rest.split_at((per_hour - slot % per_hour).min(rest.len()));
                if let Some((sum, count)) = hours.get_mut(slot / per_hour) {
                    for kw in hour {
                        *sum += if kw.is_nan() { 0.0 } else { *kw };
                        *count += u32::from(!kw.is_nan());
                    }
                }
                (slot, rest) = (slot + hour.len(), later);
            }
        }
        Some(Self { days })
    }

    /// Share of the measured energy in each of the 24 clock hours; `None` without positive energy.
    pub(super) fn energy_share(&self) -> Option<Vec<f64>> {
        let by_hour: Vec<f64> = (0..24).map(|hour| self.days.iter().map(|day| day[hour].0).sum()).collect();
        let all: f64 = by_hour.iter().sum();
        (all > 0.0 && by_hour.iter().all(|sum| *sum >= 0.0)).then(|| by_hour.iter().map(|sum| sum / all).collect())
    }

    /// Mean load between two clock hours on the trusted days that `wanted` picks \[kW\].
    fn mean_kw(&self, rows: &[DayRow], from: usize, to: usize, wanted: fn(DayType) -> bool) -> Option<f64> {
        let days = self.days.iter().zip(rows).filter(|(_, row)| row.trusted && wanted(row.day_type));
        let (sum, count) = days
            .flat_map(|(day, _)| &day[from..to])
            .fold((0.0, 0), |(sum, count), hour| (sum + hour.0, count + hour.1));
        (count > 0).then(|| sum / f64::from(count))
    }
}

/// Load by hour of the week, Monday first.
///
/// A clock hour's load is the mean of its readings that are there; the hour that clocks repeat is one
/// hour. `None` stands where an hour of the week has no reading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HourOfWeek {
    /// Mean load, 7 rows of 24 hours \[kW\].
    pub mean_kw: Vec<Vec<Option<f64>>>,
    /// Median load, 7 rows of 24 hours \[kW\].
    pub median_kw: Vec<Vec<Option<f64>>>,
}

impl HourOfWeek {
    pub(super) fn of(local: &LocalTime, hours: &HourTable) -> Self {
        let mut groups: Vec<Vec<f64>> = (0..7 * 24).map(|_| Vec::with_capacity(local.days().len() / 7 + 1)).collect();
        for (day, sums) in local.days().iter().zip(&hours.days) {
            let weekday = day.date.weekday().to_monday_zero_offset() as usize;
            for (hour, (sum, count)) in sums.iter().enumerate().filter(|(_, (_, count))| *count > 0) {
                if let Some(group) = groups.get_mut(weekday * 24 + hour) {
                    group.push(sum / f64::from(*count));
                }
            }
        }
        let week = |cell: fn(&mut Vec<f64>) -> Option<f64>, groups: &mut [Vec<f64>]| {
            groups.chunks_mut(24).map(|day| day.iter_mut().map(cell).collect()).collect()
        };
        Self {
            mean_kw: week(|hour| (!hour.is_empty()).then(|| hour.iter().sum::<f64>() / hour.len() as f64), &mut groups),
            median_kw: week(|hour| stats::median(hour), &mut groups),
        }
    }
}

/// Ratios of mean loads on trusted days; absent where either load is unknown, the first is negative,
/// or the second is below a millionth of the maximum.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Ratios {
    /// Weekend over workday.
    pub weekend_workday: Option<f64>,
    /// Holiday over workday.
    pub holiday_workday: Option<f64>,
    /// Make-up workday over workday.
    pub makeup_workday: Option<f64>,
    /// 01:00–05:00 over 15:00–19:00, all days (`n2d` of VISDOM).
    pub night_day: Option<f64>,
    /// 12:00–13:00 over 10:00–11:00, workdays and make-up workdays.
    pub lunch_morning: Option<f64>,
}

impl Ratios {
    pub(super) fn of(rows: &[DayRow], hours: Option<&HourTable>, max_kw: Option<f64>) -> Self {
        let floor_kw = max_kw.unwrap_or(0.0) * 1e-6;
        let over = |a: Option<f64>, b: Option<f64>| ratio(a, b.filter(|kw| *kw > floor_kw));
        let of_type = |day_type: DayType| {
            let of_type = rows.iter().filter(|row| row.day_type == day_type).filter_map(|row| row.mean_kw);
            let (sum, count) = of_type.fold((0.0, 0), |(sum, count), kw| (sum + kw, count + 1));
            (count > 0).then(|| sum / f64::from(count))
        };
        let workday = of_type(DayType::Workday);
        let between = |from, to, wanted| hours.and_then(|hours| hours.mean_kw(rows, from, to, wanted));
        Self {
            weekend_workday: over(of_type(DayType::Weekend), workday),
            holiday_workday: over(of_type(DayType::Holiday), workday),
            makeup_workday: over(of_type(DayType::MakeupWorkday), workday),
            night_day: over(between(1, 5, |_| true), between(15, 19, |_| true)),
            lunch_morning: over(between(12, 13, DayType::is_worked), between(10, 11, DayType::is_worked)),
        }
    }
}
