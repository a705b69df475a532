//! Chinese tariffs: what is bundled against published tables, and cases worked by hand.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, date};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings, Series};
use wattlens::site::{Contract, DemandBilling, PowerFactorStandard, Site};
use wattlens::tariff::{
    Bill, BillingPeriods, BillingQuantities, Certainty, Charge, Given, GivenPrice, Tariff, bundled, load,
    measure_quantities,
};
use wattlens::time::{Calendar, TimeAxis, Zone};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// Readings of Shanghai's wall clock from a date on, by the number of the interval.
fn readings(
    from: Date,
    days: i64,
    step_s: i64,
    kwh: impl Fn(usize) -> f64,
    kvarh: Option<&dyn Fn(usize) -> f64>,
) -> Readings {
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let start = (from - date(1970, 1, 1)).get_days() as i64 * 86_400 - 8 * 3600;
    let len = (days * 86_400 / step_s) as usize;
    let axis = TimeAxis::new(start, step_s, len, zone).unwrap();
    let mut channels = vec![Series::new(Channel::IMPORT_KWH, (0..len).map(kwh).collect())];
    if let Some(kvarh) = kvarh {
        channels.push(Series::new(Channel::IMPORT_KVARH, (0..len).map(kvarh).collect()));
    }
    Readings::new(axis, channels).unwrap()
}

fn site(readings: Readings, calendar: Calendar, contract: Contract) -> Site {
    Site::new(None, Arc::new(readings), calendar, contract).unwrap()
}

/// One kWh an interval over the days from a date on: the energy of a period is then its intervals.
fn ones(from: Date, days: i64, step_s: i64, calendar: &Calendar) -> Site {
    site(readings(from, days, step_s, |_| 1.0, None), calendar.clone(), Contract::default())
}

fn months(tariff: &Tariff, site: &Site) -> Vec<BillingQuantities> {
    measure_quantities(site, tariff, &BillingPeriods::Months).unwrap()
}

/// Energy by period of the one month that the readings are.
fn month(tariff: &Tariff, site: &Site) -> BTreeMap<String, f64> {
    let mut months = months(tariff, site);
    assert_eq!(months.len(), 1);
    months.remove(0).kwh
}

fn kwh<const N: usize>(pairs: [(&str, f64); N]) -> BTreeMap<String, f64> {
    pairs.map(|(period, kwh)| (period.to_owned(), kwh)).into()
}

/// A tariff of one price with this schedule.
fn scheduled(schedule: &Value, triggers: &Value) -> Tariff {
    let sheet = json!({
        "schema": 2, "id": "hand-made", "name": {"en": "Hand-made", "zh": "手工"}, "currency": "CNY",
        "certainty": "assumed", "source": "made up", "triggers": triggers,
        "versions": [{
            "in_force": {"from": "2020-01-01"},
            "schedules": [schedule],
            "components": [{
                "id": "energy", "name": {"en": "Energy", "zh": "电度电费"}, "source": "made up", "certainty": "assumed",
                "charge": {"energy": {"price": "1"}}
            }]
        }]
    });
    Tariff::from_json(&sheet.to_string(), "hand-made").unwrap()
}

/// The decreed days of 2025 and 2026 that the cases need.
fn china() -> Calendar {
    let mut calendar = Calendar::weekends();
    let holidays = [
        ("2025-01-01", "New Year's Day"),
        ("2025-01-28", "Chinese New Year's Eve"),
        ("2025-01-29", "Chinese New Year (Spring Festival)"),
        ("2025-01-30", "Chinese New Year (Spring Festival)"),
        ("2025-01-31", "Chinese New Year (Spring Festival)"),
        ("2025-02-03", "Day off (substituted from 01/26/2025)"),
        ("2025-02-04", "Day off (substituted from 02/08/2025)"),
        ("2025-04-04", "Tomb-Sweeping Day"),
        ("2025-05-01", "Labor Day"),
        ("2025-05-02", "Labor Day"),
        ("2025-05-05", "Day off (substituted from 04/27/2025)"),
        ("2026-10-01", "National Day"),
        ("2026-10-02", "National Day"),
        ("2026-10-03", "National Day"),
        ("2026-10-05", "National Day (observed)"),
        ("2026-10-06", "Day off (substituted from 09/20/2026)"),
        ("2026-10-07", "Day off (substituted from 10/10/2026)"),
    ];
    calendar.holidays = holidays.map(|(date, name)| (day(date), name.to_owned())).into();
    let makeup = ["2025-01-26", "2025-02-08", "2025-04-27", "2026-09-20", "2026-10-10"];
    calendar.makeup_workdays = makeup.map(day).into();
    calendar
}

// What is bundled.

fn chinese() -> impl Iterator<Item = &'static str> {
    bundled().into_iter().filter(|id| id.starts_with("cn-"))
}

/// Every open price as some number: by period where the periods are listed.
fn given(tariff: &Tariff) -> BTreeMap<String, GivenPrice> {
    let of_period = |_| (0.9).to_string().parse().unwrap();
    let price = |name: String| {
        let price = if name == "energy" {
            GivenPrice::ByKey(tariff.period_names().iter().map(|period| (period.clone(), of_period(period))).collect())
        } else {
            GivenPrice::Always(decimal("0.1"))
        };
        (name, price)
    };
    tariff.missing_prices().into_iter().map(price).collect()
}

#[test]
fn every_bundled_tariff_covers_every_hour_of_a_year_and_bills_once_its_prices_are_given() {
    let contract = Contract {
        capacity_kva: Some(1000.0),
        demand_billing: Some(DemandBilling::ActualDemand),
        power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()),
        ..Contract::default()
    };
    let year = readings(date(2026, 1, 1), 365, 3600, |_| 1.0, Some(&|_| 0.3));
    let site = site(year, china(), contract.clone());
    let mut templates = 0;
    for id in chinese() {
        let tariff = load(id).unwrap();
        assert_eq!(tariff.sheet().id, id);
        let text = serde_json::to_string(tariff.sheet()).unwrap();
        assert_eq!(Tariff::from_json(&text, id).unwrap(), tariff, "{id}: its JSON says all of it");
        let some = BillingQuantities {
            from: tariff.sheet().versions[0].in_force.from,
            until: tariff.sheet().versions[0].in_force.from.last_of_month().tomorrow().unwrap(),
            kwh: tariff.period_names().iter().map(|period| (period.clone(), 100.0)).collect(),
            ..BillingQuantities::default()
        };
        let missing = tariff.missing_prices();
        if !missing.is_empty() {
            templates += 1;
            let message = tariff.bill(&some, &contract).unwrap_err().to_string();
            assert!(missing.iter().all(|name| message.contains(&format!("{name}="))), "{id}: {message}");
        }
        let priced = tariff.with_prices(&given(&tariff)).unwrap().assume_in_force();
        assert!(priced.missing_prices().is_empty(), "{id}: {:?}", priced.missing_prices());
        let none = tariff.sheet().triggers.iter().map(|trigger| (trigger.id.clone(), [].into())).collect();
        let given = Given { event_days: none, ..priced.given().clone() };
        let priced = priced.with_given(given).unwrap();
        let months = months(&priced, &site);
        assert_eq!(months.len(), 12, "{id}");
        for quantities in months {
            let hours = f64::from((quantities.until - quantities.from).get_days()) * 24.0;
            assert_eq!(quantities.total_kwh(), hours, "{id}: every hour is in one period");
            let quantities = BillingQuantities { demand_kw: Some(500.0), ..quantities };
            let bill = priced.bill(&quantities, &contract).unwrap();
            assert!(bill.total > Decimal::ZERO && bill.not_done.is_empty(), "{id}: {:?}", bill.not_done);
            assert_eq!(bill.certainty, tariff.sheet().certainty);
            let of_lines = bill.lines.iter().map(|line| line.certainty).max().unwrap();
            // Measured by periods that are not verified, some line says so.
            assert!(tariff.sheet().certainty != Certainty::Unverified || of_lines == Certainty::Unverified, "{id}");
        }
    }
    // 29 provinces of four voltages, without 35 kV in Jilin and Liaoning; five single-part of Fujian, two of Beijing
    // and Jiangsu, one of Guangdong. Complete: Fujian August 2025 and seven classes of Hubei.
    assert_eq!(templates, 29 * 4 - 2 + 5 + 2 + 2 + 1);
    assert_eq!(chinese().count(), templates + 1 + 7);
}

#[test]
fn network_prices_are_those_of_the_published_table() {
    let Some(folder) = common::data_folder() else { return };
    let text = std::fs::read_to_string(folder.join("tariff/cn_td_4th_cycle_2026.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    let codes = "AH anhui BJ beijing CQ chongqing FJ fujian GD guangdong GS gansu GX guangxi GZ guizhou HA henan HB hubei HE \
                 hebei HL heilongjiang HN hunan JL jilin JS jiangsu JX jiangxi LN liaoning NM inner-mongolia NX ningxia QH \
                 qinghai SC sichuan SD shandong SH shanghai SN shaanxi SX shanxi TJ tianjin XJ xinjiang YN yunnan ZJ zhejiang";
    let codes: Vec<&str> = codes.split_whitespace().collect();
    let number = |price: Decimal| price.to_string().parse::<f64>().unwrap();
    let mut seen = 0;
    for pair in codes.chunks(2) {
        let province = &table["provinces"][pair[0]];
        for (at, voltage) in ["1-10kv", "35kv", "110kv", "220kv"].into_iter().enumerate() {
            let id = format!("cn-{}-two-part-{voltage}-2026-08", pair[1]);
            let Some(demand) = province["demand"][at].as_f64() else {
                assert!(load(&id).is_err(), "{id}");
                continue;
            };
            let tariff = load(&id).unwrap();
            let basic = tariff.basic_charge_on(date(2026, 8, 1)).unwrap();
            assert_eq!(number(basic.demand_price), demand, "{id}");
            assert_eq!(number(basic.capacity_price), province["capacity"][at].as_f64().unwrap(), "{id}");
            seen += 1;
        }
    }
    assert_eq!((seen, table["provinces"].as_object().unwrap().len()), (114, 29));
    let network = |tariff: &Tariff| {
        let components = tariff.sheet().versions[0].components.clone();
        let network = components.into_iter().find(|one| one.id == "network").unwrap();
        let Charge::Energy(energy) = network.charge else { panic!("{:?}", network.charge) };
        number(energy.price.unwrap())
    };
    let fujian = &table["fujian_energy_td"];
    for (structure, voltages) in [
        ("two-part", vec![("1-10kV", "1-10kv"), ("35kV", "35kv"), ("110kV", "110kv"), ("220kV+", "220kv")]),
        (
            "single-part",
            vec![
                ("<1kV", "below-1kv"),
                ("1-10kV", "1-10kv"),
                ("35kV", "35kv"),
                ("110kV", "110kv"),
                ("220kV+", "220kv"),
            ],
        ),
    ] {
        for (column, voltage) in voltages {
            let tariff = load(&format!("cn-fujian-{structure}-{voltage}-2026-08")).unwrap();
            assert_eq!(network(&tariff), fujian[structure.replace('-', "_")][column].as_f64().unwrap());
        }
    }
}

/// The table of Hubei, January 2026: id, network price, sharp, peak, flat, valley, demand and capacity price.
type HubeiRow = (&'static str, &'static str, [&'static str; 4], Option<(&'static str, &'static str)>);

const HUBEI: &[HubeiRow] = &[
    ("single-part-below-1kv", "0.2103", ["1.133999", "0.930961", "0.735686", "0.516924"], None),
    ("single-part-1-10kv", "0.1903", ["1.113999", "0.910961", "0.715686", "0.496924"], None),
    ("single-part-35kv", "0.1703", ["1.093999", "0.890961", "0.695686", "0.476924"], None),
    ("two-part-1-10kv", "0.1263", ["1.049999", "0.848961", "0.651886", "0.432924"], Some(("42", "26.3"))),
    ("two-part-35kv", "0.1065", ["1.030199", "0.827161", "0.632086", "0.413124"], Some(("42", "26.3"))),
    ("two-part-110kv", "0.0884", ["1.012099", "0.809061", "0.613986", "0.395024"], Some(("39", "24.4"))),
    ("two-part-220kv", "0.0694", ["0.993099", "0.790061", "0.594986", "0.376024"], Some(("39", "24.4"))),
];

#[test]
fn the_prices_of_hubei_are_put_together_to_the_digit() {
    let six = |price: Decimal| price.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero);
    // Purchase and line loss float.
    let base = decimal("0.384470") + decimal("0.013643");
    assert_eq!(base, decimal("0.398113"));
    for (class, network, [sharp, peak, flat, valley], basic) in HUBEI {
        let tariff = load(&format!("cn-hubei-{class}-2026-01")).unwrap();
        let prices: BTreeMap<_, _> =
            tariff.period_names().iter().cloned().zip(tariff.period_prices().unwrap()).collect();
        for (period, listed) in [("sharp", sharp), ("peak", peak), ("flat", flat), ("valley", valley)] {
            assert_eq!(prices[period], decimal(listed), "{class} {period}: the listed price is billed");
        }
        let fixed = decimal(network) + decimal("0.082273") + decimal("0.0452");
        assert_eq!(prices["sharp"], six(fixed + base * decimal("2.00")), "{class}");
        assert_eq!(prices["valley"], six(fixed + base * decimal("0.45")), "{class}");
        // The flat price of single-part users is 0.0002 below the sum of its parts.
        let slip = if basic.is_none() { decimal("0.0002") } else { Decimal::ZERO };
        assert_eq!(prices["flat"], fixed + base - slip, "{class}");
        // The peak is 1.49, not the declared 1.5; at two-part 1-10 kV 0.002 yuan more than that.
        let more = if *class == "two-part-1-10kv" { decimal("0.002") } else { Decimal::ZERO };
        assert_eq!(prices["peak"], six(fixed + base * decimal("1.49")) + more, "{class}");
        let found = tariff.basic_charge_on(date(2026, 1, 1));
        let found = found.map(|one| (one.demand_price, one.capacity_price));
        assert_eq!(found, basic.map(|(demand, capacity)| (decimal(demand), decimal(capacity))), "{class}");

        // What disagrees is told: the peak everywhere, the flat price of single-part users.
        let warned: Vec<_> = tariff
            .warnings()
            .into_iter()
            .filter(|one| one.code == "tariff.absolute_price")
            .map(|one| {
                let text = |key: &str| one.evidence[key].as_str().unwrap().to_owned();
                (text("period"), decimal(&text("listed")), decimal(&text("composed")))
            })
            .collect();
        let mut expected = vec![("peak".to_owned(), decimal(peak), six(fixed + base * decimal("1.5")))];
        if basic.is_none() {
            expected.insert(0, ("flat".to_owned(), decimal(flat), fixed + base));
        }
        assert_eq!(warned, expected, "{class}");
    }
}

#[test]
fn a_bill_of_hubei_leaves_the_funds_within_the_listed_price_out_of_the_power_factor() {
    let tariff = load("cn-hubei-two-part-110kv-2026-01").unwrap();
    let quantities = BillingQuantities {
        from: date(2026, 1, 1),
        until: date(2026, 2, 1),
        kwh: kwh([("sharp", 1000.0), ("peak", 2000.0), ("flat", 3000.0), ("valley", 4000.0)]),
        import_kvarh: Some(5800.0), // 10 000 / √(10 000² + 5800²) = 0.865: 0.87, +1.5 %
        ..BillingQuantities::default()
    };
    let contract = Contract {
        capacity_kva: Some(2000.0),
        demand_billing: Some(DemandBilling::Capacity),
        power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()),
        ..Contract::default()
    };
    let bill = tariff.bill(&quantities, &contract).unwrap();
    // 1012.099 → 1012.10, 1618.122 → 1618.12, 1841.958 → 1841.96, 1580.096 → 1580.10; 24.4 × 2000 = 48 800.
    let energy = decimal("1012.10") + decimal("1618.12") + decimal("1841.96") + decimal("1580.10");
    // Less the funds, 10 000 × 0.0452 = 452: (6052.28 + 48 800 − 452) × 0.015 = 816.0042.
    assert_eq!(bill.lines.last().unwrap().amount, decimal("816.00"));
    assert_eq!(bill.total, energy + decimal("48800") + decimal("816.00"));
    assert!(bill.lines.iter().take(4).all(|line| line.rule == "energy.listed" && line.certainty == Certainty::Stated));
    assert_eq!(bill.certainty, Certainty::Unverified);
}

#[test]
fn prices_of_guangdong_are_rounded_before_they_are_billed() {
    let tariff = load("cn-guangdong-two-part-1-10kv-2026-08").unwrap();
    let prices = [("purchase", "0.45"), ("line_loss", "0.02"), ("network", "0.15"), ("system", "0.05")];
    let prices = prices.into_iter().chain([("government_funds", "0.0278")]);
    let prices = prices.map(|(name, price)| (name.to_owned(), GivenPrice::Always(decimal(price)))).collect();
    let tariff = tariff.with_prices(&prices).unwrap();
    let found: BTreeMap<_, _> = tariff.period_names().iter().cloned().zip(tariff.period_prices().unwrap()).collect();
    // 0.67 floats: × 2.125 = 1.42375, with the funds 1.45155, rounded half-up 1.4516; × 1.7 = 1.139; × 0.38 = 0.2546.
    let expected = [("flat", "0.6978"), ("peak", "1.1668"), ("sharp", "1.4516"), ("valley", "0.2824")];
    assert_eq!(found, expected.map(|(period, price)| (period.to_owned(), decimal(price))).into());
    let quantities = BillingQuantities {
        from: date(2026, 8, 1),
        until: date(2026, 9, 1),
        kwh: kwh([("sharp", 100_000.0)]),
        ..BillingQuantities::default()
    };
    let bill = tariff.bill(&quantities, &Contract::default()).unwrap();
    assert_eq!((bill.lines[0].amount, bill.lines[0].rule.as_str()), (decimal("145160"), "energy.composed_rounded"));
}

#[test]
fn factors_that_are_declared_and_prices_that_are_listed_are_compared() {
    let sheet = json!({
        "schema": 2, "id": "hand-made", "name": {"en": "Hand-made", "zh": "手工"}, "currency": "CNY",
        "certainty": "unverified", "source": "made up",
        "versions": [{
            "in_force": {"from": "2020-01-01"},
            "schedules": [{
                "id": "clock", "base": [{"period": "peak", "windows": ["08:00-20:00"]}], "rest": "valley",
                "factors": {"peak": "1.5", "valley": "0.5"}, "source": "made up", "certainty": "unverified"
            }],
            "components": [{
                "id": "energy", "name": {"en": "Energy", "zh": "电度电费"}, "source": "made up", "certainty": "assumed",
                "charge": {"energy": {"price": "0.40", "floats": true, "by_period": {"peak": "0.61", "valley": "0.20"}}}
            }]
        }]
    });
    let tariff = Tariff::from_json(&sheet.to_string(), "hand-made").unwrap();
    let warnings = tariff.warnings();
    let codes: Vec<&str> = warnings.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["tariff.unverified", "tariff.absolute_price"]);
    // 0.40 × 1.5 = 0.60 against 0.61; 0.40 × 0.5 is what the valley lists.
    assert_eq!(warnings[1].evidence["difference"], "0.01");
    assert_eq!(tariff.period_prices().unwrap(), [decimal("0.61"), decimal("0.20")]);
}

/// The two Xiamen bills of July 2025 and two more have no published unit price: they check one another.
#[test]
fn further_bills_of_the_two_sites_are_consistent() {
    let Some(folder) = common::data_folder() else { return };
    let text = std::fs::read_to_string(folder.join("tariff/china_goldens.json")).unwrap();
    let goldens: Value = serde_json::from_str(&text).unwrap();
    let factors = [("sharp", 1.8), ("peak", 1.58), ("flat", 1.0), ("valley", 0.37)];
    let (fund, discount) = (0.027_668_75, 0.0075);
    // total = (1 − d)(B · Σ factor·kWh + X · kWh + basic) + d · fund · kWh; d = 0.75 % from power factor 0.95 on.
    let coefficients = |bill: &Value| {
        let kwh: f64 = factors.iter().map(|(period, _)| bill["kwh"][period].as_f64().unwrap()).sum();
        let floated: f64 = factors.iter().map(|(period, factor)| bill["kwh"][period].as_f64().unwrap() * factor).sum();
        let capacity = if bill["site"] == "A" { 1130.0 } else { 1260.0 };
        let energy = (bill["total"].as_f64().unwrap() - discount * fund * kwh) / (1.0 - discount) - 25.0 * capacity;
        (floated, kwh, energy)
    };
    let others = goldens["other_real_totals"].as_array().unwrap();
    let july: Vec<_> = others.iter().filter(|bill| bill["month"] == "2025-07").collect();
    let ((f1, k1, e1), (f2, k2, e2)) = (coefficients(july[0]), coefficients(july[1]));
    let determinant = f1 * k2 - f2 * k1;
    let (purchase, fixed) = ((e1 * k2 - e2 * k1) / determinant, (f1 * e2 - f2 * e1) / determinant);
    assert!((purchase - 0.404_900).abs() < 1e-6 && (fixed - 0.201_968).abs() < 1e-6, "{purchase} {fixed}");

    // With them the engine bills both, up to what half a unit of the sixth decimal of the two prices comes to.
    let price = |value: &str| GivenPrice::Always(decimal(value));
    let network = (decimal("0.201968") - decimal("0.02766875")).to_string();
    let prices = [("purchase", price("0.404900")), ("network_and_system", price(&network))];
    let prices = prices.map(|(name, price)| (name.to_owned(), price)).into();
    let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap().with_prices(&prices).unwrap().assume_in_force();
    for paper in &july {
        let quantities = BillingQuantities {
            from: date(2025, 7, 1),
            until: date(2025, 8, 1),
            kwh: factors.map(|(period, _)| (period.to_owned(), paper["kwh"][period].as_f64().unwrap())).into(),
            import_kvarh: paper["kvarh"][0].as_f64(),
            export_kvarh: paper["kvarh"][1].as_f64(),
            ..BillingQuantities::default()
        };
        let contract = Contract {
            capacity_kva: Some(if paper["site"] == "A" { 1130.0 } else { 1260.0 }),
            demand_billing: Some(DemandBilling::Capacity),
            power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()),
            ..Contract::default()
        };
        let total: f64 = tariff.bill(&quantities, &contract).unwrap().total.to_string().parse().unwrap();
        let (floated, kwh, _) = coefficients(paper);
        let left_open = 0.5e-6 * (floated + kwh) + 0.02;
        assert!((total - paper["total"].as_f64().unwrap()).abs() <= left_open, "{}: {total}", paper["site"]);
    }
}

// Bills of other dates than a calendar month.

/// One price that changes on 2026-08-01, with basic charge and power factor.
fn changing() -> Tariff {
    let version = |from: &str, until: Option<&str>, price: &str, capacity: &str| {
        json!({
            "in_force": {"from": from, "until": until},
            "components": [
                {"id": "energy", "name": {"en": "Energy", "zh": "电度电费"}, "source": "made up", "certainty": "assumed",
                 "charge": {"energy": {"price": price}}},
                {"id": "basic", "name": {"en": "Basic", "zh": "基本电费"}, "source": "made up", "certainty": "assumed",
                 "charge": {"basic": {
                     "capacity_price": capacity, "capacity_certainty": "assumed", "demand_price": "40",
                     "demand_certainty": "assumed", "contract_floor_share": "0.40", "overrun_share": "1.05",
                     "overrun_factor": "2", "demand_window_s": 900}}},
                {"id": "factor", "name": {"en": "Factor", "zh": "力调电费"}, "source": "made up", "certainty": "assumed",
                 "charge": {"power_factor": {}}}
            ]
        })
    };
    let sheet = json!({
        "schema": 2, "id": "changing", "name": {"en": "Changing", "zh": "调价"}, "currency": "CNY",
        "certainty": "assumed", "source": "made up",
        "versions": [
            version("2025-01-01", Some("2026-08-01"), "0.50", "24"),
            version("2026-08-01", None, "0.60", "25")
        ]
    });
    Tariff::from_json(&sheet.to_string(), "changing").unwrap()
}

fn by_capacity() -> Contract {
    Contract {
        capacity_kva: Some(1000.0),
        demand_billing: Some(DemandBilling::Capacity),
        power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()),
        ..Contract::default()
    }
}

type Amount = (String, Option<(Date, Date)>, Decimal);

fn amounts(bill: &Bill) -> Vec<Amount> {
    bill.lines.iter().map(|line| (line.component.clone(), line.dates, line.amount)).collect()
}

#[test]
fn a_bill_across_the_change_of_prices_is_split_by_days() {
    // 10 kWh a quarter-hour; 2 kvarh to the end of July, 7 kvarh from August on. 1 July to before 1 September.
    let kvarh = |at: usize| if at < 31 * 96 { 2.0 } else { 7.0 };
    let site = site(readings(date(2026, 7, 1), 62, 900, |_| 10.0, Some(&kvarh)), china(), by_capacity());
    let tariff = changing();
    let periods = BillingPeriods::ReadingDates(vec![date(2026, 7, 21), date(2026, 8, 21)]);
    let quantities = measure_quantities(&site, &tariff, &periods).unwrap().remove(0);
    let bill = tariff.bill(&quantities, &by_capacity()).unwrap();
    let (july, august) = ((date(2026, 7, 21), date(2026, 8, 1)), (date(2026, 8, 1), date(2026, 8, 21)));
    // 11 days of 960 kWh at 0.50, 20 at 0.60; the month's 1000 kVA by 11 and 20 of 31 days:
    // 24 000 × 11/31 = 8516.129, 25 000 × 20/31 = 16 129.032.
    // 29 760 kWh and 11·96·2 + 20·96·7 = 15 552 kvarh: 0.886, billed 0.89: +0.5 % on both parts, where July alone
    // has 0.98 and August 0.82: (5280 + 8516.13) × 0.005 = 68.98065, (11 520 + 16 129.03) × 0.005 = 138.24515.
    let expected = [
        ("energy", july, "5280.00"),
        ("basic", july, "8516.13"),
        ("factor", july, "68.98"),
        ("energy", august, "11520.00"),
        ("basic", august, "16129.03"),
        ("factor", august, "138.25"),
    ];
    let expected: Vec<_> =
        expected.map(|(id, dates, amount)| (id.to_owned(), Some(dates), decimal(amount))).into_iter().collect();
    assert_eq!(amounts(&bill), expected);
    assert_eq!(bill.power_factor, Some(0.89));
    assert_eq!(bill.total, decimal("41652.39"));
    assert_eq!(bill.label, "2026-07-21..2026-08-20");
}

#[test]
fn a_leap_day_is_a_day_of_its_month() {
    // February 2028: 29 days of 960 kWh and one month's capacity; June to before 20 February less the leap day.
    let site = site(readings(date(2028, 2, 1), 29, 900, |_| 10.0, None), china(), by_capacity());
    let tariff = changing();
    let quantities = measure_quantities(&site, &tariff, &BillingPeriods::Months).unwrap().remove(0);
    let bill = tariff.bill(&quantities, &by_capacity()).unwrap();
    let energy_and_basic: Vec<Decimal> = bill.lines.iter().map(|line| line.amount).collect();
    assert_eq!(energy_and_basic, [decimal("16704.00"), decimal("25000.00")]);
    // Parts of a year that end and begin around it.
    let tariff = scheduled(
        &json!({"id": "season", "source": "made up", "base": [
            {"period": "winter", "dates": ["12-15..02-28"], "windows": ["00:00-24:00"]},
            {"period": "leap", "dates": ["02-29..02-29"], "windows": ["00:00-24:00"]},
            {"period": "rest", "dates": ["03-01..12-14"], "windows": ["00:00-24:00"]}]}),
        &json!([]),
    );
    let leap = month(&tariff, &ones(date(2028, 2, 1), 29, 3600, &china()));
    assert_eq!(leap, kwh([("winter", 28.0 * 24.0), ("leap", 24.0), ("rest", 0.0)]));
    let ordinary = month(&tariff, &ones(date(2027, 2, 1), 28, 3600, &china()));
    assert_eq!(ordinary, kwh([("winter", 28.0 * 24.0), ("leap", 0.0), ("rest", 0.0)]));
}

// Periods that follow the calendar.

#[test]
fn a_holiday_of_three_days_has_a_deep_valley() {
    // As in Anhui: 11 to 15 on statutory holidays of at least three days.
    let tariff = scheduled(
        &json!({"id": "t", "source": "皖发改价格〔2025〕302号", "rest": "flat",
            "base": [{"period": "valley", "windows": ["02:00-09:00", "11:00-13:00"]}],
            "overlays": [{"period": "deep_valley", "holidays": {"at_least_days": 3}, "windows": ["11:00-15:00"]}]}),
        &json!([]),
    );
    // 4 April 2025 is a Friday: with the weekend three days off, 12 h; valley 9 h a day less 2 h on those.
    let april = month(&tariff, &ones(date(2025, 4, 1), 30, 3600, &china()));
    assert_eq!(april, kwh([("valley", 270.0 - 6.0), ("deep_valley", 12.0), ("flat", 720.0 - 276.0)]));
    // 1 January 2025 is a Wednesday alone; Spring Festival begins on Tuesday 28 January: 4 days of the month.
    let january = month(&tariff, &ones(date(2025, 1, 1), 31, 3600, &china()));
    assert_eq!(january["deep_valley"], 16.0);
    // 1 to 5 May: two days of Labour Day, the weekend, and a Monday worked on Sunday 27 April instead.
    let may = month(&tariff, &ones(date(2025, 5, 1), 31, 3600, &china()));
    assert_eq!(may["deep_valley"], 20.0);
    // Without the make-up day's day off it would be four days; with a worked Saturday in it, two.
    let mut worked = china();
    worked.makeup_workdays.insert(day("2025-05-03"));
    let may = month(&tariff, &ones(date(2025, 5, 1), 31, 3600, &worked));
    assert_eq!(may["deep_valley"], 0.0, "1 and 2 May are two days then, 4 and 5 May two more");
}

#[test]
fn a_break_at_the_edge_of_the_calendar_is_not_guessed() {
    let tariff = scheduled(
        &json!({"id": "t", "source": "made up", "rest": "flat", "base": [],
            "overlays": [{"period": "deep_valley", "holidays": {"at_least_days": 3}, "windows": ["11:00-15:00"]}]}),
        &json!([]),
    );
    // 31 December 2028 is a Sunday; whether 1 January is off is beyond the calendar.
    let calendar = Calendar { years: Some((2025, 2028)), ..china() };
    let december = ones(date(2028, 12, 1), 31, 3600, &calendar);
    let message = measure_quantities(&december, &tariff, &BillingPeriods::Months).unwrap_err().to_string();
    assert!(message.contains("2029"), "{message}");
}

#[test]
fn rest_days_of_some_months_have_a_deep_valley_and_makeup_workdays_have_not() {
    // As in Shanghai for large industry: 0 to 6 and 22 to 24 on holidays, and on rest days of February to June and
    // September to November.
    let tariff = scheduled(
        &json!({"id": "t", "source": "沪发改价管〔2022〕50号", "rest": "flat",
            "base": [
                {"period": "peak", "months": [7, 8, 9], "windows": ["08:00-15:00", "18:00-21:00"]},
                {"period": "peak", "months": [1, 2, 3, 4, 5, 6, 10, 11, 12], "windows": ["08:00-11:00", "18:00-21:00"]},
                {"period": "valley", "windows": ["22:00-06:00"]}],
            "overlays": [
                {"period": "sharp", "months": [7, 8], "windows": ["12:00-14:00"]},
                {"period": "sharp", "months": [1, 12], "windows": ["19:00-21:00"]},
                {"period": "deep_valley", "days": ["holiday"], "windows": ["00:00-06:00", "22:00-24:00"]},
                {"period": "deep_valley", "months": [2, 3, 4, 5, 6, 9, 10, 11], "days": ["weekend"],
                 "windows": ["00:00-06:00", "22:00-24:00"]}]}),
        &json!([]),
    );
    // February 2025: weekend on 1, 2, 9, 15, 16, 22, 23, days off on 3 and 4, Saturday 8 is worked: 9 days of 8 h.
    let february = month(&tariff, &ones(date(2025, 2, 1), 28, 3600, &china()));
    let expected =
        [("sharp", 0.0), ("peak", 28.0 * 6.0), ("valley", 19.0 * 8.0), ("deep_valley", 72.0), ("flat", 280.0)];
    assert_eq!(february, kwh(expected));
    // July has rest days, but is not among the months.
    let july = month(&tariff, &ones(date(2025, 7, 1), 31, 3600, &china()));
    assert_eq!((july["deep_valley"], july["sharp"], july["peak"]), (0.0, 62.0, 31.0 * 8.0));
    // January 2025: holidays on 1, 28, 29, 30 and 31; its weekends do not count.
    let january = month(&tariff, &ones(date(2025, 1, 1), 31, 3600, &china()));
    assert_eq!(january["deep_valley"], 40.0);
}

#[test]
fn the_deep_valley_of_zhejiang_follows_named_holidays() {
    let tariff = load("cn-zhejiang-two-part-35kv-2026-08").unwrap();
    let tariff = tariff.with_prices(&given(&tariff)).unwrap().assume_in_force();
    // 1 to 7 October 2026, with the weekend of 3 and 4, less nothing: 10 October is worked.
    let october = month(&tariff, &ones(date(2026, 10, 1), 31, 3600, &china()));
    // 10 to 14 h on 7 days; the valley of 0-8 and 11-13 loses two hours on those, the peak of 8-11 and 13-17 two.
    let expected =
        [("deep_valley", 28.0), ("valley", 310.0 - 14.0), ("peak", 217.0 - 14.0), ("flat", 31.0 * 7.0), ("sharp", 0.0)];
    assert_eq!(october, kwh(expected));
    // April's holiday is no such one; Chinese names serve as well.
    let april = month(&tariff, &ones(date(2025, 4, 1), 30, 3600, &china()));
    assert_eq!(april["deep_valley"], 0.0);
    let chinese = Calendar::weekends().with_holiday(day("2025-04-02"), "春节（调休）");
    assert_eq!(month(&tariff, &ones(date(2025, 4, 1), 30, 3600, &chinese))["deep_valley"], 4.0);
    let message =
        measure_quantities(&ones(date(2026, 10, 1), 31, 3600, &Calendar::weekends()), &tariff, &BillingPeriods::Months);
    assert!(message.unwrap_err().to_string().contains("Calendar.country"));
}

#[test]
fn windows_across_midnight_belong_to_each_calendar_day() {
    let tariff = scheduled(
        &json!({"id": "t", "source": "made up", "rest": "flat", "base": [
            {"period": "valley", "months": [6], "windows": ["23:00-07:00"]},
            {"period": "night", "days": ["saturday"], "months": [7], "windows": ["22:00-00:00"]}]}),
        &json!([]),
    );
    // 31 May to 2 July as one period: valley on the 30 days of June, 0-7 and 23-24 of each; July begins without.
    let site = ones(date(2026, 5, 31), 33, 3600, &china());
    let hours = |from: Date, until: Date| {
        let periods = BillingPeriods::ReadingDates(vec![from, until]);
        measure_quantities(&site, &tariff, &periods).unwrap().remove(0).kwh["valley"]
    };
    assert_eq!(hours(date(2026, 5, 31), date(2026, 6, 1)), 0.0);
    assert_eq!(hours(date(2026, 6, 1), date(2026, 6, 2)), 8.0);
    assert_eq!(hours(date(2026, 6, 30), date(2026, 7, 1)), 8.0);
    assert_eq!(hours(date(2026, 7, 1), date(2026, 7, 2)), 0.0);
    // `00:00` ends a day: Saturdays 4, 11, 18 and 25 July have two hours.
    assert_eq!(month(&tariff, &ones(date(2026, 7, 1), 31, 3600, &china()))["night"], 8.0);
}

#[test]
fn half_hour_edges_need_half_hour_readings() {
    // As in Heilongjiang.
    let tariff = scheduled(
        &json!({"id": "t", "source": "黑发改价格函〔2024〕291号", "rest": "flat", "base": [
            {"period": "peak", "windows": ["07:00-08:00", "09:00-11:30", "15:30-20:00"]},
            {"period": "valley", "windows": ["12:00-14:00", "23:30-05:30"]}]}),
        &json!([]),
    );
    // Peak 1 + 2.5 + 4.5 h, valley 2 + 6 h, flat 8 h; two readings an hour, 30 days.
    let april = month(&tariff, &ones(date(2025, 4, 1), 30, 1800, &china()));
    assert_eq!(april, kwh([("peak", 480.0), ("valley", 480.0), ("flat", 480.0)]));
    let hourly = ones(date(2025, 4, 1), 30, 3600, &china());
    let message = measure_quantities(&hourly, &tariff, &BillingPeriods::Months).unwrap_err().to_string();
    assert!(message.contains(":30") && message.contains("finer readings"), "{message}");
}

#[test]
fn later_overlays_lie_over_earlier_ones() {
    // As in Jiangxi: sharp in peak, deep valley in valley, holidays last; parts of hours.
    let tariff = scheduled(
        &json!({"id": "t", "source": "赣发改价管〔2025〕463号", "rest": "flat",
            "base": [
                {"period": "peak", "windows": ["17:00-23:00"]},
                {"period": "valley", "windows": ["01:00-05:00", "11:30-14:30"]}],
            "overlays": [
                {"period": "sharp", "dates": ["07-15..08-31"], "windows": ["20:30-22:30"]},
                {"period": "deep_valley", "windows": ["12:00-14:00"]},
                {"period": "sharp", "days": ["saturday"], "windows": ["13:30-14:00"]}]}),
        &json!([]),
    );
    let july = month(&tariff, &ones(date(2026, 7, 1), 31, 1800, &china()));
    // 17 days from the 15th on with 2 h of sharp; Saturdays 4, 11, 18, 25 with half an hour out of the deep valley.
    let expected = [
        ("sharp", 17.0 * 4.0 + 4.0),
        ("peak", 31.0 * 12.0 - 68.0),
        ("deep_valley", 31.0 * 4.0 - 4.0),
        ("valley", 31.0 * 10.0),
        ("flat", 31.0 * 22.0),
    ];
    assert_eq!(july, kwh(expected));
}

// Days that are known only when they come.

#[test]
fn a_hot_day_has_sharp_hours_and_an_unknown_one_is_not_cool() {
    let tariff = load("cn-guangdong-two-part-1-10kv-2026-08").unwrap();
    let tariff = tariff.with_prices(&given(&tariff)).unwrap();
    let october = ones(date(2026, 10, 1), 31, 3600, &china());
    let measured = |tariff: &Tariff| measure_quantities(&october, tariff, &BillingPeriods::Months);
    let refused = measured(&tariff).unwrap_err().to_string();
    assert!(refused.contains("2026-10-01") && refused.contains("with_daily_maximum"), "{refused}");

    let october_days = |celsius: fn(i8) -> f64| (1..=31).map(|day| (date(2026, 10, day), celsius(day))).collect();
    let celsius: BTreeMap<Date, f64> = october_days(|day| if day == 5 { 35.0 } else { 34.9 });
    let hot = tariff.with_daily_maximum("hot_day", &celsius).unwrap();
    // One day of 11-12 and 15-17, of which the peak of 10-12 and 14-19 loses three.
    let kwh = measured(&hot).unwrap().remove(0).kwh;
    assert_eq!((kwh["sharp"], kwh["peak"]), (3.0, 31.0 * 7.0 - 3.0));

    let mut without: BTreeMap<Date, f64> = celsius.clone();
    without.remove(&date(2026, 10, 20));
    let refused = measured(&tariff.with_daily_maximum("hot_day", &without).unwrap()).unwrap_err().to_string();
    assert!(refused.contains("2026-10-20"), "{refused}");
    // July to September have sharp hours whatever the weather.
    let september = ones(date(2026, 9, 1), 30, 3600, &china());
    assert_eq!(month(&tariff, &september)["sharp"], 90.0);
    // A paper bill tells its own sharp energy.
    let paper = BillingQuantities {
        from: date(2026, 10, 1),
        until: date(2026, 11, 1),
        kwh: [("sharp".to_owned(), 10.0)].into(),
        ..BillingQuantities::default()
    };
    assert!(tariff.bill(&paper, &Contract::default()).is_ok());

    for (celsius, part) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let bad = BTreeMap::from([(date(2026, 10, 1), celsius)]);
        assert!(tariff.with_daily_maximum("hot_day", &bad).unwrap_err().to_string().contains(part));
    }
    let message = tariff.with_daily_maximum("hot_dai", &BTreeMap::new()).unwrap_err().to_string();
    assert!(message.contains("hot_day"), "{message}");
}

#[test]
fn three_hot_days_on_end_are_counted_from_the_days_before() {
    // As in Sichuan outside July and August.
    let tariff = scheduled(
        &json!({"id": "t", "source": "川发改价格〔2025〕185号", "rest": "flat", "base": [],
            "overlays": [{"period": "sharp", "months": [6], "trigger": "heat", "windows": ["13:00-14:00", "21:00-23:00"]}]}),
        &json!([{"id": "heat", "name": {"en": "Heat", "zh": "高温"}, "at_least_celsius": 35, "consecutive_days": 3}]),
    );
    let june = ones(date(2026, 6, 1), 30, 3600, &china());
    let sharp = |celsius: &BTreeMap<Date, f64>| {
        let tariff = tariff.with_daily_maximum("heat", celsius).unwrap();
        measure_quantities(&june, &tariff, &BillingPeriods::Months).map(|mut months| months.remove(0).kwh["sharp"])
    };
    // Hot on 30 and 31 May and on 1, 2, 10, 11 and 12 June: the third day on end is 1 June, then 2 and 12 June.
    let is_hot = |date: Date| matches!((date.month(), date.day()), (5, 30 | 31) | (6, 1 | 2 | 10..=12));
    let days = date(2026, 5, 30).series(jiff::Span::new().days(1)).take(32);
    let mut celsius: BTreeMap<Date, f64> = days.map(|date| (date, if is_hot(date) { 36.0 } else { 30.0 })).collect();
    assert_eq!(sharp(&celsius).unwrap(), 9.0);
    // Without 31 May nothing is known of 1 June and of 2 June, which were hot; 3 June was cool whatever came before.
    celsius.remove(&date(2026, 5, 31));
    assert!(sharp(&celsius).unwrap_err().to_string().contains("2026-06-01"));
    celsius.insert(date(2026, 5, 31), 20.0);
    assert_eq!(sharp(&celsius).unwrap(), 3.0);
}

// How sure it is.

#[test]
fn unverified_periods_and_rules_are_told_on_the_lines_that_rest_on_them() {
    let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
    let august = ones(date(2025, 8, 1), 31, 3600, &china());
    let measured = months(&tariff, &august).remove(0);
    assert_eq!(measured.periods_certainty, Some(Certainty::Unverified));
    let bill = tariff.bill(&measured, &Contract::default()).unwrap();
    let of = |bill: &Bill, id: &str| bill.lines.iter().find(|line| line.component == id).unwrap().certainty;
    assert_eq!(of(&bill, "purchase"), Certainty::Unverified, "by windows that another compilation contradicts");
    assert_eq!(of(&bill, "network_and_system"), Certainty::Proved, "the same at all times");
    let entered = BillingQuantities { periods_certainty: None, ..measured };
    assert_eq!(of(&tariff.bill(&entered, &Contract::default()).unwrap(), "purchase"), Certainty::Proved);

    // From 260 kWh a kVA on it matters whether the lower price still holds; the contract can say.
    let tariff = load("cn-anhui-two-part-1-10kv-2026-08").unwrap();
    let tariff = tariff.with_prices(&given(&tariff)).unwrap();
    let basic = |kwh: f64, said: Option<bool>| {
        let quantities = BillingQuantities {
            from: date(2026, 8, 1),
            until: date(2026, 9, 1),
            kwh: [("all".to_owned(), kwh)].into(),
            demand_kw: Some(500.0),
            ..BillingQuantities::default()
        };
        let contract = Contract {
            capacity_kva: Some(1000.0),
            demand_billing: Some(DemandBilling::ActualDemand),
            load_factor_discount: said,
            ..Contract::default()
        };
        let bill = tariff.bill(&quantities, &contract).unwrap();
        let line = bill.lines.iter().find(|line| line.component == "basic_charge").unwrap();
        (line.amount, line.certainty)
    };
    // 46.4 × 500 = 23 200, 90 % of it 20 880.
    assert_eq!(basic(259_999.0, None), (decimal("23200.00"), Certainty::Stated));
    assert_eq!(basic(260_000.0, None), (decimal("23200.00"), Certainty::Unverified));
    assert_eq!(basic(260_000.0, Some(false)), (decimal("23200.00"), Certainty::Stated));
    assert_eq!(basic(260_000.0, Some(true)), (decimal("20880.00"), Certainty::Unverified));
}
