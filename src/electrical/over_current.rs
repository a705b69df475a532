//! Over-current (过流): `electrical.over_current` where a phase carries more than `begins_above_share` of the meter's maximum current.
//! Evidence: `worst` \[A\].

use super::episode::{State, episodes, findings, plain};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "over_current",
    code: "electrical.over_current",
    looks_at: "current of each phase against the meter's maximum",
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
    let (amperes, maximum_a) = (prepared.currents()?, prepared.maximum_a()?);
    let (begins, ends) = (run.get("begins_above_share") * maximum_a, run.get("ends_below_share") * maximum_a);
    let mut all = Vec::new();
    for (phase, ampere) in amperes {
        if ampere.highest.max(-ampere.lowest) <= begins {
            continue;
        }
        let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
            let value = ampere.at(index).abs();
            (State::above(value, begins, ends), value)
        });
        all.extend(findings(run, Some(phase), found, begins, "begins_above_share", plain));
    }
    Ok(all)
}
