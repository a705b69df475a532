//! Bills: the lines of each month, with what, quantity, price, rule and source.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::book::to_f64;
use super::carried::Carried;
use super::charge::charge;
use super::component::billed_hundredths;
use super::options::BillingOptions;
use super::quantities::{BillingPeriod, BillingPeriods, BillingQuantities, billing_periods, measure_periods};
use super::sheet::{Certainty, Words};
use super::tariff::{Tariff, fail};
use crate::error::Result;
use crate::finding::NotDone;
use crate::quality::{MonthVerdict, USABLE_SHARE, Verdict, verdicts_of};
use crate::readings::{Channel, Series};
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
        if quantities.parts.is_empty()
            && let [(_, cut), _, ..] = self.split(from, until).as_slice()
        {
            let problem = format!(
                "prices change on {cut}, within the bill of {from} to before {until}; give the quantities of each part \
                 as `parts`"
            );
            return Err(fail(&self.sheet().id, Some("quantities".to_owned()), problem));
        }
        self.check_usable(from, until)?;
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
            lines,
            total: settled.total,
            average_price: (kwh > 0.0).then(|| to_f64(settled.total) / kwh),
            power_factor: hundredths.map(|hundredths| f64::from(hundredths) / 100.0),
            quantities: quantities.clone(),
            carried: settled.carried,
            assumed_in_force: self.is_outside(from, until),
            not_carried: self.not_carried().iter().filter(|one| one.costs).count(),
            not_done,
        })
    }

    /// The bills of a site, one a billing period.
    ///
    /// A period that the readings do not cover whole is not billed, and neither is one of which more
    /// than 5 % of the readings are missing or whose imported energy is negative; `not_billed` says so. Below that the energy measured is
    /// billed, and the bill says what share is missing: it is then a lower bound.
    ///
    /// # Errors
    /// As [`Tariff::bill`]; no import energy; readings too coarse for the tariff's periods.
    pub fn bill_site(&self, site: &Site, options: &BillingOptions) -> Result<Bills> {
        self.bill_periods(&Billable::of(self, site, options, &verdicts_of(site))?, site.contract())
    }

    pub(crate) fn bill_periods(&self, billable: &Billable, contract: &Contract) -> Result<Bills> {
        let mut bills: Vec<Bill> = Vec::with_capacity(billable.quantities.len());
        let opening = self.opening(&billable.quantities);
        for quantities in &billable.quantities {
            let carried = bills.last().map_or(&opening, |before| &before.carried);
            let bill = if *carried == quantities.carried {
                self.bill(quantities, contract)?
            } else {
                self.bill(&BillingQuantities { carried: carried.clone(), ..quantities.clone() }, contract)?
            };
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

/// Quantities of the periods that can be billed, and the periods that cannot.
pub(crate) struct Billable {
    pub(crate) quantities: Vec<BillingQuantities>,
    not_billed: Vec<NotBilled>,
}

impl Billable {
    /// `verdicts` are those of the site's readings; they decide which periods are billed.
    pub(crate) fn of(
        tariff: &Tariff,
        site: &Site,
        options: &BillingOptions,
        verdicts: &[MonthVerdict],
    ) -> Result<Self> {
        let periods = &options.periods;
        let mut billed: Vec<BillingPeriod> = Vec::new();
        let mut not_billed = Vec::new();
        let readings = site.readings();
        let days = readings.local().days();
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            tariff.check_usable(first.date, last.date.tomorrow().unwrap_or(last.date))?;
        }
        let import = readings.series(Channel::IMPORT_KWH).map(Series::whole);
        for period in billing_periods(tariff, readings, periods)? {
            let touched = |month: &&MonthVerdict| {
                days[period.days.clone()].iter().any(|day| day.start < month.end && day.end > month.start)
            };
            let reason = if *periods == BillingPeriods::Months {
                let unusable = verdicts.iter().filter(|month| month.billing.verdict == Verdict::Unusable);
                unusable.filter(touched).map(reason).next()
            } else {
                // A month's own gaps say nothing of a period of other dates; what leaves its energy open does.
                let of_months = verdicts
                    .iter()
                    .filter(touched)
                    .map(reason)
                    .find(|reason| matches!(*reason, "negative_import" | "open_finding" | "not_sound"));
                let present = import
                    .as_ref()
                    .map_or(0, |kwh| kwh[period.range.clone()].iter().filter(|kwh| !kwh.is_nan()).count());
                let enough = present as f64 >= USABLE_SHARE * period.expected as f64;
                let own =
                    if !period.is_whole { Some("partial_month") } else { (!enough).then_some("missing_readings") };
                own.or(of_months)
            };
            match reason {
                None if period.is_whole => billed.push(period),
                None => {}
                Some(reason) => {
                    let present = import
                        .as_ref()
                        .map_or(0, |kwh| kwh[period.range.clone()].iter().filter(|kwh| !kwh.is_nan()).count());
                    not_billed.push(NotBilled {
                        label: label(period.from, period.until),
                        reason: reason.to_owned(),
                        missing_share: 1.0 - present as f64 / period.expected.max(1) as f64,
                    });
                }
            }
        }
        let mut quantities = measure_periods(site, tariff, &billed)?;
        if let Some(first) = quantities.first_mut() {
            first.carried = options.carried.clone();
        }
        Ok(Self { quantities, not_billed })
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

/// `2025-08` for a calendar month, else `2025-07-21..2025-08-20`, both days within.
pub(crate) fn label(from: Date, until: Date) -> String {
    if from.day() == 1 && from.last_of_month().tomorrow().is_ok_and(|next| next == until) {
        return format!("{:04}-{:02}", from.year(), from.month());
    }
    format!("{from}..{}", until.yesterday().unwrap_or(until))
}
