use std::sync::Arc;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::readings::{Flag, Readings, Series};
use crate::site::Contract;
use crate::time::{Calendar, TimeAxis, Zone};

fn site_of(start: i64, step_s: i64, zone: &str, series: Vec<Series>) -> Site {
    let len = series[0].values().len();
    let axis = TimeAxis::new(start, step_s, len, Zone::named(zone).unwrap()).unwrap();
    let readings = Readings::new(axis, series).unwrap();
    Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default()).unwrap()
}

fn import(start: i64, step_s: i64, zone: &str, kwh: Vec<f64>) -> Site {
    site_of(start, step_s, zone, vec![Series::new(Channel::IMPORT_KWH, kwh)])
}

fn of(site: &Site) -> Profile {
    profile(site, &Settings::default())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

mod steel;

/// 2024-01-01T00:00 UTC, a Monday.
const MONDAY: i64 = 1_704_067_200;

#[test]
fn two_days_by_hand() {
    // Day 1: 1, 2, 3, 6 kWh in 6 h; day 2: 2, 2, 2, 2. kW = kWh / 6.
    let profile = of(&import(MONDAY, 21_600, "UTC", vec![1.0, 2.0, 3.0, 6.0, 2.0, 2.0, 2.0, 2.0]));
    assert_eq!(profile.energy.import_kwh, Some(20.0));
    let load = &profile.load;
    assert!(near(load.mean_kw.unwrap(), 20.0 / 48.0) && near(load.max_kw.unwrap(), 1.0));
    assert_eq!(load.max_start, Some(MONDAY + 3 * 21_600));
    assert_eq!(load.min_start, Some(MONDAY));
    assert!(near(load.load_factor.unwrap(), 20.0 / 48.0));
    let day = &profile.days[0];
    assert_eq!((day.date, day.kwh, day.present, day.trusted), (date(2024, 1, 1), Some(12.0), 1.0, true));
    assert!(near(day.load_rate.unwrap(), 0.5) && near(day.min_load_rate.unwrap(), 1.0 / 6.0));
    assert!(near(day.peak_valley_kw.unwrap(), 5.0 / 6.0) && near(day.peak_valley_rate.unwrap(), 5.0 / 6.0));
    let all = &profile.period;
    // Mean daily rate (0.5 + 1) / 2, load factor 20 / 48, unbalance 10 / 12.
    assert!(near(all.mean_daily_load_rate.unwrap(), 0.75));
    assert!(near(all.unbalance.unwrap(), 10.0 / 12.0));
    assert!(near(all.lowest_daily_min_load_rate.unwrap(), 1.0 / 6.0));
    assert!(near(all.mean_daily_peak_valley_rate.unwrap(), 5.0 / 12.0));
    // Two days are not January: its numbers are absent, the measured energy is not.
    let january = &profile.months[0];
    assert_eq!((january.trusted, january.reason, january.kwh), (false, Some(Reason::TooFewReadings), None));
    assert_eq!((january.measured_kwh, january.max_kw, january.load_factor), (Some(20.0), None, None));
    assert_eq!(profile.demand.months[0].unknown, Some(Reason::TooFewReadings));
    // Six-hour readings know neither hours nor demand windows.
    assert!(profile.absent.contains(&Absent { field: "hour_of_week", reason: Reason::CannotBeKnownFromThisStep }));
    assert_eq!(profile.demand.block_s, 21_600);
    assert!(profile.demand.windows.iter().all(|window| window.unknown == Some(Reason::CannotBeKnownFromThisStep)));
    assert_eq!(profile.ratios, Ratios::default());
}

#[test]
fn partial_days_and_gaps_give_no_daily_minimum() {
    // 23:00 of Sunday, a whole Monday, a Tuesday with 5 of 96 missing, one hour of Wednesday.
    // No value is repeated so often that the meter would be stuck.
    let mut kwh: Vec<f64> = (0..4 + 96 + 96 + 4).map(|at| [2.0, 2.0, 1.0, 3.0][at % 4]).collect();
    kwh[0] = 0.5;
    kwh[150..155].fill(f64::NAN);
    kwh[199] = 0.25;
    let profile = of(&import(MONDAY - 3600, 900, "UTC", kwh));
    let trusted: Vec<_> = profile.days.iter().map(|day| (day.trusted, day.min_kw, day.kwh)).collect();
    assert_eq!(
        trusted,
        [(false, None, None), (true, Some(4.0), Some(192.0)), (false, None, None), (false, None, None)]
    );
    assert_eq!(profile.days[2].measured_kwh, Some(183.0));
    assert!(near(profile.days[2].present, 91.0 / 96.0) && near(profile.days[0].present, 4.0 / 96.0));
    // The period's minimum may lie in a partial day; daily ones rest on Monday alone.
    assert_eq!(profile.load.min_kw, Some(1.0));
    assert_eq!((profile.period.days, profile.period.lowest_daily_min_load_rate), (1, Some(1.0 / 3.0)));
    assert_eq!(profile.completeness[0].missing, 5);
    assert_eq!(profile.completeness[0].longest_gap.unwrap().hours, 1.25);
    // With a laxer gate Tuesday counts; partial days never do.
    let settings = Settings { min_present: 0.9, ..Settings::default() };
    let site = import(MONDAY - 3600, 900, "UTC", vec![2.0; 4 + 96 + 95]);
    let lax = super::profile(&site, &settings);
    assert_eq!(lax.days.iter().map(|day| day.trusted).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn incomplete_intervals_count_as_energy_but_not_as_load() {
    let mut flags = vec![Flag::Measured; 24];
    flags[3] = Flag::Incomplete;
    let series = Series::with_flags(Channel::IMPORT_KWH, vec![1.0; 24], flags);
    let profile = of(&site_of(MONDAY, 3600, "UTC", vec![series]));
    assert_eq!((profile.energy.import_kwh, profile.load.hours), (Some(24.0), 23.0));
    assert_eq!(profile.shapes[0].n[3], 0);
    assert_eq!(profile.shapes[0].mean_kw[3], None);
}

#[test]
fn berlin_clock_change_days_are_ordinary() {
    // 2024-03-31: 92 quarter-hours; 2024-10-27: 100.
    for (start, readings) in [(1_711_839_600, 92), (1_729_980_000, 100)] {
        let kwh: Vec<f64> = (0..readings).map(|at| if at < 8 { 1.0 } else { 2.0 }).collect();
        let total: f64 = kwh.iter().sum();
        let profile = of(&import(start, 900, "Europe/Berlin", kwh));
        assert_eq!(profile.days.len(), 1);
        let day = &profile.days[0];
        assert_eq!((day.present, day.trusted, day.kwh), (1.0, true, Some(total)));
        assert!(near(day.mean_kw.unwrap(), total / (readings as f64 / 4.0)));
        // The wall clock's hour 2 has no reading in March and eight in October.
        let n = profile.shapes[0].n[8];
        assert_eq!(n, if readings == 92 { 0 } else { 2 });
        let shares = profile.energy.share_by_hour.unwrap();
        assert!(near(shares[2] * total, if readings == 92 { 0.0 } else { 16.0 }));
        // The operating mask has one entry a reading, whatever the clock does.
        assert_eq!(day.activity, Activity::Unknown);
    }
}

#[test]
fn operating_hours_over_a_clock_change_follow_the_wall_clock() {
    // Four weeks around 2024-03-31 in Berlin, hourly; 06:00–14:00 of every day on the wall clock.
    let zone = Zone::named("Europe/Berlin").unwrap();
    let axis = TimeAxis::new(1_710_716_400, 3600, 28 * 24 - 1, zone).unwrap(); // 2024-03-18T00:00+01:00
    let slots = axis.local_time().slots();
    let kwh: Vec<f64> = slots.iter().map(|slot| if (6..14).contains(slot) { 90.0 } else { 10.0 }).collect();
    let site = import(1_710_716_400, 3600, "Europe/Berlin", kwh.clone());
    let profile = of(&site);
    let operating = profile.operating.unwrap();
    assert_eq!(operating.hours[0].opens_h.zip(operating.hours[0].closes_h), Some((6.0, 14.0)));
    let activity: Vec<Activity> = profile.days.iter().map(|day| day.activity).collect();
    let closed = operating.closed_mask(site.readings().local(), site.day_types(), &activity);
    let expected: Vec<bool> = kwh.iter().map(|kwh| *kwh < 50.0).collect();
    assert_eq!(closed, expected);
    let off = profile.off_hours.unwrap();
    assert_eq!((off.reference_kw, off.excess_kwh, off.worked_hours), (10.0, 0.0, 0.0));
}

#[test]
fn a_constant_load_and_a_plant_that_never_closes_have_no_operating_hours() {
    let constant = of(&import(MONDAY, 3600, "UTC", vec![50.0; 24 * 28]));
    assert!(constant.operating.is_none() && constant.off_hours.is_none());
    assert!(constant.absent.contains(&Absent { field: "operating", reason: Reason::EvenLoad }));
    assert_eq!((constant.load.load_factor, constant.load.base_share), (Some(1.0), Some(1.0)));
    // Day and night shift with one short dip to base each day: that is a break, not closing.
    let kwh = (0..24 * 28).map(|hour| if hour % 24 == 3 { 10.0 } else { 80.0 }).collect();
    let shifts = of(&import(MONDAY, 3600, "UTC", kwh));
    assert!(shifts.absent.contains(&Absent { field: "operating", reason: Reason::NoClosedHours }));
}

#[test]
fn what_carries_no_profile_says_why() {
    let missing = of(&import(MONDAY, 900, "UTC", vec![f64::NAN; 192]));
    assert_eq!((missing.status, missing.energy.import_kwh, missing.load.mean_kw), (Status::AllMissing, None, None));
    assert_eq!(missing.days.iter().filter(|day| day.trusted).count(), 0);
    assert!(missing.duration.is_none() && missing.shapes.is_empty() && missing.demand.days.is_empty());
    assert_eq!(missing.period.reason, Some(Reason::AllMissing));
    assert!(missing.absent.contains(&Absent { field: "load", reason: Reason::AllMissing }));

    let zero = of(&import(MONDAY, 900, "UTC", vec![0.0; 192]));
    assert_eq!((zero.status, zero.energy.import_kwh, zero.load.mean_kw), (Status::AllZero, Some(0.0), Some(0.0)));
    assert_eq!((zero.load.load_factor, zero.load.base_share, zero.days[0].load_rate), (None, None, None));
    assert!(zero.duration.is_none() && zero.energy.share_by_hour.is_none());

    let single = of(&import(MONDAY, 900, "UTC", vec![3.0]));
    assert_eq!((single.status, single.load.max_kw, single.load.base_kw), (Status::SingleReading, Some(12.0), None));
    assert!(single.absent.contains(&Absent { field: "duration", reason: Reason::SingleReading }));

    let unmeasured = of(&site_of(MONDAY, 900, "UTC", vec![Series::new(Channel::EXPORT_KWH, vec![1.0; 96])]));
    assert_eq!((unmeasured.status, unmeasured.energy.export_kwh), (Status::NotMeasured, Some(96.0)));
    for profile in [missing, zero, single, unmeasured] {
        assert!(serde_json::to_string(&profile).is_ok());
    }
}

#[test]
fn a_negative_minimum_makes_no_ratio() {
    let mut kwh = vec![2.0; 48];
    kwh[5] = -1.0;
    let profile = of(&import(MONDAY, 3600, "UTC", kwh));
    let [with, without] = &profile.days[..] else { panic!("two days") };
    assert_eq!((with.min_kw, with.min_load_rate, with.peak_valley_rate), (Some(-1.0), None, None));
    assert_eq!(with.peak_valley_kw, Some(3.0));
    assert_eq!((without.min_load_rate, without.peak_valley_rate), (Some(1.0), Some(0.0)));
    assert_eq!((profile.load.peak_valley_rate, profile.duration.unwrap().peak_steepness), (None, None));
}

#[test]
fn power_factor_by_hand() {
    // January whole: 30 kWh and 40 kvarh a day, of which 15 lead.
    let days = 31 * 24;
    let per_day = |total: f64| vec![total / 24.0; days];
    let with_export = vec![
        Series::new(Channel::IMPORT_KWH, per_day(30.0)),
        Series::new(Channel::IMPORT_KVARH, per_day(25.0)),
        Series::new(Channel::EXPORT_KVARH, per_day(15.0)),
    ];
    let factor = of(&site_of(MONDAY, 3600, "UTC", with_export)).power_factor_by_month.remove(0);
    assert!(near(factor.as_billed.unwrap(), 0.6));
    assert!(near(factor.lagging_only.unwrap(), 30.0 / (30.0f64 * 30.0 + 25.0 * 25.0).sqrt()));
    assert_eq!((factor.as_billed_rounded, factor.export_kvarh.is_some()), (Some(0.6), true));

    // Reactive energy flows while active energy is zero.
    let idle = vec![Series::new(Channel::IMPORT_KWH, per_day(0.0)), Series::new(Channel::IMPORT_KVARH, per_day(5.0))];
    let factor = of(&site_of(MONDAY, 3600, "UTC", idle)).power_factor.unwrap();
    assert_eq!((factor.lagging_only, factor.as_billed, factor.export_kvarh), (None, None, None));

    // Only intervals that have both count: 4 of 744 without kvarh and with a lot of kWh.
    let even = |total: f64| (0..days).map(|hour| total / 24.0 * [0.5, 1.5][hour % 2]).collect::<Vec<f64>>();
    let (mut kwh, mut kvarh) = (even(72.0), even(96.0));
    kwh[..4].fill(1000.0);
    kvarh[..4].fill(f64::NAN);
    let paired = vec![Series::new(Channel::IMPORT_KWH, kwh), Series::new(Channel::IMPORT_KVARH, kvarh)];
    let factor = of(&site_of(MONDAY, 3600, "UTC", paired)).power_factor.unwrap();
    assert!(near(factor.lagging_only.unwrap(), 0.6) && near(factor.present, 740.0 / 744.0));
    assert!(of(&import(MONDAY, 3600, "UTC", per_day(1.0))).power_factor.is_none());
}

#[test]
fn a_month_that_a_stuck_meter_filled_gives_no_number() {
    // January and February by the hour; in January 100 hours of 744 repeat one value, 13 %.
    let mut kwh: Vec<f64> = (0..(31 + 29) * 24).map(|hour| 20.0 + f64::from(hour * 7 % 24)).collect();
    kwh[200..300].fill(31.0);
    let kvarh = kwh.iter().map(|kwh| kwh / 2.0).collect();
    let both = vec![Series::new(Channel::IMPORT_KWH, kwh.clone()), Series::new(Channel::IMPORT_KVARH, kvarh)];
    let profile = of(&site_of(MONDAY, 3600, "UTC", both));
    let [january, february] = &profile.months[..] else { panic!("{} months", profile.months.len()) };
    assert_eq!((january.trusted, january.reason), (false, Some(Reason::NotSound)));
    assert_eq!((january.kwh, january.max_kw, january.load_factor, january.mean_daily_kwh), (None, None, None, None));
    assert_eq!(january.measured_kwh, Some(kwh[..744].iter().sum()));
    assert_eq!((february.reason, february.max_kw), (None, Some(43.0)));
    assert_eq!(profile.demand.months[0].unknown, Some(Reason::NotSound));
    assert_eq!((profile.demand.months[0].max_kw, profile.demand.months[1].max_kw), (None, Some(43.0)));
    let factors: Vec<_> = profile.power_factor_by_month.iter().map(|month| month.as_billed.is_some()).collect();
    assert_eq!(factors, [false, true]);
    // 100 of 1440 hours are no tenth of both months.
    assert_eq!(profile.period.reason, None);
}

#[test]
fn few_days_of_a_type_still_have_a_shape() {
    let axis = TimeAxis::new(MONDAY, 3600, 7 * 24, Zone::named("UTC").unwrap()).unwrap();
    let kwh = (0..7 * 24).map(|hour| if hour / 24 == 0 { 5.0 } else { 10.0 + f64::from(hour / 24) }).collect();
    let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)]).unwrap();
    let mut calendar = Calendar::weekends().with_holiday(date(2024, 1, 1), "New Year");
    calendar.makeup_workdays.insert(date(2024, 1, 7));
    let site = Site::new(None, Arc::new(readings), calendar, Contract::default()).unwrap();
    let profile = of(&site);
    let shapes: Vec<_> = profile.shapes.iter().map(|shape| (shape.days, shape.median_kw[0])).collect();
    // Workdays Tuesday to Friday 11..14, Saturday 15, New Year 5, Sunday made up 16.
    assert_eq!(shapes, [(4, Some(12.5)), (1, Some(15.0)), (1, Some(5.0)), (1, Some(16.0))]);
    assert!(near(profile.ratios.holiday_workday.unwrap(), 0.4) && near(profile.ratios.weekend_workday.unwrap(), 1.2));
    assert!(near(profile.ratios.makeup_workday.unwrap(), 1.28) && near(profile.ratios.night_day.unwrap(), 1.0));
    let week = profile.hour_of_week.unwrap();
    assert_eq!((week.mean_kw[0][0], week.median_kw[6][23]), (Some(5.0), Some(16.0)));
}

fn readings() -> impl Strategy<Value = (i64, i64, Vec<f64>)> {
    let value = prop_oneof![1 => Just(f64::NAN), 12 => 0.0..50.0f64, 2 => Just(7.0)];
    let step = prop::sample::select(vec![300i64, 900, 1800, 3600, 7200]);
    (1_700_000_000i64..1_730_000_000, step, prop::collection::vec(value, 1..700))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn energy_adds_up_and_shapes_agree_with_a_slow_twin((start, step, kwh) in readings()) {
        let site = import(start, step, "Europe/Berlin", kwh);
        let profile = of(&site);
        let days: f64 = profile.days.iter().filter_map(|day| day.measured_kwh).sum();
        let months: f64 = profile.months.iter().filter_map(|month| month.measured_kwh).sum();
        let years: f64 = profile.years.iter().filter_map(|year| year.measured_kwh).sum();
        let total = site.readings().series(Channel::IMPORT_KWH).unwrap().total();
        for sum in [days, months, years, profile.energy.import_kwh.unwrap_or(0.0)] {
            prop_assert!(near(sum, total.unwrap_or(0.0)));
        }
        let load = site.readings().load_kw();
        let slots = site.readings().local().slots();
        for shape in &profile.shapes {
            for slot in 0..site.readings().axis().slots_per_day() {
                let mut slow: Vec<f64> = (0..load.len())
                    .filter(|at| slots[*at] as usize == slot && !load[*at].is_nan())
                    .filter(|at| site.day_types()[site.readings().local().day_of(*at)] == shape.day_type)
                    .map(|at| load[at])
                    .collect();
                crate::stats::sort(&mut slow);
                prop_assert_eq!(shape.n[slot], slow.len());
                prop_assert_eq!(shape.p90_kw[slot], crate::stats::quantile_sorted(&slow, 0.9));
                prop_assert_eq!(shape.median_kw[slot], crate::stats::quantile_sorted(&slow, 0.5));
            }
        }
    }

    #[test]
    fn the_order_of_days_leaves_the_duration_curve(days in prop::collection::vec(prop::collection::vec(0.0..99.0f64, 24), 2..9)) {
        let forward = of(&import(MONDAY, 3600, "UTC", days.concat()));
        let backward = of(&import(MONDAY, 3600, "UTC", days.iter().rev().cloned().collect::<Vec<_>>().concat()));
        prop_assert_eq!(forward.duration, backward.duration);
    }

    #[test]
    fn scaling_scales_power_and_leaves_shares((start, step, kwh) in readings(), c in 0.01..100.0f64) {
        let one = of(&import(start, step, "Asia/Shanghai", kwh.clone()));
        let scaled = of(&import(start, step, "Asia/Shanghai", kwh.iter().map(|kwh| kwh * c).collect()));
        let pairs = [
            (one.load.mean_kw, scaled.load.mean_kw, c),
            (one.load.peak_kw, scaled.load.peak_kw, c),
            (one.load.max_kw, scaled.load.max_kw, c),
            (one.load.load_factor, scaled.load.load_factor, 1.0),
            (one.load.base_share, scaled.load.base_share, 1.0),
            (one.period.mean_daily_load_rate, scaled.period.mean_daily_load_rate, 1.0),
        ];
        for (one, scaled, factor) in pairs {
            prop_assert_eq!(one.is_some(), scaled.is_some());
            prop_assert!(near(one.unwrap_or(0.0) * factor, scaled.unwrap_or(0.0)));
        }
        prop_assert_eq!(one.load.max_start, scaled.load.max_start);
    }
}
