//! Savings worked out by hand, and properties that hold for any load.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;
use rust_decimal::Decimal;
use wattlens::readings::{Channel, Readings, Series};
use wattlens::savings::{MeasureSaving, Savings, estimate_savings};
use wattlens::site::{Contract, DemandBilling, PowerFactorStandard, Site};
use wattlens::tariff::{Tariff, load};
use wattlens::time::{Calendar, TimeAxis, Zone};

const DAYS: usize = 365;
const LEN: usize = DAYS * 96;

fn tariff() -> Tariff {
    load("cn-fujian-two-part-1-10kv-2025-08").unwrap().assume_in_force()
}

/// 2025 in Shanghai from a function of the interval.
fn year(channels: &[(Channel, &dyn Fn(usize) -> f64)]) -> Readings {
    let axis = TimeAxis::new(1_735_660_800, 900, LEN, Zone::named("Asia/Shanghai").unwrap()).unwrap();
    let series = channels.iter().map(|(channel, of)| Series::new(*channel, (0..LEN).map(of).collect())).collect();
    Readings::new(axis, series).unwrap()
}

fn site(readings: Readings, contract: Contract) -> Site {
    Site::new(None, Arc::new(readings), Calendar::weekends(), contract).unwrap()
}

fn by_capacity(capacity_kva: f64) -> Contract {
    Contract {
        capacity_kva: Some(capacity_kva),
        demand_billing: Some(DemandBilling::Capacity),
        power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()),
        load_factor_discount: Some(false),
        ..Contract::default()
    }
}

fn measure<'a>(savings: &'a Savings, code: &str) -> &'a MeasureSaving {
    savings.measures.iter().find(|one| one.code == code).unwrap()
}

fn yuan(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn an_oversized_transformer_goes_to_contract_demand_after_one_quarter() {
    // 400 kW for the whole year on 1000 kVA: 25 000 a month by capacity. With the guard band of 2 %
    // the demand is 408 kW: 16 320 by actual demand, 16 000 under a contract at the floor of 400 kW,
    // which bears 420 kW. The first quarter keeps its mode, so nine months save 9 000 each.
    let savings =
        estimate_savings(&site(year(&[(Channel::IMPORT_KWH, &|_| 100.0)]), by_capacity(1000.0)), &tariff()).unwrap();
    let mode = measure(&savings, "demand_mode");
    assert_eq!(mode.total.central, yuan("81000.00"));
    assert_eq!((mode.total.low, mode.total.high), (yuan("81000.00"), yuan("81000.00")));
    assert_eq!(mode.by_month[2].central, Decimal::ZERO);
    assert_eq!(mode.by_month[3].central, yuan("9000.00"));
    assert_eq!(mode.a_month.central, yuan("6750.00"));
    // Knowing the year, the first quarter would have saved as well.
    assert_eq!(mode.hindsight, Some(yuan("108000.00")));
    assert!(savings.is_year);
    assert_eq!(savings.before_total, savings.before.iter().sum::<Decimal>());
}

#[test]
fn the_lower_demand_price_of_a_high_load_factor_is_counted() {
    // As above with at least 268 800 kWh a month on 1000 kVA, more than 260 a kVA: 16 000 × 0.9 under the contract.
    let contract = Contract { load_factor_discount: None, ..by_capacity(1000.0) };
    let savings = estimate_savings(&site(year(&[(Channel::IMPORT_KWH, &|_| 100.0)]), contract), &tariff()).unwrap();
    assert_eq!(measure(&savings, "demand_mode").total.central, yuan("95400.00"));
}

#[test]
fn a_well_used_transformer_stays_with_capacity() {
    // 900 kW on 1000 kVA is far above the break-even of 0.625.
    let savings =
        estimate_savings(&site(year(&[(Channel::IMPORT_KWH, &|_| 225.0)]), by_capacity(1000.0)), &tariff()).unwrap();
    assert_eq!(measure(&savings, "demand_mode").total.high, Decimal::ZERO);
}

#[test]
fn a_demand_that_grows_is_not_foreseen() {
    // 400 kW until June, 600 kW from July. In July the contract rests on the months before it.
    let readings = year(&[(Channel::IMPORT_KWH, &|at| if at < 181 * 96 { 100.0 } else { 150.0 })]);
    let savings = estimate_savings(&site(readings, by_capacity(1000.0)), &tariff()).unwrap();
    let mode = measure(&savings, "demand_mode");
    let july = mode.by_month[6];
    // Contract at the floor of 400 kW; July reads 612 kW: rule A 40·(420 + 2·192) = 32 160 against
    // 25 000 by capacity. Rule B is cheaper by 40·20 = 800.
    assert_eq!(july.central, yuan("-7160.00"));
    assert!(july.high >= yuan("-6360.00"), "{july:?}");
    assert!(mode.hindsight.unwrap() > mode.total.central);
}

#[test]
fn correction_brings_every_month_to_the_full_reduction() {
    // 100 kWh with 75 kvarh: power factor 0.80, +5 %. Full effect needs 0.945 → Q ≤ 34.61 kvarh a
    // quarter-hour, so at least 40.39·4 = 161.6 kvar: 170 kvar in tens.
    let readings = year(&[(Channel::IMPORT_KWH, &|_| 100.0), (Channel::IMPORT_KVARH, &|_| 75.0)]);
    let savings = estimate_savings(&site(readings, by_capacity(1000.0)), &tariff()).unwrap();
    let correction = measure(&savings, "power_factor");
    assert_eq!(correction.facts["add_kvar"], 170.0);
    assert_eq!(correction.facts["switch_off_kvar"], 0.0);
    // Central reaches 90 % of 42.5 kvarh: Q = 36.75, power factor 0.9386 → 0.94: −0.60 %.
    assert_eq!(correction.facts["power_factors"][0], 0.94);
    // January: 297 600 kWh; floating 0.3739·(31·4·100·(8·1.58 + 8·0.37 + 8)) = 109 424.4…; the
    // reference is worked out line by line.
    let base = savings.before[0];
    let energy = |kwh: f64, price: f64| (kwh * price * 100.0).round() / 100.0;
    let lines = energy(99_200.0, 0.3739 * 1.58)
        + energy(99_200.0, 0.3739 * 0.37)
        + energy(99_200.0, 0.3739)
        + energy(297_600.0, 0.182_600_25)
        + 25_000.0;
    let funds = energy(297_600.0, 0.027_668_75);
    let before = lines + funds + (lines * 0.05 * 100.0).round() / 100.0;
    assert!((base.to_string().parse::<f64>().unwrap() - before).abs() < 0.02, "{base} {before}");
    let saving = (lines * 0.056 * 100.0).round() / 100.0;
    let found: f64 = correction.by_month[0].central.to_string().parse().unwrap();
    assert!((found - saving).abs() < 0.02, "{found} {saving}");
    // High reaches 0.95: −0.75 %; low 80 %: Q = 41 → 0.925 → 0.93: −0.45 % (0.9252 rounds to 0.93).
    assert!(correction.total.low < correction.total.central && correction.total.central < correction.total.high);
}

#[test]
fn leading_capacitors_are_switched_off_before_kvar_are_added() {
    // By night 20 kWh with 60 kvarh leading; by day 200 kWh with 40 kvarh lagging, power factor 0.98.
    let night = |at: usize| at % 96 < 48;
    let readings = year(&[
        (Channel::IMPORT_KWH, &|at| if night(at) { 20.0 } else { 200.0 }),
        (Channel::IMPORT_KVARH, &|at| if night(at) { 0.0 } else { 40.0 }),
        (Channel::EXPORT_KVARH, &|at| if night(at) { 60.0 } else { 0.0 }),
    ]);
    let savings = estimate_savings(&site(readings, by_capacity(1250.0)), &tariff()).unwrap();
    let correction = measure(&savings, "power_factor");
    assert_eq!(correction.facts["switch_off_kvar"], 240.0);
    assert_eq!(correction.facts["leading_h"], 4380.0);
    assert_eq!(correction.facts["add_kvar"], 0.0);
    assert!(correction.total.central > Decimal::ZERO);
}

#[test]
fn closed_hours_are_brought_to_their_own_quieter_ones() {
    // Open 08–18 on workdays at 400 kW; closed 40 kW, but 60 kW from Monday to Wednesday nights.
    let weekday = |at: usize| (at / 96 + 2) % 7; // 2025-01-01 is a Wednesday
    let load = |at: usize| {
        let slot = at % 96;
        if weekday(at) < 5 && (32..72).contains(&slot) {
            100.0
        } else if weekday(at) < 3 {
            15.0
        } else {
            10.0
        }
    };
    let savings =
        estimate_savings(&site(year(&[(Channel::IMPORT_KWH, &load)]), by_capacity(500.0)), &tariff()).unwrap();
    let off_hours = measure(&savings, "off_hours");
    assert_eq!(off_hours.facts["cap_kw_central"], 40.0);
    // All the excess of the three nights goes: 5 kWh a quarter-hour at the prices of those hours.
    let price = |slot: usize| match slot {
        40..48 | 60..80 | 84..88 => 1.58 * 0.3739,
        0..32 => 0.37 * 0.3739,
        _ => 0.3739,
    } + 0.210_269;
    let sharp = |at: usize| {
        let (day, slot) = (at / 96, at % 96);
        // July to September, 11–12 and 17–18, lies inside opening hours on weekdays.
        (181..273).contains(&day) && matches!(slot, 44..48 | 68..72)
    };
    let worth: f64 = (0..LEN)
        .filter(|at| load(*at) == 15.0)
        .map(|at| if sharp(at) { unreachable!("open then") } else { 5.0 * price(at % 96) })
        .sum();
    let found: f64 = off_hours.total.central.to_string().parse().unwrap();
    assert!((found - worth).abs() < 1.0, "{found} {worth}");
}

#[test]
fn what_a_site_cannot_carry_is_named() {
    let savings =
        estimate_savings(&site(year(&[(Channel::IMPORT_KWH, &|_| 10.0)]), Contract::default()), &tariff()).unwrap();
    let needs: Vec<(&str, &str)> = savings.not_done.iter().map(|one| (one.task.as_str(), one.needs.as_str())).collect();
    assert_eq!(
        needs,
        [
            ("savings.off_hours", "readings.closed_hours"),
            ("savings.power_factor", "contract.power_factor_standard"),
            ("savings.demand_mode", "contract.demand_billing"),
        ]
    );
    let flat = load("example-flat").unwrap();
    let savings =
        estimate_savings(&site(year(&[(Channel::IMPORT_KWH, &|_| 10.0)]), by_capacity(500.0)), &flat).unwrap();
    assert!(savings.not_done.iter().any(|one| one.needs == "tariff.basic_charge"));
}

#[test]
fn the_sign_of_leading_energy_does_not_matter_and_a_signed_column_is_asked_about() {
    let night = |at: usize| at % 96 < 32;
    let kwh = |at: usize| if night(at) { 20.0 } else { 100.0 };
    let lag = |at: usize| if night(at) { 0.0 } else { 60.0 };
    let lead = |at: usize| if night(at) { 20.0 } else { 0.0 };
    let of = |channels: &[(Channel, &dyn Fn(usize) -> f64)]| {
        estimate_savings(&site(year(channels), by_capacity(1250.0)), &tariff()).unwrap()
    };
    let positive = of(&[(Channel::IMPORT_KWH, &kwh), (Channel::IMPORT_KVARH, &lag), (Channel::EXPORT_KVARH, &lead)]);
    let negative =
        of(&[(Channel::IMPORT_KWH, &kwh), (Channel::IMPORT_KVARH, &lag), (Channel::EXPORT_KVARH, &|at| -lead(at))]);
    assert_eq!(measure(&positive, "power_factor").total, measure(&negative, "power_factor").total);
    let signed = of(&[(Channel::IMPORT_KWH, &kwh), (Channel::IMPORT_KVARH, &|at| lag(at) - lead(at))]);
    assert!(signed.not_done.iter().any(|one| one.needs == "readings.export_kvarh"));
}

#[test]
fn a_month_whose_power_factor_is_not_known_sizes_nothing() {
    // February has one reactive reading, and an absurd one.
    let february = 31 * 96..59 * 96;
    let kvarh = |at: usize| {
        if !february.contains(&at) {
            75.0
        } else if at == february.start {
            5000.0
        } else {
            f64::NAN
        }
    };
    let readings = year(&[(Channel::IMPORT_KWH, &|_| 100.0), (Channel::IMPORT_KVARH, &kvarh)]);
    let savings = estimate_savings(&site(readings, by_capacity(1000.0)), &tariff()).unwrap();
    let correction = measure(&savings, "power_factor");
    assert_eq!(correction.facts["add_kvar"], 170.0);
    assert!(correction.facts["power_factors"][1].is_null());
    assert_eq!(correction.by_month[1].high, Decimal::ZERO);
}

#[test]
fn an_assumed_price_and_dates_out_of_force_are_said() {
    let savings =
        estimate_savings(&site(year(&[(Channel::IMPORT_KWH, &|_| 100.0)]), by_capacity(1000.0)), &tariff()).unwrap();
    assert_eq!(measure(&savings, "demand_mode").assumptions[0].code, "demand_mode.assumed_price");
    assert!(savings.assumed_in_force && savings.is_year);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn ranges_are_ordered_and_months_add_up(seed in any::<u64>(), capacity in 300.0..2000.0f64, day in 80.0..200.0f64) {
        let noise = |at: usize, salt: u64| {
            let mut x = (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed ^ salt;
            x ^= x >> 29;
            (x.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f64 / (1u64 << 24) as f64
        };
        let open = |at: usize| (at / 96 + 2) % 7 < 5 && (32..72).contains(&(at % 96));
        let readings = year(&[
            (Channel::IMPORT_KWH, &|at| if open(at) { day * (0.8 + 0.4 * noise(at, 1)) } else { 5.0 + 10.0 * noise(at, 2) }),
            (Channel::IMPORT_KVARH, &|at| if open(at) { day * 0.6 * noise(at, 3) } else { 0.0 }),
            (Channel::EXPORT_KVARH, &|at| if open(at) { 0.0 } else { 20.0 * noise(at, 4) }),
        ]);
        let site = site(readings, by_capacity(capacity));
        let savings = estimate_savings(&site, &tariff()).unwrap();
        prop_assert_eq!(savings.measures.len(), 3);
        for one in &savings.measures {
            for range in one.by_month.iter().chain([&one.total, &one.marginal]) {
                prop_assert!(range.low <= range.central && range.central <= range.high);
            }
            prop_assert_eq!(one.by_month.iter().map(|range| range.central).sum::<Decimal>(), one.total.central);
        }
        prop_assert_eq!(savings.stacked_by_month.iter().map(|range| range.central).sum::<Decimal>(), savings.stacked.central);
        // Off-hours is a cut at positive prices: alone it never costs money when the power factor keeps.
        prop_assert_eq!(estimate_savings(&site, &tariff()).unwrap(), savings);
    }
}
