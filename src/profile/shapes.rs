//! Day shapes: the load of every slot of the day, by day type.

use serde::Serialize;

use super::order::Order;
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
    shapes_of(local, day_types, load_kw, &Order::of(load_kw), slots)
}

/// [`day_shapes`] of readings that are in order already.
pub(super) fn shapes_of(
    local: &LocalTime,
    day_types: &[DayType],
    load_kw: &[f64],
    order: &Order,
    slots: usize,
) -> Vec<DayShape> {
    let groups = group_by_slot(local, slots, |day| day_types.get(day).map(|day_type| day_type.index()));
    let mut dealt = Vec::new();
    let dealt = order.deal(&groups, DayType::ALL.len() * slots, &mut dealt);
    let by_type = DayType::ALL.into_iter().zip(dealt.chunks(slots.max(1)));
    by_type
        .filter_map(|(day_type, slots)| {
            let days = local.days().iter().zip(day_types).filter(|(day, of_day)| {
                let load = load_kw.get(day.range.clone()).unwrap_or_default();
                **of_day == day_type && load.iter().any(|kw| !kw.is_nan())
            });
            let days = days.count();
            (days > 0).then(|| shape(day_type, days, slots))
        })
        .collect()
}

fn shape(day_type: DayType, days: usize, slots: &[&[f64]]) -> DayShape {
    let quantiles = |q: f64| slots.iter().map(|slot| quantile_sorted(slot, q)).collect();
    let mean = |slot: &&[f64]| (!slot.is_empty()).then(|| slot.iter().sum::<f64>() / slot.len() as f64);
    DayShape {
        day_type,
        days,
        n: slots.iter().map(|slot| slot.len()).collect(),
        mean_kw: slots.iter().map(mean).collect(),
        median_kw: quantiles(0.5),
        p10_kw: quantiles(0.1),
        p25_kw: quantiles(0.25),
        p75_kw: quantiles(0.75),
        p90_kw: quantiles(0.9),
    }
}

/// Group of every reading: `kind · slots + slot`, where `kind_of` gives the kind of a day; `u32::MAX`,
/// which is no group, for a day without a kind.
pub(super) fn group_by_slot(local: &LocalTime, slots: usize, kind_of: impl Fn(usize) -> Option<usize>) -> Vec<u32> {
    let mut groups = Vec::with_capacity(local.days().last().map_or(0, |day| day.range.end));
    for run in local.runs() {
        match kind_of(run.day) {
            Some(kind) => {
                // Where clocks go back over midnight, slots run past the end of the day; they have no group.
                let slot_of = |slot: usize| if slot < slots { (kind * slots + slot) as u32 } else { u32::MAX };
                groups.extend((run.slot..run.slot + run.range.len()).map(slot_of));
            }
            None => groups.resize(run.range.end, u32::MAX),
        }
    }
    groups
}
