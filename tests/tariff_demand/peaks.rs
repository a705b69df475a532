//! Coincident peaks: windows across bills, clock changes and gaps.

use wattlens::tariff::BillingQuantities;

use super::*;

fn set(windows: Value) -> Tariff {
    tariff(&json!([]), &[("peak", json!({"coincident_peak": {"windows": windows, "price": "10"}}))])
}

fn windows(spans: &[(&str, &str)]) -> Value {
    json!(spans.iter().map(|(from, to)| json!({"from": from, "to": to})).collect::<Vec<_>>())
}

fn quarters(kw: &[f64]) -> Site {
    site(readings("UTC", Y2025, 900, kw), Contract::default())
}

#[test]
fn only_the_hours_that_are_set_count() {
    let mut kw = restless(10.0, 31 * 96);
    kw[9 * 96 + 64..9 * 96 + 68].copy_from_slice(&[40.0, 10.0, 10.0, 10.0]); // 10 January 16:00
    kw[9 * 96 + 68] = 99.0; // 17:00, outside
    kw[9 * 96 + 63] = 98.0; // 15:45, outside
    let bill = bills(&set(windows(&[("2025-01-10T16:00", "2025-01-10T17:00")])), &quarters(&kw)).bills.remove(0);
    assert_eq!((quantity(&bill, "peak"), amount(&bill, "peak")), (40.0, 400.0));
    assert_eq!(bill.lines[0].rule, "coincident_peak");
    // Over the hour: (40 + 3 × 10) ÷ 4.
    let hourly = json!({"coincident_peak": {"windows": windows(&[("2025-01-10T16:00", "2025-01-10T17:00")]),
        "price": "10", "window_s": 3600}});
    let bill = bills(&tariff(&json!([]), &[("peak", hourly)]), &quarters(&kw)).bills.remove(0);
    assert_eq!(quantity(&bill, "peak"), 17.5);
}

#[test]
fn a_set_over_two_bills_is_charged_once_on_the_larger_and_never_on_half() {
    let spans = windows(&[("2025-01-31T16:00", "2025-01-31T17:00"), ("2025-02-02T16:00", "2025-02-02T17:00")]);
    let mut kw = restless(10.0, 59 * 96);
    kw[30 * 96 + 65] = 70.0;
    kw[32 * 96 + 65] = 30.0;
    let both = bills(&set(spans.clone()), &quarters(&kw));
    assert!(both.bills[0].lines.is_empty());
    assert_eq!((quantity(&both.bills[1], "peak"), lacks(&both)), (70.0, vec![]));
    // February alone: charged on its own window, and said.
    let february = site(readings("UTC", Y2025 + 31 * 86_400, 900, &kw[31 * 96..]), Contract::default());
    let alone = bills(&set(spans.clone()), &february);
    assert_eq!(quantity(&alone.bills[0], "peak"), 30.0);
    assert_eq!(lacks(&alone)[0].2, "carried.peaks");
    // With January's peak given.
    let given = json!({"peaks": [{"from": "2025-01-01", "component": "peak", "demand": 70.0}]});
    let told = bills_after(&set(spans), &february, given);
    assert_eq!((quantity(&told.bills[0], "peak"), lacks(&told)), (70.0, vec![]));
}

#[test]
fn the_wall_clock_decides() {
    // Madrid, October 2025: 02:00–03:00 of the 26th comes twice. The window ends where the second one does.
    let start = Y2025 + 273 * 86_400 - 7200;
    let mut kw = restless(10.0, 31 * 96 + 4);
    let night = 25 * 96;
    kw[night + 8 + 5] = 33.0; // 02:15 the second time
    kw[night + 8 + 8] = 90.0; // 03:00
    kw[night + 7] = 80.0; // 01:45
    let october = site(readings("Europe/Madrid", start, 900, &kw), Contract::default());
    let bill = bills(&set(windows(&[("2025-10-26T02:00", "2025-10-26T03:00")])), &october).bills.remove(0);
    assert_eq!(quantity(&bill, "peak"), 33.0);
    // In March the hour is left out: nothing can be charged, and it is said.
    let start = Y2025 + 59 * 86_400 - 3600;
    let march = site(readings("Europe/Madrid", start, 900, &restless(10.0, 31 * 96 - 4)), Contract::default());
    let none = bills(&set(windows(&[("2025-03-30T02:00", "2025-03-30T03:00")])), &march);
    assert!(none.bills[0].lines.is_empty());
    assert_eq!(lacks(&none)[0].1, "bill.coincident_peak");
}

#[test]
fn windows_without_readings_are_absent_not_zero() {
    let mut kw = restless(10.0, 31 * 96);
    kw[9 * 96 + 64..9 * 96 + 66].fill(f64::NAN);
    let bills = bills(&set(windows(&[("2025-01-10T16:00", "2025-01-10T17:00")])), &quarters(&kw));
    assert!(bills.bills[0].lines.is_empty());
    assert_eq!(lacks(&bills)[0].2, "readings.demand");
}

#[test]
fn an_entered_peak_and_a_bill_that_no_window_touches() {
    let tariff = set(windows(&[("2025-01-10T16:00", "2025-01-10T17:00")]));
    let month = |from: &str, until: &str, kw: Option<f64>| BillingQuantities {
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
        by_component: kw.map(|kw| ("peak".to_owned(), [("all".to_owned(), kw)].into())).into_iter().collect(),
        ..BillingQuantities::default()
    };
    let bill = |quantities| tariff.bill(&quantities, &Contract::default()).unwrap();
    assert_eq!(bill(month("2025-01-01", "2025-02-01", Some(12.0))).total, Decimal::from(120));
    assert_eq!(bill(month("2025-01-01", "2025-02-01", None)).not_done.len(), 1);
    let february = bill(month("2025-02-01", "2025-03-01", None));
    assert!(february.lines.is_empty() && february.not_done.is_empty());
}

#[test]
fn an_edge_inside_an_interval_is_an_error() {
    let tariff = set(windows(&[("2025-01-10T16:10", "2025-01-10T17:00")]));
    let message =
        tariff.bill_site(&quarters(&restless(10.0, 31 * 96)), &BillingOptions::default()).unwrap_err().to_string();
    assert!(message.contains("windows[0].from") && message.contains("finer"), "{message}");
    for (spans, field) in
        [(windows(&[]), "windows"), (windows(&[("2025-01-10T16:00", "2025-01-10T16:00")]), "windows[0]")]
    {
        let charge = json!({"coincident_peak": {"windows": spans, "price": "10"}});
        let message = try_tariff(&json!([]), &[("peak", charge)]).unwrap_err().to_string();
        assert!(message.contains(field), "{message}");
    }
}
