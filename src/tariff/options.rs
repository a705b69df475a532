//! How the bills of a site are made: over which periods, under which policy at missing readings, after which bills.

use serde::{Deserialize, Serialize};

use super::billing_periods::BillingPeriods;
use super::carried::Carried;

/// What a bill does about missing readings. Whatever it does, it says what share is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingReadings {
    /// A period with any missing reading is not billed.
    Refuse,
    /// What was measured is billed, with bounds of what the bill can be; see [`Bounds`](super::Bounds).
    Bounds,
    /// Every missing reading counts as the mean of those there are in the same period of the schedule. What rests on
    /// it is in `estimated_kwh`. The demand is that of the readings there are.
    Proportional,
}

/// How the bills of a site are made.
///
/// ```
/// use wattlens::tariff::{BillingOptions, MissingReadings};
/// let options = BillingOptions { missing: Some(MissingReadings::Refuse), ..BillingOptions::default() };
/// assert_eq!(options.periods, wattlens::tariff::BillingPeriods::Months);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BillingOptions {
    /// Spans of the bills.
    pub periods: BillingPeriods,
    /// Policy at missing readings. Where none is named it is `Bounds`, and a period of which more than 5 % is missing
    /// is not billed; a named policy bills it.
    pub missing: Option<MissingReadings>,
    /// What the bills before the first one hand on.
    pub carried: Carried,
}
