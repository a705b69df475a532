//! A sustained drop with unchanged shape: `electrical.sustained_drop` where the energy of `lasts_weeks` weeks is, week by week, lower by
//! more than `drop_share` than the median of as many weeks before, while the shape of the week and the voltage stay the same.
//!
//! Weeks in which a graver rule names a phase for more than a tenth of the time are left out. An indicator and no proof: it is what a bypassed or opened current path looks like, and what a plant that runs one machine
//! less looks like too. Evidence: `worst` (share lost), `before_weekly_kwh`, `after_weekly_kwh`, `correlation` of the mean weeks,
//! `voltage_change` (share; null where voltage is not known), `weeks`. `kwh` is what is lacking, negative.

use std::ops::Range;

use super::rule::{Found, Rule, Run};
use crate::finding::Finding;
use crate::readings::Channel;
use crate::stats;

pub(super) const RULE: Rule = Rule {
    name: "sustained_drop",
    code: "electrical.sustained_drop",
    looks_at: "energy and shape of the weeks",
    figures: &["drop_share", "lasts_weeks", "shape_correlation", "voltage_change_share"],
    run,
};

/// Share of a week's intervals that must be known (engineering).
const PRESENT_SHARE: f64 = 0.9;
const WEEK_DAYS: f64 = 7.0;

/// A whole local week: from its first interval, with its mean energy and voltage.
struct Week {
    range: Range<usize>,
    kwh: f64,
    volts: f64,
}

fn run(run: &mut Run<'_, '_>) -> Found {
    let run = &*run;
    let prepared = run.prepared;
    let axis = prepared.axis();
    let import = prepared.readings().series(Channel::IMPORT_KWH).ok_or("readings.import_kwh")?.whole();
    let volts = prepared.voltage.iter().flatten().next();
    let per_week = 7 * axis.slots_per_day();
    let claims = &*run.claims;
    // What a meter in error shows is no drop: it has a name already.
    let mean = |range: &Range<usize>, values: &[f64]| -> Option<f64> {
        let sound = range.clone().zip(values).filter(|(index, _)| !claims.any(*index));
        let there = sound.map(|(_, one)| one).filter(|one| !one.is_nan());
        let (sum, count) = there.fold((0.0, 0usize), |(sum, count), one| (sum + one, count + 1));
        (count as f64 >= PRESENT_SHARE * per_week as f64).then(|| sum / count as f64)
    };
    let week = |(_, range): &(String, Range<usize>)| {
        let kwh = mean(range, import.get(range.clone())?)? * per_week as f64;
        let volts = volts.and_then(|one| mean(range, one.values.get(range.clone())?)).unwrap_or(f64::NAN);
        Some(Week { range: range.clone(), kwh, volts })
    };
    let weeks: Vec<Option<Week>> = prepared.periods(WEEK_DAYS).iter().map(week).collect();
    let lasts = (run.get("lasts_weeks") as usize).max(1);
    if weeks.iter().flatten().count() < 2 * lasts {
        return Err("readings.weeks_before_and_after");
    }
    let mut found = Vec::new();
    let mut at = lasts;
    while at + lasts <= weeks.len() {
        let one = drop_at(run, &import, &weeks, at, lasts);
        at += if one.is_some() { lasts } else { 1 };
        found.extend(one);
    }
    Ok(found)
}

fn drop_at(run: &Run<'_, '_>, import: &[f64], weeks: &[Option<Week>], at: usize, lasts: usize) -> Option<Finding> {
    let axis = run.prepared.axis();
    let whole = |range: Range<usize>| -> Option<Vec<&Week>> { weeks.get(range)?.iter().map(Option::as_ref).collect() };
    let (before, after) = (whole(at - lasts..at)?, whole(at..at + lasts)?);
    let median = |weeks: &[&Week]| stats::median(&mut weeks.iter().map(|one| one.kwh).collect::<Vec<_>>());
    let (usual, now) = (median(&before)?, median(&after)?);
    let drop = run.get("drop_share");
    // Every week before stood above and every week after below: a single odd week is no drop.
    let limit = (1.0 - drop) * usual;
    if usual <= 0.0 || after.iter().any(|one| one.kwh >= limit) || before.iter().any(|one| one.kwh <= limit) {
        return None;
    }
    let correlation = correlation(&mean_week(import, &before)?, &mean_week(import, &after)?);
    if correlation.is_nan() || correlation < run.get("shape_correlation") {
        return None;
    }
    let mean_v = |weeks: &[&Week]| weeks.iter().map(|one| one.volts).sum::<f64>() / weeks.len() as f64;
    let change = mean_v(&after) / mean_v(&before) - 1.0;
    if change.abs() > run.get("voltage_change_share") {
        return None;
    }
    let span = (after.first()?.range.start, after.last()?.range.end);
    let lacking = after.iter().map(|one| one.kwh).sum::<f64>() - usual * lasts as f64;
    let one = run
        .finding(false, "drop_share")
        .at(axis.instant(span.0), axis.instant(span.1))
        .with("worst", 1.0 - now / usual)
        .with("limit", drop)
        .with("before_weekly_kwh", usual)
        .with("after_weekly_kwh", now)
        .with("correlation", correlation)
        .with("voltage_change", change)
        .with("weeks", lasts)
        .kwh(lacking);
    Some(one)
}

/// Mean week by its place in the week; missing values are left out.
fn mean_week(import: &[f64], weeks: &[&Week]) -> Option<Vec<f64>> {
    let len = weeks.iter().map(|one| one.range.len()).min()?;
    let mean = |at: usize| {
        let there = weeks.iter().filter_map(|one| import.get(one.range.start + at)).filter(|one| !one.is_nan());
        let (sum, count) = there.fold((0.0, 0usize), |(sum, count), one| (sum + one, count + 1));
        sum / count as f64
    };
    Some((0..len).map(mean).collect())
}

/// Correlation of Pearson over the places that both know; NaN for flat ones.
fn correlation(first: &[f64], second: &[f64]) -> f64 {
    let pairs = || first.iter().zip(second).filter(|(a, b)| !(*a + *b).is_nan());
    let count = pairs().count() as f64;
    let (mean_a, mean_b) =
        (pairs().map(|one| one.0).sum::<f64>() / count, pairs().map(|one| one.1).sum::<f64>() / count);
    let (mut both, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in pairs() {
        let (a, b) = (a - mean_a, b - mean_b);
        (both, square_a, square_b) = (both + a * b, square_a + a * a, square_b + b * b);
    }
    both / (square_a * square_b).sqrt()
}
