//! The table of synonyms, kept as data in `synonyms.json`, and what a caller adds to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use super::Unit;
use super::meaning::Meaning;
use crate::readings::{Flag, Quantity};

/// Longer headers are no names of columns.
const LONGEST: usize = 80;

/// A piece of a header's name: `正向`, `有功`, `示值`, `A相`, ….
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the table shows what each is
pub(super) enum Part {
    Active,
    Apparent,
    Average,
    Counter,
    Current,
    DeepValley,
    Demand,
    DemandAt,
    Energy,
    Export,
    Flat,
    Frequency,
    Import,
    L1,
    #[serde(rename = "l1_l2")]
    L1L2,
    L2,
    #[serde(rename = "l2_l3")]
    L2L3,
    L3,
    #[serde(rename = "l3_l1")]
    L3L1,
    Neutral,
    Peak,
    Power,
    PowerFactor,
    Primary,
    Reactive,
    Register,
    Sample,
    Secondary,
    Sharp,
    Total,
    Valley,
    Voltage,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    dropped: Vec<String>,
    names: BTreeMap<String, Vec<String>>,
    names_with_unit: BTreeMap<String, Vec<String>>,
    parts: BTreeMap<Part, Vec<String>>,
    statuses: BTreeMap<Flag, Vec<String>>,
    units: BTreeMap<String, Vec<String>>,
}

/// A name of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub meaning: Meaning,
    /// Its place among the names of the same meaning; earlier ones are preferred.
    pub rank: usize,
    /// Whether it counts only where the header names a unit.
    pub needs_unit: bool,
}

/// The table, by plain names.
#[derive(Debug, Default)]
pub(super) struct Table {
    names: HashMap<String, Name>,
    /// Longest first. `None`: says nothing.
    parts: Vec<(String, Option<Part>)>,
    statuses: HashMap<String, Flag>,
    units: HashMap<String, (Unit, Quantity)>,
}

/// The table that comes with the crate. A test reads the same text: it cannot fail here.
pub(super) static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::parse(include_str!("synonyms.json")).unwrap_or_default());

/// Lower case, letters, digits and percent only.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|one| if one == '％' { '%' } else { one })
        .filter(|one| one.is_alphanumeric() || *one == '%')
        .flat_map(char::to_lowercase)
        .collect()
}

impl Table {
    fn parse(text: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut table = Self::default();
        for (words, needs_unit) in [(&written.names, false), (&written.names_with_unit, true)] {
            for (word, names) in words {
                let meaning = Meaning::from_word(word)?;
                for (rank, name) in names.iter().enumerate() {
                    if table.names.insert(plain(name), Name { meaning, rank, needs_unit }).is_some() {
                        return Err(format!("the name {name:?} is there twice"));
                    }
                }
            }
        }
        for (part, names) in &written.parts {
            table.parts.extend(names.iter().map(|name| (plain(name), Some(*part))));
        }
        table.parts.extend(written.dropped.iter().map(|name| (plain(name), None)));
        table.parts.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.cmp(b)));
        if let Some(pair) = table.parts.windows(2).find(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
            return Err(format!("the part {:?} is there twice", pair.first().map(|one| &one.0)));
        }
        for (flag, names) in &written.statuses {
            table.statuses.extend(names.iter().map(|name| (plain(name), *flag)));
        }
        for (symbol, names) in &written.units {
            let unit = unit_of_symbol(symbol).ok_or_else(|| format!("unknown unit {symbol:?}"))?;
            table.units.extend(names.iter().map(|name| (plain(name), unit)));
        }
        Ok(table)
    }

    /// The name, as [`plain`] makes it.
    pub(super) fn name(&self, plain: &str) -> Option<Name> {
        self.names.get(plain).copied()
    }

    /// Whether a header says no more than that there are numbers: 数值, `value`.
    pub(super) fn is_value(&self, header: &str) -> bool {
        self.name(&plain(header)).is_some_and(|name| name.needs_unit)
    }

    /// The unit of this name, and what it is of: `kvarh` of reactive energy.
    pub(super) fn unit(&self, text: &str) -> Option<(Unit, Quantity)> {
        self.units.get(&plain(text)).copied()
    }

    /// What the text of a status column says of its row; nothing at all is as measured.
    pub(super) fn status(&self, text: &str) -> Option<Flag> {
        if text.is_empty() { Some(Flag::Measured) } else { self.statuses.get(&plain(text)).copied() }
    }

    /// The parts that make up a plain name from its first to its last letter; `None` where anything else is in it.
    pub(super) fn parts(&self, plain: &str) -> Option<Vec<Part>> {
        if plain.is_empty() || plain.chars().count() > LONGEST {
            return None;
        }
        // What follows each position can be told once only, so that no name takes long.
        let mut dead = vec![false; plain.len() + 1];
        let mut path: Vec<(usize, usize)> = Vec::new();
        let (mut at, mut next) = (0, 0);
        loop {
            let rest = plain.get(at..)?;
            if rest.is_empty() {
                return Some(path.iter().filter_map(|(_, part)| self.parts.get(*part)?.1).collect());
            }
            let fits = |(_, (name, _)): &(usize, &(String, Option<Part>))| {
                rest.starts_with(name.as_str()) && !dead.get(at + name.len()).copied().unwrap_or(true)
            };
            match self.parts.iter().enumerate().skip(next).find(fits) {
                Some((part, (name, _))) => {
                    path.push((at, part));
                    (at, next) = (at + name.len(), 0);
                }
                None => {
                    *dead.get_mut(at)? = true;
                    let (back, part) = path.pop()?;
                    (at, next) = (back, part + 1);
                }
            }
        }
    }
}

/// The unit with this symbol, and what it is of.
fn unit_of_symbol(symbol: &str) -> Option<(Unit, Quantity)> {
    use Quantity::{ActiveEnergy, ActivePower, ApparentPower, ReactiveEnergy, ReactivePower};
    let kinds: [(&[Unit], &[Quantity]); 6] = [
        (&[Unit::Wh, Unit::Kwh, Unit::Mwh, Unit::TenMwh], &[ActiveEnergy, ReactiveEnergy]),
        (&[Unit::W, Unit::Kw, Unit::Mw], &[ActivePower, ReactivePower, ApparentPower]),
        (&[Unit::V, Unit::Kv], &[Quantity::Voltage]),
        (&[Unit::A, Unit::Ka], &[Quantity::Current]),
        (&[Unit::Hz], &[Quantity::Frequency]),
        (&[Unit::Percent], &[Quantity::PowerFactor]),
    ];
    let mut all = kinds
        .into_iter()
        .flat_map(|(units, quantities)| units.iter().flat_map(|unit| quantities.iter().map(|of| (*unit, *of))));
    all.find(|(unit, quantity)| unit.symbol(*quantity) == symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole_and_no_name_is_two_things() {
        let table = Table::parse(include_str!("synonyms.json")).unwrap();
        assert_eq!(table.status("Estimado"), Some(Flag::Substituted));
        assert!(table.names.len() > 200 && table.parts.len() > 80 && table.units.len() > 30);
        assert_eq!(table.unit("kW·h"), Some((Unit::Kwh, Quantity::ActiveEnergy)));
        assert_eq!(table.unit("千乏时"), Some((Unit::Kwh, Quantity::ReactiveEnergy)));
    }

    #[test]
    fn a_name_falls_into_parts_or_does_not() {
        let parts = |text: &str| TABLE.parts(&plain(text));
        assert_eq!(
            parts("正向有功总电能示值"),
            Some(vec![Part::Import, Part::Active, Part::Total, Part::Counter, Part::Register])
        );
        assert_eq!(parts("A相电压"), Some(vec![Part::L1, Part::Voltage]));
        assert_eq!(parts("Voltage L1"), Some(vec![Part::Voltage, Part::L1]));
        assert_eq!(parts("平均功率"), Some(vec![Part::Average, Part::Power]));
        assert_eq!(parts("temperature"), None);
        assert_eq!(parts(""), None);
        // Every way through this fails only at its end.
        assert_eq!(parts(&"ab".repeat(39)).map(|parts| parts.len()), Some(39));
        assert_eq!(parts(&format!("{}q", "ab".repeat(39))), None);
    }
}
