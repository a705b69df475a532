//! A level that creeps for weeks by night and by day alike: a meter or transformer that loses accuracy, a leak that grows
//! with everything else.

use super::daily::Daily;
use super::deviation::Deviations;
use super::event::{Event, Interval};
use crate::finding::Severity;
use crate::stats;

/// Weeks over which a creep is looked for, the longest first (engineering: below eight a season looks the same).
const WEEKS: [usize; 6] = [39, 32, 26, 20, 14, 8];
/// Fewest weeks of readings: in fewer a season does not show that it comes back (engineering: half a year).
const READ_WEEKS: usize = 26;
/// Least change over them, as a logarithm (ln 1.2, engineering: seasons of plants with little cooling stay below).
const LEAST_CHANGE: f64 = 0.182;
/// Kendall's τ from which weeks creep (engineering: eight weeks of noise reach it once in a thousand times).
const LEAST_TAU: f64 = 0.8;
/// Night and work change alike within this share: cooling and heating do not (engineering).
const ALIKE: f64 = 0.25;
/// One week holds at most this share of the change: more is a step (engineering).
const MOST_IN_A_WEEK: f64 = 0.4;
/// Of the change at least this share stays to the end of the readings: a season comes back, a meter does not
/// heal (engineering).
const STAYS: f64 = 0.6;
/// A week that moves less than this share of the mean week stands still.
const STILL: f64 = 0.2;
/// Fewest days that make a week's median.
const MIN_DAYS: usize = 3;

/// `anomaly.drift`, in half a year and more of readings: eight weeks or more in which the level of ordinary days creeps by 20 % and more, by night and in working
/// hours alike, not in one step, and without coming back.
///
/// Weekly medians of each day's energy against the usual day of its kind, in the halves of the day below and above its
/// mean; Kendall's τ of both at least 0.8, slope by Theil and Sen. What differs between night and work is taken for
/// weather or production. Source: Mann 1945 doi:10.2307/1907187, Sen 1968 doi:10.1080/01621459.1968.10480934; limits engineering.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let daily = &deviations.daily;
    let count = daily.classes.len();
    if daily.bins == 0 || count < READ_WEEKS * 7 {
        return Vec::new();
    }
    let [night, work] = weekly(daily);
    let mut events = Vec::new();
    let mut free_from = 0;
    for from in 0..night.len() {
        if from < free_from {
            continue;
        }
        let creeping = WEEKS.into_iter().filter(|weeks| from + weeks <= night.len()).find_map(|weeks| {
            let of_night = creep(&night[from..from + weeks])?;
            let of_work = creep(&work[from..from + weeks])?;
            let mean = (of_night + of_work) / 2.0;
            let alike = (of_night - of_work).abs() <= ALIKE * mean.abs();
            (alike && mean.abs() >= LEAST_CHANGE).then_some((weeks, mean))
        });
        let Some((weeks, change)) = creeping else { continue };
        free_from = from + weeks;
        if comes_back(&work, from, from + weeks, change) {
            continue;
        }
        // Weeks before the creep, in which nothing moved yet.
        let still = (from..from + weeks)
            .take_while(|at| (work[at + 1] - work[*at]).abs() < STILL * change.abs() / weeks as f64);
        let from = from + still.count();
        let weeks = free_from - from;
        events.extend(event(deviations, from * 7..((from + weeks) * 7).min(count), change));
    }
    events
}

/// Whether the level after the creep comes back towards what it was before it.
fn comes_back(weeks: &[f64], from: usize, to: usize, change: f64) -> bool {
    let Some(before) = weeks[from..to].iter().copied().find(|level| !level.is_nan()) else { return true };
    weeks[to..].iter().any(|level| (level - before) / change < STAYS)
}

/// Medians of the ordinary days of every week, of the night and of work, as logarithms of the usual; NaN where there are
/// too few.
fn weekly(daily: &Daily) -> [Vec<f64>; 2] {
    let mut ratios = [Vec::new(), Vec::new()];
    for day in 0..daily.classes.len() {
        let halves = daily.usual_day_kw(day).filter(|_| daily.is_ordinary[day]).map_or([None; 2], |usual| {
            let mean = usual.iter().filter(|kw| !kw.is_nan()).sum::<f64>() / usual.len() as f64;
            [false, true].map(|work| daily.log_ratio(day, |kw| (kw > mean) == work))
        });
        for (ratios, half) in ratios.iter_mut().zip(halves) {
            ratios.push(half);
        }
    }
    ratios.map(|ratios: Vec<Option<f64>>| {
        let mut there: Vec<f64> = Vec::with_capacity(7);
        let of_weeks = ratios.chunks(7).map(|week| {
            there.clear();
            there.extend(week.iter().flatten());
            if there.len() < MIN_DAYS { f64::NAN } else { stats::median(&mut there).unwrap_or(f64::NAN) }
        });
        of_weeks.collect()
    })
}

/// Change over the weeks where they creep one way and not in one step.
fn creep(weeks: &[f64]) -> Option<f64> {
    let there: Vec<(f64, f64)> =
        weeks.iter().enumerate().filter(|(_, level)| !level.is_nan()).map(|(at, level)| (at as f64, *level)).collect();
    if 4 * there.len() < 3 * weeks.len() {
        return None;
    }
    let ends = |two: &[(f64, f64)]| (two[0].1 + two[1].1) / 2.0;
    let of_ends = ends(&there[there.len() - 2..]) - ends(&there[..2]);
    // Most weeks go nowhere, and nothing more need be asked: night and work share the least change within a quarter.
    if of_ends.abs() < (1.0 - ALIKE) * LEAST_CHANGE {
        return None;
    }
    let mut slopes = Vec::new();
    let mut order = 0.0;
    for (at, (x, level)) in there.iter().enumerate() {
        for (later_x, later) in &there[at + 1..] {
            slopes.push((later - level) / (later_x - x));
            order += (later - level).partial_cmp(&0.0).map_or(0.0, |order| f64::from(order as i8));
        }
    }
    let tau: f64 = order / slopes.len() as f64;
    // The slope may hold for a part of the weeks only: what changed is not more than their ends show.
    let of_slope = stats::median(&mut slopes)? * (weeks.len() - 1) as f64;
    let change = if of_ends.abs() < of_slope.abs() { of_ends } else { of_slope };
    let most = there.windows(2).map(|two| (two[1].1 - two[0].1).abs()).fold(0.0, f64::max);
    (tau.abs() >= LEAST_TAU && most <= MOST_IN_A_WEEK * change.abs()).then_some(change)
}

/// The event over some days, whose usual load is what is read without the creep since the first of them.
fn event(deviations: &Deviations, days: std::ops::Range<usize>, change: f64) -> Option<Event> {
    let of_days = deviations.site.readings().local().days();
    let per_day = change / days.len() as f64;
    let flagged: Vec<Interval> = days
        .clone()
        .flat_map(|day| of_days[day].range.clone().map(move |at| (day, at)))
        .filter(|(_, at)| !deviations.load_kw[*at].is_nan())
        .map(|(day, at)| {
            let crept = per_day * (day - days.start) as f64;
            Interval { at, expected_kw: deviations.load_kw[at] / crept.exp() }
        })
        .collect();
    let event = Event::new("anomaly.drift", flagged)
        .with("weeks", days.len() / 7)
        .with("change_share", change.exp_m1())
        .with("up", change > 0.0);
    let strength = Some(change.abs() / LEAST_CHANGE);
    (!event.flagged.is_empty()).then_some(Event { severity: Some(Severity::Medium), strength, ..event })
}
