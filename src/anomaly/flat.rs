//! Readings that do not move: what the detectors of stuck meters and of lost supply share.

use std::ops::Range;

use super::Expected;
use super::ordinary::upper_quantile;

/// Readings are equal within this share of the usual load.
const EQUAL_SHARE: f64 = 1e-6;
/// Equal readings in a row count from this length on \[h\] (as in the score; measured on labelled meters).
pub(super) const LEAST_H: f64 = 6.0;
/// Zeros in a row count from this length on \[h\] (engineering: shorter ones are dips).
const LEAST_ZERO_H: f64 = 2.0;
/// A run is long from this many times the 95 % quantile of the meter's own runs (trap: coarse readings repeat).
const TIMES_USUAL: f64 = 3.0;
/// Quantile of the runs that are the meter's own.
const USUAL_QUANTILE: f64 = 0.95;
/// A run that was expected to move by this share of the usual load should not have stood still.
const SWING_SHARE: f64 = 0.10;
/// Zeros say something where at least this share of the usual load was expected (engineering).
const EXPECTED_SHARE: f64 = 0.01;

/// A long run of equal readings.
#[derive(Debug, Clone)]
pub(super) struct FlatRun {
    /// Its intervals, all read.
    pub range: Range<usize>,
    /// The value that repeats \[kW\].
    pub kw: f64,
}

impl FlatRun {
    /// Whether nothing at all is read.
    pub(super) fn is_zero(&self, typical_kw: f64) -> bool {
        self.kw.abs() <= EQUAL_SHARE * typical_kw
    }
}

/// Runs that are longer than the meter's own, where the load was expected to move or to be there.
///
/// A meter whose readings hardly ever repeat needs no expectation: a quarter of a day of one value is no load.
pub(super) fn flat_runs(load_kw: &[f64], expected: &Expected, typical_kw: f64, step_h: f64) -> Vec<FlatRun> {
    // A reading that repeats nothing is no run, and most are such.
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut alone = 0;
    let mut start = 0;
    for at in 1..=load_kw.len() {
        let goes_on = at < load_kw.len() && (load_kw[at] - load_kw[at - 1]).abs() <= EQUAL_SHARE * typical_kw;
        if !goes_on {
            if at - start > 1 {
                runs.push(start..at);
            } else if !load_kw[start].is_nan() {
                alone += 1;
            }
            start = at;
        }
    }
    let usual = usual_length(&runs, alone);
    let mean = |range: &Range<usize>| {
        let (sum, count) = expected.kw[range.clone()]
            .iter()
            .filter(|kw| !kw.is_nan())
            .fold((0.0, 0usize), |(sum, count), kw| (sum + kw, count + 1));
        sum / count as f64
    };
    let swings = |range: &Range<usize>| {
        let (low, high) = expected.kw[range.clone()]
            .iter()
            .filter(|kw| !kw.is_nan())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), kw| (kw.min(low), kw.max(high)));
        high - low > SWING_SHARE * typical_kw
    };
    runs.into_iter()
        .map(|range| FlatRun { kw: load_kw[range.start], range })
        .filter(|run| {
            let hours = run.range.len() as f64 * step_h;
            let is_long = run.range.len() as f64 > TIMES_USUAL * usual;
            if run.is_zero(typical_kw) {
                return is_long && hours >= LEAST_ZERO_H && mean(&run.range) >= EXPECTED_SHARE * typical_kw;
            }
            let is_known = !mean(&run.range).is_nan();
            is_long && is_known && hours >= LEAST_H && (usual <= 1.0 || swings(&run.range))
        })
        .collect()
}

/// Quantile of the length of the run around every reading, of which so many are alone.
fn usual_length(runs: &[Range<usize>], alone: usize) -> f64 {
    let count = alone + runs.iter().map(Range::len).sum::<usize>();
    // Where readings hardly ever repeat nothing need be sorted.
    if alone as f64 > USUAL_QUANTILE * count as f64 + 1.0 {
        return 1.0;
    }
    let mut lengths: Vec<f64> = vec![1.0; alone];
    for run in runs {
        lengths.resize(lengths.len() + run.len(), run.len() as f64);
    }
    upper_quantile(&mut lengths, USUAL_QUANTILE).unwrap_or(1.0)
}
