//! The top of a table: what stands above the header, the header, the first rows, and how the text is written.

use crate::error::Error;
use crate::ingest::file::File;
use crate::readings::Provenance;

/// The top of a table.
pub(super) struct Head {
    /// File, for messages.
    pub source_name: String,
    /// The cells of every line above the header, with the line: titles, `户号:…`, `倍率,…`.
    pub preamble: Vec<(u64, Vec<String>)>,
    /// The header without blanks around the names; `column 1`, `column 2` … where the table has none.
    pub headers: Vec<String>,
    /// Line of the header, counted from 1; 0 where there is none.
    pub header_line: u64,
    /// The cells of the first rows under the header, at most [`FIRST_ROWS`], without blanks around them.
    pub first_rows: Vec<Vec<String>>,
    /// What separates cells.
    pub delimiter: u8,
    /// Decimal mark, `.` or `,`.
    pub decimal: u8,
    /// What was found out so far; it goes into the provenance of every meter.
    pub provenance: Provenance,
}

/// So many rows tell the layout.
pub(super) const FIRST_ROWS: usize = 200;

impl Head {
    /// The error of this file at a place in it.
    pub(super) fn fail(&self, line: Option<u64>, column: Option<&str>, problem: impl Into<String>) -> Error {
        File { name: &self.source_name }.fail(line, column, problem)
    }

    /// The cells of a column in the first rows.
    pub(super) fn column(&self, at: usize) -> impl Iterator<Item = &str> {
        self.first_rows.iter().map(move |row| row.get(at).map_or("", String::as_str))
    }
}
