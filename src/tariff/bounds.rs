//! What a bill with missing readings can come to.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::billable::Billable;
use super::billing_periods::BillingPeriod;
use super::charge::charge;
use super::gaps::{Fill, Gaps};
use super::measuring::Layouts;
use super::metering::Metering;
use super::quantities::BillingQuantities;
use super::tariff::Tariff;
use crate::error::Result;
use crate::readings::Channel;
use crate::site::{Contract, Site};

/// What a bill with missing readings can come to \[currency\].
///
/// The lowest and the highest of the bills by the same engine in which every missing hour took nothing or the highest
/// mean power measured in its own period of the bill (sharp, peak, …), active energy, reactive energy and energy to the
/// grid each by itself; demand follows from the readings so filled. They are bounds if no missing hour took more than
/// the highest measured: a meter that failed at the very peak of the month is beyond them (engineering). Where prices
/// of single intervals are below zero, the missing hours still count alike.
///
/// Where a component can charge less for more energy (a power-factor adjustment, a load-factor discount), quarters of
/// the highest are billed too; where such a charge jumps between two of them, a bound can be off by what a quarter
/// of the missing energy costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The lowest.
    pub low: Decimal,
    /// The highest.
    pub high: Decimal,
}

/// Shares of the highest power at which bills are tried that may not rise steadily with the energy.
const STEPS: [f64; 3] = [0.25, 0.5, 0.75];

impl Billable {
    /// Measures what the bills with missing readings are bounded by.
    ///
    /// # Errors
    /// As [`Tariff::bill_site`].
    pub(crate) fn with_candidates(mut self, tariff: &Tariff, site: &Site) -> Result<Self> {
        let layouts = Layouts::new(site, tariff)?;
        let gaps = Gaps::of(site.readings(), tariff, &layouts, &self.periods)?;
        let open: Vec<usize> = (0..self.periods.len()).filter(|at| gaps.is_open[*at]).collect();
        if open.is_empty() {
            return Ok(self);
        }
        let periods: Vec<BillingPeriod> = open.iter().map(|at| self.periods[*at].clone()).collect();
        let ends = |channel| if gaps.has(channel) { &[0.0, 1.0][..] } else { &[0.0][..] };
        let mut fills = Vec::new();
        for import in ends(Channel::IMPORT_KWH) {
            for reactive in ends(Channel::IMPORT_KVARH) {
                for export in ends(Channel::EXPORT_KWH) {
                    fills.push(Fill::OfHighest { import: *import, reactive: *reactive, export: *export });
                }
            }
        }
        if tariff.may_fall() {
            fills.extend(STEPS.map(|share| Fill::OfHighest { import: share, reactive: share, export: 0.0 }));
        }
        for fill in fills {
            let filled = gaps.filled(fill)?;
            let measured = Metering::new(tariff, site.contract(), &layouts, &filled)?.measure(&periods)?;
            for (at, quantities) in open.iter().zip(measured) {
                self.candidates[*at].push(quantities);
            }
        }
        Ok(self)
    }
}

impl Tariff {
    /// Whether a component can charge less for more energy.
    fn may_fall(&self) -> bool {
        let components = self.versions().iter().flat_map(|version| self.components(version));
        components.into_iter().any(|component| component.charge.kind().may_fall())
    }

    /// The bounds of a bill; `None` where no reading is missing.
    pub(crate) fn bounds(
        &self,
        total: Decimal,
        billed: &BillingQuantities,
        candidates: &[BillingQuantities],
        contract: &Contract,
    ) -> Result<Option<Bounds>> {
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut bounds = Bounds { low: total, high: total };
        for one in candidates {
            let one = BillingQuantities { carried: billed.carried.clone(), ..one.clone() };
            let total = charge(self, &one, contract, &mut |_| {}, &mut |_| {})?.total;
            bounds = Bounds { low: bounds.low.min(total), high: bounds.high.max(total) };
        }
        Ok(Some(bounds))
    }
}
