//! The slow kinds on hand-made plants, with their arithmetic.

use std::ops::Range;

use super::*;

/// The plant of half a year with some of its days, and hours of them, times a factor.
fn scaled(days: Range<usize>, factor: f64, wanted: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut kw = plant(182);
    for (hour, kw) in kw.iter_mut().enumerate() {
        if days.contains(&(hour / 24)) && wanted(hour % 24) {
            *kw *= factor;
        }
    }
    kw
}

fn only(kw: Vec<f64>) -> Finding {
    let findings = anomalies(&plant_site(kw));
    assert_eq!(findings.len(), 1, "{:?}", codes(&findings));
    findings[0].clone()
}

fn days_of(finding: &Finding) -> Range<i64> {
    let span = finding.span.unwrap();
    (span.start - MONDAY) / 86_400..(span.end - MONDAY) / 86_400
}

fn is_near(value: f64, truth: f64) -> bool {
    (value - truth).abs() <= 0.03 * truth.abs()
}

#[test]
fn production_that_steps_up_is_a_level_shift_until_it_falls_back() {
    // Monday of the eleventh week to Friday of the thirteenth: 15 worked days, in their shift only.
    let finding = only(scaled(70..89, 1.3, |hour| (8..18).contains(&hour)));
    assert_eq!((finding.code.as_str(), finding.evidence["direction"].as_str()), ("anomaly.level_shift", Some("up")));
    assert_eq!(days_of(&finding), 70..89);
    assert_eq!(finding.evidence["whole_day"], false);
    assert_eq!(finding.evidence["lasts_to_end"], false);
    // A worked day has 10 h of 200 kW and 14 h of 40 kW: 2560 kWh, and 600 more. Four days off have 120 more.
    assert!(is_near(finding.evidence["ratio"].as_f64().unwrap(), 3160.0 / 2560.0), "{:?}", finding.evidence);
    assert!(is_near(finding.kwh.unwrap(), 15.0 * 600.0 + 4.0 * 120.0), "{:?}", finding.kwh);
}

#[test]
fn a_lasting_step_hides_no_spike() {
    let mut kw = scaled(91..182, 0.7, |hour| (8..18).contains(&hour));
    // Wednesday of the nineteenth week.
    kw[128 * 24 + 10..128 * 24 + 12].fill(500.0);
    let findings = anomalies(&plant_site(kw));
    assert_eq!(codes(&findings), ["anomaly.level_shift", "anomaly.spike"]);
    assert_eq!(findings[0].evidence["direction"], "down");
    assert_eq!(findings[0].evidence["lasts_to_end"], true);
    assert!(findings[0].excess_kwh.is_empty());
}

#[test]
fn ratios_of_a_meter_have_their_names() {
    let cases = [
        (2.0 / 3.0, "anomaly.phase_lost"),
        (1.0 / 3.0, "anomaly.transformer_reversed"),
        (1.5, "anomaly.ratio_change"),
        (0.5, "anomaly.ratio_change"),
        (2.0, "anomaly.ratio_change"),
        (0.8, "anomaly.ratio_change"),
        (1.4, "anomaly.level_shift"),
        (0.72, "anomaly.level_shift"),
    ];
    for (factor, code) in cases {
        // Three whole weeks: 15 worked days of 2560 kWh and 6 days off of 960 kWh.
        let finding = only(scaled(70..91, factor, |_| true));
        assert_eq!(finding.code, code, "{factor}");
        let of = |name: &str| finding.evidence[name].as_f64().unwrap();
        assert!(of("ratio_low") <= factor && factor <= of("ratio_high"), "{factor} {:?}", finding.evidence);
        assert_eq!(finding.evidence["whole_day"], true);
        let truth = (15.0 * 2560.0 + 6.0 * 960.0) * (factor - 1.0);
        assert!(is_near(finding.kwh.unwrap(), truth), "{factor} {:?} {truth}", finding.kwh);
        if code != "anomaly.level_shift" {
            assert!(is_near(of("factor"), factor));
            assert_eq!(finding.evidence["other_names"][0], "level_shift");
            assert_eq!(finding.severity, Severity::High);
        }
    }
}

#[test]
fn weeks_off_and_short_steps_are_no_level_shift() {
    let told = |kw| -> Vec<String> { anomalies(&plant_site(kw)).into_iter().map(|finding| finding.code).collect() };
    // A week of little work, which no calendar knows.
    let week = told(scaled(70..77, 0.6, |hour| (8..18).contains(&hour)));
    assert!(!week.contains(&"anomaly.level_shift".to_owned()), "{week:?}");
    // Three weeks without production have their own name.
    let mut kw = plant(182);
    for (hour, kw) in kw.iter_mut().enumerate().take(91 * 24).skip(70 * 24) {
        *kw = kw.min(40.0 * (1.0 + 0.01 * ((hour % 7) as f64 - 3.0)));
    }
    assert_eq!(told(kw), ["anomaly.no_production"]);
    // Nor is a step too small: 7 %.
    assert_eq!(told(scaled(70..120, 1.07, |_| true)), Vec::<String>::new());
}

#[test]
fn a_step_is_found_between_gaps() {
    let mut kw = scaled(70..182, 2.0 / 3.0, |_| true);
    for (hour, kw) in kw.iter_mut().enumerate() {
        if hour * 7919 % 10 < 3 || (100..103).contains(&(hour / 24)) {
            *kw = f64::NAN;
        }
    }
    let finding = only(kw);
    assert_eq!(finding.code, "anomaly.phase_lost");
    assert_eq!(days_of(&finding).start, 70);
}

#[test]
fn a_clock_that_is_off_is_found_and_costs_nothing() {
    for (lag, later) in [(2, true), (-1, false), (-3, false)] {
        let clean = plant(182);
        let mut kw = clean.clone();
        // Two weeks from a Monday.
        for hour in 70 * 24..84 * 24 {
            kw[hour] = clean[hour.checked_add_signed(-lag).unwrap()];
        }
        let finding = only(kw);
        assert_eq!(finding.code, "anomaly.clock_shift");
        assert_eq!(finding.evidence["lag_minutes"], lag * 60);
        assert_eq!(finding.evidence["later"], later);
        assert_eq!(finding.evidence["days"], 10);
        assert_eq!(finding.evidence["at_clock_change"], false);
        assert_eq!((finding.kwh, finding.excess_kwh.len()), (None, 0));
        assert!(days_of(&finding).start == 70 && days_of(&finding).end <= 84, "{:?}", days_of(&finding));
    }
    // Four days are too few.
    let clean = plant(182);
    let mut kw = clean.clone();
    kw[70 * 24..74 * 24].copy_from_slice(&clean[70 * 24 - 2..74 * 24 - 2]);
    assert!(!codes(&anomalies(&plant_site(kw))).contains(&"anomaly.clock_shift"));
}

#[test]
fn a_meter_that_keeps_winter_time_shifts_at_the_clock_change() {
    // London, from 2024-01-01; clocks go forward on 31 March. The plant follows them, the meter does not until
    // someone sets it three weeks later.
    let zone = Zone::named("Europe/London").unwrap();
    let axis = TimeAxis::new(1_704_067_200, 3600, 200 * 24, zone).unwrap();
    let local = axis.local_time();
    let mut kw = vec![40.0; axis.len()];
    for run in local.runs() {
        let worked = local.days()[run.day].date.weekday().to_monday_one_offset() <= 5;
        for (offset, at) in run.range.clone().enumerate() {
            if worked && (8..18).contains(&(run.slot + offset)) {
                kw[at] = 200.0;
            }
        }
    }
    let site = |kw: Vec<f64>| site_of(kw, 3600, "Europe/London", 1_704_067_200, Calendar::weekends());
    assert_eq!(anomalies(&site(kw.clone())), []);
    let clean = kw.clone();
    kw[91 * 24..112 * 24].copy_from_slice(&clean[91 * 24 + 1..112 * 24 + 1]);
    let findings = anomalies(&site(kw));
    assert_eq!(codes(&findings), ["anomaly.clock_shift"]);
    assert_eq!(findings[0].evidence["lag_minutes"], -60);
    assert_eq!(findings[0].evidence["at_clock_change"], true);
}

/// A year of the usual plant with every hour times a factor of its day.
fn yearly(factor: impl Fn(f64) -> f64) -> Vec<f64> {
    plant(364).into_iter().enumerate().map(|(hour, kw)| kw * factor(hour as f64 / 24.0)).collect()
}

#[test]
fn a_level_that_creeps_is_a_drift_and_a_season_is_none() {
    // From day 100 on 40 % more over half a year, day and night alike.
    let drifted = only(yearly(|day| 1.0 + 0.4 * ((day - 100.0) / 182.0).clamp(0.0, 1.0)));
    assert_eq!(drifted.code, "anomaly.drift");
    assert!((90..=150).contains(&days_of(&drifted).start), "{:?}", days_of(&drifted));
    let share = drifted.evidence["change_share"].as_f64().unwrap();
    assert!((0.2..0.45).contains(&share), "{share}");
    // Cooling: more by day than by night.
    let cooled = |hour: usize, kw: f64| {
        let season = (hour as f64 / 24.0 / 364.0 * std::f64::consts::TAU).sin().max(0.0);
        kw + season * if kw > 100.0 { 90.0 } else { 4.0 }
    };
    let kw = plant(364).into_iter().enumerate().map(|(hour, kw)| cooled(hour, kw)).collect();
    let codes: Vec<String> = anomalies(&plant_site(kw)).into_iter().map(|one| one.code).collect();
    assert!(!codes.contains(&"anomaly.drift".to_owned()), "{codes:?}");
}

#[test]
fn a_day_with_its_work_at_night_has_an_unusual_shape() {
    let mut kw = plant(182);
    // Work from 20:00 to 06:00 instead of 08:00 to 18:00 on one Wednesday: as much energy, in other hours.
    let day = 72;
    let own: Vec<f64> = kw[day * 24..(day + 1) * 24].to_vec();
    for hour in 0..24 {
        kw[day * 24 + hour] = own[(hour + 12) % 24];
    }
    let found = anomalies(&plant_site(kw));
    let shapes: Vec<&Finding> = found
        .iter()
        .filter(|one| {
            one.code == "anomaly.unusual_shape"
                || one.evidence["others"].as_array().unwrap().contains(&"anomaly.unusual_shape".into())
        })
        .collect();
    // Hours that are explained one by one may take the day; then its shape is among the other names.
    assert_eq!(shapes.len(), 1, "{found:?}");
    // Too little in every hour to be told by itself: 14.6 kW more by night, 20.5 kW less by day.
    let mut kw = plant(182);
    kw[day * 24..(day + 1) * 24].iter_mut().for_each(|kw| *kw += if *kw < 100.0 { 14.64 } else { -20.5 });
    let shape = only(kw);
    assert_eq!((shape.code.as_str(), shape.kwh), ("anomaly.unusual_shape", None));
    assert!((shape.evidence["moved_share"].as_f64().unwrap() - 205.0 / 2560.0).abs() < 0.01, "{shape:?}");
    // Half of it is none.
    let mut kw = plant(182);
    kw[day * 24..(day + 1) * 24].iter_mut().for_each(|kw| *kw += if *kw < 100.0 { 7.3 } else { -10.2 });
    assert_eq!(anomalies(&plant_site(kw)), []);
}

#[test]
fn a_new_maximum_is_told_once_a_month_and_not_before_three() {
    let mut kw = plant(182);
    // 5 %, 8 % and 14 % above the usual maximum of 206 kW at three hours of May: one new maximum.
    for (day, factor) in [(122, 1.05), (127, 1.08), (134, 1.14)] {
        kw[day * 24 + 9] = 206.0 * factor;
    }
    let of = |kw: &[f64]| -> Vec<Finding> {
        let found = anomalies(&plant_site(kw.to_vec()));
        found.into_iter().filter(|one| one.code == "anomaly.new_maximum_demand").collect()
    };
    let found = of(&kw);
    assert_eq!(found.len(), 1);
    assert!((found[0].evidence["former_kw"].as_f64().unwrap() - 206.0).abs() < 0.01);
    assert!((found[0].evidence["rise_share"].as_f64().unwrap() - 0.14).abs() < 0.01);
    assert_eq!(found[0].span.unwrap().start, MONDAY + (134 * 24 + 9) * 3600);
    // In February nothing is known yet.
    let mut kw = plant(182);
    kw[44 * 24 + 9] = 206.0 * 1.14;
    assert_eq!(of(&kw), []);
}

/// A base of 70 kW that work lifts to 100 kW: at two thirds of it nothing is left above the old base.
#[test]
fn a_high_base_counted_by_two_thirds_is_no_standstill() {
    let high_base = |kw: f64| 62.5 + 0.1875 * kw;
    let mut kw: Vec<f64> = plant(365).into_iter().map(high_base).collect();
    for kw in &mut kw[100 * 24..116 * 24] {
        *kw *= 2.0 / 3.0;
    }
    assert_eq!(only(kw).code, "anomaly.phase_lost");
}
