//! All phases give power to the grid: current and active power change sign; `size` is the share of the ordinary power.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 10.0),
    drawn: (0.3, 1.0),
    hours: (2, 25),
    apply: |phases, one| {
        for phase in 0..3 {
            phases.amperes[phase] *= -one.size;
            phases.kw[phase] *= -one.size;
            phases.kvar[phase] *= one.size;
        }
        phases.neutral_a = one.neutral(phases);
    },
};
