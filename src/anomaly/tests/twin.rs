//! The seasonal expectation again, slowly and readably, for a site whose kinds of day need not borrow.

use super::*;
use crate::profile::{Activity, day_activity};
use crate::simulate::{Plant, demo_calendar, simulate};
use crate::stats::{MAD_TO_SIGMA, sort};
use crate::time::DayType;

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sort(&mut sorted);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn twin(site: &Site, load_kw: &[f64]) -> Expected {
    let local = site.readings().local();
    let (days, types) = (local.days(), site.day_types());
    let slots: Vec<usize> = local.slots().into_iter().map(|slot| slot as usize).collect();
    let activity = day_activity(local, types, load_kw);
    let kind = |day: usize| match types[day] {
        DayType::Holiday => 0,
        DayType::Weekend => days[day].date.weekday().to_monday_one_offset(),
        _ if day > 0 && !types[day - 1].is_worked() => 1,
        _ => 2,
    };
    let teaches = |day: usize| !(types[day].is_worked() && activity[day] == Activity::NoProduction);
    let alike = |day: usize, slot: usize| -> Vec<usize> {
        let is_alike = |at: &usize| {
            let other = local.day_of(*at);
            slots[*at] == slot && kind(other) == kind(day) && teaches(other) && !load_kw[*at].is_nan()
        };
        (0..load_kw.len()).filter(is_alike).collect()
    };
    // One representative day of each kind is enough for the tables.
    let table = |of: &dyn Fn(Vec<usize>) -> f64| -> Vec<Vec<f64>> {
        (0..8)
            .map(|number| match (0..days.len()).find(|day| kind(*day) == number) {
                Some(day) => (0..24).map(|slot| of(alike(day, slot))).collect(),
                None => Vec::new(),
            })
            .collect()
    };

    let means = table(&|alike| mean(&alike.iter().map(|at| load_kw[*at]).collect::<Vec<_>>()));
    let share: Vec<Option<f64>> = (0..days.len())
        .map(|day| {
            let present: Vec<usize> = days[day].range.clone().filter(|at| !load_kw[*at].is_nan()).collect();
            let observed: f64 = present.iter().map(|at| load_kw[*at]).sum();
            let usual: f64 = present.iter().map(|at| means[kind(day) as usize][slots[*at]]).sum();
            (types[day].is_worked() && teaches(day)).then_some(observed / usual)
        })
        .collect();
    let around = |values: &[Option<f64>], day: usize| {
        let near: Vec<f64> =
            values[day.saturating_sub(28)..(day + 29).min(values.len())].iter().flatten().copied().collect();
        median(&near)
    };
    let level: Vec<f64> = (0..days.len()).map(|day| around(&share, day)).collect();

    let usual = |at: usize| load_kw[at] / level[local.day_of(at)];
    let centers = table(&|alike| median(&alike.iter().map(|at| usual(*at)).collect::<Vec<_>>()));
    let spreads = table(&|alike| {
        let values: Vec<f64> = alike.iter().map(|at| usual(*at)).collect();
        let center = median(&values);
        let mut away: Vec<f64> = values.iter().map(|value| (value - center).abs()).collect();
        sort(&mut away);
        let rank = |q: f64| away[((away.len() - 1) as f64 * q) as usize];
        (rank(0.5) * MAD_TO_SIGMA).max(rank(0.9) / 1.644_853_626_951_473)
    });
    let present: Vec<f64> = load_kw.iter().copied().filter(|kw| !kw.is_nan()).collect();
    let floor_kw = 0.1 * median(&present);
    let of = |table: &[Vec<f64>], at: usize| {
        let day = local.day_of(at);
        table[kind(day) as usize][slots[at]] * level[day]
    };
    let kw: Vec<f64> = (0..load_kw.len()).map(|at| of(&centers, at)).collect();
    let scale: Vec<f64> = (0..load_kw.len()).map(|at| of(&spreads, at).max(floor_kw)).collect();
    let unrest: Vec<Option<f64>> = days
        .iter()
        .map(|day| {
            let z: Vec<f64> = day
                .range
                .clone()
                .map(|at| ((load_kw[at] - kw[at]) / scale[at]).abs())
                .filter(|z| !z.is_nan())
                .collect();
            Some(mean(&z))
        })
        .collect();
    let scale_kw = (0..load_kw.len())
        .map(|at| scale[at] * (around(&unrest, local.day_of(at)) / 0.797_884_560_802_865_4).max(1.0))
        .collect();
    Expected { kw, scale_kw }
}

#[test]
fn the_expectation_is_that_of_its_slow_twin() {
    let plant = Plant { step_s: 3600, days: 200, day_noise: 0.1, ..Plant::default() };
    let simulation = simulate(&plant, &demo_calendar(), &[]).unwrap();
    let readings = Arc::new(simulation.readings);
    let site = Site::new(None, readings, demo_calendar(), Contract::default()).unwrap();
    let mut load_kw = site.readings().load_kw();
    for kw in load_kw.iter_mut().skip(5).step_by(11) {
        *kw = f64::NAN;
    }
    let (expected, twin) = (seasonal(&site, &load_kw), twin(&site, &load_kw));
    for at in 0..load_kw.len() {
        assert!((expected.kw[at] - twin.kw[at]).abs() < 1e-9 * twin.kw[at], "{at} {} {}", expected.kw[at], twin.kw[at]);
        assert!((expected.scale_kw[at] - twin.scale_kw[at]).abs() < 1e-9 * twin.scale_kw[at], "scale at {at}");
    }
}
