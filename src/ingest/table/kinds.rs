//! What the values of a long table's rows are, said by the rows themselves: a data item, a unit.

use std::collections::HashMap;

use super::columns::{self, ASSUMED_UNIT, NumberColumn, quoted};
use super::head::Head;
use super::row::Row;
use crate::error::Result;
use crate::ingest::Unit;
use crate::ingest::file::File;
use crate::ingest::heading::Synonyms;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::Role;
use crate::readings::Channel;

/// Whether the texts of a column say what the values of their rows are: they are known, or they differ. A column `type`
/// may say the same of all rows, which tells nothing.
pub(super) fn says_quantities(head: &Head, at: usize, unit: Option<usize>) -> bool {
    let is_known = |row: &Vec<String>| {
        let cell = |at: usize| row.get(at).map_or("", String::as_str);
        meaning(&head.synonyms, cell(at), unit.map_or("", cell)).is_some()
    };
    let first = head.column(at).next();
    first.is_some() && (head.first_rows.iter().all(is_known) || head.column(at).any(|text| Some(text) != first))
}

/// Channel, role and unit of a row by the texts of its quantity and its unit.
fn meaning(synonyms: &Synonyms, quantity: &str, unit: &str) -> Option<(Channel, Role, Option<Unit>, bool)> {
    let text = match (quantity.is_empty(), unit.is_empty()) {
        (true, true) => return None,
        (true, false) => unit.to_owned(),
        (false, true) => quantity.to_owned(),
        (false, false) => format!("{quantity} ({unit})"),
    };
    let heading = synonyms.heading(&text).or_else(|| synonyms.heading(quantity))?;
    match heading.meaning {
        Meaning::Values(channel, role) => Some((channel, role, heading.unit, heading.says_unit)),
        _ => None,
    }
}

/// The one column that the values stand in.
pub(super) fn value_column(
    head: &Head,
    taken: impl Fn(usize) -> bool,
    known: &[NumberColumn],
) -> Result<(usize, String)> {
    let named = |at: usize| (at, head.headers.get(at).cloned().unwrap_or_default());
    if let [one] = known {
        return Ok(named(one.at));
    }
    let is_ignored = |at: usize| {
        let heading = head.headings.get(at).copied().flatten();
        heading
            .is_some_and(|heading| matches!(heading.meaning, Meaning::Ignore | Meaning::Status | Meaning::Multiplier))
    };
    let numeric: Vec<usize> =
        (0..head.headers.len()).filter(|at| !taken(*at) && !is_ignored(*at) && head.is_numeric(*at)).collect();
    let by_name = numeric.iter().copied().filter(|at| {
        let name = head.headers.get(*at).map(|header| header.to_lowercase()).unwrap_or_default();
        ["value", "values", "reading", "数值", "值", "数据值", "读数", "示值"].contains(&name.as_str())
    });
    match (numeric.as_slice(), by_name.collect::<Vec<_>>().as_slice()) {
        ([at], _) | (_, [at]) => Ok(named(*at)),
        ([], _) => Err(columns::no_numbers(head)),
        (several, _) => {
            let names: Vec<String> = several.iter().map(|at| named(*at).1).collect();
            let first = names.first().cloned().unwrap_or_default();
            let problem = format!(
                "the columns {} could all hold the values; choose one with import_kwh={first:?}",
                quoted(&names)
            );
            Err(head.fail(None, None, problem))
        }
    }
}

/// What the values of a row are, said by the row itself.
pub(super) struct Kinds {
    /// Column of the data item.
    pub quantity: Option<usize>,
    /// Column of the unit.
    pub unit: Option<usize>,
    /// Column of the value and its name.
    pub value: (usize, String),
    pub synonyms: Synonyms,
    /// What the caller says of the units of channels.
    pub units: HashMap<String, Unit>,
}

impl Kinds {
    /// The column that the value of a row stands for.
    pub(super) fn column(&self, file: &File, row: &Row) -> Result<NumberColumn> {
        let text = |at: Option<usize>| String::from_utf8_lossy(at.map_or(&[][..], |at| row.cell(at))).into_owned();
        let (quantity, unit) = (text(self.quantity), text(self.unit));
        // USAGE with kWh in the row is a column USAGE (kWh).
        let by_header = || (self.quantity.is_none()).then(|| meaning(&self.synonyms, &self.value.1, &unit)).flatten();
        let found = by_header().or_else(|| meaning(&self.synonyms, &quantity, &unit));
        let Some((channel, role, unit, says_unit)) = found else {
            let problem = format!(
                "{:?} found, which is no known quantity; pass synonyms={{{:?}: \"import_kwh\"}} or another channel",
                format!("{quantity} {unit}").trim(),
                if quantity.is_empty() { &unit } else { &quantity },
            );
            return Err(file.fail(Some(row.line), None, problem));
        };
        let given = self.units.get(channel.name()).copied();
        let unit_why = match (given, says_unit) {
            (Some(_), _) => "given",
            (None, true) => "the rows name it",
            (None, false) => ASSUMED_UNIT,
        };
        let unit = given.or(unit).unwrap_or(Unit::of(channel.quantity));
        let (at, name) = self.value.clone();
        let says_unit = says_unit || given.is_some();
        Ok(NumberColumn { at, name, channel, role, unit, says_unit, column_why: "by the rows", unit_why })
    }
}
