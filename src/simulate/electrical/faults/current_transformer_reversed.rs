//! A current transformer the wrong way round: current and power of the phase change sign, the total loses them twice.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 0.0),
    drawn: (0.0, 0.0),
    hours: (72, 720),
    apply: |phases, one| {
        phases.amperes[one.phase] *= -1.0;
        phases.scale_power(one.phase, -1.0);
    },
};
