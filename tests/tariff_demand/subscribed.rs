//! Power subscribed in six periods, and what goes over it: a user's own JSON.

use wattlens::tariff::BillingQuantities;

use super::*;

fn six_periods(edit: impl FnOnce(&mut Value)) -> Tariff {
    let text = std::fs::read_to_string("tests/fixtures/tariffs/es-six-periods.json").unwrap();
    let mut sheet: Value = serde_json::from_str(&text).unwrap();
    edit(&mut sheet["versions"][0]["components"][1]["charge"]["subscribed"]);
    Tariff::from_json(&sheet.to_string(), "es-six-periods.json").unwrap()
}

fn contract() -> Contract {
    let kw = [("P1", 110.0), ("P2", 110.0), ("P3", 110.0), ("P4", 110.0), ("P5", 110.0), ("P6", 150.0)];
    Contract { subscribed_kw: kw.map(|(period, kw)| (period.to_owned(), kw)).into(), ..Contract::default() }
}

/// July 2025 in Madrid at 100 kW. Thursday 10 July: 150 and 140 kW at 10:00 and 10:15 (P1), 122 kW at 15:00 (P2),
/// 150 kW at 03:00 (P6, all that is subscribed); Sunday 13 July 149 kW at 10:00 (P6, no excess).
fn july() -> Site {
    let start = Y2025 + 181 * 86_400 - 7200;
    let mut kw = vec![100.0; 31 * 96];
    let at = |day: usize, hour: usize| (day - 1) * 96 + hour * 4;
    (kw[at(10, 10)], kw[at(10, 10) + 1], kw[at(10, 15)]) = (150.0, 140.0, 122.0);
    (kw[at(10, 3)], kw[at(13, 10)]) = (150.0, 149.0);
    site(readings("Europe/Madrid", start, 900, &kw), contract())
}

#[test]
fn power_by_the_day_and_the_root_of_the_squares_above() {
    let bill = bills(&six_periods(|_| {}), &july()).bills.remove(0);
    let rule = |rule: &str| -> f64 {
        bill.lines.iter().filter(|line| line.rule == rule).map(|line| number(line.amount_unrounded)).sum()
    };
    // 31 days × (110 × (0.060 + 0.040 + 0.020 + 0.015 + 0.010) + 150 × 0.005) = 31 × 16.70
    near(rule("subscribed"), 517.70, "subscribed");
    // P1: √(40² + 30²) = 50 kW × 3.00; P2: 12 kW × 2.00; P6: none.
    near(rule("subscribed.excess_root"), 174.0, "excess");
    let excess = bill.lines.iter().filter(|line| line.rule == "subscribed.excess_root");
    let kw: Vec<(&str, String)> =
        excess.map(|line| (line.period.as_deref().unwrap(), line.quantity.to_string())).collect();
    assert_eq!(kw, [("P1", "50".to_owned()), ("P2", "12".to_owned())]);
    // The energy. July 2025 has 23 working days: P1 9 h, P2 7 h of each; the rest P6.
    let kwh = |period: &str| bill.quantities.kwh[period];
    near(kwh("P1"), 23.0 * 900.0 + 12.5 + 10.0, "P1");
    near(kwh("P2"), 23.0 * 700.0 + 5.5, "P2");
    near(kwh("P6"), (744.0 - 23.0 * 16.0) * 100.0 + 12.5 + 12.25, "P6");
    assert!(bill.not_done.is_empty());
}

#[test]
fn the_maximum_above_at_twice_the_price() {
    let tariff = six_periods(|charge| charge["excess"] = json!({"method": "maximum", "factor": "2"}));
    let bill = bills(&tariff, &july()).bills.remove(0);
    let excess = bill.lines.iter().filter(|line| line.rule == "subscribed.excess_maximum");
    let amounts: Vec<f64> = excess.map(|line| number(line.amount_unrounded)).collect();
    // 31 days × 2 × (40 kW × 0.060, 12 kW × 0.040)
    assert_eq!(amounts.len(), 2);
    near(amounts[0], 148.80, "P1");
    near(amounts[1], 29.76, "P2");
    // Read from the meter's registers of each period.
    let entered = BillingQuantities {
        from: "2025-07-01".parse().unwrap(),
        until: "2025-08-01".parse().unwrap(),
        by_component: [("power".to_owned(), [("P1".to_owned(), 150.0)].into())].into(),
        ..BillingQuantities::default()
    };
    let bill = tariff.bill(&entered, &contract()).unwrap();
    near(amount(&bill, "power"), 517.70 + 148.80, "entered");
}

#[test]
fn a_period_without_a_subscription_is_named() {
    let tariff = six_periods(|_| {});
    let mut lacking = contract();
    lacking.subscribed_kw.remove("P4");
    let site = july();
    let message =
        tariff.bill_site(&site.with_contract(lacking).unwrap(), &BillingOptions::default()).unwrap_err().to_string();
    assert!(message.contains("contract.subscribed_kw.P4"), "{message}");
    let none = bills(&tariff, &site.with_contract(Contract::default()).unwrap());
    assert_eq!(lacks(&none)[0].2, "contract.subscribed_kw");
    assert!(none.bills[0].lines.iter().all(|line| line.component != "power"));
    let mut wrong = contract();
    wrong.subscribed_kw.insert("P1".to_owned(), -5.0);
    assert!(site.with_contract(wrong).unwrap_err().to_string().contains("contract.subscribed_kw.P1"));
}

#[test]
fn hourly_readings_cannot_tell_the_excess() {
    let start = Y2025 + 181 * 86_400 - 7200;
    let hourly = site(readings("Europe/Madrid", start, 3600, &[200.0; 744]), contract());
    let bills = bills(&six_periods(|_| {}), &hourly);
    near(amount(&bills.bills[0], "power"), 517.70, "the subscription alone");
    assert_eq!(lacks(&bills), [("2025-07".to_owned(), "bill.excess_power".to_owned(), "readings.demand".to_owned())]);
}

#[test]
fn a_subscription_that_makes_no_sense_is_refused() {
    let schedules =
        json!([{"id": "s", "source": "", "rest": "P2", "base": [{"period": "P1", "windows": ["08:00-20:00"]}]}]);
    for (charge, field) in [
        (json!({"prices": {}}), "prices"),
        (json!({"prices": {"P3": "1"}}), "prices.P3"),
        (json!({"prices": {"P1": "-1"}}), "prices.P1"),
        (json!({"prices": {"P1": "1"}, "window_s": 0}), "window_s"),
        (json!({"prices": {"P1": "1"}, "excess": {"method": "maximum", "prices": {"P2": "1"}}}), "excess.prices.P2"),
        (json!({"prices": {"P1": "1"}, "excess": {"method": "root"}}), "root_sum_of_squares"),
    ] {
        let message = try_tariff(&schedules, &[("power", json!({"subscribed": charge}))]).unwrap_err().to_string();
        assert!(message.contains(field), "{charge}: {message}");
    }
}
