//! Which columns of a table name the meter, the date, the data item, the unit, the multiplier and the status of a row.

use super::columns::named;
use super::head::Head;
use super::multiplier::{Ratios, ratio};
use super::row::Row;
use crate::error::Result;
use crate::ingest::file_options::FileOptions;
use crate::ingest::meaning::Meaning;
use crate::ingest::stamp_text::StampText;

/// The columns that describe rows.
pub(super) struct Keys {
    pub meter: Option<usize>,
    pub quantity: Option<usize>,
    pub unit: Option<usize>,
    pub status: Option<usize>,
    pub multiplier: Option<usize>,
    pub current_ratio: Option<usize>,
    pub voltage_ratio: Option<usize>,
}

impl Keys {
    /// # Errors
    /// A meter column that is not there.
    pub(super) fn of(head: &Head, options: &FileOptions) -> Result<Self> {
        let best = |meaning: Meaning| {
            let all = head.headings.iter().enumerate().filter_map(|(at, one)| Some((at, (*one)?)));
            all.filter(|(_, one)| one.meaning == meaning).min_by_key(|(at, one)| (one.rank, *at)).map(|(at, _)| at)
        };
        let meter = match &options.meter_column {
            Some(name) => Some(named(head, name, "meter")?),
            None => best(Meaning::Meter),
        };
        Ok(Self {
            meter,
            quantity: best(Meaning::Quantity),
            unit: best(Meaning::Unit),
            status: best(Meaning::Status),
            multiplier: best(Meaning::Multiplier),
            current_ratio: best(Meaning::CurrentRatio),
            voltage_ratio: best(Meaning::VoltageRatio),
        })
    }

    /// Ratios in the columns of a row.
    pub(super) fn ratios(&self, row: &Row) -> Ratios {
        let of = |at: Option<usize>| at.and_then(|at| ratio(&String::from_utf8_lossy(row.cell(at))));
        Ratios { whole: of(self.multiplier), current: of(self.current_ratio), voltage: of(self.voltage_ratio) }
    }

    /// The column with the day of each row: as given, by its name, or else the first whose cells are all dates.
    ///
    /// # Errors
    /// A given column that is not there.
    pub(super) fn date(head: &Head, options: &FileOptions) -> Result<Option<usize>> {
        if let Some(name) = options.date.as_ref().or(options.time.as_ref()) {
            return named(head, name, "date").map(Some);
        }
        let is_date = |at: &usize| {
            let mut cells = head.column(*at).filter(|cell| !cell.is_empty()).peekable();
            cells.peek().is_some() && cells.all(|cell| StampText::parse(cell.as_bytes()).is_some())
        };
        let means = |wanted: fn(Meaning) -> bool| {
            let all = head.headings.iter().enumerate();
            all.filter_map(|(at, one)| (*one).filter(|one| wanted(one.meaning)).map(|one| (one.rank, at))).min()
        };
        let by_name = means(|meaning| meaning == Meaning::Date)
            .or_else(|| means(|meaning| matches!(meaning, Meaning::Time(_))))
            .or_else(|| means(|meaning| meaning == Meaning::Clock))
            .map(|(_, at)| at)
            .filter(is_date);
        Ok(by_name.or_else(|| (0..head.headers.len()).find(is_date)))
    }
}
