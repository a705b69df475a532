//! One match from the topic of an error to its Python class.

use std::io;

use pyo3::exceptions::{PyFileNotFoundError, PyIsADirectoryError, PyKeyboardInterrupt, PyOSError, PyPermissionError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::error::{Error, ErrorKind, Topic, explain};

static READING: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TARIFF: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static SITE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        if let ErrorKind::Io { source, .. } = error.kind() {
            return match source.kind() {
                io::ErrorKind::NotFound => PyFileNotFoundError::new_err(message),
                io::ErrorKind::PermissionDenied => PyPermissionError::new_err(message),
                io::ErrorKind::IsADirectory => PyIsADirectoryError::new_err(message),
                _ => PyOSError::new_err(message),
            };
        }
        if matches!(error.kind(), ErrorKind::Interrupted) {
            return PyKeyboardInterrupt::new_err(message);
        }
        let (class, name) = match error.kind().topic() {
            Topic::Reading => (&READING, "ReadingError"),
            Topic::Time => (&TIME, "TimeError"),
            Topic::Tariff => (&TARIFF, "TariffError"),
            Topic::Site => (&SITE, "SiteError"),
        };
        Python::attach(|py| match class.import(py, "wattlens.errors", name) {
            Ok(class) => Self::from_type(class.clone(), message),
            Err(error) => error,
        })
    }
}

/// A result as JSON text.
///
/// # Errors
/// A map whose keys are not text; no result of this crate has one.
pub(super) fn json(result: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(result).map_err(|error| pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))
}

/// JSON text from the Python package as the type it stands for.
///
/// # Errors
/// [`Topic::Site`]: a field that does not exist or does not fit, by name.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, Error> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { what.to_owned() } else { format!("{what}.{path}") };
        // Where it stands in JSON that the package itself wrote says nothing to the caller.
        let problem = error.into_inner().to_string();
        let problem = problem.split(" at line 1 column").next().unwrap_or_default();
        let problem = problem.strip_prefix(&format!("{field}: ")).unwrap_or(problem).to_owned();
        ErrorKind::Site { field, problem: explain(&problem) }.into()
    })
}
