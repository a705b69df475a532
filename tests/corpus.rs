//! Small files, one quirk each: what would be done with them is named right before anything is done, or it is said what
//! to pass; and then they are read with the right totals.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use wattlens::ingest::{FileOptions, inspect_bytes, read_bytes};
use wattlens::readings::{Channel, Readings};

/// What is expected of one file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    file: String,
    #[serde(default)]
    options: FileOptions,
    format: Option<String>,
    layout: Option<String>,
    stamp: Option<String>,
    step: Option<String>,
    unit: Option<String>,
    encoding_found: Option<String>,
    delimiter: Option<String>,
    decimal: Option<String>,
    date_style: Option<String>,
    clock_changes: Option<String>,
    registers: Option<String>,
    multiplier: Option<String>,
    /// Sum of the imported energy of each meter.
    total: Option<f64>,
    readings: Option<usize>,
    missing: Option<usize>,
    meters: Option<Vec<String>>,
    channels: Option<Vec<String>>,
    #[serde(default)]
    findings: Vec<String>,
    /// Totals of what has no regular step.
    spans: Option<std::collections::BTreeMap<String, f64>>,
    /// Words of what cannot be known; the file is not read then.
    open: Option<Vec<String>>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(fixtures().join("corpus.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn inspected(case: &Case, bytes: &[u8], wrong: &mut Vec<String>) {
    let found = inspect_bytes(bytes, &case.file, &case.options).unwrap();
    let mut expect = |key: &str, expected: Option<&String>| {
        let value = found.found.get(key).map(|detected| detected.value.clone());
        if expected.is_some() && value.as_ref() != expected {
            wrong.push(format!("{}: inspect says {key} is {value:?}, expected {expected:?}", case.file));
        }
    };
    expect("format", case.format.as_ref());
    expect("layout", case.layout.as_ref());
    expect("stamp", case.stamp.as_ref());
    expect("step", case.step.as_ref());
    expect("unit.import_kwh", case.unit.as_ref());
    expect("encoding", case.encoding_found.as_ref());
    expect("delimiter", case.delimiter.as_ref());
    expect("decimal", case.decimal.as_ref());
    expect("date_style", case.date_style.as_ref());
    expect("clock_changes", case.clock_changes.as_ref());
    expect("registers", case.registers.as_ref());
    expect("multiplier", case.multiplier.as_ref());
    let open: Vec<&str> = found.open.iter().map(|open| open.problem.as_str()).collect();
    for word in case.open.iter().flatten() {
        if !open.iter().any(|problem| problem.contains(word.as_str())) {
            wrong.push(format!("{}: nothing open says {word:?}: {open:?}", case.file));
        }
    }
    if case.open.is_none() && !open.is_empty() {
        wrong.push(format!("{}: open without need: {open:?}", case.file));
    }
}

fn is_right(case: &Case, meters: &[Readings], wrong: &mut Vec<String>) {
    let mut check = |is_right: bool, what: String| {
        if !is_right {
            wrong.push(format!("{}: {what}", case.file));
        }
    };
    if let Some(expected) = &case.meters {
        let found: Vec<&str> = meters.iter().filter_map(Readings::meter).collect();
        check(found == *expected, format!("meters {found:?}, expected {expected:?}"));
    }
    for readings in meters {
        let import = readings.series(Channel::IMPORT_KWH);
        let total = import.and_then(|one| one.total());
        if let Some(expected) = case.total {
            let near = total.is_some_and(|total| (total - expected).abs() <= 1e-9 * expected.abs().max(1.0));
            check(near, format!("total {total:?}, expected {expected}"));
        }
        if let Some(expected) = case.readings {
            check(
                readings.axis().len() == expected,
                format!("{} readings, expected {expected}", readings.axis().len()),
            );
        }
        if let Some(expected) = case.missing {
            let found = import.map(|one| one.missing());
            check(found == Some(expected), format!("{found:?} missing, expected {expected}"));
        }
        for channel in case.channels.iter().flatten() {
            let wanted = Channel::from_name(channel).unwrap();
            check(readings.series(wanted).is_some(), format!("no channel {channel}"));
        }
        for (name, expected) in case.spans.iter().flatten() {
            let found = readings.spans().0.iter().find(|one| one.name() == *name).and_then(|one| one.total());
            let near = found.is_some_and(|total| (total - expected).abs() < 1e-6);
            check(near, format!("spans {name} {found:?}, expected {expected}"));
        }
    }
    let codes: Vec<&str> = meters.iter().flat_map(Readings::findings).map(|one| one.code.as_str()).collect();
    for code in &case.findings {
        check(codes.contains(&code.as_str()), format!("no finding {code}: {codes:?}"));
    }
}

#[test]
fn every_quirk_is_named_and_read_right() {
    let cases = cases();
    assert!(cases.len() >= 60, "{} files", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let bytes = std::fs::read(fixtures().join(&case.file)).unwrap();
        assert!(bytes.len() < 20_000, "{} is too long to be read by people", case.file);
        inspected(case, &bytes, &mut wrong);
        match (read_bytes(&bytes, &case.file, &case.options), &case.open) {
            (Ok(meters), None) => is_right(case, &meters, &mut wrong),
            (Ok(_), Some(_)) => wrong.push(format!("{}: it was read although it cannot be known", case.file)),
            (Err(error), None) => wrong.push(format!("{}: {error}", case.file)),
            (Err(error), Some(words)) => {
                let text = error.to_string();
                if !words.iter().all(|word| text.contains(word.as_str())) {
                    wrong.push(format!("{}: the error does not say {words:?}: {text}", case.file));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
