//! What a format's reader could not use, counted by reason, so that a broken file gives a few Findings and not a million.

use std::collections::BTreeMap;

use crate::finding::{Finding, Severity};

/// So many names of channels are told; further ones are counted together.
const MOST_NAMES: usize = 100;
/// Longer names are cut.
const LONGEST_NAME: usize = 80;

/// What could not be used.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    invalid: BTreeMap<&'static str, Count>,
    unread: BTreeMap<(String, Option<String>), Count>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    first_line: u64,
    records: usize,
    rows: usize,
}

impl Count {
    fn add(&mut self, rows: usize) {
        self.records += 1;
        self.rows += rows;
    }
}

impl Notes {
    /// A record that makes no sense: why, in a word of the catalogue, its line, and how many values are left out.
    pub(super) fn invalid(&mut self, reason: &'static str, line: u64, rows: usize) {
        self.invalid.entry(reason).or_insert(Count { first_line: line, records: 0, rows: 0 }).add(rows);
    }

    /// A channel that has no place in readings: its name and unit in the source, and how many values it has.
    pub(super) fn unread(&mut self, name: &str, unit: Option<&str>, line: u64, rows: usize) {
        let cut = |text: &str| text.chars().take(LONGEST_NAME).collect::<String>();
        let name = if name.is_empty() { "–" } else { name };
        let mut key = (cut(name), unit.filter(|unit| !unit.is_empty()).map(cut));
        if !self.unread.contains_key(&key) && self.unread.len() >= MOST_NAMES {
            key = ("…".to_owned(), None);
        }
        self.unread.entry(key).or_insert(Count { first_line: line, records: 0, rows: 0 }).add(rows);
    }

    /// Names and units of the channels that have no place, for an error.
    pub(super) fn unread_names(&self) -> String {
        let name = |(name, unit): &(String, Option<String>)| match unit {
            Some(unit) => format!("{name} ({unit})"),
            None => name.clone(),
        };
        self.unread.keys().take(8).map(name).collect::<Vec<_>>().join(", ")
    }

    /// The first reason with its line, for an error.
    pub(super) fn first_reason(&self) -> Option<(&'static str, u64)> {
        self.invalid.iter().map(|(reason, count)| (*reason, count.first_line)).min_by_key(|(_, line)| *line)
    }

    /// Takes in what another has.
    pub(super) fn append(&mut self, other: Self) {
        for (reason, count) in other.invalid {
            let own = self.invalid.entry(reason).or_insert(Count { records: 0, rows: 0, ..count });
            own.records += count.records;
            own.rows += count.rows;
        }
        for ((name, unit), count) in other.unread {
            self.unread(&name, unit.as_deref(), count.first_line, count.rows);
        }
    }

    /// One Finding a reason and one a channel; `place` is what their lines are counted in, `line` or `segment`.
    pub(super) fn into_findings(self, meter: Option<&str>, place: &'static str) -> Vec<Finding> {
        let invalid = self.invalid.into_iter().map(|(reason, count)| {
            let severity = if count.rows > 0 { Severity::Medium } else { Severity::Low };
            Finding::new("ingest.invalid_record", severity)
                .with("reason", reason)
                .with("records", count.records)
                .with("rows", count.rows)
                .with(place, count.first_line)
                .with("meter", meter)
        });
        let unread = self.unread.into_iter().map(|((name, unit), count)| {
            Finding::new("ingest.unread_channel", Severity::Low)
                .with("name", name)
                .with("unit", unit)
                .with("rows", count.rows)
                .with(place, count.first_line)
                .with("meter", meter)
        });
        invalid.chain(unread).collect()
    }
}
