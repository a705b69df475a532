//! A seeded plant: demo, fixture and ground truth. What it gives is simulated and says so.

mod demo;
mod electrical;
mod fault;
mod load;
mod noise;
mod placing;
mod plant;

pub use demo::{demo, demo_calendar};
pub use electrical::ElectricalPlant;
pub use fault::{Fault, FaultKind, Truth};
pub use placing::random_faults;
pub use plant::{Climate, Plant, Shift};

use electrical::{Network, Phases, of_kind};
use load::{Load, Power};

use crate::error::{ErrorKind, Result};
use crate::readings::{Channel, Detected, Phase, Provenance, Readings, Series, Sure};
use crate::time::{Calendar, LocalTime, TimeAxis, instant_text};

/// A year, or any other time, of a simulated plant.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// Import energy \[kWh\] and reactive energy both ways \[kvarh\], to 0.01 as meters give them. The
    /// provenance says `source`: `simulated`, the `seed` and the number of `faults`. With
    /// [`Plant::electrical`] also energy exported, and by phase voltage, current, power and power factor.
    pub readings: Readings,
    /// What each fault did, in the order of their starts.
    pub truth: Vec<Truth>,
    /// Outdoor temperature at the start of every interval \[°C\].
    pub temperature_celsius: Vec<f64>,
}

/// Simulates a plant's meter: base load, production by shift and day type, air-conditioning by
/// temperature, capacitors that are always on; then the faults.
///
/// Holidays of the calendar are off, make-up workdays are worked, and where a holiday's name is that
/// of the Spring Festival (`春节`, `Spring Festival`, `Chinese New Year`) production runs down before
/// it and comes back after it. The same settings give the same bits, and readings outside a fault's
/// span are those of the run without it. Wall-clock hours follow the zone: days of 23 and 25 hours
/// have their missing and doubled hour. Only a gap makes values missing. Engineering, not a
/// measured plant.
///
/// # Errors
/// A setting without a meaning ([`Plant::check`]); an unknown zone; a step that does not divide a
/// day; a calendar that does not speak for the years; a fault that lies outside the readings,
/// overlaps another, or has no meaning where it stands.
///
/// ```
/// use wattlens::simulate::{Plant, demo_calendar, simulate};
/// let plant = Plant { days: 31, ..Plant::default() };
/// let simulation = simulate(&plant, &demo_calendar(), &[])?;
/// assert_eq!(simulation.readings.axis().len(), 31 * 96);
/// assert_eq!(simulation.readings.provenance()["source"].value, "simulated");
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn simulate(plant: &Plant, calendar: &Calendar, faults: &[Fault]) -> Result<Simulation> {
    let axis = plant.axis()?;
    let local = axis.local_time();
    let load = Load::new(plant, calendar, &axis, &local)?;
    let faults = checked(plant, calendar, &axis, &local, &load, faults)?;

    let step_h = axis.step_h();
    let mut meter: Vec<Metered> = (0..axis.len()).map(|index| Metered::of(load.power(index), step_h)).collect();
    let network = plant.electrical.as_ref().map(|electrical| Network::new(electrical, plant, &axis));
    let mut phases: Vec<Phases> = network.as_ref().map_or_else(Vec::new, |network| {
        (0..axis.len()).map(|index| network.phases(index, load.power(index))).collect()
    });
    let mut truth = Vec::with_capacity(faults.len());
    for fault in &faults {
        let range = axis.range(fault.start, fault.end());
        // A checked fault never starts with the first reading if it has to repeat the last.
        let before = range.start.checked_sub(1);
        let last = before.and_then(|before| meter.get(before)).copied();
        let last_phases = before.and_then(|before| phases.get(before)).copied();
        let mut hundredths = 0.0;
        for index in range.clone() {
            let clean = meter[index];
            meter[index] = match fault.kind {
                FaultKind::StuckValue => last.unwrap_or(clean),
                FaultKind::ZeroRun => Metered::default(),
                FaultKind::Gap => Metered::MISSING,
                _ => Metered::of(fault.power(plant, &load, index), step_h),
            };
            if let (Some(network), Some(of_index)) = (&network, phases.get_mut(index)) {
                *of_index = match fault.kind {
                    FaultKind::StuckValue => last_phases.unwrap_or(*of_index),
                    FaultKind::Gap => Phases::MISSING,
                    _ => network.phases(index, fault.power(plant, &load, index)),
                };
                if let Some(electrical) = of_kind(fault.kind) {
                    (electrical.apply)(of_index, &network.struck(fault.phase_at(), fault.size));
                    meter[index] = Metered::of(of_index.total(), step_h);
                }
            }
            // Counted in whole hundredths, in which a sum is exact.
            hundredths += ((meter[index].import_kwh - clean.import_kwh) * 100.0).round();
        }
        truth.push(Truth {
            kind: fault.kind,
            start: axis.instant(range.start),
            end: axis.instant(range.end),
            kwh: hundredths.is_finite().then_some(hundredths / 100.0),
            phase: fault.phase,
        });
    }

    let channel = |channel, value: fn(&Metered) -> f64| Series::new(channel, meter.iter().map(value).collect());
    let mut series = vec![
        channel(Channel::IMPORT_KWH, |one| one.import_kwh),
        channel(Channel::IMPORT_KVARH, |one| one.import_kvarh),
        channel(Channel::EXPORT_KVARH, |one| one.export_kvarh),
    ];
    if network.is_some() {
        series.push(channel(Channel::EXPORT_KWH, |one| one.export_kwh));
        series.extend(Phases::series(&phases));
    }
    let readings = Readings::new(axis, series)?.with_origin(Vec::new(), provenance(plant, faults.len()));
    Ok(Simulation { readings, truth, temperature_celsius: load.celsius })
}

/// What the meter shows for an interval.
#[derive(Clone, Copy, Default)]
struct Metered {
    import_kwh: f64,
    export_kwh: f64,
    import_kvarh: f64,
    export_kvarh: f64,
}

impl Metered {
    const MISSING: Self =
        Self { import_kwh: f64::NAN, export_kwh: f64::NAN, import_kvarh: f64::NAN, export_kvarh: f64::NAN };

    fn of(power: Power, step_h: f64) -> Self {
        let energy = |power: f64| (power.max(0.0) * step_h * 100.0).round() / 100.0;
        Self {
            import_kwh: energy(power.kw),
            export_kwh: energy(-power.kw),
            import_kvarh: energy(power.kvar),
            export_kvarh: energy(-power.kvar),
        }
    }
}

fn provenance(plant: &Plant, faults: usize) -> Provenance {
    let entry = |name: &str, value: String, why: &str| (name.to_owned(), Detected::new(value, why, Sure::Certain));
    Provenance::from([
        entry("source", "simulated".to_owned(), "made by the simulator; not measured anywhere"),
        entry("seed", plant.seed.to_string(), "given"),
        entry("faults", faults.to_string(), "given"),
    ])
}

/// The faults in the order of their starts, each with a meaning where it stands.
fn checked(
    plant: &Plant,
    calendar: &Calendar,
    axis: &TimeAxis,
    local: &LocalTime,
    load: &Load<'_>,
    faults: &[Fault],
) -> Result<Vec<Fault>> {
    let fail = |fault: &Fault, problem: String| {
        let field = format!("fault {} at {}", fault.kind.name(), instant_text(fault.start));
        Err(ErrorKind::Site { field, problem }.into())
    };
    let mut sorted = faults.to_vec();
    sorted.sort_by_key(|fault| (fault.start, fault.length_s));
    let mut free_from = i64::MIN;
    for fault in &sorted {
        let inside = fault.length_s > 0 && fault.start >= axis.start() && fault.end() <= axis.end();
        let range = if inside { axis.range(fault.start, fault.end()) } else { 0..0 };
        if range.is_empty() {
            let (from, to) = (instant_text(axis.start()), instant_text(axis.end()));
            return fail(
                fault,
                format!("found a length of {} s, expected at least one interval within {from} to {to}", fault.length_s),
            );
        }
        if fault.start < free_from {
            return fail(
                fault,
                "overlaps the fault before it; expected faults apart, so that each has its own truth".into(),
            );
        }
        free_from = fault.end();
        let most = if fault.kind == FaultKind::Drop { 1.0 } else { 1e6 };
        let electrical = of_kind(fault.kind);
        let (least, most) = electrical.map_or((0.0, most), |one| one.sizes);
        if !(least..=most).contains(&fault.size) {
            return fail(fault, format!("found the size {}, expected {least} to {most}", fault.size));
        }
        if electrical.is_some() && plant.electrical.is_none() {
            return fail(fault, "is one of voltages and currents; expected a plant with `electrical`".to_owned());
        }
        if !matches!(fault.phase, None | Some(Phase::L1 | Phase::L2 | Phase::L3)) {
            return fail(fault, "found a phase that is none of l1, l2 and l3".to_owned());
        }
        match fault.kind {
            FaultKind::StuckValue if range.start == 0 => {
                return fail(fault, "has no earlier reading to repeat; expected a later start".to_owned());
            }
            FaultKind::NightBaseRise if !range.clone().any(|index| load.is_night(index)) => {
                return fail(fault, "lies wholly within the shifts; expected hours outside them".to_owned());
            }
            FaultKind::WorkOnHoliday => {
                let date = local.days().get(local.day_of(range.start)).map_or(plant.first, |day| day.date);
                let day_type = calendar.day_type(date)?;
                if day_type.is_worked() {
                    return fail(fault, format!("starts on {date}, found a worked day, expected a day off"));
                }
            }
            _ => {}
        }
    }
    Ok(sorted)
}

#[cfg(test)]
mod tests;
