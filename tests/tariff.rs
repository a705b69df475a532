//! Bills against published numbers, and tariffs that must be refused.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;
use wattlens::readings::{Channel, Readings, Series};
use wattlens::site::{Contract, DemandBilling, OverrunRule, PowerFactorStandard, Site};
use wattlens::tariff::{BillingOptions, BillingQuantities, GivenPrice, Tariff, adjustment_basis_points, bundled, load};
use wattlens::time::{Calendar, TimeAxis, Zone};

const FUJIAN: &str = "cn-fujian-two-part-1-10kv-2025-08";

fn standard(value: f64) -> PowerFactorStandard {
    PowerFactorStandard::try_from(value).unwrap()
}

fn goldens() -> Option<Value> {
    let text = std::fs::read_to_string(common::data_folder()?.join("tariff/china_goldens.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn august(kwh: &Value) -> BillingQuantities {
    let kwh = kwh.as_object().unwrap().iter().map(|(period, kwh)| (period.clone(), kwh.as_f64().unwrap())).collect();
    BillingQuantities { from: date(2025, 8, 1), until: date(2025, 9, 1), kwh, ..BillingQuantities::default() }
}

fn cents(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap()
}

#[test]
fn the_two_xiamen_bills_of_august_2025() {
    let Some(goldens) = goldens() else { return };
    let tariff = load(FUJIAN).unwrap();
    for paper in goldens["bills"].as_array().unwrap() {
        let quantities = BillingQuantities {
            import_kvarh: paper["kvarh"][0].as_f64(),
            export_kvarh: paper["kvarh"][1].as_f64(),
            ..august(&paper["kwh"])
        };
        let contract = Contract {
            capacity_kva: paper["capacity_kva"].as_f64(),
            demand_billing: Some(DemandBilling::Capacity),
            power_factor_standard: Some(standard(0.90)),
            ..Contract::default()
        };
        let bill = tariff.bill(&quantities, &contract).unwrap();
        let paid = paper["billed_total"].as_f64().unwrap();
        assert!((cents(bill.total) - paid).abs() <= 0.10, "site {}: {} against {paid}", paper["site"], bill.total);
        assert_eq!(bill.power_factor, paper["pf"].as_f64());
        assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<Decimal>(), bill.total);
        assert!(!bill.assumed_in_force && bill.not_done.is_empty());
    }
}

#[test]
fn the_published_unit_prices_are_the_sum_of_the_components() {
    let Some(goldens) = goldens() else { return };
    let tariff = load(FUJIAN).unwrap();
    let published = &goldens["tariff"]["unit_price_yuan_per_kwh"];
    for (period, price) in tariff.period_names().iter().zip(tariff.period_prices().unwrap()) {
        let published = published[period].as_f64().unwrap();
        assert!((cents(price) - published).abs() < 5e-7, "{period}: {price} against {published}");
    }
}

#[test]
fn every_row_of_the_power_factor_table() {
    let Some(goldens) = goldens() else { return };
    let mut rows = 0;
    for (name, table) in goldens["pf_adjustment_percent"]["table"].as_object().unwrap() {
        for (power_factor, percent) in table.as_object().unwrap() {
            let hundredths = (power_factor.parse::<f64>().unwrap() * 100.0).round() as i32;
            let expected = (percent.as_f64().unwrap() * 100.0).round() as i32;
            let found = adjustment_basis_points(standard(name.parse().unwrap()), hundredths);
            assert_eq!(found, expected, "standard {name}, power factor {power_factor}");
            rows += 1;
        }
    }
    assert_eq!(rows, 183);
}

/// Actual kW, contract kW, capacity kVA, fee under rule A, fee under rule B, at 40 a kW.
const CONTRACT_CASES: &[(f64, f64, f64, &str, &str)] = &[
    (1000.0, 1000.0, 2000.0, "40000", "40000"),
    (1050.0, 1000.0, 2000.0, "40000", "40000"),
    (1100.0, 1000.0, 2000.0, "46000", "44000"),
    (1500.0, 1000.0, 2000.0, "78000", "76000"),
    (300.0, 500.0, 2000.0, "32000", "32000"),
    (700.0, 500.0, 1000.0, "35000", "34000"),
];

#[test]
fn contract_demand_under_both_rules() {
    let tariff = load(FUJIAN).unwrap();
    for (actual, contract_kw, capacity, fee_a, fee_b) in CONTRACT_CASES {
        for (rule, fee) in [(OverrunRule::A, fee_a), (OverrunRule::B, fee_b)] {
            let quantities = BillingQuantities { demand_kw: Some(*actual), ..august(&serde_json::json!({})) };
            let contract = Contract {
                capacity_kva: Some(*capacity),
                contract_demand_kw: Some(*contract_kw),
                demand_billing: Some(DemandBilling::ContractDemand),
                overrun_rule: rule,
                ..Contract::default()
            };
            let bill = tariff.bill(&quantities, &contract).unwrap();
            let basic: Decimal =
                bill.lines.iter().filter(|line| line.component == "basic_charge").map(|line| line.amount).sum();
            assert_eq!(basic, fee.parse::<Decimal>().unwrap(), "{actual} kW under {contract_kw} kW, rule {rule:?}");
        }
    }
}

#[test]
fn the_estimate_for_choosing_a_mode_equals_the_bill() {
    let tariff = load(FUJIAN).unwrap();
    let basic = tariff.basic_charge_on(date(2025, 8, 1)).unwrap();
    for (actual, contract_kw, capacity, ..) in CONTRACT_CASES {
        for mode in [DemandBilling::Capacity, DemandBilling::ActualDemand, DemandBilling::ContractDemand] {
            for overrun_rule in [OverrunRule::A, OverrunRule::B] {
                let contract = Contract {
                    capacity_kva: Some(*capacity),
                    contract_demand_kw: Some(*contract_kw),
                    demand_billing: Some(mode),
                    overrun_rule,
                    ..Contract::default()
                };
                let quantities = BillingQuantities { demand_kw: Some(*actual), ..august(&serde_json::json!({})) };
                let billed = cents(tariff.bill(&quantities, &contract).unwrap().total);
                assert!((basic.estimate(*actual, 0.0, &contract).unwrap() - billed).abs() < 0.01, "{contract:?}");
            }
        }
    }
}

#[test]
fn absurd_quantities_are_refused() {
    for kwh in [f64::NAN, f64::INFINITY, 1e30] {
        let quantities = BillingQuantities { kwh: [("flat".to_owned(), kwh)].into(), ..august(&serde_json::json!({})) };
        let message = load(FUJIAN).unwrap().bill(&quantities, &Contract::default()).unwrap_err().to_string();
        assert!(message.contains("flat"), "{message}");
    }
}

#[test]
fn quantities_that_cannot_be_are_refused() {
    let tariff = load(FUJIAN).unwrap();
    let good = august(&serde_json::json!({"flat": 1000.0}));
    let cases = [
        (BillingQuantities { until: date(2025, 8, 1), ..good.clone() }, "dates that ascend"),
        (BillingQuantities { demand_kw: Some(-50.0), ..good.clone() }, "kW of demand"),
        (BillingQuantities { power_factor_kwh: Some(f64::NAN), ..good.clone() }, "power factor"),
        (august(&serde_json::json!({"flat": -1000.0})), "zero or more"),
    ];
    for (quantities, expected) in cases {
        let message = tariff.bill(&quantities, &Contract::default()).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
    for capacity_kva in [5e27, 1e-9, f64::NAN] {
        let contract = Contract {
            capacity_kva: Some(capacity_kva),
            demand_billing: Some(DemandBilling::Capacity),
            ..Contract::default()
        };
        assert!(tariff.bill(&good, &contract).unwrap_err().to_string().contains("capacity_kva"));
    }
}

#[test]
fn parts_of_intervals_give_no_power_factor() {
    // 31 days of 5 minutes, every third reactive reading missing: no quarter-hour has a whole one.
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let axis = TimeAxis::new(1_753_977_600, 300, 31 * 288, zone).unwrap();
    let kvarh = (0..axis.len()).map(|at| if at % 3 == 0 { f64::NAN } else { 10.0 }).collect();
    let series =
        vec![Series::new(Channel::IMPORT_KWH, vec![10.0; axis.len()]), Series::new(Channel::IMPORT_KVARH, kvarh)];
    let coarse = Readings::new(axis, series).unwrap().resample(900).unwrap();
    let contract = Contract { power_factor_standard: Some(standard(0.90)), ..Contract::default() };
    let site = Site::new(None, Arc::new(coarse), Calendar::weekends(), contract).unwrap();
    let bills = load(FUJIAN).unwrap().bill_site(&site, &BillingOptions::default()).unwrap();
    assert_eq!(bills.bills[0].power_factor, None);
    assert!(bills.bills[0].not_done.iter().any(|one| one.needs == "readings.import_kvarh"));
}

#[test]
fn findings_are_not_priced_outside_the_dates_in_force() {
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let axis = TimeAxis::new(1_514_736_000, 900, 96, zone).unwrap();
    let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![1.0; 96])]).unwrap();
    let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default()).unwrap();
    let tariff = load(FUJIAN).unwrap();
    assert!(tariff.prices(&site).unwrap_err().to_string().contains("assume_in_force"));
    assert_eq!(tariff.assume_in_force().prices(&site).unwrap()[40], 0.801031);
}

#[test]
fn what_a_bill_lacks_is_named_and_absent() {
    let bill = load(FUJIAN).unwrap().bill(&august(&serde_json::json!({"flat": 1000})), &Contract::default()).unwrap();
    let needs: Vec<&str> = bill.not_done.iter().map(|one| one.needs.as_str()).collect();
    assert_eq!(needs, ["contract.demand_billing", "contract.power_factor_standard"]);
    assert!(bill.lines.iter().all(|line| line.component != "basic_charge"));
    // 373.90 + 182.60 (182.60025) + 27.67 (27.66875)
    assert_eq!(bill.total.to_string(), "584.17");
}

#[test]
fn a_template_refuses_until_its_prices_are_given() {
    let template = load("cn-fujian-two-part-1-10kv-2026-08").unwrap();
    let quantities = BillingQuantities {
        from: date(2026, 9, 1),
        until: date(2026, 10, 1),
        ..august(&serde_json::json!({"flat": 1000, "valley": 1000}))
    };
    let message = template.bill(&quantities, &Contract::default()).unwrap_err().to_string();
    assert!(message.contains("purchase, line_loss, system"), "{message}");
    let prices = [("purchase", "0.38"), ("line_loss", "0.013"), ("system", "0.08")];
    let prices: BTreeMap<String, GivenPrice> =
        prices.into_iter().map(|(id, price)| (id.to_owned(), GivenPrice::Always(price.parse().unwrap()))).collect();
    let bill = template.with_prices(&prices).unwrap().bill(&quantities, &Contract::default()).unwrap();
    // 1000·0.38 + 1000·0.38·0.37 + 2000·(0.013 + 0.1219 + 0.08 + 0.02766875 → 55.34)
    assert_eq!(bill.total.to_string(), "1005.74");
    assert!(bill.lines.iter().any(|line| line.source == "given by the user"));
    let wrong = BTreeMap::from([("purchas".to_owned(), GivenPrice::Always(Decimal::ONE))]);
    assert!(template.with_prices(&wrong).unwrap_err().to_string().contains("purchase"));
}

#[test]
fn dates_outside_are_an_error_unless_assumed() {
    let tariff = load(FUJIAN).unwrap();
    let quantities = BillingQuantities {
        from: date(2025, 7, 1),
        until: date(2025, 8, 1),
        ..august(&serde_json::json!({"flat": 1}))
    };
    let message = tariff.bill(&quantities, &Contract::default()).unwrap_err().to_string();
    assert!(message.contains("2025-08-01") && message.contains("assume_in_force"), "{message}");
    assert!(tariff.assume_in_force().bill(&quantities, &Contract::default()).unwrap().assumed_in_force);
}

fn edited(edit: impl FnOnce(&mut Value)) -> String {
    let tariff = load(FUJIAN).unwrap();
    let mut json = serde_json::to_value(tariff.sheet()).unwrap();
    edit(&mut json);
    Tariff::from_json(&json.to_string(), "mine.json").unwrap_err().to_string()
}

#[test]
fn bad_tariffs_are_refused_with_the_field_and_the_remedy() {
    type Edit = fn(&mut Value);
    fn version(t: &mut Value) -> &mut Value {
        &mut t["versions"][0]
    }
    fn charge(t: &mut Value, at: usize) -> &mut Value {
        &mut t["versions"][0]["components"][at]["charge"]
    }
    fn schedule(t: &mut Value) -> &mut Value {
        &mut t["versions"][0]["schedules"][0]
    }
    let cases: &[(Edit, &[&str])] = &[
        (
            |t| charge(t, 0)["energy"]["prise"] = "1".into(),
            &["versions[0].components[0].charge.energy.prise", "unknown field `prise`", "near names: price"],
        ),
        (|t| t["curency"] = "CNY".into(), &["unknown field `curency`", "near names: currency"]),
        (
            |t| charge(t, 1)["energy"]["price"] = "-0.1".into(),
            &["components[1].charge.energy.price", "found -0.1", "zero or more"],
        ),
        (|t| *charge(t, 0) = serde_json::json!({"enrgy": {}}), &["unknown variant `enrgy`", "energy"]),
        (|t| version(t)["components"][1]["id"] = "purchase".into(), &["components[1].id", "used twice"]),
        (|t| schedule(t)["rest"] = Value::Null, &["schedules[0].base", "no period covers 08:00-10:00", "rest"]),
        (
            |t| schedule(t)["base"][1]["windows"] = serde_json::json!(["00:00-10:30"]),
            &["schedules[0].base[1]", "overlaps peak at 10:00 all year"],
        ),
        (|t| schedule(t)["factors"]["peek"] = "1".into(), &["schedules[0].factors.peek", "near names: peak"]),
        (
            |t| {
                schedule(t)["factors"].as_object_mut().unwrap().remove("valley");
            },
            &["components[0].charge.energy.floats", "\"valley\" has no factor"],
        ),
        (|t| schedule(t)["overlays"][0]["months"] = serde_json::json!([13]), &["month 13"]),
        (|t| schedule(t)["base"][0]["windows"] = serde_json::json!(["9"]), &["\"9\"", "08:00-11:30"]),
        (|t| schedule(t)["overlays"][0]["trigger"] = "hot".into(), &["overlays", "no trigger of the tariff is named"]),
        (|t| version(t)["in_force"]["until"] = "2025-08-01".into(), &["versions[0].in_force", "not after"]),
        (|t| version(t)["components"] = serde_json::json!([]), &["components", "none"]),
        (|t| t["versions"] = serde_json::json!([]), &["versions", "none"]),
        (
            |t| {
                let again = version(t).clone();
                t["versions"].as_array_mut().unwrap().push(again);
            },
            &["versions[1].in_force", "end each before the next"],
        ),
        (
            |t| charge(t, 4)["power_factor"]["excludes"] = serde_json::json!(["funds"]),
            &["no component before it is named \"funds\""],
        ),
        (|t| t["schema"] = 7.into(), &["schema", "found 7"]),
        (|t| version(t)["in_force"]["from"] = "someday".into(), &["versions[0].in_force.from"]),
    ];
    for (edit, expected) in cases {
        let message = edited(edit);
        for text in *expected {
            assert!(message.contains(text), "{text:?} is not in: {message}");
        }
    }
    let message = Tariff::from_json("{", "mine.json").unwrap_err().to_string();
    assert!(message.contains("mine.json") && message.contains("line 1"), "{message}");
    assert!(load("cn-fujian-two-part").unwrap_err().to_string().contains(FUJIAN));
}

#[test]
fn every_bundled_tariff_loads_and_names_its_sources() {
    for id in bundled() {
        let tariff = load(id).unwrap();
        assert_eq!(tariff.sheet().id, id);
        let again = Tariff::from_json(&serde_json::to_string(tariff.sheet()).unwrap(), id).unwrap();
        assert_eq!(again, tariff);
        assert!(!tariff.sheet().source.is_empty() && !tariff.sheet().name.zh.is_empty());
    }
}

proptest! {
    #[test]
    fn arbitrary_text_is_refused_without_panic(text in ".{0,400}") {
        let _ = Tariff::from_json(&text, "fuzz");
    }

    #[test]
    fn a_damaged_tariff_is_refused_or_loads_without_panic(at in 0usize..4000, byte in any::<u8>()) {
        let mut bytes = serde_json::to_vec(load(FUJIAN).unwrap().sheet()).unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(tariff) = Tariff::from_json(&text, "damaged")
        {
            let kwh = tariff.period_names().iter().map(|period| (period.clone(), 9.9e12)).collect();
            let quantities = BillingQuantities { kwh, ..august(&serde_json::json!({})) };
            let _ = tariff.assume_in_force().bill(&quantities, &Contract::default());
        }
    }

    #[test]
    fn a_bill_is_the_sum_of_its_rounded_lines(
        kwh in prop::array::uniform4(0.0..5e6f64),
        kvarh in 0.0..3e6f64,
        capacity in 100.0..20_000.0f64,
    ) {
        let kwh = load(FUJIAN).unwrap().period_names().iter().cloned().zip(kwh).collect();
        let quantities = BillingQuantities { kwh, import_kvarh: Some(kvarh), ..august(&serde_json::json!({})) };
        let contract = Contract {
            capacity_kva: Some(capacity),
            demand_billing: Some(DemandBilling::Capacity),
            power_factor_standard: Some(standard(0.85)),
            ..Contract::default()
        };
        let bill = load(FUJIAN).unwrap().bill(&quantities, &contract).unwrap();
        prop_assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<Decimal>(), bill.total);
        for line in &bill.lines {
            prop_assert_eq!(line.quantity * line.price, line.amount_unrounded);
            prop_assert!((line.amount - line.amount_unrounded).abs() <= Decimal::new(5, 3));
        }
    }
}
