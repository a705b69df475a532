//! A case: a site under a tariff, with what a year of bills is made from.

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::error::Result;
use crate::profile::Basis;
use crate::readings::{Channel, Readings};
use crate::site::{Contract, DemandBilling, OverrunRule, Site};
use crate::tariff::{
    BasicCharge, BillingPeriods, BillingQuantities, DemandOrigin, Tariff, measure_quantities, measure_reactive,
};

/// How cautious an estimate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What nearly every site reaches.
    Low,
    /// The number to name.
    Central,
    /// What is possible.
    High,
}

impl Level {
    /// All, cautious first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Central, Self::High];

    /// Added to a demand read from fixed blocks, because a meter slides its window. 1.7 % was measured
    /// in a simulation at one-minute steps; 2 % is the guard band, 0 and 4 % its range.
    #[must_use]
    pub fn demand_margin(self) -> f64 {
        match self {
            Self::Low => 0.04,
            Self::Central => 0.02,
            Self::High => 0.0,
        }
    }
}

/// A site under a tariff in the months that can be billed, at one level of caution.
#[derive(Clone, Debug)]
pub struct Case {
    site: Site,
    tariff: Tariff,
    level: Level,
    basis: Arc<Basis>,
    months: Arc<[BillingQuantities]>,
    contracts: Arc<[Contract]>,
}

impl Case {
    /// The site as it is, in the months whose quantities are given; `basis` is the site's.
    #[must_use]
    pub fn new(site: &Site, tariff: &Tariff, level: Level, months: &[BillingQuantities], basis: &Arc<Basis>) -> Self {
        Self {
            contracts: vec![site.contract().clone(); months.len()].into(),
            months: with_margin(months.to_vec(), level).into(),
            site: site.clone(),
            tariff: tariff.clone(),
            level,
            basis: Arc::clone(basis),
        }
    }

    /// What was worked out of the readings as they are, before any measure.
    pub(crate) fn basis(&self) -> &Basis {
        &self.basis
    }

    /// The same case with other readings on the same axis.
    ///
    /// # Errors
    /// As [`measure_quantities`].
    pub fn with_readings(&self, readings: Readings) -> Result<Self> {
        let kept: Vec<Date> = self.months.iter().map(|month| month.from).collect();
        let kwh = |readings: &Readings| readings.series(Channel::IMPORT_KWH).cloned();
        let months = match (kwh(&readings), kwh(self.site.readings())) {
            (Some(after), Some(before)) if after.shares_values(&before) => {
                let mut months = self.months.to_vec();
                measure_reactive(&readings, &mut months);
                months
            }
            _ => {
                let site = self.site.with_readings(readings.clone());
                let mut months = measure_quantities(&site, &self.tariff, &BillingPeriods::Months)?;
                months.retain(|month| kept.contains(&month.from));
                with_margin(months, self.level)
            }
        };
        Ok(Self { site: self.site.with_readings(readings), months: months.into(), ..self.clone() })
    }

    /// The same case with a contract of its own for each month.
    #[must_use]
    pub fn with_contracts(&self, contracts: Vec<Contract>) -> Self {
        Self { contracts: contracts.into(), ..self.clone() }
    }

    /// The same case under one reading of the overrun rule.
    #[must_use]
    pub fn with_overrun_rule(&self, overrun_rule: OverrunRule) -> Self {
        self.with_contracts(self.contracts.iter().map(|one| Contract { overrun_rule, ..one.clone() }).collect())
    }

    /// Site, with the readings of this case.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Tariff.
    #[must_use]
    pub fn tariff(&self) -> &Tariff {
        &self.tariff
    }

    /// Level of caution.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Quantities of each month; a demand read from blocks has the guard band of the level on it.
    #[must_use]
    pub fn months(&self) -> &[BillingQuantities] {
        &self.months
    }

    /// Contract of each month.
    #[must_use]
    pub fn contracts(&self) -> &[Contract] {
        &self.contracts
    }

    /// Basic charge of the tariff in the first month; a measure plans with one.
    #[must_use]
    pub fn basic_charge(&self) -> Option<&BasicCharge> {
        self.tariff.basic_charge_on(self.months.first()?.from)
    }

    /// Whether any month is billed by a contract demand, which an overrun rule can make dearer.
    pub(crate) fn has_contract_demand(&self) -> bool {
        self.contracts.iter().any(|contract| contract.demand_billing == Some(DemandBilling::ContractDemand))
    }

    /// The bill of each month, by the engine that makes every bill.
    ///
    /// # Errors
    /// As [`Tariff::totals`].
    pub fn totals(&self) -> Result<Vec<Decimal>> {
        self.tariff.totals(&self.months, &self.contracts)
    }
}

fn with_margin(mut months: Vec<BillingQuantities>, level: Level) -> Vec<BillingQuantities> {
    for month in &mut months {
        if month.demand_origin == Some(DemandOrigin::Block) {
            month.demand_kw = month.demand_kw.map(|kw| kw * (1.0 + level.demand_margin()));
        }
    }
    months
}
