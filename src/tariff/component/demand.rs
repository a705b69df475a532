//! A price for the highest power of the bill, of the whole or of each period.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal};
use crate::tariff::measuring::{Measuring, Of};
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DemandCharge {
    /// Price of the highest of the whole bill \[currency a unit and month\], flat or in blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Prices of the highest of each period, each flat or in blocks; a period without one is free.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, Rate>,
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
}

/// Key of the whole bill among measured demands.
const ALL: &str = "all";

impl Kind for DemandCharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        if self.rate.is_none() && self.rates.is_empty() {
            return Err(("rate".to_owned(), "found neither `rate` nor `rates`, expected a price".to_owned()));
        }
        if let Some(rate) = &self.rate {
            rate.check().map_err(|problem| ("rate".to_owned(), problem))?;
        }
        for (period, rate) in &self.rates {
            rate.check().map_err(|problem| (format!("rates.{period}"), problem))?;
        }
        place.check_periods("rates", self.schedule.as_deref(), self.rates.keys())?;
        match self.window_s {
            Some(window_s) if window_s <= 0 => {
                Err(("window_s".to_owned(), format!("found {window_s}, expected seconds")))
            }
            _ => Ok(()),
        }
    }

    fn needs(&self) -> &'static [&'static str] {
        match self.unit {
            DemandUnit::Kw => &["readings.demand"],
            DemandUnit::Kva | DemandUnit::Kvar => &["readings.demand", "readings.import_kvarh"],
        }
    }

    fn measure(&self, of: &Measuring<'_>) -> Result<BTreeMap<String, f64>> {
        let what = match self.unit {
            DemandUnit::Kw => Of::Active,
            DemandUnit::Kva => Of::Apparent,
            DemandUnit::Kvar => Of::Reactive,
        };
        let Some(means) = of.window_means(what, self.window_s, self.sliding) else { return Ok(BTreeMap::new()) };
        let mut highest = BTreeMap::new();
        if self.rate.is_some() {
            highest.extend(means.highest().map(|(kw, _)| (ALL.to_owned(), kw)));
        }
        if !self.rates.is_empty() {
            let by_period = means.highest_by_period(of, self.schedule.as_deref())?;
            highest.extend(by_period.into_iter().filter(|(period, _)| self.rates.contains_key(period)));
        }
        Ok(highest)
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let whole = self.rate.iter().map(|rate| (None, rate));
        let periods = self.rates.iter().map(|(period, rate)| (Some(period.as_str()), rate));
        for (period, rate) in whole.chain(periods) {
            let entered = || account.whole.demand_kw.filter(|_| period.is_none() && self.unit == DemandUnit::Kw);
            let Some(demand) = account.measured(book.id(), period.unwrap_or(ALL)).or_else(entered) else {
                // Where demands were measured, a period without one is a period that the bill never touches.
                if period.is_none() || !account.whole.by_component.contains_key(book.id()) {
                    book.lack("bill.demand_charge", "readings.demand");
                }
                continue;
            };
            let demand = decimal(demand).max(self.minimum.unwrap_or_default());
            let share = period.map_or(Decimal::ONE, |period| account.season_share(self.schedule.as_deref(), period));
            for block in rate.blocks(demand, Decimal::ONE) {
                let entry = Entry::new("demand", block.quantity, self.unit.text(), block.price);
                book.add(entry.in_period(period).in_tier(block.tier).times(account.months * share));
            }
        }
        Ok(())
    }
}
