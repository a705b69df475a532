//! How far an hour stands out from the hours beside it: what a whole day's level hides from the expectation.

use super::class::{Class, MIN_CLASS_DAYS};
use super::expected::{Expected, center_and_spread, middle_load};
use crate::site::Site;

/// Widths of what may stand out \[h\]: a single hour, and three (as the dips of published injection benches).
const WIDTHS_H: [f64; 2] = [1.0, 3.0];
/// Width of what lies on either side \[h\].
const BESIDE_H: f64 = 1.0;
/// Spread at least this share of the median load, as of the expectation.
const SCALE_FLOOR: f64 = 0.10;
/// The hour itself deviates from the expectation by this z, so that the way back from a deviation is none (engineering).
const OWN_Z: f64 = 1.0;
/// Its own deviation is at least this share of the mean around it (engineering).
const OWN_SHARE: f64 = 0.5;

/// For every interval the larger of both widths' contrasts, in spreads of its kind of day and slot; 0 where it cannot be said
/// or where the deviation itself is smaller than `least_kw` or has another sign.
///
/// A contrast is the mean deviation of the intervals around minus that of the hours before and after them. A day that runs
/// higher or lower as a whole has none, and so an irregular plant does not hide a single hour.
pub(super) fn contrast(
    site: &Site,
    load_kw: &[f64],
    expected: &Expected,
    classes: &[Class],
    least_kw: f64,
) -> Vec<f64> {
    let len = load_kw.len();
    let per_h = 3600.0 / site.readings().axis().step_s() as f64;
    let sums = Sums::of(load_kw.iter().zip(&expected.kw).map(|(load, kw)| load - kw));
    let floor_kw = SCALE_FLOOR * middle_load(load_kw);
    let beside = (BESIDE_H * per_h).round().max(1.0) as usize;
    let mut best = vec![0.0f64; len];
    for width_h in WIDTHS_H {
        let half = (width_h * per_h - 1.0).max(0.0) as usize / 2;
        let means = |at: usize| -> Option<(f64, f64)> {
            let (from, to) = (at.checked_sub(half)?, at + half + 1);
            let before = sums.mean(from.checked_sub(beside)?, from)?;
            let after = sums.mean(to, to + beside)?;
            let own = sums.mean(from, to)?;
            Some((own, own - (before + after) / 2.0))
        };
        let both: Vec<(f64, f64)> = (0..len).map(|at| means(at).unwrap_or((f64::NAN, f64::NAN))).collect();
        let scale = scales(site, &both, classes, floor_kw);
        for at in 0..len {
            let (own_kw, contrast_kw) = both[at];
            let stands_out = contrast_kw / scale[at];
            // A high hour lifts the mean around its neighbours: they stand out only by their own deviation.
            let share = (load_kw[at] - expected.kw[at]) / own_kw;
            let deviates = share >= OWN_SHARE
                && own_kw.abs() >= least_kw.max(OWN_Z * expected.scale_kw[at])
                && own_kw * contrast_kw > 0.0;
            if deviates && stands_out.abs() > best[at].abs() {
                best[at] = stands_out;
            }
        }
    }
    best
}

/// Robust spread of the contrast of every interval's kind of day and slot; of a kind with few days that of all.
fn scales(site: &Site, both: &[(f64, f64)], classes: &[Class], floor_kw: f64) -> Vec<f64> {
    let local = site.readings().local();
    let slots = site.readings().axis().slots_per_day();
    let mut kinds: Vec<Class> = Vec::new();
    for class in classes {
        if !kinds.contains(class) {
            kinds.push(*class);
        }
    }
    let mut gathered: Vec<Vec<Vec<f64>>> = vec![vec![Vec::new(); slots]; kinds.len()];
    let kind_of: Vec<usize> =
        classes.iter().map(|class| kinds.iter().position(|one| one == class).unwrap_or_default()).collect();
    for run in local.runs() {
        for (slot, at) in (run.slot..slots).zip(run.range.clone()) {
            let contrast_kw = both[at].1;
            if !contrast_kw.is_nan() {
                gathered[kind_of[run.day]][slot].push(contrast_kw);
            }
        }
    }
    let spread = |values: &mut Vec<f64>| -> f64 {
        if values.len() < MIN_CLASS_DAYS { f64::NAN } else { center_and_spread(values).1 }
    };
    let mut of_kinds: Vec<Vec<f64>> =
        gathered.iter_mut().map(|of_kind| of_kind.iter_mut().map(spread).collect()).collect();
    // A kind with too few days is as restless as the most restless other at that time of day.
    for slot in 0..slots {
        let most = of_kinds.iter().map(|of_kind| of_kind[slot]).fold(f64::NAN, f64::max);
        for of_kind in &mut of_kinds {
            if of_kind[slot].is_nan() {
                of_kind[slot] = most;
            }
        }
    }
    let mut scale = vec![f64::NAN; both.len()];
    for run in local.runs() {
        for (slot, at) in (run.slot..slots).zip(run.range.clone()) {
            scale[at] = of_kinds[kind_of[run.day]][slot].max(floor_kw);
        }
    }
    scale
}

/// Running sums, so that a mean costs two differences.
struct Sums {
    sums: Vec<f64>,
    counts: Vec<u32>,
}

impl Sums {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut sums, mut counts) = (vec![0.0], vec![0]);
        let (mut sum, mut count) = (0.0, 0);
        for value in values {
            if !value.is_nan() {
                sum += value;
                count += 1;
            }
            sums.push(sum);
            counts.push(count);
        }
        Self { sums, counts }
    }

    /// Mean over `[from, to)`; `None` where less than half of it is there.
    fn mean(&self, from: usize, to: usize) -> Option<f64> {
        let count = self.counts.get(to)? - self.counts[from];
        (2 * count as usize >= to - from && count > 0).then(|| (self.sums[to] - self.sums[from]) / f64::from(count))
    }
}
