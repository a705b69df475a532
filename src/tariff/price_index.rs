//! A price that a contract refers to: a number, a published table by month, or a series by interval.

use std::borrow::Cow;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Checked;
use super::account::Account;
use super::component::{MAX_PRICE, Place};

/// A price that a contract refers to, written as a number, as `{"table": "agency_purchase"}` (a table of monthly
/// prices of the tariff) or as `{"series": "spot"}` (prices by interval that are given beside the tariff).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceIndex {
    /// This price \[currency/kWh\].
    Price(Decimal),
    /// The month's price of a table of the tariff.
    Table(String),
    /// A price series; over a month it counts as its mean, weighted by the energy taken.
    Series(String),
}

/// How an index is written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum IndexText {
    Price(Decimal),
    Named(Named),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Named {
    /// Name of a table of monthly prices of the tariff.
    Table(String),
    /// Name of a price series that is given beside the tariff.
    Series(String),
}

impl Serialize for PriceIndex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = match self {
            Self::Price(price) => IndexText::Price(*price),
            Self::Table(name) => IndexText::Named(Named::Table(name.clone())),
            Self::Series(name) => IndexText::Named(Named::Series(name.clone())),
        };
        text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PriceIndex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By hand, because the message of an untagged enum does not say what was wrong.
        let value = serde_json::Value::deserialize(deserializer)?;
        let wrong = |error: serde_json::Error| {
            let expected = r#"expected a price, {"table": "…"} or {"series": "…"}"#;
            serde::de::Error::custom(format!("{error} in {value}; {expected}"))
        };
        if value.is_object() {
            return Ok(match serde_json::from_value(value.clone()).map_err(wrong)? {
                Named::Table(name) => Self::Table(name),
                Named::Series(name) => Self::Series(name),
            });
        }
        serde_json::from_value(value.clone()).map(Self::Price).map_err(wrong)
    }
}

impl JsonSchema for PriceIndex {
    fn schema_name() -> Cow<'static, str> {
        "PriceIndex".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        IndexText::json_schema(generator)
    }
}

impl PriceIndex {
    /// The table that it names.
    pub(crate) fn table(&self) -> Option<&str> {
        match self {
            Self::Table(name) => Some(name),
            _ => None,
        }
    }

    /// The series that it names.
    pub(crate) fn series(&self) -> Option<&str> {
        match self {
            Self::Series(name) => Some(name),
            _ => None,
        }
    }

    /// The price in the month of a part of a bill; `mean` is the series' mean there.
    pub(crate) fn price(&self, account: &Account<'_>, mean: Option<Decimal>) -> Option<Decimal> {
        match self {
            Self::Price(price) => Some(*price),
            Self::Table(name) => account.table_price(name),
            Self::Series(_) => mean,
        }
    }

    /// A price is no slip, a table is one of the tariff's.
    pub(crate) fn check(&self, field: &str, place: &Place<'_>) -> Checked {
        match self {
            Self::Price(price) => check_signed(field, *price),
            Self::Table(name) => place.check_table(field, name),
            Self::Series(_) => Ok(()),
        }
    }
}

/// A price of either sign is no slip.
pub(crate) fn check_signed(field: &str, price: Decimal) -> Checked {
    if price.abs() <= MAX_PRICE {
        return Ok(());
    }
    Err((field.to_owned(), format!("found {price}, expected at most {MAX_PRICE} a unit, either sign")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_a_number_a_table_or_a_series() {
        for (text, index) in [
            ("\"0.42\"", PriceIndex::Price(Decimal::new(42, 2))),
            (r#"{"table":"agency_purchase"}"#, PriceIndex::Table("agency_purchase".to_owned())),
            (r#"{"series":"spot"}"#, PriceIndex::Series("spot".to_owned())),
        ] {
            assert_eq!(serde_json::from_str::<PriceIndex>(text).unwrap(), index);
            assert_eq!(serde_json::to_string(&index).unwrap(), text);
        }
        let problem = serde_json::from_str::<PriceIndex>(r#"{"tabel": "x"}"#).unwrap_err().to_string();
        assert!(problem.contains("tabel") && problem.contains("table"), "{problem}");
    }
}
