//! Days that are alike, and the intervals of a day by the wall clock.

use std::collections::BTreeMap;

use crate::time::{DayType, LocalTime};

/// The intervals of every local day by wall-clock slot. The hour that clocks skip has none, that which they
/// repeat has two.
pub(super) struct Days<'a> {
    local: &'a LocalTime,
    types: &'a [DayType],
    slots_per_day: usize,
    first: Vec<usize>,
    again: BTreeMap<usize, usize>,
    slots: Vec<u32>,
}

const NONE: usize = usize::MAX;

impl<'a> Days<'a> {
    pub(super) fn of(local: &'a LocalTime, types: &'a [DayType], slots_per_day: usize) -> Self {
        let mut first = vec![NONE; local.days().len() * slots_per_day];
        let mut again = BTreeMap::new();
        for run in local.runs() {
            for (step, index) in run.range.clone().enumerate() {
                let place = run.day * slots_per_day + run.slot + step;
                match first.get_mut(place) {
                    Some(free) if *free == NONE => *free = index,
                    _ => {
                        again.insert(place, index);
                    }
                }
            }
        }
        Self { local, types, slots_per_day, first, again, slots: local.slots() }
    }

    /// Local day and slot of an interval.
    pub(super) fn place(&self, index: usize) -> (usize, usize) {
        (self.local.day_of(index), self.slots.get(index).map_or(0, |slot| *slot as usize))
    }

    /// Intervals of a day at a slot: one, none, or both of a repeated hour.
    pub(super) fn intervals(&self, day: usize, slot: usize) -> impl Iterator<Item = usize> {
        let place = day * self.slots_per_day + slot;
        let first = self.first.get(place).copied().filter(|index| *index != NONE);
        first.into_iter().chain(self.again.get(&place).copied())
    }

    /// Mean of what `value` gives for the intervals of a day at a slot.
    pub(super) fn mean(&self, day: usize, slot: usize, value: impl Fn(usize) -> Option<f64>) -> Option<f64> {
        let (sum, count) = self
            .intervals(day, slot)
            .filter_map(value)
            .fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / count as f64)
    }

    pub(super) fn day_type(&self, day: usize) -> DayType {
        self.types.get(day).copied().unwrap_or(DayType::Workday)
    }

    pub(super) fn len(&self) -> usize {
        self.local.days().len()
    }

    /// Days that are like `day`, within `weeks`, the nearest first and of equally near ones the earlier, in three
    /// circles: the same type and weekday; the same type; all that are worked, or all that are not. Holidays
    /// and make-up workdays are alike whatever the weekday, so that their first two circles are the same.
    pub(super) fn circles(&self, day: usize, weeks: usize) -> [Vec<usize>; 3] {
        let of = self.day_type(day);
        let by_weekday = matches!(of, DayType::Workday | DayType::Weekend);
        let mut circles = [Vec::new(), Vec::new(), Vec::new()];
        for away in 1..=weeks * 7 {
            let near = [day.checked_sub(away), Some(day + away).filter(|later| *later < self.len())];
            for other in near.into_iter().flatten() {
                let kind = self.day_type(other);
                let holds =
                    [kind == of && (!by_weekday || away % 7 == 0), kind == of, kind.is_worked() == of.is_worked()];
                for (circle, holds) in circles.iter_mut().zip(holds) {
                    circle.extend(holds.then_some(other));
                }
            }
        }
        circles
    }
}
