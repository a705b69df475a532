//! What is odd in the readings of a register: which of them do not fit, and what is said of it.

use super::raw::{RawRows, local_text};
use super::register::{Reading, Register, multiplier_change};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Period};
use crate::time::Zone;

/// Damaged readings that differ among themselves are looked for over so many rows: a day of quarter hours.
const LOOK: usize = 96;
/// A jump that is taken back has more than so many times the usual rate.
const UNUSUAL: f64 = 1.5;
/// So many equal readings before a jump are a register whose readings were not renewed.
const FROZEN: usize = 4;
/// The jump after them has more than so many times the usual largest rate.
const FROZEN_JUMP: f64 = 20.0;

/// What a pair of readings shows beside ordinary energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Odd {
    /// Past its last digit, the register begins again at zero.
    Rollover,
    /// It begins at another reading: set back, or another meter.
    Reset,
    /// It runs back, by no more than it could run forward in a day.
    Reverse,
    /// It runs forward by far more than ever else (飞走).
    Runaway,
    /// Readings between these two fit neither; they are left out.
    Damaged,
    /// Readings between these two repeat the first while the register went on.
    Frozen,
    /// Two readings of one instant.
    Differing,
}

/// An odd pair of readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Oddity {
    pub odd: Odd,
    pub before: Reading,
    pub after: Reading,
    /// Energy between them, the multiplier in it, where it can be told or was claimed.
    pub energy: Option<f64>,
}

impl Odd {
    fn code(self) -> (&'static str, Severity) {
        match self {
            Self::Rollover => ("register.rollover", Severity::Info),
            Self::Reset => ("register.reset", Severity::Medium),
            Self::Reverse => ("register.reverse", Severity::Medium),
            Self::Runaway => ("register.runaway", Severity::High),
            Self::Damaged => ("register.odd_reading", Severity::Low),
            Self::Frozen => ("register.frozen", Severity::Low),
            Self::Differing => ("register.differing", Severity::Medium),
        }
    }
}

/// The readings without those that fit neither the ones before nor after: a zero or a jump that is taken back, and
/// repeats of a reading while the register went on.
pub(super) fn fitting(readings: &[Reading], oddities: &mut Vec<Oddity>) -> Vec<Reading> {
    let mut kept: Vec<Reading> = Vec::with_capacity(readings.len());
    let usual = usual_rate(readings, 0.9);
    let mut next = 0;
    while let Some(reading) = readings.get(next).copied() {
        if let Some(top) = kept.last().copied().filter(|top| reading.value < top.value) {
            if let Some(fits) = before_jump_up(&kept, reading, usual) {
                if let Some(before) = kept.get(fits).copied() {
                    oddities.push(Oddity { odd: Odd::Damaged, before, after: reading, energy: None });
                }
                kept.truncate(fits + 1);
            } else if let Some(back) = back_from_below(readings, next, top, usual) {
                if let Some(after) = readings.get(back).copied() {
                    oddities.push(Oddity { odd: Odd::Damaged, before: top, after, energy: None });
                }
                next = back;
                continue;
            }
        }
        kept.push(reading);
        next += 1;
    }
    without_frozen(kept, oddities)
}

/// A quantile of the rates at which the register rises, per second.
fn usual_rate(readings: &[Reading], share: f64) -> f64 {
    let rates = readings.windows(2).map(|pair| (pair[1].value - pair[0].value) / (pair[1].at - pair[0].at) as f64);
    let mut rates: Vec<f64> = rates.filter(|rate| *rate >= 0.0).collect();
    crate::stats::sort(&mut rates);
    crate::stats::quantile_sorted(&rates, share).unwrap_or(0.0)
}

/// The last kept reading that `reading` continues, where those after it jumped up and are taken back by it.
fn before_jump_up(kept: &[Reading], reading: Reading, usual: f64) -> Option<usize> {
    let from = kept.len().saturating_sub(LOOK);
    let fits = from + kept.get(from..)?.iter().rposition(|before| before.value <= reading.value)?;
    let jumped = kept.get(fits + 1..)?;
    let highest = jumped.iter().map(|one| one.value).fold(f64::NEG_INFINITY, f64::max);
    let (from, to) = (kept.get(fits)?, jumped.first()?);
    let jump = to.value - from.value;
    let is_unusual = jump > UNUSUAL * usual * (to.at - from.at) as f64;
    (is_unusual && jump >= 0.5 * (highest - reading.value)).then_some(fits)
}

/// Where the register stands at or above `top` again, by a jump as large as the fall before; `low` is the first
/// reading below.
fn back_from_below(readings: &[Reading], low: usize, top: Reading, usual: f64) -> Option<usize> {
    let first = readings.get(low)?.value;
    // A placeholder such as zero may last for days.
    let other = low + readings.get(low..)?.iter().position(|one| one.value != first)?;
    let jumps_at = |back: usize| {
        let (from, to) = (readings.get(back.checked_sub(1)?)?, readings.get(back)?);
        let jump = to.value - from.value;
        (jump > UNUSUAL * usual * (to.at - from.at) as f64).then_some(jump)
    };
    if readings.get(other)?.value >= top.value {
        return jumps_at(other).map(|_| other);
    }
    let back = low + readings.get(low..)?.iter().take(LOOK).position(|one| one.value >= top.value)?;
    let below = readings.get(low..back)?;
    let lowest = below.iter().map(|one| one.value).fold(f64::INFINITY, f64::min);
    (jumps_at(back)? >= 0.5 * (top.value - lowest)).then_some(back)
}

/// Leaves out repeats of a reading that end in a jump with the energy of all the time since the first of them.
fn without_frozen(kept: Vec<Reading>, oddities: &mut Vec<Oddity>) -> Vec<Reading> {
    let rate = |a: &Reading, b: &Reading| (b.value - a.value) / (b.at - a.at) as f64;
    let usual = usual_rate(&kept, 0.99);
    if usual <= 0.0 || !kept.windows(2).any(|pair| rate(&pair[0], &pair[1]) > FROZEN_JUMP * usual) {
        return kept;
    }
    let mut fitting: Vec<Reading> = Vec::with_capacity(kept.len());
    for reading in kept {
        if let Some(last) = fitting.last().copied()
            && rate(&last, &reading) > FROZEN_JUMP * usual
        {
            let equal = fitting.iter().rev().take_while(|one| one.value == last.value).count();
            let first = fitting.len() - equal;
            if let Some(before) = fitting.get(first).copied()
                && equal > FROZEN
                && rate(&before, &reading) <= 1.5 * usual
            {
                fitting.truncate(first + 1);
                oddities.push(Oddity { odd: Odd::Frozen, before, after: reading, energy: None });
            }
        }
        fitting.push(reading);
    }
    fitting
}

/// The period for evidence: nothing for the total.
pub(super) fn period_fact(period: Period) -> Option<&'static str> {
    (period != Period::Total).then(|| period.name())
}

impl Register {
    /// What is odd about it, one Finding a kind.
    pub(super) fn findings(&self, rows: &RawRows, zone: &Zone) -> Vec<Finding> {
        let mut oddities = self.oddities.clone();
        oddities.sort_by_key(|one| (one.odd, one.before.at));
        let about = |code: &str, severity: Severity| {
            Finding::new(code, severity)
                .with("channel", self.channel.name())
                .with("period", period_fact(self.period))
                .with("column", self.name.clone())
        };
        let mut findings: Vec<Finding> = oddities
            .chunk_by(|a, b| a.odd == b.odd)
            .filter_map(|alike| {
                let (first, last) = (alike.first()?, alike.last()?);
                let (code, severity) = first.odd.code();
                let energy = first.energy.map(|_| alike.iter().filter_map(|one| one.energy).sum::<f64>());
                let mut finding = about(code, severity)
                    .at(first.before.at, last.after.at.max(first.before.at))
                    .with("count", alike.len())
                    .with("before", first.before.value)
                    .with("after", first.after.value)
                    .with("start", local_text(zone, first.before.at))
                    .with("end", local_text(zone, first.after.at))
                    .with("line", rows.line(first.after.row))
                    .with("energy", energy)
                    .with("unit", self.channel.unit());
                if self.channel == Channel::IMPORT_KWH && first.odd == Odd::Runaway {
                    finding.kwh = energy;
                }
                Some(finding)
            })
            .collect();
        if let Some(change) = multiplier_change(&self.steps) {
            let finding = about("register.multiplier_change", Severity::High)
                .at(change.at, change.at)
                .with("start", local_text(zone, change.at).get(..10).map(str::to_owned))
                .with("ratio", change.ratio)
                .with("before_per_day", change.before_per_day)
                .with("after_per_day", change.after_per_day)
                .with("unit", self.channel.unit());
            findings.push(finding);
        }
        findings
    }
}
