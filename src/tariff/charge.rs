//! Second step of a bill: charges from quantities.

use rust_decimal::Decimal;

use super::account::Account;
use super::book::{Book, Charged, to_f64};
use super::carried::Carried;
use super::component::Charge;
use super::quantities::BillingQuantities;
use super::tariff::{Tariff, VersionInForce, fail};
use crate::error::Result;
use crate::finding::NotDone;
use crate::site::Contract;

/// Largest quantity of a bill that is taken \[kWh, kvarh, kW\]: a thousand times what the largest plants use,
/// and small enough that no product overflows.
const MAX_QUANTITY: f64 = 1e12;

/// What a bill comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Sum of the rounded lines.
    pub total: Decimal,
    /// What the next bill takes over.
    pub carried: Carried,
}

/// Works out every charge of a bill, hands each to `emit`, and gives the exact sum of the rounded
/// amounts. Losses of low-side metering have to be in the quantities: see [`BillingQuantities::with_losses`]. What the contract or the readings lack goes to `lack`, and its charge is absent.
///
/// # Errors
/// A period of entered quantities that the tariff does not have; energy or demand that is negative or
/// absurd; a contract without what its mode needs.
pub fn charge<'a>(
    tariff: &'a Tariff,
    quantities: &'a BillingQuantities,
    contract: &'a Contract,
    emit: &mut dyn FnMut(Charged<'a>),
    lack: &mut dyn FnMut(NotDone),
) -> Result<Settled> {
    contract.check()?;
    if contract.low_side.is_some() && quantities.loss_kwh.is_none() {
        lack(NotDone::new("bill.losses", "contract.shape_factor"));
    }
    let parts = if quantities.parts.is_empty() { std::slice::from_ref(quantities) } else { &quantities.parts };
    check_amounts(&tariff.sheet().id, quantities)?;
    let mut book = Book::new(quantities.carried.clone(), emit, lack);
    for part in parts {
        let version = tariff.version_on(part.from);
        check(tariff, version, quantities, part)?;
        book.open_part(part.from, part.until, part.periods_certainty);
        let account = Account::new(tariff, version, part, quantities, contract).netting(&book.carried);
        for component in tariff.components(version) {
            book.turn_to(component);
            component.charge.kind().charge(&account, &mut book)?;
        }
        book.carried.until = book.carried.is_a_chain().then_some(part.until);
    }
    if let Some(id) = book.too_large() {
        let problem =
            "its amount is too large to be money; are its price and the quantities in the units they should be in?";
        return Err(fail(&tariff.sheet().id, Some(id.to_owned()), problem.to_owned()));
    }
    Ok(Settled { total: book.total, carried: book.carried })
}

fn check(
    tariff: &Tariff,
    version: &VersionInForce,
    whole: &BillingQuantities,
    quantities: &BillingQuantities,
) -> Result<()> {
    let id = &tariff.sheet().id;
    let known = |period: &String| version.schedules.iter().any(|(_, plans, _)| plans.names().contains(period));
    for period in quantities.kwh.keys().chain(quantities.other_kwh.keys()).chain(quantities.export_kwh.keys()) {
        if !known(period) {
            let near = version.period_names().join(", ");
            return Err(fail(id, None, format!("has no period {period:?}; its periods: {near}")));
        }
    }
    if std::ptr::eq(whole, quantities) { Ok(()) } else { check_amounts(id, quantities) }
}

/// Every amount is a number that no product of a bill overflows with.
fn check_amounts(id: &str, quantities: &BillingQuantities) -> Result<()> {
    for (period, kwh) in quantities.kwh.iter().chain(&quantities.other_kwh).chain(&quantities.export_kwh) {
        check_quantity(id, &format!("kWh in period {period:?}"), *kwh)?;
        check_not_negative(id, &format!("kWh in period {period:?}"), *kwh)?;
    }
    for (what, value) in
        [("kvarh from the grid", quantities.import_kvarh), ("kvarh to the grid", quantities.export_kvarh)]
    {
        check_quantity(id, what, value.unwrap_or_default())?;
    }
    for (what, value) in
        [("kW of demand", quantities.demand_kw), ("kWh for the power factor", quantities.power_factor_kwh)]
    {
        check_quantity(id, what, value.unwrap_or_default())?;
        check_not_negative(id, what, value.unwrap_or_default())?;
    }
    let carried = &quantities.carried;
    let amounts = carried.credit.iter().chain(&carried.credit_kwh).chain(&carried.year_to_date);
    for (of, amount) in amounts {
        check_quantity(id, &format!("carried for {of:?}"), to_f64(*amount))?;
    }
    for (component, measured) in &quantities.by_component {
        for (key, value) in measured {
            check_quantity(id, &format!("for {key:?} of {component:?}"), *value)?;
        }
    }
    for peak in &carried.peaks {
        let what = format!("of the demand carried over from {}", peak.from);
        check_quantity(id, &what, peak.demand)?;
        check_not_negative(id, &what, peak.demand)?;
    }
    Ok(())
}

fn check_quantity(tariff: &str, what: &str, value: f64) -> Result<()> {
    if value.abs() <= MAX_QUANTITY {
        return Ok(());
    }
    Err(fail(tariff, None, format!("found {value} {what}, expected a number up to {MAX_QUANTITY:e}")))
}

fn check_not_negative(tariff: &str, what: &str, value: f64) -> Result<()> {
    if value >= 0.0 {
        return Ok(());
    }
    Err(fail(tariff, None, format!("found {value} {what}, expected zero or more: energy to the grid is no import")))
}

impl Tariff {
    /// What a run of bills begins with: what the first takes over, and the peaks of all of them for a ratchet that
    /// has hindsight.
    pub(crate) fn opening(&self, bills: &[BillingQuantities]) -> Carried {
        let mut carried = bills.first().map(|bill| bill.carried.clone()).unwrap_or_default();
        for bill in bills {
            for component in self.components(self.version_on(bill.from)) {
                if let Charge::Demand(demand) = &component.charge {
                    demand.foreseen(&component.id, bill).into_iter().for_each(|peak| carried.remember(peak));
                }
            }
        }
        carried
    }

    /// What a run of bills comes to, each taking over from the one before it; `contracts` has one for each.
    ///
    /// # Errors
    /// As [`charge`].
    pub fn totals(&self, bills: &[BillingQuantities], contracts: &[Contract]) -> Result<Vec<Decimal>> {
        let mut totals = Vec::with_capacity(bills.len());
        self.run(bills.iter().zip(contracts), self.opening(bills), &mut |_| {}, |total| totals.push(total))?;
        Ok(totals)
    }

    /// The sum of a run of bills under one contract; what they lack goes to `lack`.
    ///
    /// # Errors
    /// As [`charge`].
    pub(crate) fn settle(
        &self,
        bills: &[BillingQuantities],
        contract: &Contract,
        lack: &mut dyn FnMut(NotDone),
    ) -> Result<Decimal> {
        let mut sum = Decimal::ZERO;
        let bills_and_contracts = bills.iter().map(|bill| (bill, contract));
        self.run(bills_and_contracts, self.opening(bills), lack, |total| sum += total)?;
        Ok(sum)
    }

    fn run<'b>(
        &self,
        bills: impl Iterator<Item = (&'b BillingQuantities, &'b Contract)>,
        mut carried: Carried,
        lack: &mut dyn FnMut(NotDone),
        mut each: impl FnMut(Decimal),
    ) -> Result<()> {
        for (bill, contract) in bills {
            let bill = bill.with_losses(contract)?;
            let settled = if carried == bill.carried {
                charge(self, &bill, contract, &mut |_| {}, lack)?
            } else {
                let bill = BillingQuantities { carried, ..bill.into_owned() };
                charge(self, &bill, contract, &mut |_| {}, lack)?
            };
            each(settled.total);
            carried = settled.carried;
        }
        Ok(())
    }
}
