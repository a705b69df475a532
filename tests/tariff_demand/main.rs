//! Everything that bills power, against published numbers and cases worked out by hand.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod basic;
mod goldens;
mod peaks;
mod ratchets;
mod registers;
mod subscribed;

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings, Series};
use wattlens::site::{Contract, Site};
use wattlens::tariff::{Bill, BillingOptions, Bills, Carried, Tariff};
use wattlens::time::{Calendar, TimeAxis, Zone};

/// 1 January 2018, 2023, 2024 and 2025, midnight UTC.
const Y2018: i64 = 1_514_764_800;
const Y2023: i64 = 1_672_531_200;
const Y2024: i64 = 1_704_067_200;
const Y2025: i64 = 1_735_689_600;

/// A tariff of these schedules and charges, by id.
fn tariff(schedules: &Value, charges: &[(&str, Value)]) -> Tariff {
    try_tariff(schedules, charges).unwrap()
}

fn try_tariff(schedules: &Value, charges: &[(&str, Value)]) -> wattlens::Result<Tariff> {
    let component = |(id, charge): &(&str, Value)| json!({"id": id, "name": {"en": id, "zh": id}, "charge": charge, "source": "made for the test", "certainty": "stated"});
    let components: Vec<Value> = charges.iter().map(component).collect();
    let sheet = json!({"schema": 2, "id": "t", "name": {"en": "t", "zh": "t"}, "currency": "USD", "certainty": "stated",
        "source": "made for the test",
        "versions": [{"in_force": {"from": "2000-01-01"}, "schedules": schedules, "components": components}]});
    Tariff::from_json(&sheet.to_string(), "test")
}

/// Readings from mean powers \[kW\].
fn readings(zone: &str, start: i64, step_s: i64, kw: &[f64]) -> Readings {
    let axis = TimeAxis::new(start, step_s, kw.len(), Zone::named(zone).unwrap()).unwrap();
    let kwh = kw.iter().map(|kw| kw * step_s as f64 / 3600.0).collect();
    Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)]).unwrap()
}

/// A load that is never above `kw` and reaches it: a meter that always shows the same is taken for stuck.
fn restless(kw: f64, len: usize) -> Vec<f64> {
    (0..len).map(|at| kw * (1.0 - ((7919 * at) % 311) as f64 / 1000.0)).collect()
}

fn site(readings: Readings, contract: Contract) -> Site {
    Site::new(None, Arc::new(readings), Calendar::weekends(), contract).unwrap()
}

/// A year of hours in UTC.
fn year(start: i64, kw: &[f64]) -> Site {
    site(readings("UTC", start, 3600, kw), Contract::default())
}

fn bills(tariff: &Tariff, site: &Site) -> Bills {
    tariff.bill_site(site, &BillingOptions::default()).unwrap()
}

fn bills_after(tariff: &Tariff, site: &Site, carried: Value) -> Bills {
    let carried: Carried = serde_json::from_value(carried).unwrap();
    tariff.bill_site(site, &BillingOptions { carried, ..BillingOptions::default() }).unwrap()
}

/// What a component comes to in a bill, before rounding.
fn amount(bill: &Bill, component: &str) -> f64 {
    bill.lines.iter().filter(|line| line.component == component).map(|line| number(line.amount_unrounded)).sum()
}

/// The same over all bills.
fn total(bills: &Bills, component: &str) -> f64 {
    bills.bills.iter().map(|bill| amount(bill, component)).sum()
}

/// The quantity that a component bills.
fn quantity(bill: &Bill, component: &str) -> f64 {
    bill.lines.iter().filter(|line| line.component == component).map(|line| number(line.quantity)).sum()
}

fn number(value: Decimal) -> f64 {
    value.to_f64().unwrap()
}

fn near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

/// What bills say they lack, as (month, task, needs).
fn lacks(bills: &Bills) -> Vec<(String, String, String)> {
    let of = |bill: &Bill| {
        let all = bill.not_done.iter().map(|one| (bill.label.clone(), one.task.clone(), one.needs.clone()));
        all.collect::<Vec<_>>()
    };
    bills.bills.iter().flat_map(of).collect()
}

/// A file of the folder of golden numbers.
fn golden(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(common::data_folder()?.join("tariff").join(name)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// A case of the closed forms of the REopt test suite.
fn reopt(name: &str) -> Option<Value> {
    golden("reopt_goldens.json")?["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).cloned()
}

/// Hours of a year that is no leap year: 1 kW but one hour of each month at its peak.
fn hours_of_peaks(peaks: &[f64]) -> Vec<f64> {
    const DAYS: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut kw = Vec::new();
    for (peak, days) in peaks.iter().zip(DAYS) {
        let mut month = restless(1.0, days * 24);
        month[100] = *peak;
        kw.extend(month);
    }
    kw
}
