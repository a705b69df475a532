//! Loss of voltage of a phase (失压): `electrical.loss_of_voltage` where a phase is below `begins_below_share` of the nominal voltage
//! while it carries more than `current_above_share` of the basic current; it ends from `ends_above_share` on, or with the current.
//!
//! Where all phases are low alike the supply is low and the meter sound: that is under-voltage. Phase B of three wires is left out; it yields to the loss of all phases. Evidence: `worst` \[V\].

use super::episode::{State, episodes, findings, plain};
use super::prepared::{Group, extremes};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "loss_of_voltage",
    code: "electrical.loss_of_voltage",
    looks_at: "voltage of each phase while it carries current",
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

/// Lowest phase over highest from which on phases are low alike (engineering): a supply that gives way does so on all phases,
/// an open voltage circuit leaves its phase far below the others.
const ALIKE_SHARE: f64 = 0.8;

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let (volts, nominal_v) = (prepared.voltages()?, prepared.nominal_v()?);
    let (_, basic_a) = (prepared.currents()?, prepared.basic_a()?);
    let (begins, ends) = (run.get("begins_below_share") * nominal_v, run.get("ends_above_share") * nominal_v);
    let flows_a = run.get("current_above_share") * basic_a;
    let phases = prepared.all_voltages(2).ok();
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
            let low_alike = phases.as_ref().is_some_and(|phases| {
                let (most, least) = extremes(phases, index);
                most < begins && least >= ALIKE_SHARE * most
            });
            (State::below(value, begins, ends).only_if(current > flows_a && !low_alike), value)
        });
        found.iter().for_each(|one| run.claims.add(Group::Voltage, phase, &one.range, prepared.len()));
        all.extend(findings(run, Some(phase), found, begins, "begins_below_share", plain));
    }
    Ok(all)
}
