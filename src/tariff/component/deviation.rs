//! What a market user pays for energy that deviates from the contracted energy of a month (偏差考核).

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::energy_series::one;
use super::{Kind, Place, check_price};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::{Account, is_calendar_month, month_label};
use crate::tariff::book::{Book, Entry, decimal};
use crate::tariff::price_index::PriceIndex;

/// Energy beyond a tolerance about the contract's `contracted_kwh` of the month, at a price of its own.
///
/// Over: (taken − contracted × (1 + tolerance)) × price × factor; under: (contracted × (1 − tolerance) − taken) ×
/// price × factor; each only where it is more than zero (recalled: the form of provincial rules and retail contracts;
/// their tolerances and prices differ and are to be given).
///
/// It is of whole calendar months. Where readings are missing, taking too little cannot be told from not being
/// measured, and that charge is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviationCharge {
    /// What is taken above the contracted energy; free where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<DeviationPrice>,
    /// What is left below the contracted energy; free where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<DeviationPrice>,
}

/// The price of a deviation to one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviationPrice {
    /// Share of the contracted energy that is free.
    #[serde(default)]
    pub tolerance_share: Decimal,
    /// Price \[currency/kWh\], or the month's price of a table.
    pub price: PriceIndex,
    /// What the price is multiplied by: the share of a published price that is charged.
    #[serde(default = "one")]
    pub factor: Decimal,
}

impl DeviationCharge {
    fn sides(&self) -> impl Iterator<Item = (&'static str, &'static str, &DeviationPrice)> {
        let over = self.over.iter().map(|side| ("over", "deviation.over", side));
        over.chain(self.under.iter().map(|side| ("under", "deviation.under", side)))
    }
}

impl Kind for DeviationCharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        if self.over.is_none() && self.under.is_none() {
            return Err(("over".to_owned(), "found neither `over` nor `under`, expected at least one".to_owned()));
        }
        for (name, _, side) in self.sides() {
            let field = |inside: &str| format!("{name}.{inside}");
            if side.tolerance_share < Decimal::ZERO || side.tolerance_share >= Decimal::ONE {
                let problem = format!("found {}, expected a share from 0 to below 1", side.tolerance_share);
                return Err((field("tolerance_share"), problem));
            }
            if side.price.series().is_some() {
                let problem = "is a series; a month's deviation needs one price, a number or a table".to_owned();
                return Err((field("price"), problem));
            }
            side.price.check(&field("price"), place)?;
            check_price(side.factor).map_err(|problem| (field("factor"), problem))?;
        }
        Ok(())
    }

    fn needs(&self) -> &'static [&'static str] {
        &["contract.contracted_kwh"]
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let (part, whole) = (account.part, account.whole);
        let of = if is_calendar_month(part.from, part.until) {
            part
        } else if !is_calendar_month(whole.from, whole.until) {
            book.lack("bill.deviation", "quantities.calendar_month");
            return Ok(());
        } else if part.until == whole.until {
            // A month within which another version begins: the deviation is the month's, charged once.
            whole
        } else {
            return Ok(());
        };
        let Some(contracted) = account.contract.contracted_kwh.get(&month_label(of.from)).copied().map(decimal) else {
            book.lack("bill.deviation", "contract.contracted_kwh");
            return Ok(());
        };
        let taken = decimal(of.total_kwh());
        let is_whole = whole.missing_share == 0.0 && of.missing_h.values().all(|hours| *hours == 0.0);
        for (_, rule, side) in self.sides() {
            let beyond = match rule {
                "deviation.over" => taken - contracted * (Decimal::ONE + side.tolerance_share),
                _ if !is_whole => {
                    book.lack("bill.deviation", "readings.every_interval");
                    continue;
                }
                _ => contracted * (Decimal::ONE - side.tolerance_share) - taken,
            };
            if beyond > Decimal::ZERO
                && let Some(price) = side.price.price(account, None)
            {
                book.add(Entry::new(rule, beyond, "kWh", price * side.factor));
            }
        }
        Ok(())
    }

    fn may_fall(&self) -> bool {
        self.under.is_some()
    }

    fn is_monthly(&self) -> bool {
        true
    }

    fn tables(&self) -> Vec<&str> {
        self.sides().filter_map(|(_, _, side)| side.price.table()).collect()
    }
}
