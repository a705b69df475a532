//! Bills: the lines of each month, with what, quantity, price, rule and source.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::charge::{charge, to_f64};
use super::model::{Certainty, Component, Tariff, Words, fail};
use super::power_factor::billed_hundredths;
use super::quantities::{BillingQuantities, measure_quantities};
use crate::error::Result;
use crate::finding::NotDone;
use crate::quality::{MonthVerdict, USABLE_SHARE, Verdict, verdicts};
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
    /// Quantity in `unit`.
    pub quantity: Decimal,
    /// `kWh`, `kVA`, `kW`, or the currency for the power-factor adjustment.
    pub unit: String,
    /// Price of a unit; for the power-factor adjustment, the coefficient.
    pub price: Decimal,
    /// quantity × price.
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
    /// Lines in the order of the tariff's components.
    pub lines: Vec<Line>,
    /// Sum of the rounded lines.
    pub total: Decimal,
    /// `total` a kWh; `None` without energy.
    pub average_price: Option<f64>,
    /// Power factor as billed, two decimals; `None` where it cannot be known.
    pub power_factor: Option<f64>,
    /// What it is made from.
    pub quantities: BillingQuantities,
    /// Whether the tariff was billed outside its dates in force, as if it were in force.
    pub assumed_in_force: bool,
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
        let is_month = from.day() == 1 && from.last_of_month().tomorrow().is_ok_and(|next| next == until);
        if until <= from || (self.basic_charge().is_some() && !is_month) {
            let problem =
                format!("found {from} to before {until}, expected a calendar month: the basic charge is a month's");
            return Err(fail(&self.sheet().id, Some("quantities".to_owned()), problem));
        }
        self.check_usable(from, until)?;
        let mut lines = Vec::with_capacity(8);
        let mut not_done = Vec::new();
        let total = charge(
            self,
            quantities,
            contract,
            &mut |one| {
                let (source, currency) = match one.component {
                    Component::Energy(energy) => (&energy.source, None),
                    Component::Basic(basic) => (&basic.source, None),
                    Component::PowerFactor(adjustment) => (&adjustment.source, Some(&self.sheet().currency)),
                };
                lines.push(Line {
                    component: one.component.id().to_owned(),
                    name: one.component.name().clone(),
                    period: one.period.map(str::to_owned),
                    quantity: one.quantity.normalize(),
                    unit: currency.map_or(one.unit, String::as_str).to_owned(),
                    price: one.price.normalize(),
                    amount_unrounded: one.amount_unrounded.normalize(),
                    amount: one.amount,
                    rule: one.rule.to_owned(),
                    source: source.clone(),
                    certainty: one.certainty,
                });
            },
            &mut |lacking| not_done.push(lacking),
        )?;
        let kwh = quantities.total_kwh();
        let kvarh = quantities.import_kvarh.map(|q| q.abs() + quantities.export_kvarh.unwrap_or_default().abs());
        let hundredths = kvarh.and_then(|kvarh| billed_hundredths(quantities.power_factor_kwh.unwrap_or(kwh), kvarh));
        Ok(Bill {
            label: label(quantities),
            tariff: self.sheet().id.clone(),
            currency: self.sheet().currency.clone(),
            lines,
            total,
            average_price: (kwh > 0.0).then(|| to_f64(total) / kwh),
            power_factor: hundredths.map(|hundredths| f64::from(hundredths) / 100.0),
            quantities: quantities.clone(),
            assumed_in_force: self.is_outside(from, until),
            not_done,
        })
    }

    /// The bills of a site, one a local calendar month.
    ///
    /// A month that the readings do not cover whole is not billed, and neither is one of which more
    /// than 5 % of the readings are missing or whose imported energy is negative; `not_billed` says so. Below that the energy measured is
    /// billed, and the bill says what share is missing: it is then a lower bound.
    ///
    /// # Errors
    /// As [`Tariff::bill`]; no import energy; readings too coarse for the tariff's periods.
    pub fn bill_site(&self, site: &Site) -> Result<Bills> {
        self.bill_months(&Billable::of(self, site, &verdicts(site.readings()))?, site.contract())
    }

    pub(crate) fn bill_months(&self, billable: &Billable, contract: &Contract) -> Result<Bills> {
        let bills = billable.months.iter().map(|month| self.bill(month, contract)).collect::<Result<Vec<_>>>()?;
        Ok(Bills {
            tariff: self.sheet().id.clone(),
            currency: self.sheet().currency.clone(),
            total: bills.iter().map(|bill| bill.total).sum(),
            bills,
            not_billed: billable.not_billed.clone(),
        })
    }
}

/// Quantities of the months that can be billed, and the months that cannot.
pub(crate) struct Billable {
    pub(crate) months: Vec<BillingQuantities>,
    not_billed: Vec<NotBilled>,
}

impl Billable {
    /// `verdicts` are those of the site's readings; they decide which months are billed.
    pub(crate) fn of(tariff: &Tariff, site: &Site, verdicts: &[MonthVerdict]) -> Result<Self> {
        let months = site.readings().local().months();
        if let (Some(first), Some(last)) = (months.first(), months.last()) {
            let last_day = site.readings().local().days().last().map_or(last.first, |day| day.date);
            let first_day = site.readings().local().days().first().map_or(first.first, |day| day.date);
            tariff.check_usable(first_day, last_day.tomorrow().unwrap_or(last_day))?;
        }
        let mut billable = measure_quantities(site.readings(), tariff)?;
        let unusable = verdicts.iter().filter(|month| month.billing.verdict == Verdict::Unusable);
        let not_billed: Vec<NotBilled> = unusable
            .map(|month| NotBilled {
                label: month.label.clone(),
                reason: reason(month).to_owned(),
                missing_share: 1.0 - month.present as f64 / month.expected.max(1) as f64,
            })
            .collect();
        billable.retain(|month| not_billed.iter().all(|one| one.label != label(month)));
        Ok(Self { months: billable, not_billed })
    }
}

/// The gravest reason for which a month cannot be billed, as a code of its own.
fn reason(month: &MonthVerdict) -> &'static str {
    let reasons = &month.billing.reasons;
    let finding = reasons.iter().find(|one| one.code == "verdict.finding");
    let has = |code: &str| reasons.iter().any(|one| one.code == code);
    match finding.and_then(|one| one.facts.get("finding")).and_then(|code| code.as_str()) {
        _ if has("verdict.partial_month") => "partial_month",
        Some("quality.negative_import") => "negative_import",
        Some(_) => "open_finding",
        None if month.present as f64 >= USABLE_SHARE * month.expected as f64 => "not_sound",
        None => "missing_readings",
    }
}

fn label(quantities: &BillingQuantities) -> String {
    format!("{:04}-{:02}", quantities.from.year(), quantities.from.month())
}
