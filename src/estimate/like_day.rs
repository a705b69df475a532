//! The same time on days that are alike (proxy days).

use super::days::Days;
use super::gaps::{Gaps, Reason};
use super::settings::{Method, Settings};
use crate::readings::Channel;

/// Fills every open interval with what like days have at its time.
pub(super) fn fill(gaps: &mut Gaps, kwh: Option<&Gaps>, days: &Days<'_>, settings: &Settings) {
    let mut like = LikeDays::of(days, settings);
    for run in gaps.runs() {
        if !gaps.has_measured() {
            gaps.cannot(run, Reason::TooFewLikeDays);
            continue;
        }
        for index in run {
            match like.mean(gaps, kwh, index) {
                Some(value) => gaps.fill(index, value, Method::LikeDay),
                None => gaps.cannot(index..index + 1, Reason::TooFewLikeDays),
            }
        }
    }
}

/// Looks up like days, those of the same day once.
pub(super) struct LikeDays<'a> {
    days: &'a Days<'a>,
    settings: &'a Settings,
    of: Option<(usize, [Vec<usize>; 3])>,
}

impl<'a> LikeDays<'a> {
    pub(super) fn of(days: &'a Days<'a>, settings: &'a Settings) -> Self {
        Self { days, settings, of: None }
    }

    /// Mean of an interval's wall-clock slot over like days, the nearest [`Settings::most_days`] that have a
    /// measured value there; of [`Days::circles`] the first with at least [`Settings::least_days`].
    ///
    /// Imported reactive energy goes with the load: that of the like days over their active energy, times the
    /// interval's active energy, measured or estimated; where that is not known, the mean. Reactive energy
    /// given back does not, since compensation gives most when the load takes least: it is the mean (measured on a
    /// steel plant, see `docs/accuracy.md`).
    pub(super) fn mean(&mut self, gaps: &Gaps, kwh: Option<&Gaps>, index: usize) -> Option<f64> {
        let days = self.days;
        let (day, slot) = days.place(index);
        if self.of.as_ref().is_none_or(|(known, _)| *known != day) {
            self.of = Some((day, days.circles(day, self.settings.weeks)));
        }
        let kwh = kwh.filter(|_| gaps.channel == Channel::IMPORT_KVARH);
        let by_ratio = kwh.and_then(|kwh| {
            let active = kwh.value(index)?;
            let both = |day: usize| {
                let joint =
                    |of: &Gaps, other: &Gaps, index| of.measured(index).filter(|_| other.measured(index).is_some());
                let reactive = days.mean(day, slot, |index| joint(gaps, kwh, index));
                reactive.zip(days.mean(day, slot, |index| joint(kwh, gaps, index)))
            };
            let found = self.nearest(both)?;
            let (reactive, of) = found.iter().fold((0.0, 0.0), |sums, one| (sums.0 + one.0, sums.1 + one.1));
            (of > 0.0).then(|| active * (reactive / of))
        });
        by_ratio.or_else(|| {
            let found = self.nearest(|day| days.mean(day, slot, |index| gaps.measured(index)))?;
            Some(found.iter().sum::<f64>() / found.len() as f64)
        })
    }

    /// What the nearest days have, from the first circle in which enough of them have it.
    fn nearest<T>(&self, has: impl Fn(usize) -> Option<T>) -> Option<Vec<T>> {
        let circles = self.of.as_ref().map_or(&[][..], |(_, circles)| circles);
        circles
            .iter()
            .map(|circle| circle.iter().filter_map(|day| has(*day)).take(self.settings.most_days).collect::<Vec<T>>())
            .find(|found| found.len() >= self.settings.least_days)
    }
}
