//! Energy that no load can have: a register that jumped, ran backwards or was reset.

use super::deviation::Deviations;
use super::event::{Event, Interval};
use super::ordinary::upper_quantile;

/// Beyond this many times the highest load it is no load (engineering: the published spikes of real meters reach 8
/// times the reading before).
const ABSURD: f64 = 20.0;
/// The highest load is the peak of the usual day, or what the meter passes on one reading in a hundred.
const HIGH_QUANTILE: f64 = 0.99;
/// Below zero by this share of it: a meter of import does not count backwards (engineering).
const NEGATIVE_SHARE: f64 = 0.02;
/// A meter with this share of negative readings counts in two directions, and none of them is a glitch (engineering).
const TWO_WAY_SHARE: f64 = 0.02;
/// A jump and its counterpart lie within this time \[h\] (engineering: three days).
const PAIR_H: f64 = 72.0;

/// `anomaly.register_glitch`: negative readings on a meter that hardly has them, and readings far beyond any load; a
/// jump, the zeros after it and its counterpart are one event.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let load = deviations.load_kw;
    // Most meters have neither, and nothing need be sorted.
    if !load.iter().any(|kw| *kw < 0.0 || *kw > ABSURD * deviations.peak_kw) {
        return Vec::new();
    }
    let mut amounts: Vec<f64> = load.iter().filter(|kw| !kw.is_nan()).map(|kw| kw.abs()).collect();
    let count = amounts.len() as f64;
    let high_kw = upper_quantile(&mut amounts, HIGH_QUANTILE).unwrap_or(0.0);
    // Where readings are few, glitches are among them.
    let high_kw =
        if high_kw > ABSURD * deviations.peak_kw { deviations.peak_kw } else { high_kw.max(deviations.peak_kw) };
    let negatives = load.iter().filter(|kw| **kw < 0.0).count() as f64;
    let is_two_way = negatives > TWO_WAY_SHARE * count;
    let is_glitch = |kw: f64| kw > ABSURD * high_kw || (!is_two_way && kw < -NEGATIVE_SHARE * high_kw);
    let pair = (PAIR_H / deviations.step_h()) as usize;
    let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in load.iter().enumerate().filter(|(_, kw)| is_glitch(**kw)) {
        match groups.last_mut() {
            // Only zeros and gaps lie between a jump and its counterpart.
            Some(last) if at - last.end <= pair && load[last.end..at].iter().all(|kw| kw.is_nan() || *kw == 0.0) => {
                last.end = at + 1;
            }
            _ => groups.push(at..at + 1),
        }
    }
    groups
        .into_iter()
        .filter_map(|range| {
            let flagged: Vec<Interval> = range
                .filter(|at| !load[*at].is_nan() && !deviations.expected.kw[*at].is_nan())
                .map(|at| Interval { at, expected_kw: deviations.expected.kw[at] })
                .collect();
            let worst = flagged.iter().map(|one| load[one.at].abs()).fold(0.0, f64::max);
            let strength = 1.0 + worst / high_kw;
            let event =
                Event { is_meter: true, strength: Some(strength), ..Event::new("anomaly.register_glitch", flagged) };
            (!event.flagged.is_empty()).then_some(event)
        })
        .collect()
}
