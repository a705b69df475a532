//! Power flows backwards (功率反向): `electrical.reverse_power` where a phase, or the total where no phase is measured, gives more than
//! `begins_above_share` of its basic power Ib × Un to the grid and no generation is on record.
//!
//! Yields to swapped phases and to a reversed current transformer. Three wires are judged by their total: at a power factor below 0.5 one of two
//! elements runs backwards rightly. Evidence: `worst` \[kW\], `kwh` of what flowed backwards, negative.

use super::episode::{State, episodes, findings};
use super::prepared::Group;
use super::rule::{Found, Rule, Run};
use crate::site::Wiring;

pub(super) const RULE: Rule = Rule {
    name: "reverse_power",
    code: "electrical.reverse_power",
    looks_at: "direction of the active power",
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
    if prepared.supply().generation == Some(true) {
        return Err("supply.no_generation");
    }
    let basic_kw = prepared.basic_a()? * prepared.nominal_v()? * prepared.kva_per_va();
    let (begins, ends) = (-run.get("begins_above_share") * basic_kw, -run.get("ends_below_share") * basic_kw);
    let by_phase = prepared.wiring == Wiring::ThreePhaseFourWire;
    let phases = prepared.powers().ok().filter(|_| by_phase);
    let all: Vec<(Option<usize>, &[f64])> = match phases {
        Some(phases) => phases.into_iter().map(|(phase, one)| (Some(phase), &*one.values)).collect(),
        None => vec![(None, prepared.load_kw().ok_or("readings.phase_power")?)],
    };
    let step_h = prepared.axis().step_h();
    let mut found = Vec::new();
    for (phase, values) in all {
        if values.iter().all(|one| one.is_nan() || *one >= begins) {
            continue;
        }
        let claims = &*run.claims;
        let backwards = episodes(values.len(), run.timing(), f64::min, |index| {
            let value = values.get(index).copied().unwrap_or(f64::NAN);
            let named = phase.is_some_and(|phase| claims.has(Group::Power, phase, index));
            (if named { State::Unknown } else { State::below(value, begins, ends) }, value)
        });
        found.extend(findings(run, phase, backwards, begins, "begins_above_share", |one, finding| {
            let kw: f64 = values.get(one.range.clone()).unwrap_or_default().iter().sum();
            finding.kwh(kw * step_h)
        }));
    }
    Ok(found)
}
