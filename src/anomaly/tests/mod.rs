//! Whether the answers are right: hand-made plants here, simulated and real ones beside.

mod real;
mod score;
mod simulated;
mod slow;
mod slow_years;
mod twin;

use std::sync::Arc;

use jiff::civil::date;

use super::*;
use crate::finding::Severity;
use crate::readings::{Channel, Readings, Series};
use crate::site::Contract;
use crate::time::{Calendar, TimeAxis, Zone};

/// Monday 2024-01-01 00:00 in Shanghai.
const MONDAY: i64 = 1_704_038_400;

fn site_of(kw: Vec<f64>, step_s: i64, zone: &str, start: i64, calendar: Calendar) -> Site {
    let axis = TimeAxis::new(start, step_s, kw.len(), Zone::named(zone).unwrap()).unwrap();
    let kwh = kw.iter().map(|kw| kw * axis.step_h()).collect();
    let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)]).unwrap();
    Site::new(None, Arc::new(readings), calendar, Contract::default()).unwrap()
}

fn anomalies(site: &Site) -> Vec<Finding> {
    let load_kw = site.readings().load_kw();
    find(site, &load_kw, &seasonal(site, &load_kw), &Settings::default())
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Hourly plant: 40 kW base, 200 kW from 08 to 18 on Monday to Friday, ±3 % that repeats every 7 hours.
fn plant(days: usize) -> Vec<f64> {
    (0..days * 24)
        .map(|hour| {
            let works = hour / 24 % 7 < 5 && (8..18).contains(&(hour % 24));
            let wobble = 1.0 + 0.01 * ((hour % 7) as f64 - 3.0);
            if works { 200.0 * wobble } else { 40.0 * wobble }
        })
        .collect()
}

fn plant_site(kw: Vec<f64>) -> Site {
    site_of(kw, 3600, "Asia/Shanghai", MONDAY, Calendar::weekends())
}

#[test]
fn clean_plants_have_no_anomaly() {
    for days in [14, 15, 28, 56, 365] {
        assert_eq!(anomalies(&plant_site(plant(days))), [], "{days} days");
    }
    assert_eq!(anomalies(&plant_site(vec![55.0; 24 * 90])), []);
    assert_eq!(anomalies(&plant_site(vec![0.0; 24 * 90])), []);
}

#[test]
fn missing_readings_are_never_flagged() {
    let mut kw = plant(120);
    for (hour, kw) in kw.iter_mut().enumerate() {
        if hour * 7919 % 10 < 4 {
            *kw = f64::NAN;
        }
    }
    assert_eq!(anomalies(&plant_site(kw.clone())), []);
    kw[24 * 50 + 9..24 * 50 + 16].copy_from_slice(&[900.0, 900.0, f64::NAN, 900.0, 900.0, 900.0, 900.0]);
    let findings = anomalies(&plant_site(kw));
    assert_eq!(codes(&findings), ["anomaly.spike"]);
    let kwh = findings[0].kwh.unwrap();
    assert!((kwh - 6.0 * 700.0).abs() < 6.0 * 10.0, "{kwh}");
    assert_eq!(findings[0].excess_kwh.len(), 6);
}

#[test]
fn too_little_is_not_judged_and_says_what_it_needs() {
    let findings = anomalies(&plant_site(plant(13)));
    assert_eq!(codes(&findings), ["anomaly.not_judged"]);
    assert_eq!(findings[0].evidence["days"], 13);
    assert_eq!(findings[0].evidence["days_needed"], 14);

    // Three weeks whose weekends are missing but for one Sunday: that type of day cannot be judged.
    let mut kw = plant(21);
    for (hour, kw) in kw.iter_mut().enumerate() {
        if hour / 24 % 7 >= 5 && hour / 24 != 20 {
            *kw = f64::NAN;
        }
    }
    let findings = anomalies(&plant_site(kw));
    assert_eq!(codes(&findings), ["anomaly.not_judged"]);
    assert_eq!(findings[0].evidence["day_type"], "weekend");
    assert_eq!(findings[0].evidence["days"], 1);

    let nothing = anomalies(&plant_site(vec![f64::NAN; 24 * 60]));
    assert_eq!(codes(&nothing), ["anomaly.not_judged"]);
    assert_eq!(nothing[0].evidence["days"], 0);
}

#[test]
fn each_event_has_its_name_span_and_energy() {
    let hour_of = |day: usize, hour: usize| day * 24 + hour;
    let cases = [
        // Two hours of 300 kW more in the shift.
        ("anomaly.spike", hour_of(44, 10), 2, 300.0),
        // Four hours of 180 kW less in the shift.
        ("anomaly.drop", hour_of(45, 10), 4, -180.0),
        // 150 kW left on through a night.
        ("anomaly.unusual_hours", hour_of(46, 20), 9, 150.0),
        // 150 kW left on on a Saturday.
        ("anomaly.unusual_hours", hour_of(47, 9), 8, 150.0),
    ];
    for (code, from, hours, added_kw) in cases {
        let mut kw = plant(120);
        for kw in &mut kw[from..from + hours] {
            *kw += added_kw;
        }
        let findings = anomalies(&plant_site(kw));
        assert_eq!(codes(&findings), [code]);
        let (finding, span) = (&findings[0], findings[0].span.unwrap());
        assert_eq!(span.start, MONDAY + from as i64 * 3600, "{code}");
        assert_eq!(span.end, span.start + hours as i64 * 3600, "{code}");
        let truth = added_kw * hours as f64;
        assert!((finding.kwh.unwrap() - truth).abs() < 0.05 * truth.abs(), "{code} {:?} {truth}", finding.kwh);
        let excess: f64 = finding.excess_kwh.iter().map(|(_, kwh)| kwh).sum();
        assert!((excess - finding.kwh.unwrap().max(0.0)).abs() < 1e-9);
    }
}

#[test]
fn a_night_base_that_steps_up_is_found_and_one_that_creeps_is_not() {
    let mut stepped = plant(150);
    for (hour, kw) in stepped.iter_mut().enumerate() {
        if (80..101).contains(&(hour / 24)) && *kw < 60.0 {
            *kw += 20.0;
        }
    }
    let findings = anomalies(&plant_site(stepped));
    assert_eq!(codes(&findings), ["anomaly.night_base_rise"]);
    let span = findings[0].span.unwrap();
    assert_eq!(span.start, MONDAY + 80 * 86_400);
    assert_eq!(span.end, MONDAY + 101 * 86_400);
    // Days 80 to 100 hold three weekends: 15 nights of 14 hours and 6 days of 24, at 20 kW.
    let truth = 20.0 * (15.0 * 14.0 + 6.0 * 24.0);
    let kwh = findings[0].kwh.unwrap();
    assert!((kwh - truth).abs() < 0.05 * truth, "{kwh} {truth}");

    let mut crept = plant(365);
    for (hour, kw) in crept.iter_mut().enumerate() {
        *kw *= 1.0 + 0.25 * (hour as f64 / (365.0 * 24.0) * std::f64::consts::TAU).sin();
    }
    assert_eq!(anomalies(&plant_site(crept)), []);
}

#[test]
fn days_without_production_merge_over_the_weekend() {
    let mut kw = plant(120);
    for day in [31, 32, 35, 50] {
        // Thursday, Friday, the next Monday; and a Tuesday on its own.
        kw[day * 24..(day + 1) * 24].fill(40.0);
    }
    let findings = anomalies(&plant_site(kw));
    assert_eq!(codes(&findings), ["anomaly.no_production"; 2]);
    assert_eq!(findings[0].evidence["dates"], serde_json::json!(["2024-02-01", "2024-02-02", "2024-02-05"]));
    assert_eq!(findings[0].severity, Severity::Low);
    assert_eq!(findings[1].severity, Severity::Info);
    let kwh = findings[1].kwh.unwrap();
    assert!((kwh + 1600.0).abs() < 40.0, "{kwh}");
    assert!(findings[1].excess_kwh.is_empty());
}

#[test]
fn work_on_a_holiday_is_named_after_it() {
    let kw = plant(180);
    let holiday = |day| Calendar::weekends().with_holiday(day, "own day off");
    let calendar = [date(2024, 2, 6), date(2024, 3, 6), date(2024, 4, 10), date(2024, 5, 7)]
        .into_iter()
        .fold(holiday(date(2024, 5, 8)), |calendar, day| calendar.with_holiday(day, "own day off"));
    let mut kw = kw;
    for day in [36, 65, 100, 127] {
        kw[day * 24..(day + 1) * 24].fill(40.0);
    }
    // 8 May stays worked: ten hours, 160 kW above the base.
    let findings = anomalies(&site_of(kw, 3600, "Asia/Shanghai", MONDAY, calendar));
    assert_eq!(codes(&findings), ["anomaly.work_on_holiday"]);
    assert_eq!(findings[0].evidence["date"], "2024-05-08");
    assert_eq!(findings[0].evidence["holiday"], "own day off");
    assert!((findings[0].kwh.unwrap() - 1600.0).abs() < 50.0);
}

#[test]
fn a_clock_change_is_not_an_anomaly() {
    // London, hourly wall-clock behaviour through both changes of 2024.
    let zone = Zone::named("Europe/London").unwrap();
    let axis = TimeAxis::new(1_704_067_200, 3600, 366 * 24, zone).unwrap();
    let local = axis.local_time();
    let mut kw = vec![0.0; axis.len()];
    for run in local.runs() {
        let worked = local.days()[run.day].date.weekday().to_monday_one_offset() <= 5;
        for (offset, at) in run.range.clone().enumerate() {
            kw[at] = if worked && (1..6).contains(&(run.slot + offset)) { 300.0 } else { 60.0 };
        }
    }
    assert_eq!(anomalies(&site_of(kw, 3600, "Europe/London", 1_704_067_200, Calendar::weekends())), []);
}

#[test]
fn an_hour_that_is_never_read_hides_nothing_else() {
    let mut kw = plant(120);
    for day in kw.chunks_mut(24) {
        day[3] = f64::NAN;
    }
    kw[44 * 24 + 10] += 300.0;
    kw[44 * 24 + 11] += 300.0;
    assert_eq!(codes(&anomalies(&plant_site(kw))), ["anomaly.spike"]);
}

#[test]
fn a_wrong_length_is_not_judged() {
    let site = plant_site(plant(60));
    let expected = seasonal(&site, &[1.0]);
    assert!(expected.kw.len() == 60 * 24 && expected.kw.iter().all(|kw| kw.is_nan()));
    assert_eq!(codes(&find(&site, &[1.0], &expected, &Settings::default())), ["anomaly.not_judged"]);
}

#[test]
fn a_clock_change_within_an_hour_is_survived() {
    // Newfoundland changed its clocks at 00:01 until 2011.
    let kw: Vec<f64> = plant(90);
    let site = site_of(kw, 3600, "America/St_Johns", 1_283_911_860, Calendar::weekends());
    assert_eq!(seasonal(&site, &site.readings().load_kw()).kw.len(), 90 * 24);
    let _survived = anomalies(&site);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Whatever the load: no panic, every event has energy and a span inside the axis, no interval is
    /// billed twice or without a reading, and the same load gives the same answer.
    #[test]
    fn any_load_is_answered_soberly(
        noise in proptest::collection::vec((0u8..20, -50.0..2000.0f64), 24 * 20..24 * 60),
    ) {
        let mut kw = plant(noise.len() / 24);
        for (kw, (what, value)) in kw.iter_mut().zip(&noise) {
            match what {
                0 => *kw = f64::NAN,
                1 => *kw = *value,
                2 => *kw *= 1.5,
                _ => {}
            }
        }
        let site = plant_site(kw.clone());
        let findings = anomalies(&site);
        proptest::prop_assert_eq!(&findings, &anomalies(&site));
        let axis = site.readings().axis();
        let mut billed = std::collections::BTreeSet::new();
        for finding in findings.iter().filter(|finding| finding.code != "anomaly.not_judged") {
            let span = finding.span.unwrap();
            proptest::prop_assert!(axis.start() <= span.start && span.start < span.end && span.end <= axis.end());
            let has_energy = finding.code != "anomaly.clock_shift";
            proptest::prop_assert!(!has_energy || finding.kwh.is_some_and(f64::is_finite), "{:?}", finding);
            for (start, kwh) in &finding.excess_kwh {
                proptest::prop_assert!(*kwh > 0.0 && !kw[axis.index_from(*start)].is_nan());
                proptest::prop_assert!(billed.insert(*start), "{} is billed twice", start);
            }
        }
    }
}
