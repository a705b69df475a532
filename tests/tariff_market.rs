//! Market users: prices by interval, retail contracts, deviation from the contracted energy. Every expected number is
//! worked out by hand in its test, or by a slow twin.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings, Series};
use wattlens::site::{Contract, Site};
use wattlens::tariff::{
    Bill, BillingOptions, BillingPeriods, BillingQuantities, GivenPrice, PriceSeries, Tariff, measure_quantities,
};
use wattlens::time::{Calendar, TimeAxis, Zone};

/// A tariff of these charges, with what else the test says of it.
fn tariff_with(charges: &[(&str, Value)], more: &Value) -> Tariff {
    let words = json!({"en": "", "zh": ""});
    let components: Vec<Value> = charges
        .iter()
        .map(|(id, charge)| json!({"id": id, "name": words, "charge": charge, "source": "s", "certainty": "stated"}))
        .collect();
    let version = json!({
        "in_force": {"from": "2020-01-01"}, "components": components,
        "schedules": more.get("schedules").cloned().unwrap_or_else(|| json!([])),
    });
    let sheet = json!({
        "schema": 2, "id": "t", "name": words, "currency": "CNY", "certainty": "stated", "source": "s",
        "price_tables": more.get("price_tables").cloned().unwrap_or_else(|| json!({})), "versions": [version],
    });
    Tariff::from_json(&sheet.to_string(), "t.json").unwrap()
}

fn tariff(charges: &[(&str, Value)]) -> Tariff {
    tariff_with(charges, &json!({}))
}

const TABLE: &str = r#"{"price_tables": {"agency_purchase": {"2026-01": "0.40", "2026-02": "0.38"}}}"#;

fn with_table(charge: Value) -> Tariff {
    tariff_with(&[("retail", charge)], &serde_json::from_str(TABLE).unwrap())
}

fn site_with(start: i64, step_s: i64, zone: &str, kwh: Vec<f64>, contract: Contract) -> Site {
    let axis = TimeAxis::new(start, step_s, kwh.len(), Zone::named(zone).unwrap()).unwrap();
    let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)]).unwrap();
    Site::new(None, Arc::new(readings), Calendar::weekends(), contract).unwrap()
}

fn site(start: i64, step_s: i64, zone: &str, kwh: Vec<f64>) -> Site {
    site_with(start, step_s, zone, kwh, Contract::default())
}

/// 2026-01-01 00:00 in China.
const JANUARY: i64 = 1_767_196_800;

fn january(kwh: f64) -> BillingQuantities {
    let kwh = [("all".to_owned(), kwh)].into();
    BillingQuantities { from: date(2026, 1, 1), until: date(2026, 2, 1), kwh, ..BillingQuantities::default() }
}

/// The bill of the first month, whatever its readings look like: loads made up for a sum are odd to a meter's eye.
fn bill_site(tariff: &Tariff, site: &Site) -> Bill {
    let quantities = measure_quantities(site, tariff, &BillingPeriods::Months).unwrap();
    tariff.bill(&quantities[0], site.contract()).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn float(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap()
}

fn only_line(bill: &Bill) -> (Decimal, Decimal, Decimal, &str) {
    assert_eq!(bill.lines.len(), 1, "{:?}", bill.lines);
    let line = &bill.lines[0];
    (line.quantity, line.price, line.amount, line.rule.as_str())
}

fn spot(adder: &str) -> Tariff {
    tariff(&[("spot", json!({"energy_series": {"series": "spot", "factor": "1.1", "adder": adder}}))])
}

#[test]
fn quarters_of_an_hour_are_billed_at_the_hours_price_also_below_zero() {
    // January: 744 hours at 0.30, but for two at −0.10; a quarter takes 2 kWh.
    let mut prices = vec![0.30; 744];
    (prices[100], prices[101]) = (-0.10, -0.10);
    let tariff =
        spot("0.02").with_series("spot", PriceSeries { start: JANUARY, step_s: 3600, prices: prices.clone() }).unwrap();
    let site = site(JANUARY, 900, "Asia/Shanghai", vec![2.0; 744 * 4]);
    let bill = bill_site(&tariff, &site);
    // 742 h × 8 kWh × (1.1 × 0.30 + 0.02) + 2 h × 8 kWh × (1.1 × −0.10 + 0.02) = 2077.60 − 1.44
    let (quantity, price, amount, rule) = only_line(&bill);
    assert_eq!((quantity, amount, rule), (decimal("5952"), decimal("2076.16"), "energy.series"));
    assert_eq!(price, decimal("0.348817")); // 2076.16 / 5952
    assert!(bill.not_done.is_empty());
    // Each interval's price is that of its hour.
    let found = tariff.prices(&site).unwrap();
    assert!((found[0] - 0.35).abs() < 1e-12 && (found[403] + 0.09).abs() < 1e-12);
    let message = tariff.period_prices().unwrap_err().to_string();
    assert!(message.contains("spot") && message.contains("prices(site)"), "{message}");
}

#[test]
fn the_autumn_hour_that_comes_twice_has_two_prices() {
    // October 2025 in Berlin begins on 2025-09-30T22:00Z and has 745 hours. On the 26th, 02:00 to 03:00 comes twice:
    // 00:00Z to 01:00Z at 1, 01:00Z to 02:00Z at 3; every other hour is free. A quarter takes 1 kWh.
    let start = 1_759_269_600;
    let mut prices = vec![0.0; 745];
    let twice = 25 * 24 + 2;
    (prices[twice], prices[twice + 1]) = (1.0, 3.0);
    let charge = json!({"energy_series": {"series": "spot"}});
    let tariff = tariff(&[("spot", charge)]).with_series("spot", PriceSeries { start, step_s: 3600, prices }).unwrap();
    let bill = bill_site(&tariff, &site(start, 900, "Europe/Berlin", vec![1.0; 745 * 4]));
    assert_eq!((bill.lines[0].quantity, bill.total), (decimal("2980"), decimal("16.00"))); // 4 × 1 + 4 × 3
}

#[test]
fn a_spring_day_has_23_hourly_prices() {
    // March 2026 in Berlin begins on 2026-02-28T23:00Z and has 743 hours; the 29th is 28 × 24 hours later and short.
    let start = 1_772_319_600;
    let prices: Vec<f64> = (0..743).map(|hour| if (672..695).contains(&hour) { 1.0 } else { 0.0 }).collect();
    let charge = json!({"energy_series": {"series": "spot"}});
    let tariff = tariff(&[("spot", charge)]).with_series("spot", PriceSeries { start, step_s: 3600, prices }).unwrap();
    let kwh: Vec<f64> = vec![1.0; 743];
    let berlin = site(start, 3600, "Europe/Berlin", kwh);
    let days = berlin.readings().local().days();
    let (first, last) = (days[28].range.start, days[28].range.end);
    assert_eq!((first, last), (672, 695));
    assert_eq!(bill_site(&tariff, &berlin).total, decimal("23.00"));
}

#[test]
fn energy_without_a_price_is_said_and_not_billed() {
    let mut prices = vec![0.5; 744];
    prices[10..13].fill(f64::NAN);
    let tariff = spot("0").with_series("spot", PriceSeries { start: JANUARY, step_s: 3600, prices }).unwrap();
    let bill = bill_site(&tariff, &site(JANUARY, 900, "Asia/Shanghai", vec![1.0; 744 * 4]));
    // 741 h × 4 kWh × 1.1 × 0.5
    assert_eq!(only_line(&bill).0, decimal("2964"));
    assert_eq!(bill.total, decimal("1630.20"));
    let lacking: Vec<(&str, &str)> = bill.not_done.iter().map(|one| (one.task.as_str(), one.needs.as_str())).collect();
    assert_eq!(lacking, [("bill.energy", "tariff.price_series")]);
    let measured = &bill.quantities.by_component["spot"];
    assert_eq!((measured["unpriced_kwh"], measured["unpriced_h"]), (12.0, 3.0));
    // Where nothing was taken, no price is needed; a missing reading is no energy either.
    let mut kwh = vec![1.0; 744 * 4];
    kwh[40..52].fill(0.0);
    kwh[44] = f64::NAN;
    let idle = bill_site(&tariff, &site(JANUARY, 900, "Asia/Shanghai", kwh));
    assert!(idle.not_done.is_empty());
    assert_eq!(idle.quantities.by_component["spot"].get("unpriced_h"), None);
}

#[test]
fn readings_coarser_than_prices_that_differ_are_refused_and_named() {
    let mut prices: Vec<f64> = (0..744 * 4).map(|quarter| f64::from(quarter / 4)).collect();
    let tariff = spot("0");
    let hours = site(JANUARY, 3600, "Asia/Shanghai", vec![1.0; 744]);
    let equal = PriceSeries { start: JANUARY, step_s: 900, prices: prices.clone() };
    // 1.1 × (0 + 1 + … + 743) = 1.1 × 276 396
    assert_eq!(bill_site(&tariff.with_series("spot", equal).unwrap(), &hours).total, decimal("304035.60"));
    prices[7] += 0.01;
    let differing = PriceSeries { start: JANUARY, step_s: 900, prices };
    let refused = tariff.with_series("spot", differing).unwrap();
    let message = refused.bill_site(&hours, &BillingOptions::default()).unwrap_err().to_string();
    assert!(message.contains("2025-12-31T17:00:00Z") && message.contains("finer readings"), "{message}");
}

#[test]
fn a_series_that_is_not_given_or_makes_no_sense_is_named() {
    let tariff = spot("0");
    let hours = site(JANUARY, 3600, "Asia/Shanghai", vec![1.0; 744]);
    let message = tariff.bill_site(&hours, &BillingOptions::default()).unwrap_err().to_string();
    assert!(message.contains("series.spot") && message.contains("with_series"), "{message}");
    for (name, step_s, prices, says) in [
        ("spott", 3600, vec![0.1], "spot"),
        ("spot", 0, vec![0.1], "step"),
        ("spot", 3600, vec![], "prices"),
        ("spot", 3600, vec![0.1, f64::INFINITY], "prices[1]"),
    ] {
        let message = tariff.with_series(name, PriceSeries { start: 0, step_s, prices }).unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn entered_energy_needs_its_amount_at_the_series_prices() {
    let tariff = spot("0.02");
    let lacking = tariff.bill(&january(1000.0), &Contract::default()).unwrap();
    assert_eq!((lacking.lines.len(), lacking.not_done[0].needs.as_str()), (0, "tariff.price_series"));
    let measured: BTreeMap<String, f64> = [("kwh".to_owned(), 1000.0), ("amount".to_owned(), 300.0)].into();
    let entered = BillingQuantities { by_component: [("spot".to_owned(), measured)].into(), ..january(1000.0) };
    // 1.1 × 300 + 0.02 × 1000
    assert_eq!(tariff.bill(&entered, &Contract::default()).unwrap().total, decimal("350.00"));
}

#[test]
fn retail_prices_by_hand() {
    let index = json!({"table": "agency_purchase"});
    let spread = |cost: &str, more: Value| {
        let mut fields =
            json!({"reference": index, "cost": cost, "customer_share": "0.7", "customer_share_of_loss": "0.5"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"shared_spread": fields})
    };
    for (pricing, price, rule) in [
        (json!({"fixed": {"price": "0.41"}}), "0.41", "retail.fixed"),
        (json!({"fixed": {"by_month": {"2026-01": "0.405"}}}), "0.405", "retail.fixed"),
        // 0.40 × 0.98 + 0.005
        (json!({"indexed": {"index": index, "factor": "0.98", "adder": "0.005"}}), "0.397", "retail.indexed"),
        (json!({"indexed": {"index": index, "adder": "-0.01"}}), "0.39", "retail.indexed"),
        (json!({"indexed": {"index": index, "cap": "0.395"}}), "0.395", "retail.cap"),
        // 0.40 − 0.7 × (0.40 − 0.36)
        (spread("0.36", json!({})), "0.372", "retail.spread"),
        (spread("0.36", json!({"floor": "0.38"})), "0.38", "retail.floor"),
        (spread("0.40", json!({})), "0.40", "retail.spread"),
        // 0.40 + 0.5 × (0.45 − 0.40)
        (spread("0.45", json!({})), "0.425", "retail.spread_loss"),
        (spread("0.45", json!({"cap": "0.41"})), "0.41", "retail.cap"),
    ] {
        let bill =
            with_table(json!({"retail": {"pricing": pricing}})).bill(&january(1000.0), &Contract::default()).unwrap();
        let expected = decimal(price) * decimal("1000");
        assert_eq!(only_line(&bill), (decimal("1000"), decimal(price).normalize(), expected, rule), "{pricing}");
    }
}

#[test]
fn parts_of_the_energy_can_have_prices_of_their_own() {
    let tariff = tariff(&[
        ("long_term", json!({"retail": {"pricing": {"fixed": {"price": "0.41"}}, "share": "0.6"}})),
        ("short_term", json!({"retail": {"pricing": {"fixed": {"price": "0.35"}}, "share": "0.4"}})),
    ]);
    // 600 × 0.41 + 400 × 0.35
    assert_eq!(tariff.bill(&january(1000.0), &Contract::default()).unwrap().total, decimal("386.00"));
    assert_eq!(tariff.period_prices().unwrap(), [decimal("0.386")]);
}

/// Peak 08:00 to 12:00 at 1.6, the rest at 0.9.
fn two_periods() -> Value {
    json!([{"id": "periods", "rest": "rest", "source": "s", "base": [{"period": "peak", "windows": ["08:00-12:00"]}],
            "factors": {"peak": "1.6", "rest": "0.9"}}])
}

#[test]
fn retail_prices_float_where_the_contract_says_so() {
    let pricing = json!({"indexed": {"index": {"table": "agency_purchase"}, "floats": true}});
    let mut more: Value = serde_json::from_str(TABLE).unwrap();
    more["schedules"] = two_periods();
    let tariff = tariff_with(&[("retail", json!({"retail": {"pricing": pricing}}))], &more);
    let kwh = [("peak".to_owned(), 100.0), ("rest".to_owned(), 900.0)].into();
    let bill = tariff.bill(&BillingQuantities { kwh, ..january(0.0) }, &Contract::default()).unwrap();
    // 100 × 0.40 × 1.6 + 900 × 0.40 × 0.9
    let amounts: Vec<Decimal> = bill.lines.iter().map(|line| line.amount).collect();
    assert_eq!(amounts, [decimal("64.00"), decimal("324.00")]);
}

#[test]
fn a_spread_over_a_series_counts_its_mean_by_the_customers_own_energy() {
    // Two hours of January at 0.30 with 100 kWh each, the others at 0.50 with 1 kWh: mean (60 + 371) / 942.
    let mut prices = vec![0.5; 744];
    let mut kwh = vec![1.0; 744];
    (prices[5], prices[6], kwh[5], kwh[6]) = (0.3, 0.3, 100.0, 100.0);
    let pricing = json!({"shared_spread": {"reference": "0.48", "cost": {"series": "spot"}, "customer_share": "0.6",
                         "customer_share_of_loss": "1"}});
    let tariff = tariff(&[("retail", json!({"retail": {"pricing": pricing}}))])
        .with_series("spot", PriceSeries { start: JANUARY, step_s: 3600, prices })
        .unwrap();
    let site = site(JANUARY, 3600, "Asia/Shanghai", kwh.clone());
    let bill = bill_site(&tariff, &site);
    let mean = (60.0 + 371.0) / 942.0;
    let expected = (0.48 - 0.6 * (0.48 - mean)) * 942.0;
    assert!((float(bill.lines[0].amount_unrounded) - expected).abs() < 1e-6, "{} {expected}", bill.total);
    // One more kWh at 0.30 moves the mean: its price is reference − 0.6 × (reference − 0.30).
    let found = tariff.prices(&site).unwrap();
    assert!((found[5] - (0.48 - 0.6 * 0.18)).abs() < 1e-9 && (found[0] - (0.48 + 0.6 * 0.02)).abs() < 1e-9);
}

#[test]
fn a_month_that_no_table_has_is_to_be_given() {
    let template = with_table(json!({"retail": {"pricing": {"indexed": {"index": {"table": "agency_purchase"}}}}}));
    let march = BillingQuantities { from: date(2026, 3, 1), until: date(2026, 4, 1), ..january(1000.0) };
    let message = template.bill(&march, &Contract::default()).unwrap_err().to_string();
    assert!(message.contains(r#"agency_purchase={"2026-03": …}"#), "{message}");
    let prices = GivenPrice::ByKey([("2026-03".to_owned(), decimal("0.37"))].into());
    let given = template.with_prices(&[("agency_purchase".to_owned(), prices)].into()).unwrap();
    assert_eq!(given.bill(&march, &Contract::default()).unwrap().total, decimal("370.00"));
    let always = GivenPrice::Always(decimal("0.37"));
    let message = template.with_prices(&[("agency_purchase".to_owned(), always)].into()).unwrap_err().to_string();
    assert!(message.contains("by month"), "{message}");
    let bad = GivenPrice::ByKey([("2026-13".to_owned(), decimal("0.37"))].into());
    let message = template.with_prices(&[("agency_purchase".to_owned(), bad)].into()).unwrap_err().to_string();
    assert!(message.contains("price_tables.agency_purchase.2026-13"), "{message}");
}

#[test]
fn contracts_that_make_no_sense_are_refused() {
    let sheet = |charge: Value| {
        let words = json!({"en": "", "zh": ""});
        let component = json!({"id": "c", "name": words, "charge": charge, "source": "s", "certainty": "stated"});
        json!({"schema": 2, "id": "t", "name": words, "currency": "CNY", "certainty": "stated", "source": "s",
               "price_tables": {"agency_purchase": {}},
               "versions": [{"in_force": {"from": "2020-01-01"}, "components": [component]}]})
        .to_string()
    };
    let retail = |pricing: Value| json!({"retail": {"pricing": pricing}});
    let spread = |reference: Value, cost: Value| {
        json!({"shared_spread": {"reference": reference, "cost": cost, "customer_share": "0.5",
               "customer_share_of_loss": "0"}})
    };
    for (charge, says) in [
        (json!({"retail": {"pricing": {"fixed": {"price": "0.4"}}, "share": "1.2"}}), "share"),
        (retail(json!({"indexed": {"index": {"table": "agency"}}})), "near names: agency_purchase"),
        (retail(json!({"indexed": {"index": {"tabel": "agency_purchase"}}})), "tabel"),
        (retail(json!({"indexed": {"index": "0.4", "floats": true}})), "no factor"),
        (retail(json!({"indexed": {"index": {"series": "spot"}, "floats": true}})), "cannot float"),
        (retail(json!({"indexed": {"index": "0.4", "floor": "0.5", "cap": "0.4"}})), "above the cap"),
        (retail(spread(json!({"series": "a"}), json!({"series": "b"}))), "one of them"),
        (json!({"deviation": {}}), "at least one"),
        (json!({"deviation": {"over": {"price": {"series": "spot"}}}}), "over.price"),
        (json!({"deviation": {"under": {"price": "0.1", "tolerance_share": "1"}}}), "under.tolerance_share"),
    ] {
        let message = Tariff::from_json(&sheet(charge.clone()), "t.json").unwrap_err().to_string();
        assert!(message.contains(says), "{charge}: {message}");
    }
}

fn deviation() -> Tariff {
    let charge = json!({"deviation": {
        "over": {"tolerance_share": "0.03", "price": "0.05"},
        "under": {"tolerance_share": "0.05", "price": {"table": "agency_purchase"}, "factor": "0.1"}}});
    tariff_with(&[("deviation", charge)], &serde_json::from_str(TABLE).unwrap())
}

fn contracted(kwh: &[(&str, f64)]) -> Contract {
    let contracted_kwh = kwh.iter().map(|(month, kwh)| ((*month).to_owned(), *kwh)).collect();
    Contract { contracted_kwh, ..Contract::default() }
}

#[test]
fn deviation_from_the_contracted_energy_by_hand() {
    let contract = contracted(&[("2026-01", 10_000.0)]);
    for (taken, expected) in [
        // 10 500 − 10 300 at 0.05; 9 500 − 9 000 at 0.1 × 0.40
        (10_500.0, Some(("200", "0.05", "10.00", "deviation.over"))),
        (10_300.0, None),
        (9_500.0, None),
        (9_000.0, Some(("500", "0.04", "20.00", "deviation.under"))),
        (0.0, Some(("9500", "0.04", "380.00", "deviation.under"))),
    ] {
        let bill = deviation().bill(&january(taken), &contract).unwrap();
        let found = bill.lines.first().map(|_| only_line(&bill));
        let expected = expected.map(|(kwh, price, amount, rule)| (decimal(kwh), decimal(price), decimal(amount), rule));
        assert_eq!(found, expected, "{taken} kWh");
        assert!(bill.not_done.is_empty());
    }
}

fn needs(bill: &Bill) -> Vec<&str> {
    bill.not_done.iter().map(|one| one.needs.as_str()).collect()
}

#[test]
fn a_deviation_that_cannot_be_known_is_absent() {
    let none = deviation().bill(&january(9_000.0), &contracted(&[("2026-02", 1.0)])).unwrap();
    assert_eq!((none.lines.len(), needs(&none)), (0, vec!["contract.contracted_kwh"]));
    // 21 January to 20 February is no calendar month, and its parts are none.
    let part = |from, until| BillingQuantities { from, until, ..january(5_000.0) };
    let parts = vec![part(date(2026, 1, 21), date(2026, 2, 1)), part(date(2026, 2, 1), date(2026, 2, 21))];
    let crossing = BillingQuantities { parts, ..part(date(2026, 1, 21), date(2026, 2, 21)) };
    let contract = contracted(&[("2026-01", 1.0), ("2026-02", 1.0)]);
    let bill = deviation().bill(&crossing, &contract).unwrap();
    assert_eq!((bill.lines.len(), needs(&bill)), (0, vec!["quantities.calendar_month"]));
    // A gap: too little cannot be told from not measured, too much can.
    let mut kwh = vec![1.0; 744];
    kwh[3] = f64::NAN;
    let bill_of =
        |kwh: Vec<f64>, contract| bill_site(&deviation(), &site_with(JANUARY, 3600, "Asia/Shanghai", kwh, contract));
    let under = bill_of(kwh.clone(), contracted(&[("2026-01", 1000.0)]));
    assert_eq!((under.lines.len(), needs(&under)), (0, vec!["readings.every_interval"]));
    let over = bill_of(kwh, contracted(&[("2026-01", 100.0)]));
    assert_eq!(only_line(&over).0, decimal("640")); // 743 − 103
}

#[test]
fn a_bill_of_two_months_deviates_from_each_months_contract() {
    // January 744 h and February 672 h at 1 kWh; contracted 600 and 672: 744 − 618 = 126 kWh over, then none.
    let contract = contracted(&[("2026-01", 600.0), ("2026-02", 672.0)]);
    let site = site_with(JANUARY, 3600, "Asia/Shanghai", vec![1.0; 744 + 672], contract);
    let periods = BillingPeriods::ReadingDates(vec![date(2026, 1, 1), date(2026, 3, 1)]);
    let quantities = measure_quantities(&site, &deviation(), &periods).unwrap();
    assert_eq!(quantities.len(), 1);
    let bill = deviation().bill(&quantities[0], site.contract()).unwrap();
    assert_eq!(only_line(&bill).0, decimal("126"));
    assert_eq!(bill.lines[0].dates, Some((date(2026, 1, 1), date(2026, 2, 1))));
}

#[test]
fn contracted_energy_that_makes_no_sense_is_refused() {
    for (month, kwh) in [("2026-13", 1.0), ("2026-1", 1.0), ("2026-01", -1.0), ("2026-01", f64::NAN)] {
        let message = contracted(&[(month, kwh)]).check().unwrap_err().to_string();
        assert!(message.contains(&format!("contract.contracted_kwh.{month}")), "{message}");
    }
}

/// Sum of kWh × price of every interval, in the plainest way.
fn at_interval_prices(tariff: &Tariff, site: &Site) -> f64 {
    let prices = tariff.prices(site).unwrap();
    let kwh = site.readings().series(Channel::IMPORT_KWH).unwrap().values();
    kwh.iter().zip(&prices).filter(|(kwh, _)| !kwh.is_nan()).map(|(kwh, price)| kwh * price).sum()
}

fn energy_lines(tariff: &Tariff, site: &Site) -> f64 {
    let bills = tariff.bill_site(site, &BillingOptions::default()).unwrap();
    assert!(bills.not_billed.is_empty() && bills.bills.iter().all(|bill| bill.not_done.is_empty()));
    bills.bills.iter().flat_map(|bill| &bill.lines).map(|line| float(line.amount_unrounded)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What every interval's price says of the energy is what the lines of the bills say: periods, two schedules,
    /// versions, prices by month, series, shares.
    #[test]
    fn interval_prices_and_bills_agree(seed in 0u64..1000, negative in any::<bool>()) {
        let noise = |at: usize| (((at as u64 + 1) * (seed + 7919) * 2_654_435_761) % 1000) as f64 / 1000.0;
        let hours = 744 + 672;
        let kwh: Vec<f64> = (0..hours * 2).map(|at| 10.0 * noise(at)).collect();
        let prices: Vec<f64> = (0..hours).map(|at| noise(at * 3) - if negative { 0.5 } else { 0.0 }).collect();
        let words = json!({"en": "", "zh": ""});
        let component = |id: &str, charge: Value| {
            json!({"id": id, "name": words, "charge": charge, "source": "s", "certainty": "stated"})
        };
        let second = json!({"id": "other", "rest": "light", "source": "s",
            "base": [{"period": "heavy", "days": ["workday"], "windows": ["06:30-21:00"]}]});
        let mut schedules = two_periods();
        schedules.as_array_mut().unwrap().push(second);
        let by_month = json!({"energy": {"by_month": {"2026-01": "0.31", "2026-02": "0.29"}, "floats": true}});
        let versions = json!([
            {"in_force": {"from": "2026-01-01", "until": "2026-01-20"}, "schedules": schedules, "components": [
                component("month", by_month.clone()),
                component("other", json!({"energy": {"by_period": {"heavy": "0.2", "light": "0.1"}, "schedule": "other"}})),
                component("spot", json!({"energy_series": {"series": "spot", "factor": "0.4", "adder": "0.01"}}))]},
            {"in_force": {"from": "2026-01-20"}, "schedules": schedules, "components": [
                component("month", by_month),
                component("flat", json!({"energy": {"price": "0.0452"}})),
                component("spot", json!({"energy_series": {"series": "spot", "factor": "0.5"}})),
                component("retail", json!({"retail": {"share": "0.3", "pricing": {"shared_spread": {
                    "reference": {"table": "agency_purchase"}, "cost": {"series": "spot"}, "customer_share": "0.8",
                    "customer_share_of_loss": "0.5"}}}}))]},
        ]);
        let sheet = json!({"schema": 2, "id": "t", "name": words, "currency": "CNY", "certainty": "stated",
            "source": "s", "price_tables": {"agency_purchase": {"2026-01": "0.40", "2026-02": "0.38"}},
            "versions": versions});
        let tariff = Tariff::from_json(&sheet.to_string(), "t.json").unwrap()
            .with_series("spot", PriceSeries { start: JANUARY, step_s: 3600, prices }).unwrap();
        let site = site(JANUARY, 1800, "Asia/Shanghai", kwh);
        let (by_interval, by_line) = (at_interval_prices(&tariff, &site), energy_lines(&tariff, &site));
        prop_assert!((by_interval - by_line).abs() <= 1e-6 * by_line.abs().max(1.0), "{by_interval} {by_line}");
    }
}
