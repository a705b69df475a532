//! Voltages drift apart: a phase rises by half of `size`, the next falls by it, at the same power.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 0.3),
    drawn: (0.09, 0.12),
    hours: (72, 240),
    apply: |phases, one| {
        phases.scale_voltage(one.phase, 1.0 + one.size / 2.0);
        phases.scale_voltage((one.phase + 1) % 3, 1.0 - one.size / 2.0);
    },
};
