//! Bills: the lines of each month, with what, quantity, price, rule and source.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::account::{is_calendar_month, month_label};
use super::billable::Billable;
use super::book::to_f64;
use super::bounds::Bounds;
use super::carried::Carried;
use super::charge::charge;
use super::component::billed_hundredths;
use super::options::BillingOptions;
use super::quantities::BillingQuantities;
use super::sheet::{Certainty, Words};
use super::tariff::{Tariff, fail};
use crate::error::Result;
use crate::finding::NotDone;
use crate::quality::verdicts_of;
use crate::site::{Contract, Site};

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Component of the tariff.
    pub component: String,
    /// What is charged.
    pub name: Words,
    /// Period, where the price depends on it.
    pub period: Option<String>,
    /// Block of a price in blocks, from 1 on.
    #[serde(default)]
    pub tier: Option<u32>,
    /// The dates that the line is for, where the bill is split at a change of the tariff.
    #[serde(default)]
    pub dates: Option<(Date, Date)>,
    /// Quantity in `unit`.
    pub quantity: Decimal,
    /// `kWh`, `kVA`, `kW`, …, or the currency for a share of other lines.
    pub unit: String,
    /// Price of a unit; for a share of other lines, the share.
    pub price: Decimal,
    /// Months or days that the price is multiplied by, where it is not one.
    #[serde(default)]
    pub times: Option<Decimal>,
    /// quantity × price × times.
    pub amount_unrounded: Decimal,
    /// Rounded half-up to the minor unit.
    pub amount: Decimal,
    /// Code of the rule.
    pub rule: String,
    /// Document or bill behind the price.
    pub source: String,
    /// How certain the price is.
    pub certainty: Certainty,
}

/// The bill of one month: the exact sum of its rounded lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// `2025-08`.
    pub label: String,
    /// Tariff.
    pub tariff: String,
    /// ISO 4217 code.
    pub currency: String,
    /// How certain the tariff is as a whole; single lines can be more or less so.
    pub certainty: Certainty,
    /// Lines in the order of the tariff's components.
    pub lines: Vec<Line>,
    /// Sum of the rounded lines.
    pub total: Decimal,
    /// What it can come to, where readings are missing; `None` where none is, or from quantities.
    #[serde(default)]
    pub bounds: Option<Bounds>,
    /// `total` a kWh; `None` without energy.
    pub average_price: Option<f64>,
    /// Power factor as billed, two decimals; `None` where it cannot be known.
    pub power_factor: Option<f64>,
    /// What it is made from.
    pub quantities: BillingQuantities,
    /// What it is billed under.
    pub contract: Contract,
    /// What it hands on to the next bill.
    pub carried: Carried,
    /// Whether the tariff was billed outside its dates in force, as if it were in force.
    pub assumed_in_force: bool,
    /// How many fields, of those that could not be carried over into the tariff, the bill can differ by.
    #[serde(default)]
    pub not_carried: usize,
    /// Charges that are absent, and what they need.
    pub not_done: Vec<NotDone>,
}

/// A month that was not billed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotBilled {
    /// `2025-08`.
    pub label: String,
    /// Code of the reason: `partial_month`, `missing_readings`, `not_sound` (a stuck meter or placeholders),
    /// `negative_import`, or `open_finding` (about a register, the multiplier or the sum check).
    pub reason: String,
    /// Share of the month without readings.
    pub missing_share: f64,
}

/// The bills of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bills {
    /// Tariff.
    pub tariff: String,
    /// ISO 4217 code.
    pub currency: String,
    /// One a billed month.
    pub bills: Vec<Bill>,
    /// Months that the readings touch and that are not billed.
    pub not_billed: Vec<NotBilled>,
    /// Sum of the bills.
    pub total: Decimal,
}

/// Longest bill \[days\].
const MOST_DAYS: i64 = 3653;

impl Tariff {
    /// The bill of quantities that were measured or entered.
    ///
    /// # Errors
    /// Dates that are no calendar month, or outside those in force; prices still to be given; a period the tariff does not have; a
    /// contract without what its mode needs.
    ///
    /// ```
    /// use wattlens::site::{Contract, DemandBilling, PowerFactorStandard};
    /// use wattlens::tariff::{BillingQuantities, load};
    /// let quantities = BillingQuantities {
    ///     from: "2025-08-01".parse()?,
    ///     until: "2025-09-01".parse()?,
    ///     kwh: [("sharp", 27_531.0), ("peak", 81_516.0), ("flat", 104_580.0), ("valley", 77_487.0)]
    ///         .map(|(period, kwh)| (period.to_owned(), kwh)).into(),
    ///     import_kvarh: Some(36_472.0),
    ///     export_kvarh: Some(8_051.0),
    ///     ..BillingQuantities::default()
    /// };
    /// let contract = Contract {
    ///     capacity_kva: Some(1260.0),
    ///     demand_billing: Some(DemandBilling::Capacity),
    ///     power_factor_standard: Some(PowerFactorStandard::try_from(0.90)?),
    ///     ..Contract::default()
    /// };
    /// let bill = load("cn-fujian-two-part-1-10kv-2025-08")?.bill(&quantities, &contract)?;
    /// assert_eq!(bill.total.to_string(), "207711.22");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bill(&self, quantities: &BillingQuantities, contract: &Contract) -> Result<Bill> {
        let (from, until) = (quantities.from, quantities.until);
        if until <= from {
            let problem = format!("found {from} to before {until}, expected dates that ascend");
            return Err(fail(&self.sheet().id, Some("quantities".to_owned()), problem));
        }
        if super::account::days_between(from, until) > MOST_DAYS {
            let problem = format!("found {from} to before {until}, expected a bill of ten years at most");
            return Err(fail(&self.sheet().id, Some("quantities".to_owned()), problem));
        }
        self.check_parts(quantities)?;
        self.check_usable(from, until)?;
        let quantities = &*quantities.with_losses(contract)?;
        let mut lines: Vec<Line> = Vec::with_capacity(8);
        let mut not_done = Vec::new();
        let is_split = quantities.parts.len() > 1;
        let settled = charge(
            self,
            quantities,
            contract,
            &mut |one| {
                let unit = if one.unit == "currency" { self.sheet().currency.as_str() } else { one.unit };
                lines.push(Line {
                    component: one.component.id.clone(),
                    name: one.component.name.clone(),
                    period: one.period.map(str::to_owned),
                    tier: one.tier,
                    dates: one.dates.filter(|_| is_split),
                    quantity: one.quantity.normalize(),
                    unit: unit.to_owned(),
                    price: one.price.normalize(),
                    times: one.times.map(|times| times.normalize()),
                    amount_unrounded: one.amount_unrounded.normalize(),
                    amount: one.amount,
                    rule: one.rule.to_owned(),
                    source: one.component.source.clone(),
                    certainty: one.certainty,
                });
            },
            &mut |lacking| {
                if !not_done.contains(&lacking) {
                    not_done.push(lacking);
                }
            },
        )?;
        let kwh = quantities.total_kwh();
        let hundredths =
            quantities.kvarh().and_then(|kvarh| billed_hundredths(quantities.kwh_of_power_factor(), kvarh));
        Ok(Bill {
            label: label(from, until),
            tariff: self.sheet().id.clone(),
            currency: self.sheet().currency.clone(),
            certainty: self.sheet().certainty,
            lines,
            total: settled.total,
            bounds: None,
            average_price: (kwh > 0.0).then(|| to_f64(settled.total) / kwh),
            power_factor: hundredths.map(|hundredths| f64::from(hundredths) / 100.0),
            quantities: quantities.clone(),
            contract: contract.clone(),
            carried: settled.carried,
            assumed_in_force: self.is_outside(from, until),
            not_carried: self.not_carried().iter().filter(|one| one.costs).count(),
            not_done,
        })
    }

    /// The parts of a bill follow one another from its first day to its last, and none spans a change of prices.
    fn check_parts(&self, quantities: &BillingQuantities) -> Result<()> {
        let (from, until) = (quantities.from, quantities.until);
        let cuts = self.split(from, until);
        let parts: Vec<_> = quantities.parts.iter().map(|part| (part.from, part.until)).collect();
        let parts = if parts.is_empty() { vec![(from, until)] } else { parts };
        let follow = parts.first().is_some_and(|part| part.0 == from)
            && parts.last().is_some_and(|part| part.1 == until)
            && parts.iter().all(|part| part.0 < part.1)
            && parts.windows(2).all(|pair| pair[0].1 == pair[1].0);
        let spanned = cuts.iter().skip(1).find(|(cut, _)| parts.iter().all(|part| part.0 != *cut));
        let problem = match spanned {
            None if follow => return Ok(()),
            None => "found parts that do not follow one another from its first day to its last".to_owned(),
            Some((cut, _)) => format!(
                "prices change on {cut}, within the bill of {from} to before {until}; give the quantities of each part \
                 as `parts`: {}",
                cuts.iter().map(|(from, until)| format!("{from} to before {until}")).collect::<Vec<_>>().join(", ")
            ),
        };
        Err(fail(&self.sheet().id, Some("quantities".to_owned()), problem))
    }

    /// The bills of a site, one a billing period.
    ///
    /// A period that the readings do not cover whole is not billed, and neither is one whose imported energy is
    /// negative or unsound; `not_billed` says so. Of missing readings every bill says the share and its [`Bounds`];
    /// without a policy of `options.missing`, a period with more than 5 % missing is not billed.
    ///
    /// # Errors
    /// As [`Tariff::bill`]; no import energy; readings too coarse for the tariff's periods.
    pub fn bill_site(&self, site: &Site, options: &BillingOptions) -> Result<Bills> {
        let billable = Billable::of(self, site, options, &verdicts_of(site))?.with_candidates(self, site)?;
        self.bill_periods(&billable, site.contract())
    }

    pub(crate) fn bill_periods(&self, billable: &Billable, contract: &Contract) -> Result<Bills> {
        let mut bills: Vec<Bill> = Vec::with_capacity(billable.quantities.len());
        let opening = self.opening(&billable.quantities);
        for (quantities, candidates) in billable.quantities.iter().zip(&billable.candidates) {
            let carried = bills.last().map_or(&opening, |before| &before.carried);
            let mut bill = if *carried == quantities.carried {
                self.bill(quantities, contract)?
            } else {
                self.bill(&BillingQuantities { carried: carried.clone(), ..quantities.clone() }, contract)?
            };
            bill.bounds = self.bounds(bill.total, &bill.quantities, candidates, contract)?;
            bills.push(bill);
        }
        Ok(Bills {
            tariff: self.sheet().id.clone(),
            currency: self.sheet().currency.clone(),
            total: bills.iter().map(|bill| bill.total).sum(),
            bills,
            not_billed: billable.not_billed.clone(),
        })
    }
}

/// `2025-08` for a calendar month, else `2025-07-21..2025-08-20`, both days within.
pub(crate) fn label(from: Date, until: Date) -> String {
    if is_calendar_month(from, until) {
        return month_label(from);
    }
    format!("{from}..{}", until.yesterday().unwrap_or(until))
}
