//! The handle of a site, and every analysis of one; each gives its result as JSON.

use std::sync::Arc;

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::calendar::Calendar;
use super::errors::{from_json, json};
use super::readings::Readings;
use super::tariff::Tariff;
use crate::{anomaly, diagnosis, electrical, profile, savings, site, tariff};

/// A site; see the Python class of the same name.
#[pyclass(frozen, module = "wattlens._core")]
pub(super) struct Site(pub(super) site::Site);

#[pymethods]
impl Site {
    #[new]
    #[pyo3(signature = (name, readings, calendar, contract, supply = "{}"))]
    fn new(
        name: Option<String>,
        readings: &Readings,
        calendar: &Calendar,
        contract: &str,
        supply: &str,
    ) -> PyResult<Self> {
        let contract = from_json("contract", contract)?;
        let site = site::Site::new(name, Arc::clone(&readings.0), calendar.0.clone(), contract)?;
        Ok(Self(site.with_supply(from_json("supply", supply)?)?))
    }

    /// What the electrical rules find.
    fn check_electrical(&self, py: Python<'_>, settings: &str) -> PyResult<String> {
        let settings: electrical::Settings = from_json("electrical", settings)?;
        json(&py.detach(|| electrical::check(&self.0, &settings))?)
    }

    /// Mean power of the imported energy in every interval.
    fn load_kw<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_vec(py, self.0.readings().load_kw())
    }

    /// Expected load of every interval and its scale.
    fn expected<'py>(&self, py: Python<'py>) -> (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>) {
        let expected = py.detach(|| diagnosis::expected(&self.0));
        (PyArray1::from_vec(py, expected.kw), PyArray1::from_vec(py, expected.scale_kw))
    }

    fn profile(&self, py: Python<'_>, settings: &str) -> PyResult<String> {
        let settings: profile::Settings = from_json("settings", settings)?;
        settings.check()?;
        json(&py.detach(|| profile::profile(&self.0, &settings)))
    }

    /// Anomalies under some settings and against an expectation, of none the seasonal one; with a tariff, with their money.
    #[pyo3(signature = (settings, tariff = None, expected = None))]
    fn anomalies(
        &self,
        py: Python<'_>,
        settings: &str,
        tariff: Option<&Tariff>,
        expected: Option<(PyReadonlyArray1<'_, f64>, PyReadonlyArray1<'_, f64>)>,
    ) -> PyResult<String> {
        let settings =
            diagnosis::Settings { anomaly: from_json("anomaly", settings)?, ..diagnosis::Settings::default() };
        settings.anomaly.check()?;
        let expected = expected.map(|(kw, scale_kw)| anomaly::Expected {
            kw: kw.as_array().to_vec(),
            scale_kw: scale_kw.as_array().to_vec(),
        });
        json(&py.detach(|| {
            let mut findings = diagnosis::find_anomalies(&self.0, &settings, expected.as_ref());
            if let Some(tariff) = tariff {
                tariff::price_findings(&mut findings, &self.0, &tariff.0)?;
            }
            crate::Result::Ok(findings)
        })?)
    }

    /// Where sites depart from the others: places and Findings.
    #[staticmethod]
    fn departures(py: Python<'_>, sites: Vec<Py<Site>>) -> PyResult<String> {
        let sites: Vec<&site::Site> = sites.iter().map(|site| &site.get().0).collect();
        json(&py.detach(|| anomaly::departures(&sites)))
    }

    /// How far every interval is from ordinary.
    fn anomaly_scores<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_vec(py, py.detach(|| anomaly::score(&self.0, &self.0.readings().load_kw())))
    }

    /// The same findings with their money.
    fn price_findings(&self, py: Python<'_>, findings: &str, tariff: &Tariff) -> PyResult<String> {
        let mut findings: Vec<crate::Finding> = from_json("findings", findings)?;
        py.detach(|| tariff::price_findings(&mut findings, &self.0, &tariff.0))?;
        json(&findings)
    }

    fn savings(&self, py: Python<'_>, tariff: &Tariff) -> PyResult<String> {
        json(&py.detach(|| savings::estimate_savings(&self.0, &tariff.0))?)
    }

    fn diagnose(&self, py: Python<'_>, tariff: Option<&Tariff>) -> PyResult<String> {
        let settings = diagnosis::Settings::default();
        json(&py.detach(|| diagnosis::diagnose(&self.0, tariff.map(|tariff| &tariff.0), &settings))?)
    }
}
