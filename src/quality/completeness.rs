//! How much of each month is there, and whether that is enough to speak of it.

use std::ops::Range;

use serde::Serialize;

use super::runs;
use crate::readings::{Channel, Flag, Readings, Series};

/// Smallest share of the expected readings with which a month can be reported (engineering: a gate
/// below which a figure would say more about the gaps than about the site).
pub const USABLE_SHARE: f64 = 0.95;

/// Whether a stretch can be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every reading is there.
    Complete,
    /// At least [`USABLE_SHARE`] of the readings are there.
    Usable,
    /// Too little is there; a figure would mislead.
    Unusable,
}

/// How much of a local month, or of everything, is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Completeness {
    /// `2018-01`, or `all`.
    pub label: String,
    /// First instant, UTC seconds.
    pub start: i64,
    /// First instant after it, UTC seconds.
    pub end: i64,
    /// Intervals expected; a month's are those of the whole calendar month in the site's zone, days
    /// of 23 and 25 hours as they are.
    pub expected: usize,
    /// Intervals with a whole value: neither missing nor incomplete.
    pub present: usize,
    /// Of those present, how many rest on an estimate, the source's or one that was asked for.
    pub estimated: usize,
    /// `present / expected`, 0 to 1.
    pub share: f64,
    /// Longest run without a whole value inside the readings' axis, in intervals.
    pub longest_gap_intervals: usize,
    /// Whether the axis covers the whole month; true for `all`.
    pub whole: bool,
    /// Whether it can be reported.
    pub verdict: Verdict,
}

/// Completeness of every local month, ascending, then of the whole axis as `all`; empty where the
/// channel was not measured.
///
/// ```
/// use wattlens::quality::{Verdict, completeness};
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 3600, 744, Zone::named("UTC")?)?; // January 1970
/// let mut values = vec![1.0; 744];
/// values[100..110].fill(f64::NAN);
/// let rows = completeness(&Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])?, Channel::IMPORT_KWH);
/// assert_eq!((rows[0].label.as_str(), rows[0].present, rows[0].verdict), ("1970-01", 734, Verdict::Usable));
/// assert_eq!(rows[1].label, "all");
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn completeness(readings: &Readings, channel: Channel) -> Vec<Completeness> {
    let Some(one) = readings.series(channel) else { return Vec::new() };
    let axis = readings.axis();
    let months = readings
        .local()
        .months()
        .iter()
        .map(|month| of_range(one, &month.range, month.label(), (month.start, month.end), month.expected));
    let all = of_range(one, &(0..axis.len()), "all".to_owned(), (axis.start(), axis.end()), axis.len());
    months.chain([all]).collect()
}

fn of_range(one: &Series, range: &Range<usize>, label: String, span: (i64, i64), expected: usize) -> Completeness {
    let flags = one.flags().get(range.clone()).unwrap_or(&[]);
    let counts = FlagCounts::of(flags);
    let (present, estimated) = (counts.whole(), counts.estimated());
    let gaps = if present == flags.len() {
        Vec::new()
    } else {
        runs(flags.len(), |index| flags.get(index).is_some_and(|flag| !flag.is_whole()))
    };
    let share = present as f64 / expected.max(1) as f64;
    Completeness {
        label,
        start: span.0,
        end: span.1,
        expected,
        present,
        estimated,
        share,
        longest_gap_intervals: gaps.iter().map(ExactSizeIterator::len).max().unwrap_or(0),
        whole: range.len() == expected,
        verdict: if present == expected {
            Verdict::Complete
        } else if share >= USABLE_SHARE {
            Verdict::Usable
        } else {
            Verdict::Unusable
        },
    }
}

/// How many intervals have each flag; one pass for all that is asked of them.
pub(super) struct FlagCounts([usize; Flag::ALL.len()]);

impl FlagCounts {
    pub fn of(flags: &[Flag]) -> Self {
        let mut counts = [0; Flag::ALL.len()];
        for flag in flags {
            if let Some(count) = counts.get_mut(*flag as usize) {
                *count += 1;
            }
        }
        Self(counts)
    }

    fn sum(&self, wanted: impl Fn(Flag) -> bool) -> usize {
        Flag::ALL.into_iter().zip(self.0).filter(|(flag, _)| wanted(*flag)).map(|(_, count)| count).sum()
    }

    pub fn with(&self, wanted: Flag) -> usize {
        self.sum(|flag| flag == wanted)
    }

    pub fn whole(&self) -> usize {
        self.sum(Flag::is_whole)
    }

    pub fn estimated(&self) -> usize {
        self.sum(Flag::is_estimated)
    }
}
