//! Overload of a phase (过载): `electrical.overload` where a phase's active power is above `begins_above_share` of the meter's maximum
//! current times the nominal voltage. Evidence: `worst` \[kW\].

use super::episode::{State, episodes, findings, plain};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "overload",
    code: "electrical.overload",
    looks_at: "active power of each phase against the meter's rating",
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
    let powers = prepared.powers()?;
    let full_kw = prepared.maximum_a()? * prepared.nominal_v()? * prepared.kva_per_va();
    let (begins, ends) = (run.get("begins_above_share") * full_kw, run.get("ends_below_share") * full_kw);
    let mut all = Vec::new();
    for (phase, power) in powers {
        if power.highest <= begins {
            continue;
        }
        let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
            let value = power.at(index);
            (State::above(value, begins, ends), value)
        });
        all.extend(findings(run, Some(phase), found, begins, "begins_above_share", plain));
    }
    Ok(all)
}
