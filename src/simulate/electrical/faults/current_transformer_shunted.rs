//! A shunt across a current transformer: the meter sees a share of the phase's current.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 1.0),
    drawn: (0.3, 0.8),
    hours: (72, 720),
    apply: |phases, one| {
        phases.amperes[one.phase] *= one.size;
        phases.scale_power(one.phase, one.size);
    },
};
