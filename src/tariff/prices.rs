//! What one more kWh costs: by period, by interval, and for the excess energy of Findings.

use rust_decimal::Decimal;

use super::account::Account;
use super::billing_periods::{BillingPeriods, billing_periods};
use super::book::to_f64;
use super::measuring::Layouts;
use super::metering::Metering;
use super::quantities::BillingQuantities;
use super::tariff::{Tariff, VersionInForce, fail};
use crate::error::Result;
use crate::finding::Finding;
use crate::site::{Contract, Site};

impl Tariff {
    /// Price of one more kWh in each period of the latest version's first schedule \[currency/kWh\], in the order of
    /// [`Tariff::period_names`]: the sum of what its components charge for energy.
    ///
    /// # Errors
    /// Prices that are still to be given; a component that takes its price from a series, which no period has.
    pub fn period_prices(&self) -> Result<Vec<Decimal>> {
        let from = self.latest().in_force.from;
        let by_interval = self.components(self.latest()).iter().find(|one| one.charge.kind().series().is_some());
        if let Some(component) = by_interval {
            let problem =
                format!("{} has a price by interval and none by period; prices(site) gives them", component.id);
            return Err(fail(&self.sheet().id, None, problem));
        }
        self.assume_in_force().check_usable(from, from)?;
        let quantities = BillingQuantities {
            from,
            until: from.last_of_month().tomorrow().unwrap_or(from),
            ..BillingQuantities::default()
        };
        let contract = Contract::default();
        let account = Account::new(self, self.latest(), &quantities, &quantities, &contract);
        Ok(self.period_names().iter().map(|period| self.marginal(&account, None, period)).collect())
    }

    /// Price of one more kWh in every interval of the site's readings \[currency/kWh\].
    ///
    /// It is what the components charge for energy at the interval's period, block prices at the block that the
    /// month has reached; demand, power factor and shares of other lines are not in it. NaN where a price series
    /// has no price.
    ///
    /// # Errors
    /// Dates outside those in force; prices still to be given; readings too coarse for the tariff's periods.
    pub fn prices(&self, site: &Site) -> Result<Vec<f64>> {
        let readings = site.readings();
        let days = readings.local().days();
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            self.check_usable(first.date, last.date.tomorrow().unwrap_or(last.date))?;
        }
        let mut prices = vec![0.0; readings.axis().len()];
        let months = billing_periods(self, readings, &BillingPeriods::Months)?;
        let layouts = Layouts::new(site, self)?;
        let measured = Metering::new(self, site.contract(), &layouts, readings)?.measure(&months)?;
        for (month, quantities) in months.iter().zip(&measured) {
            let parts = if quantities.parts.is_empty() { std::slice::from_ref(quantities) } else { &quantities.parts };
            for part in parts {
                let version = self.version_on(part.from);
                let Some(layout) = layouts.of(version) else { continue };
                let at = |date| month.days.start + days[month.days.clone()].partition_point(|day| day.date < date);
                let within = at(part.from)..at(part.until);
                let account =
                    Account::new(self, version, part, quantities, site.contract()).netting(&quantities.carried);
                for schedule in self.schedules_of_energy(version) {
                    let laid = layout.laid(schedule)?;
                    let names = laid.names().iter();
                    let of_period: Vec<f64> =
                        names.map(|period| to_f64(self.marginal(&account, schedule, period))).collect();
                    laid.stretches(readings, &within, |range, period| {
                        prices[range].iter_mut().for_each(|price| *price += of_period[period]);
                    });
                }
                for component in self.components(version) {
                    let of_component = component.charge.kind();
                    of_component.add_interval_prices(component, &account, readings, &days[within.clone()], &mut prices);
                }
            }
        }
        Ok(prices)
    }

    /// The first schedule, then the others by which energy is priced.
    fn schedules_of_energy<'a>(&'a self, version: &VersionInForce) -> Vec<Option<&'a str>> {
        let mut schedules = vec![None];
        for component in self.components(version) {
            let named = component.charge.kind().energy_schedule().map(Some);
            schedules
                .extend(named.filter(|schedule| !self.is_first(version, *schedule) && !schedules.contains(schedule)));
        }
        schedules
    }

    fn is_first(&self, version: &VersionInForce, schedule: Option<&str>) -> bool {
        schedule.is_none_or(|id| version.schedules.first().is_some_and(|(first, ..)| first == id))
    }

    /// What the components that price energy by a schedule charge for one more kWh in a period.
    fn marginal(&self, account: &Account<'_>, schedule: Option<&str>, period: &str) -> Decimal {
        self.components(account.version)
            .iter()
            .filter(|component| {
                let of = component.charge.kind().energy_schedule();
                of == schedule || (schedule.is_none() && self.is_first(account.version, of))
            })
            .filter_map(|component| component.charge.kind().marginal(component, account, period))
            .sum()
    }
}

/// Gives every Finding with excess energy its money: each interval's excess at that interval's price.
///
/// Less energy than expected is never a saving: such Findings keep `amount` absent.
///
/// # Errors
/// As [`Tariff::prices`].
pub fn price_findings(findings: &mut [Finding], site: &Site, tariff: &Tariff) -> Result<()> {
    if findings.iter().all(|finding| finding.excess_kwh.is_empty()) {
        return Ok(());
    }
    let prices = tariff.prices(site)?;
    let axis = site.readings().axis();
    for finding in findings.iter_mut().filter(|finding| !finding.excess_kwh.is_empty()) {
        let amount: f64 = finding
            .excess_kwh
            .iter()
            .filter_map(|(start, kwh)| Some(kwh.max(0.0) * prices.get(axis.range(*start, start + 1).start)?))
            .sum();
        finding.amount = amount.is_finite().then(|| (amount * 100.0).round() / 100.0);
    }
    Ok(())
}
