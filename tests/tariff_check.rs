//! Every problem of a tariff is named with its field, its place and the remedy; all of them at once.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use wattlens::Problem;
use wattlens::tariff::{Tariff, bundled, load};

/// A sound tariff with two schedules, a trigger and two versions, one value a line.
fn sound() -> Value {
    json!({
        "schema": 2,
        "id": "test",
        "name": {"en": "Test", "zh": "测试"},
        "currency": "CNY",
        "certainty": "stated",
        "source": "made up",
        "triggers": [{"id": "hot_days", "name": {"en": "Hot days", "zh": "高温日"}, "at_least_celsius": 35}],
        "versions": [
            {
                "in_force": {"from": "2025-01-01", "until": "2026-01-01"},
                "schedules": [
                    {
                        "id": "time_of_use",
                        "source": "made up",
                        "base": [
                            {"period": "peak", "windows": ["08:00-12:00", "18:00-22:00"]},
                            {"period": "valley", "windows": ["23:00-07:00"]},
                        ],
                        "rest": "flat",
                        "overlays": [
                            {"period": "sharp", "trigger": "hot_days", "windows": ["18:00-20:00"]},
                        ],
                        "factors": {"sharp": "1.8", "peak": "1.5", "flat": "1", "valley": "0.5"},
                    },
                    {
                        "id": "of_demand",
                        "source": "made up",
                        "base": [{"period": "day", "windows": ["06:00-22:00"]}],
                        "rest": "night",
                    },
                ],
                "components": [
                    component("energy", json!({"energy": {"price": "0.4", "floats": true}})),
                    component("funds", json!({"energy": {"price": "0.03"}})),
                    component("demand", json!({"demand": {"rates": {"day": "12"}, "schedule": "of_demand"}})),
                    component("adjustment", json!({"power_factor": {"excludes": ["funds"]}})),
                ],
            },
            {
                "in_force": {"from": "2026-01-01"},
                "components": [component("energy", json!({"energy": {"price": "0.5"}}))],
            },
        ],
    })
}

fn component(id: &str, charge: Value) -> Value {
    json!({"id": id, "name": {"en": id, "zh": id}, "charge": charge, "source": "made up", "certainty": "stated"})
}

fn problems(tariff: &Value) -> Vec<Problem> {
    Tariff::problems(&serde_json::to_string_pretty(tariff).unwrap())
}

/// Changes the sound tariff and expects exactly these problems, each by its field and parts of its text.
#[track_caller]
fn expect(change: impl FnOnce(&mut Value), is_error: bool, expected: &[(&str, &[&str])]) {
    let mut tariff = sound();
    change(&mut tariff);
    let found = problems(&tariff);
    let listed = found.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(found.len(), expected.len(), "{listed}");
    for (problem, (field, parts)) in found.iter().zip(expected) {
        assert_eq!(problem.field.as_deref().unwrap_or_default(), *field, "{listed}");
        assert_eq!(problem.is_error, is_error, "{listed}");
        assert!(problem.line.is_some() && problem.column.is_some(), "{listed}");
        for part in *parts {
            assert!(problem.problem.contains(part), "{part:?} is not in\n{listed}");
        }
    }
    let loaded = Tariff::from_json(&serde_json::to_string(&tariff).unwrap(), "test");
    assert_eq!(loaded.is_err(), is_error, "{loaded:?}");
    if let Err(error) = loaded {
        assert!(error.to_string().contains(expected[0].0), "{error}");
    }
}

#[track_caller]
fn error(change: impl FnOnce(&mut Value), field: &str, parts: &[&str]) {
    expect(change, true, &[(field, parts)]);
}

#[track_caller]
fn oddity(change: impl FnOnce(&mut Value), field: &str, parts: &[&str]) {
    expect(change, false, &[(field, parts)]);
}

fn version(tariff: &mut Value) -> &mut Value {
    &mut tariff["versions"][0]
}

fn schedule(tariff: &mut Value) -> &mut Value {
    &mut tariff["versions"][0]["schedules"][0]
}

fn charge(tariff: &mut Value, at: usize) -> &mut Value {
    &mut tariff["versions"][0]["components"][at]["charge"]
}

#[test]
fn sound_tariffs_have_no_problem() {
    assert_eq!(problems(&sound()), []);
    for id in bundled() {
        let text = serde_json::to_string_pretty(load(id).unwrap().sheet()).unwrap();
        assert_eq!(Tariff::problems(&text), [], "{id}");
    }
}

#[test]
fn all_independent_problems_are_told_at_once_in_the_order_of_the_text() {
    expect(
        |t| {
            t["curency"] = json!("CNY");
            t.as_object_mut().unwrap().remove("currency");
            schedule(t)["base"][0]["windows"][1] = json!("18:00-25:00");
            schedule(t)["factors"]["peek"] = json!("1");
            charge(t, 0)["energy"]["price"] = json!("-0.4");
            charge(t, 1)["energy"] = json!({"price": "cheap"});
            charge(t, 3)["power_factor"]["excludes"] = json!(["fund"]);
            t["versions"][1]["in_force"]["from"] = json!("2025-06-01");
        },
        true,
        &[
            ("curency", &["unknown field", "near names: currency"]),
            ("versions[0].components[0].charge.energy.price", &["found -0.4", "zero or more"]),
            ("versions[0].components[1].charge.energy.price", &["\"cheap\"", "a number such as \"0.65\""]),
            ("versions[0].components[3].charge.power_factor.excludes", &["no component", "\"fund\"", "funds"]),
            ("versions[0].schedules[0].base[0].windows[1]", &["25:00", "time of day"]),
            ("versions[0].schedules[0].factors.peek", &["no window", "near names: peak"]),
            ("versions[1].in_force", &["begins on 2025-06-01"]),
        ],
    );
}

#[test]
fn a_text_that_is_no_json_is_told_with_its_place() {
    let found = Tariff::problems("{\n  \"schema\": 2,\n  \"id\" \"mine\"\n}");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].column), (Some(3), Some(8)));
    assert!(found[0].problem.starts_with("is no JSON: expected `:`"), "{}", found[0]);
    for text in ["", "[]", "2", "\"tariff\"", "null", "{}", "{\"schema\": 2}"] {
        assert!(Tariff::problems(text).iter().all(|one| one.is_error) && !Tariff::problems(text).is_empty(), "{text}");
    }
    let deep = "[".repeat(100_000);
    assert!(Tariff::problems(&deep)[0].problem.contains("recursion limit"));
    let long = format!("{{\"schema\": 2{}", " ".repeat(1 << 20));
    assert!(Tariff::problems(&long)[0].problem.contains("expected at most 1048576"));
}

#[test]
fn fields() {
    error(
        |t| t["versions"][0]["components"][0]["charge"]["energy"]["prise"] = json!(1),
        "versions[0].components[0].charge.energy.prise",
        &["near names: price"],
    );
    error(
        |t| *charge(t, 0) = json!({"enrgy": {"price": 1}}),
        "versions[0].components[0].charge.enrgy",
        &["unknown variant", "near names: energy"],
    );
    error(
        |t| *charge(t, 0) = json!({"quantum": {"price": 1}}),
        "versions[0].components[0].charge.quantum",
        &["unknown variant"],
    );
    error(
        |t| *charge(t, 0) = json!({"energy": {"price": 1}, "fixed": {}}),
        "versions[0].components[0].charge",
        &["single key"],
    );
    error(
        |t| drop(version(t)["components"][1].as_object_mut().unwrap().remove("certainty")),
        "versions[0].components[1]",
        &["`certainty` is missing"],
    );
    error(
        |t| version(t)["components"][1]["certainty"] = json!("sure"),
        "versions[0].components[1].certainty",
        &["unknown variant `sure`", "proved"],
    );
    error(
        |t| version(t)["components"][1]["certainty"] = json!("stateed"),
        "versions[0].components[1].certainty",
        &["near names: stated"],
    );
    error(|t| t["versions"] = json!({}), "versions", &["expected a sequence"]);
    error(|t| t["versions"] = json!([]), "versions", &["found none"]);
    error(|t| version(t)["components"] = json!([]), "versions[0].components", &["found none"]);
    error(
        |t| version(t)["in_force"]["from"] = json!("2025-02-30"),
        "versions[0].in_force.from",
        &["2025-02", "not valid"],
    );
    error(|t| version(t)["in_force"]["until"] = json!("2024-06-01"), "versions[0].in_force", &["not after"]);
    error(|t| t["currency"] = json!("yuan"), "currency", &["found \"yuan\"", "CNY"]);
    error(|t| t["id"] = json!(" "), "id", &["empty"]);
    error(|t| t["customer"] = json!({"capacity_kva": [315, 100]}), "customer.capacity_kva", &["smaller first"]);
    error(|t| t["customer"] = json!({"capacity": 315}), "customer.capacity", &["near names: capacity_kva"]);
}

#[test]
fn a_name_twice_in_one_object() {
    let text = serde_json::to_string_pretty(&sound())
        .unwrap()
        .replace("\"flat\": \"1\",", "\"flat\": \"1\",\n\"flat\": \"2\",");
    let found = Tariff::problems(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].field.as_deref(), Some("versions[0].schedules[0].factors.flat"));
    assert!(found[0].problem.contains("stands twice"), "{}", found[0]);
    assert!(Tariff::from_json(&text, "mine.json").unwrap_err().to_string().contains("factors.flat"));
}

#[test]
fn gaps_and_overlaps_with_their_days() {
    const BASE: &str = "versions[0].schedules[0].base";
    let without_rest = |base: Value| {
        move |t: &mut Value| {
            let of = schedule(t);
            *of = json!({"id": "time_of_use", "source": "", "base": base});
            *charge(t, 0) = json!({"energy": {"price": 1}});
        }
    };
    // A season that ends on 28 February leaves out the leap day.
    let winter = json!([
        {"period": "winter", "dates": ["10-01..02-28"], "windows": ["00:00-24:00"]},
        {"period": "summer", "dates": ["03-01..09-30"], "windows": ["00:00-24:00"]},
    ]);
    error(without_rest(winter), BASE, &["no period covers 00:00-24:00 on 02-29"]);
    let months = json!([{"period": "all", "months": [1, 2, 3, 4, 5, 6, 9, 10, 11], "windows": ["00:00-24:00"]}]);
    error(without_rest(months), BASE, &["00:00-24:00 in months 7, 8, 12"]);
    let half_hours = json!([{"period": "a", "windows": ["00:00-07:30", "08:00-23:30"]}]);
    error(without_rest(half_hours), BASE, &["07:30-08:00, 23:30-24:00 all year"]);
    let workdays =
        json!([{"period": "a", "days": ["workday", "weekend", "makeup_workday"], "windows": ["00:00-24:00"]}]);
    error(without_rest(workdays), BASE, &["00:00-24:00 all year (holiday)"]);
    let week = json!([{"period": "a", "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"], "windows": ["00:00-24:00"]}]);
    error(without_rest(week), BASE, &["on a Sunday"]);
    error(
        |t| schedule(t)["base"][1]["windows"] = json!(["23:00-08:30"]),
        "versions[0].schedules[0].base[1]",
        &["valley overlaps peak at 08:00 all year", "base[0]", "overlays"],
    );
    // Two overlaps and a rule without windows do not hide each other.
    expect(
        |t| {
            schedule(t)["base"][1]["windows"] = json!(["23:00-08:30"]);
            let third = json!({"period": "shoulder", "months": [7], "windows": ["09:00-10:00"]});
            schedule(t)["base"].as_array_mut().unwrap().push(third);
            schedule(t)["factors"]["shoulder"] = json!(1);
        },
        true,
        &[
            ("versions[0].schedules[0].base[1]", &["valley overlaps peak"]),
            ("versions[0].schedules[0].base[2]", &["shoulder overlaps peak at 09:00 in month 7"]),
        ],
    );
    error(
        |t| schedule(t)["base"][0]["months"] = json!([0]),
        "versions[0].schedules[0].base[0].months",
        &["found month 0"],
    );
    error(
        |t| schedule(t)["base"][0]["months"] = json!([]),
        "versions[0].schedules[0].base[0].months",
        &["holds on no day"],
    );
    error(
        |t| schedule(t)["base"][0]["windows"] = json!([]),
        "versions[0].schedules[0].base[0].windows",
        &["found none"],
    );
    error(
        |t| schedule(t)["base"][0]["trigger"] = json!("hot_days"),
        "versions[0].schedules[0].base[0].trigger",
        &["for overlays"],
    );
}

#[test]
fn references_to_what_is_not_there() {
    error(
        |t| *charge(t, 2) = json!({"demand": {"rates": {"day": 1}, "schedule": "of_demnd"}}),
        "versions[0].components[2].charge.demand.schedule",
        &["no schedule", "of_demand"],
    );
    error(
        |t| charge(t, 2)["demand"]["rates"] = json!({"days": 1}),
        "versions[0].components[2].charge.demand.rates.days",
        &["no window", "day"],
    );
    error(
        |t| schedule(t)["overlays"][0]["trigger"] = json!("hot_day"),
        "versions[0].schedules[0].overlays[0].trigger",
        &["no trigger", "hot_days"],
    );
    error(
        |t| charge(t, 3)["power_factor"]["excludes"] = json!(["adjustment"]),
        "versions[0].components[3].charge.power_factor.excludes",
        &["before it"],
    );
    error(
        |t| drop(schedule(t).as_object_mut().unwrap().remove("factors")),
        "versions[0].components[0].charge.energy.floats",
        &["has no factor"],
    );
    error(|t| version(t)["components"][2]["id"] = json!("energy"), "versions[0].components[2].id", &["used twice"]);
    error(
        |t| version(t)["schedules"][1]["rest"] = json!("peak"),
        "versions[0].schedules[1].base",
        &["\"peak\" is in another schedule"],
    );
}

#[test]
fn prices_below_zero_and_beyond_reason() {
    for (price, says) in [
        (json!("-0.01"), "zero or more"),
        (json!(1e9), "at most 100000000"),
        (json!("79228162514264337593543950335"), "at most"),
    ] {
        error(|t| charge(t, 1)["energy"]["price"] = price, "versions[0].components[1].charge.energy.price", &[says]);
    }
    // Each of several in one component.
    expect(
        |t| charge(t, 2)["demand"]["rates"] = json!({"day": -1, "night": -2, "evening": 3}),
        true,
        &[
            ("versions[0].components[2].charge.demand.rates.day", &["found -1"]),
            ("versions[0].components[2].charge.demand.rates.evening", &["no window"]),
            ("versions[0].components[2].charge.demand.rates.night", &["found -2"]),
        ],
    );
}

#[test]
fn oddities_are_told_and_load() {
    oddity(
        |t| schedule(t)["overlays"] = json!([{"period": "sharp", "windows": ["18:00-20:00"]}]),
        "triggers[0]",
        &["no overlay waits", "hot_days"],
    );
    oddity(
        |t| t["versions"][1]["in_force"]["from"] = json!("2026-03-01"),
        "versions[1].in_force",
        &["from 2026-01-01 to before 2026-03-01"],
    );
    oddity(
        |t| {
            let over = json!({"period": "sharp", "windows": ["00:00-24:00"], "months": [2]});
            schedule(t)["overlays"].as_array_mut().unwrap().push(over);
            let never = json!({"period": "deep", "windows": ["00:00-01:00"], "months": [2], "dates": ["03-01..03-31"]});
            schedule(t)["overlays"].as_array_mut().unwrap().push(never);
            schedule(t)["factors"]["deep"] = json!("0.2");
        },
        "versions[0].schedules[0].overlays[2]",
        &["\"deep\" never occurs"],
    );
    oddity(
        |t| charge(t, 2)["demand"] = json!({"rate": 1}),
        "versions[0].schedules[1]",
        &["no component refers", "of_demand"],
    );
    oddity(|t| charge(t, 0)["energy"]["floats"] = json!(false), "versions[0].schedules[0].factors", &["floats"]);
    oddity(
        |t| charge(t, 1)["energy"] = json!({"by_period": {"peak": 1, "valley": 1, "sharp": 1}}),
        "versions[0].components[1].charge",
        &["\"flat\" has no price"],
    );
}

#[test]
fn the_format_before_this_one_is_told_how_to_move() {
    let text = r#"{"schema": 1, "id": "old", "name": {"en": "", "zh": ""}, "currency": "CNY", "in_force": {"from": "2025-01-01"},
        "periods": {"base": [], "rest": "all"}, "components": [{"type": "energy", "id": "e"}]}"#;
    let found = Tariff::problems(text);
    assert_eq!(found.len(), 1);
    for part in ["\"schema\": 2", "versions", "schedules", "\"charge\"", "\"type\"", "certainty"] {
        assert!(found[0].problem.contains(part), "{}", found[0]);
    }
    assert!(Tariff::problems(r#"{"schema": 3}"#)[0].problem.contains("later wattlens"));
}

#[test]
fn what_would_take_hours_to_check_is_refused_soon() {
    let many = |rule: &dyn Fn(usize) -> Value, rules: usize| -> Value { (0..rules).map(rule).collect() };
    let refused = |base: Value, says: &str| {
        let mut tariff = sound();
        schedule(&mut tariff)["base"] = base;
        let found = Tariff::problems(&tariff.to_string());
        assert!(found.iter().any(|one| one.problem.contains(says)), "{found:?}");
    };
    refused(many(&|_| json!({"period": "p", "windows": ["00:00-00:01"]}), 5000), "expected at most 4096");
    // Holidays of as many names and lengths as there are rules.
    let holiday = |at: usize| json!({"period": "peak", "windows": ["08:00-09:00"], "holidays": {"named": [format!("holiday {at}")], "at_least_days": at}});
    refused(many(&holiday, 4000), "too many kinds of days");
    let dates =
        |at: usize| json!({"period": "peak", "windows": ["08:00-09:00"], "dates": vec!["01-01..12-31"; 10 + at % 7]});
    refused(many(&dates, 4000), "too many kinds of days");
    let mut tariff = sound();
    tariff["versions"] = many(&|_| json!({"in_force": {"from": "2025-01-01"}, "components": []}), 10_000);
    assert!(Tariff::problems(&tariff.to_string())[0].problem.contains("expected at most 500"));
}

/// Every JSON of the document on tariffs: whole tariffs, and charges, which stand here after an energy price.
#[test]
fn every_example_of_the_document_is_sound() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tariffs.md")).unwrap();
    let blocks = text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut kinds = std::collections::BTreeSet::new();
    for block in blocks {
        let mut value: Value = serde_json::from_str(block).unwrap_or_else(|error| panic!("{error} in {block}"));
        if value.get("schema").is_none() {
            kinds.insert(value.as_object().unwrap().keys().next().unwrap().clone());
            let schedule = json!({"id": "time", "source": "made up", "rest": "flat",
                "base": [{"period": "peak", "windows": ["08:00-12:00"]}, {"period": "valley", "windows": ["00:00-06:00"]}],
                "factors": {"peak": "1.5", "flat": 1, "valley": "0.5"}});
            let energy = component("energy", json!({"energy": {"price": "0.1", "floats": true}}));
            let mut tariff = sound();
            tariff["triggers"] = json!([]);
            tariff["versions"] = json!([{"in_force": {"from": "2026-01-01"}, "schedules": [schedule],
                "components": [energy, component("example", value)]}]);
            value = tariff;
        }
        assert_eq!(Tariff::problems(&value.to_string()), [], "{block}");
    }
    // No kind without an example.
    let schema = Tariff::json_schema();
    let charges =
        &schema["properties"]["versions"]["items"]["properties"]["components"]["items"]["properties"]["charge"];
    for charge in charges["oneOf"].as_array().unwrap() {
        let kind = charge["properties"].as_object().unwrap().keys().next().unwrap();
        assert!(kinds.contains(kind), "docs/tariffs.md has no example of {kind}");
    }
}

#[test]
fn the_shipped_schema_is_that_of_the_types() {
    let shipped = include_str!("../python/wattlens/tariff.schema.json");
    let shipped: Value = serde_json::from_str(shipped).unwrap();
    assert!(shipped == Tariff::json_schema(), "run: wattlens tariff schema > python/wattlens/tariff.schema.json");
}
