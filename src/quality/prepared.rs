//! What several rules look at, worked out once.

use std::cell::OnceCell;
use std::ops::Range;

use super::days::Days;
use super::subject::Subject;
use crate::readings::{Channel, Readings, Series};
use crate::time::TimeAxis;

/// Values this near to each other, relative to the first of the run, are equal.
const EQUAL_RELATIVE: f64 = 1e-6;
/// Runs of equal values from this length on are kept.
const SHORTEST_RUN: usize = 12;

/// The subject with what was worked out of it.
pub(super) struct Prepared<'a> {
    pub subject: &'a Subject<'a>,
    /// One a channel, in the readings' order.
    pub scans: Vec<Scan<'a>>,
    days: OnceCell<Option<Days>>,
}

impl<'a> Prepared<'a> {
    pub fn of(subject: &'a Subject<'a>) -> Self {
        let scans = subject.readings.all_series().iter().map(Scan::of).collect();
        Self { subject, scans, days: OnceCell::new() }
    }

    /// With one channel scanned, for rules that need no other.
    pub fn of_channel(subject: &'a Subject<'a>, channel: Channel) -> Self {
        let scans = subject.readings.series(channel).map(Scan::of).into_iter().collect();
        Self { subject, scans, days: OnceCell::new() }
    }

    pub fn readings(&self) -> &'a Readings {
        self.subject.readings
    }

    pub fn axis(&self) -> &'a TimeAxis {
        self.subject.readings.axis()
    }

    pub fn scan(&self, channel: Channel) -> Option<&Scan<'a>> {
        self.scans.iter().find(|scan| scan.one.channel().measures_same(channel))
    }

    /// The days of the import energy; `None` where it was not measured.
    pub fn days(&self) -> Option<&Days> {
        self.days.get_or_init(|| Days::of(self.readings())).as_ref()
    }
}

/// One pass over the values of a channel.
pub(super) struct Scan<'a> {
    pub one: &'a Series,
    /// How many values are there.
    pub present: usize,
    /// Runs of missing values, ascending.
    pub missing: Vec<Range<usize>>,
    /// Runs of zeros, ascending.
    pub zeros: Vec<Range<usize>>,
    /// Runs of values that may stand for missing, zero aside, ascending.
    pub stand_ins: Vec<Range<usize>>,
    /// Runs of equal values other than zero.
    pub equal: EqualRuns,
    /// Lowest and highest value; infinite where there is none.
    pub lowest: f64,
    pub highest: f64,
}

impl<'a> Scan<'a> {
    fn of(one: &'a Series) -> Self {
        let mut scan = Self {
            one,
            present: 0,
            missing: Vec::new(),
            zeros: Vec::new(),
            stand_ins: Vec::new(),
            equal: EqualRuns::default(),
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        };
        let values = one.values();
        let (mut start, mut held) = (0, f64::NAN);
        let mut singles = 0;
        for (index, value) in values.iter().enumerate() {
            if !is_equal(held, *value) {
                if index == start + 1 && is_ordinary(held) {
                    singles += 1;
                } else {
                    scan.close(start..index, held);
                }
                (start, held) = (index, *value);
            }
        }
        scan.close(start..values.len(), held);
        scan.equal.add_singles(singles);
        // Four of each side by side; there is only one lowest and one highest.
        let (fours, rest) = values.as_chunks::<4>();
        let (mut present, mut lowest, mut highest) = ([0usize; 4], [f64::INFINITY; 4], [f64::NEG_INFINITY; 4]);
        let ends = rest.iter().map(|value| [*value, f64::NAN, f64::NAN, f64::NAN]);
        for four in fours.iter().copied().chain(ends) {
            for (at, value) in four.into_iter().enumerate() {
                present[at] += usize::from(!value.is_nan());
                lowest[at] = if value < lowest[at] { value } else { lowest[at] };
                highest[at] = if value > highest[at] { value } else { highest[at] };
            }
        }
        scan.present = present.iter().sum();
        scan.lowest = lowest.into_iter().fold(f64::INFINITY, f64::min);
        scan.highest = highest.into_iter().fold(f64::NEG_INFINITY, f64::max);
        scan
    }

    /// Takes in a run of equal, or of one missing value.
    fn close(&mut self, run: Range<usize>, held: f64) {
        if run.is_empty() {
            return;
        }
        if held.is_nan() {
            match self.missing.last_mut() {
                Some(last) if last.end == run.start => last.end = run.end,
                _ => self.missing.push(run),
            }
            return;
        }
        if held == 0.0 {
            self.zeros.push(run);
            return;
        }
        if may_stand_in(held) {
            self.stand_ins.push(run.clone());
        }
        self.equal.add(run);
    }

    /// Whether there is any value.
    pub fn has_value(&self) -> bool {
        self.present > 0
    }

    /// Whether there are values and all of them are zero.
    pub fn is_all_zero(&self) -> bool {
        self.present > 0 && self.lowest == 0.0 && self.highest == 0.0
    }
}

/// Whether a value is there, is not zero, and stands for nothing else: nearly every one.
fn is_ordinary(value: f64) -> bool {
    // Zero and the whole numbers that may stand in leave the lower half of the bits empty.
    value.to_bits() as u32 != 0 && !value.is_nan()
}

/// Numbers that sources write where there is no value: ones and rows of nines, and what counters of 16 bits end with.
fn may_stand_in(value: f64) -> bool {
    matches!(value.abs(), 1.0 | 99.0 | 999.0 | 9999.0 | 99_999.0 | 999_999.0 | 32_767.0 | 65_535.0)
}

/// The maximal runs of equal values that are neither missing nor zero; runs of one included.
#[derive(Default)]
pub(super) struct EqualRuns {
    /// How many readings lie in runs of each length.
    readings_by_length: Vec<usize>,
    /// Readings in all runs.
    readings: usize,
    /// Runs of at least [`SHORTEST_RUN`].
    pub long: Vec<Range<usize>>,
}

impl EqualRuns {
    /// Takes in so many runs of one.
    fn add_singles(&mut self, runs: usize) {
        if runs > 0 {
            self.readings_by_length.resize(self.readings_by_length.len().max(2), 0);
            if let Some(count) = self.readings_by_length.get_mut(1) {
                *count += runs;
            }
            self.readings += runs;
        }
    }

    fn add(&mut self, run: Range<usize>) {
        let length = run.len();
        if self.readings_by_length.len() <= length {
            self.readings_by_length.resize(length + 1, 0);
        }
        if let Some(count) = self.readings_by_length.get_mut(length) {
            *count += length;
        }
        self.readings += length;
        if length >= SHORTEST_RUN {
            self.long.push(run);
        }
    }

    /// The run length that a share of the readings do not exceed, one run of this length left out, so
    /// that a long fault is not taken for the meter's habit. `None` where `ratio` times that is not less
    /// than this length, or nothing is left to compare.
    pub fn usual_beside(&self, length: usize, share: f64, ratio: f64) -> Option<usize> {
        let others = self.readings.checked_sub(length).filter(|others| *others > 0)?;
        let needed = share * others as f64;
        let mut below = 0;
        // No length looked at reaches `length` itself, so the run left out is never counted.
        let short =
            self.readings_by_length.iter().enumerate().take_while(|(usual, _)| *usual as f64 * ratio < length as f64);
        for (usual, count) in short {
            below += count;
            if below as f64 >= needed {
                return Some(usual);
            }
        }
        None
    }
}

/// NaN equals nothing.
pub(super) fn is_equal(held: f64, value: f64) -> bool {
    (held - value).abs() <= EQUAL_RELATIVE * held.abs()
}
