use super::*;
use crate::readings::{Detected, Provenance};

/// Days of 96 quarter hours that rise from 10 to 19.5 kWh, no two readings alike.
fn ramps(days: usize) -> Vec<f64> {
    (0..days * 96).map(|at| 10.0 + (at % 96) as f64 / 10.0 + at as f64 * 1e-4).collect()
}

#[test]
fn a_value_far_above_its_day_is_a_spike_and_one_just_below_the_limit_is_none() {
    // The third highest of a day is 19.3 and a little; 2.8 times that is 54.1.
    for (value, expected) in [(54.0, 0), (60.0, 1)] {
        let mut values = ramps(20);
        values[96 * 7 + 30] = value;
        let found = by("spike", &quarter_hours(values));
        assert_eq!(found.len(), expected, "{value}");
        if let Some(one) = found.first() {
            assert_eq!(one.span.unwrap().start, (96 * 7 + 30) * 900);
            assert!((one.evidence["ratio"].as_f64().unwrap() - 60.0 / 19.5).abs() < 0.05, "{one:?}");
            assert!((one.kwh.unwrap() - 40.5).abs() < 0.3, "{one:?}");
        }
    }
}

#[test]
fn a_spike_is_grave_only_where_no_load_does_it() {
    for (factor, severity) in [(4.2, Severity::Low), (12.0, Severity::Medium)] {
        let mut values = uneven(96 * 10);
        values[500] = 20.08 * factor;
        let found = by("spike", &quarter_hours(values));
        assert_eq!((found.len(), found[0].severity), (1, severity), "{factor}");
    }
}

#[test]
fn reactive_energy_that_capacitors_cover_is_no_placeholder() {
    let mut kvarh = uneven(96 * 120);
    for day in [10, 40, 70, 100] {
        kvarh[96 * day..96 * (day + 1)].fill(0.0);
    }
    let of = |channel: Channel| by("placeholder", &readings_of(900, &[(channel, kvarh.clone())])).len();
    assert_eq!((of(KVARH), of(Channel::EXPORT_KVARH), of(KWH)), (0, 0, 4));
}

#[test]
fn a_trial_run_on_a_quiet_day_is_no_spike() {
    let mut values = ramps(20);
    values[96 * 6..96 * 7].fill(1.0);
    values[96 * 6 + 40] = 18.0; // 18 times the day's others, and an ordinary load
    assert!(by("spike", &quarter_hours(values.clone())).is_empty());
    // The sum of a gap in one value is one, even on a day of zeros.
    values[96 * 6..96 * 7].fill(0.0);
    values[96 * 6 + 95] = 1500.0;
    assert_eq!(by("spike", &quarter_hours(values)).len(), 1);
}

#[test]
fn spikes_pass_over_missing_values_and_name_what_they_leave_out() {
    let mut values = ramps(40);
    for day in 0..30 {
        values[day * 96 + 10] = 100.0 + day as f64;
        values[day * 96 + 11] = f64::NAN;
    }
    let found = by("spike", &quarter_hours(values));
    assert_eq!(found.len(), 20);
    assert_eq!(found.iter().filter_map(|one| one.evidence["others"].as_u64()).sum::<u64>(), 10);
    assert!(by("spike", &quarter_hours(vec![f64::NAN; 96])).is_empty());
}

#[test]
fn ones_on_a_large_meter_stand_for_missing_and_single_ones_after_them_too() {
    let mut values = ramps(40).iter().map(|kwh| kwh * 10.0).collect::<Vec<f64>>();
    values[100..104].fill(1.0);
    values[500] = 1.0;
    let found = by("placeholder", &quarter_hours(values.clone()));
    let lengths: Vec<u64> = found.iter().map(|one| one.evidence["intervals"].as_u64().unwrap()).collect();
    assert_eq!(lengths, [4, 1]);
    assert_eq!((&found[0].evidence["value"], &found[0].evidence["runs"]), (&1.0.into(), &2.into()));
    // Two on end show nothing.
    values[102..104].copy_from_slice(&[120.0, 121.0]);
    assert!(by("placeholder", &quarter_hours(values)).is_empty());
}

#[test]
fn ones_on_a_small_meter_and_ones_of_standby_are_load() {
    let mut small = ramps(40);
    small[100..104].fill(1.0); // 1 beside 15 kWh: 7 %
    assert!(by("placeholder", &quarter_hours(small)).is_empty());
    // A machine of 300 kWh that stands by at 1 kWh each night.
    let standby: Vec<f64> = (0..96 * 40).map(|at| if at % 96 < 30 { 1.0 } else { 300.0 + (at % 7) as f64 }).collect();
    assert!(by("placeholder", &quarter_hours(standby)).is_empty());
}

#[test]
fn nines_and_ends_of_counters_are_no_load() {
    for value in [9999.0, -1.0, -999.0, 65_535.0] {
        let mut values: Vec<f64> = ramps(40).iter().map(|kwh| kwh * 5.0).collect();
        values[200..203].fill(value);
        let found = by("placeholder", &quarter_hours(values));
        assert_eq!((found.len(), &found[0].evidence["value"]), (1, &value.into()));
    }
}

#[test]
fn zeros_are_placeholders_only_where_they_are_many_and_the_meter_never_rests() {
    let with_zeros = |runs: usize, load: fn(f64) -> f64| {
        let mut values: Vec<f64> = ramps(40).into_iter().map(load).collect();
        (0..runs).for_each(|run| values[200 + run * 300..204 + run * 300].fill(0.0));
        by("placeholder", &quarter_hours(values)).len()
    };
    assert_eq!(with_zeros(4, |kwh| kwh), 4);
    assert_eq!(with_zeros(2, |kwh| kwh), 0, "two are outages");
    assert_eq!(with_zeros(4, |kwh| (kwh - 12.0).max(0.01)), 0, "a meter that rests may read zero");
    assert!(by("zero_run", &quarter_hours(ramps(2))).is_empty());
}

#[test]
fn a_zero_in_the_hour_that_clocks_jump_over_is_no_outage() {
    // Hours from 2024-03-01 00:00, on a clock that does not jump; Sunday 2024-03-10 02:00 is zero.
    let axis = TimeAxis::new(1_709_251_200, 3600, 24 * 31, Zone::named("UTC").unwrap()).unwrap();
    let mut values = uneven(24 * 31);
    values[9 * 24 + 2] = 0.0;
    let readings = Readings::new(axis, vec![Series::new(KWH, values)]).unwrap();
    let found = all(&readings);
    assert_eq!(codes(&found), ["quality.placeholder"]);
    assert_eq!((&found[0].evidence["clock_change"], found[0].severity), (&true.into(), Severity::Low));
}

#[test]
fn voltages_have_to_be_stuck_for_a_day_and_may_stand_for_missing() {
    let voltage = Channel::from_name("voltage_l1_v").unwrap();
    let volts = |at: usize| 230.0 + ((at * 7919) % 101) as f64 / 10.0;
    let mut values: Vec<f64> = (0..96 * 30).map(volts).collect();
    values[100..150].fill(231.3); // 12.5 h
    assert!(by("stuck_value", &readings_of(900, &[(voltage, values.clone())])).is_empty());
    values[1000..1100].fill(231.3); // 25 h
    assert_eq!(by("stuck_value", &readings_of(900, &[(voltage, values.clone())])).len(), 1);
    values[300..304].fill(1.0);
    let found = by("placeholder", &readings_of(900, &[(voltage, values)]));
    assert_eq!((found.len(), &found[0].evidence["unit"]), (1, &"V".into()));
}

#[test]
fn power_above_the_supply_is_found_by_limit_capacity_and_contract() {
    let mut values = ramps(2); // 40 to 78 kW
    values[50] = 50.0; // 200 kW
    let readings = quarter_hours(values);
    let of = |subject: &Subject<'_>| find(subject, &Settings::only(&["high_low"]).unwrap());
    let capacity = Subject { capacity_kva: Some(100.0), ..Subject::of(&readings) };
    let found = of(&capacity);
    assert_eq!((&found[0].evidence["limit_kw"], &found[0].evidence["highest_kw"]), (&150.0.into(), &200.0.into()));
    assert_eq!((found[0].kwh, found[0].severity), (Some(12.5), Severity::High)); // 50 kW for a quarter of an hour
    // 134 kVA · 1.5 = 201 kW.
    assert!(of(&Subject { capacity_kva: Some(134.0), ..capacity }).is_empty());
    let contract = Subject { capacity_kva: None, contract_demand_kw: Some(53.0), ..capacity };
    assert_eq!(of(&contract)[0].evidence["basis"], "contract"); // 198.75 kW
    assert!(of(&Subject { supply_limit_kw: Some(200.0), ..contract }).is_empty());
}

#[test]
fn steps_between_intervals_count_where_they_are_asked_for() {
    let mut values = vec![10.0, 12.0, 70.0, f64::NAN, 100.0, 0.0, 10.0];
    let readings = quarter_hours(values.clone());
    let found = by("consecutive", &readings);
    assert_eq!((found.len(), &found[0].evidence["steps"]), (1, &1.into()));
    assert_eq!(found[0].evidence["largest_ratio"], 58.0 / 12.0);
    values[2] = 59.0; // 47 / 12 is below 4
    assert!(by("consecutive", &quarter_hours(values)).is_empty());
    assert!(all(&readings).iter().all(|one| one.code != "quality.consecutive"));
}

#[test]
fn a_channel_that_lacks_alone_is_told_from_a_gap_of_the_meter() {
    let lacking = |hours: usize, both: bool| {
        let (mut kwh, mut kvarh) = (uneven(960), uneven(960));
        kvarh[100..100 + hours * 4].fill(f64::NAN);
        if both {
            kwh[100..100 + hours * 4].fill(f64::NAN);
        }
        by("sibling_channels", &readings_of(900, &[(KWH, kwh), (KVARH, kvarh)]))
    };
    assert!(lacking(23, false).is_empty() && lacking(100, true).is_empty());
    let found = lacking(24, false);
    assert_eq!(
        (&found[0].evidence["channel"], &found[0].evidence["sibling"]),
        (&"import_kvarh".into(), &"import_kwh".into())
    );
    assert_eq!((&found[0].evidence["intervals"], found[0].severity), (&96.into(), Severity::Low));
}

#[test]
fn a_month_of_estimates_is_prolonged() {
    let estimated = |count: usize| {
        let axis = TimeAxis::new(0, 3600, 744, Zone::named("UTC").unwrap()).unwrap();
        let mut flags = vec![Flag::Measured; 744];
        flags[..count].fill(Flag::Substituted);
        flags[740..].fill(Flag::Missing);
        let readings = Readings::new(axis, vec![Series::with_flags(KWH, uneven(744), flags)]).unwrap();
        by("prolonged_estimation", &readings)
    };
    // 740 are there, a fifth of which is 148.
    assert!(estimated(148).is_empty());
    let found = estimated(149);
    assert_eq!((found.len(), &found[0].evidence["month"]), (1, &"1970-01".into()));
    assert_eq!(found[0].evidence["share"], 149.0 / 740.0);
}

#[test]
fn reactive_energy_of_another_unit_is_found() {
    // 3 kvarh a kWh is below the limit of 3.18; 1000 times too much is not.
    for (factor, expected) in [(3.0, 0), (3.3, 1), (600.0, 1)] {
        let kwh = uneven(744);
        let kvarh = kwh.iter().map(|kwh| kwh * factor).collect();
        let found = by("reactive_ratio", &readings_of(3600, &[(KWH, kwh), (KVARH, kvarh)]));
        assert_eq!(found.len(), expected, "{factor}");
    }
    let idle = readings_of(3600, &[(KWH, vec![0.0; 744]), (KVARH, vec![1.0; 744])]);
    assert!(by("reactive_ratio", &idle).is_empty(), "without active energy it is another rule's");
}

#[test]
fn a_power_factor_column_has_to_fit_the_energies() {
    let factor = Channel::from_name("power_factor").unwrap();
    let of = |told: fn(f64, f64, f64) -> f64, channel: Channel| {
        let kwh = uneven(960);
        let (lag, lead): (Vec<f64>, Vec<f64>) = (0..960).map(|at| ((at % 13) as f64, (at % 5) as f64)).unzip();
        let values = (0..960).map(|at| told(kwh[at], lag[at], lead[at])).collect();
        by(
            "power_factor_identity",
            &readings_of(900, &[(KWH, kwh), (KVARH, lag), (Channel::EXPORT_KVARH, lead), (channel, values)]),
        )
    };
    assert!(of(|kwh, lag, _| kwh / kwh.hypot(lag), factor).is_empty());
    assert!(of(|kwh, lag, lead| -kwh / kwh.hypot(lag + lead), factor).is_empty(), "the sign tells leading");
    assert!(of(|kwh, lag, _| kwh / kwh.hypot(lag) - 0.04, factor).is_empty());
    let found = of(|kwh, lag, _| kwh / kwh.hypot(lag) - 0.1, factor);
    assert_eq!(found.len(), 1);
    assert!(found[0].evidence["share"].as_f64().unwrap() > 0.5);
    assert!(of(|_, _, _| 0.1, factor.sampled()).is_empty(), "samples are not judged");
}

#[test]
fn what_the_reader_found_comes_first_when_it_is_graver() {
    let duplicate = Finding::new("quality.duplicate", Severity::Medium).at(0, 900);
    let mut values = uneven(96);
    values[3] = f64::NAN;
    let provenance = Provenance::from([("zone".to_owned(), Detected::given("UTC"))]);
    let readings = quarter_hours(values).with_origin(vec![duplicate], provenance);
    let quality = check(&Subject::of(&readings), &Settings::default());
    assert_eq!(codes(&quality.findings), ["quality.duplicate", "quality.gap"]);
}
