//! Days that run as usual, but earlier or later: a meter's clock, or other hours of work.

use std::ops::Range;

use super::daily::Daily;
use super::deviation::Deviations;
use super::event::{Event, Interval};
use crate::finding::Severity;
use crate::stats;

/// Furthest shift that is looked for \[h\].
const MOST_H: usize = 4;
/// A day without a shift is alike enough to the usual one if it explains this much of its variance (engineering).
const ALIKE: f64 = 0.95;
/// A day has the usual shape, moved or not, if that explains this much of its variance (engineering).
const HAS_SHAPE: f64 = 0.8;
/// A shift must leave no more than this share of the variance that is left without it (engineering).
const LEFT_SHARE: f64 = 0.5;
/// The same of the mean of an event's days, in which the days' own noise is gone and other hours of lunch, of
/// cooling or of light would remain (engineering).
const LEFT_SHARE_OF_ALL: f64 = 0.15;
/// A usual day has a shape if its parts vary by this share of their mean (engineering).
const MIN_SHAPE: f64 = 0.10;
/// Days with a shift that make an event.
const MIN_DAYS: usize = 5;
/// Days without the shift that an event outlives, one after the other (engineering).
const FORGIVEN_DAYS: usize = 1;
/// Parts of the day by which the lags of one event may differ: a shift of a quarter of an hour lies
/// between two parts (engineering).
const SAME_LAG: isize = 1;
/// A shift that begins or ends this near to a clock change has it as its likely cause \[s\] (engineering: a weekend
/// and a day).
const NEAR_CHANGE_S: i64 = 3 * crate::time::DAY_S;

/// `anomaly.clock_shift`: five days or more whose profile is that of their kind moved by the same time, up to four
/// hours either way.
///
/// Each day with a shape votes: for no shift, or for the lag whose correlation with the usual day of its kind leaves no
/// more than half of the variance that no lag leaves. The votes are on the wall clock, so that a meter that changes its
/// clocks as its site does has no shift; `at_clock_change` tells one by an hour that begins or ends with a
/// change. New hours of work look the same. No energy: none is missing. Parts of the day without a reading count as usual.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let daily = &deviations.daily;
    if daily.bins == 0 {
        return Vec::new();
    }
    let filled = filled(daily);
    let votes = votes(daily, &filled);
    let bin_minutes = (24 * 60 / daily.bins) as isize;
    let mut events = Vec::new();
    let mut day = 0;
    while day < votes.len() {
        let Some(run) = run_from(day, &votes) else {
            day += 1;
            continue;
        };
        let minutes = run.lag * bin_minutes;
        if !is_moved(daily, &filled, &run, &votes) {
            day = run.days.end;
            continue;
        }
        let flagged = explained(deviations, run.days.clone(), minutes);
        if !flagged.is_empty() {
            events.push(Event {
                severity: Some(Severity::Medium),
                has_energy: false,
                ..Event::new("anomaly.clock_shift", flagged)
                    .with("lag_minutes", minutes)
                    .with("shift_hours", minutes.unsigned_abs() as f64 / 60.0)
                    .with("later", minutes > 0)
                    .with("days", run.votes)
                    .with("at_clock_change", minutes.abs() == 60 && at_clock_change(deviations, &run.days))
                    .with("lasts_to_end", run.days.end == votes.len())
            });
        }
        day = run.days.end;
    }
    events
}

/// The parts of all days \[kW\], the usual ones where readings are missing, which speaks for no shift.
fn filled(daily: &Daily) -> Vec<f64> {
    let mut filled = daily.kw.clone();
    for (day, kw) in filled.chunks_exact_mut(daily.bins).enumerate() {
        if let Some(usual) = daily.usual_day_kw(day) {
            for (kw, usual) in kw.iter_mut().zip(usual).filter(|(kw, _)| kw.is_nan()) {
                *kw = *usual;
            }
        }
    }
    filled
}

/// A day's parts in a continuous load, moved by a lag; `None` beyond its ends.
fn moved(filled: &[f64], bins: usize, day: usize, lag: isize) -> Option<&[f64]> {
    let from = (day * bins).checked_add_signed(lag)?;
    filled.get(from..from + bins)
}

/// The lag of every day in parts of a day, later positive; `None` for a day that says nothing.
fn votes(daily: &Daily, filled: &[f64]) -> Vec<Option<isize>> {
    let most = (MOST_H * daily.bins / 24) as isize;
    let days = daily.classes.len();
    let vote = |day: usize| {
        let usual = daily.usual_day_kw(day).filter(|_| daily.is_ordinary[day])?;
        let mean = usual.iter().sum::<f64>() / usual.len() as f64;
        let variation = usual.iter().map(|kw| (kw - mean).powi(2)).sum::<f64>();
        // NaN has no shape either.
        if (variation / usual.len() as f64).sqrt() < MIN_SHAPE * mean.abs() || variation.is_nan() {
            return None;
        }
        let alike = |lag: isize| {
            let explained = explained_variance(usual, moved(filled, daily.bins, day, lag)?);
            explained.is_finite().then_some(explained)
        };
        let unmoved = alike(0)?;
        if unmoved >= ALIKE {
            return Some(0);
        }
        let (best, lag) =
            (-most..=most).filter_map(|lag| Some((alike(lag)?, lag))).max_by(|a, b| a.0.total_cmp(&b.0))?;
        if best < HAS_SHAPE {
            return None;
        }
        Some(if 1.0 - best <= LEFT_SHARE * (1.0 - unmoved) { lag } else { 0 })
    };
    (0..days).map(vote).collect()
}

/// Whether the mean of the days that have the lag is the usual day moved, and hardly anything else.
fn is_moved(daily: &Daily, filled: &[f64], run: &Run, votes: &[Option<isize>]) -> bool {
    let (mut usual_sum, mut unmoved_sum, mut moved_sum) =
        (vec![0.0; daily.bins], vec![0.0; daily.bins], vec![0.0; daily.bins]);
    let add = |sum: &mut [f64], kw: &[f64]| sum.iter_mut().zip(kw).for_each(|(sum, kw)| *sum += kw);
    for day in run.days.clone().filter(|day| votes[*day].is_some_and(|lag| lag != 0)) {
        if let (Some(usual), Some(kw)) = (daily.usual_day_kw(day), moved(filled, daily.bins, day, run.lag)) {
            add(&mut usual_sum, usual);
            add(&mut unmoved_sum, daily.day_kw(day));
            add(&mut moved_sum, kw);
        }
    }
    let left = |day: &[f64]| 1.0 - explained_variance(&usual_sum, day);
    left(&moved_sum) <= LEFT_SHARE_OF_ALL * left(&unmoved_sum)
}

/// Square of the correlation of a day with the usual one; zero where they run against each other.
fn explained_variance(usual: &[f64], day: &[f64]) -> f64 {
    let mut sums = [[0.0; 4]; 5];
    // Four sums side by side, because each waits for the one before it.
    for (usual, day) in usual.chunks(4).zip(day.chunks(4)) {
        for (lane, (usual, kw)) in usual.iter().zip(day).enumerate() {
            for (sum, value) in sums.iter_mut().zip([*usual, *kw, usual * usual, kw * kw, usual * kw]) {
                sum[lane] += value;
            }
        }
    }
    let [usual_sum, sum, usual_squares, squares, products] = sums.map(|lanes| lanes.iter().sum::<f64>());
    let count = usual.len() as f64;
    let (of_usual, of_day) = (usual_squares - usual_sum * usual_sum / count, squares - sum * sum / count);
    let together = products - usual_sum * sum / count;
    // NaN, where the usual day has no reading at all, is no likeness.
    if together > 0.0 && of_usual > 0.0 && of_day > 0.0 { together * together / (of_usual * of_day) } else { 0.0 }
}

/// Days in a row with one lag.
struct Run {
    days: Range<usize>,
    lag: isize,
    votes: usize,
}

/// The event that begins on this day, if one does.
fn run_from(day: usize, votes: &[Option<isize>]) -> Option<Run> {
    let first = votes[day].filter(|lag| *lag != 0)?;
    let mut lags = vec![first as f64];
    let (mut end, mut other) = (day + 1, 0);
    for (at, vote) in votes.iter().enumerate().skip(day + 1) {
        match vote {
            Some(lag) if lag.signum() == first.signum() && (lag - first).abs() <= SAME_LAG => {
                lags.push(*lag as f64);
                (end, other) = (at + 1, 0);
            }
            Some(_) if other == FORGIVEN_DAYS => break,
            Some(_) => other += 1,
            None => {}
        }
    }
    let days_with = lags.len();
    let lag = stats::median(&mut lags)?.round() as isize;
    (days_with >= MIN_DAYS).then_some(Run { days: day..end, lag, votes: days_with })
}

/// The intervals that the moved expectation explains better than the unmoved one.
fn explained(deviations: &Deviations, days: Range<usize>, minutes: isize) -> Vec<Interval> {
    let local = deviations.site.readings().local();
    let steps = (minutes as f64 / 60.0 / deviations.step_h()).round() as isize;
    let intervals = local.days()[days.start].range.start..local.days()[days.end - 1].range.end;
    intervals
        .filter(|at| {
            let moved = at.checked_add_signed(-steps).and_then(|from| deviations.expected.kw.get(from));
            let load_kw = deviations.load_kw[*at];
            moved.is_some_and(|kw| (load_kw - kw).abs() < (load_kw - deviations.expected.kw[*at]).abs())
        })
        .map(|at| Interval { at, expected_kw: deviations.expected.kw[at] })
        .collect()
}

/// Whether the site's clocks change about when the shift begins or ends.
fn at_clock_change(deviations: &Deviations, days: &Range<usize>) -> bool {
    let axis = deviations.site.readings().axis();
    let all = deviations.site.readings().local().days();
    let (start, end) = (all[days.start].start, all[days.end - 1].end);
    let segments = axis.zone().segments(axis.start() - NEAR_CHANGE_S, axis.end() + NEAR_CHANGE_S);
    segments
        .iter()
        .skip(1)
        .any(|segment| (segment.start - start).abs() <= NEAR_CHANGE_S || (segment.start - end).abs() <= NEAR_CHANGE_S)
}
