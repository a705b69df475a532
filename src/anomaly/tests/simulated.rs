//! Simulated plants, clean and with faults whose truth is known.

use super::*;
use crate::simulate::{FaultKind, Plant, Shift, Simulation, Truth, demo, demo_calendar, random_faults, simulate};

fn site_of(simulation: &Simulation) -> Site {
    Site::new(None, Arc::new(simulation.readings.clone()), demo_calendar(), Contract::default()).unwrap()
}

fn anomalies_of(simulation: &Simulation) -> (Site, Vec<Finding>) {
    let site = site_of(simulation);
    let findings = anomalies(&site);
    (site, findings)
}

/// Codes that a fault may have; `None` where nothing is to be found.
fn codes_of(truth: &Truth) -> Option<&'static [&'static str]> {
    let weekday = crate::time::instant_text(truth.start + 8 * 3600);
    let weekday = weekday[..10].parse::<jiff::civil::Date>().unwrap().weekday();
    Some(match truth.kind {
        FaultKind::Spike => &["anomaly.spike"],
        // A drop may take all that ran, or lie at an edge of the shift.
        FaultKind::Drop => &["anomaly.dip", "anomaly.outage", "anomaly.missed_start_up", "anomaly.early_shutdown"],
        FaultKind::ZeroRun => &["anomaly.outage"],
        FaultKind::UnusualHours if weekday.to_monday_one_offset() > 5 => &["anomaly.weekend_running"],
        FaultKind::UnusualHours => &["anomaly.left_on_overnight"],
        FaultKind::WorkOnHoliday => &["anomaly.work_on_holiday"],
        FaultKind::NightBaseRise => &["anomaly.night_base_rise"],
        FaultKind::StuckValue => &["anomaly.stuck_value"],
        _ => return None,
    })
}

fn shift(start_h: f64, end_h: f64, level: f64) -> Shift {
    Shift { start_h, end_h, level }
}

/// Plants of different habits.
pub(super) fn plants() -> Vec<(&'static str, Plant)> {
    let plant = Plant::default();
    vec![
        ("two shifts", plant.clone()),
        ("hourly", Plant { step_s: 3600, ..plant.clone() }),
        ("one shift", Plant { shifts: vec![shift(8.0, 17.0, 1.0)], ..plant.clone() }),
        ("three shifts", Plant { shifts: vec![shift(0.0, 24.0, 1.0)], ..plant.clone() }),
        (
            "night shift, six days",
            Plant {
                shifts: vec![shift(0.0, 6.0, 0.7), shift(8.0, 18.0, 1.0), shift(22.0, 24.0, 0.7)],
                weekday_levels: [1.0, 1.0, 1.0, 1.0, 1.0, 0.8, 0.0],
                ..plant.clone()
            },
        ),
        (
            "every day, holidays too",
            Plant {
                weekday_levels: [1.0; 7],
                holiday_level: 1.0,
                spring_festival_days_before: 0,
                spring_festival_days_after: 0,
                ..plant.clone()
            },
        ),
        ("every day but holidays", Plant { weekday_levels: [1.0; 7], ..plant.clone() }),
        ("noisy", Plant { day_noise: 0.10, interval_noise: 0.15, base_noise: 0.15, ..plant.clone() }),
        ("cooled", Plant { cooling_kw_per_celsius: 20.0, cooling_idle_level: 0.5, ..plant.clone() }),
        ("hardly any base", Plant { base_kw: 5.0, ..plant }),
    ]
}

/// Local start, code and evidence of each finding, for messages.
fn told(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| {
            let start = crate::time::instant_text(finding.span.unwrap().start + 8 * 3600);
            format!("{start} {} {:?} kWh {:?}", finding.code, finding.kwh, finding.evidence)
        })
        .collect()
}

#[test]
fn a_clean_plant_has_no_anomaly() {
    // `WATTLENS_SEEDS=200` for the long proof.
    let seeds: u64 = std::env::var("WATTLENS_SEEDS").map_or(20, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        // The first plant at every seed, the others at a few.
        for (name, plant) in plants().into_iter().take(if seed < seeds.div_ceil(10) { 99 } else { 1 }) {
            let simulation = simulate(&Plant { seed, ..plant }, &demo_calendar(), &[]).unwrap();
            assert_eq!(told(&anomalies_of(&simulation).1), Vec::<String>::new(), "{name}, seed {seed}");
        }
    }
}

#[test]
fn a_clean_plant_with_gaps_or_few_weeks_has_no_anomaly() {
    for seed in 0..5 {
        let simulation = simulate(&Plant { seed, ..Plant::default() }, &demo_calendar(), &[]).unwrap();
        let site = site_of(&simulation);
        let mut load_kw = site.readings().load_kw();
        // 40 % missing: single readings, and a whole afternoon in five.
        for (at, kw) in load_kw.iter_mut().enumerate() {
            let scattered = (at as u64).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed) >> 33;
            if scattered % 10 < 3 || (at / 24) % 7 == 3 {
                *kw = f64::NAN;
            }
        }
        let missing = load_kw.iter().filter(|kw| kw.is_nan()).count() as f64 / load_kw.len() as f64;
        assert!(missing > 0.38, "{missing}");
        let expected = seasonal(&site, &load_kw);
        assert_eq!(told(&events(find(&site, &load_kw, Some(&expected), &Settings::default()))), Vec::<String>::new());

        for days in [14, 21, 35] {
            let plant = Plant { seed, days, first: date(2025, 3, 3), ..Plant::default() };
            let simulation = simulate(&plant, &demo_calendar(), &[]).unwrap();
            assert_eq!(told(&anomalies_of(&simulation).1), Vec::<String>::new(), "{days} days, seed {seed}");
        }
    }
}

/// The Findings of some codes that overlap a truth, and their energy.
fn found(findings: &[Finding], codes: &[&str], truth: &Truth) -> (usize, f64) {
    let overlapping = findings.iter().filter(|finding| {
        let span = finding.span.unwrap();
        codes.contains(&finding.code.as_str()) && span.start < truth.end && span.end > truth.start
    });
    overlapping.fold((0, 0.0), |(count, kwh), finding| (count + 1, kwh + finding.kwh.unwrap_or(0.0)))
}

#[test]
fn the_demo_plants_faults_have_their_names_and_energy() {
    let (plant, faults) = demo();
    let simulation = simulate(&plant, &demo_calendar(), &faults).unwrap();
    let (_, findings) = anomalies_of(&simulation);
    let mut named = 0;
    for truth in &simulation.truth {
        let Some(codes) = codes_of(truth) else { continue };
        let (count, kwh) = found(&findings, codes, truth);
        assert_eq!(count, 1, "{truth:?} of {:?}", told(&findings));
        assert!((kwh / truth.kwh.unwrap() - 1.0).abs() < 0.06, "{truth:?}: {kwh}");
        named += count;
    }
    assert_eq!(named, findings.len(), "{:?}", told(&findings));
}

#[test]
fn faults_at_random_places_are_found_and_nothing_else() {
    let mut ratios = std::collections::BTreeMap::<&str, Vec<f64>>::new();
    for seed in 0..20 {
        let plant = Plant { seed, ..Plant::default() };
        let faults = random_faults(seed, &plant, &demo_calendar(), &FaultKind::ALL).unwrap();
        let simulation = simulate(&plant, &demo_calendar(), &faults).unwrap();
        let (site, findings) = anomalies_of(&simulation);
        for truth in &simulation.truth {
            let Some(codes) = codes_of(truth) else { continue };
            let error = match truth.kind {
                // Neighbours that are high too belong to a small spike.
                FaultKind::Spike => 0.30,
                FaultKind::ZeroRun => 0.20,
                // Expected at full production where a plant still comes back from a holiday.
                FaultKind::Drop => 0.50,
                FaultKind::NightBaseRise => 0.40,
                _ => 0.05,
            };
            let (count, kwh) = found(&findings, codes, truth);
            // A rise in the first two weeks has no nights before it to rise from.
            let first_nights = site.readings().axis().start() + 14 * crate::time::DAY_S;
            if truth.kind == FaultKind::NightBaseRise && truth.start < first_nights {
                assert_eq!(count, 0);
                continue;
            }
            assert!(count > 0, "seed {seed}, {truth:?} is not in {:?}", told(&findings));
            // What a stuck meter missed may be nothing by chance, or a plant's way back from a holiday.
            if truth.kind == FaultKind::StuckValue {
                continue;
            }
            let ratio = kwh / truth.kwh.unwrap();
            assert!((ratio - 1.0).abs() < error, "seed {seed}, {truth:?}: {kwh}");
            ratios.entry(truth.kind.name()).or_default().push(ratio);
        }
        let unexplained: Vec<_> = findings
            .iter()
            .filter(|finding| {
                simulation.truth.iter().all(|truth| found(&[(*finding).clone()], &[&finding.code], truth).0 == 0)
            })
            .cloned()
            .collect();
        assert_eq!(told(&unexplained), Vec::<String>::new(), "seed {seed}");
    }
    for (kind, ratios) in &mut ratios {
        crate::stats::sort(ratios);
        println!(
            "{kind}: {} found, energy {:.2} to {:.2} of the truth",
            ratios.len(),
            ratios[0],
            ratios[ratios.len() - 1]
        );
    }
}
