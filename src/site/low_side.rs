//! Metering on the low-voltage side of a transformer while the supply is high-voltage (高供低计).

use serde::{Deserialize, Serialize};

use super::{MAX_POWER, MIN_POWER};

/// Where losses join the energy in proportion to every period.
pub const ALLOCATED: &str = "allocated";

/// A transformer by its nameplate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transformer {
    /// Rated power \[kVA\].
    pub capacity_kva: f64,
    /// No-load loss P0 \[kW\].
    pub no_load_loss_kw: f64,
    /// Load loss at rated power Pk \[kW\].
    pub load_loss_kw: f64,
    /// No-load current I0 \[% of the rated current\].
    pub no_load_current_percent: f64,
    /// Impedance voltage uk \[%\].
    pub impedance_percent: f64,
}

/// The line between the supply point and the transformer: a share that was agreed, or its resistance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LineLoss {
    /// Losses as a share of the metered energy and the transformer's losses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Resistance of one conductor of three \[Ω\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resistance_ohm: Option<f64>,
    /// Voltage between the conductors \[kV\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voltage_kv: Option<f64>,
}

/// What is lost between the supply point and a meter on the low-voltage side, and is billed with the energy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowSide {
    /// Transformer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transformer: Option<Transformer>,
    /// Line before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineLoss>,
    /// Period of the tariff's first schedule that the losses join, e.g. `flat`, or `allocated` to all in proportion.
    #[serde(default = "allocated")]
    pub joins: String,
    /// Load-shape factor K of entered quantities; intervals tell the losses without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape_factor: Option<f64>,
}

fn allocated() -> String {
    ALLOCATED.to_owned()
}

/// Highest load-shape factor that is no slip; an even load has 1, a single shift about 3.
const MAX_SHAPE_FACTOR: f64 = 20.0;
/// Largest share of a line that is no slip.
const MAX_LINE_SHARE: f64 = 0.5;

impl LowSide {
    /// What is wrong with it, as the field and the problem.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        if self.transformer.is_none() && self.line.is_none() {
            let problem = "found neither `transformer` nor `line`; give what is lost on, or leave `low_side` out";
            return Err(("low_side".to_owned(), problem.to_owned()));
        }
        let within = |field: &str, value: f64, from: f64, to: f64| {
            let problem =
                || (format!("low_side.{field}"), format!("found {value}, expected a number from {from} to {to:e}"));
            if (from..=to).contains(&value) { Ok(()) } else { Err(problem()) }
        };
        if let Some(one) = &self.transformer {
            within("transformer.capacity_kva", one.capacity_kva, MIN_POWER, MAX_POWER)?;
            within("transformer.no_load_loss_kw", one.no_load_loss_kw, 0.0, one.capacity_kva)?;
            within("transformer.load_loss_kw", one.load_loss_kw, 0.0, one.capacity_kva)?;
            within("transformer.no_load_current_percent", one.no_load_current_percent, 0.0, 100.0)?;
            within("transformer.impedance_percent", one.impedance_percent, 0.0, 100.0)?;
        }
        if let Some(line) = &self.line {
            match (line.share, line.resistance_ohm, line.voltage_kv) {
                (Some(share), None, None) => within("line.share", share, 0.0, MAX_LINE_SHARE)?,
                (None, Some(ohm), Some(kv)) => {
                    within("line.resistance_ohm", ohm, 0.0, 1e3)?;
                    within("line.voltage_kv", kv, 0.1, 1e3)?;
                }
                _ => {
                    let problem = "expected either `share`, or `resistance_ohm` with `voltage_kv`";
                    return Err(("low_side.line".to_owned(), problem.to_owned()));
                }
            }
        }
        self.shape_factor.map_or(Ok(()), |shape| within("shape_factor", shape, 1.0, MAX_SHAPE_FACTOR))
    }
}
