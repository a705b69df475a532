//! How much of the readings is there, and why a number is not.

use std::fmt;

use serde::Serialize;

use crate::quality::{MonthVerdict, is_sound};
use crate::readings::{Flag, Readings};

/// Why a number is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The channel that it needs was not measured.
    NotMeasured,
    /// The channel is there, but every value is missing.
    AllMissing,
    /// Every value is zero.
    AllZero,
    /// There is one reading only.
    SingleReading,
    /// Less of the period is there than the trust gate asks for.
    TooFewReadings,
    /// A stuck meter or placeholders filled too much of it.
    NotSound,
    /// A Finding about the multiplier or a register leaves its energy open.
    OpenFinding,
    /// The step of the readings is too long, or does not divide what was asked for.
    CannotBeKnownFromThisStep,
    /// The readings do not cover a year, or cover more than one.
    NotAWholeYear,
    /// The load is too even to tell open from closed hours.
    EvenLoad,
    /// Nothing is ever closed.
    NoClosedHours,
    /// There are too few days of the kind.
    TooFewDays,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotMeasured => "not measured",
            Self::AllMissing => "every value is missing",
            Self::AllZero => "every value is zero",
            Self::SingleReading => "there is one reading only",
            Self::TooFewReadings => "too few readings",
            Self::OpenFinding => "a finding about the multiplier or a register leaves its energy open",
            Self::NotSound => "too much is a stuck meter's or stands for missing",
            Self::CannotBeKnownFromThisStep => "cannot be known from this step",
            Self::NotAWholeYear => "the readings are not one whole year",
            Self::EvenLoad => "the load is too even to tell open from closed hours",
            Self::NoClosedHours => "no hours are closed",
            Self::TooFewDays => "too few days",
        })
    }
}

/// Why the verdicts of these months forbid to speak of them together, apart from how much of them is there.
pub(super) fn doubt(months: &[MonthVerdict]) -> Option<Reason> {
    if months.iter().flat_map(|month| &month.profile.reasons).any(|reason| reason.code == "verdict.finding") {
        return Some(Reason::OpenFinding);
    }
    let (present, sound) = months.iter().fold((0, 0), |sums, month| (sums.0 + month.present, sums.1 + month.sound));
    (!is_sound(present, sound)).then_some(Reason::NotSound)
}

/// A part of the profile that is absent, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// Path of the field, e.g. `load.utilisation_hours`.
    pub field: &'static str,
    /// Why.
    pub reason: Reason,
}

/// Whether the imported energy carries a profile at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There are at least two readings, and one that is not zero.
    Ok,
    /// Imported energy was not measured.
    NotMeasured,
    /// No interval has a whole value.
    AllMissing,
    /// Every value is zero.
    AllZero,
    /// One interval has a value.
    SingleReading,
}

impl Status {
    /// Status of a load [`Readings::load_kw`]: empty where not measured, NaN where missing.
    ///
    /// ```
    /// use wattlens::profile::Status;
    /// assert_eq!(Status::of(&[f64::NAN, 0.0, 0.0]), Status::AllZero);
    /// assert_eq!(Status::of(&[f64::NAN, 1.0]), Status::SingleReading);
    /// ```
    #[must_use]
    pub fn of(load_kw: &[f64]) -> Self {
        let mut present = load_kw.iter().filter(|kw| !kw.is_nan());
        match (load_kw.is_empty(), present.next(), present.next()) {
            (true, ..) => Self::NotMeasured,
            (_, None, _) => Self::AllMissing,
            (_, Some(_), None) => Self::SingleReading,
            _ if load_kw.iter().all(|kw| kw.is_nan() || *kw == 0.0) => Self::AllZero,
            _ => Self::Ok,
        }
    }

    /// The reason that a status other than [`Status::Ok`] gives for what is absent.
    #[must_use]
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Ok => None,
            Self::NotMeasured => Some(Reason::NotMeasured),
            Self::AllMissing => Some(Reason::AllMissing),
            Self::AllZero => Some(Reason::AllZero),
            Self::SingleReading => Some(Reason::SingleReading),
        }
    }
}

/// A stretch without values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LongestGap {
    /// First instant, UTC seconds.
    pub start: i64,
    /// First instant after it, UTC seconds.
    pub end: i64,
    /// Length \[h\].
    pub hours: f64,
}

/// How much of one channel is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completeness {
    /// Column name of the channel, e.g. `import_kwh`.
    pub channel: &'static str,
    /// Intervals of the axis.
    pub expected: usize,
    /// Intervals without a value.
    pub missing: usize,
    /// Intervals of which a part is missing.
    pub incomplete: usize,
    /// Missing over expected.
    pub missing_share: f64,
    /// Of the intervals that have a value, the share whose value is an estimate, the source's or one asked for.
    pub estimated_share: f64,
    /// Longest stretch without values, the earliest of equals; `None` where nothing is missing.
    pub longest_gap: Option<LongestGap>,
}

/// Completeness of every channel that was measured, in the channels' order.
///
/// Counts intervals of the axis, so that days of 23 and 25 hours need no care. What lies before the
/// first and after the last reading is not missing.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 4, Zone::named("UTC")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![1.0, f64::NAN, f64::NAN, 1.0])])?;
/// let complete = &wattlens::profile::completeness(&readings)[0];
/// assert_eq!((complete.missing_share, complete.longest_gap.unwrap().hours), (0.5, 0.5));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn completeness(readings: &Readings) -> Vec<Completeness> {
    let axis = readings.axis();
    readings
        .all_series()
        .iter()
        .map(|series| {
            let flags = series.flags();
            let missing = count(flags, Flag::Missing);
            let longest_gap = (missing > 0).then(|| longest_run(flags)).map(|(first, len)| LongestGap {
                start: axis.instant(first),
                end: axis.instant(first + len),
                hours: len as f64 * axis.step_h(),
            });
            Completeness {
                channel: series.channel().name(),
                expected: axis.len(),
                missing,
                incomplete: count(flags, Flag::Incomplete),
                missing_share: missing as f64 / axis.len() as f64,
                estimated_share: series.estimated(0..axis.len()).share,
                longest_gap,
            }
        })
        .collect()
}

/// How many flags are `wanted`; counted in bytes, which is many times faster than in words.
fn count(flags: &[Flag], wanted: Flag) -> usize {
    flags.chunks(255).map(|part| usize::from(part.iter().map(|flag| u8::from(*flag == wanted)).sum::<u8>())).sum()
}

/// First index and length of the longest run of missing flags, the earliest of equals.
fn longest_run(flags: &[Flag]) -> (usize, usize) {
    let (mut best, mut next) = ((0, 0), 0);
    while let Some(first) = next_missing(flags, next) {
        let after = flags.get(first..).unwrap_or_default();
        let len = after.iter().take_while(|flag| **flag == Flag::Missing).count();
        if len > best.1 {
            best = (first, len);
        }
        next = first + len;
    }
    best
}

/// Index of the first missing flag from `from` on; stretches without one are passed over as a whole.
fn next_missing(flags: &[Flag], from: usize) -> Option<usize> {
    let parts = flags.get(from..)?.chunks(255);
    parts.enumerate().find(|(_, part)| count(part, Flag::Missing) > 0).and_then(|(place, part)| {
        part.iter().position(|flag| *flag == Flag::Missing).map(|within| from + place * 255 + within)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::{Channel, Series};
    use crate::time::{TimeAxis, Zone};

    #[test]
    fn the_longest_gap_is_the_earliest_of_equals() {
        let nan = f64::NAN;
        let axis = TimeAxis::new(0, 1800, 8, Zone::named("UTC").unwrap()).unwrap();
        let flags = [Flag::Measured, Flag::Incomplete].repeat(4);
        let series = Series::with_flags(Channel::IMPORT_KWH, vec![1.0, nan, nan, 1.0, 2.0, 3.0, nan, nan], flags);
        let found = completeness(&Readings::new(axis, vec![series]).unwrap()).remove(0);
        assert_eq!((found.expected, found.missing, found.incomplete, found.missing_share), (8, 4, 2, 0.5));
        assert_eq!(found.longest_gap, Some(LongestGap { start: 1800, end: 5400, hours: 1.0 }));
    }

    #[test]
    fn flags_are_counted_beyond_a_byte() {
        let flags = [Flag::Missing, Flag::Missing, Flag::Measured].repeat(500);
        assert_eq!((count(&flags, Flag::Missing), count(&flags, Flag::Measured)), (1000, 500));
        assert_eq!(longest_run(&flags), (0, 2));
    }

    #[test]
    fn status_tells_apart_what_cannot_be_profiled() {
        assert_eq!(Status::of(&[]), Status::NotMeasured);
        assert_eq!(Status::of(&[f64::NAN; 3]), Status::AllMissing);
        assert_eq!(Status::of(&[0.0]), Status::SingleReading);
        assert_eq!(Status::of(&[0.0, 0.1]), Status::Ok);
        assert_eq!(Status::AllZero.reason(), Some(Reason::AllZero));
    }
}
