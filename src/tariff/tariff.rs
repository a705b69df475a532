//! A checked tariff: from its JSON to versions that can bill.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::check::{check, check_sense};
use super::component::{BasicCharge, Charge};
use super::schedule::Plans;
use super::series::PriceSeries;
use super::sheet::{Component, InForce, Sheet};
use crate::error::{Error, ErrorKind, Result};
use crate::site::is_month;

/// Version of the tariff format that this crate reads.
pub const SCHEMA: u32 = 2;

/// What a user gave beside the JSON: days of triggers, price series, and leave to bill other dates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// Days on which each trigger holds.
    pub event_days: BTreeMap<String, BTreeSet<Date>>,
    /// Days of which it is known whether the trigger holds; all days where it is not here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub known_days: BTreeMap<String, BTreeSet<Date>>,
    /// Price series by name.
    pub series: BTreeMap<String, PriceSeries>,
    /// Whether dates outside those in force are billed as if they were within.
    pub assumed_in_force: bool,
}

/// A version with its schedules worked out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VersionInForce {
    /// Position in the sheet.
    pub(crate) at: usize,
    /// Dates in force.
    pub(crate) in_force: InForce,
    /// Schedules with their plans and factors, in the order of the sheet; never empty.
    pub(crate) schedules: Schedules,
}

/// Schedules by id with their plans and factors.
pub(crate) type Schedules = Vec<(String, Plans, BTreeMap<String, Decimal>)>;

impl VersionInForce {
    /// The plans of a schedule, of the first where none is named.
    pub(crate) fn plans(&self, schedule: Option<&str>) -> Option<&Plans> {
        self.schedule(schedule).map(|(_, plans, _)| plans)
    }

    /// Factors of a schedule, of the first where none is named.
    pub(crate) fn factors(&self, schedule: Option<&str>) -> Option<&BTreeMap<String, Decimal>> {
        self.schedule(schedule).map(|(_, _, factors)| factors)
    }

    /// Factor of a period on prices that float.
    pub(crate) fn factor(&self, schedule: Option<&str>, period: &str) -> Decimal {
        self.factors(schedule).and_then(|factors| factors.get(period)).copied().unwrap_or(Decimal::ONE)
    }

    fn schedule(&self, id: Option<&str>) -> Option<&(String, Plans, BTreeMap<String, Decimal>)> {
        match id {
            None => self.schedules.first(),
            Some(id) => self.schedules.iter().find(|(known, ..)| known == id),
        }
    }

    /// Periods of the first schedule, by which energy is entered.
    pub(crate) fn period_names(&self) -> &[String] {
        self.schedules.first().map_or(&[], |(_, plans, _)| plans.names())
    }
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
    versions: Arc<[VersionInForce]>,
    given: Arc<Given>,
}

impl Tariff {
    /// A tariff from its JSON; `origin` is the file or name used in messages.
    ///
    /// # Errors
    /// The first of [`Tariff::problems`] with its field and its place: JSON that does not parse, unknown fields (with
    /// near names), negative prices, gaps and overlaps of periods, a floating price without factors, names used twice,
    /// references to components that are not there, versions that overlap or end before they start.
    pub fn from_json(text: &str, origin: &str) -> Result<Self> {
        match check(text) {
            Ok((sheet, versions)) => Ok(Self::checked(sheet, versions)),
            Err(problems) => {
                let others = match problems.len() {
                    0 | 1 => String::new(),
                    2 => "; there is one more problem, which Tariff.check lists".to_owned(),
                    more => format!("; there are {} more problems, which Tariff.check lists", more - 1),
                };
                let first = problems.into_iter().next().unwrap_or_default();
                let place = match (first.line, first.column) {
                    (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
                    _ => String::new(),
                };
                Err(fail(origin, first.field, format!("{}{place}{others}", first.problem)))
            }
        }
    }

    /// A tariff from its parts.
    ///
    /// # Errors
    /// As [`Tariff::from_json`].
    pub fn from_sheet(sheet: Sheet) -> Result<Self> {
        let (versions, wrong) = check_sense(&sheet);
        match wrong.into_iter().next() {
            None => Ok(Self::checked(sheet, versions)),
            Some((field, problem)) => Err(fail(&sheet.id, Some(field), problem)),
        }
    }

    fn checked(sheet: Sheet, versions: Vec<VersionInForce>) -> Self {
        Self { sheet: Arc::new(sheet), versions: versions.into(), given: Arc::default() }
    }

    /// Its JSON fields.
    #[must_use]
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// What was given beside the JSON.
    #[must_use]
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// The same tariff with what was given beside the JSON.
    ///
    /// # Errors
    /// Event days of a trigger, or prices of a series, that the tariff does not have; a series that makes no sense.
    pub fn with_given(&self, given: Given) -> Result<Self> {
        let known = || self.sheet.triggers.iter().map(|trigger| trigger.id.as_str());
        if let Some(unknown) = given.event_days.keys().find(|id| !known().any(|known| known == id.as_str())) {
            let list = known().collect::<Vec<_>>().join(", ");
            return Err(fail(&self.sheet.id, Some(unknown.clone()), format!("is no trigger here; there are: {list}")));
        }
        for (name, series) in &given.series {
            let field = |inside: &str| Some(format!("series.{name}{inside}"));
            if !self.series_names().contains(name.as_str()) {
                let list = self.series_names().into_iter().collect::<Vec<_>>().join(", ");
                return Err(fail(
                    &self.sheet.id,
                    field(""),
                    format!("no component has this series; there are: {list}"),
                ));
            }
            series.check().map_err(|(inside, problem)| fail(&self.sheet.id, field(&format!(".{inside}")), problem))?;
        }
        Ok(Self { given: Arc::new(given), ..self.clone() })
    }

    /// Price series that components take prices from.
    #[must_use]
    pub fn series_names(&self) -> BTreeSet<&str> {
        self.all_components().filter_map(|one| one.charge.kind().series()).collect()
    }

    /// The same tariff with the prices of a series.
    ///
    /// # Errors
    /// A name that no component has; a step or prices that make no sense.
    ///
    /// ```
    /// use wattlens::tariff::{PriceSeries, Tariff};
    /// let tariff = Tariff::from_json(r#"{"schema": 2, "id": "spot", "name": {"en": "Spot", "zh": "现货"},
    ///     "currency": "CNY", "certainty": "stated", "source": "contract", "versions": [{
    ///         "in_force": {"from": "2026-01-01"}, "components": [{
    ///             "id": "spot", "name": {"en": "Spot", "zh": "现货"}, "source": "exchange", "certainty": "stated",
    ///             "charge": {"energy_series": {"series": "day_ahead", "adder": "0.02"}}}]}]}"#, "spot.json")?;
    /// let hours = PriceSeries { start: 1_767_196_800, step_s: 3600, prices: vec![0.31, 0.29, -0.05] };
    /// assert!(tariff.with_series("day_ahead", hours.clone()).is_ok());
    /// assert!(tariff.with_series("dayahead", hours).unwrap_err().to_string().contains("day_ahead"));
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn with_series(&self, name: &str, series: PriceSeries) -> Result<Self> {
        let mut given = (*self.given).clone();
        given.series.insert(name.to_owned(), series);
        self.with_given(given)
    }

    /// The version in force on a date: where there is none, the nearest one that began before, or the first.
    pub(crate) fn version_on(&self, date: Date) -> &VersionInForce {
        let after = self.versions.partition_point(|version| version.in_force.from <= date);
        &self.versions[after.saturating_sub(1)]
    }

    /// The latest version.
    pub(crate) fn latest(&self) -> &VersionInForce {
        &self.versions[self.versions.len() - 1]
    }

    pub(crate) fn versions(&self) -> &[VersionInForce] {
        &self.versions
    }

    pub(crate) fn components(&self, version: &VersionInForce) -> &[Component] {
        &self.sheet.versions[version.at].components
    }

    /// Positions of the versions that `[from, until)` touches, ascending.
    pub(crate) fn versions_between(&self, from: Date, until: Date) -> Vec<usize> {
        let mut versions: Vec<usize> = self.split(from, until).iter().map(|part| self.version_on(part.0).at).collect();
        versions.dedup();
        versions
    }

    /// Components of the versions that `[from, until)` touches.
    pub(crate) fn components_between(&self, from: Date, until: Date) -> impl Iterator<Item = &Component> {
        self.versions_between(from, until).into_iter().flat_map(|at| &self.sheet.versions[at].components)
    }

    /// The same tariff with components edited, by position of the version; schedules stay as they are. Unchecked:
    /// for a look at what a bill would be.
    pub(crate) fn with_components(&self, mut edit: impl FnMut(usize, &mut Vec<Component>)) -> Self {
        let mut sheet = (*self.sheet).clone();
        sheet.versions.iter_mut().enumerate().for_each(|(at, version)| edit(at, &mut version.components));
        Self { sheet: Arc::new(sheet), ..self.clone() }
    }

    /// Every component of every version.
    fn all_components(&self) -> impl Iterator<Item = &Component> {
        self.sheet.versions.iter().flat_map(|version| &version.components)
    }

    /// Periods of the latest version's first schedule, in the order of first appearance.
    #[must_use]
    pub fn period_names(&self) -> &[String] {
        self.latest().period_names()
    }

    /// The basic charge of the version in force on a date, if there is one.
    #[must_use]
    pub fn basic_charge_on(&self, date: Date) -> Option<&BasicCharge> {
        self.components(self.version_on(date)).iter().find_map(|component| match &component.charge {
            Charge::Basic(one) => Some(one),
            _ => None,
        })
    }

    /// Whether a version has a power-factor adjustment.
    #[must_use]
    pub fn has_power_factor_adjustment(&self) -> bool {
        self.all_components().any(|component| matches!(component.charge, Charge::PowerFactor(_)))
    }

    /// What the tariff can need of a contract and readings, as codes of [`crate::finding::NEEDS`].
    #[must_use]
    pub fn needs(&self) -> Vec<&'static str> {
        let needs: BTreeSet<_> = self.all_components().flat_map(|one| one.charge.kind().needs()).copied().collect();
        needs.into_iter().collect()
    }

    /// The same tariff, billed for any date as if it were in force; every bill then says so.
    #[must_use]
    pub fn assume_in_force(&self) -> Self {
        Self { given: Arc::new(Given { assumed_in_force: true, ..(*self.given).clone() }), ..self.clone() }
    }

    /// Whether dates outside those in force are billed.
    #[must_use]
    pub fn is_assumed_in_force(&self) -> bool {
        self.given.assumed_in_force
    }

    /// Components of the latest version whose price, and tables of which every price, has to be given before billing.
    #[must_use]
    pub fn missing_prices(&self) -> Vec<String> {
        let components = self.components(self.latest()).iter();
        let mut names: Vec<String> = Vec::new();
        let lacking = components.clone().flat_map(|one| one.charge.kind().lacks(one, &[]));
        for lacking in lacking {
            let name = lacking.split_once(" of ").map_or(lacking.as_str(), |(name, _)| name);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        for table in components.flat_map(|one| one.charge.kind().tables()) {
            let is_empty = self.sheet.price_tables.get(table).is_none_or(BTreeMap::is_empty);
            if is_empty && !names.iter().any(|known| known == table) {
                names.push(table.to_owned());
            }
        }
        names
    }

    /// The same tariff with these energy prices \[currency/kWh\]: by component id or part of a price, in every version
    /// that has it, or by month for one of its price tables; they count as given by the user. Prices that are listed by
    /// period are given by period.
    ///
    /// # Errors
    /// An id that is no energy component and no price table, a negative price, a month that is none.
    pub fn with_prices(&self, prices: &BTreeMap<String, GivenPrice>) -> Result<Self> {
        let mut sheet = (*self.sheet).clone();
        for (id, price) in prices {
            let mut is_known = false;
            for component in sheet.versions.iter_mut().flat_map(|version| &mut version.components) {
                if let Charge::ComposedEnergy(composed) = &mut component.charge
                    && composed.give(&component.id, id, price)
                {
                    is_known = true;
                    if component.id == *id {
                        component.source = "given by the user".to_owned();
                    }
                }
                if component.id == *id
                    && let Some(energy) = component.charge.energy_price_mut()
                {
                    is_known = true;
                    match price {
                        GivenPrice::Always(price) => energy.price = Some(*price),
                        GivenPrice::ByKey(by_key) => {
                            for (key, price) in by_key {
                                let prices = if is_month(key) { &mut energy.by_month } else { &mut energy.by_period };
                                prices.insert(key.clone(), *price);
                            }
                        }
                    }
                    component.source = "given by the user".to_owned();
                }
            }
            match (sheet.price_tables.get_mut(id), price) {
                (Some(table), GivenPrice::ByKey(by_month)) => table.extend(by_month.clone()),
                (Some(_), GivenPrice::Always(_)) => {
                    let problem = "is a table of monthly prices; give them by month, e.g. {\"2026-08\": …}".to_owned();
                    return Err(fail(&self.sheet.id, Some(id.clone()), problem));
                }
                (None, _) if is_known => {}
                (None, _) => {
                    let ids = self.all_components().flat_map(price_names);
                    let ids = ids.chain(sheet.price_tables.keys().map(String::as_str));
                    let list = ids.collect::<BTreeSet<&str>>().into_iter().collect::<Vec<_>>().join(", ");
                    return Err(fail(
                        &self.sheet.id,
                        Some(id.clone()),
                        format!("is no energy price here; there are: {list}"),
                    ));
                }
            }
        }
        Ok(Self { given: Arc::clone(&self.given), ..Self::from_sheet(sheet)? })
    }

    /// Whether a part of `[from, until)` lies outside the dates in force.
    #[must_use]
    pub fn is_outside(&self, from: Date, until: Date) -> bool {
        let mut reached = from;
        for version in self.versions.iter() {
            if version.in_force.from > reached {
                break;
            }
            reached = version.in_force.until.map_or(until, |end| end.max(reached));
        }
        reached < until
    }

    /// `[from, until)` split where another version begins, and at the months where prices are a month's.
    pub(crate) fn split(&self, from: Date, until: Date) -> Vec<(Date, Date)> {
        let mut cuts: BTreeSet<Date> = self.versions.iter().skip(1).map(|version| version.in_force.from).collect();
        if self.all_components().any(|one| one.charge.kind().is_monthly()) {
            let mut month = from.first_of_month();
            while let Ok(next) = month.last_of_month().tomorrow()
                && next < until
            {
                cuts.insert(next);
                month = next;
            }
        }
        let inside = cuts.into_iter().filter(|cut| from < *cut && *cut < until);
        let edges: Vec<Date> = [from].into_iter().chain(inside).chain([until]).collect();
        edges.windows(2).map(|edge| (edge[0], edge[1])).collect()
    }

    /// Checks that `[from, until)` lies within the dates in force and that every price is there.
    ///
    /// # Errors
    /// Says both and how to bill all the same; prices and price series that are still to be given.
    pub(crate) fn check_usable(&self, from: Date, until: Date) -> Result<()> {
        let mut lacks: Vec<String> = Vec::new();
        for (part_from, part_until) in self.split(from, until.max(from)) {
            let months = months_touched(part_from, part_until);
            for component in self.components(self.version_on(part_from)) {
                let kind = component.charge.kind();
                let of_tables = kind.tables().into_iter().flat_map(|table| self.lacking_months(table, &months));
                for lacking in kind.lacks(component, &months).into_iter().chain(of_tables) {
                    if !lacks.contains(&lacking) {
                        lacks.push(lacking);
                    }
                }
            }
        }
        if !lacks.is_empty() {
            let example = example_of(&lacks);
            return Err(fail(
                &self.sheet.id,
                None,
                format!(
                    "is a template: the month's {} must be given first, with_prices({example}) in {}/kWh",
                    lacks.join(", "),
                    self.sheet.currency
                ),
            ));
        }
        if !self.is_assumed_in_force() && self.is_outside(from, until) {
            let spans: Vec<String> = self
                .versions
                .iter()
                .map(|version| {
                    let InForce { from, until } = version.in_force;
                    let end = until.map_or_else(|| "open end".to_owned(), |end| format!("before {end}"));
                    format!("from {from} to {end}")
                })
                .collect();
            return Err(fail(
                &self.sheet.id,
                Some("in_force".to_owned()),
                format!(
                    "is in force {}, the bill runs from {from} to before {until}; \
                     take the tariff of those dates, or tariff.assume_in_force() to bill as if it were in force",
                    spans.join(" and ")
                ),
            ));
        }
        Ok(())
    }

    /// Months that a price table lacks, as `agency_purchase of 2026-02`.
    fn lacking_months(&self, table: &str, months: &[String]) -> Vec<String> {
        let known = self.sheet.price_tables.get(table);
        let absent = months.iter().filter(|month| known.is_none_or(|known| !known.contains_key(*month)));
        absent.map(|month| format!("{table} of {month}")).collect()
    }
}

/// A price that a user gives: one number, or one a month (`2026-08`) or a period (`peak`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GivenPrice {
    /// One price.
    Always(Decimal),
    /// By month or by period.
    ByKey(BTreeMap<String, Decimal>),
}

/// Names by which the prices of a component are given.
fn price_names(component: &Component) -> Vec<&str> {
    match &component.charge {
        Charge::ComposedEnergy(composed) => composed.names(&component.id).collect(),
        charge if charge.has_energy_price() => vec![&component.id],
        _ => Vec::new(),
    }
}

/// How the lacking prices are given: `purchase=…, energy={"peak": …, "flat": …}`.
fn example_of(lacks: &[String]) -> String {
    let mut calls: Vec<(&str, Vec<&str>)> = Vec::new();
    for lacking in lacks {
        let (name, key) = lacking.split_once(" of ").map_or((lacking.as_str(), None), |(name, key)| (name, Some(key)));
        match calls.iter_mut().find(|(known, _)| *known == name) {
            Some((_, keys)) => keys.extend(key),
            None => calls.push((name, key.into_iter().collect())),
        }
    }
    let call = |(name, keys): &(&str, Vec<&str>)| match keys.as_slice() {
        [] => format!("{name}=…"),
        keys => format!("{name}={{{}}}", keys.iter().map(|key| format!("{key:?}: …")).collect::<Vec<_>>().join(", ")),
    };
    calls.iter().map(call).collect::<Vec<_>>().join(", ")
}

/// Months that `[from, until)` touches, `2025-08`.
fn months_touched(from: Date, until: Date) -> Vec<String> {
    let mut months = Vec::new();
    let mut month = from.first_of_month();
    while month < until.max(from.saturating_add(jiff::Span::new().days(1))) {
        months.push(month.strftime("%Y-%m").to_string());
        let Ok(next) = month.last_of_month().tomorrow() else { break };
        month = next;
    }
    months
}

pub(crate) fn fail(tariff: &str, field: Option<String>, problem: String) -> Error {
    ErrorKind::Tariff { tariff: tariff.to_owned(), field, problem }.into()
}
