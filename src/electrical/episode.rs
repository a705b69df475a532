//! Stretches over which a limit is passed, with hysteresis and durations.

use std::ops::Range;

use crate::finding::Finding;
use crate::quality::local_text;

use super::prepared::phase_word;
use super::rule::Run;

/// Stretches of one phase with a Finding of their own; the rest is told with the last of them.
const MOST: usize = 20;
/// A value this near to a limit, relative to it, is at the limit: 0.78 × 220 has no exact binary form.
const ROUNDING: f64 = 1e-9;

/// What an interval says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A value is missing, or a graver rule has named it: an episode ends here.
    Unknown,
    /// Beyond the end limit.
    Clear,
    /// Between both limits: an episode goes on, none begins.
    Held,
    /// Beyond the limit.
    Passed,
}

impl State {
    /// By the two limits; NaN is unknown.
    pub fn below(value: f64, begins_below: f64, ends_from: f64) -> Self {
        if value.is_nan() {
            Self::Unknown
        } else if value < begins_below - ROUNDING * begins_below.abs() {
            Self::Passed
        } else if value < ends_from - ROUNDING * ends_from.abs() {
            Self::Held
        } else {
            Self::Clear
        }
    }

    /// By the two limits; NaN is unknown.
    pub fn above(value: f64, begins_above: f64, ends_to: f64) -> Self {
        if value.is_nan() {
            Self::Unknown
        } else if value > begins_above + ROUNDING * begins_above.abs() {
            Self::Passed
        } else if value > ends_to + ROUNDING * ends_to.abs() {
            Self::Held
        } else {
            Self::Clear
        }
    }

    /// The same where something else must hold too; where it does not, the episode ends.
    pub fn only_if(self, holds: bool) -> Self {
        if holds || self == Self::Unknown { self } else { Self::Clear }
    }
}

/// After how many intervals an episode counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    pub warns_after: usize,
    pub alarms_after: usize,
    pub ends_after: usize,
}

/// A stretch over which a limit is passed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Episode {
    /// From the first passed interval to the last passed or held one.
    pub range: Range<usize>,
    /// The farthest value.
    pub worst: f64,
    /// Whether it lasted long enough for an alarm.
    pub alarm: bool,
}

/// Every episode that lasts long enough. `judge` gives an interval's state and value; `worse` chooses between values.
pub(super) fn episodes(
    len: usize,
    timing: Timing,
    worse: fn(f64, f64) -> f64,
    mut judge: impl FnMut(usize) -> (State, f64),
) -> Vec<Episode> {
    let mut found = Vec::new();
    let mut open: Option<Episode> = None;
    let mut clear = 0;
    let mut close = |open: &mut Option<Episode>| {
        if let Some(mut episode) = open.take()
            && episode.range.len() >= timing.warns_after
        {
            episode.alarm = episode.range.len() >= timing.alarms_after;
            found.push(episode);
        }
    };
    for index in 0..len {
        let (state, value) = judge(index);
        match state {
            State::Unknown => close(&mut open),
            State::Clear => {
                clear += 1;
                if open.is_some() && clear >= timing.ends_after {
                    close(&mut open);
                }
            }
            State::Held => {
                clear = 0;
                if let Some(episode) = &mut open {
                    episode.range.end = index + 1;
                }
            }
            State::Passed => {
                clear = 0;
                match &mut open {
                    Some(episode) => {
                        episode.range.end = index + 1;
                        episode.worst = worse(episode.worst, value);
                    }
                    None => open = Some(Episode { range: index..index + 1, worst: value, alarm: false }),
                }
            }
        }
    }
    close(&mut open);
    found
}

/// Findings of the episodes of a phase, by time; of many the longest, and the last says how many others there are.
/// `limit` is in the unit of `worst`; `limit_name` is the figure that it was made from.
pub(super) fn findings(
    run: &Run<'_, '_>,
    phase: Option<usize>,
    mut episodes: Vec<Episode>,
    limit: f64,
    limit_name: &str,
    told: impl Fn(&Episode, Finding) -> Finding,
) -> Vec<Finding> {
    let axis = run.prepared.axis();
    episodes.sort_by(|a, b| b.range.len().cmp(&a.range.len()).then(a.range.start.cmp(&b.range.start)));
    let others = episodes.split_off(episodes.len().min(MOST));
    episodes.sort_by_key(|one| one.range.start);
    let last = episodes.len().saturating_sub(1);
    let others_h = others.iter().map(|one| one.range.len()).sum::<usize>() as f64 * axis.step_h();
    let finding = |(at, one): (usize, &Episode)| {
        let (start, end) = (axis.instant(one.range.start), axis.instant(one.range.end));
        let is_last = at == last && !others.is_empty();
        let finding = run
            .finding(one.alarm, limit_name)
            .at(start, end)
            .with("phase", phase.map(phase_word))
            .with("worst", one.worst)
            .with("limit", limit)
            .with("start", local_text(axis, start))
            .with("intervals", one.range.len())
            .with("hours", one.range.len() as f64 * axis.step_h())
            .with("alarm", one.alarm)
            .with("others", is_last.then_some(others.len()))
            .with("others_hours", is_last.then_some(others_h));
        told(one, finding)
    };
    episodes.iter().enumerate().map(finding).collect()
}

/// As they are.
pub(super) fn plain(_: &Episode, finding: Finding) -> Finding {
    finding
}
