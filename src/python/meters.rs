//! Several meters: joined, summed, compared, written.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::errors::json;
use super::readings::Readings;
use super::rows::channel;
use crate::error::ErrorKind;
use crate::ingest::write_csv;
use crate::readings::{self, Channel, meters};

fn borrowed<'a>(handles: &'a [PyRef<'_, Readings>]) -> Vec<&'a readings::Readings> {
    handles.iter().map(|handle| handle.0.as_ref()).collect()
}

fn named(channels: Option<Vec<String>>) -> crate::Result<Option<Vec<Channel>>> {
    channels.map(|names| names.iter().map(|name| channel(name)).collect()).transpose()
}

/// Parts of one meter's readings on one axis.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn join(py: Python<'_>, parts: Vec<PyRef<'_, Readings>>) -> PyResult<Readings> {
    let parts = borrowed(&parts);
    Ok(Readings(Arc::new(py.detach(|| readings::Readings::join(&parts))?)))
}

/// The sum of meters; without channels, of all that they have in common.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn sum_of(
    py: Python<'_>,
    parts: Vec<PyRef<'_, Readings>>,
    channels: Option<Vec<String>>,
) -> PyResult<Readings> {
    let (parts, channels) = (borrowed(&parts), named(channels)?);
    Ok(Readings(Arc::new(py.detach(|| meters::sum(&parts, channels.as_deref()))?)))
}

/// A parent less its children.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn difference(
    py: Python<'_>,
    parent: PyRef<'_, Readings>,
    children: Vec<PyRef<'_, Readings>>,
    channels: Option<Vec<String>>,
) -> PyResult<Readings> {
    let (parent, children, channels) = (parent.0.as_ref(), borrowed(&children), named(channels)?);
    Ok(Readings(Arc::new(py.detach(|| meters::difference(parent, &children, channels.as_deref()))?)))
}

/// How far the peaks come together, as JSON.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn coincidence(py: Python<'_>, parts: Vec<PyRef<'_, Readings>>, name: &str) -> PyResult<String> {
    let (parts, channel) = (borrowed(&parts), channel(name)?);
    json(&py.detach(|| readings::coincidence(&parts, channel))?)
}

/// Readings as CSV in a file, packed where its name ends in `.gz`.
#[pyfunction]
#[pyo3(name = "write_csv")]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn write_csv_file(
    py: Python<'_>,
    parts: Vec<PyRef<'_, Readings>>,
    several: bool,
    path: PathBuf,
    packed: bool,
) -> PyResult<()> {
    let parts = borrowed(&parts);
    let written = py.detach(|| {
        let file = BufWriter::with_capacity(1 << 18, File::create(&path)?);
        if packed {
            let mut packer = GzEncoder::new(file, Compression::default());
            write_csv(&parts, several, &mut packer)?;
            packer.finish()?.into_inner()?.sync_all()
        } else {
            let mut file = file;
            write_csv(&parts, several, &mut file)?;
            file.into_inner()?.sync_all()
        }
    });
    written.map_err(|source: std::io::Error| {
        crate::Error::from(ErrorKind::Io { path: path.display().to_string(), source }).into()
    })
}

/// The same text as bytes.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn csv_bytes<'py>(
    py: Python<'py>,
    parts: Vec<PyRef<'_, Readings>>,
    several: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let parts = borrowed(&parts);
    let mut text = Vec::new();
    py.detach(|| write_csv(&parts, several, &mut text))?;
    Ok(PyBytes::new(py, &text))
}

/// Text that no spreadsheet takes for a formula.
#[pyfunction]
pub(super) fn harmless(text: &str) -> String {
    crate::ingest::harmless(text).into_owned()
}
