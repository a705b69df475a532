//! Bills: charging alone, prices by interval, many variants of a contract. `cargo bench --bench tariff`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use wattlens::simulate;
use wattlens::site::{Contract, DemandBilling, PowerFactorStandard, Site};
use wattlens::tariff::{
    BillingOptions, BillingPeriods, PriceSeries, Tariff, charge, load, measure_quantities, what_if,
};

const SPOT: &str = r#"{"schema": 2, "id": "spot", "name": {"en": "Spot", "zh": "现货"}, "currency": "CNY",
    "certainty": "assumed", "source": "made up", "versions": [{"in_force": {"from": "2000-01-01"}, "components": [
        {"id": "spot", "name": {"en": "Spot", "zh": "现货"}, "source": "made up", "certainty": "assumed",
         "charge": {"energy_series": {"series": "spot", "adder": "0.2"}}}]}]}"#;

fn demo() -> Site {
    let (plant, faults) = simulate::demo();
    let calendar = simulate::demo_calendar();
    let readings = simulate::simulate(&plant, &calendar, &faults).unwrap().readings;
    let contract = Contract {
        capacity_kva: Some(1250.0),
        demand_billing: Some(DemandBilling::Capacity),
        power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()),
        ..Contract::default()
    };
    Site::new(None, Arc::new(readings), calendar, contract).unwrap()
}

fn bills(criterion: &mut Criterion) {
    let site = demo();
    let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().assume_in_force();
    let quantities = measure_quantities(&site, &tariff, &BillingPeriods::Months).unwrap();
    criterion.bench_function("charge, one bill, Fujian two-part", |b| {
        b.iter(|| {
            let mut lines = 0;
            let (one, contract) = (black_box(&quantities[6]), site.contract());
            charge(&tariff, one, contract, &mut |_| lines += 1, &mut |_| {}).unwrap();
            lines
        });
    });
    criterion.bench_function("bill, one bill with its lines, Fujian two-part", |b| {
        b.iter(|| tariff.bill(black_box(&quantities[6]), site.contract()).unwrap());
    });
    let variants: Vec<Contract> = (0..1000)
        .map(|at| Contract {
            demand_billing: Some(DemandBilling::ContractDemand),
            contract_demand_kw: Some(500.0 + f64::from(at) / 2.0),
            ..site.contract().clone()
        })
        .collect();
    criterion.bench_function("what if, 1 000 contracts, one year", |b| {
        b.iter(|| what_if(&site, &tariff, black_box(&variants)).unwrap());
    });
    let axis = site.readings().axis();
    let hours = axis.len() / 4 + 1;
    let prices = (0..hours).map(|hour| 0.3 + 0.2 * ((hour % 24) as f64 - 12.0).abs() / 12.0).collect();
    let series = PriceSeries { start: axis.start(), step_s: 3600, prices };
    let spot = Tariff::from_json(SPOT, "spot").unwrap().with_series("spot", series).unwrap();
    criterion.bench_function("bill, hourly prices, one year of quarters", |b| {
        b.iter(|| spot.bill_site(black_box(&site), &BillingOptions::default()).unwrap());
    });
    criterion.bench_function("quantities at hourly prices, one year of quarters", |b| {
        b.iter(|| measure_quantities(black_box(&site), &spot, &BillingPeriods::Months).unwrap());
    });
    criterion.bench_function("quantities, Fujian two-part, one year of quarters", |b| {
        b.iter(|| measure_quantities(black_box(&site), &tariff, &BillingPeriods::Months).unwrap());
    });
    criterion.bench_function("bill, Fujian two-part, one year of quarters", |b| {
        b.iter(|| tariff.bill_site(black_box(&site), &BillingOptions::default()).unwrap());
    });
    criterion.bench_function("prices by interval, Fujian two-part", |b| {
        b.iter(|| tariff.prices(black_box(&site)).unwrap());
    });
}

criterion_group!(benches, bills);
criterion_main!(benches);
