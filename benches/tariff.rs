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

/// Three periods with two blocks each, demand all day and on workday afternoons, in two seasons; as the database writes it.
fn blocks_hours_demand() -> String {
    let of_months = |winter: &[u8; 24], summer: &[u8; 24]| -> Vec<Vec<u8>> {
        (0..12).map(|month| if (5..9).contains(&month) { summer } else { winter }.to_vec()).collect()
    };
    let (mut day, mut afternoon) = ([0; 24], [0; 24]);
    day[8..22].fill(1);
    afternoon[8..22].fill(1);
    afternoon[12..18].fill(2);
    let (no, mut peak) = ([0; 24], [0; 24]);
    peak[12..18].fill(1);
    let blocks =
        |low: f64| serde_json::json!([{"unit": "kWh", "max": 20_000, "rate": low}, {"unit": "kWh", "rate": low * 0.8}]);
    serde_json::json!({
        "label": "made-up-bench", "name": "Blocks, hours and demand", "utility": "River Light", "country": "USA",
        "energyratestructure": [blocks(0.06), blocks(0.11), blocks(0.19)],
        "energyweekdayschedule": of_months(&day, &afternoon), "energyweekendschedule": of_months(&no, &no),
        "demandratestructure": [[{"rate": 0}], [{"rate": 11.5}]],
        "demandweekdayschedule": of_months(&no, &peak), "demandweekendschedule": of_months(&no, &no),
        "flatdemandstructure": [[{"max": 200, "rate": 8}, {"rate": 9}]], "flatdemandmonths": vec![0; 12],
        "fixedchargefirstmeter": 120, "fixedchargeunits": "$/month"
    })
    .to_string()
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
    let (plant, _) = simulate::demo();
    let whole = simulate::simulate(&plant, site.calendar(), &[]).unwrap().readings;
    let whole = Site::new(None, Arc::new(whole), site.calendar().clone(), site.contract().clone()).unwrap();
    criterion.bench_function("bill, Fujian two-part, one year of quarters, none missing", |b| {
        b.iter(|| tariff.bill_site(black_box(&whole), &BillingOptions::default()).unwrap());
    });
    let urdb = Tariff::from_urdb(&blocks_hours_demand(), "bench", None).unwrap().assume_in_force();
    criterion.bench_function("bill, blocks by period and demand from URDB, one year of quarters", |b| {
        b.iter(|| urdb.bill_site(black_box(&whole), &BillingOptions::default()).unwrap());
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
