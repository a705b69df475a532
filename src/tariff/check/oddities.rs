//! What loads and bills, and is probably not meant.

use std::collections::BTreeSet;

use serde_json::Value;

use super::tree::{Node, line_and_column};
use crate::error::Problem;
use crate::tariff::schedule::{Plans, Schedule, Work};
use crate::tariff::sheet::{Component, Sheet, Version};
use crate::tariff::tariff::VersionInForce;

/// Oddities of a checked sheet, with their places in its text.
pub(super) fn of(sheet: &Sheet, versions: &[VersionInForce], text: &str) -> Vec<Problem> {
    let mut odd: Vec<(String, String)> = Vec::new();
    for (at, trigger) in sheet.triggers.iter().enumerate() {
        let mut schedules = sheet.versions.iter().flat_map(|version| &version.schedules);
        if !schedules.any(|schedule| schedule.triggers().contains(trigger.id.as_str())) {
            odd.push((
                format!("triggers[{at}]"),
                format!("no overlay waits for trigger {:?}; nothing depends on it", trigger.id),
            ));
        }
    }
    for (at, pair) in sheet.versions.windows(2).enumerate() {
        if let [before, after] = pair
            && let Some(until) = before.in_force.until
            && until < after.in_force.from
        {
            let problem = format!(
                "nothing is in force from {until} to before {}: bills of those dates are refused",
                after.in_force.from
            );
            odd.push((format!("versions[{}].in_force", at + 1), problem));
        }
    }
    let mut work = Work::default();
    for (at, (version, compiled)) in sheet.versions.iter().zip(versions).enumerate() {
        let of_version = of_schedules(version, compiled, &mut work).into_iter().chain(of_components(version, compiled));
        odd.extend(of_version.map(|(field, problem)| (format!("versions[{at}].{field}"), problem)));
    }
    let tree = Node::parse(text.trim_start_matches('\u{feff}')).ok().map(|(tree, _)| tree);
    let placed = odd.into_iter().map(|(field, problem)| {
        let place = tree.as_ref().map(|tree| line_and_column(text, tree.find(&field).offset));
        let (line, column) = place.unzip();
        Problem { field: Some(field), problem, line, column, is_error: false }
    });
    let mut placed: Vec<Problem> = placed.collect();
    placed.sort_by_key(|one| (one.line, one.column));
    placed
}

fn of_schedules(version: &Version, compiled: &VersionInForce, work: &mut Work) -> Vec<(String, String)> {
    let mut odd = Vec::new();
    for (at, (schedule, (_, plans, _))) in version.schedules.iter().zip(&compiled.schedules).enumerate() {
        for (name, problem) in never_used(schedule, plans, work) {
            odd.push((format!("schedules[{at}].{name}"), problem));
        }
        // A charge has its schedule beside its prices, some one level further in.
        let is_meant = |charge: &Value| match charge.get("schedule").and_then(Value::as_str) {
            Some(id) => id == schedule.id,
            None => at == 0,
        };
        let parts: Vec<Value> = version.components.iter().flat_map(parts_of).collect();
        if at > 0 && !parts.iter().any(is_meant) {
            odd.push((format!("schedules[{at}]"), format!("no component refers to schedule {:?}", schedule.id)));
        } else if !schedule.factors.is_empty()
            && !parts.iter().any(|part| part.get("floats") == Some(&Value::Bool(true)) && is_meant(part))
        {
            let problem = "no price floats with these factors; write \"floats\": true where one does";
            odd.push((format!("schedules[{at}].factors"), problem.to_owned()));
        }
    }
    odd
}

/// Every object of a charge.
fn parts_of(component: &Component) -> Vec<Value> {
    let mut parts: Vec<Value> = serde_json::to_value(&component.charge).into_iter().collect();
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        let inside: Vec<Value> = match part {
            Value::Object(fields) => fields.values().cloned().collect(),
            Value::Array(items) => items.clone(),
            _ => Vec::new(),
        };
        parts.extend(inside.into_iter().filter(|value| value.is_object() || value.is_array()));
        at += 1;
    }
    parts
}

/// Periods that no minute of any day has.
fn never_used(schedule: &Schedule, plans: &Plans, work: &mut Work) -> Vec<(String, String)> {
    // Rules too many to be held against every day are let pass: this is no error.
    let Ok(seasons) = plans.seasons(work) else { return Vec::new() };
    let windows = seasons.iter().flat_map(|season| &season.days).flat_map(|day| &day.windows);
    let used: BTreeSet<&str> = windows.map(|(_, _, period)| period.as_str()).collect();
    let mut odd = Vec::new();
    for period in plans.names().iter().filter(|period| !used.contains(period.as_str())) {
        let of = |rules: &[super::super::schedule::PeriodRule]| rules.iter().position(|rule| rule.period == *period);
        let field = match (of(&schedule.base), of(&schedule.overlays)) {
            (Some(at), _) => format!("base[{at}]"),
            (None, Some(at)) => format!("overlays[{at}]"),
            (None, None) => "rest".to_owned(),
        };
        let problem = format!("period {period:?} never occurs: no day has it, or later rules lie over all of it");
        odd.push((field, problem));
    }
    odd
}

fn of_components(version: &Version, compiled: &VersionInForce) -> Vec<(String, String)> {
    let mut odd = Vec::new();
    for (at, component) in version.components.iter().enumerate() {
        let mut charge = component.charge.clone();
        let Some(energy) = charge.energy_price_mut() else { continue };
        if energy.price.is_some() || !energy.by_month.is_empty() || energy.by_period.is_empty() {
            continue;
        }
        let Some(plans) = compiled.plans(energy.schedule.as_deref()) else { continue };
        for period in plans.names().iter().filter(|period| !energy.by_period.contains_key(*period)) {
            let problem = format!(
                "period {period:?} has no price: its energy is left out of the bill, and the bill says so; give it \
                 one, \"0\" where it is free"
            );
            odd.push((format!("components[{at}].charge"), problem));
        }
    }
    odd
}
