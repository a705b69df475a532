//! The stamps of a table's rows with their lines, kept as they are written until the order of their dates is known.

use super::stamps::{Stamps, date_order};
use crate::error::Result;
use crate::ingest::file::File;
use crate::ingest::stamp_text::{DateOrder, StampText};
use crate::readings::{Detected, Provenance};

/// The stamps of all rows, in their order.
pub(super) struct WrittenStamps {
    column: Detected,
    given: Option<DateOrder>,
    stamps: Stamps,
    /// Ends of the intervals, where the table has both.
    ends: Stamps,
    lines: Vec<u64>,
}

/// The stamps as seconds.
pub(super) struct Seconds {
    /// Wall-clock seconds, or UTC seconds where `are_instants`.
    pub seconds: Vec<i64>,
    /// The ends of the intervals, where the table has both.
    pub ends: Option<Vec<i64>>,
    /// Line of each.
    pub lines: Vec<u64>,
    /// Whether the stamps carry their offset from UTC.
    pub are_instants: bool,
    /// Whether some stamp is written as 24:00.
    pub has_24: bool,
    /// The order of the dates' fields.
    pub order: DateOrder,
    /// Where the stamps stand and the order of their dates.
    pub provenance: Provenance,
}

impl WrittenStamps {
    /// None yet; `column` is where they stand.
    pub(super) fn new(column: Detected, given: Option<DateOrder>) -> Self {
        Self { column, given, stamps: Stamps::default(), ends: Stamps::default(), lines: Vec::new() }
    }

    /// Takes the stamp of a row in, with the end of its interval.
    pub(super) fn push(&mut self, line: u64, stamp: StampText, end: Option<StampText>) {
        self.stamps.push(stamp);
        self.lines.push(line);
        if let Some(end) = end {
            self.ends.push(end);
        }
    }

    /// Name of the column.
    pub(super) fn column(&self) -> &str {
        &self.column.value
    }

    /// All of them as seconds.
    ///
    /// # Errors
    /// Dates that cannot be told apart, or that are none; offsets from UTC in some rows only.
    pub(super) fn into_seconds(self, file: &File) -> Result<Seconds> {
        let fail = |row: usize, problem: String| file.fail(self.lines.get(row).copied(), Some(self.column()), problem);
        let (order, why, sure) =
            date_order(std::iter::once(&self.stamps), self.given).map_err(|(_, row, problem)| fail(row, problem))?;
        let seconds = self.stamps.seconds(order).map_err(|(row, problem)| fail(row, problem))?;
        let ends = match self.ends.len() {
            0 => None,
            _ => Some(self.ends.seconds(order).map_err(|(row, problem)| fail(row, problem))?),
        };
        Ok(Seconds {
            are_instants: self.stamps.is_zoned(),
            has_24: self.stamps.has_twenty_four(),
            provenance: Provenance::from([
                ("time_column".to_owned(), self.column.clone()),
                ("date_style".to_owned(), Detected::new(order.name(), why, sure)),
            ]),
            seconds,
            ends: ends.filter(|ends| ends.len() == self.lines.len()),
            lines: self.lines,
            order,
        })
    }
}
