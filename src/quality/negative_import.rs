//! Import that runs backwards: `quality.negative_import` for each import channel that has a value below
//! zero: a net meter, a register that was reset, or wrong wiring.
//!
//! High. It spans from the first such reading to the last. Evidence: `channel`, `intervals` below zero,
//! `lowest` value and their `sum` in the channel's unit; `kwh` where it is active energy.

use super::over;
use super::prepared::{Prepared, Scan};
use super::rule::{Found, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Direction};
use crate::time::TimeAxis;

pub(super) const RULE: Rule = Rule {
    name: "negative_import",
    looks_at: "import energies below zero",
    on: true,
    numbers: &[],
    source: "negative rule of meter-data systems (an error unless export is a channel of its own)",
    codes: &["quality.negative_import"],
    run,
};

fn run(prepared: &Prepared<'_>, _: &Numbers) -> Found {
    let imports = prepared.scans.iter().filter(|scan| scan.one.channel().direction == Direction::Import);
    Ok(imports.filter(|scan| scan.lowest < 0.0).filter_map(|scan| of_channel(prepared.axis(), scan)).collect())
}

fn of_channel(axis: &TimeAxis, scan: &Scan<'_>) -> Option<Finding> {
    let values = scan.one.values();
    let first = values.iter().position(|value| *value < 0.0)?;
    let last = values.iter().rposition(|value| *value < 0.0)?;
    let negative = || values.iter().copied().filter(|value| *value < 0.0);
    let sum: f64 = negative().sum();
    let mut finding = over(axis, &(first..last + 1), "quality.negative_import", Severity::High)
        .with("channel", scan.one.channel().name())
        .with("intervals", negative().count())
        .with("lowest", scan.lowest)
        .with("sum", sum);
    if scan.one.channel() == Channel::IMPORT_KWH {
        finding = finding.kwh(sum);
    }
    Some(finding)
}
