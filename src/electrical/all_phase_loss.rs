//! All phases without voltage while current flows (全失压): `electrical.all_phase_loss` where every phase is below
//! `begins_below_share` of the nominal voltage and some phase carries more than `current_above_share` of the basic current.
//!
//! The supply is there, since current flows: the voltage circuit of the meter is open. Loss of voltage of single phases
//! yields to it. Evidence: `worst` is the highest of the phases \[V\].

use super::episode::{State, episodes, findings, plain};
use super::prepared::{Group, highest};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "all_phase_loss",
    code: "electrical.all_phase_loss",
    looks_at: "voltage of all phases while current flows",
    figures: &[
        "begins_below_share",
        "ends_above_share",
        "current_above_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let (volts, nominal_v) = (prepared.all_voltages(1)?, prepared.nominal_v()?);
    let (amperes, basic_a) = (prepared.all_currents(1)?, prepared.basic_a()?);
    let (begins, ends) = (run.get("begins_below_share") * nominal_v, run.get("ends_above_share") * nominal_v);
    let flows_a = run.get("current_above_share") * basic_a;
    if volts.iter().any(|one| one.lowest >= begins) {
        return Ok(Vec::new());
    }
    let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
        let most = highest(&volts, index);
        let flows = amperes.iter().any(|one| one.at(index).abs() > flows_a);
        (State::below(most, begins, ends).only_if(flows), most)
    });
    for one in &found {
        for phase in prepared.phases() {
            run.claims.add(Group::Voltage, *phase, &one.range, prepared.len());
        }
    }
    Ok(findings(run, None, found, begins, "begins_below_share", plain))
}
