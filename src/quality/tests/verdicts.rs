use super::*;

/// January 1970 by the hour.
fn january(values: Vec<f64>, flags: Vec<Flag>) -> Readings {
    let axis = TimeAxis::new(0, 3600, values.len(), Zone::named("UTC").unwrap()).unwrap();
    Readings::new(axis, vec![Series::with_flags(KWH, values, flags)]).unwrap()
}

fn verdict_of(readings: &Readings) -> MonthVerdict {
    check(&Subject::of(readings), &Settings::default()).verdicts.remove(0)
}

fn reasons(fitness: &Fitness) -> Vec<&str> {
    fitness.reasons.iter().map(|one| one.code).collect()
}

#[test]
fn a_whole_month_is_complete_for_everything() {
    let month = verdict_of(&january(uneven(744), Vec::new()));
    assert_eq!((month.label.as_str(), month.expected, month.present, month.sound), ("1970-01", 744, 744, 744));
    for fitness in [&month.billing, &month.profile, &month.baselines] {
        assert_eq!((fitness.verdict, fitness.reasons.len()), (Verdict::Complete, 0));
    }
}

#[test]
fn missing_hours_stand_at_95_per_cent() {
    // 37 of 744 leave 95.03 %, 38 leave 94.9 %.
    for (missing, verdict) in [(1, Verdict::Usable), (37, Verdict::Usable), (38, Verdict::Unusable)] {
        let mut values = uneven(744);
        values[100..100 + missing].fill(f64::NAN);
        let month = verdict_of(&january(values, Vec::new()));
        assert_eq!((month.billing.verdict, month.profile.verdict), (verdict, verdict), "{missing}");
        assert_eq!(reasons(&month.profile), ["verdict.missing"]);
        assert_eq!(month.profile.reasons[0].facts["intervals"], missing);
    }
}

#[test]
fn a_baseline_counts_days_and_no_estimates() {
    // Four days of thirty-one without values: 27 are 87 %; three: 28 are 90.3 %.
    for (days, verdict) in [(3, Verdict::Usable), (4, Verdict::Unusable)] {
        for flag in [Flag::Missing, Flag::LikeDay] {
            let mut flags = vec![Flag::Measured; 744];
            flags[24..24 + days * 24].fill(flag);
            let month = verdict_of(&january(uneven(744), flags));
            assert_eq!(month.baselines.verdict, verdict, "{days} {flag:?}");
            assert!(reasons(&month.baselines).contains(&"verdict.few_days"));
            if flag == Flag::LikeDay {
                assert_eq!((month.estimated, month.estimated_share), (days * 24, days as f64 * 24.0 / 744.0));
                assert_eq!(
                    (month.profile.verdict, reasons(&month.profile)),
                    (Verdict::Usable, vec!["verdict.estimated"])
                );
            }
        }
    }
}

#[test]
fn every_blemish_is_a_reason_of_its_own() {
    let mut flags = vec![Flag::Measured; 744];
    flags[1] = Flag::Ambiguous;
    flags[2] = Flag::Incomplete;
    flags[3] = Flag::Missing;
    flags[4] = Flag::Substituted;
    let month = verdict_of(&january(uneven(744), flags));
    let all = ["verdict.missing", "verdict.incomplete", "verdict.ambiguous", "verdict.estimated"];
    assert_eq!((month.present, reasons(&month.billing)), (742, all.to_vec()));
    assert!(month.billing.reasons.iter().all(|one| REASONS.contains(&one.code)));
}

#[test]
fn a_month_begun_is_not_billed() {
    let month = verdict_of(&january(uneven(740), Vec::new()));
    assert_eq!((month.billing.verdict, month.profile.verdict), (Verdict::Unusable, Verdict::Usable));
    assert_eq!(reasons(&month.billing), ["verdict.partial_month"]);
}

#[test]
fn a_stuck_meter_takes_its_hours_away() {
    for (hours, verdict) in [(74, Verdict::Usable), (76, Verdict::Unusable)] {
        let mut values = uneven(744);
        values[100..100 + hours].fill(12.34);
        let month = verdict_of(&january(values, Vec::new()));
        assert_eq!((month.present, month.sound), (744, 744 - hours));
        assert_eq!((month.billing.verdict, month.profile.verdict), (verdict, verdict), "{hours}");
        assert_eq!(reasons(&month.billing), ["verdict.not_sound"]);
    }
    // A meter that is constant all along has one Finding of info and is no less sound.
    assert_eq!(verdict_of(&january(vec![7.0; 744], Vec::new())).sound, 744);
}

#[test]
fn negative_import_closes_the_months_that_have_it_and_no_other() {
    let mut values = uneven(90 * 24); // January to March
    values[5] = -1.0;
    values[70 * 24] = -1.0;
    let verdicts = check(&Subject::of(&january(values, Vec::new())), &Settings::default()).verdicts;
    let billing: Vec<Verdict> = verdicts.iter().map(|month| month.billing.verdict).collect();
    assert_eq!(billing, [Verdict::Unusable, Verdict::Complete, Verdict::Unusable]);
    assert_eq!(verdicts[0].billing.reasons[0].facts["finding"], "quality.negative_import");
    assert_eq!(verdicts[0].profile.verdict, Verdict::Complete);
}

#[test]
fn a_changed_multiplier_closes_the_months_after_it_for_everything() {
    // A plant of 2025 whose multiplier is ten times as large from September on.
    let plant = simulate(&Plant::default(), &demo_calendar(), &[]).unwrap().readings;
    let from = plant.local().months()[8].range.start;
    let tenfold = |(at, kwh): (usize, &f64)| if at < from { *kwh } else { kwh * 10.0 };
    let kwh = plant.series(KWH).unwrap().values().iter().enumerate().map(tenfold).collect();
    let verdicts = verdicts(&plant.with_series(vec![Series::new(KWH, kwh)]).unwrap());
    for (at, month) in verdicts.iter().enumerate() {
        let expected = if at < 8 { Verdict::Complete } else { Verdict::Unusable };
        let found = [&month.billing, &month.profile, &month.baselines].map(|fitness| fitness.verdict);
        assert_eq!(found, [expected; 3], "{}", month.label);
    }
    assert_eq!(reasons(&verdicts[8].profile), ["verdict.finding"]);
}

#[test]
fn a_finding_of_the_reader_about_registers_closes_its_month() {
    let replaced = Finding::new("quality.register_fell", Severity::High).at(3600, 7200);
    let replaced = Finding { code: "register.replaced".to_owned(), ..replaced };
    let readings = january(uneven(744), Vec::new()).with_origin(vec![replaced], crate::readings::Provenance::new());
    assert_eq!(verdict_of(&readings).billing.verdict, Verdict::Unusable);
    assert_eq!(verdicts(&readings)[0].billing.verdict, Verdict::Unusable);
}

#[test]
fn limits_can_be_changed() {
    let mut values = uneven(744);
    values[100..200].fill(f64::NAN);
    let settings: Settings = serde_json::from_str(r#"{"verdict": {"profile_present_share": 0.8}}"#).unwrap();
    let month = check(&Subject::of(&january(values, Vec::new())), &settings).verdicts.remove(0);
    assert_eq!((month.billing.verdict, month.profile.verdict), (Verdict::Unusable, Verdict::Usable));
}

#[test]
fn days_of_23_and_25_hours_are_days() {
    let readings = berlin();
    let verdicts = check(&Subject::of(&readings), &Settings::default()).verdicts;
    let october = verdicts.iter().find(|month| month.label == "2024-10").unwrap();
    assert_eq!((october.expected, october.baselines.verdict), (31 * 96 + 4, Verdict::Complete));
    let april = verdicts.iter().find(|month| month.label == "2024-04").unwrap();
    assert_eq!(april.billing.verdict, Verdict::Complete);
}

#[test]
fn the_short_way_to_the_verdicts_gives_the_same() {
    for seed in 0..6 {
        let plant = Plant { seed, ..Plant::default() };
        let faults = random_faults(seed, &plant, &demo_calendar(), &FaultKind::ALL).unwrap();
        let readings = simulate(&plant, &demo_calendar(), &faults).unwrap().readings;
        assert_eq!(verdicts(&readings), check(&Subject::of(&readings), &Settings::default()).verdicts);
    }
}
