//! Which columns of a table are time, meter and channels, by what the caller says, by the header, and by the cells.

use super::head::Head;
use crate::error::{Result, nearest};
use crate::finding::{Finding, Severity};
use crate::ingest::Unit;
use crate::ingest::file_options::FileOptions;
use crate::ingest::header::{energy_of, unit_of};
use crate::ingest::heading::{Heading, Synonyms};
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::{RawColumn, Role};
use crate::readings::{Channel, Detected, Provenance, Quantity, Sure};

/// A column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NumberColumn {
    pub at: usize,
    pub name: String,
    pub channel: Channel,
    pub role: Role,
    pub unit: Unit,
    /// Whether the caller or the table names the unit.
    pub says_unit: bool,
    pub column_why: &'static str,
    pub unit_why: &'static str,
}

impl NumberColumn {
    /// The column with its numbers.
    pub(super) fn raw(&self, values: Vec<f64>) -> RawColumn {
        RawColumn { role: self.role, ..RawColumn::new(self.channel, self.name.clone(), self.unit, values) }
    }

    /// Notes column and unit.
    pub(super) fn note(&self, provenance: &mut Provenance) {
        if self.role == Role::Interval {
            let unit = self.unit.symbol(self.channel.quantity);
            provenance.insert(format!("column.{}", self.channel), detected(&self.name, self.column_why));
            provenance.insert(format!("unit.{}", self.channel), detected(unit, self.unit_why));
        }
    }
}

pub(super) const ASSUMED_UNIT: &str = "assumed: the header names no unit";

/// How sure it is follows from the reason.
pub(super) fn detected(value: impl Into<String>, why: &str) -> Detected {
    let sure = match why {
        "given" => Sure::Given,
        assumed if assumed.starts_with("assumed") => Sure::Assumed,
        likely if likely.starts_with("by its cells") || likely.starts_with("by their cells") => Sure::Likely,
        _ => Sure::Certain,
    };
    Detected::new(value, why, sure)
}

/// The columns of numbers, those `taken` for time and meter aside.
pub(super) fn numbers(
    head: &Head,
    taken: impl Fn(usize) -> bool,
    options: &FileOptions,
) -> Result<(Vec<NumberColumn>, Vec<Finding>)> {
    for name in options.columns.keys().chain(options.units.keys()) {
        if Channel::from_name(name).is_none() {
            let near = nearest(name, Channel::every().map(Channel::name));
            let expected =
                if near.is_empty() { Channel::ENERGIES.map(Channel::name).join(", ") } else { near.join(", ") };
            return Err(head.fail(None, None, format!("unknown channel {name:?}; expected {expected}")));
        }
    }
    let mut numbers: Vec<NumberColumn> = Vec::new();
    for (name, header) in &options.columns {
        let Some(channel) = Channel::from_name(name) else { continue };
        let at = named(head, header, name)?;
        let (unit, says_unit) = unit_of(header).map_or((Unit::of(channel.quantity), false), |unit| (unit, true));
        numbers.push(NumberColumn {
            at,
            name: header.trim().to_owned(),
            channel,
            role: Role::Interval,
            unit,
            says_unit,
            column_why: "given",
            unit_why: if says_unit { "the header names it" } else { ASSUMED_UNIT },
        });
    }
    let given = |at: usize| numbers.iter().any(|column| column.at == at);
    let found: Vec<NumberColumn> = head
        .headings
        .iter()
        .enumerate()
        .filter(|(at, _)| !taken(*at) && !given(*at))
        .filter_map(|(at, heading)| {
            let heading = heading.or_else(|| with_given_unit(head.headers.get(at)?, options))?;
            let Meaning::Values(channel, role) = heading.meaning else { return None };
            let readable = !matches!(role, Role::MaximumDemandAt(_));
            let name = head.headers.get(at)?.clone();
            let (unit, says_unit) = match heading.unit {
                Some(unit) => (unit, heading.says_unit),
                None if channel.quantity == Quantity::PowerFactor => (power_factor_unit(head, at), false),
                None => return None,
            };
            let unit_why = if says_unit { "the header names it" } else { ASSUMED_UNIT };
            let column_why = "by its name";
            readable.then_some(NumberColumn { at, name, channel, role, unit, says_unit, column_why, unit_why })
        })
        .collect();
    let given_channels: Vec<Channel> = numbers.iter().map(|column| column.channel).collect();
    let is_given = |column: &NumberColumn| {
        column.role == Role::Interval
            && given_channels.iter().any(|given| as_energy(column.channel).measures_same(*given))
    };
    numbers.extend(found.into_iter().filter(|column| !is_given(column)));
    power_as_energy(&mut numbers);
    let findings = leave_out_twice(&mut numbers);
    refuse_twice(head, &numbers)?;
    if numbers.is_empty() && head.header_line == 0 {
        numbers.extend(without_header(head, &taken)?);
    }
    for column in &mut numbers {
        if let Some(unit) = options.units.get(column.channel.name()) {
            (column.unit, column.says_unit, column.unit_why) = (*unit, true, "given");
        }
    }
    numbers.sort_by_key(|column| (column.channel, column.role));
    Ok((numbers, findings))
}

/// What a header means that is a name only with a unit, as `load`, in the unit that the caller gives for its channel.
fn with_given_unit(header: &str, options: &FileOptions) -> Option<Heading> {
    let synonyms = Synonyms::default();
    Channel::ENERGIES.into_iter().find_map(|channel| {
        let unit = options.units.get(channel.name())?;
        let heading = synonyms.heading(&format!("{header} ({})", unit.symbol(channel.quantity)))?;
        let Meaning::Values(found, Role::Interval) = heading.meaning else { return None };
        as_energy(found).measures_same(channel).then_some(heading)
    })
}

/// Power factors above 1.5 are percent.
fn power_factor_unit(head: &Head, at: usize) -> Unit {
    let numbers = head.column(at).filter_map(|cell| crate::ingest::number::parse_number(cell.as_bytes(), head.decimal));
    if numbers.fold(0.0, |most: f64, number| most.max(number.abs())) > 1.5 { Unit::Percent } else { Unit::One }
}

fn as_energy(channel: Channel) -> Channel {
    energy_of(channel).unwrap_or(channel)
}

/// Total power is read as the energy that it tells, unless the table has that energy too.
pub(super) fn power_as_energy(numbers: &mut [NumberColumn]) {
    let taken: Vec<Channel> = numbers.iter().filter(|one| one.role == Role::Interval).map(|one| one.channel).collect();
    for column in numbers.iter_mut().filter(|column| column.role == Role::Interval) {
        let energy = as_energy(column.channel);
        if !taken.iter().any(|other| other.measures_same(energy)) {
            column.channel = energy;
        }
    }
}

/// Of several columns that could all be one voltage, current or power factor, none is read.
fn leave_out_twice(numbers: &mut Vec<NumberColumn>) -> Vec<Finding> {
    let all = numbers.clone();
    let mut left: Vec<(Channel, Vec<String>)> = Vec::new();
    numbers.retain(|column| {
        let same = |other: &&NumberColumn| other.role == column.role && other.channel.measures_same(column.channel);
        let is_kept =
            column.channel.quantity.is_energy() || column.column_why == "given" || all.iter().filter(same).count() == 1;
        if !is_kept {
            match left.iter_mut().find(|(channel, _)| channel.measures_same(column.channel)) {
                Some((_, names)) => names.push(column.name.clone()),
                None => left.push((column.channel, vec![column.name.clone()])),
            }
        }
        is_kept
    });
    let finding = |(channel, names): (Channel, Vec<String>)| {
        Finding::new("ingest.columns_ambiguous", Severity::Low)
            .with("channel", channel.name())
            .with("columns", names.join(", "))
    };
    left.into_iter().map(finding).collect()
}

/// The names of the columns that nothing is read from.
pub(super) fn not_read(head: &Head, is_used: impl Fn(usize) -> bool) -> Vec<String> {
    let left = head.headers.iter().enumerate().filter(|(at, name)| !is_used(*at) && !name.is_empty());
    left.map(|(_, name)| name.clone()).collect()
}

fn refuse_twice(head: &Head, numbers: &[NumberColumn]) -> Result<()> {
    for column in numbers {
        let same = |other: &&NumberColumn| other.role == column.role && other.channel.measures_same(column.channel);
        let names: Vec<String> = numbers.iter().filter(same).map(|other| other.name.clone()).collect();
        if let [first, _, ..] = names.as_slice() {
            let channel = column.channel;
            let problem =
                format!("the columns {} could all be {channel}; choose one with {channel}={first:?}", quoted(&names));
            return Err(head.fail(None, None, problem));
        }
    }
    Ok(())
}

/// The only column of numbers of a table without a header is imported energy.
fn without_header(head: &Head, taken: impl Fn(usize) -> bool) -> Result<Option<NumberColumn>> {
    let numeric: Vec<usize> = (0..head.headers.len()).filter(|at| !taken(*at) && head.is_numeric(*at)).collect();
    let [at] = numeric.as_slice() else {
        let names: Vec<String> = numeric.iter().filter_map(|at| head.headers.get(*at)).cloned().collect();
        let problem = format!(
            "the table has no header, and of the columns {} any could be energy; pass import_kwh= with one of these names",
            quoted(&names)
        );
        return if numeric.is_empty() { Ok(None) } else { Err(head.fail(None, None, problem)) };
    };
    Ok(Some(NumberColumn {
        at: *at,
        name: head.headers.get(*at).cloned().unwrap_or_default(),
        channel: Channel::IMPORT_KWH,
        role: Role::Interval,
        unit: Unit::Kwh,
        says_unit: false,
        column_why: "assumed: the only column of numbers, and there is no header",
        unit_why: "assumed: there is no header",
    }))
}

/// The error of a table in which no column of numbers is known.
pub(super) fn no_numbers(head: &Head) -> crate::Error {
    let problem = format!(
        "no energy column is recognised among the headers {}; pass import_kwh= with the name of its column, \
         and unit= where it is not kWh; or, where each column is a meter, layout=\"wide_meters\"",
        quoted(&head.headers)
    );
    head.fail(None, None, problem)
}

/// Position of the column of this name.
pub(super) fn named(head: &Head, name: &str, purpose: &str) -> Result<usize> {
    let name = name.trim();
    head.headers.iter().position(|header| header == name).ok_or_else(|| {
        let near = nearest(name, head.headers.iter().map(String::as_str));
        let hint = if near.is_empty() {
            format!("the headers are {}", quoted(&head.headers))
        } else {
            format!("near names: {}", near.join(", "))
        };
        head.fail(None, Some(name), format!("there is no such column, asked for as {purpose}; {hint}"))
    })
}

/// At most twenty names, quoted.
pub(super) fn quoted(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(20).map(|name| format!("{name:?}")).collect();
    if names.len() > shown.len() {
        shown.push(format!("and {} more", names.len() - shown.len()));
    }
    shown.join(", ")
}
