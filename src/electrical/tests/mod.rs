mod current;
mod energy;
mod equipment;
mod power;
mod simulated;
mod standards;
mod voltage;
mod words;

use std::sync::Arc;

use super::*;
use crate::finding::Severity;
use crate::readings::{Channel, Phase, Quantity, Readings, Series};
use crate::site::{Contract, Supply, Wiring};
use crate::time::{Calendar, TimeAxis, Zone};

const NAN: f64 = f64::NAN;
const PHASES: [Phase; 3] = [Phase::L1, Phase::L2, Phase::L3];

type Channels = Vec<(Channel, Vec<f64>)>;

/// 220 V, 5(60) A, four wires, 100 kVA.
fn supply() -> Supply {
    Supply {
        nominal_v: Some(220.0),
        wiring: Some(Wiring::ThreePhaseFourWire),
        basic_current_a: Some(5.0),
        maximum_current_a: Some(60.0),
        transformer_kva: Some(100.0),
        ..Supply::default()
    }
}

/// From Monday 1 January 2024, a quarter of an hour each.
fn site_with(channels: Channels, supply: Supply, contract: Contract) -> Site {
    site_of(900, channels, supply, contract)
}

fn site_of(step_s: i64, channels: Channels, supply: Supply, contract: Contract) -> Site {
    let len = channels[0].1.len();
    let axis = TimeAxis::new(1_704_067_200, step_s, len, Zone::named("UTC").unwrap()).unwrap();
    let series = channels.into_iter().map(|(channel, values)| Series::new(channel, values)).collect();
    let readings = Readings::new(axis, series).unwrap();
    Site::new(None, Arc::new(readings), Calendar::weekends(), contract).unwrap().with_supply(supply).unwrap()
}

fn site(channels: Channels) -> Site {
    site_with(channels, supply(), Contract::default())
}

fn on(quantity: Quantity, phase: usize) -> Channel {
    Channel::mean(quantity, PHASES[phase])
}

fn total(quantity: Quantity) -> Channel {
    Channel::mean(quantity, Phase::Total)
}

/// The first phase as given, the others at a constant.
fn three(quantity: Quantity, first: Vec<f64>, others: f64) -> Channels {
    let rest = vec![others; first.len()];
    vec![(on(quantity, 0), first), (on(quantity, 1), rest.clone()), (on(quantity, 2), rest)]
}

fn all(site: &Site) -> Electrical {
    let found = check(site, &Settings::default()).unwrap();
    found.findings.iter().for_each(words::can_be_said);
    found
}

/// What a rule finds while all others run too.
fn by(rule: &str, site: &Site) -> Vec<Finding> {
    let code = format!("electrical.{rule}");
    all(site).findings.into_iter().filter(|one| one.code == code).collect()
}

fn needs(rule: &str, site: &Site) -> Option<String> {
    let task = format!("electrical.{rule}");
    all(site).not_run.into_iter().find(|one| one.task == task).map(|one| one.needs)
}

fn codes(site: &Site) -> Vec<String> {
    let mut codes: Vec<String> = all(site).findings.into_iter().map(|one| one.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Values around the limits of an episode rule.
struct Levels {
    clear: f64,
    /// Exactly the limit, which is not passed.
    limit: f64,
    /// Between the limit and the end.
    held: f64,
    passed: f64,
}

/// At the limit, durations, hysteresis and missing values of a rule that warns after `warns` intervals and alarms after `alarms`.
fn episodes_of(rule: &str, levels: &Levels, (warns, alarms): (usize, usize), build: impl Fn(Vec<f64>) -> Site) {
    let with = |part: &[f64]| {
        let mut values = vec![levels.clear; 40];
        values[10..10 + part.len()].copy_from_slice(part);
        by(rule, &build(values))
    };
    let lengths = |found: &[Finding]| -> Vec<i64> {
        found.iter().map(|one| one.evidence["intervals"].as_i64().unwrap()).collect()
    };
    assert_eq!(with(&[]), [], "{rule}: clear");
    assert_eq!(with(&[levels.limit; 12]), [], "{rule}: at the limit");
    assert_eq!(with(&[levels.held; 12]), [], "{rule}: held is no beginning");
    if warns > 1 {
        assert_eq!(with(&vec![levels.passed; warns - 1]), [], "{rule}: too short");
    }
    let warning = with(&vec![levels.passed; warns]);
    assert_eq!(lengths(&warning), [warns as i64], "{rule}: warning");
    assert_eq!(warning[0].evidence["hours"], warns as f64 / 4.0);
    assert_eq!(warning[0].span.unwrap().start, 1_704_067_200 + 9000);
    assert_eq!(warning[0].evidence["alarm"], warns >= alarms, "{rule}");
    assert!(warning[0].evidence["limit_source"].as_str().unwrap().len() > 5, "{rule}");
    assert!(warning[0].evidence["limit_mark"].is_string(), "{rule}");
    let alarm = with(&vec![levels.passed; alarms]);
    assert_eq!((lengths(&alarm), &alarm[0].evidence["alarm"]), (vec![alarms as i64], &true.into()), "{rule}: alarm");
    // Held between two passed ones is one episode; clear is two, and so is missing.
    let joined = |between: f64| {
        let mut part = vec![levels.passed; 2 * alarms + 1];
        part[alarms] = between;
        lengths(&with(&part))
    };
    assert_eq!(joined(levels.held), [2 * alarms as i64 + 1], "{rule}: hysteresis");
    assert_eq!(joined(levels.clear), [alarms as i64; 2], "{rule}: clear ends it");
    assert_eq!(joined(NAN), [alarms as i64; 2], "{rule}: missing is never flagged");
    let after = with(&[vec![levels.passed; alarms], vec![NAN; 4]].concat());
    assert_eq!(lengths(&after), [alarms as i64], "{rule}: a gap ends it");
    assert_eq!(by(rule, &build(vec![NAN; 40])), [], "{rule}: nothing but NaN");
}
