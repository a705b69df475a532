//! Unbalance of three voltages or currents, by three definitions.

use super::prepared::{Measured, extremes};

/// (max − min) / max, as Chinese meters work it out (recalled); NaN without all three.
pub(super) fn meter_rate(three: &[&Measured<'_>], index: usize) -> f64 {
    let (most, least) = extremes(three, index);
    if most > 0.0 { (most - least) / most } else { f64::NAN }
}

/// Largest distance from the mean as a share of it (NEMA MG-1); NaN without all three.
pub(super) fn nema_rate(three: &[&Measured<'_>], index: usize) -> f64 {
    let (most, least) = extremes(three, index);
    let mean = three.iter().map(|one| one.at(index).abs()).sum::<f64>() / three.len() as f64;
    if mean > 0.0 { (most - mean).max(mean - least) / mean } else { f64::NAN }
}

/// Negative over positive sequence of the voltages between three phases (IEC 61000-4-30:2015, 5.7.1, recalled); NaN without
/// all three, and where they close no triangle.
pub(super) fn negative_sequence(between: &[&Measured<'_>], index: usize) -> f64 {
    let (mut squares, mut fourths) = (0.0, 0.0);
    for one in between {
        let square = one.at(index).powi(2);
        squares += square;
        fourths += square * square;
    }
    let root = (3.0 - 6.0 * fourths / (squares * squares)).max(-1e-12);
    // Rounding alone takes balanced voltages below zero.
    let root = if root < -1e-9 { f64::NAN } else { root.max(0.0).sqrt() };
    ((1.0 - root).max(0.0) / (1.0 + root)).sqrt()
}
