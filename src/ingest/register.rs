//! A meter's cumulative register (示值): energy between readings, through rollover, reset and damaged readings.

use super::raw::{RawColumn, RawRows, Role};
use super::register_odd::{Odd, Oddity, fitting};
use crate::error::{ErrorKind, Result};
use crate::finding::Span;
use crate::readings::{Channel, Flag, Period, SpanKind, SpanSeries, SpanValue};
use crate::stats::median;
use crate::time::DAY_S;

/// A register rolls over from above this share of what it can show (engineering).
const NEARLY_FULL: f64 = 0.9;
/// Energy up to so many times the largest rate of the other steps is plausible (engineering).
const PLAUSIBLE: f64 = 1.5;
/// Without any other step, a rollover is believed where it is below this share of the register.
const SMALL_SHARE: f64 = 0.2;
/// A runaway step has more than so many times the rate of any other (engineering).
const RUNAWAY: f64 = 20.0;
/// So many steps are needed to tell a runaway one.
const FEWEST: usize = 24;

/// What a register showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    /// UTC seconds.
    pub at: i64,
    pub value: f64,
    pub flag: Flag,
    pub row: usize,
}

/// The time between two neighbouring readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub start: i64,
    pub end: i64,
    /// Energy, the multiplier in it \[kWh, kvarh\]; `None` where the register does not tell.
    pub energy: Option<f64>,
    pub flag: Flag,
}

impl Step {
    fn length_s(&self) -> f64 {
        (self.end - self.start) as f64
    }
}

/// A column of register readings and what follows from it.
pub(super) struct Register {
    pub channel: Channel,
    pub period: Period,
    pub name: String,
    pub multiplier: f64,
    /// In order of time, one an instant; damaged ones are here, and in no step.
    pub readings: Vec<Reading>,
    pub steps: Vec<Step>,
    pub oddities: Vec<Oddity>,
}

impl Register {
    /// Reads a column of rows at these ascending instants, one a row.
    ///
    /// # Errors
    /// A reading with more digits than the register is said to have.
    pub(super) fn of_column(rows: &RawRows, column: &RawColumn, at: &[i64], digits: Option<u8>) -> Result<Self> {
        let period = match column.role {
            Role::Register(period) => period,
            _ => Period::Total,
        };
        let unit = column.unit.to_quantity(column.channel.quantity, 3600).unwrap_or(f64::NAN);
        let mut oddities = Vec::new();
        let mut readings: Vec<Reading> = Vec::with_capacity(at.len());
        for (row, (at, value)) in at.iter().zip(&column.values).enumerate() {
            if !value.is_finite() {
                continue;
            }
            let flag = column.flags.as_ref().and_then(|flags| flags.get(row)).copied().unwrap_or_default();
            let reading = Reading { at: *at, value: value * unit, flag, row };
            match readings.last_mut() {
                Some(last) if last.at == *at => {
                    if last.value != reading.value {
                        last.flag = Flag::Ambiguous;
                        oddities.push(Oddity { odd: Odd::Differing, before: *last, after: reading, energy: None });
                    }
                }
                _ => readings.push(reading),
            }
        }
        if let Some(digits) = digits {
            let full = 10f64.powi(i32::from(digits)) * unit;
            if let Some(reading) = readings.iter().find(|reading| reading.value >= full) {
                let problem = format!(
                    "the register shows {}, yet register_digits is given as {digits}; expected readings below {}",
                    reading.value / unit,
                    full / unit
                );
                let (source_name, column) = (rows.source_name.clone(), Some(column.name.clone()));
                return Err(ErrorKind::Content { source_name, line: rows.line(reading.row), column, problem }.into());
            }
        }
        let full = digits.map(|digits| 10f64.powi(i32::from(digits)) * unit);
        let kept = fitting(&readings, &mut oddities);
        let steps = steps(&kept, full, unit, column.multiplier, &mut oddities);
        let RawColumn { channel, name, multiplier, .. } = column;
        Ok(Self { channel: *channel, period, name: name.clone(), multiplier: *multiplier, readings, steps, oddities })
    }

    /// The readings as they are, for [`crate::readings::Spans`].
    pub(super) fn span_series(&self) -> SpanSeries {
        let value = |reading: &Reading| SpanValue {
            span: Span { start: reading.at, end: reading.at },
            value: reading.value,
            flag: reading.flag,
            at: None,
        };
        SpanSeries {
            channel: self.channel,
            kind: SpanKind::Register,
            period: self.period,
            multiplier: self.multiplier,
            values: self.readings.iter().map(value).collect(),
        }
    }
}

/// Differences of neighbours, judged.
fn steps(kept: &[Reading], full: Option<f64>, unit: f64, multiplier: f64, oddities: &mut Vec<Oddity>) -> Vec<Step> {
    let largest = kept.iter().map(|reading| reading.value).fold(0.0, f64::max);
    // The fewest digits that show the largest reading.
    let found = 10f64.powi((largest / unit).max(1.0).log10().floor() as i32 + 1) * unit;
    let limits = Limits::of(kept);
    let mut steps = Vec::with_capacity(kept.len());
    for pair in kept.windows(2) {
        let [before, after] = [pair[0], pair[1]];
        let seconds = (after.at - before.at) as f64;
        let difference = after.value - before.value;
        let (odd, energy) = if difference >= 0.0 {
            let is_runaway = difference > limits.runaway_from * seconds;
            if is_runaway { (Some(Odd::Runaway), None) } else { (None, Some(difference)) }
        } else {
            let modulus = full.unwrap_or(found);
            let around = difference + modulus;
            let is_plausible = match limits.largest {
                Some(largest) => around <= PLAUSIBLE * largest * seconds,
                None => full.is_some() && around <= SMALL_SHARE * modulus,
            };
            if before.value > NEARLY_FULL * modulus && is_plausible {
                (Some(Odd::Rollover), Some(around))
            } else if limits.largest.is_some_and(|largest| -difference <= largest * seconds.max(DAY_S as f64)) {
                (Some(Odd::Reverse), None)
            } else {
                (Some(Odd::Reset), None)
            }
        };
        if let Some(odd) = odd {
            let energy = energy.or((odd == Odd::Runaway).then_some(difference)).map(|energy| energy * multiplier);
            oddities.push(Oddity { odd, before, after, energy });
        }
        let flag = before.flag.max(after.flag);
        let energy = energy.map(|energy| energy * multiplier);
        steps.push(Step { start: before.at, end: after.at, energy, flag });
    }
    steps
}

/// Rates that the steps of a register keep, without its multiplier, per second.
struct Limits {
    /// The largest that is no runaway; `None` where no step shows one.
    largest: Option<f64>,
    /// Steps above this one ran away.
    runaway_from: f64,
}

impl Limits {
    fn of(kept: &[Reading]) -> Self {
        let mut rates: Vec<(f64, f64)> = kept
            .windows(2)
            .map(|pair| (pair[1].value - pair[0].value, (pair[1].at - pair[0].at) as f64))
            .filter(|(difference, _)| *difference >= 0.0)
            .map(|(difference, seconds)| (difference / seconds, difference))
            .collect();
        rates.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let none =
            Self { largest: rates.last().map(|last| last.0).filter(|rate| *rate > 0.0), runaway_from: f64::INFINITY };
        if rates.len() < FEWEST {
            return none;
        }
        // A step beyond all others may be a rare load, such as a fire pump's test; a runaway step has besides more
        // energy than all the others together.
        for count in (1..=1 + rates.len() / 500).rev() {
            let (others, top) = rates.split_at(rates.len() - count);
            let Some(largest) = others.last().map(|other| other.0) else { continue };
            let together: f64 = others.iter().map(|other| other.1).sum();
            if largest > 0.0 && top.iter().all(|one| one.0 > RUNAWAY * largest && one.1 > together) {
                return Self { largest: Some(largest), runaway_from: RUNAWAY * largest };
            }
        }
        none
    }
}

/// Ratios of current and voltage transformers, and of their wrong setting, that a multiplier changes by (engineering).
const RATIOS: [f64; 24] = [
    5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 24.0, 25.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 120.0, 150.0, 160.0, 200.0,
    250.0, 300.0, 400.0, 500.0, 1000.0,
];
const WEEK_S: i64 = 7 * DAY_S;

/// A change of the rate that looks like one of the multiplier.
#[derive(Debug, PartialEq)]
pub(super) struct MultiplierChange {
    /// About when: the middle of the week of the change.
    pub at: i64,
    /// Rate after by rate before, as a ratio of transformers or its inverse.
    pub ratio: f64,
    pub before_per_day: f64,
    pub after_per_day: f64,
}

/// Whether the energy of the weeks steps by a transformer's ratio, once and for good.
///
/// Every week on one side must have at least twice the energy of every week on the other, and two weeks stand on
/// each side beside the one of the change.
pub(super) fn multiplier_change(steps: &[Step]) -> Option<MultiplierChange> {
    let origin = steps.first()?.start;
    let mut weeks: Vec<(i64, f64, f64)> = Vec::new();
    for step in steps {
        let Some(energy) = step.energy else { continue };
        let week = (step.start - origin).div_euclid(WEEK_S);
        match weeks.last_mut() {
            Some(last) if last.0 == week => (last.1, last.2) = (last.1 + energy, last.2 + step.length_s()),
            _ => weeks.push((week, energy, step.length_s())),
        }
    }
    let daily: Vec<f64> = weeks.iter().map(|(_, energy, seconds)| energy / seconds * DAY_S as f64).collect();
    let running = |values: &mut dyn Iterator<Item = &f64>| {
        let mut ends = Vec::with_capacity(daily.len());
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for value in values {
            (low, high) = (low.min(*value), high.max(*value));
            ends.push((low, high));
        }
        ends
    };
    let before = running(&mut daily.iter());
    let mut after = running(&mut daily.iter().rev());
    after.reverse();
    // The week of the change belongs to neither side.
    (2..daily.len().saturating_sub(2)).find_map(|change| {
        let ((low_before, high_before), (low_after, high_after)) = (before.get(change - 1)?, after.get(change + 1)?);
        let apart = *low_after > 2.0 * high_before || *low_before > 2.0 * high_after;
        let (before_per_day, after_per_day) =
            (median(&mut daily.get(..change)?.to_vec())?, median(&mut daily.get(change + 1..)?.to_vec())?);
        let ratio = after_per_day / before_per_day;
        let size = ratio.max(1.0 / ratio);
        let nearest = RATIOS.into_iter().min_by(|a, b| (a / size).ln().abs().total_cmp(&(b / size).ln().abs()))?;
        let fits = apart && before_per_day > 0.0 && after_per_day > 0.0 && (nearest / size).ln().abs() < 0.1;
        fits.then(|| MultiplierChange {
            at: origin + weeks.get(change).map_or(0, |week| week.0 * WEEK_S + WEEK_S / 2),
            ratio: if ratio >= 1.0 { nearest } else { 1.0 / nearest },
            before_per_day,
            after_per_day,
        })
    })
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
