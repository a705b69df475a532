//! What a load is expected to be: kind of day × slot, with a level that follows slowly.

use std::ops::Range;

use serde::Serialize;

use super::class::{Class, MIN_CLASS_DAYS, classes, shape_days};
use crate::profile::{Activity, day_activity};
use crate::site::Site;
use crate::stats;
use crate::time::{Day, Run};

/// Fewest days with readings before anything is expected: two full weeks (engineering).
pub(super) const MIN_DAYS: usize = 14;
/// A day counts as read when at least this share of its readings is there (engineering).
const MIN_PRESENT: f64 = 0.5;
/// Scale floor as a share of the median load, so that a load that repeats exactly divides by something
/// (10 % with smoothing had fewer false alarms on the labelled meters of LEAD 1.0 than 5 % without).
const SCALE_FLOOR: f64 = 0.10;
/// What happens on more than one day in ten at the same hour is usual for the site: the scale is at
/// least such that this quantile of the absolute residual counts as it would for a normal spread
/// (engineering; the median alone makes an irregular plant look precise).
const TAIL_QUANTILE: f64 = 0.90;
/// The same quantile of the absolute standard normal: Φ⁻¹(0.95).
const TAIL_OF_NORMAL: f64 = 1.644_853_626_951_473;
/// Mean of the absolute standard normal: √(2/π).
const MEAN_OF_NORMAL: f64 = 0.797_884_560_802_865_4;
/// The level of a day is the median over this many days before and after it.
const LEVEL_HALF_DAYS: usize = 28;
/// Fewest days under the level's median; with fewer the level is 1.
const LEVEL_MIN_DAYS: usize = 5;

/// What was expected in every interval, and how far from it is ordinary.
///
/// [`find`](super::find) takes any such expectation, whatever model it comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expected {
    /// Expected mean power \[kW\]; NaN where it cannot be said.
    pub kw: Vec<f64>,
    /// Ordinary spread around it, as a standard deviation \[kW\]; NaN where `kw` is. Zero means that
    /// nothing counts as a deviation.
    pub scale_kw: Vec<f64>,
}

impl Expected {
    fn unknown(len: usize) -> Self {
        Self { kw: vec![f64::NAN; len], scale_kw: vec![f64::NAN; len] }
    }
}

/// Robust seasonal expectation: median and spread of every wall-clock slot over the days of the same
/// kind, times a level that follows slowly.
///
/// Kinds are worked days (make-up workdays among them), worked days after a day off, each day of the
/// weekend, and holidays. Worked days without production teach nothing. A kind of fewer than four
/// days borrows: from all worked days, from the whole weekend, a holiday from all days off and from
/// days without production; with fewer than four even so the expectation is NaN. Fewer than 14 days
/// that have half their readings: all NaN. A missing reading is left out of every sum and median, and
/// its interval is expected all the same. Slots are wall-clock slots, so the hour that a clock change
/// repeats has the expectation of its slot twice.
///
/// The level is the median, over ±28 days, of each worked day's energy against the mean of its kind.
/// The spread is the largest of 1.4826 × MAD, the 90 % quantile of the absolute residual / 1.645, and
/// 10 % of the median load (its mean where the median is 0); where the median day within ±28 days deviates
/// more than such a spread explains, it is wider in proportion. `load_kw` is
/// [`Readings::load_kw`](crate::readings::Readings::load_kw); of another length than the axis, nothing
/// is expected. Source: hour-of-week median and MAD, with
/// kinds of day for weekdays; level, borrowing and tail are engineering.
///
/// ```
/// use std::sync::Arc;
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::site::{Contract, Site};
/// use wattlens::time::{Calendar, TimeAxis, Zone};
/// let axis = TimeAxis::new(1_704_038_400, 3600, 24 * 28, Zone::named("Asia/Shanghai")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![50.0; 24 * 28])])?;
/// let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default())?;
/// let expected = wattlens::anomaly::seasonal(&site, &site.readings().load_kw());
/// assert!(expected.kw.iter().all(|kw| (kw - 50.0).abs() < 1e-9));
/// assert!(expected.scale_kw.iter().all(|kw| (kw - 5.0).abs() < 1e-9));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn seasonal(site: &Site, load_kw: &[f64]) -> Expected {
    seasonal_from(site, load_kw, &day_activity(site.readings().local(), site.day_types(), load_kw))
}

/// [`seasonal`], where the activity of the days is known already.
pub(super) fn seasonal_from(site: &Site, load_kw: &[f64], activity: &[Activity]) -> Expected {
    let axis = site.readings().axis();
    let local = site.readings().local();
    let days = local.days();
    let mut expected = Expected::unknown(axis.len());
    if load_kw.len() != axis.len() {
        return expected;
    }
    let usable: Vec<bool> = days
        .iter()
        .map(|day| {
            let present = load_kw[day.range.clone()].iter().filter(|kw| !kw.is_nan()).count();
            present as f64 >= MIN_PRESENT * day.expected as f64
        })
        .collect();
    if usable.iter().filter(|usable| **usable).count() < MIN_DAYS {
        return expected;
    }
    let classes = classes(days, site.day_types());
    let mut kinds: Vec<Class> = Vec::new();
    for class in &classes {
        if !kinds.contains(class) {
            kinds.push(*class);
        }
    }
    // Runs are in the order of days, so the runs of a day lie together.
    let runs = local.runs();
    let runs_of = |day: usize| {
        let first = runs.partition_point(|run| run.day < day);
        runs[first..].iter().take_while(move |run| run.day == day)
    };

    let slots = axis.slots_per_day();
    let mut shapes: Vec<(Class, Vec<usize>)> = Vec::new();
    for class in kinds {
        let from = shape_days(class, &classes, activity, &usable);
        if from.len() >= MIN_CLASS_DAYS {
            shapes.push((class, from));
        }
    }
    let level = level(load_kw, &shapes, &classes, activity, &usable, slots, &runs_of);
    let floor_kw = SCALE_FLOOR * middle_load(load_kw);

    let mut gathered: Vec<f64> = Vec::new();
    for (class, from) in &shapes {
        let width: usize = from.iter().map(|day| runs_of(*day).count()).sum();
        gathered.clear();
        gathered.resize(slots * width, 0.0);
        let mut counts = vec![0usize; slots];
        for &day in from {
            let to_usual = 1.0 / level[day];
            for run in runs_of(day) {
                for (offset, kw) in load_kw[within_day(run, slots)].iter().enumerate() {
                    if !kw.is_nan() {
                        let slot = run.slot + offset;
                        gathered[slot * width + counts[slot]] = kw * to_usual;
                        counts[slot] += 1;
                    }
                }
            }
        }
        let shape: Vec<(f64, f64)> = (0..slots)
            .map(|slot| center_and_spread(&mut gathered[slot * width..slot * width + counts[slot]]))
            .collect();
        for (day, _) in classes.iter().enumerate().filter(|(_, one)| *one == class) {
            for run in runs_of(day) {
                for (offset, at) in within_day(run, slots).enumerate() {
                    let (center_kw, spread_kw) = shape[run.slot + offset];
                    expected.kw[at] = center_kw * level[day];
                    expected.scale_kw[at] = (spread_kw * level[day]).max(floor_kw);
                    if center_kw.is_nan() {
                        expected.scale_kw[at] = f64::NAN;
                    }
                }
            }
        }
    }
    follow_restless_times(&mut expected, load_kw, days);
    expected
}

/// Widens the scale in times in which days deviate more than the year's spread says, such as the hot weeks
/// of a site with much cooling.
fn follow_restless_times(expected: &mut Expected, load_kw: &[f64], days: &[Day]) {
    let unrest: Vec<f64> = days
        .iter()
        .map(|day| {
            let range = day.range.clone();
            let (sum, count) = load_kw[range.clone()]
                .iter()
                .zip(expected.kw[range.clone()].iter().zip(&expected.scale_kw[range]))
                .map(|(load, (kw, scale))| (load - kw).abs() / scale)
                .filter(|z| !z.is_nan())
                .fold((0.0, 0usize), |(sum, count), z| (sum + z, count + 1));
            sum / count as f64
        })
        .collect();
    for (day, unrest) in days.iter().zip(rolling_median(&unrest, LEVEL_HALF_DAYS, LEVEL_MIN_DAYS)) {
        let wider = unrest.unwrap_or(0.0) / MEAN_OF_NORMAL;
        if wider > 1.0 {
            for scale in &mut expected.scale_kw[day.range.clone()] {
                *scale *= wider;
            }
        }
    }
}

/// Median of the finite values within `half` days before and after each; `None` with fewer than `least`.
fn rolling_median(values: &[f64], half: usize, least: usize) -> Vec<Option<f64>> {
    // The window stays in order: of what enters and leaves a day, only the places are looked for.
    let mut near: Vec<f64> = Vec::with_capacity(2 * half + 2);
    let place = |near: &[f64], value: f64| near.partition_point(|one| *one < value);
    let enter = |near: &mut Vec<f64>, value: Option<&f64>| {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            near.insert(place(near, *value), *value);
        }
    };
    for value in values.iter().take(half) {
        enter(&mut near, Some(value));
    }
    (0..values.len())
        .map(|day| {
            enter(&mut near, values.get(day + half));
            let leaves = day.checked_sub(half + 1).map(|day| values[day]).filter(|value| value.is_finite());
            if let Some(value) = leaves {
                near.remove(place(&near, value));
            }
            if near.len() >= least { stats::quantile_sorted(&near, 0.5) } else { None }
        })
        .collect()
}

/// The intervals of a run that have a slot of the day. Where clocks changed at one minute past midnight, an
/// hourly run may reach over it; nothing is expected there.
fn within_day(run: &Run, slots: usize) -> Range<usize> {
    run.range.start..run.range.end.min(run.range.start + slots.saturating_sub(run.slot))
}

/// Median, and the larger of the two robust spreads around it; NaN with fewer than four values.
pub(super) fn center_and_spread(values: &mut [f64]) -> (f64, f64) {
    if values.len() < MIN_CLASS_DAYS {
        return (f64::NAN, f64::NAN);
    }
    let Some(center) = stats::median(values) else { return (f64::NAN, f64::NAN) };
    for value in values.iter_mut() {
        *value = (*value - center).abs();
    }
    // At least four values: the tail's rank leaves one out, and the middle is found below it.
    let (middle, rank) = ((values.len() - 1) / 2, ((values.len() - 1) as f64 * TAIL_QUANTILE) as usize);
    let (below, tail, _) = values.select_nth_unstable_by(rank, f64::total_cmp);
    let tail = *tail / TAIL_OF_NORMAL;
    let middle = *below.select_nth_unstable_by(middle, f64::total_cmp).1;
    (center, tail.max(middle * stats::MAD_TO_SIGMA))
}

/// Median load \[kW\], or the mean where more than half of the time nothing runs.
fn middle_load(load_kw: &[f64]) -> f64 {
    let mut present: Vec<f64> = load_kw.iter().filter(|kw| !kw.is_nan()).map(|kw| kw.abs()).collect();
    let mean = present.iter().sum::<f64>() / present.len().max(1) as f64;
    stats::median(&mut present).filter(|kw| *kw > 0.0).unwrap_or(mean)
}

/// Level of every day: 1 is the usual height of the day's kind.
fn level<'r, R: Iterator<Item = &'r Run>>(
    load_kw: &[f64],
    shapes: &[(Class, Vec<usize>)],
    classes: &[Class],
    activity: &[Activity],
    usable: &[bool],
    slots: usize,
    runs_of: &impl Fn(usize) -> R,
) -> Vec<f64> {
    let mut share = vec![f64::NAN; classes.len()];
    for (class, from) in shapes {
        if !matches!(class, Class::Worked | Class::WorkedAfterRest) {
            continue;
        }
        // Slot means make days with gaps comparable; a wild value moves all shares of the kind alike.
        let mut mean = vec![(0.0, 0u32); slots];
        for &day in from {
            for run in runs_of(day) {
                for (kw, (sum, count)) in load_kw[within_day(run, slots)].iter().zip(&mut mean[run.slot..]) {
                    if !kw.is_nan() {
                        *sum += kw;
                        *count += 1;
                    }
                }
            }
        }
        let mean: Vec<f64> = mean.into_iter().map(|(sum, count)| sum / f64::from(count)).collect();
        for (day, share) in share.iter_mut().enumerate() {
            if classes[day] != *class || !usable[day] || activity[day] == Activity::NoProduction {
                continue;
            }
            let (mut observed, mut usual) = (0.0, 0.0);
            for run in runs_of(day) {
                for (kw, mean) in load_kw[within_day(run, slots)].iter().zip(&mean[run.slot..]) {
                    if !kw.is_nan() && !mean.is_nan() {
                        observed += kw;
                        usual += mean;
                    }
                }
            }
            *share = observed / usual;
        }
    }
    rolling_median(&share, LEVEL_HALF_DAYS, LEVEL_MIN_DAYS)
        .into_iter()
        .map(|level| level.filter(|level| *level > 0.0).unwrap_or(1.0))
        .collect()
}
