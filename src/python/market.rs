//! What changed between bills, tariffs side by side, variants of a contract.

use pyo3::prelude::*;

use super::errors::{from_json, json};
use super::site::Site;
use super::tariff::Tariff;
use crate::site::Contract;
use crate::tariff::{self, Bill};

/// The change between two sets of bills, as JSON.
#[pyfunction]
#[pyo3(signature = (before, after, site=None))]
pub(super) fn explain_change(before: &str, after: &str, site: Option<&Site>) -> PyResult<String> {
    let (before, after): (Vec<Bill>, Vec<Bill>) = (from_json("before", before)?, from_json("after", after)?);
    json(&tariff::explain_change(&before, &after, site.map(|site| &site.0))?)
}

/// The change of every month to the month or the year before, as JSON.
#[pyfunction]
#[pyo3(signature = (bills, against, site=None))]
pub(super) fn explain_changes(bills: &str, against: &str, site: Option<&Site>) -> PyResult<String> {
    let bills: Vec<Bill> = from_json("bills", bills)?;
    json(&tariff::explain_changes(&bills, from_json("against", against)?, site.map(|site| &site.0))?)
}

/// Tariffs with contracts side by side, as JSON.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn compare_tariffs(
    py: Python<'_>,
    site: &Site,
    tariffs: Vec<PyRef<'_, Tariff>>,
    contracts: &str,
) -> PyResult<String> {
    let tariffs: Vec<tariff::Tariff> = tariffs.iter().map(|tariff| tariff.0.clone()).collect();
    let contracts: Vec<Contract> = from_json("contracts", contracts)?;
    json(&py.detach(|| tariff::compare_tariffs(&site.0, &tariffs, &contracts))?)
}

/// Totals under many contracts, as JSON.
#[pyfunction]
pub(super) fn what_if(py: Python<'_>, site: &Site, tariff: &Tariff, contracts: &str) -> PyResult<String> {
    let contracts: Vec<Contract> = from_json("contracts", contracts)?;
    json(&py.detach(|| tariff::what_if(&site.0, &tariff.0, &contracts))?)
}
