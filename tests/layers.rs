//! Imports point down: no module may use one that stands above it.

#![allow(clippy::unwrap_used)] // only functions marked as tests may by default

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the ground up; modules of one row stand side by side.
const LAYERS: &[&[&str]] = &[
    &["error", "finding", "stats"],
    &["time"],
    &["readings"],
    &["site"],
    &["ingest", "simulate", "quality"],
    &["profile"],
    &["estimate"],
    &["anomaly", "electrical"],
    &["tariff"],
    &["measure"],
    &["savings"],
    &["diagnosis"],
    &["python"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// Modules that the code of a file names by `crate::…`; its tests and comments may name any.
fn used(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        // Test modules stand at the end of a file.
        if line.trim() == "#[cfg(test)]"
            && line.starts_with('#')
            && code.lines().skip(number + 1).any(|l| l.starts_with("mod ") && l.ends_with('{'))
        {
            break;
        }
        for part in line.split("crate::").skip(1) {
            match part.strip_prefix('{') {
                Some(list) => {
                    let names = list.split(',').map(|name| name.split("::").next().unwrap_or_default());
                    found.extend(names.map(|name| (number + 1, word(name.trim()))));
                }
                None => found.push((number + 1, word(part))),
            }
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    files
}

/// Files that hold nothing but tests.
fn is_tests(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.file_name().is_some_and(|name| name == "tests.rs")
}

#[test]
fn imports_point_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    let mut wrong = Vec::new();
    for path in rust_files(&source) {
        let inside = path.strip_prefix(&source).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        if module == "lib" || is_tests(inside) {
            continue;
        }
        let own = layer(module).unwrap_or_else(|| panic!("module {module} has no place in the layers"));
        for (line, other) in used(&fs::read_to_string(&path).unwrap()) {
            let Some(its) = layer(&other) else { continue };
            seen += 1;
            if other != module && its > own {
                wrong.push(format!("src/{}:{line} uses {other}, which stands above {module}", inside.display()));
            }
        }
    }
    assert!(seen > 20, "only {seen} imports seen: is the search broken?");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_of_the_crate_has_a_layer_and_stands_in_order() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let layers: Vec<usize> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("mod ")))
        .map(|line| line.trim_end_matches(';'))
        .map(|module| layer(module).unwrap_or_else(|| panic!("module {module} has no place in the layers")))
        .collect();
    assert!(layers.len() >= 7, "{layers:?}");
    assert!(layers.is_sorted(), "lib.rs does not name the modules from the ground up: {layers:?}");
}

#[test]
fn the_search_sees_every_way_to_name_a_module() {
    let code = "use crate::time::Zone;\nuse crate::{Finding, tariff::Bill};\nlet x = crate::savings::of();\n// crate::python\n\
                #[cfg(test)]\nmod tests {\n    use crate::diagnosis::Diagnosis;\n}\n";
    let names: Vec<String> = used(code).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["time", "Finding", "tariff", "savings"]);
}
