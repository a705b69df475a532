//! Power against voltage, current and power factor: `electrical.power_identity` where, in a month, the total active power differs by
//! more than `off_by_share` from the sum of U × I × power factor in more than `of_time_share` of the intervals with load.
//!
//! Yields to a wrong ratio, swapped phases and a reversed current transformer, which explain it. Evidence: `period`, `worst` (share), `limit`, `of_time_share`,
//! `hours`, `judged_hours`, `ratio` (sum of powers over sum of products).

use super::identity::by_month;
use super::prepared::{Group, Prepared, TOTAL};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "power_identity",
    code: "electrical.power_identity",
    looks_at: "total active power against the sum of U x I x power factor",
    figures: &["off_by_share", "load_above_share", "of_time_share", "alarm_of_time_share", "min_hours"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let kva = prepared.volt_amperes().ok_or(if prepared.voltages().is_ok() {
        "readings.current"
    } else {
        "readings.voltage"
    })?;
    let load = measured_kw(prepared).ok_or("readings.phase_power")?;
    let factor = factor(prepared)?;
    let claims = &*run.claims;
    by_month(
        run,
        |index| {
            let explained = claims.any_power(index) || claims.has(Group::Ratio, TOTAL, index);
            if explained { f64::NAN } else { load.get(index).copied().unwrap_or(f64::NAN) }
        },
        |index| kva.get(index).copied().unwrap_or(f64::NAN) * factor(index),
    )
}

/// Measured power; energy has a rule of its own.
pub(super) fn measured_kw<'p>(prepared: &'p Prepared<'_>) -> Option<&'p [f64]> {
    let is_measured = prepared.total_power.is_some() || prepared.all_powers(1).is_ok();
    prepared.load_kw().filter(|_| is_measured)
}

/// Total power factor, or the mean of the phases'.
pub(super) fn factor<'p>(prepared: &'p Prepared<'_>) -> Result<impl Fn(usize) -> f64 + 'p, &'static str> {
    let phases: Vec<_> =
        prepared.phases().iter().filter_map(|phase| prepared.power_factor.get(*phase)?.as_ref()).collect();
    let total = prepared.total_power_factor.as_ref();
    if total.is_none() && phases.len() < prepared.phases().len() {
        return Err("readings.power_factor");
    }
    Ok(move |index: usize| match total {
        Some(total) => total.at(index),
        None => phases.iter().map(|one| one.at(index)).sum::<f64>() / phases.len() as f64,
    })
}
