//! What changed between bills, and tariffs side by side: worked cases, exact sums, and slow twins.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings, Series};
use wattlens::simulate;
use wattlens::site::{Contract, DemandBilling, PowerFactorStandard, Site};
use wattlens::tariff::{
    Against, Bill, BillingOptions, BillingQuantities, Cause, LineGroup, PriceChange, Tariff, compare_tariffs,
    explain_change, explain_changes, load, what_if,
};
use wattlens::time::{Calendar, TimeAxis, Zone};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn float(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap()
}

/// Peak and valley at these prices, 10 000 a month.
fn tariff(id: &str, peak: &str, valley: &str, fixed: &str) -> Tariff {
    let words = json!({"en": "", "zh": ""});
    let component = |id: &str, charge: Value| json!({"id": id, "name": words, "charge": charge, "source": "s", "certainty": "stated"});
    let schedule = json!({"id": "periods", "rest": "valley", "source": "s",
                          "base": [{"period": "peak", "windows": ["08:00-20:00"]}]});
    let sheet = json!({"schema": 2, "id": id, "name": words, "currency": "CNY", "certainty": "stated", "source": "s",
        "versions": [{"in_force": {"from": "2020-01-01"}, "schedules": [schedule], "components": [
            component("energy", json!({"energy": {"by_period": {"peak": peak, "valley": valley}}})),
            component("fixed", json!({"fixed": {"price": fixed, "per": "month"}})),
            component("power_factor", json!({"power_factor": {"excludes": ["fixed"]}}))]}]});
    Tariff::from_json(&sheet.to_string(), "t.json").unwrap()
}

fn bill(tariff: &Tariff, month: i8, peak: f64, valley: f64, kvarh: f64) -> Bill {
    let kwh = [("peak".to_owned(), peak), ("valley".to_owned(), valley)].into();
    let (from, until) = (date(2026, month, 1), date(2026, month + 1, 1));
    let quantities = BillingQuantities { from, until, kwh, import_kvarh: Some(kvarh), ..BillingQuantities::default() };
    let contract =
        Contract { power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()), ..Contract::default() };
    tariff.bill(&quantities, &contract).unwrap()
}

fn part(change: &PriceChange, cause: Cause) -> (String, String) {
    let part = change.parts.iter().find(|part| part.cause == cause).unwrap();
    (part.amount.normalize().to_string(), part.average_price.normalize().to_string())
}

#[test]
fn a_change_by_hand() {
    // Before: 600 kWh at 1.0, 400 kWh at 0.5, fixed 100: energy 800, 1000 kWh. The power factor 0.90 adds nothing.
    // After: 900 at 1.1, 1100 at 0.4, fixed 120: energy 990 + 440 = 1430, 2000 kWh; power factor 0.89 adds 0.5 %.
    let before = [bill(&tariff("a", "1.0", "0.5", "100"), 3, 600.0, 400.0, 484.32)];
    let after = [bill(&tariff("b", "1.1", "0.4", "120"), 4, 900.0, 1100.0, 1024.6)];
    assert_eq!((before[0].total, after[0].total), (decimal("900.00"), decimal("1557.15")));
    let change = explain_change(&before, &after, None).unwrap();
    assert_eq!((change.amount, change.average_price), (decimal("657.15"), decimal("-0.121425")));
    // 1000 × 0.8; of the average price 100 / 2000 − 100 / 1000.
    assert_eq!(part(&change, Cause::Volume), ("800".to_owned(), "-0.05".to_owned()));
    // Shares 0.6, 0.4 become 0.45, 0.55: 2000 × (−0.15 × 1.0 + 0.15 × 0.5).
    assert_eq!(part(&change, Cause::Structure), ("-150".to_owned(), "-0.075".to_owned()));
    // 900 × 0.1 − 1100 × 0.1.
    assert_eq!(part(&change, Cause::Price), ("-20".to_owned(), "-0.01".to_owned()));
    assert_eq!(part(&change, Cause::FixedDemand), ("20".to_owned(), "0.01".to_owned()));
    assert_eq!(part(&change, Cause::PowerFactor), ("7.15".to_owned(), "0.003575".to_owned()));
    assert_eq!(part(&change, Cause::Other), ("0".to_owned(), "0".to_owned()));
    let peak = change.periods.iter().find(|one| one.period == "peak").unwrap();
    assert_eq!(peak.price, (Some(decimal("1.000000")), Some(decimal("1.100000"))));
}

#[test]
fn a_period_that_appears_is_structure_and_other_periods_are_price() {
    let old = tariff("a", "1.0", "0.5", "0");
    // No peak before: it appears at its own price, 2000 × 0.5 × (1.0 − 0.5) more than valley would cost.
    let change =
        explain_change(&[bill(&old, 3, 0.0, 1000.0, 0.0)], &[bill(&old, 4, 1000.0, 1000.0, 0.0)], None).unwrap();
    let amounts = [Cause::Volume, Cause::Structure, Cause::Price].map(|cause| part(&change, cause).0);
    assert_eq!(amounts, ["500", "500", "0"]);
    // A tariff without these periods: how energy moved between periods cannot be told.
    let flat = load("example-flat").unwrap();
    let quantities = BillingQuantities {
        from: date(2026, 4, 1),
        until: date(2026, 5, 1),
        kwh: [("all".to_owned(), 2000.0)].into(),
        ..BillingQuantities::default()
    };
    let mut after = flat.assume_in_force().bill(&quantities, &Contract::default()).unwrap();
    after.currency = "CNY".to_owned();
    let change = explain_change(&[bill(&old, 3, 600.0, 400.0, 0.0)], &[after], None).unwrap();
    assert!(change.parts.iter().all(|part| part.cause != Cause::Structure));
    assert_eq!(change.parts.iter().map(|part| part.amount).sum::<Decimal>(), change.amount);
}

#[test]
fn sides_that_cannot_be_compared_are_refused() {
    let one = bill(&tariff("a", "1.0", "0.5", "0"), 3, 600.0, 400.0, 0.0);
    let none = bill(&tariff("a", "1.0", "0.5", "0"), 3, 0.0, 0.0, 0.0);
    let dollars = Bill { currency: "USD".to_owned(), ..one.clone() };
    for (before, after, says) in [
        (vec![], vec![one.clone()], "before: found no bill"),
        (vec![one.clone()], vec![dollars], "USD"),
        (vec![one], vec![none], "after: found no energy"),
    ] {
        let message = explain_change(&before, &after, None).unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    }
}

proptest! {
    /// Whatever changes, the parts add up exactly, and each is the formula's to the cent.
    #[test]
    fn parts_add_up(
        kwh in prop::array::uniform4(1.0f64..1e6), prices in prop::array::uniform4(1u32..2_000_000),
        fixed in prop::array::uniform2(0u32..10_000_000), kvarh in prop::array::uniform2(0.0f64..1e6),
    ) {
        let price = |millionths: u32| Decimal::new(i64::from(millionths), 6).to_string();
        let fixed = fixed.map(|cents| Decimal::new(i64::from(cents), 2).to_string());
        let old = bill(&tariff("a", &price(prices[0]), &price(prices[1]), &fixed[0]), 3, kwh[0], kwh[1], kvarh[0]);
        let new = bill(&tariff("b", &price(prices[2]), &price(prices[3]), &fixed[1]), 4, kwh[2], kwh[3], kvarh[1]);
        let change = explain_change(std::slice::from_ref(&old), std::slice::from_ref(&new), None).unwrap();
        prop_assert_eq!(change.parts.iter().map(|part| part.amount).sum::<Decimal>(), new.total - old.total);
        prop_assert_eq!(change.parts.iter().map(|part| part.average_price).sum::<Decimal>(), change.average_price);
        let (q0, q1) = (kwh[0] + kwh[1], kwh[2] + kwh[3]);
        let p: Vec<f64> = prices.iter().map(|price| f64::from(*price) * 1e-6).collect();
        let structure = q1 * ((kwh[2] / q1 - kwh[0] / q0) * p[0] + (kwh[3] / q1 - kwh[1] / q0) * p[1]);
        let by_price = kwh[2] * (p[2] - p[0]) + kwh[3] * (p[3] - p[1]);
        // A line is rounded to a cent, which a small quantity before turns into a price that is a little off.
        let near = 0.02 + 0.005 * (kwh[2] / kwh[0] + kwh[3] / kwh[1] + q1 / q0) * 2.0;
        for (cause, expected) in [(Cause::Structure, structure), (Cause::Price, by_price)] {
            let found = float(change.parts.iter().find(|part| part.cause == cause).unwrap().amount);
            prop_assert!((found - expected).abs() <= near, "{:?}: {} {}", cause, found, expected);
        }
    }
}

/// 1 January to 31 March 2026 in China, hourly: 10 kWh an hour of a workday, 4 of a rest day.
fn quarter_year() -> Site {
    let (start, hours) = (1_767_196_800, 24 * 90);
    let axis = TimeAxis::new(start, 3600, hours, Zone::named("Asia/Shanghai").unwrap()).unwrap();
    let calendar = Calendar::weekends().with_holiday(date(2026, 1, 1), "New Year's Day");
    let local = axis.local_time();
    let types = calendar.day_types(&local).unwrap();
    let mut kwh = vec![4.0; hours];
    for (day, day_type) in local.days().iter().zip(types) {
        if day_type.is_worked() {
            kwh[day.range.clone()].fill(10.0);
        }
    }
    let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)]).unwrap();
    Site::new(None, Arc::new(readings), calendar, Contract::default()).unwrap()
}

#[test]
fn a_month_with_fewer_workdays_says_so() {
    let site = quarter_year();
    let bills = tariff("a", "0.8", "0.8", "0").bill_site(&site, &BillingOptions::default()).unwrap().bills;
    let changes = explain_changes(&bills, Against::MonthBefore, Some(&site)).unwrap();
    assert_eq!(changes.len(), 2);
    // January: 21 workdays, 10 rest days with New Year; February: 20 and 8. 240 and 96 kWh a day.
    let days = changes[0].days.unwrap();
    assert_eq!(
        (days.before.workdays, days.before.rest_days, days.after.workdays, days.after.rest_days),
        (21, 10, 20, 8)
    );
    assert_eq!((days.before.kwh_per_workday, days.before.kwh_per_rest_day), (Some(240.0), Some(96.0)));
    // −240 − 2 × 96 kWh at 0.8, and nothing else.
    assert_eq!((days.days_kwh, days.use_kwh), (Some(decimal("-432")), Some(decimal("0"))));
    assert_eq!((days.days_amount, days.use_amount), (Some(decimal("-345.60")), Some(decimal("0.00"))));
    assert_eq!(changes[0].amount, decimal("-345.60"));
    assert!(explain_changes(&bills, Against::YearBefore, None).unwrap().is_empty());
}

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

#[test]
fn tariffs_are_ranked_over_the_months_that_all_of_them_bill() {
    let site = demo();
    let fujian = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().assume_in_force();
    let cheap = tariff("cheap", "0.5", "0.4", "100");
    let template = load("cn-fujian-two-part-1-10kv-2026-08").unwrap().assume_in_force();
    let compared = compare_tariffs(&site, &[fujian.clone(), cheap.clone(), template], &[]).unwrap();
    let whole = fujian.bill_site(&site, &BillingOptions::default()).unwrap();
    let present = &compared.options[0];
    assert_eq!((present.total, present.rank, present.difference), (Some(whole.total), Some(2), Some(Decimal::ZERO)));
    assert_eq!(compared.months.len(), whole.bills.len());
    let other = &compared.options[1];
    assert_eq!(other.total, Some(cheap.bill_site(&site, &BillingOptions::default()).unwrap().total));
    assert_eq!((other.rank, other.difference), (Some(1), other.total.map(|total| total - whole.total)));
    assert_eq!(present.by_group.values().sum::<Decimal>(), whole.total);
    assert!(present.by_group.keys().eq([LineGroup::Energy, LineGroup::FixedDemand, LineGroup::PowerFactor].iter()));
    let refused = &compared.options[2];
    assert!(refused.total.is_none() && refused.rank.is_none());
    assert!(refused.problem.as_ref().unwrap().contains("with_prices"));
}

#[test]
fn an_option_that_lacks_a_charge_has_no_rank() {
    let site = demo();
    let fujian = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().assume_in_force();
    let without_standard = Contract { power_factor_standard: None, ..site.contract().clone() };
    let contracts = [site.contract().clone(), without_standard];
    let compared = compare_tariffs(&site, &[fujian], &contracts).unwrap();
    let lacking = &compared.options[1];
    assert_eq!((lacking.contract, lacking.rank, lacking.difference), (1, None, None));
    assert!(lacking.total.is_some());
    assert_eq!(lacking.not_done[0].needs, "contract.power_factor_standard");
}

#[test]
fn comparing_needs_a_present_option_and_one_currency() {
    let site = demo();
    let message = compare_tariffs(&site, &[], &[]).unwrap_err().to_string();
    assert!(message.contains("at least one"), "{message}");
    let template = load("cn-fujian-two-part-1-10kv-2026-08").unwrap().assume_in_force();
    assert!(compare_tariffs(&site, &[template], &[]).unwrap_err().to_string().contains("with_prices"));
    let fujian = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().assume_in_force();
    let mut sheet = tariff("usd", "1", "1", "1").sheet().clone();
    sheet.currency = "USD".to_owned();
    let message = compare_tariffs(&site, &[fujian, Tariff::from_sheet(sheet).unwrap()], &[]).unwrap_err().to_string();
    assert!(message.contains("USD") && message.contains("CNY"), "{message}");
}

#[test]
fn variants_of_a_contract_come_to_what_billing_each_comes_to() {
    let site = demo();
    let fujian = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().assume_in_force();
    let mut contracts = vec![site.contract().clone()];
    for kw in [500.0, 650.0, 800.0] {
        contracts.push(Contract {
            demand_billing: Some(DemandBilling::ContractDemand),
            contract_demand_kw: Some(kw),
            ..site.contract().clone()
        });
    }
    contracts.push(Contract { demand_billing: None, ..site.contract().clone() });
    let found = what_if(&site, &fujian, &contracts).unwrap();
    assert_eq!(found.variants.len(), 5);
    for (contract, variant) in contracts.iter().zip(&found.variants) {
        let site = site.with_contract(contract.clone()).unwrap();
        let slow = fujian.bill_site(&site, &BillingOptions::default()).unwrap();
        assert_eq!(variant.total, slow.total, "{contract:?}");
        assert_eq!(variant.not_done.is_empty(), contract.demand_billing.is_some());
    }
    let bad = Contract { demand_billing: Some(DemandBilling::ContractDemand), ..Contract::default() };
    assert!(what_if(&site, &fujian, &[bad]).unwrap_err().to_string().contains("contract_demand_kw"));
}
