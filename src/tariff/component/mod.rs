//! What a tariff can charge: one kind a file. A new kind is a new file, a variant of [`Charge`] and its row in
//! [`Charge::kind`].

mod basic;
mod coincident_peak;
mod composed_energy;
mod demand;
mod deviation;
mod energy;
mod energy_series;
mod energy_tiers;
mod export;
mod fixed;
mod minimum;
mod net_billing;
mod net_metering;
mod power_factor;
mod power_factor_penalty;
mod ratchet;
mod reactive;
mod retail;
mod subscribed;
mod surcharge;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use basic::{BasicCharge, LoadFactorDiscount};
pub use coincident_peak::{CoincidentPeakCharge, PeakWindow};
pub use composed_energy::{ComposedEnergyCharge, PricePart};
pub use demand::{DemandCharge, DemandUnit};
pub use deviation::{DeviationCharge, DeviationPrice};
pub use energy::EnergyCharge;
pub use energy_series::EnergySeriesCharge;
pub use energy_tiers::{BlockLimits, Counts, EnergyTiers};
pub use export::ExportCharge;
pub use fixed::{FixedCharge, Per, Times};
pub use minimum::MinimumBill;
pub use net_billing::{Credit, CreditYearEnd, NetBilling};
pub(crate) use net_metering::Netted;
pub use net_metering::{NetMetering, RolloverYearEnd};
pub use power_factor::{PowerFactorAdjustment, adjustment_basis_points, billed_hundredths, saturation_hundredths};
pub use power_factor_penalty::{PowerFactorBand, PowerFactorPenalty};
pub use ratchet::{LookBack, Ratchet};
pub use reactive::{ReactiveCharge, ReactiveDirection};
pub use retail::{IndexedPrice, RetailCharge, RetailPricing, SharedSpread};
pub use subscribed::{Excess, ExcessMethod, SubscribedCharge};
pub use surcharge::Surcharge;

use super::Checked;
use super::account::Account;
use super::book::Book;
use super::carried::Carried;
use super::explanation::Step;
use super::measuring::Measuring;
use super::schedule::Plans;
use super::sheet::{Component, PriceTables};
use crate::error::Result;
use crate::readings::Readings;
use crate::time::Day;

/// Prices, factors and limits above this are taken for a slip; no product of a bill overflows below it.
pub(crate) const MAX_PRICE: Decimal = Decimal::from_parts(100_000_000, 0, 0, false, 0);

/// What a component charges; a kind of charge is a variant with its own fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// The basic charge of a two-part tariff (基本电费).
    Basic(BasicCharge),
    /// The largest load among hours that are set.
    CoincidentPeak(CoincidentPeakCharge),
    /// A price a kWh listed by period or put together from parts.
    ComposedEnergy(ComposedEnergyCharge),
    /// The highest power of the bill.
    Demand(DemandCharge),
    /// A price for what a month's energy deviates from the contracted one (偏差考核).
    Deviation(DeviationCharge),
    /// A price a kWh.
    Energy(EnergyCharge),
    /// Prices a kWh in blocks.
    EnergyTiers(EnergyTiers),
    /// What exported energy is worth.
    Export(ExportCharge),
    /// A price a kWh that every interval has of its own.
    EnergySeries(EnergySeriesCharge),
    /// An amount a month, a day or a bill.
    Fixed(FixedCharge),
    /// The least that a bill or a year comes to.
    Minimum(MinimumBill),
    /// The power-factor adjustment of Chinese bills (力调电费).
    PowerFactor(PowerFactorAdjustment),
    /// Power that is subscribed for each period, and what goes over it.
    Subscribed(SubscribedCharge),
    /// A percentage of other lines by the power factor.
    PowerFactorPenalty(PowerFactorPenalty),
    /// A price a kvarh.
    Reactive(ReactiveCharge),
    /// A percentage of other lines: a tax, a levy, a discount.
    Surcharge(Surcharge),
    /// The energy price of a retail contract of a market user (零售合同).
    Retail(RetailCharge),
}

impl Charge {
    pub(crate) fn kind(&self) -> &dyn Kind {
        match self {
            Self::Basic(one) => one,
            Self::CoincidentPeak(one) => one,
            Self::ComposedEnergy(one) => one,
            Self::Demand(one) => one,
            Self::Deviation(one) => one,
            Self::Energy(one) => one,
            Self::EnergyTiers(one) => one,
            Self::Export(one) => one,
            Self::EnergySeries(one) => one,
            Self::Fixed(one) => one,
            Self::Minimum(one) => one,
            Self::PowerFactor(one) => one,
            Self::Subscribed(one) => one,
            Self::PowerFactorPenalty(one) => one,
            Self::Reactive(one) => one,
            Self::Surcharge(one) => one,
            Self::Retail(one) => one,
        }
    }

    /// The energy price that a user can give.
    pub(crate) fn energy_price_mut(&mut self) -> Option<&mut EnergyCharge> {
        match self {
            Self::Energy(one) | Self::Retail(RetailCharge { pricing: RetailPricing::Fixed(one), .. }) => Some(one),
            _ => None,
        }
    }

    /// Whether it has an energy price that a user can give.
    pub(crate) fn has_energy_price(&self) -> bool {
        matches!(self, Self::Energy(_) | Self::Retail(RetailCharge { pricing: RetailPricing::Fixed(_), .. }))
    }
}

impl Charge {
    /// Names of the parts of its price.
    fn part_names(&self) -> impl Iterator<Item = &str> {
        let composed = match self {
            Self::ComposedEnergy(one) => Some(one),
            _ => None,
        };
        composed.into_iter().flat_map(|one| &one.parts).map(|part| part.id.as_str())
    }
}

/// What every kind of charge can do.
pub(crate) trait Kind {
    /// What is wrong with it, as the field and the problem.
    fn check(&self, place: &Place<'_>) -> Checked;

    /// What has to be given before it can bill `[from, until)`, as messages that end in the remedy.
    fn lacks(&self, _component: &Component, _months: &[String]) -> Vec<String> {
        Vec::new()
    }

    /// What it needs of the contract or the readings, as codes of [`crate::finding::NEEDS`].
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    /// What it bills beyond energy by period, measured from readings, by period or under the key `all`.
    ///
    /// # Errors
    /// Readings that its periods cut through.
    fn measure(&self, _of: &Measuring<'_>) -> Result<BTreeMap<String, f64>> {
        Ok(BTreeMap::new())
    }

    /// What it bills of a part of the bill, measured from readings when the bill's demand is known.
    ///
    /// # Errors
    /// Readings that its periods cut through.
    fn measure_part(&self, _of: &Measuring<'_>, _account: &Account<'_>) -> Result<BTreeMap<String, f64>> {
        Ok(BTreeMap::new())
    }

    /// What it leaves of the energies that the others charge for; `None` where it is no net metering or exports are
    /// not measured.
    fn net(&self, _account: &Account<'_>, _carried: &Carried) -> Option<Netted> {
        None
    }

    /// Whether it can charge for the energies that net metering leaves: those of the first schedule.
    fn can_be_netted(&self, first_schedule: &str) -> bool {
        self.energy_schedule().is_none_or(|schedule| schedule == first_schedule)
    }

    /// Its lines.
    ///
    /// # Errors
    /// Entered quantities that make no sense.
    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()>;

    /// The arithmetic before its lines, for who lays the bill beside a paper bill. Each code has words
    /// `step.<code>`.
    fn steps(&self, _account: &Account<'_>) -> Vec<Step> {
        Vec::new()
    }

    /// Price of one more kWh in a period of its schedule; `None` where the kind prices no energy by period.
    fn marginal(&self, _component: &Component, _account: &Account<'_>, _period: &str) -> Option<Decimal> {
        None
    }

    /// Adds its price of one more kWh to every interval of these days, where it is an interval's own.
    fn add_interval_prices(
        &self,
        _component: &Component,
        _account: &Account<'_>,
        _readings: &Readings,
        _days: &[Day],
        _prices: &mut [f64],
    ) {
    }

    /// Whether it can charge less for more energy.
    fn may_fall(&self) -> bool {
        false
    }

    /// Whether what it measures depends on the contract.
    fn measures_by_contract(&self) -> bool {
        false
    }

    /// Schedule by which it prices energy, where it names one.
    fn energy_schedule(&self) -> Option<&str> {
        None
    }

    /// Whether it charges by calendar months; bills are then split at their ends.
    fn is_monthly(&self) -> bool {
        false
    }

    /// Tables of monthly prices that it takes prices from.
    fn tables(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Price series that it takes prices from.
    fn series(&self) -> Option<&str> {
        None
    }
}

/// Where a component stands while a tariff is checked.
pub(crate) struct Place<'a> {
    /// Components before it.
    pub(crate) before: &'a [Component],
    /// All components of the version.
    pub(crate) all: &'a [Component],
    /// Schedules of the version, by id.
    pub(crate) schedules: &'a [(String, Plans, BTreeMap<String, Decimal>)],
    /// Tables of monthly prices.
    pub(crate) tables: &'a PriceTables,
}

impl Place<'_> {
    /// The schedule of this id, or the first where none is named.
    pub(crate) fn schedule(&self, id: Option<&str>) -> Checked<&(String, Plans, BTreeMap<String, Decimal>)> {
        let found = match id {
            None => self.schedules.first(),
            Some(id) => self.schedules.iter().find(|(known, ..)| known == id),
        };
        found.ok_or_else(|| {
            let known = self.schedules.iter().map(|(id, ..)| id.as_str());
            let near = crate::error::nearest(id.unwrap_or_default(), known.clone());
            let list: Vec<&str> =
                if near.is_empty() { known.collect() } else { near.iter().map(String::as_str).collect() };
            (
                "schedule".to_owned(),
                format!("no schedule is named {:?}; there are: {}", id.unwrap_or_default(), list.join(", ")),
            )
        })
    }

    /// Checks that names are periods of the schedule.
    pub(crate) fn check_periods<'p>(
        &self,
        field: &str,
        schedule: Option<&str>,
        periods: impl Iterator<Item = &'p String>,
    ) -> Checked {
        let (_, plans, _) = self.schedule(schedule)?;
        for period in periods {
            if !plans.names().contains(period) {
                let near = crate::error::nearest(period, plans.names().iter().map(String::as_str));
                let list = if near.is_empty() { plans.names().join(", ") } else { near.join(", ") };
                return Err((format!("{field}.{period}"), format!("no window has this period; near names: {list}")));
            }
        }
        Ok(())
    }

    /// Checks that a table of monthly prices is there.
    pub(crate) fn check_table(&self, field: &str, name: &str) -> Checked {
        if self.tables.contains_key(name) {
            return Ok(());
        }
        let near = crate::error::nearest(name, self.tables.keys().map(String::as_str));
        let hint = if near.is_empty() { String::new() } else { format!("; near names: {}", near.join(", ")) };
        Err((
            field.to_owned(),
            format!(
                "the tariff's price_tables have none named {name:?}{hint}; declare it there, with no month yet if need be"
            ),
        ))
    }

    /// Checks that names are components before this one or parts of their prices.
    pub(crate) fn check_components_or_parts(&self, field: &str, names: &[String]) -> Checked {
        let parts: Vec<&str> = self.before.iter().flat_map(|one| one.charge.part_names()).collect();
        let components: Vec<String> = names.iter().filter(|name| !parts.contains(&name.as_str())).cloned().collect();
        self.check_components(field, &components)
    }

    /// Checks that names are components before this one.
    pub(crate) fn check_components(&self, field: &str, names: &[String]) -> Checked {
        let known = || self.before.iter().map(|one| one.id.as_str());
        match names.iter().find(|name| !known().any(|id| id == name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let near = crate::error::nearest(name, known()).join(", ");
                Err((field.to_owned(), format!("no component before it is named {name:?}; near names: {near}")))
            }
        }
    }
}

/// Percentages beyond this, either way, are taken for a slip.
const MAX_PERCENT: Decimal = Decimal::ONE_HUNDRED;

/// A percentage is no slip; it may be negative.
pub(crate) fn check_percent(percent: Decimal) -> std::result::Result<(), String> {
    if percent.abs() > MAX_PERCENT {
        return Err(format!("found {percent}, expected percent from -{MAX_PERCENT} to {MAX_PERCENT}"));
    }
    Ok(())
}

/// A price is zero or more and no slip.
pub(crate) fn check_price(price: Decimal) -> std::result::Result<(), String> {
    if price.is_sign_negative() && !price.is_zero() {
        return Err(format!("found {price}, expected zero or more"));
    }
    if price > MAX_PRICE {
        return Err(format!("found {price}, expected at most {MAX_PRICE} a unit"));
    }
    Ok(())
}

/// Checks several prices with their fields.
pub(crate) fn check_prices<'p>(prices: impl IntoIterator<Item = (String, &'p Decimal)>) -> Checked {
    prices.into_iter().try_for_each(|(field, price)| check_price(*price).map_err(|problem| (field, problem)))
}

/// Checks that names are months.
pub(crate) fn check_months<'m>(field: &str, months: impl IntoIterator<Item = &'m String>) -> Checked {
    match months.into_iter().find(|month| !crate::site::is_month(month)) {
        None => Ok(()),
        Some(month) => Err((format!("{field}.{month}"), "is no month, expected e.g. \"2026-08\"".to_owned())),
    }
}
