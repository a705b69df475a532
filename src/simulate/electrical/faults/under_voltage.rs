//! The grid's voltage is too low on all phases, which take the same power; `size` is the share of the ordinary voltage.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.1, 1.0),
    drawn: (0.62, 0.73),
    hours: (1, 12),
    apply: |phases, one| {
        for phase in 0..3 {
            phases.scale_voltage(phase, one.size);
        }
    },
};
