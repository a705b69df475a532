//! Demand against SAM, the ssc test suite and REopt.

use super::*;

/// The load of the goldens: kW of interval `i`, `per_h` intervals an hour.
fn load(per_h: usize) -> Vec<f64> {
    const DAYS: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month_of: Vec<usize> = DAYS.iter().enumerate().flat_map(|(month, days)| vec![month; *days]).collect();
    let kw = |i: usize| {
        let (hour, day) = ((i / per_h) % 24, i / (24 * per_h));
        let (weekday, month) = (day % 7, month_of[day]);
        let works = if weekday < 5 && (8..18).contains(&hour) { 250 } else { 0 };
        let cools = if (5..=8).contains(&month) && (11..17).contains(&hour) { 90 } else { 0 };
        let august = if month == 7 { 180 } else { 0 };
        (120 + (7919 * i) % 311 + works + cools + 10 * month + august) as f64
    };
    (0..8760 * per_h).map(kw).collect()
}

fn ratcheted() -> Tariff {
    let summer = json!({"6": "0.90", "7": "0.90", "8": "0.90", "9": "0.90"});
    tariff(
        &json!([]),
        &[
            ("energy", json!({"energy": {"price": "0.1"}})),
            (
                "demand",
                json!({"demand": {
                    "rate": [{"up_to": "300", "price": "5"}, {"up_to": "600", "price": "8"}, {"price": "12"}],
                    "minimum": "300",
                    "ratchet": {"share": "0.65", "share_by_month": summer, "look_back": {"months": 11}}}}),
            ),
        ],
    )
}

#[test]
fn sam_ratchet_with_the_peaks_of_the_year_before() {
    let Some(goldens) = golden("pysam_goldens.json") else { return };
    for per_h in [1, 4] {
        let golden = &goldens["goldens"][format!("G3_ratchet_tiered_demand_sph{per_h}")];
        let years_before = golden["tariff"]["year_zero_peaks_kw"].as_array().unwrap();
        let peak = |(at, kw): (usize, &Value)| json!({"from": format!("2017-{:02}-01", at + 1), "demand": kw});
        let carried = json!({"peaks": years_before.iter().enumerate().map(peak).collect::<Vec<_>>()});
        let site = site(readings("UTC", Y2018, 3600 / per_h as i64, &load(per_h)), Contract::default());
        let bills = bills_after(&ratcheted(), &site, carried);
        assert_eq!((bills.bills.len(), lacks(&bills)), (12, vec![]));
        let result = &golden["result"];
        for (month, bill) in bills.bills.iter().enumerate() {
            let of = |key: &str| result[key][month].as_f64().unwrap();
            let what = |key: &str| format!("{key} of {} at {per_h} an hour", bill.label);
            near(amount(bill, "energy"), of("energy_charge"), &what("energy"));
            near(amount(bill, "demand"), of("demand_flat"), &what("demand"));
            near(quantity(bill, "demand"), of("billing_demand_kw"), &what("billed kW"));
            near(bill.quantities.by_component["demand"]["all"], of("peak_kw"), &what("peak"));
            near(bill.quantities.total_kwh(), of("use_kwh"), &what("kWh"));
        }
        let annual = total(&bills, "energy") + total(&bills, "demand");
        near(annual, result["annual_total"].as_f64().unwrap(), "annual total");
    }
}

#[test]
fn a_ratchet_without_history_is_charged_on_what_is_known_and_says_so() {
    let bills = bills(&ratcheted(), &year(Y2018, &load(1)));
    let months: Vec<String> = lacks(&bills).into_iter().map(|(month, ..)| month).collect();
    // Eleven months before December are known, eleven before November are not.
    let expected: Vec<String> = (1..=11).map(|month| format!("2018-{month:02}")).collect();
    assert_eq!(months, expected);
    assert_eq!(lacks(&bills)[0], ("2018-01".to_owned(), "bill.ratchet".to_owned(), "carried.peaks".to_owned()));
    // January is billed on its own 680 kW, not on 738 = 0.90 × 820; December on 0.90 × 1 018 of August.
    near(quantity(&bills.bills[0], "demand"), 680.0, "January");
    near(quantity(&bills.bills[11], "demand"), 916.2, "December");
    let rules: Vec<&str> = bills.bills[11].lines[1..].iter().map(|line| line.rule.as_str()).collect();
    assert_eq!(rules, ["demand.ratchet"; 3]);
    // What December hands on is the eleven bills before it and itself, as they were measured.
    let carried = &bills.bills[11].carried;
    assert_eq!((carried.peaks.len(), carried.peaks[7].demand), (12, 1018.0));
}

#[test]
fn ssc_commercial_demand_charges() {
    let Some(case) = golden("ssc_demand_case.json") else { return };
    let text = std::fs::read_to_string(common::data_folder().unwrap().join("tariff/ssc_load_commercial.csv")).unwrap();
    let kw: Vec<f64> = text.lines().map(|line| line.trim().parse().unwrap()).collect();
    let (summer, winter) = (json!([5, 6, 7, 8, 9, 10]), json!([1, 2, 3, 4, 11, 12]));
    let weekdays = json!(["monday", "tuesday", "wednesday", "thursday", "friday"]);
    let all_day =
        |period: &str, months: &Value| json!({"period": period, "months": months, "windows": ["00:00-24:00"]});
    let afternoon = |period: &str, months: &Value| json!({"period": period, "months": months, "days": weekdays, "windows": ["15:00-20:00"]});
    let every = json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    let schedules = json!([
        {"id": "energy", "source": "", "base": [all_day("e2", &summer), all_day("e4", &winter)],
            "overlays": [afternoon("e1", &summer), afternoon("e3", &winter)]},
        {"id": "demand", "source": "", "rest": "d2", "base": [afternoon("d1", &every)]}]);
    let tariff = tariff(
        &schedules,
        &[
            ("fixed", json!({"fixed": {"price": "30", "per": "month"}})),
            ("energy", json!({"energy": {"by_period": {"e1": "0.05", "e2": "0.075", "e3": "0.06", "e4": "0.05"}}})),
            (
                "demand",
                json!({"demand": {"schedule": "demand", "rates": {
                    "d1": [{"up_to": "100", "price": "20"}, {"price": "15"}],
                    "d2": [{"up_to": "100", "price": "10"}, {"price": "5"}]}}}),
            ),
        ],
    );
    let bills = bills(&tariff, &year(Y2018, &kw));
    let independent = &case["independent"];
    for (month, bill) in bills.bills.iter().enumerate() {
        let of = |key: &str| independent[key][month].as_f64().unwrap();
        near(amount(bill, "energy"), of("energy_by_month"), &format!("energy of {}", bill.label));
        near(amount(bill, "demand"), of("demand_by_month"), &format!("demand of {}", bill.label));
        near(bill.quantities.by_component["demand"]["d1"], of("peak_kw_period_1"), &bill.label);
        near(bill.quantities.by_component["demand"]["d2"], of("peak_kw_period_2"), &bill.label);
    }
    let annual: f64 = ["fixed", "energy", "demand"].iter().map(|id| total(&bills, id)).sum();
    near(annual, independent["annual_bill"].as_f64().unwrap(), "independent annual bill");
    assert!((annual - case["expected_annual_bill"].as_f64().unwrap()).abs() <= 0.1, "{annual}");
}

#[test]
fn a_blended_rate() {
    let Some(case) = reopt("blended") else { return };
    let tariff = tariff(
        &json!([]),
        &[("energy", json!({"energy": {"price": "0.1"}})), ("demand", json!({"demand": {"rate": "10"}}))],
    );
    let bills = bills(&tariff, &year(Y2018, &vec![10_000.0 / 8760.0; 8760]));
    let tolerance = case["tolerance"].as_f64().unwrap();
    for (component, key) in [("energy", "expected_energy"), ("demand", "expected_demand")] {
        assert!((total(&bills, component) - case[key].as_f64().unwrap()).abs() <= tolerance, "{component}");
    }
}

#[test]
fn leap_years_move_weekdays_and_months() {
    let day_time = |id: &str, on: &str, off: &str, window: &str| {
        json!({"id": id, "source": "", "rest": off, "base": [{"period": on,
            "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "windows": [window]}]})
    };
    let tariff = tariff(
        &json!([
            day_time("energy", "day", "night", "07:00-20:00"),
            day_time("demand", "afternoon", "other", "14:00-20:00")
        ]),
        &[
            ("energy", json!({"energy": {"by_period": {"night": "0.28", "day": "0.36"}}})),
            ("flat", json!({"demand": {"rate": "18.05"}})),
            ("tou", json!({"demand": {"schedule": "demand", "rates": {"afternoon": "10", "other": "0"}}})),
        ],
    );
    for (name, hours) in
        [("leap_year_weekday", vec![63 * 24 + 15]), ("leap_year_month_end", vec![58 * 24 + 7, 59 * 24 + 7])]
    {
        let Some(case) = reopt(name) else { return };
        for (year_name, start, days) in [("2023", Y2023, 365), ("2024", Y2024, 366)] {
            let mut kw = vec![0.0; days * 24];
            hours.iter().for_each(|hour| kw[*hour] = 10.0);
            let bills = bills(&tariff, &year(start, &kw));
            let expected = &case["years"][year_name];
            let demand = total(&bills, "flat") + total(&bills, "tou");
            near(demand, expected["expected_demand"].as_f64().unwrap(), &format!("{name} {year_name}"));
            if let Some(energy) = expected["expected_energy"].as_f64() {
                near(total(&bills, "energy"), energy, &format!("{name} {year_name}, energy"));
            }
        }
    }
}

#[test]
fn a_coincident_peak_is_charged_once_a_set() {
    let Some(case) = reopt("coincident_peak") else { return };
    // Hours 1, 2 and 100 of the year; then hour 6 000 (7 September 23:00) and hour 7 000 (19 October 15:00).
    let set = |windows: Value, price: &str| json!({"coincident_peak": {"windows": windows, "price": price}});
    let tariff = tariff(
        &json!([]),
        &[
            (
                "first",
                set(
                    json!([{"from": "2018-01-01T00:00", "to": "2018-01-01T02:00"},
                           {"from": "2018-01-05T03:00", "to": "2018-01-05T04:00"}]),
                    "10",
                ),
            ),
            (
                "second",
                set(
                    json!([{"from": "2018-09-07T23:00", "to": "2018-09-08T00:00"},
                           {"from": "2018-10-19T15:00", "to": "2018-10-19T16:00"}]),
                    "5",
                ),
            ),
        ],
    );
    let bills = bills(&tariff, &year(Y2018, &vec![1.0; 8760]));
    let charged = total(&bills, "first") + total(&bills, "second");
    near(charged, case["expected_coincident_charge"].as_f64().unwrap(), "coincident charge");
    let months: Vec<&str> =
        bills.bills.iter().filter(|bill| !bill.lines.is_empty()).map(|bill| bill.label.as_str()).collect();
    assert_eq!((months, lacks(&bills)), (vec!["2018-01", "2018-10"], vec![]));
}
