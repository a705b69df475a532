//! Supply interrupted: `electrical.interruption` where every measured phase is below `begins_below_share` of the nominal
//! voltage. Evidence: `worst` is the highest of the phases \[V\]. It stands above every other voltage rule.

use super::episode::{State, episodes, findings, plain};
use super::prepared::{Group, highest};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "interruption",
    code: "electrical.interruption",
    looks_at: "voltage of all phases together",
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
    let (volts, nominal_v) = (prepared.all_voltages(1)?, prepared.nominal_v()?);
    let (begins, ends) = (run.get("begins_below_share") * nominal_v, run.get("ends_above_share") * nominal_v);
    if volts.iter().any(|one| one.lowest >= begins) {
        return Ok(Vec::new());
    }
    let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
        let most = highest(&volts, index);
        (State::below(most, begins, ends), most)
    });
    for one in &found {
        for phase in prepared.phases() {
            run.claims.add(Group::Voltage, *phase, &one.range, prepared.len());
        }
    }
    Ok(findings(run, None, found, begins, "begins_below_share", plain))
}
