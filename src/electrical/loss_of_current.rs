//! Loss of current of a phase (失流): `electrical.loss_of_current` where a phase has voltage (above `voltage_above_share`), carries less
//! than `begins_below_share` of the basic current, and another phase more than `other_above_share`.
//!
//! Phase B of three wires is left out. Evidence: `worst` \[A\].

use super::episode::{State, episodes, findings, plain};
use super::prepared::Group;
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "loss_of_current",
    code: "electrical.loss_of_current",
    looks_at: "current of each phase that has voltage, against the other phases",
    figures: &[
        "begins_below_share",
        "ends_above_share",
        "voltage_above_share",
        "other_above_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    if prepared.phases().len() < 2 {
        return Err("supply.three_phases");
    }
    let (amperes, basic_a) = (prepared.currents()?, prepared.basic_a()?);
    let (_, nominal_v) = (prepared.voltages()?, prepared.nominal_v()?);
    let (begins, ends) = (run.get("begins_below_share") * basic_a, run.get("ends_above_share") * basic_a);
    let voltage_v = run.get("voltage_above_share") * nominal_v;
    let other_a = run.get("other_above_share") * basic_a;
    let mut all = Vec::new();
    for (phase, ampere) in &amperes {
        let Some(volt) = prepared.voltage.get(*phase).and_then(Option::as_ref) else { continue };
        if ampere.lowest >= begins {
            continue;
        }
        let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
            let (value, voltage) = (ampere.at(index).abs(), volt.at(index));
            if voltage.is_nan() {
                return (State::Unknown, value);
            }
            let other = amperes.iter().any(|(other, one)| other != phase && one.at(index).abs() > other_a);
            (State::below(value, begins, ends).only_if(voltage > voltage_v && other), value)
        });
        found.iter().for_each(|one| run.claims.add(Group::Current, *phase, &one.range, prepared.len()));
        all.extend(findings(run, Some(*phase), found, begins, "begins_below_share", plain));
    }
    Ok(all)
}
