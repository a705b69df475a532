//! What kind of cost a line of a bill is, for comparing bills whose components differ.

use serde::{Deserialize, Serialize};

/// Kind of cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineGroup {
    /// Prices a kWh of imported energy.
    Energy,
    /// Demand, capacity, amounts a month or a day.
    FixedDemand,
    /// Power factor and reactive energy.
    PowerFactor,
    /// Everything else: deviation, export, minimum bills, surcharges.
    Other,
}

impl LineGroup {
    /// All, in the order in which tables show them.
    pub const ALL: [Self; 4] = [Self::Energy, Self::FixedDemand, Self::PowerFactor, Self::Other];

    /// The group of a line, by its rule (`energy.floating`) and unit.
    ///
    /// ```
    /// use wattlens::tariff::LineGroup;
    /// assert_eq!(LineGroup::of("energy.floating", "kWh"), LineGroup::Energy);
    /// assert_eq!(LineGroup::of("basic.capacity", "kVA"), LineGroup::FixedDemand);
    /// assert_eq!(LineGroup::of("power_factor.adjustment", "CNY"), LineGroup::PowerFactor);
    /// assert_eq!(LineGroup::of("deviation.over", "kWh"), LineGroup::Other);
    /// ```
    #[must_use]
    pub fn of(rule: &str, unit: &str) -> Self {
        let kind = rule.split('.').next().unwrap_or(rule);
        match (kind, unit) {
            ("deviation" | "export" | "minimum" | "surcharge", _) => Self::Other,
            ("power_factor" | "power_factor_penalty" | "reactive", _) | (_, "kvarh") => Self::PowerFactor,
            ("basic" | "demand" | "fixed" | "subscribed" | "coincident_peak", _) | (_, "kW" | "kVA" | "one") => {
                Self::FixedDemand
            }
            (_, "kWh") => Self::Energy,
            _ => Self::Other,
        }
    }
}
