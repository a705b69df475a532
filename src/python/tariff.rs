//! The handle of a tariff.

use std::collections::BTreeMap;

use numpy::PyArray1;
use pyo3::prelude::*;
use rust_decimal::Decimal;

use super::errors::{from_json, json};
use super::readings::Readings;
use crate::tariff::{self, BillingQuantities};

/// A checked tariff; see the Python class of the same name.
#[pyclass(frozen, eq, module = "wattlens._core")]
#[derive(Clone, PartialEq)]
pub(super) struct Tariff(pub(super) tariff::Tariff);

#[pymethods]
impl Tariff {
    #[new]
    fn new(text: &str, origin: &str, assumed_in_force: bool) -> PyResult<Self> {
        let tariff = tariff::Tariff::from_json(text, origin)?;
        Ok(Self(if assumed_in_force { tariff.assume_in_force() } else { tariff }))
    }

    #[staticmethod]
    fn load(id: &str) -> PyResult<Self> {
        Ok(Self(tariff::load(id)?))
    }

    /// Its fields as JSON.
    fn json(&self) -> PyResult<String> {
        json(self.0.sheet())
    }

    #[getter]
    fn is_assumed_in_force(&self) -> bool {
        self.0.is_assumed_in_force()
    }

    fn assume_in_force(&self) -> Self {
        Self(self.0.assume_in_force())
    }

    fn missing_prices(&self) -> Vec<&str> {
        self.0.missing_prices()
    }

    fn with_prices(&self, prices: &str) -> PyResult<Self> {
        let prices: BTreeMap<String, Decimal> = from_json("prices", prices)?;
        Ok(Self(self.0.with_prices(&prices)?))
    }

    /// Price of one more kWh in each period, as (period, decimal text).
    fn period_prices(&self) -> PyResult<Vec<(String, String)>> {
        let prices = self.0.period_prices()?;
        Ok(self
            .0
            .period_names()
            .iter()
            .cloned()
            .zip(prices.iter().map(|price| price.normalize().to_string()))
            .collect())
    }

    /// Price of one more kWh in every interval.
    fn interval_prices<'py>(&self, py: Python<'py>, readings: &Readings) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(PyArray1::from_vec(py, py.detach(|| self.0.interval_prices(&readings.0))?))
    }

    /// The bill of entered quantities.
    fn bill(&self, quantities: &str, contract: &str) -> PyResult<String> {
        let quantities: BillingQuantities = from_json("quantities", quantities)?;
        let contract = from_json("contract", contract)?;
        json(&self.0.bill(&quantities, &contract)?)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String, String, bool))> {
        let this = slf.get();
        let origin = this.0.sheet().id.clone();
        Ok((slf.get_type().into_any(), (this.json()?, origin, this.0.is_assumed_in_force())))
    }
}
