//! Registers lose no energy: through rollovers and gaps, on the axis, spread and beside it.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use wattlens::ingest::{RawColumn, RawRows, RawTimes, ReadOptions, Role, Unit, assemble};
use wattlens::readings::{Channel, Flag, Period, Readings, SpanKind};

const FIRST: i64 = 1_704_067_200;

fn options(spread: bool) -> ReadOptions {
    ReadOptions { zone: Some("UTC".to_owned()), register_digits: Some(5), spread, ..ReadOptions::default() }
}

fn register(stamps: Vec<i64>, readings: Vec<f64>, multiplier: f64) -> RawRows {
    let column = RawColumn {
        role: Role::Register(Period::Total),
        multiplier,
        ..RawColumn::new(Channel::IMPORT_KWH, "示值", Unit::Kwh, readings)
    };
    RawRows::new("table", RawTimes::WallClock(stamps), vec![column])
}

/// Sum of the axis and of the spans beside it.
fn total(readings: &Readings) -> f64 {
    let on_axis = readings.series(Channel::IMPORT_KWH).and_then(|series| series.total()).unwrap_or(0.0);
    let energy = readings.spans().series(Channel::IMPORT_KWH, SpanKind::Energy, Period::Total);
    on_axis + energy.and_then(|series| series.total()).unwrap_or(0.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn differences_agree_with_a_slow_twin(
        first in 0u32..100_000,
        steps in prop::collection::vec(20u32..40, 40..300),
        lost in prop::collection::vec(prop::bool::weighted(0.15), 300),
        multiplier in prop::sample::select(vec![1.0, 40.0, 600.0]),
    ) {
        // The true counter, and what five digits of it show. Readings are lost, never two of the first ones.
        let mut counter = vec![u64::from(first)];
        counter.extend(steps.iter().scan(u64::from(first), |sum, step| { *sum += u64::from(*step); Some(*sum) }));
        let is_there = |k: usize| k < 2 || !lost[k % lost.len()];
        let shown = |k: usize| if is_there(k) { (counter[k] % 100_000) as f64 } else { f64::NAN };
        let stamps: Vec<i64> = (0..counter.len() as i64).map(|k| FIRST + k * 900).collect();
        let rows = register(stamps, (0..counter.len()).map(shown).collect(), multiplier);
        let known: Vec<usize> = (0..counter.len()).filter(|k| is_there(*k)).collect();
        let last = *known.last().unwrap();
        let whole = (counter[last] - counter[0]) as f64 * multiplier;

        let readings = assemble(rows.clone(), &options(false)).unwrap();
        let values = readings.series(Channel::IMPORT_KWH).unwrap().values();
        prop_assert_eq!(values.len(), last);
        for (k, value) in values.iter().enumerate() {
            if is_there(k) && is_there(k + 1) {
                prop_assert_eq!(*value, (counter[k + 1] - counter[k]) as f64 * multiplier);
            } else {
                prop_assert!(value.is_nan());
            }
        }
        // Energy over each gap is exact, and spans do not overlap.
        if let Some(energy) = readings.spans().series(Channel::IMPORT_KWH, SpanKind::Energy, Period::Total) {
            for one in &energy.values {
                let at = |instant: i64| ((instant - FIRST) / 900) as usize;
                let (from, to) = (at(one.span.start), at(one.span.end));
                prop_assert_eq!(one.value, (counter[to] - counter[from]) as f64 * multiplier);
            }
            prop_assert!(energy.values.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
        }
        prop_assert!((total(&readings) - whole).abs() <= 1e-9 * whole);

        let spread = assemble(rows, &options(true)).unwrap();
        let series = spread.series(Channel::IMPORT_KWH).unwrap();
        prop_assert_eq!(series.missing(), 0);
        prop_assert!((total(&spread) - whole).abs() <= 1e-9 * whole);
        for (k, flag) in series.flags().iter().enumerate() {
            let measured = is_there(k) && is_there(k + 1);
            prop_assert_eq!(*flag, if measured { Flag::Measured } else { Flag::Spread });
        }
    }

    #[test]
    fn irregular_readings_keep_their_energy_wherever_it_goes(
        gaps in prop::collection::vec(60i64..40_000, 2..60),
        rates in prop::collection::vec(1u32..50, 60),
        spread in any::<bool>(),
    ) {
        let (mut at, mut shown) = (FIRST, 500.0);
        let (mut stamps, mut readings) = (vec![at], vec![shown]);
        for (gap_s, rate) in gaps.iter().zip(&rates) {
            at += gap_s;
            shown += f64::from(*rate);
            stamps.push(at);
            readings.push(shown);
        }
        let whole = shown - 500.0;
        let said = ReadOptions { step_s: spread.then_some(900), ..options(spread) };
        let readings = assemble(register(stamps.clone(), readings, 1.0), &said).unwrap();
        prop_assert!((total(&readings) - whole).abs() <= 1e-9 * whole, "{} {whole}", total(&readings));
        for series in &readings.spans().0 {
            prop_assert!(series.values.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
        }
        let kept = readings.spans().series(Channel::IMPORT_KWH, SpanKind::Register, Period::Total).unwrap();
        prop_assert_eq!(kept.values.iter().map(|one| one.span.start).collect::<Vec<_>>(), stamps);
    }

    #[test]
    fn whatever_a_register_shows_nothing_breaks(
        stamps in prop::collection::vec(0i64..3_000_000, 1..120),
        shown in prop::collection::vec(prop_oneof![Just(f64::NAN), Just(0.0), -1e3..1e9f64, Just(99_999.0), Just(f64::INFINITY)], 120),
        spread in any::<bool>(),
        step_s in prop::sample::select(vec![None, Some(900), Some(86_400), Some(7)]),
    ) {
        let values = shown[..stamps.len()].to_vec();
        let rows = register(stamps.iter().map(|stamp| FIRST + stamp).collect(), values, 20.0);
        let said = ReadOptions { register_digits: None, step_s, ..options(spread) };
        if let Ok(readings) = assemble(rows, &said) {
            for series in &readings.spans().0 {
                prop_assert!(series.values.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
            }
            for series in readings.all_series() {
                let agrees = |(value, flag): (&f64, &Flag)| if *flag == Flag::Missing { value.is_nan() } else { *value >= 0.0 };
                prop_assert!(series.values().iter().zip(series.flags()).all(agrees));
            }
        }
    }
}
