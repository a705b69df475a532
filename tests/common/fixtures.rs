//! Reading fixtures and saying in a few lines what came out.

use std::path::Path;

use wattlens::ingest::{FileOptions, ReadOptions, read};
use wattlens::readings::{Readings, SpanKind};

/// The meters of a fixture.
pub fn meters(name: &str, zone: &str, with: impl FnOnce(&mut FileOptions)) -> wattlens::Result<Vec<Readings>> {
    let mut options = FileOptions {
        read: ReadOptions { zone: Some(zone.to_owned()), ..ReadOptions::default() },
        ..FileOptions::default()
    };
    with(&mut options);
    read(&Path::new("tests/fixtures").join(name), &options, None)
}

/// Meter, axis, each channel with its total and its numbers of values, spans, what was detected and what was found.
pub fn summary(readings: &Readings) -> String {
    let mut lines = vec![format!("meter {}", readings.meter().unwrap_or("-"))];
    if !readings.all_series().is_empty() {
        let axis = readings.axis();
        lines.push(format!("axis {} {} s x {}", wattlens::time::instant_text(axis.start()), axis.step_s(), axis.len()));
    }
    for series in readings.all_series() {
        let there = series.values().len() - series.missing();
        let total = series.total().map_or("-".to_owned(), |total| {
            format!("{:.6}", total).trim_end_matches('0').trim_end_matches('.').to_owned()
        });
        let mut flags: Vec<&str> = series.flags().iter().map(|flag| flag.name()).collect();
        flags.sort_unstable();
        flags.dedup();
        lines.push(format!(
            "{} {:?} sum {total} of {there} {}",
            series.channel(),
            series.channel().kind,
            flags.join(" ")
        ));
    }
    for series in &readings.spans().0 {
        let kind = if series.kind == SpanKind::Register { format!("x {}", series.multiplier) } else { String::new() };
        let values: Vec<String> = series.values.iter().map(|one| format!("{}", one.value)).collect();
        lines.push(format!("span {} {kind} {}", series.name(), values.join(" ")));
    }
    for key in ["layout", "stamp", "step", "multiplier", "registers"] {
        if let Some(found) = readings.provenance().get(key) {
            lines.push(format!("{key}: {} ({:?}; {})", found.value, found.sure, found.why));
        }
    }
    for finding in readings.findings() {
        let facts: Vec<String> = finding.evidence.iter().map(|(key, value)| format!("{key}={value}")).collect();
        lines.push(format!("! {} {}", finding.code, facts.join(" ")));
    }
    lines.join("\n")
}
