use super::*;

const V: Quantity = Quantity::Voltage;
const A: Quantity = Quantity::Current;

fn volts_and_amperes(first: Vec<f64>, first_a: f64) -> Site {
    let len = first.len();
    let mut channels = three(V, first, 220.0);
    channels.extend(three(A, vec![first_a; len], 4.0));
    site(channels)
}

/// All three phases alike.
fn alike(values: &[f64], a: f64) -> Site {
    let mut channels: Channels = (0..3).map(|phase| (on(V, phase), values.to_vec())).collect();
    channels.extend((0..3).map(|phase| (on(A, phase), vec![a; values.len()])));
    site(channels)
}

#[test]
fn loss_of_voltage() {
    // 0.78 × 220 = 171.6 V, ends from 187 V on.
    let levels = Levels { clear: 220.0, limit: 171.6, held: 180.0, passed: 150.0 };
    episodes_of("loss_of_voltage", &levels, (1, 2), |values| volts_and_amperes(values, 4.0));
    let at_end = [vec![150.0; 2], vec![187.0], vec![150.0; 2]].concat();
    assert_eq!(by("loss_of_voltage", &volts_and_amperes(at_end, 4.0)).len(), 2, "187 V ends it");
    // 0.5 % of 5 A is no current.
    assert_eq!(by("loss_of_voltage", &volts_and_amperes(vec![150.0; 4], 0.025)), []);
    assert_eq!(by("loss_of_voltage", &volts_and_amperes(vec![150.0; 4], 0.026)).len(), 1);
    let found = by("loss_of_voltage", &volts_and_amperes(vec![150.0, 140.0], 4.0));
    assert_eq!((found[0].severity, &found[0].evidence["phase"]), (Severity::High, &"phase_l1".into()));
    assert_eq!(
        (&found[0].evidence["worst"], &found[0].evidence["figures"]["begins_below_share"]),
        (&140.0.into(), &0.78.into())
    );
}

#[test]
fn under_voltage_is_told_once() {
    let levels = Levels { clear: 220.0, limit: 171.6, held: 173.0, passed: 150.0 };
    // Between no current and load nothing graver holds: the current is missing.
    episodes_of("under_voltage", &levels, (1, 2), |values| site(three(V, values, 220.0)));
    assert_eq!(codes(&volts_and_amperes(vec![150.0; 4], 4.0)), ["electrical.loss_of_voltage"]);
}

#[test]
fn over_voltage() {
    let levels = Levels { clear: 220.0, limit: 264.0, held: 260.0, passed: 270.0 };
    episodes_of("over_voltage", &levels, (1, 2), |values| site(three(V, values, 220.0)));
    // The band of the standard is left before and after, not within.
    assert_eq!(codes(&site(three(V, vec![270.0; 4], 220.0))), ["electrical.over_voltage"]);
}

#[test]
fn phase_failure() {
    let levels = Levels { clear: 220.0, limit: 132.0, held: 140.0, passed: 20.0 };
    episodes_of("phase_failure", &levels, (1, 2), |values| volts_and_amperes(values, 0.0));
    assert_eq!(by("phase_failure", &volts_and_amperes(vec![20.0; 4], 0.025)), [], "0.5 % of Ib is a current");
    let found = codes(&volts_and_amperes(vec![20.0; 4], 0.0));
    assert!(
        !found.contains(&"electrical.under_voltage".into()) && !found.contains(&"electrical.voltage_deviation".into())
    );
}

#[test]
fn loss_of_all_phases_outranks_loss_of_each() {
    let levels = Levels { clear: 220.0, limit: 132.0, held: 140.0, passed: 100.0 };
    episodes_of("all_phase_loss", &levels, (1, 2), |values| alike(&values, 4.0));
    assert_eq!(codes(&alike(&[100.0; 4], 4.0)), ["electrical.all_phase_loss"]);
    assert_eq!(by("all_phase_loss", &alike(&[100.0; 4], 0.25)), [], "5 % of Ib");
    assert_eq!(by("all_phase_loss", &volts_and_amperes(vec![100.0; 4], 4.0)), [], "one phase is not all");
}

#[test]
fn interruption_outranks_everything() {
    let levels = Levels { clear: 220.0, limit: 22.0, held: 30.0, passed: 5.0 };
    episodes_of("interruption", &levels, (1, 2), |values| alike(&values, 0.0));
    let found = codes(&alike(&[5.0; 4], 0.0));
    assert_eq!(found, ["electrical.interruption"]);
}

#[test]
fn the_band_of_the_standard_below_and_above() {
    let low = Levels { clear: 220.0, limit: 204.6, held: 205.0, passed: 200.0 };
    episodes_of("voltage_deviation", &low, (1, 2), |values| site(three(V, values, 220.0)));
    let high = Levels { clear: 220.0, limit: 235.4, held: 235.0, passed: 240.0 };
    episodes_of("voltage_deviation", &high, (1, 2), |values| site(three(V, values, 220.0)));
    // A single phase may be 10 % low in China.
    let single = |volts: f64| {
        let supply = Supply { wiring: Some(Wiring::SinglePhase), ..supply() };
        site_with(vec![(total(V), vec![volts; 8])], supply, Contract::default())
    };
    assert_eq!(by("voltage_deviation", &single(198.0)), []);
    assert_eq!(by("voltage_deviation", &single(197.9)).len(), 1);
}

#[test]
fn qualification_by_month_and_by_week() {
    // Of 1000 quarter-hours, 98 % must be inside: 20 outside are allowed, 21 are not.
    let month = |outside: usize| {
        let mut values = vec![220.0; 1000];
        values[..outside].fill(200.0);
        site(three(V, values, 220.0))
    };
    assert_eq!(by("voltage_qualification", &month(20)), []);
    let found = by("voltage_qualification", &month(21));
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].evidence["worst"], &found[0].evidence["hours"]), (&0.979.into(), &5.25.into()));
    assert_eq!(found[0].evidence["period"], "2024-01");
    // In Europe a week with less than 95 % inside ±10 %: 672 quarter-hours, 33 allowed.
    let week = |outside: usize| {
        let mut values = vec![230.0; 1344];
        values[700..700 + outside].fill(200.0);
        let site =
            site_with(three(V, values, 230.0), Supply { nominal_v: Some(230.0), ..supply() }, Contract::default());
        let found = check(&site, &Settings::of("eu")).unwrap().findings;
        found.into_iter().filter(|one| one.code == "electrical.voltage_qualification").collect::<Vec<_>>()
    };
    assert_eq!(week(33), []);
    assert_eq!(week(34)[0].evidence["period"], "2024-01-08");
    // Faults are not deviations: below 70 % nothing is assessed.
    let mut values = vec![220.0; 1000];
    values[..100].fill(20.0);
    values[100..200].fill(NAN);
    assert_eq!(by("voltage_qualification", &site(three(V, values, 220.0))), []);
    // A day is needed.
    assert_eq!(by("voltage_qualification", &site(three(V, vec![200.0; 95], 220.0))), []);
}

#[test]
fn unbalance_by_the_meter() {
    // (220 − 154) / 220 = 30 %; other kinds name phases below 60 % or with the current known.
    let levels = Levels { clear: 300.0, limit: 300.0 * 0.7, held: 213.0, passed: 190.0 };
    let build = |values: Vec<f64>| {
        let supply = Supply { nominal_v: Some(230.0), ..supply() };
        site_with(three(V, values, 300.0), supply, Contract::default())
    };
    // Over-voltage names 300 V of 230 V: nothing is left for unbalance.
    assert_eq!(by("voltage_unbalance_event", &build(vec![190.0; 8])), []);
    let without = |values: Vec<f64>| {
        let supply = Supply { nominal_v: Some(260.0), ..supply() };
        site_with(three(V, values, 300.0), supply, Contract::default())
    };
    let settings = ["under_voltage", "over_voltage"].map(str::to_owned).to_vec();
    for (value, count) in [(levels.limit, 0), (levels.held, 0), (levels.passed, 1), (NAN, 0)] {
        let settings = Settings { off: settings.clone(), ..Settings::default() };
        let found = check(&without(vec![value; 4]), &settings).unwrap().findings;
        let found: Vec<_> = found.iter().filter(|one| one.code == "electrical.voltage_unbalance_event").collect();
        assert_eq!(found.len(), count, "{value}");
    }
    let levels = Levels { clear: 270.0, limit: 210.0, held: 212.0, passed: 205.0 };
    episodes_of("voltage_unbalance_event", &levels, (1, 2), without);
}

#[test]
fn unbalance_of_a_month_by_three_definitions() {
    // Two phases at 220, one at x: NEMA = 2 (220 − x) / (440 + x); 2 % at x = 213.3…
    let month = |first: f64| site(three(V, vec![first; 200], 220.0));
    assert_eq!(by("voltage_unbalance", &month(214.0)), []);
    let found = by("voltage_unbalance", &month(213.0));
    assert_eq!((found.len(), &found[0].evidence["definition"]), (1, &"nema_of_phases".into()));
    assert!((found[0].evidence["meter_rate"].as_f64().unwrap() - 7.0 / 220.0).abs() < 1e-12);
    assert!((found[0].evidence["nema_rate"].as_f64().unwrap() - 14.0 / 653.0).abs() < 1e-12);
    // Balanced voltages between phases, and some whose negative sequence is known: sides 1, 1, 1 − ε have ≈ 2 ε / 3.
    let between = |third: f64| {
        let sides = [(Phase::L1L2, 380.0), (Phase::L2L3, 380.0), (Phase::L3L1, third)];
        site(sides.map(|(phase, volts)| (Channel::mean(V, phase), vec![volts; 200])).to_vec())
    };
    assert_eq!(by("voltage_unbalance", &between(380.0)), []);
    assert_eq!(by("voltage_unbalance", &between(369.0)), []);
    let found = by("voltage_unbalance", &between(368.0));
    assert_eq!((found.len(), &found[0].evidence["definition"]), (1, &"negative_sequence".into()));
    // 4 % for a short time.
    let mut values = vec![220.0; 200];
    values[7] = 204.0;
    let found = by("voltage_unbalance", &site(three(V, values, 220.0)));
    assert_eq!((found.len(), &found[0].evidence["short"]), (1, &true.into()));
    assert_eq!(by("voltage_unbalance", &site(three(V, vec![NAN; 200], 220.0))), []);
}

#[test]
fn three_wires_skip_phase_b() {
    let supply = || Supply { nominal_v: Some(100.0), wiring: Some(Wiring::ThreePhaseThreeWire), ..supply() };
    let channels = |b: f64| -> Channels {
        let volts = [100.0, b, 100.0];
        let mut channels: Channels = (0..3).map(|phase| (on(V, phase), vec![volts[phase]; 8])).collect();
        channels.extend((0..3).map(|phase| (on(A, phase), vec![if phase == 1 { 0.0 } else { 4.0 }; 8])));
        channels
    };
    let found = |channels| codes(&site_with(channels, supply(), Contract::default()));
    assert_eq!(found(channels(0.0)), Vec::<String>::new());
    let mut low = channels(0.0);
    low[2].1.fill(50.0);
    assert_eq!(found(low), ["electrical.loss_of_voltage"]);
    // Read off the channels where nobody said so.
    let mut two = channels(0.0);
    two.retain(|(channel, _)| channel.phase != Phase::L2);
    let guessed = Supply { wiring: None, ..supply() };
    assert_eq!(codes(&site_with(two, guessed, Contract::default())), Vec::<String>::new());
}

#[test]
fn secondary_values_are_held_against_secondary_limits() {
    let supply =
        Supply { nominal_v: Some(5774.0), pt_ratio: Some(100.0), values: crate::site::Values::Secondary, ..supply() };
    let site = |volts: f64| site_with(three(V, vec![volts; 8], 57.74), supply.clone(), Contract::default());
    assert_eq!(codes(&site(57.0)), Vec::<String>::new());
    assert_eq!(codes(&site(70.0)), ["electrical.over_voltage"]);
}

#[test]
fn a_nominal_voltage_is_not_guessed_where_it_does_not_fit() {
    let supply = Supply { nominal_v: None, ..supply() };
    let site = |volts: f64| site_with(three(V, vec![volts; 8], volts), supply.clone(), Contract::default());
    assert_eq!(needs("under_voltage", &site(57.7)), Some("supply.nominal_v".into()));
    assert_eq!(needs("under_voltage", &site(225.0)), None);
}
