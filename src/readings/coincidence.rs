//! How far the peaks of several meters come together (同时率).

use serde::{Deserialize, Serialize};

use super::{Channel, Readings, union};
use crate::error::{ErrorKind, Result};

/// The peak of a group of meters beside the peaks of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coincidence {
    /// Highest sum over its meters' own highest powers, `max(ΣP) / Σmax(P)`: 1 where all peak at once (同时系数).
    /// `None` where no interval is known of all meters or no power is above zero.
    pub factor: Option<f64>,
    /// Highest sum of the powers \[kW or kvar\].
    pub peak_kw: Option<f64>,
    /// Start of the first interval with it, UTC seconds.
    pub peak_start: Option<i64>,
    /// Sum of the meters' own highest powers \[kW or kvar\].
    pub sum_of_peaks_kw: Option<f64>,
    /// Intervals known of all meters, from which everything here comes.
    pub intervals: usize,
    /// Intervals from the earliest start to the latest end.
    pub all_intervals: usize,
    /// One entry a meter, in the order given.
    pub meters: Vec<MeterPeak>,
}

/// One meter's part in the peak of its group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeterPeak {
    /// The meter.
    pub meter: Option<String>,
    /// Its own highest power within the intervals known of all \[kW or kvar\].
    pub peak_kw: Option<f64>,
    /// Start of the first interval with it.
    pub peak_start: Option<i64>,
    /// Its power at the group's peak.
    pub at_group_peak_kw: Option<f64>,
    /// That over the group's peak.
    pub share: Option<f64>,
}

/// Coincidence of one channel of several meters, an energy or a power.
///
/// Only intervals whose value is whole in every meter count, for the group's peak and for each meter's own, so that
/// the factor never exceeds 1 for powers that are not negative. Energies are mean powers of their intervals.
/// The definition is that of engineering practice.
///
/// # Errors
/// Zones, steps or grids that differ; a meter without the channel; a channel that does not add up.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series, coincidence};
/// use wattlens::time::{TimeAxis, Zone};
/// let meter = |values: Vec<f64>| {
///     let axis = TimeAxis::new(0, 3600, values.len(), Zone::named("UTC")?)?;
///     Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])
/// };
/// let (day, night) = (meter(vec![30.0, 10.0])?, meter(vec![10.0, 20.0])?);
/// let group = coincidence(&[&day, &night], Channel::IMPORT_KWH)?;
/// assert_eq!((group.peak_kw, group.sum_of_peaks_kw, group.factor), (Some(40.0), Some(50.0), Some(0.8)));
/// assert_eq!(group.meters[0].share, Some(0.75));
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn coincidence(parts: &[&Readings], channel: Channel) -> Result<Coincidence> {
    let group = super::meters::sum(parts, Some(&[channel]))?;
    let axis = union::axis(parts)?;
    let per_unit = if channel.quantity.is_energy() { axis.step_h() } else { 1.0 };
    let Some(total) = group.series(channel) else { return Err(ErrorKind::NoReadings.into()) };
    let known: Vec<usize> =
        total.flags().iter().enumerate().filter(|(_, flag)| flag.is_whole()).map(|(at, _)| at).collect();
    let highest = |value_at: &dyn Fn(usize) -> Option<f64>| -> Option<(usize, f64)> {
        known
            .iter()
            .filter_map(|at| Some((*at, value_at(*at)?)))
            .reduce(|best, one| if one.1 > best.1 { one } else { best })
    };
    let peak = highest(&|at| total.values().get(at).map(|value| value / per_unit));
    let meters: Vec<MeterPeak> = parts
        .iter()
        .map(|part| {
            let offset = union::offset(&axis, part);
            let power = |at: usize| {
                let value = part.series(channel)?.values().get(at.checked_sub(offset)?)?;
                Some(value / per_unit)
            };
            let own = highest(&power);
            let at_group_peak_kw = peak.and_then(|(at, _)| power(at));
            MeterPeak {
                meter: part.meter().map(str::to_owned),
                peak_kw: own.map(|(_, kw)| kw),
                peak_start: own.map(|(at, _)| axis.instant(at)),
                at_group_peak_kw,
                share: at_group_peak_kw.zip(peak).map(|(kw, (_, all))| kw / all).filter(|share| share.is_finite()),
            }
        })
        .collect();
    let sum_of_peaks_kw = meters.iter().map(|meter| meter.peak_kw).sum::<Option<f64>>().filter(|_| !known.is_empty());
    let factor = peak.zip(sum_of_peaks_kw).filter(|(_, sum)| *sum > 0.0).map(|((_, kw), sum)| kw / sum);
    Ok(Coincidence {
        factor,
        peak_kw: peak.map(|(_, kw)| kw),
        peak_start: peak.map(|(at, _)| axis.instant(at)),
        sum_of_peaks_kw,
        intervals: known.len(),
        all_intervals: axis.len(),
        meters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::Series;
    use crate::time::{TimeAxis, Zone};
    use proptest::prelude::*;

    fn meter(start: i64, values: &[f64]) -> Readings {
        let axis = TimeAxis::new(start, 900, values.len(), Zone::named("UTC").unwrap()).unwrap();
        Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values.to_vec())]).unwrap()
    }

    #[test]
    fn only_intervals_known_of_all_count() {
        // The first meter's 100 falls where the second is missing: it is no peak of the group.
        let group =
            coincidence(&[&meter(0, &[100.0, 2.0, 1.0]), &meter(900, &[3.0, 5.0])], Channel::IMPORT_KWH).unwrap();
        assert_eq!((group.peak_kw, group.peak_start), (Some(24.0), Some(1800)));
        assert_eq!(group.sum_of_peaks_kw, Some(28.0)); // 8 kW and 20 kW
        assert_eq!(group.factor, Some(24.0 / 28.0));
        assert_eq!((group.intervals, group.all_intervals), (2, 3));
        let none = coincidence(&[&meter(0, &[1.0]), &meter(900, &[1.0])], Channel::IMPORT_KWH).unwrap();
        assert_eq!((none.factor, none.peak_kw, none.sum_of_peaks_kw), (None, None, None));
    }

    proptest! {
        #[test]
        fn the_factor_lies_between_one_over_n_and_one(
            values in prop::collection::vec(prop::collection::vec(0.1..50.0f64, 12), 1..5),
        ) {
            let meters: Vec<Readings> = values.iter().map(|values| meter(0, values)).collect();
            let group = coincidence(&meters.iter().collect::<Vec<_>>(), Channel::IMPORT_KWH).unwrap();
            let factor = group.factor.unwrap();
            prop_assert!(factor <= 1.0 + 1e-12 && factor >= 1.0 / meters.len() as f64 - 1e-12);
            let shares: f64 = group.meters.iter().filter_map(|meter| meter.share).sum();
            prop_assert!((shares - 1.0).abs() < 1e-12);
        }
    }
}
