//! The grid's voltage is too high on all phases, which take the same power; `size` is the share of the ordinary voltage.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (1.0, 2.0),
    drawn: (1.25, 1.4),
    hours: (1, 12),
    apply: |phases, one| {
        for phase in 0..3 {
            phases.scale_voltage(phase, one.size);
        }
    },
};
