//! The rules on plants that know the truth: every electrical fault is found under its own name, and a sound plant has none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;

use super::*;
use crate::simulate::{ElectricalPlant, Fault, FaultKind, Plant, Truth, demo_calendar, random_faults, simulate};

/// What the default plant has in truth: fixed capacitors that are too small by day and too large by night.
const INTENDED: [&str; 2] = ["electrical.low_power_factor", "electrical.over_compensation"];

/// The rule that names each fault.
fn rule_of(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::CurrentTransformerOpen => "electrical.loss_of_current",
        FaultKind::CurrentTransformerReversed => "electrical.ct_reversed",
        FaultKind::CurrentTransformerShunted => "electrical.current_unbalance",
        FaultKind::LossOfVoltage => "electrical.loss_of_voltage",
        FaultKind::NeutralCurrent => "electrical.neutral_current",
        FaultKind::OverCurrent => "electrical.over_current",
        FaultKind::OverVoltage => "electrical.over_voltage",
        FaultKind::PhaseFailure => "electrical.phase_failure",
        FaultKind::PhasesSwapped => "electrical.phases_swapped",
        FaultKind::ReversePower => "electrical.reverse_power",
        FaultKind::TransformerOverload => "electrical.transformer_over",
        FaultKind::UnderVoltage => "electrical.under_voltage",
        FaultKind::VoltageUnbalance => "electrical.voltage_unbalance",
        FaultKind::WrongRatio => "electrical.wrong_ratio",
        _ => "",
    }
}

/// Rules that name the phase.
const OF_A_PHASE: [FaultKind; 5] = [
    FaultKind::CurrentTransformerOpen,
    FaultKind::CurrentTransformerReversed,
    FaultKind::LossOfVoltage,
    FaultKind::OverCurrent,
    FaultKind::PhaseFailure,
];

fn plant(seed: u64) -> Plant {
    Plant { seed, electrical: Some(ElectricalPlant::default()), ..Plant::default() }
}

/// A plant of four months in spring, for one fault.
fn short(seed: u64) -> Plant {
    Plant { first: date(2025, 3, 1), days: 120, ..plant(seed) }
}

fn simulated(plant: &Plant, faults: &[Fault]) -> (Site, Vec<Truth>) {
    let simulation = simulate(plant, &demo_calendar(), faults).unwrap();
    let supply = plant.electrical.as_ref().unwrap().supply(plant);
    let site = Site::new(None, Arc::new(simulation.readings), demo_calendar(), Contract::default()).unwrap();
    (site.with_supply(supply).unwrap(), simulation.truth)
}

/// Findings beside the intended ones.
fn beyond(site: &Site) -> Vec<Finding> {
    all(site).findings.into_iter().filter(|one| !INTENDED.contains(&one.code.as_str())).collect()
}

fn overlap(finding: &Finding, truth: &Truth) -> i64 {
    finding.span.map_or(0, |span| span.end.min(truth.end) - span.start.max(truth.start)).max(0)
}

/// How the faults of a kind fared.
#[derive(Debug, Default)]
struct Fared {
    found: usize,
    named: usize,
    elsewhere: usize,
    /// Other names that the fault got.
    also: BTreeMap<String, usize>,
}

fn fared(kind: FaultKind, seeds: u64) -> Fared {
    let mut fared = Fared::default();
    for seed in 0..seeds {
        let plant = short(seed);
        let faults = random_faults(seed + 100, &plant, &demo_calendar(), &[kind]).unwrap();
        let (site, truth) = simulated(&plant, &faults);
        let truth = &truth[0];
        let findings = beyond(&site);
        let at: Vec<_> = findings.iter().filter(|one| overlap(one, truth) > 0).collect();
        fared.found += usize::from(!at.is_empty());
        fared.elsewhere += findings.len() - at.len();
        let code = rule_of(kind);
        let phase = truth.phase.map(|phase| serde_json::to_value(phase).unwrap());
        let named = at.iter().filter(|one| one.code == code).filter(|one| {
            let of_phase = phase.as_ref().and_then(|phase| phase.as_str()).map(|phase| format!("phase_{phase}"));
            !OF_A_PHASE.contains(&kind) || one.evidence["phase"].as_str() == of_phase.as_deref()
        });
        let covered: i64 = named.map(|one| overlap(one, truth)).sum();
        // A name counts where it covers more than half of the time.
        fared.named += usize::from(2 * covered > truth.end - truth.start);
        let others: BTreeSet<_> = at.iter().map(|one| &one.code).filter(|one| **one != code).collect();
        others.into_iter().for_each(|one| *fared.also.entry(one.clone()).or_default() += 1);
        if 2 * covered <= truth.end - truth.start {
            eprintln!("{kind:?} {seed}: {:?}, {covered} s of {truth:?}", faults[0].size);
        }
    }
    fared
}

#[test]
fn sound_plants_have_no_finding_beyond_the_intended() {
    for seed in 0..20 {
        let (site, _) = simulated(&plant(seed), &[]);
        let found: Vec<_> = beyond(&site).into_iter().map(|one| (one.code, one.evidence)).collect();
        assert_eq!(found, [], "seed {seed}");
        let codes = codes(&site);
        assert_eq!(codes, INTENDED, "seed {seed}");
    }
}

#[test]
fn every_fault_is_found_under_its_name() {
    for kind in FaultKind::ELECTRICAL {
        let fared = fared(kind, 10);
        eprintln!("{}: {fared:?}", kind.name());
    }
}
