//! A price a kvarh of reactive energy, of all of it or of what is above a share of the active energy.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place, check_price};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal};

/// Which reactive energy is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReactiveDirection {
    /// From the grid (inductive).
    #[default]
    Import,
    /// To the grid (capacitive).
    Export,
    /// Both; they add, they do not cancel.
    Both,
}

/// A price a kvarh above a share of the active energy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReactiveCharge {
    /// Price \[currency/kvarh\].
    pub price: Decimal,
    /// Reactive energy that is free, as a share of the active energy (tan φ); nothing is free where left out.
    #[serde(default)]
    pub free_share: Decimal,
    /// Which reactive energy is charged.
    #[serde(default)]
    pub direction: ReactiveDirection,
}

impl Kind for ReactiveCharge {
    fn check(&self, _: &Place<'_>) -> Checked {
        check_price(self.price).map_err(|problem| ("price".to_owned(), problem))?;
        check_price(self.free_share).map_err(|problem| ("free_share".to_owned(), problem))
    }

    fn needs(&self) -> &'static [&'static str] {
        match self.direction {
            ReactiveDirection::Import | ReactiveDirection::Both => &["readings.import_kvarh"],
            ReactiveDirection::Export => &["readings.export_kvarh"],
        }
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let part = account.part;
        let kvarh = match self.direction {
            ReactiveDirection::Import => part.import_kvarh.map(f64::abs),
            ReactiveDirection::Export => part.export_kvarh.map(f64::abs),
            ReactiveDirection::Both => part.kvarh(),
        };
        let Some(kvarh) = kvarh else {
            book.lack("bill.reactive", self.needs().first().unwrap_or(&""));
            return Ok(());
        };
        let free = self.free_share * decimal(part.kwh_of_power_factor());
        let billed = (decimal(kvarh) - free).max(Decimal::ZERO);
        let rule = if self.free_share.is_zero() { "reactive" } else { "reactive.above_free" };
        book.add(Entry::new(rule, billed, "kvarh", self.price));
        Ok(())
    }

    fn may_fall(&self) -> bool {
        // More active energy makes more reactive energy free.
        !self.free_share.is_zero()
    }
}
