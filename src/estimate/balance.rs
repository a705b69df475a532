//! The parent meter less the other meters below it.

use super::gaps::{Gaps, Reason};
use super::settings::Method;
use crate::error::{ErrorKind, Result};
use crate::readings::{Readings, Series};
use crate::time::TimeAxis;

/// The meters around the one to be estimated: parent = this meter + all siblings.
#[derive(Clone, Copy, Debug)]
pub struct Family<'a> {
    /// The meter above.
    pub parent: &'a Readings,
    /// All the other meters below the parent; none where the parent is a check meter.
    pub siblings: &'a [&'a Readings],
}

/// A negative balance of this share of the parent is rounding.
const ROUNDING: f64 = 1e-9;

impl Family<'_> {
    /// Checks that every meter has the same step on the same grid.
    pub(super) fn check(&self, axis: &TimeAxis) -> Result<()> {
        let of = |readings: &Readings, who: &str| {
            let (step, start) = (readings.axis().step_s(), readings.axis().start());
            if step == axis.step_s() && (start - axis.start()) % step == 0 {
                return Ok(());
            }
            let problem = format!(
                "found intervals of {step} s, the first at {}; expected intervals of {} s on the grid of these \
                 readings, the first at {}; resample one of them",
                crate::time::instant_text(start),
                axis.step_s(),
                crate::time::instant_text(axis.start()),
            );
            Err(ErrorKind::Site { field: format!("estimate.{who}"), problem }.into())
        };
        of(self.parent, "parent")?;
        self.siblings.iter().try_for_each(|sibling| of(sibling, "siblings"))
    }
}

/// Fills what the parent and all siblings have measured, never with less than zero.
pub(super) fn fill(gaps: &mut Gaps, axis: &TimeAxis, family: Option<&Family<'_>>) {
    let runs = gaps.runs();
    let Some(family) = family else {
        runs.into_iter().for_each(|run| gaps.cannot(run, Reason::NoParent));
        return;
    };
    let channel = gaps.channel;
    let of = |readings: &Readings| {
        readings.series(channel).cloned().map(|series| (readings.axis().start(), readings.axis().step_s(), series))
    };
    let parent = of(family.parent);
    let siblings: Option<Vec<_>> = family.siblings.iter().map(|sibling| of(sibling)).collect();
    for index in runs.into_iter().flatten() {
        let instant = axis.instant(index);
        let known = parent.as_ref().and_then(|parent| measured(parent, instant)).zip(
            siblings
                .as_ref()
                .and_then(|all| all.iter().try_fold(0.0, |sum, sibling| Some(sum + measured(sibling, instant)?))),
        );
        match known {
            Some((parent, siblings)) if parent - siblings >= -ROUNDING * parent.abs() => {
                gaps.fill(index, parent - siblings, Method::Balance);
            }
            Some(_) => gaps.cannot(index..index + 1, Reason::NegativeBalance),
            None => gaps.cannot(index..index + 1, Reason::NoBalance),
        }
    }
}

/// The measured value of the interval that starts at an instant.
fn measured((start, step_s, series): &(i64, i64, Series), instant: i64) -> Option<f64> {
    let index = usize::try_from((instant - start) / step_s).ok().filter(|_| instant >= *start)?;
    let flag = series.flags().get(index)?;
    series.values().get(index).copied().filter(|_| flag.is_whole() && !flag.is_estimated())
}
