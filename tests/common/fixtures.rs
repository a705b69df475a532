//! Reading fixtures and saying in a few words what came out.
#![allow(clippy::panic)] // a fixture that cannot be read fails its test

use std::path::Path;

use wattlens::ingest::{FileOptions, ReadOptions, read};
use wattlens::readings::{Readings, SpanKind};
use wattlens::time::instant_text;

/// The meters of a fixture.
pub fn meters(name: &str, zone: &str, with: impl FnOnce(&mut FileOptions)) -> wattlens::Result<Vec<Readings>> {
    let mut options = FileOptions {
        read: ReadOptions { zone: Some(zone.to_owned()), ..ReadOptions::default() },
        ..FileOptions::default()
    };
    with(&mut options);
    read(&Path::new("tests/fixtures").join(name), &options, None)
}

/// The only meter of a fixture.
pub fn meter(name: &str, zone: &str, with: impl FnOnce(&mut FileOptions)) -> Readings {
    let mut meters = meters(name, zone, with).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(meters.len(), 1, "{name}");
    meters.remove(0)
}

/// A number without the noise of binary fractions.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What was detected under a key, and how sure: `end Certain`.
pub fn detected(readings: &Readings, key: &str) -> String {
    readings.provenance().get(key).map_or("-".to_owned(), |found| format!("{} {:?}", found.value, found.sure))
}

/// In lines: layout, stamp and step; first instant, step and length of the axis; each channel with its total and number
/// of values, `~` for samples and the flags that are not plain; each span series; the codes of the findings.
pub fn summary(readings: &Readings) -> Vec<String> {
    let layout = detected(readings, "layout");
    let layout = layout.split(' ').next().unwrap_or_default().to_owned();
    let mut lines = vec![format!("{layout}, stamp {}", detected(readings, "stamp"))];
    if !readings.all_series().is_empty() {
        let axis = readings.axis();
        lines.push(format!("{} {} s x {}", instant_text(axis.start()), axis.step_s(), axis.len()));
    }
    for series in readings.all_series() {
        let there = series.values().len() - series.missing();
        let mut flags: Vec<&str> = series.flags().iter().map(|flag| flag.name()).collect();
        flags.retain(|flag| *flag != "measured");
        flags.sort_unstable();
        flags.dedup();
        let sample = if format!("{:?}", series.channel().kind) == "Sample" { "~" } else { "" };
        let total = series.total().map_or("-".to_owned(), number);
        lines
            .push(format!("{sample}{} {total} of {there} {}", series.channel(), flags.join(" ")).trim_end().to_owned());
    }
    for series in &readings.spans().0 {
        let times = if series.kind == SpanKind::Register { format!(" x {}", series.multiplier) } else { String::new() };
        let values: Vec<String> = series.values.iter().map(|one| number(one.value)).collect();
        lines.push(format!("{}{times}: {}", series.name(), values.join(" ")));
    }
    let mut codes: Vec<&str> = readings.findings().iter().map(|finding| finding.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    lines.extend(codes.into_iter().map(|code| format!("! {code}")));
    lines
}
