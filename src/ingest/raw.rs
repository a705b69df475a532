//! What every format is turned into before it becomes readings: rows of stamps and numbers.

use serde::{Deserialize, Serialize};

use crate::readings::Channel;
use crate::time::{Fold, Gap};

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
