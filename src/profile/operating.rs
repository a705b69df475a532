//! Operating hours, inferred from the load: when a day type is open, and what runs when it is closed.

use serde::Serialize;

use super::order::Order;
use super::shapes::group_by_slot;
use super::{Activity, Reason};
use crate::site::Site;
use crate::stats::{self, quantile_sorted};
use crate::time::{DayType, LocalTime};

/// A slot is open when its typical load is above base by this share of the way from base to peak.
const OPEN_SHARE: f64 = 0.10;
/// The load has risen when it has covered this share of the way.
const RISEN_SHARE: f64 = 0.90;
/// Base and peak are these quantiles, near-base and near-peak.
const NEAR_QUANTILE: f64 = 0.025;
/// Base and peak must lie apart by this share of the peak, else the load is too even.
const MIN_SWING: f64 = 0.30;
/// Days with production that a day type needs before its hours are inferred.
const MIN_DAYS: usize = 3;
/// A closed stretch up to this long between open ones is a break, in which nobody shuts down \[h\].
const LONGEST_BREAK_H: f64 = 1.5;
/// Load of closed intervals at or below which nothing can be saved: their 10 % quantile.
const REFERENCE_QUANTILE: f64 = 0.10;

/// Typical opening of one day type, from the median load of its days with production.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperatingHours {
    /// Day type.
    pub day_type: DayType,
    /// Days with production.
    pub days: usize,
    /// Open or closed, one a wall-clock slot. A break counts as open.
    pub open: Vec<bool>,
    /// Time in breaks: stretches up to 1.5 hours in which the typical load is down between open ones \[h\].
    pub breaks_h: f64,
    /// Start of the longest open stretch \[h since midnight\]; `None` where it is open or closed all day.
    /// The stretch may run over midnight, then `closes_h` is the smaller.
    pub opens_h: Option<f64>,
    /// End of the longest open stretch \[h since midnight\].
    pub closes_h: Option<f64>,
    /// Time that the typical load takes from 10 % to 90 % of the way from base to peak after opening \[h\].
    pub rise_h: Option<f64>,
    /// Time that it takes from 90 % to 10 % before closing \[h\].
    pub fall_h: Option<f64>,
    /// High-load duration: hours in which the typical load is closer to its own peak than to its own
    /// base \[h\].
    pub high_load_h: f64,
}

/// Operating hours of a site.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operating {
    /// Near-base of all readings, from which the way to the peak is measured \[kW\].
    pub base_kw: f64,
    /// Near-peak of all readings \[kW\].
    pub peak_kw: f64,
    /// Level above which a slot is open: 10 % of the way from base to peak \[kW\].
    pub open_above_kw: f64,
    /// Hours by day type, where at least three days of the type had production.
    pub hours: Vec<OperatingHours>,
}

/// Energy that runs while closed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OffHours {
    /// Closed time with readings \[h\].
    pub hours: f64,
    /// Energy of that time \[kWh\].
    pub kwh: f64,
    /// Reference: 10 % quantile of the load while closed, what the site gets down to \[kW\].
    pub reference_kw: f64,
    /// Sum of the load above the reference while closed \[kWh\].
    pub excess_kwh: f64,
    /// Closed time in which the load is above the opening level all the same \[h\]: overtime, not idling.
    pub worked_hours: f64,
    /// The part of `excess_kwh` that falls into `worked_hours`; the rest is what idles \[kWh\].
    pub worked_excess_kwh: f64,
}

impl Operating {
    /// Infers operating hours; `None` where the load is too even to tell (near-base less than 30 %
    /// below near-peak), where no day type has three days with production, and where nothing is ever
    /// closed.
    ///
    /// `load_kw` is [`Readings::load_kw`](crate::readings::Readings::load_kw), `activity` is
    /// [`day_activity`](super::day_activity). A slot is open when the median load of the type's days
    /// with production is more than 10 % of the way from near-base to near-peak above near-base; closed
    /// stretches of up to 1.5 hours, such as lunch, are breaks and count as open. Rise, fall and high-load
    /// duration follow LBNL-3713E (Price 2010, recalled); the rest is engineering.
    /// Gaps are left out; the hour that clocks repeat counts twice.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wattlens::profile::{Operating, day_activity};
    /// use wattlens::readings::{Channel, Readings, Series};
    /// use wattlens::site::{Contract, Site};
    /// use wattlens::time::{Calendar, TimeAxis, Zone};
    /// let axis = TimeAxis::new(4 * 86_400, 3600, 5 * 24, Zone::named("UTC")?)?; // Monday to Friday
    /// let kwh = (0..120).map(|hour| if (8..17).contains(&(hour % 24)) { 100.0 } else { 10.0 }).collect();
    /// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)])?;
    /// let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default())?;
    /// let load_kw = site.readings().load_kw();
    /// let activity = day_activity(site.readings().local(), site.day_types(), &load_kw);
    /// let operating = Operating::infer(&site, &load_kw, &activity).unwrap();
    /// assert_eq!((operating.hours[0].opens_h, operating.hours[0].closes_h), (Some(8.0), Some(17.0)));
    /// let closed = operating.closed_mask(site.readings().local(), site.day_types(), &activity);
    /// assert_eq!(closed.iter().filter(|closed| **closed).count(), 5 * 15);
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    #[must_use]
    pub fn infer(site: &Site, load_kw: &[f64], activity: &[Activity]) -> Option<Self> {
        Self::infer_ordered(site, activity, &Order::of(load_kw)).ok()
    }

    /// As [`Operating::infer`], from the readings in order, and with the reason.
    pub(crate) fn infer_ordered(site: &Site, activity: &[Activity], order: &Order) -> Result<Self, Reason> {
        let axis = site.readings().axis();
        let local = site.readings().local();
        let base_kw = quantile_sorted(&order.kw, NEAR_QUANTILE).ok_or(Reason::TooFewReadings)?;
        let peak_kw = quantile_sorted(&order.kw, 1.0 - NEAR_QUANTILE).ok_or(Reason::TooFewReadings)?;
        if peak_kw <= 0.0 || peak_kw - base_kw < MIN_SWING * peak_kw {
            return Err(Reason::EvenLoad);
        }
        let open_above_kw = base_kw + OPEN_SHARE * (peak_kw - base_kw);
        let slots = axis.slots_per_day();
        let producing = |day: usize| match (site.day_types().get(day), activity.get(day)) {
            (Some(day_type), Some(Activity::Production)) => Some(day_type.index()),
            _ => None,
        };
        let mut dealt = Vec::new();
        let dealt = order.deal(&group_by_slot(local, slots, producing), DayType::ALL.len() * slots, &mut dealt);
        let by_type = DayType::ALL.into_iter().zip(dealt.chunks(slots));
        let hours: Vec<OperatingHours> = by_type
            .filter_map(|(day_type, slots)| {
                let days = (0..local.days().len()).filter(|day| producing(*day) == Some(day_type.index())).count();
                let typical: Vec<Option<f64>> = slots.iter().map(|sorted| quantile_sorted(sorted, 0.5)).collect();
                (days >= MIN_DAYS).then(|| hours_of(day_type, days, &typical, open_above_kw, axis.step_h()))
            })
            .collect();
        if hours.is_empty() {
            return Err(Reason::TooFewDays);
        }
        let always_open = hours.iter().all(|hours| hours.open.iter().all(|open| *open));
        if always_open && !activity.contains(&Activity::NoProduction) {
            return Err(Reason::NoClosedHours);
        }
        Ok(Self { base_kw, peak_kw, open_above_kw, hours })
    }

    /// Hours of a day type; a make-up workday without its own has those of the workday.
    #[must_use]
    pub fn hours_of(&self, day_type: DayType) -> Option<&OperatingHours> {
        let own = |day_type| self.hours.iter().find(|hours| hours.day_type == day_type);
        match day_type {
            DayType::MakeupWorkday => own(day_type).or_else(|| own(DayType::Workday)),
            _ => own(day_type),
        }
    }

    /// Whether each interval is closed: outside the operating hours of its day type, or on a day
    /// without production. Days of unknown activity, and days of a type without hours, are not closed.
    ///
    /// One entry a reading of `local`; intervals without a reading are judged all the same. Clock
    /// changes follow the wall clock.
    #[must_use]
    pub fn closed_mask(&self, local: &LocalTime, day_types: &[DayType], activity: &[Activity]) -> Vec<bool> {
        let mut closed = Vec::with_capacity(local.days().last().map_or(0, |day| day.range.end));
        for run in local.runs() {
            let end = run.range.end;
            match activity.get(run.day) {
                Some(Activity::NoProduction) => closed.resize(end, true),
                Some(Activity::Production) => {
                    let hours = day_types.get(run.day).and_then(|day_type| self.hours_of(*day_type));
                    let open = hours.and_then(|hours| hours.open.get(run.slot..run.slot + run.range.len()));
                    closed.extend(open.unwrap_or_default().iter().map(|open| !open));
                }
                Some(Activity::Unknown) | None => {}
            }
            closed.resize(end, false);
        }
        closed
    }
}

impl OffHours {
    /// Energy while closed; `None` where no closed interval has a reading.
    ///
    /// `closed` is [`Operating::closed_mask`], `open_above_kw` is of the same [`Operating`]. Closed
    /// intervals without a reading count neither as time nor as energy.
    ///
    /// ```
    /// use wattlens::profile::OffHours;
    /// let off = OffHours::of(&[50.0, 4.0, 4.0, 8.0], &[false, true, true, true], 9.0, 0.5).unwrap();
    /// assert_eq!((off.hours, off.reference_kw, off.excess_kwh), (1.5, 4.0, 2.0));
    /// ```
    #[must_use]
    pub fn of(load_kw: &[f64], closed: &[bool], open_above_kw: f64, step_h: f64) -> Option<Self> {
        Self::of_ordered(&Order::of(load_kw), closed, open_above_kw, step_h)
    }

    /// [`OffHours::of`] from the readings in order.
    pub(super) fn of_ordered(order: &Order, closed: &[bool], open_above_kw: f64, step_h: f64) -> Option<Self> {
        let is_closed = |index: usize| closed.get(index) == Some(&true);
        let load: Vec<f64> = order.iter().filter(|(_, index)| is_closed(*index)).map(|(kw, _)| kw).collect();
        let reference_kw = quantile_sorted(&load, REFERENCE_QUANTILE)?;
        let (sum_kw, excess_kw) =
            load.iter().fold((0.0, 0.0), |(sum, excess), kw| (sum + kw, excess + (kw - reference_kw).max(0.0)));
        // Ascending, so that what is worked stands at the end.
        let worked = load.get(load.partition_point(|kw| *kw <= open_above_kw)..).unwrap_or_default();
        let worked_kw: f64 = worked.iter().map(|kw| (kw - reference_kw).max(0.0)).sum();
        Some(Self {
            hours: load.len() as f64 * step_h,
            kwh: sum_kw * step_h,
            reference_kw,
            excess_kwh: excess_kw * step_h,
            worked_hours: worked.len() as f64 * step_h,
            worked_excess_kwh: worked_kw * step_h,
        })
    }
}

/// Opening of a typical day with one load a slot.
fn hours_of(
    day_type: DayType,
    days: usize,
    typical: &[Option<f64>],
    open_above_kw: f64,
    step_h: f64,
) -> OperatingHours {
    let slots = typical.len();
    // A slot that no day has says nothing, so it is not closed.
    let mut open: Vec<bool> = typical.iter().map(|kw| kw.is_none_or(|kw| kw > open_above_kw)).collect();
    let breaks = fill_breaks(&mut open, (LONGEST_BREAK_H / step_h) as usize);
    let stretch = longest_stretch(&open);

    // LBNL's parameters run between the typical day's own base and peak.
    let mut own: Vec<f64> = typical.iter().flatten().copied().collect();
    stats::sort(&mut own);
    let low = quantile_sorted(&own, NEAR_QUANTILE).unwrap_or(f64::NAN);
    let top = quantile_sorted(&own, 1.0 - NEAR_QUANTILE).unwrap_or(f64::NAN);
    let high = own.iter().filter(|kw| **kw > low + 0.5 * (top - low)).count();
    let risen_kw = low + RISEN_SHARE * (top - low);
    let (first, len) = stretch.unwrap_or((0, 0));
    let risen =
        |offset: &usize| typical.get((first + offset) % slots).is_some_and(|kw| kw.is_some_and(|kw| kw >= risen_kw));
    let end = if first + len > slots { first + len - slots } else { first + len };
    let hours = |slots: usize| slots as f64 * step_h;
    OperatingHours {
        day_type,
        days,
        breaks_h: hours(breaks),
        opens_h: stretch.map(|_| hours(first)),
        closes_h: stretch.map(|_| hours(end)),
        rise_h: (0..len).find(risen).map(hours),
        fall_h: (0..len).rev().find(risen).map(|offset| hours(len - 1 - offset)),
        high_load_h: hours(high),
        open,
    }
}

/// Opens closed stretches of up to `longest` slots, around the clock; how many slots it opened.
fn fill_breaks(open: &mut [bool], longest: usize) -> usize {
    let slots = open.len();
    let Some(start) = open.iter().position(|open| *open) else { return 0 };
    let (mut filled, mut closed) = (0, 0);
    // Once around, from an open slot back to it.
    for slot in start + 1..=start + slots {
        if open.get(slot % slots) == Some(&false) {
            closed += 1;
            continue;
        }
        if closed <= longest {
            for back in slot - closed..slot {
                if let Some(open) = open.get_mut(back % slots) {
                    *open = true;
                    filled += 1;
                }
            }
        }
        closed = 0;
    }
    filled
}

/// First slot and length of the longest open stretch around the clock, the earliest of equals; `None`
/// where all slots are alike.
fn longest_stretch(open: &[bool]) -> Option<(usize, usize)> {
    let slots = open.len();
    let first_closed = open.iter().position(|open| !open)?;
    let (mut best, mut current) = ((0, 0), 0);
    for slot in (first_closed..first_closed + slots).map(|slot| slot % slots) {
        current = if open.get(slot) == Some(&true) { current + 1 } else { 0 };
        let first = (slot + 1 + slots - current) % slots;
        if current > best.1 || (current == best.1 && current > 0 && first < best.0) {
            best = (first, current);
        }
    }
    (best.1 > 0).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(text: &str) -> Vec<bool> {
        text.chars().map(|slot| slot == 'o').collect()
    }

    #[test]
    fn short_stretches_are_breaks_also_over_midnight() {
        for (before, longest, after, filled) in [
            ("ccoooccoooc", 2, "ccooooooooc", 2),
            ("cooooooooc", 2, "oooooooooo", 2),
            ("ccoooccoooc", 1, "ccoooccoooc", 0),
            ("cccc", 4, "cccc", 0),
            ("oooo", 4, "oooo", 0),
        ] {
            let mut day = slots(before);
            assert_eq!((fill_breaks(&mut day, longest), day), (filled, slots(after)), "{before}");
        }
    }

    #[test]
    fn the_longest_stretch_may_run_over_midnight() {
        assert_eq!(longest_stretch(&slots("oocccoccoo")), Some((8, 4)));
        assert_eq!(longest_stretch(&slots("coocoocc")), Some((1, 2)));
        assert_eq!(longest_stretch(&slots("oooo")), None);
        assert_eq!(longest_stretch(&slots("cccc")), None);
        assert_eq!(longest_stretch(&[]), None);
    }
}
