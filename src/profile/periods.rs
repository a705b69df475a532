//! Months, years and the whole period: what load-characteristic tables give for them.

use std::ops::Range;

use serde::Serialize;

use super::days::{DayRow, DayScan};
use super::indicators::{is_one_year, ratio};
use super::trust::doubt;
use super::{Reason, Settings};
use crate::quality::MonthVerdict;
use crate::time::{DAY_S, LocalTime, TimeAxis};

/// Indicators of a month, a calendar year or the whole period.
///
/// Where less of the period is there than `min_present` of the settings, or the verdict of its months leaves its values open
/// (a stuck meter, placeholders, a changed multiplier: [`crate::quality`]), every number but `measured_kwh` is absent, `trusted`
/// is false and `reason` says why. Daily numbers rest on the trusted days only, so neither a partial day nor a day with gaps
/// gives a minimum. Definitions follow the usual tables of Chinese utilities; where these differ, the choice is said at the field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Period {
    /// `2018-11`, `2018` or `all`.
    pub label: String,
    /// First instant of the readings in it, UTC seconds.
    pub start: i64,
    /// End of the readings in it, UTC seconds.
    pub end: i64,
    /// Whole readings over the readings that the whole month or year has; for `all`, over the
    /// intervals between the first and the last reading.
    pub present: f64,
    /// Whether enough is there.
    pub trusted: bool,
    /// Why the numbers are absent.
    pub reason: Option<Reason>,
    /// Trusted days.
    pub days: usize,
    /// Energy that was measured, trusted or not \[kWh\].
    pub measured_kwh: Option<f64>,
    /// Energy \[kWh\]; what gaps hide is not added.
    pub kwh: Option<f64>,
    /// Mean load \[kW\].
    pub mean_kw: Option<f64>,
    /// Highest load \[kW\].
    pub max_kw: Option<f64>,
    /// Start of the earliest interval with the highest load, UTC seconds.
    pub max_start: Option<i64>,
    /// Load factor: mean over maximum of the period.
    pub load_factor: Option<f64>,
    /// Mean daily energy \[kWh\].
    pub mean_daily_kwh: Option<f64>,
    /// Mean daily load (平均日负荷): mean over days of the daily mean load \[kW\].
    pub mean_daily_load_kw: Option<f64>,
    /// Mean over days of the daily load rate (平均日负荷率), not the same as `load_factor`.
    pub mean_daily_load_rate: Option<f64>,
    /// Lowest daily minimum load rate (最小日最小负荷率): of one day, not minimum over maximum of the period.
    pub lowest_daily_min_load_rate: Option<f64>,
    /// Largest daily peak-valley difference (最大日峰谷差) \[kW\].
    pub max_daily_peak_valley_kw: Option<f64>,
    /// Mean over days of the daily peak-valley rate (平均日峰谷差率).
    pub mean_daily_peak_valley_rate: Option<f64>,
    /// Unbalance coefficient (不均衡系数): mean daily energy over the largest daily energy. Some tables
    /// use the day of maximum load instead.
    pub unbalance: Option<f64>,
    /// Season unbalance coefficient (季不均衡系数): mean of the monthly maxima over the year's maximum;
    /// only with twelve trusted months.
    pub season_unbalance: Option<f64>,
    /// Energy over maximum load \[h\]; only for one (nearly) whole year.
    pub utilisation_hours: Option<f64>,
}

/// What a period is made of.
struct Frame<'a> {
    axis: &'a TimeAxis,
    scans: &'a [DayScan],
    rows: &'a [DayRow],
    min_present: f64,
}

impl Frame<'_> {
    fn period(
        &self,
        label: String,
        days: Range<usize>,
        readings: Range<usize>,
        expected: usize,
        doubt: Option<Reason>,
    ) -> Period {
        let scans = self.scans.get(days.clone()).unwrap_or_default();
        let rows = self.rows.get(days).unwrap_or_default();
        let all = scans.iter().copied().reduce(DayScan::and).unwrap_or_default();
        let present = all.present as f64 / expected.max(1) as f64;
        let reason = match all.present {
            0 => Some(Reason::AllMissing),
            _ if present < self.min_present => Some(Reason::TooFewReadings),
            _ => doubt,
        };
        let trusted = reason.is_none();
        let gate = |value: Option<f64>| value.filter(|_| trusted);
        let mean = |pick: fn(&DayRow) -> Option<f64>| {
            let (sum, count) = rows.iter().filter_map(pick).fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
            (trusted && count > 0).then(|| sum / f64::from(count))
        };
        let extreme = |pick: fn(&DayRow) -> Option<f64>, best: fn(f64, f64) -> f64| {
            gate(rows.iter().filter_map(pick).reduce(best))
        };
        let max = all.max.filter(|_| trusted);
        let max_kw = max.map(|at| at.kw);
        let mean_daily_kwh = mean(|row| row.kwh);
        let year = is_one_year(
            readings.len() as f64 * self.axis.step_h(),
            all.present as f64 * self.axis.step_h(),
            self.min_present,
        );
        Period {
            label,
            start: self.axis.instant(readings.start),
            end: self.axis.instant(readings.end),
            present,
            trusted,
            reason,
            days: rows.iter().filter(|row| row.trusted).count(),
            measured_kwh: all.kwh,
            kwh: gate(all.kwh),
            mean_kw: gate(all.mean_kw()),
            max_kw,
            max_start: max.map(|at| self.axis.instant(at.index)),
            load_factor: ratio(gate(all.mean_kw()), max_kw),
            mean_daily_kwh,
            mean_daily_load_kw: mean(|row| row.mean_kw),
            mean_daily_load_rate: mean(|row| row.load_rate),
            lowest_daily_min_load_rate: extreme(|row| row.min_load_rate, f64::min),
            max_daily_peak_valley_kw: extreme(|row| row.peak_valley_kw, f64::max),
            mean_daily_peak_valley_rate: mean(|row| row.peak_valley_rate),
            unbalance: ratio(mean_daily_kwh, extreme(|row| row.kwh, f64::max)),
            season_unbalance: None,
            utilisation_hours: ratio(gate(all.kwh).filter(|_| year), max_kw),
        }
    }
}

/// Months, calendar years and the whole period.
pub(super) fn periods(
    axis: &TimeAxis,
    local: &LocalTime,
    scans: &[DayScan],
    rows: &[DayRow],
    verdicts: &[MonthVerdict],
    settings: &Settings,
) -> (Vec<Period>, Vec<Period>, Period) {
    let frame = Frame { axis, scans, rows, min_present: settings.min_present };
    let doubt_of = |months: Range<usize>| doubt(verdicts.get(months).unwrap_or_default());
    let months: Vec<Period> = local
        .months()
        .iter()
        .enumerate()
        .map(|(at, month)| {
            let doubt = doubt_of(at..at + 1);
            frame.period(month.label(), month.days.clone(), month.range.clone(), month.expected, doubt)
        })
        .collect();

    let mut years = Vec::new();
    let mut at = 0;
    for group in local.months().chunk_by(|a, b| a.first.year() == b.first.year()) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        // Months that no reading touches are missing too; they have their ordinary number of slots.
        let touched_days: i64 = group.iter().map(|month| i64::from(month.first.days_in_month())).sum();
        let untouched_days = i64::from(first.first.days_in_year()) - touched_days;
        let untouched = (untouched_days * DAY_S / axis.step_s()).max(0) as usize;
        let expected = group.iter().map(|month| month.expected).sum::<usize>() + untouched;
        let label = format!("{:04}", first.first.year());
        let (days, range) = (first.days.start..last.days.end, first.range.start..last.range.end);
        let mut year = frame.period(label, days, range, expected, doubt_of(at..at + group.len()));
        year.season_unbalance = season_unbalance(months.get(at..at + group.len()).unwrap_or_default(), &year);
        at += group.len();
        years.push(year);
    }

    let mut all = frame.period("all".to_owned(), 0..scans.len(), 0..axis.len(), axis.len(), doubt_of(0..months.len()));
    all.season_unbalance = season_unbalance(&months, &all);
    (months, years, all)
}

fn season_unbalance(months: &[Period], year: &Period) -> Option<f64> {
    let maxima: Vec<f64> = months.iter().filter_map(|month| month.max_kw).collect();
    let mean_kw = (maxima.len() == 12 && months.len() <= 13).then(|| maxima.iter().sum::<f64>() / 12.0);
    ratio(mean_kw, year.max_kw)
}
