//! What a bill is made from: what was taken in the billing period, measured from readings or entered.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::carried::Carried;
use super::sheet::Certainty;

/// Where the maximum demand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandOrigin {
    /// Largest mean over fixed blocks of the tariff's window; a sliding meter reads a little more.
    Block,
    /// Largest mean over the window slid by the readings' step.
    Sliding,
    /// Read from the meter's register of the maximum demand, which overrides the intervals.
    Register,
    /// Read from a paper bill.
    Entered,
}

/// What a bill is made from: energy by period, reactive energy, demand.
///
/// Many plants have nothing but these, from registers or from a paper bill, and are billed all the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BillingQuantities {
    /// First date.
    pub from: Date,
    /// First date after it.
    pub until: Date,
    /// Imported energy by period of the tariff's first schedule \[kWh\].
    pub kwh: BTreeMap<String, f64>,
    /// Imported energy by period of further schedules that price energy \[kWh\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub other_kwh: BTreeMap<String, f64>,
    /// Exported energy by period of the first schedule \[kWh\]; empty where not measured.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub export_kwh: BTreeMap<String, f64>,
    /// Reactive energy from the grid \[kvarh\]; `None` where not measured.
    pub import_kvarh: Option<f64>,
    /// Reactive energy to the grid \[kvarh\]; `None` where not measured.
    pub export_kvarh: Option<f64>,
    /// Active energy of the intervals that have reactive readings too \[kWh\], for the power factor;
    /// `None` takes the sum of `kwh`.
    pub power_factor_kwh: Option<f64>,
    /// Maximum demand \[kW\]; `None` where the readings cannot tell it.
    pub demand_kw: Option<f64>,
    /// Start of the interval of the maximum demand, UTC seconds.
    pub demand_at: Option<i64>,
    /// Where the demand comes from.
    pub demand_origin: Option<DemandOrigin>,
    /// What single components bill beyond energy by period: by component, then by period or `all`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_component: BTreeMap<String, BTreeMap<String, f64>>,
    /// Share of the readings that is missing, 0 to 1.
    pub missing_share: f64,
    /// Hours without a reading in each period of the first schedule; empty where none is missing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub missing_h: BTreeMap<String, f64>,
    /// Imported energy that rests on estimates, the source's or those asked for \[kWh\]; it is in `kwh`.
    pub estimated_kwh: f64,
    /// Transformer and line losses \[kWh\] that are in `kwh`; `None` where none were added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_kwh: Option<f64>,
    /// The same of reactive energy \[kvarh\], in `import_kvarh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_kvarh: Option<f64>,
    /// How certain it is which period a time belongs to; `None` where the energy was entered by period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub periods_certainty: Option<Certainty>,
    /// What the bills before hand on.
    #[serde(skip_serializing_if = "is_default")]
    pub carried: Carried,
    /// The same by version of the tariff, where the billing period spans a change; then the energies above are
    /// their sums, and demand and power factor are the whole period's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<BillingQuantities>,
}

fn is_default(carried: &Carried) -> bool {
    *carried == Carried::default()
}

impl BillingQuantities {
    /// All imported energy \[kWh\].
    #[must_use]
    pub fn total_kwh(&self) -> f64 {
        self.kwh.values().sum()
    }

    /// Reactive energy of both directions \[kvarh\]: they add, they do not cancel.
    #[must_use]
    pub fn kvarh(&self) -> Option<f64> {
        self.import_kvarh.map(|import| import.abs() + self.export_kvarh.unwrap_or_default().abs())
    }

    /// Says of the same bill what is missing among the readings that it was measured from.
    pub(crate) fn keep_missing(&mut self, measured: &Self) {
        self.missing_share = measured.missing_share;
        self.missing_h.clone_from(&measured.missing_h);
        for (part, measured) in self.parts.iter_mut().zip(&measured.parts) {
            part.missing_h.clone_from(&measured.missing_h);
        }
    }

    /// Active energy that the power factor is made from \[kWh\].
    #[must_use]
    pub fn kwh_of_power_factor(&self) -> f64 {
        self.power_factor_kwh.unwrap_or_else(|| self.total_kwh())
    }
}
