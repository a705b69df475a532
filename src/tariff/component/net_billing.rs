//! Net billing: each exported kWh has a price, and its credit is paid or set off against charges.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place, check_prices};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal, to_minor};

/// What becomes of the money that exports earn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credit {
    /// The bill that earns it pays it; the bill can fall below zero.
    #[default]
    Paid,
    /// It is set off against the charges of the bill that earns it, and what is left against those of the next.
    Carried,
    /// It is set off against charges from the next bill on.
    Next,
}

/// When credits that are left are settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditYearEnd {
    /// Month, 1–12; the bill with its last day settles.
    pub month: i8,
    /// Share of what is left that is paid, 0 to 1; the rest expires.
    pub paid_share: Decimal,
}

/// A price for each exported kWh.
///
/// Credits earned are lines below zero, and so are those brought from bills before; what is left for the next bill
/// is a line above zero that takes it out of this one. A bill is never below zero by credits that are carried.
/// A chain of bills begins without credits where [`Carried`](crate::tariff::Carried) gives none.
///
/// SAM (Utilityrate5, ssc 7.1.1), measured against it: its net billing is `paid`; its net billing with carryover is
/// `next`, or `carried` where credits apply in the month they are earned, with `of` the energy charges, settled in
/// full at the end of its credit month, or not at all where credits expire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NetBilling {
    /// Price \[currency/kWh\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Prices of single periods of the first schedule, before `price`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_period: BTreeMap<String, Decimal>,
    /// What becomes of the money.
    pub credit: Credit,
    /// Components that a credit is set off against; all before it where left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// When credits that are left are settled; never where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year_end: Option<CreditYearEnd>,
}

pub(super) const TASK: &str = "bill.export";

/// A month that is one.
pub(super) fn check_month(month: i8) -> Checked {
    match (1..=12).contains(&month) {
        true => Ok(()),
        false => Err(("year_end.month".to_owned(), format!("found month {month}, expected 1 to 12"))),
    }
}

impl Kind for NetBilling {
    fn check(&self, place: &Place<'_>) -> Checked {
        check_prices(self.price.iter().map(|price| ("price".to_owned(), price)))?;
        check_prices(self.by_period.iter().map(|(period, price)| (format!("by_period.{period}"), price)))?;
        place.check_periods("by_period", None, self.by_period.keys())?;
        place.check_components("of", &self.of)?;
        let (_, plans, _) = place.schedule(None)?;
        let unpriced = plans.names().iter().find(|name| !self.by_period.contains_key(*name));
        if let (None, Some(name)) = (self.price, unpriced) {
            return Err(("price".to_owned(), format!("period {name:?} has no price; add it to by_period, or a price")));
        }
        if let Some(year_end) = &self.year_end {
            check_month(year_end.month)?;
            if self.credit == Credit::Paid {
                return Err(("year_end".to_owned(), "credits that are paid leave nothing; leave it out".to_owned()));
            }
            if year_end.paid_share.is_sign_negative() || year_end.paid_share > Decimal::ONE {
                let problem = format!("found {}, expected 0 to 1", year_end.paid_share);
                return Err(("year_end.paid_share".to_owned(), problem));
            }
        }
        Ok(())
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let is_meant = |id: &str| self.of.is_empty() || self.of.iter().any(|one| one == id);
        let component = book.id();
        let (charged, charged_unrounded) = (book.sum(is_meant), book.sum_unrounded(is_meant));
        let (mut earned, mut rounded) = (Decimal::ZERO, Decimal::ZERO);
        if account.part.export_kwh.is_empty() {
            book.lack(TASK, "readings.export_kwh");
        }
        for period in account.version.period_names() {
            let kwh = account.part.export_kwh.get(period).map(|kwh| decimal(*kwh)).unwrap_or_default();
            let Some(price) = self.by_period.get(period).copied().or(self.price).filter(|_| !kwh.is_zero()) else {
                continue;
            };
            let by_period = (!self.by_period.is_empty()).then_some(period.as_str());
            book.add(Entry::new("export.credit", -kwh, "kWh", price).in_period(by_period));
            earned += kwh * price;
            rounded += to_minor(kwh * price);
        }
        if self.credit == Credit::Paid {
            return Ok(());
        }
        let brought = if book.carried.reaches(account.part.from) {
            book.carried.credit.get(component).copied().unwrap_or_default()
        } else {
            book.lack(TASK, "bills.before");
            Decimal::ZERO
        };
        if !brought.is_zero() {
            book.add(Entry::new("export.brought", -brought, "currency", Decimal::ONE));
            rounded += to_minor(brought);
        }
        let usable = if self.credit == Credit::Next { brought } else { brought + earned };
        let used = usable.min(charged_unrounded.max(Decimal::ZERO));
        let mut left = brought + earned - used;
        let mut left_rounded = rounded - if used == usable { to_minor(used) } else { charged.max(Decimal::ZERO) };
        if let Some(year_end) = self.year_end.as_ref().filter(|year_end| account.holds_end_of(year_end.month)) {
            let expired = left * (Decimal::ONE - year_end.paid_share);
            if !expired.is_zero() {
                let rounded = if expired == left { left_rounded } else { to_minor(expired) };
                book.add_exact(Entry::new("export.expired", expired, "currency", Decimal::ONE), expired, rounded);
            }
            (left, left_rounded) = (Decimal::ZERO, Decimal::ZERO);
        }
        if !left.is_zero() {
            book.add_exact(Entry::new("export.left", left, "currency", Decimal::ONE), left, left_rounded);
        }
        book.carried.credit.insert(component.to_owned(), left);
        Ok(())
    }
}
