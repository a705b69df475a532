//! Intervals against the register: `quality.sum_check` where the sum of the intervals between two readings of a register
//! differs from their difference times the multiplier; likewise the intervals of a daily or billing energy.
//!
//! Tolerance: the larger of `digits` × multiplier × last digit of the register and `share` of the energy. Only between
//! readings whose stamps lie on the intervals' grid within three minutes and with every interval between them whole.
//! Readings that fall are left to `register_fell`. Energies that were made from the register are not told again: a span of an
//! energy is left out where a register of the channel differs over the same span by the same, within the tolerance.
//!
//! One Finding for consecutive spans that differ, medium, high from 5 %; of more than `most` the largest, and the last
//! says how many `others` there are. Evidence: `series`, `channel`, `spans`, `register_kwh`, `intervals_kwh`,
//! `difference_kwh` (intervals less register), `share`, `multiplier`, `others`. `kwh` is the difference, of active energy.

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::{last_digit, local_text};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Period, Quantity, Readings, SpanKind, SpanSeries};

const DIGITS: Number =
    Number::new("digits", 2.0, "last digits of the register, times the multiplier (sum check, table of the rules)");
const SHARE: Number = Number::share("share", 0.005, "share of the energy (sum check, table of the rules)");
const MOST: Number =
    Number { lowest: 1.0, ..Number::new("most", 20.0, "stretches with a Finding of their own (engineering)") };
/// Stamps this near to the grid are on it [s].
const GRID_S: i64 = 180;
/// From this share on the difference is grave (engineering).
const GRAVE: f64 = 0.05;

pub(super) const RULE: Rule = Rule {
    name: "sum_check",
    looks_at: "sums of intervals against registers and daily energies",
    on: true,
    numbers: &[DIGITS, SHARE, MOST],
    source: "sum check of meter-data systems",
    codes: &["quality.sum_check"],
    run,
};

/// A span of a register with its sums.
#[derive(Clone, Copy)]
struct Sum {
    start: i64,
    end: i64,
    register_kwh: f64,
    intervals_kwh: f64,
    spans: usize,
}

impl Sum {
    fn difference(&self) -> f64 {
        self.intervals_kwh - self.register_kwh
    }

    /// Whether another source says the same of the same span.
    fn is_same(&self, other: &Self, tolerance: f64) -> bool {
        (self.start - other.start).abs() <= GRID_S
            && (self.end - other.end).abs() <= GRID_S
            && (self.difference() - other.difference()).abs() <= tolerance
    }

    fn and(self, next: Self) -> Self {
        Self {
            end: next.end,
            register_kwh: self.register_kwh + next.register_kwh,
            intervals_kwh: self.intervals_kwh + next.intervals_kwh,
            spans: self.spans + next.spans,
            ..self
        }
    }
}

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let readings = prepared.readings();
    let is_total = |series: &&SpanSeries| series.kind != SpanKind::MaximumDemand && series.period == Period::Total;
    let mut pairs: Vec<_> = readings
        .spans()
        .0
        .iter()
        .filter(is_total)
        .filter_map(|series| Some((series, Running::of(readings, series.channel)?)))
        .collect();
    if pairs.is_empty() {
        return Err("readings.registers");
    }
    // Registers first: energies are made from them.
    pairs.sort_by_key(|(series, _)| series.kind != SpanKind::Register);
    let mut found = Vec::new();
    let mut told: Vec<(Channel, Sum)> = Vec::new();
    for (series, running) in &pairs {
        let digit_kwh = last_digit(series.values.iter().map(|one| one.value)) * series.multiplier;
        let mut stretches: Vec<Sum> = Vec::new();
        for sum in sums(series, running) {
            let tolerance = (numbers.get(&DIGITS) * digit_kwh).max(numbers.get(&SHARE) * sum.register_kwh);
            let is_told =
                |(channel, one): &(Channel, Sum)| channel.measures_same(series.channel) && one.is_same(&sum, tolerance);
            if sum.difference().abs() <= tolerance || told.iter().any(is_told) {
                continue;
            }
            if series.kind == SpanKind::Register {
                told.push((series.channel, sum));
            }
            match stretches.last_mut() {
                Some(last) if last.end == sum.start && (last.difference() > 0.0) == (sum.difference() > 0.0) => {
                    *last = last.and(sum);
                }
                _ => stretches.push(sum),
            }
        }
        found.extend(findings(prepared, series, stretches, numbers.get(&MOST) as usize));
    }
    Ok(found)
}

fn findings(prepared: &Prepared<'_>, series: &SpanSeries, mut stretches: Vec<Sum>, most: usize) -> Vec<Finding> {
    stretches.sort_by(|a, b| b.difference().abs().total_cmp(&a.difference().abs()).then(a.start.cmp(&b.start)));
    let others = stretches.split_off(stretches.len().min(most)).len();
    stretches.sort_by_key(|sum| sum.start);
    let last = stretches.len().saturating_sub(1);
    let finding = |(at, sum): (usize, &Sum)| {
        let share = sum.difference() / sum.register_kwh;
        let severity = if share.abs() < GRAVE { Severity::Medium } else { Severity::High };
        let finding = Finding::new("quality.sum_check", severity)
            .at(sum.start, sum.end)
            .with("series", series.name())
            .with("channel", series.channel.name())
            .with("spans", sum.spans)
            .with("start", local_text(prepared.axis(), sum.start))
            .with("register_kwh", sum.register_kwh)
            .with("intervals_kwh", sum.intervals_kwh)
            .with("difference_kwh", sum.difference())
            .with("share", share)
            .with("multiplier", series.multiplier)
            .with("others", (at == last && others > 0).then_some(others));
        if series.channel.quantity == Quantity::ActiveEnergy { finding.kwh(sum.difference()) } else { finding }
    };
    stretches.iter().enumerate().map(finding).collect()
}

/// The spans between the readings of a register, or of an energy, that can be compared.
fn sums(series: &SpanSeries, running: &Running<'_>) -> Vec<Sum> {
    let there = series.values.iter().filter(|one| !one.value.is_nan());
    let spans: Vec<(i64, i64, f64)> = if series.kind == SpanKind::Register {
        let readings: Vec<_> = there.map(|one| (one.span.start, one.value)).collect();
        let pairs = readings.windows(2).map(|pair| (pair[0].0, pair[1].0, (pair[1].1 - pair[0].1) * series.multiplier));
        pairs.collect()
    } else {
        there.map(|one| (one.span.start, one.span.end, one.value)).collect()
    };
    let comparable = spans.into_iter().filter(|(start, end, kwh)| start < end && *kwh >= 0.0);
    let sum = |(start, end, register_kwh)| {
        let intervals_kwh = running.between(start, end)?;
        Some(Sum { start, end, register_kwh, intervals_kwh, spans: 1 })
    };
    comparable.filter_map(sum).collect()
}

/// Running sums of a channel: the energy and the number of whole intervals before each.
struct Running<'a> {
    readings: &'a Readings,
    before: Vec<(f64, usize)>,
}

impl<'a> Running<'a> {
    fn of(readings: &'a Readings, channel: Channel) -> Option<Self> {
        let one = readings.series(channel)?;
        let mut before = Vec::with_capacity(one.values().len() + 1);
        let (mut sum, mut count) = (0.0, 0);
        before.push((sum, count));
        for value in one.whole().iter() {
            if !value.is_nan() {
                (sum, count) = (sum + value, count + 1);
            }
            before.push((sum, count));
        }
        Some(Self { readings, before })
    }

    /// Energy between two instants; `None` where they are off the grid, outside, or an interval is not whole.
    fn between(&self, start: i64, end: i64) -> Option<f64> {
        let (first, last) = (self.place(start)?, self.place(end)?);
        let (before, after) = (self.before.get(first)?, self.before.get(last)?);
        (last > first && after.1 - before.1 == last - first).then_some(after.0 - before.0)
    }

    /// The interval that begins at an instant, within three minutes.
    fn place(&self, instant: i64) -> Option<usize> {
        let axis = self.readings.axis();
        let past_s = instant - axis.start();
        let at = (past_s + axis.step_s() / 2).div_euclid(axis.step_s());
        ((past_s - at * axis.step_s()).abs() <= GRID_S.min(axis.step_s() / 2)).then_some(usize::try_from(at).ok()?)
    }
}
