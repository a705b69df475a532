use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::time::DayType;

fn run(plant: &Plant, faults: &[Fault]) -> Simulation {
    simulate(plant, &demo_calendar(), faults).unwrap()
}

fn kwh(simulation: &Simulation) -> &[f64] {
    simulation.readings.series(Channel::IMPORT_KWH).unwrap().values()
}

/// Mean power of a local day [kW].
fn day_kw(simulation: &Simulation, day: Date) -> f64 {
    let range = simulation.readings.local().days().iter().find(|one| one.date == day).unwrap().range.clone();
    let values = &kwh(simulation)[range];
    values.iter().sum::<f64>() / (values.len() as f64 * simulation.readings.axis().step_h())
}

/// Start of a slot of a local day.
fn at(simulation: &Simulation, day: Date, hour: i64) -> i64 {
    simulation.readings.local().days().iter().find(|one| one.date == day).unwrap().start + hour * 3600
}

#[test]
fn two_runs_are_equal_and_another_seed_differs() {
    let (plant, faults) = demo();
    assert_eq!(run(&plant, &faults), run(&plant, &faults));
    let other = Plant { seed: plant.seed + 1, ..plant.clone() };
    assert_ne!(kwh(&run(&plant, &[])), kwh(&run(&other, &[])));
}

#[test]
fn the_default_plant_is_plausible() {
    let plant = Plant::default();
    let year = run(&plant, &[]);
    let load = year.readings.load_kw();
    let peak = load.iter().copied().fold(0.0, f64::max);
    let energy: f64 = kwh(&year).iter().sum();
    assert!((700.0..=950.0).contains(&peak), "{peak}");
    assert!((1.5e6..=3.5e6).contains(&energy), "{energy}");
    assert!(load.iter().all(|kw| *kw > 0.7 * plant.base_kw));
    let reactive = |channel| year.readings.series(channel).unwrap().values();
    let (import, export) = (reactive(Channel::IMPORT_KVARH), reactive(Channel::EXPORT_KVARH));
    // Lagging by day with a power factor that can be improved, leading by night, never both at once.
    assert!(import.iter().zip(export).all(|(lag, lead)| *lag == 0.0 || *lead == 0.0));
    let (start, noon) = (at(&year, date(2025, 3, 5), 3), at(&year, date(2025, 3, 5), 10));
    let (night, day) = (year.readings.axis().index_from(start), year.readings.axis().index_from(noon));
    assert!(export[night] > 0.0 && import[day] > 0.0);
    let worked = |values: &[f64]| values[day..day + 8].iter().sum::<f64>();
    let factor = worked(kwh(&year)) / worked(kwh(&year)).hypot(worked(import));
    assert!((0.85..=0.91).contains(&factor), "{factor}");
}

#[test]
fn the_calendar_shapes_the_year() {
    let year = run(&Plant::default(), &[]);
    let kw = |month, day| day_kw(&year, date(2025, month, day));
    let workday = kw(3, 12);
    assert!(workday > 3.0 * kw(3, 16), "a Sunday is quiet");
    assert!(kw(10, 2) < 0.5 * workday, "a holiday is off");
    assert!(kw(5, 31) < 0.5 * workday);
    let makeup = kw(4, 27);
    assert!(makeup > 0.75 * workday && makeup < workday, "{makeup} of {workday}");
    // Spring Festival: lower before 01-28 and after 02-04, though those are workdays, and rising again.
    assert!(kw(1, 27) < kw(1, 24) && kw(1, 24) < kw(1, 15));
    assert!(kw(2, 5) < kw(2, 7) && kw(2, 7) < kw(2, 11) && kw(2, 11) < kw(2, 20));
    assert!(kw(7, 23) > workday, "air-conditioning in summer");
}

#[test]
fn without_holidays_every_week_is_alike() {
    let plant = Plant { days: 60, day_noise: 0.0, interval_noise: 0.0, base_noise: 0.0, ..Plant::default() };
    let simulation = simulate(&plant, &Calendar::weekends(), &[]).unwrap();
    let kw = |day| day_kw(&simulation, date(2025, 1, day));
    assert_eq!(kw(7), kw(28));
    assert_eq!(kw(11), plant.base_kw); // Saturday, winter: nothing but the base
    // Worked by hand, a Tuesday: 4·1 + 0.6 + 4·1 + 0.6 + 4·0.8 = 12.4 h of full production.
    assert!((kw(7) * 24.0 - (110.0 * 24.0 + 560.0 * 12.4)).abs() < 1.0, "{}", kw(7) * 24.0);
}

#[test]
fn truth_is_the_difference_and_nothing_else_changes() {
    let plant = Plant::default();
    let clean = run(&plant, &[]);
    for seed in 0..8 {
        let faults = random_faults(seed, &plant, &demo_calendar(), &FaultKind::ALL).unwrap();
        let faulted = run(&plant, &faults);
        assert_eq!(clean.temperature_celsius, faulted.temperature_celsius);
        let mut outside = vec![true; clean.readings.axis().len()];
        for truth in &faulted.truth {
            let range = clean.readings.axis().range(truth.start, truth.end);
            outside[range.clone()].fill(false);
            let cents = |values: &[f64]| values.iter().map(|kwh| (kwh * 100.0).round() as i64).sum::<i64>();
            match truth.kwh {
                None => assert!(kwh(&faulted)[range].iter().all(|kwh| kwh.is_nan()), "{truth:?}"),
                Some(difference) => {
                    let found = cents(&kwh(&faulted)[range.clone()]) - cents(&kwh(&clean)[range]);
                    assert_eq!((difference * 100.0).round() as i64, found, "{truth:?}");
                    assert_eq!(difference, found as f64 / 100.0);
                }
            }
            match truth.kind {
                FaultKind::Gap => assert_eq!(truth.kwh, None),
                FaultKind::Drop | FaultKind::ZeroRun => assert!(truth.kwh.unwrap() < 0.0, "{truth:?}"),
                FaultKind::StuckValue => assert_ne!(truth.kwh.unwrap(), 0.0),
                _ => assert!(truth.kwh.unwrap() > 0.0, "{truth:?}"),
            }
        }
        for (one, other) in clean.readings.all_series().iter().zip(faulted.readings.all_series()) {
            let same = |index: usize| one.values()[index].to_bits() == other.values()[index].to_bits();
            assert!((0..outside.len()).filter(|index| outside[*index]).all(same));
        }
    }
}

#[test]
fn faults_add_what_they_say() {
    let plant = Plant::default();
    let clean = run(&plant, &[]);
    let fault = |kind, day, hour, hours: i64, size| Fault {
        kind,
        start: at(&clean, day, hour),
        length_s: hours * 3600,
        size,
        phase: None,
    };
    let truth = |one| run(&plant, &[one]).truth[0].kwh.unwrap();
    // 400 kW for 2 h; rounding to 0.01 kWh moves eight readings by up to 0.01 each.
    assert!((truth(fault(FaultKind::Spike, date(2025, 3, 12), 14, 2, 400.0)) - 800.0).abs() <= 0.08);
    // Shifts run 8 to 22 h and half an hour's ramp reaches a quarter past either side: 7:45 to 22:15.
    let rise = truth(fault(FaultKind::NightBaseRise, date(2025, 7, 14), 0, 24, 40.0));
    assert!((rise - 40.0 * 9.5).abs() <= 0.4, "{rise}");
    let dark = truth(fault(FaultKind::Drop, date(2025, 9, 9), 13, 2, 1.0));
    let range = clean.readings.axis().range(at(&clean, date(2025, 9, 9), 13), at(&clean, date(2025, 9, 9), 15));
    assert!((dark + kwh(&clean)[range].iter().sum::<f64>()).abs() < 1e-9);
    let worked = run(&plant, &[fault(FaultKind::WorkOnHoliday, date(2025, 10, 3), 0, 24, 1.0)]);
    assert!(day_kw(&worked, date(2025, 10, 3)) > 0.9 * day_kw(&worked, date(2025, 9, 24)));
}

#[test]
fn faults_without_a_meaning_are_refused() {
    let plant = Plant { days: 200, ..Plant::default() };
    let clean = run(&plant, &[]);
    let fault =
        |kind, day, hour, length_s, size| Fault { kind, start: at(&clean, day, hour), length_s, size, phase: None };
    let message = |faults: &[Fault]| simulate(&plant, &demo_calendar(), faults).unwrap_err().to_string();
    let march = date(2025, 3, 12);
    let spike = fault(FaultKind::Spike, march, 14, 3600, 1.0);
    for (faults, expected) in [
        (vec![Fault { start: i64::MIN, ..spike }], "interval within"),
        (vec![Fault { length_s: i64::MAX, ..spike }], "interval within"),
        (vec![Fault { length_s: 0, ..spike }], "interval within"),
        (vec![spike, spike], "overlaps"),
        (vec![Fault { size: f64::NAN, ..spike }], "the size NaN"),
        (vec![Fault { kind: FaultKind::Drop, size: 1.5, ..spike }], "expected 0 to 1"),
        (vec![fault(FaultKind::WorkOnHoliday, march, 0, 86_400, 1.0)], "expected a day off"),
        (vec![fault(FaultKind::NightBaseRise, march, 10, 3600, 1.0)], "outside them"),
        (vec![fault(FaultKind::StuckValue, date(2025, 1, 1), 0, 3600, 0.0)], "later start"),
    ] {
        let found = message(&faults);
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_random_fault_without_a_place_is_an_error() {
    let plant = Plant { days: 10, ..Plant::default() };
    let error = random_faults(1, &plant, &demo_calendar(), &[FaultKind::NightBaseRise]).unwrap_err();
    assert!(error.to_string().contains("no free place"), "{error}");
}

#[test]
fn the_demo_has_what_it_shows() {
    let (plant, faults) = demo();
    let demo = run(&plant, &faults);
    let kinds: Vec<FaultKind> = demo.truth.iter().map(|truth| truth.kind).collect();
    use FaultKind::{Gap, NightBaseRise, Spike, StuckValue, UnusualHours, WorkOnHoliday};
    assert_eq!(kinds, [Spike, StuckValue, UnusualHours, NightBaseRise, WorkOnHoliday, Gap]);
    assert_eq!(demo.readings.series(Channel::IMPORT_KWH).unwrap().missing(), 20);
    assert_eq!(demo.readings.provenance()["seed"].value, plant.seed.to_string());
    assert!(demo.readings.series(Channel::EXPORT_KWH).is_none());
    // The transformers are larger than needed: even the spike leaves a fifth of them free.
    let lagging = demo.readings.series(Channel::IMPORT_KVARH).unwrap().values();
    let apparent = kwh(&demo).iter().zip(lagging).map(|(p, q)| p.hypot(*q) * 4.0).fold(0.0, f64::max);
    assert!((0.6 * plant.capacity_kva..0.8 * plant.capacity_kva).contains(&apparent), "{apparent}");
}

#[test]
fn the_demo_calendar_is_the_public_notice() {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        eprintln!("WATTLENS_DATA is not set: the calendar is not compared");
        return;
    };
    let text = std::fs::read_to_string(format!("{folder}/holiday_cn/2025.json")).unwrap();
    let notice: serde_json::Value = serde_json::from_str(&text).unwrap();
    let calendar = demo_calendar();
    let mut listed = std::collections::BTreeSet::new();
    for day in notice["days"].as_array().unwrap() {
        let date: Date = day["date"].as_str().unwrap().parse().unwrap();
        listed.insert(date);
        assert_eq!(calendar.holidays.contains_key(&date), day["isOffDay"].as_bool().unwrap(), "{date}");
        assert_eq!(calendar.makeup_workdays.contains(&date), !day["isOffDay"].as_bool().unwrap(), "{date}");
    }
    assert_eq!(calendar.holidays.len() + calendar.makeup_workdays.len(), listed.len());
    assert_eq!(calendar.day_type(date(2025, 1, 26)).unwrap(), DayType::MakeupWorkday);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_zone_and_step_gives_whole_days(
        zone in prop::sample::select(vec!["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo"]),
        step_s in prop::sample::select(vec![300i64, 900, 1800, 3600]),
        month in 1i8..=12,
        seed in 0u64..1000,
    ) {
        let first = Date::constant(2017, month, 1);
        let plant = Plant { seed, first, days: 31, step_s, zone: zone.to_owned(), ..Plant::default() };
        let simulation = simulate(&plant, &Calendar::weekends(), &[]).unwrap();
        let days = simulation.readings.local().days();
        prop_assert_eq!(days[0].date, first);
        prop_assert!(days.iter().all(crate::time::Day::is_whole));
        prop_assert!(kwh(&simulation).iter().all(|kwh| kwh.is_finite() && *kwh > 0.0));
        prop_assert_eq!(simulation.temperature_celsius.len(), simulation.readings.axis().len());
    }
}
