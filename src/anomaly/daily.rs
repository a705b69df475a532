//! The days of a load in half-hours, and what is usual for their kind: what the detectors of slow changes share.

use super::class::{Class, MIN_CLASS_DAYS, classes};
use crate::site::Site;
use crate::stats;

/// Parts of a day in which it is looked at: half-hours where the step divides them, else hours. Short
/// enough for a clock that is off by half an hour, long enough to cost little (engineering).
const BINS: [usize; 2] = [48, 24];
/// A day is looked at with at least this share of its parts (engineering).
const MIN_PRESENT: f64 = 0.5;

/// Every local day as means over equal parts of the wall clock, and the usual day of each kind.
///
/// The usual day has no level that follows: a change that lasts for months stays visible against it.
pub(super) struct Daily {
    /// Parts of a day; 0 where the step divides neither half-hours nor hours.
    pub bins: usize,
    /// Mean power of every part of every day \[kW\], day after day; NaN where no reading is.
    pub kw: Vec<f64>,
    /// Kind of every day.
    pub classes: Vec<Class>,
    /// Days that are like others of their kind: neither holidays, nor beside long ones, nor worked days
    /// that stood still, and with half of their readings.
    pub is_ordinary: Vec<bool>,
    /// Median of every part over the ordinary days of a kind \[kW\]; kinds with too few days are left out.
    usual_kw: Vec<(Class, Vec<f64>)>,
}

impl Daily {
    /// Days of `load_kw`; `stood_still` tells days that had their base and no production.
    pub(super) fn new(
        site: &Site,
        load_kw: &[f64],
        beside_holiday: &[bool],
        stood_still: impl Fn(usize) -> bool,
    ) -> Self {
        let local = site.readings().local();
        let days = local.days();
        let slots = site.readings().axis().slots_per_day();
        let bins = BINS.into_iter().find(|bins| slots.is_multiple_of(*bins)).unwrap_or(0);
        let kw = bin_means(site, load_kw, bins, slots);
        let classes = classes(days, site.day_types());
        let is_ordinary: Vec<bool> = (0..days.len())
            .map(|day| {
                let present = kw[day * bins..(day + 1) * bins].iter().filter(|kw| !kw.is_nan()).count();
                bins > 0
                    && present as f64 >= MIN_PRESENT * bins as f64
                    && classes[day] != Class::Holiday
                    && !beside_holiday[day]
                    && !(site.day_types()[day].is_worked() && stood_still(day))
            })
            .collect();
        let mut daily = Self { bins, kw, classes, is_ordinary, usual_kw: Vec::new() };
        let mut kinds: Vec<Class> = Vec::new();
        for class in &daily.classes {
            if !kinds.contains(class) {
                kinds.push(*class);
            }
        }
        daily.usual_kw = kinds.into_iter().filter_map(|class| Some((class, daily.median_day(class)?))).collect();
        daily
    }

    /// Median of every part over the ordinary days of a kind.
    fn median_day(&self, class: Class) -> Option<Vec<f64>> {
        let days: Vec<usize> =
            (0..self.classes.len()).filter(|day| self.is_ordinary[*day] && self.classes[*day] == class).collect();
        if days.len() < MIN_CLASS_DAYS {
            return None;
        }
        let mut same: Vec<f64> = Vec::with_capacity(days.len());
        let median = |bin: usize| {
            same.clear();
            same.extend(days.iter().map(|day| self.kw[day * self.bins + bin]).filter(|kw| !kw.is_nan()));
            stats::median(&mut same).unwrap_or(f64::NAN)
        };
        Some((0..self.bins).map(median).collect())
    }

    /// Parts of a day \[kW\].
    pub(super) fn day_kw(&self, day: usize) -> &[f64] {
        &self.kw[day * self.bins..(day + 1) * self.bins]
    }

    /// Parts of the usual day of this day's kind \[kW\].
    pub(super) fn usual_day_kw(&self, day: usize) -> Option<&[f64]> {
        self.usual_kw.iter().find(|(class, _)| *class == self.classes[day]).map(|(_, kw)| kw.as_slice())
    }

    /// Energy of a day over that of its kind's usual day, as a logarithm, over the parts that are there
    /// and that `wanted` takes by their usual load; `None` where that says nothing.
    pub(super) fn log_ratio(&self, day: usize, wanted: impl Fn(f64) -> bool) -> Option<f64> {
        let (mut observed, mut usual) = (0.0, 0.0);
        for (kw, usual_kw) in self.day_kw(day).iter().zip(self.usual_day_kw(day)?) {
            // Without a branch: night and work take turns, and so do gaps.
            let counts = !kw.is_nan() && wanted(*usual_kw);
            observed += if counts { *kw } else { 0.0 };
            usual += if counts { *usual_kw } else { 0.0 };
        }
        let ratio = observed / usual;
        (ratio.is_finite() && ratio > 0.0).then(|| ratio.ln())
    }

    /// Mean power of an ordinary day \[kW\].
    pub(super) fn mean_kw(&self, day: usize) -> Option<f64> {
        let (sum, count) = self
            .day_kw(day)
            .iter()
            .filter(|kw| !kw.is_nan())
            .fold((0.0, 0usize), |(sum, count), kw| (sum + kw, count + 1));
        (self.is_ordinary[day] && count > 0).then(|| sum / count as f64)
    }

    /// Whether the day is a worked one.
    pub(super) fn is_worked(&self, day: usize) -> bool {
        matches!(self.classes[day], Class::Worked | Class::WorkedAfterRest)
    }
}

/// Means of the parts of all days, by wall clock: an hour that a clock change repeats counts twice in its
/// part, one that it leaves out is missing.
fn bin_means(site: &Site, load_kw: &[f64], bins: usize, slots: usize) -> Vec<f64> {
    let local = site.readings().local();
    let mut sums = vec![(0.0, 0u32); local.days().len() * bins];
    if bins == 0 {
        return Vec::new();
    }
    let slots_per_bin = slots / bins;
    for run in local.runs() {
        let mut at = run.range.start;
        let mut slot = run.slot;
        while at < run.range.end && slot < slots {
            let bin = slot / slots_per_bin;
            let to = (at + (bin + 1) * slots_per_bin - slot).min(run.range.end);
            let (mut sum, mut count) = sums[run.day * bins + bin];
            for kw in &load_kw[at..to] {
                // Without a branch.
                sum += if kw.is_nan() { 0.0 } else { *kw };
                count += u32::from(!kw.is_nan());
            }
            sums[run.day * bins + bin] = (sum, count);
            slot += to - at;
            at = to;
        }
    }
    sums.into_iter().map(|(sum, count)| sum / f64::from(count)).collect()
}
