//! Faults that can be put into a simulated plant, and what each did.

use serde::{Deserialize, Serialize};

use super::load::{Load, Power, reactive_share};
use super::plant::Plant;
use crate::readings::Phase;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Load on top of the ordinary one.
    Spike,
    /// A share of the whole load, capacitors included, is lost.
    Drop,
    /// The meter repeats its last values.
    StuckValue,
    /// The meter's values are missing.
    Gap,
    /// The meter gives zeros.
    ZeroRun,
    /// Production machines left on outside their hours.
    UnusualHours,
    /// A higher load outside the shifts' hours, night after night.
    NightBaseRise,
    /// Days off that are worked.
    WorkOnHoliday,
    /// A phase's voltage is lost at the meter while current flows (失压).
    LossOfVoltage,
    /// A phase of the supply fails: no voltage and no current (断相).
    PhaseFailure,
    /// The meter sees no current of a phase (失流).
    CurrentTransformerOpen,
    /// A current transformer the wrong way round.
    CurrentTransformerReversed,
    /// The meter sees a share of a phase's current.
    CurrentTransformerShunted,
    /// Voltages of two phases are swapped at the meter.
    PhasesSwapped,
    /// Powers and energies with a wrong ratio of the current transformers.
    WrongRatio,
    /// All voltages are too high (过压).
    OverVoltage,
    /// All voltages are too low (欠压).
    UnderVoltage,
    /// Voltages of the phases lie apart (电压不平衡).
    VoltageUnbalance,
    /// A phase carries more than the meter may (过流).
    OverCurrent,
    /// More than the transformer's rated power.
    TransformerOverload,
    /// All phases give power to the grid (功率反向).
    ReversePower,
    /// The neutral carries more than it should.
    NeutralCurrent,
}

impl FaultKind {
    /// Every fault of the load and of a meter of energy.
    pub const ALL: [Self; 8] = [
        Self::Spike,
        Self::Drop,
        Self::StuckValue,
        Self::Gap,
        Self::ZeroRun,
        Self::UnusualHours,
        Self::NightBaseRise,
        Self::WorkOnHoliday,
    ];

    /// Every fault of voltages and currents; they need [`Plant::electrical`](super::Plant::electrical).
    pub const ELECTRICAL: [Self; 14] = [
        Self::LossOfVoltage,
        Self::PhaseFailure,
        Self::CurrentTransformerOpen,
        Self::CurrentTransformerReversed,
        Self::CurrentTransformerShunted,
        Self::PhasesSwapped,
        Self::WrongRatio,
        Self::OverVoltage,
        Self::UnderVoltage,
        Self::VoltageUnbalance,
        Self::OverCurrent,
        Self::TransformerOverload,
        Self::ReversePower,
        Self::NeutralCurrent,
    ];

    /// The name it has in JSON, e.g. `night_base_rise`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spike => "spike",
            Self::Drop => "drop",
            Self::StuckValue => "stuck_value",
            Self::Gap => "gap",
            Self::ZeroRun => "zero_run",
            Self::UnusualHours => "unusual_hours",
            Self::NightBaseRise => "night_base_rise",
            Self::WorkOnHoliday => "work_on_holiday",
            Self::LossOfVoltage => "loss_of_voltage",
            Self::PhaseFailure => "phase_failure",
            Self::CurrentTransformerOpen => "current_transformer_open",
            Self::CurrentTransformerReversed => "current_transformer_reversed",
            Self::CurrentTransformerShunted => "current_transformer_shunted",
            Self::PhasesSwapped => "phases_swapped",
            Self::WrongRatio => "wrong_ratio",
            Self::OverVoltage => "over_voltage",
            Self::UnderVoltage => "under_voltage",
            Self::VoltageUnbalance => "voltage_unbalance",
            Self::OverCurrent => "over_current",
            Self::TransformerOverload => "transformer_overload",
            Self::ReversePower => "reverse_power",
            Self::NeutralCurrent => "neutral_current",
        }
    }
}

/// A fault with its place and size. It touches the intervals that start in `[start, start + length_s)`.
///
/// ```
/// use wattlens::simulate::{Fault, FaultKind};
/// let fault: Fault = serde_json::from_str(
///     r#"{"kind": "spike", "start": 1741759200, "length_s": 1800, "size": 400.0}"#).unwrap();
/// let expected = Fault { kind: FaultKind::Spike, start: 1_741_759_200, length_s: 1800, size: 400.0, phase: None };
/// assert_eq!(fault, expected);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Start, UTC seconds.
    pub start: i64,
    /// Length \[s\].
    pub length_s: i64,
    /// How big. Spike, unusual hours, night-base rise: load added \[kW\]. Drop: share of the load
    /// lost, 0 to 1. Work on a holiday: share of a full workday's production. The meter's faults
    /// (stuck value, gap, zero run) have no size. Loss of voltage: share of the voltage left, 0 to 0.6.
    /// Shunted transformer: share of the current that is seen. Wrong ratio: factor of the powers. Over-
    /// and under-voltage: factor of the voltages. Voltage unbalance: distance of two phases as a share.
    /// Over-current: share of the meter's maximum current. Overload: share of the transformer's rated
    /// power. Reverse power: share of the ordinary power. Neutral current: share of the transformer's
    /// rated current. The other electrical faults have no size.
    #[serde(default)]
    pub size: f64,
    /// Phase of an electrical fault, L1 to L3; L1 where none is given. Phases swapped: the one that is
    /// still right. Faults of all phases and of the load have none.
    #[serde(default)]
    pub phase: Option<Phase>,
}

impl Fault {
    /// End, UTC seconds.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.start.saturating_add(self.length_s)
    }

    /// Number of the phase, from 0.
    pub(super) fn phase_at(&self) -> usize {
        match self.phase {
            Some(Phase::L2) => 1,
            Some(Phase::L3) => 2,
            _ => 0,
        }
    }

    /// The power of an interval with the fault; the meter's own faults leave it as it is.
    pub(super) fn power(&self, plant: &Plant, load: &Load<'_>, index: usize) -> Power {
        let clean = load.power(index);
        let with = |kw: f64, power_factor: f64| Power {
            kw: clean.kw + kw,
            kvar: clean.kvar + kw * reactive_share(power_factor),
        };
        match self.kind {
            FaultKind::Spike | FaultKind::UnusualHours => with(self.size, plant.production_power_factor),
            FaultKind::NightBaseRise if load.is_night(index) => with(self.size, plant.base_power_factor),
            FaultKind::Drop => Power { kw: clean.kw * (1.0 - self.size), kvar: clean.kvar * (1.0 - self.size) },
            FaultKind::WorkOnHoliday => load.power_at_level(index, self.size),
            // Of the meter or of the phases.
            _ => clean,
        }
    }
}

/// What a fault did to the readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// What went wrong.
    pub kind: FaultKind,
    /// First instant touched, UTC seconds.
    pub start: i64,
    /// First instant after it, UTC seconds.
    pub end: i64,
    /// Energy of the readings with the fault minus energy without it \[kWh\]; `None` for a gap,
    /// whose readings have no energy to compare.
    pub kwh: Option<f64>,
    /// Phase of an electrical fault.
    #[serde(default)]
    pub phase: Option<Phase>,
}
