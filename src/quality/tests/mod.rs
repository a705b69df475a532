mod meters;
mod periods;
mod real;
mod registers;
mod settings;
mod values;
mod verdicts;

use proptest::prelude::*;

use super::*;
use crate::finding::Span;
use crate::readings::{Flag, Readings, Series};
use crate::simulate::{Fault, FaultKind, Plant, demo_calendar, random_faults, simulate};
use crate::time::Zone;

const KWH: Channel = Channel::IMPORT_KWH;
const KVARH: Channel = Channel::IMPORT_KVARH;

fn readings_of(step_s: i64, channels: &[(Channel, Vec<f64>)]) -> Readings {
    let axis = TimeAxis::new(0, step_s, channels[0].1.len(), Zone::named("UTC").unwrap()).unwrap();
    let series = channels.iter().map(|(channel, values)| Series::new(*channel, values.clone())).collect();
    Readings::new(axis, series).unwrap()
}

/// What one rule finds with its defaults.
fn by(rule: &str, readings: &Readings) -> Vec<Finding> {
    find(&Subject::of(readings), &Settings::only(&[rule]).unwrap())
}

/// What all rules find.
fn all(readings: &Readings) -> Vec<Finding> {
    find(&Subject::of(readings), &Settings::default())
}

fn quarter_hours(values: Vec<f64>) -> Readings {
    readings_of(900, &[(KWH, values)])
}

fn codes(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|finding| finding.code.as_str()).collect()
}

/// A load that never repeats a value.
fn uneven(len: usize) -> Vec<f64> {
    (0..len).map(|index| 10.0 + (index * 7919 % 1009) as f64 / 100.0).collect()
}

#[test]
fn a_gap_names_its_channels_and_span() {
    let mut kwh = uneven(96);
    kwh[4..12].fill(f64::NAN);
    let mut kvarh = kwh.clone();
    kvarh[50] = f64::NAN;
    let found = by("gap", &readings_of(900, &[(KWH, kwh), (KVARH, kvarh)]));
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].span, Some(Span { start: 3600, end: 10_800 }));
    assert_eq!(found[0].evidence["channels"], "import_kwh, import_kvarh");
    assert_eq!((&found[0].evidence["intervals"], &found[0].evidence["hours"]), (&8.into(), &2.0.into()));
    assert_eq!(found[0].evidence["share"], 8.0 / 96.0);
    assert_eq!((&found[1].evidence["channels"], found[1].severity), (&"import_kvarh".into(), Severity::Low));
}

#[test]
fn gaps_at_both_ends_count_and_length_gives_severity() {
    let mut values = uneven(3000);
    values[..96].fill(f64::NAN);
    values[2000..].fill(f64::NAN); // 250 h
    let found = by("gap", &quarter_hours(values));
    let severities: Vec<_> = found.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Medium, Severity::High]);
    assert_eq!(found[1].span.unwrap().end, 3000 * 900);
}

#[test]
fn many_gaps_are_summed_up_and_none_is_lost() {
    let mut values = uneven(1000);
    for index in (0..400).step_by(4) {
        values[index] = f64::NAN; // 100 gaps of one
    }
    values[600..603].fill(f64::NAN);
    let found = by("gap", &quarter_hours(values));
    assert_eq!(found.len(), 50 + 1);
    let total = |key: &str| found.iter().map(|finding| finding.evidence[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((total("runs"), total("intervals")), (101, 103));
    assert!(found[..50].iter().any(|finding| finding.evidence["intervals"] == 3), "the longest is on its own");
    assert_eq!(found[50].evidence["longest_intervals"], 1);
}

#[test]
fn an_incomplete_reading_is_no_gap_but_is_not_present() {
    let axis = TimeAxis::new(0, 3600, 744, Zone::named("UTC").unwrap()).unwrap();
    let mut flags = vec![Flag::Measured; 744];
    flags[5] = Flag::Incomplete;
    flags[9] = Flag::Ambiguous;
    let readings = Readings::new(axis, vec![Series::with_flags(KWH, uneven(744), flags)]).unwrap();
    assert!(by("gap", &readings).is_empty());
    let january = &completeness(&readings, KWH)[0];
    assert_eq!((january.present, january.longest_gap_intervals, january.verdict), (743, 1, Verdict::Usable));
}

#[test]
fn a_stuck_meter_is_found_even_for_a_tenth_of_the_time() {
    let mut values = uneven(4000);
    values[1000..1400].fill(12.34);
    let found = by("stuck_value", &quarter_hours(values));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].span, Some(Span { start: 900_000, end: 1_260_000 }));
    assert_eq!((&found[0].evidence["value"], &found[0].evidence["usual_intervals"]), (&12.34.into(), &1.into()));
    assert_eq!(found[0].severity, Severity::Medium); // 100 h
}

#[test]
fn eleven_equal_readings_are_not_stuck_and_twelve_are() {
    for (length, expected) in [(11, 0), (12, 1)] {
        let mut values = uneven(960);
        values[100..100 + length].fill(33.0);
        assert_eq!(by("stuck_value", &quarter_hours(values)).len(), expected, "{length}");
    }
}

#[test]
fn a_constant_meter_gives_one_finding_of_info() {
    let mut with_a_gap = vec![7.0; 35_040];
    with_a_gap[100..120].fill(f64::NAN);
    for values in [vec![7.0; 35_040], with_a_gap] {
        let found = by("stuck_value", &quarter_hours(values));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].severity, &found[0].evidence["constant"]), (Severity::Info, &true.into()));
    }
    assert!(by("stuck_value", &quarter_hours(vec![7.0; 11])).is_empty());
}

#[test]
fn standby_at_coarse_resolution_is_quiet() {
    // Nights of 40 equal readings of 2 kWh, days that move in whole kWh.
    let values =
        (0..96 * 60).map(|index| if index % 96 < 40 { 2.0 } else { 10.0 + (index * 31 % 17) as f64 }).collect();
    assert!(by("stuck_value", &quarter_hours(values)).is_empty());
    // The same machine stuck for a week is not.
    let mut values: Vec<f64> =
        (0..96 * 60).map(|index| if index % 96 < 40 { 2.0 } else { 10.0 + (index * 31 % 17) as f64 }).collect();
    values[96 * 20 + 50..96 * 27 + 50].fill(14.0);
    assert_eq!(by("stuck_value", &quarter_hours(values)).len(), 1);
}

#[test]
fn float_noise_of_register_differences_is_equal() {
    let mut values = uneven(960);
    for (k, value) in values[200..300].iter_mut().enumerate() {
        *value = 21.5 + (k % 3) as f64 * 1e-9;
    }
    assert_eq!(by("stuck_value", &quarter_hours(values)).len(), 1);
}

#[test]
fn a_day_of_zeros_is_found_and_an_hour_less_is_not() {
    for (length, expected) in [(95, 0), (96, 1), (672, 1)] {
        let mut values = uneven(2000);
        values[300..300 + length].fill(0.0);
        let found = by("zero_run", &quarter_hours(values));
        assert_eq!(found.len(), expected, "{length}");
        if let Some(one) = found.first() {
            assert_eq!(one.span, Some(Span { start: 270_000, end: 270_000 + length as i64 * 900 }));
            assert_eq!(one.severity, if length == 672 { Severity::High } else { Severity::Medium });
        }
    }
}

#[test]
fn a_machine_that_stands_at_weekends_has_a_habit() {
    let values = (0..24 * 7 * 52).map(|hour| if hour / 24 % 7 >= 5 { 0.0 } else { 5.0 + hour as f64 }).collect();
    let found = by("zero_run", &readings_of(3600, &[(KWH, values)]));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].severity, &found[0].evidence["runs"]), (Severity::Info, &52.into()));
    assert_eq!(found[0].evidence["longest_intervals"], 48);
}

#[test]
fn meters_that_say_nothing_have_a_status() {
    let of = |values: &[f64]| codes(&all(&quarter_hours(values.to_vec()))).join(" ");
    assert_eq!(of(&[f64::NAN; 200]), "quality.all_missing");
    assert_eq!(of(&[0.0; 200]), "quality.all_zero");
    assert_eq!(of(&[3.0]), "quality.single_reading");
    assert_eq!(of(&[f64::NAN, 3.0]), "quality.single_reading quality.gap");
    assert_eq!(of(&[1.0, 2.0]), "");
    let reactive =
        readings_of(900, &[(KWH, uneven(200)), (KVARH, vec![0.0; 200]), (Channel::EXPORT_KVARH, vec![0.0; 200])]);
    let found = all(&reactive);
    assert_eq!(codes(&found), ["quality.all_zero"]);
    assert_eq!(found[0].evidence["channels"], "import_kvarh, export_kvarh");
    let leading =
        readings_of(900, &[(KWH, uneven(200)), (KVARH, vec![0.0; 200]), (Channel::EXPORT_KVARH, uneven(200))]);
    assert!(all(&leading).is_empty());
}

#[test]
fn negative_values_count_on_import_only() {
    let negative: Vec<f64> = uneven(96).iter().map(|value| -value).collect();
    let readings = readings_of(900, &[(KWH, uneven(96)), (Channel::EXPORT_KWH, negative.clone())]);
    assert!(by("negative_import", &readings).is_empty());
    let found = by("negative_import", &readings_of(900, &[(KWH, negative.clone())]));
    assert_eq!(found[0].evidence["intervals"], 96);
    assert_eq!(found[0].evidence["sum"], negative.iter().sum::<f64>());
}

#[test]
fn reactive_energy_without_active_is_found_and_export_explains_it() {
    let mut kwh = uneven(400);
    kwh[100..200].fill(0.0); // 25 h
    let mut export = vec![0.0; 400];
    let frame = |export: &[f64]| {
        readings_of(900, &[(KWH, kwh.clone()), (KVARH, vec![1.5; 400]), (Channel::EXPORT_KWH, export.to_vec())])
    };
    let found = by("reactive_without_active", &frame(&export));
    assert_eq!((found.len(), found[0].severity, &found[0].evidence["kvarh"]), (1, Severity::Medium, &150.0.into()));
    export[100..200].fill(2.0);
    let found = by("reactive_without_active", &frame(&export));
    assert_eq!((found[0].severity, &found[0].evidence["export_kwh"]), (Severity::Low, &200.0.into()));
    let alive = readings_of(900, &[(KWH, uneven(400)), (KVARH, vec![1.5; 400])]);
    assert!(by("reactive_without_active", &alive).is_empty());
}

/// A plant in Berlin from 2024-03-10 to 2024-11-04.
fn berlin() -> Readings {
    let first = jiff::civil::date(2024, 3, 10);
    let plant = Plant { first, days: 240, zone: "Europe/Berlin".to_owned(), ..Plant::default() };
    simulate(&plant, &crate::time::Calendar::weekends(), &[]).unwrap().readings
}

#[test]
fn months_of_clock_changes_expect_their_own_hours() {
    let readings = berlin();
    let rows = completeness(&readings, KWH);
    let row = |label: &str| rows.iter().find(|row| row.label == label).unwrap();
    assert_eq!((row("2024-10").present, row("2024-10").verdict), (31 * 96 + 4, Verdict::Complete));
    assert_eq!((row("all").expected, row("all").verdict), (240 * 96, Verdict::Complete));
    assert!(completeness(&readings, Channel::EXPORT_KWH).is_empty());
}

#[test]
fn a_month_begun_or_broken_off_is_measured_by_the_whole_month() {
    let rows = completeness(&berlin(), KWH);
    let row = |label: &str| rows.iter().find(|row| row.label == label).unwrap();
    assert_eq!((row("2024-03").expected, row("2024-03").present), (31 * 96 - 4, 22 * 96 - 4));
    assert_eq!((row("2024-11").expected, row("2024-11").present), (30 * 96, 4 * 96));
    assert!(!row("2024-03").whole && row("2024-03").verdict == Verdict::Unusable);
}

#[test]
fn the_gate_stands_at_95_per_cent() {
    // January has 744 hours; 37 missing leave 95.03 %, 38 leave 94.9 %.
    for (missing, verdict) in [(0, Verdict::Complete), (37, Verdict::Usable), (38, Verdict::Unusable)] {
        let mut values = uneven(744);
        values[10..10 + missing].fill(f64::NAN);
        let january = completeness(&readings_of(3600, &[(KWH, values)]), KWH).remove(0);
        assert_eq!((january.verdict, january.longest_gap_intervals), (verdict, missing));
    }
}

/// Plants unlike each other: two shifts, round the clock, small, large, air-conditioned, noisy, in Berlin, with odd weeks.
fn clean_plant(seed: u64) -> (Plant, crate::time::Calendar) {
    let plant = Plant { seed, ..Plant::default() };
    let round_the_clock = vec![crate::simulate::Shift { start_h: 0.0, end_h: 24.0, level: 1.0 }];
    let berlin = Plant {
        first: jiff::civil::date(2024, 6, 1),
        days: 730,
        step_s: 3600,
        zone: "Europe/Berlin".to_owned(),
        ..plant.clone()
    };
    let plant = match seed % 8 {
        0 => plant,
        1 => Plant { shifts: round_the_clock, ..plant },
        2 => Plant { base_kw: 10.0, production_kw: 1500.0, ..plant },
        3 => return (berlin, crate::time::Calendar::weekends()),
        4 => Plant { weekday_levels: [1.0, 0.3, 1.0, 1.0, 0.2, 0.0, 0.0], ..plant },
        5 => Plant { cooling_kw_per_celsius: 40.0, ..plant },
        6 => Plant { step_s: 300, interval_noise: 0.2, day_noise: 0.2, base_noise: 0.2, ..plant },
        _ => Plant { base_kw: 3.0, production_kw: 8.0, cooling_kw_per_celsius: 0.1, capacitor_kvar: 2.0, ..plant },
    };
    (plant, demo_calendar())
}

#[test]
fn clean_simulated_plants_give_nothing() {
    for seed in 0..24 {
        let (plant, calendar) = clean_plant(seed);
        let readings = simulate(&plant, &calendar, &[]).unwrap().readings;
        let subject = Subject { capacity_kva: Some(3000.0), ..Subject::of(&readings) };
        let quality = check(&subject, &Settings::default());
        assert_eq!(codes(&quality.findings), [""; 0], "seed {seed}");
        assert!(quality.verdicts.iter().all(|month| month.billing.verdict == Verdict::Complete));
    }
}

#[test]
fn simulated_meter_faults_are_found_where_they_are() {
    for seed in 0..6 {
        let plant = Plant { seed, ..Plant::default() };
        let kinds = [FaultKind::Gap, FaultKind::StuckValue, FaultKind::ZeroRun];
        let faults = random_faults(seed, &plant, &demo_calendar(), &kinds).unwrap();
        let simulation = simulate(&plant, &demo_calendar(), &faults).unwrap();
        let found = all(&simulation.readings);
        for truth in &simulation.truth {
            let code = format!("quality.{}", truth.kind.name());
            let spans: Vec<Span> =
                found.iter().filter(|finding| finding.code == code).filter_map(|finding| finding.span).collect();
            // The meter repeats the reading before the fault, which belongs to the run of equal readings.
            let before = if truth.kind == FaultKind::StuckValue { plant.step_s } else { 0 };
            let expected = Span { start: truth.start - before, end: truth.end };
            assert!(!spans.is_empty() && spans.iter().all(|span| *span == expected), "{truth:?} {spans:?}");
        }
        assert!(found.iter().all(|finding| faults.iter().any(|fault| finding.code.ends_with(fault.kind.name()))));
    }
}

#[test]
fn load_faults_are_no_matter_of_quality() {
    let plant = Plant::default();
    let faults: Vec<Fault> = random_faults(
        3,
        &plant,
        &demo_calendar(),
        &[FaultKind::Spike, FaultKind::UnusualHours, FaultKind::NightBaseRise, FaultKind::WorkOnHoliday],
    )
    .unwrap();
    let readings = simulate(&plant, &demo_calendar(), &faults).unwrap().readings;
    assert_eq!(codes(&all(&readings)), [""; 0]);
}

/// Stuck runs as the definition reads: for every reading the length of its run of equal values.
fn stuck_twin(values: &[f64]) -> Vec<(usize, usize)> {
    let run_of = |at: usize| {
        let mut start = at;
        while start > 0 && values[start - 1] == values[at] {
            start -= 1;
        }
        let mut end = at + 1;
        while end < values.len() && values[end] == values[at] {
            end += 1;
        }
        (start, end)
    };
    let counted: Vec<usize> = (0..values.len()).filter(|at| values[*at] != 0.0 && !values[*at].is_nan()).collect();
    let mut candidates: Vec<(usize, usize)> = counted.iter().map(|at| run_of(*at)).collect();
    candidates.dedup();
    candidates.retain(|(start, end)| {
        let mut others: Vec<usize> = counted
            .iter()
            .filter(|at| !(*start..*end).contains(at))
            .map(|at| run_of(*at))
            .map(|(s, e)| e - s)
            .collect();
        others.sort_unstable();
        let rank = (0.95 * others.len() as f64).ceil() as usize;
        let usual = others.get(rank.max(1) - 1).copied().unwrap_or(end - start);
        end - start >= 12 && end - start > 3 * usual
    });
    candidates
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn stuck_value_agrees_with_the_slow_twin(
        parts in prop::collection::vec((prop::sample::select(vec![0.0, 1.0, 2.0, 3.0, f64::NAN]), 1usize..40), 2..30),
        noise in 0usize..300,
    ) {
        let mut values: Vec<f64> = parts.iter().flat_map(|(value, len)| vec![*value; *len]).collect();
        values.extend(uneven(noise + 2));
        let found: Vec<(usize, usize)> = by("stuck_value", &quarter_hours(values.clone()))
            .iter()
            .filter_map(|finding| finding.span)
            .map(|span| ((span.start / 900) as usize, (span.end / 900) as usize))
            .collect();
        prop_assert_eq!(found, stuck_twin(&values));
    }

    #[test]
    fn gaps_count_every_missing_reading(values in prop::collection::vec(prop::option::weighted(0.6, 1.0..9.0f64), 2..600)) {
        let values: Vec<f64> = values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect();
        prop_assume!(values.iter().any(|value| !value.is_nan()));
        let readings = quarter_hours(values);
        let found = by("gap", &readings);
        let counted: u64 = found.iter().map(|finding| finding.evidence["intervals"].as_u64().unwrap()).sum();
        prop_assert_eq!(counted as usize, readings.series(KWH).unwrap().missing());
        let all = completeness(&readings, KWH).pop().unwrap();
        prop_assert_eq!(all.present + counted as usize, all.expected);
    }
}
