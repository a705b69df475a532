//! A phase of the supply fails (断相): no voltage, no current, and what hung on it stands. The neutral carries what is left.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 0.0),
    drawn: (0.0, 0.0),
    hours: (72, 720),
    apply: |phases, one| {
        phases.volts[one.phase] = 0.0;
        phases.amperes[one.phase] = 0.0;
        phases.scale_power(one.phase, 0.0);
        phases.neutral_a = one.neutral(phases);
    },
};
