//! The handle of a tariff.

use std::collections::BTreeMap;

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::calendar::Calendar;
use super::errors::{from_json, json};
use super::site::Site;
use crate::tariff::{self, BillingOptions, BillingQuantities, Given, GivenPrice, PriceSeries, PricedBill};

/// A checked tariff; see the Python class of the same name.
#[pyclass(frozen, eq, module = "wattlens._core")]
#[derive(Clone, PartialEq)]
pub(super) struct Tariff(pub(super) tariff::Tariff);

#[pymethods]
impl Tariff {
    #[new]
    fn new(text: &str, origin: &str, given: &str) -> PyResult<Self> {
        let given: Given = from_json("given", given)?;
        Ok(Self(tariff::Tariff::from_json(text, origin)?.with_given(given)?))
    }

    #[staticmethod]
    fn load(id: &str) -> PyResult<Self> {
        Ok(Self(tariff::load(id)?))
    }

    /// Everything wrong or odd in the text of a tariff, as JSON.
    #[staticmethod]
    fn problems(text: &str) -> PyResult<String> {
        json(&tariff::Tariff::problems(text))
    }

    /// The JSON Schema of tariffs.
    #[staticmethod]
    fn json_schema() -> PyResult<String> {
        json(&tariff::Tariff::json_schema())
    }

    /// The periods of every schedule, day by kind of day, as JSON.
    fn period_tables(&self) -> PyResult<String> {
        json(&self.0.period_tables())
    }

    /// A rate of the OpenEI Utility Rate Database.
    #[staticmethod]
    fn from_urdb(py: Python<'_>, text: &str, origin: &str, label: Option<&str>) -> PyResult<Self> {
        Ok(Self(py.detach(|| tariff::Tariff::from_urdb(text, origin, label))?))
    }

    /// Its fields as JSON.
    fn json(&self) -> PyResult<String> {
        json(self.0.sheet())
    }

    /// What was given beside the JSON, as JSON.
    fn given(&self) -> PyResult<String> {
        json(self.0.given())
    }

    /// The same tariff with what was given beside the JSON.
    fn with_given(&self, given: &str) -> PyResult<Self> {
        let given: Given = from_json("given", given)?;
        Ok(Self(self.0.with_given(given)?))
    }

    /// The same tariff with the days of a trigger by daily maximum temperatures.
    fn with_daily_maximum(&self, trigger: &str, celsius: &str) -> PyResult<Self> {
        let celsius: BTreeMap<jiff::civil::Date, f64> = from_json("celsius", celsius)?;
        Ok(Self(self.0.with_daily_maximum(trigger, &celsius)?))
    }

    /// What to check before relying on it, as JSON.
    fn warnings(&self) -> PyResult<String> {
        json(&self.0.warnings())
    }

    /// The same tariff with the prices of a series.
    #[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
    fn with_series(&self, name: &str, start: i64, step_s: i64, prices: PyReadonlyArray1<'_, f64>) -> PyResult<Self> {
        let series = PriceSeries { start, step_s, prices: prices.as_array().to_vec() };
        Ok(Self(self.0.with_series(name, series)?))
    }

    /// Names of the price series that it needs.
    fn series_names(&self) -> Vec<String> {
        self.0.series_names().into_iter().map(str::to_owned).collect()
    }

    /// What it can need of a contract and readings, as codes.
    fn needs(&self) -> Vec<&'static str> {
        self.0.needs()
    }

    #[getter]
    fn is_assumed_in_force(&self) -> bool {
        self.0.is_assumed_in_force()
    }

    fn assume_in_force(&self) -> Self {
        Self(self.0.assume_in_force())
    }

    fn missing_prices(&self) -> Vec<String> {
        self.0.missing_prices()
    }

    fn with_prices(&self, prices: &str) -> PyResult<Self> {
        let prices: BTreeMap<String, GivenPrice> = from_json("prices", prices)?;
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
    fn prices<'py>(&self, py: Python<'py>, site: &Site) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(PyArray1::from_vec(py, py.detach(|| self.0.prices(&site.0))?))
    }

    /// The bills of a site over billing periods.
    fn bill_site(&self, py: Python<'_>, site: &Site, options: &str) -> PyResult<String> {
        let options: BillingOptions = from_json("options", options)?;
        json(&py.detach(|| self.0.bill_site(&site.0, &options))?)
    }

    /// The bill of entered quantities.
    fn bill(&self, quantities: &str, contract: &str) -> PyResult<String> {
        let quantities: BillingQuantities = from_json("quantities", quantities)?;
        let contract = from_json("contract", contract)?;
        json(&self.0.bill(&quantities, &contract)?)
    }

    /// What stands behind the lines of the bill of these quantities.
    #[pyo3(signature = (quantities, contract, calendar=None))]
    fn explain(&self, quantities: &str, contract: &str, calendar: Option<&Calendar>) -> PyResult<String> {
        let quantities: BillingQuantities = from_json("quantities", quantities)?;
        let contract = from_json("contract", contract)?;
        json(&self.0.explain(&quantities, &contract, calendar.map(|calendar| &calendar.0))?)
    }

    /// The bill of these quantities against a paper bill.
    fn reconcile(&self, py: Python<'_>, quantities: &str, contract: &str, paper: &str) -> PyResult<String> {
        let quantities: BillingQuantities = from_json("quantities", quantities)?;
        let contract = from_json("contract", contract)?;
        let paper = from_json("paper", paper)?;
        json(&py.detach(|| tariff::reconcile(&self.0, &quantities, &contract, &paper))?)
    }

    /// Unknown prices from as many bills.
    #[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
    fn solve_prices(&self, bills: &str, unknown: Vec<String>, tolerance: &str) -> PyResult<String> {
        let bills: Vec<PricedBill> = from_json("bills", bills)?;
        let tolerance = from_json("tolerance", tolerance)?;
        json(&tariff::solve_prices(&self.0, &bills, &unknown, tolerance)?)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String, String, String))> {
        let this = slf.get();
        let origin = this.0.sheet().id.clone();
        Ok((slf.get_type().into_any(), (this.json()?, origin, this.given()?)))
    }
}
