//! The layouts `quantities` (registers, tariff periods, multipliers, statuses) and `hours` (a date and the number of an
//! hour): how they are recognised.

use super::head::Head;
use super::keys::Keys;
use super::layout::{Layout, Plan};
use super::preamble::Preamble;
use super::stamped_rows::{StampFrom, plan};
use super::times::Times;
use crate::error::Result;
use crate::ingest::file_options::FileOptions;
use crate::ingest::heading::Heading;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::Role;
use crate::ingest::synonyms::TABLE;

/// A date and the number of an hour: hour 25 of a day in autumn is its last.
pub(super) const HOURS: Layout = Layout { name: "hours", recognise: hours };
/// One row a stamp: register readings, quantities by phase, a data item that says what the number is, a multiplier.
pub(super) const QUANTITIES: Layout = Layout { name: "quantities", recognise: quantities };

fn hours(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let keys = Keys::of(head, options)?;
    let means_hour =
        |at: &usize| head.headings.get(*at).copied().flatten().is_some_and(|one| one.meaning == Meaning::Hour);
    let Some(hour) = (0..head.headers.len()).find(means_hour) else { return Ok(None) };
    let mut cells = head.column(hour).filter(|cell| !cell.is_empty()).peekable();
    if cells.peek().is_none() || !cells.all(|cell| cell.parse::<u8>().is_ok_and(|hour| hour <= 25)) {
        return Ok(None);
    }
    let Some(date) = Keys::date(head, options)?.filter(|date| *date != hour) else { return Ok(None) };
    let why = format!("the column {:?} numbers the hours of a day", head.headers.get(hour).map_or("", String::as_str));
    plan(head, options, keys, StampFrom::Hour(date, hour), why)
}

fn quantities(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let keys = Keys::of(head, options)?;
    let Some(times) = Times::find(head, options)? else { return Ok(None) };
    let preamble = Preamble::of(head);
    let Some(why) = why(head, &keys, &preamble, options) else { return Ok(None) };
    plan(head, options, keys, StampFrom::Times(times), why)
}

/// What makes a table one of quantities, not one of plain energies.
fn why(head: &Head, keys: &Keys, preamble: &Preamble, options: &FileOptions) -> Option<String> {
    let name = |at: usize| head.headers.get(at).cloned().unwrap_or_default();
    let role = |heading: Option<Heading>| match heading.map(|one| one.meaning) {
        Some(Meaning::Values(_, role)) => Some(role),
        _ => None,
    };
    let is_read = |heading: &Option<Heading>| role(*heading).is_some();
    let by_period = head.headings.iter().flatten().any(|one| matches!(one.meaning, Meaning::Period(_)));
    let is_item =
        |cell: &str| role(head.synonyms.heading(cell)).is_some_and(|role| by_period || role != Role::Interval);
    if let Some(at) = keys.quantity.filter(|at| head.column(*at).any(is_item)) {
        return Some(format!("the column {:?} says what each number is", name(at)));
    }
    if by_period && let Some((_, title)) = preamble.item(&head.synonyms) {
        return Some(format!("columns are tariff periods, and {title:?} stands above the header or names the file"));
    }
    if let Some(at) = head.headings.iter().position(|one| role(*one).is_some_and(|role| role != Role::Interval)) {
        return Some(format!("the column {:?} is no value of an interval", name(at)));
    }
    let has_values = head.headings.iter().any(is_read) || !options.columns.is_empty();
    if let Some(at) = keys.multiplier.or(keys.current_ratio).or(keys.voltage_ratio).filter(|_| has_values) {
        return Some(format!("the column {:?} is a multiplier", name(at)));
    }
    let in_preamble = [Meaning::Multiplier, Meaning::CurrentRatio, Meaning::VoltageRatio];
    if in_preamble.iter().any(|meaning| preamble.text(*meaning).is_some()) && has_values {
        return Some("a multiplier stands above the header".to_owned());
    }
    let is_status = |at: &usize| {
        let mut cells = head.column(*at).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| TABLE.status(cell).is_some())
    };
    let status = keys.status.filter(is_status).filter(|_| has_values)?;
    Some(format!("the column {:?} says how each value came to be", name(status)))
}
