//! A phase of the meter's voltage circuit is open (失压): current flows on, the voltage falls to a share, and with it the metered power.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 0.6),
    drawn: (0.0, 0.6),
    hours: (72, 720),
    apply: |phases, one| {
        phases.volts[one.phase] *= one.size;
        phases.scale_power(one.phase, one.size);
    },
};
