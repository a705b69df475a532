use super::*;

const V: Quantity = Quantity::Voltage;
const A: Quantity = Quantity::Current;
const P: Quantity = Quantity::ActivePower;
const PF: Quantity = Quantity::PowerFactor;

#[test]
fn overload_of_a_phase() {
    // 1.2 × 60 A × 220 V = 15.84 kW.
    let levels = Levels { clear: 10.0, limit: 15.84, held: 15.5, passed: 17.0 };
    episodes_of("overload", &levels, (1, 2), |values| site(three(P, values, 10.0)));
}

#[test]
fn reverse_power_without_generation() {
    // 0.5 % of 5 A × 220 V = 5.5 W.
    let build = |values: Vec<f64>, generation| {
        let len = values.len();
        let mut channels: Channels = (0..2).map(|phase| (on(P, phase), values.clone())).collect();
        channels.push((on(P, 2), vec![-0.001; len]));
        site_with(channels, Supply { generation, ..supply() }, Contract::default())
    };
    let levels = Levels { clear: 1.0, limit: -0.0055, held: -0.004, passed: -0.5 };
    let counted = |values: Vec<f64>| by("reverse_power", &build(values, None)).len();
    let with = |part: &[f64]| {
        let mut values = vec![levels.clear; 40];
        values[10..10 + part.len()].copy_from_slice(part);
        counted(values)
    };
    assert_eq!((with(&[levels.limit; 4]), with(&[levels.held; 4]), with(&[levels.passed])), (0, 0, 2));
    assert_eq!(with(&[levels.passed, levels.held, levels.passed]), 2);
    assert_eq!((with(&[levels.passed, NAN, levels.passed]), with(&[levels.passed, 1.0, levels.passed])), (4, 4));
    assert_eq!(needs("reverse_power", &build(vec![-1.0; 4], Some(true))), Some("supply.no_generation".into()));
    // Where no phase is measured, the total.
    let levels = Levels { clear: 1.0, limit: -0.0055, held: -0.004, passed: -0.5 };
    episodes_of("reverse_power", &levels, (1, 2), |values| site(vec![(total(P), values)]));
}

#[test]
fn one_current_transformer_reversed() {
    // 5 % of the largest phase's 10 kW.
    let levels = Levels { clear: 10.0, limit: -0.5, held: -0.4, passed: -10.0 };
    episodes_of("ct_reversed", &levels, (1, 2), |values| site(three(P, values, 10.0)));
    let site = site(three(P, vec![-10.0; 8], 10.0));
    let found = by("ct_reversed", &site);
    assert!((found[0].evidence["of_true_share"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(found[0].kwh, Some(-40.0));
    assert_eq!(by("reverse_power", &site), [], "named once");
    assert_eq!(by("ct_reversed", &super::site(three(P, vec![-30.0; 8], 10.0))), [], "the sum is not positive");
}

fn factors(first: Vec<f64>, first_a: f64) -> Site {
    let len = first.len();
    let mut channels = three(V, vec![220.0; len], 220.0);
    channels.extend(three(A, vec![first_a; len], 20.0));
    channels.extend(three(PF, first, 0.9));
    site(channels)
}

#[test]
fn swapped_phases_show_in_the_power_factors() {
    let levels = Levels { clear: 0.9, limit: 0.6, held: 0.62, passed: 0.3 };
    episodes_of("phases_swapped", &levels, (1, 8), |values| factors(values, 20.0));
    assert_eq!(by("phases_swapped", &factors(vec![0.3; 8], 14.0)).len(), 1, "30 % unbalance is balanced still");
    assert_eq!(by("phases_swapped", &factors(vec![0.3; 8], 13.9)), [], "unbalanced currents explain it");
    // The sign of the power is in it where powers are measured.
    let mut channels = three(V, vec![220.0; 8], 220.0);
    channels.extend(three(A, vec![20.0; 8], 20.0));
    channels.extend(three(P, vec![-2.0; 8], 4.0));
    let found = by("phases_swapped", &site(channels));
    assert!((found[0].evidence["worst"].as_f64().unwrap() - 6.0 / 4.4).abs() < 1e-12);
}

#[test]
fn current_without_power() {
    // 220 V × 20 A × 3 = 13.2 kVA, 5 % of it 0.66 kW.
    let build = |values: Vec<f64>| {
        let len = values.len();
        let mut channels = three(V, vec![220.0; len], 220.0);
        channels.extend(three(A, vec![20.0; len], 20.0));
        channels.push((total(P), values));
        site(channels)
    };
    let levels = Levels { clear: 12.0, limit: 0.66, held: 1.0, passed: 0.1 };
    episodes_of("power_cancelled", &levels, (1, 8), build);
}

#[test]
fn very_low_power_factor_under_load() {
    let build = |values: Vec<f64>| {
        let load = vec![50.0; values.len()];
        site(vec![(total(PF), values), (total(P), load)])
    };
    // With a power factor alone the load is P / PF: it is measured here instead.
    let with_kva = |values: Vec<f64>| {
        let load = vec![50.0; values.len()];
        site(vec![(total(PF), values), (total(Quantity::ApparentPower), load)])
    };
    let levels = Levels { clear: 0.9, limit: 0.3, held: 0.32, passed: 0.2 };
    episodes_of("power_factor_event", &levels, (1, 2), with_kva);
    assert_eq!(by("power_factor_event", &build(vec![0.2; 4])).len(), 1);
    let mut load = vec![50.0; 8];
    load[4..].fill(5.0);
    let idle = site(vec![(total(PF), [vec![0.9; 4], vec![0.2; 4]].concat()), (total(Quantity::ApparentPower), load)]);
    assert_eq!(by("power_factor_event", &idle), [], "a tenth of the largest load is no load");
}

#[test]
fn demand_over_the_contract_or_the_meter() {
    let contract = |kw| Contract { contract_demand_kw: kw, ..Contract::default() };
    let build = |values: Vec<f64>| site_with(vec![(total(P), values)], supply(), contract(Some(100.0)));
    for (kw, expected) in
        [(100.0, None), (100.1, Some(Severity::Low)), (105.0, Some(Severity::Low)), (105.1, Some(Severity::Medium))]
    {
        let found = by("demand_over_limit", &build(vec![50.0, kw, 50.0]));
        assert_eq!(found.first().map(|one| one.severity), expected, "{kw}");
    }
    assert_eq!(by("demand_over_limit", &build(vec![120.0, NAN, 120.0])).len(), 2);
    // 1.2 × 3 × 60 A × 220 V = 47.52 kW.
    let meter = |kw| by("demand_over_limit", &site(vec![(total(P), vec![kw; 4])])).len();
    assert_eq!((meter(47.52), meter(47.6)), (0, 1));
    let unknown = site_with(vec![(total(P), vec![10.0; 4])], Supply::default(), Contract::default());
    assert_eq!(needs("demand_over_limit", &unknown), Some("contract.contract_demand_kw".into()));
    let hourly = site_of(3600, vec![(total(P), vec![10.0; 4])], supply(), contract(Some(100.0)));
    assert_eq!(needs("demand_over_limit", &hourly), Some("readings.demand".into()));
}
