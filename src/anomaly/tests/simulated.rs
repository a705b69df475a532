//! Simulated plants, clean and with faults whose truth is known.

use super::*;
use crate::simulate::{FaultKind, Plant, Shift, Simulation, demo, demo_calendar, random_faults, simulate};

fn site_of(simulation: &Simulation) -> Site {
    Site::new(None, Arc::new(simulation.readings.clone()), demo_calendar(), Contract::default()).unwrap()
}

/// Anomalies of the simulated load, without the spans in which the meter itself failed: a stuck meter is
/// found by the rules of quality, and its values are no load.
fn anomalies_of(simulation: &Simulation) -> (Site, Vec<Finding>) {
    let site = site_of(simulation);
    let mut load_kw = site.readings().load_kw();
    for truth in simulation.truth.iter().filter(|truth| truth.kind == FaultKind::StuckValue) {
        load_kw[site.readings().axis().range(truth.start, truth.end)].fill(f64::NAN);
    }
    let findings = find(&site, &load_kw, &seasonal(&site, &load_kw), &Settings::default());
    (site, findings)
}

fn shift(start_h: f64, end_h: f64, level: f64) -> Shift {
    Shift { start_h, end_h, level }
}

/// Plants of different habits.
fn plants() -> Vec<(&'static str, Plant)> {
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

#[test]
fn a_clean_plant_has_no_anomaly() {
    let seeds: u64 = std::env::var("SEEDS").map_or(20, |seeds| seeds.parse().unwrap());
    let mut failures = 0;
    for seed in 0..seeds {
        for (name, plant) in plants().into_iter().take(if seed < 3 || seeds > 20 { 99 } else { 1 }) {
            let simulation = simulate(&Plant { seed, ..plant }, &demo_calendar(), &[]).unwrap();
            let (_, findings) = anomalies_of(&simulation);
            for finding in &findings {
                failures += 1;
                println!(
                    "{name} {seed}: {} {} {:?} {:?}",
                    crate::time::instant_text(finding.span.unwrap().start + 8 * 3600),
                    finding.code,
                    finding.kwh,
                    serde_json::to_string(&finding.evidence).unwrap()
                );
            }
        }
    }
    assert_eq!(failures, 0);
}

#[test]
fn probe_faults() {
    let mut found = std::collections::BTreeMap::<&str, (u32, u32, Vec<i64>)>::new();
    for seed in 0..20 {
        let plant = Plant { seed, ..Plant::default() };
        let faults = random_faults(seed, &plant, &demo_calendar(), &FaultKind::ALL).unwrap();
        let simulation = simulate(&plant, &demo_calendar(), &faults).unwrap();
        let (_, findings) = anomalies_of(&simulation);
        for truth in &simulation.truth {
            let code = format!("anomaly.{}", truth.kind.name());
            let hits: Vec<_> = findings
                .iter()
                .filter(|f| {
                    let s = f.span.unwrap();
                    s.start < truth.end && s.end > truth.start
                })
                .collect();
            let entry = found.entry(truth.kind.name()).or_default();
            entry.0 += 1;
            let same: Vec<_> = hits.iter().filter(|f| f.code == code).collect();
            if !same.is_empty() {
                entry.1 += 1;
                let kwh: f64 = same.iter().map(|f| f.kwh.unwrap()).sum();
                entry.2.push((100.0 * kwh / truth.kwh.unwrap_or(f64::NAN)) as i64);
            }
            if hits.iter().any(|f| f.code != code)
                || (hits.is_empty() && !matches!(truth.kind, FaultKind::Gap | FaultKind::StuckValue))
            {
                println!(
                    "{seed} {} {} h kwh {:?} -> {:?}",
                    crate::time::instant_text(truth.start + 8 * 3600),
                    (truth.end - truth.start) / 3600,
                    truth,
                    hits.iter().map(|f| (&f.code, f.kwh)).collect::<Vec<_>>()
                );
            }
        }
        for f in &findings {
            let s = f.span.unwrap();
            if !simulation.truth.iter().any(|t| s.start < t.end && s.end > t.start) {
                println!(
                    "FALSE {seed} {} {} {:?} of {:?}",
                    crate::time::instant_text(s.start + 8 * 3600),
                    f.code,
                    f.kwh,
                    simulation
                        .truth
                        .iter()
                        .map(|t| (
                            t.kind.name(),
                            crate::time::instant_text(t.start + 8 * 3600),
                            (t.end - t.start) / 3600
                        ))
                        .collect::<Vec<_>>()
                );
            }
        }
    }
    for (k, v) in &found {
        println!("{k} {v:?}");
    }
    let (plant, faults) = demo();
    let simulation = simulate(&plant, &demo_calendar(), &faults).unwrap();
    let (_, findings) = anomalies_of(&simulation);
    for t in &simulation.truth {
        println!("{:?} {}", t, crate::time::instant_text(t.start + 8 * 3600));
    }
    for f in &findings {
        let s = f.span.unwrap();
        println!(
            "DEMO {} {} {} {:?} {:?} {}",
            crate::time::instant_text(s.start + 8 * 3600),
            crate::time::instant_text(s.end + 8 * 3600),
            f.code,
            f.severity,
            f.kwh,
            serde_json::to_string(&f.evidence).unwrap()
        );
    }
}
