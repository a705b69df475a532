//! A wrong transformer ratio: `electrical.wrong_ratio` where, from some day on, the power stands in a constant ratio to the sum of
//! U × I × power factor that is more than `off_by_share` off 1.
//!
//! Constant: in each local day half of all ratios lie within `spread_below_share` of their median, and the medians of following
//! days too; the days before and after count as far as they have the same ratio. Intervals above `load_above_share` of the largest
//! product, at least `min_hours`; swapped phases and a reversed current transformer name theirs. Of many stretches the twenty
//! longest. Evidence: `worst` (the ratio), `spread`, `judged_hours`, `others` (stretches left out, else null).

use std::ops::Range;

use super::power_identity::{factor, measured_kw};
use super::prepared::{Group, TOTAL};
use super::rule::{Found, Rule, Run};
use crate::stats;

pub(super) const RULE: Rule = Rule {
    name: "wrong_ratio",
    code: "electrical.wrong_ratio",
    looks_at: "ratio of the total power to the sum of U x I x power factor",
    figures: &["off_by_share", "spread_below_share", "load_above_share", "min_hours"],
    run,
};

/// Stretches with a Finding of their own.
const MOST: usize = 20;

/// Median of the ratios, how far their middle half spreads as a share of it, and their number.
type Judged = (f64, f64, usize);

/// Days of one ratio.
struct Stretch {
    range: Range<usize>,
    /// Median of the first day, which the following keep to.
    ratio: f64,
}

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let kva = prepared.volt_amperes().ok_or(if prepared.voltages().is_ok() {
        "readings.current"
    } else {
        "readings.voltage"
    })?;
    let load = measured_kw(prepared).ok_or("readings.phase_power")?;
    let factor = factor(prepared)?;
    let largest = kva.iter().copied().fold(0.0, f64::max);
    let least = run.get("load_above_share") * largest;
    let claims = &*run.claims;
    let ratio = |(index, (kw, kva)): (usize, (&f64, &f64))| {
        let product = kva * factor(index);
        let ratio = if product.abs() > least { kw / product } else { f64::NAN };
        if ratio.is_finite() && !claims.any_power(index) { ratio } else { f64::NAN }
    };
    let ratios: Vec<f64> = load.iter().zip(kva).enumerate().map(ratio).collect();
    let (off_by, spread_below) = (run.get("off_by_share"), run.get("spread_below_share"));
    let same = |one: f64, other: f64| (one / other - 1.0).abs() <= spread_below;

    let mut sorted: Vec<f64> = Vec::new();
    let mut judged = |range: Range<usize>| -> Option<Judged> {
        sorted.clear();
        sorted.extend(ratios.get(range)?.iter().copied().filter(|ratio| !ratio.is_nan()));
        stats::sort(&mut sorted);
        let median = stats::quantile_sorted(&sorted, 0.5)?;
        let (low, high) = (stats::quantile_sorted(&sorted, 0.25)?, stats::quantile_sorted(&sorted, 0.75)?);
        Some((median, (high - low).abs() / median.abs(), sorted.len()))
    };
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut goes_on = false;
    for day in prepared.readings().local().days() {
        let of_day = ratios.get(day.range.clone()).unwrap_or_default();
        // Where most lie near 1, so does their median: nothing to sort.
        let near = of_day.iter().filter(|ratio| (**ratio - 1.0).abs() <= off_by).count();
        if 2 * near > day.range.len() {
            goes_on = false;
            continue;
        }
        // A day without load says nothing.
        let Some((median, spread, _)) = judged(day.range.clone()) else { continue };
        let is_off = (median - 1.0).abs() > off_by + 1e-9 && spread <= spread_below && median > 0.0;
        match stretches.last_mut().filter(|last| goes_on && is_off && same(median, last.ratio)) {
            Some(last) => last.range.end = day.range.end,
            None if is_off => stretches.push(Stretch { range: day.range.clone(), ratio: median }),
            None => {}
        }
        goes_on = is_off;
    }
    for one in &mut stretches {
        let belongs = |index: usize| ratios.get(index).is_some_and(|ratio| same(*ratio, one.ratio));
        // Hours without load belong to nobody.
        let is_silent = |index: usize| ratios.get(index).is_some_and(|ratio| ratio.is_nan());
        let day = axis.slots_per_day();
        let (start, end) = (one.range.start, one.range.end);
        let before = (start.saturating_sub(day)..start).rev().take_while(|at| belongs(*at) || is_silent(*at));
        let after = (end..(end + day).min(ratios.len())).take_while(|at| belongs(*at) || is_silent(*at));
        let first = before.filter(|at| belongs(*at)).last().or_else(|| (start..end).find(|at| belongs(*at)));
        let last = after.filter(|at| belongs(*at)).last().or_else(|| (start..end).rfind(|at| belongs(*at)));
        one.range = first.unwrap_or(start)..last.map_or(end, |at| at + 1);
    }
    let hours = |count: usize| count as f64 * axis.step_h();
    let mut found: Vec<_> = stretches
        .into_iter()
        .filter_map(|one| Some((judged(one.range.clone())?, one.range)))
        .filter(|((_, _, count), _)| hours(*count) >= run.get("min_hours"))
        .collect();
    found.sort_by_key(|(_, range)| (std::cmp::Reverse(range.len()), range.start));
    for (_, range) in &found {
        run.claims.add(Group::Ratio, TOTAL, range, prepared.len());
    }
    let others = found.split_off(found.len().min(MOST)).len();
    found.sort_by_key(|(_, range)| range.start);
    let last = found.len().saturating_sub(1);
    let finding = |(at, (judged, range)): (usize, (Judged, Range<usize>))| {
        let (median, spread, count) = judged;
        run.finding(true, "off_by_share")
            .at(axis.instant(range.start), axis.instant(range.end))
            .with("worst", median)
            .with("limit", off_by)
            .with("spread", spread)
            .with("judged_hours", hours(count))
            .with("others", (at == last && others > 0).then_some(others))
    };
    Ok(found.into_iter().enumerate().map(finding).collect())
}
