//! The fields of one rate: found under any of their spellings, taken once, and what nobody takes is listed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::tariff::sheet::{NotCarried, Words};
use crate::tariff::tariff::fail;

/// Numbers above this are taken for a slip or another unit.
const MAX_NUMBER: Decimal = Decimal::from_parts(100_000_000, 0, 0, false, 0);
/// Most characters of a value that a list repeats.
const MOST_CHARACTERS: usize = 160;

/// Other spellings, all in lower case, of the fields of the interface: those of the database behind it and of
/// its older versions. Both occur in files of the same month.
const SPELLINGS: &[(&str, &str)] = &[
    ("_id", "label"),
    ("annualmin", "annualmincharge"),
    ("coincidentrateunits", "coincidentrateunit"),
    ("coincidentratestrux", "coincidentratestructure"),
    ("coincidentsched", "coincidentrateschedule"),
    ("coincidentschedule", "coincidentrateschedule"),
    ("demandhist", "peakkwcapacityhistory"),
    ("demandkeyvals", "demandattrs"),
    ("demandmax", "peakkwcapacitymax"),
    ("demandmin", "peakkwcapacitymin"),
    ("demandratchetpct", "demandratchetpercentage"),
    ("demandratestrux", "demandratestructure"),
    ("demandrateunits", "demandrateunit"),
    ("demandreactivepowerchg", "demandreactivepowercharge"),
    ("demandreactpwrcharge", "demandreactivepowercharge"),
    ("demandweekdaysched", "demandweekdayschedule"),
    ("demandweekendsched", "demandweekendschedule"),
    ("effectivedate", "startdate"),
    ("energyhist", "peakkwhusagehistory"),
    ("energykeyvals", "energyattrs"),
    ("energymax", "peakkwhusagemax"),
    ("energymin", "peakkwhusagemin"),
    ("energyratestrux", "energyratestructure"),
    ("energyweekdaysched", "energyweekdayschedule"),
    ("energyweekendsched", "energyweekendschedule"),
    ("fixedkeyvals", "fixedattrs"),
    ("flatdemandstrux", "flatdemandstructure"),
    ("flatdemandunits", "flatdemandunit"),
    ("isdefault", "is_default"),
    ("maxdemand", "peakkwcapacitymax"),
    ("mindemand", "peakkwcapacitymin"),
    ("ratename", "name"),
    ("sourcereference", "source"),
    ("supercedes", "supersedes"),
    ("utilityname", "utility"),
    ("voltagemax", "voltagemaximum"),
    ("voltagemin", "voltageminimum"),
];

/// A field as it was written, with its value.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) written: String,
    pub(super) value: Value,
}

/// The fields of one rate that nothing has taken yet, and the list of what cannot be carried over.
pub(super) struct Fields<'a> {
    origin: &'a str,
    left: BTreeMap<String, Field>,
    pub(super) not_carried: Vec<NotCarried>,
}

impl<'a> Fields<'a> {
    /// # Errors
    /// A field under two spellings with different values.
    pub(super) fn of(object: Map<String, Value>, origin: &'a str) -> Result<Self> {
        let mut left: BTreeMap<String, Field> = BTreeMap::new();
        for (written, value) in object {
            let lower = written.to_lowercase();
            let plain = SPELLINGS.iter().find(|(other, _)| *other == lower).map_or(lower.as_str(), |(_, plain)| plain);
            if let Some(other) = left.get(plain).filter(|other| !is_empty(&other.value)) {
                if !is_empty(&value) && other.value != value {
                    let problem = format!(
                        "found {} here and {} as `{}`, which mean the same field; keep the right one",
                        shown(&value),
                        shown(&other.value),
                        other.written
                    );
                    return Err(fail(origin, Some(written), problem));
                }
                continue;
            }
            left.insert(plain.to_owned(), Field { written, value });
        }
        Ok(Self { origin, left, not_carried: Vec::new() })
    }

    /// Whether a field is there and says something.
    pub(super) fn has(&self, name: &str) -> bool {
        self.left.get(name).is_some_and(|field| !is_empty(&field.value))
    }

    /// Takes a field; one that is null, an empty text or an empty list is as good as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Field> {
        self.left.remove(name).filter(|field| !is_empty(&field.value))
    }

    /// Takes a number.
    ///
    /// # Errors
    /// No number, or one out of range.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<Decimal>> {
        let Some(Field { written, value }) = self.take(name) else { return Ok(None) };
        number(&value).map(Some).map_err(|problem| self.wrong(&written, problem))
    }

    /// Takes a number that is zero or more.
    ///
    /// # Errors
    /// As [`Fields::number`]; a negative number.
    pub(super) fn amount(&mut self, name: &str) -> Result<Option<Decimal>> {
        let written = self.written(name);
        let found = self.number(name)?;
        match found {
            Some(number) if number.is_sign_negative() && !number.is_zero() => {
                let problem = format!("found {number}, expected zero or more; enter a credit by hand beside the bill");
                Err(self.wrong(&written, problem))
            }
            _ => Ok(found),
        }
    }

    /// Takes a text; numbers and truth values become text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name).map(|field| plain_text(&field.value))
    }

    /// How the file writes a field.
    pub(super) fn written(&self, name: &str) -> String {
        self.left.get(name).map_or(name, |field| &field.written).to_owned()
    }

    /// An error about a field.
    pub(super) fn wrong(&self, field: &str, problem: String) -> crate::error::Error {
        fail(self.origin, Some(field.to_owned()), problem)
    }

    /// Lists what cannot be carried over; `costs` where a bill can differ by it.
    pub(super) fn list(&mut self, field: impl Into<String>, value: &Value, costs: bool, why: Words) {
        self.not_carried.push(NotCarried { field: field.into(), value: shown(value), costs, why });
    }

    /// What nothing has taken, in the order of names.
    pub(super) fn rest(&mut self) -> impl Iterator<Item = Field> + use<> {
        std::mem::take(&mut self.left).into_values()
    }
}

/// Words in both languages.
pub(super) fn words(en: impl Into<String>, zh: impl Into<String>) -> Words {
    Words { en: en.into(), zh: zh.into() }
}

/// A number of the file, exactly as it is written.
pub(super) fn number(value: &Value) -> std::result::Result<Decimal, String> {
    let Value::Number(number) = value else {
        return Err(format!("found {}, expected a number such as 0.12", shown(value)));
    };
    let text = number.to_string();
    let parsed = text.parse().or_else(|_| Decimal::from_scientific(&text));
    match parsed {
        Ok(number) if number.abs() <= MAX_NUMBER => Ok(number),
        _ => Err(format!("found {text}, expected a number up to {MAX_NUMBER}; is it in another unit?")),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether a value holds a number other than zero: then money can hang on it.
pub(super) fn holds_a_number(value: &Value) -> bool {
    // Each round opens one more level; the parser allows no more than 128.
    let mut level = vec![value];
    while !level.is_empty() {
        if level.iter().any(|one| one.as_f64().is_some_and(|number| number != 0.0)) {
            return true;
        }
        level = level
            .into_iter()
            .flat_map(|one| match one {
                Value::Array(items) => items.iter().collect::<Vec<_>>(),
                Value::Object(items) => items.values().collect(),
                _ => Vec::new(),
            })
            .collect();
    }
    false
}

/// A value as text: texts without quotes, everything else as JSON.
pub(super) fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned())
}

/// A value as JSON, cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    cut(&value.to_string(), MOST_CHARACTERS)
}

/// The beginning of a text.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
