//! Structures of prices: a list of periods, each a list of tiers with `rate`, `adj`, `max`, `unit`, `sell`.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::fields::{Field, Fields, holds_a_number, number, plain_text, shown, words};
use super::hours::Hours;
use crate::error::Result;
use crate::tariff::rate::{Rate, Tier};

/// Most periods of a structure, and most tiers of a period.
const MOST: usize = 64;
/// A limit from which on a tier has no end: nobody uses so much, it fills the field.
const NO_END: f64 = 1e9;

/// The price of one period.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PeriodPrice {
    /// rate + adj in blocks; `None` where the file has no rate.
    pub(super) rate: Option<Rate>,
    /// Unit of the limits, where one is written.
    pub(super) unit: Option<String>,
    /// Price of exported energy.
    pub(super) sell: Option<Decimal>,
}

/// A structure with the name that the file gives it.
pub(super) struct Structure {
    pub(super) written: String,
    pub(super) periods: Vec<PeriodPrice>,
}

impl Structure {
    /// Takes a structure.
    ///
    /// # Errors
    /// No list of lists; a price below zero; a tier without a limit before others; limits that do not rise.
    pub(super) fn read(fields: &mut Fields<'_>, name: &str) -> Result<Option<Self>> {
        let Some(Field { written, value }) = fields.take(name) else { return Ok(None) };
        let found = value.as_array().filter(|periods| periods.len() <= MOST).ok_or_else(|| {
            let problem =
                format!("found {}, expected a list of at most {MOST} periods, each a list of tiers", shown(&value));
            fields.wrong(&written, problem)
        })?;
        let mut periods = Vec::with_capacity(found.len());
        for (at, period) in found.iter().enumerate() {
            periods.push(read_period(fields, &format!("{written}[{at}]"), period)?);
        }
        Ok(Some(Self { written, periods }))
    }

    /// The prices of the periods that some hour belongs to.
    ///
    /// # Errors
    /// A period without one.
    pub(super) fn rates(&self, fields: &Fields<'_>, hours: &Hours) -> Result<BTreeMap<usize, Rate>> {
        let rate_of = |period: usize| {
            let rate = self.periods.get(period).and_then(|price| price.rate.clone());
            rate.map(|rate| (period, rate)).ok_or_else(|| {
                let problem = format!(
                    "has no rate and is the period of {}; add one, {{\"rate\": 0}} where there is nothing to pay",
                    hours.first_hour_of(period)
                );
                fields.wrong(&format!("{}[{period}]", self.written), problem)
            })
        };
        hours.used().into_iter().map(rate_of).collect()
    }

    /// Lists what a structure of demand prices has and only one of energy prices can have.
    pub(super) fn list_energy_terms(&self, fields: &mut Fields<'_>) {
        for (at, period) in self.periods.iter().enumerate() {
            let why = words("belongs to prices of energy, not of demand", "属于电量电价，不属于需量电价。");
            if let Some(unit) = &period.unit {
                fields.list(format!("{}[{at}].unit", self.written), &Value::String(unit.clone()), false, why.clone());
            }
            if let Some(sell) = &period.sell {
                fields.list(format!("{}[{at}].sell", self.written), &Value::String(sell.to_string()), true, why);
            }
        }
    }

    /// Lists the prices of periods that no hour belongs to.
    pub(super) fn list_unused(&self, fields: &mut Fields<'_>, used: &BTreeSet<usize>) {
        for (at, period) in self.periods.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
            if let Some(rate) = &period.rate {
                let value = serde_json::to_value(rate).unwrap_or_default();
                let why = words("no hour belongs to this period", "没有任何时间属于该时段。");
                fields.list(format!("{}[{at}]", self.written), &value, false, why);
            }
        }
    }
}

fn read_period(fields: &mut Fields<'_>, path: &str, value: &Value) -> Result<PeriodPrice> {
    // The database behind the interface wraps the tiers in an object with one list.
    let wrapped = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.values().next());
    let tiers = wrapped.unwrap_or(value).as_array().filter(|tiers| tiers.len() <= MOST).ok_or_else(|| {
        fields.wrong(path, format!("found {}, expected a list of at most {MOST} tiers", shown(value)))
    })?;
    let mut price = PeriodPrice { rate: None, unit: None, sell: None };
    let mut blocks: Vec<Tier> = Vec::with_capacity(tiers.len());
    for (at, tier) in tiers.iter().enumerate() {
        let is_last = at + 1 == tiers.len();
        let path = format!("{path}[{at}]");
        let read = read_tier(fields, &path, tier)?;
        let Some(of_tier) = read.price else {
            if is_last && at == 0 {
                break;
            }
            return Err(fields.wrong(&path, "has no `rate`, expected one in every tier".to_owned()));
        };
        let before = blocks.last().and_then(|block| block.up_to);
        match read.max {
            None if !is_last => {
                let problem = "is absent and more tiers follow; give where this tier ends".to_owned();
                return Err(fields.wrong(&format!("{path}.max"), problem));
            }
            Some(max) if max <= before.unwrap_or_default() => {
                let above = before.unwrap_or_default();
                let problem = format!("found {max}, expected more than {above}: limits rise from tier to tier");
                return Err(fields.wrong(&format!("{path}.max"), problem));
            }
            Some(max) if is_last => fields.list(
                format!("{path}.max"),
                &Value::String(max.to_string()),
                true,
                words(
                    "the last tier ends here and no price is given above it; its price is taken on",
                    "末档在此截止，其上无电价；超出部分按末档电价计。",
                ),
            ),
            _ => {}
        }
        blocks.push(Tier { up_to: read.max.filter(|_| !is_last), price: of_tier });
        match (&price.unit, read.unit) {
            (Some(known), Some(unit)) if *known != unit => {
                let problem = format!("found {unit:?}, the tier before has {known:?}; one period has one unit");
                return Err(fields.wrong(&format!("{path}.unit"), problem));
            }
            (None, unit) => price.unit = unit,
            _ => {}
        }
        match (price.sell, read.sell) {
            (Some(known), Some(sell)) if known != sell => fields.list(
                format!("{path}.sell"),
                &Value::String(sell.to_string()),
                true,
                words(
                    "exported energy has one price a period; that of the first tier is taken",
                    "上网电量每时段只有一个电价；取第一档。",
                ),
            ),
            (None, sell) => price.sell = sell,
            _ => {}
        }
    }
    price.rate = (!blocks.is_empty()).then_some(Rate(blocks));
    Ok(price)
}

#[derive(Default)]
struct ReadTier {
    price: Option<Decimal>,
    max: Option<Decimal>,
    unit: Option<String>,
    sell: Option<Decimal>,
}

fn read_tier(fields: &mut Fields<'_>, path: &str, value: &Value) -> Result<ReadTier> {
    let object = value.as_object().ok_or_else(|| {
        fields.wrong(path, format!("found {}, expected a tier such as {{\"rate\": 0.12}}", shown(value)))
    })?;
    let mut tier = ReadTier::default();
    for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        let field = format!("{path}.{name}");
        let wrong = |problem: String| fields.wrong(&field, problem);
        match name.to_lowercase().as_str() {
            "rate" | "adj" => {
                let part = number(value).map_err(wrong)?;
                tier.price = Some(tier.price.unwrap_or_default() + part);
            }
            "max" => {
                let max = number(value);
                let is_open = value.as_f64().is_some_and(|max| max >= NO_END || max == 0.0);
                tier.max = if is_open { None } else { Some(max.map_err(wrong)?) };
            }
            "sell" => tier.sell = Some(number(value).map_err(wrong)?).filter(|sell| !sell.is_zero()),
            "unit" => tier.unit = Some(plain_text(value)),
            _ => {
                let why = words("a field of a tier that this version does not know", "本版本不认识的分档字段。");
                fields.list(field, value, holds_a_number(value), why);
            }
        }
    }
    for (name, found) in [("rate + adj", tier.price), ("sell", tier.sell)] {
        if let Some(price) = found.filter(|price| price.is_sign_negative() && !price.is_zero()) {
            let problem = format!(
                "{name} is {price}, expected zero or more; correct it, or set it to 0 and enter the credit by hand beside \
                 the bill"
            );
            return Err(fields.wrong(&format!("{path}.{}", if name == "sell" { "sell" } else { "rate" }), problem));
        }
    }
    Ok(tier)
}
