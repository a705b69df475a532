//! A header's meaning put together from parts: 正向 + 有功 + 峰 + 示值, `Voltage` + `L1`.

use super::Unit;
use super::heading::{Heading, Said, with_unit};
use super::meaning::Meaning;
use super::raw::Role;
use super::synonyms::{Part, TABLE, plain};
use crate::readings::{Channel, Direction, Kind, Period, Phase, Quantity};

/// What the parts of a name say.
#[derive(Default)]
struct Pieces {
    /// Whether to the grid, from it, or neither said.
    export: Option<bool>,
    /// Active, reactive or apparent.
    of: Option<Part>,
    /// Energy, power, register, voltage, …
    what: Option<Part>,
    phase: Option<Phase>,
    period: Option<Period>,
    is_sample: bool,
    is_primary: Option<bool>,
}

/// Fills a place; `None` where something else is there already.
fn put<T: PartialEq>(place: &mut Option<T>, value: T) -> Option<()> {
    match place {
        Some(old) if *old != value => None,
        _ => {
            *place = Some(value);
            Some(())
        }
    }
}

impl Pieces {
    /// `None` where two parts contradict each other.
    fn of(parts: &[Part]) -> Option<Self> {
        let mut said = Self::default();
        for part in parts {
            match part {
                Part::Active | Part::Reactive | Part::Apparent => put(&mut said.of, *part)?,
                Part::Import => put(&mut said.export, false)?,
                Part::Export => put(&mut said.export, true)?,
                Part::L1 => put(&mut said.phase, Phase::L1)?,
                Part::L2 => put(&mut said.phase, Phase::L2)?,
                Part::L3 => put(&mut said.phase, Phase::L3)?,
                Part::L1L2 => put(&mut said.phase, Phase::L1L2)?,
                Part::L2L3 => put(&mut said.phase, Phase::L2L3)?,
                Part::L3L1 => put(&mut said.phase, Phase::L3L1)?,
                Part::Neutral => put(&mut said.phase, Phase::N)?,
                Part::Total => put(&mut said.period, Period::Total)?,
                Part::Sharp => put(&mut said.period, Period::Sharp)?,
                Part::Peak => put(&mut said.period, Period::Peak)?,
                Part::Flat => put(&mut said.period, Period::Flat)?,
                Part::Valley => put(&mut said.period, Period::Valley)?,
                Part::DeepValley => put(&mut said.period, Period::DeepValley)?,
                Part::Sample => said.is_sample = true,
                Part::Average => {}
                Part::Primary => put(&mut said.is_primary, true)?,
                Part::Secondary => put(&mut said.is_primary, false)?,
                // 电能 may be a register or energy; 电能示值 and 电量示值 are registers.
                Part::Counter if matches!(said.what, Some(Part::Energy | Part::Register)) => {}
                Part::Energy if said.what == Some(Part::Register) => {}
                Part::Energy | Part::Register if matches!(said.what, Some(Part::Energy | Part::Counter)) => {
                    said.what = Some(*part);
                }
                what => put(&mut said.what, *what)?,
            }
        }
        Some(said)
    }

    /// What is measured. Without a word for it, the unit tells energy from power, and active from reactive.
    fn quantity(&self, unit: Said) -> Option<Quantity> {
        let energy = |of| match of {
            Part::Reactive => Some(Quantity::ReactiveEnergy),
            Part::Apparent => None,
            _ => Some(Quantity::ActiveEnergy),
        };
        match (self.what, self.of) {
            (Some(Part::Voltage), None) => Some(Quantity::Voltage),
            (Some(Part::Current), None) => Some(Quantity::Current),
            (Some(Part::Frequency), None) => Some(Quantity::Frequency),
            (Some(Part::PowerFactor), None | Some(Part::Active)) => Some(Quantity::PowerFactor),
            (Some(Part::Power | Part::Demand | Part::DemandAt), Some(Part::Reactive)) => Some(Quantity::ReactivePower),
            (Some(Part::Power) | None, Some(Part::Apparent)) => Some(Quantity::ApparentPower),
            (Some(Part::Power | Part::Demand | Part::DemandAt), _) => Some(Quantity::ActivePower),
            (Some(Part::Energy | Part::Register | Part::Counter) | None, Some(of)) => energy(of),
            (Some(Part::Energy | Part::Register | Part::Counter), None) => {
                Some(unit.map_or(Quantity::ActiveEnergy, |(_, quantity)| quantity))
            }
            (None, None) => unit.map(|(_, quantity)| quantity),
            _ => None,
        }
    }

    fn role(&self, quantity: Quantity) -> Option<Role> {
        let period = self.period.unwrap_or_default();
        match self.what {
            Some(Part::Register) => quantity.is_energy().then_some(Role::Register(period)),
            Some(Part::Demand) => Some(Role::MaximumDemand(period)),
            Some(Part::DemandAt) => Some(Role::MaximumDemandAt(period)),
            _ if period == Period::Total => Some(Role::Interval),
            _ => quantity.is_energy().then_some(Role::Energy(period)),
        }
    }

    /// Whether nothing is named but a period.
    fn is_period(&self) -> bool {
        let said = (self.export, self.of, self.what, self.phase, self.is_primary);
        said == (None, None, None, None, None) && !self.is_sample && self.period.is_some()
    }

    /// Whether the usual unit may be taken where the header names none: `power` may be in W, 功率 is in kW.
    fn has_usual_unit(&self, is_chinese: bool) -> bool {
        match self.what {
            Some(Part::Power | Part::Demand) => is_chinese,
            Some(Part::Counter) => false,
            None => is_chinese && self.of.is_some() && self.export.is_some(),
            _ => true,
        }
    }
}

/// What a name made up of known parts means, with the unit that was split off it.
pub(super) fn heading(base: &str, unit: Said) -> Option<Heading> {
    let said = if base.is_empty() { Pieces::default() } else { Pieces::of(&TABLE.parts(&plain(base))?)? };
    // A header `A` is as likely a phase, `%` anything.
    if base.is_empty() && matches!(unit, Some((Unit::A | Unit::Percent, _))) {
        return None;
    }
    if unit.is_none() && said.is_period() {
        return with_unit(Meaning::Period(said.period?), None);
    }
    let quantity = said.quantity(unit)?;
    let role = said.role(quantity)?;
    let phase = said.phase.unwrap_or(Phase::Total);
    let is_export = said.export == Some(true);
    if unit.is_none() && !said.has_usual_unit(!base.is_ascii()) {
        return None;
    }
    let is_demand = matches!(role, Role::MaximumDemand(_) | Role::MaximumDemandAt(_));
    if is_demand && (quantity, phase, is_export) != (Quantity::ActivePower, Phase::Total, false) {
        return None;
    }
    // There is no channel of exported power alone: it tells the energy.
    let (channel, unit_of) = match quantity {
        Quantity::ActiveEnergy | Quantity::ReactiveEnergy => {
            let direction = if is_export { Direction::Export } else { Direction::Import };
            (Channel { quantity, direction, phase, kind: Kind::Energy }, unit)
        }
        Quantity::ActivePower if is_export => (Channel::EXPORT_KWH, unit.or(Some((Unit::Kw, quantity)))),
        Quantity::ReactivePower if is_export => (Channel::EXPORT_KVARH, unit.or(Some((Unit::Kw, quantity)))),
        _ => (Channel::mean(quantity, phase), unit),
    };
    let heading = with_unit(Meaning::Values(channel, role), unit_of)?;
    let Meaning::Values(channel, role) = heading.meaning else { return None };
    Channel::from_name(channel.name())?;
    let is_power = !channel.quantity.is_energy() || heading.unit.is_some_and(Unit::is_power);
    let channel = if said.is_sample && is_power { channel.sampled() } else { channel };
    Some(Heading {
        meaning: Meaning::Values(channel, role),
        says_unit: unit.is_some(),
        is_primary: said.is_primary,
        // Whole names are preferred.
        rank: usize::from(u16::MAX),
        ..heading
    })
}
