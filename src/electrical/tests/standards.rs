use std::collections::BTreeSet;

use super::*;

#[test]
fn every_standard_has_every_figure_with_source_and_mark_and_no_other() {
    for name in standards() {
        let standard = Standard::named(name).unwrap();
        assert_eq!((standard.name.as_str(), standard.rules.len()), (name, RULES.len()));
        for rule in RULES {
            let of_standard = &standard.rules[rule.name];
            let expected: BTreeSet<&str> = rule.figures.iter().copied().collect();
            let found: BTreeSet<&str> = of_standard.figures.keys().map(String::as_str).collect();
            assert_eq!(found, expected, "{name}.{}", rule.name);
            assert!(of_standard.warning <= of_standard.alarm, "{name}.{}", rule.name);
            for (figure, one) in &of_standard.figures {
                assert!(one.source.len() > 8 && one.value.is_finite() && one.value >= 0.0, "{name}.{figure}");
                let standard = &mut standard.clone();
                assert!(standard.set(&format!("{}.{figure}", rule.name), one.value).is_ok(), "{name}.{figure}");
                let suffix =
                    [("_share", "share"), ("_h", "h"), ("_intervals", "intervals"), ("_s", "s"), ("_days", "days")];
                for (end, unit) in
                    suffix.iter().filter(|(end, _)| figure.ends_with(end) && !figure.starts_with("night"))
                {
                    assert_eq!(one.unit, *unit, "{name}.{}.{figure} ends with {end}", rule.name);
                }
            }
        }
    }
}

#[test]
fn every_rule_has_its_code_and_its_task() {
    let mut names = BTreeSet::new();
    for rule in RULES {
        assert!(names.insert(rule.name), "{} twice", rule.name);
        assert_eq!(rule.code, format!("electrical.{}", rule.name));
        assert!(crate::finding::CODES.contains(&rule.code) && crate::finding::TASKS.contains(&rule.code));
    }
    let codes = crate::finding::CODES.iter().filter(|code| code.starts_with("electrical.")).count();
    assert_eq!(codes, RULES.len());
}

#[test]
fn figures_are_changed_in_one_line_and_what_does_not_exist_is_refused() {
    let volts = || site(three(Quantity::Voltage, vec![250.0; 4], 220.0));
    let with = |text: &str| check(&volts(), &serde_json::from_str(text).unwrap());
    let found = with(r#"{"limits": {"over_voltage.begins_above_share": 1.1}}"#).unwrap();
    assert!(found.findings.iter().any(|one| one.code == "electrical.over_voltage"));
    assert_eq!(found.standard.changed, ["over_voltage.begins_above_share"]);
    let source = &found.rules["over_voltage"].figures["begins_above_share"].source;
    assert!(source.starts_with("set by the user; the standard has 1.2"), "{source}");
    let found = with(r#"{"off": ["voltage_deviation"]}"#).unwrap();
    assert!(found.findings.is_empty());
    assert!(found.not_run.iter().any(|one| one.needs == "electrical.switched_on"));
    for (text, field, says) in [
        (r#"{"standard": "uk"}"#, "electrical.standard", "near names: us"),
        (r#"{"off": ["over_volatge"]}"#, "electrical.over_volatge", "near names: over_voltage"),
        (
            r#"{"limits": {"over_voltage.begins_above_shar": 1.1}}"#,
            "electrical.over_voltage",
            "near names: over_voltage.begins_above_share",
        ),
        (r#"{"limits": {"over_voltage.begins_above_share": 110}}"#, "electrical.over_voltage", "write 110 % as 1.1"),
        (r#"{"limits": {"over_voltage.begins_above_share": -1}}"#, "electrical.over_voltage", "expected share from 0"),
        (r#"{"limits": {"over_voltage.warns_after_intervals": 0}}"#, "electrical.over_voltage", "from 1"),
    ] {
        let error = with(text).unwrap_err().to_string();
        assert!(error.contains(field) && error.contains(says), "{error}");
    }
    assert!(serde_json::from_str::<Settings>(r#"{"limit": {}}"#).is_err());
}

#[test]
fn rules_that_lack_something_say_what() {
    let bare = site_with(vec![(Channel::IMPORT_KWH, vec![1.0; 96])], Supply::default(), Contract::default());
    let found = all(&bare);
    assert!(found.findings.is_empty());
    assert_eq!(found.not_run.len(), RULES.len());
    for (rule, lacks) in [
        ("loss_of_voltage", "readings.voltage"),
        ("over_current", "readings.current"),
        ("neutral_current", "readings.neutral_current"),
        ("low_power_factor", "readings.import_kvarh"),
        ("transformer_over", "supply.transformer_kva"),
        ("demand_over_limit", "contract.contract_demand_kw"),
        ("clock_error", "readings.registers"),
    ] {
        assert_eq!(needs(rule, &bare).as_deref(), Some(lacks), "{rule}");
    }
    let volts = site_with(three(Quantity::Voltage, vec![220.0; 8], 220.0), Supply::default(), Contract::default());
    assert_eq!(needs("loss_of_voltage", &volts).as_deref(), Some("readings.current"));
    assert_eq!(needs("under_voltage", &volts), None);
    let mut both = three(Quantity::Voltage, vec![220.0; 8], 220.0);
    both.extend(three(Quantity::Current, vec![4.0; 8], 4.0));
    let both = site_with(both, Supply::default(), Contract::default());
    assert_eq!(needs("loss_of_voltage", &both).as_deref(), Some("supply.basic_current_a"));
    assert_eq!(needs("over_current", &both).as_deref(), Some("supply.maximum_current_a"));
}

#[test]
fn a_sound_year_has_no_finding_and_many_events_are_summed_up() {
    let len = 35_040;
    let mut channels: Channels = Vec::new();
    for phase in 0..3 {
        let load = |index: usize| 10.0 + (index * 7919 % 1009) as f64 / 100.0;
        channels.push((on(Quantity::Voltage, phase), (0..len).map(|index| 220.0 + (index % 7) as f64).collect()));
        channels.push((on(Quantity::Current, phase), (0..len).map(load).collect()));
        channels.push((
            on(Quantity::ActivePower, phase),
            (0..len).map(|index| 0.95 * (220.0 + (index % 7) as f64) * load(index) / 1000.0).collect(),
        ));
        channels.push((on(Quantity::PowerFactor, phase), vec![0.95; len]));
    }
    let sound =
        all(&site_with(channels.clone(), Supply { transformer_kva: Some(20.0), ..supply() }, Contract::default()));
    assert_eq!(sound.findings, []);
    for index in (0..len).step_by(100) {
        channels[0].1[index] = 280.0;
    }
    let found = by("over_voltage", &site(channels));
    assert_eq!(found.len(), 20);
    assert_eq!(found.iter().filter_map(|one| one.evidence["others"].as_u64()).sum::<u64>(), 351 - 20);
}
