//! A wrong transformer ratio: `electrical.wrong_ratio` where the power stands in a constant ratio to the sum of U × I × power factor
//! that is more than `off_by_share` off 1.
//!
//! Constant: half of all ratios lie within `spread_below_share` of their median. Intervals above `load_above_share` of the
//! largest product, at least `min_hours`. Evidence: `worst` (the ratio), `spread`, `judged_hours`.

use super::power_identity::{factor, measured_kw};
use super::rule::{Found, Rule, Run};
use crate::stats;

pub(super) const RULE: Rule = Rule {
    name: "wrong_ratio",
    code: "electrical.wrong_ratio",
    looks_at: "ratio of the total power to the sum of U x I x power factor",
    figures: &["off_by_share", "spread_below_share", "load_above_share", "min_hours"],
    run,
};

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
    let ratio = |(index, (kw, kva)): (usize, (&f64, &f64))| {
        let product = kva * factor(index);
        (product.abs() > least).then(|| kw / product).filter(|ratio| ratio.is_finite())
    };
    let mut ratios: Vec<f64> = load.iter().zip(kva).enumerate().filter_map(ratio).collect();
    let judged_h = ratios.len() as f64 * axis.step_h();
    if judged_h < run.get("min_hours") {
        return Ok(Vec::new());
    }
    stats::sort(&mut ratios);
    let quantile = |share: f64| stats::quantile_sorted(&ratios, share).unwrap_or(f64::NAN);
    let median = quantile(0.5);
    let spread = (quantile(0.75) - quantile(0.25)).abs() / median.abs();
    if (median - 1.0).abs() <= run.get("off_by_share") + 1e-9 || spread > run.get("spread_below_share") || median <= 0.0
    {
        return Ok(Vec::new());
    }
    prepared.note_wrong_ratio();
    let found = run
        .finding(true, "off_by_share")
        .at(axis.start(), axis.end())
        .with("worst", median)
        .with("limit", run.get("off_by_share"))
        .with("spread", spread)
        .with("judged_hours", judged_h);
    Ok(vec![found])
}
