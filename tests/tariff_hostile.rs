//! Changed tariffs do no harm: they bill or are refused, soon, and without a panic.

#![allow(clippy::unwrap_used)]

#[path = "common/any_tariff.rs"]
mod any_tariff;

use std::path::Path;
use std::sync::{LazyLock, Mutex};

use any_tariff::{read_and_bill, site};
use proptest::prelude::*;
use serde_json::{Value, json};
use wattlens::site::Site;
use wattlens::tariff::{Tariff, bundled, load};

fn read_folder(name: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()).collect()
}

/// Every bundled tariff and every seed.
static TARIFFS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let seeds = read_folder("tariffs").into_iter();
    bundled().into_iter().map(|id| serde_json::to_value(load(id).unwrap().sheet()).unwrap()).chain(seeds).collect()
});

/// The seeds, and of the bundled tariffs, which are many and alike, a few.
fn a_few() -> impl Iterator<Item = &'static Value> {
    let bundled = bundled().len();
    TARIFFS
        .iter()
        .enumerate()
        .filter(move |(at, _)| *at >= bundled || at % (bundled / 4).max(1) == 0)
        .map(|(_, one)| one)
}

static SITE: LazyLock<Site> = LazyLock::new(|| site(31, 900));

/// Texts and numbers at the edges of what is read.
fn extremes() -> Vec<Value> {
    let numbers = [
        "0",
        "-0",
        "1",
        "-1",
        "0.000000000000000000000000001",
        "99999999.9999999999",
        "100000000",
        "79228162514264337593543950335",
        "-79228162514264337593543950335",
        "1e28",
        "NaN",
        "2025-08",
        "9999-12-31",
        "-9999-01-01",
        "2024-02-29",
        "00:00-24:00",
        "24:00-24:00",
        "23:59-00:01",
        "12-31..01-01",
        "02-29..02-29",
        "",
        "all",
        "peak",
        "energy",
        "summer",
        "\u{0}",
        "é峰",
    ];
    let texts = numbers.into_iter().map(Value::from);
    let others = [
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!(0),
        json!(1),
        json!(-1),
        json!(12),
        json!(13),
        json!(255),
        json!(900),
        json!(86400),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(1e-308),
        json!(0.1),
        json!(1e8),
        json!([{"up_to": "79228162514264337593543950335", "price": "100000000"}, {"price": 1}]),
        json!([{"up_to": "0.0000000001", "price": 1}, {"price": "100000000"}]),
    ];
    texts.chain(others).collect()
}

fn paths(value: &Value, here: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let path = format!("{here}/{}", name.replace('~', "~0").replace('/', "~1"));
                paths(value, &path, found);
                found.push(path);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                paths(value, &format!("{here}/{at}"), found);
                found.push(format!("{here}/{at}"));
            }
        }
        _ => {}
    }
}

/// One change at one place.
fn change(tariff: &mut Value, kind: usize, place: usize, what: usize) {
    let mut all = Vec::new();
    paths(tariff, "", &mut all);
    if all.is_empty() {
        return;
    }
    let path = &all[place % all.len()];
    let other = tariff.pointer(&all[what % all.len()]).cloned().unwrap_or_default();
    let (above, name) = path.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    match (kind % 8, tariff.pointer_mut(above)) {
        (0, Some(Value::Object(map))) => drop(map.remove(&name)),
        (0, Some(Value::Array(list))) => drop(list.remove(name.parse().unwrap())),
        (1, Some(Value::Object(map))) => {
            let value = map.remove(&name).unwrap();
            map.insert(format!("{name}s"), value);
        }
        (1, Some(Value::Array(list))) => {
            let copy = list[name.parse::<usize>().unwrap()].clone();
            list.push(copy);
        }
        // What stands elsewhere, a whole component for example.
        (2, Some(_)) => *tariff.pointer_mut(path).unwrap() = other,
        (_, Some(_)) => {
            let extremes = extremes();
            *tariff.pointer_mut(path).unwrap() = extremes[what % extremes.len()].clone();
        }
        (_, None) => {}
    }
}

/// Numbers to the largest that are taken, everywhere: products overflow here if anywhere.
fn enlarge(value: &mut Value, name: &str, by: &str) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(name, value)| enlarge(value, name, by)),
        Value::Array(list) => list.iter_mut().for_each(|value| enlarge(value, name, by)),
        Value::String(text) if text.parse::<rust_decimal::Decimal>().is_ok() => *text = by.to_owned(),
        Value::Number(_) if name == "price" || name == "amount" => *value = json!(by),
        _ => {}
    }
}

#[test]
fn tariffs_as_they_are_bill_a_month_of_any_size() {
    for tariff in a_few() {
        for size in [0.0, 1e5, 1e12, f64::NAN] {
            assert!(read_and_bill(&tariff.to_string(), Some(&*SITE), size), "{}", tariff["id"]);
        }
    }
    for tariff in TARIFFS.iter() {
        assert!(read_and_bill(&tariff.to_string(), None, 1e5), "{}", tariff["id"]);
    }
}

#[test]
fn the_largest_prices_and_the_largest_quantities_are_refused_and_not_overflown() {
    for by in ["100000000", "1", "0.0000000000000000000000000001", "99999999.99999999999999999999"] {
        for tariff in a_few() {
            let mut enlarged = tariff.clone();
            enlarge(&mut enlarged, "", by);
            for size in [1.0, 1e12] {
                read_and_bill(&enlarged.to_string(), Some(&*SITE), size);
            }
            // One at a time, because many a pair is refused; of the bundled ones the first stands for all, and of the
            // prices those that reach the ends of what a decimal holds.
            let is_bundled = bundled().contains(&tariff["id"].as_str().unwrap_or_default());
            if by.len() < 20 || (is_bundled && tariff["id"] != TARIFFS[0]["id"]) {
                continue;
            }
            let mut all = Vec::new();
            paths(tariff, "", &mut all);
            for path in all {
                let mut enlarged = tariff.clone();
                let value = enlarged.pointer_mut(&path).unwrap();
                if value.is_string() || value.is_number() {
                    enlarge(value, "price", by);
                    read_and_bill(&enlarged.to_string(), None, 1e12);
                }
            }
        }
    }
}

/// Rates of another format.
static RATES: LazyLock<Vec<Value>> = LazyLock::new(|| read_folder("urdb"));

/// How many changed tariffs still loaded, of how many: a test in which none does tests no bill.
static LOADED: Mutex<(u32, u32)> = Mutex::new((0, 0));

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_tariffs_do_no_harm(
        tariff in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<usize>(), any::<usize>(), any::<usize>()), 1..4),
        size in prop::sample::select(vec![0.0, 1.0, 1e5, 1e12]),
    ) {
        let mut changed = tariff.get(&TARIFFS).clone();
        for (kind, place, what) in changes {
            change(&mut changed, kind, place, what);
        }
        let loaded = read_and_bill(&changed.to_string(), Some(&*SITE), size);
        let mut counted = LOADED.lock().unwrap();
        *counted = (counted.0 + u32::from(loaded), counted.1 + 1);
        prop_assert!(counted.1 < 120 || counted.0 >= 6, "{} of {} loaded", counted.0, counted.1);
    }

    #[test]
    fn changed_rates_of_another_format_do_no_harm(
        rate in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<usize>(), any::<usize>(), any::<usize>()), 0..4),
        size in prop::sample::select(vec![1.0, 1e12]),
    ) {
        let mut changed = rate.get(&RATES).clone();
        for (kind, place, what) in changes {
            change(&mut changed, kind, place, what);
        }
        if let Ok(tariff) = Tariff::from_urdb(&changed.to_string(), "any", None) {
            let text = serde_json::to_string(tariff.sheet()).unwrap();
            prop_assert!(read_and_bill(&text, Some(&*SITE), size));
        }
    }

    #[test]
    fn changed_texts_do_no_harm(
        tariff in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        length in 0usize..40,
        with in "[\\PC\\n\\\\\"{}\\[\\]:,0-9]{0,8}",
    ) {
        let text = serde_json::to_string_pretty(tariff.get(&TARIFFS)).unwrap();
        let from = text.floor_char_boundary(at.index(text.len()));
        let to = text.ceil_char_boundary((from + length).min(text.len()));
        read_and_bill(&format!("{}{with}{}", &text[..from], &text[to..]), None, 1000.0);
    }
}
