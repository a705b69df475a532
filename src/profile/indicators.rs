//! The load of all readings in a few numbers.

use serde::Serialize;

use super::Settings;
use super::days::DayScan;
use crate::stats::quantile_sorted;
use crate::time::TimeAxis;

/// Days that a year may have so that utilisation hours are given.
const LONGEST_YEAR_DAYS: f64 = 367.0;
const YEAR_DAYS: f64 = 365.0;

/// Load indicators of all readings that are there, raw: a spike is in them until quality takes it out.
///
/// Sources: near-base and near-peak from LBNL-3713E (Price 2010; quantiles recalled), the rates from
/// the usual load-characteristic tables of Chinese utilities. A ratio is absent where its denominator
/// is not positive; one made from the minimum or the base also where that is negative.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Load {
    /// Time that the readings stand for \[h\]; gaps do not count.
    pub hours: f64,
    /// Mean load \[kW\].
    pub mean_kw: Option<f64>,
    /// Highest load \[kW\].
    pub max_kw: Option<f64>,
    /// Start of the earliest interval with the highest load, UTC seconds.
    pub max_start: Option<i64>,
    /// Lowest load \[kW\], also of partial days.
    pub min_kw: Option<f64>,
    /// Start of the earliest interval with the lowest load, UTC seconds.
    pub min_start: Option<i64>,
    /// Load that is exceeded nearly always: quantile `base_quantile` of the settings \[kW\].
    pub base_kw: Option<f64>,
    /// Load that is exceeded hardly ever: quantile 1 − `base_quantile` \[kW\].
    pub peak_kw: Option<f64>,
    /// Load factor (负荷率): mean over maximum of the period.
    pub load_factor: Option<f64>,
    /// Near-base over near-peak.
    pub base_to_peak: Option<f64>,
    /// Share of the energy that is used by the near-base load running all the time (standby share).
    pub base_share: Option<f64>,
    /// Energy over maximum load (最大负荷利用小时) \[h\]; only where the readings span one year and
    /// enough of it is there. Not scaled up for gaps.
    pub utilisation_hours: Option<f64>,
    /// Maximum minus minimum \[kW\].
    pub peak_valley_kw: Option<f64>,
    /// Maximum minus minimum, over maximum.
    pub peak_valley_rate: Option<f64>,
}

impl Load {
    pub(super) fn of(axis: &TimeAxis, all: &DayScan, sorted_kw: &[f64], settings: &Settings) -> Self {
        let (max_kw, min_kw) = (all.max.map(|at| at.kw), all.min.map(|at| at.kw));
        let mean_kw = all.mean_kw();
        // One reading has no distribution.
        let spread = if sorted_kw.len() > 1 { sorted_kw } else { &[] };
        let base_kw = quantile_sorted(spread, settings.base_quantile);
        let peak_kw = quantile_sorted(spread, 1.0 - settings.base_quantile);
        let hours = all.present as f64 * axis.step_h();
        let peak_valley_kw = max_kw.zip(min_kw).map(|(max, min)| max - min);
        let one_year = is_one_year(axis.len() as f64 * axis.step_h(), hours, settings.min_present);
        Self {
            hours,
            mean_kw,
            max_kw,
            max_start: all.max.map(|at| axis.instant(at.index)),
            min_kw,
            min_start: all.min.map(|at| axis.instant(at.index)),
            base_kw,
            peak_kw,
            load_factor: ratio(mean_kw, max_kw),
            base_to_peak: ratio(base_kw, peak_kw),
            base_share: ratio(base_kw, mean_kw),
            utilisation_hours: ratio(all.kwh, max_kw).filter(|_| one_year),
            peak_valley_kw,
            peak_valley_rate: ratio(peak_valley_kw.filter(|_| min_kw.is_some_and(|kw| kw >= 0.0)), max_kw),
        }
    }
}

/// Whether a span of `span_h` hours, of which `present_h` are there, is one (nearly) whole year.
pub(super) fn is_one_year(span_h: f64, present_h: f64, min_present: f64) -> bool {
    span_h <= LONGEST_YEAR_DAYS * 24.0 && present_h >= min_present * YEAR_DAYS * 24.0
}

/// `numerator / denominator`; `None` where one is unknown, the numerator is negative or the
/// denominator is not positive.
pub(super) fn ratio(numerator: Option<f64>, denominator: Option<f64>) -> Option<f64> {
    let (numerator, denominator) = (numerator?, denominator?);
    let quotient = numerator / denominator;
    (numerator >= 0.0 && denominator > 0.0 && quotient.is_finite()).then_some(quotient)
}
