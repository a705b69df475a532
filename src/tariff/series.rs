//! A published price for every interval: spot, agency or market.

use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize};

use super::Checked;
use super::component::MAX_PRICE;
use crate::time::{DAY_S, TimeAxis};

/// Prices of intervals with a step of their own.
///
/// Intervals are instants: a local day with a clock change has 23 or 25 hourly prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSeries {
    /// First instant, UTC seconds.
    pub start: i64,
    /// Length of an interval \[s\].
    pub step_s: i64,
    /// Price of each interval \[currency/kWh\]; NaN (`null`) where it is not known. May be negative.
    #[serde(deserialize_with = "null_is_nan")]
    pub prices: Vec<f64>,
}

fn null_is_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let prices = Vec::<Option<f64>>::deserialize(deserializer)?;
    Ok(prices.into_iter().map(|price| price.unwrap_or(f64::NAN)).collect())
}

/// Energy of some readings at the prices of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PricedEnergy {
    /// Energy that has a price \[kWh\].
    pub(crate) kwh: f64,
    /// What it costs at the series' prices \[currency\].
    pub(crate) amount: f64,
    /// Energy without a price \[kWh\].
    pub(crate) unpriced_kwh: f64,
    /// Intervals with energy and without a price.
    pub(crate) unpriced_intervals: usize,
}

impl PriceSeries {
    /// What makes no sense: no price, a step that is none, prices that are infinite or a slip.
    pub(crate) fn check(&self) -> Checked {
        if !(60..=DAY_S).contains(&self.step_s) {
            let problem = format!("found {} s, expected the step of the prices, 60 to {DAY_S} s", self.step_s);
            return Err(("step_s".to_owned(), problem));
        }
        if self.prices.is_empty() {
            return Err(("prices".to_owned(), "found none, expected a price for every interval".to_owned()));
        }
        let limit = super::to_f64(MAX_PRICE);
        match self.prices.iter().position(|price| price.abs() > limit) {
            None => Ok(()),
            Some(at) => {
                let found = self.prices[at];
                Err((format!("prices[{at}]"), format!("found {found}, expected at most {limit:e} a kWh")))
            }
        }
    }

    /// The price that holds throughout `[start, end)`: NaN where a part has none, `None` where it changes inside.
    fn over(&self, start: i64, end: i64) -> Option<f64> {
        let place = |instant: i64| (instant - self.start).div_euclid(self.step_s);
        let price_at = |at: i64| usize::try_from(at).ok().and_then(|at| self.prices.get(at)).copied();
        let mut held = None;
        for at in place(start)..=place(end - 1) {
            match (held, price_at(at)) {
                (_, None) => return Some(f64::NAN),
                (_, Some(price)) if price.is_nan() => return Some(price),
                (None, Some(price)) => held = Some(price),
                (Some(before), Some(price)) if before == price => {}
                _ => {
                    let known = |at| price_at(at).is_some_and(|price| !price.is_nan());
                    return if (at..=place(end - 1)).all(known) { None } else { Some(f64::NAN) };
                }
            }
        }
        held
    }

    /// Calls `each` with stretches of intervals that have one price; see `over` for what it is given.
    pub(crate) fn stretches(
        &self,
        axis: &TimeAxis,
        range: &Range<usize>,
        mut each: impl FnMut(Range<usize>, Option<f64>),
    ) {
        let step_s = axis.step_s();
        let is_nested = self.step_s % step_s == 0 && (axis.start() - self.start) % step_s == 0;
        let mut from = range.start;
        while from < range.end {
            let start = axis.instant(from);
            let to = if is_nested {
                let left_s = self.step_s - (start - self.start).rem_euclid(self.step_s);
                (from + (left_s / step_s) as usize).min(range.end)
            } else {
                from + 1
            };
            each(from..to, self.over(start, axis.instant(to)));
            from = to;
        }
    }

    /// The energy of intervals at the series' prices. A reading that is missing has no energy here.
    ///
    /// `Err` is the start of the first interval with energy inside which the price changes: how much was taken at
    /// which price is not known.
    pub(crate) fn energy(&self, axis: &TimeAxis, kwh: &[f64], range: &Range<usize>) -> Result<PricedEnergy, i64> {
        let mut sums = PricedEnergy::default();
        let mut unclear = None;
        self.stretches(axis, range, |within, price| {
            let energies = || kwh[within.clone()].iter().filter(|kwh| !kwh.is_nan());
            let energy: f64 = energies().sum();
            match price {
                Some(price) if !price.is_nan() => {
                    sums.kwh += energy;
                    sums.amount += energy * price;
                }
                Some(_) => {
                    sums.unpriced_kwh += energy;
                    sums.unpriced_intervals += energies().filter(|kwh| **kwh != 0.0).count();
                }
                None if energy != 0.0 => unclear = unclear.or(Some(axis.instant(within.start))),
                None => {}
            }
        });
        unclear.map_or(Ok(sums), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

    fn axis(step_s: i64, len: usize) -> TimeAxis {
        TimeAxis::new(1_767_225_600, step_s, len, Zone::named("Asia/Shanghai").unwrap()).unwrap()
    }

    fn series(step_s: i64, prices: &[f64]) -> PriceSeries {
        PriceSeries { start: 1_767_225_600, step_s, prices: prices.to_vec() }
    }

    #[test]
    fn an_hourly_price_holds_for_its_four_quarters() {
        let found = series(3600, &[0.5, -0.1]).energy(&axis(900, 8), &[1.0; 8], &(0..8)).unwrap();
        // 4 × 0.5 − 4 × 0.1
        assert_eq!((found.kwh, found.unpriced_kwh), (8.0, 0.0));
        assert!((found.amount - 1.6).abs() < 1e-12);
    }

    #[test]
    fn quarters_inside_an_hour_must_have_one_price_where_energy_was_taken() {
        let prices = series(900, &[0.5, 0.5, 0.5, 0.5, 0.1, 0.2, 0.1, 0.1]);
        let axis = axis(3600, 2);
        assert_eq!(prices.energy(&axis, &[3.0, 0.0], &(0..2)).unwrap().amount, 1.5);
        assert_eq!(prices.energy(&axis, &[3.0, f64::NAN], &(0..2)).unwrap().amount, 1.5);
        assert_eq!(prices.energy(&axis, &[3.0, 1.0], &(0..2)), Err(1_767_225_600 + 3600));
    }

    #[test]
    fn energy_without_a_price_is_counted_and_costs_nothing_yet() {
        let found = series(3600, &[0.5, f64::NAN]).energy(&axis(900, 12), &[1.0; 12], &(0..12)).unwrap();
        // The second hour has no price, the third lies behind the series.
        assert_eq!((found.kwh, found.amount, found.unpriced_kwh, found.unpriced_intervals), (4.0, 2.0, 8.0, 8));
    }

    #[test]
    fn prices_that_begin_off_the_readings_grid_are_taken_interval_by_interval() {
        let shifted = PriceSeries { start: 1_767_225_600 - 600, step_s: 1800, prices: vec![1.0, 1.0, 2.0] };
        // The price changes 20 and 50 minutes on: the fourth quarter, 45 to 60, has both 1 and 2.
        let found = shifted.energy(&axis(900, 4), &[1.0, 1.0, 1.0, 0.0], &(0..4)).unwrap();
        assert_eq!((found.kwh, found.amount), (3.0, 3.0));
        let unclear = shifted.energy(&axis(900, 4), &[1.0, 1.0, 1.0, 1.0], &(0..4));
        assert_eq!(unclear, Err(1_767_225_600 + 2700));
    }
}
