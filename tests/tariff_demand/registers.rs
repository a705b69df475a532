//! What a demand is of, over which window, and where it comes from.

use std::path::PathBuf;

use proptest::prelude::*;
use wattlens::finding::Span;
use wattlens::ingest::{FileOptions, ReadOptions, read};
use wattlens::readings::{Flag, Period, Phase, Quantity, SpanKind, SpanSeries, SpanValue, Spans};
use wattlens::tariff::{BillingPeriods, BillingQuantities, DemandOrigin};

use super::*;

fn one(charge: Value) -> Tariff {
    tariff(&json!([]), &[("demand", json!({"demand": charge}))])
}

/// January 2025 in UTC, quarter-hours at 10 kW.
fn january() -> Vec<f64> {
    restless(10.0, 31 * 96)
}

#[test]
fn the_peak_of_a_steel_works_depends_on_the_window() {
    let Some(folder) = common::data_folder() else { return };
    let path: PathBuf = folder.join("steel_kr/steel_kr_2018_15min.csv");
    let options = FileOptions {
        read: ReadOptions { zone: Some("Asia/Seoul".to_owned()), ..ReadOptions::default() },
        ..FileOptions::default()
    };
    let readings = read(&path, &options, None).unwrap().remove(0);
    let site = site(readings, Contract::default());
    for (window_s, sliding, expected) in
        [(900, false, 628.72), (1800, false, 587.16), (3600, false, 564.30), (1800, true, 598.82)]
    {
        let bills = bills(&one(json!({"rate": "1", "window_s": window_s, "sliding": sliding})), &site);
        assert_eq!(bills.bills.len(), 12);
        let highest = bills.bills.iter().map(|bill| quantity(bill, "demand")).fold(0.0, f64::max);
        assert!((highest - expected).abs() < 0.005, "{window_s} s, sliding {sliding}: {highest}");
        let origin = if sliding { DemandOrigin::Sliding } else { DemandOrigin::Block };
        assert_eq!(bills.bills[0].quantities.demand_origin, Some(origin));
    }
}

#[test]
fn apparent_and_reactive_demand_are_of_one_window() {
    let axis = TimeAxis::new(Y2025, 900, 31 * 96, Zone::named("UTC").unwrap()).unwrap();
    let (mut kwh, mut import, mut export) = (restless(1.0, 31 * 96), vec![0.0; 31 * 96], vec![0.0; 31 * 96]);
    // 40 kWh, 30 kvarh: 50 kVAh, 200 kVA. The highest active power (41 kWh) is in another quarter-hour.
    (kwh[100], kwh[101], import[100]) = (40.0, 1.0, 30.0);
    kwh[200] = 41.0;
    // 33 − 1 kvarh from the grid net, 35 kvarh to the grid: 140 kvar is the larger.
    (import[300], export[300], export[301]) = (33.0, 1.0, 35.0);
    let series = vec![
        Series::new(Channel::IMPORT_KWH, kwh),
        Series::new(Channel::IMPORT_KVARH, import),
        Series::new(Channel::EXPORT_KVARH, export),
    ];
    let site = site(Readings::new(axis, series).unwrap(), Contract::default());
    for (unit, expected, text) in [("kw", 164.0, "kW"), ("kva", 200.0, "kVA"), ("kvar", 140.0, "kvar")] {
        let bill = bills(&one(json!({"rate": "2.5", "unit": unit})), &site).bills.remove(0);
        assert_eq!((quantity(&bill, "demand"), bill.lines[0].unit.as_str()), (expected, text));
        near(amount(&bill, "demand"), 2.5 * expected, unit);
    }
    // Half an hour of the apparent demand: (40 + 1) kWh and 30 kvarh, 2 a h: 2 × √(41² + 30²) = 101.607 kVA.
    let bill = bills(&one(json!({"rate": "1", "unit": "kva", "window_s": 1800})), &site).bills.remove(0);
    near(quantity(&bill, "demand"), 2.0 * 41f64.hypot(30.0), "half-hour kVA");
}

#[test]
fn apparent_demand_without_reactive_readings_is_absent() {
    let bills = bills(
        &one(json!({"rate": "2.5", "unit": "kva"})),
        &site(readings("UTC", Y2025, 900, &january()), Contract::default()),
    );
    assert!(bills.bills[0].lines.is_empty());
    assert_eq!(lacks(&bills)[0].2, "readings.import_kvarh");
    let coarse = one(json!({"rate": "2.5", "window_s": 900}));
    let bills = super::bills(&coarse, &site(readings("UTC", Y2025, 3600, &restless(10.0, 744)), Contract::default()));
    assert!(bills.bills[0].lines.is_empty());
    assert_eq!(lacks(&bills)[0].2, "readings.demand");
}

#[test]
fn a_register_overrides_the_intervals() {
    let span = Span { start: Y2025, end: Y2025 + 31 * 86_400 };
    let value = SpanValue { span, value: 12.7, flag: Flag::Measured, at: Some(Y2025 + 4500) };
    let register = SpanSeries {
        channel: Channel::mean(Quantity::ActivePower, Phase::Total),
        kind: SpanKind::MaximumDemand,
        period: Period::Total,
        multiplier: 1.0,
        values: vec![value],
    };
    let mut kw = january();
    kw[5] = 12.4;
    let readings = readings("UTC", Y2025, 900, &kw).with_spans(Spans(vec![register]));
    let bill = bills(&one(json!({"rate": "3", "sliding": true})), &site(readings, Contract::default())).bills.remove(0);
    assert_eq!(bill.quantities.demand_origin, Some(DemandOrigin::Register));
    assert_eq!((quantity(&bill, "demand"), amount(&bill, "demand")), (12.7, 38.1));
}

#[test]
fn least_demands_and_the_share_of_the_contract() {
    let site_of = |contract_kw: Option<f64>| {
        let contract = Contract { contract_demand_kw: contract_kw, ..Contract::default() };
        site(readings("UTC", Y2025, 900, &january()), contract)
    };
    let tariff = one(json!({"rate": "2", "minimum": "25", "minimum_share_of_contract": "0.5"}));
    // 10 kW measured; 25 kW at least; half of 40 kW is less than that, half of 80 kW more.
    for (contract_kw, billed, rule) in [(40.0, 25.0, "demand.minimum"), (80.0, 40.0, "demand.contract_share")] {
        let bill = bills(&tariff, &site_of(Some(contract_kw))).bills.remove(0);
        assert_eq!((quantity(&bill, "demand"), bill.lines[0].rule.as_str()), (billed, rule));
        near(amount(&bill, "demand"), 2.0 * billed, rule);
    }
    let open = bills(&tariff, &site_of(None));
    assert!(open.bills[0].lines.is_empty());
    assert_eq!(lacks(&open)[0].2, "contract.contract_demand_kw");
    assert!(tariff.needs().contains(&"contract.contract_demand_kw"));
}

#[test]
fn prices_by_the_day_and_by_the_year() {
    let site = site(readings("UTC", Y2025, 900, &january()), Contract::default());
    // 10 kW × 0.05 × 31 days; 10 kW × 60 ÷ 12.
    for (per, price, expected) in [("day", "0.05", 15.5), ("year", "60", 50.0)] {
        let bill = bills(&one(json!({"rate": price, "per": per})), &site).bills.remove(0);
        near(amount(&bill, "demand"), expected, per);
    }
}

#[test]
fn a_bill_across_a_season_change_counts_each_price_by_its_days() {
    let seasons = json!([{"id": "s", "source": "", "base": [
        {"period": "summer", "months": [6, 7, 8], "windows": ["00:00-24:00"]},
        {"period": "winter", "months": [1, 2, 3, 4, 5, 9, 10, 11, 12], "windows": ["00:00-24:00"]}]}]);
    let by_season = tariff(&seasons, &[("demand", json!({"demand": {"rates": {"summer": "20", "winter": "10"}}}))]);
    let by_month = one(json!({"rate": "10", "by_month": {"6": "20", "7": "20", "8": "20"}}));
    // 16 May to 15 June: 16 days of May at 100 kW, 15 of June at 150 kW.
    let mut kw = restless(100.0, 151 * 96);
    kw.extend(restless(150.0, 214 * 96));
    (kw[140 * 96], kw[155 * 96], kw[200 * 96]) = (100.0, 150.0, 150.0);
    let dates = ["2025-05-16", "2025-06-16"].map(|date| date.parse().unwrap()).to_vec();
    let options = BillingOptions { periods: BillingPeriods::ReadingDates(dates), ..BillingOptions::default() };
    let site = site(readings("UTC", Y2025, 900, &kw), Contract::default());
    let bill = by_season.bill_site(&site, &options).unwrap().bills.remove(0);
    // Each season its own peak: 150 × 20 × 15⁄31 + 100 × 10 × 16⁄31 = 1 451.6129 + 516.1290.
    near(amount(&bill, "demand"), 3000.0 * 15.0 / 31.0 + 1000.0 * 16.0 / 31.0, "by season");
    let bill = by_month.bill_site(&site, &options).unwrap().bills.remove(0);
    // The bill's peak at each month's price: 150 × 10 × 16⁄31 + 150 × 20 × 15⁄31.
    near(amount(&bill, "demand"), 1500.0 * 16.0 / 31.0 + 3000.0 * 15.0 / 31.0, "by month");
    assert_eq!(bill.lines.len(), 2);
    // July and August have one price: one line.
    let dates = ["2025-07-10", "2025-08-10"].map(|date| date.parse().unwrap()).to_vec();
    let options = BillingOptions { periods: BillingPeriods::ReadingDates(dates), ..BillingOptions::default() };
    let bill = by_month.bill_site(&site, &options).unwrap().bills.remove(0);
    assert_eq!((bill.lines.len(), amount(&bill, "demand")), (1, 3000.0));
}

#[test]
fn entered_demand_is_billed() {
    let tariff = one(json!({"rate": "3"}));
    let quantities = BillingQuantities {
        from: "2025-01-01".parse().unwrap(),
        until: "2025-02-01".parse().unwrap(),
        kwh: [("all".to_owned(), 1000.0)].into(),
        demand_kw: Some(44.0),
        demand_origin: Some(DemandOrigin::Entered),
        ..BillingQuantities::default()
    };
    assert_eq!(tariff.bill(&quantities, &Contract::default()).unwrap().total, Decimal::from(132));
}

#[test]
fn days_of_23_and_25_hours() {
    let night =
        json!([{"id": "s", "source": "", "rest": "day", "base": [{"period": "night", "windows": ["01:00-04:00"]}]}]);
    let tou = json!({"demand": {"rates": {"night": "1", "day": "2"}}});
    let half_hours = json!({"demand": {"rates": {"night": "1", "day": "2"}, "window_s": 3600}});
    let tariff = tariff(&night, &[("quarter", tou), ("hour", half_hours)]);
    // Madrid, the whole of 2025: 30 March leaves out 02:00–03:00, 26 October has it twice.
    let start = Y2025 - 3600;
    let mut kw = restless(10.0, 365 * 96);
    let at = |instant: i64| ((instant - start) / 900) as usize;
    // 30 March 00:00 local is 29 March 23:00 UTC. 01:45 is before the gap; the next quarter-hour is 03:00, still night.
    let march = Y2025 + 87 * 86_400 + 23 * 3600;
    kw[at(march)..at(march + 4 * 3600)].fill(10.0);
    kw[at(march + 6300)] = 50.0;
    kw[at(march + 7200)] = 54.0;
    // The third hour after the gap is 04:00: day.
    kw[at(march + 3 * 3600)] = 70.0;
    // 26 October 00:00 local is 25 October 22:00 UTC; 02:00 the second time is three hours on, 04:00 five.
    let october = Y2025 + 297 * 86_400 + 22 * 3600;
    kw[at(october)..at(october + 6 * 3600)].fill(10.0);
    kw[at(october + 3 * 3600)] = 60.0;
    kw[at(october + 4 * 3600)] = 62.0;
    kw[at(october + 5 * 3600)] = 80.0;
    let bills = bills(&tariff, &site(readings("Europe/Madrid", start, 900, &kw), Contract::default()));
    assert_eq!(bills.bills.len(), 12);
    for (month, night, day) in [(2, 54.0, 70.0), (9, 62.0, 80.0)] {
        let bill = &bills.bills[month];
        assert_eq!(
            bill.quantities.by_component["quarter"],
            [("day".to_owned(), day), ("night".to_owned(), night)].into()
        );
        near(amount(bill, "quarter"), night + 2.0 * day, &bill.label);
    }
    // Hours of the wall clock: 01:00–02:00 with 50 kW in one quarter is 20 kW, 03:00–04:00 with 54 kW 21 kW; 04:00 25 kW.
    let march = &bills.bills[2].quantities.by_component["hour"];
    assert_eq!((march["night"], march["day"]), (21.0, 25.0));
    // Both hours from 02:00 are there; each has one quarter: (60 + 30) ÷ 4 and 22 of 03:00.
    let october = &bills.bills[9].quantities.by_component["hour"];
    assert_eq!((october["night"], october["day"]), (23.0, 27.5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Against the plain definition: the largest mean of `width` readings on end, from every reading on or from every
    /// block of the wall clock, without those that lack one.
    #[test]
    fn a_demand_is_the_largest_mean_of_its_windows(
        seed in prop::collection::vec(0u32..1000, 28 * 24),
        gaps in prop::collection::btree_set(0usize..28 * 96, 0..40),
        window in prop::sample::select(vec![1usize, 2, 4]),
        sliding in any::<bool>(),
    ) {
        let mut kw: Vec<f64> = (0..28 * 96).map(|at| f64::from((seed[at / 4] * (7 + at as u32 % 5)) % 997 + 1)).collect();
        gaps.iter().for_each(|at| kw[*at] = f64::NAN);
        let tariff = one(json!({"rate": "1", "window_s": 900 * window, "sliding": sliding}));
        // February 2025.
        let bills = bills(&tariff, &site(readings("UTC", Y2025 + 31 * 86_400, 900, &kw), Contract::default()));
        let starts = (0..=kw.len() - window).filter(|at| sliding || at % window == 0);
        let means = starts.map(|at| kw[at..at + window].iter().sum::<f64>() / window as f64).filter(|mean| !mean.is_nan());
        let expected = means.fold(0.0, f64::max);
        prop_assert!((quantity(&bills.bills[0], "demand") - expected).abs() < 1e-5, "{} of {}", expected, window);
    }
}
