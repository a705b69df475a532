//! What every format is turned into before it becomes readings: rows of stamps and numbers.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::finding::Finding;
use crate::readings::{Channel, Detected, Flag, Kind, Period, Provenance, Quantity, Sure};
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
    /// Energy of the interval in 10 MWh or 10 Mvarh (万千瓦时), as monthly reports in Chinese have it.
    TenMwh,
    /// Power in W, var or VA.
    W,
    /// Power in kW, kvar or kVA.
    Kw,
    /// Power in MW, Mvar or MVA.
    Mw,
    /// Volt.
    V,
    /// Kilovolt.
    Kv,
    /// Ampere.
    A,
    /// Kiloampere.
    Ka,
    /// Hertz.
    Hz,
    /// A bare number, as a power factor.
    One,
    /// Percent.
    Percent,
}

impl Unit {
    /// Factor that turns a number of this unit into the channel's kWh or kvarh, for intervals of `step_s` seconds;
    /// NaN for a unit that is neither energy nor power.
    ///
    /// ```
    /// use wattlens::ingest::Unit;
    /// assert_eq!(Unit::Kw.to_energy(900), 0.25);
    /// assert_eq!(Unit::Mwh.to_energy(900), 1000.0);
    /// ```
    #[must_use]
    pub fn to_energy(self, step_s: i64) -> f64 {
        if self.is_power() { self.to_power() * (step_s as f64 / 3600.0) } else { self.energy() }
    }

    fn energy(self) -> f64 {
        match self {
            Self::Wh => 1e-3,
            Self::Kwh => 1.0,
            Self::Mwh => 1e3,
            Self::TenMwh => 1e4,
            _ => f64::NAN,
        }
    }

    fn to_power(self) -> f64 {
        match self {
            Self::W => 1e-3,
            Self::Kw => 1.0,
            Self::Mw => 1e3,
            _ => f64::NAN,
        }
    }

    /// Factor that turns a number of this unit into the unit of a quantity; `None` where it cannot be.
    ///
    /// ```
    /// use wattlens::ingest::Unit;
    /// use wattlens::readings::Quantity;
    /// assert_eq!(Unit::Percent.to_quantity(Quantity::PowerFactor, 900), Some(0.01));
    /// assert_eq!(Unit::Kw.to_quantity(Quantity::ActiveEnergy, 900), Some(0.25));
    /// assert_eq!(Unit::V.to_quantity(Quantity::ActiveEnergy, 900), None);
    /// ```
    #[must_use]
    pub fn to_quantity(self, quantity: Quantity, step_s: i64) -> Option<f64> {
        let factor = match quantity {
            Quantity::ActiveEnergy | Quantity::ReactiveEnergy => self.to_energy(step_s),
            Quantity::ActivePower | Quantity::ReactivePower | Quantity::ApparentPower => self.to_power(),
            Quantity::Voltage if self == Self::V => 1.0,
            Quantity::Voltage if self == Self::Kv => 1e3,
            Quantity::Current if self == Self::A => 1.0,
            Quantity::Current if self == Self::Ka => 1e3,
            Quantity::PowerFactor if self == Self::One => 1.0,
            Quantity::PowerFactor if self == Self::Percent => 0.01,
            Quantity::Frequency if self == Self::Hz => 1.0,
            _ => f64::NAN,
        };
        factor.is_finite().then_some(factor)
    }

    /// The unit that values of a quantity are kept in.
    #[must_use]
    pub fn of(quantity: Quantity) -> Self {
        match quantity {
            Quantity::ActiveEnergy | Quantity::ReactiveEnergy => Self::Kwh,
            Quantity::ActivePower | Quantity::ReactivePower | Quantity::ApparentPower => Self::Kw,
            Quantity::Voltage => Self::V,
            Quantity::Current => Self::A,
            Quantity::PowerFactor => Self::One,
            Quantity::Frequency => Self::Hz,
        }
    }

    /// Whether it is power, not energy.
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
        let reactive = matches!(quantity, Quantity::ReactiveEnergy | Quantity::ReactivePower);
        let apparent = quantity == Quantity::ApparentPower;
        match self {
            Self::Wh if reactive => "varh",
            Self::Wh => "Wh",
            Self::Kwh if reactive => "kvarh",
            Self::Kwh => "kWh",
            Self::Mwh if reactive => "Mvarh",
            Self::Mwh => "MWh",
            Self::TenMwh if reactive => "万kvarh",
            Self::TenMwh => "万kWh",
            Self::W if reactive => "var",
            Self::W if apparent => "VA",
            Self::W => "W",
            Self::Kw if reactive => "kvar",
            Self::Kw if apparent => "kVA",
            Self::Kw => "kW",
            Self::Mw if reactive => "Mvar",
            Self::Mw if apparent => "MVA",
            Self::Mw => "MW",
            Self::V => "V",
            Self::Kv => "kV",
            Self::A => "A",
            Self::Ka => "kA",
            Self::Hz => "Hz",
            Self::One => "1",
            Self::Percent => "%",
        }
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

/// What the numbers of a column are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One value an interval.
    #[default]
    Interval,
    /// What a cumulative register shows at the stamp (示值), for the hours of a tariff period.
    Register(Period),
    /// Energy of the day or billing period, for the hours of a tariff period.
    Energy(Period),
    /// Highest mean power of the day or billing period.
    MaximumDemand(Period),
    /// When the maximum demand of the same row occurred, as wall-clock seconds or instants like the stamps.
    MaximumDemandAt(Period),
}

/// One column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct RawColumn {
    /// What it becomes.
    pub channel: Channel,
    /// What its numbers are.
    pub role: Role,
    /// Its name in the source, for messages.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// What its numbers are multiplied by beside the unit (综合倍率 = CT × PT).
    pub multiplier: f64,
    /// Its numbers; NaN where there is none.
    pub values: Vec<f64>,
    /// How each came to be, where the source tells.
    pub flags: Option<Vec<Flag>>,
}

impl RawColumn {
    /// One value an interval, all as measured.
    ///
    /// ```
    /// use wattlens::ingest::{RawColumn, Unit};
    /// use wattlens::readings::Channel;
    /// let column = RawColumn::new(Channel::IMPORT_KWH, "kw", Unit::Kw, vec![4.0, f64::NAN]);
    /// assert_eq!((column.multiplier, column.flags), (1.0, None));
    /// ```
    #[must_use]
    pub fn new(channel: Channel, name: impl Into<String>, unit: Unit, values: Vec<f64>) -> Self {
        Self { channel, role: Role::Interval, name: name.into(), unit, multiplier: 1.0, values, flags: None }
    }
}

/// Rows of one meter before they are put on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRows {
    /// File or table, for messages.
    pub source_name: String,
    /// Name or number of the meter, where the source tells.
    pub meter: Option<String>,
    /// Stamps in the order of the rows.
    pub times: RawTimes,
    /// End of each row's interval, of the kind of `times`, where the source gives both ends; `times` are the starts then.
    pub ends: Option<Vec<i64>>,
    /// Columns as long as the stamps.
    pub columns: Vec<RawColumn>,
    /// Line of each row, counted from 1, where the source is a file.
    pub lines: Option<Vec<u64>>,
    /// Which end of its interval a stamp names, where the source itself tells.
    pub stamp_hint: Option<StampHint>,
    /// The zone of the format, as the market time of NEM12, taken where the caller gives none.
    pub zone_hint: Option<Detected>,
    /// What the format's reader found already.
    pub findings: Vec<Finding>,
    /// What the format's reader found out or was told; it may say `unit.<channel>`.
    pub provenance: Provenance,
}

/// Which end of its interval a stamp names, the reason, and how sure it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampHint {
    /// The end.
    pub stamp: Stamp,
    /// The reason.
    pub why: String,
    /// How sure.
    pub sure: Sure,
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
            meter: None,
            times,
            ends: None,
            columns,
            lines: None,
            stamp_hint: None,
            zone_hint: None,
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
        if let Some(ends) = &mut self.ends {
            *ends = picked(ends, order);
        }
        for column in &mut self.columns {
            column.values = picked(&column.values, order);
            if let Some(flags) = &mut column.flags {
                *flags = picked(flags, order);
            }
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
        let is_import = |column: &&RawColumn| (column.channel, column.role) == (Channel::IMPORT_KWH, Role::Interval);
        let column = self.columns.iter().find(is_import)?;
        let factor = column.unit.to_energy(step_s) * column.multiplier;
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
    /// What power columns are: means of their intervals, or samples.
    pub power: Option<Kind>,
    /// Whether energy columns are cumulative registers (示值).
    pub registers: Option<bool>,
    /// What registers and interval values are multiplied by (综合倍率 = CT × PT).
    pub multiplier: Option<f64>,
    /// Digits before the decimal mark of a register, after which it rolls over.
    pub register_digits: Option<u8>,
    /// Whether the energy between two register readings further apart than a step is spread evenly over the
    /// steps between them.
    pub spread: bool,
}
