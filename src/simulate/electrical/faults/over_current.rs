//! A phase carries more than the meter may: `size` is the share of its maximum current, at the power factor of the load.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 10.0),
    drawn: (1.25, 1.5),
    hours: (1, 7),
    apply: |phases, one| {
        let amperes = one.size * one.maximum_a();
        let factor = amperes / phases.amperes[one.phase];
        phases.amperes[one.phase] = amperes;
        phases.scale_power(one.phase, factor);
        phases.neutral_a = one.neutral(phases);
    },
};
