//! The score: labelled meters, quiet ones, and what it must not depend on.

use super::*;
use proptest::prelude::*;

/// One labelled meter: score, label and whether there is a reading, an hour each.
fn labelled(meter: u32) -> Option<Vec<(f64, bool)>> {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        println!("skipped: WATTLENS_DATA does not name the folder of real meters");
        return None;
    };
    let text = std::fs::read_to_string(format!("{folder}/lead_dev/lead_{meter}.csv")).unwrap();
    let (kw, labels): (Vec<f64>, Vec<bool>) = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[2].parse().unwrap_or(f64::NAN), fields[3].starts_with('1'))
        })
        .unzip();
    let site = site_of(kw.clone(), 3600, "UTC", 1_451_606_400, Calendar::weekends());
    let scores = crate::anomaly::score(&site, &site.readings().load_kw());
    let rows = scores.into_iter().zip(labels).zip(kw);
    Some(rows.filter(|(_, kw)| !kw.is_nan()).map(|(row, _)| row).collect())
}

/// Precision, recall, average precision, area under the receiver's curve, false alarms a month of 30 days: flagged
/// runs without a labelled hour.
fn measures(meters: &[Vec<(f64, bool)>]) -> [f64; 5] {
    let mut all: Vec<(f64, bool)> = meters.iter().flatten().copied().collect();
    let is_flagged = |row: &&(f64, bool)| row.0 > SCORE_FLAGGED;
    let flagged = all.iter().filter(is_flagged).count() as f64;
    let labelled = all.iter().filter(|row| row.1).count() as f64;
    let found = all.iter().filter(is_flagged).filter(|row| row.1).count() as f64;
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Ties are one step, so that their order counts for nothing.
    let (mut seen, mut hits, mut average_precision, mut area) = (0.0, 0.0, 0.0, 0.0);
    let others = all.len() as f64 - labelled;
    for tied in all.chunk_by(|a, b| a.0 == b.0) {
        let more = tied.iter().filter(|row| row.1).count() as f64;
        area += (tied.len() as f64 - more) * (hits + more / 2.0);
        seen += tied.len() as f64;
        hits += more;
        average_precision += more / labelled * hits / seen;
    }
    let alarms = meters.iter().map(|meter| {
        let flags = meter.chunk_by(|a, b| (a.0 > SCORE_FLAGGED) == (b.0 > SCORE_FLAGGED));
        flags.filter(|run| run[0].0 > SCORE_FLAGGED && run.iter().all(|row| !row.1)).count()
    });
    let months = meters.iter().map(|meter| meter.len() as f64 / 720.0).sum::<f64>();
    let alarms = alarms.sum::<usize>() as f64 / months;
    [found / flagged, found / labelled, average_precision, area / (labelled * others), alarms]
}

#[test]
fn labelled_meters_at_one_setting() {
    let meters: Option<Vec<_>> = [118, 439, 685, 1147].into_iter().map(labelled).collect();
    let Some(meters) = meters else { return };
    let [precision, recall, average_precision, area, alarms] = measures(&meters);
    let f1 = 2.0 * precision * recall / (precision + recall);
    println!("pooled F1 {f1:.3}, PR {average_precision:.3}, ROC {area:.3}, false alarms a month {alarms:.2}");
    for (meter, rows) in ["118", "439", "685", "1147"].iter().zip(&meters) {
        println!("{meter}: {:.3?}", measures(std::slice::from_ref(rows)));
    }
    assert!(f1 >= 0.72 && average_precision >= 0.78 && area >= 0.945 && alarms <= 1.0);
}

fn simulated(seed: u64) -> (Site, Vec<f64>) {
    let plant = crate::simulate::Plant { seed, ..crate::simulate::Plant::default() };
    let calendar = Calendar::weekends();
    let readings = crate::simulate::simulate(&plant, &calendar, &[]).unwrap().readings;
    let load_kw = readings.load_kw();
    (Site::new(None, std::sync::Arc::new(readings), calendar, Contract::default()).unwrap(), load_kw)
}

fn flagged(site: &Site, load_kw: &[f64]) -> usize {
    crate::anomaly::score(site, load_kw).iter().filter(|one| **one > SCORE_FLAGGED).count()
}

#[test]
fn quiet_meters_have_no_flag() {
    let (site, load_kw) = simulated(3);
    assert_eq!(flagged(&site, &load_kw), 0, "as simulated");
    let changed = |change: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
        load_kw.iter().enumerate().map(|(at, kw)| change(at, *kw)).collect()
    };
    assert_eq!(flagged(&site, &changed(&|_, _| 0.0)), 0, "zero");
    assert_eq!(flagged(&site, &changed(&|_, _| 50.0)), 0, "constant");
    assert_eq!(flagged(&site, &changed(&|_, _| f64::NAN)), 0, "nothing");
    let sparse = |at: usize, kw: f64| if at.wrapping_mul(2_654_435_761) % 100 < 40 { f64::NAN } else { kw };
    assert_eq!(flagged(&site, &changed(&sparse)), 0, "40 % missing");
    assert_eq!(flagged(&site, &changed(&|at, kw| if at < 10 * 96 { kw } else { f64::NAN })), 0, "ten days");
    assert_eq!(flagged(&site, &changed(&|at, kw| if at < 14 * 96 { kw } else { f64::NAN })), 0, "two weeks");
    assert_eq!(crate::anomaly::score(&site, &load_kw[1..]), vec![0.0; load_kw.len()], "of another length");
}

#[test]
fn a_stuck_value_stands_out_where_the_load_moves_and_a_quiet_night_does_not() {
    let (site, mut load_kw) = simulated(3);
    let (from, stuck) = (96 * 100 + 30, 96);
    let value = load_kw[from];
    load_kw[from..from + stuck].fill(value);
    let score = crate::anomaly::score(&site, &load_kw);
    assert!(score[from..from + stuck].iter().all(|one| *one >= FLAT_DAY), "{:?}", &score[from..from + 4]);
}

/// 3.5 and a sixth an hour: the score of a day without movement.
const FLAT_DAY: f64 = 3.5 + 24.0 / 6.0;

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any unit gives the same scores, what is missing has none, and any reading at all does no harm.
    #[test]
    fn scores_of_any_readings(
        seed in 0u64..50,
        wild in prop::collection::vec((0usize..35_000, prop::sample::select(vec![f64::NAN, 0.0, 1e12, -1e12, 1.0])), 0..200),
    ) {
        let (site, mut load_kw) = simulated(seed);
        for (at, kw) in wild {
            load_kw[at] = kw;
        }
        let score = crate::anomaly::score(&site, &load_kw);
        prop_assert!(score.iter().all(|one| one.is_finite() && *one >= 0.0));
        prop_assert!(score.iter().zip(&load_kw).all(|(one, kw)| !kw.is_nan() || *one == 0.0));
        let doubled: Vec<f64> = load_kw.iter().map(|kw| kw * 1024.0).collect();
        prop_assert_eq!(score, crate::anomaly::score(&site, &doubled));
    }
}
