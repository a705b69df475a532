use super::*;

const S: Quantity = Quantity::ApparentPower;

fn loaded(kva: Vec<f64>) -> Site {
    site(vec![(total(S), kva)])
}

#[test]
fn a_transformer_over_its_rating_for_two_hours() {
    let levels = Levels { clear: 50.0, limit: 100.0, held: 97.0, passed: 110.0 };
    episodes_of("transformer_over", &levels, (8, 8), |values| {
        if values.len() == 40 { loaded(values) } else { loaded(vec![50.0]) }
    });
    let found = codes(&loaded(vec![110.0; 8]));
    assert_eq!(found, ["electrical.transformer_over"], "an overload is no heavy load as well");
}

#[test]
fn a_heavily_loaded_transformer() {
    let levels = Levels { clear: 50.0, limit: 80.0, held: 78.0, passed: 90.0 };
    episodes_of("transformer_heavy", &levels, (8, 8), loaded);
}

#[test]
fn a_hardly_loaded_transformer_and_its_economic_band() {
    // A week is needed: 672 quarter-hours; 90 % of the time below 20 %.
    let build = |light: usize, kva: f64| {
        let mut values = vec![50.0; 1000];
        values[..light].fill(kva);
        by("transformer_light", &loaded(values))
    };
    assert_eq!(build(899, 10.0), []);
    assert_eq!(build(1000, 20.0), [], "20 % itself is not light");
    let found = build(900, 12.0);
    assert_eq!((&found[0].evidence["hours"], &found[0].evidence["economic_hours"]), (&225.0.into(), &25.0.into()));
    assert_eq!((found[0].severity, build(1000, 5.0)[0].severity), (Severity::Info, Severity::Low));
    assert_eq!(by("transformer_light", &loaded(vec![5.0; 671])), []);
    assert_eq!(by("transformer_light", &loaded(vec![NAN; 1000])), []);
}

#[test]
fn apparent_power_comes_from_what_there_is() {
    let over = |channels: Channels| by("transformer_over", &site(channels)).len();
    let kw = |kw: f64| (total(Quantity::ActivePower), vec![kw; 8]);
    assert_eq!(over(vec![kw(90.0), (total(Quantity::ReactivePower), vec![50.0; 8])]), 1);
    assert_eq!(over(vec![kw(90.0), (total(Quantity::PowerFactor), vec![0.85; 8])]), 1);
    assert_eq!(over(vec![(Channel::IMPORT_KWH, vec![22.5; 8]), (Channel::IMPORT_KVARH, vec![12.5; 8])]), 1);
    let mut channels = three(Quantity::Voltage, vec![220.0; 8], 220.0);
    channels.extend(three(Quantity::Current, vec![160.0; 8], 160.0));
    assert_eq!(over(channels), 1);
    assert_eq!(needs("transformer_over", &site(vec![kw(90.0)])), Some("readings.apparent_power".into()));
    let contract = Contract { capacity_kva: Some(50.0), ..Contract::default() };
    let of_contract = site_with(vec![(total(S), vec![60.0; 8])], Supply::default(), contract);
    assert_eq!(by("transformer_over", &of_contract).len(), 1);
}
