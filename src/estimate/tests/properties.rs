//! What holds of any readings.

use proptest::prelude::*;

use super::*;

/// Five weeks of hours across a clock change, some of them missing in runs.
fn gappy() -> impl Strategy<Value = Vec<f64>> {
    let values = prop::collection::vec(0.0..100.0f64, 840);
    let gaps = prop::collection::vec((0usize..840, 1usize..200), 1..6);
    (values, gaps).prop_map(|(mut values, gaps)| {
        for (start, len) in gaps {
            values.iter_mut().skip(start).take(len).for_each(|value| *value = NAN);
        }
        values
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn measured_values_stay_and_filled_ones_say_so(kwh in gappy(), method in 0usize..5) {
        let readings = hourly("Europe/Berlin", date(2024, 3, 11), kwh);
        let settings = Settings { method: Method::AUTO.get(method).copied(), ..Settings::default() };
        let filled = run(&readings, &Calendar::weekends(), &settings);
        prop_assert_eq!(filled.raw(), &readings);
        let (before, after) = (readings.series(IMPORT).unwrap(), filled.series(IMPORT).unwrap());
        for index in 0..before.values().len() {
            let (old, new, flag) = (before.values()[index], after.values()[index], after.flags()[index]);
            if old.is_nan() {
                prop_assert!(flag == Flag::Missing || (flag.is_estimated() && new >= 0.0));
            } else {
                prop_assert_eq!((old, Flag::Measured), (new, flag));
            }
        }
        // The findings account for every interval that was missing, and for every kWh that came in.
        let count = |code: &str| -> usize {
            let of = filled.findings().iter().filter(|one| one.code == code);
            of.map(|one| one.evidence["intervals"].as_u64().unwrap() as usize).sum()
        };
        prop_assert_eq!(count("estimate.filled") + count("estimate.left"), before.missing());
        prop_assert_eq!(count("estimate.filled"), filled.estimated(IMPORT).intervals);
        let told: f64 = filled.findings().iter().filter_map(|one| one.evidence.get("kwh")?.as_f64()).sum();
        prop_assert!((told - filled.estimated(IMPORT).total).abs() <= 1e-9 * told.max(1.0));
        prop_assert_eq!(run(&readings, &Calendar::weekends(), &settings), filled);
    }

    #[test]
    fn the_energy_between_register_readings_is_theirs(
        kwh in gappy(),
        whole in prop::collection::vec(0.1..100.0f64, 840),
        read in prop::collection::btree_set(0usize..=840, 2..12),
        multiplier in prop::sample::select(vec![1.0, 20.0, 3000.0]),
        first in 0.0..1e5f64,
    ) {
        // The truth where a value is missing is `whole`'s; the register counts all of it.
        let truth: Vec<f64> = kwh.iter().zip(&whole).map(|(kwh, whole)| if kwh.is_nan() { *whole } else { *kwh }).collect();
        let readings = hourly("Europe/Berlin", date(2024, 3, 11), kwh);
        let start = readings.axis().start();
        let shown = |at: usize| first + truth[..at].iter().sum::<f64>() / multiplier;
        let values: Vec<(i64, f64)> = read.iter().map(|at| (start + *at as i64 * 3600, shown(*at))).collect();
        let readings = readings.with_spans(Spans(vec![register(multiplier, &values)]));
        let filled = run(&readings, &Calendar::weekends(), &Settings::default());
        let read: Vec<usize> = read.into_iter().collect();
        for (pair, shown) in read.windows(2).zip(values.windows(2)) {
            let part = &filled.series(IMPORT).unwrap().values()[pair[0]..pair[1]];
            let (sum, known) = (part.iter().sum::<f64>(), (shown[1].1 - shown[0].1) * multiplier);
            // A register of 1e5 × 3000 keeps 1e-16 of that.
            prop_assert!((sum - known).abs() <= 1e-9 * known.max(first * multiplier * 1e-6), "{sum} {known}");
        }
    }
}
