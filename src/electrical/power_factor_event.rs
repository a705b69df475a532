//! Very low power factor (功率因数超下限): `electrical.power_factor_event` where the total power factor is below `begins_below` while
//! power and current are above `load_above_share` of their largest values, so that there is a load.
//!
//! Reactive energy without active energy is no load but generation or a fault, and a rule of quality. Evidence: `worst`.

use super::episode::{State, episodes, findings, plain};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "power_factor_event",
    code: "electrical.power_factor_event",
    looks_at: "total power factor of every interval with load",
    figures: &[
        "begins_below",
        "ends_above",
        "load_above_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let Some(factor) = &prepared.total_power_factor else { return Err("readings.power_factor") };
    let load = prepared.load_kva().or_else(|| prepared.load_kw()).ok_or("readings.active_energy")?;
    let (begins, ends) = (run.get("begins_below"), run.get("ends_above"));
    // Of amounts, the smallest of all is far off where every value is positive.
    if factor.lowest >= begins {
        return Ok(Vec::new());
    }
    let largest = load.iter().map(|one| one.abs()).fold(0.0, f64::max);
    let least = run.get("load_above_share") * largest;
    let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
        let (value, load) = (factor.at(index).abs(), load.get(index).map_or(f64::NAN, |one| one.abs()));
        if load.is_nan() {
            return (State::Unknown, value);
        }
        // Exactly zero is what a meter writes without load.
        (State::below(value, begins, ends).only_if(load > least && value > 0.0), value)
    });
    Ok(findings(run, None, found, begins, "begins_below", plain))
}
