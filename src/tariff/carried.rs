//! What one bill hands on to the next: peaks that a ratchet looks back on, credits, the year's sum so far.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The highest demand of an earlier bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastPeak {
    /// First day of that bill.
    pub from: Date,
    /// Component whose demand it is; of every one where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The demand, in the component's unit.
    pub demand: f64,
}

/// What a bill takes over from the bills before it. All of it is empty where nothing is known; a charge that
/// needs what is missing says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Carried {
    /// The first day after the bills that credits and the year's sum come from. A bill that begins on another day
    /// knows neither, since a bill between is missing; taken as its own first day where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Demands of earlier bills, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peaks: Vec<PastPeak>,
    /// Money of exports that is still to be set off, by component \[currency\], unrounded.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credit: BTreeMap<String, Decimal>,
    /// Energy of exports that is still to be set off, by period \[kWh\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credit_kwh: BTreeMap<String, Decimal>,
    /// Sum of the calendar year's bills before this one, by component that asks for it \[currency\], unrounded.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub year_to_date: BTreeMap<String, Decimal>,
}

impl Carried {
    /// Whether no bill is missing between those that this comes from and one that begins on `from`.
    pub(crate) fn reaches(&self, from: Date) -> bool {
        self.until.is_none_or(|until| until == from)
    }

    /// Whether it holds something that every bill after it has to hand on.
    pub(crate) fn is_a_chain(&self) -> bool {
        !(self.credit.is_empty() && self.credit_kwh.is_empty() && self.year_to_date.is_empty())
    }
}
