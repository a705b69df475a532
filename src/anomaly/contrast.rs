//! How far an hour stands out from the hours beside it: what a whole day's level hides from the expectation.

use super::class::Class;
use super::expected::{Expected, center_and_spread};
use super::sums::Sums;
use crate::site::Site;

/// Widths of what may stand out \[h\]: a single hour, and three (as the dips of published injection benches).
const WIDTHS_H: [f64; 2] = [1.0, 3.0];
/// Width of what lies on either side \[h\].
const BESIDE_H: f64 = 1.0;
/// The hour itself deviates from the expectation by this z, so that the way back from a deviation is none (engineering).
const OWN_Z: f64 = 1.5;
/// Its own deviation is at least this share of the mean around it (engineering).
const OWN_SHARE: f64 = 0.5;

/// For every interval the larger of both widths' contrasts, in spreads of its kind of day and slot; 0 where it cannot be said
/// or where the deviation itself is smaller than `least_kw` or has another sign, or the contrast below `least_z` at the
/// smallest spread of the expectation, which no contrast's spread is below.
///
/// A contrast is the mean deviation of the intervals around minus that of the hours before and after them. A day that runs
/// higher or lower as a whole has none, and so an irregular plant does not hide a single hour.
pub(super) fn contrast(
    site: &Site,
    load_kw: &[f64],
    expected: &Expected,
    classes: &[Class],
    least_kw: f64,
    least_z: f64,
) -> Vec<f64> {
    let len = load_kw.len();
    let per_h = 3600.0 / site.readings().axis().step_s() as f64;
    let sums = Sums::of(load_kw.iter().zip(&expected.kw).map(|(load, kw)| load - kw));
    // Without a branch.
    let floor_kw =
        expected.scale_kw.iter().fold(f64::INFINITY, |low, kw| if *kw > 0.0 && *kw < low { *kw } else { low });
    let beside = (BESIDE_H * per_h).round().max(1.0) as usize;
    let mut scales = Scales::new(site, classes);
    let mut best = vec![0.0f64; len];
    for width_h in WIDTHS_H {
        let half = (width_h * per_h - 1.0).max(0.0) as usize / 2;
        let own = |at: usize| sums.mean(at.checked_sub(half)?..at + half + 1);
        // Its mean deviation minus that of the hours beside it.
        let contrast = |at: usize, own_kw: f64| -> Option<f64> {
            let (from, to) = (at.checked_sub(half)?, at + half + 1);
            let before = sums.mean(from.checked_sub(beside)?..from)?;
            Some(own_kw - (before + sums.mean(to..to + beside)?) / 2.0)
        };
        scales.forget();
        for run in site.readings().local().runs() {
            for (slot, at) in (run.slot..).zip(run.range.clone()) {
                let deviation_kw = load_kw[at] - expected.kw[at];
                if deviation_kw.abs() < OWN_SHARE * least_kw || deviation_kw.is_nan() {
                    continue;
                }
                // A high hour lifts the mean around its neighbours: they stand out only by their own deviation.
                let deviates = |own_kw: &f64| {
                    deviation_kw / own_kw >= OWN_SHARE && own_kw.abs() >= least_kw.max(OWN_Z * expected.scale_kw[at])
                };
                let Some(own_kw) = own(at).filter(deviates) else { continue };
                let Some(contrast_kw) = contrast(at, own_kw) else { continue };
                if own_kw * contrast_kw > 0.0 && contrast_kw.abs() > least_z * floor_kw {
                    let scale_kw = scales.of(run.day, slot, |at| contrast(at, own(at)?));
                    let stands_out = contrast_kw / scale_kw.max(floor_kw);
                    if stands_out.abs() > best[at].abs() {
                        best[at] = stands_out;
                    }
                }
            }
        }
    }
    best
}

/// Robust spread of the contrast of a kind of day and slot, worked out where something stands out by the floor alone:
/// on a quiet meter hardly anywhere.
struct Scales {
    /// Number of the kind of every day.
    kind_of: Vec<usize>,
    /// Days of every kind.
    days: Vec<Vec<usize>>,
    /// First interval of every slot of every day.
    place: Vec<u32>,
    slots: usize,
    /// Spread of every slot of every kind, where it has been asked for; NaN of a kind with too few days.
    known: Vec<Option<f64>>,
    values: Vec<f64>,
}

impl Scales {
    fn new(site: &Site, classes: &[Class]) -> Self {
        let slots = site.readings().axis().slots_per_day();
        let mut place = vec![u32::MAX; classes.len() * slots];
        for run in site.readings().local().runs() {
            for (slot, at) in (run.slot..slots).zip(run.range.clone()) {
                place[run.day * slots + slot] = at as u32;
            }
        }
        let mut kinds: Vec<Class> = Vec::new();
        let mut days: Vec<Vec<usize>> = Vec::new();
        let mut kind_of = Vec::with_capacity(classes.len());
        for (day, class) in classes.iter().enumerate() {
            let kind = kinds.iter().position(|one| one == class).unwrap_or_else(|| {
                kinds.push(*class);
                days.push(Vec::new());
                kinds.len() - 1
            });
            days[kind].push(day);
            kind_of.push(kind);
        }
        let known = vec![None; days.len() * slots];
        Self { kind_of, days, place, slots, known, values: Vec::new() }
    }

    /// Another contrast has other spreads.
    fn forget(&mut self) {
        self.known.fill(None);
    }

    /// Spread of the kind of `day` at `slot`; of a kind with too few days that of the most restless other.
    fn of(&mut self, day: usize, slot: usize, contrast_kw: impl Fn(usize) -> Option<f64>) -> f64 {
        if slot >= self.slots {
            return f64::NAN;
        }
        let spread = self.of_kind(self.kind_of[day], slot, &contrast_kw);
        if !spread.is_nan() {
            return spread;
        }
        (0..self.days.len()).map(|kind| self.of_kind(kind, slot, &contrast_kw)).fold(f64::NAN, f64::max)
    }

    fn of_kind(&mut self, kind: usize, slot: usize, contrast_kw: &impl Fn(usize) -> Option<f64>) -> f64 {
        let at = kind * self.slots + slot;
        if let Some(known) = self.known[at] {
            return known;
        }
        self.values.clear();
        let places = self.days[kind].iter().map(|day| self.place[day * self.slots + slot]);
        self.values.extend(places.filter(|at| *at != u32::MAX).filter_map(|at| contrast_kw(at as usize)));
        let spread = center_and_spread(&mut self.values).1;
        self.known[at] = Some(spread);
        spread
    }
}
