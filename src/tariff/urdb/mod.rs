//! Rates of the OpenEI Utility Rate Database (URDB) as tariffs: the JSON of its interface, read field by field.
//!
//! Every field ends in one of three places: in a component, in a note, or in the list of what is not carried over.
//! The fields as the interface documents them [S]; their two spellings and which of them occur from real files [M].

mod demand;
mod draft;
mod energy;
mod export;
mod fields;
mod fixed;
mod head;
mod hours;
mod ratchet;
mod structure;

use serde_json::{Map, Value};

use super::sheet::NotCarried;
use super::tariff::{Tariff, fail};
use crate::error::{Result, nearest};
use draft::Draft;
use fields::{Fields, cut, plain_text, words};

/// Longest text that is read \[bytes\]: hundreds of rates of the largest utilities.
const MAX_BYTES: usize = 10_000_000;
/// Most rates that an error lists.
const MOST_LISTED: usize = 20;
/// Fields of which a rate has at least one.
const PRICES: &[&str] = &[
    "annualmincharge",
    "coincidentratestructure",
    "demandratestructure",
    "demandreactivepowercharge",
    "energyratestructure",
    "fixedchargefirstmeter",
    "fixedmonthlycharge",
    "flatdemandstructure",
    "mincharge",
    "minmonthlycharge",
];

impl Tariff {
    /// A tariff from a rate of the OpenEI Utility Rate Database, as its interface gives it: one object,
    /// `{"items": […]}`, or a list; `label` chooses one of several. `origin` is the file or name used in messages.
    ///
    /// Prices are `rate` + `adj` [S]. The 12 × 24 tables become rules by months and days of the week; they know no
    /// holidays, so a holiday is billed as the day of the week that it falls on. The hours are those of the local
    /// wall clock. A start date is the date nearest to its instant, because real files hold midnight of different
    /// zones [M]; the end date is the last day in force [M, one rate]. What cannot be carried over is in
    /// [`Tariff::not_carried`], and every bill says how many of those it can differ by. Certainty is `stated`: the
    /// database names the utility's document and is not that document.
    ///
    /// # Errors
    /// Names the field and the remedy: more than 10 MB, JSON that does not parse, several rates and no label, a table
    /// that is not 12 × 24, an index without a rate, limits that do not rise, a price below zero, no price at all.
    ///
    /// ```
    /// use wattlens::tariff::{BillingQuantities, Tariff};
    /// let text = r#"{"items": [{"label": "539f", "name": "Small plant", "utility": "River Light", "country": "USA",
    ///     "startdate": 1735718400, "energyratestructure": [[{"unit": "kWh", "rate": 0.10, "adj": 0.02}]],
    ///     "fixedchargefirstmeter": 25, "fixedchargeunits": "$/month", "dgrules": "Net Metering"}]}"#;
    /// let tariff = Tariff::from_urdb(text, "river.json", None)?;
    /// assert_eq!(tariff.sheet().id, "urdb-539f");
    /// assert_eq!(tariff.not_carried()[0].field, "dgrules");
    /// let bill = tariff.bill(&BillingQuantities {
    ///     from: "2025-03-01".parse()?,
    ///     until: "2025-04-01".parse()?,
    ///     kwh: [("energy_1".to_owned(), 1000.0)].into(),
    ///     ..BillingQuantities::default()
    /// }, &Default::default())?;
    /// assert_eq!(bill.total.to_string(), "145.00"); // 1000 × 0.12 + 25
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_urdb(text: &str, origin: &str, label: Option<&str>) -> Result<Self> {
        if text.len() > MAX_BYTES {
            let problem = format!(
                "found {} MB, expected at most {} MB; cut the rates that are meant out of the download",
                text.len() / 1_000_000,
                MAX_BYTES / 1_000_000
            );
            return Err(fail(origin, None, problem));
        }
        let mut parser = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
        let root: Value = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
            let path = error.path().to_string();
            let problem = format!(
                "{}; expected JSON: numbers are finite and in digits, a value that is not known is null",
                error.inner()
            );
            fail(origin, (path != ".").then_some(path), problem)
        })?;
        parser.end().map_err(|error| fail(origin, None, error.to_string()))?;
        let (rate, beside) = choose(root, origin, label)?;
        let mut draft = Draft::new(Fields::of(rate, origin)?);
        if !PRICES.iter().any(|name| draft.fields.has(name)) {
            let problem = format!("is no rate: expected at least one of {}", PRICES.join(", "));
            return Err(fail(origin, None, problem));
        }
        for (name, value) in beside {
            let why = words("stands beside the rate, not in it", "在该电价之外，不属于该电价。");
            draft.fields.list(name, &value, false, why);
        }
        let head = head::read(&mut draft)?;
        let sells = energy::read(&mut draft)?;
        demand::read(&mut draft)?;
        fixed::read(&mut draft)?;
        export::read(&mut draft, sells);
        head::read_notes(&mut draft, &head);
        if draft.components.is_empty() {
            let listed: Vec<&str> = draft.fields.not_carried.iter().map(|one| one.field.as_str()).collect();
            let problem = format!("has no price that can be carried over; not carried over: {}", listed.join(", "));
            return Err(fail(origin, None, problem));
        }
        Self::from_sheet(draft.sheet(head))
    }

    /// What could not be carried over from the file that this tariff was made from, in the order found; empty for
    /// tariffs that were written as such.
    #[must_use]
    pub fn not_carried(&self) -> &[NotCarried] {
        &self.sheet().not_carried
    }
}

/// The rate that is meant, and what stands beside the list of rates.
fn choose(root: Value, origin: &str, label: Option<&str>) -> Result<(Map<String, Value>, Map<String, Value>)> {
    let (rates, beside) = match root {
        Value::Object(mut object) => match object.remove("items") {
            Some(Value::Array(items)) => (items, object),
            Some(other) => {
                let problem = format!("found {}, expected a list of rates", fields::shown(&other));
                return Err(fail(origin, Some("items".to_owned()), problem));
            }
            None => (vec![Value::Object(object)], Map::new()),
        },
        Value::Array(items) => (items, Map::new()),
        other => {
            let problem =
                format!("found {}, expected a rate, a list of rates or {{\"items\": […]}}", fields::shown(&other));
            return Err(fail(origin, None, problem));
        }
    };
    let labels: Vec<String> = rates.iter().map(label_of).collect();
    let at = match label {
        None if rates.len() == 1 => 0,
        None if rates.is_empty() => return Err(fail(origin, None, "has no rate, expected one".to_owned())),
        None => {
            let problem = format!("has {} rates; choose one with label=…: {}", rates.len(), listed(&rates, &labels));
            return Err(fail(origin, None, problem));
        }
        Some(label) => match (0..labels.len()).filter(|at| labels[*at] == label).collect::<Vec<_>>().as_slice() {
            [at] => *at,
            [] => {
                let near = nearest(label, labels.iter().map(String::as_str));
                let list = if near.is_empty() { listed(&rates, &labels) } else { near.join(", ") };
                return Err(fail(origin, None, format!("no rate has the label {label:?}; there are: {list}")));
            }
            several => {
                let problem = format!("{} rates have the label {label:?}; leave the right one", several.len());
                return Err(fail(origin, None, problem));
            }
        },
    };
    match rates.into_iter().nth(at) {
        Some(Value::Object(rate)) => Ok((rate, beside)),
        other => {
            let problem = format!("found {}, expected an object", fields::shown(&other.unwrap_or_default()));
            Err(fail(origin, Some(format!("items[{at}]")), problem))
        }
    }
}

/// The label of a rate, in any of its spellings.
fn label_of(rate: &Value) -> String {
    let of = |name: &str| rate.get(name).filter(|value| !value.is_null());
    let label = of("label").or_else(|| of("_id"));
    label.map_or_else(String::new, |label| plain_text(label.get("$oid").unwrap_or(label)))
}

/// The rates of a file with label, utility and name.
fn listed(rates: &[Value], labels: &[String]) -> String {
    let text = |rate: &Value, names: [&str; 2]| {
        let found = names.iter().find_map(|name| rate.get(*name));
        cut(&found.map(plain_text).unwrap_or_default(), 80)
    };
    let one = |(rate, label): (&Value, &String)| {
        let (utility, name) = (text(rate, ["utility", "utilityName"]), text(rate, ["name", "rateName"]));
        format!("{} ({utility}: {name})", cut(label, 80))
    };
    let mut list: Vec<String> = rates.iter().zip(labels).take(MOST_LISTED).map(one).collect();
    if rates.len() > MOST_LISTED {
        list.push(format!("and {} more", rates.len() - MOST_LISTED));
    }
    list.join("; ")
}
