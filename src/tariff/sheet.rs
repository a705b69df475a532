//! The JSON of a tariff: who bills whom, in which versions, with which components.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::component::Charge;
use super::schedule::Schedule;

/// A text in English and Chinese.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// How certain a price or a rule is, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Follows from real bills or other numbers by calculation.
    Proved,
    /// Stands in a document that is named.
    Stated,
    /// Taken over from elsewhere without proof for this tariff.
    Assumed,
    /// Stands in a source that is contradicted, out of date or not confirmed; check before use.
    Unverified,
}

/// Dates in force, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// First date.
    #[schemars(with = "String", extend("format" = "date"))]
    pub from: Date,
    /// First date after it; open where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub until: Option<Date>,
}

/// Whom a tariff is for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Customer {
    /// Customer class, e.g. industrial and commercial, two-part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Words>,
    /// Supply voltage as the tariff writes it, e.g. `1-10(20) kV`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voltage: Option<String>,
    /// Smallest and largest transformer capacity \[kVA\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_kva: Option<(Option<f64>, Option<f64>)>,
    /// Smallest and largest demand \[kW\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demand_kw: Option<(Option<f64>, Option<f64>)>,
}

/// What makes the days on which an overlay with this trigger holds: days that are known only when they come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Name that overlays refer to.
    pub id: String,
    /// Words for it.
    pub name: Words,
    /// Daily maximum temperature from which a day counts \[°C\]; without it the days are announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least_celsius: Option<f64>,
    /// Days on end that have to count, up to and with the day itself.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub consecutive_days: u16,
}

fn one() -> u16 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_one(days: &u16) -> bool {
    *days == 1
}

/// One component of a tariff: what it is called, what it charges, where that comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Name within the version.
    pub id: String,
    /// Words for its lines.
    pub name: Words,
    /// What it charges.
    pub charge: Charge,
    /// Document or bill that it comes from.
    pub source: String,
    /// How certain it is.
    pub certainty: Certainty,
}

/// The tariff between two dates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Dates in force.
    pub in_force: InForce,
    /// Document that decrees this version, where it is not the tariff's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Period schedules. The first is the one by which energy is metered and entered; without any, the whole
    /// time is the period `all`. Period names differ between schedules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
    /// Components in the order of the bill; a component can refer to those before it.
    pub components: Vec<Component>,
}

/// A field of another format that could not be carried over into this tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotCarried {
    /// Where it stood, e.g. `mincharge`.
    pub field: String,
    /// What stood there, as text, maybe cut.
    pub value: String,
    /// Whether a bill can differ by it.
    pub costs: bool,
    /// Why, and what to do.
    pub why: Words,
}
/// Published prices by name and month (`2026-01`) \[currency/kWh\]; of either sign.
pub type PriceTables = BTreeMap<String, BTreeMap<String, Decimal>>;

/// The JSON of a tariff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "wattlens tariff")]
pub struct Sheet {
    /// Where the schema lies, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema_address: Option<String>,
    /// Version of this format.
    pub schema: u32,
    /// Name in the library, lower case with dashes.
    pub id: String,
    /// Title.
    pub name: Words,
    /// Who bills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utility: Option<Words>,
    /// ISO 4217 code.
    pub currency: String,
    /// Whom it is for.
    #[serde(default)]
    pub customer: Customer,
    /// Certainty of the whole: that of its least certain part that every bill needs.
    pub certainty: Certainty,
    /// Where it comes from.
    pub source: String,
    /// What a user has to know.
    #[serde(default)]
    pub notes: Vec<Words>,
    /// What could not be carried over from the format that the tariff was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_carried: Vec<NotCarried>,
    /// Days that are known only when they come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Published monthly prices that components refer to; a month without one has to be given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub price_tables: PriceTables,
    /// The tariff over time, ascending, without overlap. A bill across a change is split at it.
    pub versions: Vec<Version>,
}
