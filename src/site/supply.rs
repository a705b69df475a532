//! How a site is connected and metered: voltage, wiring, transformers, and the meter's own ratings.

use serde::{Deserialize, Serialize};

use super::{MAX_POWER, MIN_POWER};
use crate::error::{ErrorKind, Problem, Result};

/// How the meter is wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wiring {
    /// Three phases and neutral (三相四线).
    #[serde(alias = "3P4W")]
    ThreePhaseFourWire,
    /// Three phases without neutral (三相三线): two elements, and phase B (L2) is not measured.
    #[serde(alias = "3P3W")]
    ThreePhaseThreeWire,
    /// One phase and neutral (单相).
    #[serde(alias = "1P2W")]
    SinglePhase,
}

/// How the windings of the transformer are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VectorGroup {
    /// Star and star with neutral.
    Yyn0,
    /// Delta and star with neutral, which bears more neutral current.
    Dyn11,
}

/// Where the meter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeteringSide {
    /// Before the transformer (高供高计).
    HighVoltage,
    /// Behind the transformer (高供低计), or on a low-voltage supply.
    LowVoltage,
}

/// What the values of voltages and currents are. Powers and energies always have the multiplier in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// What flows in the line.
    #[default]
    Primary,
    /// What the instrument transformers give to the meter.
    Secondary,
}

/// How a site is connected and metered. Anything may be unknown; the rules that need it say so.
///
/// ```
/// use wattlens::site::{Supply, Wiring};
/// let supply: Supply = serde_json::from_str(r#"{"wiring": "three_phase_four_wire", "ct_ratio": 80}"#).unwrap();
/// assert_eq!((supply.wiring, supply.ct_ratio), (Some(Wiring::ThreePhaseFourWire), Some(80.0)));
/// assert!(supply.check().is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Supply {
    /// Nominal primary voltage \[V\] of what the phase channels show: phase to neutral, or, with three wires, between
    /// two phases. The standard's where it is not known.
    pub nominal_v: Option<f64>,
    /// Wiring; read off the channels where it is not known.
    pub wiring: Option<Wiring>,
    /// Vector group of the transformer.
    pub vector_group: Option<VectorGroup>,
    /// Where the meter stands.
    pub metering_side: Option<MeteringSide>,
    /// Ratio of the current transformers; 1 where they are not known.
    pub ct_ratio: Option<f64>,
    /// Ratio of the voltage transformers; 1 where they are not known.
    pub pt_ratio: Option<f64>,
    /// What voltages and currents are.
    pub values: Values,
    /// Basic current Ib of the meter's nameplate \[A\], 1.5 of `1.5(6) A`.
    pub basic_current_a: Option<f64>,
    /// Maximum current Imax of the meter's nameplate \[A\], 6 of `1.5(6) A`.
    pub maximum_current_a: Option<f64>,
    /// Rated power of the transformer \[kVA\].
    pub transformer_kva: Option<f64>,
    /// Largest neutral current as a share of the transformer's rated current; needed for Dyn11.
    pub neutral_limit_share: Option<f64>,
    /// Whether generation stands behind the meter; `None` where nobody said so, which is taken for none.
    pub generation: Option<bool>,
}

/// Largest nominal voltage, ratio and current that are no slip.
const MAX_VOLTAGE_V: f64 = 1e6;
const MAX_RATIO: f64 = 1e5;
const MAX_CURRENT_A: f64 = 1e5;

impl Supply {
    /// Checks that every number has a meaning.
    ///
    /// # Errors
    /// Names the field, what was found, what was expected and the remedy.
    ///
    /// ```
    /// use wattlens::site::Supply;
    /// let supply = Supply { nominal_v: Some(0.22), ..Supply::default() };
    /// assert!(supply.check().unwrap_err().to_string().starts_with("supply.nominal_v: found 0.22"));
    /// ```
    pub fn check(&self) -> Result<()> {
        match self.problems().into_iter().find(|one| one.is_error) {
            None => Ok(()),
            Some(Problem { field, problem, .. }) => {
                Err(ErrorKind::Site { field: field.unwrap_or_default(), problem }.into())
            }
        }
    }

    /// Everything that is wrong with it.
    ///
    /// ```
    /// use wattlens::site::Supply;
    /// let supply = Supply { basic_current_a: Some(6.0), maximum_current_a: Some(1.5), ..Supply::default() };
    /// assert_eq!(supply.problems()[0].field.as_deref(), Some("supply.maximum_current_a"));
    /// ```
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, problem: String| {
            problems.push(Problem::error(Some(format!("supply.{field}")), problem));
        };
        let numbers = [
            ("nominal_v", self.nominal_v, 10.0, MAX_VOLTAGE_V, "volts, e.g. 220"),
            ("ct_ratio", self.ct_ratio, 1.0, MAX_RATIO, "a ratio, e.g. 80 for 400/5 A"),
            ("pt_ratio", self.pt_ratio, 1.0, MAX_RATIO, "a ratio, e.g. 100 for 10 000/100 V"),
            ("basic_current_a", self.basic_current_a, 0.01, MAX_CURRENT_A, "ampere of the nameplate, e.g. 1.5"),
            ("maximum_current_a", self.maximum_current_a, 0.01, MAX_CURRENT_A, "ampere of the nameplate, e.g. 6"),
            ("transformer_kva", self.transformer_kva, MIN_POWER, MAX_POWER, "kVA of the nameplate"),
            ("neutral_limit_share", self.neutral_limit_share, 0.01, 2.0, "a share, 0.25 for 25 %"),
        ];
        for (field, value, from, to, what) in numbers {
            if let Some(value) = value.filter(|value| !(from..=to).contains(value)) {
                wrong(field, format!("found {value}, expected {what}, from {from} to {to:e}"));
            }
        }
        if let (Some(basic), Some(maximum)) = (self.basic_current_a, self.maximum_current_a)
            && maximum < basic
        {
            let problem = format!(
                "found {maximum} A, below the basic current of {basic} A; a nameplate `1.5(6) A` has basic_current_a \
                 1.5 and maximum_current_a 6"
            );
            wrong("maximum_current_a", problem);
        }
        if self.wiring == Some(Wiring::ThreePhaseThreeWire) && self.neutral_limit_share.is_some() {
            wrong("neutral_limit_share", "there is no neutral with three wires; leave it out".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_supply_goes_to_json_and_back_and_refuses_what_it_does_not_know() {
        let supply = Supply { vector_group: Some(VectorGroup::Dyn11), generation: Some(false), ..Supply::default() };
        let text = serde_json::to_string(&supply).unwrap();
        assert_eq!(serde_json::from_str::<Supply>(&text).unwrap(), supply);
        assert!(serde_json::from_str::<Supply>(r#"{"nominal_kv": 10}"#).is_err());
        assert!(serde_json::from_str::<Supply>(r#"{"wiring": "star"}"#).is_err());
        let short: Supply = serde_json::from_str(r#"{"wiring": "3P3W"}"#).unwrap();
        assert_eq!(short.wiring, Some(Wiring::ThreePhaseThreeWire));
    }

    #[test]
    fn what_has_no_meaning_names_its_field() {
        for (field, text) in [
            ("nominal_v", r#"{"nominal_v": 5}"#),
            ("ct_ratio", r#"{"ct_ratio": 0.5}"#),
            ("pt_ratio", r#"{"pt_ratio": 0}"#),
            ("basic_current_a", r#"{"basic_current_a": -1}"#),
            ("transformer_kva", r#"{"transformer_kva": 0}"#),
            ("neutral_limit_share", r#"{"neutral_limit_share": 25}"#),
            ("neutral_limit_share", r#"{"neutral_limit_share": 0.25, "wiring": "three_phase_three_wire"}"#),
        ] {
            let problems = serde_json::from_str::<Supply>(text).unwrap().problems();
            assert_eq!(problems.len(), 1, "{text}");
            assert_eq!(problems[0].field, Some(format!("supply.{field}")));
        }
        let nan = Supply { nominal_v: Some(f64::NAN), ..Supply::default() };
        assert!(nan.check().is_err());
    }
}
