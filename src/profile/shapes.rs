//! Day shapes: the load of every slot of the day, by day type.

use serde::Serialize;

use super::duration::sorted_present;
use crate::stats::quantile_sorted;
use crate::time::{DayType, LocalTime};

/// The typical day of one day type: one entry a wall-clock slot.
///
/// Every reading that is there counts, also of partial days, so `n` may differ from slot to slot. The
/// hour that clocks repeat counts twice, the hour they skip not at all. `None` where `n` is zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayShape {
    /// Day type.
    pub day_type: DayType,
    /// Days of the type that have a reading; few days make a weak shape.
    pub days: usize,
    /// Readings in the slot.
    pub n: Vec<usize>,
    /// Mean \[kW\].
    pub mean_kw: Vec<Option<f64>>,
    /// Median \[kW\].
    pub median_kw: Vec<Option<f64>>,
    /// 10 % quantile \[kW\].
    pub p10_kw: Vec<Option<f64>>,
    /// 25 % quantile \[kW\].
    pub p25_kw: Vec<Option<f64>>,
    /// 75 % quantile \[kW\].
    pub p75_kw: Vec<Option<f64>>,
    /// 90 % quantile \[kW\].
    pub p90_kw: Vec<Option<f64>>,
}

/// Shapes of the day types that occur, in the order of [`DayType::ALL`].
///
/// `load_kw` is one value a reading, NaN where missing; `slots` is
/// [`TimeAxis::slots_per_day`](crate::time::TimeAxis::slots_per_day). Quantiles are linear between
/// order statistics (type 7).
///
/// ```
/// use wattlens::profile::day_shapes;
/// use wattlens::time::{DayType, TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 43_200, 4, Zone::named("UTC")?)?; // Thursday and Friday, two slots each
/// let shapes = day_shapes(&axis.local_time(), &[DayType::Workday; 2], &[1.0, 10.0, 3.0, 20.0], 2);
/// assert_eq!(shapes[0].median_kw, [Some(2.0), Some(15.0)]);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn day_shapes(local: &LocalTime, day_types: &[DayType], load_kw: &[f64], slots: usize) -> Vec<DayShape> {
    DayType::ALL
        .into_iter()
        .filter_map(|day_type| {
            let wanted = |day: usize| day_types.get(day) == Some(&day_type);
            let groups = by_slot(local, load_kw, slots, wanted);
            let days = local.days().iter().enumerate().filter(|(at, day)| {
                let load = load_kw.get(day.range.clone()).unwrap_or_default();
                wanted(*at) && load.iter().any(|kw| !kw.is_nan())
            });
            let days = days.count();
            (days > 0).then(|| shape(day_type, days, groups))
        })
        .collect()
}

fn shape(day_type: DayType, days: usize, groups: Vec<Vec<f64>>) -> DayShape {
    let sorted: Vec<Vec<f64>> = groups.iter().map(|group| sorted_present(group)).collect();
    let quantiles = |q: f64| sorted.iter().map(|group| quantile_sorted(group, q)).collect();
    let mean = |group: &Vec<f64>| (!group.is_empty()).then(|| group.iter().sum::<f64>() / group.len() as f64);
    DayShape {
        day_type,
        days,
        n: sorted.iter().map(Vec::len).collect(),
        mean_kw: sorted.iter().map(mean).collect(),
        median_kw: quantiles(0.5),
        p10_kw: quantiles(0.1),
        p25_kw: quantiles(0.25),
        p75_kw: quantiles(0.75),
        p90_kw: quantiles(0.9),
    }
}

/// The readings of each slot on the days that `wanted` picks.
pub(super) fn by_slot(
    local: &LocalTime,
    load_kw: &[f64],
    slots: usize,
    wanted: impl Fn(usize) -> bool,
) -> Vec<Vec<f64>> {
    let runs: Vec<_> = local.runs().iter().filter(|run| wanted(run.day)).collect();
    let slots = if runs.is_empty() { 0 } else { slots };
    let mut groups: Vec<Vec<f64>> = (0..slots).map(|_| Vec::with_capacity(runs.len())).collect();
    for run in runs {
        let load = load_kw.get(run.range.clone()).unwrap_or_default();
        for (group, kw) in groups.iter_mut().skip(run.slot).zip(load) {
            if !kw.is_nan() {
                group.push(*kw);
            }
        }
    }
    groups
}
