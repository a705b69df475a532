//! The handle of readings: how they are made from arrays and tables, and how they are looked at.

use std::path::PathBuf;
use std::sync::Arc;

use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::errors::{from_json, json};
use super::rows::{Numbers, Stamps, channel, instant, seconds};
use super::{arrow, table};
use crate::Finding;
use crate::estimate::{self, Family, Replace};
use crate::finding::Span;
use crate::ingest::{FileOptions, read_csv, take_out_implausible};
use crate::profile::day_matrix;
use crate::quality::Subject;
use crate::readings::{self, Flag, Kind, Provenance, Series, Spans};
use crate::time::{TimeAxis, Zone};

/// Readings; see the Python class of the same name.
#[pyclass(frozen, eq, module = "wattlens._core")]
#[derive(Clone, PartialEq)]
pub(super) struct Readings(pub(super) Arc<readings::Readings>);

/// Stamps as Python gives them.
#[derive(FromPyObject)]
enum Given<'py> {
    Counts(PyReadonlyArray1<'py, i64>),
    Texts(Vec<String>),
}

/// What readings carry beside axis, values and flags.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Origin {
    meter: Option<String>,
    spans: Spans,
    findings: Vec<Finding>,
    provenance: Provenance,
    /// Channels that are samples, not means, by name.
    sampled: Vec<String>,
}

/// Name, values and flags of a channel, as pickles carry them.
type Packed<'py> = (String, PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, u8>);

#[pymethods]
impl Readings {
    /// From what [`Readings::__reduce__`] gives; the same door serves arrays.
    #[new]
    #[pyo3(signature = (start, step_s, zone, channels, origin, raw=None))]
    #[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
    fn new(
        start: i64,
        step_s: i64,
        zone: &str,
        channels: Vec<Packed<'_>>,
        origin: &str,
        raw: Option<PyRef<'_, Self>>,
    ) -> PyResult<Self> {
        let mut origin: Origin = from_json("origin", origin)?;
        let zone = Zone::named(zone)?;
        if channels.is_empty() && !origin.spans.is_empty() {
            let readings = readings::Readings::of_spans(origin.spans, zone)?.with_meter(origin.meter);
            return Ok(Self(Arc::new(readings.with_origin(origin.findings, origin.provenance))));
        }
        let len = channels.first().map_or(0, |(_, values, _)| values.as_array().len());
        let axis = TimeAxis::new(start, step_s, len, zone)?;
        let mut findings = std::mem::take(&mut origin.findings);
        let series = channels
            .iter()
            .map(|(name, values, flags)| {
                let flags = flags.as_array().iter().map(|flag| Flag::from_number(*flag).unwrap_or_default()).collect();
                let (channel, mut values) = (channel(name)?, values.as_array().to_vec());
                let channel = if origin.sampled.contains(name) { channel.sampled() } else { channel };
                findings.extend(take_out_implausible(&axis, channel, &mut values));
                Ok(Series::with_flags(channel, values, flags))
            })
            .collect::<crate::Result<_>>()?;
        let readings = readings::Readings::new(axis, series)?.with_meter(origin.meter).with_spans(origin.spans);
        let readings = readings.with_origin(findings, origin.provenance);
        Ok(Self(Arc::new(match raw {
            Some(raw) => readings.with_raw(Arc::clone(&raw.0)),
            None => readings,
        })))
    }

    /// A CSV file; the options are the JSON of [`FileOptions`].
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
    fn read_csv(py: Python<'_>, path: PathBuf, options: &str) -> PyResult<Self> {
        let options: FileOptions = from_json("options", options)?;
        Ok(Self(Arc::new(py.detach(|| read_csv(&path, &options))?)))
    }

    /// Anything with `__arrow_c_stream__`; the options name its columns.
    #[staticmethod]
    fn from_table(py: Python<'_>, frame: &Bound<'_, PyAny>, options: &str) -> PyResult<Self> {
        let options: FileOptions = from_json("options", options)?;
        let (stamps, columns) = arrow::columns(frame, &options)?;
        Ok(Self(Arc::new(py.detach(|| table::readings(stamps, columns, options))?)))
    }

    /// Stamps as counts of parts of a second (the smallest number is no stamp), or as texts; columns as
    /// `(channel, name, values)`. Counts are instants where `zone` is given, else wall-clock time.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)] // arguments from Python are owned
    fn from_columns(
        py: Python<'_>,
        stamps: Given<'_>,
        per_second: i64,
        zone: Option<String>,
        columns: Vec<(String, String, PyReadonlyArray1<'_, f64>)>,
        options: &str,
    ) -> PyResult<Self> {
        let options: FileOptions = from_json("options", options)?;
        let name = options.time.as_deref().unwrap_or("time");
        let stamps = match stamps {
            Given::Texts(texts) => Stamps::Texts(texts),
            Given::Counts(counts) => {
                let known = counts
                    .as_array()
                    .iter()
                    .map(|count| Some(*count).filter(|count| *count != i64::MIN))
                    .collect::<Vec<_>>();
                let seconds = seconds(name, known.into_iter(), per_second.max(1))?;
                match zone {
                    Some(zone) => Stamps::Instants(seconds, zone),
                    None => Stamps::WallClock(seconds),
                }
            }
        };
        let columns = columns
            .into_iter()
            .map(|(measures, name, values)| {
                Ok(Numbers { channel: channel(&measures)?, name, values: values.as_array().to_vec() })
            })
            .collect::<crate::Result<Vec<_>>>()?;
        table::check_lengths(stamps.len(), &columns)?;
        Ok(Self(Arc::new(py.detach(|| table::readings(stamps, columns, options))?)))
    }

    #[getter]
    fn start(&self) -> i64 {
        self.0.axis().start()
    }

    #[getter]
    fn end(&self) -> i64 {
        self.0.axis().end()
    }

    #[getter]
    fn step_s(&self) -> i64 {
        self.0.axis().step_s()
    }

    #[getter]
    fn zone(&self) -> &str {
        self.0.axis().zone().name()
    }

    #[getter]
    fn channels(&self) -> Vec<&'static str> {
        self.0.all_series().iter().map(|one| one.channel().name()).collect()
    }

    fn __len__(&self) -> usize {
        if self.0.all_series().is_empty() { 0 } else { self.0.axis().len() }
    }

    /// Start of every interval, UTC seconds.
    fn starts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let axis = self.0.axis();
        PyArray1::from_iter(py, (0..axis.len()).map(|index| axis.instant(index)))
    }

    fn values<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(self.series(name)?.values().to_pyarray(py))
    }

    fn flags<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyArray1<u8>>> {
        Ok(PyArray1::from_iter(py, self.series(name)?.flags().iter().map(|flag| *flag as u8)))
    }

    /// Mean power of an energy \[kW or kvar\], or the values of another channel, as a matrix, day × slot.
    fn day_matrix<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (axis, one) = (self.0.axis(), self.series(name)?);
        let whole = one.values().iter().zip(one.flags());
        let per = if one.channel().quantity.is_energy() { axis.step_h() } else { 1.0 };
        let power: Vec<f64> = whole.map(|(value, flag)| if flag.is_whole() { value / per } else { f64::NAN }).collect();
        Ok(day_matrix(self.0.local(), &power, axis.slots_per_day()).into_pyarray(py))
    }

    /// First instant of every local day, and the end of the last, UTC seconds.
    fn midnights(&self) -> Vec<i64> {
        let days = self.0.local().days();
        days.iter().map(|day| day.start).chain(days.last().map(|day| day.end)).collect()
    }

    /// Wall-clock slot of every interval: local seconds since midnight over the step.
    fn slots<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        PyArray1::from_vec(py, self.0.local().slots())
    }

    fn total(&self, name: &str) -> PyResult<Option<f64>> {
        Ok(self.series(name)?.total())
    }

    fn missing(&self, name: &str) -> PyResult<usize> {
        Ok(self.series(name)?.missing())
    }

    fn findings(&self) -> PyResult<String> {
        json(&self.0.findings())
    }

    /// Findings, rules that did not run, and every month's verdict, as the JSON of [`crate::quality::Quality`];
    /// the settings are the JSON of [`crate::quality::Settings`], the limits of capacity and demand are in kVA and kW.
    #[pyo3(signature = (settings="{}", capacity_kva=None, contract_demand_kw=None, supply_limit_kw=None, earlier=None, parent=None, children=None))]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // as Python names and gives them
    fn check_quality(
        &self,
        py: Python<'_>,
        settings: &str,
        capacity_kva: Option<f64>,
        contract_demand_kw: Option<f64>,
        supply_limit_kw: Option<f64>,
        earlier: Option<PyRef<'_, Self>>,
        parent: Option<PyRef<'_, Self>>,
        children: Option<Vec<Bound<'_, Self>>>,
    ) -> PyResult<String> {
        let settings: crate::quality::Settings = from_json("settings", settings)?;
        let children: Vec<_> = children.iter().flatten().map(|child| Arc::clone(&child.get().0)).collect();
        let (earlier, parent) = (earlier.map(|one| Arc::clone(&one.0)), parent.map(|one| Arc::clone(&one.0)));
        let quality = py.detach(|| {
            let children: Vec<&readings::Readings> = children.iter().map(AsRef::as_ref).collect();
            let subject = Subject {
                capacity_kva,
                contract_demand_kw,
                supply_limit_kw,
                earlier: earlier.as_deref(),
                parent: parent.as_deref(),
                children: &children,
                ..Subject::of(&self.0)
            };
            crate::quality::check(&subject, &settings)
        });
        json(&quality)
    }

    fn provenance(&self) -> PyResult<String> {
        json(self.0.provenance())
    }

    #[getter]
    fn meter(&self) -> Option<&str> {
        self.0.meter()
    }

    /// What has no regular step.
    fn spans(&self) -> PyResult<String> {
        json(self.0.spans())
    }

    /// Everything but axis, values and flags.
    fn origin(&self) -> PyResult<String> {
        json(&Origin {
            meter: self.0.meter().map(str::to_owned),
            spans: self.0.spans().clone(),
            findings: self.0.findings().to_vec(),
            provenance: self.0.provenance().clone(),
            sampled: self.sampled(),
        })
    }

    /// Names of the channels that are samples, not means.
    fn sampled(&self) -> Vec<String> {
        let channels = self.0.all_series().iter().map(Series::channel);
        channels.filter(|channel| channel.kind == Kind::Sample).map(|channel| channel.name().to_owned()).collect()
    }

    /// The same with another name of its meter, other findings and provenance, as JSON.
    fn with_origin(&self, meter: Option<String>, findings: &str, provenance: &str) -> PyResult<Self> {
        let (findings, provenance) = (from_json("findings", findings)?, from_json("provenance", provenance)?);
        Ok(Self(Arc::new(self.0.as_ref().clone().with_meter(meter).with_origin(findings, provenance))))
    }

    /// Name, channel and symbol of the unit of every series without a step.
    fn span_names(&self) -> Vec<(String, &'static str, &'static str)> {
        self.0.spans().0.iter().map(|one| (one.name(), one.channel.name(), one.channel.unit())).collect()
    }

    /// The readings before any estimate; `None` where nothing was estimated.
    #[getter]
    fn raw(&self) -> Option<Self> {
        let raw = self.0.raw();
        (!std::ptr::eq(raw, &raw const *self.0)).then(|| Self(Arc::new(raw.clone())))
    }

    /// Intervals that rest on an estimate, their share of those with a value, and their total.
    fn estimated(&self, name: &str) -> PyResult<(usize, f64, f64)> {
        let found = self.0.estimated(self.series(name)?.channel());
        Ok((found.intervals, found.share, found.total))
    }

    /// Gaps filled; the settings are the JSON of [`estimate::Settings`], what to replace are stretches of instants
    /// with the channel, or without for all energies.
    fn estimate(
        &self,
        py: Python<'_>,
        calendar: &Calendar,
        settings: &str,
        replace: Vec<(Option<String>, i64, i64)>,
        parent: Option<PyRef<'_, Self>>,
        siblings: Vec<PyRef<'_, Self>>,
    ) -> PyResult<Self> {
        let mut settings: estimate::Settings = from_json("settings", settings)?;
        for (name, start, end) in replace {
            let channel = name.as_deref().map(channel).transpose()?;
            settings.replace.push(Replace { channel, span: Span { start, end } });
        }
        let parent = parent.map(|one| Arc::clone(&one.0));
        let siblings: Vec<_> = siblings.iter().map(|one| Arc::clone(&one.0)).collect();
        let day_types = calendar.0.day_types(self.0.local())?;
        let filled = py.detach(|| {
            let siblings: Vec<&readings::Readings> = siblings.iter().map(AsRef::as_ref).collect();
            let family = parent.as_deref().map(|parent| Family { parent, siblings: &siblings });
            estimate::estimate(&self.0, &day_types, family.as_ref(), &settings)
        });
        Ok(Self(Arc::new(filled?)))
    }

    /// Instants or local text, half-open.
    fn between(&self, py: Python<'_>, start: &str, end: &str) -> PyResult<Self> {
        let zone = self.0.axis().zone();
        let (start, end) = (instant(start, zone)?, instant(end, zone)?);
        Ok(Self(Arc::new(py.detach(|| self.0.between(start, end))?)))
    }

    fn resample(&self, py: Python<'_>, step_s: i64) -> PyResult<Self> {
        Ok(Self(Arc::new(py.detach(|| self.0.resample(step_s))?)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let channels = this
            .channels()
            .into_iter()
            .map(|name| Ok((name, this.values(py, name)?, this.flags(py, name)?)))
            .collect::<PyResult<Vec<_>>>()?;
        let state = (this.start(), this.step_s(), this.zone(), channels, this.origin()?, this.raw());
        Ok((slf.get_type().into_any(), state.into_pyobject(py)?))
    }
}

impl Readings {
    fn series(&self, name: &str) -> crate::Result<&Series> {
        let wanted = channel(name)?;
        self.0.series(wanted).ok_or_else(|| {
            let known = self.channels();
            let known = if known.is_empty() { "registers and other spans only".to_owned() } else { known.join(", ") };
            super::rows::column_error(name, format!("was not measured; the readings have {known}"))
        })
    }
}
