//! A price a kWh: flat, by period, by month, or floating with the period's factor.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place, check_months, check_prices};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::{Account, month_label};
use crate::tariff::book::{Book, Entry, decimal};
use crate::tariff::explanation::Step;
use crate::tariff::sheet::Component;

/// A price a kWh.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnergyCharge {
    /// Price \[currency/kWh\]; null in a template, to be given before billing.
    pub price: Option<Decimal>,
    /// Prices of single months (`2026-08`), before `price`; a month without one has to be given.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_month: BTreeMap<String, Decimal>,
    /// Absolute prices of single periods, before `price` and its factor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_period: BTreeMap<String, Decimal>,
    /// Whether the price is multiplied by the period's factor.
    pub floats: bool,
    /// Schedule of the periods; the first where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

impl EnergyCharge {
    /// Price of a period in the month that a date lies in, and the rule behind it.
    pub(super) fn price_of(&self, account: &Account<'_>, period: &str) -> Option<(Decimal, &'static str)> {
        if let Some(price) = self.by_period.get(period) {
            return Some((*price, "energy.absolute"));
        }
        let price = self.base_price(account)?;
        Some(if self.floats {
            (price * account.version.factor(self.schedule.as_deref(), period), "energy.floating")
        } else {
            (price, "energy.fixed")
        })
    }

    /// The price before a factor, in the month that the part lies in.
    fn base_price(&self, account: &Account<'_>) -> Option<Decimal> {
        let of_month = || self.by_month.get(&month_label(account.part.from)).copied();
        if self.by_month.is_empty() { None } else { of_month() }.or(self.price)
    }

    pub(super) fn depends_on_period(&self) -> bool {
        self.floats || !self.by_period.is_empty()
    }
}

/// Charges what was taken in each period at the price that it has there, with the rule of that price.
pub(super) fn charge_by_period<'a>(
    account: &Account<'a>,
    schedule: Option<&str>,
    book: &mut Book<'a, '_>,
    price_of: impl Fn(&str) -> Option<(Decimal, &'static str)>,
) {
    for period in account.version.plans(schedule).map_or(&[][..], |plans| plans.names()) {
        if let Some(kwh) = account.kwh(period).filter(|kwh| *kwh != 0.0) {
            match price_of(period) {
                Some((price, rule)) => {
                    book.add(Entry::new(rule, decimal(kwh), "kWh", price).in_period(Some(period)));
                }
                None => book.lack("bill.energy", "tariff.period_price"),
            }
        }
    }
}

impl Kind for EnergyCharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        check_prices(self.price.iter().map(|price| ("price".to_owned(), price)))?;
        check_prices(self.by_month.iter().map(|(month, price)| (format!("by_month.{month}"), price)))?;
        check_prices(self.by_period.iter().map(|(period, price)| (format!("by_period.{period}"), price)))?;
        check_months("by_month", self.by_month.keys())?;
        let schedule = self.schedule.as_deref();
        place.check_periods("by_period", schedule, self.by_period.keys())?;
        let (_, plans, factors) = place.schedule(schedule)?;
        if self.floats
            && let Some(name) =
                plans.names().iter().find(|name| !factors.contains_key(*name) && !self.by_period.contains_key(*name))
        {
            return Err(("floats".to_owned(), format!("period {name:?} has no factor in the schedule's factors")));
        }
        Ok(())
    }

    fn lacks(&self, component: &Component, months: &[String]) -> Vec<String> {
        if self.price.is_some() || (!self.by_period.is_empty() && self.by_month.is_empty() && !self.floats) {
            return Vec::new();
        }
        if self.by_month.is_empty() {
            return vec![component.id.clone()];
        }
        let absent = months.iter().filter(|month| !self.by_month.contains_key(*month));
        absent.map(|month| format!("{} of {month}", component.id)).collect()
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let schedule = self.schedule.as_deref();
        if !self.depends_on_period() {
            if let Some((price, rule)) = self.price_of(account, "") {
                book.add(Entry::new(rule, account.part_kwh, "kWh", price));
            }
            return Ok(());
        }
        charge_by_period(account, schedule, book, |period| self.price_of(account, period));
        Ok(())
    }

    fn steps(&self, account: &Account<'_>) -> Vec<Step> {
        let schedule = self.schedule.as_deref();
        let taken = account.version.plans(schedule).map_or(&[][..], |plans| plans.names()).iter();
        let taken = taken.filter(|period| account.kwh(period).is_some_and(|kwh| kwh != 0.0));
        let floating = taken.filter_map(|period| match self.price_of(account, period)? {
            (floated, "energy.floating") => {
                let factor = account.version.factor(schedule, period);
                let price = self.base_price(account)?;
                let step = Step::new("energy.floating").with("period", period.as_str());
                Some(step.number("price", price).number("factor", factor).number("floated", floated))
            }
            _ => None,
        });
        if self.floats { floating.collect() } else { Vec::new() }
    }

    fn marginal(&self, _: &Component, account: &Account<'_>, period: &str) -> Option<Decimal> {
        self.price_of(account, period).map(|(price, _)| price)
    }

    fn energy_schedule(&self) -> Option<&str> {
        self.schedule.as_deref().filter(|_| self.depends_on_period())
    }

    fn is_monthly(&self) -> bool {
        !self.by_month.is_empty()
    }
}
