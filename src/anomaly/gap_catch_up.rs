//! A gap whose energy comes in one reading after it: the meter went on counting, the data did not come.

use super::deviation::Deviations;
use super::event::{Event, Interval};

/// Longest gap whose energy is looked for \[h\] (engineering: two weeks).
const LONGEST_H: f64 = 336.0;
/// The reading after the gap holds between these shares of what was expected in it (engineering: a plant may stand
/// or work overtime meanwhile).
const SHARES: std::ops::RangeInclusive<f64> = 0.4..=2.5;
/// And is this many times the highest that was expected near it, so that it is no load (engineering).
const ABOVE_EXPECTED: f64 = 1.5;

/// `anomaly.gap_catch_up`: readings that are missing or zero, and one after them with about the energy of them all.
///
/// The energy is that of the reading after the gap against what the whole gap was expected to use, so that a gap that is
/// made up for whole is near 0 kWh.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let (load, expected) = (deviations.load_kw, &deviations.expected.kw);
    let longest = (LONGEST_H / deviations.step_h()) as usize;
    let is_empty = |at: usize| load[at].is_nan() || load[at] == 0.0;
    let mut events = Vec::new();
    let mut start = None;
    for at in 0..load.len() {
        if is_empty(at) {
            start.get_or_insert(at);
            continue;
        }
        let Some(from) = start.take() else { continue };
        if at - from > longest || expected[at].is_nan() {
            continue;
        }
        let whole = from..at + 1;
        let usual: f64 = expected[whole.clone()].iter().filter(|kw| !kw.is_nan()).sum();
        let highest = expected[whole.clone()].iter().copied().fold(0.0, f64::max);
        let missed = usual - expected[at];
        let is_catch_up = missed > 0.0
            && SHARES.contains(&((load[at] - expected[at]) / missed))
            && load[at] > ABOVE_EXPECTED * highest
            && deviations.z[at] > deviations.settings.short_z;
        if is_catch_up {
            let strength = deviations.z[at] / deviations.settings.short_z;
            let mut flagged: Vec<Interval> = (from..at)
                .filter(|at| !load[*at].is_nan() && !expected[*at].is_nan())
                .map(|at| Interval { at, expected_kw: expected[at] })
                .collect();
            // What zeros do not stand for, the last reading does.
            let of_zeros: f64 = flagged.iter().map(|one| one.expected_kw).sum();
            flagged.push(Interval { at, expected_kw: usual - of_zeros });
            let event = Event::new("anomaly.gap_catch_up", flagged)
                .with("gap_hours", (at - from) as f64 * deviations.step_h())
                .with("caught_up_kwh", load[at] * deviations.step_h());
            events.push(Event { starts: Some(from), is_meter: true, strength: Some(strength), ..event });
        }
    }
    events
}
