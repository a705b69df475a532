//! What a meter of three phases shows for an interval.

use std::array;

use crate::readings::{Channel, Phase, Quantity, Series};
use crate::simulate::load::Power;

const PHASES: [Phase; 3] = [Phase::L1, Phase::L2, Phase::L3];

/// Voltages \[V\], currents \[A\], active \[kW\] and reactive \[kvar\] powers of the phases, and the neutral's current \[A\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Phases {
    pub volts: [f64; 3],
    pub amperes: [f64; 3],
    pub kw: [f64; 3],
    pub kvar: [f64; 3],
    pub neutral_a: f64,
}

impl Phases {
    pub const MISSING: Self = {
        let none = [f64::NAN; 3];
        Self { volts: none, amperes: none, kw: none, kvar: none, neutral_a: f64::NAN }
    };

    /// Sum of the phases.
    pub fn total(&self) -> Power {
        Power { kw: self.kw.iter().sum(), kvar: self.kvar.iter().sum() }
    }

    /// Multiplies a phase's powers.
    pub fn scale_power(&mut self, phase: usize, factor: f64) {
        self.kw[phase] *= factor;
        self.kvar[phase] *= factor;
    }

    /// Changes a phase's voltage under a load that takes the same power all the same.
    pub fn scale_voltage(&mut self, phase: usize, factor: f64) {
        self.volts[phase] *= factor;
        self.amperes[phase] /= factor;
    }

    /// The neutral's current: the sum of the phasors, which lag alike, and three times the third harmonic across it.
    pub fn neutral(amperes: [f64; 3], third_harmonic_share: f64) -> f64 {
        let [a, b, c] = amperes.map(f64::abs);
        let squares = a * a + b * b + c * c - a * b - b * c - c * a;
        (squares + (third_harmonic_share * (a + b + c)).powi(2)).max(0.0).sqrt()
    }

    /// The channels of a meter: volts to 0.1, amperes and kilowatts to 0.01, power factors to 0.001.
    pub fn series(all: &[Self]) -> Vec<Series> {
        let channel = |quantity, phase, per_unit: f64, value: &dyn Fn(&Self) -> f64| {
            let values = all.iter().map(|one| (value(one) * per_unit).round() / per_unit).collect();
            Series::new(Channel::mean(quantity, phase), values)
        };
        let mut series = Vec::with_capacity(15);
        for (at, phase) in PHASES.into_iter().enumerate() {
            series.push(channel(Quantity::Voltage, phase, 10.0, &|one| one.volts[at]));
            series.push(channel(Quantity::Current, phase, 100.0, &|one| one.amperes[at]));
            series.push(channel(Quantity::ActivePower, phase, 100.0, &|one| one.kw[at]));
            series.push(channel(Quantity::PowerFactor, phase, 1000.0, &|one| power_factor(one.kw[at], one.kvar[at])));
        }
        series.push(channel(Quantity::ActivePower, Phase::Total, 100.0, &|one| one.total().kw));
        series.push(channel(Quantity::PowerFactor, Phase::Total, 1000.0, &|one| {
            let total = one.total();
            power_factor(total.kw, total.kvar)
        }));
        series.push(channel(Quantity::Current, Phase::N, 100.0, &|one| one.neutral_a));
        series
    }

    /// Every phase.
    pub fn each() -> [usize; 3] {
        array::from_fn(|phase| phase)
    }
}

/// With the sign of the active power; zero without power.
fn power_factor(kw: f64, kvar: f64) -> f64 {
    let kva = kw.hypot(kvar);
    if kva == 0.0 { 0.0 } else { kw / kva }
}
