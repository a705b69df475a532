//! Demand above its limit (需量超限): `electrical.demand_over_limit` where the mean power of an interval of at most 15 minutes is above
//! `begins_above_share` of the contract demand; without a contract demand, above `meter_share` of the meter's full power.
//!
//! Graver from `grave_above_share` of the contract demand. Evidence: `worst` \[kW\], `of_meter` (the meter's power was the limit).

use super::episode::{State, episodes, findings};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "demand_over_limit",
    code: "electrical.demand_over_limit",
    looks_at: "mean power against contract demand or the meter's rating",
    figures: &["begins_above_share", "grave_above_share", "meter_share", "warns_after_intervals"],
    run,
};

/// Longest interval that a demand is told of [s].
const LONGEST_STEP_S: i64 = 900;

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    if prepared.axis().step_s() > LONGEST_STEP_S {
        return Err("readings.demand");
    }
    let load = prepared.load_kw().ok_or("readings.active_energy")?;
    let contract_kw = prepared.site.contract().contract_demand_kw;
    let (limit, grave, name) = match contract_kw {
        Some(kw) => (run.get("begins_above_share") * kw, run.get("grave_above_share") * kw, "begins_above_share"),
        None => {
            let kw = prepared.meter_kw().map_err(|_| "contract.contract_demand_kw")? * run.get("meter_share");
            (kw, kw, "meter_share")
        }
    };
    let mut found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let value = load.get(index).copied().unwrap_or(f64::NAN);
        (State::above(value, limit, limit), value)
    });
    found.iter_mut().for_each(|one| one.alarm = one.worst > grave * (1.0 + 1e-9));
    Ok(findings(run, None, found, limit, name, |_, one| one.with("of_meter", contract_kw.is_none())))
}
