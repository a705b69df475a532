//! A meter's cumulative register (示值) in a column that should be the energy of each interval.

use super::raw::{RawColumn, RawRows};
use crate::error::{ErrorKind, Result};

/// Fewer numbers may rise all the way by chance: a day of quarter hours.
const FEWEST: usize = 96;
/// A register stands at more than so many times its largest increase.
const TIMES_INCREASE: f64 = 20.0;

/// Refuses an energy column that is a register; rows must be sorted by time.
pub(super) fn refuse(rows: &RawRows) -> Result<()> {
    for column in rows.columns.iter().filter(|column| !column.unit.is_power()) {
        let Some((first, last)) = ends_of_register(&column.values) else { continue };
        let RawColumn { channel, name, unit, .. } = column;
        let symbol = unit.symbol(channel.quantity);
        let problem = format!(
            "it looks like a cumulative register (示值): it never decreases from {first} to {last} {symbol}; expected \
             the energy of each interval; take differences first"
        );
        let source_name = rows.source_name.clone();
        return Err(ErrorKind::Content { source_name, line: None, column: Some(name.clone()), problem }.into());
    }
    Ok(())
}

/// First and last number of a register, missing ones aside; `None` where it is none.
fn ends_of_register(values: &[f64]) -> Option<(f64, f64)> {
    let mut known = values.iter().copied().filter(|value| value.is_finite());
    let first = known.next()?;
    let (mut last, mut count, mut largest_increase) = (first, 1usize, 0.0f64);
    for value in known {
        if value < last {
            return None;
        }
        largest_increase = largest_increase.max(value - last);
        last = value;
        count += 1;
    }
    // It never decreases, so the first number is the smallest.
    (count >= FEWEST && largest_increase > 0.0 && first > TIMES_INCREASE * largest_increase).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 000 kWh at first, 1 or 2 kWh more in each interval.
    fn register(count: usize) -> Vec<f64> {
        (0..count).map(|k| 10_000.0 + (k + k / 2) as f64).collect()
    }

    #[test]
    fn a_register_is_told_from_energy() {
        assert_eq!(ends_of_register(&register(97)), Some((10_000.0, 10_144.0)));
        let mut gaps = register(98);
        gaps[0] = f64::NAN;
        gaps[50] = f64::NAN;
        assert_eq!(ends_of_register(&gaps), Some((10_001.0, 10_145.0)));
        gaps[50] = 9_999.0;
        assert_eq!(ends_of_register(&gaps), None, "it decreases");
        assert_eq!(ends_of_register(&register(95)), None, "too short");
        assert_eq!(ends_of_register(&[5.0; 200]), None, "constant");
        let ramp: Vec<f64> = (20..200).map(f64::from).collect();
        assert_eq!(ends_of_register(&ramp), None, "20 is not above 20 × 1");
        assert_eq!(ends_of_register(&ramp[1..]), Some((21.0, 199.0)));
        assert_eq!(ends_of_register(&[]), None);
    }
}
