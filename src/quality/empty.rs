//! Meters that say nothing: all missing, all zero, one reading.

use super::{names, over};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Quantity, Readings, Series};

/// `quality.all_missing` where a channel has no value at all; one Finding for all such channels.
/// High where import energy is among them, else medium. Evidence: `channels`, `intervals`.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 8, Zone::named("UTC")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![f64::NAN; 8])])?;
/// assert_eq!(wattlens::quality::all_missing(&readings)[0].evidence["channels"], "import_kwh");
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn all_missing(readings: &Readings) -> Vec<Finding> {
    let missing: Vec<Channel> =
        readings.all_series().iter().filter(|one| !has_value(one)).map(Series::channel).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let severity = if missing.contains(&Channel::IMPORT_KWH) { Severity::High } else { Severity::Medium };
    vec![everywhere(readings, "quality.all_missing", severity, &missing)]
}

/// `quality.all_zero` where import energy is zero whenever it is there (medium), or where it is not
/// but every reactive channel is, which is probably not measured (low). Export energy may well be
/// zero all along. Evidence: `channels`, `intervals`.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 8, Zone::named("UTC")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![0.0; 8])])?;
/// assert_eq!(wattlens::quality::all_zero(&readings).len(), 1);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn all_zero(readings: &Readings) -> Vec<Finding> {
    if readings.series(Channel::IMPORT_KWH).is_some_and(is_all_zero) {
        return vec![everywhere(readings, "quality.all_zero", Severity::Medium, &[Channel::IMPORT_KWH])];
    }
    let reactive: Vec<&Series> =
        readings.all_series().iter().filter(|one| one.channel().quantity == Quantity::ReactiveEnergy).collect();
    if reactive.is_empty() || !reactive.iter().all(|one| is_all_zero(one)) {
        return Vec::new();
    }
    let channels: Vec<Channel> = reactive.iter().map(|one| one.channel()).collect();
    vec![everywhere(readings, "quality.all_zero", Severity::Low, &channels)]
}

/// `quality.single_reading` where no channel has more than one value, and one has: nothing can be
/// compared with it. Medium. Evidence: `channels` that have it, `intervals` of the axis.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 1, Zone::named("UTC")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![3.0])])?;
/// assert_eq!(wattlens::quality::single_reading(&readings).len(), 1);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn single_reading(readings: &Readings) -> Vec<Finding> {
    let at_most_two = |one: &Series| one.values().iter().filter(|value| !value.is_nan()).take(2).count();
    let single: Vec<Channel> =
        readings.all_series().iter().filter(|one| at_most_two(one) == 1).map(Series::channel).collect();
    if single.is_empty() || readings.all_series().iter().any(|one| at_most_two(one) > 1) {
        return Vec::new();
    }
    vec![everywhere(readings, "quality.single_reading", Severity::Medium, &single)]
}

/// Whether a channel has any value.
pub(super) fn has_value(one: &Series) -> bool {
    one.values().iter().any(|value| !value.is_nan())
}

/// Whether a channel has values and all of them are zero.
pub(super) fn is_all_zero(one: &Series) -> bool {
    has_value(one) && one.values().iter().all(|value| value.is_nan() || *value == 0.0)
}

fn everywhere(readings: &Readings, code: &str, severity: Severity, channels: &[Channel]) -> Finding {
    let intervals = readings.axis().len();
    over(readings.axis(), &(0..intervals), code, severity)
        .with("channels", names(channels))
        .with("intervals", intervals)
}
