//! Voltages of two phases swapped at the meter: each of them sees the other's voltage with its own current, 120° off, one
//! ahead and one behind. `phase` is the one that is still right. The three powers nearly cancel.

use super::PhaseFault;

pub(super) const FAULT: PhaseFault = PhaseFault {
    sizes: (0.0, 0.0),
    drawn: (0.0, 0.0),
    hours: (72, 720),
    apply: |phases, one| {
        let (ahead, behind) = ((one.phase + 1) % 3, (one.phase + 2) % 3);
        phases.volts.swap(ahead, behind);
        for (phase, turn) in [(ahead, 120.0f64), (behind, -120.0)] {
            let kva = phases.volts[phase] * phases.amperes[phase] / 1000.0;
            let angle = phases.kvar[phase].atan2(phases.kw[phase]) + turn.to_radians();
            phases.kw[phase] = kva * angle.cos();
            phases.kvar[phase] = kva * angle.sin();
        }
    },
};
