//! A clock that is not that of the site: `quality.clock_drift` where the shape of the day stands earlier or later than in the
//! rest of the readings for weeks, or where the stamps of a register that is read daily drift steadily.
//!
//! The shape of each week is moved against the median week by up to `most_shift_h`: it is shifted where it then fits `better`
//! times as well (1 − correlation) with a correlation of `least_correlation`, for `min_weeks` weeks on end. Days are those of the wall clock, so a
//! clock change moves nothing by itself; a meter that does not follow it is an hour off from then on (`clock_change`: an hour,
//! beginning or ending in March, April, September, October or November). A plant that changes its hours, as with summer and
//! winter time tables, looks the same: low. Stamps: the straight line through how late they are explains `least_fit` of it and
//! comes to more than `tolerance_s`; low, from 10 minutes medium.
//!
//! Evidence: `stamps` (which of the two), `source` (channel or series), `lag_minutes` (positive for later), `weeks`, `correlation`,
//! `correlation_unshifted`, `clock_change`; of stamps `drift_s` in all, `seconds_a_day`.

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::stamps::DailyStamps;
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Readings, SpanSeries};
use crate::stats;
use crate::time::DAY_S;

const MOST_SHIFT_H: Number =
    Number { highest: 6.0, ..Number::new("most_shift_h", 3.0, "largest shift looked for [h] (engineering)") };
const MIN_WEEKS: Number =
    Number { lowest: 1.0, ..Number::new("min_weeks", 2.0, "weeks on end with the same shift (engineering)") };
const BETTER: Number = Number::new("better", 3.0, "how many times better the shifted shape has to fit (engineering)");
const LEAST_CORRELATION: Number =
    Number::share("least_correlation", 0.9, "correlation of the shifted shape (engineering)");
const TOLERANCE_S: Number = Number::new("tolerance_s", 180.0, "drift of stamps in all [s] (3 min, recalled)");
const LEAST_FIT: Number = Number::share("least_fit", 0.8, "share of the stamps' lateness on a line (engineering)");

/// Fewest weeks to have a usual one, and fewest whole days of a week that counts.
const FEWEST_WEEKS: usize = 4;
const FEWEST_DAYS: usize = 4;
/// A shape with a smaller spread over its mean has no peaks to compare.
const LEAST_SPREAD: f64 = 0.05;
/// A week that fits as well as that stands where it should.
const FITS: f64 = 0.99;
/// Cells of a day at most: quarters of an hour.
const MOST_CELLS: usize = 96;

pub(super) const RULE: Rule = Rule {
    name: "clock_drift",
    looks_at: "shape of the day in each week; stamps of daily registers",
    on: true,
    numbers: &[MOST_SHIFT_H, MIN_WEEKS, BETTER, LEAST_CORRELATION, TOLERANCE_S, LEAST_FIT],
    source: "clock check of meter-data systems; lag of the day profile (engineering)",
    codes: &["quality.clock_drift"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let readings = prepared.readings();
    let drifts = readings.spans().0.iter().filter_map(|series| {
        let stamps = DailyStamps::of(series, prepared.axis().zone())?;
        Some(drift(series, &stamps, numbers))
    });
    let drifts: Vec<Option<Finding>> = drifts.collect();
    let weeks = weeks(readings);
    if drifts.is_empty() && weeks.len() < FEWEST_WEEKS {
        return Err("readings.weeks");
    }
    let mut found: Vec<Finding> = Vec::new();
    for one in drifts.into_iter().flatten() {
        // Registers that are read together drift together: one Finding.
        if found.iter().all(|known| known.span != one.span) {
            found.push(one);
        }
    }
    if weeks.len() >= FEWEST_WEEKS {
        found.extend(shifts(readings, &weeks, numbers));
    }
    Ok(found)
}

/// How far the stamps of a series drift, by least squares.
fn drift(series: &SpanSeries, stamps: &DailyStamps, numbers: &Numbers) -> Option<Finding> {
    let (first, last) = (*stamps.instants.first()?, *stamps.instants.last()?);
    let n = stamps.instants.len() as f64;
    let points =
        || stamps.instants.iter().map(|at| (at - first) as f64 / DAY_S as f64).zip(stamps.late_s.iter().copied());
    let (mean_x, mean_y) = points().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let moment = |f: fn(f64, f64) -> f64| points().map(|(x, y)| f(x - mean_x, y - mean_y)).sum::<f64>();
    let (xx, yy, xy) = (moment(|x, _| x * x), moment(|_, y| y * y), moment(|x, y| x * y));
    let a_day = xy / xx;
    let drift_s = a_day * (last - first) as f64 / DAY_S as f64;
    let drifts = drift_s.abs() > numbers.get(&TOLERANCE_S) && xy * xy >= numbers.get(&LEAST_FIT) * xx * yy;
    if !drifts {
        return None;
    }
    let severity = if drift_s.abs() >= 600.0 { Severity::Medium } else { Severity::Low };
    Some(
        Finding::new("quality.clock_drift", severity)
            .at(first, last)
            .with("stamps", true)
            .with("source", series.name())
            .with("drift_s", drift_s)
            .with("seconds_a_day", a_day),
    )
}

/// The mean day of a week, less its mean and of length one.
struct Week {
    start: i64,
    end: i64,
    /// Place among the weeks of the readings.
    number: usize,
    month: i8,
    shape: Vec<f64>,
}

fn weeks(readings: &Readings) -> Vec<Week> {
    let slots = readings.axis().slots_per_day();
    let (cells, Some(one)) = (slots.min(MOST_CELLS), readings.series(Channel::IMPORT_KWH)) else { return Vec::new() };
    if cells < 24 {
        return Vec::new();
    }
    let cell_of: Vec<usize> = (0..slots).map(|slot| slot * cells / slots).collect();
    let (values, days) = (one.whole(), readings.local().days());
    let mut runs = readings.local().runs().iter().peekable();
    let mut weeks = Vec::new();
    for (number, week) in days.chunks(7).enumerate() {
        let (Some(first), Some(last)) = (week.first(), week.last()) else { continue };
        let (mut shape, mut whole) = (vec![0.0; cells], 0usize);
        for (at, day) in week.iter().enumerate() {
            let energies = values.get(day.range.clone()).unwrap_or_default();
            // A day of another length would weigh some hours more; it is one in half a year.
            let counts = day.is_whole() && day.expected == slots && !energies.iter().any(|kwh| kwh.is_nan());
            whole += usize::from(counts);
            while let Some(run) = runs.next_if(|run| run.day == number * 7 + at) {
                let part = values.get(run.range.clone()).unwrap_or_default();
                for (kwh, cell) in part.iter().zip(cell_of.iter().skip(run.slot)).filter(|_| counts) {
                    if let Some(sum) = shape.get_mut(*cell) {
                        *sum += kwh;
                    }
                }
            }
        }
        if whole >= FEWEST_DAYS.min(week.len()) && whole > 0 && normalise(&mut shape) {
            weeks.push(Week { start: first.start, end: last.end, number, month: first.date.month(), shape });
        }
    }
    weeks
}

/// Takes the mean away and scales to length one; `false` where there is no shape.
fn normalise(shape: &mut [f64]) -> bool {
    let n = shape.len() as f64;
    let mean = shape.iter().sum::<f64>() / n;
    shape.iter_mut().for_each(|cell| *cell -= mean);
    let norm = shape.iter().map(|cell| cell * cell).sum::<f64>().sqrt();
    shape.iter_mut().for_each(|cell| *cell /= norm);
    norm > LEAST_SPREAD * mean.abs() * n.sqrt() && norm > 0.0
}

/// A week that stands off, by how many cells, and its correlations.
struct Shifted<'a> {
    week: &'a Week,
    lag: i64,
    correlation: f64,
    unshifted: f64,
}

fn shifts(readings: &Readings, weeks: &[Week], numbers: &Numbers) -> Vec<Finding> {
    let Some(cells) = weeks.first().map(|week| week.shape.len()) else { return Vec::new() };
    let median = |cell: usize| {
        let mut across: Vec<f64> = weeks.iter().filter_map(|week| week.shape.get(cell).copied()).collect();
        stats::median(&mut across).unwrap_or(0.0)
    };
    let mut usual: Vec<f64> = (0..cells).map(median).collect();
    let norm = usual.iter().map(|cell| cell * cell).sum::<f64>().sqrt();
    usual.iter_mut().for_each(|cell| *cell /= norm);
    // Twice over, so that moving it is looking at a window of it.
    usual.extend_from_within(..);

    let most = (numbers.get(&MOST_SHIFT_H) * cells as f64 / 24.0) as i64;
    let fit = |week: &Week, lag: i64| {
        let from = usize::try_from((-lag).rem_euclid(cells as i64)).unwrap_or(0);
        week.shape.iter().zip(usual.iter().skip(from)).map(|(a, b)| a * b).sum::<f64>()
    };
    let mut groups: Vec<Vec<Shifted<'_>>> = Vec::new();
    for week in weeks {
        let unshifted = fit(week, 0);
        if unshifted >= FITS {
            continue;
        }
        let lags = (-most..=most).map(|lag| (lag, fit(week, lag)));
        let Some((lag, correlation)) = lags.max_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        let is_better = (1.0 - unshifted) >= numbers.get(&BETTER) * (1.0 - correlation);
        if lag == 0 || correlation < numbers.get(&LEAST_CORRELATION) || !is_better {
            continue;
        }
        let shifted = Shifted { week, lag, correlation, unshifted };
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| follows(last, &shifted)) => group.push(shifted),
            _ => groups.push(vec![shifted]),
        }
    }
    groups.retain(|group| group.len() as f64 >= numbers.get(&MIN_WEEKS));
    groups.iter().filter_map(|group| finding(readings, group, cells)).collect()
}

fn follows(last: &Shifted<'_>, next: &Shifted<'_>) -> bool {
    // A holiday week between, whose shape is its own, does not end it.
    last.week.number + 2 >= next.week.number
        && (last.lag - next.lag).abs() <= 1
        && last.lag.signum() == next.lag.signum()
}

fn finding(readings: &Readings, group: &[Shifted<'_>], cells: usize) -> Option<Finding> {
    let (first, last) = (group.first()?, group.last()?);
    let n = group.len() as f64;
    let mean = |pick: fn(&Shifted<'_>) -> f64| group.iter().map(pick).sum::<f64>() / n;
    let lag = mean(|one| one.lag as f64).round();
    let lag_minutes = lag * 1440.0 / cells as f64;
    let at_change = |week: &Week| matches!(week.month, 3 | 4 | 9 | 10 | 11);
    let clock_change = lag_minutes.abs() == 60.0 && (at_change(first.week) || at_change(last.week));
    let (start, end) = (first.week.start.max(readings.axis().start()), last.week.end.min(readings.axis().end()));
    Some(
        Finding::new("quality.clock_drift", Severity::Low)
            .at(start, end)
            .with("stamps", false)
            .with("source", Channel::IMPORT_KWH.name())
            .with("lag_minutes", lag_minutes)
            .with("weeks", group.len())
            .with("correlation", mean(|one| one.correlation))
            .with("correlation_unshifted", mean(|one| one.unshifted))
            .with("clock_change", clock_change),
    )
}
