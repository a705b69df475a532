//! Transformer and line losses of meters on the low-voltage side, worked out by hand.

#![allow(clippy::unwrap_used)]

mod common;

use common::tariffs::{QUARTERS, april, day_and_night, site, tariff};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;
use wattlens::readings::{Channel, Readings};
use wattlens::site::{Contract, LineLoss, LowSide, PowerFactorStandard, Transformer};
use wattlens::tariff::{BillingOptions, BillingPeriods, BillingQuantities, Tariff, measure_quantities, shape_factor};

/// 1000 kVA, 1 kW without load, 10 kW at rated load, 1 % no-load current, 5 % impedance.
fn low_side() -> LowSide {
    let transformer = Transformer {
        capacity_kva: 1000.0,
        no_load_loss_kw: 1.0,
        load_loss_kw: 10.0,
        no_load_current_percent: 1.0,
        impedance_percent: 5.0,
    };
    LowSide { transformer: Some(transformer), line: None, joins: "night".to_owned(), shape_factor: None }
}

fn contract(low_side: LowSide) -> Contract {
    Contract { low_side: Some(low_side), ..Contract::default() }
}

fn flat_and_reactive() -> Tariff {
    tariff(&[("energy", json!({"energy": {"price": "1"}})), ("reactive", json!({"reactive": {"price": "0.1"}}))])
}

fn measured(readings: Readings, contract: Contract) -> BillingQuantities {
    measure_quantities(&site(readings, contract), &flat_and_reactive(), &BillingPeriods::Months).unwrap().remove(0)
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
}

#[test]
fn an_even_load_of_half_the_rated_power() {
    // 400 kW and 300 kvar are 500 kVA: (0.5)² = 0.25. T = 720 h.
    // Active: 1 × 720 + 10 × 0.25 × 720 = 2520 kWh. Reactive: 0.01 × 1000 × 720 + 0.05 × 1000 × 0.25 × 720 = 16 200 kvarh.
    let load = || vec![(Channel::IMPORT_KWH, vec![100.0; QUARTERS]), (Channel::IMPORT_KVARH, vec![75.0; QUARTERS])];
    let month = measured(april(load()), contract(low_side()));
    assert_eq!((month.loss_kwh, month.loss_kvarh), (Some(2520.0), Some(16_200.0)));
    assert_eq!((month.kwh["day"], month.kwh["night"]), (144_000.0, 144_000.0 + 2520.0));
    assert_eq!(month.import_kvarh, Some(216_000.0 + 16_200.0));
    assert_eq!(month.power_factor_kwh, Some(288_000.0 + 2520.0));
    // The demand is the meter's.
    assert_eq!(month.demand_kw, Some(400.0));
    // Allocated, every period has its share.
    let month = measured(april(load()), contract(LowSide { joins: "allocated".to_owned(), ..low_side() }));
    assert!(near(month.kwh["day"], 144_000.0 + 1260.0) && near(month.kwh["night"], 144_000.0 + 1260.0));
    // Without low-side metering nothing is added.
    let month = measured(april(load()), Contract::default());
    assert_eq!((month.loss_kwh, month.total_kwh()), (None, 288_000.0));
    // Without a reactive meter 400 kW stand for 500 kVA too, at 0.8; there is no reactive energy to add to.
    let month = measured(april(load()[..1].to_vec()), contract(low_side()));
    assert_eq!((month.loss_kwh, month.import_kvarh), (Some(2520.0), None));
}

#[test]
fn a_shift_loses_more_than_the_same_energy_spread_evenly() {
    // 12 h a day at 800 kW, 600 kvar (1000 kVA), 12 h at nothing: 720 + 10 × 360 = 4320 kWh; evenly 720 + 10 × 720 / 4 = 2520.
    let readings = april(vec![
        (Channel::IMPORT_KWH, day_and_night(200.0, 0.0)),
        (Channel::IMPORT_KVARH, day_and_night(150.0, 0.0)),
    ]);
    let month = measured(readings, contract(low_side()));
    assert_eq!(month.loss_kwh, Some(4320.0));
    // The formula has the same with K = 2, which the intervals tell.
    let kva: Vec<f64> = day_and_night(1000.0, 0.0);
    assert_eq!(shape_factor(&kva), Some(2.0));
    let entered = BillingQuantities {
        kwh: [("day".to_owned(), 288_000.0), ("night".to_owned(), 0.0)].into(),
        import_kvarh: Some(216_000.0),
        ..april_quantities()
    };
    let joined = entered.with_losses(&contract(LowSide { shape_factor: Some(2.0), ..low_side() })).unwrap();
    assert!(near(joined.loss_kwh.unwrap(), 4320.0) && near(joined.kwh["night"], 4320.0));
    assert!(near(joined.import_kvarh.unwrap(), 216_000.0 + 7200.0 + 18_000.0));
    assert!(near(month.loss_kvarh.unwrap(), 7200.0 + 18_000.0));
}

fn april_quantities() -> BillingQuantities {
    BillingQuantities {
        from: "2026-04-01".parse().unwrap(),
        until: "2026-05-01".parse().unwrap(),
        ..BillingQuantities::default()
    }
}

#[test]
fn lines_lose_a_share_or_by_their_resistance() {
    // 2 % of 288 000 + 2520 kWh is 5810.4 kWh.
    let share = LineLoss { share: Some(0.02), ..LineLoss::default() };
    let load = || vec![(Channel::IMPORT_KWH, vec![100.0; QUARTERS]), (Channel::IMPORT_KVARH, vec![75.0; QUARTERS])];
    let month = measured(april(load()), contract(LowSide { line: Some(share), ..low_side() }));
    assert!(near(month.loss_kwh.unwrap(), 2520.0 + 5810.4));
    // 500 kVA at 10 kV are 28.87 A; 3 × 28.87² × 2 Ω = 5 kW; × 720 h = 3600 kWh.
    let line = LineLoss { resistance_ohm: Some(2.0), voltage_kv: Some(10.0), share: None };
    let month = measured(april(load()), contract(LowSide { line: Some(line), transformer: None, ..low_side() }));
    assert!(near(month.loss_kwh.unwrap(), 3600.0) && near(month.loss_kvarh.unwrap(), 0.0));
}

#[test]
fn losses_are_billed_once_and_the_bill_shows_them() {
    let values: Vec<f64> = (0..QUARTERS).map(|at| if at % 2 == 0 { 99.0 } else { 101.0 }).collect();
    let readings = april(vec![(Channel::IMPORT_KWH, values), (Channel::IMPORT_KVARH, vec![75.0; QUARTERS])]);
    let standard = Some(PowerFactorStandard::try_from(0.90).unwrap());
    let contract =
        Contract { power_factor_standard: standard, ..contract(LowSide { shape_factor: Some(1.0), ..low_side() }) };
    let tariff = flat_and_reactive();
    let bill = tariff.bill_site(&site(readings, contract.clone()), &BillingOptions::default()).unwrap().bills.remove(0);
    // Σ(S/1000)²·dt: 1440 quarters at (396² + 300²) and at (404² + 300²): 0.250016 × 720. 720 + 1800.1152 kWh.
    let loss = bill.quantities.loss_kwh.unwrap();
    assert!(near(loss, 2520.1152));
    assert_eq!(bill.lines[0].quantity, "290520.1152".parse::<Decimal>().unwrap());
    assert_eq!(bill.lines[1].quantity, "232200.576".parse::<Decimal>().unwrap());
    // The same quantities billed again are the same bill.
    let again = tariff.bill(&bill.quantities, &contract).unwrap();
    assert_eq!((again.total, again.quantities.loss_kwh), (bill.total, Some(loss)));
    // The month's power factor falls from 0.80 (400 kW, 300 kvar) to 290.5 / √(290.5² + 232.2²) = 0.781.
    assert_eq!(bill.power_factor, Some(0.78));
}

#[test]
fn entered_quantities_need_the_shape_factor_and_say_so() {
    let entered = BillingQuantities { kwh: [("night".to_owned(), 1000.0)].into(), ..april_quantities() };
    let tariff = tariff(&[("energy", json!({"energy": {"price": "1"}}))]);
    let bill = tariff.bill(&entered, &contract(low_side())).unwrap();
    assert_eq!(bill.total, Decimal::from(1000));
    assert_eq!(
        (bill.not_done[0].task.as_str(), bill.not_done[0].needs.as_str()),
        ("bill.losses", "contract.shape_factor")
    );
    // A line of agreed share needs none: 5 % of 1000 kWh.
    let line = LowSide {
        transformer: None,
        line: Some(LineLoss { share: Some(0.05), ..LineLoss::default() }),
        joins: "allocated".to_owned(),
        shape_factor: None,
    };
    let bill = tariff.bill(&entered, &contract(line)).unwrap();
    assert_eq!((bill.total, bill.not_done.len()), (Decimal::from(1050), 0));
    assert_eq!(tariff.totals(std::slice::from_ref(&entered), &[bill_contract(0.05)]).unwrap(), [Decimal::from(1050)]);
    // A period that is not there is named.
    let wrong = contract(LowSide { joins: "flat".to_owned(), shape_factor: Some(1.0), ..low_side() });
    let message = tariff.bill(&entered, &wrong).unwrap_err().to_string();
    assert!(message.contains("contract.low_side.joins") && message.contains("night"), "{message}");
}

fn bill_contract(share: f64) -> Contract {
    let line = Some(LineLoss { share: Some(share), ..LineLoss::default() });
    contract(LowSide { transformer: None, line, joins: "allocated".to_owned(), shape_factor: None })
}

#[test]
fn a_transformer_without_load_still_loses() {
    let month = measured(april(vec![(Channel::IMPORT_KWH, vec![0.0; QUARTERS])]), contract(low_side()));
    assert_eq!((month.loss_kwh, month.kwh["night"]), (Some(720.0), 720.0));
    let month = measured(
        april(vec![(Channel::IMPORT_KWH, vec![0.0; QUARTERS])]),
        contract(LowSide { joins: "allocated".to_owned(), ..low_side() }),
    );
    assert_eq!((month.kwh["day"], month.kwh["night"]), (360.0, 360.0));
}

#[test]
fn a_bill_across_a_change_of_prices_loses_in_each_part() {
    let mut sheet = common::tariffs::sheet(&[("energy", json!({"energy": {"price": "1"}}))]);
    let mut later = sheet["versions"][0].clone();
    sheet["versions"][0]["in_force"] = json!({"from": "2020-01-01", "until": "2026-04-11"});
    later["in_force"] = json!({"from": "2026-04-11"});
    later["components"][0]["charge"] = json!({"energy": {"price": "2"}});
    sheet["versions"].as_array_mut().unwrap().push(later);
    let tariff = Tariff::from_json(&sheet.to_string(), "two versions").unwrap();
    let load = vec![(Channel::IMPORT_KWH, vec![100.0; QUARTERS]), (Channel::IMPORT_KVARH, vec![75.0; QUARTERS])];
    let site = site(april(load), contract(low_side()));
    let month = measure_quantities(&site, &tariff, &BillingPeriods::Months).unwrap().remove(0);
    // 2520 kWh in 30 days: 840 in the first ten, 1680 in the last twenty.
    assert_eq!(month.parts.iter().map(|part| part.loss_kwh.unwrap()).collect::<Vec<_>>(), [840.0, 1680.0]);
    assert_eq!((month.loss_kwh, month.loss_kvarh, month.total_kwh()), (Some(2520.0), Some(16_200.0), 290_520.0));
    assert_eq!(month.import_kvarh, Some(232_200.0));
    assert_eq!(month.parts[0].import_kvarh, Some(72_000.0 + 5400.0));
    let bill = tariff.bill(&month, site.contract()).unwrap();
    // 96 840 at 1, 193 680 at 2.
    assert_eq!(bill.total, Decimal::from(96_840 + 2 * 193_680));
}

#[test]
fn a_contract_that_makes_no_sense_names_its_field() {
    type Edit = fn(&mut LowSide);
    let bad = |edit: Edit| {
        let mut one = low_side();
        edit(&mut one);
        contract(one).check().unwrap_err().to_string()
    };
    let cases: [(&str, Edit); 5] = [
        ("low_side.transformer.load_loss_kw", |one| one.transformer.as_mut().unwrap().load_loss_kw = -1.0),
        ("low_side.shape_factor", |one| one.shape_factor = Some(0.9)),
        ("low_side.line", |one| {
            one.line = Some(LineLoss { share: Some(0.1), voltage_kv: Some(10.0), resistance_ohm: None })
        }),
        ("low_side.line.share", |one| one.line = Some(LineLoss { share: Some(0.9), ..LineLoss::default() })),
        ("transformer", |one| one.transformer = None),
    ];
    for (field, edit) in cases {
        let message = bad(edit);
        assert!(message.contains(field), "{field}: {message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// At one power factor, the formula with the shape factor of the intervals is their direct sum.
    #[test]
    fn the_formula_with_the_exact_shape_factor_is_the_direct_sum(
        levels in prop::collection::vec(0.0..250.0f64, 96), tangent in 0.0..1.5f64,
    ) {
        let kwh: Vec<f64> = (0..QUARTERS).map(|at| levels[at % 96] + 0.01).collect();
        let kvarh: Vec<f64> = kwh.iter().map(|kwh| tangent * kwh).collect();
        let kva: Vec<f64> = kwh.iter().zip(&kvarh).map(|(kwh, kvarh)| 4.0 * kwh.hypot(*kvarh)).collect();
        let month = measured(
            april(vec![(Channel::IMPORT_KWH, kwh.clone()), (Channel::IMPORT_KVARH, kvarh.clone())]),
            contract(low_side()),
        );
        let entered = BillingQuantities {
            kwh: [("day".to_owned(), kwh.iter().sum()), ("night".to_owned(), 0.0)].into(),
            import_kvarh: Some(kvarh.iter().sum()),
            ..april_quantities()
        };
        let shape = contract(LowSide { shape_factor: shape_factor(&kva).map(|shape| shape.max(1.0)), ..low_side() });
        let joined = entered.with_losses(&shape).unwrap().into_owned();
        for (found, expected) in [(joined.loss_kwh, month.loss_kwh), (joined.loss_kvarh, month.loss_kvarh)] {
            prop_assert!((found.unwrap() / expected.unwrap() - 1.0).abs() < 1e-9, "{found:?} {expected:?}");
        }
    }

    /// A slow twin from the definitions, where power factors differ and readings are missing.
    #[test]
    fn losses_of_intervals_are_the_sums_of_their_definition(
        kwh in prop::collection::vec(0.0..250.0f64, 96), kvarh in prop::collection::vec(-200.0..200.0f64, 96), gap in 0usize..2880,
    ) {
        let mut active: Vec<f64> = (0..QUARTERS).map(|at| kwh[at % 96]).collect();
        let reactive: Vec<f64> = (0..QUARTERS).map(|at| kvarh[(7 * at) % 96]).collect();
        active[gap] = f64::NAN;
        let (mut lost, mut lost_kvarh) = (0.0, 0.0);
        for (kwh, kvarh) in active.iter().zip(&reactive) {
            let (kw, kvar) = (4.0 * kwh, 4.0 * kvarh);
            let load = if kw.is_nan() { 0.0 } else { (kw * kw + kvar * kvar) / 1e6 };
            lost += 0.25 * (1.0 + 10.0 * load);
            lost_kvarh += 0.25 * 1000.0 * (0.01 + 0.05 * load);
        }
        let month = measured(
            april(vec![(Channel::IMPORT_KWH, active), (Channel::IMPORT_KVARH, reactive)]),
            contract(low_side()),
        );
        prop_assert!((month.loss_kwh.unwrap() / lost - 1.0).abs() < 1e-9);
        prop_assert!((month.loss_kvarh.unwrap() / lost_kvarh - 1.0).abs() < 1e-9);
    }
}
