//! The lines of a bill while they are worked out. The one place where amounts are rounded and added.

use jiff::civil::Date;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};

use super::carried::Carried;
use super::sheet::{Certainty, Component};
use crate::finding::NotDone;

/// Digits of the minor unit to which a line is rounded.
const MINOR_DIGITS: u32 = 2;
/// Digits to which quantities are taken from floating point; far below what a meter resolves.
pub(crate) const QUANTITY_DIGITS: u32 = 6;

/// Largest amount of a line: far above every bill, and no sum of lines overflows below it, nor a product with a share.
const MOST_AMOUNT: Decimal = Decimal::from_parts(2_808_348_672, 232_830_643, 0, false, 0);

/// One charge: quantity × price × share, before it becomes a line with words.
#[derive(Clone, Debug)]
pub struct Charged<'a> {
    /// The component that it comes from.
    pub component: &'a Component,
    /// Period, where the price depends on it.
    pub period: Option<&'a str>,
    /// Block of a price in blocks, from 1 on.
    pub tier: Option<u32>,
    /// The dates of the part of the bill that it belongs to.
    pub dates: Option<(Date, Date)>,
    /// Code of the rule, e.g. `energy.floating`.
    pub rule: &'static str,
    /// Quantity in `unit`.
    pub quantity: Decimal,
    /// Unit of the quantity; `currency` for a share of other lines.
    pub unit: &'static str,
    /// Price of a unit; for a share of other lines, the share.
    pub price: Decimal,
    /// Months or days that the price is multiplied by, where it is not one.
    pub times: Option<Decimal>,
    /// quantity × price × times.
    pub amount_unrounded: Decimal,
    /// Rounded half-up to the minor unit.
    pub amount: Decimal,
    /// How certain the price is.
    pub certainty: Certainty,
}

/// What a component says of one of its lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) period: Option<&'a str>,
    pub(crate) tier: Option<u32>,
    pub(crate) rule: &'static str,
    pub(crate) quantity: Decimal,
    pub(crate) unit: &'static str,
    pub(crate) price: Decimal,
    pub(crate) times: Decimal,
    /// Where it differs from the component's.
    pub(crate) certainty: Option<Certainty>,
}

impl<'a> Entry<'a> {
    /// quantity × price under a rule.
    pub(crate) fn new(rule: &'static str, quantity: Decimal, unit: &'static str, price: Decimal) -> Self {
        Self { period: None, tier: None, rule, quantity, unit, price, times: Decimal::ONE, certainty: None }
    }

    /// The same in a period.
    pub(crate) fn in_period(self, period: Option<&'a str>) -> Self {
        Self { period, ..self }
    }

    /// The same in a block of the price.
    pub(crate) fn in_tier(self, tier: Option<u32>) -> Self {
        Self { tier, ..self }
    }

    /// The same, the price multiplied by a number of months or days.
    pub(crate) fn times(self, times: Decimal) -> Self {
        Self { times, ..self }
    }

    /// The same with a certainty of its own.
    pub(crate) fn certain(self, certainty: Certainty) -> Self {
        Self { certainty: Some(certainty), ..self }
    }
}

/// Running sums of a bill.
pub(crate) struct Book<'a, 'e> {
    component: Option<&'a Component>,
    dates: Option<(Date, Date)>,
    /// How certain it is that energy lies in the periods it was measured in.
    periods: Option<Certainty>,
    /// Sum of the rounded lines.
    pub(crate) total: Decimal,
    /// The component whose amount is too large to be money, where there is one.
    too_large: Option<&'a str>,
    /// What the bill takes over, on its way to what it hands on.
    pub(crate) carried: Carried,
    /// Component, rounded and unrounded amount of the lines of this part of the bill.
    part: Vec<(&'a str, Decimal, Decimal)>,
    emit: &'e mut dyn FnMut(Charged<'a>),
    lack: &'e mut dyn FnMut(NotDone),
}

impl<'a, 'e> Book<'a, 'e> {
    pub(crate) fn new(
        carried: Carried,
        emit: &'e mut dyn FnMut(Charged<'a>),
        lack: &'e mut dyn FnMut(NotDone),
    ) -> Self {
        Self {
            component: None,
            dates: None,
            periods: None,
            total: Decimal::ZERO,
            too_large: None,
            carried,
            part: Vec::with_capacity(16),
            emit,
            lack,
        }
    }

    /// Another version of the tariff begins: components refer to the lines of their own part.
    pub(crate) fn open_part(&mut self, from: Date, until: Date, periods: Option<Certainty>) {
        self.dates = Some((from, until));
        self.periods = periods;
        self.part.clear();
    }

    /// The component that the next lines are of.
    pub(crate) fn turn_to(&mut self, component: &'a Component) {
        self.component = Some(component);
    }

    /// The component whose lines are being worked out.
    pub(crate) fn id(&self) -> &'a str {
        self.component.map_or("", |component| component.id.as_str())
    }

    /// One more line.
    pub(crate) fn add(&mut self, entry: Entry<'a>) {
        match entry.quantity.checked_mul(entry.price).and_then(|amount| amount.checked_mul(entry.times)) {
            Some(amount_unrounded) => self.add_amount(entry, amount_unrounded),
            None => self.too_large = Some(self.id()),
        }
    }

    /// One more line whose amount is known better than quantity × price.
    pub(crate) fn add_amount(&mut self, entry: Entry<'a>, amount_unrounded: Decimal) {
        self.add_exact(entry, amount_unrounded, to_minor(amount_unrounded));
    }

    /// One more line that brings the rounded lines to a sum: `amount` is in the minor unit and need not be
    /// `amount_unrounded` rounded.
    pub(crate) fn add_exact(&mut self, entry: Entry<'a>, amount_unrounded: Decimal, amount: Decimal) {
        let Some(component) = self.component else { return };
        if amount_unrounded.abs() > MOST_AMOUNT || amount.abs() > MOST_AMOUNT {
            self.too_large = Some(&component.id);
            return;
        }
        self.total += amount;
        self.part.push((&component.id, amount, amount_unrounded));
        (self.emit)(Charged {
            component,
            period: entry.period,
            tier: entry.tier,
            dates: self.dates,
            rule: entry.rule,
            quantity: entry.quantity,
            unit: entry.unit,
            price: entry.price,
            times: (entry.times != Decimal::ONE).then_some(entry.times),
            amount_unrounded,
            amount,
            certainty: entry
                .certainty
                .unwrap_or(component.certainty)
                .max(self.periods.filter(|_| entry.period.is_some()).unwrap_or(Certainty::Proved)),
        });
    }

    /// A charge that is absent, and what it needs.
    pub(crate) fn lack(&mut self, task: &str, needs: &str) {
        (self.lack)(NotDone::new(task, needs));
    }

    /// Sum of the rounded lines of this part whose components `is_meant` names.
    pub(crate) fn sum(&self, is_meant: impl Fn(&str) -> bool) -> Decimal {
        self.part.iter().filter(|(id, ..)| is_meant(id)).map(|(_, amount, _)| *amount).sum()
    }

    /// The first component whose amount was too large to be money.
    pub(crate) fn too_large(&self) -> Option<&'a str> {
        self.too_large
    }

    /// The same before rounding.
    pub(crate) fn sum_unrounded(&self, is_meant: impl Fn(&str) -> bool) -> Decimal {
        self.part.iter().filter(|(id, ..)| is_meant(id)).map(|(.., unrounded)| *unrounded).sum()
    }
}

/// An amount rounded half-up to the minor unit, as lines are.
pub(crate) fn to_minor(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(MINOR_DIGITS, RoundingStrategy::MidpointAwayFromZero)
}

/// A quantity as a decimal.
pub(crate) fn decimal(value: f64) -> Decimal {
    Decimal::from_f64(value).unwrap_or_default().round_dp(QUANTITY_DIGITS)
}

/// A decimal as a float, for statistics and figures.
pub(crate) fn to_f64(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or(f64::NAN)
}
