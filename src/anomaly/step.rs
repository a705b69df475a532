//! Steps of the daily level: where they lie, how large they are, and whether the whole day has them.
//!
//! A moving-sum change-point test on the logarithm of worked days' energies over what is usual for their
//! kind: medians of two windows side by side, whose difference is held against the ordinary differences of
//! the same load, so that its own unrest, its correlation from day to day and its season set the limit. The
//! place is the split with the least sum of absolute residuals, which is the likelihood-ratio scan for
//! heavy-tailed noise. Source: moving sums after Eichinger & Kirch (2018), doi:10.3150/16-BEJ887, here with
//! medians; windows and limits are engineering, set on simulated plants.

use std::ops::Range;

use super::daily::Daily;
use super::deviation::Deviations;
use super::event::{Event, Interval};
use crate::stats;

/// Worked days on either side of a step that are compared: a week, and two. The short one finds faults of
/// a week, the long one smaller steps of restless loads (engineering).
const WINDOWS: [usize; 2] = [5, 10];
/// Limit of the difference of two windows, in robust standard deviations of all such differences: a year has
/// some fifty independent ones, and the tails are heavy (engineering).
const STEP_SIGMAS: f64 = 5.0;
/// Worked days on either side of a jump whose own jumps say what is ordinary in that season, besides those of the year:
/// hot weeks step up and down with the weather (engineering: eight weeks).
const SEASON_DAYS: usize = 40;
/// A step is at least this change of the level, as a logarithm: a tenth (engineering).
const MIN_STEP: f64 = 0.095_310_179_804_324_87;
/// And this many robust standard deviations of the single days around their levels (engineering).
const DAY_SIGMAS: f64 = 3.0;
/// Worked days before a step from which the old level is taken, at most and at least (engineering: four
/// weeks, and two).
const PRIOR_DAYS: usize = 20;
/// See [`PRIOR_DAYS`].
const MIN_PRIOR_DAYS: usize = 10;
/// The week after a step differs from the week before it by this share of the whole step; seasons creep and
/// fail this, and so does a week's heat (engineering).
const STEP_SHARE: f64 = 0.8;
/// Before and after a step the level creeps in its direction by no more than this share of it (engineering).
const CREEP_SHARE: f64 = 0.3;
/// After a quarter of a year a step is the new usual; its energy is counted no longer (engineering).
const LONGEST_DAYS: usize = 91;
/// Worked days of which most are back before a step has ended (engineering).
const RETURN_DAYS: usize = 3;
/// A change of production or of a meter shows in the hours of work: these have at least this share of
/// the step, or the night alone has risen (engineering).
const WORK_SHARE: f64 = 0.5;
/// Below this share of the usual day's swing a part of the day is night; above, work (engineering).
const NIGHT_SHARE: f64 = 0.25;
/// See [`NIGHT_SHARE`].
const DAY_SHARE: f64 = 0.5;
/// Usual days that swing less than this share of their peak have no night (engineering).
const MIN_SWING: f64 = 0.20;
/// The parts of the day have the same ratio if their logarithms differ by no more than this, beyond what
/// the days' scatter leaves open (engineering: base loads have their own weather).
const SAME_RATIO: f64 = 0.05;
/// Days off that must be there within and before a step to say whether they have it (engineering).
const MIN_DAYS_OFF: usize = 2;
/// Efficiency of a median against a mean: its standard error is √(π/2) times as large.
const MEDIAN_ERROR: f64 = 1.253_314_137_315_500_3;
/// Neighbouring days are alike: (1 + ρ) / (1 − ρ) with ρ = 0.5, by which the variance of a level is larger
/// (engineering).
const CORRELATION: f64 = 3.0;
/// Standard errors of the interval that is told.
const INTERVAL_ERRORS: f64 = 2.0;
/// No ratio is known better than this (engineering).
const MIN_HALF_WIDTH: f64 = 0.01;
/// An interval belongs to a step if the new level leaves less than this share of its deviation from the old,
/// or less than [`SCALES`] of its ordinary spread: a spike within a lasting step is still a spike.
const LEFT_SHARE: f64 = 0.5;
/// See [`LEFT_SHARE`].
const SCALES: f64 = 3.0;

/// A lasting step of the level of worked days.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// Local days, from the first at the new level to the last.
    pub days: Range<usize>,
    /// New level over the old.
    pub ratio: f64,
    /// Half the width of the interval of the ratio's logarithm, two standard errors.
    pub half_width: f64,
    /// Robust standard deviation of the days around their levels, as a share.
    pub scatter: f64,
    /// Whether night, work and days off, as far as they can be told apart, have the same ratio; `None` where there is
    /// nothing to compare.
    pub is_whole: Option<bool>,
    /// Ratio of days off, where they have at least half of the step too.
    days_off_ratio: Option<f64>,
    /// Worked days whose level it is.
    pub worked_days: usize,
    /// Whether it lasts to the end of the readings.
    pub lasts: bool,
    /// Level before, over that of the usual day.
    before: f64,
}

/// Every step, in the order of time, none within another.
pub(super) fn steps(daily: &Daily) -> Vec<Step> {
    let (mut days, mut logs) = (Vec::new(), Vec::new());
    for day in (0..daily.classes.len()).filter(|day| daily.is_ordinary[*day] && daily.is_worked(*day)) {
        if let Some(log) = daily.log_ratio(day, |_| true) {
            days.push(day);
            logs.push(log);
        }
    }
    same_kinds(daily, &days, &mut logs);
    let jumps = WINDOWS.map(|width| Jumps::new(&logs, width));
    let mut steps = Vec::new();
    let mut free_from = 0;
    let mut at = 0;
    while at < logs.len() {
        let is_jump = jumps.iter().any(|jumps| jumps.peaks_at(at));
        let step = if is_jump { step_at(daily, &days, &logs, at, free_from, jumps[1].spread) } else { None };
        if let Some((step, next)) = step {
            steps.push(step);
            free_from = next;
            at = next;
        }
        at += 1;
    }
    steps
}

/// Takes away what one kind of worked days differs from the days around it.
///
/// Where half of a year is at another level, the medians of two kinds may lie on different ones.
fn same_kinds(daily: &Daily, days: &[usize], logs: &mut [f64]) {
    let width = WINDOWS[0];
    let mut near: Vec<f64> = Vec::new();
    let away: Vec<f64> = (0..logs.len())
        .map(|at| {
            near.clear();
            near.extend_from_slice(&logs[at.saturating_sub(width)..(at + width + 1).min(logs.len())]);
            logs[at] - stats::median(&mut near).unwrap_or(0.0)
        })
        .collect();
    for class in [super::class::Class::Worked, super::class::Class::WorkedAfterRest] {
        let of_class = |at: &usize| daily.classes[days[*at]] == class;
        let mut same: Vec<f64> = (0..logs.len()).filter(of_class).map(|at| away[at]).collect();
        let offset = stats::median(&mut same).unwrap_or(0.0);
        for at in (0..logs.len()).filter(of_class) {
            logs[at] -= offset;
        }
    }
}

/// Differences of the medians of two neighbouring windows.
struct Jumps {
    width: usize,
    /// Of the window that starts with each day, against that before it; zero where one is short.
    sizes: Vec<f64>,
    /// Robust standard deviation of all.
    spread: f64,
    /// Smallest jump that stands out, about each day.
    limits: Vec<f64>,
}

impl Jumps {
    fn new(logs: &[f64], width: usize) -> Self {
        let mut window: Vec<f64> = Vec::with_capacity(width);
        let mut medians: Vec<f64> = Vec::with_capacity(logs.len());
        for values in logs.windows(width) {
            window.clear();
            window.extend_from_slice(values);
            medians.push(stats::median(&mut window).unwrap_or(0.0));
        }
        let mut sizes = vec![0.0; logs.len()];
        for at in width..medians.len() {
            sizes[at] = medians[at] - medians[at - width];
        }
        let known = width..medians.len().max(width);
        let spread_of = |part: Range<usize>| {
            let mut part = sizes.get(part).unwrap_or_default().to_vec();
            stats::robust_sigma(&mut part, 0.0).unwrap_or(0.0)
        };
        let of_year = spread_of(known.clone());
        let limits = (0..logs.len())
            .map(|at| {
                // A size below the floor needs no limit.
                if sizes[at].abs() < MIN_STEP {
                    return f64::INFINITY;
                }
                let near = at.saturating_sub(SEASON_DAYS).max(known.start)..(at + SEASON_DAYS).min(known.end);
                (STEP_SIGMAS * of_year.max(spread_of(near))).max(MIN_STEP)
            })
            .collect();
        Self { width, sizes, limits, spread: of_year }
    }

    /// Whether the jump at this day is large, and no other within a window's width is larger.
    fn peaks_at(&self, at: usize) -> bool {
        let size = self.sizes[at].abs();
        let near = &self.sizes[at.saturating_sub(self.width)..(at + self.width + 1).min(self.sizes.len())];
        size >= self.limits[at] && near.iter().all(|other| other.abs() <= size)
    }
}

/// The step about the worked day `about`, if its size passes, and the first worked day after it. `unrest` is the
/// ordinary difference of neighbouring fortnights, which every ratio across a step has in it.
fn step_at(
    daily: &Daily,
    days: &[usize],
    logs: &[f64],
    about: usize,
    free_from: usize,
    unrest: f64,
) -> Option<(Step, usize)> {
    let at = best_split(logs, about.saturating_sub(WINDOWS[1]).max(free_from)..(about + WINDOWS[1]).min(logs.len()))?;
    let prior = at.saturating_sub(PRIOR_DAYS).max(free_from)..at;
    if prior.len() < MIN_PRIOR_DAYS {
        return None;
    }
    let before = stats::median(&mut logs[prior.clone()].to_vec())?;
    let first = stats::median(&mut logs[at..(at + WINDOWS[0]).min(logs.len())].to_vec())?;
    let half_way = (before + first) / 2.0;
    let sign = (first - before).signum();
    let is_back = |at: usize| sign * (logs[at] - half_way) < 0.0;
    let end = (at + 1..logs.len())
        .find(|end| {
            let next = *end..(end + RETURN_DAYS).min(logs.len());
            is_back(*end) && 2 * next.clone().filter(|at| is_back(*at)).count() > next.len()
        })
        .unwrap_or(logs.len());
    let lasts = end == logs.len();
    let last_day = if lasts { daily.classes.len() } else { days[end - 1] + 1 };
    if end - at < WINDOWS[0] {
        return None;
    }
    // As many days after as before: further away the season has its own level.
    let counted = at..end.min(at + PRIOR_DAYS);
    let after = stats::median(&mut logs[counted.clone()].to_vec())?;
    let log = after - before;
    // Scatter of the days on either side around their own level.
    let mut away: Vec<f64> = logs[prior.clone()].iter().map(|log| (log - before).abs()).collect();
    away.extend(logs[counted.clone()].iter().map(|log| (log - after).abs()));
    let scatter = stats::median(&mut away)? * stats::MAD_TO_SIGMA;
    if log.signum() != sign || log.abs() < MIN_STEP.max(DAY_SIGMAS * scatter) {
        return None;
    }
    let creep = [&prior, &counted].map(|side| half_difference(&logs[side.clone()]) * sign).iter().sum::<f64>();
    let around = half_difference(&logs[at - WINDOWS[0]..(at + WINDOWS[0]).min(counted.end)]) * sign;
    if creep > CREEP_SHARE * log.abs() || around < STEP_SHARE * log.abs() {
        return None;
    }
    let errors = (CORRELATION / prior.len() as f64 + CORRELATION / counted.len() as f64).sqrt();
    let half_width =
        (INTERVAL_ERRORS * MEDIAN_ERROR * scatter * errors).max(INTERVAL_ERRORS * unrest).max(MIN_HALF_WIDTH);

    let mut span = days[at]..last_day;
    let parts = Parts::of(daily, days, &prior, &counted);
    if parts.work.is_some_and(|work| work * sign < WORK_SHARE * log.abs()) {
        return None;
    }
    let tolerance = SAME_RATIO + half_width;
    let others: Vec<f64> = [parts.night, parts.days_off].into_iter().flatten().collect();
    let is_whole = (!others.is_empty()).then(|| others.iter().all(|part| (part - log).abs() <= tolerance));
    // A weekend before or after belongs to the step if it has it.
    if let Some(off) = parts.days_off.filter(|off| off * sign > 0.0) {
        let has_step = |day: &usize| {
            let log = daily.log_ratio(*day, |_| true).filter(|_| daily.is_ordinary[*day] && !daily.is_worked(*day));
            log.is_some_and(|log| (log - parts.days_off_before - off / 2.0) * sign > 0.0)
        };
        span.start -= (0..span.start).rev().take_while(has_step).count();
        span.end += (span.end..daily.classes.len()).take_while(has_step).count();
    }
    let days_off_ratio = parts.days_off.filter(|off| off * sign >= log.abs() / 2.0).map(f64::exp);
    let step = Step {
        days: span,
        ratio: log.exp(),
        half_width,
        scatter,
        is_whole,
        days_off_ratio,
        worked_days: end - at,
        lasts,
        before: before.exp(),
    };
    Some((step, end))
}

/// How much higher the second half of a stretch lies than the first.
fn half_difference(logs: &[f64]) -> f64 {
    let (first, second) = logs.split_at(logs.len() / 2);
    let median = |half: &[f64]| stats::median(&mut half.to_vec()).unwrap_or(0.0);
    median(second) - median(first)
}

/// The split of a stretch with the least absolute residuals around the medians of its two sides, each of at
/// least half a short window.
fn best_split(logs: &[f64], stretch: Range<usize>) -> Option<usize> {
    let least = WINDOWS[0] - 1;
    let values = logs.get(stretch.clone())?;
    let residual = |side: &[f64]| {
        let median = stats::median(&mut side.to_vec()).unwrap_or(0.0);
        side.iter().map(|log| (log - median).abs()).sum::<f64>()
    };
    let cost = |split: usize| residual(&values[..split]) + residual(&values[split..]);
    (least..(values.len() + 1).saturating_sub(least))
        .map(|split| (split, cost(split)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(split, _)| stretch.start + split)
}

/// The step of the parts of the time, as logarithms.
struct Parts {
    night: Option<f64>,
    work: Option<f64>,
    days_off: Option<f64>,
    /// Level of days off before, as a logarithm; NaN where there are none.
    days_off_before: f64,
}

impl Parts {
    fn of(daily: &Daily, days: &[usize], prior: &Range<usize>, counted: &Range<usize>) -> Self {
        let usual = |day: usize| daily.usual_day_kw(day).unwrap_or_default();
        let bounds = days.get(counted.start).and_then(|day| {
            let (low, high) = usual(*day)
                .iter()
                .filter(|kw| !kw.is_nan())
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), kw| (kw.min(low), kw.max(high)));
            (high - low >= MIN_SWING * high).then_some((low, high - low))
        });
        let difference = |before: Vec<f64>, after: Vec<f64>, least: usize| {
            let (mut before, mut after) = (before, after);
            (before.len() >= least && after.len() >= least)
                .then(|| Some(stats::median(&mut after)? - stats::median(&mut before)?))?
        };
        let of_worked = |wanted: &dyn Fn(f64) -> bool| {
            let logs = |range: &Range<usize>| -> Vec<f64> {
                days[range.clone()].iter().filter_map(|day| daily.log_ratio(*day, wanted)).collect()
            };
            difference(logs(prior), logs(counted), MIN_DAYS_OFF)
        };
        let (night, work) = match bounds {
            Some((low, swing)) => {
                (of_worked(&|kw| kw < low + NIGHT_SHARE * swing), of_worked(&|kw| kw > low + DAY_SHARE * swing))
            }
            None => (None, None),
        };
        let off = |range: &Range<usize>| -> Vec<f64> {
            let (Some(first), Some(last)) = (days.get(range.start), days.get(range.end - 1)) else { return Vec::new() };
            (*first..=*last)
                .filter(|day| daily.is_ordinary[*day] && !daily.is_worked(*day))
                .filter_map(|day| daily.log_ratio(day, |_| true))
                .collect()
        };
        let days_off_before = stats::median(&mut off(prior)).unwrap_or(f64::NAN);
        Self { night, work, days_off: difference(off(prior), off(counted), MIN_DAYS_OFF), days_off_before }
    }
}

impl Step {
    /// Whether a ratio lies within so many half-widths of this one's interval.
    pub(super) fn may_be(&self, ratio: f64, half_widths: f64) -> bool {
        (self.ratio / ratio).ln().abs() <= half_widths * self.half_width
    }

    /// The event of this step under a name, over the intervals that it explains: worked days, and days off if they
    /// have it too. The energy of the first 91 days counts.
    pub(super) fn event(&self, code: &'static str, deviations: &Deviations) -> Event {
        let is_up = self.ratio > 1.0;
        Event::new(code, self.flagged(deviations))
            .with("direction", if is_up { "up" } else { "down" })
            .with("up", is_up)
            .with("ratio", self.ratio)
            .with("ratio_low", self.ratio * (-self.half_width).exp())
            .with("ratio_high", self.ratio * self.half_width.exp())
            .with("change_share", (self.ratio - 1.0).abs())
            .with("day_scatter", self.scatter)
            .with("whole_day", self.is_whole)
            .with("days", self.days.len())
            .with("worked_days", self.worked_days)
            .with("lasts_to_end", self.lasts)
    }

    fn flagged(&self, deviations: &Deviations) -> Vec<Interval> {
        let daily = &deviations.daily;
        let axis = deviations.site.readings().axis();
        let slots_per_bin = (axis.slots_per_day() / daily.bins.max(1)).max(1);
        let runs = deviations.site.readings().local().runs();
        let end = self.days.end.min(self.days.start + LONGEST_DAYS);
        let mut flagged = Vec::new();
        let first = runs.partition_point(|run| run.day < self.days.start);
        for run in runs[first..].iter().take_while(|run| run.day < end) {
            let ratio = if daily.is_worked(run.day) { Some(self.ratio) } else { self.days_off_ratio };
            let usual = daily.usual_day_kw(run.day).filter(|_| daily.is_ordinary[run.day]);
            let (Some(ratio), Some(usual)) = (ratio, usual) else { continue };
            for (offset, at) in run.range.clone().enumerate() {
                let load_kw = deviations.load_kw[at];
                let Some(usual_kw) = usual.get((run.slot + offset) / slots_per_bin) else { continue };
                let (old_kw, new_kw) = (usual_kw * self.before, usual_kw * self.before * ratio);
                let left_kw = (load_kw - new_kw).abs();
                let scale_kw = deviations.expected.scale_kw[at];
                // NaN, where a reading is missing, is neither.
                if left_kw <= LEFT_SHARE * (load_kw - old_kw).abs() || left_kw <= SCALES * scale_kw {
                    flagged.push(Interval { at, expected_kw: load_kw / ratio });
                }
            }
        }
        flagged
    }
}
