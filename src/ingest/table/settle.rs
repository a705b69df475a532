//! From headings and their numbers to the columns of one meter: which channel each becomes, in which unit.

use crate::error::Result;
use crate::ingest::Unit;
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::header::energy_of;
use crate::ingest::heading::Heading;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::{RawColumn, Role};
use crate::readings::{Detected, Direction, Flag, Provenance, Quantity, Sure};

/// A power factor above this is in percent: rounding and signed notations stay below.
const MOST_PER_UNIT: f64 = 1.05;

/// Numbers of one meter under one heading.
pub(super) struct Gathered {
    pub heading: Heading,
    /// Name of the column or of the data item.
    pub name: String,
    pub values: Vec<f64>,
    pub flags: Option<Vec<Flag>>,
}

/// The columns of one meter.
pub(super) struct Settled {
    pub columns: Vec<RawColumn>,
    /// Whether each column's own name says that it is of the primary side, or of the secondary.
    pub is_primary: Vec<Option<bool>>,
    pub provenance: Provenance,
}

/// Decides what each heading becomes.
///
/// Total power is the energy of the intervals where no energy of that direction is measured, else a channel of its own;
/// where the heading or `are_samples` says that it is sampled, so is that energy. A power factor whose header names no
/// unit is in percent where a value is above 1.
///
/// # Errors
/// Two headings that become the same; a given unit that does not fit.
pub(super) fn settle(
    gathered: Vec<Gathered>,
    are_samples: bool,
    options: &FileOptions,
    file: &File,
) -> Result<Settled> {
    let is_energy = |wanted: Quantity| {
        gathered.iter().any(|one| match one.heading.meaning {
            Meaning::Values(channel, _) => channel.quantity == wanted && channel.direction == Direction::Import,
            _ => false,
        })
    };
    let has_energy = [is_energy(Quantity::ActiveEnergy), is_energy(Quantity::ReactiveEnergy)];
    let mut settled = Settled { columns: Vec::new(), is_primary: Vec::new(), provenance: Provenance::new() };
    for one in gathered {
        let Meaning::Values(mut channel, role) = one.heading.meaning else { continue };
        let is_power = !channel.quantity.is_energy() || one.heading.unit.is_some_and(Unit::is_power);
        if are_samples && is_power && role == Role::Interval && !one.name.is_ascii() {
            channel = channel.sampled();
        }
        let is_told = match channel.quantity {
            Quantity::ActivePower => has_energy[0],
            Quantity::ReactivePower => has_energy[1],
            _ => true,
        };
        if role == Role::Interval && !is_told {
            channel = energy_of(channel).unwrap_or(channel);
        }
        let word = Meaning::Values(channel, role).word();
        let name = if word == "other" { channel.name().to_owned() } else { word };
        let same = |other: &&RawColumn| other.channel.measures_same(channel) && other.role == role;
        if let Some(other) = settled.columns.iter().find(same) {
            let problem = format!(
                "the columns {:?} and {:?} could both be {name}; choose one: synonyms={{{:?}: \"ignore\"}}",
                other.name, one.name, other.name
            );
            return Err(file.fail(None, None, problem));
        }
        let given = options.units.get(channel.name()).filter(|_| !matches!(role, Role::MaximumDemandAt(_)));
        let (unit, why, sure) = match (given, one.heading.unit) {
            (Some(unit), _) => (*unit, "given", Sure::Given),
            (None, Some(unit)) if one.heading.says_unit => (unit, "the header names it", Sure::Certain),
            (None, Some(unit)) => (unit, "assumed: the header names no unit", Sure::Assumed),
            (None, None) if channel.quantity == Quantity::PowerFactor => unit_of_power_factor(&one.values),
            (None, None) => (Unit::of(channel.quantity), "assumed: the header names no unit", Sure::Assumed),
        };
        if unit.to_quantity(channel.quantity, 3600).is_none() {
            let problem = format!("the unit {} cannot be that of {name}", unit.symbol(channel.quantity));
            return Err(file.fail(None, Some(&one.name), problem));
        }
        let mut note = |key: &str, detected| settled.provenance.insert(format!("{key}.{name}"), detected);
        note("column", Detected::new(&one.name, "by its name", Sure::Certain));
        note("unit", Detected::new(unit.symbol(channel.quantity), why, sure));
        if channel.kind == crate::readings::Kind::Sample {
            let why = if are_samples { "curves of such exports are samples" } else { "its name says so" };
            note("kind", Detected::new("sample", why, if are_samples { Sure::Likely } else { Sure::Certain }));
        }
        settled.is_primary.push(one.heading.is_primary);
        let column = RawColumn::new(channel, one.name, unit, one.values);
        settled.columns.push(RawColumn { role, flags: one.flags, ..column });
    }
    Ok(settled)
}

fn unit_of_power_factor(values: &[f64]) -> (Unit, &'static str, Sure) {
    let most = values.iter().copied().filter(|value| value.is_finite()).map(f64::abs).fold(f64::NAN, f64::max);
    if most > MOST_PER_UNIT {
        (Unit::Percent, "values above 1", Sure::Certain)
    } else if most.is_nan() {
        (Unit::One, "assumed: there is no value", Sure::Assumed)
    } else {
        (Unit::One, "no value above 1", Sure::Likely)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::heading::Synonyms;

    fn settled(names: &[(&str, f64)], are_samples: bool) -> Vec<(String, String, Unit)> {
        let gathered = names
            .iter()
            .map(|(name, value)| Gathered {
                heading: Synonyms::default().heading(name).unwrap(),
                name: (*name).to_owned(),
                values: vec![*value],
                flags: None,
            })
            .collect();
        let settled = settle(gathered, are_samples, &FileOptions::default(), &File { name: "x" }).unwrap();
        let kind =
            |column: &RawColumn| if column.channel.kind == crate::readings::Kind::Sample { "sample" } else { "" };
        settled.columns.iter().map(|one| (one.channel.name().to_owned(), kind(one).to_owned(), one.unit)).collect()
    }

    fn expected(rows: &[(&str, &str, Unit)]) -> Vec<(String, String, Unit)> {
        rows.iter().map(|(name, kind, unit)| ((*name).to_owned(), (*kind).to_owned(), *unit)).collect()
    }

    #[test]
    fn total_power_is_energy_only_where_no_energy_is_measured() {
        let power = settled(&[("有功功率(kW)", 1.0), ("A相有功功率", 1.0), ("无功功率", 1.0)], false);
        let rows = [("import_kwh", "", Unit::Kw), ("power_l1_kw", "", Unit::Kw), ("import_kvarh", "", Unit::Kw)];
        assert_eq!(power, expected(&rows));
        let both = settled(&[("有功功率(kW)", 1.0), ("正向有功总示值", 1.0), ("无功功率", 1.0)], false);
        let rows = [("power_kw", "", Unit::Kw), ("import_kwh", "", Unit::Kwh), ("import_kvarh", "", Unit::Kw)];
        assert_eq!(both, expected(&rows));
        // Export alone is no import.
        let export = settled(&[("有功功率(kW)", 1.0), ("反向有功电量", 1.0)], false);
        assert_eq!(export, expected(&[("import_kwh", "", Unit::Kw), ("export_kwh", "", Unit::Kwh)]));
    }

    #[test]
    fn samples_stay_samples_and_power_factors_find_their_unit() {
        let one = settled(&[("瞬时有功功率(kW)", 1.0), ("正向有功电量", 1.0)], false);
        assert_eq!(one, expected(&[("power_kw", "sample", Unit::Kw), ("import_kwh", "", Unit::Kwh)]));
        let curve = settled(&[("有功功率(kW)", 1.0), ("A相电压", 220.0), ("功率因数", 0.95)], true);
        let rows = [
            ("import_kwh", "sample", Unit::Kw),
            ("voltage_l1_v", "sample", Unit::V),
            ("power_factor", "sample", Unit::One),
        ];
        assert_eq!(curve, expected(&rows));
        assert_eq!(settled(&[("功率因数", 95.0)], false), expected(&[("power_factor", "", Unit::Percent)]));
    }
}
