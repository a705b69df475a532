//! Which days are expected to look alike, and where a kind with too few days borrows from.

use crate::profile::Activity;
use crate::time::{Day, DayType};

/// Fewest days of a kind from which its shape is taken: below it a median follows single days
/// (engineering).
pub(super) const MIN_CLASS_DAYS: usize = 4;

/// Kinds of day. Make-up workdays are worked days: a year has five to eight of them, too few for a
/// spread of their own. A worked day after a day off is a kind of its own because a plant with
/// night shifts starts in it from standstill; weekend days differ because many plants work Saturdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Worked,
    WorkedAfterRest,
    Holiday,
    /// ISO number of the weekday.
    Weekend(i8),
}

/// Kind of every local day.
pub(super) fn classes(days: &[Day], day_types: &[DayType]) -> Vec<Class> {
    days.iter()
        .zip(day_types)
        .enumerate()
        .map(|(at, (day, day_type))| match day_type {
            DayType::Holiday => Class::Holiday,
            DayType::Weekend => Class::Weekend(day.date.weekday().to_monday_one_offset()),
            DayType::Workday | DayType::MakeupWorkday => {
                let rested = at.checked_sub(1).and_then(|before| day_types.get(before)).is_some_and(|t| !t.is_worked());
                if rested { Class::WorkedAfterRest } else { Class::Worked }
            }
        })
        .collect()
}

/// The days from which the shape of `class` is taken, of those in `usable`. A worked day without
/// production teaches nothing about worked days; it helps where holidays are few.
pub(super) fn shape_days(class: Class, classes: &[Class], activity: &[Activity], usable: &[bool]) -> Vec<usize> {
    let pick = |wanted: &dyn Fn(Class, Activity) -> bool| -> Vec<usize> {
        (0..classes.len()).filter(|at| usable[*at] && wanted(classes[*at], activity[*at])).collect()
    };
    let is_worked = |c: Class| matches!(c, Class::Worked | Class::WorkedAfterRest);
    let is_weekend = |c: Class| matches!(c, Class::Weekend(_));
    let own = pick(&|c, a| c == class && !(is_worked(c) && a == Activity::NoProduction));
    if own.len() >= MIN_CLASS_DAYS {
        return own;
    }
    match class {
        Class::Worked | Class::WorkedAfterRest => pick(&|c, a| is_worked(c) && a != Activity::NoProduction),
        Class::Weekend(_) => pick(&|c, _| is_weekend(c)),
        Class::Holiday => pick(&|c, a| !is_worked(c) || a == Activity::NoProduction),
    }
}
