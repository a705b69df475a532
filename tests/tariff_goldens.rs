//! Bills against those of SAM: `pysam_goldens.json`, every monthly figure, unrounded.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::sheets::{component, tariff};
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings, Series};
use wattlens::site::{Contract, Site};
use wattlens::tariff::{Bill, BillingOptions, Bills, Tariff};
use wattlens::time::{Calendar, TimeAxis, Zone};

/// 2018-01-01T00:00Z, a Monday.
const START: i64 = 1_514_764_800;
const WEEKDAYS: [&str; 5] = ["monday", "tuesday", "wednesday", "thursday", "friday"];
const WEEKEND: [&str; 2] = ["saturday", "sunday"];
const RELATIVE: f64 = 1e-6;

fn goldens() -> Option<Value> {
    let text = std::fs::read_to_string(common::data_folder()?.join("tariff/pysam_goldens.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// The goldens' load and generation \[kW\], written out from their formulas.
fn load_and_generation(per_hour: usize) -> Vec<(f64, f64)> {
    let month_days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month_of_day: Vec<usize> =
        month_days.iter().enumerate().flat_map(|(month, days)| std::iter::repeat_n(month, *days)).collect();
    (0..8760 * per_hour)
        .map(|i| {
            let (hour, day) = ((i / per_hour) % 24, i / (24 * per_hour));
            let (weekday, month) = (day % 7, month_of_day[day]);
            let works = if weekday < 5 && (8..18).contains(&hour) { 250 } else { 0 };
            let cools = if (5..=8).contains(&month) && (11..17).contains(&hour) { 90 } else { 0 };
            let load = 120 + (i * 7919) % 311 + works + cools + 10 * month;
            let generation = 6usize.saturating_sub(hour.abs_diff(12)) * (60 + (day * 37) % 101);
            (load as f64, generation as f64)
        })
        .collect()
}

/// The site with a net load; exports are measured, zero where there are none.
fn site(per_hour: usize, with_generation: bool) -> Site {
    let powers = load_and_generation(per_hour);
    let net: Vec<f64> = powers.iter().map(|(load, pv)| load - if with_generation { *pv } else { 0.0 }).collect();
    let kwh = |sign: f64| net.iter().map(|kw| (sign * kw).max(0.0) / per_hour as f64).collect::<Vec<f64>>();
    let axis = TimeAxis::new(START, 3600 / per_hour as i64, net.len(), Zone::named("UTC").unwrap()).unwrap();
    let series = vec![Series::new(Channel::IMPORT_KWH, kwh(1.0)), Series::new(Channel::EXPORT_KWH, kwh(-1.0))];
    let readings = Readings::new(axis, series).unwrap();
    Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default()).unwrap()
}

/// A schedule from tables of 12 months by 24 hours; periods are named by a letter and their number.
fn schedule(id: &str, letter: &str, weekday: &Value, weekend: &Value) -> Value {
    let mut rules = Vec::new();
    for (days, table) in [(&WEEKDAYS[..], weekday), (&WEEKEND[..], weekend)] {
        for (month, hours) in (1..).zip(table.as_array().unwrap()) {
            let hours: Vec<u64> = hours.as_array().unwrap().iter().map(|period| period.as_u64().unwrap()).collect();
            let mut from = 0;
            for run in hours.chunk_by(|a, b| a == b) {
                rules.push(json!({"period": format!("{letter}{}", run[0]), "months": [month], "days": days,
                    "windows": [format!("{from:02}:00-{:02}:00", from + run.len())]}));
                from += run.len();
            }
        }
    }
    json!({"id": id, "base": rules, "source": "golden"})
}

/// Prices by number as prices by period.
fn by_period(letter: &str, prices: &Value) -> Value {
    let prices = prices.as_object().unwrap().iter();
    prices.map(|(number, price)| (format!("{letter}{number}"), price.clone())).collect::<serde_json::Map<_, _>>().into()
}

fn amount(bill: &Bill, components: &[&str]) -> f64 {
    let of_them = bill.lines.iter().filter(|line| components.contains(&line.component.as_str()));
    of_them.map(|line| line.amount_unrounded.to_f64().unwrap()).sum()
}

fn check(case: &str, what: &str, expected: &Value, found: &[f64]) {
    let expected: Vec<f64> = expected.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect();
    assert_eq!(expected.len(), found.len(), "{case}, {what}");
    for (month, (expected, found)) in (1..).zip(expected.iter().zip(found)) {
        let allowed = RELATIVE * expected.abs().max(1e-3);
        assert!((expected - found).abs() <= allowed, "{case}, {what}, month {month}: {found}, expected {expected}");
    }
}

fn check_all(case: &str, result: &Value, bills: &Bills) {
    assert!(bills.not_billed.is_empty(), "{case}: {:?}", bills.not_billed);
    let each = |figure: &dyn Fn(&Bill) -> f64| bills.bills.iter().map(figure).collect::<Vec<f64>>();
    for (what, components) in [
        ("energy_charge", &["energy", "export"][..]),
        ("fixed_charge", &["fixed"]),
        ("minimum_charge", &["minimum"]),
        ("demand_flat", &["demand_flat", "peak"]),
        ("demand_tou", &["demand_tou"]),
        ("total", &["energy", "export", "fixed", "minimum", "demand_flat", "demand_tou"]),
    ] {
        check(case, what, &result[what], &each(&|bill| amount(bill, components)));
    }
    check(case, "peak_kw", &result["peak_kw"], &each(&|bill| bill.quantities.demand_kw.unwrap()));
    if !result["billing_demand_kw"].is_null() {
        let billed = |bill: &Bill| {
            let lines = bill.lines.iter().filter(|line| line.component == "demand_flat");
            lines.map(|line| line.quantity.to_f64().unwrap()).sum::<f64>()
        };
        check(case, "billing_demand_kw", &result["billing_demand_kw"], &each(&billed));
    }
    let net = |bill: &Bill| bill.quantities.total_kwh() - bill.quantities.export_kwh.values().sum::<f64>();
    check(case, "use_kwh", &result["use_kwh"], &each(&net));
    let year = bills.bills.iter().flat_map(|bill| &bill.lines).map(|line| line.amount_unrounded.to_f64().unwrap());
    check(case, "annual_total", &json!([result["annual_total"]]), &[year.sum()]);
    assert!(bills.bills.iter().all(|bill| bill.not_done.is_empty()), "{case}");
}

fn bills(tariff: &Tariff, per_hour: usize, with_generation: bool) -> Bills {
    tariff.bill_site(&site(per_hour, with_generation), &BillingOptions::default()).unwrap()
}

#[test]
fn tiers_with_a_minimum_bill() {
    let Some(goldens) = goldens() else { return };
    for per_hour in [1, 4] {
        let golden = &goldens["goldens"][format!("G1_tiered_energy_sph{per_hour}")];
        let terms = &golden["tariff"];
        let blocks: Vec<Value> = terms["energy_tiers_per_month"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tier| match &tier["up_to_kwh"] {
                Value::Null => json!({"price": tier["rate"]}),
                limit => json!({"up_to": limit, "price": tier["rate"]}),
            })
            .collect();
        let tariff = tariff(
            &[],
            &[
                component("energy", json!({"energy_tiers": {"rate": blocks}})),
                component("fixed", json!({"fixed": {"price": terms["fixed_per_month"], "per": "month"}})),
                component("minimum", json!({"minimum": {"amount": terms["min_bill_per_month"], "per": "month"}})),
                // Only so that the peak is measured at the readings' step.
                component("peak", json!({"demand": {"rate": "0"}})),
            ],
        );
        let bills = bills(&tariff, per_hour, false);
        check_all("G1", &golden["result"], &bills);
        // The printed bill comes to the minimum to the cent.
        assert_eq!(bills.bills[0].total.to_string(), "30000.00");
    }
}

#[test]
fn seasonal_periods_with_demand_by_period() {
    let Some(goldens) = goldens() else { return };
    for per_hour in [1, 4] {
        let golden = &goldens["goldens"][format!("G2_seasonal_tou_sph{per_hour}")];
        let terms = &golden["tariff"];
        let flat = terms["demand_flat_rate_by_month"].as_array().unwrap();
        let months: Vec<Value> = flat
            .iter()
            .zip(1..)
            .map(|(_, month)| json!({"period": format!("m{month}"), "months": [month], "windows": ["00:00-24:00"]}))
            .collect();
        let of_months: serde_json::Map<String, Value> =
            flat.iter().zip(1..).map(|(price, month): (_, u8)| (format!("m{month}"), price.clone())).collect();
        let tariff = tariff(
            &[
                schedule("energy", "e", &terms["energy_sched_weekday"], &terms["energy_sched_weekend"]),
                schedule("demand", "d", &terms["demand_sched_weekday"], &terms["demand_sched_weekend"]),
                json!({"id": "months", "base": months, "source": "golden"}),
            ],
            &[
                component("energy", json!({"energy": {"by_period": by_period("e", &terms["energy_period_rates"])}})),
                component("fixed", json!({"fixed": {"price": terms["fixed_per_month"], "per": "month"}})),
                component("demand_flat", json!({"demand": {"rates": of_months, "schedule": "months"}})),
                component(
                    "demand_tou",
                    json!({"demand": {"rates": by_period("d", &terms["demand_tou_rates"]), "schedule": "demand"}}),
                ),
            ],
        );
        let bills = bills(&tariff, per_hour, false);
        check_all("G2", &golden["result"], &bills);
        for (bill, peaks) in bills.bills.iter().zip(golden["period_peaks_kw"].as_array().unwrap()) {
            let measured = &bill.quantities.by_component["demand_tou"];
            check("G2", "period_peaks_kw", peaks, &[measured["d1"], measured["d2"]]);
        }
    }
}

#[test]
fn hours_of_use() {
    let Some(goldens) = goldens() else { return };
    for per_hour in [1, 4] {
        let golden = &goldens["goldens"][format!("G4_load_factor_tiers_sph{per_hour}")];
        let terms = &golden["tariff"];
        let blocks: Vec<Value> = terms["energy_tiers_kwh_per_kw"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tier| match &tier[0] {
                Value::Null => json!({"price": tier[1]}),
                limit => json!({"up_to": limit, "price": tier[1]}),
            })
            .collect();
        let tariff = tariff(
            &[],
            &[
                component("energy", json!({"energy_tiers": {"rate": blocks, "limits": "kwh_a_kw"}})),
                component("demand_flat", json!({"demand": {"rate": terms["demand_flat"]}})),
            ],
        );
        check_all("G4", &golden["result"], &bills(&tariff, per_hour, false));
    }
}

#[test]
fn net_billing_with_and_without_generation() {
    let Some(goldens) = goldens() else { return };
    let period = |is_weekday: bool, hour| if is_weekday && (10..20).contains(&hour) { 2 } else { 1 };
    let table = |is_weekday| json!(vec![(0..24).map(|hour| period(is_weekday, hour)).collect::<Vec<u8>>(); 12]);
    for per_hour in [1, 4] {
        let golden = &goldens["goldens"][format!("G5_net_billing_pv_sph{per_hour}")];
        let terms = &golden["tariff"];
        let tariff = tariff(
            &[schedule("energy", "e", &table(true), &table(false))],
            &[
                component("energy", json!({"energy": {"by_period": by_period("e", &terms["buy"])}})),
                component("export", json!({"export": {"net_billing": {"by_period": by_period("e", &terms["sell"])}}})),
                component("demand_flat", json!({"demand": {"rate": terms["demand_flat"]}})),
            ],
        );
        check_all("G5", &golden["result"], &bills(&tariff, per_hour, true));
        check_all("G5 without generation", &golden["result_without_pv"], &bills(&tariff, per_hour, false));
        let totals = bills(&tariff, per_hour, true);
        let found: Vec<f64> =
            totals.bills.iter().map(|bill| amount(bill, &["energy", "export", "demand_flat"])).collect();
        check("G5", "independent_total", &golden["independent_total"], &found);
    }
}
