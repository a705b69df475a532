//! A price a kWh put together from named parts, or listed period by period, as Chinese price tables print it.
//!
//! The price of a period is the one listed; where none is, it is the sum of the parts, those that float times the
//! period's factor, rounded as the notice says. A listed price is billed even where the parts come to another sum:
//! [`crate::tariff::Tariff::warnings`] says so.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::energy::charge_by_period;
use super::{Kind, Place, check_months, check_prices};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::{Account, month_label};
use crate::tariff::book::{Book, decimal};
use crate::tariff::explanation::Step;
use crate::tariff::sheet::{Component, Words};
use crate::tariff::tariff::{GivenPrice, VersionInForce};

/// Decimals beyond which no price is rounded.
const MOST_DIGITS: u32 = 12;

/// A named part of an energy price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PricePart {
    /// Name by which prices are given, and by which other components leave it out.
    pub id: String,
    /// Words for it.
    pub name: Words,
    /// Price \[currency/kWh\]; null in a template, to be given before billing.
    #[serde(default)]
    pub price: Option<Decimal>,
    /// Prices of single months (`2026-08`), before `price`; a month without one has to be given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_month: BTreeMap<String, Decimal>,
    /// Whether it is multiplied by the period's factor.
    #[serde(default)]
    pub floats: bool,
    /// Document that it comes from, where it is not the component's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl PricePart {
    fn price_in(&self, month: &dyn Fn() -> String) -> Option<Decimal> {
        let of_month = if self.by_month.is_empty() { None } else { self.by_month.get(&month()).copied() };
        of_month.or(self.price)
    }
}

/// A price a kWh by period, listed or put together from parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ComposedEnergyCharge {
    /// What the price is made of.
    pub parts: Vec<PricePart>,
    /// Whether there are parts beside them that are not told; then every period has to be listed, and the listed
    /// prices are not compared with the sum of the parts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_other_parts: bool,
    /// Prices of single periods as listed \[currency/kWh\], before the sum of the parts; null in a template, to be
    /// given before billing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub listed: BTreeMap<String, Option<Decimal>>,
    /// Decimals to which the sum of the parts is rounded half-up before billing, where the notice rounds prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_digits: Option<u32>,
    /// Schedule of the periods; the first where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

impl ComposedEnergyCharge {
    /// Sum of the parts in a period, rounded as the notice says; `None` while a part has no price.
    pub(crate) fn sum_of_parts(
        &self,
        version: &VersionInForce,
        month: &dyn Fn() -> String,
        period: &str,
    ) -> Option<Decimal> {
        let factor = version.factor(self.schedule.as_deref(), period);
        let mut sum = Decimal::ZERO;
        for part in &self.parts {
            let price = part.price_in(month)?;
            sum += if part.floats { price * factor } else { price };
        }
        Some(match self.price_digits {
            Some(digits) => sum.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero),
            None => sum,
        })
    }

    fn price_of(&self, account: &Account<'_>, period: &str) -> Option<(Decimal, &'static str)> {
        if let Some(listed) = self.listed.get(period) {
            return listed.map(|price| (price, "energy.listed"));
        }
        let rule = if self.price_digits.is_some() { "energy.composed_rounded" } else { "energy.composed" };
        self.sum_of_parts(account.version, &|| month_label(account.part.from), period).map(|price| (price, rule))
    }

    /// What the part of this name comes to within the lines of a bill, unrounded; `None` where there is none.
    pub(crate) fn amount_of_part(&self, account: &Account<'_>, id: &str) -> Option<Decimal> {
        let part = self.parts.iter().find(|part| part.id == id)?;
        let price = part.price_in(&|| month_label(account.part.from))?;
        if !part.floats {
            return Some(price * account.part_kwh);
        }
        let schedule = self.schedule.as_deref();
        let names = account.version.plans(schedule).map_or(&[][..], |plans| plans.names()).iter();
        let floated = names.filter_map(|period| {
            Some(decimal(account.kwh(period)?) * price * account.version.factor(schedule, period))
        });
        Some(floated.sum())
    }

    /// Takes a price that a user gives for the component `id` or one of its parts; whether it has one of that name.
    pub(crate) fn give(&mut self, id: &str, name: &str, price: &GivenPrice) -> bool {
        if id == name {
            let GivenPrice::ByKey(by_period) = price else { return false };
            self.listed.extend(by_period.iter().map(|(period, price)| (period.clone(), Some(*price))));
            return true;
        }
        let Some(part) = self.parts.iter_mut().find(|part| part.id == name) else { return false };
        match price {
            GivenPrice::Always(price) => part.price = Some(*price),
            GivenPrice::ByKey(by_month) => part.by_month.extend(by_month.clone()),
        }
        part.source = Some("given by the user".to_owned());
        true
    }

    /// Names by which its prices are given.
    pub(crate) fn names<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        let listed = (!self.listed.is_empty()).then_some(id);
        listed.into_iter().chain(self.parts.iter().map(|part| part.id.as_str()))
    }
}

impl Kind for ComposedEnergyCharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        let schedule = self.schedule.as_deref();
        let (_, plans, factors) = place.schedule(schedule)?;
        place.check_periods("listed", schedule, self.listed.keys())?;
        let listed =
            self.listed.iter().filter_map(|(period, price)| Some((format!("listed.{period}"), price.as_ref()?)));
        check_prices(listed)?;
        for (at, part) in self.parts.iter().enumerate() {
            let field = |name: &str| format!("parts[{at}].{name}");
            check_prices(part.price.iter().map(|price| (field("price"), price)))?;
            check_prices(part.by_month.iter().map(|(month, price)| (field(&format!("by_month.{month}")), price)))?;
            check_months(&field("by_month"), part.by_month.keys())?;
            let is_taken = self.parts[..at].iter().any(|other| other.id == part.id)
                || place.before.iter().any(|other| other.id == part.id);
            if is_taken {
                return Err((field("id"), format!("{:?} is used twice", part.id)));
            }
        }
        let floats = self.parts.iter().any(|part| part.floats);
        for name in plans.names().iter().filter(|name| !self.listed.contains_key(*name)) {
            if self.parts.is_empty() || self.has_other_parts {
                let problem = format!("period {name:?} has no price, and the parts are not all told to sum them up");
                return Err(("listed".to_owned(), problem));
            }
            if floats && !factors.contains_key(name) {
                return Err(("parts".to_owned(), format!("period {name:?} has no factor in the schedule's factors")));
            }
        }
        match self.price_digits.filter(|digits| *digits > MOST_DIGITS) {
            None => Ok(()),
            Some(digits) => {
                Err(("price_digits".to_owned(), format!("found {digits}, expected at most {MOST_DIGITS} decimals")))
            }
        }
    }

    fn lacks(&self, component: &Component, months: &[String]) -> Vec<String> {
        let listed = self.listed.iter().filter(|(_, price)| price.is_none());
        let mut lacks: Vec<String> = listed.map(|(period, _)| format!("{} of {period}", component.id)).collect();
        for part in self.parts.iter().filter(|part| part.price.is_none()) {
            if part.by_month.is_empty() {
                lacks.push(part.id.clone());
            }
            let absent = months.iter().filter(|month| !part.by_month.is_empty() && !part.by_month.contains_key(*month));
            lacks.extend(absent.map(|month| format!("{} of {month}", part.id)));
        }
        lacks
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        charge_by_period(account, self.schedule.as_deref(), book, |period| self.price_of(account, period));
        Ok(())
    }

    fn steps(&self, account: &Account<'_>) -> Vec<Step> {
        let schedule = self.schedule.as_deref();
        let taken = account.version.plans(schedule).map_or(&[][..], |plans| plans.names()).iter();
        let taken = taken.filter(|period| account.kwh(period).is_some_and(|kwh| kwh != 0.0));
        let put_together = taken.filter(|period| !self.listed.contains_key(*period)).filter_map(|period| {
            let factor = account.version.factor(schedule, period);
            let parts = self.parts.iter().map(|part| {
                let price = part.price_in(&|| month_label(account.part.from))?.normalize().to_string();
                let factor = part.floats.then(|| factor.normalize().to_string());
                Some(json!({"en": part.name.en, "zh": part.name.zh, "price": price, "factor": factor}))
            });
            let (price, _) = self.price_of(account, period)?;
            let step = Step::new("energy.composed").with("period", period.as_str());
            let step = step.with("parts", parts.collect::<Option<Vec<_>>>()?).number("sum", price);
            Some(match self.price_digits {
                Some(digits) => step.with("digits", digits),
                None => step,
            })
        });
        put_together.collect()
    }

    fn marginal(&self, _: &Component, account: &Account<'_>, period: &str) -> Option<Decimal> {
        self.price_of(account, period).map(|(price, _)| price)
    }

    fn energy_schedule(&self) -> Option<&str> {
        self.schedule.as_deref()
    }

    fn is_monthly(&self) -> bool {
        self.parts.iter().any(|part| !part.by_month.is_empty())
    }
}
