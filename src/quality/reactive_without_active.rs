//! Reactive energy that flows while active energy does not.

use super::{hours, over, runs, severity};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Readings};

/// Shortest run that counts \[h\] (engineering: as long as a run of zeros).
pub const REACTIVE_WITHOUT_ACTIVE_H: f64 = 24.0;

/// `quality.reactive_without_active` where import energy is zero while reactive energy flows, either
/// way, for at least [`REACTIVE_WITHOUT_ACTIVE_H`] hours: generation on site, or a current
/// transformer or wire at fault. It is not a matter of the power factor, which would be zero.
///
/// Severity medium, from 168 h high; low where active energy is exported meanwhile, which generation
/// explains. Evidence: `intervals`, `hours`, `kvarh`, `export_kwh` (null where not measured).
/// Source: kvarh rule of meter-data systems.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 3600, 48, Zone::named("UTC")?)?;
/// let kwh = (0..48).map(|hour| if hour < 30 { 0.0 } else { 4.0 }).collect();
/// let series = vec![Series::new(Channel::IMPORT_KWH, kwh), Series::new(Channel::IMPORT_KVARH, vec![2.0; 48])];
/// let found = wattlens::quality::reactive_without_active(&Readings::new(axis, series)?);
/// assert_eq!(found[0].evidence["kvarh"], 60.0);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn reactive_without_active(readings: &Readings) -> Vec<Finding> {
    let axis = readings.axis();
    let values = |channel| readings.series(channel).map_or(&[][..], |one| one.values());
    let active = values(Channel::IMPORT_KWH);
    let (lagging, leading) = (values(Channel::IMPORT_KVARH), values(Channel::EXPORT_KVARH));
    let flows = |reactive: &[f64], index: usize| reactive.get(index).is_some_and(|kvarh| *kvarh > 0.0);
    let odd = |index: usize| active.get(index) == Some(&0.0) && (flows(lagging, index) || flows(leading, index));

    runs(axis.len(), odd)
        .into_iter()
        .filter(|run| hours(axis, run.len()) >= REACTIVE_WITHOUT_ACTIVE_H)
        .map(|run| {
            let sum = |channel| readings.series(channel).and_then(|one| one.slice(run.clone()).total());
            let export_kwh = sum(Channel::EXPORT_KWH);
            let length_h = hours(axis, run.len());
            let severity = if export_kwh.is_some_and(|kwh| kwh > 0.0) { Severity::Low } else { severity(length_h) };
            over(axis, &run, "quality.reactive_without_active", severity)
                .with("intervals", run.len())
                .with("hours", length_h)
                .with("kvarh", sum(Channel::IMPORT_KVARH).unwrap_or(0.0) + sum(Channel::EXPORT_KVARH).unwrap_or(0.0))
                .with("export_kwh", export_kwh)
        })
        .collect()
}
