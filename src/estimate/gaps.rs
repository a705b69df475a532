//! One channel while its gaps are being filled.

use std::ops::Range;

use super::settings::{Method, Settings};
use crate::readings::{Channel, Flag, Series};
use crate::time::TimeAxis;

/// Why a gap could not be filled; where several methods failed, the greatest is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// No register and no longer energy covers the gap.
    NoRegister,
    /// There is no parent meter.
    NoParent,
    /// Longer than a straight line may be.
    TooLong,
    /// A value beside the gap is missing or itself estimated.
    NoEnds,
    /// A value beside the gap lies beside an outage.
    BesideOutage,
    /// What registers show does not go with what was measured.
    RegistersDisagree,
    /// The parent or a sibling has no measured value there.
    NoBalance,
    /// The siblings together have more than the parent.
    NegativeBalance,
    /// Too few like days have a value there.
    TooFewLikeDays,
}

impl Reason {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TooLong => "gap_too_long",
            Self::NoEnds => "no_values_beside",
            Self::BesideOutage => "beside_outage",
            Self::TooFewLikeDays => "too_few_like_days",
            Self::NoRegister => "no_register",
            Self::RegistersDisagree => "registers_disagree",
            Self::NoParent => "no_parent",
            Self::NoBalance => "no_balance",
            Self::NegativeBalance => "negative_balance",
        }
    }
}

/// The values of a channel; open intervals are those to be filled: missing, incomplete, or to be replaced.
pub(super) struct Gaps {
    pub(super) channel: Channel,
    values: Vec<f64>,
    flags: Vec<Flag>,
    open: Vec<bool>,
    /// What a part of an open interval has already, which no estimate goes below.
    at_least: Vec<(usize, f64)>,
    /// Why a method could not fill an interval.
    why: Vec<(usize, Reason)>,
    /// What was filled, with the flag it has.
    filled: Vec<(usize, Flag)>,
    /// Intervals whose value was taken out first.
    replaced: Vec<usize>,
}

impl Gaps {
    pub(super) fn of(series: &Series, axis: &TimeAxis, settings: &Settings) -> Self {
        let (mut values, mut flags) = (series.values().to_vec(), series.flags().to_vec());
        let mut open: Vec<bool> = flags.iter().map(|flag| !flag.is_whole()).collect();
        let mut replaced = Vec::new();
        let channel = series.channel();
        for one in settings.replace.iter().filter(|one| one.channel.is_none_or(|of| of.measures_same(channel))) {
            let (start, end) = (one.span.start.max(axis.start()), one.span.end.min(axis.end()));
            if start >= end {
                continue;
            }
            // An interval that the stretch only touches is replaced as a whole.
            for index in axis.range(start - axis.step_s() + 1, end) {
                if let (Some(value), Some(flag), Some(open)) =
                    (values.get_mut(index), flags.get_mut(index), open.get_mut(index))
                {
                    replaced.extend((*flag != Flag::Missing).then_some(index));
                    (*value, *flag, *open) = (f64::NAN, Flag::Missing, true);
                }
            }
        }
        replaced.sort_unstable();
        let incomplete = values.iter().zip(&flags).enumerate().filter(|(_, (_, flag))| **flag == Flag::Incomplete);
        let at_least = incomplete.map(|(index, (value, _))| (index, *value)).collect();
        Self { channel, values, flags, open, at_least, why: Vec::new(), filled: Vec::new(), replaced }
    }

    /// Runs of open intervals, ascending.
    pub(super) fn runs(&self) -> Vec<Range<usize>> {
        self.runs_in(0..self.open.len())
    }

    /// Runs of open intervals within `range`.
    pub(super) fn runs_in(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for index in range.filter(|index| self.is_open(*index)) {
            match runs.last_mut() {
                Some(run) if run.end == index => run.end += 1,
                _ => runs.push(index..index + 1),
            }
        }
        runs
    }

    pub(super) fn is_open(&self, index: usize) -> bool {
        self.open.get(index) == Some(&true)
    }

    /// A value to count with: whole, and not to be replaced; it may be an estimate.
    pub(super) fn value(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().filter(|_| !self.is_open(index))
    }

    /// A value that no estimate had a part in.
    pub(super) fn measured(&self, index: usize) -> Option<f64> {
        let flag = self.flags.get(index).copied()?;
        self.value(index).filter(|_| !flag.is_estimated())
    }

    pub(super) fn has_measured(&self) -> bool {
        (0..self.values.len()).any(|index| self.measured(index).is_some())
    }

    /// Fills an interval; never below zero, nor below what a part of it has already.
    pub(super) fn fill(&mut self, index: usize, value: f64, method: Method) {
        let part = self.at_least.binary_search_by_key(&index, |(at, _)| *at).ok().and_then(|at| self.at_least.get(at));
        let least = part.map_or(0.0, |(_, value)| value.max(0.0));
        self.fill_exactly(index, value.max(least), method.flag());
    }

    /// Fills an interval with just this value.
    pub(super) fn fill_exactly(&mut self, index: usize, value: f64, flag: Flag) {
        if let (Some(old), Some(old_flag), Some(open)) =
            (self.values.get_mut(index), self.flags.get_mut(index), self.open.get_mut(index))
            && value.is_finite()
        {
            (*old, *old_flag, *open) = (value, flag, false);
            self.filled.push((index, flag));
        }
    }

    /// Notes why these intervals stay open.
    pub(super) fn cannot(&mut self, range: Range<usize>, reason: Reason) {
        self.why.extend(range.map(|index| (index, reason)));
    }

    /// What is still open and why, ascending.
    pub(super) fn left(&self) -> Vec<(usize, Reason)> {
        let mut left: Vec<_> = self.why.iter().copied().filter(|(index, _)| self.is_open(*index)).collect();
        left.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        left.dedup_by_key(|(index, _)| *index);
        left
    }

    /// What was filled with this flag, ascending.
    pub(super) fn filled(&self, flag: Flag) -> Vec<usize> {
        let mut filled: Vec<usize> = self.filled.iter().filter(|one| one.1 == flag).map(|one| one.0).collect();
        filled.sort_unstable();
        filled
    }

    /// Whether a value of this interval was taken out first.
    pub(super) fn is_replaced(&self, index: usize) -> bool {
        self.replaced.binary_search(&index).is_ok()
    }

    /// Whether anything differs from the series it was made of.
    pub(super) fn is_changed(&self) -> bool {
        !self.filled.is_empty() || !self.replaced.is_empty()
    }

    /// The channel as it is now. What is still open keeps its incomplete value, and is missing where it was to be replaced.
    pub(super) fn series(&self) -> Series {
        Series::with_flags(self.channel, self.values.clone(), self.flags.clone())
    }
}
