//! A price, flat or in marginal blocks.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A block of a quantity with its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Where the block ends; the last one has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Decimal>,
    /// Price of a unit inside the block.
    pub price: Decimal,
}

/// A price: one number, or marginal blocks, each charged for what lies inside it.
///
/// ```
/// use wattlens::tariff::Rate;
/// let rate: Rate = serde_json::from_str(r#"[{"up_to": 100, "price": "20"}, {"price": "15"}]"#)?;
/// let charged: Vec<String> = rate.blocks(150.into(), 1.into()).map(|block| block.quantity.to_string()).collect();
/// assert_eq!(charged, ["100", "50"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(with = "RateText")]
pub struct Rate(pub Vec<Tier>);

/// What a rate is written as.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum RateText {
    Price(Decimal),
    Tiers(Vec<Tier>),
}

impl Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.flat() {
            Some(price) => Serialize::serialize(&price, serializer),
            None => Serialize::serialize(&self.0, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let wrong = |error: serde_json::Error| serde::de::Error::custom(format!("{error} in the price {value}"));
        if value.is_array() {
            return Ok(Self(serde_json::from_value(value.clone()).map_err(wrong)?));
        }
        Ok(Self::of(serde_json::from_value(value.clone()).map_err(wrong)?))
    }
}

/// What lies inside one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Number of the block from 1 on; `None` where the price is flat.
    pub tier: Option<u32>,
    /// What lies inside.
    pub quantity: Decimal,
    /// Price of a unit.
    pub price: Decimal,
}

impl Rate {
    /// A flat price.
    #[must_use]
    pub fn of(price: Decimal) -> Self {
        Self(vec![Tier { up_to: None, price }])
    }

    /// The price, where it is flat.
    #[must_use]
    pub fn flat(&self) -> Option<Decimal> {
        match self.0.as_slice() {
            [Tier { up_to: None, price }] => Some(*price),
            _ => None,
        }
    }

    /// What of `quantity` lies in which block, the limits multiplied by `scale`; empty blocks are left out.
    pub fn blocks(&self, quantity: Decimal, scale: Decimal) -> impl Iterator<Item = Block> + '_ {
        let tiered = self.0.len() > 1;
        let mut from = Decimal::ZERO;
        self.0.iter().enumerate().filter_map(move |(at, tier)| {
            let to = end(tier, scale).map_or(quantity, |end| end.min(quantity));
            let inside = to - from;
            from = from.max(to);
            let tier_number = tiered.then_some(at as u32 + 1);
            (inside > Decimal::ZERO).then_some(Block { tier: tier_number, quantity: inside, price: tier.price })
        })
    }

    /// Price of one more unit at `quantity`, the limits multiplied by `scale`.
    #[must_use]
    pub fn marginal(&self, quantity: Decimal, scale: Decimal) -> Option<Decimal> {
        self.0.iter().find(|tier| end(tier, scale).is_none_or(|end| quantity < end)).map(|tier| tier.price)
    }

    /// What is wrong with it: no block, limits that do not rise, a last block with an end, prices out of range.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Some((last, others)) = self.0.split_last() else {
            return Err("found no block, expected at least one".to_owned());
        };
        if let Some(limit) = last.up_to {
            return Err(format!("the last block ends at {limit}; leave out its `up_to`, it holds for all above"));
        }
        let mut before = Decimal::ZERO;
        for (at, tier) in others.iter().enumerate() {
            match tier.up_to {
                None => return Err(format!("block {} has no end and others follow; give its `up_to`", at + 1)),
                Some(limit) if limit <= before => {
                    return Err(format!("block {} ends at {limit}, expected more than {before}", at + 1));
                }
                Some(limit) => before = limit,
            }
        }
        self.0.iter().try_for_each(|tier| super::component::check_price(tier.price))
    }
}

/// Where a block ends, its limit multiplied by `scale`; an end beyond every quantity is none.
pub(crate) fn end(tier: &Tier, scale: Decimal) -> Option<Decimal> {
    tier.up_to?.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_price_is_a_number_or_blocks() {
        assert_eq!(rate("0.37").flat(), Some(Decimal::new(37, 2)));
        assert_eq!(rate("\"0.37\""), rate("0.37"));
        assert_eq!(serde_json::to_string(&rate("0.37")).unwrap(), "\"0.37\"");
        let blocks = rate(r#"[{"up_to": 100, "price": 2}, {"up_to": "200", "price": 3}, {"price": 4}]"#);
        let found: Vec<(Option<u32>, String)> =
            blocks.blocks(Decimal::from(250), Decimal::ONE).map(|b| (b.tier, b.quantity.to_string())).collect();
        assert_eq!(found, [(Some(1), "100".to_owned()), (Some(2), "100".to_owned()), (Some(3), "50".to_owned())]);
        assert_eq!(blocks.marginal(Decimal::from(100), Decimal::ONE), Some(Decimal::from(3)));
        assert_eq!(blocks.blocks(Decimal::ZERO, Decimal::ONE).count(), 0);
    }

    #[test]
    fn blocks_that_make_no_sense_are_named() {
        for (text, says) in [
            ("[]", "no block"),
            (r#"[{"up_to": 10, "price": 1}]"#, "last block"),
            (r#"[{"price": 1}, {"price": 2}]"#, "up_to"),
            (r#"[{"up_to": 10, "price": 1}, {"up_to": 5, "price": 2}, {"price": 3}]"#, "more than 10"),
            (r#"[{"up_to": 10, "price": -1}, {"price": 3}]"#, "zero"),
        ] {
            let problem = rate(text).check().unwrap_err();
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }
}
