//! Whether a sheet makes sense: versions in order, schedules that tile the day, components that fit them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::error::nearest;
use crate::tariff::component::{Charge, Place, check_months, check_price};
use crate::tariff::price_index::check_signed;
use crate::tariff::schedule::{Plans, Work};
use crate::tariff::sheet::{Component, InForce, Sheet, Version};
use crate::tariff::tariff::{SCHEMA, Schedules, VersionInForce};

/// Most versions, schedules of a version and components of a version.
const MOST_VERSIONS: usize = 500;
const MOST_SCHEDULES: usize = 16;
const MOST_COMPONENTS: usize = 500;
/// Most problems of one component.
const MOST_OF_COMPONENT: usize = 20;

/// A field and what is wrong with it.
pub(crate) type Wrong = (String, String);

/// The versions of a sheet with their schedules worked out, and all that makes no sense.
pub(crate) fn check(sheet: &Sheet) -> (Vec<VersionInForce>, Vec<Wrong>) {
    let mut wrong: Vec<Wrong> = Vec::new();
    let mut bad = |field: &str, problem: String| wrong.push((field.to_owned(), problem));
    if sheet.schema != SCHEMA {
        bad("schema", format!("found {}, this wattlens reads {SCHEMA}", sheet.schema));
    }
    if sheet.id.trim().is_empty() {
        bad("id", "found an empty name, expected e.g. \"my-plant-2026\"".to_owned());
    }
    if sheet.currency.len() != 3 || !sheet.currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
        bad("currency", format!("found {:?}, expected a code of ISO 4217 such as \"CNY\" or \"USD\"", sheet.currency));
    }
    for (name, range) in [("capacity_kva", sheet.customer.capacity_kva), ("demand_kw", sheet.customer.demand_kw)] {
        if let Some((Some(from), Some(to))) = range
            && from > to
        {
            bad(&format!("customer.{name}"), format!("found {from} to {to}, expected the smaller first"));
        }
    }
    for (at, trigger) in sheet.triggers.iter().enumerate() {
        if sheet.triggers[..at].iter().any(|other| other.id == trigger.id) {
            bad(&format!("triggers[{at}].id"), format!("{:?} is used twice", trigger.id));
        }
        if trigger.consecutive_days == 0 {
            bad(&format!("triggers[{at}].consecutive_days"), "found 0, expected 1 or more".to_owned());
        }
    }
    for (name, prices) in &sheet.price_tables {
        let field = format!("price_tables.{name}");
        if sheet.versions.iter().flat_map(|one| &one.components).any(|one| one.id == *name) {
            bad(&field, "a component has this name too; give the table a name of its own".to_owned());
        }
        for (month, price) in prices {
            let checked = check_months(&field, [month]);
            if let Err((field, problem)) = checked.and_then(|()| check_signed(&format!("{field}.{month}"), *price)) {
                bad(&field, problem);
            }
        }
    }
    let mut versions = Vec::new();
    if sheet.versions.is_empty() {
        bad("versions", "found none, expected at least one".to_owned());
    }
    if sheet.versions.len() > MOST_VERSIONS {
        bad("versions", format!("found {}, expected at most {MOST_VERSIONS}", sheet.versions.len()));
        return (versions, wrong);
    }
    let mut work = Work::default();
    for (at, version) in sheet.versions.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| sheet.versions.get(before));
        wrong.extend(check_dates(before, version).map(|problem| (format!("versions[{at}].in_force"), problem)));
        let (schedules, found) = check_version(sheet, version, &mut work);
        wrong.extend(found.into_iter().map(|(field, problem)| (format!("versions[{at}].{field}"), problem)));
        versions.push(VersionInForce { at, in_force: version.in_force, schedules });
    }
    (versions, wrong)
}

fn check_dates(before: Option<&Version>, version: &Version) -> Option<String> {
    let InForce { from, until } = version.in_force;
    if let Some(until) = until.filter(|until| *until <= from) {
        return Some(format!("until {until} is not after from {from}; `until` is the first date after the last"));
    }
    let before = before?.in_force;
    match before.until {
        Some(until) if until <= from => None,
        until => {
            let until = until.map_or_else(|| "with an open end".to_owned(), |until| format!("before {until}"));
            Some(format!(
                "begins on {from}, the version before it runs from {} to {until}; order versions by date and end each \
                 before the next",
                before.from
            ))
        }
    }
}

fn check_version(sheet: &Sheet, version: &Version, work: &mut Work) -> (Schedules, Vec<Wrong>) {
    let mut schedules: Schedules = Vec::new();
    let mut wrong: Vec<Wrong> = Vec::new();
    for (what, found, most) in [
        ("schedules", version.schedules.len(), MOST_SCHEDULES),
        ("components", version.components.len(), MOST_COMPONENTS),
    ] {
        if found > most {
            wrong.push((what.to_owned(), format!("found {found}, expected at most {most}")));
            return (vec![("all".to_owned(), Plans::single("all"), BTreeMap::new())], wrong);
        }
    }
    for (at, schedule) in version.schedules.iter().enumerate() {
        let mut bad = |name: &str, problem: String| wrong.push((format!("schedules[{at}].{name}"), problem));
        let (plans, problems) = Plans::checked(schedule, work);
        problems.into_iter().for_each(|(name, problem)| bad(&name, problem));
        if schedules.iter().any(|(id, ..)| *id == schedule.id) {
            bad("id", format!("{:?} is used twice", schedule.id));
        }
        let taken = |name: &&String| schedules.iter().any(|(_, other, _)| other.names().contains(name));
        for period in plans.names().iter().filter(taken) {
            bad("base", format!("period {period:?} is in another schedule too; give it a name of its own"));
        }
        for (period, factor) in &schedule.factors {
            if let Err(problem) = check_price(*factor) {
                bad(&format!("factors.{period}"), problem);
            }
            if !plans.names().contains(period) {
                let near = nearest(period, plans.names().iter().map(String::as_str));
                let list = if near.is_empty() { plans.names().join(", ") } else { near.join(", ") };
                bad(&format!("factors.{period}"), format!("no window has this period; near names: {list}"));
            }
        }
        for (rule, id) in
            schedule.overlays.iter().enumerate().filter_map(|(at, rule)| Some((at, rule.trigger.as_ref()?)))
        {
            if !sheet.triggers.iter().any(|trigger| trigger.id == *id) {
                let near = nearest(id, sheet.triggers.iter().map(|trigger| trigger.id.as_str())).join(", ");
                let problem = format!("no trigger of the tariff is named {id:?}; near names: {near}");
                bad(&format!("overlays[{rule}].trigger"), problem);
            }
        }
        schedules.push((schedule.id.clone(), plans, schedule.factors.clone()));
    }
    if schedules.is_empty() {
        schedules.push(("all".to_owned(), Plans::single("all"), BTreeMap::new()));
    }
    if version.components.is_empty() {
        wrong.push(("components".to_owned(), "found none, expected at least one".to_owned()));
    }
    for (at, component) in version.components.iter().enumerate() {
        let before = &version.components[..at];
        let mut bad = |name: &str, problem: String| wrong.push((format!("components[{at}].{name}"), problem));
        if before.iter().any(|other| other.id == component.id) {
            bad("id", format!("{:?} is used twice", component.id));
        }
        let place = Place { before, all: &version.components, schedules: &schedules, tables: &sheet.price_tables };
        for (name, problem) in check_component(component, &place) {
            bad(&name, problem);
        }
    }
    (schedules, wrong)
}

/// All that is wrong with a component: a kind names its first problem, and what stands there is mended until there is
/// no other.
fn check_component(component: &Component, place: &Place<'_>) -> Vec<Wrong> {
    let Err((field, problem)) = component.charge.kind().check(place) else { return Vec::new() };
    let mut wrong = vec![(field, problem)];
    let Ok(mut value) = serde_json::to_value(&component.charge) else { return wrong };
    let Some(tag) = value.as_object().and_then(|one| one.keys().next().cloned()) else { return wrong };
    while wrong.len() < MOST_OF_COMPONENT {
        let Some((field, _)) = wrong.last() else { break };
        if !mend(&mut value[&tag], field) {
            break;
        }
        let Ok(charge) = serde_json::from_value::<Charge>(value.clone()) else { break };
        match charge.kind().check(place) {
            Err((field, problem))
                if wrong.iter().all(|(known, _)| *known != field) && lookup(&mut value[&tag], &field).is_some() =>
            {
                wrong.push((field, problem));
            }
            _ => break,
        }
    }
    wrong.into_iter().map(|(field, problem)| (format!("charge.{tag}.{field}"), problem)).collect()
}

/// Puts one for a price, and takes out what is none.
fn mend(charge: &mut Value, field: &str) -> bool {
    let Some(found) = lookup(charge, field) else { return false };
    let is_price = |text: &str| text.parse::<Decimal>().is_ok();
    if found.is_number() || found.as_str().is_some_and(is_price) {
        let is_whole = found.is_i64();
        let is_mended = if is_whole { Value::from(1) } else { Value::from("1") };
        if *found != is_mended {
            *found = is_mended;
            return true;
        }
    }
    // Without a name that it refers by, a charge would refer to something else.
    if found.is_string() {
        return false;
    }
    let (above, name) = field.rsplit_once('.').unwrap_or(("", field));
    let above = if above.is_empty() { Some(charge) } else { lookup(charge, above) };
    above.and_then(Value::as_object_mut).is_some_and(|map| map.remove(name).is_some())
}

/// What stands at a path such as `tiers[1].price`.
fn lookup<'v>(value: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    let pointer: String = path
        .replace('~', "~0")
        .replace('/', "~1")
        .replace('[', ".")
        .replace(']', "")
        .split('.')
        .map(|step| format!("/{step}"))
        .collect();
    value.pointer_mut(&pointer)
}
