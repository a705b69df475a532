//! What a column of time or energy is, by its header.

use super::Unit;
use super::heading::Synonyms;
use super::meaning::Meaning;
use super::raw::{Role, Stamp};
use super::synonyms::{TABLE, plain};
use crate::readings::{Channel, Kind, Phase, Quantity};

/// What a time column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeRole {
    /// Date and clock, for the start or end of intervals where the name says so.
    Whole(Option<Stamp>),
    /// A date, perhaps with a clock.
    Date,
    /// A clock, perhaps with a date.
    Clock,
}

/// Position in the order of preference, and the role, of a header that names time: starts before stamps of
/// unknown side before ends, and by the order of the names in the table.
pub(super) fn time_role(header: &str) -> Option<(usize, TimeRole)> {
    let name = TABLE.name(&plain(header))?;
    let (first, role) = match name.meaning {
        Meaning::Time(Some(Stamp::Start)) => (0, TimeRole::Whole(Some(Stamp::Start))),
        Meaning::Time(None) => (1, TimeRole::Whole(None)),
        Meaning::Time(Some(Stamp::End)) => (2, TimeRole::Whole(Some(Stamp::End))),
        Meaning::Date => (3, TimeRole::Date),
        Meaning::Clock => (4, TimeRole::Clock),
        _ => return None,
    };
    Some((first * 1000 + name.rank, role))
}

/// The channel and unit of a header, total power as the energy that it tells; the flag says whether the header itself
/// names the unit.
pub(super) fn energy_column(header: &str) -> Option<(Channel, Unit, bool)> {
    let heading = Synonyms::default().heading(header)?;
    let Meaning::Values(channel, Role::Interval) = heading.meaning else { return None };
    Some((energy_of(channel)?, heading.unit?, heading.says_unit))
}

/// The energy that a channel is or, as total power, tells; the sampled one where the power is.
pub(super) fn energy_of(channel: Channel) -> Option<Channel> {
    let energy = match channel.quantity {
        Quantity::ActiveEnergy | Quantity::ReactiveEnergy => return Some(channel),
        _ if channel.phase != Phase::Total => return None,
        Quantity::ActivePower => Channel::IMPORT_KWH,
        Quantity::ReactivePower => Channel::IMPORT_KVARH,
        _ => return None,
    };
    Some(if channel.kind == Kind::Sample { energy.sampled() } else { energy })
}

/// The unit that a header names, wherever it stands.
pub(super) fn unit_of(header: &str) -> Option<Unit> {
    super::heading::split(header).into_iter().find_map(|(_, unit)| unit).map(|(unit, _)| unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_by_name_and_unit() {
        for (header, expected) in [
            ("kwh", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("Usage_kWh", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("import_kwh", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("Active energy", Some((Channel::IMPORT_KWH, Unit::Kwh, false))),
            ("Active Energy Export (Wh)", Some((Channel::EXPORT_KWH, Unit::Wh, true))),
            ("正向有功电量", Some((Channel::IMPORT_KWH, Unit::Kwh, false))),
            ("正向有功总电量（kWh）", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("用电量(kWh)", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("用电量kWh", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("用电量(kW·h)", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("电量(度)", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("有功功率(kW)", Some((Channel::IMPORT_KWH, Unit::Kw, true))),
            ("反向有功电量(kWh)", Some((Channel::EXPORT_KWH, Unit::Kwh, true))),
            ("正向无功电量(kvarh)", Some((Channel::IMPORT_KVARH, Unit::Kwh, true))),
            ("反向无功总电量", Some((Channel::EXPORT_KVARH, Unit::Kwh, false))),
            ("Lagging_Current_Reactive_Power_kVarh", Some((Channel::IMPORT_KVARH, Unit::Kwh, true))),
            ("Leading_Current_Reactive_Power_kVarh", Some((Channel::EXPORT_KVARH, Unit::Kwh, true))),
            ("CO2(tCO2)", None),
            ("Lagging_Current_Power_Factor", None),
            ("Leading_Current_Power_Factor", None),
            ("NSM", None),
            ("power", None),
            ("正向有功总电能示值", None),
            ("temperature", None),
        ] {
            assert_eq!(energy_column(header), expected, "{header}");
        }
    }
}
