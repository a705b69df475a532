//! Supply points with several meters: their quantities added, or a share of a common meter's.

use std::collections::BTreeMap;

use super::carried::Carried;
use super::quantities::BillingQuantities;
use crate::error::{ErrorKind, Result};

impl BillingQuantities {
    /// The quantities of several meters of one supply point as one.
    ///
    /// Energies, reactive energies, losses and missing hours add. Demands add too: each incoming line's own maximum is
    /// billed (practice of Chinese two-part tariffs; a source named in the reference, not the notice itself). For a
    /// coincident demand, sum the readings first and measure once. What one meter has not measured, the sum does not
    /// have. The missing share is the mean of the meters'.
    ///
    /// # Errors
    /// No quantities; other dates, or another split at changes of the tariff, than the first; several that take over
    /// from bills before.
    ///
    /// ```
    /// use wattlens::tariff::BillingQuantities;
    /// let (from, until) = ("2026-04-01".parse()?, "2026-05-01".parse()?);
    /// let of = |kwh: f64, demand_kw| {
    ///     let kwh = [("flat".to_owned(), kwh)].into();
    ///     BillingQuantities { from, until, kwh, demand_kw, ..BillingQuantities::default() }
    /// };
    /// let both = BillingQuantities::sum(&[of(1000.0, Some(40.0)), of(500.0, Some(10.0))])?;
    /// assert_eq!((both.kwh["flat"], both.demand_kw), (1500.0, Some(50.0)));
    /// assert_eq!(BillingQuantities::sum(&[of(1000.0, Some(40.0)), of(500.0, None)])?.demand_kw, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sum(meters: &[Self]) -> Result<Self> {
        let Some((first, others)) = meters.split_first() else {
            return fail("found no meter, expected at least one".to_owned());
        };
        let mut sum = first.clone();
        for other in others {
            if (other.from, other.until) != (sum.from, sum.until) {
                let (from, until) = (sum.from, sum.until);
                return fail(format!(
                    "found {} to before {} beside {from} to before {until}, expected the same dates of every meter",
                    other.from, other.until
                ));
            }
            let cuts = |one: &Self| one.parts.iter().map(|part| part.from).collect::<Vec<_>>();
            if cuts(other) != cuts(&sum) {
                let found = (sum.parts.len(), other.parts.len());
                return fail(format!(
                    "found {} and {} parts, expected every meter split where the tariff changes, or none",
                    found.0, found.1
                ));
            }
            if other.carried != Carried::default() && sum.carried != Carried::default() {
                return fail(
                    "two meters take over from bills before; give `carried` once, it is the bill's".to_owned(),
                );
            }
            sum = sum.with(other);
        }
        let count = meters.len() as f64;
        sum.missing_share = meters.iter().map(|one| one.missing_share).sum::<f64>() / count;
        for (at, part) in sum.parts.iter_mut().enumerate() {
            part.missing_share = meters.iter().map(|one| one.parts[at].missing_share).sum::<f64>() / count;
        }
        Ok(sum)
    }

    /// A share of the quantities of a common meter, e.g. 0.4 of a line that two firms have together.
    ///
    /// Dates, shares of missing readings and what is carried stay as they are.
    ///
    /// # Errors
    /// A share that is not between 0 and 1.
    ///
    /// ```
    /// use wattlens::tariff::BillingQuantities;
    /// let common = BillingQuantities { kwh: [("flat".to_owned(), 1000.0)].into(), ..BillingQuantities::default() };
    /// assert_eq!(common.share(0.4)?.kwh["flat"], 400.0);
    /// assert!(common.share(40.0).is_err());
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn share(&self, share: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&share) {
            return fail(format!("found a share of {share}, expected 0 to 1"));
        }
        let of = |value: Option<f64>| value.map(|value| share * value);
        let all =
            |values: &BTreeMap<String, f64>| values.iter().map(|(key, value)| (key.clone(), share * value)).collect();
        Ok(Self {
            kwh: all(&self.kwh),
            other_kwh: all(&self.other_kwh),
            export_kwh: all(&self.export_kwh),
            import_kvarh: of(self.import_kvarh),
            export_kvarh: of(self.export_kvarh),
            power_factor_kwh: of(self.power_factor_kwh),
            demand_kw: of(self.demand_kw),
            by_component: self.by_component.iter().map(|(id, values)| (id.clone(), all(values))).collect(),
            estimated_kwh: share * self.estimated_kwh,
            loss_kwh: of(self.loss_kwh),
            loss_kvarh: of(self.loss_kvarh),
            parts: self.parts.iter().map(|part| part.share(share)).collect::<Result<_>>()?,
            ..self.clone()
        })
    }

    /// The sum with another meter of the same dates and parts.
    fn with(&self, other: &Self) -> Self {
        let both = |a: Option<f64>, b: Option<f64>| Some(a? + b?);
        // A meter without reactive energy to the grid, or without losses, has none of it.
        let either = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or_default() + b.unwrap_or_default()),
        };
        let has_own = self.power_factor_kwh.is_some() || other.power_factor_kwh.is_some();
        Self {
            kwh: added(&self.kwh, &other.kwh),
            other_kwh: added(&self.other_kwh, &other.other_kwh),
            export_kwh: added(&self.export_kwh, &other.export_kwh),
            missing_h: added(&self.missing_h, &other.missing_h),
            import_kvarh: both(self.import_kvarh, other.import_kvarh),
            export_kvarh: either(self.export_kvarh, other.export_kvarh),
            power_factor_kwh: has_own.then(|| self.kwh_of_power_factor() + other.kwh_of_power_factor()),
            demand_kw: both(self.demand_kw, other.demand_kw),
            demand_at: self.demand_at.filter(|at| other.demand_at == Some(*at)),
            demand_origin: self.demand_origin.filter(|origin| other.demand_origin == Some(*origin)),
            by_component: self
                .by_component
                .iter()
                .filter_map(|(id, mine)| Some((id.clone(), added(mine, other.by_component.get(id)?))))
                .collect(),
            estimated_kwh: self.estimated_kwh + other.estimated_kwh,
            loss_kwh: either(self.loss_kwh, other.loss_kwh),
            loss_kvarh: either(self.loss_kvarh, other.loss_kvarh),
            carried: if self.carried == Carried::default() { other.carried.clone() } else { self.carried.clone() },
            parts: self.parts.iter().zip(&other.parts).map(|(part, other)| part.with(other)).collect(),
            ..self.clone()
        }
    }
}

fn added(a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let mut sums = a.clone();
    for (key, value) in b {
        *sums.entry(key.clone()).or_default() += value;
    }
    sums
}

fn fail<T>(problem: String) -> Result<T> {
    Err(ErrorKind::Site { field: "quantities".to_owned(), problem }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn april(day: f64, kvarh: Option<f64>) -> BillingQuantities {
        BillingQuantities {
            from: "2026-04-01".parse().unwrap(),
            until: "2026-05-01".parse().unwrap(),
            kwh: [("day".to_owned(), day), ("night".to_owned(), 10.0)].into(),
            import_kvarh: kvarh,
            by_component: [("demand".to_owned(), [("all".to_owned(), day / 10.0)].into())].into(),
            missing_share: 0.02,
            ..BillingQuantities::default()
        }
    }

    #[test]
    fn what_one_meter_has_not_measured_the_sum_does_not_have() {
        let sum = BillingQuantities::sum(&[april(100.0, Some(30.0)), april(50.0, Some(5.0))]).unwrap();
        assert_eq!((sum.kwh["day"], sum.kwh["night"], sum.import_kvarh), (150.0, 20.0, Some(35.0)));
        assert_eq!((sum.by_component["demand"]["all"], sum.missing_share), (15.0, 0.02));
        assert_eq!(sum.kwh_of_power_factor(), 170.0);
        let sum = BillingQuantities::sum(&[april(100.0, Some(30.0)), april(50.0, None)]).unwrap();
        assert_eq!(sum.import_kvarh, None);
        // A meter without energy of its own for the power factor counts with all it has.
        let own = BillingQuantities { power_factor_kwh: Some(90.0), ..april(100.0, Some(30.0)) };
        let sum = BillingQuantities::sum(&[own, april(50.0, Some(5.0))]).unwrap();
        assert_eq!(sum.power_factor_kwh, Some(150.0));
    }

    #[test]
    fn meters_of_other_dates_are_refused() {
        let may = BillingQuantities { until: "2026-06-01".parse().unwrap(), ..april(1.0, None) };
        assert!(BillingQuantities::sum(&[april(1.0, None), may]).unwrap_err().to_string().contains("2026-06-01"));
        assert!(BillingQuantities::sum(&[]).unwrap_err().to_string().contains("no meter"));
        let split = BillingQuantities { parts: vec![april(1.0, None)], ..april(1.0, None) };
        assert!(BillingQuantities::sum(&[april(1.0, None), split]).unwrap_err().to_string().contains("parts"));
    }
}
