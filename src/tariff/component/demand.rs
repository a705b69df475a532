//! A price for the highest power of the bill, of the whole or of each period.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fixed::Per;
use super::ratchet::Ratchet;
use super::{Kind, Place, check_price};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal};
use crate::tariff::carried::PastPeak;
use crate::tariff::measuring::{Measuring, Of};
use crate::tariff::quantities::{BillingQuantities, DemandOrigin};
use crate::tariff::rate::Rate;

/// What is at its highest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DemandUnit {
    /// Active power.
    #[default]
    Kw,
    /// Apparent power, from active and reactive energy of the same window.
    Kva,
    /// Reactive power, the larger of the two directions.
    Kvar,
}

impl DemandUnit {
    fn text(self) -> &'static str {
        match self {
            Self::Kw => "kW",
            Self::Kva => "kVA",
            Self::Kvar => "kvar",
        }
    }
}

/// A price for the highest power.
///
/// Billed is the largest of the highest mean over the window, of `minimum`, of `minimum_share_of_contract` and of
/// what the `ratchet` keeps of earlier peaks; each raises the demand of the whole bill and of every priced period.
/// Windows with a missing reading do not count. Readings as long as the window give block means, which a meter that
/// slides its window exceeds, by 2 % in a simulation at one-minute steps (0 to 4 %): a demand from them is a lower
/// bound where `sliding` is set. A register of the maximum demand overrides the intervals for the whole bill in kW.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DemandCharge {
    /// Price of the highest of the whole bill \[currency a unit and month, or as `per` says\], flat or in blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// The same in single months (1–12), before `rate`; a month with neither is free. A bill of several months
    /// counts each by its days.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_month: BTreeMap<u8, Rate>,
    /// Prices of the highest of each period, each flat or in blocks; a period without one is free.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, Rate>,
    /// Time that the prices are for.
    #[serde(skip_serializing_if = "is_month")]
    pub per: Per,
    /// Schedule of the periods; the first where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// What is at its highest.
    pub unit: DemandUnit,
    /// Averaging window \[s\]; the readings' own step where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_s: Option<i64>,
    /// Whether the meter slides the window by its step; otherwise blocks of the wall clock.
    pub sliding: bool,
    /// Least demand that is billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Decimal>,
    /// Least demand that is billed, as a share of the contract demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_share_of_contract: Option<Decimal>,
    /// What earlier peaks raise it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratchet: Option<Ratchet>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_month(per: &Per) -> bool {
    *per == Per::Month
}

/// Key of the whole bill among measured demands.
const ALL: &str = "all";

impl Kind for DemandCharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        if self.rate.is_none() && self.rates.is_empty() && self.by_month.is_empty() {
            return Err(("rate".to_owned(), "found no `rate`, `rates` or `by_month`, expected a price".to_owned()));
        }
        if let Some(rate) = &self.rate {
            rate.check().map_err(|problem| ("rate".to_owned(), problem))?;
        }
        for (month, rate) in &self.by_month {
            let field = || format!("by_month.{month}");
            if !(1..=12).contains(month) {
                return Err((field(), "is no month, expected 1 to 12".to_owned()));
            }
            rate.check().map_err(|problem| (field(), problem))?;
        }
        for (period, rate) in &self.rates {
            rate.check().map_err(|problem| (format!("rates.{period}"), problem))?;
        }
        place.check_periods("rates", self.schedule.as_deref(), self.rates.keys())?;
        for (field, least) in [("minimum", self.minimum), ("minimum_share_of_contract", self.minimum_share_of_contract)]
        {
            check_price(least.unwrap_or_default()).map_err(|problem| (field.to_owned(), problem))?;
        }
        if let Some(ratchet) = &self.ratchet {
            ratchet.check().map_err(|(field, problem)| (format!("ratchet.{field}"), problem))?;
        }
        match self.window_s {
            Some(window_s) if window_s <= 0 => {
                Err(("window_s".to_owned(), format!("found {window_s}, expected seconds")))
            }
            _ => Ok(()),
        }
    }

    fn needs(&self) -> &'static [&'static str] {
        const NEEDS: &[&str] = &["contract.contract_demand_kw", "readings.demand", "readings.import_kvarh"];
        let needs = if self.minimum_share_of_contract.is_some() { NEEDS } else { &NEEDS[1..] };
        if self.unit == DemandUnit::Kw { &needs[..needs.len() - 1] } else { needs }
    }

    fn measure(&self, of: &Measuring<'_>) -> Result<BTreeMap<String, f64>> {
        let what = match self.unit {
            DemandUnit::Kw => Of::Active,
            DemandUnit::Kva => Of::Apparent,
            DemandUnit::Kvar => Of::Reactive,
        };
        let Some(means) = of.window_means(what, self.window_s, self.sliding) else { return Ok(BTreeMap::new()) };
        let mut highest = BTreeMap::new();
        if self.prices_the_whole() {
            highest.extend(means.highest().map(|(kw, _)| (ALL.to_owned(), kw)));
        }
        if !self.rates.is_empty() {
            let by_period = means.highest_by_period(of, self.schedule.as_deref())?;
            highest.extend(by_period.into_iter().filter(|(period, _)| self.rates.contains_key(period)));
        }
        Ok(highest)
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let whole = self.prices_the_whole().then_some(None);
        for period in whole.into_iter().chain(self.rates.keys().map(|period| Some(period.as_str()))) {
            let Some(demand) = self.demand_of(book.id(), account.whole, period) else {
                if !self.is_absent(account, book.id(), period) {
                    let has_kvarh = self.unit == DemandUnit::Kw || account.whole.import_kvarh.is_some();
                    let needs = if has_kvarh { "readings.demand" } else { "readings.import_kvarh" };
                    book.lack("bill.demand_charge", needs);
                }
                continue;
            };
            let Some((billed, rule)) = self.billed(account, book, period, demand) else {
                book.lack("bill.demand_charge", "contract.contract_demand_kw");
                continue;
            };
            if let Some(peak) = self.past_peak(book.id(), account.whole, period) {
                book.carried.remember(peak);
            }
            for (rate, share) in self.rates_of(account, period) {
                for block in rate.blocks(billed, Decimal::ONE) {
                    let entry = Entry::new(rule, block.quantity, self.unit.text(), block.price);
                    book.add(entry.in_period(period).in_tier(block.tier).times(self.per.count(account) * share));
                }
            }
        }
        Ok(())
    }
}

impl DemandCharge {
    /// Whether a bill without a demand of this period never touches it: others were measured, or it is out of season.
    fn is_absent(&self, account: &Account<'_>, id: &str, period: Option<&str>) -> bool {
        period.is_some_and(|period| {
            account.whole.by_component.contains_key(id)
                || account.season_share(self.schedule.as_deref(), period).is_zero()
        })
    }

    fn prices_the_whole(&self) -> bool {
        self.rate.is_some() || !self.by_month.is_empty()
    }

    /// The demand of a bill as it was measured or entered.
    fn demand_of(&self, id: &str, bill: &BillingQuantities, period: Option<&str>) -> Option<f64> {
        let of_bill = || bill.demand_kw.filter(|_| period.is_none() && self.unit == DemandUnit::Kw);
        let register = of_bill().filter(|_| bill.demand_origin == Some(DemandOrigin::Register));
        let measured = || bill.by_component.get(id)?.get(period.unwrap_or(ALL)).copied();
        register.or_else(measured).or_else(of_bill)
    }

    /// What the demand is billed as, and the rule that says so; `None` where a share of an unknown contract demand
    /// might be more.
    fn billed<'a>(
        &self,
        account: &Account<'a>,
        book: &mut Book<'a, '_>,
        period: Option<&str>,
        demand: f64,
    ) -> Option<(Decimal, &'static str)> {
        let mut billed = (decimal(demand), "demand");
        let mut raise = |to: Decimal, rule| {
            if to > billed.0 {
                billed = (to, rule);
            }
        };
        raise(self.minimum.unwrap_or_default(), "demand.minimum");
        if let Some(share) = self.minimum_share_of_contract {
            raise(share * decimal(account.contract.contract_demand_kw?), "demand.contract_share");
        }
        if let Some(ratchet) = &self.ratchet {
            let bill = (account.whole.from, account.whole.until);
            let peaks = book.carried.peaks.iter().filter(|peak| peak.is_of(book.id(), period));
            let raised =
                ratchet.raise(bill, peaks, |date| account.is_in_season(self.schedule.as_deref(), period, date));
            raise(raised.demand, "demand.ratchet");
            if !raised.is_whole {
                book.lack("bill.ratchet", "carried.peaks");
            }
        }
        Some(billed)
    }

    /// The demand of a bill as its ratchet will look back on it; `None` without a ratchet.
    fn past_peak(&self, id: &str, bill: &BillingQuantities, period: Option<&str>) -> Option<PastPeak> {
        self.ratchet.as_ref()?;
        Some(PastPeak {
            from: bill.from,
            until: Some(bill.until),
            component: Some(id.to_owned()),
            period: period.map(str::to_owned),
            demand: self.demand_of(id, bill, period)?,
        })
    }

    /// The peaks of a bill that a ratchet with hindsight looks at.
    pub(crate) fn foreseen(&self, id: &str, bill: &BillingQuantities) -> Vec<PastPeak> {
        if !self.ratchet.as_ref().is_some_and(|ratchet| ratchet.wraps) {
            return Vec::new();
        }
        let whole = self.prices_the_whole().then_some(None);
        let periods = whole.into_iter().chain(self.rates.keys().map(|period| Some(period.as_str())));
        periods.filter_map(|period| self.past_peak(id, bill, period)).collect()
    }

    /// The prices of a demand in this part of a bill, each with the share of its days that it is for.
    fn rates_of<'a>(&'a self, account: &Account<'a>, period: Option<&str>) -> Vec<(&'a Rate, Decimal)> {
        match period {
            Some(period) => {
                let share = account.season_share(self.schedule.as_deref(), period);
                self.rates.get(period).map(|rate| (rate, share)).into_iter().collect()
            }
            None if self.by_month.is_empty() => self.rate.iter().map(|rate| (rate, Decimal::ONE)).collect(),
            None => account.shares_of_months(|month| self.by_month.get(&month).or(self.rate.as_ref())),
        }
    }
}
