//! Energy in blocks and minimum bills: hand-made cases with worked arithmetic.

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
use wattlens::tariff::{Bill, BillingOptions, BillingQuantities, Tariff};
use wattlens::time::{Calendar, TimeAxis, Zone};

/// Day from 8:00 to 20:00, night around it.
fn day_and_night() -> Value {
    json!({"id": "hours", "base": [{"period": "day", "windows": ["08:00-20:00"]}], "rest": "night", "source": "test"})
}

/// 0.10 up to 100, 0.20 above by day; 0.05 and 0.08 at night.
fn rates() -> Value {
    json!({"day": [{"up_to": 100, "price": "0.10"}, {"price": "0.20"}],
        "night": [{"up_to": 100, "price": "0.05"}, {"price": "0.08"}]})
}

fn quantities(from: (i16, i8, i8), until: (i16, i8, i8), kwh: &[(&str, f64)]) -> BillingQuantities {
    let day = |(year, month, day)| date(year, month, day);
    let kwh = kwh.iter().map(|(period, kwh)| ((*period).to_owned(), *kwh)).collect();
    BillingQuantities { from: day(from), until: day(until), kwh, ..BillingQuantities::default() }
}

fn bill(tariff: &Tariff, quantities: &BillingQuantities) -> Bill {
    tariff.bill(quantities, &Contract::default()).unwrap()
}

/// Period, block, quantity and unrounded amount of every line.
fn lines(bill: &Bill) -> Vec<(Option<&str>, Option<u32>, String, String)> {
    let text = |number: Decimal| number.normalize().to_string();
    let lines = bill.lines.iter();
    lines.map(|line| (line.period.as_deref(), line.tier, text(line.quantity), text(line.amount_unrounded))).collect()
}

fn line<'a>(
    period: &'a str,
    tier: u32,
    quantity: &str,
    amount: &str,
) -> (Option<&'a str>, Option<u32>, String, String) {
    (Some(period), Some(tier), quantity.to_owned(), amount.to_owned())
}

#[test]
fn each_period_fills_its_own_blocks_or_all_fill_the_same() {
    let march = quantities((2018, 3, 1), (2018, 4, 1), &[("day", 150.0), ("night", 50.0)]);
    let with = |counts: &str| {
        tariff(
            &[day_and_night()],
            &[component("energy", json!({"energy_tiers": {"rates": rates(), "counts": counts}}))],
        )
    };
    assert_eq!(
        lines(&bill(&with("period"), &march)),
        [line("day", 1, "100", "10"), line("day", 2, "50", "10"), line("night", 1, "50", "2.5")]
    );
    // Of 200 kWh half lies in each block, and three quarters are the day's.
    assert_eq!(
        lines(&bill(&with("all"), &march)),
        [
            line("day", 1, "75", "7.5"),
            line("day", 2, "75", "15"),
            line("night", 1, "25", "1.25"),
            line("night", 2, "25", "2")
        ]
    );
    // A sum by period does not say what was taken first, unless there is but one.
    let running = bill(&with("running"), &march);
    assert!(running.lines.is_empty());
    assert_eq!(running.not_done[0].task, "bill.energy");
    assert_eq!(running.not_done[0].needs, "readings.intervals");
    let only_day = quantities((2018, 3, 1), (2018, 4, 1), &[("day", 150.0), ("night", 0.0)]);
    assert_eq!(lines(&bill(&with("running"), &only_day)), [line("day", 1, "100", "10"), line("day", 2, "50", "10")]);
}

/// A site from 1 March 2018 on, hourly.
fn march_site(hours: usize, kwh: impl Fn(usize) -> f64) -> Site {
    let axis = TimeAxis::new(1_519_862_400, 3600, hours, Zone::named("UTC").unwrap()).unwrap();
    let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, (0..hours).map(kwh).collect())]).unwrap();
    Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default()).unwrap()
}

#[test]
fn the_order_of_time_fills_the_blocks() {
    // 8 h of night at 2 kWh, 12 h of day at 5 kWh, 4 h of night at 2 kWh: 16, 60 and 8 kWh. The 100th kWh is taken
    // on the second day: 84 on the first, 16 at night, so its day begins the second block.
    let site =
        march_site(
            31 * 24,
            |at| if (8..20).contains(&(at % 24)) { 5.0 } else { 2.0 + 0.5 * f64::from(u8::from(at > 700)) },
        );
    let tariff = tariff(
        &[day_and_night()],
        &[component("energy", json!({"energy_tiers": {"rates": rates(), "counts": "running"}}))],
    );
    let bill = &tariff.bill_site(&site, &BillingOptions::default()).unwrap().bills[0];
    let (day, night) = (bill.quantities.kwh["day"], bill.quantities.kwh["night"]);
    assert_eq!(day, 31.0 * 60.0);
    let text = |kwh: f64| Decimal::try_from(kwh).unwrap().normalize().to_string();
    let expected = [("day", 1, 60.0), ("day", 2, day - 60.0), ("night", 1, 40.0), ("night", 2, night - 40.0)];
    let found: Vec<_> = bill
        .lines
        .iter()
        .map(|one| (one.period.as_deref().unwrap(), one.tier, one.quantity.normalize().to_string()))
        .collect();
    assert_eq!(found, expected.map(|(period, tier, kwh)| (period, Some(tier), text(kwh))));
    // One more kWh costs what the last block does.
    let prices = tariff.prices(&site).unwrap();
    assert_eq!((prices[0], prices[12]), (0.08, 0.20));
}

#[test]
fn limits_by_day_by_demand_and_by_months() {
    let blocks = json!([{"up_to": 10, "price": 1}, {"price": 2}]);
    let first = |limits: &str, quantities: &BillingQuantities| {
        let tariff = tariff(&[], &[component("energy", json!({"energy_tiers": {"rate": blocks, "limits": limits}}))]);
        bill(&tariff, quantities).lines.first().map(|line| line.quantity.normalize().to_string())
    };
    let with_demand = |one: BillingQuantities| BillingQuantities { demand_kw: Some(7.5), ..one };
    let february = quantities((2020, 2, 1), (2020, 3, 1), &[("all", 10_000.0)]);
    let two_months = quantities((2019, 5, 1), (2019, 7, 1), &[("all", 10_000.0)]);
    for (limits, one, expected) in [
        ("kwh", &february, Some("10")),
        ("kwh", &two_months, Some("20")),
        ("kwh_a_day", &february, Some("290")),
        ("kwh_a_day", &two_months, Some("610")),
        ("kwh_a_kw", &february, None),
        ("kwh_a_kw", &with_demand(february.clone()), Some("75")),
        ("kwh_a_kw", &with_demand(two_months.clone()), Some("150")),
        ("kwh_a_kw_and_day", &with_demand(february.clone()), Some("2175")),
    ] {
        assert_eq!(first(limits, one).as_deref(), expected, "{limits} {one:?}");
    }
    let tariff = tariff(&[], &[component("energy", json!({"energy_tiers": {"rate": blocks, "limits": "kwh_a_kw"}}))]);
    assert_eq!(bill(&tariff, &february).not_done[0].needs, "readings.demand");
    assert_eq!(tariff.needs(), ["readings.demand"]);
}

#[test]
fn a_change_of_the_tariff_shares_the_blocks() {
    // June in two halves of 15 days: each has half of the block of 100 kWh a month.
    let mut json = sheet(
        &[],
        &[component("energy", json!({"energy_tiers": {"rate": [{"up_to": 100, "price": 1}, {"price": 2}]}}))],
    );
    let mut later = json["versions"][0].clone();
    json["versions"][0]["in_force"]["until"] = json!("2018-06-16");
    later["in_force"]["from"] = json!("2018-06-16");
    later["components"][0]["charge"]["energy_tiers"]["rate"][1]["price"] = json!(3);
    json["versions"].as_array_mut().unwrap().push(later);
    let tariff = Tariff::from_json(&json.to_string(), "test").unwrap();
    let parts = vec![
        quantities((2018, 6, 1), (2018, 6, 16), &[("all", 80.0)]),
        quantities((2018, 6, 16), (2018, 7, 1), &[("all", 40.0)]),
    ];
    let june = BillingQuantities { parts, ..quantities((2018, 6, 1), (2018, 7, 1), &[("all", 120.0)]) };
    let bill = bill(&tariff, &june);
    // 50 × 1 + 30 × 2, and 40 × 1.
    let amounts: Vec<Decimal> = bill.lines.iter().map(|line| line.amount).collect();
    assert_eq!(amounts, [50, 60, 40].map(Decimal::from));
}

#[test]
fn a_minimum_is_reached_to_the_cent() {
    // Three lines of 0.335 each are printed as 0.34: 1.02 printed, 1.005 unrounded.
    let thirds = |id: &str| component(id, json!({"energy": {"price": "0.0335"}}));
    let minimum = |per: &str, amount: &str| component("minimum", json!({"minimum": {"amount": amount, "per": per}}));
    let with = |per: &str, amount: &str| tariff(&[], &[thirds("a"), thirds("b"), thirds("c"), minimum(per, amount)]);
    let april = quantities((2018, 4, 1), (2018, 5, 1), &[("all", 10.0)]);
    let bill_of = |per: &str, amount: &str| bill(&with(per, amount), &april);
    let of_month = bill_of("month", "5");
    assert_eq!(of_month.total.to_string(), "5.00");
    let top_up = of_month.lines.last().unwrap();
    assert_eq!(
        (top_up.amount.to_string(), top_up.amount_unrounded.to_string()),
        ("3.98".to_owned(), "3.995".to_owned())
    );
    assert_eq!(top_up.rule, "minimum.month");
    assert_eq!(bill_of("month", "1.02").lines.len(), 3);
    assert_eq!(bill_of("day", "0.2").total.to_string(), "6.00"); // 30 days
    // Half of April counts for half of the month.
    let half = quantities((2018, 4, 1), (2018, 4, 16), &[("all", 10.0)]);
    assert_eq!(bill(&with("month", "5"), &half).total.to_string(), "2.50");
    // Only what is named counts.
    let named = tariff(
        &[],
        &[
            thirds("a"),
            thirds("b"),
            component("minimum", json!({"minimum": {"amount": 5, "per": "month", "of": ["b"]}})),
        ],
    );
    assert_eq!(bill(&named, &april).total.to_string(), "5.34");
}

#[test]
fn a_minimum_of_the_year_settles_in_december() {
    let minimum = component("minimum", json!({"minimum": {"amount": "1300", "per": "year"}}));
    let tariff = tariff(&[], &[component("energy", json!({"energy": {"price": "1"}})), minimum]);
    let month = |month: i8, carried| {
        let next = if month == 12 { (2019, 1, 1) } else { (2018, month + 1, 1) };
        let one = quantities((2018, month, 1), next, &[("all", 100.0)]);
        bill(&tariff, &BillingQuantities { carried, ..one })
    };
    // Twelve months of 100.
    let chain = |from: i8, without: Option<i8>| {
        let mut carried = wattlens::tariff::Carried::default();
        let mut last = None;
        for number in (from..=12).filter(|number| Some(*number) != without) {
            let one = month(number, carried);
            carried = one.carried.clone();
            last = Some(one);
        }
        last.unwrap()
    };
    let december = chain(1, None);
    let top_up = december.lines.last().unwrap();
    assert_eq!((top_up.rule.as_str(), top_up.amount), ("minimum.year", Decimal::from(100)));
    assert!(december.not_done.is_empty());
    // The next year begins anew, whatever the day of its first bill.
    assert_eq!(december.carried.year_to_date["minimum"], Decimal::ZERO);
    // Where the year is not known from its beginning, or a bill is missing, the top-up is not known.
    for december in [chain(3, None), chain(1, Some(7))] {
        assert_eq!(december.lines.len(), 1);
        assert_eq!(december.not_done[0].needs, "bills.year");
    }
    // What the year came to before can be given.
    let given = wattlens::tariff::Carried {
        year_to_date: [("minimum".to_owned(), Decimal::from(1150))].into(),
        ..Default::default()
    };
    assert_eq!(month(12, given).total, Decimal::from(150)); // 1250 of 1300
    // A bill across the year's end settles it.
    let across = quantities((2018, 12, 21), (2019, 1, 21), &[("all", 100.0)]);
    let before = wattlens::tariff::Carried {
        year_to_date: [("minimum".to_owned(), Decimal::from(1150))].into(),
        ..Default::default()
    };
    assert_eq!(bill(&tariff, &BillingQuantities { carried: before, ..across }).total, Decimal::from(150));
}

#[test]
fn bad_blocks_and_minimums_are_named() {
    let energy = |terms: Value| vec![component("energy", json!({"energy_tiers": terms}))];
    let with_minimum = |terms: Value| {
        vec![component("energy", json!({"energy": {"price": 1}})), component("minimum", json!({"minimum": terms}))]
    };
    for (components, field, says) in [
        (energy(json!({})), "components[0].charge.energy_tiers.rate", "neither"),
        (energy(json!({"rate": 1, "rates": rates()})), "components[0].charge.energy_tiers.rate", "give one price"),
        (
            energy(json!({"rates": {"day": 1}})),
            "components[0].charge.energy_tiers.rates",
            "\"night\" of the schedule has no price",
        ),
        (energy(json!({"rates": {"day": 1, "nigth": 1}})), "components[0].charge.energy_tiers.rates.nigth", "night"),
        (
            energy(json!({"rates": {"day": [{"up_to": 5, "price": 1}], "night": 1}})),
            "components[0].charge.energy_tiers.rates.day",
            "leave out its `up_to`",
        ),
        (energy(json!({"rates": rates(), "schedule": "week"})), "components[0].charge.energy_tiers.schedule", "hours"),
        (energy(json!({"rate": 1, "limits": "kwh_a_month"})), "energy_tiers.limits", "kwh_a_day"),
        (with_minimum(json!({"amount": -1, "per": "month"})), "components[1].charge.minimum.amount", "zero or more"),
        (
            with_minimum(json!({"amount": 1, "per": "month", "of": ["enrgy"]})),
            "components[1].charge.minimum.of",
            "energy",
        ),
    ] {
        let text = sheet(&[day_and_night()], &components).to_string();
        assert!(Tariff::from_json(&text, "test").is_err());
        let problems = Tariff::problems(&text);
        let is_told = problems
            .iter()
            .any(|one| one.field.as_ref().is_some_and(|found| found.contains(field)) && one.problem.contains(says));
        assert!(is_told, "{field} {says}: {problems:?}");
    }
}

proptest! {
    #[test]
    fn blocks_keep_the_energy_and_one_price_for_all_periods_needs_no_periods(
        day in 0u32..50_000_000, night in 0u32..50_000_000, limit in 1u32..60_000, counts in "period|all"
    ) {
        let wh = |wh: u32| f64::from(wh) / 1000.0;
        let rate = json!([{"up_to": limit, "price": "0.31"}, {"price": "0.17"}]);
        let of_periods = component("a", json!({"energy_tiers": {"rates": {"day": rate, "night": rate}, "counts": counts}}));
        let whole = component("b", json!({"energy_tiers": {"rate": rate}}));
        let tariff = tariff(&[day_and_night()], &[of_periods, whole]);
        let bill = bill(&tariff, &quantities((2018, 3, 1), (2018, 4, 1), &[("day", wh(day)), ("night", wh(night))]));
        let sum = |id: &str, of: &dyn Fn(&wattlens::tariff::Line) -> Decimal| {
            bill.lines.iter().filter(|line| line.component == id).map(of).sum::<Decimal>()
        };
        prop_assert_eq!(sum("a", &|line| line.quantity).normalize(), sum("b", &|line| line.quantity).normalize());
        prop_assert!(bill.lines.iter().all(|line| line.quantity > Decimal::ZERO));
        if counts == "all" {
            // Shares are taken to a millionth of a kWh.
            let off = (sum("a", &|line| line.amount_unrounded) - sum("b", &|line| line.amount_unrounded)).abs();
            prop_assert!(off <= Decimal::new(1, 6), "{}", off);
        }
    }
}
