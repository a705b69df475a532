//! What every format is turned into before it becomes readings: rows of stamps and numbers.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::finding::Finding;
use crate::readings::{Channel, Provenance, Quantity};
use crate::time::{Fold, Gap, Zone, instant_text};

/// Which end of its interval a stamp names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stamp {
    /// The start.
    Start,
    /// The end.
    End,
}

/// How the end of a day is written by files whose stamps name the end of intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Midnight {
    /// As 00:00 of the next date, or 24:00.
    NextDate,
    /// As 00:00 of the date that ends.
    SameDate,
}

/// Unit of a column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Energy of the interval in Wh or varh.
    Wh,
    /// Energy of the interval in kWh or kvarh.
    Kwh,
    /// Energy of the interval in MWh or Mvarh.
    Mwh,
    /// Mean power of the interval in W or var.
    W,
    /// Mean power of the interval in kW or kvar.
    Kw,
    /// Mean power of the interval in MW or Mvar.
    Mw,
}

impl Unit {
    /// Factor that turns a number of this unit into the channel's kWh or kvarh, for intervals of `step_s` seconds.
    ///
    /// ```
    /// use wattlens::ingest::Unit;
    /// assert_eq!(Unit::Kw.to_energy(900), 0.25);
    /// assert_eq!(Unit::Mwh.to_energy(900), 1000.0);
    /// ```
    #[must_use]
    pub fn to_energy(self, step_s: i64) -> f64 {
        let step_h = step_s as f64 / 3600.0;
        match self {
            Self::Wh => 1e-3,
            Self::Kwh => 1.0,
            Self::Mwh => 1e3,
            Self::W => 1e-3 * step_h,
            Self::Kw => step_h,
            Self::Mw => 1e3 * step_h,
        }
    }

    /// Whether it is mean power, not energy.
    #[must_use]
    pub fn is_power(self) -> bool {
        matches!(self, Self::W | Self::Kw | Self::Mw)
    }

    /// Its symbol for a quantity: `kWh` of active energy is `kvarh` of reactive.
    ///
    /// ```
    /// use wattlens::ingest::Unit;
    /// use wattlens::readings::Quantity;
    /// assert_eq!(Unit::Kwh.symbol(Quantity::ReactiveEnergy), "kvarh");
    /// ```
    #[must_use]
    pub fn symbol(self, quantity: Quantity) -> &'static str {
        let (active, reactive) = match self {
            Self::Wh => ("Wh", "varh"),
            Self::Kwh => ("kWh", "kvarh"),
            Self::Mwh => ("MWh", "Mvarh"),
            Self::W => ("W", "var"),
            Self::Kw => ("kW", "kvar"),
            Self::Mw => ("MW", "Mvar"),
        };
        if quantity == Quantity::ActiveEnergy { active } else { reactive }
    }
}

/// Stamps as they stand in the source, in its order.
#[derive(Clone, Debug, PartialEq)]
pub enum RawTimes {
    /// Instants, UTC seconds.
    Instants(Vec<i64>),
    /// Wall-clock seconds: civil time counted as if it were UTC. 24:00 is 00:00 of the next date.
    WallClock(Vec<i64>),
}

/// One column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct RawColumn {
    /// What it becomes.
    pub channel: Channel,
    /// Its name in the source, for messages.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// Its numbers; NaN where there is none.
    pub values: Vec<f64>,
}

/// Rows of a source before they are put on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRows {
    /// File or table, for messages.
    pub source_name: String,
    /// Stamps in the order of the rows.
    pub times: RawTimes,
    /// Columns as long as the stamps.
    pub columns: Vec<RawColumn>,
    /// Line of each row, counted from 1, where the source is a file.
    pub lines: Option<Vec<u64>>,
    /// Which end of its interval a stamp names, with the reason, where the source itself tells.
    pub stamp_hint: Option<(Stamp, String)>,
    /// What the format's reader found already.
    pub findings: Vec<Finding>,
    /// What the format's reader found out or was told; it may say `unit.<channel>`.
    pub provenance: Provenance,
}

impl RawRows {
    /// Rows of a table: no lines, nothing found yet.
    ///
    /// ```
    /// use wattlens::ingest::{RawRows, RawTimes};
    /// assert!(RawRows::new("table", RawTimes::Instants(vec![0, 900]), vec![]).lines.is_none());
    /// ```
    #[must_use]
    pub fn new(source_name: impl Into<String>, times: RawTimes, columns: Vec<RawColumn>) -> Self {
        Self {
            source_name: source_name.into(),
            times,
            columns,
            lines: None,
            stamp_hint: None,
            findings: Vec::new(),
            provenance: Provenance::new(),
        }
    }

    pub(super) fn stamps(&self) -> &[i64] {
        match &self.times {
            RawTimes::Instants(stamps) | RawTimes::WallClock(stamps) => stamps,
        }
    }

    pub(super) fn stamps_mut(&mut self) -> &mut Vec<i64> {
        match &mut self.times {
            RawTimes::Instants(stamps) | RawTimes::WallClock(stamps) => stamps,
        }
    }

    /// Keeps the rows `order`, in that order.
    pub(super) fn select(&mut self, order: &[usize]) {
        *self.stamps_mut() = picked(self.stamps(), order);
        for column in &mut self.columns {
            column.values = picked(&column.values, order);
        }
        if let Some(lines) = &mut self.lines {
            *lines = picked(lines, order);
        }
    }

    pub(super) fn line(&self, row: usize) -> Option<u64> {
        self.lines.as_ref()?.get(row).copied()
    }

    /// Where a row is, for the middle of a sentence: `line 17` of a file, `row 15` (from 1) of a table.
    pub(super) fn place(&self, row: usize) -> String {
        self.line(row).map_or_else(|| format!("row {}", row + 1), |line| format!("line {line}"))
    }

    /// Imported energy of some rows \[kWh\]; `None` where it is not measured or all missing.
    pub(super) fn import_kwh(&self, rows: impl Iterator<Item = usize>, step_s: i64) -> Option<f64> {
        let column = self.columns.iter().find(|column| column.channel == Channel::IMPORT_KWH)?;
        let factor = column.unit.to_energy(step_s);
        rows.filter_map(|row| column.values.get(row))
            .map(|value| value * factor)
            .filter(|kwh| kwh.is_finite())
            .fold(None, |sum, kwh| Some(sum.unwrap_or(0.0) + kwh))
    }

    pub(super) fn fail(&self, row: Option<usize>, problem: impl Into<String>) -> Error {
        let line = row.and_then(|row| self.line(row));
        ErrorKind::Content { source_name: self.source_name.clone(), line, column: None, problem: problem.into() }.into()
    }
}

fn picked<T: Copy>(all: &[T], order: &[usize]) -> Vec<T> {
    order.iter().filter_map(|row| all.get(*row)).copied().collect()
}

/// Wall-clock seconds as text, e.g. `2018-01-01 00:15:00`.
pub(super) fn wall_text(local: i64) -> String {
    instant_text(local).trim_end_matches('Z').replace('T', " ")
}

/// Local text of an instant.
pub(super) fn local_text(zone: &Zone, instant: i64) -> String {
    let offset_s = zone.segments(instant, instant + 1).first().map_or(0, |segment| segment.offset_s);
    wall_text(instant + offset_s)
}

/// What a caller may say about a source; `None` means: find it out and report it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadOptions {
    /// IANA name of the zone; needed for wall-clock stamps.
    pub zone: Option<String>,
    /// Which end of its interval a stamp names.
    pub stamp: Option<Stamp>,
    /// How the end of a day is written.
    pub midnight: Option<Midnight>,
    /// Step \[s\].
    pub step_s: Option<i64>,
    /// Stamps that occur twice.
    pub fold: Fold,
    /// Stamps that never occur.
    pub gap: Gap,
}
