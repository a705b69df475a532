//! What changed between bills: volume, structure, price, fixed costs, power factor.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::bill::Bill;
use super::book::decimal;
use super::day_energy::DayEnergy;
use super::line_group::LineGroup;
use crate::error::{ErrorKind, Result};
use crate::finding::NotDone;
use crate::site::Site;

/// Digits of money, and of prices a kWh.
const MONEY_DIGITS: u32 = 2;
const PRICE_DIGITS: u32 = 6;

/// A cause of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// More or less energy, at the energy price before. Of the average price: fixed costs spread over more or less.
    Volume,
    /// Energy moved between periods, at the prices before.
    Structure,
    /// Other energy prices, at the energy after.
    Price,
    /// Demand, capacity and amounts a month or a day.
    FixedDemand,
    /// Power factor and reactive energy.
    PowerFactor,
    /// Everything else: deviation, export, minimum bills, surcharges.
    Other,
}

/// One cause with what it adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePart {
    /// The cause.
    pub cause: Cause,
    /// What it adds to the total \[currency\].
    pub amount: Decimal,
    /// What it adds to the average price \[currency/kWh\].
    pub average_price: Decimal,
}

/// One side of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeSide {
    /// Labels of its bills.
    pub labels: Vec<String>,
    /// Imported energy \[kWh\].
    pub kwh: Decimal,
    /// Sum of its bills \[currency\].
    pub total: Decimal,
    /// total / kWh \[currency/kWh\].
    pub average_price: Decimal,
}

/// A period on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodChange {
    /// Period; `all` for prices that hold in every period.
    pub period: String,
    /// Energy before and after \[kWh\].
    pub kwh: (Decimal, Decimal),
    /// Mean energy price before and after \[currency/kWh\]; `None` without energy.
    pub price: (Option<Decimal>, Option<Decimal>),
}

/// The days on both sides, and the part of the volume that they alone bring.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayChange {
    /// Days before.
    pub before: DayEnergy,
    /// Days after.
    pub after: DayEnergy,
    /// Energy that other numbers of workdays and rest days bring, at the energy a day before \[kWh\]; `None` where
    /// that cannot be known.
    pub days_kwh: Option<Decimal>,
    /// The rest of the change of energy: more or less energy a day \[kWh\].
    pub use_kwh: Option<Decimal>,
    /// The volume part of the total, by the same two \[currency\].
    pub days_amount: Option<Decimal>,
    /// See `days_amount`.
    pub use_amount: Option<Decimal>,
}

/// The change between two sets of bills. The parts add to the change of the total to the cent, and to the change of
/// the average price to its last digit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceChange {
    /// ISO 4217 code.
    pub currency: String,
    /// Before.
    pub before: ChangeSide,
    /// After.
    pub after: ChangeSide,
    /// Change of the total \[currency\].
    pub amount: Decimal,
    /// Change of the average price \[currency/kWh\].
    pub average_price: Decimal,
    /// The causes. `Structure` is not among them where the two sides have other periods: it is then in `Price`.
    pub parts: Vec<ChangePart>,
    /// Energy and price of each period.
    pub periods: Vec<PeriodChange>,
    /// The days, where a site was given.
    pub days: Option<DayChange>,
    /// Charges that are absent from a bill of either side; the change is then not the whole one.
    pub not_done: Vec<NotDone>,
}

/// Energy and energy cost of one key.
#[derive(Clone, Copy, Default)]
struct Taken {
    kwh: Decimal,
    amount: Decimal,
}

impl Taken {
    fn price(self) -> Option<Decimal> {
        (!self.kwh.is_zero()).then(|| self.amount / self.kwh)
    }
}

/// Sums of one side.
struct Sums {
    side: ChangeSide,
    by_period: BTreeMap<String, Taken>,
    by_group: BTreeMap<LineGroup, Decimal>,
}

const ALL: &str = "all";

impl Sums {
    fn of(bills: &[Bill]) -> Self {
        let kwh: Decimal = bills.iter().map(|bill| decimal(bill.quantities.total_kwh())).sum();
        let total: Decimal = bills.iter().map(|bill| bill.total).sum();
        let mut by_period: BTreeMap<String, Taken> = BTreeMap::new();
        let mut by_group = BTreeMap::new();
        let mut priced = BTreeSet::new();
        for bill in bills {
            let energies = bill.quantities.kwh.iter().chain(&bill.quantities.other_kwh);
            for (period, kwh) in energies.filter(|(period, _)| *period != ALL) {
                by_period.entry(period.clone()).or_default().kwh += decimal(*kwh);
            }
            for line in &bill.lines {
                let group = LineGroup::of(&line.rule, &line.unit);
                *by_group.entry(group).or_default() += line.amount;
                if group == LineGroup::Energy {
                    let period = line.period.as_deref().unwrap_or(ALL);
                    by_period.entry(period.to_owned()).or_default().amount += line.amount;
                    priced.insert(period.to_owned());
                }
            }
        }
        by_period.entry(ALL.to_owned()).or_default().kwh = kwh;
        by_period.retain(|period, _| priced.contains(period));
        let average_price = if kwh.is_zero() { Decimal::ZERO } else { total / kwh };
        let labels = bills.iter().map(|bill| bill.label.clone()).collect();
        Self {
            side: ChangeSide { labels, kwh, total, average_price: price_digits(average_price) },
            by_period,
            by_group,
        }
    }

    fn group(&self, group: LineGroup) -> Decimal {
        self.by_group.get(&group).copied().unwrap_or_default()
    }

    /// Energy and cost of a period; where nothing was taken, nothing at the price `other` says.
    fn at(&self, period: &str) -> Taken {
        self.by_period.get(period).copied().unwrap_or_default()
    }
}

/// The change from some bills to others, by cause.
///
/// The energy cost is split in a fixed order, one factor after the other (price–volume–mix by chain substitution,
/// 连环替代法; engineering): with Q the energy, s a period's share of it and p its mean energy price,
///
/// - volume: (Q₁ − Q₀) × Σ s₀ p₀,
/// - structure: Q₁ × Σ (s₁ − s₀) p₀,
/// - price: Q₁ × Σ s₁ (p₁ − p₀).
///
/// The other costs are differences. Of the average price, volume is what the fixed costs before weigh less or more
/// over the energy after. A period without energy on one side has the price of the other: its appearing is structure.
/// Blocks of a price count as price. What rounding leaves, below a cent, is in price.
///
/// With a `site` whose readings cover the dates, the volume is further split into what other numbers of workdays and
/// rest days bring, and the rest.
///
/// # Errors
/// No bill, or no energy, on a side; currencies that differ.
///
/// ```
/// use wattlens::site::Contract;
/// use wattlens::tariff::{BillingQuantities, Cause, explain_change, load};
/// let tariff = load("cn-fujian-two-part-1-10kv-2025-08")?.assume_in_force();
/// let month = |from: &str, until: &str, peak: f64, valley: f64| -> Result<_, Box<dyn std::error::Error>> {
///     let kwh = [("peak".to_owned(), peak), ("valley".to_owned(), valley)].into();
///     let quantities = BillingQuantities { from: from.parse()?, until: until.parse()?, kwh, ..Default::default() };
///     Ok(vec![tariff.bill(&quantities, &Contract::default())?])
/// };
/// // The same energy, a tenth of it moved from peak to valley: nothing but structure.
/// let change = explain_change(
///     &month("2025-08-01", "2025-09-01", 50_000.0, 50_000.0)?,
///     &month("2025-09-01", "2025-10-01", 40_000.0, 60_000.0)?,
///     None,
/// )?;
/// let moved: Vec<Cause> = change.parts.iter().filter(|part| !part.amount.is_zero()).map(|part| part.cause).collect();
/// assert_eq!(moved, [Cause::Structure]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn explain_change(before: &[Bill], after: &[Bill], site: Option<&Site>) -> Result<PriceChange> {
    let fail = |field: &str, problem: String| ErrorKind::Site { field: field.to_owned(), problem };
    let currency = before.first().map(|bill| bill.currency.clone()).unwrap_or_default();
    for (name, bills) in [("before", before), ("after", after)] {
        if bills.is_empty() {
            return Err(fail(name, "found no bill, expected at least one".to_owned()).into());
        }
        if let Some(other) = bills.iter().find(|bill| bill.currency != currency) {
            let problem = format!("found a bill in {} beside one in {currency}, expected one currency", other.currency);
            return Err(fail(name, problem).into());
        }
        if bills.iter().all(|bill| bill.quantities.total_kwh() <= 0.0) {
            return Err(fail(name, "found no energy, without which there is no average price".to_owned()).into());
        }
    }
    let (old, new) = (Sums::of(before), Sums::of(after));
    let amount = new.side.total - old.side.total;
    let average_price = new.side.average_price - old.side.average_price;
    let parts = parts(&old, &new, amount, average_price);
    let mut not_done: Vec<NotDone> = before.iter().chain(after).flat_map(|bill| bill.not_done.clone()).collect();
    not_done.sort();
    not_done.dedup();
    let days = site.map(|site| {
        let days = (DayEnergy::of(site, &dates(before)), DayEnergy::of(site, &dates(after)));
        day_change(days, &old, &new, &parts)
    });
    let names: BTreeSet<&String> = old.by_period.keys().chain(new.by_period.keys()).collect();
    let periods = names.into_iter().map(|period| {
        let (before, after) = (old.at(period), new.at(period));
        let price = |taken: Taken| taken.price().map(price_digits);
        PeriodChange { period: period.clone(), kwh: (before.kwh, after.kwh), price: (price(before), price(after)) }
    });
    let periods = periods.collect();
    Ok(PriceChange {
        currency,
        before: old.side,
        after: new.side,
        amount,
        average_price,
        parts,
        periods,
        days,
        not_done,
    })
}

fn parts(old: &Sums, new: &Sums, amount: Decimal, average_price: Decimal) -> Vec<ChangePart> {
    let (old_kwh, new_kwh) = (old.side.kwh, new.side.kwh);
    let energy_price = old.group(LineGroup::Energy) / old_kwh;
    // Q₁ Σ (s₁ − s₀) p₀, where both sides have the same periods, or one has some of the other's.
    let within = |one: &Sums, other: &Sums| one.by_period.keys().all(|period| other.by_period.contains_key(period));
    let is_known = within(old, new) || within(new, old);
    let structure = old.by_period.keys().chain(new.by_period.keys()).collect::<BTreeSet<_>>().into_iter();
    let structure: Decimal = structure
        .map(|period| {
            let (before, after) = (old.at(period), new.at(period));
            let price = before.price().or(after.price()).unwrap_or_default();
            (after.kwh - before.kwh * new_kwh / old_kwh) * price
        })
        .sum();
    let fixed = |sums: &Sums| sums.group(LineGroup::FixedDemand);
    let difference = |cause, group| {
        let (before, after) = (old.group(group), new.group(group));
        (cause, after - before, after / new_kwh - before / old_kwh)
    };
    let fixed_change = fixed(new) - fixed(old);
    let mut causes = vec![
        (Cause::Volume, (new_kwh - old_kwh) * energy_price, fixed(old) / new_kwh - fixed(old) / old_kwh),
        (Cause::FixedDemand, fixed_change, fixed_change / new_kwh),
        difference(Cause::PowerFactor, LineGroup::PowerFactor),
        difference(Cause::Other, LineGroup::Other),
    ];
    if is_known {
        causes.push((Cause::Structure, structure, structure / new_kwh));
    }
    let mut parts: Vec<ChangePart> = causes
        .into_iter()
        .map(|(cause, amount, price)| ChangePart { cause, amount: money(amount), average_price: price_digits(price) })
        .collect();
    // The price is what the others leave, so that the parts add up.
    let rest = |whole: Decimal, of: fn(&ChangePart) -> Decimal| whole - parts.iter().map(of).sum::<Decimal>();
    parts.push(ChangePart {
        cause: Cause::Price,
        amount: rest(amount, |part| part.amount),
        average_price: rest(average_price, |part| part.average_price),
    });
    parts.sort_by_key(|part| part.cause);
    parts
}

fn dates(bills: &[Bill]) -> Vec<(Date, Date)> {
    bills.iter().map(|bill| (bill.quantities.from, bill.quantities.until)).collect()
}

fn day_change((before, after): (DayEnergy, DayEnergy), old: &Sums, new: &Sums, parts: &[ChangePart]) -> DayChange {
    let volume = parts.iter().find(|part| part.cause == Cause::Volume).map(|part| part.amount).unwrap_or_default();
    let days_kwh = before.kwh_of_days(&after).map(decimal);
    let days_amount = days_kwh.map(|kwh| money(kwh * old.group(LineGroup::Energy) / old.side.kwh));
    DayChange {
        before,
        after,
        days_kwh,
        use_kwh: days_kwh.map(|kwh| new.side.kwh - old.side.kwh - kwh),
        days_amount,
        use_amount: days_amount.map(|amount| volume - amount),
    }
}

fn money(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(MONEY_DIGITS, RoundingStrategy::MidpointAwayFromZero)
}

fn price_digits(price: Decimal) -> Decimal {
    price.round_dp_with_strategy(PRICE_DIGITS, RoundingStrategy::MidpointAwayFromZero)
}

/// What bills are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The calendar month before (环比).
    MonthBefore,
    /// The same calendar month a year before (同比).
    YearBefore,
}

/// The change of every bill of a calendar month to the one before, or to the one a year before; a month without its
/// counterpart has none.
///
/// # Errors
/// As [`explain_change`].
pub fn explain_changes(bills: &[Bill], against: Against, site: Option<&Site>) -> Result<Vec<PriceChange>> {
    let back = match against {
        Against::MonthBefore => jiff::Span::new().months(1),
        Against::YearBefore => jiff::Span::new().years(1),
    };
    let is_month = |bill: &Bill| super::account::is_calendar_month(bill.quantities.from, bill.quantities.until);
    let mut changes = Vec::new();
    for bill in bills.iter().filter(|bill| is_month(bill)) {
        let earlier = bill.quantities.from.checked_sub(back).ok();
        let before = bills.iter().find(|one| is_month(one) && Some(one.quantities.from) == earlier);
        let has_energy = |bill: &Bill| bill.quantities.total_kwh() > 0.0;
        if let Some(before) = before.filter(|before| has_energy(before) && has_energy(bill)) {
            changes.push(explain_change(std::slice::from_ref(before), std::slice::from_ref(bill), site)?);
        }
    }
    Ok(changes)
}
