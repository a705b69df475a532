//! A current transformer the wrong way round: `electrical.ct_reversed` where a phase's power is negative while the sum is positive
//! and no generation is on record.
//!
//! With one of three reversed the meter counts about a third. The reverse power counts from `begins_above_share` of the largest
//! phase's. Yields to swapped phases. Three wires are left out: two elements may differ in sign at a low power factor. Evidence: `worst` \[kW\],
//! `of_true_share` (counted over the sum of the amounts, about 1/3), `kwh` not counted, if that is what it is.

use super::episode::{State, episodes, findings};
use super::prepared::{Group, extremes};
use super::rule::{Found, Rule, Run};
use crate::site::Wiring;

pub(super) const RULE: Rule = Rule {
    name: "ct_reversed",
    code: "electrical.ct_reversed",
    looks_at: "sign of each phase's power against their sum",
    figures: &[
        "begins_above_share",
        "ends_below_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    if prepared.supply().generation == Some(true) {
        return Err("supply.no_generation");
    }
    if prepared.wiring != Wiring::ThreePhaseFourWire {
        return Err("supply.three_phases");
    }
    let powers = prepared.all_powers(3)?;
    let (begins, ends) = (-run.get("begins_above_share"), -run.get("ends_below_share"));
    let step_h = prepared.axis().step_h();
    let mut all = Vec::new();
    for (phase, power) in prepared.powers()? {
        if power.lowest >= 0.0 {
            continue;
        }
        let claims = &*run.claims;
        let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
            if claims.has(Group::Power, phase, index) {
                return (State::Unknown, power.at(index));
            }
            let sum: f64 = powers.iter().map(|one| one.at(index)).sum();
            let (most, _) = extremes(&powers, index);
            let share = if most > 0.0 { power.at(index) / most } else { most * 0.0 };
            (State::below(share, begins, ends).only_if(sum > 0.0), power.at(index))
        });
        found.iter().for_each(|one| run.claims.add(Group::Power, phase, &one.range, prepared.len()));
        all.extend(findings(run, Some(phase), found, 0.0, "begins_above_share", |one, finding| {
            let over = |amount: fn(f64) -> f64| -> f64 {
                one.range.clone().map(|index| powers.iter().map(|one| amount(one.at(index))).sum::<f64>()).sum()
            };
            let (counted, true_kw) = (over(|kw| kw), over(f64::abs));
            finding.with("of_true_share", counted / true_kw).kwh((counted - true_kw) * step_h)
        }));
    }
    Ok(all)
}
