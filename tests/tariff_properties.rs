//! What holds for every bill, on unrounded amounts.

#![allow(clippy::unwrap_used)]

mod common;

use common::tariffs::{QUARTERS, april, sheet, site, tariff};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings};
use wattlens::site::{Contract, DemandBilling, PowerFactorStandard};
use wattlens::tariff::{
    Bill, BillingOptions, BillingPeriods, BillingQuantities, MissingReadings, Tariff, load, measure_quantities,
};

/// Bills over these meter-reading dates, by the engine from readings to lines.
fn bills(tariff: &Tariff, readings: Readings, contract: &Contract, dates: &[&str]) -> Vec<Bill> {
    let dates = dates.iter().map(|date| date.parse().unwrap()).collect();
    let site = site(readings, contract.clone());
    let quantities = measure_quantities(&site, tariff, &BillingPeriods::ReadingDates(dates)).unwrap();
    quantities.iter().map(|one| tariff.bill(one, contract).unwrap()).collect()
}

const APRIL: [&str; 2] = ["2026-04-01", "2026-05-01"];

fn unrounded(bill: &Bill, unit: &str) -> Decimal {
    bill.lines.iter().filter(|line| line.unit == unit).map(|line| line.amount_unrounded).sum()
}

fn total(bill: &Bill) -> Decimal {
    bill.lines.iter().map(|line| line.amount_unrounded).sum()
}

/// Quantities have six digits, so that a sum of two may be off by one in the last.
fn near(a: Decimal, b: Decimal) -> bool {
    (a - b).abs() <= Decimal::new(1, 5)
}

fn loads() -> impl Strategy<Value = Vec<f64>> {
    (prop::collection::vec(0.0..60.0f64, 96), prop::collection::vec(0.2..2.0f64, 30))
        .prop_map(|(day, scale)| (0..QUARTERS).map(|at| day[at % 96] * scale[at / 96]).collect())
}

/// Every charge that there is a kvarh, a kW and a kWh for.
fn every_charge() -> Tariff {
    tariff(&[
        ("energy", json!({"energy": {"price": "0.61", "floats": true}})),
        ("network", json!({"energy": {"by_period": {"day": "0.2", "night": "0.1"}}})),
        ("demand", json!({"demand": {"rate": [{"up_to": "100", "price": "20"}, {"price": "15"}]}})),
        ("day_demand", json!({"demand": {"rates": {"day": "4.25"}}})),
        ("fixed", json!({"fixed": {"price": "45", "per": "month"}})),
        ("reactive", json!({"reactive": {"price": "0.03", "free_share": "0.5"}})),
        ("penalty", json!({"power_factor_penalty": {"target": "0.95", "percent_below": "0.5", "most_added": "10"}})),
        ("adjustment", json!({"power_factor": {"excludes": ["fixed"]}})),
        ("vat", json!({"surcharge": {"percent": "13"}})),
    ])
}

fn rising() -> Tariff {
    tariff(&[
        ("energy", json!({"energy": {"price": "0.61", "floats": true}})),
        ("flat", json!({"energy": {"price": "0.05"}})),
        ("blocks", json!({"energy_tiers": {"rate": [{"up_to": "20000", "price": "0.09"}, {"price": "0.04"}]}})),
        (
            "of_periods",
            json!({"energy_tiers": {"rates": {
                "day": [{"up_to": "10000", "price": "0.05"}, {"price": "0.02"}],
                "night": [{"up_to": "9000", "price": "0.01"}, {"price": "0.03"}]
            }}}),
        ),
        ("least", json!({"minimum": {"amount": "15000", "per": "month"}})),
        ("demand", json!({"demand": {"rate": [{"up_to": "100", "price": "20"}, {"price": "15"}], "window_s": 1800}})),
        ("day_demand", json!({"demand": {"rates": {"day": "4.25"}, "sliding": true}})),
        ("fixed", json!({"fixed": {"price": "45", "per": "month"}})),
        ("vat", json!({"surcharge": {"percent": "13"}})),
    ])
}

fn two_versions(first: &[(&str, Value)], second: &[(&str, Value)], change: &str) -> Tariff {
    let mut both = sheet(first);
    let mut later = sheet(second)["versions"][0].clone();
    both["versions"][0]["in_force"] = json!({"from": "2020-01-01", "until": change});
    later["in_force"] = json!({"from": change});
    both["versions"].as_array_mut().unwrap().push(later);
    Tariff::from_json(&both.to_string(), "two versions").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_lines_sum_to_the_total(kwh in loads(), tangent in 0.0..1.5f64) {
        let kvarh = kwh.iter().map(|kwh| tangent * kwh).collect();
        let contract =
            Contract { power_factor_standard: Some(PowerFactorStandard::try_from(0.85).unwrap()), ..Contract::default() };
        let readings = april(vec![(Channel::IMPORT_KWH, kwh), (Channel::IMPORT_KVARH, kvarh)]);
        let bill = bills(&every_charge(), readings, &contract, &APRIL).remove(0);
        prop_assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<Decimal>(), bill.total);
        let half_cents = Decimal::new(5 * bill.lines.len() as i64, 3);
        // A share of rounded lines carries their rounding on, by at most its own percentage.
        prop_assert!((total(&bill) - bill.total).abs() <= half_cents);
        for line in &bill.lines {
            prop_assert!((line.amount - line.amount_unrounded).abs() <= Decimal::new(5, 3));
            prop_assert_eq!(
                (line.quantity * line.price * line.times.unwrap_or(Decimal::ONE)).normalize(),
                line.amount_unrounded
            );
        }
    }

    #[test]
    fn a_month_split_at_any_day_has_the_same_energy_charges(kwh in loads(), day in 2i8..31) {
        let cut = format!("2026-04-{day:02}");
        let energy = |dates: &[&str]| -> Decimal {
            let bills = bills(&every_charge(), april(vec![(Channel::IMPORT_KWH, kwh.clone())]), &Contract::default(), dates);
            bills.iter().map(|bill| unrounded(bill, "kWh")).sum()
        };
        prop_assert!(near(energy(&APRIL), energy(&["2026-04-01", &cut, "2026-05-01"])));
    }

    #[test]
    fn one_bill_across_a_change_is_the_two_bills_up_to_it_and_from_it(kwh in loads(), day in 2i8..31) {
        let cut = format!("2026-04-{day:02}");
        let before = [("energy", json!({"energy": {"price": "0.61", "floats": true}}))];
        let after = [("energy", json!({"energy": {"price": "0.55", "floats": true}})), ("levy", json!({"energy": {"price": "0.02"}}))];
        let tariff = two_versions(&before, &after, &cut);
        let energy = |dates: &[&str]| -> Decimal {
            let bills = bills(&tariff, april(vec![(Channel::IMPORT_KWH, kwh.clone())]), &Contract::default(), dates);
            bills.iter().map(total).sum()
        };
        prop_assert!(near(energy(&APRIL), energy(&["2026-04-01", &cut, "2026-05-01"])));
    }

    #[test]
    fn more_load_never_costs_less_under_energy_demand_and_fixed_charges(
        kwh in loads(), more in prop::collection::vec(0.0..50.0f64, 96), hours in 0usize..2880,
    ) {
        let fuller: Vec<f64> =
            kwh.iter().enumerate().map(|(at, kwh)| if at < hours { kwh + more[at % 96] } else { *kwh }).collect();
        let of = |kwh: Vec<f64>| bills(&rising(), april(vec![(Channel::IMPORT_KWH, kwh)]), &Contract::default(), &APRIL).remove(0);
        let (before, after) = (of(kwh), of(fuller));
        prop_assert!(total(&before) <= total(&after) + Decimal::new(1, 5));
        prop_assert!(before.total <= after.total);
    }

    /// The basic charge by actual demand rises with the load too, as long as no discount begins.
    #[test]
    fn more_load_never_costs_less_by_actual_demand(kwh in loads(), factor in 1.0..3.0f64) {
        let contract =
            Contract { capacity_kva: Some(1250.0), demand_billing: Some(DemandBilling::ActualDemand), ..Contract::default() };
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().assume_in_force();
        let of = |factor: f64| {
            let kwh = kwh.iter().map(|kwh| factor * kwh).collect();
            bills(&tariff, april(vec![(Channel::IMPORT_KWH, kwh)]), &contract, &APRIL).remove(0)
        };
        prop_assert!(total(&of(1.0)) <= total(&of(factor)) + Decimal::new(1, 5));
    }

    #[test]
    fn a_permutation_within_a_period_changes_no_energy_charge(kwh in loads(), seed in any::<u64>()) {
        // A shuffle of the quarters of the day among themselves and of those of the night among themselves.
        let is_day = |at: usize| (32..80).contains(&(at % 96));
        let mut shuffled = kwh.clone();
        let mut state = seed | 1;
        for of_day in [true, false] {
            let places: Vec<usize> = (0..QUARTERS).filter(|at| is_day(*at) == of_day).collect();
            for at in (1..places.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                shuffled.swap(places[at], places[(state >> 33) as usize % (at + 1)]);
            }
        }
        let of = |kwh: Vec<f64>| bills(&every_charge(), april(vec![(Channel::IMPORT_KWH, kwh)]), &Contract::default(), &APRIL).remove(0);
        prop_assert!(near(unrounded(&of(kwh), "kWh"), unrounded(&of(shuffled), "kWh")));
    }

    /// Meters billed together are one meter with their sum, but for demands, which add line by line.
    #[test]
    fn meters_of_one_supply_point_add(kwh in loads(), other in loads(), share in 0.0..1.0f64) {
        let tariff = every_charge();
        let quantities = |kwh: Vec<f64>| {
            let site = site(april(vec![(Channel::IMPORT_KWH, kwh)]), Contract::default());
            measure_quantities(&site, &tariff, &BillingPeriods::Months).unwrap().remove(0)
        };
        let both = BillingQuantities::sum(&[quantities(kwh.clone()), quantities(other.clone()).share(share).unwrap()]).unwrap();
        let joined = quantities(kwh.iter().zip(&other).map(|(one, other)| one + share * other).collect());
        let bill = |of: &BillingQuantities| tariff.bill(of, &Contract::default()).unwrap();
        prop_assert!(near(unrounded(&bill(&both), "kWh"), unrounded(&bill(&joined), "kWh")));
        prop_assert!(both.demand_kw.unwrap() >= joined.demand_kw.unwrap() - 1e-9);
    }

    /// What `proportional` bills lies within the bounds.
    #[test]
    fn a_bill_in_proportion_lies_within_its_bounds(kwh in loads(), gap in 0usize..2800, length in 1usize..80) {
        let mut measured = kwh;
        measured[gap..gap + length].fill(f64::NAN);
        let options = BillingOptions { missing: Some(MissingReadings::Proportional), ..BillingOptions::default() };
        let bills = rising().bill_site(&site(april(vec![(Channel::IMPORT_KWH, measured)]), Contract::default()), &options).unwrap();
        for bill in &bills.bills {
            let bounds = bill.bounds.unwrap();
            prop_assert!(bounds.low <= bill.total && bill.total <= bounds.high);
        }
    }
}

/// The rules under which more load can cost less, as the documents name them.
#[test]
fn more_load_can_cost_less_where_the_documents_say_so() {
    let of = |tariff: &Tariff, contract: &Contract, kwh: f64, kvarh: f64, demand_kw: f64| {
        let quantities = BillingQuantities {
            from: APRIL[0].parse().unwrap(),
            until: APRIL[1].parse().unwrap(),
            kwh: [("day".to_owned(), kwh)].into(),
            import_kvarh: Some(kvarh),
            demand_kw: Some(demand_kw),
            ..BillingQuantities::default()
        };
        tariff.bill(&quantities, contract).unwrap().total
    };
    // Power factor: 0.70 (+10 %) and, with the same reactive energy, 0.90 (nothing).
    let adjusted = tariff(&[
        ("energy", json!({"energy": {"price": "0.01"}})),
        ("fixed", json!({"fixed": {"price": "10000", "per": "month"}})),
        ("adjustment", json!({"power_factor": {}})),
    ]);
    let contract =
        Contract { power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()), ..Contract::default() };
    assert!(of(&adjusted, &contract, 2000.0, 1000.0, 1.0) < of(&adjusted, &contract, 1000.0, 1000.0, 1.0));
    // Reactive energy above a share: more active energy makes more of it free.
    let reactive = tariff(&[
        ("energy", json!({"energy": {"price": "0.01"}})),
        ("reactive", json!({"reactive": {"price": "0.05", "free_share": "0.5"}})),
    ]);
    let none = Contract::default();
    assert!(of(&reactive, &none, 1500.0, 1000.0, 1.0) < of(&reactive, &none, 1000.0, 1000.0, 1.0));
    // Load-factor discount: 259 and 260 kWh a kVA.
    let discounted = load("cn-fujian-two-part-1-10kv-2026-08").unwrap();
    let contract = Contract {
        capacity_kva: Some(1000.0),
        demand_billing: Some(DemandBilling::ActualDemand),
        load_factor_discount: Some(true),
        ..Contract::default()
    };
    let prices = [("purchase", "0.37"), ("line_loss", "0.01"), ("system", "0.08")]
        .map(|(id, price)| (id.to_owned(), wattlens::tariff::GivenPrice::Always(price.parse().unwrap())));
    let discounted = discounted.with_prices(&prices.into()).unwrap();
    let bill = |kwh: f64| {
        let quantities = BillingQuantities {
            from: "2026-08-01".parse().unwrap(),
            until: "2026-09-01".parse().unwrap(),
            kwh: [("flat".to_owned(), kwh)].into(),
            demand_kw: Some(800.0),
            ..BillingQuantities::default()
        };
        discounted.bill(&quantities, &contract).unwrap().total
    };
    assert!(bill(260_000.0) < bill(259_000.0));
    // Blocks by hours of use with rising prices: 1000 kWh at 2 kW are 400 at 0.05 and 600 at 0.10, at 5 kW all at 0.05.
    let hours = tariff(&[(
        "energy",
        json!({"energy_tiers": {"rate": [{"up_to": "200", "price": "0.05"}, {"price": "0.10"}], "limits": "kwh_a_kw"}}),
    )]);
    assert_eq!(of(&hours, &none, 1000.0, 0.0, 2.0), Decimal::from(80));
    assert_eq!(of(&hours, &none, 1000.0, 0.0, 5.0), Decimal::from(50));
    // Falling blocks that all periods fill: 100 kWh by day at 10; with 100 more by night, whose energy is free, half of
    // the dear block is the night's.
    let shared = tariff(&[(
        "energy",
        json!({"energy_tiers": {"counts": "all", "rates": {
            "day": [{"up_to": "100", "price": "10"}, {"price": "0"}], "night": [{"up_to": "100", "price": "0"}, {"price": "0"}]
        }}}),
    )]);
    let with_night = |night: f64| {
        let quantities = BillingQuantities {
            from: APRIL[0].parse().unwrap(),
            until: APRIL[1].parse().unwrap(),
            kwh: [("day".to_owned(), 100.0), ("night".to_owned(), night)].into(),
            ..BillingQuantities::default()
        };
        shared.bill(&quantities, &none).unwrap().total
    };
    assert_eq!((with_night(0.0), with_night(100.0)), (Decimal::from(1000), Decimal::from(500)));
}
