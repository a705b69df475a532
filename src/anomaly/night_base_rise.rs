//! A night load that steps up and stays: compressed air, furnaces, lighting that nobody turns off.

use super::deviation::Deviations;
use super::event::{Event, Interval};
use crate::profile::Activity;
use crate::stats;
use crate::time::DayType;

/// The night in which the base is looked for ends at this hour and starts at midnight (a suggested
/// default, not measured).
const NIGHT_H: f64 = 5.0;
/// Quantile of the night's load that stands for its base.
const NIGHT_QUANTILE: f64 = 0.10;
/// A night is judged with at least this share of its readings (engineering).
const MIN_PRESENT: f64 = 0.5;
/// Nights of the same kind from which the usual base is taken, at least (engineering).
const MIN_CLASS_NIGHTS: usize = 4;
/// Nights before a rise whose median is the base before it.
const PRIOR_NIGHTS: usize = 28;
/// Days looked back for them, beyond a shutdown (engineering).
const PRIOR_DAYS: usize = 56;
/// Nights that must be judged among them (engineering).
const MIN_PRIOR_NIGHTS: usize = 14;
/// A rise must also be this many robust standard deviations of the prior nights (engineering).
const RISE_SIGMAS: f64 = 3.0;
/// A rise is a step: the week after it is above the week before it too, by this share of the rise that
/// is asked for. Seasons creep and fail this (engineering).
const STEP_SHARE: f64 = 0.8;
/// This many of the proving nights may fall below the limit, and this many in a row within a rise
/// (engineering).
const FORGIVEN_NIGHTS: usize = 1;
/// After a quarter of a year a rise is the new usual, and the season might explain it (engineering).
const LONGEST_DAYS: usize = 91;
/// Where worked days rise by more than this multiple of the night's rise, the season or more production
/// raised the whole site and nothing was left on (engineering).
const DAY_RISE: f64 = 1.25;
/// Beside the 28 worked days before a rise, its own are compared with the last two weeks' (engineering:
/// a hot spell may follow cool days after hot ones).
const WORKED_DAYS_LATELY: usize = 10;
/// The rise counts in the off hours whose load is above the seasonal expectation by this share of it, so
/// that a rise that ends with the night costs nothing by day (engineering).
const SEEN_SHARE: f64 = 0.5;
/// The rise must be at least this share of the usual load, or it is too small to act on (engineering).
const MIN_RISE_SHARE: f64 = 0.03;

/// `anomaly.night_base_rise`: the night base (P10 of 00–05 h, relative to what is usual for the kind of
/// day) lies above the median of the 28 nights before by the limit of the settings for seven nights, steps
/// up within a week, and is followed until it falls back to less than half of the rise.
///
/// The rise of a night counts in the off hours of its day in which it is seen; holidays, days without
/// production and the days beside a long holiday have other nights and are passed over.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let (bases_kw, usual_kw) = night_bases(deviations);
    let settings = deviations.settings;
    let relative: Vec<Option<f64>> =
        bases_kw.iter().zip(&usual_kw).map(|(base, usual)| Some((*base)? / (*usual)?)).collect();
    let means_kw = worked_means(deviations);
    let mut events = Vec::new();
    let mut day = 0;
    while day < relative.len() {
        let Some(rise) = rise_from(day, &relative, settings.night_base_rise, settings.night_base_nights) else {
            day += 1;
            continue;
        };
        let flagged = flagged(deviations, day..rise.end, &bases_kw, &usual_kw, rise.before);
        let nights: Vec<(f64, f64)> =
            (day..rise.end).filter_map(|night| Some((bases_kw[night]?, usual_kw[night]? * rise.before))).collect();
        let mean = |part: fn(&(f64, f64)) -> f64| nights.iter().map(part).sum::<f64>() / nights.len().max(1) as f64;
        let (after_kw, before_kw) = (mean(|night| night.0), mean(|night| night.1));
        let by_day = day_rise_kw(day..rise.end, &means_kw).is_some_and(|kw| kw > DAY_RISE * (after_kw - before_kw));
        if !by_day && !flagged.is_empty() && after_kw - before_kw >= MIN_RISE_SHARE * deviations.typical_kw {
            events.push(
                Event::new("anomaly.night_base_rise", flagged)
                    .with("nights", nights.len())
                    .with("base_before_kw", before_kw)
                    .with("base_after_kw", after_kw)
                    .with("rise_share", after_kw / before_kw - 1.0)
                    .with("lasts_to_end", rise.end == relative.len()),
            );
        }
        day = rise.end;
    }
    events
}

/// Base of every night \[kW\], and what is usual for its kind of day.
fn night_bases(deviations: &Deviations) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
    let local = deviations.site.readings().local();
    let (days, day_types) = (local.days(), deviations.site.day_types());
    let slots = (NIGHT_H / deviations.step_h()).round() as usize;
    let mut bases_kw = vec![None; days.len()];
    let mut night: Vec<f64> = Vec::with_capacity(2 * slots);
    let mut runs = local.runs().iter().peekable();
    for (day, base_kw) in bases_kw.iter_mut().enumerate() {
        night.clear();
        while let Some(run) = runs.next_if(|run| run.day == day) {
            let in_night = run.range.len().min(slots.saturating_sub(run.slot));
            night.extend(deviations.load_kw[run.range.clone()].iter().take(in_night).filter(|kw| !kw.is_nan()));
        }
        let other_nights = day_types[day] == DayType::Holiday
            || (day_types[day].is_worked() && deviations.activity[day] == Activity::NoProduction)
            || deviations.beside_holiday[day];
        if !other_nights && !night.is_empty() && night.len() as f64 >= MIN_PRESENT * slots as f64 {
            let rank = ((night.len() - 1) as f64 * NIGHT_QUANTILE) as usize;
            *base_kw = Some(*night.select_nth_unstable_by(rank, f64::total_cmp).1);
        }
    }
    let classes = &deviations.daily.classes;
    let mut usual_kw = vec![None; days.len()];
    for day in 0..days.len() {
        let class = classes[day];
        if let Some(same) = classes[..day].iter().rposition(|other| *other == class) {
            usual_kw[day] = usual_kw[same];
            continue;
        }
        let mut same: Vec<f64> =
            classes.iter().zip(&bases_kw).filter(|(other, _)| **other == class).filter_map(|(_, kw)| *kw).collect();
        if same.len() >= MIN_CLASS_NIGHTS {
            usual_kw[day] = stats::median(&mut same).filter(|kw| *kw > 0.0);
        }
    }
    (bases_kw, usual_kw)
}

/// Mean power of every worked day with production and with most of its readings \[kW\].
fn worked_means(deviations: &Deviations) -> Vec<Option<f64>> {
    let daily = &deviations.daily;
    (0..daily.classes.len()).map(|day| daily.mean_kw(day).filter(|_| daily.is_worked(day))).collect()
}

/// How much higher the worked days of a rise lie than those before it \[kW\].
fn day_rise_kw(days: std::ops::Range<usize>, means_kw: &[Option<f64>]) -> Option<f64> {
    let mut before: Vec<f64> = before_day(days.start, means_kw).collect();
    let mut lately: Vec<f64> = before.iter().copied().take(WORKED_DAYS_LATELY).collect();
    let before_kw = stats::median(&mut before)?.min(stats::median(&mut lately)?);
    let mut within: Vec<f64> = means_kw.get(days)?.iter().flatten().copied().collect();
    Some(stats::median(&mut within)? - before_kw)
}

/// Up to 28 values of the days before `day`, the latest first.
fn before_day(day: usize, values: &[Option<f64>]) -> impl Iterator<Item = f64> + '_ {
    values[day.saturating_sub(PRIOR_DAYS)..day].iter().rev().flatten().copied().take(PRIOR_NIGHTS)
}

/// A rise that has been proven.
struct Rise {
    /// Relative base before it.
    before: f64,
    /// First day after it.
    end: usize,
}

/// The rise that starts on `day`, if one does.
fn rise_from(day: usize, relative: &[Option<f64>], rise_share: f64, needed: usize) -> Option<Rise> {
    let first = (*relative.get(day)?)?;
    let mut week: Vec<f64> =
        relative[day..].iter().take(needed.saturating_mul(2)).flatten().take(needed).copied().collect();
    if week.len() < needed {
        return None;
    }
    let after = stats::median(&mut week)?;
    // Most nights are like the week before them, and nothing more need be asked.
    let mut week_before: Vec<f64> = before_day(day, relative).take(needed).collect();
    if after < stats::median(&mut week_before)? * (1.0 + STEP_SHARE * rise_share) {
        return None;
    }
    let mut prior: Vec<f64> = before_day(day, relative).collect();
    if prior.len() < MIN_PRIOR_NIGHTS {
        return None;
    }
    let before = stats::median(&mut prior)?;
    let spread = stats::robust_sigma(&mut prior, before)?;
    let limit = (before * (1.0 + rise_share)).max(before + RISE_SIGMAS * spread);
    if first <= limit || week.iter().filter(|base| **base <= limit).count() > FORGIVEN_NIGHTS {
        return None;
    }
    let half_way = (before + after) / 2.0;
    let mut end = day + 1;
    let mut fallen = 0;
    for (at, base) in relative.iter().enumerate().skip(day + 1).take(LONGEST_DAYS - 1) {
        match base {
            Some(base) if *base > half_way => (end, fallen) = (at + 1, 0),
            Some(_) if fallen == FORGIVEN_NIGHTS => break,
            Some(_) => fallen += 1,
            None => {}
        }
    }
    Some(Rise { before, end })
}

/// The off hours of the days, each expected lower by its night's rise; all hours where none are off. A
/// day whose night says nothing has the rise of the last one that did.
fn flagged(
    deviations: &Deviations,
    days: std::ops::Range<usize>,
    bases_kw: &[Option<f64>],
    usual_kw: &[Option<f64>],
    before: f64,
) -> Vec<Interval> {
    let mut flagged = Vec::new();
    let mut rise_kw = 0.0;
    for day in days {
        if let (Some(base), Some(usual)) = (bases_kw[day], usual_kw[day]) {
            rise_kw = (base - usual * before).max(0.0);
        }
        let intervals = deviations.site.readings().local().days()[day].range.clone();
        flagged.extend(
            intervals
                .filter(|at| !deviations.load_kw[*at].is_nan())
                .filter(|at| !deviations.has_off_hours() || deviations.is_off_hours(*at))
                // NaN, where nothing is expected, is no sign of the rise either.
                .filter(|at| deviations.load_kw[*at] - deviations.expected.kw[*at] > SEEN_SHARE * rise_kw)
                .map(|at| Interval { at, expected_kw: deviations.load_kw[at] - rise_kw }),
        );
    }
    flagged
}
