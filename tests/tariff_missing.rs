//! Bills with missing readings: never silently lower, with bounds, or a number under a policy that is named.

#![allow(clippy::unwrap_used)]

mod common;

use common::tariffs::{QUARTERS, april, day_and_night, site, tariff};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;
use wattlens::readings::{Channel, Flag, Series};
use wattlens::site::{Contract, DemandBilling, PowerFactorStandard, Site};
use wattlens::tariff::{
    BillingOptions, BillingPeriods, BillingQuantities, Bills, Bounds, MissingReadings, Tariff, billed_hundredths, load,
};

fn under(tariff: &Tariff, site: &Site, missing: Option<MissingReadings>) -> Bills {
    tariff.bill_site(site, &BillingOptions { missing, ..BillingOptions::default() }).unwrap()
}

fn kwh(values: Vec<f64>) -> Site {
    site(april(vec![(Channel::IMPORT_KWH, values)]), Contract::default())
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn time_of_use() -> Tariff {
    tariff(&[("energy", json!({"energy": {"price": "1", "floats": true}}))])
}

/// By day 4 kWh a quarter of an hour, once 6; by night 1, once 2. Missing: the day of 2 April, 48 quarters.
fn without_a_day() -> Vec<f64> {
    let mut values = day_and_night(4.0, 1.0);
    values[40] = 6.0;
    values[0] = 2.0;
    values[96 + 32..96 + 80].fill(f64::NAN);
    values
}

#[test]
fn gaps_filled_with_zero_lower_the_bill_silently_and_missing_readings_say_so() {
    // By day 29 × 48 × 4 + 2 = 5570 kWh at 1.50, by night 30 × 48 × 1 + 1 = 1441 kWh at 0.50: 8355 + 720.5.
    let bills = under(&time_of_use(), &kwh(without_a_day()), None);
    let bill = &bills.bills[0];
    assert_eq!(bill.total, decimal("9075.50"));
    assert!((bill.quantities.missing_share - 48.0 / 2880.0).abs() < 1e-12);
    assert_eq!(bill.quantities.missing_h["day"], 12.0);
    assert_eq!(bill.quantities.missing_h["night"], 0.0);
    // 48 quarters at the day's highest, 6 kWh, are 288 kWh more by day: 432.00 more.
    assert_eq!(bill.bounds, Some(Bounds { low: decimal("9075.50"), high: decimal("9507.50") }));
    // The true bill, 48 quarters at 4 kWh, lies within.
    let mut whole = without_a_day();
    whole[96 + 32..96 + 80].fill(4.0);
    let truth = under(&time_of_use(), &kwh(whole), None).bills.remove(0);
    assert_eq!((truth.total, truth.bounds), (decimal("9363.50"), None));
    // The trap: with zeros in the gap the bill is 288.00 too low and nothing can say so.
    let zeros = without_a_day().into_iter().map(|kwh| if kwh.is_nan() { 0.0 } else { kwh }).collect();
    let silent = under(&time_of_use(), &kwh(zeros), None).bills.remove(0);
    assert_eq!((silent.total, silent.bounds, silent.quantities.missing_share), (bill.total, None, 0.0));
}

#[test]
fn refused_where_one_reading_is_missing_and_billed_where_none_is() {
    let mut values = day_and_night(4.0, 1.0);
    values[7] = f64::NAN;
    let bills = under(&time_of_use(), &kwh(values), Some(MissingReadings::Refuse));
    assert!(bills.bills.is_empty());
    assert_eq!(
        (bills.not_billed[0].label.as_str(), bills.not_billed[0].reason.as_str()),
        ("2026-04", "missing_readings")
    );
    let whole = under(&time_of_use(), &kwh(day_and_night(4.0, 1.0)), Some(MissingReadings::Refuse));
    assert_eq!((whole.bills.len(), whole.not_billed.len()), (1, 0));
}

#[test]
fn in_proportion_every_missing_reading_is_the_mean_of_its_period() {
    let bill = under(&time_of_use(), &kwh(without_a_day()), Some(MissingReadings::Proportional)).bills.remove(0);
    // Mean by day 5570 / 1392 = 4.001437 kWh; × 48 = 192.068966; by day 5762.068966 kWh at 1.50 = 8643.10.
    let mean = 5570.0 / 1392.0;
    assert!((bill.quantities.kwh["day"] - (5570.0 + 48.0 * mean)).abs() < 1e-9);
    assert_eq!(bill.quantities.kwh["night"], 1441.0);
    assert!((bill.quantities.estimated_kwh - 48.0 * mean).abs() < 1e-9);
    assert_eq!(bill.total, decimal("8643.10") + decimal("720.50"));
    // It still says what is missing, and its bounds are those of the same gaps.
    assert!((bill.quantities.missing_share - 48.0 / 2880.0).abs() < 1e-12);
    assert_eq!(bill.bounds, Some(Bounds { low: decimal("9075.50"), high: decimal("9507.50") }));
}

#[test]
fn more_than_five_percent_missing_is_billed_only_under_a_named_policy() {
    let mut values = day_and_night(4.0, 1.0);
    values[..6 * 96].fill(f64::NAN);
    let (tariff, site) = (time_of_use(), kwh(values));
    let bills = under(&tariff, &site, None);
    assert_eq!((bills.bills.len(), bills.not_billed[0].reason.as_str()), (0, "missing_readings"));
    assert!((bills.not_billed[0].missing_share - 0.2).abs() < 1e-12);
    // 24 of 30 days: 24 × (48 × 4 × 1.5 + 48 × 0.5) = 24 × 312; in proportion and at most all 30 of them.
    let bill = under(&tariff, &site, Some(MissingReadings::Bounds)).bills.remove(0);
    assert_eq!(bill.total, Decimal::from(24 * 312));
    assert_eq!(bill.bounds, Some(Bounds { low: Decimal::from(24 * 312), high: Decimal::from(30 * 312) }));
    let bill = under(&tariff, &site, Some(MissingReadings::Proportional)).bills.remove(0);
    assert_eq!(bill.total, Decimal::from(30 * 312));
    assert_eq!(bill.quantities.estimated_kwh, 6.0 * 48.0 * 5.0);
    let bills = under(&tariff, &site, Some(MissingReadings::Refuse));
    assert_eq!(bills.not_billed[0].reason, "missing_readings");
    // Reading dates follow the same rules.
    let dates = ["2026-04-01", "2026-04-16", "2026-05-01"].map(|date| date.parse().unwrap()).to_vec();
    let of_dates = |missing| {
        let options =
            BillingOptions { periods: BillingPeriods::ReadingDates(dates.clone()), missing, ..Default::default() };
        tariff.bill_site(&site, &options).unwrap()
    };
    assert_eq!(of_dates(None).bills.len(), 1);
    let bills = of_dates(Some(MissingReadings::Bounds)).bills;
    assert_eq!(bills[0].bounds, Some(Bounds { low: Decimal::from(9 * 312), high: Decimal::from(15 * 312) }));
    assert_eq!(bills[1].bounds, None);
}

#[test]
fn a_period_without_any_reading_has_no_mean_and_is_bounded_by_the_bill() {
    let mut values = day_and_night(4.0, f64::NAN);
    values[40] = 6.0;
    let (tariff, site) = (time_of_use(), kwh(values));
    let bills = under(&tariff, &site, Some(MissingReadings::Proportional));
    assert_eq!((bills.bills.len(), bills.not_billed[0].reason.as_str()), (0, "missing_readings"));
    assert!((bills.not_billed[0].missing_share - 0.5).abs() < 1e-9);
    // Every night quarter at 6 kWh: 1440 × 6 × 0.5 more.
    let bill = under(&tariff, &site, Some(MissingReadings::Bounds)).bills.remove(0);
    assert_eq!(bill.bounds.unwrap().high - bill.bounds.unwrap().low, Decimal::from(1440 * 3));
    // A month with nothing is billed by no policy.
    let empty = kwh(vec![f64::NAN; QUARTERS]);
    for missing in [None, Some(MissingReadings::Bounds), Some(MissingReadings::Proportional)] {
        assert!(under(&tariff, &empty, missing).bills.is_empty());
    }
}

#[test]
fn the_part_of_an_interval_that_was_measured_is_billed_and_never_lowered() {
    let mut flags = vec![Flag::Measured; QUARTERS];
    flags[41] = Flag::Incomplete;
    let mut values = day_and_night(4.0, 1.0);
    values[41] = 3.0;
    let readings = april(vec![(Channel::IMPORT_KWH, values.clone())]);
    let readings = readings.with_series(vec![Series::with_flags(Channel::IMPORT_KWH, values, flags)]).unwrap();
    let bill = under(&time_of_use(), &site(readings, Contract::default()), None).bills.remove(0);
    // One kWh less than 30 × 312 by day at 1.50; at most as high as every other quarter of the day.
    assert_eq!(bill.bounds, Some(Bounds { low: decimal("9358.50"), high: decimal("9360.00") }));
}

#[test]
fn demand_can_lie_in_the_gap_of_a_longer_window() {
    // Two-quarter windows; 10 kWh stands beside a gap, so its window is not judged: 4 + 4 kWh in half an hour, 16 kW.
    let tariff = tariff(&[("demand", json!({"demand": {"rate": "10", "window_s": 1800}}))]);
    let mut values = day_and_night(4.0, 1.0);
    (values[40], values[41]) = (10.0, f64::NAN);
    let bill = under(&tariff, &kwh(values), None).bills.remove(0);
    assert_eq!(bill.total, Decimal::from(160));
    // With 10 kWh in the gap the half-hour has 20 kWh, 40 kW.
    assert_eq!(bill.bounds, Some(Bounds { low: Decimal::from(160), high: Decimal::from(400) }));
}

#[test]
fn the_power_factor_bounds_a_bill_from_below_and_above() {
    // 100 kWh and 48.4 kvarh a quarter are a power factor of 0.90; 2 of 100 quarters are missing.
    let (active, reactive) = (100.0, 100.0 * (1.0f64 / 0.81 - 1.0).sqrt());
    let gap = |value: f64| (0..QUARTERS).map(|at| if at < 57 { f64::NAN } else { value }).collect::<Vec<_>>();
    let readings = april(vec![(Channel::IMPORT_KWH, gap(active)), (Channel::IMPORT_KVARH, gap(reactive))]);
    let contract =
        Contract { power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()), ..Contract::default() };
    let tariff = tariff(&[("energy", json!({"energy": {"price": "1"}})), ("adjustment", json!({"power_factor": {}}))]);
    let bill = under(&tariff, &site(readings, contract), None).bills.remove(0);
    let (present, missing) = ((QUARTERS - 57) as f64, 57.0);
    assert_eq!((bill.total, bill.power_factor), (Decimal::from(282_300), Some(0.90)));
    // Lowest: no active energy in the gap, or all of it and nothing reactive (0.904, billed as 0.90); highest: both at
    // their highest, still 0.90. Reactive alone would be 0.896, billed as 0.90.
    assert_eq!(billed_hundredths(present * active + missing * active, present * reactive), Some(90));
    assert_eq!(billed_hundredths(present * active, (present + missing) * reactive), Some(90));
    assert_eq!(bill.bounds, Some(Bounds { low: Decimal::from(282_300), high: Decimal::from(288_000) }));
    // Where the reactive energy of the gap moves the billed hundredth, the bounds move with it: 0.895 is billed as
    // 0.90 and with the gap's reactive energy alone as 0.89, +0.5 %; 282300 × 1.005 < 288000 × 1.00, so that the
    // highest is the one with both, and the lowest the one with active energy and none reactive only where that is
    // a reduction worth more than the energy.
    let reactive = 100.0 * (1.0f64 / (0.8951f64 * 0.8951) - 1.0).sqrt();
    let readings = april(vec![(Channel::IMPORT_KWH, gap(active)), (Channel::IMPORT_KVARH, gap(reactive))]);
    let contract =
        Contract { power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()), ..Contract::default() };
    let bill = under(&tariff, &site(readings, contract), None).bills.remove(0);
    assert_eq!(billed_hundredths(present * active, (present + missing) * reactive), Some(89));
    assert_eq!(bill.bounds.unwrap().low, Decimal::from(282_300));
    assert_eq!(bill.bounds.unwrap().high, Decimal::from(288_000));
}

#[test]
fn a_discount_that_begins_inside_the_bounds_lowers_the_lower_one() {
    // 1000 kVA: from 287 200 kWh the demand price is 36 instead of 40. 100 kWh a quarter, 99 and 101 in turn, once 110
    // instead of 99, and the last ten missing: 287 011 kWh.
    let basic = json!({"basic": {
        "capacity_price": "25", "capacity_certainty": "stated", "demand_price": "40", "demand_certainty": "stated",
        "contract_floor_share": "0.4", "overrun_share": "1.05", "overrun_factor": "2", "demand_window_s": 900,
        "load_factor_discount": {"kwh_per_kva": "287.2", "factor": "0.9", "applies": true, "certainty": "stated"}
    }});
    let tariff = tariff(&[("energy", json!({"energy": {"price": "1"}})), ("basic", basic)]);
    let mut values: Vec<f64> = (0..QUARTERS).map(|at| if at % 2 == 0 { 99.0 } else { 101.0 }).collect();
    values[2870..].fill(f64::NAN);
    values[4] = 110.0;
    let contract = Contract {
        capacity_kva: Some(1000.0),
        demand_billing: Some(DemandBilling::ActualDemand),
        ..Contract::default()
    };
    let bill = under(&tariff, &site(april(vec![(Channel::IMPORT_KWH, values)]), contract), None).bills.remove(0);
    // Measured 287 011 kWh and 440 kW at 40: 304 611. A quarter of 110 kWh in each gap is 275 kWh more, above 287 200, and
    // the demand costs 1760 less: 303 126, lower than the measured bill. All of it is 288 111 + 15 840, in between.
    assert_eq!(bill.total, Decimal::from(287_011 + 17_600));
    assert_eq!(bill.bounds.unwrap().low, Decimal::from(287_011 + 275 + 15_840));
    assert_eq!(bill.bounds.unwrap().high, Decimal::from(287_011 + 17_600));
}

#[test]
fn an_export_in_the_gap_can_lower_the_bill() {
    let mut export = vec![1.0; QUARTERS];
    export[..10].fill(f64::NAN);
    let readings = april(vec![(Channel::IMPORT_KWH, day_and_night(4.0, 1.0)), (Channel::EXPORT_KWH, export)]);
    // Nothing here is paid for exports: the bounds meet, and they are there because a reading is missing.
    let bill = under(&time_of_use(), &site(readings, Contract::default()), None).bills.remove(0);
    assert_eq!(bill.bounds, Some(Bounds { low: Decimal::from(30 * 312), high: Decimal::from(30 * 312) }));
}

#[test]
fn what_earlier_bills_hand_on_opens_the_first() {
    let mut options = BillingOptions::default();
    options.carried.year_to_date.insert("energy".to_owned(), Decimal::from(7));
    let bills = time_of_use().bill_site(&kwh(day_and_night(4.0, 1.0)), &options).unwrap();
    assert_eq!(bills.bills[0].quantities.carried, options.carried);
}

#[test]
fn hundredths_are_exact_and_funds_are_no_base_of_the_power_factor_adjustment() {
    // A power factor of nominally 0.945 is 0.95 on the bill: −0.75 % of all but the funds.
    let kvarh = 1e5 * (1.0f64 / (0.945 * 0.945) - 1.0).sqrt();
    let quantities = BillingQuantities {
        from: "2025-08-01".parse().unwrap(),
        until: "2025-09-01".parse().unwrap(),
        kwh: [("flat".to_owned(), 1e5)].into(),
        import_kvarh: Some(kvarh),
        ..BillingQuantities::default()
    };
    let contract =
        Contract { power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()), ..Contract::default() };
    let bill = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().bill(&quantities, &contract).unwrap();
    let adjustment = bill.lines.last().unwrap();
    let funds = bill.lines.iter().find(|line| line.component.contains("fund")).unwrap();
    assert_eq!(bill.power_factor, Some(0.95));
    assert_eq!(adjustment.price, decimal("-0.0075"));
    let energy: Decimal = bill.lines.iter().filter(|line| line.unit == "kWh").map(|line| line.amount).sum();
    assert!(funds.amount > Decimal::ZERO);
    assert_eq!(adjustment.quantity, energy - funds.amount);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was taken in the gap, up to the highest measured in its period: the bill lies within the bounds.
    #[test]
    fn every_truth_up_to_the_highest_measured_lies_within_the_bounds(
        gap in 0usize..2800, length in 1usize..80, shares in prop::collection::vec(0.0..1.0f64, 80), highest in 4.5..9.0f64,
    ) {
        let mut truth = day_and_night(4.0, 1.0);
        for at in [gap + length + 32, gap + 5].map(|at| at % QUARTERS) {
            if (32..80).contains(&(at % 96)) { truth[at] = highest; }
        }
        let (mut lowest_day, mut measured) = (0.0f64, truth.clone());
        measured[gap..(gap + length).min(QUARTERS)].fill(f64::NAN);
        let mut lowest_night = 0.0f64;
        for (at, kwh) in measured.iter().enumerate().filter(|(_, kwh)| !kwh.is_nan()) {
            if (32..80).contains(&(at % 96)) { lowest_day = lowest_day.max(*kwh) } else { lowest_night = lowest_night.max(*kwh) }
        }
        for (at, share) in (gap..(gap + length).min(QUARTERS)).zip(&shares) {
            truth[at] = share * if (32..80).contains(&(at % 96)) { lowest_day } else { lowest_night };
        }
        let tariff = tariff(&[
            ("energy", json!({"energy": {"price": "1", "floats": true}})),
            ("demand", json!({"demand": {"rate": "10", "window_s": 1800, "sliding": true}})),
        ]);
        let bounds = under(&tariff, &kwh(measured), None).bills.remove(0).bounds.unwrap();
        let truth = under(&tariff, &kwh(truth), None).bills.remove(0).total;
        prop_assert!(bounds.low <= truth && truth <= bounds.high, "{truth} in {bounds:?}");
    }
}
