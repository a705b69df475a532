//! A current transformer is open or short-circuited: the meter sees no current of the phase.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 0.0),
    drawn: (0.0, 0.0),
    hours: (72, 720),
    apply: |phases, one| {
        phases.amperes[one.phase] = 0.0;
        phases.scale_power(one.phase, 0.0);
    },
};
