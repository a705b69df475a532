//! Voltages and currents of different phases together: `electrical.phases_swapped` where the phases' power factors lie more than
//! `begins_above` apart although voltages and currents are balanced, and not by their signs alone: that is a transformer reversed.
//!
//! A swap turns the angle of a phase by ±120°. Power factors as measured, or power over voltage times current. Three wires
//! are left out. Evidence: `worst` (spread of the power factors).

use super::episode::{State, episodes, findings, plain};
use super::prepared::{Group, extremes};
use super::rule::{Found, Rule, Run};
use super::unbalance::meter_rate;
use crate::site::Wiring;

pub(super) const RULE: Rule = Rule {
    name: "phases_swapped",
    code: "electrical.phases_swapped",
    looks_at: "spread of the phases' power factors",
    figures: &[
        "begins_above",
        "ends_below",
        "voltage_balanced_share",
        "current_balanced_share",
        "load_above_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    if prepared.wiring != Wiring::ThreePhaseFourWire {
        return Err("supply.three_phases");
    }
    let (volts, amperes) = (prepared.all_voltages(3)?, prepared.all_currents(3)?);
    let powers = prepared.all_powers(3).ok();
    let factors: Vec<_> = prepared.power_factor.iter().flatten().collect();
    if powers.is_none() && factors.len() < 3 {
        return Err("readings.phase_power");
    }
    let (begins, ends) = (run.get("begins_above"), run.get("ends_below"));
    let (voltage, current) = (run.get("voltage_balanced_share"), run.get("current_balanced_share"));
    let load_a = prepared.load_limit_a(run.get("load_above_share"));
    let per_va = prepared.kva_per_va();
    let factor = |phase: usize, index: usize| match &powers {
        // The power has a sign, which many meters leave out of the power factor.
        Some(powers) => powers[phase].at(index) / (volts[phase].at(index) * amperes[phase].at(index).abs() * per_va),
        None => factors[phase].at(index),
    };
    let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let (most_a, least_a) = extremes(&amperes, index);
        if most_a.is_nan() {
            return (State::Unknown, most_a);
        }
        if least_a <= load_a || most_a - least_a > current * most_a {
            return (State::Clear, 0.0);
        }
        let three = [0, 1, 2].map(|phase| factor(phase, index));
        if three.iter().any(|one| one.is_nan()) {
            return (State::Unknown, f64::NAN);
        }
        // The voltages where it matters: few intervals come here.
        let spread_of_factors = spread(three);
        if spread_of_factors <= ends || meter_rate(&volts, index) > voltage {
            return (State::Clear, 0.0);
        }
        // Whatever the load's angle, ±120° leaves the amounts at least a half apart; a reversed phase keeps its amount.
        let amounts = spread(three.map(f64::abs));
        (State::above(spread_of_factors, begins, ends).only_if(amounts > ends), spread_of_factors)
    });
    for one in &found {
        (0..3).for_each(|phase| run.claims.add(Group::Power, phase, &one.range, prepared.len()));
    }
    Ok(findings(run, None, found, begins, "begins_above", plain))
}

/// Highest less lowest.
fn spread(three: [f64; 3]) -> f64 {
    three.iter().copied().fold(f64::MIN, f64::max) - three.iter().copied().fold(f64::MAX, f64::min)
}
