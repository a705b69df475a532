//! Which columns of a CSV file are time and channels, by what the caller says and by the header.

use super::head::Head;
use crate::error::{Result, nearest};
use crate::ingest::file_options::FileOptions;
use crate::ingest::header::{self, TimeRole};
use crate::ingest::stamp_text::StampText;
use crate::ingest::{Stamp, StampHint, Unit};
use crate::readings::{Channel, Detected, Provenance, Sure};

/// Where a row's stamp stands.
pub(super) enum TimeColumns {
    /// Date and clock in one column.
    One(usize),
    /// Date in the first, clock in the second.
    Two(usize, usize),
}

/// A column of numbers.
pub(super) struct NumberColumn {
    pub at: usize,
    pub name: String,
    pub channel: Channel,
    pub unit: Unit,
}

/// What the header means.
pub(super) struct Columns {
    pub time: TimeColumns,
    pub time_name: String,
    pub numbers: Vec<NumberColumn>,
    pub stamp_hint: Option<StampHint>,
    pub provenance: Provenance,
}

/// How sure it is follows from the reason.
fn detected(value: impl Into<String>, why: &str) -> Detected {
    let sure = match why {
        "given" => Sure::Given,
        assumed if assumed.starts_with("assumed") => Sure::Assumed,
        _ => Sure::Certain,
    };
    Detected::new(value, why, sure)
}

/// Finds the columns; the cells of the first row tell a date from a whole stamp.
pub(super) fn find(head: &Head, options: &FileOptions) -> Result<Columns> {
    let headers = head.headers.as_slice();
    let mut provenance = Provenance::new();
    let (time, hint) = time_columns(head, options, &mut provenance)?;
    let taken = |at: usize| match time {
        TimeColumns::One(one) => at == one,
        TimeColumns::Two(date, clock) => at == date || at == clock,
    };
    let numbers = number_columns(head, taken, options, &mut provenance)?;
    let name = |at: usize| headers.get(at).cloned().unwrap_or_default();
    let time_name = match time {
        TimeColumns::One(at) => name(at),
        TimeColumns::Two(date, clock) => format!("{}, {}", name(date), name(clock)),
    };
    let stamp_hint =
        hint.map(|stamp| StampHint { stamp, why: format!("the column is named {time_name:?}"), sure: Sure::Certain });
    Ok(Columns { time, time_name, numbers, stamp_hint, provenance })
}

fn time_columns(
    head: &Head,
    options: &FileOptions,
    provenance: &mut Provenance,
) -> Result<(TimeColumns, Option<Stamp>)> {
    let headers = head.headers.as_slice();
    let mut note = |value: String, why: &str| {
        provenance.insert("time_column".to_owned(), detected(value, why));
    };
    if let Some(name) = &options.time {
        let at = named(head, name, "time")?;
        note(name.clone(), "given");
        let hint = match header::time_role(name) {
            Some((_, TimeRole::Whole(stamp))) => stamp,
            _ => None,
        };
        return Ok((TimeColumns::One(at), hint));
    }
    if let (Some(date), Some(clock)) = (&options.date, &options.clock) {
        let columns = TimeColumns::Two(named(head, date, "date")?, named(head, clock, "clock")?);
        note(format!("{date}, {clock}"), "given");
        return Ok((columns, None));
    }
    if options.date.is_some() || options.clock.is_some() {
        return Err(head.fail(
            None,
            None,
            "date and clock belong together: pass both, or time for one column that has both",
        ));
    }
    let mut roles: Vec<(usize, TimeRole, usize)> = headers
        .iter()
        .enumerate()
        .filter_map(|(at, header)| header::time_role(header).map(|(rank, role)| (rank, role, at)))
        .collect();
    roles.sort_by_key(|(rank, _, at)| (*rank, *at));
    let found = |wanted: fn(TimeRole) -> bool| roles.iter().find(|(_, role, _)| wanted(*role)).copied();
    let name = |at: usize| headers.get(at).cloned().unwrap_or_default();
    if let Some((_, TimeRole::Whole(stamp), at)) = found(|role| matches!(role, TimeRole::Whole(_))) {
        note(name(at), "by its name");
        return Ok((TimeColumns::One(at), stamp));
    }
    let has_clock = |at: usize| {
        let cell = head.column(at).next().unwrap_or_default();
        StampText::parse(cell.as_bytes()).is_some() && cell.contains(':')
    };
    let date = found(|role| role == TimeRole::Date).map(|(_, _, at)| at);
    let clock = found(|role| role == TimeRole::Clock).map(|(_, _, at)| at);
    let columns = match (date, clock) {
        (Some(date), Some(clock)) if !has_clock(date) && !has_clock(clock) => {
            note(format!("{}, {}", name(date), name(clock)), "by their names");
            return Ok((TimeColumns::Two(date, clock), None));
        }
        (Some(date), Some(clock)) => TimeColumns::One(if has_clock(date) { date } else { clock }),
        (Some(at), None) | (None, Some(at)) => TimeColumns::One(at),
        (None, None) => {
            let other = [';', '\t', ','].into_iter().find(|other| {
                Some(*other) != options.delimiter.or(Some(','))
                    && headers.len() <= 2
                    && headers.iter().any(|header| header.contains(*other))
            });
            let hint = other.map(|other| format!("; is the delimiter {other:?}?")).unwrap_or_default();
            let problem = format!(
                "no time column is recognised among the headers {}; pass time= with its name{hint}",
                quoted(headers)
            );
            return Err(head.fail(None, None, problem));
        }
    };
    if let TimeColumns::One(at) = columns {
        note(name(at), "by its name");
    }
    Ok((columns, None))
}

fn number_columns(
    head: &Head,
    taken: impl Fn(usize) -> bool,
    options: &FileOptions,
    provenance: &mut Provenance,
) -> Result<Vec<NumberColumn>> {
    let headers = head.headers.as_slice();
    for name in options.columns.keys().chain(options.units.keys()) {
        if Channel::from_name(name).is_none() {
            let near = nearest(name, Channel::ENERGIES.iter().map(|channel| channel.name()));
            let expected =
                if near.is_empty() { Channel::ENERGIES.map(Channel::name).join(", ") } else { near.join(", ") };
            return Err(head.fail(None, None, format!("unknown channel {name:?}; expected {expected}")));
        }
    }
    let mut numbers: Vec<NumberColumn> = Vec::new();
    for channel in Channel::ENERGIES {
        let given_unit = options.units.get(channel.name()).copied();
        let (at, unit, unit_why, why) = if let Some(name) = options.columns.get(channel.name()) {
            let at = named(head, name, channel.name())?;
            let (unit, why) = header::unit_of(name)
                .map_or((Unit::Kwh, "assumed: the header names no unit"), |unit| (unit, "the header names it"));
            (at, unit, why, "given")
        } else {
            let is_given = |name: &String| options.columns.values().any(|given| given.trim() == name.as_str());
            let matches: Vec<(usize, Unit, bool)> = headers
                .iter()
                .enumerate()
                .filter(|(at, name)| !taken(*at) && !is_given(name))
                .filter_map(|(at, name)| {
                    let (found, unit, says_unit) = header::energy_column(name)?;
                    (found == channel).then_some((at, unit, says_unit))
                })
                .collect();
            match matches.as_slice() {
                [] => continue,
                [(at, unit, true)] => (*at, *unit, "the header names it", "by its name"),
                [(at, unit, false)] => (*at, *unit, "assumed: the header names no unit", "by its name"),
                several => {
                    let names: Vec<String> = several.iter().filter_map(|(at, ..)| headers.get(*at)).cloned().collect();
                    let first = names.first().cloned().unwrap_or_default();
                    let problem = format!(
                        "the columns {} could all be {channel}; choose one with {channel}={first:?}",
                        quoted(&names)
                    );
                    return Err(head.fail(None, None, problem));
                }
            }
        };
        let name = headers.get(at).cloned().unwrap_or_default();
        let (unit, unit_why) = given_unit.map_or((unit, unit_why), |unit| (unit, "given"));
        let mut note = |key: String, value: &str, why: &str| {
            provenance.insert(key, detected(value, why));
        };
        note(format!("column.{channel}"), &name, why);
        note(format!("unit.{channel}"), unit.symbol(channel.quantity), unit_why);
        numbers.push(NumberColumn { at, name, channel, unit });
    }
    if numbers.is_empty() {
        let problem = format!(
            "no energy column is recognised among the headers {}; pass import_kwh= with the name of its column, \
             and unit= where it is not kWh",
            quoted(headers)
        );
        return Err(head.fail(None, None, problem));
    }
    Ok(numbers)
}

/// Position of the column of this name.
pub(super) fn named(head: &Head, name: &str, purpose: &str) -> Result<usize> {
    let headers = head.headers.as_slice();
    let name = name.trim();
    headers.iter().position(|header| header == name).ok_or_else(|| {
        let near = nearest(name, headers.iter().map(String::as_str));
        let hint = if near.is_empty() {
            format!("the headers are {}", quoted(headers))
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
