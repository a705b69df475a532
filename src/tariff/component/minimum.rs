//! The least that a bill, or the bills of a calendar year, come to.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Per, Place, check_prices};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, to_minor};

/// A minimum; what the charges fall short of it is a line of its own, quantity the shortfall, price one.
///
/// A minimum a month or a day counts for the months or days of the bill and brings the rounded lines to it exactly.
/// A minimum a year settles on the bill that has 31 December: the year's sum is kept unrounded in
/// [`Carried::year_to_date`](crate::tariff::Carried), from a bill that begins on 1 January or follows a settlement.
/// Where a bill of the year is not known, the top-up is absent and said to be.
///
/// SAM (Utilityrate5, ssc 7.1.1) differs in three points, measured against it: a bill below zero counts as zero, so
/// that a credit is paid out beside the minimum; the year's sum leaves the months' top-ups out, which is what `of`
/// without the monthly minimum does; and it charges both top-ups in December.
///
/// ```
/// use wattlens::tariff::{Charge, Per};
/// let text = r#"{"minimum": {"amount": "30000", "per": "month"}}"#;
/// let Charge::Minimum(minimum) = serde_json::from_str(text)? else { unreachable!() };
/// assert_eq!((minimum.per, minimum.of.is_empty()), (Per::Month, true));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinimumBill {
    /// The minimum \[currency\].
    pub amount: Decimal,
    /// Time that it is for.
    pub per: Per,
    /// Components that count; all before it where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
}

const TASK: &str = "bill.minimum";

impl Kind for MinimumBill {
    fn check(&self, place: &Place<'_>) -> Checked {
        check_prices([("amount".to_owned(), &self.amount)])?;
        place.check_components("of", &self.of)
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let is_meant = |id: &str| self.of.is_empty() || self.of.iter().any(|one| one == id);
        let unrounded = book.sum_unrounded(is_meant);
        let line = |rule, shortfall| Entry::new(rule, shortfall, "currency", Decimal::ONE);
        let rule = match self.per {
            Per::Month => "minimum.month",
            Per::Day => "minimum.day",
            Per::Year => {
                self.settle_year(account, book, unrounded);
                return Ok(());
            }
        };
        let least = self.amount * self.per.count(account);
        let shortfall = to_minor(least) - book.sum(is_meant);
        if shortfall > Decimal::ZERO {
            let exact = (least - unrounded).max(Decimal::ZERO);
            book.add_exact(line(rule, exact), exact, shortfall);
        }
        Ok(())
    }
}

impl MinimumBill {
    fn settle_year<'a>(&self, account: &Account<'a>, book: &mut Book<'a, '_>, charged: Decimal) {
        let part = account.part;
        let (component, carried) = (book.id(), &mut book.carried);
        let before = if carried.reaches(part.from) { carried.year_to_date.remove(component) } else { None };
        carried.year_to_date.remove(component);
        let begins_year = part.from.day_of_year() == 1;
        let year = if begins_year { Some(charged) } else { before.map(|before| before + charged) };
        if !account.holds_end_of(12) {
            if let Some(year) = year {
                carried.year_to_date.insert(component.to_owned(), year);
            }
            return;
        }
        carried.year_to_date.insert(component.to_owned(), Decimal::ZERO);
        match year {
            None => book.lack(TASK, "bills.year"),
            Some(year) if year < self.amount => {
                book.add(Entry::new("minimum.year", self.amount - year, "currency", Decimal::ONE));
            }
            Some(_) => {}
        }
    }
}
