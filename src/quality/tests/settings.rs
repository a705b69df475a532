use super::*;

fn error(json: &str) -> String {
    serde_json::from_str::<Settings>(json).unwrap_err().to_string()
}

#[test]
fn a_name_that_does_not_exist_gives_near_names() {
    assert!(error(r#"{"gaps": false}"#).contains("quality.gaps") && error(r#"{"gaps": false}"#).contains("gap"));
    let message = error(r#"{"spike": {"tolerence": 2}}"#);
    assert!(message.contains("quality.spike.tolerence") && message.contains("near names: tolerance"), "{message}");
    assert!(error(r#"{"zzzzzz": true}"#).contains("expected one of"));
}

#[test]
fn a_value_without_a_meaning_is_refused() {
    assert!(error(r#"{"spike": {"floor_quantile": 1.5}}"#).contains("from 0 to 1"));
    assert!(error(r#"{"spike": {"on": 1}}"#).contains("expected true or false"));
    assert!(error(r#"{"spike": {"tolerance": true}}"#).contains("expected a number"));
    assert!(Settings::default().set("spike", "tolerance", f64::NAN).is_err());
}

#[test]
fn settings_written_out_are_complete_and_are_read_as_they_were() {
    let settings: Settings = serde_json::from_str(r#"{"gap": false, "verdict": {"sound_share": 0.8}}"#).unwrap();
    assert_eq!(settings.changed(), ["gap", "verdict"]);
    let json = serde_json::to_value(&settings).unwrap();
    assert_eq!(json.as_object().unwrap().len(), RULES.len() + 1);
    assert_eq!((&json["gap"]["on"], &json["consecutive"]["on"]), (&false.into(), &false.into()));
    assert_eq!((&json["spike"]["tolerance"], &json["verdict"]["sound_share"]), (&1.8.into(), &0.8.into()));
    let again: Settings = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), json);
    assert_eq!(again.changed(), settings.changed());
}

#[test]
fn a_rule_that_is_off_finds_nothing_and_is_told() {
    let mut values = uneven(96);
    values[3] = f64::NAN;
    let implausible = Finding::new("quality.implausible", Severity::Medium);
    let readings = quarter_hours(values).with_origin(vec![implausible], crate::readings::Provenance::new());
    let on = check(&Subject::of(&readings), &Settings::default());
    assert_eq!(codes(&on.findings), ["quality.implausible", "quality.gap"]);
    let settings: Settings = serde_json::from_str(r#"{"gap": false, "implausible": false}"#).unwrap();
    let off = check(&Subject::of(&readings), &settings);
    assert_eq!(codes(&off.findings), [""; 0]);
    assert_eq!(off.rule_set.changed, ["gap", "implausible"]);
    assert!(off.not_run.contains(&NotDone::new("quality.gap", "quality.switched_on")));
}

#[test]
fn a_rule_that_lacks_something_says_what() {
    let quality = check(&Subject::of(&quarter_hours(uneven(96))), &Settings::default());
    let needs = |rule: &str| {
        let task = format!("quality.{rule}");
        quality.not_run.iter().find(|one| one.task == task).map(|one| one.needs.clone())
    };
    for (rule, need) in [
        ("high_low", "contract.capacity_kva"),
        ("usage_change", "readings.two_months"),
        ("sum_check", "readings.registers"),
        ("tariff_registers", "readings.tariff_registers"),
        ("balance", "subject.children"),
        ("multiplier_step", "readings.weeks"),
        ("power_factor_identity", "readings.power_factor"),
        ("sibling_channels", "readings.several_channels"),
        ("reactive_ratio", "readings.import_kvarh"),
        ("consecutive", "quality.switched_on"),
    ] {
        assert_eq!(needs(rule).as_deref(), Some(need), "{rule}");
    }
    assert_eq!(needs("gap"), None);
}

#[test]
fn every_rule_has_a_source_and_its_codes_are_known() {
    for rule in RULES {
        assert!(!rule.source.is_empty() && !rule.looks_at.is_empty(), "{rule:?}");
        let known = |code: &&str| code.ends_with('.') || crate::finding::CODES.contains(code);
        assert!(!rule.codes.is_empty() && rule.codes.iter().all(known), "{rule:?}");
        assert!(crate::finding::TASKS.contains(&format!("quality.{}", rule.name).as_str()), "{rule:?}");
        for number in rule.numbers {
            assert!(
                (number.lowest..=number.highest).contains(&number.default) && !number.source.is_empty(),
                "{number:?}"
            );
        }
    }
    let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len());
}

#[test]
fn readings_of_registers_alone_are_checked_without_months() {
    let spans = super::registers::register(&[(0, 10.0), (1, 20.0)]);
    let readings = Readings::of_spans(spans, Zone::named("UTC").unwrap()).unwrap();
    let quality = check(&Subject::of(&readings), &Settings::default());
    assert!(quality.findings.is_empty() && quality.verdicts.is_empty() && quality.completeness.is_empty());
}
