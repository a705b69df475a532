//! Powers and energies are multiplied with a wrong ratio of the current transformers, currents with the right one.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.01, 100.0),
    drawn: (0.4, 0.8),
    hours: (72, 720),
    apply: |phases, one| {
        for phase in 0..3 {
            phases.scale_power(phase, one.size);
        }
    },
};
