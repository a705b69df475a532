//! Tariffs of the format before this one: what to change.

use serde_json::Value;

use super::shape::Misfit;
use super::tree::{Node, Tree};
use crate::tariff::tariff::SCHEMA;

/// What to change in a tariff of another format; `None` for this one.
pub(super) fn problem(tree: &Node) -> Option<Misfit> {
    let found = tree.find("schema");
    let number = match &found.node.value {
        Tree::Leaf(Value::Number(number)) if found.rest.is_empty() => number.as_u64()?,
        _ => return None,
    };
    let problem = match number {
        1 => format!(
            "found 1, this wattlens reads {SCHEMA}. To move: set \"schema\": {SCHEMA}; put `in_force`, `periods` and \
             `components` into \"versions\": [{{\"in_force\": …, \"schedules\": [periods], \"components\": […]}}]; give \
             `periods` an \"id\" such as \"time_of_use\"; write what each component charges under its kind, \
             \"charge\": {{\"energy\": {{\"price\": …, \"floats\": true}}}} in place of \"type\": \"energy\", and leave \
             id, name, source and certainty beside it; give every component a \"certainty\""
        ),
        number if number == u64::from(SCHEMA) => return None,
        number => format!("found {number}, this wattlens reads {SCHEMA}; a later wattlens may read it"),
    };
    Some(Misfit { path: ".schema".to_owned(), offset: found.offset, problem })
}
