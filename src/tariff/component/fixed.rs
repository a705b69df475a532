//! An amount a month, a day or a bill, maybe for each kVA or kW of the contract.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place, check_prices};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal};

/// What time an amount is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// A month; a bill that is no whole month counts by its days.
    #[default]
    Month,
    /// A day.
    Day,
    /// A year, counted as twelve months.
    Year,
}

impl Per {
    /// How many of them a part of a bill is.
    pub(crate) fn count(self, account: &Account<'_>) -> Decimal {
        match self {
            Self::Month => account.months,
            Self::Day => account.days,
            Self::Year => account.months / Decimal::from(12),
        }
    }

    fn rule(self) -> &'static str {
        match self {
            Self::Month => "fixed.month",
            Self::Day => "fixed.day",
            Self::Year => "fixed.year",
        }
    }
}

/// What a fixed amount is multiplied by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// Nothing.
    #[default]
    One,
    /// The contract's capacity \[kVA\].
    CapacityKva,
    /// The contract demand \[kW\].
    ContractDemandKw,
}

/// An amount a month, a day or a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedCharge {
    /// Price \[currency, or currency a kVA or kW\].
    pub price: Decimal,
    /// Time that it is for.
    pub per: Per,
    /// What of the contract it is multiplied by.
    #[serde(default)]
    pub times: Times,
}

impl Kind for FixedCharge {
    fn check(&self, _: &Place<'_>) -> Checked {
        check_prices([("price".to_owned(), &self.price)])
    }

    fn needs(&self) -> &'static [&'static str] {
        match self.times {
            Times::One => &[],
            Times::CapacityKva => &["contract.capacity_kva"],
            Times::ContractDemandKw => &["contract.contract_demand_kw"],
        }
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let (quantity, unit) = match self.times {
            Times::One => (Some(Decimal::ONE), "one"),
            Times::CapacityKva => (account.contract.capacity_kva.map(decimal), "kVA"),
            Times::ContractDemandKw => (account.contract.contract_demand_kw.map(decimal), "kW"),
        };
        match quantity {
            Some(quantity) => {
                let entry = Entry::new(self.per.rule(), quantity, unit, self.price).times(self.per.count(account));
                match self.per {
                    // A twelfth has no end in decimals: divided last, 1200 a year are 100 a month.
                    Per::Year => book.add_amount(entry, quantity * self.price * account.months / Decimal::from(12)),
                    Per::Month | Per::Day => book.add(entry),
                }
            }
            None => book.lack("bill.fixed_charge", self.needs().first().unwrap_or(&"")),
        }
        Ok(())
    }
}
