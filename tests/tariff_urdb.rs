//! Rates of the OpenEI Utility Rate Database: real ones against a slow twin, invented ones by hand, damaged ones.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings};
use wattlens::simulate::{Plant, simulate};
use wattlens::site::{Contract, Site};
use wattlens::tariff::{BillingOptions, BillingQuantities, Bills, Certainty, Charge, Tariff};
use wattlens::time::Calendar;

const ZONE: &str = "America/Los_Angeles";

/// Names and texts of the real rates.
fn real_rates() -> Vec<(String, String)> {
    let Some(folder) = common::data_folder() else { return Vec::new() };
    let files = std::fs::read_dir(folder.join("urdb")).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &std::path::Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut rates: Vec<_> = files.map(|path| (name(&path), std::fs::read_to_string(path).unwrap())).collect();
    rates.sort();
    assert!(rates.len() >= 3, "{rates:?}");
    rates
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("tests/fixtures/urdb/{name}.json")).unwrap()
}

fn tariff(text: &str) -> Tariff {
    Tariff::from_urdb(text, "test", None).unwrap()
}

/// A plant on the west coast of the United States, whose year has both clock changes.
fn plant(step_s: i64) -> Readings {
    let plant = Plant { step_s, zone: ZONE.to_owned(), ..Plant::default() };
    simulate(&plant, &Calendar::weekends(), &[]).unwrap().readings
}

fn bill_year(tariff: &Tariff, readings: &Readings) -> Bills {
    // A holiday that the tables must not know.
    let calendar = Calendar::weekends().with_holiday(date(2025, 7, 4), "Independence Day");
    let site = Site::new(None, Arc::new(readings.clone()), calendar, Contract::default()).unwrap();
    tariff.bill_site(&site, &BillingOptions::default()).unwrap()
}

fn unrounded(bills: &Bills) -> f64 {
    let lines = bills.bills.iter().flat_map(|bill| &bill.lines);
    lines.map(|line| line.amount_unrounded).sum::<Decimal>().to_f64().unwrap()
}

/// The same year in the plainest way, from the file and the readings alone: every interval asks its zone for the clock
/// and the tables for its period. It knows flat prices, blocks of a period and of all periods, and no look-back.
fn slow_year(text: &str, readings: &Readings) -> f64 {
    let root: Value = serde_json::from_str(text).unwrap();
    let rate = root.get("items").map_or(&root, |items| &items[0]);
    let field = |names: [&str; 2]| names.iter().find_map(|name| rate.get(*name)).filter(|value| !value.is_null());
    let number = |names: [&str; 2]| field(names).map_or(0.0, |value| value.as_f64().unwrap());
    let price = |tier: &Value| tier["rate"].as_f64().unwrap_or(0.0) + tier["adj"].as_f64().unwrap_or(0.0);
    let in_blocks = |tiers: &Value, quantity: f64, scale: f64| -> f64 {
        let (mut before, mut sum) = (0.0, 0.0);
        for tier in tiers.as_array().unwrap() {
            let end = tier["max"].as_f64().map_or(f64::INFINITY, |max| max * scale);
            sum += price(tier) * (quantity.min(end) - before).max(0.0);
            before = end.min(quantity).max(before);
        }
        sum
    };
    let zone = jiff::tz::TimeZone::get(ZONE).unwrap();
    let (axis, hours) = (readings.axis(), readings.axis().step_s() as f64 / 3600.0);
    let channel = |channel| readings.series(channel).unwrap().values();
    let (kwh, import, export) =
        (channel(Channel::IMPORT_KWH), channel(Channel::IMPORT_KVARH), channel(Channel::EXPORT_KVARH));
    let mut energy = vec![BTreeMap::<u64, f64>::new(); 12];
    let mut peaks = vec![BTreeMap::<u64, f64>::new(); 12];
    let (mut highest, mut reactive) = ([0.0f64; 12], [0.0f64; 12]);
    for index in 0..axis.len() {
        let local = jiff::Timestamp::from_second(axis.instant(index)).unwrap().to_zoned_datetime(zone.clone());
        let (month, hour) = (local.month() as usize - 1, local.hour() as usize);
        let kind = if local.weekday().to_monday_one_offset() > 5 { "weekend" } else { "weekday" };
        let kw = kwh[index] / hours;
        if let Some(table) = rate.get(format!("energy{kind}schedule")) {
            *energy[month].entry(table[month][hour].as_u64().unwrap()).or_default() += kwh[index];
        }
        if let Some(table) = rate.get(format!("demand{kind}schedule")) {
            let peak = peaks[month].entry(table[month][hour].as_u64().unwrap()).or_default();
            *peak = peak.max(kw);
        }
        highest[month] = highest[month].max(kw);
        reactive[month] = reactive[month].max((import[index] - export[index]).abs() / hours);
    }
    let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut total = 0.0;
    for month in 0..12 {
        let all: f64 = energy[month].values().sum();
        let ends = |period: &u64| -> Vec<Option<f64>> {
            let tiers = rate["energyratestructure"][*period as usize].as_array().unwrap();
            tiers.iter().map(|tier| tier["max"].as_f64()).collect()
        };
        let are_shared = energy[month].keys().all(|period| ends(period) == ends(energy[month].keys().next().unwrap()));
        for (period, kwh) in &energy[month] {
            let tiers = &rate["energyratestructure"][*period as usize];
            let scale = match tiers[0]["unit"].as_str() {
                Some("kWh daily") => f64::from(days[month]),
                Some("kWh/kW") => highest[month],
                _ => 1.0,
            };
            total += if are_shared { in_blocks(tiers, all, scale) * kwh / all } else { in_blocks(tiers, *kwh, scale) };
        }
        for (period, kw) in &peaks[month] {
            total += in_blocks(&rate["demandratestructure"][*period as usize], *kw, 1.0);
        }
        if let Some(structure) = rate.get("flatdemandstructure") {
            let period = rate["flatdemandmonths"][month].as_u64().unwrap();
            total += in_blocks(&structure[period as usize], highest[month], 1.0);
        }
        total += number(["demandreactivepowercharge", "demandReactPwrCharge"]) * reactive[month];
        let fixed = number(["fixedchargefirstmeter", "fixedmonthlycharge"]);
        total += match rate["fixedchargeunits"].as_str() {
            Some("$/day") => fixed * f64::from(days[month]),
            Some("$/year") => fixed / 12.0,
            _ => fixed,
        };
    }
    total
}

#[test]
fn every_real_rate_bills_a_year_as_its_slow_twin() {
    for (name, text) in real_rates() {
        let tariff = Tariff::from_urdb(&text, &name, None).unwrap();
        for step_s in [3600, 900] {
            let readings = plant(step_s);
            let bills = bill_year(&tariff, &readings);
            assert_eq!(bills.bills.len(), 12, "{name}: {:?}", bills.not_billed);
            assert!(bills.bills.iter().all(|bill| bill.not_done.is_empty()), "{name}: {:?}", bills.bills[0].not_done);
            let (found, expected) = (unrounded(&bills), slow_year(&text, &readings));
            println!("{name} at {step_s} s: {found:.6} USD, twin {expected:.6}");
            assert!((found - expected).abs() <= 1e-9 * expected, "{name} at {step_s} s: {found} against {expected}");
        }
        let again = Tariff::from_json(&serde_json::to_string(tariff.sheet()).unwrap(), &name).unwrap();
        assert_eq!(again, tariff, "{name}");
    }
}

#[test]
fn the_real_rates_say_what_they_are() {
    let rates: BTreeMap<String, Tariff> =
        real_rates().into_iter().map(|(name, text)| (name.clone(), Tariff::from_urdb(&text, &name, None).unwrap())).collect();
    if rates.is_empty() {
        return;
    }
    let [fpl, sce, sdge] = ["fpl_gsldt_1", "sce_tou8_option_d_under_2kv", "sdge_al_tou_secondary_above_500kw"]
        .map(|name| rates.get(name).unwrap().sheet());
    for sheet in [fpl, sce, sdge] {
        assert_eq!((sheet.currency.as_str(), sheet.versions.len()), ("USD", 1));
        assert!(sheet.notes[0].en.contains("published rate database"));
        assert!(sheet.source.starts_with("OpenEI Utility Rate Database, rate 67"), "{}", sheet.source);
    }
    // Midnight of three zones: 08:00, 06:00 and 23:00 of the day before, UTC.
    let from = |sheet: &wattlens::tariff::Sheet| sheet.versions[0].in_force.from;
    assert_eq!([from(fpl), from(sce), from(sdge)], [date(2025, 1, 1), date(2024, 10, 1), date(2024, 10, 1)]);
    // A reactive price is of nobody knows which kvar, so two of the three rest on an assumption.
    assert_eq!([fpl, sce, sdge].map(|sheet| sheet.certainty), [Certainty::Stated, Certainty::Assumed, Certainty::Assumed]);
    assert_eq!([fpl, sce, sdge].map(|sheet| sheet.customer.demand_kw), [
        Some((Some(500.0), Some(2000.0))),
        Some((Some(500.0), None)),
        Some((Some(20.0), Some(500.0))),
    ]);
    // Nothing of these is lost but the terms of net metering.
    let listed = [fpl, sce, sdge].map(|sheet| sheet.not_carried.iter().map(|one| one.field.as_str()).collect::<Vec<_>>());
    assert_eq!(listed, [vec!["dgrules"], vec![], vec!["dgRules"]]);
    let ids = [fpl, sce, sdge].map(|sheet| sheet.versions[0].components.iter().map(|one| one.id.as_str()).collect::<Vec<_>>());
    assert_eq!(ids, [
        vec!["energy", "demand", "fixed"],
        vec!["energy", "flat_demand", "demand", "reactive_demand", "fixed"],
        vec!["energy", "flat_demand", "demand", "reactive_demand", "fixed"],
    ]);
}

#[test]
fn every_field_of_a_real_rate_is_somewhere() {
    for (name, text) in real_rates() {
        let root: Value = serde_json::from_str(&text).unwrap();
        let rate = root["items"][0].as_object().unwrap();
        let tariff = Tariff::from_urdb(&text, &name, None).unwrap();
        for field in rate.keys() {
            // Without it the tariff differs, unless its value is also the default.
            let mut without = rate.clone();
            let value = without.remove(field).unwrap();
            let without = Tariff::from_urdb(&Value::Object(without).to_string(), &name, None);
            let is_default = ["kW", "$/month", "USA"].iter().any(|one| value == json!(one))
                || field.contains("source") // `source` or, without it, `sourceparent`
                || value == json!([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            assert!(is_default || without.is_err() || without.unwrap() != tariff, "{name}: {field} is lost");
        }
    }
}
