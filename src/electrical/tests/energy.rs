use super::*;
use crate::finding::Span;
use crate::readings::{Flag, Period, SpanKind, SpanSeries, SpanValue, Spans};

const V: Quantity = Quantity::Voltage;
const A: Quantity = Quantity::Current;
const P: Quantity = Quantity::ActivePower;
const PF: Quantity = Quantity::PowerFactor;

/// 220 V, 20 A, power factor 1: 13.2 kVA in all.
fn products(kw: Vec<f64>) -> Site {
    let len = kw.len();
    let mut channels = three(V, vec![220.0; len], 220.0);
    channels.extend(three(A, vec![20.0; len], 20.0));
    channels.extend([(total(PF), vec![1.0; len]), (total(P), kw)]);
    site(channels)
}

#[test]
fn power_against_products() {
    // Off in 5 of 100 is the limit; 5 % itself is not off.
    let mixed = |off: usize, factor: f64| {
        let mut kw = vec![13.2; 100];
        kw[..off].fill(13.2 * factor);
        by("power_identity", &products(kw))
    };
    assert_eq!(mixed(100, 0.95), []);
    assert_eq!(mixed(5, 0.5), []);
    let found = mixed(6, 0.5);
    assert_eq!((found.len(), found[0].severity, &found[0].evidence["hours"]), (1, Severity::Low, &1.5.into()));
    assert_eq!(mixed(60, 0.93)[0].severity, Severity::Medium);
    assert_eq!(by("power_identity", &products(vec![NAN; 100])), []);
}

#[test]
fn a_constant_factor_is_a_wrong_ratio() {
    let constant = |factor: f64| codes(&products(vec![13.2 * factor; 200]));
    assert_eq!(constant(0.85), ["electrical.power_identity"], "15 % off is not more");
    assert_eq!(constant(0.5), ["electrical.wrong_ratio"]);
    let mut kw = vec![13.2 * 0.5; 200];
    kw.iter_mut().step_by(2).for_each(|one| *one = 13.2 * 0.7);
    assert_eq!(codes(&products(kw)), ["electrical.power_identity"], "not constant");
    assert_eq!(by("wrong_ratio", &products(vec![6.6; 95])), [], "less than a day");
    assert_eq!(by("wrong_ratio", &products(vec![NAN; 200])), []);
}

#[test]
fn phases_against_the_total() {
    let build = |off: usize, value: f64| {
        let mut kw = vec![30.0; 100];
        kw[..off].fill(value);
        let mut channels = three(P, vec![10.0; 100], 10.0);
        channels.push((total(P), kw));
        by("phase_sum", &site(channels))
    };
    assert_eq!(
        (build(100, 28.5).len(), build(5, 15.0).len(), build(6, 15.0).len(), build(100, NAN).len()),
        (0, 0, 1, 0)
    );
}

#[test]
fn power_against_energy_and_registers() {
    let kwh = |energy: f64, len: usize| {
        let channels = vec![(total(P), vec![40.0; len]), (Channel::IMPORT_KWH, vec![energy; len])];
        by("energy_balance", &site(channels))
    };
    assert_eq!(kwh(10.0 / 1.05, 96), [], "5 % itself is not off");
    assert_eq!(kwh(9.0, 96)[0].severity, Severity::Low);
    assert_eq!(kwh(8.0, 96)[0].severity, Severity::High);
    assert_eq!((kwh(8.0, 95).len(), kwh(NAN, 96).len()), (0, 0));
    assert_eq!(with_register(vec![40.0; 96], &[(0, 100.0), (86_400, 104.8)]).len(), 0);
    let found = with_register(vec![40.0; 96], &[(0, 100.0), (86_400, 104.0)]);
    assert_eq!(found[0].evidence["energy_kwh"], 800.0);
    assert_eq!(with_register([vec![NAN], vec![40.0; 95]].concat(), &[(0, 100.0), (86_400, 104.0)]).len(), 0);
}

/// A register with multiplier 200 beside a measured power.
fn with_register(kw: Vec<f64>, stamps: &[(i64, f64)]) -> Vec<Finding> {
    by("energy_balance", &register_site(kw, stamps))
}

fn register_site(kw: Vec<f64>, stamps: &[(i64, f64)]) -> Site {
    let plain = site(vec![(total(P), kw)]);
    let start = plain.readings().axis().start();
    let value = |(at, value): &(i64, f64)| {
        let span = Span { start: start + at, end: start + at };
        SpanValue { span, value: *value, flag: Flag::Measured, at: None }
    };
    let register = SpanSeries {
        channel: Channel::IMPORT_KWH,
        kind: SpanKind::Register,
        period: Period::Total,
        multiplier: 200.0,
        values: stamps.iter().map(value).collect(),
    };
    plain.with_readings(plain.readings().clone().with_spans(Spans(vec![register])))
}

#[test]
fn stamps_off_the_quarter_hour() {
    let found = |off_s: i64| {
        let stamps: Vec<(i64, f64)> = (0..4).map(|day| (day * 86_400 + off_s, 100.0)).collect();
        by("clock_error", &register_site(vec![40.0; 400], &stamps))
    };
    assert_eq!((found(0).len(), found(300).len()), (0, 0));
    let late = found(301);
    assert_eq!((late[0].severity, &late[0].evidence["worst"]), (Severity::Low, &301.0.into()));
    assert_eq!(found(-301)[0].evidence["worst"], -301.0);
    assert_eq!(needs("clock_error", &site(vec![(total(P), vec![1.0; 4])])), Some("readings.registers".into()));
    assert_eq!(by("clock_error", &register_site(vec![40.0; 400], &[(301, 1.0), (86_701, 2.0)])), [], "two are too few");
}

#[test]
fn a_meter_stands_still_while_current_flows() {
    let build = |zeros: usize, a: f64| {
        let mut kwh = vec![1.0; 200];
        kwh[20..20 + zeros].fill(0.0);
        let mut channels = three(A, vec![a; 200], a);
        channels.push((Channel::IMPORT_KWH, kwh));
        by("stopped_meter", &site(channels)).len()
    };
    assert_eq!((build(95, 1.0), build(96, 1.0), build(96, 0.25)), (0, 1, 0));
    let mut kwh = vec![0.0; 100];
    kwh[50] = NAN;
    let mut channels = three(A, vec![1.0; 100], 1.0);
    channels.push((Channel::IMPORT_KWH, kwh));
    assert_eq!(by("stopped_meter", &site(channels)), []);
}

#[test]
fn a_meter_runs_away() {
    // 3 × 60 A × 220 V = 39.6 kW is less than 100 kVA; 1.2 of it for a quarter of an hour is 11.88 kWh.
    let found = |kwh: f64| by("runaway_meter", &site(vec![(Channel::IMPORT_KWH, vec![5.0, kwh, 5.0])]));
    assert_eq!((found(11.88).len(), found(12.0).len(), found(NAN).len()), (0, 1, 0));
    assert!((found(12.0)[0].kwh.unwrap() - 0.12).abs() < 1e-9);
}

#[test]
fn a_sustained_drop_of_the_same_shape_is_an_indicator() {
    // Eight weeks of hours from a Monday; the last four times `factor`.
    let build = |factor: f64, volts: f64, flat: bool| {
        let shape = |hour: usize| 10.0 + ((hour % 24) as f64 - 12.0).abs();
        let kwh = (0..8 * 168).map(|hour| {
            let now = hour >= 4 * 168;
            if now { factor * if flat { 16.0 } else { shape(hour) } } else { shape(hour) }
        });
        let mut voltage = vec![220.0; 8 * 168];
        voltage[4 * 168..].fill(volts);
        let channels = vec![(Channel::IMPORT_KWH, kwh.collect()), (on(V, 0), voltage)];
        by("sustained_drop", &site_of(3600, channels, supply(), Contract::default()))
    };
    assert_eq!(build(0.7, 220.0, false), [], "30 % itself is no drop");
    let found = build(0.69, 220.0, false);
    assert_eq!((found.len(), found[0].severity), (1, Severity::Low));
    assert!((found[0].evidence["worst"].as_f64().unwrap() - 0.31).abs() < 1e-9);
    assert_eq!(build(0.5, 220.0, true), [], "another shape");
    assert_eq!(build(0.5, 226.0, false), [], "another voltage");
    let short = site_of(3600, vec![(Channel::IMPORT_KWH, vec![1.0; 168])], supply(), Contract::default());
    assert_eq!(needs("sustained_drop", &short), Some("readings.weeks_before_and_after".into()));
    let missing = site_of(
        3600,
        vec![(Channel::IMPORT_KWH, [vec![5.0; 4 * 168], vec![NAN; 4 * 168]].concat())],
        supply(),
        Contract::default(),
    );
    assert_eq!(by("sustained_drop", &missing), []);
}

#[test]
fn power_factor_of_a_month() {
    let build = |kvarh: f64, export: f64, contract: Contract| {
        let channels = vec![
            (Channel::IMPORT_KWH, vec![9.0; 96]),
            (Channel::IMPORT_KVARH, vec![kvarh; 96]),
            (Channel::EXPORT_KVARH, vec![export; 96]),
        ];
        site_with(channels, supply(), contract)
    };
    let at = 9.0 * (1.0f64 / 0.81 - 1.0).sqrt();
    let found = |kvarh, export| by("low_power_factor", &build(kvarh, export, Contract::default()));
    assert_eq!((found(at, 0.0).len(), found(at + 0.01, 0.0).len(), found(at, 0.1).len()), (0, 1, 1));
    let eighty = Contract { power_factor_standard: Some(0.80f64.try_into().unwrap()), ..Contract::default() };
    assert_eq!(by("low_power_factor", &build(5.0, 0.0, eighty)), []);
    // Import alone counts in Europe.
    let eu = check(&build(at, 5.0, Contract::default()), &Settings::of("eu")).unwrap().findings;
    assert!(!eu.iter().any(|one| one.code == "electrical.low_power_factor"));
    assert_eq!(found(NAN, 0.0), []);
}

#[test]
fn capacitors_that_lead_at_night() {
    // 22 to 6 o'clock: eight hours a night.
    let build = |export: f64, import: f64, hours: usize| {
        let mut kvarh = vec![0.0; 192];
        kvarh[88..88 + 4 * hours].fill(export);
        let channels = vec![
            (Channel::IMPORT_KWH, vec![10.0; 192]),
            (Channel::IMPORT_KVARH, vec![import; 192]),
            (Channel::EXPORT_KVARH, kvarh),
        ];
        by("over_compensation", &site(channels)).len()
    };
    assert_eq!((build(1.0, 0.0, 8), build(1.1, 0.0, 8), build(1.1, 0.0, 7), build(1.1, 0.2, 8)), (0, 1, 0, 0));
    assert_eq!(build(NAN, 0.0, 8), 0);
}
