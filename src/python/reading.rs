//! Reading on a thread of its own, so that the caller's interpreter stays free: it shows progress and hears Ctrl-C.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use super::errors::{from_json, json};
use super::readings::Readings;
use crate::error::{ErrorKind, Result};
use crate::ingest::{self, FileOptions};
use crate::readings::{self, Provenance};

/// How often signals are looked for and progress is told.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The readings of every meter in a file; the options are the JSON of [`FileOptions`].
///
/// `progress` is called with the bytes read so far. Ctrl-C, or an error of `progress`, ends the call at once; the
/// thread stops at its next look at the file.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn read(
    py: Python<'_>,
    path: PathBuf,
    options: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<Vec<Readings>> {
    let options: FileOptions = from_json("options", options)?;
    let meters = on_a_thread(py, progress.as_ref(), move |seen, stop| {
        let mut look = |bytes: u64| {
            seen.store(bytes, Ordering::Relaxed);
            if stop.load(Ordering::Relaxed) { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
        };
        ingest::read(&path, &options, Some(&mut look))
    })?;
    Ok(handles(meters, &Provenance::new()))
}

/// The same of bytes in memory; `told` is the JSON of what is known of them beside.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn read_bytes(
    py: Python<'_>,
    bytes: PyBackedBytes,
    name: String,
    options: &str,
    told: &str,
) -> PyResult<Vec<Readings>> {
    let options: FileOptions = from_json("options", options)?;
    let told: Provenance = from_json("told", told)?;
    let meters = on_a_thread(py, None, move |_, _| ingest::read_bytes(&bytes, &name, &options))?;
    Ok(handles(meters, &told))
}

/// What reading a file would do, as JSON.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
pub(super) fn inspect(py: Python<'_>, path: PathBuf, options: &str) -> PyResult<String> {
    let options: FileOptions = from_json("options", options)?;
    json(&py.detach(|| ingest::inspect(&path, &options))?)
}

/// The same of bytes in memory.
#[pyfunction]
pub(super) fn inspect_bytes(py: Python<'_>, bytes: &[u8], name: &str, options: &str) -> PyResult<String> {
    let options: FileOptions = from_json("options", options)?;
    json(&py.detach(|| ingest::inspect_bytes(bytes, name, &options))?)
}

/// The words of the formats.
#[pyfunction]
pub(super) fn formats() -> Vec<&'static str> {
    ingest::formats()
}

fn handles(meters: Vec<readings::Readings>, told: &Provenance) -> Vec<Readings> {
    let with_told = |one: readings::Readings| {
        let mut provenance = one.provenance().clone();
        provenance.extend(told.clone());
        let findings = one.findings().to_vec();
        Readings(Arc::new(one.with_origin(findings, provenance)))
    };
    meters.into_iter().map(with_told).collect()
}

fn on_a_thread<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&AtomicU64, &AtomicBool) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let (seen, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (give, mut take) = sync_channel(1);
    let (its_seen, its_stop) = (Arc::clone(&seen), Arc::clone(&stop));
    std::thread::Builder::new()
        .name("wattlens-read".to_owned())
        .spawn(move || {
            // Where nobody waits any more, what was read is dropped here.
            let _ = give.send(work(&its_seen, &its_stop));
        })
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    loop {
        let (back, outcome) = py.detach(move || {
            let outcome = take.recv_timeout(BETWEEN_LOOKS);
            (take, outcome)
        });
        match outcome {
            Ok(done) => return Ok(done?),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the reader ended without a result; please report the file"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        take = back;
        let told = progress.map_or(Ok(()), |one| one.call1(py, (seen.load(Ordering::Relaxed),)).map(|_| ()));
        if let Err(error) = py.check_signals().and(told) {
            stop.store(true, Ordering::Relaxed);
            return Err(error);
        }
    }
}
