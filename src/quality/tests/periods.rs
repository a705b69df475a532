use super::*;

/// Hours from 1 January 1970 with a load by day, and a working day in it.
fn days(count: usize, kwh_of: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..count * 24)
        .map(|hour| {
            let shape = if (8..18).contains(&(hour % 24)) { 3.0 } else { 1.0 };
            kwh_of(hour / 24) * shape * (1.0 + (hour * 7919 % 1009) as f64 * 1e-5)
        })
        .collect()
}

fn hourly(values: Vec<f64>) -> Readings {
    readings_of(3600, &[(KWH, values)])
}

#[test]
fn half_as_much_again_as_last_month_asks_for_a_reason() {
    for (factor, expected) in [(1.45, 0), (1.55, 1), (0.55, 0), (0.45, 1)] {
        let found = by("usage_change", &hourly(days(59, |day| if day < 31 { 10.0 } else { 10.0 * factor })));
        assert_eq!(found.len(), expected, "{factor}");
        if let Some(one) = found.first() {
            assert_eq!((&one.evidence["month"], one.severity), (&"1970-02".into(), Severity::Low));
            assert!((one.evidence["change"].as_f64().unwrap() - (factor - 1.0)).abs() < 0.01);
        }
    }
}

#[test]
fn last_year_speaks_before_last_month_and_may_be_given() {
    // A season that comes every year: a month of ten times as much.
    let season = |day: usize| if day % 365 >= 334 { 100.0 } else { 10.0 };
    let two_years = hourly(days(730, season));
    let found = by("usage_change", &two_years);
    assert_eq!(found.iter().map(|one| one.evidence["month"].as_str().unwrap()).collect::<Vec<_>>(), ["1970-12"]);
    let cut = 365 * 86_400;
    let (before, after) = (two_years.between(0, cut).unwrap(), two_years.between(cut, i64::MAX).unwrap());
    let subject = Subject { earlier: Some(&before), ..Subject::of(&after) };
    assert!(find(&subject, &Settings::only(&["usage_change"]).unwrap()).is_empty());
    assert_eq!(by("usage_change", &after).len(), 1, "without the year before, December is new");
}

#[test]
fn a_month_with_few_days_is_not_compared() {
    let mut values = days(59, |day| if day < 31 { 10.0 } else { 30.0 });
    for day in 31..45 {
        values[day * 24] = f64::NAN; // 14 days of February with a gap leave 14
    }
    let readings = hourly(values);
    assert!(by("usage_change", &readings).is_empty() && by("historical_maximum", &readings).is_empty());
}

#[test]
fn a_peak_twice_that_of_the_month_before() {
    for (factor, expected) in [(1.95, 0), (2.05, 1)] {
        let found = by("historical_maximum", &hourly(days(59, |day| if day == 40 { 10.0 * factor } else { 10.0 })));
        assert_eq!(found.len(), expected, "{factor}");
    }
}

#[test]
fn a_month_of_zeros_with_gaps_is_a_month_without_energy() {
    let mut values = days(90, |day| if (31..59).contains(&day) { 0.0 } else { 10.0 });
    (31..59).for_each(|day| values[day * 24 + 5] = f64::NAN);
    let found = by("zero_month", &hourly(values.clone()));
    assert_eq!((found.len(), &found[0].evidence["month"]), (1, &"1970-02".into()));
    values[40 * 24 + 3] = 0.01;
    assert!(by("zero_month", &hourly(values)).is_empty());
    assert!(by("zero_month", &hourly(vec![0.0; 744])).is_empty(), "all zero is another rule's");
}

/// A clean year with everything from a day on times a factor.
fn stepped(seed: u64, day: usize, factor: f64) -> Readings {
    let (plant, calendar) = clean_plant(seed);
    let readings = simulate(&plant, &calendar, &[]).unwrap().readings;
    let from = readings.local().days()[day].range.start;
    let scale = |one: &Series| {
        let values = one.values().iter().enumerate();
        Series::new(one.channel(), values.map(|(at, kwh)| if at < from { *kwh } else { kwh * factor }).collect())
    };
    readings.with_series(readings.all_series().iter().map(scale).collect()).unwrap()
}

#[test]
fn multipliers_and_units_are_found_at_their_day() {
    let mut wrong = Vec::new();
    for (seed, day, factor) in [
        (0, 140, 5.0),
        (1, 100, 40.0),
        (2, 170, 0.1),
        (3, 200, 1000.0),
        (5, 250, 20.0),
        (7, 120, 0.02),
        (8, 300, 80.0),
        (9, 160, 0.001),
        (10, 77, 200.0),
    ] {
        let readings = stepped(seed, day, factor);
        let found = by("multiplier_step", &readings);
        let expected = readings.local().days()[day].start;
        let size: f64 = if factor > 1.0 { factor } else { 1.0 / factor };
        let right = found.len() == 1
            && (found[0].evidence["factor"].as_f64().unwrap() / size - 1.0).abs() < 1e-9
            && (found[0].evidence["up"] == (factor > 1.0))
            && (found[0].span.unwrap().start - expected).abs() <= 86_400;
        if !right {
            wrong.push((seed, day, factor, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_missing_multiplier_for_a_while_is_two_steps() {
    let readings = stepped(0, 100, 50.0);
    let from = readings.local().days()[200].range.start;
    let back = |one: &Series| {
        let values = one.values().iter().enumerate();
        Series::new(one.channel(), values.map(|(at, kwh)| if at < from { *kwh } else { kwh / 50.0 }).collect())
    };
    let readings = readings.with_series(readings.all_series().iter().map(back).collect()).unwrap();
    let found = by("multiplier_step", &readings);
    assert_eq!(found.iter().map(|one| one.evidence["up"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(found[0].span.unwrap().end, found[1].span.unwrap().start);
}

#[test]
fn a_shutdown_a_season_and_a_growing_plant_are_no_multipliers() {
    // To a tenth, but evenly: machines off, lights on.
    let shutdown =
        |hour: usize| if hour / 24 < 60 { if (8..18).contains(&(hour % 24)) { 30.0 } else { 5.0 } } else { 1.5 };
    let noisy = |hour: usize, kwh: f64| kwh * (1.0 + (hour * 7919 % 1009) as f64 * 1e-4);
    let values = (0..120 * 24).map(|hour| noisy(hour, shutdown(hour))).collect();
    assert!(by("multiplier_step", &hourly(values)).is_empty());
    // Five times as much by and by.
    let grows = days(200, |day| 10.0 * 1.012f64.powi(day as i32));
    assert!(by("multiplier_step", &hourly(grows)).is_empty());
    // Three and a half times as much at once is no ratio of transformers.
    let odd = days(120, |day| if day < 60 { 10.0 } else { 35.0 });
    assert!(by("multiplier_step", &hourly(odd)).is_empty());
    // An even load has no shape that could stay.
    let even = (0..120 * 24).map(|hour| noisy(hour, if hour < 60 * 24 { 10.0 } else { 100.0 })).collect();
    assert!(by("multiplier_step", &hourly(even)).is_empty());
}

#[test]
fn a_step_is_found_over_gaps_too() {
    let mut readings = days(120, |day| if day < 60 { 10.0 } else { 400.0 });
    for day in (3..120).step_by(9) {
        readings[day * 24 + 10] = f64::NAN;
    }
    let found = by("multiplier_step", &hourly(readings));
    assert_eq!((found.len(), &found[0].evidence["factor"]), (1, &40.0.into()));
}

/// A clean plant whose days from one week to another come later by some minutes.
fn late(seed: u64, weeks: std::ops::Range<usize>, minutes: i64) -> Readings {
    let (plant, calendar) = clean_plant(seed);
    let readings = simulate(&plant, &calendar, &[]).unwrap().readings;
    let shift = minutes * 60 / readings.axis().step_s();
    let per_week = 7 * readings.axis().slots_per_day();
    let inside = weeks.start * per_week..weeks.end * per_week;
    let moved = |one: &Series| {
        let values = one.values();
        let at = |index: usize| {
            let from = usize::try_from(index as i64 - shift).unwrap_or(0).min(values.len() - 1);
            if inside.contains(&index) { values[from] } else { values[index] }
        };
        Series::new(one.channel(), (0..values.len()).map(at).collect())
    };
    readings.with_series(readings.all_series().iter().map(moved).collect()).unwrap()
}

#[test]
fn a_clock_that_is_off_for_weeks_is_found_with_its_lag() {
    for (seed, minutes) in [(0, 60), (0, -60), (2, 120), (4, -120), (8, 180), (10, 45), (3, 60)] {
        let found = by("clock_drift", &late(seed, 20..26, minutes));
        let lags: Vec<f64> = found.iter().map(|one| one.evidence["lag_minutes"].as_f64().unwrap()).collect();
        assert_eq!(lags, [minutes as f64], "{seed} {minutes}");
        assert!(found[0].evidence["weeks"].as_u64().unwrap() >= 5);
    }
}

#[test]
fn a_clock_change_moves_nothing_by_itself() {
    assert!(by("clock_drift", &berlin()).is_empty());
    // A meter that stays in winter time shows an hour less on the wall clock in summer.
    let readings = berlin();
    let axis = TimeAxis::new(readings.axis().start(), 900, readings.axis().len(), Zone::named("Etc/GMT-1").unwrap());
    let winter_time = Readings::new(axis.unwrap(), readings.all_series().to_vec()).unwrap();
    let found = by("clock_drift", &winter_time);
    assert!(!found.is_empty() && found.iter().all(|one| one.evidence["lag_minutes"].as_f64().unwrap().abs() == 60.0));
    assert!(found.iter().any(|one| one.evidence["clock_change"] == true), "{found:#?}");
}

#[test]
fn load_faults_and_meter_faults_are_no_multipliers_and_no_clocks() {
    for seed in 0..12 {
        let plant = Plant { seed, ..Plant::default() };
        let faults = random_faults(seed, &plant, &demo_calendar(), &FaultKind::ALL).unwrap();
        let readings = simulate(&plant, &demo_calendar(), &faults).unwrap().readings;
        let found = all(&readings);
        let odd: Vec<&Finding> = found
            .iter()
            .filter(|one| ["quality.multiplier_step", "quality.clock_drift"].contains(&one.code.as_str()))
            .collect();
        assert!(odd.is_empty(), "{seed} {odd:#?}");
    }
}
