//! The numbers of a row: columns with their units and what their commas are.

use super::columns::NumberColumn;
use super::row::Row;
use crate::error::{Error, Result};
use crate::ingest::file::File;
use crate::ingest::header::unit_of;
use crate::ingest::number::{Commas, parse_number, split_number};
use crate::ingest::stamp_text::StampText;
use crate::readings::Provenance;

/// Columns of numbers that are read together.
pub(super) struct Numbers {
    columns: Vec<NumberColumn>,
    decimal: u8,
    /// What the commas of each column's numbers are.
    commas: Vec<Commas>,
    /// The unit that a column's cells name, as they name it, and the first line.
    cell_units: Vec<Option<(String, u64)>>,
}

impl Numbers {
    /// Columns under a decimal mark, which may be assumed.
    pub(super) fn new(decimal: u8, decimal_is_known: bool, columns: Vec<NumberColumn>) -> Self {
        let commas = || if decimal_is_known { Commas::settled() } else { Commas::default() };
        Self {
            decimal,
            commas: columns.iter().map(|_| commas()).collect(),
            cell_units: columns.iter().map(|_| None).collect(),
            columns,
        }
    }

    pub(super) fn columns(&self) -> &[NumberColumn] {
        &self.columns
    }

    pub(super) fn columns_mut(&mut self) -> &mut [NumberColumn] {
        &mut self.columns
    }

    /// The numbers of a row, NaN where one is missing, into `numbers`.
    pub(super) fn read(&mut self, file: &File, row: &Row, numbers: &mut Vec<f64>) -> Result<()> {
        numbers.clear();
        for at in 0..self.columns.len() {
            let Some(column) = self.columns.get(at) else { break };
            let cell = row.cell(column.at);
            let number = match parse_number(cell, self.decimal) {
                Some(number) => number,
                None => self.with_unit(file, row.line, at, cell)?,
            };
            numbers.push(number);
        }
        for (commas, column) in self.commas.iter_mut().zip(&self.columns) {
            commas.see(row.line, row.cell(column.at));
        }
        Ok(())
    }

    /// The number of a cell such as `12.5 kWh`; the unit must be the column's.
    fn with_unit(&mut self, file: &File, line: u64, at: usize, cell: &[u8]) -> Result<f64> {
        let (Some(column), Some(known)) = (self.columns.get_mut(at), self.cell_units.get_mut(at)) else {
            return Ok(f64::NAN);
        };
        let wrong = || {
            let hint = match cell.iter().find(|byte| b".,".contains(byte) && **byte != self.decimal) {
                Some(mark) => format!("; if its decimal mark is {:?}, pass decimal=", char::from(*mark)),
                None => String::new(),
            };
            let expected = if self.decimal == b',' { "1234,5" } else { "1234.5" };
            let problem = format!("{:?} found, expected a number such as {expected}{hint}", excerpt(cell));
            file.fail(Some(line), Some(&column.name), problem)
        };
        let (digits, text) = split_number(cell).ok_or_else(wrong)?;
        let number = parse_number(digits, self.decimal).filter(|number| !number.is_nan()).ok_or_else(wrong)?;
        if known.as_ref().is_some_and(|(known, _)| known == text) {
            return Ok(number);
        }
        let unit =
            unit_of(text).filter(|unit| unit.to_quantity(column.channel.quantity, 3600).is_some()).ok_or_else(wrong)?;
        if unit != column.unit && (column.says_unit || known.is_some()) {
            let symbol = column.unit.symbol(column.channel.quantity);
            let problem = format!("{:?} found, expected the unit {symbol} of the column", excerpt(cell));
            return Err(file.fail(Some(line), Some(&column.name), problem));
        }
        if !column.says_unit {
            (column.unit, column.unit_why) = (unit, "the cells name it");
        }
        *known = Some((text.to_owned(), line));
        Ok(number)
    }

    /// Refuses numbers whose comma may be either.
    pub(super) fn check_commas(&self, file: &File) -> Result<()> {
        for (commas, column) in self.commas.iter().zip(&self.columns) {
            if let Some((line, text)) = commas.ambiguous() {
                let problem = format!(
                    "{:?} found: it cannot be told whether its comma is a thousands separator or a decimal mark; pass \
                     decimal=\".\" or \",\", or write the numbers without thousands separators, such as 1234.5",
                    excerpt(text.as_bytes())
                );
                return Err(file.fail(Some(line), Some(&column.name), problem));
            }
        }
        Ok(())
    }

    pub(super) fn note(&self, provenance: &mut Provenance) {
        self.columns.iter().for_each(|column| column.note(provenance));
    }
}

/// The error of a cell that should be a stamp.
pub(super) fn no_stamp(file: &File, line: u64, time_name: &str, text: &str) -> Error {
    let is_clock = text.contains(':') && StampText::clock(text.as_bytes()).is_some();
    let hint = if is_clock {
        "; the clock has no date: add the date to each row, or pass date= and clock= with the names of both columns"
    } else {
        ""
    };
    let problem =
        format!("{:?} found, expected a date and time such as 2024-01-31 13:45{hint}", excerpt(text.as_bytes()));
    file.fail(Some(line), Some(time_name), problem)
}

/// The first characters of a cell, for a message.
fn excerpt(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    if text.chars().count() > 40 { text.chars().take(40).chain(['…']).collect() } else { text.into_owned() }
}
