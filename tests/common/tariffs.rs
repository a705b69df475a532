//! Small tariffs and months of readings for hand-worked bills.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use serde_json::{Value, json};
use wattlens::readings::{Channel, Readings, Series};
use wattlens::site::{Contract, Site};
use wattlens::tariff::Tariff;
use wattlens::time::{Calendar, TimeAxis, Zone};

/// 2026-04-01T00:00+08:00; April has 30 days, 2880 quarters of an hour.
pub const APRIL: i64 = 1_774_972_800;
pub const QUARTERS: usize = 30 * 96;

/// A tariff of these charges, by name, with day (08:00–20:00) and night.
pub fn tariff(charges: &[(&str, Value)]) -> Tariff {
    Tariff::from_json(&sheet(charges).to_string(), "hand-made").unwrap()
}

pub fn sheet(charges: &[(&str, Value)]) -> Value {
    let components: Vec<Value> = charges
        .iter()
        .map(|(id, charge)| {
            json!({"id": id, "name": {"en": id, "zh": id}, "charge": charge, "source": "made up", "certainty": "assumed"})
        })
        .collect();
    json!({
        "schema": 2, "id": "hand-made", "name": {"en": "Hand-made", "zh": "手工"}, "currency": "CNY",
        "certainty": "assumed", "source": "made up",
        "versions": [{
            "in_force": {"from": "2020-01-01"},
            "schedules": [{
                "id": "clock", "base": [{"period": "day", "windows": ["08:00-20:00"]}], "rest": "night",
                "factors": {"day": "1.5", "night": "0.5"}, "source": "made up"
            }],
            "components": components
        }]
    })
}

/// Energy of April in quarters of an hour.
pub fn april(channels: Vec<(Channel, Vec<f64>)>) -> Readings {
    let axis = TimeAxis::new(APRIL, 900, QUARTERS, Zone::named("Asia/Shanghai").unwrap()).unwrap();
    Readings::new(axis, channels.into_iter().map(|(channel, values)| Series::new(channel, values)).collect()).unwrap()
}

pub fn site(readings: Readings, contract: Contract) -> Site {
    Site::new(None, Arc::new(readings), Calendar::weekends(), contract).unwrap()
}

/// `day` by day and `night` by night, in kWh a quarter of an hour.
pub fn day_and_night(day: f64, night: f64) -> Vec<f64> {
    (0..QUARTERS).map(|at| if (32..80).contains(&(at % 96)) { day } else { night }).collect()
}
