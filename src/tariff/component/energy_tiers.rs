//! Prices a kWh in blocks: by kWh, by kWh a day, or by hours of use of the maximum demand.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place};
use crate::error::Result;
use crate::readings::{Channel, Readings};
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, QUANTITY_DIGITS, decimal, to_f64};
use crate::tariff::measuring::Measuring;
use crate::tariff::rate::{Rate, end};
use crate::tariff::sheet::Component;
use crate::tariff::sums::sum_present;
use crate::time::Day;

/// What the `up_to` of blocks of energy count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockLimits {
    /// kWh a month.
    #[default]
    Kwh,
    /// kWh a day.
    KwhADay,
    /// Hours of use: kWh a month for each kW of the bill's maximum demand.
    KwhAKw,
    /// kWh a day for each kW of the bill's maximum demand.
    KwhAKwAndDay,
}

/// Which energy fills the blocks of prices by period.
///
/// SAM (Utilityrate5, ssc 7.1.1) fills them with the energy of all periods: under net metering as `all`, under net
/// billing and buy-all–sell-all as `running`; it refuses limits that differ between the periods of a month.
/// Certainty: measured against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Each period fills blocks of its own.
    #[default]
    Period,
    /// The energy of all periods fills the blocks; each block is shared among the periods by their energy.
    All,
    /// The energy of all periods fills the blocks in the order of time; needs interval readings.
    Running,
}

/// Prices a kWh in blocks, of the whole energy or of each period.
///
/// Limits are a month's or a day's: a bill of two months has blocks twice as long, a part of a bill that is split
/// at a change of the tariff has its share of them.
///
/// ```
/// use wattlens::tariff::{BlockLimits, Charge};
/// let text = r#"{"energy_tiers": {"rate": [{"up_to": 200, "price": "0.12"}, {"price": "0.09"}], "limits": "kwh_a_kw"}}"#;
/// let Charge::EnergyTiers(tiers) = serde_json::from_str(text)? else { unreachable!() };
/// assert_eq!(tiers.limits, BlockLimits::KwhAKw);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnergyTiers {
    /// Price of the whole energy \[currency/kWh\], flat or in blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Prices of each period \[currency/kWh\], flat or in blocks; every period of the schedule has one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, Rate>,
    /// Schedule of the periods; the first where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// What the blocks' `up_to` count.
    pub limits: BlockLimits,
    /// Which energy fills the blocks of `rates`.
    pub counts: Counts,
}

const TASK: &str = "bill.energy";

impl EnergyTiers {
    fn is_in_blocks(&self) -> bool {
        self.rate.iter().chain(self.rates.values()).any(|rate| rate.flat().is_none())
    }

    /// What the limits are multiplied by in a part of a bill; `None` where that needs a demand that is unknown.
    fn scale(&self, account: &Account<'_>) -> Option<Decimal> {
        if !self.is_in_blocks() {
            return Some(Decimal::ONE);
        }
        let demand_kw = || account.whole.demand_kw.map(decimal);
        match self.limits {
            BlockLimits::Kwh => Some(account.months),
            BlockLimits::KwhADay => Some(account.days),
            BlockLimits::KwhAKw => Some(account.months * demand_kw()?),
            BlockLimits::KwhAKwAndDay => Some(account.days * demand_kw()?),
        }
    }

    /// Periods with their rates, in the order of the schedule.
    fn periods<'a>(&'a self, account: &Account<'a>) -> impl Iterator<Item = (&'a str, &'a Rate)> + use<'a> {
        let names = account.version.plans(self.schedule.as_deref()).map_or(&[][..], |plans| plans.names());
        names.iter().filter_map(|name| Some((name.as_str(), self.rates.get(name)?)))
    }

    /// Energy of all periods \[kWh\].
    fn total(&self, account: &Account<'_>) -> Decimal {
        self.periods(account).filter_map(|(period, _)| account.kwh(period)).map(decimal).sum()
    }

    fn charge_running<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>, scale: Decimal) {
        let taken = |period: &str| account.kwh(period).filter(|kwh| *kwh != 0.0);
        let only = self.periods(account).filter(|(period, _)| taken(period).is_some()).count() <= 1;
        let measured = account.measured_in_part(book.id());
        for (period, rate) in self.periods(account) {
            let Some(kwh) = taken(period) else { continue };
            if only || rate.flat().is_some() {
                for block in rate.blocks(decimal(kwh), scale) {
                    let entry = Entry::new("energy_tiers.running", block.quantity, "kWh", block.price);
                    book.add(entry.in_period(Some(period)).in_tier(block.tier));
                }
                continue;
            }
            let Some(measured) = measured else {
                book.lack(TASK, "readings.intervals");
                continue;
            };
            for (tier, block) in (1u32..).zip(&rate.0) {
                if let Some(kwh) =
                    measured.get(&key(period, tier)).map(|kwh| decimal(*kwh)).filter(|kwh| !kwh.is_zero())
                {
                    let entry = Entry::new("energy_tiers.running", kwh, "kWh", block.price);
                    book.add(entry.in_period(Some(period)).in_tier(Some(tier)));
                }
            }
        }
    }

    fn charge_shared<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>, scale: Decimal) {
        let total = self.total(account);
        for (period, rate) in self.periods(account) {
            let kwh = account.kwh(period).map(decimal).unwrap_or_default();
            if kwh.is_zero() || total.is_zero() {
                continue;
            }
            let mut rest = kwh;
            let mut blocks = rate.blocks(total, scale).peekable();
            while let Some(block) = blocks.next() {
                let share = (block.quantity * kwh / total).round_dp(QUANTITY_DIGITS);
                let inside = if blocks.peek().is_some() { share } else { rest };
                rest -= inside;
                let entry = Entry::new("energy_tiers.all", inside, "kWh", block.price);
                book.add(entry.in_period(Some(period)).in_tier(block.tier));
            }
        }
    }
}

/// Key of what a period took in a block, among measured quantities.
fn key(period: &str, tier: u32) -> String {
    format!("{period}.{tier}")
}

impl Kind for EnergyTiers {
    fn check(&self, place: &Place<'_>) -> Checked {
        match (&self.rate, self.rates.is_empty()) {
            (None, true) => {
                return Err(("rate".to_owned(), "found neither `rate` nor `rates`, expected a price".to_owned()));
            }
            (Some(_), false) => {
                return Err((
                    "rate".to_owned(),
                    "found `rate` and `rates`; give one price of the whole energy, or one of each period".to_owned(),
                ));
            }
            _ => {}
        }
        if let Some(rate) = &self.rate {
            return rate.check().map_err(|problem| ("rate".to_owned(), problem));
        }
        for (period, rate) in &self.rates {
            rate.check().map_err(|problem| (format!("rates.{period}"), problem))?;
        }
        place.check_periods("rates", self.schedule.as_deref(), self.rates.keys())?;
        let (_, plans, _) = place.schedule(self.schedule.as_deref())?;
        match plans.names().iter().find(|name| !self.rates.contains_key(*name)) {
            Some(name) => Err(("rates".to_owned(), format!("period {name:?} of the schedule has no price; add one"))),
            None => Ok(()),
        }
    }

    fn needs(&self) -> &'static [&'static str] {
        let by_demand = matches!(self.limits, BlockLimits::KwhAKw | BlockLimits::KwhAKwAndDay);
        if by_demand && self.is_in_blocks() { &["readings.demand"] } else { &[] }
    }

    fn measure_part(&self, of: &Measuring<'_>, account: &Account<'_>) -> Result<BTreeMap<String, f64>> {
        let (Counts::Running, Some(scale), Some(import)) =
            (self.counts, self.scale(account), of.readings.series(Channel::IMPORT_KWH))
        else {
            return Ok(BTreeMap::new());
        };
        if !self.rates.values().any(|rate| rate.flat().is_none()) {
            return Ok(BTreeMap::new());
        }
        let laid = of.layout.laid(self.schedule.as_deref())?;
        let ends = |rate: &Rate| rate.0.iter().map(|tier| end(tier, scale).map_or(f64::INFINITY, to_f64)).collect();
        let ends: Vec<Vec<f64>> = laid.names().iter().map(|name| self.rates.get(name).map_or(vec![], ends)).collect();
        let mut inside: Vec<Vec<f64>> = ends.iter().map(|ends| vec![0.0; ends.len()]).collect();
        let mut reached = 0.0;
        laid.stretches(of.readings, &of.days, |range, period| {
            let until = reached + sum_present(&import.values()[range]);
            for (inside, end) in inside[period].iter_mut().zip(&ends[period]) {
                if reached < *end {
                    let to = until.min(*end);
                    *inside += to - reached;
                    reached = to;
                }
            }
            reached = until;
        });
        let by_name = laid.names().iter().zip(inside);
        Ok(by_name.flat_map(|(name, inside)| (1..).zip(inside).map(|(tier, kwh)| (key(name, tier), kwh))).collect())
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let Some(scale) = self.scale(account) else {
            book.lack(TASK, "readings.demand");
            return Ok(());
        };
        if let Some(rate) = &self.rate {
            for block in rate.blocks(account.part_kwh, scale) {
                book.add(Entry::new("energy_tiers.whole", block.quantity, "kWh", block.price).in_tier(block.tier));
            }
            return Ok(());
        }
        match self.counts {
            Counts::Running => self.charge_running(account, book, scale),
            Counts::All => self.charge_shared(account, book, scale),
            Counts::Period => {
                for (period, rate) in self.periods(account) {
                    for block in rate.blocks(account.kwh(period).map(decimal).unwrap_or_default(), scale) {
                        let entry = Entry::new("energy_tiers.period", block.quantity, "kWh", block.price);
                        book.add(entry.in_period(Some(period)).in_tier(block.tier));
                    }
                }
            }
        }
        Ok(())
    }

    fn marginal(&self, _: &Component, account: &Account<'_>, period: &str) -> Option<Decimal> {
        let (rate, reached) = match &self.rate {
            Some(rate) => (rate, account.part_kwh),
            None if self.counts == Counts::Period => {
                (self.rates.get(period)?, account.kwh(period).map(decimal).unwrap_or_default())
            }
            None => (self.rates.get(period)?, self.total(account)),
        };
        // At the first kWh the first block holds, wherever it ends.
        if reached.is_zero() {
            rate.0.first().map(|tier| tier.price)
        } else {
            rate.marginal(reached, self.scale(account)?)
        }
    }

    fn add_interval_prices(
        &self,
        _: &Component,
        account: &Account<'_>,
        _: &Readings,
        days: &[Day],
        prices: &mut [f64],
    ) {
        // Without the demand nobody knows which block is reached, and so no price of these days.
        if self.scale(account).is_none() && !account.part_kwh.is_zero() {
            for day in days {
                prices[day.range.clone()].fill(f64::NAN);
            }
        }
    }

    fn may_fall(&self) -> bool {
        // A higher demand lengthens the blocks, and energy of one period moves that of the others to later blocks.
        let by_demand = matches!(self.limits, BlockLimits::KwhAKw | BlockLimits::KwhAKwAndDay);
        let is_shared = self.rates.len() > 1 && self.counts != Counts::Period;
        self.is_in_blocks() && (by_demand || is_shared)
    }

    fn energy_schedule(&self) -> Option<&str> {
        self.schedule.as_deref().filter(|_| !self.rates.is_empty())
    }

    fn can_be_netted(&self, first_schedule: &str) -> bool {
        self.energy_schedule().is_none_or(|schedule| schedule == first_schedule)
            && (self.counts != Counts::Running || self.rates.is_empty())
    }
}
