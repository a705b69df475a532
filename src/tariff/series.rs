//! A published price for every interval: spot, agency or market.

use serde::{Deserialize, Deserializer, Serialize};

/// Prices of intervals with a step of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSeries {
    /// First instant, UTC seconds.
    pub start: i64,
    /// Length of an interval \[s\].
    pub step_s: i64,
    /// Price of each interval \[currency/kWh\]; NaN (`null`) where it is not known. May be negative.
    #[serde(deserialize_with = "null_is_nan")]
    pub prices: Vec<f64>,
}

fn null_is_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let prices = Vec::<Option<f64>>::deserialize(deserializer)?;
    Ok(prices.into_iter().map(|price| price.unwrap_or(f64::NAN)).collect())
}
