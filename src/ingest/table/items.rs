//! What the rows of a table are about: their meters, and their data items (数据项) with units.

use std::collections::{BTreeMap, HashMap};

use crate::finding::{Finding, Severity};
use crate::ingest::heading::{Heading, Synonyms};
use crate::ingest::meaning::Meaning;
use crate::ingest::synonyms::TABLE;
use crate::readings::Flag;

/// Names numbered in the order in which they first occur.
#[derive(Default)]
pub(super) struct Numbered {
    numbers: HashMap<Vec<u8>, usize>,
    names: Vec<String>,
}

impl Numbered {
    /// The number of a name.
    pub(super) fn number(&mut self, name: &[u8]) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len();
        self.numbers.insert(name.to_vec(), number);
        self.names.push(String::from_utf8_lossy(name).into_owned());
        number
    }

    /// The names by their numbers.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}

/// No table has more data items: each is another channel, register or demand.
const MOST_ITEMS: usize = 1000;

/// The data items of a table.
#[derive(Default)]
pub(super) struct Items {
    numbers: HashMap<(Vec<u8>, Vec<u8>), Option<usize>>,
    items: Vec<(Heading, String)>,
    /// Items whose meaning is not known: rows and first line.
    unknown: BTreeMap<String, (usize, u64)>,
}

impl Items {
    /// One item for every row.
    pub(super) fn one(heading: Heading, name: String) -> Self {
        Self { items: vec![(heading, name)], ..Self::default() }
    }

    /// The number of the item that a row names by its text, its unit or both; `None` where it is not known, which is
    /// remembered.
    pub(super) fn number(&mut self, synonyms: &Synonyms, text: &[u8], unit: &[u8], line: u64) -> Option<usize> {
        let key = (text.to_vec(), unit.to_vec());
        let number = match self.numbers.get(&key) {
            Some(number) => *number,
            None => {
                let (text, unit) = (String::from_utf8_lossy(text), String::from_utf8_lossy(unit));
                let known = meaning(synonyms, &text, &unit).filter(|_| self.items.len() < MOST_ITEMS);
                let number = known.map(|item| {
                    self.items.push(item);
                    self.items.len() - 1
                });
                self.numbers.insert(key, number);
                number
            }
        };
        if number.is_none() {
            let name = format!("{} {}", String::from_utf8_lossy(text), String::from_utf8_lossy(unit)).trim().to_owned();
            self.unknown.entry(name).or_insert((0, line)).0 += 1;
        }
        number
    }

    /// What an item means, and its name.
    pub(super) fn item(&self, number: usize) -> Option<&(Heading, String)> {
        self.items.get(number)
    }

    /// A Finding for the items that were not read.
    pub(super) fn not_read(&self) -> Option<Finding> {
        let (_, (_, line)) = self.unknown.iter().min_by_key(|(_, (_, line))| *line)?;
        let names: Vec<&str> = self.unknown.keys().take(8).map(String::as_str).collect();
        let rows: usize = self.unknown.values().map(|(rows, _)| rows).sum();
        Some(
            Finding::new("ingest.unknown_item", Severity::Low)
                .with("items", names.join(", "))
                .with("rows", rows)
                .with("line", *line),
        )
    }
}

/// Status words that are not known.
#[derive(Default)]
pub(super) struct Statuses {
    unknown: Numbered,
    rows: usize,
    line: u64,
}

impl Statuses {
    /// How the values of a row came to be, by the text of its status column.
    pub(super) fn flag(&mut self, text: &[u8], line: u64) -> Flag {
        TABLE.status(&String::from_utf8_lossy(text)).unwrap_or_else(|| {
            self.unknown.number(text);
            self.line = if self.rows == 0 { line } else { self.line };
            self.rows += 1;
            Flag::Measured
        })
    }

    /// A Finding for the words that are not known.
    pub(super) fn not_known(&self) -> Option<Finding> {
        let words: Vec<&str> = self.unknown.names().iter().take(8).map(String::as_str).collect();
        (self.rows > 0).then(|| {
            Finding::new("ingest.unknown_status", Severity::Low)
                .with("words", words.join(", "))
                .with("rows", self.rows)
                .with("line", self.line)
        })
    }
}

/// What a text and a unit mean together.
fn meaning(synonyms: &Synonyms, text: &str, unit: &str) -> Option<(Heading, String)> {
    // A unit beside a text that is not known says too little: the text may be "sold".
    let both = (!text.is_empty() && !unit.is_empty()).then(|| format!("{text} ({unit})"));
    let texts = [both.as_deref(), Some(if text.is_empty() { unit } else { text })];
    let heading = texts
        .into_iter()
        .flatten()
        .find_map(|text| synonyms.heading(text).filter(|one| matches!(one.meaning, Meaning::Values(..))))?;
    let name = if text.is_empty() { unit } else { text };
    Some((heading, name.to_owned()))
}
