//! Energies that are known of longer times: from registers, and as daily or billing energies.

use super::gaps::Gaps;
use crate::readings::{Period, Readings, SpanKind, SpanSeries};
use crate::stats::median;
use crate::time::TimeAxis;

/// Energy that is known of a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) start: i64,
    pub(super) end: i64,
    /// In the unit of the channel, multiplier included.
    pub(super) energy: f64,
}

/// Largest part by which the energies of times without a gap may differ from the sum of their intervals (engineering:
/// ten times the usual tolerance of the sum check); beyond it they are another meter's, or lack a multiplier.
const MOST_DIFFERENCE: f64 = 0.05;

impl Known {
    /// The intervals that the time touches, each with the share of it that lies inside.
    pub(super) fn parts(self, axis: &TimeAxis) -> impl Iterator<Item = (usize, f64)> {
        let step = axis.step_s();
        let first = usize::try_from((self.start - axis.start()).div_euclid(step)).unwrap_or(0);
        let end = axis.index_from(self.end);
        let (start, axis_start) = (self, axis.start());
        (first..end).map(move |index| {
            let from = axis_start + index as i64 * step;
            let inside = (from + step).min(start.end) - from.max(start.start);
            (index, inside as f64 / step as f64)
        })
    }

    /// Energy of the parts that have a value, and whether no part is open.
    pub(super) fn present(self, gaps: &Gaps, axis: &TimeAxis) -> (f64, bool) {
        self.parts(axis).fold((0.0, true), |(sum, whole), (index, share)| match gaps.value(index) {
            Some(value) => (sum + value * share, whole),
            None => (sum, false),
        })
    }
}

/// What is known of a channel, the shortest times first, and how many series of registers or energies were not used
/// because they do not go with the intervals.
///
/// Two readings of a register bound a time; one that falls into an open interval, not onto its edge, is
/// passed over, since it cannot tell the interval's parts apart. A register that falls back (reset, rollover,
/// another meter) says nothing of that time. Where the reading falls into an interval that was measured,
/// that interval's energy is taken as even.
pub(super) fn known(readings: &Readings, gaps: &Gaps) -> (Vec<Known>, usize) {
    let axis = readings.axis();
    let mut all = Vec::new();
    let mut refused = 0;
    let total = |one: &&SpanSeries| one.channel.measures_same(gaps.channel) && one.period == Period::Total;
    for series in readings.spans().0.iter().filter(total) {
        let mut found = match series.kind {
            SpanKind::Energy => energies(series, axis),
            SpanKind::Register => differences(series, gaps, axis),
            SpanKind::MaximumDemand => Vec::new(),
        };
        let mut ratios: Vec<f64> = found
            .iter()
            .filter(|known| known.energy > 0.0)
            .map(|known| (known, known.present(gaps, axis)))
            .filter(|(_, (_, whole))| *whole)
            .map(|(known, (sum, _))| sum / known.energy)
            .collect();
        if median(&mut ratios).is_some_and(|ratio| (ratio - 1.0).abs() > MOST_DIFFERENCE) {
            refused += 1;
            continue;
        }
        all.append(&mut found);
    }
    all.sort_by(|a, b| (a.end - a.start).cmp(&(b.end - b.start)).then(a.start.cmp(&b.start)));
    (all, refused)
}

fn energies(series: &SpanSeries, axis: &TimeAxis) -> Vec<Known> {
    let usable = series.values.iter().filter(|one| {
        one.flag.is_whole() && !one.flag.is_estimated() && one.value.is_finite() && one.span.start < one.span.end
    });
    usable
        .map(|one| Known { start: one.span.start, end: one.span.end, energy: one.value })
        .filter(|known| known.start >= axis.start() && known.end <= axis.end())
        .collect()
}

fn differences(series: &SpanSeries, gaps: &Gaps, axis: &TimeAxis) -> Vec<Known> {
    let cuts_open = |at: i64| {
        let since = at - axis.start();
        since % axis.step_s() != 0 && usize::try_from(since / axis.step_s()).is_ok_and(|index| gaps.is_open(index))
    };
    let usable: Vec<(i64, f64)> = series
        .values
        .iter()
        .filter(|one| one.flag.is_whole() && !one.flag.is_estimated() && one.value.is_finite())
        .map(|one| (one.span.start, one.value))
        .filter(|(at, _)| *at >= axis.start() && *at <= axis.end() && !cuts_open(*at))
        .collect();
    let pairs = usable.iter().zip(usable.iter().skip(1));
    pairs
        .filter(|((from, before), (to, after))| from < to && before <= after)
        .map(|((start, before), (end, after))| Known {
            start: *start,
            end: *end,
            energy: (after - before) * series.multiplier,
        })
        .filter(|known| known.energy.is_finite() && known.energy >= 0.0)
        .collect()
}
