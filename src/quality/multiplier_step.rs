//! The multiplier (综合倍率, CT × PT) or the unit changed: `quality.multiplier_step` where the daily energy steps by a ratio that
//! multipliers have (5, 10, 20 … 200, or 1000 as between Wh and kWh) while the shape of the day and of the week stays as it was.
//!
//! A shutdown, a holiday or a season changes the shape; a multiplier does not. Looked at are the hours of the import energy, and
//! registers and energies that are read daily, whose shape is their tariff periods' shares and the days of the week. A load so
//! even that it has no shape cannot tell a multiplier from a shutdown and is left alone.
//!
//! High: from the step on, or before it, every number is wrong. It spans from the step to the next one, or to the end. Evidence:
//! `source` (channel or series), `factor`, `ratio` as measured (below 1 for a step down), `up`, `unit_jump` (a factor of 1000),
//! `before_daily_kwh`, `after_daily_kwh`, `shape_distance` (0 to 1), `date` of the step (local).

use super::local_text;
use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::shape::{ShapeDay, of_load, of_series};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Period, SpanKind};
use crate::stats;

const TOLERANCE: Number =
    Number::share("tolerance", 0.1, "how far the measured ratio may be from that of a multiplier (engineering)");
const MOST_DISTANCE: Number = Number::share(
    "most_distance",
    0.1,
    "half the sum of differences of the hours' shares; spread of the days' ratios (engineering)",
);
const LEAST_SHAPE: Number =
    Number::share("least_shape", 0.05, "distance of the shape from an even one that it has to have (engineering)");

/// Ratios that current and voltage transformers give, and that of Wh to kWh.
const FACTORS: &[f64] =
    &[5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 120.0, 150.0, 160.0, 200.0, 1000.0];
/// Days on either side that are compared, and the fewest of them.
const WINDOW: usize = 14;
const FEWEST: usize = 7;
/// Days on either side of a step that are left out: where it lies is known to that.
const UNSURE: usize = 3;
/// Smallest ratio that is looked at more closely.
const SMALLEST: f64 = 4.5;
/// Smallest ratio of means with which the medians are asked.
const ROUGHLY: f64 = 2.0;

pub(super) const RULE: Rule = Rule {
    name: "multiplier_step",
    looks_at: "level and shape of daily import energy, of daily registers and energies",
    on: true,
    numbers: &[TOLERANCE, MOST_DISTANCE, LEAST_SHAPE],
    source: "multiplier check of meter-data systems",
    codes: &["quality.multiplier_step"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let readings = prepared.readings();
    let mut sources: Vec<(String, Vec<ShapeDay>)> = Vec::new();
    if let Some(days) = prepared.days() {
        sources.push((Channel::IMPORT_KWH.name().to_owned(), of_load(readings, days)));
    }
    for kind in [SpanKind::Register, SpanKind::Energy] {
        if let Some(total) = readings.spans().series(Channel::IMPORT_KWH, kind, Period::Total) {
            sources.push((total.name(), of_series(readings, total)));
        }
    }
    sources.retain(|(_, days)| days.len() >= 2 * FEWEST + 2 * UNSURE);
    if sources.is_empty() {
        return Err("readings.weeks");
    }
    let mut found = Vec::new();
    for (source, days) in &sources {
        let steps = steps(days, numbers);
        for (at, step) in steps.iter().enumerate() {
            let next = steps.get(at + 1).map_or(days.len(), |next| next.first);
            let (Some(first), Some(last)) = (days.get(step.first), days.get(next - 1)) else { continue };
            found.push(
                Finding::new("quality.multiplier_step", Severity::High)
                    .at(first.start, last.end)
                    .with("source", source.clone())
                    .with("factor", step.factor)
                    .with("ratio", step.ratio)
                    .with("up", step.ratio > 1.0)
                    .with("unit_jump", step.factor == 1000.0)
                    .with("before_daily_kwh", step.before_kwh)
                    .with("after_daily_kwh", step.after_kwh)
                    .with("shape_distance", step.distance)
                    .with("date", local_text(prepared.axis(), first.start)),
            );
        }
    }
    Ok(found)
}

struct Step {
    /// First day of the new level.
    first: usize,
    factor: f64,
    ratio: f64,
    before_kwh: f64,
    after_kwh: f64,
    distance: f64,
}

fn steps(days: &[ShapeDay], numbers: &Numbers) -> Vec<Step> {
    let level = |days: &[ShapeDay]| stats::median(&mut days.iter().map(|day| day.kwh).collect::<Vec<f64>>());
    let mut sums = vec![0.0];
    sums.extend(days.iter().scan(0.0, |sum, day| {
        *sum += day.kwh;
        Some(*sum)
    }));
    let mean = |from: usize, to: usize| Some((sums.get(to)? - sums.get(from)?) / (to - from) as f64);
    let ratio_at = |at: usize| {
        let (from, to) = (at.saturating_sub(WINDOW), days.len().min(at + WINDOW));
        // Sums are cheap, medians are not: most days are far from any step.
        let rough = mean(at, to)? / mean(from, at)?;
        if rough < ROUGHLY && rough > 1.0 / ROUGHLY {
            return None;
        }
        let before = level(days.get(from..at)?)?;
        let after = level(days.get(at..to)?)?;
        (before > 0.0 && after > 0.0).then(|| (after / before).ln())
    };
    let mut steps: Vec<Step> = Vec::new();
    let mut at = FEWEST;
    while at + FEWEST <= days.len() {
        let is_large = |at: usize| ratio_at(at).filter(|ratio| ratio.abs() >= SMALLEST.ln());
        if is_large(at).is_none() {
            at += 1;
            continue;
        }
        let end = (at..=days.len() - FEWEST).find(|at| is_large(*at).is_none()).unwrap_or(days.len() - FEWEST + 1);
        // The days that stand for a step lie around it evenly.
        let middle = usize::midpoint(at, end - 1);
        steps.extend(judge(days, middle, numbers));
        at = end;
    }
    steps
}

fn judge(days: &[ShapeDay], middle: usize, numbers: &Numbers) -> Option<Step> {
    let before = days.get(middle.saturating_sub(UNSURE + WINDOW)..middle.checked_sub(UNSURE)?)?;
    let after = days.get(middle + UNSURE..days.len().min(middle + UNSURE + WINDOW))?;
    if before.len() < FEWEST || after.len() < FEWEST {
        return None;
    }
    // Each day against every day of the same weekday on the other side: a holiday among them is outvoted.
    let pairs = before.iter().flat_map(|day| after.iter().map(move |other| (day, other)));
    let alike = pairs.filter(|(day, other)| day.weekday == other.weekday);
    let mut logs: Vec<f64> =
        alike.map(|(day, other)| (other.kwh / day.kwh).ln()).filter(|log| log.is_finite()).collect();
    if logs.len() < FEWEST {
        return None;
    }
    let log = stats::median(&mut logs)?;
    let week_shift = stats::median(&mut logs.iter().map(|one| (one - log).abs()).collect::<Vec<f64>>())?;
    let (ratio, size) = (log.exp(), log.abs().exp());
    let off = |factor: &f64| (size / factor).ln().abs();
    let factor = FACTORS.iter().copied().min_by(|a, b| off(a).total_cmp(&off(b)))?;
    if (size / factor - 1.0).abs() > numbers.get(&TOLERANCE) {
        return None;
    }

    let (weeks_before, weeks_after) = (by_weekday(before), by_weekday(after));
    let both: Vec<(f64, f64)> =
        weeks_before.iter().zip(&weeks_after).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
    let week = |pick: fn(&(f64, f64)) -> f64| shares(&both.iter().map(pick).collect::<Vec<f64>>());
    let week_shape = unevenness(&week(|pair| pair.0)?).min(unevenness(&week(|pair| pair.1)?));
    let (day_before, day_after) = (shares(&sum_cells(before))?, shares(&sum_cells(after))?);
    let day_shape = unevenness(&day_before).min(unevenness(&day_after));
    let shift = distance(&day_before, &day_after).max(week_shift);
    if shift > numbers.get(&MOST_DISTANCE) || day_shape.max(week_shape) < numbers.get(&LEAST_SHAPE).max(2.0 * shift) {
        return None;
    }
    // Near the step each day belongs to the level that it is nearer to, for its day of the week.
    let belongs_after = |day: &ShapeDay| {
        let of = |weeks: &[Option<f64>; 7]| weeks.get(day.weekday).copied().flatten();
        let (a, b) = (of(&weeks_before), of(&weeks_after));
        let middle = a.or(b.map(|b| b / ratio)).unwrap_or(f64::NAN) * ratio.sqrt();
        (day.kwh > middle) == (ratio > 1.0)
    };
    let last_before = (middle - UNSURE..middle + UNSURE).rev().find(|at| !days.get(*at).is_some_and(belongs_after));
    let first = last_before.map_or(middle - UNSURE, |at| at + 1);
    let level = |days: &[ShapeDay]| days.iter().map(|day| day.kwh).sum::<f64>() / days.len() as f64;
    Some(Step { first, factor, ratio, before_kwh: level(before), after_kwh: level(after), distance: shift })
}

/// Median energy of each day of the week, Monday first.
fn by_weekday(days: &[ShapeDay]) -> [Option<f64>; 7] {
    let of = |weekday: usize| days.iter().filter(move |day| day.weekday == weekday).map(|day| day.kwh);
    std::array::from_fn(|weekday| stats::median(&mut of(weekday).collect::<Vec<f64>>()))
}

fn sum_cells(days: &[ShapeDay]) -> Vec<f64> {
    let mut sums = vec![0.0; days.first().map_or(0, |day| day.cells.len())];
    for day in days {
        sums.iter_mut().zip(&day.cells).for_each(|(sum, cell)| *sum += cell);
    }
    sums
}

/// Parts of the whole; `None` where there is no whole.
fn shares(values: &[f64]) -> Option<Vec<f64>> {
    let sum: f64 = values.iter().sum();
    (sum > 0.0).then(|| values.iter().map(|value| value / sum).collect())
}

/// Half the sum of the differences: 0 for equal shapes, 1 for shapes that share nothing.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
}

fn unevenness(shares: &[f64]) -> f64 {
    distance(shares, &vec![1.0 / shares.len() as f64; shares.len()])
}
