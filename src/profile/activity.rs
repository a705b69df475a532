//! Days with and without production, told apart by the energy above the base load.

use serde::{Deserialize, Serialize};

use super::order::Order;
use crate::site::Site;
use crate::stats;
use crate::time::{DayType, LocalTime};

/// Share of the median worked day's energy above base below which a day is without production.
///
/// The plant of the reference data has its quietest production day at 27 % and its busiest
/// shut-down day at 13 %.
const NO_PRODUCTION_SHARE: f64 = 0.20;
/// Quantile of the whole load that stands for the base.
const BASE_QUANTILE: f64 = 0.025;
/// A day is judged when at least this share of its readings is there.
const MIN_PRESENT: f64 = 0.9;
/// A load whose median worked day lies less than this share above base has no production to miss.
const MIN_SWING: f64 = 0.10;

/// What a day looks like, whatever the calendar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Load well above the base.
    Production,
    /// Hardly more than the base all day.
    NoProduction,
    /// Too few readings, or a load too even to tell.
    Unknown,
}

/// Activity of every local day: [`Activity::NoProduction`] where the day's energy above the base
/// (the 2.5 % quantile of the whole load) is below 20 % of what the median worked day has.
///
/// `load_kw` is [`Readings::load_kw`](crate::readings::Readings::load_kw); days with less than 90 %
/// of their readings are [`Activity::Unknown`], and so is every day of a load whose median worked
/// day lies less than 10 % above base.
#[must_use]
pub fn day_activity(local: &LocalTime, day_types: &[DayType], load_kw: &[f64]) -> Vec<Activity> {
    let mut present: Vec<f64> = load_kw.iter().copied().filter(|kw| !kw.is_nan()).collect();
    let Some(last) = present.len().checked_sub(1) else { return by_base(local, day_types, load_kw, None) };
    let base_kw = *present.select_nth_unstable_by(base_rank(last), f64::total_cmp).1;
    by_base(local, day_types, load_kw, Some(base_kw))
}

/// [`day_activity`] of loads that are in order already.
pub(crate) fn activity_ordered(site: &Site, load_kw: &[f64], order: &Order) -> Vec<Activity> {
    let base_kw = order.kw.len().checked_sub(1).and_then(|last| order.kw.get(base_rank(last)).copied());
    by_base(site.readings().local(), site.day_types(), load_kw, base_kw)
}

fn base_rank(last: usize) -> usize {
    (last as f64 * BASE_QUANTILE) as usize
}

/// [`day_activity`] above a base load that is known already.
fn by_base(local: &LocalTime, day_types: &[DayType], load_kw: &[f64], base_kw: Option<f64>) -> Vec<Activity> {
    let unknown = vec![Activity::Unknown; local.days().len()];
    let Some(base_kw) = base_kw else { return unknown };

    // Mean power above base of each day that can be judged; a mean, so that 23 and 25 hours compare.
    let above: Vec<Option<f64>> = local
        .days()
        .iter()
        .map(|day| {
            let load = load_kw.get(day.range.clone())?;
            let (mut sum, mut count) = (0.0, 0usize);
            for kw in load {
                // NaN is not above anything.
                sum += if *kw > base_kw { kw - base_kw } else { 0.0 };
                count += usize::from(!kw.is_nan());
            }
            (count as f64 >= MIN_PRESENT * day.expected as f64 && count > 0).then(|| sum / count as f64)
        })
        .collect();
    let mut worked: Vec<f64> =
        above.iter().zip(day_types).filter(|(_, day_type)| day_type.is_worked()).filter_map(|(kw, _)| *kw).collect();
    match stats::median(&mut worked) {
        Some(reference) if reference > 0.0 && reference >= MIN_SWING * (reference + base_kw) => above
            .into_iter()
            .map(|kw| match kw {
                Some(kw) if kw < NO_PRODUCTION_SHARE * reference => Activity::NoProduction,
                Some(_) => Activity::Production,
                None => Activity::Unknown,
            })
            .collect(),
        _ => unknown,
    }
}
