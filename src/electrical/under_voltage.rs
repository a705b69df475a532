//! Under-voltage (欠压): `electrical.under_voltage` where a phase is below `begins_below_share` of the nominal voltage and no graver
//! rule has named it. Evidence: `worst` \[V\].

use super::episode::{State, episodes, findings, plain};
use super::prepared::Group;
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "under_voltage",
    code: "electrical.under_voltage",
    looks_at: "voltage of each phase",
    figures: &[
        "begins_below_share",
        "ends_above_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let (volts, nominal_v) = (prepared.voltages()?, prepared.nominal_v()?);
    let (begins, ends) = (run.get("begins_below_share") * nominal_v, run.get("ends_above_share") * nominal_v);
    let mut all = Vec::new();
    for (phase, volt) in volts {
        if volt.lowest >= begins {
            continue;
        }
        let claims = &*run.claims;
        let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
            let value = volt.at(index);
            let named = claims.has(Group::Voltage, phase, index);
            (if named { State::Unknown } else { State::below(value, begins, ends) }, value)
        });
        found.iter().for_each(|one| run.claims.add(Group::Voltage, phase, &one.range, prepared.len()));
        all.extend(findings(run, Some(phase), found, begins, "begins_below_share", plain));
    }
    Ok(all)
}
