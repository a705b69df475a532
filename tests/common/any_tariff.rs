//! Whatever a text is, it is a tariff that bills or a told problem; shared by the tests and the fuzz target.

use wattlens::readings::{Channel, Readings, Series};
use wattlens::site::{Contract, DemandBilling, PowerFactorStandard, Site};
use wattlens::tariff::{BillingOptions, BillingQuantities, Given, GivenPrice, PriceSeries, Tariff};
use wattlens::time::{Calendar, TimeAxis, Zone};

/// First instant of the readings: 2025-08-01 in Shanghai.
const START: i64 = 1_753_977_600;

/// A site with energy both ways, reactive energy and a gap, from August 2025 on.
pub fn site(days: usize, step_s: i64) -> Site {
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let len = days * (86_400 / step_s) as usize;
    let axis = TimeAxis::new(START, step_s, len, zone).unwrap();
    let load = |scale: f64| (0..len).map(|at| scale * (1.0 + (at % 37) as f64)).collect::<Vec<f64>>();
    let mut import = load(1.0);
    import[len / 3] = f64::NAN;
    let series = vec![
        Series::new(Channel::IMPORT_KWH, import),
        Series::new(Channel::EXPORT_KWH, load(0.1)),
        Series::new(Channel::IMPORT_KVARH, load(0.3)),
        Series::new(Channel::EXPORT_KVARH, load(0.01)),
    ];
    let readings = Readings::new(axis, series).unwrap();
    let mut calendar = Calendar::weekends();
    for day in ["2025-10-01", "2025-10-02", "2025-10-03"] {
        calendar = calendar.with_holiday(day.parse().unwrap(), "National Day");
    }
    Site::new(None, readings.into(), calendar, Contract::default()).unwrap()
}

/// A contract that knows everything, of plants of this size.
fn contract(tariff: &Tariff, size: f64, billing: DemandBilling) -> Contract {
    // NaN is no power.
    let kw = if size.is_nan() { 1.0 } else { size.clamp(1.0, 1e8) };
    Contract {
        capacity_kva: Some(kw),
        demand_billing: Some(billing),
        contract_demand_kw: Some(kw),
        power_factor_standard: Some(PowerFactorStandard::try_from(0.9).unwrap()),
        subscribed_kw: tariff.period_tables().into_iter().flat_map(|one| one.periods).map(|one| (one, kw)).collect(),
        contracted_kwh: [("2025-08".to_owned(), size.min(1e11))].into(),
        ..Contract::default()
    }
}

/// Reads a text, bills a month of `size` kWh a period, and the site; false where it is no tariff.
pub fn read_and_bill(text: &str, site: Option<&Site>, size: f64) -> bool {
    let problems = Tariff::problems(text);
    let loaded = Tariff::from_json(text, "any");
    let is_wrong = problems.iter().any(|one| one.is_error);
    assert_eq!(loaded.is_err(), is_wrong, "{problems:?}");
    assert!(problems.iter().all(|one| one.problem.len() > 5), "{problems:?}");
    let Ok(tariff) = loaded else { return false };
    let again = serde_json::to_string(tariff.sheet()).unwrap();
    assert_eq!(Tariff::from_json(&again, "again").unwrap(), tariff);
    let given = Given {
        event_days: tariff
            .sheet()
            .triggers
            .iter()
            .map(|one| (one.id.clone(), ["2025-08-05".parse().unwrap()].into()))
            .collect(),
        series: tariff
            .series_names()
            .into_iter()
            .map(|name| (name.to_owned(), PriceSeries { start: START, step_s: 3600, prices: vec![0.3; 24 * 366] }))
            .collect(),
        assumed_in_force: true,
        ..Given::default()
    };
    let tariff = tariff.with_given(given).unwrap();
    let price: rust_decimal::Decimal = "0.4".parse().unwrap();
    let tables = &tariff.sheet().price_tables;
    let missing = tariff.missing_prices();
    let prices = missing.iter().map(|name| {
        let by_month = GivenPrice::ByKey([("2025-08".to_owned(), price)].into());
        (name.to_string(), if tables.contains_key(name.as_str()) { by_month } else { GivenPrice::Always(price) })
    });
    let tariff = tariff.with_prices(&prices.collect()).unwrap_or(tariff);
    let _ = tariff.period_prices();
    if let Some(site) = site {
        let _ = tariff.prices(site);
        // A contract of a size that is none is refused.
        let site = site.with_contract(contract(&tariff, size, DemandBilling::ContractDemand));
        if let Ok(bills) = site.and_then(|site| tariff.bill_site(&site, &BillingOptions::default())) {
            for bill in &bills.bills {
                assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<rust_decimal::Decimal>(), bill.total);
            }
        }
    }
    let by_period = |tariff: &Tariff, kwh: f64| tariff.period_names().iter().map(|one| (one.clone(), kwh)).collect();
    let entered = BillingQuantities {
        from: "2025-08-01".parse().unwrap(),
        until: "2025-09-01".parse().unwrap(),
        kwh: by_period(&tariff, size),
        export_kwh: by_period(&tariff, size / 3.0),
        import_kvarh: Some(size / 2.0),
        export_kvarh: Some(size / 20.0),
        demand_kw: Some(size),
        ..BillingQuantities::default()
    };
    for billing in [DemandBilling::Capacity, DemandBilling::ActualDemand, DemandBilling::ContractDemand] {
        let contract = contract(&tariff, size, billing);
        match tariff.bill(&entered, &contract) {
            Ok(bill) => {
                assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<rust_decimal::Decimal>(), bill.total)
            }
            Err(error) => assert!(error.to_string().len() > 10),
        }
    }
    true
}
