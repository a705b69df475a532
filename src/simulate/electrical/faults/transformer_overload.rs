//! All phases together take more than the transformer's rated power; `size` is the share of it.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 10.0),
    drawn: (1.05, 1.15),
    hours: (3, 9),
    apply: |phases, one| {
        let load = phases.total();
        let factor = one.size * one.capacity_kva / load.kw.hypot(load.kvar);
        for phase in 0..3 {
            phases.amperes[phase] *= factor;
            phases.scale_power(phase, factor);
        }
        phases.neutral_a = one.neutral(phases);
    },
};
