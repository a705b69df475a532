use super::*;

const V: Quantity = Quantity::Voltage;
const A: Quantity = Quantity::Current;

fn amperes(first: Vec<f64>, others: f64) -> Site {
    let mut channels = three(V, vec![220.0; first.len()], 220.0);
    channels.extend(three(A, first, others));
    site(channels)
}

#[test]
fn loss_of_current() {
    // 0.5 % of 5 A is 25 mA, it ends from 50 mA on; others above 5 %, 0.25 A.
    let levels = Levels { clear: 4.0, limit: 0.025, held: 0.03, passed: 0.0 };
    episodes_of("loss_of_current", &levels, (1, 2), |values| amperes(values, 4.0));
    assert_eq!(by("loss_of_current", &amperes(vec![0.0; 4], 0.25)), []);
    assert_eq!(by("loss_of_current", &amperes(vec![0.0; 4], 0.26)).len(), 1);
    let mut channels = three(V, vec![154.0; 4], 220.0);
    channels.extend(three(A, vec![0.0; 4], 4.0));
    assert_eq!(by("loss_of_current", &site(channels)), [], "70 % of the voltage is not above it");
    // The named phase is no unbalance as well.
    assert_eq!(codes(&amperes(vec![0.0; 16], 4.0)), ["electrical.loss_of_current"]);
}

#[test]
fn current_break() {
    let build = |values: Vec<f64>| {
        let mut channels = three(V, vec![220.0; values.len()], 220.0);
        channels.extend((0..3).map(|phase| (on(A, phase), values.clone())));
        site(channels)
    };
    let levels = Levels { clear: 4.0, limit: 0.025, held: 0.03, passed: 0.0 };
    episodes_of("current_break", &levels, (1, 2), build);
    assert_eq!(by("current_break", &build(vec![0.0; 4]))[0].severity, Severity::Low);
    assert_eq!(by("current_break", &amperes(vec![0.0; 4], 4.0)), []);
}

#[test]
fn over_current() {
    let levels = Levels { clear: 40.0, limit: 72.0, held: 70.0, passed: 80.0 };
    episodes_of("over_current", &levels, (1, 2), |values| amperes(values, 40.0));
    // Behind current transformers the values are primary: 80 times as much.
    let with_ct = |a: f64| {
        let supply = Supply { ct_ratio: Some(80.0), ..supply() };
        site_with(three(A, vec![a; 4], 40.0), supply, Contract::default())
    };
    assert_eq!(by("over_current", &with_ct(5760.0)), []);
    assert_eq!(by("over_current", &with_ct(5761.0)).len(), 1);
    assert_eq!(by("over_current", &with_ct(-5761.0)).len(), 1, "the amount counts");
}

#[test]
fn unbalance_of_currents_takes_two_hours() {
    let levels = Levels { clear: 40.0, limit: 28.0, held: 29.0, passed: 20.0 };
    episodes_of_unbalance(&levels);
    let severe = by("current_unbalance", &amperes(vec![3.0; 16], 40.0));
    assert_eq!((severe[0].severity, &severe[0].evidence["severe"]), (Severity::Medium, &true.into()));
    // 4 A of 40 is 90 %, which is not above it; NEMA says (28 − 4) / 28.
    let mild = by("current_unbalance", &amperes(vec![4.0; 16], 40.0));
    assert_eq!((mild[0].severity, &mild[0].evidence["severe"]), (Severity::Low, &false.into()));
    assert!((mild[0].evidence["nema_rate"].as_f64().unwrap() - 24.0 / 28.0).abs() < 1e-12);
    assert_eq!(by("current_unbalance", &amperes(vec![0.1; 16], 0.25)), [], "5 % of Ib is no load");
}

fn episodes_of_unbalance(levels: &Levels) {
    let with = |part: &[f64]| {
        let mut values = vec![levels.clear; 40];
        values[10..10 + part.len()].copy_from_slice(part);
        by("current_unbalance", &amperes(values, 40.0)).len()
    };
    assert_eq!(with(&[levels.limit; 12]), 0);
    assert_eq!(with(&[levels.passed; 7]), 0, "an hour and three quarters");
    assert_eq!(with(&[levels.passed; 8]), 1, "two hours");
    let mut part = vec![levels.passed; 8];
    part[4] = levels.held;
    assert_eq!(with(&part), 1);
    part[4] = levels.clear;
    assert_eq!(with(&part), 0);
    part[4] = NAN;
    assert_eq!(with(&part), 0);
}

/// Rated current of 100 kVA at 220 V: 151.5 A; a quarter is 37.9 A.
#[test]
fn neutral_current() {
    let neutral = Channel::mean(A, Phase::N);
    let rated_a = 100_000.0 / 660.0;
    let levels = Levels { clear: 10.0, limit: 0.25 * rated_a, held: 0.24 * rated_a, passed: 40.0 };
    episodes_of("neutral_current", &levels, (1, 2), |values| site(vec![(neutral, values)]));
    // Dyn11 bears more: how much, the user says.
    let dyn11 = |share| {
        let group = Some(crate::site::VectorGroup::Dyn11);
        let supply = Supply { vector_group: group, neutral_limit_share: share, ..supply() };
        site_with(vec![(neutral, vec![70.0; 4])], supply, Contract::default())
    };
    assert_eq!(needs("neutral_current", &dyn11(None)), Some("supply.neutral_limit_share".into()));
    assert_eq!(by("neutral_current", &dyn11(Some(0.5))), []);
    assert_eq!(by("neutral_current", &dyn11(Some(0.4))).len(), 1);
}

#[test]
fn neutral_above_every_phase() {
    let build = |values: Vec<f64>| {
        let mut channels = three(A, vec![20.0; values.len()], 20.0);
        channels.push((Channel::mean(A, Phase::N), values));
        site(channels)
    };
    let levels = Levels { clear: 5.0, limit: 20.0, held: 19.0, passed: 25.0 };
    episodes_of("neutral_above_phase", &levels, (1, 2), build);
}
