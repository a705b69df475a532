//! The neutral carries more than it should, by harmonics or a leak; `size` is the share of the transformer's rated current.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 10.0),
    drawn: (0.3, 0.6),
    hours: (2, 25),
    apply: |phases, one| {
        phases.neutral_a = one.size * one.rated_a();
    },
};
