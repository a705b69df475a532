//! Tariffs written for a test, of any schedules and components.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use wattlens::tariff::Tariff;

/// A component with this charge.
pub fn component(id: &str, charge: Value) -> Value {
    json!({"id": id, "name": {"en": id, "zh": id}, "source": "test", "certainty": "stated", "charge": charge})
}

/// A tariff in force from 2018 on with these schedules and components.
pub fn tariff(schedules: &[Value], components: &[Value]) -> Tariff {
    Tariff::from_json(&sheet(schedules, components).to_string(), "test").unwrap()
}

/// The JSON of such a tariff.
pub fn sheet(schedules: &[Value], components: &[Value]) -> Value {
    json!({"schema": 2, "id": "test", "name": {"en": "Test", "zh": "测试"}, "currency": "USD",
        "certainty": "stated", "source": "test",
        "versions": [{"in_force": {"from": "2018-01-01"}, "schedules": schedules, "components": components}]})
}
