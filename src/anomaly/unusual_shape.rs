//! A day of ordinary energy that is spread over its hours like no other of its kind.

use super::class::Class;
use super::deviation::Deviations;
use super::event::{Event, Interval};
use crate::stats;

/// Distance of the day's profile from the usual one: energy that lies in other hours, as a share of the median worked
/// day's (engineering).
const LEAST_MOVED: f64 = 0.07;
/// The same in robust spreads of the days of the kind (engineering).
const LEAST_Z: f64 = 8.0;
/// The day's energy is ordinary within this share: else it has a name of its own (engineering).
const ORDINARY_ENERGY: f64 = 0.20;
/// A day moved by up to this long has the shape of its kind: it is for the detector of clocks \[h\].
const MOST_LAG_H: usize = 4;
/// Fewest days of the kind.
const MIN_DAYS: usize = 10;

/// `anomaly.unusual_shape`: an ordinary day's energy with at least 7 % of a worked day's in other hours than usual, however the
/// day is moved by up to four hours, and eight robust spreads beyond what days of its kind have. It has no energy of its
/// own, and where hours of the day have names, those explain it.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let daily = &deviations.daily;
    let of_days: Vec<Option<f64>> = (0..daily.classes.len())
        .map(|day| {
            let (kw, usual) = (daily.day_kw(day), daily.usual_day_kw(day).filter(|_| daily.is_ordinary[day])?);
            let is_ordinary = (kw.iter().sum::<f64>() / usual.iter().sum::<f64>() - 1.0).abs() <= ORDINARY_ENERGY;
            // A day with a gap is NaN, and not judged.
            Some(moved(kw, usual, 0)).filter(|moved| is_ordinary && moved.is_finite())
        })
        .collect();
    let mut kinds: Vec<Class> = Vec::new();
    for class in &daily.classes {
        if !kinds.contains(class) {
            kinds.push(*class);
        }
    }
    let mut events = Vec::new();
    for kind in kinds {
        let days = (0..of_days.len()).filter(|day| daily.classes[*day] == kind);
        let own: Vec<(usize, f64)> = days.filter_map(|day| Some((day, of_days[day]?))).collect();
        if own.len() < MIN_DAYS {
            continue;
        }
        let mut values: Vec<f64> = own.iter().map(|(_, moved)| *moved).collect();
        let Some(middle) = stats::median(&mut values) else { continue };
        let Some(sigma) = stats::robust_sigma(&mut values, middle) else { continue };
        let limit = (middle + LEAST_Z * sigma).max(LEAST_MOVED);
        let most = (MOST_LAG_H * daily.bins / 24) as isize;
        events.extend(own.into_iter().filter(|(_, moved)| *moved > limit).filter_map(|(day, _)| {
            let (kw, usual) = (daily.day_kw(day), daily.usual_day_kw(day)?);
            let least = (-most..=most).map(|lag| moved(kw, usual, lag)).fold(f64::INFINITY, f64::min);
            let day_kwh = kw.iter().sum::<f64>() * 24.0 / daily.bins as f64;
            // A day off that hardly uses anything moves nothing.
            let moved = least.min(least * day_kwh / deviations.typical_day_kwh());
            if moved <= limit {
                return None;
            }
            let range = deviations.site.readings().local().days()[day].range.clone();
            let flagged: Vec<Interval> = range
                .filter(|at| !deviations.load_kw[*at].is_nan())
                .map(|at| Interval { at, expected_kw: deviations.expected.kw[at] })
                .collect();
            let event = Event::new("anomaly.unusual_shape", flagged).with("moved_share", moved);
            let strength = Some(moved / limit);
            (!event.flagged.is_empty()).then_some(Event { has_energy: false, whole: true, strength, ..event })
        }));
    }
    events
}

/// Share of the energy of a day that lies in other hours than that of the usual day moved by some parts: half of the
/// distance, for what is more here is less there.
fn moved(kw: &[f64], usual: &[f64], lag: isize) -> f64 {
    let (sum, usual_sum): (f64, f64) = (kw.iter().sum(), usual.iter().sum());
    let shift = lag.rem_euclid(usual.len() as isize) as usize;
    let later = usual.iter().skip(shift).chain(&usual[..shift]);
    kw.iter().zip(later).map(|(kw, usual)| (kw / sum - usual / usual_sum).abs()).sum::<f64>() / 2.0
}
