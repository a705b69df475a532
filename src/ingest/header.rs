//! The energy that a channel tells, and the unit that a header names.

use super::Unit;
use crate::readings::{Channel, Kind, Phase, Quantity};

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
    use crate::ingest::heading::Synonyms;
    use crate::ingest::meaning::Meaning;
    use crate::ingest::raw::Role;

    /// The channel and unit of a header, total power as the energy that it tells; the flag says whether the header itself
    /// names the unit.
    fn energy_column(header: &str) -> Option<(Channel, Unit, bool)> {
        let heading = Synonyms::default().heading(header)?;
        let Meaning::Values(channel, Role::Interval) = heading.meaning else { return None };
        Some((energy_of(channel)?, heading.unit?, heading.says_unit))
    }

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
