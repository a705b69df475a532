//! Phase failure (断相): `electrical.phase_failure` where a phase is below `begins_below_share` of the nominal voltage and carries
//! less than `current_below_share` of the basic current. It stands above the rules on currents. Evidence: `worst` \[V\].

use super::episode::{State, episodes, findings, plain};
use super::prepared::Group;
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "phase_failure",
    code: "electrical.phase_failure",
    looks_at: "voltage of each phase that carries no current",
    figures: &[
        "begins_below_share",
        "ends_above_share",
        "current_below_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let (volts, nominal_v) = (prepared.voltages()?, prepared.nominal_v()?);
    let (_, basic_a) = (prepared.currents()?, prepared.basic_a()?);
    let (begins, ends) = (run.get("begins_below_share") * nominal_v, run.get("ends_above_share") * nominal_v);
    let none_a = run.get("current_below_share") * basic_a;
    let mut all = Vec::new();
    for (phase, volt) in volts {
        let Some(ampere) = prepared.current.get(phase).and_then(Option::as_ref) else { continue };
        if volt.lowest >= begins {
            continue;
        }
        let claims = &*run.claims;
        let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
            let value = volt.at(index);
            let current = ampere.at(index).abs();
            if claims.has(Group::Voltage, phase, index) || current.is_nan() {
                return (State::Unknown, value);
            }
            (State::below(value, begins, ends).only_if(current < none_a), value)
        });
        for one in &found {
            run.claims.add(Group::Voltage, phase, &one.range, prepared.len());
            run.claims.add(Group::Current, phase, &one.range, prepared.len());
        }
        all.extend(findings(run, Some(phase), found, begins, "begins_below_share", plain));
    }
    Ok(all)
}
