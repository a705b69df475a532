//! The load duration curve: how long the load is at or above a level.

use serde::Serialize;

use crate::stats::quantile_sorted;

/// Points of the curve: shares of time from 0 to 1 in steps of 0.1 %.
const POINTS: usize = 1001;
/// Bins of the histogram.
const BINS: usize = 20;
/// Levels, as shares of the peak, whose hours are counted.
const LEVELS: [f64; 5] = [0.9, 0.8, 0.7, 0.6, 0.5];

/// Hours at or above a share of the peak.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HoursAbove {
    /// Share of the maximum.
    pub share_of_peak: f64,
    /// Level \[kW\].
    pub kw: f64,
    /// Time at or above it \[h\].
    pub hours: f64,
}

/// Hours in a bin of load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LoadBin {
    /// Lower edge, inside \[kW\].
    pub from_kw: f64,
    /// Upper edge, outside except in the last bin \[kW\].
    pub to_kw: f64,
    /// Time in it \[h\].
    pub hours: f64,
}

/// The load duration curve (负荷持续曲线) of all readings that are there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Duration {
    /// Load that is reached or exceeded for a share of the time \[kW\]: entry i for i / 1000, so the
    /// first is the maximum and the last the minimum; linear between readings.
    pub kw: Vec<f64>,
    /// Hours at or above 90, 80, 70, 60 and 50 % of the maximum; empty where the maximum is not positive.
    pub hours_above: Vec<HoursAbove>,
    /// Hours in 20 equal bins from zero (from the minimum, where that is negative) to the maximum;
    /// empty where these are one.
    pub histogram: Vec<LoadBin>,
    /// (P_max − P_1%) / P_max, where P_1% is exceeded for 1 % of the time: near 0 for a broad peak,
    /// near 1 for a lonely one; `None` where the maximum is not positive or the minimum is negative.
    pub peak_steepness: Option<f64>,
}

impl Duration {
    /// The curve of ascending loads \[kW\] that stand for `step_h` hours each; `None` without any.
    ///
    /// Hours count the readings that are there; nothing is scaled up for gaps. Source: the usual
    /// definition in load analysis, engineering for the steepness.
    ///
    /// ```
    /// use wattlens::profile::Duration;
    /// let curve = Duration::of_sorted(&[10.0, 50.0, 80.0, 100.0], 0.25).unwrap();
    /// assert_eq!((curve.kw[0], curve.kw[1000]), (100.0, 10.0));
    /// assert_eq!((curve.hours_above[1].kw, curve.hours_above[1].hours), (80.0, 0.5));
    /// ```
    #[must_use]
    pub fn of_sorted(sorted_kw: &[f64], step_h: f64) -> Option<Self> {
        let (min, max) = (*sorted_kw.first()?, *sorted_kw.last()?);
        let last = (POINTS - 1) as f64;
        let kw = (0..POINTS).filter_map(|point| quantile_sorted(sorted_kw, 1.0 - point as f64 / last)).collect();
        let below = |level: f64| sorted_kw.partition_point(|kw| *kw < level);
        let hours_above = LEVELS
            .iter()
            .filter(|_| max > 0.0)
            .map(|&share_of_peak| {
                // A level that is a reading's value up to rounding counts that reading.
                let level = share_of_peak * max;
                let hours = (sorted_kw.len() - below(level - 1e-12 * max)) as f64 * step_h;
                HoursAbove { share_of_peak, kw: level, hours }
            })
            .collect();
        let from = min.min(0.0);
        let edge = |bin: usize| from + (max - from) * bin as f64 / BINS as f64;
        let histogram = (0..BINS)
            .filter(|_| max > from)
            .map(|bin| {
                let end = if bin + 1 == BINS { sorted_kw.len() } else { below(edge(bin + 1)) };
                let hours = end.saturating_sub(below(edge(bin))) as f64 * step_h;
                LoadBin { from_kw: edge(bin), to_kw: edge(bin + 1), hours }
            })
            .collect();
        let near_top = quantile_sorted(sorted_kw, 0.99)?;
        let peak_steepness = (max > 0.0 && min >= 0.0).then(|| (max - near_top) / max);
        Some(Self { kw, hours_above, histogram, peak_steepness })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_lonely_peak_is_steep() {
        let mut load = vec![100.0; 999];
        load.push(500.0);
        let curve = Duration::of_sorted(&load, 0.25).unwrap();
        assert_eq!(curve.peak_steepness, Some(0.8));
        assert_eq!(curve.hours_above.iter().map(|above| above.hours).collect::<Vec<_>>(), [0.25; 5]);
        // 100 kW is the lower edge of the fifth bin of 25 kW; the peak is in the last.
        assert_eq!((curve.histogram[4].from_kw, curve.histogram[4].hours), (100.0, 249.75));
        assert_eq!((curve.histogram[19].to_kw, curve.histogram[19].hours), (500.0, 0.25));
    }

    #[test]
    fn a_flat_load_counts_at_every_level_and_a_zero_load_at_none() {
        let flat = Duration::of_sorted(&[0.7; 10], 1.0).unwrap();
        assert_eq!(flat.peak_steepness, Some(0.0));
        assert!(flat.hours_above.iter().all(|above| above.hours == 10.0));
        let zero = Duration::of_sorted(&[0.0; 10], 1.0).unwrap();
        assert!(zero.hours_above.is_empty() && zero.histogram.is_empty() && zero.peak_steepness.is_none());
        assert_eq!(Duration::of_sorted(&[], 1.0), None);
    }

    proptest! {
        #[test]
        fn counting_gives_the_same_hours(
            load in prop::collection::vec(prop::option::weighted(0.95, -50.0..500.0f64), 1..300),
        ) {
            let load: Vec<f64> = load.into_iter().map(|kw| kw.unwrap_or(f64::NAN)).collect();
            let present: Vec<f64> = load.iter().copied().filter(|kw| !kw.is_nan()).collect();
            let mut sorted = present.clone();
            crate::stats::sort(&mut sorted);
            if let Some(curve) = Duration::of_sorted(&sorted, 0.5) {
                for above in &curve.hours_above {
                    let slow = present.iter().filter(|kw| **kw >= above.kw).count() as f64 * 0.5;
                    prop_assert_eq!(above.hours, slow);
                }
                let hours: f64 = curve.histogram.iter().map(|bin| bin.hours).sum();
                prop_assert!(curve.histogram.is_empty() || hours == present.len() as f64 * 0.5);
                prop_assert!(curve.kw.is_sorted_by(|a, b| a >= b));
                prop_assert_eq!(curve.kw[0], present.iter().copied().fold(f64::MIN, f64::max));
            }
        }
    }
}
