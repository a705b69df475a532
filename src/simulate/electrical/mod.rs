//! Voltages and currents of a simulated plant, and what goes wrong with them.

mod faults;
mod network;
mod phases;

pub(super) use faults::{Struck, of_kind};
pub(super) use network::Network;
pub(super) use phases::Phases;

use serde::{Deserialize, Serialize};

use super::plant::Plant;
use crate::error::{ErrorKind, Result};
use crate::site::{Supply, Wiring};

/// The low-voltage supply of a simulated plant: three phases and a neutral behind current transformers. With it a simulation
/// gives voltages \[V\], currents \[A, primary\], powers \[kW\] and power factors of the phases, and the neutral's current.
///
/// The defaults are engineering: a distribution transformer tapped a little high, as they are, that gives way under load, and
/// single-phase consumers spread by hand over the phases.
///
/// ```
/// use wattlens::readings::{Channel, Phase, Quantity};
/// use wattlens::simulate::{ElectricalPlant, Plant, demo_calendar, simulate};
/// let plant = Plant { days: 7, electrical: Some(ElectricalPlant::default()), ..Plant::default() };
/// let readings = simulate(&plant, &demo_calendar(), &[])?.readings;
/// let volts = readings.series(Channel::mean(Quantity::Voltage, Phase::L1)).unwrap().values();
/// assert!(volts.iter().all(|v| (205.0..235.0).contains(v)));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ElectricalPlant {
    /// Nominal voltage, phase to neutral \[V\].
    pub nominal_v: f64,
    /// Voltage without load as a share of the nominal one.
    pub idle_voltage_share: f64,
    /// Voltage lost at the transformer's rated power, as a share of the nominal one.
    pub voltage_drop_share: f64,
    /// Standard deviation of the grid's voltage over hours, as a share.
    pub voltage_noise: f64,
    /// How far each phase's voltage stands from the mean, as a share.
    pub voltage_offsets: [f64; 3],
    /// Share of each phase in the load; together 1.
    pub phase_shares: [f64; 3],
    /// Standard deviation of a phase's share from interval to interval, as a share of it.
    pub share_noise: f64,
    /// Third harmonic of the phase currents, as a share; three times that flows in the neutral.
    pub third_harmonic_share: f64,
    /// Ratio of the current transformers; 400 is 2000/5 A.
    pub ct_ratio: f64,
    /// Basic current of the meter \[A\].
    pub basic_current_a: f64,
    /// Maximum current of the meter \[A\].
    pub maximum_current_a: f64,
}

impl Default for ElectricalPlant {
    fn default() -> Self {
        Self {
            nominal_v: 220.0,
            idle_voltage_share: 1.03,
            voltage_drop_share: 0.03,
            voltage_noise: 0.006,
            voltage_offsets: [0.003, -0.002, -0.001],
            phase_shares: [0.345, 0.335, 0.32],
            share_noise: 0.01,
            third_harmonic_share: 0.03,
            ct_ratio: 400.0,
            basic_current_a: 1.5,
            maximum_current_a: 6.0,
        }
    }
}

impl ElectricalPlant {
    /// What the plant's meter and transformer are, for a [`Site`](crate::site::Site). Values are primary.
    ///
    /// ```
    /// use wattlens::simulate::{ElectricalPlant, Plant};
    /// let supply = ElectricalPlant::default().supply(&Plant::default());
    /// assert_eq!((supply.nominal_v, supply.transformer_kva), (Some(220.0), Some(1250.0)));
    /// ```
    #[must_use]
    pub fn supply(&self, plant: &Plant) -> Supply {
        Supply {
            nominal_v: Some(self.nominal_v),
            wiring: Some(Wiring::ThreePhaseFourWire),
            ct_ratio: Some(self.ct_ratio),
            basic_current_a: Some(self.basic_current_a),
            maximum_current_a: Some(self.maximum_current_a),
            transformer_kva: Some(plant.capacity_kva),
            ..Supply::default()
        }
    }

    /// Checks that every setting has a meaning.
    pub(super) fn check(&self) -> Result<()> {
        let fail = |name: &str, found: f64, expected: &str| {
            let field = format!("plant.electrical.{name}");
            Err(ErrorKind::Site { field, problem: format!("found {found}, expected {expected}") }.into())
        };
        for (name, value, low, high) in [
            ("nominal_v", self.nominal_v, 50.0, 1000.0),
            ("idle_voltage_share", self.idle_voltage_share, 0.8, 1.2),
            ("voltage_drop_share", self.voltage_drop_share, 0.0, 0.3),
            ("voltage_noise", self.voltage_noise, 0.0, 0.1),
            ("share_noise", self.share_noise, 0.0, 0.1),
            ("third_harmonic_share", self.third_harmonic_share, 0.0, 1.0),
            ("ct_ratio", self.ct_ratio, 1.0, 1e5),
            ("basic_current_a", self.basic_current_a, 0.1, 1000.0),
            ("maximum_current_a", self.maximum_current_a, 0.1, 1000.0),
        ] {
            if !(low..=high).contains(&value) {
                return fail(name, value, &format!("{low} to {high}"));
            }
        }
        for value in self.voltage_offsets {
            if !(-0.1..=0.1).contains(&value) {
                return fail("voltage_offsets", value, "shares from -0.1 to 0.1");
            }
        }
        let sum: f64 = self.phase_shares.iter().sum();
        // NaN is not within either.
        if !self.phase_shares.iter().all(|share| (0.0..=1.0).contains(share)) || (sum - 1.0).abs() > 1e-9 {
            return fail("phase_shares", sum, "shares from 0 to 1 that together are 1");
        }
        Ok(())
    }
}
