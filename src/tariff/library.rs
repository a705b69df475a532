//! Bundled tariffs.

use super::tariff::{Tariff, fail};
use crate::error::{Result, nearest};

/// Id and JSON of every bundled tariff.
const LIBRARY: &[(&str, &str)] = &[
    ("cn-fujian-two-part-1-10kv-2025-08", include_str!("library/cn-fujian-two-part-1-10kv-2025-08.json")),
    ("cn-fujian-two-part-1-10kv-2026-08", include_str!("library/cn-fujian-two-part-1-10kv-2026-08.json")),
    ("example-flat", include_str!("library/example-flat.json")),
];

/// Ids of the bundled tariffs.
///
/// ```
/// assert!(wattlens::tariff::bundled().contains(&"example-flat"));
/// ```
#[must_use]
pub fn bundled() -> Vec<&'static str> {
    LIBRARY.iter().map(|(id, _)| *id).collect()
}

/// The bundled tariff of this id.
///
/// # Errors
/// An unknown id; near ids are listed.
pub fn load(id: &str) -> Result<Tariff> {
    let Some((id, json)) = LIBRARY.iter().find(|(known, _)| *known == id) else {
        let near = nearest(id, LIBRARY.iter().map(|(known, _)| *known));
        let hint = if near.is_empty() { bundled().join(", ") } else { near.join(", ") };
        return Err(fail(id, None, format!("is not bundled; near ids: {hint}; Tariff.from_json(path) reads your own")));
    };
    Tariff::from_json(json, id)
}
