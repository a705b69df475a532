//! Money for Findings: excess energy at the tariff's price of those hours.

use super::charge::to_f64;
use super::model::Tariff;
use super::quantities::monthly_stretches;
use crate::error::Result;
use crate::finding::Finding;
use crate::readings::Readings;

impl Tariff {
    /// Price of one more kWh in every interval \[currency/kWh\].
    ///
    /// It is the sum of the energy components at the interval's period; demand and power factor are
    /// not in it.
    ///
    /// # Errors
    /// Dates outside those in force; prices still to be given; readings too coarse for the tariff's periods.
    pub fn interval_prices(&self, readings: &Readings) -> Result<Vec<f64>> {
        let days = readings.local().days();
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            self.check_usable(first.date, last.date.tomorrow().unwrap_or(last.date))?;
        }
        let prices: Vec<f64> = self.period_prices()?.into_iter().map(to_f64).collect();
        let axis = readings.axis();
        let local = readings.local();
        let mut spread = vec![f64::NAN; axis.len()];
        let by_month = monthly_stretches(self, axis)?;
        for run in local.runs() {
            let month = usize::from(local.days()[run.day].date.month().unsigned_abs());
            for &(from, to, period) in &by_month[month - 1] {
                let (from, to) = (from.max(run.slot), to.min(run.slot + run.range.len()));
                if from < to {
                    spread[run.range.start + from - run.slot..run.range.start + to - run.slot].fill(prices[period]);
                }
            }
        }
        Ok(spread)
    }
}

/// Gives every Finding with excess energy its money: each interval's excess at that interval's price.
///
/// Less energy than expected is never a saving: such Findings keep `amount` absent.
///
/// # Errors
/// As [`Tariff::interval_prices`].
pub fn price_findings(findings: &mut [Finding], readings: &Readings, tariff: &Tariff) -> Result<()> {
    if findings.iter().all(|finding| finding.excess_kwh.is_empty()) {
        return Ok(());
    }
    let prices = tariff.interval_prices(readings)?;
    let axis = readings.axis();
    for finding in findings.iter_mut().filter(|finding| !finding.excess_kwh.is_empty()) {
        let amount: f64 = finding
            .excess_kwh
            .iter()
            .filter_map(|(start, kwh)| Some(kwh.max(0.0) * prices.get(axis.range(*start, start + 1).start)?))
            .sum();
        finding.amount = Some((amount * 100.0).round() / 100.0);
    }
    Ok(())
}
