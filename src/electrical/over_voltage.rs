//! Over-voltage (过压): `electrical.over_voltage` where a phase is above `begins_above_share` of the nominal voltage. Evidence:
//! `worst` \[V\].

use super::episode::{State, episodes, findings, plain};
use super::prepared::Group;
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "over_voltage",
    code: "electrical.over_voltage",
    looks_at: "voltage of each phase",
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
    let (volts, nominal_v) = (prepared.voltages()?, prepared.nominal_v()?);
    let (begins, ends) = (run.get("begins_above_share") * nominal_v, run.get("ends_below_share") * nominal_v);
    let mut all = Vec::new();
    for (phase, volt) in volts {
        if volt.highest <= begins {
            continue;
        }
        let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
            let value = volt.at(index);
            (State::above(value, begins, ends), value)
        });
        found.iter().for_each(|one| run.claims.add(Group::Voltage, phase, &one.range, prepared.len()));
        all.extend(findings(run, Some(phase), found, begins, "begins_above_share", plain));
    }
    Ok(all)
}
