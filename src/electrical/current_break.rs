//! No current in any phase although there is voltage (断流): `electrical.current_break` where every phase is above
//! `voltage_above_share` of the nominal voltage and below `begins_below_share` of the basic current.
//!
//! A plant that is switched off does the same, so it is graded low. Evidence: `worst` \[A\], the highest of the phases.

use super::episode::{State, episodes, findings, plain};
use super::prepared::extremes;
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "current_break",
    code: "electrical.current_break",
    looks_at: "current of all phases together while there is voltage",
    figures: &[
        "begins_below_share",
        "ends_above_share",
        "voltage_above_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let (amperes, basic_a) = (prepared.all_currents(1)?, prepared.basic_a()?);
    let (volts, nominal_v) = (prepared.all_voltages(1)?, prepared.nominal_v()?);
    let (begins, ends) = (run.get("begins_below_share") * basic_a, run.get("ends_above_share") * basic_a);
    let voltage_v = run.get("voltage_above_share") * nominal_v;
    if amperes.iter().any(|one| one.lowest >= begins) {
        return Ok(Vec::new());
    }
    let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
        let ((most, _), (_, least_v)) = (extremes(&amperes, index), extremes(&volts, index));
        if least_v.is_nan() {
            return (State::Unknown, most);
        }
        (State::below(most, begins, ends).only_if(least_v > voltage_v), most)
    });
    Ok(findings(run, None, found, begins, "begins_below_share", plain))
}
