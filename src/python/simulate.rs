//! The simulator.

use std::sync::Arc;

use numpy::PyArray1;
use pyo3::prelude::*;

use super::calendar::Calendar;
use super::errors::{from_json, json};
use super::readings::Readings;
use crate::simulate;

/// Readings, truth as JSON, outdoor temperature and, with voltages and currents, the supply as JSON of a simulated plant.
type Simulated<'py> = (Readings, String, Bound<'py, PyArray1<f64>>, Option<String>);

/// Simulates a plant from its settings and faults, both JSON.
#[pyfunction]
pub(super) fn simulate_plant<'py>(
    py: Python<'py>,
    plant: &str,
    calendar: &Calendar,
    faults: &str,
) -> PyResult<Simulated<'py>> {
    let plant: simulate::Plant = from_json("plant", plant)?;
    let faults: Vec<simulate::Fault> = from_json("faults", faults)?;
    let simulation = py.detach(|| simulate::simulate(&plant, &calendar.0, &faults))?;
    let supply = plant.electrical.as_ref().map(|electrical| json(&electrical.supply(&plant))).transpose()?;
    let celsius = PyArray1::from_vec(py, simulation.temperature_celsius);
    Ok((Readings(Arc::new(simulation.readings)), json(&simulation.truth)?, celsius, supply))
}

/// One fault of each kind at random places, as JSON.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn random_faults(seed: u64, plant: &str, calendar: &Calendar, kinds: &str) -> PyResult<String> {
    let plant: simulate::Plant = from_json("plant", plant)?;
    let kinds: Vec<simulate::FaultKind> = from_json("kinds", kinds)?;
    json(&simulate::random_faults(seed, &plant, &calendar.0, &kinds)?)
}

/// Settings and faults of the demo plant, both JSON.
#[pyfunction]
pub(super) fn demo_plant() -> PyResult<(String, String)> {
    let (plant, faults) = simulate::demo();
    Ok((json(&plant)?, json(&faults)?))
}
