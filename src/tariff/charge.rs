//! Second step of a bill: charges from quantities. The one place where money is worked out.

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};

use super::model::{BasicCharge, Certainty, Component, EnergyCharge, PowerFactorAdjustment, Tariff, fail};
use super::power_factor::{adjustment_basis_points, billed_hundredths};
use super::quantities::BillingQuantities;
use crate::error::Result;
use crate::finding::NotDone;
use crate::site::{Contract, DemandBilling, OverrunRule};

/// Digits of the minor unit to which a line is rounded.
const MINOR_DIGITS: u32 = 2;
/// Digits to which quantities are taken from floating point; far below what a meter resolves.
const QUANTITY_DIGITS: u32 = 6;

/// One charge: quantity × price, before it becomes a line with words.
#[derive(Clone, Debug)]
pub struct Charge<'a> {
    /// The component that it comes from.
    pub component: &'a Component,
    /// Period, where the price depends on it.
    pub period: Option<&'a str>,
    /// Code of the rule, e.g. `energy.floating`.
    pub rule: &'static str,
    /// Quantity in `unit`.
    pub quantity: Decimal,
    /// Unit of the quantity.
    pub unit: &'static str,
    /// Price of a unit; for the power-factor adjustment, the coefficient.
    pub price: Decimal,
    /// quantity × price.
    pub amount_unrounded: Decimal,
    /// Rounded half-up to the minor unit.
    pub amount: Decimal,
    /// How certain the price is.
    pub certainty: Certainty,
}

/// Works out every charge of a month, hands each to `emit`, and gives the exact sum of the rounded
/// amounts. What the contract or the readings lack goes to `lack`, and its charge is absent.
///
/// # Errors
/// A period of entered quantities that the tariff does not have; energy or demand that is negative or
/// absurd; a contract without what its mode needs.
pub fn charge<'a>(
    tariff: &'a Tariff,
    quantities: &BillingQuantities,
    contract: &Contract,
    emit: &mut dyn FnMut(Charge<'a>),
    lack: &mut dyn FnMut(NotDone),
) -> Result<Decimal> {
    let id = &tariff.sheet().id;
    for (period, kwh) in &quantities.kwh {
        if !tariff.period_names().contains(period) {
            let near = tariff.period_names().join(", ");
            return Err(fail(id, None, format!("has no period {period:?}; its periods: {near}")));
        }
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
    contract.check()?;
    let mut book = Book { total: Decimal::ZERO, by_component: Vec::new(), emit };
    let total_kwh = decimal(quantities.total_kwh());
    for component in &tariff.sheet().components {
        match component {
            Component::Energy(one) => energy(&mut book, component, one, tariff, quantities, total_kwh),
            Component::Basic(one) => basic(&mut book, component, one, quantities, contract, lack),
            Component::PowerFactor(one) => power_factor(&mut book, component, one, quantities, contract, lack),
        }
    }
    Ok(book.total)
}

/// Largest quantity of a month that a bill takes \[kWh, kvarh, kW\]: a thousand times what the
/// largest plants use, and small enough that no product of a bill overflows.
const MAX_QUANTITY: f64 = 1e13;

fn check_quantity(tariff: &str, what: &str, value: f64) -> Result<()> {
    if value.is_finite() && value.abs() <= MAX_QUANTITY {
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

/// Running sums while the charges of a month are worked out.
struct Book<'a, 'e> {
    total: Decimal,
    by_component: Vec<(&'a str, Decimal)>,
    emit: &'e mut dyn FnMut(Charge<'a>),
}

impl<'a> Book<'a, '_> {
    #[allow(clippy::too_many_arguments)] // the columns of a line
    fn add(
        &mut self,
        component: &'a Component,
        period: Option<&'a str>,
        rule: &'static str,
        quantity: Decimal,
        unit: &'static str,
        price: Decimal,
        certainty: Certainty,
    ) {
        let amount_unrounded = quantity * price;
        let amount = amount_unrounded.round_dp_with_strategy(MINOR_DIGITS, RoundingStrategy::MidpointAwayFromZero);
        self.total += amount;
        self.by_component.push((component.id(), amount));
        (self.emit)(Charge { component, period, rule, quantity, unit, price, amount_unrounded, amount, certainty });
    }
}

fn decimal(value: f64) -> Decimal {
    Decimal::from_f64(value).unwrap_or_default().round_dp(QUANTITY_DIGITS)
}

fn energy<'a>(
    book: &mut Book<'a, '_>,
    component: &'a Component,
    charge: &'a EnergyCharge,
    tariff: &'a Tariff,
    quantities: &BillingQuantities,
    total_kwh: Decimal,
) {
    let Some(price) = charge.price else { return };
    if charge.floats {
        for period in tariff.period_names() {
            if let Some(kwh) = quantities.kwh.get(period).filter(|kwh| **kwh != 0.0) {
                let price = price * tariff.factor(period);
                book.add(component, Some(period), "energy.floating", decimal(*kwh), "kWh", price, charge.certainty);
            }
        }
    } else {
        book.add(component, None, "energy.fixed", total_kwh, "kWh", price, charge.certainty);
    }
}

fn basic<'a>(
    book: &mut Book<'a, '_>,
    component: &'a Component,
    basic: &'a BasicCharge,
    quantities: &BillingQuantities,
    contract: &Contract,
    lack: &mut dyn FnMut(NotDone),
) {
    let Some(mode) = contract.demand_billing else {
        lack(NotDone::new("bill.basic_charge", "contract.demand_billing"));
        return;
    };
    if mode == DemandBilling::Capacity {
        let kva = decimal(contract.capacity_kva.unwrap_or_default());
        book.add(component, None, "basic.capacity", kva, "kVA", basic.capacity_price, basic.capacity_certainty);
        return;
    }
    let Some(demand_kw) = quantities.demand_kw else {
        lack(NotDone::new("bill.basic_charge", "readings.demand"));
        return;
    };
    let (demand_kw, price, certainty) = (decimal(demand_kw), basic.demand_price, basic.demand_certainty);
    if mode == DemandBilling::ActualDemand {
        book.add(component, None, "basic.actual_demand", demand_kw, "kW", price, certainty);
        return;
    }
    let floor = basic.contract_floor_share * decimal(contract.capacity_kva.unwrap_or_default());
    let contract_kw = decimal(contract.contract_demand_kw.unwrap_or_default()).max(floor);
    let edge = contract_kw * basic.overrun_share;
    if demand_kw <= edge {
        let rule = if contract_kw == floor { "basic.contract_floor" } else { "basic.contract" };
        book.add(component, None, rule, contract_kw, "kW", price, certainty);
        return;
    }
    let (inside, rule) = match contract.overrun_rule {
        OverrunRule::A => (edge, "basic.contract_overrun_a"),
        OverrunRule::B => (contract_kw, "basic.contract_overrun_b"),
    };
    book.add(component, None, rule, inside, "kW", price, certainty);
    book.add(component, None, "basic.overrun", demand_kw - edge, "kW", price * basic.overrun_factor, certainty);
}

impl BasicCharge {
    /// The month's basic charge as a float, for choosing between modes; bills are made by [`charge`].
    ///
    /// `None` where the mode lacks its capacity or its contract demand.
    #[must_use]
    pub fn estimate(&self, demand_kw: f64, contract: &Contract) -> Option<f64> {
        let price = to_f64(self.demand_price);
        Some(match contract.demand_billing? {
            DemandBilling::Capacity => to_f64(self.capacity_price) * contract.capacity_kva?,
            DemandBilling::ActualDemand => price * demand_kw,
            DemandBilling::ContractDemand => {
                let floor = to_f64(self.contract_floor_share) * contract.capacity_kva?;
                let contract_kw = contract.contract_demand_kw?.max(floor);
                let edge = contract_kw * to_f64(self.overrun_share);
                if demand_kw <= edge {
                    price * contract_kw
                } else {
                    let inside = match contract.overrun_rule {
                        OverrunRule::A => edge,
                        OverrunRule::B => contract_kw,
                    };
                    price * (inside + to_f64(self.overrun_factor) * (demand_kw - edge))
                }
            }
        })
    }
}

fn power_factor<'a>(
    book: &mut Book<'a, '_>,
    component: &'a Component,
    adjustment: &'a PowerFactorAdjustment,
    quantities: &BillingQuantities,
    contract: &Contract,
    lack: &mut dyn FnMut(NotDone),
) {
    let Some(standard) = contract.power_factor_standard else {
        lack(NotDone::new("bill.power_factor", "contract.power_factor_standard"));
        return;
    };
    let Some(import_kvarh) = quantities.import_kvarh else {
        lack(NotDone::new("bill.power_factor", "readings.import_kvarh"));
        return;
    };
    let kvarh = import_kvarh.abs() + quantities.export_kvarh.unwrap_or_default().abs();
    let kwh = quantities.power_factor_kwh.unwrap_or_else(|| quantities.total_kwh());
    let Some(hundredths) = billed_hundredths(kwh, kvarh) else {
        lack(NotDone::new("bill.power_factor", "readings.active_energy"));
        return;
    };
    let base: Decimal = book
        .by_component
        .iter()
        .filter(|(id, _)| !adjustment.excludes.iter().any(|excluded| excluded == id))
        .map(|(_, amount)| *amount)
        .sum();
    let coefficient = Decimal::new(i64::from(adjustment_basis_points(standard, hundredths)), 4);
    book.add(component, None, "power_factor", base, "currency", coefficient, adjustment.certainty);
}

/// A decimal as a float, for statistics and figures.
pub(crate) fn to_f64(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or(f64::NAN)
}
