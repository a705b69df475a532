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
    /// Demands of earlier bills, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peaks: Vec<PastPeak>,
    /// Money of exports that is still to be set off, by component \[currency\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credit: BTreeMap<String, Decimal>,
    /// Energy of exports that is still to be set off, by period \[kWh\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credit_kwh: BTreeMap<String, Decimal>,
    /// Sum of the calendar year's bills before this one, by component that asks for it \[currency\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub year_to_date: BTreeMap<String, Decimal>,
}
