//! The handle of a calendar.

use pyo3::prelude::*;

use super::errors::{from_json, json};
use crate::time;

/// A calendar; the JSON is the serde form of [`time::Calendar`].
#[pyclass(frozen, eq, module = "wattlens._core")]
#[derive(Clone, PartialEq)]
pub(super) struct Calendar(pub(super) time::Calendar);

#[pymethods]
impl Calendar {
    #[new]
    fn new(json: &str) -> PyResult<Self> {
        Ok(Self(from_json("calendar", json)?))
    }

    fn json(&self) -> PyResult<String> {
        json(&self.0)
    }

    /// Day type of each ISO date.
    #[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
    fn day_types(&self, dates: Vec<String>) -> PyResult<Vec<String>> {
        dates
            .iter()
            .map(|date| {
                let date = from_json("date", &format!("{date:?}"))?;
                let day_type = serde_json::to_value(self.0.day_type(date)?).ok();
                Ok(day_type.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default())
            })
            .collect()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().into_any(), (slf.get().json()?,)))
    }
}
