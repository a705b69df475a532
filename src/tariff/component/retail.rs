//! The energy price of a retail contract of a market user (零售合同): fixed, indexed, or with a shared spread.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::energy_series::{SeriesEnergy, add_series_prices, measure_series, one};
use super::{EnergyCharge, Kind, Place, check_price};
use crate::error::Result;
use crate::readings::Readings;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal, to_f64};
use crate::tariff::measuring::Measuring;
use crate::tariff::price_index::{PriceIndex, check_signed};
use crate::tariff::sheet::Component;
use crate::time::Day;

/// Digits of a price on a line; the amount is exact all the same.
const PRICE_DIGITS: u32 = 6;

/// What a retailer charges for energy. Contracts differ in detail: the forms are those in common use (recalled, no
/// model contract stands behind them), the arithmetic is said at each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetailCharge {
    /// How the price is made.
    pub pricing: RetailPricing,
    /// Share of the energy that it is for; several components can share the energy.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub share: Decimal,
}

fn is_one(share: &Decimal) -> bool {
    *share == Decimal::ONE
}

/// How the price of a retail contract is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetailPricing {
    /// A price of its own (固定价格): flat, by month, by period, or floating with the period's factor.
    Fixed(EnergyCharge),
    /// Another price × factor + adder (市场联动).
    Indexed(IndexedPrice),
    /// What the purchase is below a reference price is shared (价差分成).
    SharedSpread(SharedSpread),
}

/// index × factor + adder, not below `floor`, not above `cap`.
///
/// A series counts as its mean over the month, weighted by the customer's own energy, and the bounds hold for the
/// month's price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexedPrice {
    /// The price that it follows.
    pub index: PriceIndex,
    /// What that is multiplied by.
    #[serde(default = "one")]
    pub factor: Decimal,
    /// What is added \[currency/kWh\]; may be negative.
    #[serde(default)]
    pub adder: Decimal,
    /// Lowest price \[currency/kWh\].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Decimal>,
    /// Highest price \[currency/kWh\].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
    /// Whether the price is then multiplied by the period's factor.
    #[serde(default)]
    pub floats: bool,
    /// Schedule of the periods; the first where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

/// reference − `customer_share` × (reference − cost) where the cost is at or below the reference, else
/// reference + `customer_share_of_loss` × (cost − reference); then not below `floor`, not above `cap`.
///
/// Where the cost is a series, it counts as its mean over the month, weighted by the customer's own energy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedSpread {
    /// The price that the spread is counted from, e.g. the published purchase price.
    pub reference: PriceIndex,
    /// What the retailer pays.
    pub cost: PriceIndex,
    /// Part of the spread that the customer gets, 0 to 1.
    pub customer_share: Decimal,
    /// Part of what the cost is above the reference that the customer bears, 0 to 1.
    pub customer_share_of_loss: Decimal,
    /// Lowest price \[currency/kWh\].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Decimal>,
    /// Highest price \[currency/kWh\].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
    /// Whether the price is then multiplied by the period's factor.
    #[serde(default)]
    pub floats: bool,
    /// Schedule of the periods; the first where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

/// Bounds of a price, and whether it floats: the fields that the two kinds of made prices share.
struct Terms<'a> {
    floor: Option<Decimal>,
    cap: Option<Decimal>,
    floats: bool,
    schedule: Option<&'a str>,
}

impl RetailPricing {
    fn indices(&self) -> Vec<(&'static str, &PriceIndex)> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Indexed(one) => vec![("indexed.index", &one.index)],
            Self::SharedSpread(one) => {
                vec![("shared_spread.reference", &one.reference), ("shared_spread.cost", &one.cost)]
            }
        }
    }

    fn terms(&self) -> Terms<'_> {
        match self {
            Self::Fixed(one) => {
                Terms { floor: None, cap: None, floats: one.depends_on_period(), schedule: one.schedule.as_deref() }
            }
            Self::Indexed(IndexedPrice { floor, cap, floats, schedule, .. })
            | Self::SharedSpread(SharedSpread { floor, cap, floats, schedule, .. }) => {
                Terms { floor: *floor, cap: *cap, floats: *floats, schedule: schedule.as_deref() }
            }
        }
    }

    /// The price in a period and the rule behind it, where a series costs `mean`.
    fn price_of(&self, account: &Account<'_>, period: &str, mean: Option<Decimal>) -> Option<(Decimal, &'static str)> {
        let terms = self.terms();
        let (price, rule) = match self {
            Self::Fixed(energy) => return energy.price_of(account, period).map(|(price, _)| (price, "retail.fixed")),
            Self::Indexed(one) => (one.index.price(account, mean)? * one.factor + one.adder, "retail.indexed"),
            Self::SharedSpread(one) => {
                let (reference, cost) = (one.reference.price(account, mean)?, one.cost.price(account, mean)?);
                if cost <= reference {
                    (reference - one.customer_share * (reference - cost), "retail.spread")
                } else {
                    (reference + one.customer_share_of_loss * (cost - reference), "retail.spread_loss")
                }
            }
        };
        let (price, rule) = match terms {
            Terms { floor: Some(floor), .. } if price < floor => (floor, "retail.floor"),
            Terms { cap: Some(cap), .. } if price > cap => (cap, "retail.cap"),
            _ => (price, rule),
        };
        Some(if terms.floats { (price * account.version.factor(terms.schedule, period), rule) } else { (price, rule) })
    }

    /// What one more kWh costs where the series has `price` and has cost `mean` in the month.
    fn marginal_of_series(&self, account: &Account<'_>, price: f64, mean: Option<Decimal>) -> f64 {
        let Some((of_month, rule)) = self.price_of(account, "", mean) else { return f64::NAN };
        let slope = match (self, rule) {
            (Self::Indexed(one), "retail.indexed") => one.factor,
            (Self::SharedSpread(one), "retail.spread" | "retail.spread_loss") => {
                let part = if rule == "retail.spread" { one.customer_share } else { one.customer_share_of_loss };
                if one.cost.series().is_some() { part } else { Decimal::ONE - part }
            }
            _ => Decimal::ZERO,
        };
        // The month's price moves with its mean, and the mean with what one more kWh costs.
        to_f64(of_month) + to_f64(slope) * (price - mean.map_or(price, to_f64))
    }
}

impl Kind for RetailCharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        let within = |field: &str| format!("pricing.{field}");
        if self.share <= Decimal::ZERO || self.share > Decimal::ONE {
            return Err(("share".to_owned(), format!("found {}, expected more than 0, at most 1", self.share)));
        }
        for (field, index) in self.pricing.indices() {
            index.check(&within(field), place)?;
        }
        let name = match &self.pricing {
            RetailPricing::Fixed(energy) => {
                return energy.check(place).map_err(|(field, problem)| (within(&format!("fixed.{field}")), problem));
            }
            RetailPricing::Indexed(one) => {
                check_signed(&within("indexed.factor"), one.factor)?;
                check_signed(&within("indexed.adder"), one.adder)?;
                "indexed"
            }
            RetailPricing::SharedSpread(one) => {
                for (field, share) in
                    [("customer_share", one.customer_share), ("customer_share_of_loss", one.customer_share_of_loss)]
                {
                    if share < Decimal::ZERO || share > Decimal::ONE {
                        let field = within(&format!("shared_spread.{field}"));
                        return Err((field, format!("found {share}, expected a share from 0 to 1")));
                    }
                }
                if one.reference.series().is_some() && one.cost.series().is_some() {
                    let problem =
                        "is a series as the reference is; one of them has to be a price or a table".to_owned();
                    return Err((within("shared_spread.cost"), problem));
                }
                "shared_spread"
            }
        };
        let terms = self.pricing.terms();
        for (field, bound) in [("floor", terms.floor), ("cap", terms.cap)] {
            if let Some(bound) = bound {
                check_price(bound).map_err(|problem| (within(&format!("{name}.{field}")), problem))?;
            }
        }
        if let (Some(floor), Some(cap)) = (terms.floor, terms.cap)
            && floor > cap
        {
            return Err((within(&format!("{name}.floor")), format!("{floor} is above the cap {cap}")));
        }
        let floats = || within(&format!("{name}.floats"));
        if terms.floats && self.series().is_some() {
            return Err((floats(), "a price by interval cannot float with periods besides".to_owned()));
        }
        let (_, plans, factors) = place.schedule(terms.schedule)?;
        match plans.names().iter().find(|period| terms.floats && !factors.contains_key(*period)) {
            None => Ok(()),
            Some(period) => Err((floats(), format!("period {period:?} has no factor in the schedule's factors"))),
        }
    }

    fn lacks(&self, component: &Component, months: &[String]) -> Vec<String> {
        match &self.pricing {
            RetailPricing::Fixed(energy) => energy.lacks(component, months),
            _ => Vec::new(),
        }
    }

    fn measure_part(&self, of: &Measuring<'_>, _: &Account<'_>) -> Result<BTreeMap<String, f64>> {
        self.series().map_or_else(|| Ok(BTreeMap::new()), |name| measure_series(name, of))
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let add = |kwh: Decimal, period: Option<&'a str>, mean: Option<Decimal>, book: &mut Book<'a, '_>| match self
            .pricing
            .price_of(account, period.unwrap_or_default(), mean)
        {
            None => book.lack("bill.energy", "tariff.period_price"),
            Some((price, rule)) => {
                let kwh = kwh * self.share;
                let entry = Entry::new(rule, kwh, "kWh", price.round_dp(PRICE_DIGITS)).in_period(period);
                book.add_amount(entry, kwh * price);
            }
        };
        if self.series().is_some() {
            if let Some(taken) = SeriesEnergy::of(account, book) {
                add(taken.kwh, None, Some(taken.amount / taken.kwh), book);
            }
            return Ok(());
        }
        let Terms { floats, schedule, .. } = self.pricing.terms();
        if !floats {
            add(account.part_kwh, None, None, book);
            return Ok(());
        }
        for period in account.version.plans(schedule).map_or(&[][..], |plans| plans.names()) {
            if let Some(kwh) = account.kwh(period).filter(|kwh| *kwh != 0.0) {
                add(decimal(kwh), Some(period), None, book);
            }
        }
        Ok(())
    }

    fn marginal(&self, _: &Component, account: &Account<'_>, period: &str) -> Option<Decimal> {
        if self.series().is_some() {
            return None;
        }
        self.pricing.price_of(account, period, None).map(|(price, _)| price * self.share)
    }

    fn add_interval_prices(
        &self,
        component: &Component,
        account: &Account<'_>,
        readings: &Readings,
        days: &[Day],
        prices: &mut [f64],
    ) {
        let Some(name) = self.series() else { return };
        let measured = |key| account.measured_in_part(&component.id)?.get(key).copied().map(decimal);
        let kwh = measured("kwh").filter(|kwh| !kwh.is_zero());
        let mean = kwh.zip(measured("amount")).map(|(kwh, amount)| amount / kwh);
        let share = to_f64(self.share);
        add_series_prices(name, account, readings, days, prices, |price| {
            share * self.pricing.marginal_of_series(account, price, mean)
        });
    }

    fn energy_schedule(&self) -> Option<&str> {
        let Terms { floats, schedule, .. } = self.pricing.terms();
        schedule.filter(|_| floats)
    }

    fn is_monthly(&self) -> bool {
        match &self.pricing {
            RetailPricing::Fixed(energy) => energy.is_monthly(),
            _ => true,
        }
    }

    fn tables(&self) -> Vec<&str> {
        self.pricing.indices().into_iter().filter_map(|(_, index)| index.table()).collect()
    }

    fn may_fall(&self) -> bool {
        self.series().is_some()
    }

    fn series(&self) -> Option<&str> {
        self.pricing.indices().into_iter().find_map(|(_, index)| index.series())
    }
}
