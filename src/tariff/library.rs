//! Bundled tariffs.

mod china;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::sheet::Sheet;
use super::tariff::{Tariff, fail};
use crate::error::{Result, nearest};

/// Tariffs that are written out.
const WRITTEN: &[&str] =
    &[include_str!("library/cn-fujian-two-part-1-10kv-2025-08.json"), include_str!("library/example-flat.json")];

/// Every bundled tariff, or what does not hold together in the tables they are made from; tests load each.
static LIBRARY: LazyLock<std::result::Result<BTreeMap<String, Sheet>, String>> = LazyLock::new(|| {
    let written = WRITTEN.iter().map(|text| serde_json::from_str::<Sheet>(text).map_err(|error| error.to_string()));
    let sheets = written.chain(china::sheets()?.into_iter().map(Ok));
    sheets.map(|sheet| sheet.map(|sheet| (sheet.id.clone(), sheet))).collect()
});

fn library() -> Result<&'static BTreeMap<String, Sheet>> {
    LIBRARY.as_ref().map_err(|problem| fail("library", None, problem.clone()))
}

/// Ids of the bundled tariffs, sorted.
///
/// ```
/// assert!(wattlens::tariff::bundled().contains(&"example-flat"));
/// ```
#[must_use]
pub fn bundled() -> Vec<&'static str> {
    library().map(|library| library.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// The bundled tariff of this id.
///
/// # Errors
/// An unknown id; near ids are listed.
///
/// ```
/// let tariff = wattlens::tariff::load("cn-fujian-two-part-110kv-2026-08")?;
/// assert_eq!(tariff.missing_prices(), ["purchase", "line_loss", "system"]);
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn load(id: &str) -> Result<Tariff> {
    let library = library()?;
    let Some(sheet) = library.get(id) else {
        let near = nearest(id, library.keys().map(String::as_str));
        let all = || format!("one of {}, such as {}", library.len(), bundled_examples(library));
        let hint = if near.is_empty() { all() } else { near.join(", ") };
        return Err(fail(id, None, format!("is not bundled; near ids: {hint}; Tariff.from_json(path) reads your own")));
    };
    Tariff::from_sheet(sheet.clone())
}

/// A few ids from the whole of the library.
fn bundled_examples(library: &BTreeMap<String, Sheet>) -> String {
    library.keys().step_by(library.len().div_ceil(4).max(1)).map(String::as_str).collect::<Vec<_>>().join(", ")
}
