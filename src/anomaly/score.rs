//! How far every interval is from ordinary, in one number to rank by.

use std::ops::Range;

use super::ordinary::{Ordinary, TAIL_QUANTILE, upper_quantile};
use super::sums::Sums;
use crate::site::Site;

/// What is flagged: a score above it (measured on labelled meters; 3.8 to 5 are alike).
pub const SCORE_FLAGGED: f64 = 4.0;

/// One interval's share in the means: a single wild hour among seven stays below [`EXCURSION_Z`].
const Z_CEILING: f64 = 10.0;
/// A shift, a night \[h\] (measured; 5 to 9 are alike).
const SHORT_H: f64 = 7.0;
/// A whole day \[h\]: days off that were none, outages over a weekend.
const LONG_H: f64 = 25.0;
/// Weight of the day-long mean: a day needs a mean z of 5 where a shift needs 4.
const LONG_WEIGHT: f64 = 0.8;
/// The [`TAIL_QUANTILE`] of the means counts at most this much, so that no meter, however irregular, has a tenth of
/// its hours flagged.
const IRREGULAR_Z: f64 = 3.0;
/// Intervals in a row whose short mean passes this with one sign are one excursion.
const EXCURSION_Z: f64 = 1.5;
/// Weight of one hour's own z: flagged from 10 on.
const SPIKE_WEIGHT: f64 = 0.4;
/// A spike is an hour's mean and not a quarter-hour's noise \[h\].
const SPIKE_H: f64 = 1.0;
/// Equal readings in a row, zeros among them, count from this length on \[h\] …
const FLAT_LEAST_H: f64 = 6.0;
/// … and from this many times the 95 % quantile of the meter's own runs …
const FLAT_TIMES: f64 = 3.0;
/// … where what is ordinary moves by this share of the base: a flat night is no fault.
const FLAT_SWING: f64 = 0.10;
/// Readings are equal within this share of the base.
const FLAT_EQUAL: f64 = 1e-6;
/// Score of a flat run, and what it gains an hour: six hours are flagged just so, a day scores 7.5.
const FLAT_SCORE: f64 = 3.5;
const FLAT_SCORE_PER_H: f64 = 1.0 / 6.0;

/// Score of every interval, from 0; above [`SCORE_FLAGGED`] it is far from ordinary.
///
/// Ordinary is the median of the same slot on the same kind of day (worked, Saturday, other days off) over the whole
/// time, with a spread of its own: the largest of 1.4826 × MAD, a sixth of the 90 % quantile of the absolute residual
/// and 10 % of the base load. The score is the largest of the signed z averaged over seven and over 25 hours, the z of a
/// single hour and, for a value that does not move where it ordinarily does, a score that grows with its length; what
/// belongs to one excursion is lifted towards its peak. It ranks intervals of one meter and of several; it names no cause.
///
/// Zero where a reading is missing, where nothing can be said (fewer than four values of a slot), and everywhere with
/// fewer than two weeks of days, without load, or with a load of another length than the axis. Source: median and MAD
/// of the slot, signed smoothing, spike and flat-run terms after the measured prototypes on labelled meters of LEAD 1.0;
/// day-long means, excursions and the guard of irregular meters are engineering.
///
/// ```
/// use std::sync::Arc;
/// use wattlens::anomaly::{SCORE_FLAGGED, score};
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::site::{Contract, Site};
/// use wattlens::time::{Calendar, TimeAxis, Zone};
/// // Eight weeks at 50 kW, and three hours at 200 kW.
/// let axis = TimeAxis::new(1_704_038_400, 3600, 24 * 56, Zone::named("Asia/Shanghai")?)?;
/// let mut kwh = vec![50.0; 24 * 56];
/// kwh[500..503].fill(200.0);
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)])?;
/// let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default())?;
/// let score = score(&site, &site.readings().load_kw());
/// assert!(score[500..503].iter().all(|one| *one > SCORE_FLAGGED));
/// assert!(score[..480].iter().all(|one| *one == 0.0));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn score(site: &Site, load_kw: &[f64]) -> Vec<f64> {
    let len = site.readings().axis().len();
    let ordinary = if load_kw.len() == len { Ordinary::of(site, load_kw) } else { None };
    let Some(ordinary) = ordinary else { return vec![0.0; len] };
    let per_h = 3600.0 / site.readings().axis().step_s() as f64;
    let mut z: Vec<f64> = load_kw
        .iter()
        .zip(ordinary.kw.iter().zip(&ordinary.spread_kw))
        .map(|(load, (kw, s))| (load - kw) / s)
        .collect();
    let sums = Sums::of(z.iter().map(|z| z.clamp(-Z_CEILING, Z_CEILING)));
    let mut short = sums.means(SHORT_H, per_h);
    let long = sums.means(LONG_H, per_h);
    let worth = |at: usize| if z[at].is_nan() { 0.0 } else { short[at].abs().max(LONG_WEIGHT * long[at].abs()) };
    let mut score: Vec<f64> = (0..len).map(worth).collect();

    let mut judged: Vec<f64> = score.iter().zip(&z).filter(|(_, z)| !z.is_nan()).map(|(score, _)| *score).collect();
    let wider = upper_quantile(&mut judged, TAIL_QUANTILE).map_or(1.0, |tail| (tail / IRREGULAR_Z).max(1.0));
    for one in [&mut score, &mut short, &mut z] {
        one.iter_mut().for_each(|one| *one /= wider);
    }
    for sign in [1.0, -1.0] {
        for range in runs(len, |at| !z[at].is_nan() && sign * short[at] > EXCURSION_Z) {
            // Edges come to the geometric mean of themselves and the peak.
            let peak = score[range.clone()].iter().copied().fold(0.0, f64::max);
            score[range].iter_mut().for_each(|one| *one = (*one * peak).sqrt());
        }
    }
    let hours = Sums::of(z.iter().copied()).means(SPIKE_H, per_h);
    for ((score, hour), z) in score.iter_mut().zip(hours).zip(&z) {
        if !z.is_nan() {
            *score = score.max(SPIKE_WEIGHT * hour.abs());
        }
    }
    raise_flat_runs(&mut score, load_kw, &ordinary, per_h);
    score
}

/// Runs of equal readings that are longer than the meter's own, where what is ordinary moves.
fn raise_flat_runs(score: &mut [f64], load_kw: &[f64], ordinary: &Ordinary, per_h: f64) {
    let is_equal = |at: usize| (load_kw[at + 1] - load_kw[at]).abs() <= FLAT_EQUAL * ordinary.base_kw;
    let flat: Vec<Range<usize>> =
        runs(load_kw.len().saturating_sub(1), is_equal).map(|run| run.start..run.end + 1).collect();
    // Length of the run around every reading that is there, without sorting them one by one.
    let mut lengths: Vec<f64> = vec![1.0; load_kw.iter().filter(|kw| !kw.is_nan()).count()];
    let mut at = 0;
    for run in &flat {
        lengths[at..at + run.len()].fill(run.len() as f64);
        at += run.len();
    }
    let usual = upper_quantile(&mut lengths, 0.95).unwrap_or(1.0);
    for run in flat {
        let long_enough = run.len() as f64 >= FLAT_LEAST_H * per_h && run.len() as f64 > FLAT_TIMES * usual;
        let (low, high) = ordinary.kw[run.clone()]
            .iter()
            .filter(|kw| !kw.is_nan())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), kw| (kw.min(low), kw.max(high)));
        if long_enough && high - low > FLAT_SWING * ordinary.base_kw {
            let worth = FLAT_SCORE + FLAT_SCORE_PER_H * run.len() as f64 / per_h;
            score[run].iter_mut().for_each(|one| *one = one.max(worth));
        }
    }
}

/// Stretches in which something holds.
fn runs(len: usize, holds: impl Fn(usize) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < len && !holds(at) {
            at += 1;
        }
        let start = at;
        while at < len && holds(at) {
            at += 1;
        }
        (start < at).then_some(start..at)
    })
}
