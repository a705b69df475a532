//! The tables of the Chinese tariffs, as their files write them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::tariff::schedule::PeriodRule;
use crate::tariff::sheet::{Certainty, Trigger, Words};

/// Network prices by province and voltage class, from 2026-08-01.
const NETWORK: &str = include_str!("network-2026-08.json");
/// Periods by province.
const PERIODS: &str = include_str!("periods.json");
/// The price table of Hubei, January 2026.
const HUBEI: &str = include_str!("hubei-2026-01.json");
/// Names and notes.
const WORDS: &str = include_str!("words.json");

/// All of them.
pub(super) struct Tables {
    pub(super) words: Vocabulary,
    pub(super) provinces: Vec<Province>,
    pub(super) periods: Vec<Periods>,
    pub(super) hubei: Hubei,
}

impl Tables {
    /// Each file, or which of them does not parse.
    pub(super) fn read() -> Result<Self, String> {
        Ok(Self {
            words: read(WORDS, "words")?,
            provinces: read(NETWORK, "network prices")?,
            periods: read(PERIODS, "periods")?,
            hubei: read(HUBEI, "table of Hubei")?,
        })
    }
}

fn read<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{what}: {error}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Province {
    pub(super) id: String,
    pub(super) name: Words,
    /// From 1-10(20) kV up; null where the class is not listed.
    pub(super) demand: Vec<Option<Decimal>>,
    pub(super) capacity: Vec<Option<Decimal>>,
    #[serde(default)]
    pub(super) two_part_energy: Vec<Decimal>,
    #[serde(default)]
    pub(super) single_part_energy: Vec<Decimal>,
    #[serde(default)]
    pub(super) government_funds: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Periods {
    pub(super) province: String,
    pub(super) source: String,
    pub(super) certainty: Certainty,
    pub(super) base: Vec<PeriodRule>,
    pub(super) rest: Option<String>,
    #[serde(default)]
    pub(super) overlays: Vec<PeriodRule>,
    /// Parts that float.
    #[serde(default)]
    pub(super) floats: Vec<String>,
    /// Decimals to which the price of a period is rounded.
    pub(super) price_digits: Option<u32>,
    /// Factors of two-part users; empty where the note has none.
    #[serde(default)]
    pub(super) two_part: BTreeMap<String, Decimal>,
    #[serde(default)]
    pub(super) single_part: Vec<SinglePart>,
    #[serde(default)]
    pub(super) triggers: Vec<Trigger>,
    pub(super) notes: Vec<Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SinglePart {
    pub(super) id: String,
    pub(super) voltage: Words,
    #[serde(default)]
    pub(super) capacity_kva: Option<(Option<f64>, Option<f64>)>,
    pub(super) factors: BTreeMap<String, Decimal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hubei {
    pub(super) purchase: Decimal,
    pub(super) line_loss: Decimal,
    pub(super) system: Decimal,
    pub(super) government_funds: Decimal,
    pub(super) source: String,
    pub(super) classes: Vec<HubeiClass>,
    pub(super) notes: Vec<Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HubeiClass {
    /// Position among the voltage classes.
    pub(super) voltage: usize,
    pub(super) network: Decimal,
    /// Sharp, peak, flat, valley.
    pub(super) listed: [Decimal; 4],
    /// Two-part users.
    pub(super) demand: Option<Decimal>,
    pub(super) capacity: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vocabulary {
    pub(super) components: BTreeMap<String, Words>,
    pub(super) two_part: Words,
    pub(super) single_part: Words,
    pub(super) voltages: Vec<Voltage>,
    pub(super) notes: BTreeMap<String, Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Voltage {
    pub(super) id: String,
    pub(super) en: String,
    pub(super) zh: String,
}
