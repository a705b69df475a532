//! Net billing and net metering: hand-made chains of bills with worked arithmetic.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::sheets::{component, sheet, tariff};
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings, Series};
use wattlens::site::{Contract, Site};
use wattlens::tariff::{Bill, BillingOptions, BillingQuantities, Carried, Tariff};
use wattlens::time::{Calendar, TimeAxis, Zone};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Energy at 0.20 and a fixed charge of 5, then the export.
fn with_export(export: Value) -> Tariff {
    tariff(
        &[],
        &[
            component("energy", json!({"energy": {"price": "0.20"}})),
            component("fixed", json!({"fixed": {"price": 5, "per": "month"}})),
            component("export", json!({"export": export})),
        ],
    )
}

/// A month of 2018 with one period.
fn month(month: i8, import: f64, export: f64) -> BillingQuantities {
    let from = date(2018, month, 1);
    BillingQuantities {
        from,
        until: from.last_of_month().tomorrow().unwrap(),
        kwh: [("all".to_owned(), import)].into(),
        export_kwh: [("all".to_owned(), export)].into(),
        ..BillingQuantities::default()
    }
}

/// Bills in a row, each with what the one before hands on.
fn chain(tariff: &Tariff, months: impl IntoIterator<Item = BillingQuantities>) -> Vec<Bill> {
    let mut carried = Carried::default();
    let mut bills = Vec::new();
    for quantities in months {
        let bill = tariff.bill(&BillingQuantities { carried, ..quantities }, &Contract::default()).unwrap();
        carried = bill.carried.clone();
        bills.push(bill);
    }
    bills
}

fn totals(bills: &[Bill]) -> Vec<Decimal> {
    bills.iter().map(|bill| bill.total).collect()
}

fn rules(bill: &Bill) -> Vec<(&str, Decimal)> {
    let of_export = bill.lines.iter().filter(|line| line.component == "export");
    of_export.map(|line| (line.rule.as_str(), line.amount)).collect()
}

#[test]
fn paid_credits_can_bring_a_bill_below_zero() {
    let tariff = with_export(json!({"net_billing": {"price": "0.05"}}));
    // 100 × 0.20 + 5 − 1000 × 0.05 = −25
    let bills = chain(&tariff, [month(6, 100.0, 1000.0)]);
    assert_eq!(totals(&bills), [decimal("-25")]);
    assert!(bills[0].carried.credit.is_empty() && bills[0].carried.until.is_none());
}

#[test]
fn carried_credits_wait_for_charges() {
    let tariff = with_export(json!({"net_billing": {"price": "0.05", "credit": "carried"}}));
    // May earns 50, has charges of 25 and leaves 25; June has 30 + 25; July has charges of 45 and earns nothing.
    let bills = chain(&tariff, [month(5, 100.0, 1000.0), month(6, 100.0, 600.0), month(7, 200.0, 0.0)]);
    assert_eq!(totals(&bills), [decimal("0"), decimal("0"), decimal("15")]);
    assert_eq!(rules(&bills[0]), [("export.credit", decimal("-50")), ("export.left", decimal("25"))]);
    let june = [("export.credit", decimal("-30")), ("export.brought", decimal("-25")), ("export.left", decimal("30"))];
    assert_eq!(rules(&bills[1]), june);
    assert_eq!(rules(&bills[2]), [("export.brought", decimal("-30"))]);
    assert_eq!(bills[2].carried.credit["export"], Decimal::ZERO);
    // Only the energy charge: 20 of May's 50 and nothing of the fixed 5.
    let energy_only = with_export(json!({"net_billing": {"price": "0.05", "credit": "carried", "of": ["energy"]}}));
    let bills = chain(&energy_only, [month(5, 100.0, 1000.0)]);
    assert_eq!((bills[0].total, bills[0].carried.credit["export"]), (decimal("5"), decimal("30")));
}

#[test]
fn credits_can_count_from_the_next_bill_on_and_end_with_the_year() {
    let terms = |share: &str| json!({"net_billing": {"price": "0.05", "credit": "next", "year_end": {"month": 6, "paid_share": share}}});
    let months = || [month(5, 100.0, 1000.0), month(6, 100.0, 600.0), month(7, 200.0, 0.0)];
    // May pays its 25 and earns 50; June sets off 25 of them, earns 30 and has 55 left, which are paid or expire.
    let paid = chain(&with_export(terms("1")), months());
    assert_eq!(totals(&paid), [decimal("25"), decimal("-55"), decimal("45")]);
    let expired = chain(&with_export(terms("0")), months());
    assert_eq!(totals(&expired), [decimal("25"), decimal("0"), decimal("45")]);
    assert_eq!(rules(&expired[1]).last(), Some(&("export.expired", decimal("55"))));
    let half = chain(&with_export(terms("0.5")), months());
    assert_eq!(totals(&half), [decimal("25"), decimal("-27.5"), decimal("45")]);
}

#[test]
fn what_is_not_known_of_exports_is_said() {
    let billing = with_export(json!({"net_billing": {"price": "0.05", "credit": "carried"}}));
    let metering = with_export(json!({"net_metering": {}}));
    for tariff in [&billing, &metering] {
        // No export was measured: the charges stand, and the credit is absent.
        let unmeasured = BillingQuantities { export_kwh: [].into(), ..month(5, 100.0, 0.0) };
        let bill = &chain(tariff, [unmeasured])[0];
        assert_eq!((bill.total, bill.not_done[0].needs.as_str()), (decimal("25"), "readings.export_kwh"));
        // June is missing: whether it used May's credit nobody knows.
        let bills = chain(tariff, [month(5, 100.0, 1000.0), month(7, 200.0, 0.0)]);
        assert_eq!((bills[1].total, bills[1].not_done[0].needs.as_str()), (decimal("45"), "bills.before"));
    }
}

#[test]
fn net_metering_bills_what_is_left_and_rolls_the_surplus_over() {
    let tariff = with_export(json!({"net_metering": {"year_end": {"month": 8, "price": "0.03"}}}));
    // May: 300 − 100; June: 100 − 400 leaves 300 over; July: 250 − 0, all of it from June; August: 100 − 80, 20 of
    // the 50 left, and the last 30 are paid at 0.03.
    let months = [month(5, 300.0, 100.0), month(6, 100.0, 400.0), month(7, 250.0, 0.0), month(8, 100.0, 80.0)];
    let bills = chain(&tariff, months);
    assert_eq!(totals(&bills), [decimal("45"), decimal("5"), decimal("5"), decimal("4.10")]);
    assert_eq!(bills[1].carried.credit_kwh["all"], decimal("300"));
    assert_eq!(rules(&bills[3]), [("export.set_off", Decimal::ZERO), ("export.year_end", decimal("-0.90"))]);
    assert_eq!(bills[3].lines.iter().find(|line| line.rule == "export.set_off").unwrap().quantity, decimal("100"));
    assert_eq!(bills[3].carried.credit_kwh["all"], Decimal::ZERO);
    // The meter's own energies stay.
    assert_eq!(bills[1].quantities.total_kwh(), 100.0);
}

fn day_and_night() -> Value {
    json!({"id": "hours", "base": [{"period": "day", "windows": ["08:00-20:00"]}], "rest": "night", "source": "test"})
}

#[test]
fn a_surplus_stays_in_its_period_and_blocks_are_filled_with_what_is_left() {
    let blocks = json!([{"up_to": 100, "price": "0.10"}, {"price": "0.20"}]);
    let tariff = tariff(
        &[day_and_night()],
        &[
            component("energy", json!({"energy_tiers": {"rates": {"day": blocks, "night": blocks}, "counts": "all"}})),
            component("levy", json!({"energy": {"price": "0.01"}})),
            component("export", json!({"export": {"net_metering": {}}})),
        ],
    );
    let with = |day: f64, night: f64, out: f64| BillingQuantities {
        kwh: [("day".to_owned(), day), ("night".to_owned(), night)].into(),
        export_kwh: [("day".to_owned(), out), ("night".to_owned(), 0.0)].into(),
        ..month(6, 0.0, 0.0)
    };
    let bill = &chain(&tariff, [with(200.0, 150.0, 260.0)])[0];
    // Day: 60 over. Night: 150 of which 100 at 0.10 and 50 at 0.20, and a levy on 150.
    assert_eq!(bill.total, decimal("21.50"));
    assert_eq!((bill.carried.credit_kwh["day"], bill.carried.credit_kwh["night"]), (decimal("60"), Decimal::ZERO));
    let bill = &chain(&tariff, [with(200.0, 50.0, 150.0)])[0];
    // 50 by day and 50 by night: 100 kWh, all in the first block.
    assert_eq!(bill.total, decimal("11.00"));
}

#[test]
fn exports_with_many_gaps_count_as_not_measured() {
    let tariff = with_export(json!({"net_billing": {"price": "0.05"}}));
    let bill_with = |gap: usize| {
        // From 1 June 2018.
        let axis = TimeAxis::new(1_527_811_200, 3600, 720, Zone::named("UTC").unwrap()).unwrap();
        let import = (0..720).map(|at| f64::from(at % 7) + 1.0).collect();
        let export = (0..720).map(|at| if at < gap { f64::NAN } else { 1.0 }).collect();
        let series = vec![Series::new(Channel::IMPORT_KWH, import), Series::new(Channel::EXPORT_KWH, export)];
        let readings = Arc::new(Readings::new(axis, series).unwrap());
        let site = Site::new(None, readings, Calendar::weekends(), Contract::default()).unwrap();
        tariff.bill_site(&site, &BillingOptions::default()).unwrap().bills.remove(0)
    };
    assert_eq!(rules(&bill_with(0)), [("export.credit", decimal("-36"))]);
    assert_eq!(rules(&bill_with(36)), [("export.credit", decimal("-34.20"))]); // 5 %
    let bill = bill_with(37);
    assert!(rules(&bill).is_empty() && bill.not_done[0].needs == "readings.export_kwh");
}

#[test]
fn bad_exports_are_named() {
    let other = json!({"id": "week", "base": [{"period": "work", "windows": ["00:00-24:00"]}], "source": "test"});
    let rates = json!({"day": 1, "night": 1});
    let plain = json!({"energy": {"price": 1}});
    for (energy, export, field, says) in [
        (&plain, json!({"net_billing": {}}), "net_billing.price", "\"day\" has no price"),
        (&plain, json!({"net_billing": {"by_period": {"dya": 1}}}), "net_billing.by_period.dya", "day"),
        (&plain, json!({"net_billing": {"price": -1}}), "net_billing.price", "zero or more"),
        (&plain, json!({"net_billing": {"price": 1, "of": ["enrgy"]}}), "net_billing.of", "energy"),
        (
            &plain,
            json!({"net_billing": {"price": 1, "year_end": {"month": 12, "paid_share": 1}}}),
            "year_end",
            "leave it out",
        ),
        (
            &plain,
            json!({"net_billing": {"price": 1, "credit": "next", "year_end": {"month": 12, "paid_share": 2}}}),
            "paid_share",
            "0 to 1",
        ),
        (&plain, json!({"net_metering": {"year_end": {"month": 13, "price": 1}}}), "year_end.month", "1 to 12"),
        (
            &json!({"energy": {"by_period": {"work": 1}, "schedule": "week"}}),
            json!({"net_metering": {}}),
            "charge.export.net_metering",
            "another schedule",
        ),
        (
            &json!({"energy_tiers": {"rates": rates, "counts": "running"}}),
            json!({"net_metering": {}}),
            "charge.export.net_metering",
            "order of time",
        ),
        (&plain, json!({"net_meetering": {}}), "net_meetering", "net_metering"),
    ] {
        let components = [component("energy", energy.clone()), component("export", json!({"export": export}))];
        let text = sheet(&[day_and_night(), other.clone()], &components).to_string();
        let message = Tariff::from_json(&text, "test").unwrap_err().to_string();
        assert!(message.contains(field) && message.contains(says), "{field}, {says}: {message}");
    }
    let absurd = Carried { credit: [("export".to_owned(), Decimal::MAX)].into(), ..Carried::default() };
    let quantities = BillingQuantities { carried: absurd, ..month(5, 1.0, 1.0) };
    let tariff = with_export(json!({"net_billing": {"price": 1, "credit": "carried"}}));
    assert!(tariff.bill(&quantities, &Contract::default()).unwrap_err().to_string().contains("carried"));
}

proptest! {
    /// Whatever is earned is used, left or still there; no carried bill falls below zero, to the cent.
    #[test]
    fn credits_are_neither_made_nor_lost(
        months in prop::collection::vec((0u32..2_000_000, 0u32..6_000_000), 12), credit in "carried|next"
    ) {
        let tariff = with_export(json!({"net_billing": {"price": "0.0537", "credit": credit}}));
        let kwh = |wh: u32| f64::from(wh) / 1000.0;
        let quantities = (1..).zip(&months).map(|(at, (import, export))| month(at, kwh(*import), kwh(*export)));
        let bills = chain(&tariff, quantities);
        let (mut charged, mut earned) = (Decimal::ZERO, Decimal::ZERO);
        for (import, export) in &months {
            charged += Decimal::from(*import) * decimal("0.0002") + Decimal::from(5);
            earned += Decimal::from(*export) * decimal("0.0000537");
        }
        let billed: Decimal = bills.iter().flat_map(|bill| &bill.lines).map(|line| line.amount_unrounded).sum();
        let left = bills[11].carried.credit["export"];
        prop_assert_eq!(billed.normalize(), (charged - earned + left).normalize());
        for bill in &bills {
            prop_assert!(bill.total >= Decimal::ZERO, "{}", bill.total);
            prop_assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<Decimal>(), bill.total);
        }
    }
}
