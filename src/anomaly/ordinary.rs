//! What every interval ordinarily shows over the whole time, without a level that follows: the measure of the score.

use crate::site::Site;
use crate::stats;
use crate::time::DayType;

use super::expected::MIN_DAYS;

/// Fewest values of a kind of day and slot: a median and a spread of fewer say nothing (engineering).
const MIN_VALUES: usize = 4;
/// Spread at least this share of the base load: labels of people leave out what deviates by less than some four times
/// of it (measured on labelled meters; 0.08 to 0.12 are alike).
const SCALE_FLOOR: f64 = 0.10;
/// What happens on one day in ten at the same slot …
pub(super) const TAIL_QUANTILE: f64 = 0.90;
/// … counts at most as this many spreads: it is usual for an irregular plant (measured; 5 to 8 are alike).
const TAIL_Z: f64 = 6.0;

/// Kinds of day: worked, Saturday, other days off.
const KINDS: usize = 3;

/// Median and spread of every interval's kind of day and slot.
pub(super) struct Ordinary {
    /// \[kW\]; NaN where nothing can be said.
    pub kw: Vec<f64>,
    /// \[kW\]; NaN where `kw` is.
    pub spread_kw: Vec<f64>,
    /// The median reading, or the median day's mean where most of the load is in few hours \[kW\].
    pub base_kw: f64,
}

impl Ordinary {
    /// `None` where fewer than two weeks of days have half their readings, or nothing is used.
    pub(super) fn of(site: &Site, load_kw: &[f64]) -> Option<Self> {
        let local = site.readings().local();
        let days = local.days();
        let slots = site.readings().axis().slots_per_day();
        let mut is_read = Vec::with_capacity(days.len());
        let mut means = Vec::new();
        let mut absolute = Vec::with_capacity(load_kw.len());
        for day in days {
            let present = load_kw.get(day.range.clone())?.iter().filter(|kw| !kw.is_nan()).map(|kw| kw.abs());
            let before = absolute.len();
            absolute.extend(present);
            let of_day = &absolute[before..];
            is_read.push(2 * of_day.len() >= slots);
            if 2 * of_day.len() >= slots {
                means.push(of_day.iter().sum::<f64>() / of_day.len() as f64);
            }
        }
        if means.len() < MIN_DAYS {
            return None;
        }
        let base_kw = stats::median(&mut absolute)?.max(stats::median(&mut means)?);
        if base_kw <= 0.0 {
            return None;
        }
        let kinds: Vec<usize> = days.iter().zip(site.day_types()).map(|(day, kind)| kind_of(*kind, day.date)).collect();
        let teaches = |kind: usize| -> [bool; KINDS] {
            let own = (0..days.len()).filter(|day| is_read[*day] && kinds[*day] == kind).count();
            // Days off borrow from each other; worked days from none.
            if kind == 0 || own >= MIN_VALUES { std::array::from_fn(|one| one == kind) } else { [false, true, true] }
        };
        let mut read: Vec<[Vec<f64>; KINDS]> = vec![Default::default(); slots];
        for run in local.runs().iter().filter(|run| is_read[run.day]) {
            for (slot, kw) in (run.slot..).zip(&load_kw[run.range.clone()]) {
                if !kw.is_nan()
                    && let Some(of_slot) = read.get_mut(slot)
                {
                    of_slot[kinds[run.day]].push(*kw);
                }
            }
        }
        let teachers: [[bool; KINDS]; KINDS] = std::array::from_fn(teaches);
        let of_slots: Vec<[(f64, f64); KINDS]> = read
            .iter()
            .map(|of_slot| {
                std::array::from_fn(|kind| {
                    let taught = of_slot.iter().zip(teachers[kind]).filter(|(_, teaches)| *teaches);
                    let mut values: Vec<f64> = taught.flat_map(|(values, _)| values.iter().copied()).collect();
                    ordinary(&mut values, base_kw).unwrap_or((f64::NAN, f64::NAN))
                })
            })
            .collect();
        let mut kw = vec![f64::NAN; load_kw.len()];
        let mut spread_kw = kw.clone();
        for run in local.runs() {
            for (slot, at) in (run.slot..).zip(run.range.clone()) {
                if let Some(of_slot) = of_slots.get(slot) {
                    (kw[at], spread_kw[at]) = of_slot[kinds[run.day]];
                }
            }
        }
        Some(Self { kw, spread_kw, base_kw })
    }
}

fn kind_of(day_type: DayType, date: jiff::civil::Date) -> usize {
    match day_type {
        DayType::Workday | DayType::MakeupWorkday => 0,
        DayType::Weekend if date.weekday() == jiff::civil::Weekday::Saturday => 1,
        DayType::Weekend | DayType::Holiday => 2,
    }
}

/// Median and spread of the values of a slot.
fn ordinary(values: &mut [f64], base_kw: f64) -> Option<(f64, f64)> {
    if values.len() < MIN_VALUES {
        return None;
    }
    let center = stats::median(values)?;
    let sigma = stats::robust_sigma(values, center)?; // leaves the absolute residuals
    let tail = upper_quantile(values, TAIL_QUANTILE)?;
    Some((center, sigma.max(tail / TAIL_Z).max(SCALE_FLOOR * base_kw)))
}

/// The upper of the order statistics beside a quantile, of several values never the largest: among few, that is the
/// one that is asked about. Reorders.
pub(super) fn upper_quantile(values: &mut [f64], q: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    // A rank that rounding leaves just above a whole number is that number.
    let rank = (last as f64 * q - 1e-9).ceil().max(0.0) as usize;
    Some(*values.select_nth_unstable_by(rank.min(last.saturating_sub(1)), f64::total_cmp).1)
}
