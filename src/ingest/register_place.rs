//! Energy from a register onto the axis, and beside it what has another length.

use super::raw::local_text;
use super::register::{Register, Step};
use super::register_odd::period_fact;
use super::step::Counts;
use crate::finding::{Finding, Severity, Span};
use crate::readings::{Flag, Series, SpanKind, SpanSeries, SpanValue};
use crate::time::{DAY_S, TimeAxis};

/// The regular times that a register is read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub step_s: i64,
    pub phase_s: i64,
    /// First and last instant of the register on it.
    pub first: i64,
    pub last: i64,
}

impl Grid {
    pub(super) fn has(self, instant: i64) -> bool {
        instant.rem_euclid(self.step_s) == self.phase_s
    }

    fn floor(self, instant: i64) -> i64 {
        (instant - self.phase_s).div_euclid(self.step_s) * self.step_s + self.phase_s
    }
}

impl Register {
    /// The grid of steps below a day that most readings are apart and lie on; `None` where there is none.
    ///
    /// Where the caller says the step, it may be any; where he spreads, the grid covers all readings.
    pub(super) fn grid(&self, step_s: Option<i64>, spread: bool) -> Option<Grid> {
        let is_given = step_s.is_some();
        let (first, last) = (self.steps.first()?.start, self.steps.last()?.end);
        let mut lengths = Counts::default();
        self.steps.iter().for_each(|step| lengths.add(step.end - step.start));
        let usual_s = lengths.most_frequent(|length| length > 0)?;
        // Daily readings do not lie on an axis of quarter hours only because their midnights do.
        let step_s = step_s.filter(|step_s| spread || usual_s <= *step_s).unwrap_or(usual_s);
        if step_s <= 0 || step_s >= DAY_S || DAY_S % step_s != 0 {
            return None;
        }
        let mut phases = Counts::default();
        self.steps.iter().for_each(|step| phases.add(step.end.rem_euclid(step_s)));
        let phase_s = phases.most_frequent(|_| true)?;
        let mut grid = Grid { step_s, phase_s, first, last };
        if spread {
            grid.first = grid.floor(first);
            grid.last = grid.floor(last + step_s - 1);
            return Some(grid);
        }
        let on_grid = || self.steps.iter().map(|step| step.end).chain([first]).filter(|at| grid.has(*at));
        let (low, high) = (on_grid().min()?, on_grid().max()?);
        let regular = self.steps.iter().filter(|step| step.end - step.start == step_s).count();
        let enough =
            2 * on_grid().count() > self.steps.len() && high > low && (is_given || 2 * regular > self.steps.len());
        (grid.first, grid.last) = (low, high);
        enough.then_some(grid)
    }

    /// Energies of all steps as they are.
    pub(super) fn energies(&self) -> Vec<SpanValue> {
        self.steps.iter().map(|step| span_value(step.start, step.end, step.energy, step.flag)).collect()
    }

    /// A series of energies of this register.
    pub(super) fn energy_series(&self, values: Vec<SpanValue>) -> SpanSeries {
        let (kind, multiplier) = (SpanKind::Energy, 1.0);
        SpanSeries { channel: self.channel, kind, period: self.period, multiplier, values }
    }

    /// Energy of the axis' intervals, and of the longer times whose course inside is not known.
    ///
    /// Only readings on the axis' grid bound intervals; what a reading between them adds is in their sum.
    pub(super) fn on_axis(&self, axis: &TimeAxis) -> (Series, Vec<SpanValue>) {
        let (mut values, mut flags) = (vec![f64::NAN; axis.len()], vec![Flag::Missing; axis.len()]);
        let mut longer = Vec::new();
        let has = |instant: i64| (instant - axis.start()).rem_euclid(axis.step_s()) == 0;
        let mut open: Option<Step> = None;
        for step in &self.steps {
            let Some(energy) = step.energy else {
                longer.extend(open.take().map(|open| span_value(open.start, open.end, open.energy, open.flag)));
                continue;
            };
            let sum = match open.take() {
                Some(Step { start, energy: Some(before), flag, .. }) => {
                    Step { start, energy: Some(before + energy), flag: flag.max(step.flag), ..*step }
                }
                _ => *step,
            };
            if !has(sum.end) {
                open = Some(sum);
                continue;
            }
            let at = axis.index_from(sum.start);
            match (values.get_mut(at), flags.get_mut(at), sum.energy) {
                (Some(value), Some(flag), Some(energy))
                    if sum.end - sum.start == axis.step_s() && axis.instant(at) == sum.start =>
                {
                    (*value, *flag) = (energy, sum.flag);
                }
                _ => longer.push(span_value(sum.start, sum.end, sum.energy, sum.flag)),
            }
        }
        longer.extend(open.map(|open| span_value(open.start, open.end, open.energy, open.flag)));
        (Series::with_flags(self.channel, values, flags), longer)
    }

    /// Energy of the axis' intervals, every step spread evenly over the time between its readings; the sum is exact.
    pub(super) fn spread_over(&self, axis: &TimeAxis) -> Series {
        let (mut values, mut flags) = (vec![f64::NAN; axis.len()], vec![Flag::Missing; axis.len()]);
        let mut covered_s = vec![0i64; axis.len()];
        for step in &self.steps {
            let Some(energy) = step.energy else { continue };
            let is_whole = step.end - step.start == axis.step_s();
            let rate = energy / (step.end - step.start) as f64;
            let (mut at, mut placed) = (axis.index_from(step.start - axis.step_s() + 1), 0.0);
            while at < axis.len() && axis.instant(at) < step.end {
                let (from, to) = (axis.instant(at).max(step.start), axis.instant(at + 1).min(step.end));
                // The last part is what is left, so that nothing is lost to rounding.
                let part = if to == step.end { energy - placed } else { rate * (to - from) as f64 };
                placed += part;
                if let (Some(value), Some(flag), Some(covered)) =
                    (values.get_mut(at), flags.get_mut(at), covered_s.get_mut(at))
                {
                    *value = part + if value.is_nan() { 0.0 } else { *value };
                    *covered += to - from;
                    *flag = match *covered {
                        whole if whole < axis.step_s() => Flag::Incomplete,
                        _ if is_whole && axis.instant(at) == step.start => step.flag,
                        _ => Flag::Spread,
                    };
                }
                at += 1;
            }
        }
        Series::with_flags(self.channel, values, flags)
    }

    /// What is said where longer times stay without intervals.
    pub(super) fn long_intervals(&self, longer: &[SpanValue], axis: &TimeAxis) -> Option<Finding> {
        let known = || longer.iter().filter(|one| !one.value.is_nan());
        let (first, last) = (known().next()?, known().next_back()?);
        let intervals: usize = known().map(|one| axis.range(one.span.start, one.span.end).len()).sum();
        let longest_s = known().map(|one| one.span.end - one.span.start).max().unwrap_or(0);
        Some(
            Finding::new("register.long_interval", Severity::Low)
                .at(first.span.start, last.span.end)
                .with("channel", self.channel.name())
                .with("period", period_fact(self.period))
                .with("column", self.name.clone())
                .with("count", known().count())
                .with("intervals", intervals)
                .with("start", local_text(axis.zone(), first.span.start))
                .with("longest_h", longest_s as f64 / 3600.0)
                .with("energy", known().map(|one| one.value).sum::<f64>())
                .with("unit", self.channel.unit()),
        )
    }
}

fn span_value(start: i64, end: i64, energy: Option<f64>, flag: Flag) -> SpanValue {
    let (value, flag) = energy.map_or((f64::NAN, Flag::Missing), |energy| (energy, flag));
    SpanValue { span: Span { start, end }, value, flag, at: None }
}
