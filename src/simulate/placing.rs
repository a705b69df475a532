//! Faults at random places, for tests of detectors.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardUniform};

use super::electrical::of_kind;
use super::load::Load;
use super::noise::{Purpose, stream};
use super::{Fault, FaultKind, Plant};
use crate::error::{ErrorKind, Result};
use crate::readings::Phase;
use crate::time::{Calendar, DAY_S, Day, DayType};

/// Places tried for a fault before it is given up.
const TRIES: usize = 2000;
/// Days kept free between two faults, so that one does not hide another.
const FREE_DAYS: i64 = 1;

/// One fault of each kind listed, placed and sized at random, none within a day of another.
///
/// A spike and a drop fall into a worked day's production, unusual hours into the night after one,
/// a worked holiday onto a holiday. Sizes follow the plant: a spike adds half to the whole of its
/// production, unusual hours 30–60 % of it, a night-base rise 40–80 % of its base for two to four
/// weeks. Wrong wiring lasts three days to a month on one phase, faults of the grid hours. The same arguments give the same faults. Engineering.
///
/// # Errors
/// As [`simulate`](super::simulate); a kind that finds no free place.
///
/// ```
/// use wattlens::simulate::{FaultKind, Plant, demo_calendar, random_faults};
/// let faults = random_faults(1, &Plant::default(), &demo_calendar(), &FaultKind::ALL)?;
/// assert_eq!(faults.len(), FaultKind::ALL.len());
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn random_faults(seed: u64, plant: &Plant, calendar: &Calendar, kinds: &[FaultKind]) -> Result<Vec<Fault>> {
    let axis = plant.axis()?;
    let local = axis.local_time();
    let load = Load::new(plant, calendar, &axis, &local)?;
    let day_types = calendar.day_types(&local)?;
    let mut random = stream(seed, Purpose::Faults);
    let mut faults: Vec<Fault> = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let mut place = || {
            let at = pick(&mut random, 0..local.days().len());
            let fault = drawn(*kind, plant, local.days().get(at)?, &mut random);
            let worked = load.level(axis.index_from(fault.start)) > 0.5;
            let suits = match kind {
                FaultKind::WorkOnHoliday => day_types.get(at) == Some(&DayType::Holiday) && !worked,
                FaultKind::Spike | FaultKind::Drop => {
                    let producing = |index| load.level(index) > 0.5 && !load.is_night(index);
                    axis.range(fault.start, fault.end()).all(producing)
                }
                FaultKind::UnusualHours => worked && axis.range(fault.start, fault.end()).all(|at| load.is_night(at)),
                _ => true,
            };
            let margin = FREE_DAYS * DAY_S;
            let apart = |other: &Fault| fault.start >= other.end() + margin || fault.end() + margin <= other.start;
            let inside = fault.start >= axis.start() + margin && fault.end() + margin <= axis.end();
            (suits && inside && faults.iter().all(apart)).then_some(fault)
        };
        let Some(fault) = (0..TRIES).find_map(|_| place()) else {
            let field = format!("fault {}", kind.name());
            let problem =
                format!("found no free place for it in {} days, expected a longer plant or fewer faults", plant.days);
            return Err(ErrorKind::Site { field, problem }.into());
        };
        faults.push(fault);
    }
    faults.sort_by_key(|fault| fault.start);
    Ok(faults)
}

/// A fault of a kind on a day, with random hours and size.
fn drawn(kind: FaultKind, plant: &Plant, day: &Day, random: &mut ChaCha8Rng) -> Fault {
    let step = plant.step_s;
    let steps_of = |hours: usize| (hours * 3600) as i64 / step * step;
    let mut hours = |from: usize, to: usize| steps_of(pick(random, from..to)).max(step);
    let (start, length_s) = match kind {
        FaultKind::Spike => (hours(0, 24), hours(1, 3)),
        FaultKind::Drop => (hours(0, 24), hours(2, 5)),
        FaultKind::UnusualHours => (hours(18, 24), hours(4, 8)),
        FaultKind::StuckValue => (hours(0, 24), hours(12, 49)),
        FaultKind::ZeroRun => (hours(0, 24), hours(24, 73)),
        FaultKind::Gap => (hours(0, 24), hours(1, 49)),
        FaultKind::NightBaseRise => (0, hours(14, 29) * 24),
        FaultKind::WorkOnHoliday => (0, day.end - day.start),
        _ => {
            let (from, to) = of_kind(kind).map_or((1, 2), |fault| fault.hours);
            (hours(0, 24), hours(from, to))
        }
    };
    let mut between = |low: f64, high: f64| low + (high - low) * unit(random);
    let size = match kind {
        FaultKind::Spike => plant.production_kw * between(0.5, 1.0),
        FaultKind::UnusualHours => plant.production_kw * between(0.3, 0.6),
        FaultKind::NightBaseRise => plant.base_kw * between(0.4, 0.8),
        FaultKind::Drop => between(0.8, 1.0),
        FaultKind::WorkOnHoliday => between(0.8, 1.0),
        _ => of_kind(kind).map_or(0.0, |fault| between(fault.drawn.0, fault.drawn.1)),
    };
    let phase = of_kind(kind).map(|_| [Phase::L1, Phase::L2, Phase::L3][pick(random, 0..3)]);
    Fault { kind, start: day.start + start, length_s, size, phase }
}

fn unit(random: &mut ChaCha8Rng) -> f64 {
    StandardUniform.sample(random)
}

fn pick(random: &mut ChaCha8Rng, range: Range<usize>) -> usize {
    let width = range.end.saturating_sub(range.start);
    range.start + ((unit(random) * width as f64) as usize).min(width.saturating_sub(1))
}
