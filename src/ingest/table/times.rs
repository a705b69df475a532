//! Which columns of a table hold its stamps, and the stamp of a row.

use super::columns::{detected, named};
use super::head::Head;
use super::row::Row;
use super::stamps::StampReader;
use crate::error::Result;
use crate::ingest::file_options::FileOptions;
use crate::ingest::meaning::Meaning;
use crate::ingest::number::is_missing;
use crate::ingest::stamp_cell::{end_of, split_range};
use crate::ingest::stamp_text::StampText;
use crate::ingest::{Stamp, StampHint};
use crate::readings::{Detected, Sure};

/// Where a row's stamp stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Columns {
    /// Date and clock in one column.
    One(usize),
    /// Date in the first, clock in the second.
    Two(usize, usize),
}

/// The columns of the stamps.
#[derive(Clone, Debug)]
pub(super) struct Times {
    columns: Columns,
    /// Column of the interval's end, where the others are its start.
    end: Option<usize>,
    /// Whether a cell holds both ends.
    is_range: bool,
    /// Names of the columns, for messages.
    pub name: String,
    /// What the name says of the side.
    pub hint: Option<StampHint>,
    pub found: Detected,
}

/// A row's stamp, with the end of its interval where the table has it; `None` where it is missing.
pub(super) type RowStamp = Option<(StampText, Option<StampText>)>;

/// A row's stamp, or the text that is none.
type StampOrText = std::result::Result<RowStamp, String>;

impl Times {
    /// The columns by what the caller says, by the header, or by the cells; `None` where no column has stamps.
    pub(super) fn find(head: &Head, options: &FileOptions) -> Result<Option<Self>> {
        if let Some(name) = &options.time {
            let at = named(head, name, "time")?;
            return Ok(Some(Self::new(head, Columns::One(at), "given")));
        }
        match (&options.date, &options.clock) {
            (Some(date), Some(clock)) => {
                let columns = Columns::Two(named(head, date, "date")?, named(head, clock, "clock")?);
                return Ok(Some(Self::new(head, columns, "given")));
            }
            (None, None) => {}
            _ => {
                let problem = "date and clock belong together: pass both, or time for one column that has both";
                return Err(head.fail(None, None, problem));
            }
        }
        Ok(Self::by_name(head).or_else(|| Self::by_cells(head)))
    }

    fn new(head: &Head, columns: Columns, why: &str) -> Self {
        let name = |at: usize| head.headers.get(at).cloned().unwrap_or_default();
        let (whole, name) = match columns {
            Columns::One(at) => (at, name(at)),
            Columns::Two(date, clock) => (clock, format!("{}, {}", name(date), name(clock))),
        };
        let side = |at: usize| match head.headings.get(at).copied().flatten().map(|heading| heading.meaning) {
            Some(Meaning::Time(side)) => side,
            _ => None,
        };
        let is_end = |at: &usize| side(*at) == Some(Stamp::End) && *at != whole;
        let end = (side(whole) == Some(Stamp::Start)).then(|| (0..head.headers.len()).find(is_end)).flatten();
        let is_range = end.is_none() && head.column(whole).any(|cell| split_range(cell.as_bytes()).is_some());
        let sure = Sure::Certain;
        let hint = if end.is_some() || is_range {
            Some(StampHint { stamp: Stamp::Start, why: "the table gives both ends of each interval".to_owned(), sure })
        } else {
            side(whole).map(|stamp| StampHint { stamp, why: format!("the column is named {name:?}"), sure })
        };
        Self { columns, end, is_range, found: detected(&name, why), name, hint }
    }

    fn by_name(head: &Head) -> Option<Self> {
        let mut roles: Vec<(u8, usize, usize)> = Vec::new();
        for (at, heading) in head.headings.iter().enumerate() {
            let Some(heading) = heading else { continue };
            // Starts before stamps of unknown side before ends.
            let preference = match heading.meaning {
                Meaning::Time(Some(Stamp::Start)) => 0,
                Meaning::Time(None) => 1,
                Meaning::Time(Some(Stamp::End)) => 2,
                Meaning::Date => 3,
                Meaning::Clock => 4,
                _ => continue,
            };
            roles.push((preference, heading.rank, at));
        }
        roles.sort_unstable();
        let found = |wanted: std::ops::Range<u8>| {
            roles.iter().find(|(preference, ..)| wanted.contains(preference)).map(|(.., at)| *at)
        };
        let (whole, date, clock) = (found(0..3), found(3..4), found(4..5));
        let first = |at: usize| head.column(at).find(|cell| !is_missing(cell.as_bytes())).unwrap_or_default();
        let has_clock = |at: usize| {
            let cell = first(at);
            cell.contains(':') && (StampText::parse(cell.as_bytes()).is_some() || split_stamp(cell))
        };
        let new = |columns, why| Some(Self::new(head, columns, why));
        match (whole, date, clock) {
            // A date, and a clock named as a whole stamp.
            (Some(whole), Some(date), _) if is_clock(first(whole)) => new(Columns::Two(date, whole), "by their names"),
            (Some(whole), ..) => new(Columns::One(whole), "by its name"),
            (None, Some(date), Some(clock)) if !has_clock(date) && !has_clock(clock) => {
                new(Columns::Two(date, clock), "by their names")
            }
            (None, Some(date), Some(clock)) => {
                new(Columns::One(if has_clock(date) { date } else { clock }), "by its name")
            }
            (None, Some(date), None) if !has_clock(date) && clocks_by_cells(head, date).is_some() => {
                let clock = clocks_by_cells(head, date)?;
                new(Columns::Two(date, clock), "the date by its name, the clock by its cells")
            }
            (None, Some(at), None) | (None, None, Some(at)) => new(Columns::One(at), "by its name"),
            (None, None, None) => None,
        }
    }

    fn by_cells(head: &Head) -> Option<Self> {
        let is_stamp = |cell: &str| StampText::parse(cell.as_bytes()).is_some() || split_stamp(cell);
        let date = (0..head.headers.len().min(COLUMNS)).find(|at| all_cells(head, *at, is_stamp))?;
        let clock = clocks_by_cells(head, date);
        let has_clock = head.column(date).any(|cell| cell.contains(':'));
        Some(match clock {
            Some(clock) if !has_clock => {
                Self::new(head, Columns::Two(date, clock), "by their cells: a date and a clock")
            }
            _ => Self::new(head, Columns::One(date), "by its cells: they are stamps"),
        })
    }

    /// Whether a column is one of them.
    pub(super) fn has(&self, at: usize) -> bool {
        self.end == Some(at)
            || match self.columns {
                Columns::One(one) => at == one,
                Columns::Two(date, clock) => at == date || at == clock,
            }
    }

    /// Whether every row has the end of its interval too.
    pub(super) fn has_ends(&self) -> bool {
        self.end.is_some() || self.is_range
    }

    /// The stamp of a row; the error is the text that is none. `both` is room for a date and a clock together.
    pub(super) fn read(&self, row: &Row, reader: &mut StampReader, both: &mut Vec<u8>) -> StampOrText {
        let wrong = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let (mut text, mut range_end) = match self.columns {
            Columns::One(at) => (row.cell(at), None),
            Columns::Two(_, clock) => (row.cell(clock), None),
        };
        if self.is_range && !is_missing(text) {
            let (from, to) = split_range(text).ok_or_else(|| wrong(text))?;
            (text, range_end) = (from, Some(to));
        }
        if let Columns::Two(date, _) = self.columns {
            both.clear();
            both.extend_from_slice(row.cell(date));
            both.push(b' ');
            both.extend_from_slice(text);
            text = both.trim_ascii();
        }
        let Some(stamp) = reader.read(text) else {
            return if is_missing(text) { Ok(None) } else { Err(wrong(text)) };
        };
        let end = match (self.end, range_end) {
            (Some(at), _) => Some(row.cell(at)),
            (None, range_end) => range_end,
        };
        let Some(end) = end else { return Ok(Some((stamp, None))) };
        let end = end_of(&stamp, end).ok_or_else(|| wrong(end))?;
        Ok(Some((stamp, Some(end))))
    }
}

/// Columns that are looked into for stamps.
const COLUMNS: usize = 200;

fn all_cells(head: &Head, at: usize, is: impl Fn(&str) -> bool) -> bool {
    let mut cells = head.column(at).filter(|cell| !is_missing(cell.as_bytes())).peekable();
    cells.peek().is_some() && cells.all(is)
}

/// The column of clocks beside a date.
fn clocks_by_cells(head: &Head, date: usize) -> Option<usize> {
    (0..head.headers.len().min(COLUMNS)).find(|at| *at != date && all_cells(head, *at, is_clock))
}

fn is_clock(cell: &str) -> bool {
    let is = |text: &[u8]| StampText::clock(text).is_some() && text.contains(&b':');
    is(cell.as_bytes()) || split_range(cell.as_bytes()).is_some_and(|(from, _)| is(from))
}

/// Whether a cell is a range of whole stamps.
fn split_stamp(cell: &str) -> bool {
    split_range(cell.as_bytes()).is_some_and(|(from, _)| StampText::parse(from).is_some())
}

/// The error of a table without a column of stamps.
pub(super) fn no_time(head: &Head) -> crate::Error {
    let problem = format!(
        "no time column is recognised among the headers {}; pass time= with its name",
        super::columns::quoted(&head.headers)
    );
    head.fail(None, None, problem)
}
