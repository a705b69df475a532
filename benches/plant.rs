//! One plant, one thread: every step from file to diagnosis. `cargo bench --bench plant`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use wattlens::ingest::{FileOptions, read_csv};
use wattlens::quality::Subject;
use wattlens::readings::Readings;
use wattlens::savings::estimate_savings;
use wattlens::site::{Contract, DemandBilling, PowerFactorStandard, Site};
use wattlens::tariff::{BillingOptions, load};
use wattlens::time::{Calendar, TimeAxis, Zone};
use wattlens::{anomaly, diagnosis, electrical, profile, quality, simulate};

fn site(readings: Readings, calendar: Calendar) -> Site {
    let contract = Contract {
        capacity_kva: Some(1250.0),
        demand_billing: Some(DemandBilling::Capacity),
        power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()),
        ..Contract::default()
    };
    Site::new(None, Arc::new(readings), calendar, contract).unwrap()
}

/// The steel plant's file and how to read it, where `WATTLENS_DATA` names its folder.
fn steel() -> Option<(PathBuf, FileOptions)> {
    let folder = std::env::var_os("WATTLENS_DATA")?;
    let path = PathBuf::from(folder).join("steel_kr/steel_kr_2018_15min.csv");
    let mut options = FileOptions::default();
    options.read.zone = Some("Asia/Seoul".to_owned());
    Some((path, options))
}

/// A year of 15 minutes with active and reactive energy, simulated and real.
fn plants() -> Vec<(&'static str, Site)> {
    let (plant, faults) = simulate::demo();
    let calendar = simulate::demo_calendar();
    let simulated = simulate::simulate(&plant, &calendar, &faults).unwrap().readings;
    let mut plants = vec![("demo", site(simulated, calendar))];
    if let Some((path, options)) = steel() {
        plants.push(("steel", site(read_csv(&path, &options).unwrap(), Calendar::weekends())));
    }
    plants
}

/// A year of 15 minutes with voltage, current, power and power factor of three phases beside the energies: a sound plant.
fn with_phases() -> Site {
    let electrical = simulate::ElectricalPlant::default();
    let plant = simulate::Plant { electrical: Some(electrical.clone()), ..simulate::Plant::default() };
    let calendar = simulate::demo_calendar();
    let readings = simulate::simulate(&plant, &calendar, &[]).unwrap().readings;
    site(readings, calendar).with_supply(electrical.supply(&plant)).unwrap()
}

fn steps(criterion: &mut Criterion) {
    let zone = Zone::named("Europe/Berlin").unwrap();
    let axis = TimeAxis::new(1_420_066_800, 900, 1_000_000, zone).unwrap();
    criterion.bench_function("local calendar, 1 000 000 readings", |b| b.iter(|| black_box(&axis).local_time()));
    criterion.bench_function("local calendar with slots and day types, 1 000 000 readings", |b| {
        b.iter(|| {
            let local = black_box(&axis).local_time();
            (local.slots(), Calendar::weekends().day_types(&local).unwrap())
        });
    });

    let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().assume_in_force();
    for (name, site) in plants() {
        let readings = site.readings();
        criterion.bench_function(&format!("profile, {name}"), |b| {
            b.iter(|| profile::profile(black_box(&site), &profile::Settings::default()));
        });
        let settings = quality::Settings::default();
        criterion.bench_function(&format!("quality, {name}"), |b| {
            b.iter(|| quality::check(&Subject::of_site(black_box(&site)), &settings));
        });
        criterion.bench_function(&format!("anomaly score, {name}"), |b| {
            b.iter(|| anomaly::score(black_box(&site), &readings.load_kw()));
        });
        criterion.bench_function(&format!("anomalies, {name}"), |b| {
            b.iter(|| {
                let load_kw = black_box(readings).load_kw();
                anomaly::find(&site, &load_kw, None, &anomaly::Settings::default())
            });
        });
        criterion.bench_function(&format!("bill, {name}"), |b| {
            b.iter(|| tariff.bill_site(black_box(&site), &BillingOptions::default()).unwrap())
        });
        criterion.bench_function(&format!("savings, {name}"), |b| {
            b.iter(|| estimate_savings(black_box(&site), &tariff).unwrap());
        });
        criterion.bench_function(&format!("diagnose, {name}"), |b| {
            b.iter(|| diagnosis::diagnose(black_box(&site), Some(&tariff), &diagnosis::Settings::default()).unwrap());
        });
        let diagnosis = diagnosis::diagnose(&site, Some(&tariff), &diagnosis::Settings::default()).unwrap();
        criterion.bench_function(&format!("diagnosis as JSON, {name}"), |b| {
            b.iter(|| serde_json::to_string(black_box(&diagnosis)).unwrap());
        });
    }
    let hourly = simulate::Plant { step_s: 3600, ..simulate::Plant::default() };
    let readings = simulate::simulate(&hourly, &simulate::demo_calendar(), &[]).unwrap().readings;
    let hourly = site(readings, simulate::demo_calendar());
    criterion.bench_function("anomalies, hourly plant", |b| {
        b.iter(|| {
            let load_kw = black_box(&hourly).readings().load_kw();
            anomaly::find(&hourly, &load_kw, None, &anomaly::Settings::default())
        });
    });
    let phases = with_phases();
    criterion.bench_function("electrical rules, 12 channels", |b| {
        b.iter(|| electrical::check(black_box(&phases), &electrical::Settings::default()).unwrap());
    });
    let (plant, faults) = simulate::demo();
    let calendar = simulate::demo_calendar();
    criterion.bench_function("simulate, demo", |b| {
        b.iter(|| simulate::simulate(black_box(&plant), &calendar, &faults).unwrap());
    });
}

criterion_group!(benches, steps);
criterion_main!(benches);
