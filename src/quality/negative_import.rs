//! Import that runs backwards.

use super::over;
use crate::finding::{Finding, Severity};
use crate::readings::{Direction, Readings, Series};

/// `quality.negative_import` for each import channel that has a value below zero: a net meter, a
/// register that was reset, or wrong wiring. High. It spans from the first such reading to the last.
///
/// Evidence: `channel`, `intervals` below zero, `lowest` value and their `sum` in the channel's
/// unit. Source: negative rule of meter-data systems (an error unless export is a channel of its own).
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 4, Zone::named("UTC")?)?;
/// let values = vec![1.0, -0.5, 2.0, -1.5];
/// let found = wattlens::quality::negative_import(&Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])?);
/// assert_eq!((&found[0].evidence["lowest"], &found[0].evidence["sum"]), (&(-1.5).into(), &(-2.0).into()));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn negative_import(readings: &Readings) -> Vec<Finding> {
    let imports = readings.all_series().iter().filter(|one| one.channel().direction == Direction::Import);
    imports.filter_map(|one| of_channel(readings, one)).collect()
}

fn of_channel(readings: &Readings, one: &Series) -> Option<Finding> {
    let first = one.values().iter().position(|value| *value < 0.0)?;
    let last = one.values().iter().rposition(|value| *value < 0.0)?;
    let negative: Vec<f64> = one.values().iter().copied().filter(|value| *value < 0.0).collect();
    Some(
        over(readings.axis(), &(first..last + 1), "quality.negative_import", Severity::High)
            .with("channel", one.channel().name())
            .with("intervals", negative.len())
            .with("lowest", negative.iter().copied().fold(0.0, f64::min))
            .with("sum", negative.iter().sum::<f64>()),
    )
}
