//! Readings: channels on one axis, each value with a quality flag.

mod channel;
mod coincidence;
mod estimated;
mod join;
pub mod meters;
mod resample;
mod spans;
mod union;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use channel::{Channel, Direction, Flag, Kind, Phase, Quantity, Series};
pub use coincidence::{Coincidence, MeterPeak, coincidence};
pub use estimated::Estimated;
pub use spans::{Period, SpanKind, SpanSeries, SpanValue, Spans};

use channel::total;

use crate::error::{ErrorKind, Result};
use crate::finding::Finding;
use crate::time::{LocalTime, TimeAxis, Zone, instant_text};

/// How sure it is what was found out about a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// Nothing shows it: the usual case is taken.
    Assumed,
    /// The evidence speaks for it, and another reading is possible.
    Likely,
    /// The source says it, or no other reading fits.
    Certain,
    /// The caller said it.
    Given,
}

/// What was found out about a source, or was told, e.g. `stamp` → `end`, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// What was taken.
    pub value: String,
    /// Why; `given` where the caller said so.
    pub why: String,
    /// How sure it is.
    pub sure: Sure,
}

impl Detected {
    /// Found out, with the reason; that it is assumed is in `sure`, and not said twice.
    ///
    /// ```
    /// use wattlens::readings::{Detected, Sure};
    /// assert_eq!(Detected::new("end", "the column is named end", Sure::Certain).value, "end");
    /// ```
    #[must_use]
    pub fn new(value: impl Into<String>, why: impl Into<String>, sure: Sure) -> Self {
        let why: String = why.into();
        let why = match why.strip_prefix("assumed: ") {
            Some(bare) if sure == Sure::Assumed => bare.to_owned(),
            _ => why,
        };
        Self { value: value.into(), why, sure }
    }

    /// As the caller said.
    #[must_use]
    pub fn given(value: impl Into<String>) -> Self {
        Self::new(value, "given", Sure::Given)
    }
}

/// Where readings come from: one entry a question that a source leaves open.
pub type Provenance = BTreeMap<String, Detected>;

/// The readings of one meter: channels on one time axis, with flags, findings and provenance; and what has no regular
/// step, as registers, in [`Spans`].
///
/// Never changed once made; slices, resamples and estimates are new Readings. Readings are equal where
/// what was measured is equal: meter, axis, values, flags and spans, wherever they come from.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(1_704_038_400, 900, 4, Zone::named("Asia/Shanghai")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![1.0, f64::NAN, 2.0, 3.0])])?;
/// assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().total(), Some(6.0));
/// assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().missing(), 1);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Readings {
    meter: Option<String>,
    axis: TimeAxis,
    local: Arc<LocalTime>,
    series: Vec<Series>,
    spans: Arc<Spans>,
    findings: Vec<Finding>,
    provenance: Provenance,
    raw: Option<Arc<Readings>>,
}

impl PartialEq for Readings {
    fn eq(&self, other: &Self) -> bool {
        self.axis == other.axis && self.meter == other.meter && self.series == other.series && self.spans == other.spans
    }
}

impl Readings {
    /// Readings from channels that all have the axis' length.
    ///
    /// # Errors
    /// A channel of another length, the same channel twice, no channel.
    pub fn new(axis: TimeAxis, mut series: Vec<Series>) -> Result<Self> {
        if series.is_empty() {
            return Err(ErrorKind::NoReadings.into());
        }
        series.sort_by_key(Series::channel);
        for one in &series {
            let channel = one.channel();
            if one.values().len() != axis.len() {
                let (found, expected) = (one.values().len(), axis.len());
                return Err(ErrorKind::ChannelLength { channel: channel.name().to_owned(), found, expected }.into());
            }
            let count = series.iter().filter(|other| other.channel().measures_same(channel)).count();
            if count != 1 {
                return Err(ErrorKind::ChannelCount { channel: channel.name().to_owned(), count }.into());
            }
        }
        Ok(Self { series, ..Self::of_axis(axis) })
    }

    /// Readings that have no regular step: registers, daily or billing energies, maximum demands.
    ///
    /// There is no channel; the axis runs over the spans from full hour to full hour.
    ///
    /// # Errors
    /// No value at all; instants outside 1900–2200.
    ///
    /// ```
    /// use wattlens::finding::Span;
    /// use wattlens::readings::{Channel, Flag, Period, Readings, SpanKind, SpanSeries, SpanValue, Spans};
    /// use wattlens::time::Zone;
    /// let day = SpanValue { span: Span { start: 0, end: 86_400 }, value: 120.0, flag: Flag::Measured, at: None };
    /// let (kind, period) = (SpanKind::Energy, Period::Total);
    /// let daily = SpanSeries { channel: Channel::IMPORT_KWH, kind, period, multiplier: 1.0, values: vec![day] };
    /// let readings = Readings::of_spans(Spans(vec![daily]), Zone::named("UTC")?)?;
    /// assert!(readings.all_series().is_empty() && readings.spans().0[0].total() == Some(120.0));
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn of_spans(spans: Spans, zone: Zone) -> Result<Self> {
        let Some(span) = spans.span() else { return Err(ErrorKind::NoReadings.into()) };
        let start = span.start.div_euclid(3600) * 3600;
        let hours = usize::try_from((span.end - start + 3599).div_euclid(3600)).unwrap_or(0).max(1);
        Ok(Self { spans: Arc::new(spans), ..Self::of_axis(TimeAxis::new(start, 3600, hours, zone)?) })
    }

    fn of_axis(axis: TimeAxis) -> Self {
        let local = Arc::new(axis.local_time());
        Self {
            meter: None,
            axis,
            local,
            series: Vec::new(),
            spans: Arc::default(),
            findings: Vec::new(),
            provenance: Provenance::new(),
            raw: None,
        }
    }

    /// The same with the meter's name or number.
    #[must_use]
    pub fn with_meter(mut self, meter: Option<String>) -> Self {
        self.meter = meter;
        self
    }

    /// The same with what has no regular step.
    #[must_use]
    pub fn with_spans(mut self, spans: Spans) -> Self {
        self.spans = Arc::new(spans);
        self
    }

    /// The same with the readings that they were made from by estimates.
    #[must_use]
    pub fn with_raw(mut self, raw: Arc<Readings>) -> Self {
        self.raw = Some(raw);
        self
    }

    /// The same with what a reader found and how it read.
    #[must_use]
    pub fn with_origin(mut self, findings: Vec<Finding>, provenance: Provenance) -> Self {
        self.findings = findings;
        self.provenance = provenance;
        self
    }

    /// The same axis with other channels, for a counterfactual; the local calendar is shared.
    ///
    /// # Errors
    /// As [`Readings::new`].
    pub fn with_series(&self, mut series: Vec<Series>) -> Result<Self> {
        series.sort_by_key(Series::channel);
        if let Some(one) = series.iter().find(|one| one.values().len() != self.axis.len()) {
            let (found, expected) = (one.values().len(), self.axis.len());
            return Err(ErrorKind::ChannelLength { channel: one.channel().name().to_owned(), found, expected }.into());
        }
        Ok(Self { series, ..self.clone() })
    }

    /// Time axis.
    #[must_use]
    pub fn axis(&self) -> &TimeAxis {
        &self.axis
    }

    /// Local calendar of the axis, computed once.
    #[must_use]
    pub fn local(&self) -> &LocalTime {
        &self.local
    }

    /// All channels, in the order of [`Channel`].
    #[must_use]
    pub fn all_series(&self) -> &[Series] {
        &self.series
    }

    /// One channel, be it means or samples; `None` where it was not measured.
    #[must_use]
    pub fn series(&self, channel: Channel) -> Option<&Series> {
        self.series.iter().find(|one| one.channel().measures_same(channel))
    }

    /// Name or number of the meter, where the source tells.
    #[must_use]
    pub fn meter(&self) -> Option<&str> {
        self.meter.as_deref()
    }

    /// What has no regular step: registers, daily and billing energies, maximum demands.
    #[must_use]
    pub fn spans(&self) -> &Spans {
        &self.spans
    }

    /// The readings as they were before any estimate; these readings themselves where nothing was estimated.
    #[must_use]
    pub fn raw(&self) -> &Self {
        self.raw.as_deref().unwrap_or(self)
    }

    /// What the reader found while reading.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What was found out or told about the source.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Whether the readings were made by the simulator; every output says so then.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.provenance.get("source").is_some_and(|source| source.value == "simulated")
    }

    /// Mean power of the imported energy in every interval \[kW\]; NaN where it is missing or incomplete.
    ///
    /// Empty where import energy was not measured.
    #[must_use]
    pub fn load_kw(&self) -> Vec<f64> {
        let per_hour = 1.0 / self.axis.step_h();
        self.series(Channel::IMPORT_KWH).map_or_else(Vec::new, |one| {
            one.values()
                .iter()
                .zip(one.flags())
                .map(|(kwh, flag)| if flag.is_whole() { kwh * per_hour } else { f64::NAN })
                .collect()
        })
    }

    /// The readings whose intervals start in `[from, to)`, UTC seconds; without channels, the spans that lie there.
    ///
    /// # Errors
    /// No interval starts there.
    pub fn between(&self, from: i64, to: i64) -> Result<Self> {
        let range = self.axis.range(from, to);
        let spans_there = if self.series.is_empty() { self.spans.between(from, to) } else { Spans::default() };
        if range.is_empty() || (self.series.is_empty() && spans_there.is_empty()) {
            return Err(ErrorKind::EmptySpan {
                from: instant_text(from),
                to: instant_text(to),
                start: instant_text(self.axis.start()),
                end: instant_text(self.axis.end()),
            }
            .into());
        }
        if self.series.is_empty() {
            let cut = Self::of_spans(spans_there, self.axis.zone().clone())?.with_meter(self.meter.clone());
            return Ok(cut.with_origin(self.findings.clone(), self.provenance.clone()));
        }
        let axis =
            TimeAxis::new(self.axis.instant(range.start), self.axis.step_s(), range.len(), self.axis.zone().clone())?;
        let (start, end) = (axis.start(), axis.end());
        let series = self.series.iter().map(|one| one.slice(range.clone())).collect();
        let findings = self
            .findings
            .iter()
            .filter(|finding| finding.span.is_none_or(|span| span.start < end && span.end > start))
            .cloned()
            .collect();
        let raw = self.raw.as_ref().map(|raw| raw.between(from, to)).transpose()?.map(Arc::new);
        let spans = self.spans.between(start, end);
        Ok(Self {
            meter: self.meter.clone(),
            series,
            spans: Arc::new(spans),
            findings,
            provenance: self.provenance.clone(),
            raw,
            ..Self::of_axis(axis)
        })
    }
}
