//! The top of a table: what stands above the header, the header, the first rows, and how the text is written.

use super::aside::Aside;
use super::dialect;
use super::row::{Rows, first_rows, with_readings};
use super::text::Text;
use crate::error::{Error, Result};
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::heading::{Heading, Synonyms};
use crate::readings::{Provenance, Sure};

/// The top of a table.
pub(super) struct Head {
    /// File, for messages.
    pub source_name: String,
    /// The cells of every line above the header, with the line: titles, `户号:…`, `倍率,…`. Blank lines are left out.
    pub preamble: Vec<(u64, Vec<String>)>,
    /// The header without blanks around the names; `column 1`, `column 2` … where the table has none.
    pub headers: Vec<String>,
    /// What each header means.
    pub headings: Vec<Option<Heading>>,
    /// Line of the header, counted from 1; 0 where there is none.
    pub header_line: u64,
    /// The cells of the first rows under the header, at most [`FIRST_ROWS`], without blanks around them.
    pub first_rows: Vec<Vec<String>>,
    /// Decimal mark, `.` or `,`.
    pub decimal: u8,
    /// Whether the decimal mark is known, not assumed.
    pub decimal_is_known: bool,
    /// The names of columns and what they mean.
    pub synonyms: Synonyms,
    /// What was found out so far; it goes into the provenance of every meter.
    pub provenance: Provenance,
}

/// So many rows tell the layout.
pub(super) const FIRST_ROWS: usize = 200;
/// The header and three rows are looked for in no more than so many bytes.
const LONGEST_TOP: usize = 64 << 20;

impl Head {
    /// The top of a text, and the rows under the header.
    pub(super) fn read<'s, 'b>(
        mut text: Text<'s, 'b>,
        source_name: String,
        options: &FileOptions,
    ) -> Result<(Self, Rows<'s, 'b>)> {
        let fail = |problem: String| File { name: &source_name }.fail(None, None, problem);
        let is_enough = |text: &Text| memchr::memchr2_iter(b'\n', b'\r', text.left()).nth(4).is_some();
        while !text.has_ended() && !is_enough(&text) && text.left().len() < LONGEST_TOP {
            text.more()?;
        }
        let ended = text.has_ended();
        let (delimiter, delimiter_found) = dialect::delimiter(text.left(), ended, options, fail)?;
        let rows = first_rows(text.left(), delimiter, ended, FIRST_ROWS);
        let synonyms = Synonyms::new(&options.synonyms).map_err(fail)?;
        let (decimal, decimal_found) = dialect::decimal(&rows, delimiter, options, fail)?;
        let (header_at, header_found) = dialect::header(&rows, decimal, options, &synonyms, fail)?;

        let decimal_is_known = decimal_found.sure != Sure::Assumed;
        let mut provenance = Provenance::new();
        for (key, found) in [("delimiter", delimiter_found), ("decimal", decimal_found), ("header_line", header_found)]
        {
            provenance.insert(key.to_owned(), found);
        }
        let under = header_at.map_or(0, |at| at + 1);
        let mut all = Rows::new(text, delimiter);
        if rows.is_empty() && all.next()?.is_none() {
            return Err(fail("the file is empty; expected a header and rows of stamps and numbers".to_owned()));
        }
        for _ in 0..under {
            all.next()?;
        }
        let width = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        let (header_line, headers) = header_at
            .and_then(|at| rows.get(at))
            .cloned()
            .unwrap_or_else(|| (0, (1..=width).map(|number| format!("column {number}")).collect()));
        let preamble = rows.iter().take(under.saturating_sub(1)).cloned().collect();
        let first_rows = with_readings(rows.into_iter().skip(under).map(|(_, cells)| cells).collect(), |row| {
            Aside::of(row, &headers, header_line > 0).is_some()
                || (header_line > 0 && row.len() < headers.len() && Aside::of_unread(row).is_some())
        });
        let head = Self {
            source_name,
            preamble,
            headings: synonyms.headings(&headers),
            headers,
            header_line,
            first_rows,
            decimal,
            decimal_is_known,
            synonyms,
            provenance,
        };
        Ok((head, all))
    }

    /// The error of this file at a place in it.
    pub(super) fn fail(&self, line: Option<u64>, column: Option<&str>, problem: impl Into<String>) -> Error {
        File { name: &self.source_name }.fail(line, column, problem)
    }

    /// The cells of a column in the first rows.
    pub(super) fn column(&self, at: usize) -> impl Iterator<Item = &str> {
        self.first_rows.iter().map(move |row| row.get(at).map_or("", String::as_str))
    }

    /// Whether a column of the first rows holds numbers, be some missing.
    pub(super) fn is_numeric(&self, at: usize) -> bool {
        let cells = || self.column(at).filter(|cell| !crate::ingest::number::is_missing(cell.as_bytes()));
        cells().next().is_some() && cells().all(|cell| dialect::is_number(cell, self.decimal))
    }
}
