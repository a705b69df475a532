//! The table of days, from one pass over the readings.

use jiff::civil::Date;
use serde::Serialize;

use super::Activity;
use super::indicators::ratio;
use super::order::{highest, lowest};
use crate::readings::Channel;
use crate::site::Site;
use crate::time::DayType;

/// A power and the interval that has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct At {
    pub(super) kw: f64,
    pub(super) index: usize,
}

/// Sums and extremes of the readings of one day, whole or not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DayScan {
    /// Energy of every value that is there, also of incomplete intervals \[kWh\].
    pub(super) kwh: Option<f64>,
    /// Sum of the power of whole intervals \[kW\].
    pub(super) kw_sum: f64,
    /// Number of whole intervals.
    pub(super) present: usize,
    pub(super) max: Option<At>,
    pub(super) min: Option<At>,
}

impl DayScan {
    /// Both together; of equal extremes the one of `self` stays.
    pub(super) fn and(self, later: Self) -> Self {
        let pick = |a: Option<At>, b: Option<At>, better: fn(f64, f64) -> bool| match (a, b) {
            (Some(a), Some(b)) => Some(if better(b.kw, a.kw) { b } else { a }),
            (a, b) => a.or(b),
        };
        Self {
            kwh: self.kwh.map_or(later.kwh, |kwh| Some(kwh + later.kwh.unwrap_or(0.0))),
            kw_sum: self.kw_sum + later.kw_sum,
            present: self.present + later.present,
            max: pick(self.max, later.max, |b, a| b > a),
            min: pick(self.min, later.min, |b, a| b < a),
        }
    }

    pub(super) fn mean_kw(&self) -> Option<f64> {
        (self.present > 0).then(|| self.kw_sum / self.present as f64)
    }
}

/// Sum and count of the values that are not NaN.
pub(super) fn sum_present(values: &[f64]) -> (f64, usize) {
    // Four sums at once: one alone waits for each addition. The order is fixed, so the bits are too.
    let (mut sums, mut missing) = ([0.0; 4], 0);
    let mut add = |sum: &mut f64, value: f64| {
        *sum += if value.is_nan() { 0.0 } else { value };
        missing += usize::from(value.is_nan());
    };
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for (sum, value) in sums.iter_mut().zip(four) {
            add(sum, *value);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        add(sum, *value);
    }
    ((sums[0] + sums[1]) + (sums[2] + sums[3]), values.len() - missing)
}

/// Scans the readings of every local day.
pub(super) fn scan(site: &Site, load_kw: &[f64]) -> Vec<DayScan> {
    let energy = site.readings().series(Channel::IMPORT_KWH).map_or(&[][..], |series| series.values());
    let days = site.readings().local().days().iter();
    days.map(|day| {
        let load = load_kw.get(day.range.clone()).unwrap_or_default();
        let (kwh, measured) = sum_present(energy.get(day.range.clone()).unwrap_or_default());
        let (kw_sum, present) = sum_present(load);
        let at = |(kw, at): (f64, usize)| At { kw, index: day.range.start + at };
        DayScan {
            kwh: (measured > 0).then_some(kwh),
            kw_sum,
            present,
            max: highest(load).map(at),
            min: lowest(load).map(at),
        }
    })
    .collect()
}

/// One local day. Numbers that a partial day or a day with gaps cannot give are absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayRow {
    /// Local date.
    pub date: Date,
    /// First instant, UTC seconds.
    pub start: i64,
    /// Type by the calendar.
    pub day_type: DayType,
    /// What the day looks like, whatever the calendar says.
    pub activity: Activity,
    /// Whole readings over the readings that the whole local day (23, 24 or 25 hours) has.
    pub present: f64,
    /// Whether the readings cover the whole day and enough of it is there; all below rests on it.
    pub trusted: bool,
    /// Energy that was measured, also of a partial day \[kWh\]; the days sum to the total.
    pub measured_kwh: Option<f64>,
    /// Energy of the day \[kWh\]; what gaps hide is not added.
    pub kwh: Option<f64>,
    /// Mean load \[kW\].
    pub mean_kw: Option<f64>,
    /// Highest load \[kW\].
    pub max_kw: Option<f64>,
    /// Start of the earliest interval with the highest load, UTC seconds.
    pub max_start: Option<i64>,
    /// Lowest load \[kW\].
    pub min_kw: Option<f64>,
    /// Start of the earliest interval with the lowest load, UTC seconds.
    pub min_start: Option<i64>,
    /// Daily load rate (日负荷率): mean over maximum.
    pub load_rate: Option<f64>,
    /// Daily minimum load rate (日最小负荷率): minimum over maximum; absent where the minimum is negative.
    pub min_load_rate: Option<f64>,
    /// Peak-valley difference (峰谷差): maximum minus minimum \[kW\].
    pub peak_valley_kw: Option<f64>,
    /// Peak-valley rate (峰谷差率): difference over maximum; absent where the minimum is negative.
    pub peak_valley_rate: Option<f64>,
}

/// The table of all local days that the readings touch.
pub(super) fn table(site: &Site, scans: &[DayScan], activity: &[Activity], min_present: f64) -> Vec<DayRow> {
    let axis = site.readings().axis();
    let days = site.readings().local().days();
    let known = days.iter().zip(site.day_types()).zip(activity).zip(scans);
    known
        .map(|(((day, &day_type), &activity), scan)| {
            let present = scan.present as f64 / day.expected.max(1) as f64;
            let trusted = day.is_whole() && scan.present > 0 && present >= min_present;
            let max = scan.max.filter(|_| trusted);
            let min = scan.min.filter(|_| trusted);
            let mean_kw = scan.mean_kw().filter(|_| trusted);
            let (max_kw, min_kw) = (max.map(|at| at.kw), min.map(|at| at.kw));
            let peak_valley_kw = max_kw.zip(min_kw).map(|(max, min)| max - min);
            let natural = min_kw.is_some_and(|kw| kw >= 0.0);
            DayRow {
                date: day.date,
                start: day.start,
                day_type,
                activity,
                present,
                trusted,
                measured_kwh: scan.kwh,
                kwh: scan.kwh.filter(|_| trusted),
                mean_kw,
                max_kw,
                max_start: max.map(|at| axis.instant(at.index)),
                min_kw,
                min_start: min.map(|at| axis.instant(at.index)),
                load_rate: ratio(mean_kw, max_kw),
                min_load_rate: ratio(min_kw, max_kw),
                peak_valley_kw,
                peak_valley_rate: ratio(peak_valley_kw.filter(|_| natural), max_kw),
            }
        })
        .collect()
}
