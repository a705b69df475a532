//! What a header means: its unit split off, its name looked up in the table of synonyms or put together from parts.

use std::collections::BTreeMap;

use super::Unit;
use super::meaning::Meaning;
use super::raw::Role;
use super::synonyms::{Part, TABLE, plain};
use crate::readings::{Channel, Direction, Kind, Period, Phase, Quantity};

/// What one header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// What the column holds.
    pub meaning: Meaning,
    /// The unit; `None` for what has none, and for a power factor whose header names none.
    pub unit: Option<Unit>,
    /// Whether the header itself names the unit.
    pub says_unit: bool,
    /// Whether the values are said to be of the primary side (一次), the multiplier in them, or of the secondary.
    pub is_primary: Option<bool>,
    /// Place in the order of preference among headers of one meaning; lower is better.
    pub rank: usize,
}

/// The table of synonyms with what a caller adds to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Synonyms {
    given: BTreeMap<String, Meaning>,
}

impl Synonyms {
    /// With more names: a header as it stands in the file → the word of its meaning. The error says near words.
    pub(super) fn new(given: &BTreeMap<String, String>) -> Result<Self, String> {
        let meaning = |(header, word): (&String, &String)| {
            let meaning = Meaning::from_word(word).map_err(|problem| format!("synonyms, {header:?}: {problem}"))?;
            Ok((header.trim().to_owned(), meaning))
        };
        Ok(Self { given: given.iter().map(meaning).collect::<Result<_, String>>()? })
    }

    /// What each header means, in their order. A bare 峰 after 正向有功总示值 is that register's peak; `Current A` is in
    /// ampere unless there are B and C too.
    pub(super) fn headings(&self, headers: &[String]) -> Vec<Option<Heading>> {
        let mut found: Vec<Option<Heading>> = headers.iter().map(|header| self.heading(header)).collect();
        let current = |phase| Meaning::Values(Channel::mean(Quantity::Current, phase), Role::Interval);
        let other = found.iter().flatten().any(|one| [Phase::L2, Phase::L3].map(current).contains(&one.meaning));
        let mut counted = None;
        for heading in found.iter_mut().flatten() {
            match heading.meaning {
                Meaning::Period(period) => {
                    if let Some((channel, unit)) = counted {
                        let role = match channel {
                            (_, Role::Register(_)) => Role::Register(period),
                            (_, Role::MaximumDemand(_)) => Role::MaximumDemand(period),
                            _ if period == Period::Total => Role::Interval,
                            _ => Role::Energy(period),
                        };
                        (heading.meaning, heading.unit) = (Meaning::Values(channel.0, role), unit);
                    }
                }
                Meaning::Values(channel, role) if channel.quantity.is_energy() || role != Role::Interval => {
                    counted = Some(((channel, role), heading.unit));
                }
                _ => counted = None,
            }
            if heading.meaning == current(Phase::L1) && !other && !heading.says_unit {
                (heading.meaning, heading.says_unit) = (current(Phase::Total), true);
            }
        }
        found
    }

    /// What a header means, or a data item (数据项) such as `A相电压`.
    pub(super) fn heading(&self, header: &str) -> Option<Heading> {
        let header = header.trim();
        if let Some(meaning) = self.given.get(header) {
            let said = split(header).into_iter().find_map(|(base, unit)| (!base.is_empty()).then_some(unit)?);
            return with_unit(*meaning, said).or_else(|| with_unit(*meaning, None));
        }
        let lower = header.to_lowercase();
        if let Ok(meaning @ Meaning::Values(..)) = Meaning::from_word(&lower) {
            return with_unit(meaning, None);
        }
        split(header).into_iter().find_map(|(base, unit)| named(&base, unit).or_else(|| put_together(&base, unit)))
    }
}

/// Unit and what it is of.
type Said = Option<(Unit, Quantity)>;

/// The ways to split a header into a name and a unit, in the order in which they are tried: the unit in brackets at
/// the end; no unit; nothing but a unit; after or before a separator; glued to Chinese characters.
fn split(header: &str) -> Vec<(String, Said)> {
    let header: String = header
        .chars()
        .map(|one| match one {
            '（' | '[' | '【' => '(',
            '）' | ']' | '】' => ')',
            other => other,
        })
        .collect();
    let separators = [' ', '_', '-', '/', ':', '：', '、', ',', '，', '.'];
    let bracketed = header.strip_suffix(')').and_then(|open| open.rsplit_once('('));
    let after_chinese = header.char_indices().rfind(|(_, one)| !one.is_ascii()).and_then(|(at, one)| {
        let end = at + one.len_utf8();
        Some((header.get(..end)?, header.get(end..)?))
    });
    let mut ways: Vec<(String, Said)> = Vec::new();
    let mut add = |base: &str, unit: &str| {
        if let Some(unit) = TABLE.unit(unit) {
            ways.push((base.to_owned(), Some(unit)));
        }
    };
    if let Some((base, unit)) = bracketed {
        add(base, unit);
    }
    add("", &header);
    let loose = [header.rsplit_once(separators), header.split_once(separators).map(|(unit, base)| (base, unit)), after_chinese];
    for (base, unit) in loose.into_iter().flatten() {
        add(base, unit);
    }
    let in_brackets = bracketed.is_some_and(|(_, unit)| TABLE.unit(unit).is_some());
    ways.insert(usize::from(in_brackets).min(ways.len()), (header.clone(), None));
    ways
}

/// By a whole name of the table.
fn named(base: &str, said: Said) -> Option<Heading> {
    let base = plain(base);
    let name = TABLE.name(&base).or_else(|| TABLE.name(&base.replace('总', "")))?;
    let heading = match (name.needs_unit, said) {
        (true, None) => return None,
        // value_kvarh: such a name says nothing of active or reactive.
        (true, Some((unit, _))) => with_unit(name.meaning, said).or_else(|| match name.meaning {
            Meaning::Values(Channel::IMPORT_KWH, role) => with_unit(Meaning::Values(Channel::IMPORT_KVARH, role), said),
            Meaning::Values(Channel::EXPORT_KWH, role) => with_unit(Meaning::Values(Channel::EXPORT_KVARH, role), said),
            _ => None,
        }.filter(|_| unit.is_power() || unit.to_energy(3600).is_finite())),
        (false, _) => with_unit(name.meaning, said),
    }?;
    Some(Heading { rank: name.rank, ..heading })
}

/// The meaning with the unit that a header names, or else with the usual one; `None` where they do not go together.
fn with_unit(meaning: Meaning, said: Said) -> Option<Heading> {
    let plain = |meaning, unit, says_unit| Some(Heading { meaning, unit, says_unit, is_primary: None, rank: 0 });
    let Meaning::Values(channel, role) = meaning else { return plain(meaning, None, false) };
    let Some((unit, quantity)) = said else {
        let usual = match (channel.quantity, role) {
            (_, Role::MaximumDemandAt(_)) | (Quantity::PowerFactor, _) => None,
            (quantity, _) => Some(Unit::of(quantity)),
        };
        return plain(meaning, usual, false);
    };
    if channel.quantity == quantity {
        return plain(meaning, Some(unit), true);
    }
    if role != Role::Interval || channel.phase != Phase::Total {
        return None;
    }
    let power = |quantity| Channel { quantity, direction: Direction::Net, kind: Kind::Mean, ..channel };
    let meant = match (channel.quantity, quantity, channel.direction) {
        // Mean power by the name of an energy. There is no channel of exported power alone: it is the energy's.
        (Quantity::ActiveEnergy, Quantity::ActivePower, Direction::Import)
        | (Quantity::ReactiveEnergy, Quantity::ReactivePower, Direction::Import) => power(quantity),
        (Quantity::ActiveEnergy, Quantity::ActivePower, _) | (Quantity::ReactiveEnergy, Quantity::ReactivePower, _) => channel,
        // Energy by the name of power.
        (Quantity::ActivePower, Quantity::ActiveEnergy, _) => Channel::IMPORT_KWH,
        (Quantity::ReactivePower, Quantity::ReactiveEnergy, _) => Channel::IMPORT_KVARH,
        _ => return None,
    };
    plain(Meaning::Values(meant, role), Some(unit), true)
}

/// What the parts of a name say; two parts that contradict each other say nothing.
#[derive(Default)]
struct Said2 {
    export: Option<bool>,
    of: Option<Part>,
    what: Option<Part>,
    phase: Option<Phase>,
    period: Option<Period>,
    is_sample: bool,
    is_primary: Option<bool>,
}

fn put<T: PartialEq>(place: &mut Option<T>, value: T) -> Option<()> {
    match place {
        Some(old) if *old != value => None,
        _ => {
            *place = Some(value);
            Some(())
        }
    }
}

impl Said2 {
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
                // 电能示值 is a register, 有功电能量 energy.
                Part::Counter => said.what = Some(said.what.unwrap_or(Part::Counter)),
                Part::Register if matches!(said.what, Some(Part::Energy | Part::Counter)) => said.what = Some(Part::Register),
                Part::Energy if matches!(said.what, Some(Part::Register | Part::Counter)) => {
                    said.what = said.what.filter(|what| *what == Part::Register).or(Some(Part::Energy));
                }
                what => put(&mut said.what, *what)?,
            }
        }
        Some(said)
    }
}

/// By the parts of a name.
fn put_together(base: &str, unit: Said) -> Option<Heading> {
    let parts = if base.is_empty() { Vec::new() } else { TABLE.parts(&plain(base))? };
    let said = Said2::of(&parts)?;
    let phase = said.phase.unwrap_or(Phase::Total);
    let period = said.period.unwrap_or_default();
    let is_chinese = !base.is_ascii();
    let power_of = |of: Option<Part>| match of {
        Some(Part::Reactive) => Quantity::ReactivePower,
        Some(Part::Apparent) => Quantity::ApparentPower,
        _ => Quantity::ActivePower,
    };
    // Without the word for it, the unit tells energy from power, and active from reactive.
    let quantity = match (said.what, unit) {
        (Some(Part::Voltage), _) => Quantity::Voltage,
        (Some(Part::Current), _) => Quantity::Current,
        (Some(Part::PowerFactor), _) => Quantity::PowerFactor,
        (Some(Part::Frequency), _) => Quantity::Frequency,
        (Some(Part::Power | Part::Demand | Part::DemandAt), _) => power_of(said.of),
        (Some(Part::Energy | Part::Register | Part::Counter) | None, Some((_, quantity))) if said.of.is_none() => quantity,
        (Some(Part::Energy | Part::Register | Part::Counter), _) | (None, None) => match said.of {
            Some(Part::Reactive) => Quantity::ReactiveEnergy,
            Some(Part::Apparent) => return None,
            _ => Quantity::ActiveEnergy,
        },
        (None, Some((_, quantity))) => match (said.of, quantity) {
            (Some(Part::Active), Quantity::ActiveEnergy | Quantity::ActivePower)
            | (Some(Part::Reactive), Quantity::ReactiveEnergy | Quantity::ReactivePower)
            | (Some(Part::Apparent), Quantity::ApparentPower) => quantity,
            _ => return None,
        },
        _ => return None,
    };
    let names_nothing = said.what.is_none() && said.of.is_none() && said.export.is_none();
    if names_nothing && unit.is_none() {
        let only_period = said.phase.is_none() && !said.is_sample && said.is_primary.is_none();
        let heading = with_unit(Meaning::Period(said.period?), None)?;
        return only_period.then_some(heading);
    }
    // A lone letter A is as likely a phase.
    if base.is_empty() && matches!(unit, Some((Unit::A | Unit::Percent, _))) {
        return None;
    }
    let (energy, is_energy) = (quantity, quantity.is_energy());
    let channel = if is_energy {
        let direction = if said.export == Some(true) { Direction::Export } else { Direction::Import };
        Channel { quantity: energy, direction, phase, kind: Kind::Energy }
    } else if quantity == Quantity::ActivePower && said.export == Some(true) && said.what != Some(Part::Demand) {
        Channel::EXPORT_KWH
    } else if quantity == Quantity::ReactivePower && said.export == Some(true) && said.what != Some(Part::Demand) {
        Channel::EXPORT_KVARH
    } else {
        Channel::mean(quantity, phase)
    };
    let role = match said.what {
        Some(Part::Register) => Role::Register(period),
        Some(Part::Demand) => Role::MaximumDemand(period),
        Some(Part::DemandAt) => Role::MaximumDemandAt(period),
        _ if period == Period::Total => Role::Interval,
        _ if is_energy => Role::Energy(period),
        _ => return None,
    };
    let is_demand = matches!(role, Role::MaximumDemand(_) | Role::MaximumDemandAt(_));
    let unclear_unit = match said.what {
        _ if unit.is_some() => false,
        Some(Part::Power | Part::Demand) => !is_chinese,
        Some(Part::Counter) => true,
        None => !is_chinese || said.export.is_none(),
        _ => false,
    };
    let no_such = Channel::from_name(channel.name()).is_none()
        || (is_demand && (said.export == Some(true) || channel != Channel::mean(Quantity::ActivePower, Phase::Total)));
    if unclear_unit || no_such {
        return None;
    }
    let channel = if said.is_sample && !is_energy { channel.sampled() } else { channel };
    let heading = if channel.quantity.is_energy() && !is_energy {
        // 反向有功功率: power by which energy to the grid is told.
        let unit_of = unit.map_or(Some(Unit::Kw), |(unit, of)| (of == quantity).then_some(unit))?;
        let meaning = Meaning::Values(if said.is_sample { channel.sampled() } else { channel }, role);
        Heading { meaning, unit: Some(unit_of), says_unit: unit.is_some(), is_primary: None, rank: 0 }
    } else {
        with_unit(Meaning::Values(channel, role), unit)?
    };
    // Parts come after whole names.
    Some(Heading { is_primary: said.is_primary, rank: usize::from(u16::MAX), ..heading })
}
