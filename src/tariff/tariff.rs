//! A checked tariff: from its JSON to versions that can bill.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::component::{BasicCharge, Charge, Place, check_months, check_price};
use super::price_index::check_signed;
use super::schedule::Plans;
use super::series::PriceSeries;
use super::sheet::{Component, InForce, Sheet, Version};
use crate::error::{Error, ErrorKind, Result, nearest};
use crate::site::is_month;

/// Version of the tariff format that this crate reads.
pub const SCHEMA: u32 = 2;

/// What a user gave beside the JSON: days of triggers, price series, and leave to bill other dates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// Days on which each trigger holds.
    pub event_days: BTreeMap<String, BTreeSet<Date>>,
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
    pub(crate) schedules: Vec<(String, Plans, BTreeMap<String, Decimal>)>,
}

impl VersionInForce {
    /// The plans of a schedule, of the first where none is named.
    pub(crate) fn plans(&self, schedule: Option<&str>) -> Option<&Plans> {
        self.schedule(schedule).map(|(_, plans, _)| plans)
    }

    /// Factor of a period on prices that float.
    pub(crate) fn factor(&self, schedule: Option<&str>, period: &str) -> Decimal {
        self.schedule(schedule).and_then(|(_, _, factors)| factors.get(period)).copied().unwrap_or(Decimal::ONE)
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
    /// Names the field: JSON that does not parse, unknown fields (with near names), negative prices,
    /// gaps and overlaps of periods, a floating price without factors, names used twice, references
    /// to components that are not there, versions that overlap or end before they start.
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
        let bad = |field: &str, problem: String| Err(fail(&sheet.id, Some(field.to_owned()), problem));
        if sheet.schema != SCHEMA {
            return bad("schema", format!("found {}, this wattlens reads {SCHEMA}", sheet.schema));
        }
        if sheet.versions.is_empty() {
            return bad("versions", "found none, expected at least one".to_owned());
        }
        for (name, prices) in &sheet.price_tables {
            let field = format!("price_tables.{name}");
            if sheet.versions.iter().flat_map(|one| &one.components).any(|one| one.id == *name) {
                return bad(&field, "a component has this name too; give the table a name of its own".to_owned());
            }
            let months = check_months(&field, prices.keys());
            let mut priced = prices.iter().map(|(month, price)| check_signed(&format!("{field}.{month}"), *price));
            if let Err((field, problem)) = months.and_then(|()| priced.try_for_each(|one| one)) {
                return bad(&field, problem);
            }
        }
        let mut versions = Vec::with_capacity(sheet.versions.len());
        for (at, version) in sheet.versions.iter().enumerate() {
            let field = format!("versions[{at}].in_force");
            let InForce { from, until } = version.in_force;
            if let Some(until) = until.filter(|until| *until <= from) {
                return bad(&field, format!("until {until} is not after from {from}"));
            }
            if let Some(before) = at.checked_sub(1).and_then(|before| sheet.versions.get(before)) {
                match before.in_force.until {
                    Some(until) if until <= from => {}
                    until => {
                        let until =
                            until.map_or_else(|| "with an open end".to_owned(), |until| format!("before {until}"));
                        return bad(
                            &field,
                            format!(
                                "begins on {from}, the version before it runs from {} to {until}; \
                                     order versions by date and end each before the next",
                                before.in_force.from
                            ),
                        );
                    }
                }
            }
            let (schedules, problem) = check_version(&sheet, version);
            if let Some((field, problem)) = problem {
                return bad(&format!("versions[{at}].{field}"), problem);
            }
            versions.push(VersionInForce { at, in_force: version.in_force, schedules });
        }
        Ok(Self { sheet: Arc::new(sheet), versions: versions.into(), given: Arc::default() })
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

    /// The same tariff with a component in or out of the base of a power-factor adjustment.
    pub(crate) fn with_power_factor_base(&self, adjustment: &str, component: &str, is_in: bool) -> Self {
        self.with_components(|_, components| {
            for one in components.iter_mut().filter(|one| one.id == adjustment) {
                if let Charge::PowerFactor(power_factor) = &mut one.charge {
                    power_factor.excludes.retain(|excluded| excluded != component);
                    if !is_in {
                        power_factor.excludes.push(component.to_owned());
                    }
                }
            }
        })
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
    pub fn missing_prices(&self) -> Vec<&str> {
        let components = self.components(self.latest()).iter();
        let mut missing: Vec<&str> = components
            .clone()
            .filter(|one| !one.charge.kind().lacks(one, &[]).is_empty())
            .map(|one| one.id.as_str())
            .collect();
        for table in components.flat_map(|one| one.charge.kind().tables()) {
            if self.sheet.price_tables.get(table).is_none_or(BTreeMap::is_empty) && !missing.contains(&table) {
                missing.push(table);
            }
        }
        missing
    }

    /// The same tariff with these energy prices \[currency/kWh\]: by component id, in every version that has the
    /// component, or by month for one of its price tables; they count as given by the user.
    ///
    /// # Errors
    /// An id that is no energy component and no price table, a negative price, a month that is none.
    pub fn with_prices(&self, prices: &BTreeMap<String, GivenPrice>) -> Result<Self> {
        let mut sheet = (*self.sheet).clone();
        for (id, price) in prices {
            let mut is_known = false;
            for component in sheet.versions.iter_mut().flat_map(|version| &mut version.components) {
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
                    let ids = self.all_components().filter(|one| one.charge.has_energy_price());
                    let ids = ids.map(|one| one.id.as_str()).chain(sheet.price_tables.keys().map(String::as_str));
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
    /// Says both and how to bill all the same; prices, event days and price series that are still to be given.
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
            self.check_triggers(part_from)?;
        }
        if !lacks.is_empty() {
            let example = |lacking: &String| match lacking.split_once(" of ") {
                Some((id, month)) => format!("{id}={{\"{month}\": …}}"),
                None => format!("{lacking}=…"),
            };
            let example = lacks.iter().map(example).collect::<Vec<_>>().join(", ");
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

    /// Triggers that the version's overlays wait for have their days.
    fn check_triggers(&self, on: Date) -> Result<()> {
        let schedules = self.sheet.versions[self.version_on(on).at].schedules.iter();
        match schedules.flat_map(super::Schedule::triggers).find(|id| !self.given.event_days.contains_key(*id)) {
            None => Ok(()),
            Some(id) => Err(fail(
                &self.sheet.id,
                Some(format!("triggers.{id}")),
                format!(
                    "the days on which it holds are not known; give them with with_event_days({id}=[\"2025-07-20\", …]), \
                     an empty list where there were none"
                ),
            )),
        }
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

type Schedules = Vec<(String, Plans, BTreeMap<String, Decimal>)>;

/// The schedules of a version, and the first problem as field and text.
fn check_version(sheet: &Sheet, version: &Version) -> (Schedules, Option<(String, String)>) {
    let mut schedules: Schedules = Vec::new();
    let problem = (|| {
        for (at, schedule) in version.schedules.iter().enumerate() {
            let field = |name: &str| format!("schedules[{at}].{name}");
            let plans = Plans::of(schedule).map_err(|(name, problem)| (field(&name), problem))?;
            if schedules.iter().any(|(id, ..)| *id == schedule.id) {
                return Err((field("id"), format!("{:?} is used twice", schedule.id)));
            }
            if let Some(period) =
                plans.names().iter().find(|name| schedules.iter().any(|(_, other, _)| other.names().contains(name)))
            {
                return Err((
                    field("base"),
                    format!("period {period:?} is in another schedule too; give it a name of its own"),
                ));
            }
            for (period, factor) in &schedule.factors {
                check_price(*factor).map_err(|problem| (field(&format!("factors.{period}")), problem))?;
                if !plans.names().contains(period) {
                    let near = nearest(period, plans.names().iter().map(String::as_str)).join(", ");
                    return Err((
                        field(&format!("factors.{period}")),
                        format!("no window has this period; near names: {near}"),
                    ));
                }
            }
            for id in schedule.triggers() {
                if !sheet.triggers.iter().any(|trigger| trigger.id == id) {
                    let near = nearest(id, sheet.triggers.iter().map(|trigger| trigger.id.as_str())).join(", ");
                    let problem = format!("no trigger of the tariff is named {id:?}; near names: {near}");
                    return Err((field("overlays"), problem));
                }
            }
            schedules.push((schedule.id.clone(), plans, schedule.factors.clone()));
        }
        if schedules.is_empty() {
            schedules.push(("all".to_owned(), Plans::single("all"), BTreeMap::new()));
        }
        if version.components.is_empty() {
            return Err(("components".to_owned(), "found none, expected at least one".to_owned()));
        }
        for (at, component) in version.components.iter().enumerate() {
            let before = &version.components[..at];
            let field = |name: &str| format!("components[{at}].{name}");
            if before.iter().any(|other| other.id == component.id) {
                return Err((field("id"), format!("{:?} is used twice", component.id)));
            }
            let place = Place { before, all: &version.components, schedules: &schedules, tables: &sheet.price_tables };
            let problem = component.charge.kind().check(&place);
            problem.map_err(|(name, problem)| (field(&format!("charge.{name}")), problem))?;
        }
        Ok(())
    })();
    (schedules, problem.err())
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
