//! One meter under two names.

use super::over;
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Readings};

/// Correlation from which on two meters may be one (the series of a plant and of its share differ more).
pub const CLONE_CORRELATION: f64 = 0.999;
/// What may remain when one is scaled to the other, as a share of it (engineering).
pub const CLONE_RESIDUAL: f64 = 0.01;
/// Fewest intervals that both have (engineering: a week of hours).
pub const CLONE_INTERVALS: usize = 168;

/// `quality.clones` for every two meters whose import energy is the same series but for a constant factor: a copy, a feed that
/// is measured twice, or one meter exported with two multipliers.
///
/// Correlation above [`CLONE_CORRELATION`] and a residual below [`CLONE_RESIDUAL`] over at least [`CLONE_INTERVALS`] common
/// intervals; meters of different steps or grids are not compared, and neither is a constant series. Medium. Evidence:
/// `meter`, `other` (their names, or their places from 1), `ratio` (of the second to the first), `correlation`, `intervals`.
/// For n meters n²/2 comparisons. Source: engineering.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let meter = |factor: f64| {
///     let axis = TimeAxis::new(0, 3600, 240, Zone::named("UTC")?)?;
///     let kwh = (0..240).map(|hour| factor * (5.0 + f64::from(hour * 7 % 24))).collect();
///     Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)])
/// };
/// let found = wattlens::quality::clones(&[&meter(1.0)?, &meter(40.0)?]);
/// assert_eq!((found.len(), &found[0].evidence["ratio"]), (1, &40.0.into()));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn clones(meters: &[&Readings]) -> Vec<Finding> {
    let name = |at: usize, one: &Readings| one.meter().map_or_else(|| format!("{}", at + 1), str::to_owned);
    let mut found = Vec::new();
    for (first, a) in meters.iter().enumerate() {
        for (second, b) in meters.iter().enumerate().skip(first + 1) {
            let Some(alike) = compare(a, b) else { continue };
            let start = a.axis().index_from(b.axis().start());
            let end = a.axis().index_from(b.axis().end());
            found.push(
                over(a.axis(), &(start..end), "quality.clones", Severity::Medium)
                    .with("meter", name(first, a))
                    .with("other", name(second, b))
                    .with("ratio", alike.ratio)
                    .with("correlation", alike.correlation)
                    .with("intervals", alike.intervals),
            );
        }
    }
    found
}

struct Alike {
    ratio: f64,
    correlation: f64,
    intervals: usize,
}

fn compare(a: &Readings, b: &Readings) -> Option<Alike> {
    let step_s = a.axis().step_s();
    let apart_s = b.axis().start() - a.axis().start();
    if b.axis().step_s() != step_s || apart_s % step_s != 0 {
        return None;
    }
    let (x, y) = (a.series(Channel::IMPORT_KWH)?.whole(), b.series(Channel::IMPORT_KWH)?.whole());
    let apart = apart_s / step_s;
    let x = x.get(usize::try_from(apart.max(0)).ok()?..)?;
    let y = y.get(usize::try_from((-apart).max(0)).ok()?..)?;
    let both = || x.iter().zip(y).filter(|(x, y)| !(*x + *y).is_nan());
    let (mut n, mut sum_x, mut sum_y, mut xx, mut yy, mut xy) = (0usize, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in both() {
        n += 1;
        sum_x += x;
        sum_y += y;
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if n < CLONE_INTERVALS {
        return None;
    }
    let count = n as f64;
    let (var_x, var_y) = (xx - sum_x * sum_x / count, yy - sum_y * sum_y / count);
    let correlation = (xy - sum_x * sum_y / count) / (var_x * var_y).sqrt();
    // NaN, as of a constant series, is above nothing.
    let is_alike = correlation > CLONE_CORRELATION && var_x > 1e-9 * xx && var_y > 1e-9 * yy;
    let ratio = xy / xx;
    let residual = (1.0 - xy * xy / (xx * yy)).max(0.0).sqrt();
    (is_alike && residual < CLONE_RESIDUAL).then_some(Alike { ratio, correlation, intervals: n })
}
