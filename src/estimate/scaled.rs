//! Gaps whose energy is known: the shape of like days, scaled to what registers or longer energies leave for them.

use std::collections::BTreeMap;

use super::days::Days;
use super::gaps::{Gaps, Reason};
use super::like_day::LikeDays;
use super::registers::{Known, known};
use super::settings::{Method, Settings};
use crate::readings::{Flag, Readings};
use crate::stats::median;
use crate::time::DayType;

/// Measured intervals may have so much more than the register before it is doubted (engineering: the
/// tolerance of the sum check): the gap has nothing then.
const TOLERANCE: f64 = 0.005;

/// A time whose registers cannot be used: they show less than was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disagreement {
    pub(super) known: Known,
    pub(super) measured: f64,
}

/// Fills the gaps of every time whose energy is known, the shortest times first: known energy less what was
/// measured, in the shape of like days. The sum over the time is then the known energy, to rounding.
///
/// Where there are too few like days, the shape is the median of the day type and wall-clock slot, or of the
/// slot. Where it is zero all over the gap, the energy is spread evenly, and flagged so.
pub(super) fn fill(
    gaps: &mut Gaps,
    kwh: Option<&Gaps>,
    readings: &Readings,
    days: &Days<'_>,
    settings: &Settings,
) -> (Vec<Disagreement>, usize) {
    let axis = readings.axis();
    let (times, refused) = known(readings, gaps);
    let mut disagreements = Vec::new();
    let (mut like, mut usual) = (LikeDays::of(days, settings), Usual::default());
    for time in times {
        let open: Vec<(usize, f64)> = time.parts(axis).filter(|(index, _)| gaps.is_open(*index)).collect();
        // An energy that ends inside an open interval does not tell the interval's parts apart.
        if open.is_empty() || open.iter().any(|(_, share)| *share < 1.0) {
            continue;
        }
        let (measured, _) = time.present(gaps, axis);
        let rest = time.energy - measured;
        if rest < -TOLERANCE * time.energy {
            disagreements.push(Disagreement { known: time, measured });
            for (index, _) in open {
                gaps.cannot(index..index + 1, Reason::RegistersDisagree);
            }
            continue;
        }
        let rest = rest.max(0.0);
        let mut usually = |index| like.mean(gaps, kwh, index).unwrap_or_else(|| usual.of(index, gaps, days)).max(0.0);
        let shape: Vec<f64> = open.iter().map(|(index, _)| usually(*index)).collect();
        let whole: f64 = shape.iter().sum();
        for ((index, _), part) in open.iter().zip(&shape) {
            if whole > 0.0 {
                gaps.fill_exactly(*index, rest * (part / whole), Method::Scaled.flag());
            } else {
                gaps.fill_exactly(*index, rest / open.len() as f64, Flag::Spread);
            }
        }
    }
    for run in gaps.runs() {
        gaps.cannot(run, Reason::NoRegister);
    }
    (disagreements, refused)
}

/// Medians by day type and slot, worked out where they are asked for.
#[derive(Default)]
struct Usual(BTreeMap<(Option<DayType>, usize), Option<f64>>);

impl Usual {
    fn of(&mut self, index: usize, gaps: &Gaps, days: &Days<'_>) -> f64 {
        let (day, slot) = days.place(index);
        let mut of = |day_type: Option<DayType>| {
            *self.0.entry((day_type, slot)).or_insert_with(|| {
                let alike = (0..days.len()).filter(|day| day_type.is_none_or(|of| days.day_type(*day) == of));
                let mut values: Vec<f64> =
                    alike.filter_map(|day| days.mean(day, slot, |index| gaps.measured(index))).collect();
                median(&mut values)
            })
        };
        of(Some(days.day_type(day))).or_else(|| of(None)).unwrap_or(0.0)
    }
}
