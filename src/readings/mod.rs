//! Readings: channels on one axis, each value with a quality flag.

mod channel;
mod resample;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use channel::{Channel, Direction, Flag, Quantity, Series};

use crate::error::{ErrorKind, Result};
use crate::finding::Finding;
use crate::time::{LocalTime, TimeAxis, instant_text};

/// What was found out about a source, or was told, e.g. `stamp` → `end`, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// What was taken.
    pub value: String,
    /// Why; `given` where the caller said so.
    pub why: String,
}

/// Where readings come from: one entry a question that a source leaves open.
pub type Provenance = BTreeMap<String, Detected>;

/// The readings of one supply point: channels on one time axis, with flags, findings and provenance.
///
/// Never changed once made; slices and resamples are new Readings.
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
#[derive(Clone, Debug, PartialEq)]
pub struct Readings {
    axis: TimeAxis,
    local: Arc<LocalTime>,
    series: Vec<Series>,
    findings: Vec<Finding>,
    provenance: Provenance,
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
            let count = series.iter().filter(|other| other.channel() == channel).count();
            if count != 1 {
                return Err(ErrorKind::ChannelCount { channel: channel.name().to_owned(), count }.into());
            }
        }
        let local = Arc::new(axis.local_time());
        Ok(Self { axis, local, series, findings: Vec::new(), provenance: Provenance::new() })
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
        Ok(Self { series, ..self.clone_frame() })
    }

    fn clone_frame(&self) -> Self {
        Self {
            axis: self.axis.clone(),
            local: Arc::clone(&self.local),
            series: Vec::new(),
            findings: self.findings.clone(),
            provenance: self.provenance.clone(),
        }
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

    /// One channel; `None` where it was not measured.
    #[must_use]
    pub fn series(&self, channel: Channel) -> Option<&Series> {
        self.series.iter().find(|one| one.channel() == channel)
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

    /// The readings whose intervals start in `[from, to)`, UTC seconds.
    ///
    /// # Errors
    /// No interval starts there.
    pub fn between(&self, from: i64, to: i64) -> Result<Self> {
        let range = self.axis.range(from, to);
        if range.is_empty() {
            return Err(ErrorKind::EmptySpan {
                from: instant_text(from),
                to: instant_text(to),
                start: instant_text(self.axis.start()),
                end: instant_text(self.axis.end()),
            }
            .into());
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
        Ok(Self::new(axis, series)?.with_origin(findings, self.provenance.clone()))
    }
}
