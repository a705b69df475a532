//! The carpet: values as a matrix of dates and wall-clock slots.

use ndarray::Array2;

use crate::time::LocalTime;

/// Date × slot matrix of `values`, one a reading: row d is local day d, column s the wall-clock slot.
///
/// NaN stands where there is no reading: before the first and after the last, at gaps, and in the
/// hour that clocks skip. The hour that clocks repeat shares its cells: the mean of both readings, or
/// the one that is there. A slot at or beyond `slots` is left out.
///
/// ```
/// use wattlens::profile::day_matrix;
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 21_600, 6, Zone::named("UTC")?)?;
/// let matrix = day_matrix(&axis.local_time(), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], axis.slots_per_day());
/// assert_eq!((matrix.dim(), matrix[[1, 1]]), ((2, 4), 6.0));
/// assert!(matrix[[1, 2]].is_nan());
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn day_matrix(local: &LocalTime, values: &[f64], slots: usize) -> Array2<f64> {
    let mut matrix = Array2::from_elem((local.days().len(), slots), f64::NAN);
    for run in local.runs() {
        let part = values.get(run.range.clone()).unwrap_or_default();
        for (cell, value) in matrix.row_mut(run.day).iter_mut().skip(run.slot).zip(part) {
            if cell.is_nan() {
                *cell = *value;
            } else if !value.is_nan() {
                *cell = (*cell + value) / 2.0;
            }
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{TimeAxis, Zone};

    #[test]
    fn the_repeated_hour_is_averaged_and_the_skipped_one_is_nan() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        // 2024-10-27T00:00+02:00, 25 hours: hour 2 occurs as readings 2 and 3.
        let axis = TimeAxis::new(1_729_980_000, 3600, 25, zone.clone()).unwrap();
        let values: Vec<f64> = (0..25).map(f64::from).collect();
        let autumn = day_matrix(&axis.local_time(), &values, 24);
        assert_eq!(autumn.dim(), (1, 24));
        assert_eq!((autumn[[0, 1]], autumn[[0, 2]], autumn[[0, 3]], autumn[[0, 23]]), (1.0, 2.5, 4.0, 24.0));
        // 2024-03-31T00:00+01:00, 23 hours: hour 2 does not occur.
        let axis = TimeAxis::new(1_711_839_600, 3600, 23, zone).unwrap();
        let spring = day_matrix(&axis.local_time(), &values[..23], 24);
        assert!(spring[[0, 2]].is_nan());
        assert_eq!((spring[[0, 1]], spring[[0, 3]], spring[[0, 23]]), (1.0, 2.0, 22.0));
    }

    #[test]
    fn a_gap_in_the_repeated_hour_leaves_the_other_reading() {
        let axis = TimeAxis::new(1_729_980_000, 3600, 25, Zone::named("Europe/Berlin").unwrap()).unwrap();
        let mut values = vec![7.0; 25];
        values[2] = f64::NAN;
        assert_eq!(day_matrix(&axis.local_time(), &values, 24)[[0, 2]], 7.0);
        values.swap(2, 3);
        assert_eq!(day_matrix(&axis.local_time(), &values, 24)[[0, 2]], 7.0);
    }
}
