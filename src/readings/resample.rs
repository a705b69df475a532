//! Coarser steps: energy is conserved, and what rests on a part of its interval says so.

use std::sync::Arc;

use super::{Flag, Readings, Series};
use crate::error::{ErrorKind, Result};
use crate::time::{DAY_S, TimeAxis};

impl Readings {
    /// The readings on a coarser step, on the wall clock's grid: energy is summed; powers, voltages, currents and
    /// power factors are averaged over what is there.
    ///
    /// Every value that is there is counted in exactly one new interval, so the total of an energy is conserved.
    /// An interval with nothing is missing; one with a part has the part's sum or mean and
    /// [`Flag::Incomplete`]; one with an estimate has the estimate's flag. The first and last interval are
    /// incomplete where the readings begin or end inside them.
    ///
    /// # Errors
    /// A step that is not a multiple of the present one or does not divide a day.
    ///
    /// ```
    /// use wattlens::readings::{Channel, Readings, Series};
    /// use wattlens::time::{TimeAxis, Zone};
    /// let axis = TimeAxis::new(0, 900, 8, Zone::named("UTC")?)?;
    /// let values = vec![1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN, 7.0, 8.0];
    /// let hourly = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])?.resample(3600)?;
    /// assert_eq!(hourly.series(Channel::IMPORT_KWH).unwrap().values(), [10.0, 20.0]);
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn resample(&self, step_s: i64) -> Result<Self> {
        let old = self.axis.step_s();
        if step_s < old || step_s % old != 0 || DAY_S % step_s != 0 || step_s == DAY_S {
            return Err(ErrorKind::Resample { step_s: old, wanted_s: step_s }.into());
        }
        let offset_s =
            self.axis.zone().segments(self.axis.start(), self.axis.start() + 1).first().map_or(0, |s| s.offset_s);
        let start = (self.axis.start() + offset_s).div_euclid(step_s) * step_s - offset_s;
        let len = (self.axis.end() - start + step_s - 1).div_euclid(step_s) as usize;
        let axis = TimeAxis::new(start, step_s, len, self.axis.zone().clone())?;
        let ratio = (step_s / old) as usize;

        let series = self
            .series
            .iter()
            .map(|one| {
                let mut values = vec![f64::NAN; len];
                let mut flags = vec![Flag::Missing; len];
                for index in 0..len {
                    let from = axis.instant(index);
                    let range = self.axis.range(from, from + step_s);
                    let (part, part_flags) = (&one.values()[range.clone()], &one.flags()[range]);
                    if let Some(sum) = super::channel::total(part) {
                        let whole = part.len() == ratio && part_flags.iter().all(|flag| flag.is_whole());
                        let count = part.iter().filter(|value| !value.is_nan()).count();
                        values[index] = if one.channel().quantity.is_energy() { sum } else { sum / count as f64 };
                        let odd = || part_flags.iter().copied().reduce(Flag::or_worse);
                        flags[index] = if whole { odd().unwrap_or_default() } else { Flag::Incomplete };
                    }
                }
                Series::with_flags(one.channel(), values, flags)
            })
            .collect();
        let raw = self.raw.as_ref().map(|raw| raw.resample(step_s)).transpose()?.map(Arc::new);
        Ok(Self { axis: axis.clone(), local: Arc::new(axis.local_time()), series, raw, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Channel;
    use super::*;
    use crate::time::Zone;
    use proptest::prelude::*;

    #[test]
    fn steps_that_do_not_fit_are_refused() {
        let axis = TimeAxis::new(0, 900, 96, Zone::named("UTC").unwrap()).unwrap();
        let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![1.0; 96])]).unwrap();
        for step in [600, 450, 86_400, 5400 * 7] {
            assert!(readings.resample(step).unwrap_err().to_string().contains("multiple of 900 s"), "{step}");
        }
    }

    #[test]
    fn an_estimate_among_samples_makes_an_estimate() {
        let axis = TimeAxis::new(0, 900, 8, Zone::named("UTC").unwrap()).unwrap();
        let mut flags = vec![Flag::Sampled; 8];
        flags[1] = Flag::Linear;
        let series = Series::with_flags(Channel::IMPORT_KWH, vec![1.0; 8], flags);
        let hourly = Readings::new(axis, vec![series]).unwrap().resample(3600).unwrap();
        assert_eq!(hourly.all_series()[0].flags(), [Flag::Linear, Flag::Sampled]);
    }

    proptest! {
        #[test]
        fn energy_is_conserved(
            start in 1_600_000_000i64..1_600_100_000,
            values in prop::collection::vec(prop::option::weighted(0.9, 0.0..100.0f64), 1..400),
            step in prop::sample::select(vec![1800i64, 3600, 7200, 21_600]),
        ) {
            let values: Vec<f64> = values.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect();
            let axis = TimeAxis::new(start, 900, values.len(), Zone::named("Europe/Berlin").unwrap()).unwrap();
            let fine = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)]).unwrap();
            let coarse = fine.resample(step).unwrap();
            let (a, b) = (fine.all_series()[0].total(), coarse.all_series()[0].total());
            match (a, b) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0)),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }
}
