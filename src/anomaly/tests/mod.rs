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

fn all(site: &Site) -> Vec<Finding> {
    let load_kw = site.readings().load_kw();
    find(site, &load_kw, None, &Settings::default())
}

/// Events, and what days could not be judged; not what is said of the readings as a whole.
fn anomalies(site: &Site) -> Vec<Finding> {
    events(all(site))
}

fn events(findings: Vec<Finding>) -> Vec<Finding> {
    let whole = ["unused", "constant", "missing", "short"];
    findings.into_iter().filter(|one| whole.iter().all(|why| one.evidence.get(*why).is_none())).collect()
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

/// A day without production: the base with its wobble.
fn quiet_day(kw: &mut [f64], day: usize) {
    for (hour, kw) in kw.iter_mut().enumerate().take((day + 1) * 24).skip(day * 24) {
        *kw = 40.0 * (1.0 + 0.01 * ((hour % 7) as f64 - 3.0));
    }
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
fn what_the_readings_cannot_say_is_told() {
    let said = |kw: Vec<f64>| -> Vec<String> {
        let known =
            |one: Finding| one.evidence.into_iter().filter(|(_, value)| *value == true).map(|(why, _)| why).collect();
        all(&plant_site(kw)).into_iter().map(known).collect()
    };
    assert_eq!(said(vec![0.0; 24 * 90]), ["unused"]);
    assert_eq!(said(vec![55.0; 24 * 90]), ["constant"]);
    assert_eq!(said(plant(14)), ["short"]);
    assert_eq!(said(plant(28)), Vec::<String>::new());
    let mut kw = plant(120);
    kw.iter_mut().enumerate().filter(|(hour, _)| hour * 7919 % 10 < 4).for_each(|(_, kw)| *kw = f64::NAN);
    assert_eq!(said(kw), ["missing"]);
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
        // Work begins four hours late, and ends three hours early.
        ("anomaly.missed_start_up", hour_of(45, 8), 4, -160.0),
        ("anomaly.early_shutdown", hour_of(45, 15), 3, -160.0),
        // Not even half of the base.
        ("anomaly.outage", hour_of(45, 9), 5, -185.0),
        // Two hours of 300 kW more in the shift.
        ("anomaly.spike", hour_of(44, 10), 2, 300.0),
        // Four hours of 180 kW less in the shift.
        ("anomaly.dip", hour_of(45, 10), 4, -180.0),
        // 150 kW left on through a night, Thursday to Friday and Friday to Saturday.
        ("anomaly.left_on_overnight", hour_of(45, 20), 9, 150.0),
        ("anomaly.left_on_overnight", hour_of(46, 20), 9, 150.0),
        // 150 kW left on on a Saturday.
        ("anomaly.weekend_running", hour_of(47, 9), 8, 150.0),
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
        quiet_day(&mut kw, day);
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
        quiet_day(&mut kw, day);
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
    assert_eq!(codes(&find(&site, &[1.0], Some(&expected), &Settings::default())), ["anomaly.not_judged"]);
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

/// The findings of the usual plant after a change, with their codes.
fn after(change: impl Fn(&mut Vec<f64>)) -> Vec<Finding> {
    let mut kw = plant(120);
    change(&mut kw);
    anomalies(&plant_site(kw))
}

#[test]
fn a_meter_that_stands_still_says_how() {
    let from = 44 * 24 + 10;
    // The last reading repeats for a day; a placeholder; zeros through a night, whose energy is little.
    let stuck = after(|kw| {
        let last = kw[from - 1];
        kw[from..from + 24].fill(last);
    });
    assert_eq!(codes(&stuck), ["anomaly.stuck_value"]);
    assert_eq!(stuck[0].span.unwrap().start, MONDAY + from as i64 * 3600);
    assert!(stuck[0].confidence.unwrap() > 0.9, "{:?}", stuck[0]);
    let flat = after(|kw| kw[from..from + 30].fill(1.0));
    assert_eq!(codes(&flat), ["anomaly.flat_run"]);
    assert_eq!(flat[0].evidence["value_kw"], 1.0);
    let zeros = after(|kw| kw[from + 12..from + 16].fill(0.0));
    assert_eq!(codes(&zeros), ["anomaly.outage"]);
    assert!((zeros[0].kwh.unwrap() + 160.0).abs() < 10.0, "{:?}", zeros[0]);
    // Five equal readings are none, and neither is a meter whose readings repeat all the time.
    assert_eq!(after(|kw| kw[from + 10..from + 15].fill(40.7)), []);
    assert_eq!(after(|kw| kw.iter_mut().for_each(|kw| *kw = (*kw / 100.0).round() * 100.0 + 10.0)), []);
}

#[test]
fn a_gap_whose_energy_comes_later_is_told_from_a_spike() {
    let (from, to) = (44 * 24 + 6, 44 * 24 + 18);
    for missing in [0.0, f64::NAN] {
        let findings = after(|kw| {
            let sum: f64 = kw[from..to].iter().sum();
            kw[from..to - 1].fill(missing);
            kw[to - 1] = sum;
        });
        assert_eq!(codes(&findings), ["anomaly.gap_catch_up"], "{missing}");
        let span = findings[0].span.unwrap();
        assert_eq!((span.start, span.end), (MONDAY + from as i64 * 3600, MONDAY + to as i64 * 3600));
        assert!(findings[0].kwh.unwrap().abs() < 0.05 * 2000.0, "{:?}", findings[0].kwh);
        assert_eq!(findings[0].evidence["gap_hours"], 11.0);
    }
    // A spike after a gap is a spike: twice the load is not the energy of two days.
    let spike = after(|kw| {
        kw[43 * 24 + 10..45 * 24 + 10].fill(f64::NAN);
        kw[45 * 24 + 10] = 500.0;
    });
    assert_eq!(codes(&spike), ["anomaly.spike"]);
}

#[test]
fn energy_that_no_load_can_have_is_the_registers() {
    let at = 44 * 24 + 10;
    let findings = after(|kw| {
        // A register that fell to zero, stood there, and came back with all it had.
        let all: f64 = kw[..at + 6].iter().sum();
        kw[at] = -all;
        kw[at + 1..at + 5].fill(0.0);
        kw[at + 5] = all;
    });
    assert_eq!(codes(&findings), ["anomaly.register_glitch"]);
    let span = findings[0].span.unwrap();
    assert_eq!((span.start, span.end), (MONDAY + at as i64 * 3600, MONDAY + (at as i64 + 6) * 3600));
    assert_eq!(codes(&after(|kw| kw[at] = -90.0)), ["anomaly.register_glitch"]);
    assert_eq!(codes(&after(|kw| kw[at] = 1600.0)), ["anomaly.spike"], "eight times the load is a load");
    // A site that feeds in has negative readings of its own.
    let feeds_in = after(|kw| (0..120).for_each(|day| kw[day * 24 + 12..day * 24 + 14].fill(-30.0)));
    assert_eq!(feeds_in, []);
}

#[test]
fn the_best_explanation_names_the_others() {
    let from = 44 * 24 + 8;
    let findings = after(|kw| kw[from..from + 4].iter_mut().for_each(|kw| *kw -= 160.0));
    assert_eq!(codes(&findings), ["anomaly.missed_start_up"]);
    assert_eq!(findings[0].evidence["others"], serde_json::json!(["anomaly.dip"]));
    let evidence = &findings[0].evidence;
    let kwh = |key: &str| evidence[key].as_f64().unwrap();
    assert!((kwh("observed_kwh") - kwh("expected_kwh") - findings[0].kwh.unwrap()).abs() < 1e-9);
}

#[test]
fn severity_follows_the_energy() {
    // Days of energy: 40 kW × 14 h + 200 kW × 10 h = 2560 kWh.
    for (hours, added_kw, severity) in [
        (2, 90.0, Severity::Low),
        (2, 400.0, Severity::Medium),
        (10, 300.0, Severity::High),
        (12, 1600.0, Severity::Critical),
    ] {
        let findings = after(|kw| kw[44 * 24 + 8..44 * 24 + 8 + hours].iter_mut().for_each(|kw| *kw += added_kw));
        assert_eq!((codes(&findings), findings[0].severity), (vec!["anomaly.spike"], severity), "{added_kw}");
    }
}

#[test]
fn a_budget_keeps_the_strongest_and_counts_the_rest() {
    let mut kw = plant(120);
    for (day, added) in [(30, 150.0), (44, 900.0), (58, 300.0), (72, 250.0), (86, 200.0), (93, 190.0)] {
        kw[day * 24 + 10..day * 24 + 13].iter_mut().for_each(|kw| *kw += added);
    }
    let site = plant_site(kw);
    let load_kw = site.readings().load_kw();
    let of = |budget_per_month| {
        let settings = Settings { budget_per_month, ..Settings::default() };
        find(&site, &load_kw, None, &settings)
    };
    assert_eq!(codes(&of(None)), ["anomaly.spike"; 6]);
    // 120 days are 3.94 months: room for two at half an event a month.
    let kept = of(Some(0.5));
    let spikes: Vec<f64> = kept.iter().filter_map(|one| one.evidence.get("extreme_kw")?.as_f64()).collect();
    assert_eq!(spikes.len(), 2);
    assert!(spikes[0] > 1000.0 && spikes[1] > 450.0, "{spikes:?}");
    let rest = kept.iter().find(|one| one.code == "anomaly.over_budget").unwrap();
    assert_eq!(rest.evidence["events"], 4);
    assert_eq!(codes(&of(Some(0.0))), ["anomaly.over_budget"]);
}

#[test]
fn an_hour_far_from_work_is_a_spike_and_a_short_break_worked_is_none() {
    let added = |hour: usize| after(|kw| kw[44 * 24 + hour] += 55.0);
    assert_eq!(codes(&added(2)), ["anomaly.spike"]);
    // The hour after work: half an hour late says as much.
    assert_eq!(codes(&added(18)), Vec::<&str>::new());
}
