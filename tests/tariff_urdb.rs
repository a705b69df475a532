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
    let rates: BTreeMap<String, Tariff> = real_rates()
        .into_iter()
        .map(|(name, text)| (name.clone(), Tariff::from_urdb(&text, &name, None).unwrap()))
        .collect();
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
    assert_eq!(
        [fpl, sce, sdge].map(|sheet| sheet.certainty),
        [Certainty::Stated, Certainty::Assumed, Certainty::Assumed]
    );
    assert_eq!(
        [fpl, sce, sdge].map(|sheet| sheet.customer.demand_kw),
        [Some((Some(500.0), Some(2000.0))), Some((Some(500.0), None)), Some((Some(20.0), Some(500.0))),]
    );
    // Nothing of these is lost but the terms of net metering.
    let listed =
        [fpl, sce, sdge].map(|sheet| sheet.not_carried.iter().map(|one| one.field.as_str()).collect::<Vec<_>>());
    assert_eq!(listed, [vec!["dgrules"], vec![], vec!["dgRules"]]);
    let ids = [fpl, sce, sdge]
        .map(|sheet| sheet.versions[0].components.iter().map(|one| one.id.as_str()).collect::<Vec<_>>());
    assert_eq!(
        ids,
        [
            vec!["energy", "demand", "fixed"],
            vec!["energy", "flat_demand", "demand", "reactive_demand", "fixed"],
            vec!["energy", "flat_demand", "demand", "reactive_demand", "fixed"],
        ]
    );
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

/// Quantities of a month, energy by period.
fn month(first: &str, kwh: &[(&str, f64)]) -> BillingQuantities {
    let from: jiff::civil::Date = first.parse().unwrap();
    let kwh = kwh.iter().map(|(period, kwh)| ((*period).to_owned(), *kwh)).collect();
    BillingQuantities { from, until: from.last_of_month().tomorrow().unwrap(), kwh, ..BillingQuantities::default() }
}

fn with_demands(quantities: BillingQuantities, demands: &[(&str, &str, f64)]) -> BillingQuantities {
    let mut by_component: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for (component, key, value) in demands {
        by_component.entry((*component).to_owned()).or_default().insert((*key).to_owned(), *value);
    }
    BillingQuantities { by_component, ..quantities }
}

/// Component, period, tier, quantity and unrounded amount of every line.
fn lines(tariff: &Tariff, quantities: &BillingQuantities) -> Vec<String> {
    let bill = tariff.bill(quantities, &Contract::default()).unwrap();
    let text = |line: &wattlens::tariff::Line| {
        let period = line.period.as_deref().unwrap_or("-");
        let tier = line.tier.map_or("-".to_owned(), |tier| tier.to_string());
        format!("{} {period} {tier} {} = {}", line.component, line.quantity, line.amount_unrounded)
    };
    bill.lines.iter().map(text).collect()
}

fn listed(tariff: &Tariff) -> Vec<(&str, bool)> {
    tariff.not_carried().iter().map(|one| (one.field.as_str(), one.costs)).collect()
}

#[test]
fn blocks_with_the_same_limits_are_filled_by_all_periods_together() {
    let tariff = tariff(&fixture("blocks_shared"));
    // 2000 kWh, of which 1000 lie in the first block; a period with 30 % of the energy has 30 % of each block.
    // Prices are rate + adj: 0.10 and 0.08, 0.20 and 0.15. March has 31 days of 1.50.
    let march = month("2025-03-01", &[("energy_1", 600.0), ("energy_2", 1400.0)]);
    assert_eq!(
        lines(&tariff, &march),
        [
            "energy energy_1 1 300 = 30",
            "energy energy_1 2 300 = 24",
            "energy energy_2 1 700 = 140",
            "energy energy_2 2 700 = 105",
            "fixed - - 1 = 46.5",
        ]
    );
    // Nothing used: 46.50 is short of 50 by 3.50.
    let idle = month("2025-03-01", &[("energy_1", 0.0), ("energy_2", 0.0)]);
    assert_eq!(lines(&tariff, &idle), ["fixed - - 1 = 46.5", "minimum - - 3.5 = 3.5"]);
    assert_eq!(listed(&tariff), [("fixedchargeeaaddl", true)]);
    let bill = tariff.bill(&march, &Contract::default()).unwrap();
    assert_eq!((bill.not_carried, bill.total.to_string().as_str()), (1, "345.50"));
    assert_eq!(bill.lines[0].source, "OpenEI Utility Rate Database, rate made-up-1, energyratestructure");
    assert_eq!((bill.lines[0].certainty, bill.lines[4].certainty), (Certainty::Assumed, Certainty::Stated));
}

#[test]
fn seasons_are_months_and_a_look_back_raises_the_demand() {
    let tariff = tariff(&fixture("seasons_and_look_back"));
    let sheet = tariff.sheet();
    // The last day is in force: 31 December 2025.
    assert_eq!(sheet.versions[0].in_force.until, Some(date(2026, 1, 1)));
    assert_eq!(sheet.customer.voltage.as_deref(), Some("Primary, 2400-34500 V"));
    assert!(sheet.notes.iter().any(|note| note.en.starts_with("Delivery only")), "{:?}", sheet.notes);
    let Charge::Demand(flat) = &sheet.versions[0].components[1].charge else { panic!("{:?}", sheet.versions[0]) };
    assert_eq!((flat.window_s, flat.by_month.len()), (Some(1800), 12));
    // August: all energy at 0.12; 500 kW are 200 at 11 and 300 at 15; a twelfth of 1200 a year.
    let august = with_demands(month("2025-08-01", &[("energy_2", 10_000.0)]), &[("flat_demand", "all", 500.0)]);
    assert_eq!(
        lines(&tariff, &august),
        [
            "energy energy_2 - 10000 = 1200",
            "flat_demand - 1 200 = 2200",
            "flat_demand - 2 300 = 4500",
            "fixed - - 1 = 100",
        ]
    );
    // November has 30 days: 3000 kWh at 0.10, the rest at 0.05. 300 kW are billed as 80 % of 500, at 8.
    let carried = tariff.bill(&august, &Contract::default()).unwrap().carried;
    let november = with_demands(month("2025-11-01", &[("energy_1", 5000.0)]), &[("flat_demand", "all", 300.0)]);
    assert_eq!(
        lines(&tariff, &BillingQuantities { carried, ..november.clone() }),
        [
            "energy energy_1 1 3000 = 300",
            "energy energy_1 2 2000 = 100",
            "flat_demand - - 400 = 3200",
            "fixed - - 1 = 100",
        ]
    );
    // Where the year before is not known nothing is invented, and the bill says so.
    let bill = tariff.bill(&november, &Contract::default()).unwrap();
    assert_eq!(bill.not_done[0].task, "bill.ratchet");
    assert!(listed(&tariff).is_empty(), "{:?}", listed(&tariff));
}

#[test]
fn hours_of_use_stretch_the_blocks_and_free_periods_have_no_line() {
    let tariff = tariff(&fixture("hours_of_use"));
    // 150 kW: blocks end at 200 × 150 = 30 000 and 400 × 150 = 60 000 kWh.
    let quantities = BillingQuantities { demand_kw: Some(150.0), ..month("2025-03-01", &[("energy_1", 70_000.0)]) };
    let quantities = with_demands(quantities, &[("demand", "demand_1", 150.0), ("demand", "demand_2", 130.0)]);
    assert_eq!(
        lines(&tariff, &quantities),
        [
            "energy energy_1 1 30000 = 3600",
            "energy energy_1 2 30000 = 2400",
            "energy energy_1 3 10000 = 500",
            "demand demand_2 1 100 = 500",
            "demand demand_2 2 30 = 135",
            "fixed - - 1 = 30",
        ]
    );
}

#[test]
fn invented_rates_bill_a_year_as_their_slow_twin() {
    for name in ["blocks_shared", "hours_of_use"] {
        // The twin knows no minimum; the plant is far above it.
        let (text, readings) = (fixture(name), plant(900));
        let bills = bill_year(&tariff(&text), &readings);
        let (found, expected) = (unrounded(&bills), slow_year(&text, &readings));
        assert_eq!(bills.bills.len(), 12);
        assert!((found - expected).abs() <= 1e-9 * expected, "{name}: {found} against {expected}");
    }
}

#[test]
fn exports_are_paid_and_what_cannot_be_carried_over_is_listed() {
    let tariff = tariff(&fixture("exports_and_more"));
    let quantities = BillingQuantities {
        export_kwh: [("energy_1".to_owned(), 200.0), ("energy_2".to_owned(), 50.0)].into(),
        other_kwh: [("fuel_adjustment_1".to_owned(), 1500.0)].into(),
        ..month("2025-03-01", &[("energy_1", 1000.0), ("energy_2", 500.0)])
    };
    assert_eq!(
        lines(&tariff, &quantities),
        [
            "energy energy_1 - 1000 = 100",
            "energy energy_2 - 500 = 150",
            "fuel_adjustment fuel_adjustment_1 - 1500 = 15",
            "export energy_1 - -200 = -6",
            "export energy_2 - -50 = -4",
        ]
    );
    assert_eq!(
        listed(&tariff),
        [
            ("coincidentratestructure", true),
            ("demandattrs", true),
            ("ridercredit", true),
            ("state", false),
            ("zip", false),
        ]
    );
    assert_eq!(tariff.bill(&quantities, &Contract::default()).unwrap().not_carried, 3);
    assert!(tariff.not_carried().iter().all(|one| !one.why.en.is_empty() && !one.why.zh.is_empty()));
    assert!(tariff.not_carried()[0].value.contains("6.5"));
    // Not approved by its editors, and without a first date.
    assert_eq!(tariff.sheet().certainty, Certainty::Unverified);
    assert_eq!(tariff.sheet().versions[0].in_force.from, date(1900, 1, 1));
    let minimum = &tariff.sheet().versions[0].components;
    assert_eq!(
        minimum.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
        ["energy", "fuel_adjustment", "minimum_year", "export"]
    );
}

#[test]
fn the_other_spelling_of_every_field_says_the_same() {
    let tariff = tariff(&fixture("older_database"));
    let sheet = tariff.sheet();
    assert_eq!((sheet.id.as_str(), sheet.name.en.as_str()), ("urdb-53a1", "Older record"));
    assert_eq!(sheet.utility.as_ref().unwrap().en, "Hill Power");
    assert_eq!(sheet.source, "OpenEI Utility Rate Database, rate 53a1 (https://example.org/tariff.pdf)");
    assert_eq!(sheet.customer.demand_kw, Some((Some(50.0), Some(1000.0))));
    let in_force = sheet.versions[0].in_force;
    assert_eq!((in_force.from, in_force.until), (date(2024, 1, 1), Some(date(2025, 1, 1))));
    assert!(listed(&tariff).is_empty(), "{:?}", listed(&tariff));
    // Editors are not named.
    assert!(sheet.notes.iter().any(|note| note.en.contains("revisions 1")), "{:?}", sheet.notes);
    assert!(!serde_json::to_string(sheet).unwrap().contains("userid"));
    // 100 kVA are billed as 35 % of 400 in May, at 4.25; kvar at 0.40.
    let demands = [("flat_demand", "all", 400.0), ("reactive_demand", "all", 0.0)];
    let may = with_demands(month("2024-05-01", &[("energy_1", 0.0), ("energy_2", 0.0)]), &demands);
    let carried = tariff.bill(&may, &Contract::default()).unwrap().carried;
    let demands = [("flat_demand", "all", 100.0), ("reactive_demand", "all", 60.0)];
    let june = with_demands(month("2024-06-01", &[("energy_1", 10.0), ("energy_2", 20.0)]), &demands);
    assert_eq!(
        lines(&tariff, &BillingQuantities { carried, ..june }),
        [
            "energy energy_1 - 10 = 1",
            "energy energy_2 - 20 = 3",
            "flat_demand - - 140 = 595",
            "reactive_demand - - 60 = 24",
            "fixed - - 1 = 20",
        ]
    );
}

#[test]
fn one_of_several_rates_is_chosen_by_its_label() {
    let text = fixture("several");
    let problem = Tariff::from_urdb(&text, "several.json", None).unwrap_err().to_string();
    assert!(problem.contains("several.json") && problem.contains("2 rates"), "{problem}");
    assert!(problem.contains("label=") && problem.contains("first (River Light: Small)"), "{problem}");
    let large = Tariff::from_urdb(&text, "several.json", Some("second")).unwrap();
    assert_eq!((large.sheet().id.as_str(), listed(&large)), ("urdb-second", vec![("next", false)]));
    let list = serde_json::from_str::<Value>(&text).unwrap()["items"].to_string();
    let small = Tariff::from_urdb(&list, "list", Some("first")).unwrap();
    assert_eq!(small.period_prices().unwrap()[0].to_string(), "0.11");
    let problem = Tariff::from_urdb(&text, "several.json", Some("sekond")).unwrap_err().to_string();
    assert!(problem.contains("second"), "{problem}");
}

/// A rate that is right, to be damaged.
fn right() -> Value {
    let table = json!(vec![vec![0; 24]; 12]);
    json!({
        "label": "right", "name": "Right", "utility": "River Light", "startdate": 1_704_092_400,
        "energyratestructure": [[{"max": 100, "rate": 0.1}, {"max": 300, "rate": 0.2}, {"rate": 0.3}]],
        "energyweekdayschedule": table, "energyweekendschedule": table,
        "flatdemandstructure": [[{"rate": 5}]], "flatdemandmonths": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        "fixedchargefirstmeter": 10, "fixedchargeunits": "$/month",
    })
}

#[test]
fn bad_rates_are_refused_with_field_and_remedy() {
    let cases: &[(&str, Value, &[&str])] = &[
        ("/energyweekdayschedule", json!([[0]]), &["energyweekdayschedule", "1 months", "12 months of 24"]),
        ("/energyweekendschedule/3", json!([0, 0]), &["energyweekendschedule[3]", "2 hours", "24 indices"]),
        ("/energyweekdayschedule/5/7", json!(1), &["energyweekdayschedule[5][7]", "found 1", "index", "add the rate"]),
        ("/energyweekdayschedule/5/7", json!(-1), &["energyweekdayschedule[5][7]", "found -1"]),
        ("/energyweekdayschedule/5/7", json!("a"), &["energyweekdayschedule[5][7]", "found \"a\""]),
        ("/energyweekdayschedule", Value::Null, &["energyweekdayschedule", "absent", "repeat"]),
        ("/energyratestructure/0", json!([]), &["energyratestructure[0]", "no rate", "month 1, hour 0 of a weekday"]),
        ("/energyratestructure/0/1/max", json!(100), &["energyratestructure[0][1].max", "more than 100", "rise"]),
        ("/energyratestructure/0/0/max", Value::Null, &["energyratestructure[0][0].max", "absent"]),
        (
            "/energyratestructure/0/1/rate",
            json!(-0.2),
            &["energyratestructure[0][1].rate", "-0.2", "zero or more", "by hand"],
        ),
        ("/energyratestructure/0/1/rate", json!("x"), &["energyratestructure[0][1].rate", "\"x\"", "number"]),
        ("/energyratestructure/0/1/rate", json!(1e30), &["energyratestructure[0][1].rate", "1e+30", "unit"]),
        (
            "/energyratestructure/0",
            json!([{"unit": "kWh", "max": 9, "rate": 1}, {"unit": "kWh/kW", "rate": 1}]),
            &["energyratestructure[0][1].unit", "kWh/kW", "one unit"],
        ),
        ("/energyratestructure/0/0/unit", json!("MWh"), &["energyratestructure[0][0].unit", "MWh", "kWh daily"]),
        ("/energyratestructure", json!({"a": 1}), &["energyratestructure", "list"]),
        ("/flatdemandmonths", json!([0, 0]), &["flatdemandmonths", "2 months", "12 indices"]),
        ("/flatdemandmonths/4", json!(2), &["flatdemandmonths[4]", "found 2"]),
        ("/fixedchargefirstmeter", json!(-3), &["fixedchargefirstmeter", "-3", "zero or more"]),
        ("/startdate", json!(1e15), &["startdate", "1970", "1900 and 2200"]),
        ("/startdate", json!(false), &["startdate", "false"]),
    ];
    for (place, value, says) in cases {
        let mut rate = right();
        match rate.pointer_mut(place) {
            Some(found) => *found = value.clone(),
            None => {
                let (object, field) = place.rsplit_once('/').unwrap();
                rate.pointer_mut(object).unwrap()[field] = value.clone();
            }
        }
        let problem = Tariff::from_urdb(&rate.to_string(), "bad.json", None).expect_err(place).to_string();
        assert!(says.iter().chain(&["bad.json"]).all(|text| problem.contains(text)), "{place}: {problem}");
    }
    for (field, value, says) in [
        ("enddate", json!(1_600_000_000), &["enddate", "before it starts on 2024-01-01"][..]),
        ("demandwindow", json!(-15), &["demandwindow", "-15"]),
        ("demandwindow", json!(7.5), &["demandwindow", "7.5", "whole minutes"]),
        ("lookbackpercent", json!(180), &["lookbackpercent", "180", "percent"]),
        ("lookbackmonths", json!([true]), &["lookbackmonths", "12 truth values"]),
        ("demandratchetpercentage", json!([0.5]), &["demandratchetpercentage", "12 shares"]),
        ("fueladjustmentsmonthly", json!([0.1]), &["fueladjustmentsmonthly", "12 prices"]),
        ("FixedChargeFirstMeter", json!(11), &["same field", "fixedchargefirstmeter", "11"]),
    ] {
        let mut rate = right();
        rate[field] = value;
        let problem = Tariff::from_urdb(&rate.to_string(), "bad.json", None).expect_err(field).to_string();
        assert!(says.iter().all(|text| problem.contains(text)), "{field}: {problem}");
    }
}

#[test]
fn texts_that_are_no_rate_are_refused() {
    for (text, says) in [
        ("", "JSON"),
        ("{\"energyratestructure\": [[{\"rate\": Infinity}]]}", "energyratestructure[0][0].rate"),
        ("{\"energyratestructure\": [[{\"rate\": 1e999}]]}", "energyratestructure[0][0].rate"),
        ("{\"energyratestructure\": [[{\"rate\": NaN}]]}", "finite"),
        ("{\"error\": {\"code\": \"OVER_RATE_LIMIT\"}}", "energyratestructure"),
        ("{\"items\": []}", "no rate"),
        ("{\"items\": 3}", "items"),
        ("[1]", "items[0]"),
        ("\"text\"", "expected a rate"),
        ("{\"name\": \"free\", \"fixedchargefirstmeter\": 0}", "no price"),
    ] {
        let problem = Tariff::from_urdb(text, "no.json", None).unwrap_err().to_string();
        assert!(problem.contains("no.json") && problem.contains(says), "{text}: {problem}");
    }
}

#[test]
fn a_huge_or_deep_text_is_refused_quickly() {
    let began = std::time::Instant::now();
    let problem = Tariff::from_urdb(&"[".repeat(50_000_000), "huge.json", None).unwrap_err().to_string();
    assert!(problem.contains("50 MB") && problem.contains("10 MB"), "{problem}");
    assert!(began.elapsed().as_millis() < 500, "{:?}", began.elapsed());
    assert!(Tariff::from_urdb(&"[".repeat(1_000_000), "deep.json", None).is_err());
    let wide = format!("{{\"energyratestructure\": [{}[{{\"rate\": 1}}]]}}", "[{\"rate\": 1}],".repeat(100_000));
    let problem = Tariff::from_urdb(&wide, "wide.json", None).unwrap_err().to_string();
    assert!(problem.contains("at most 64 periods"), "{problem}");
    assert!(problem.len() < 1000, "{} characters", problem.len());
}

/// Something that can stand anywhere in a file.
fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        any::<f64>().prop_map(|value| json!(value)),
        (-2i32..30).prop_map(|value| json!(value)),
        "[a-z$/ ]{0,8}".prop_map(|value| json!(value)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{"rate": 1, "max": 5}])),
        Just(json!([[{"rate": 1, "sell": 0.5}], [{"rate": 2}]])),
        prop::collection::vec(0u8..3, 0..25).prop_map(|row| json!(row)),
    ]
}

/// Every place in a value, as pointers.
fn places(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut at = 0;
    while let Some(place) = found.get(at).cloned() {
        match value.pointer(&place) {
            Some(Value::Array(items)) => found.extend((0..items.len()).map(|one| format!("{place}/{one}"))),
            Some(Value::Object(items)) => found.extend(items.keys().map(|one| format!("{place}/{one}"))),
            _ => {}
        }
        at += 1;
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Damage anywhere gives an error or a tariff that its own JSON gives again, never a panic.
    #[test]
    fn damaged_rates_are_refused_or_read(
        name in prop::sample::select(vec!["blocks_shared", "seasons_and_look_back", "hours_of_use", "exports_and_more", "older_database"]),
        damages in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4),
    ) {
        let mut rate: Value = serde_json::from_str(&fixture(name)).unwrap();
        for (place, value) in damages {
            let places = places(&rate);
            *rate.pointer_mut(&places[place.index(places.len())]).unwrap() = value;
        }
        if let Ok(tariff) = Tariff::from_urdb(&rate.to_string(), "damaged", None) {
            let json = serde_json::to_string(tariff.sheet()).unwrap();
            prop_assert_eq!(Tariff::from_json(&json, "again").unwrap(), tariff);
        }
    }

    /// Text cut or changed at any place.
    #[test]
    fn damaged_text_is_refused_or_read(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut text = fixture("exports_and_more").into_bytes();
        let at = at.index(text.len());
        if cut { text.truncate(at) } else { text[at] = byte }
        let _ = Tariff::from_urdb(&String::from_utf8_lossy(&text), "damaged", None);
    }

    /// Where every hour has its period, the schedule made of the tables gives each hour that period: a kWh in one
    /// hour of the year costs the price in the table.
    #[test]
    fn tables_become_schedules_hour_by_hour(
        weekday in prop::collection::vec(prop::collection::vec(0usize..4, 24), 12),
        weekend in prop::collection::vec(prop::collection::vec(0usize..4, 24), 12),
        hour in 0usize..8760,
    ) {
        let prices = [0.11, 0.22, 0.33, 0.44];
        let rate = json!({
            "label": "t", "startdate": 1_704_092_400,
            "energyratestructure": prices.map(|price| vec![json!({"rate": price})]),
            "energyweekdayschedule": weekday, "energyweekendschedule": weekend,
        });
        let tariff = Tariff::from_urdb(&rate.to_string(), "t", None).unwrap();
        let axis = wattlens::time::TimeAxis::new(1_735_689_600, 3600, 8760, wattlens::time::Zone::named("Etc/UTC").unwrap());
        let axis = axis.unwrap();
        let kwh: Vec<f64> = vec![1.0; 8760];
        let readings = Readings::new(axis, vec![wattlens::readings::Series::new(Channel::IMPORT_KWH, kwh)]).unwrap();
        let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default()).unwrap();
        let day = date(2025, 1, 1).checked_add(jiff::Span::new().days(hour as i64 / 24)).unwrap();
        let table = if day.weekday().to_monday_one_offset() > 5 { &weekend } else { &weekday };
        let expected = prices[table[day.month() as usize - 1][hour % 24]];
        prop_assert_eq!(tariff.prices(&site).unwrap()[hour], expected);
    }
}
