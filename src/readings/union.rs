//! The axis that several readings share: from the earliest start to the latest end.

use super::Readings;
use crate::error::{ErrorKind, Result};
use crate::time::{TimeAxis, instant_text};

/// A longer axis is a damaged date in one of the parts: ten years at one minute are 5 million.
const MOST_INTERVALS: i64 = 60_000_000;
/// So is one with more than so many intervals for each that the parts have, once it is long.
const INTERVALS_PER_READING: i64 = 50;
const SPARSE_FROM: i64 = 1_000_000;

/// The union of the parts' axes; the gaps between them belong to it.
///
/// # Errors
/// No part; zones, steps or grids that differ; parts so far apart that the axis would be absurdly long.
pub(super) fn axis(parts: &[&Readings]) -> Result<TimeAxis> {
    let Some(first) = parts.first() else { return Err(ErrorKind::NoReadings.into()) };
    let (zone, step_s) = (first.axis.zone(), first.axis.step_s());
    let mut known = 0i64;
    for part in parts {
        let axis = &part.axis;
        if axis.zone() != zone {
            return Err(unlike(first, part, format!("zones {} and {}", zone.name(), axis.zone().name())));
        }
        if axis.step_s() != step_s {
            let steps = format!("steps of {step_s} s and {} s; resample to the longer one first", axis.step_s());
            return Err(unlike(first, part, steps));
        }
        if (axis.start() - first.axis.start()).rem_euclid(step_s) != 0 {
            let (a, b) = (instant_text(first.axis.start()), instant_text(axis.start()));
            return Err(unlike(
                first,
                part,
                format!("intervals of {step_s} s that start at {a} and {b}, on two grids"),
            ));
        }
        known = known.saturating_add(axis.len() as i64);
    }
    let start = parts.iter().map(|part| part.axis.start()).min().unwrap_or_default();
    let end = parts.iter().map(|part| part.axis.end()).max().unwrap_or_default();
    let len = (end - start) / step_s;
    if len > MOST_INTERVALS || (len > SPARSE_FROM && len / INTERVALS_PER_READING > known) {
        let problem = format!(
            "they run from {} to {}, which are {len} intervals for {known} readings; is a date damaged?",
            instant_text(start),
            instant_text(end)
        );
        return Err(ErrorKind::Meters { problem }.into());
    }
    TimeAxis::new(start, step_s, usize::try_from(len).unwrap_or(0), zone.clone())
}

fn unlike(first: &Readings, other: &Readings, differ: String) -> crate::Error {
    let name = |one: &Readings| one.meter.as_ref().map_or_else(|| "one".to_owned(), |meter| format!("{meter:?}"));
    let problem = format!("{} and {} have {differ}", name(first), name(other));
    ErrorKind::Meters { problem }.into()
}

/// Index on `axis` at which a part begins.
pub(super) fn offset(axis: &TimeAxis, part: &Readings) -> usize {
    usize::try_from((part.axis.start() - axis.start()) / axis.step_s()).unwrap_or(0)
}
