//! Electrical faults, one a file.

mod current_transformer_open;
mod current_transformer_reversed;
mod current_transformer_shunted;
mod loss_of_voltage;
mod neutral_current;
mod over_current;
mod over_voltage;
mod phase_failure;
mod phases_swapped;
mod reverse_power;
mod transformer_overload;
mod under_voltage;
mod voltage_unbalance;
mod wrong_ratio;

use super::{ElectricalPlant, Phases};
use crate::simulate::FaultKind;

/// A fault of the phases: what its size may be, what is drawn, and what it does to an interval.
pub(crate) struct PhaseFault {
    /// Smallest and largest size with a meaning; both 0 where it has none.
    pub sizes: (f64, f64),
    /// Smallest and largest size that is drawn.
    pub drawn: (f64, f64),
    /// Shortest and longest time that is drawn, the longest left out \[h\]: wiring stays wrong for days or weeks, the grid for hours.
    pub hours: (usize, usize),
    /// What it does.
    pub apply: fn(&mut Phases, &Struck<'_>),
}

/// What a fault strikes.
pub(crate) struct Struck<'a> {
    pub phase: usize,
    pub size: f64,
    pub plant: &'a ElectricalPlant,
    pub capacity_kva: f64,
}

impl Struck<'_> {
    /// Maximum current of the meter, primary \[A\].
    fn maximum_a(&self) -> f64 {
        self.plant.maximum_current_a * self.plant.ct_ratio
    }

    /// Rated current of the transformer \[A\].
    fn rated_a(&self) -> f64 {
        self.capacity_kva * 1000.0 / (3.0 * self.plant.nominal_v)
    }

    /// The neutral's current that belongs to the phase currents.
    fn neutral(&self, phases: &Phases) -> f64 {
        Phases::neutral(phases.amperes, self.plant.third_harmonic_share)
    }
}

/// The electrical fault of a kind; none for the faults of load and meter.
pub(crate) fn of_kind(kind: FaultKind) -> Option<&'static PhaseFault> {
    let fault = match kind {
        FaultKind::LossOfVoltage => &loss_of_voltage::FAULT,
        FaultKind::PhaseFailure => &phase_failure::FAULT,
        FaultKind::CurrentTransformerOpen => &current_transformer_open::FAULT,
        FaultKind::CurrentTransformerReversed => &current_transformer_reversed::FAULT,
        FaultKind::CurrentTransformerShunted => &current_transformer_shunted::FAULT,
        FaultKind::PhasesSwapped => &phases_swapped::FAULT,
        FaultKind::WrongRatio => &wrong_ratio::FAULT,
        FaultKind::OverVoltage => &over_voltage::FAULT,
        FaultKind::UnderVoltage => &under_voltage::FAULT,
        FaultKind::VoltageUnbalance => &voltage_unbalance::FAULT,
        FaultKind::OverCurrent => &over_current::FAULT,
        FaultKind::TransformerOverload => &transformer_overload::FAULT,
        FaultKind::ReversePower => &reverse_power::FAULT,
        FaultKind::NeutralCurrent => &neutral_current::FAULT,
        _ => return None,
    };
    Some(fault)
}
