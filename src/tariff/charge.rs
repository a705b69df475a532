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
    let mut book = Book::new(quantities.carried.clone(), emit, lack);
    check_bill(&tariff.sheet().id, quantities)?;
    for part in parts {
        let version = tariff.version_on(part.from);
        check_energies(tariff, version, part)?;
        book.open_part(part.from, part.until);
        let account = Account::new(tariff, version, part, quantities, contract).netting(&book.carried);
        for component in tariff.components(version) {
            book.turn_to(component);
            component.charge.kind().charge(&account, &mut book)?;
        }
        book.carried.until = book.carried.is_a_chain().then_some(part.until);
    }
    Ok(Settled { total: book.total, carried: book.carried })
}

fn check_energies(tariff: &Tariff, version: &VersionInForce, quantities: &BillingQuantities) -> Result<()> {
    let id = &tariff.sheet().id;
    let known = |period: &String| version.schedules.iter().any(|(_, plans, _)| plans.names().contains(period));
    for (period, kwh) in quantities.kwh.iter().chain(&quantities.other_kwh).chain(&quantities.export_kwh) {
        if !known(period) {
            let near = version.period_names().join(", ");
            return Err(fail(id, None, format!("has no period {period:?}; its periods: {near}")));
        }
        check_quantity(id, &format!("kWh in period {period:?}"), *kwh)?;
        check_not_negative(id, &format!("kWh in period {period:?}"), *kwh)?;
    }
    Ok(())
}

/// What is the whole bill's, split or not.
fn check_bill(id: &str, quantities: &BillingQuantities) -> Result<()> {
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
    for peak in &carried.peaks {
        let what = format!("for the peak of {} that is carried", peak.from);
        check_quantity(id, &what, peak.demand)?;
        check_not_negative(id, &what, peak.demand)?;
    }
    for (component, measured) in &quantities.by_component {
        for (key, value) in measured {
            check_quantity(id, &format!("for {key:?} of {component:?}"), *value)?;
        }
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
        let mut carried = self.opening(bills);
        let mut totals = Vec::with_capacity(bills.len());
        for (bill, contract) in bills.iter().zip(contracts) {
            let bill = bill.with_losses(contract)?;
            let settled = if carried == bill.carried {
                charge(self, &bill, contract, &mut |_| {}, &mut |_| {})?
            } else {
                let bill = BillingQuantities { carried, ..bill.into_owned() };
                charge(self, &bill, contract, &mut |_| {}, &mut |_| {})?
            };
            totals.push(settled.total);
            carried = settled.carried;
        }
        Ok(totals)
    }
}
