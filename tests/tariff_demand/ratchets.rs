//! Ratchets that wrap within the year, as REopt's, and the edges of those that do not.

use proptest::prelude::*;
use wattlens::tariff::BillingQuantities;

use super::*;

/// A demand at prices by month with a ratchet.
fn by_month(rates: &[f64], ratchet: Value) -> Tariff {
    let by_month: serde_json::Map<String, Value> =
        rates.iter().enumerate().map(|(at, rate)| ((at + 1).to_string(), json!(rate.to_string()))).collect();
    tariff(&json!([]), &[("demand", json!({"demand": {"by_month": by_month, "ratchet": ratchet}}))])
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect()
}

#[test]
fn the_months_go_round_within_the_year() {
    for (name, look_back) in
        [("lookback_months", json!({"named_months": [1, 4, 12]})), ("lookback_range", json!({"months": 6}))]
    {
        let Some(case) = reopt(name) else { return };
        let ratchet = json!({"share": case["pct"].to_string(), "look_back": look_back, "wraps": true});
        let tariff = by_month(&numbers(&case["monthly_rates"]), ratchet);
        let bills = bills(&tariff, &year(Y2018, &hours_of_peaks(&numbers(&case["monthly_peaks"]))));
        let billed: Vec<f64> = bills.bills.iter().map(|bill| quantity(bill, "demand")).collect();
        assert_eq!((billed, lacks(&bills)), (numbers(&case["billing_demand"]), vec![]), "{name}");
        near(total(&bills, "demand"), case["expected_demand_cost"].as_f64().unwrap(), name);
    }
}

#[test]
fn a_look_back_on_the_whole_year() {
    let Some(case) = reopt("lookback_urdb") else { return };
    let ratchet = json!({"share": case["pct"].to_string(), "look_back": {"months": 11}, "wraps": true});
    let rates: Vec<f64> = (1..=12).map(|month| if (5..=10).contains(&month) { 11.5 } else { 10.5 }).collect();
    let mut kw = restless(1.0, 8760);
    kw[8] = 100.0;
    let bills = bills(&by_month(&rates, ratchet), &year(Y2018, &kw));
    near(total(&bills, "demand"), case["expected_demand_cost"].as_f64().unwrap(), "lookback_urdb");
}

#[test]
fn half_a_year_does_not_go_round() {
    let ratchet = json!({"share": "0.5", "look_back": {"months": 11}, "wraps": true});
    let kw = hours_of_peaks(&[200.0, 100.0, 100.0]);
    let bills = bills(&by_month(&[1.0; 12], ratchet), &year(Y2018, &kw));
    // The nine other months are not there: 100, the half of January's 200, is billed in March, and it is said.
    near(quantity(&bills.bills[2], "demand"), 100.0, "March");
    assert_eq!(lacks(&bills).len(), 3);
}

#[test]
fn named_months_are_those_before_the_bill() {
    let named = json!({"share": "0.8", "look_back": {"named_months": [6, 7, 8]}});
    let tariff = tariff(&json!([]), &[("demand", json!({"demand": {"rate": "10", "ratchet": named}}))]);
    let mut peaks = [100.0; 12];
    (peaks[6], peaks[2]) = (300.0, 900.0);
    let before = json!({"peaks": [{"from": "2017-06-01", "demand": 150.0}, {"from": "2017-07-01", "demand": 400.0},
                                  {"from": "2017-08-01", "demand": 150.0}]});
    let bills = bills_after(&tariff, &year(Y2018, &hours_of_peaks(&peaks)), before);
    let billed: Vec<f64> = bills.bills.iter().map(|bill| quantity(bill, "demand")).collect();
    // 0.8 × 400 of July 2017 to June 2018 (eleven months later); July 2018 looks back on June and August: 0.8 × 150
    // is below its own 300; then 0.8 × 300. March's 900 kW is billed in March and never again.
    assert_eq!(billed, [320.0, 320.0, 900.0, 320.0, 320.0, 320.0, 300.0, 240.0, 240.0, 240.0, 240.0, 240.0]);
    assert_eq!(lacks(&bills), vec![]);
}

#[test]
fn each_period_has_a_ratchet_of_its_own_and_a_season_without_it_is_no_gap() {
    let schedule = json!([{"id": "s", "source": "", "rest": "low", "base": [
        {"period": "peak", "months": [6, 7, 8], "windows": ["08:00-20:00"]}]}]);
    let ratchet = json!({"share": "0.5", "look_back": {"months": 11}});
    let tariff = tariff(&schedule, &[("demand", json!({"demand": {"rates": {"peak": "10"}, "ratchet": ratchet}}))]);
    let mut kw = restless(1.0, 8760);
    kw[(31 + 28 + 31 + 30 + 31) * 24 + 12] = 300.0; // 1 June, noon
    kw[10] = 5000.0; // January is no peak period
    let bills = bills_after(
        &tariff,
        &year(Y2018, &kw),
        json!({"peaks": [{"from": "2017-07-01", "period": "peak", "demand": 80.0},
                         {"from": "2017-08-01", "period": "peak", "demand": 80.0}]}),
    );
    let billed: Vec<f64> = bills.bills.iter().map(|bill| quantity(bill, "demand")).collect();
    // July and August are at 1 kW: half of June's 300 kW. No bill of another month has the period.
    assert_eq!(billed, [0.0, 0.0, 0.0, 0.0, 0.0, 300.0, 150.0, 150.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(lacks(&bills), vec![]);
}

#[test]
fn reading_dates_that_move_look_back_on_as_many_bills() {
    let ratchet = json!({"share": "1", "look_back": {"months": 2}});
    let tariff = tariff(&json!([]), &[("demand", json!({"demand": {"rate": "1", "ratchet": ratchet}}))]);
    // Five bills of 28 to 33 days with peaks 50, 400, 30, 20, 10.
    let dates: Vec<jiff::civil::Date> =
        ["2018-01-19", "2018-02-18", "2018-03-22", "2018-04-19", "2018-05-20", "2018-06-22"]
            .iter()
            .map(|date| date.parse().unwrap())
            .collect();
    let mut kw = restless(1.0, 8760);
    for (date, peak) in dates.iter().zip([50.0, 400.0, 30.0, 20.0, 10.0]) {
        kw[(date.day_of_year() as usize + 4) * 24] = peak;
    }
    let periods = wattlens::tariff::BillingPeriods::ReadingDates(dates);
    let options = BillingOptions { periods, ..BillingOptions::default() };
    let bills = tariff.bill_site(&year(Y2018, &kw), &options).unwrap();
    assert_eq!(bills.not_billed, vec![]);
    let billed: Vec<f64> = bills.bills.iter().map(|bill| quantity(bill, "demand")).collect();
    assert_eq!(billed, [50.0, 400.0, 400.0, 400.0, 30.0]);
    let labels: Vec<String> = lacks(&bills).into_iter().map(|(label, ..)| label).collect();
    assert_eq!(labels, ["2018-01-19..2018-02-17", "2018-02-18..2018-03-21"]);
}

#[test]
fn a_month_without_a_bill_leaves_the_ratchet_open() {
    let ratchet = json!({"share": "1", "look_back": {"months": 1}});
    let tariff = tariff(&json!([]), &[("demand", json!({"demand": {"rate": "1", "ratchet": ratchet}}))]);
    let mut kw = hours_of_peaks(&[10.0, 20.0, 30.0]);
    kw[31 * 24..(31 + 14) * 24].fill(f64::NAN);
    let bills = bills_after(&tariff, &year(Y2018, &kw), json!({"peaks": [{"from": "2017-12-01", "demand": 15.0}]}));
    let labels: Vec<&str> = bills.bills.iter().map(|bill| bill.label.as_str()).collect();
    assert_eq!(labels, ["2018-01", "2018-03"]);
    near(quantity(&bills.bills[0], "demand"), 15.0, "January, on December's peak");
    let open: Vec<String> = lacks(&bills).into_iter().map(|(label, ..)| label).collect();
    assert_eq!(open, ["2018-03"]);
}

#[test]
fn ratchets_that_make_no_sense_are_refused_with_the_field() {
    for (ratchet, field) in [
        (json!({"share": "65", "look_back": {"months": 11}}), "ratchet.share"),
        (json!({"share": "0.65", "share_by_month": {"13": "0.9"}, "look_back": {"months": 11}}), "share_by_month.13"),
        (json!({"share": "0.65", "look_back": {"months": 0}}), "look_back.months"),
        (json!({"share": "0.65", "look_back": {"months": 12}, "wraps": true}), "look_back.months"),
        (json!({"share": "0.65", "look_back": {"named_months": [0]}}), "look_back.named_months"),
        (json!({"share": "0.65", "look_back": {"month": 3}}), "named_months"),
    ] {
        let charges = [("demand", json!({"demand": {"rate": "1", "ratchet": ratchet}}))];
        let message = try_tariff(&json!([]), &charges).unwrap_err().to_string();
        assert!(message.contains(field), "{ratchet}: {message}");
    }
}

#[test]
fn a_carried_peak_that_cannot_be_is_refused() {
    let ratchet = json!({"share": "0.65", "look_back": {"months": 11}});
    let tariff = tariff(&json!([]), &[("demand", json!({"demand": {"rate": "1", "ratchet": ratchet}}))]);
    for demand in [-5.0, 1e300] {
        let carried: Carried =
            serde_json::from_value(json!({"peaks": [{"from": "2017-12-01", "demand": demand}]})).unwrap();
        let bill = BillingQuantities { carried, demand_kw: Some(10.0), ..month_of(0) };
        let message = tariff.bill(&bill, &Contract::default()).unwrap_err().to_string();
        assert!(message.contains("carried over from 2017-12-01"), "{message}");
    }
}

/// The month so many months after January 2018, without readings.
fn month_of(at: usize) -> BillingQuantities {
    let first = jiff::civil::date(2018, 1, 1).saturating_add(jiff::Span::new().months(at as i64));
    BillingQuantities { from: first, until: first.last_of_month().tomorrow().unwrap(), ..BillingQuantities::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// The formula written down month by month: max(minimum, peak, share of month j × peak of month j), j back to
    /// `months` before; each bill hands on what the next takes over.
    #[test]
    fn a_ratchet_is_the_largest_share_of_a_peak(
        peaks in prop::collection::vec(0u32..1000, 30),
        months in 1usize..=24,
        shares in prop::collection::vec(0u32..=100, 12),
        minimum in 0u32..500,
    ) {
        let by_month: serde_json::Map<String, Value> =
            shares.iter().enumerate().map(|(at, share)| ((at + 1).to_string(), json!(format!("{:.2}", f64::from(*share) / 100.0)))).collect();
        let ratchet = json!({"share": "1", "share_by_month": by_month, "look_back": {"months": months}});
        let charge = json!({"demand": {"rate": "1", "minimum": minimum.to_string(), "ratchet": ratchet}});
        let tariff = tariff(&json!([]), &[("demand", charge)]);
        let mut carried = Carried::default();
        for (at, peak) in peaks.iter().enumerate() {
            let quantities = BillingQuantities { carried, demand_kw: Some(f64::from(*peak)), ..month_of(at) };
            let bill = tariff.bill(&quantities, &Contract::default()).unwrap();
            let earlier = (at.saturating_sub(months)..at).map(|j| peaks[j] * shares[j % 12]).max().unwrap_or(0);
            let expected = (100 * minimum).max(100 * peak).max(earlier);
            prop_assert_eq!((quantity(&bill, "demand") * 100.0).round() as u32, expected, "month {}", at);
            prop_assert_eq!(bill.not_done.is_empty(), at >= months, "month {}", at);
            carried = bill.carried;
        }
    }
}
