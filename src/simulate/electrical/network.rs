//! Voltages and currents without faults: they follow from the load.

use super::{ElectricalPlant, Phases, Struck};
use crate::simulate::load::Power;
use crate::simulate::noise::{Purpose, autoregressive, stream};
use crate::simulate::plant::Plant;
use crate::time::TimeAxis;

/// Hours over which the grid's voltage forgets (engineering).
const VOLTAGE_H: f64 = 6.0;
/// Hours over which the spread of the load over the phases forgets (engineering).
const SHARE_H: f64 = 1.0;
/// Spread of a phase's voltage against the others, as a share (engineering): below a tenth of a volt matters to nobody.
const PHASE_VOLTAGE_NOISE: f64 = 0.001;
/// Noise beyond this many standard deviations is cut: a clean plant has no rare accident.
const MOST_DEVIATIONS: f64 = 3.5;
const WATTS: f64 = 1000.0;

/// What voltages and currents of every interval follow from.
pub(crate) struct Network<'a> {
    plant: &'a ElectricalPlant,
    capacity_kva: f64,
    grid: Vec<f64>,
    volts: [Vec<f64>; 3],
    shares: [Vec<f64>; 3],
}

impl<'a> Network<'a> {
    pub fn new(plant: &'a ElectricalPlant, of: &Plant, axis: &TimeAxis) -> Self {
        let noise = |purpose, sigma: f64, hours: f64| {
            let mut random = stream(of.seed, purpose);
            let correlation = (-axis.step_h() / hours).exp();
            [(); 3].map(|()| {
                let mut values = autoregressive(&mut random, axis.len(), sigma, correlation);
                let most = MOST_DEVIATIONS * sigma;
                values.iter_mut().for_each(|value| *value = value.clamp(-most, most));
                values
            })
        };
        let [grid, ..] = noise(Purpose::SupplyVoltage, plant.voltage_noise, VOLTAGE_H);
        Self {
            plant,
            capacity_kva: of.capacity_kva.max(1.0),
            grid,
            volts: noise(Purpose::VoltageOfPhase, PHASE_VOLTAGE_NOISE, SHARE_H),
            shares: noise(Purpose::ShareOfPhase, plant.share_noise, SHARE_H),
        }
    }

    /// The phases in an interval with this load.
    pub fn phases(&self, index: usize, load: Power) -> Phases {
        let plant = self.plant;
        let at = |values: &[f64]| values.get(index).copied().unwrap_or(0.0);
        let weights = Phases::each().map(|phase| plant.phase_shares[phase] * (1.0 + at(&self.shares[phase])));
        let all: f64 = weights.iter().sum();
        let kw = weights.map(|weight| load.kw * weight / all);
        let kvar = weights.map(|weight| load.kvar * weight / all);
        let drop = plant.voltage_drop_share * load.kw.hypot(load.kvar) / self.capacity_kva;
        let common = plant.idle_voltage_share - drop + at(&self.grid);
        let share = |phase: usize| common + plant.voltage_offsets[phase] + at(&self.volts[phase]);
        let volts = Phases::each().map(|phase| plant.nominal_v * share(phase));
        let amperes = Phases::each().map(|phase| WATTS * kw[phase].hypot(kvar[phase]) / volts[phase]);
        let neutral_a = Phases::neutral(amperes, plant.third_harmonic_share);
        Phases { volts, amperes, kw, kvar, neutral_a }
    }

    /// What a fault of this phase and size strikes.
    pub fn struck(&self, phase: usize, size: f64) -> Struck<'_> {
        Struck { phase, size, plant: self.plant, capacity_kva: self.capacity_kva }
    }
}
