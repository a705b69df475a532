//! The same time on days that are alike (proxy days).

use super::days::Days;
use super::gaps::{Gaps, Reason};
use super::settings::{Method, Settings};

/// Fills every open interval with the mean of its wall-clock slot over like days, the nearest
/// [`Settings::most_days`] that have a measured value there; of [`Days::circles`] the first with at least
/// [`Settings::least_days`].
///
/// With `kwh`, for a reactive channel: the reactive energy of like days over their active energy, times the
/// interval's active energy, measured or estimated; where that is not known, the mean as for any channel.
pub(super) fn fill(gaps: &mut Gaps, kwh: Option<&Gaps>, days: &Days<'_>, settings: &Settings) {
    if !gaps.has_measured() {
        gaps.runs().into_iter().for_each(|run| gaps.cannot(run, Reason::TooFewLikeDays));
        return;
    }
    let mut of: Option<(usize, [Vec<usize>; 3])> = None;
    for index in gaps.runs().into_iter().flatten() {
        let (day, slot) = days.place(index);
        if of.as_ref().is_none_or(|(known, _)| *known != day) {
            of = Some((day, days.circles(day, settings.weeks)));
        }
        let circles = of.as_ref().map_or(&[][..], |(_, circles)| circles);
        let by_ratio = kwh.and_then(|kwh| {
            let active = kwh.value(index)?;
            let both = |day: usize| {
                let reactive =
                    days.mean(day, slot, |index| gaps.measured(index).filter(|_| kwh.measured(index).is_some()));
                let active =
                    days.mean(day, slot, |index| kwh.measured(index).filter(|_| gaps.measured(index).is_some()));
                reactive.zip(active)
            };
            let days = like(circles, settings, both)?;
            let (reactive, of) = days.iter().fold((0.0, 0.0), |sums, one| (sums.0 + one.0, sums.1 + one.1));
            (of > 0.0).then(|| active * (reactive / of))
        });
        let value = by_ratio.or_else(|| {
            let days = like(circles, settings, |day| days.mean(day, slot, |index| gaps.measured(index)))?;
            Some(days.iter().sum::<f64>() / days.len() as f64)
        });
        match value {
            Some(value) => gaps.fill(index, value, Method::LikeDay),
            None => gaps.cannot(index..index + 1, Reason::TooFewLikeDays),
        }
    }
}

/// What the nearest days have, from the first circle in which enough of them have it.
fn like<T>(circles: &[Vec<usize>], settings: &Settings, has: impl Fn(usize) -> Option<T>) -> Option<Vec<T>> {
    circles
        .iter()
        .map(|circle| circle.iter().filter_map(|day| has(*day)).take(settings.most_days).collect::<Vec<T>>())
        .find(|found| found.len() >= settings.least_days)
}
