//! Filling gaps, only when asked: new readings in which every filled value carries the method that filled
//! it, and which keep the readings that they were made from.
//!
//! Methods, after the order of estimation of meter-data systems (Californian rules for interval data, AEMO and
//! Western Australian metering codes; thresholds recalled, not re-read): a straight line over short gaps, like days, the
//! shape of like days scaled to registers, parent less siblings; what none of them can fill stays missing.

mod balance;
mod days;
mod gaps;
mod like_day;
mod linear;
mod registers;
mod scaled;
mod settings;
mod told;

use std::sync::Arc;

pub use balance::Family;
pub use settings::{Method, Replace, Settings};

use crate::error::{ErrorKind, Result};
use crate::finding::Finding;
use crate::readings::{Channel, Detected, Readings, Series};
use crate::time::DayType;
use days::Days;
use gaps::Gaps;

/// The readings with their gaps filled as far as that can be done; `Readings::raw` of them are the readings
/// as they were before any estimate.
///
/// Energies are filled where a value is missing or incomplete, or lies in [`Settings::replace`]: active ones
/// first, then reactive ones; imported reactive energy goes by like days with the active energy of its interval. Channels that
/// are no energies are left alone. Slots go by the wall clock, so that days of 23 and 25 hours are ordinary. No filled
/// value is negative, and none rests on another estimate, but for reactive energy on active. The same
/// input gives the same bits.
///
/// The Findings `estimate.filled` (a channel and method each, with intervals and energy), `estimate.left` (what stays
/// missing, and why) and `estimate.registers_disagree` are added to those of the readings, and what was asked
/// for to the provenance. Readings without anything to fill come back as they are.
///
/// `day_types` are those of the readings' local days ([`crate::site::Site::day_types`]); `family` is the
/// meter's place in a tree of meters, for [`Method::Balance`].
///
/// # Errors
/// Another number of day types than days; settings that make no sense; a family on another step or grid.
///
/// ```
/// use wattlens::estimate::{Settings, estimate};
/// use wattlens::readings::{Channel, Flag, Readings, Series};
/// use wattlens::time::{Calendar, TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 3600, 4, Zone::named("UTC")?)?;
/// let kwh = vec![1.0, f64::NAN, 3.0, 5.0];
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)])?;
/// let days = Calendar::weekends().day_types(readings.local())?;
/// let filled = estimate(&readings, &days, None, &Settings::default())?;
/// let series = filled.series(Channel::IMPORT_KWH).unwrap();
/// assert_eq!((series.values(), series.flags()[1]), (&[1.0, 2.0, 3.0, 5.0][..], Flag::Linear));
/// assert_eq!((filled.raw(), filled.findings()[0].code.as_str()), (&readings, "estimate.filled"));
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn estimate(
    readings: &Readings,
    day_types: &[DayType],
    family: Option<&Family<'_>>,
    settings: &Settings,
) -> Result<Readings> {
    settings.check()?;
    let axis = readings.axis();
    family.map_or(Ok(()), |family| family.check(axis))?;
    let expected = readings.local().days().len();
    if day_types.len() != expected {
        let problem = format!("found {} day types, expected one for each of the {expected} days", day_types.len());
        return Err(ErrorKind::Site { field: "estimate.day_types".to_owned(), problem }.into());
    }
    let days = Days::of(readings.local(), day_types, axis.slots_per_day());
    let measured_load = readings.series(Channel::IMPORT_KWH);

    let mut findings = Vec::new();
    let mut kwh: Option<Gaps> = None;
    let mut series: Vec<Series> = Vec::with_capacity(readings.all_series().len());
    let mut changed = false;
    // In the order of channels active energies come before reactive ones.
    for one in readings.all_series() {
        if !one.channel().quantity.is_energy() {
            series.push(one.clone());
            continue;
        }
        let mut gaps = Gaps::of(one, axis, settings);
        if !gaps.runs().is_empty() {
            let load = measured_load.unwrap_or(one).values();
            findings.extend(fill(&mut gaps, kwh.as_ref(), load, readings, &days, family, settings));
        }
        changed |= gaps.is_changed();
        series.push(if gaps.is_changed() { gaps.series() } else { one.clone() });
        if one.channel() == Channel::IMPORT_KWH {
            kwh = Some(gaps);
        }
    }
    findings.extend(told::no_energies(readings));
    if !changed && findings.is_empty() {
        return Ok(readings.clone());
    }
    let earlier = readings.findings().iter().filter(|finding| finding.code != "estimate.left").cloned();
    let mut provenance = readings.provenance().clone();
    provenance.insert("estimate".to_owned(), Detected::given(settings.method.map_or("auto", Method::name)));
    let filled = readings.with_series(series)?.with_origin(earlier.chain(findings).collect(), provenance);
    Ok(if changed { filled.with_raw(Arc::new(readings.raw().clone())) } else { filled })
}

/// Goes through the methods; what one cannot fill is left to the next.
fn fill(
    gaps: &mut Gaps,
    kwh: Option<&Gaps>,
    load: &[f64],
    readings: &Readings,
    days: &Days<'_>,
    family: Option<&Family<'_>>,
    settings: &Settings,
) -> Vec<Finding> {
    let axis = readings.axis();
    let mut findings = Vec::new();
    for method in settings.methods() {
        match method {
            Method::Scaled => {
                let (disagreements, refused) = scaled::fill(gaps, kwh, readings, days, settings);
                findings.extend(told::disagreeing(gaps, &disagreements, refused));
            }
            Method::Linear => linear::fill(gaps, load, axis, settings),
            Method::LikeDay => like_day::fill(gaps, kwh, days, settings),
            Method::Balance => balance::fill(gaps, axis, family),
        }
    }
    let told = [told::filled(gaps, axis), told::left(gaps, axis)];
    told.into_iter().flatten().chain(findings).collect()
}

#[cfg(test)]
mod tests;
