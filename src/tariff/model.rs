//! A tariff as data: a list of typed components with source, dates in force and certainty.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::schedule::{PeriodTable, Periods};
use crate::error::{Error, ErrorKind, Result, nearest};

/// A text in English and Chinese.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// How certain a price or a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Follows from real bills or other numbers by calculation.
    Proved,
    /// Stands in a document that is named.
    Stated,
    /// Taken over from elsewhere without proof for this tariff.
    Assumed,
}

/// The dates that a tariff is in force, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// First date.
    pub from: Date,
    /// First date after it; open where left out.
    #[serde(default)]
    pub until: Option<Date>,
}

/// A price per kWh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyCharge {
    /// Name within the tariff.
    pub id: String,
    /// Words for the line.
    pub name: Words,
    /// Price \[currency/kWh\]; null in a template, to be given before billing.
    #[serde(default)]
    pub price: Option<Decimal>,
    /// Whether the price is multiplied by the period's factor.
    #[serde(default)]
    pub floats: bool,
    /// Document or bill that the price comes from.
    pub source: String,
    /// How certain the price is.
    pub certainty: Certainty,
}

/// The basic charge of a two-part tariff (基本电费), by the contract's billing mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicCharge {
    /// Name within the tariff.
    pub id: String,
    /// Words for the line.
    pub name: Words,
    /// Price by capacity \[currency/kVA a month\].
    pub capacity_price: Decimal,
    /// How certain the capacity price is.
    pub capacity_certainty: Certainty,
    /// Price by demand \[currency/kW a month\].
    pub demand_price: Decimal,
    /// How certain the demand price is.
    pub demand_certainty: Certainty,
    /// Smallest share of the capacity that a contract demand is billed as.
    pub contract_floor_share: Decimal,
    /// Share of the contract demand above which the overrun price holds.
    pub overrun_share: Decimal,
    /// What the demand price is multiplied by above it.
    pub overrun_factor: Decimal,
    /// Averaging window of the demand \[s\].
    pub demand_window_s: i64,
    /// Document that the prices come from.
    pub source: String,
}

/// The power-factor adjustment (力调电费) on the lines before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerFactorAdjustment {
    /// Name within the tariff.
    pub id: String,
    /// Words for the line.
    pub name: Words,
    /// Components that are left out of the base.
    pub excludes: Vec<String>,
    /// Document that decrees it.
    pub source: String,
    /// How certain it is.
    pub certainty: Certainty,
}

/// One component of a tariff. New kinds of charge are new variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Component {
    /// A price per kWh.
    Energy(EnergyCharge),
    /// The basic charge of a two-part tariff.
    Basic(BasicCharge),
    /// The power-factor adjustment.
    PowerFactor(PowerFactorAdjustment),
}

impl Component {
    /// Name within the tariff.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Energy(one) => &one.id,
            Self::Basic(one) => &one.id,
            Self::PowerFactor(one) => &one.id,
        }
    }

    /// Words for its lines.
    #[must_use]
    pub fn name(&self) -> &Words {
        match self {
            Self::Energy(one) => &one.name,
            Self::Basic(one) => &one.name,
            Self::PowerFactor(one) => &one.name,
        }
    }
}

/// The JSON of a tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Version of this format.
    pub schema: u32,
    /// Name in the library, lower case with dashes.
    pub id: String,
    /// Title.
    pub name: Words,
    /// ISO 4217 code.
    pub currency: String,
    /// Dates in force.
    pub in_force: InForce,
    /// Certainty of the whole: that of its least certain part that every bill needs.
    pub certainty: Certainty,
    /// Where it comes from.
    pub source: String,
    /// What a user has to know.
    #[serde(default)]
    pub notes: Vec<Words>,
    /// Time-of-use periods; without them the whole year is one.
    #[serde(default)]
    pub periods: Option<Periods>,
    /// Components in the order of the bill.
    pub components: Vec<Component>,
}

/// A checked tariff.
///
/// ```
/// let tariff = wattlens::tariff::load("cn-fujian-two-part-1-10kv-2025-08")?;
/// assert_eq!(tariff.sheet().currency, "CNY");
/// assert_eq!(tariff.period_names(), ["peak", "valley", "flat", "sharp"]);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tariff {
    sheet: Arc<Sheet>,
    table: Arc<PeriodTable>,
    assumed_in_force: bool,
}

/// Version of the tariff format that this crate reads.
pub const SCHEMA: u32 = 1;

/// Prices and factors above this are taken for a slip; no product of a bill overflows below it.
const MAX_PRICE: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

impl Tariff {
    /// A tariff from its JSON; `origin` is the file or name used in messages.
    ///
    /// # Errors
    /// Names the field: JSON that does not parse, unknown fields (with near names), negative prices,
    /// gaps and overlaps of periods, a floating price without factors, names used twice, references
    /// to components that are not there, dates that end before they start.
    pub fn from_json(text: &str, origin: &str) -> Result<Self> {
        let mut parser = serde_json::Deserializer::from_str(text);
        let sheet: Sheet = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
            let path = error.path().to_string();
            let field = (path != ".").then_some(path);
            fail(origin, field, explain(&error.inner().to_string()))
        })?;
        parser.end().map_err(|error| fail(origin, None, error.to_string()))?;
        Self::from_sheet(sheet)
    }

    /// A tariff from its parts.
    ///
    /// # Errors
    /// As [`Tariff::from_json`].
    pub fn from_sheet(sheet: Sheet) -> Result<Self> {
        let bad = |field: String, problem: String| Err(fail(&sheet.id, Some(field), problem));
        if sheet.schema != SCHEMA {
            return bad("schema".to_owned(), format!("found {}, this wattlens reads {SCHEMA}", sheet.schema));
        }
        if let Some(until) = sheet.in_force.until
            && until <= sheet.in_force.from
        {
            return bad("in_force".to_owned(), format!("until {until} is not after from {}", sheet.in_force.from));
        }
        if sheet.components.is_empty() {
            return bad("components".to_owned(), "found none, expected at least one".to_owned());
        }
        let table = match &sheet.periods {
            None => PeriodTable::single("all"),
            Some(periods) => match PeriodTable::of(periods) {
                Ok(table) => table,
                Err((field, problem)) => return bad(field, problem),
            },
        };
        if let Some(periods) = &sheet.periods {
            for (period, factor) in &periods.factors {
                let field = format!("periods.factors.{period}");
                if (factor.is_sign_negative() && !factor.is_zero()) || *factor > MAX_PRICE {
                    return bad(field, format!("found {factor}, expected zero to {MAX_PRICE}"));
                }
                if !table.names.contains(period) {
                    let near = nearest(period, table.names.iter().map(String::as_str));
                    return bad(field, format!("no window has this period; near names: {}", near.join(", ")));
                }
            }
        }
        for (at, component) in sheet.components.iter().enumerate() {
            let field = |name: &str| format!("components[{at}].{name}");
            if sheet.components[..at].iter().any(|other| other.id() == component.id()) {
                return bad(field("id"), format!("{:?} is used twice", component.id()));
            }
            let prices: Vec<(&str, Option<Decimal>)> = match component {
                Component::Energy(one) => vec![("price", one.price)],
                Component::Basic(one) => vec![
                    ("capacity_price", Some(one.capacity_price)),
                    ("demand_price", Some(one.demand_price)),
                    ("contract_floor_share", Some(one.contract_floor_share)),
                    ("overrun_share", Some(one.overrun_share)),
                    ("overrun_factor", Some(one.overrun_factor)),
                ],
                Component::PowerFactor(_) => Vec::new(),
            };
            for (name, price) in prices {
                if let Some(price) = price {
                    if price.is_sign_negative() && !price.is_zero() {
                        return bad(field(name), format!("found {price}, expected zero or more"));
                    }
                    if price > MAX_PRICE {
                        return bad(field(name), format!("found {price}, expected at most {MAX_PRICE} a unit"));
                    }
                }
            }
            match component {
                Component::Energy(one) if one.floats => {
                    let factors = sheet.periods.as_ref().map(|periods| &periods.factors);
                    let without = table.names.iter().find(|name| factors.is_none_or(|f| !f.contains_key(*name)));
                    if let Some(name) = without {
                        return bad(field("floats"), format!("period {name:?} has no factor in periods.factors"));
                    }
                }
                Component::Basic(one) if one.demand_window_s <= 0 => {
                    return bad(field("demand_window_s"), format!("found {}, expected seconds", one.demand_window_s));
                }
                Component::PowerFactor(one) => {
                    let known = || sheet.components[..at].iter().map(Component::id);
                    if let Some(name) = one.excludes.iter().find(|name| !known().any(|id| id == name.as_str())) {
                        let near = nearest(name, known());
                        return bad(
                            field("excludes"),
                            format!("no component before it is named {name:?}; near names: {}", near.join(", ")),
                        );
                    }
                }
                Component::Energy(_) | Component::Basic(_) => {}
            }
        }
        Ok(Self { sheet: Arc::new(sheet), table: Arc::new(table), assumed_in_force: false })
    }

    /// Its JSON fields.
    #[must_use]
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    pub(crate) fn table(&self) -> &PeriodTable {
        &self.table
    }

    /// Periods in the order of first appearance.
    #[must_use]
    pub fn period_names(&self) -> &[String] {
        &self.table.names
    }

    /// The component of the basic charge, if there is one.
    #[must_use]
    pub fn basic_charge(&self) -> Option<&BasicCharge> {
        self.sheet.components.iter().find_map(|component| match component {
            Component::Basic(one) => Some(one),
            _ => None,
        })
    }

    /// Whether it has a power-factor adjustment.
    #[must_use]
    pub fn has_power_factor_adjustment(&self) -> bool {
        self.sheet.components.iter().any(|component| matches!(component, Component::PowerFactor(_)))
    }

    /// The same tariff, billed for any date as if it were in force; every bill then says so.
    #[must_use]
    pub fn assume_in_force(&self) -> Self {
        Self { assumed_in_force: true, ..self.clone() }
    }

    /// Whether dates outside those in force are billed.
    #[must_use]
    pub fn is_assumed_in_force(&self) -> bool {
        self.assumed_in_force
    }

    /// Components whose price has to be given before billing.
    #[must_use]
    pub fn missing_prices(&self) -> Vec<&str> {
        self.sheet
            .components
            .iter()
            .filter_map(|component| match component {
                Component::Energy(one) if one.price.is_none() => Some(one.id.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The same tariff with these energy prices \[currency/kWh\] by component id; they count as given by
    /// the user.
    ///
    /// # Errors
    /// An id that is no energy component, a negative price.
    pub fn with_prices(&self, prices: &BTreeMap<String, Decimal>) -> Result<Self> {
        let mut sheet = (*self.sheet).clone();
        for (id, price) in prices {
            let component = sheet.components.iter_mut().find_map(|component| match component {
                Component::Energy(one) if one.id == *id => Some(one),
                _ => None,
            });
            let Some(component) = component else {
                let ids = self.sheet.components.iter().filter_map(|component| match component {
                    Component::Energy(one) => Some(one.id.as_str()),
                    _ => None,
                });
                let near = ids.collect::<Vec<_>>().join(", ");
                return Err(fail(
                    &self.sheet.id,
                    Some(id.clone()),
                    format!("is no energy price here; there are: {near}"),
                ));
            };
            component.price = Some(*price);
            component.source = "given by the user".to_owned();
        }
        let assumed_in_force = self.assumed_in_force;
        Ok(Self { assumed_in_force, ..Self::from_sheet(sheet)? })
    }

    /// Whether a part of `[from, until)` lies outside the dates in force.
    #[must_use]
    pub fn is_outside(&self, from: Date, until: Date) -> bool {
        let force = self.sheet.in_force;
        from < force.from || force.until.is_some_and(|end| until > end)
    }

    /// Checks that `[from, until)` lies within the dates in force.
    ///
    /// # Errors
    /// Says both and how to bill all the same; prices that are still to be given.
    pub(crate) fn check_usable(&self, from: Date, until: Date) -> Result<()> {
        let missing = self.missing_prices();
        if !missing.is_empty() {
            let example = missing.iter().map(|id| format!("{id}=…")).collect::<Vec<_>>().join(", ");
            return Err(fail(
                &self.sheet.id,
                None,
                format!(
                    "is a template: the month's {} must be given first, with_prices({example}) in {}/kWh",
                    missing.join(", "),
                    self.sheet.currency
                ),
            ));
        }
        let force = self.sheet.in_force;
        if !self.assumed_in_force && self.is_outside(from, until) {
            let end = force.until.map_or_else(|| "open end".to_owned(), |end| format!("before {end}"));
            return Err(fail(
                &self.sheet.id,
                Some("in_force".to_owned()),
                format!(
                    "is in force from {} to {end}, the bill runs from {from} to before {until}; \
                     take the tariff of those dates, or tariff.assume_in_force() to bill as if it were in force",
                    force.from
                ),
            ));
        }
        Ok(())
    }

    /// Price of one more kWh in each period \[currency/kWh\], in the order of [`Tariff::period_names`]:
    /// the sum of the energy components.
    ///
    /// # Errors
    /// Prices that are still to be given.
    pub fn period_prices(&self) -> Result<Vec<Decimal>> {
        let force = self.sheet.in_force;
        self.assume_in_force().check_usable(force.from, force.from)?;
        Ok(self
            .table
            .names
            .iter()
            .map(|period| {
                let factor = self.factor(period);
                self.sheet
                    .components
                    .iter()
                    .filter_map(|component| match component {
                        Component::Energy(one) => {
                            one.price.map(|price| if one.floats { price * factor } else { price })
                        }
                        _ => None,
                    })
                    .sum()
            })
            .collect())
    }

    pub(crate) fn factor(&self, period: &str) -> Decimal {
        self.sheet.periods.as_ref().and_then(|periods| periods.factors.get(period)).copied().unwrap_or(Decimal::ONE)
    }
}

pub(crate) fn fail(tariff: &str, field: Option<String>, problem: String) -> Error {
    ErrorKind::Tariff { tariff: tariff.to_owned(), field, problem }.into()
}

/// Adds the near name to serde's message about an unknown field or variant.
fn explain(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next() {
        Some(found) if message.starts_with("unknown") => {
            let near = nearest(found, quoted);
            if near.is_empty() { message.to_owned() } else { format!("{message}; near names: {}", near.join(", ")) }
        }
        _ => message.to_owned(),
    }
}
