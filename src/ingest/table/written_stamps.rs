//! Stamps kept as they are written until the order of their dates is known.

use super::channel_columns::date_order;
use crate::error::Result;
use crate::ingest::file::File;
use crate::ingest::number::is_missing;
use crate::ingest::stamp_text::{DateOrder, StampText};
use crate::readings::{Detected, Sure};

/// The stamps of one column, in the order of the rows.
pub(super) struct Stamps {
    column: String,
    given: Option<DateOrder>,
    texts: Vec<StampText>,
    lines: Vec<u64>,
}

/// The stamps as seconds.
pub(super) struct Seconds {
    /// Wall-clock seconds, or UTC seconds where `are_instants`.
    pub seconds: Vec<i64>,
    /// Whether the stamps carry their offset from UTC.
    pub are_instants: bool,
    /// Whether some stamp is written as 24:00.
    pub has_24: bool,
    /// The order of the dates' fields.
    pub order: DateOrder,
    /// The same, with its reason.
    pub date_style: Detected,
}

impl Stamps {
    /// None yet; `column` is for messages.
    pub(super) fn new(column: impl Into<String>, given: Option<DateOrder>) -> Self {
        Self { column: column.into(), given, texts: Vec::new(), lines: Vec::new() }
    }

    /// Reads the stamp of a row; `None` where it has none.
    pub(super) fn read(&self, file: &File, line: u64, text: &[u8]) -> Result<Option<StampText>> {
        let stamp = StampText::parse(text);
        if stamp.is_none() && !is_missing(text) {
            let text: String = String::from_utf8_lossy(text).chars().take(40).collect();
            let problem = format!("{text:?} found, expected a date such as 2024-01-31");
            return Err(file.fail(Some(line), Some(&self.column), problem));
        }
        Ok(stamp)
    }

    /// Takes the stamp of a row in.
    pub(super) fn push(&mut self, line: u64, stamp: StampText) {
        self.texts.push(stamp);
        self.lines.push(line);
    }

    /// Name of the column.
    pub(super) fn column(&self) -> &str {
        &self.column
    }

    /// Line of each.
    pub(super) fn lines(&self) -> &[u64] {
        &self.lines
    }

    /// All of them as seconds.
    pub(super) fn seconds(&self, file: &File) -> Result<Seconds> {
        let fail = |row: usize, problem: String| file.fail(self.lines.get(row).copied(), Some(&self.column), problem);
        let (order, why, sure): (DateOrder, String, Sure) =
            date_order(&self.texts, self.given).map_err(|(row, problem)| fail(row, problem))?;
        let are_instants = self.texts.first().is_some_and(|stamp| stamp.offset_s.is_some());
        let mut seconds = Vec::with_capacity(self.texts.len());
        for (row, stamp) in self.texts.iter().enumerate() {
            if stamp.offset_s.is_some() != are_instants {
                let problem = "some stamps carry an offset from UTC and some do not; expected all or none";
                return Err(fail(row, problem.to_owned()));
            }
            let Some(local) = stamp.seconds(order) else {
                let [a, b, c] = stamp.fields;
                return Err(fail(row, format!("there is no date {a}, {b}, {c} in the order {}", order.name())));
            };
            seconds.push(local - i64::from(stamp.offset_s.unwrap_or(0)));
        }
        Ok(Seconds {
            seconds,
            are_instants,
            has_24: self.texts.iter().any(|stamp| i64::from(stamp.second) == crate::time::DAY_S),
            order,
            date_style: Detected::new(order.name(), why, sure),
        })
    }
}
