//! The layout `columns`: one row an interval, one column a channel. Stamps and numbers are kept until the order of the
//! dates is known.

use super::columns::{self, Columns, TimeColumns};
use super::head::Head;
use super::layout::{Layout, Plan, TakesRows};
use super::row::Row;
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::format::RawMeters;
use crate::ingest::number::{Commas, is_missing, parse_number};
use crate::ingest::raw::{RawColumn, RawRows, RawTimes};
use crate::ingest::stamp_text::{DateOrder, Shape, StampText};
use crate::ingest::step::modal_difference;
use crate::ingest::{Stamp, StampHint};
use crate::readings::{Channel, Detected, Sure};
use crate::time::DAY_S;

/// One column a channel; any table may be it.
pub(super) const LAYOUT: Layout = Layout { name: "columns", recognise };

fn recognise(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let rows = Rows::new(&head.source_name, columns::find(head, options)?, options.date_order);
    Ok(Some(Plan { why: "one column a channel".to_owned(), sure: Sure::Certain, rows: Box::new(rows) }))
}

/// Rows read so far.
struct Rows {
    source_name: String,
    columns: Columns,
    date_order: Option<DateOrder>,
    stamps: Vec<StampText>,
    lines: Vec<u64>,
    values: Vec<Vec<f64>>,
    /// What the commas of each column's numbers are.
    commas: Vec<Commas>,
    both: Vec<u8>,
    unstamped: Unstamped,
}

/// Rows without a stamp: how many, the first one's line, and their numbers by column.
#[derive(Default)]
struct Unstamped {
    rows: usize,
    line: Option<u64>,
    sums: [Option<f64>; 4],
}

impl Rows {
    fn new(source_name: &str, columns: Columns, date_order: Option<DateOrder>) -> Self {
        let values = columns.numbers.iter().map(|_| Vec::new()).collect();
        let commas = columns.numbers.iter().map(|_| Commas::default()).collect();
        Self {
            source_name: source_name.to_owned(),
            columns,
            date_order,
            stamps: Vec::new(),
            lines: Vec::new(),
            values,
            commas,
            both: Vec::new(),
            unstamped: Unstamped::default(),
        }
    }

    /// A Finding for the rows that have no stamp.
    fn unstamped(&self) -> Option<Finding> {
        let Unstamped { rows, line, sums } = self.unstamped;
        let column = self.columns.numbers.iter().zip(sums).find(|(column, _)| column.channel == Channel::IMPORT_KWH);
        // The energy of mean power needs the step, which belongs to a stamp.
        let kwh = column.and_then(|(column, sum)| {
            (!column.unit.is_power()).then_some(sum? * column.unit.to_energy(3600)).filter(|kwh| kwh.is_finite())
        });
        let mut finding = Finding::new("ingest.no_stamp", Severity::Medium)
            .with("rows", rows)
            .with("line", line)
            .with("column", self.columns.time_name.clone())
            .with("kwh", kwh);
        finding.kwh = kwh;
        (rows > 0).then_some(finding)
    }

    /// The rows with their stamps as seconds.
    fn into_raw(self) -> Result<RawRows> {
        let file = File { name: &self.source_name };
        if self.stamps.is_empty() {
            return Err(file.fail(None, None, "no row has a stamp; expected a date and time in each"));
        }
        let fail = |row: usize, problem: String| {
            file.fail(self.lines.get(row).copied(), Some(&self.columns.time_name), problem)
        };
        let (order, why, sure) =
            date_order(&self.stamps, self.date_order).map_err(|(row, problem)| fail(row, problem))?;
        let zoned = self.stamps.first().is_some_and(|stamp| stamp.offset_s.is_some());
        let mut seconds = Vec::with_capacity(self.stamps.len());
        for (row, stamp) in self.stamps.iter().enumerate() {
            if stamp.offset_s.is_some() != zoned {
                let problem = "some stamps carry an offset from UTC and some do not; expected all or none";
                return Err(fail(row, problem.to_owned()));
            }
            let Some(local) = stamp.seconds(order) else {
                let [a, b, c] = stamp.fields;
                return Err(fail(row, format!("there is no date {a}, {b}, {c} in the order {}", order.name())));
            };
            seconds.push(local - i64::from(stamp.offset_s.unwrap_or(0)));
        }
        for (commas, column) in self.commas.iter().zip(&self.columns.numbers) {
            if let Some((line, text)) = commas.ambiguous() {
                let problem = format!(
                    "{:?} found: it cannot be told whether its comma is a thousands separator or a decimal mark; write \
                     the numbers without thousands separators and with a decimal point, such as 1234.5",
                    excerpt(text.as_bytes())
                );
                return Err(file.fail(Some(line), Some(&column.name), problem));
            }
        }
        let unstamped = self.unstamped();
        let times = if zoned { RawTimes::Instants(seconds) } else { RawTimes::WallClock(seconds) };
        let columns = self
            .columns
            .numbers
            .into_iter()
            .zip(self.values)
            .map(|(column, values)| RawColumn::new(column.channel, column.name, column.unit, values))
            .collect();
        let mut raw = RawRows::new(file.name, times, columns);
        raw.stamp_hint = if self.stamps.iter().any(|stamp| i64::from(stamp.second) == DAY_S) {
            Some(StampHint { stamp: Stamp::End, why: "midnight is written as 24:00".to_owned(), sure: Sure::Certain })
        } else {
            self.columns.stamp_hint
        };
        raw.findings.extend(unstamped);
        raw.lines = Some(self.lines);
        raw.provenance = self.columns.provenance;
        raw.provenance.insert("date_style".to_owned(), Detected::new(order.name(), why, sure));
        Ok(raw)
    }
}

impl TakesRows for Rows {
    fn row(&mut self, row: &Row) -> Result<()> {
        let file = File { name: &self.source_name };
        let cell = |at: usize| row.cell(at);
        let text = match self.columns.time {
            TimeColumns::One(at) => cell(at),
            TimeColumns::Two(date, clock) => {
                self.both.clear();
                self.both.extend_from_slice(cell(date));
                self.both.push(b' ');
                self.both.extend_from_slice(cell(clock));
                &self.both
            }
        };
        let stamp = StampText::parse(text);
        if stamp.is_none() && !is_missing(text) {
            let problem = format!("{:?} found, expected a date and time such as 2024-01-31 13:45", excerpt(text));
            return Err(file.fail(Some(row.line), Some(&self.columns.time_name), problem));
        }
        let mut numbers = [f64::NAN; 4];
        for (number, column) in numbers.iter_mut().zip(&self.columns.numbers) {
            let text = cell(column.at);
            *number = parse_number(text).ok_or_else(|| {
                let problem = format!("{:?} found, expected a number such as 1234.5", excerpt(text));
                file.fail(Some(row.line), Some(&column.name), problem)
            })?;
        }
        for (commas, column) in self.commas.iter_mut().zip(&self.columns.numbers) {
            commas.see(row.line, cell(column.at));
        }
        let Some(stamp) = stamp else {
            self.unstamped.take(row.line, numbers);
            return Ok(());
        };
        self.stamps.push(stamp);
        self.lines.push(row.line);
        for (values, number) in self.values.iter_mut().zip(numbers) {
            values.push(number);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<RawMeters<'static>> {
        Ok(Box::new(std::iter::once(self.into_raw())))
    }
}

impl Unstamped {
    fn take(&mut self, line: u64, numbers: [f64; 4]) {
        self.rows += 1;
        self.line.get_or_insert(line);
        for (sum, number) in self.sums.iter_mut().zip(numbers) {
            if number.is_finite() {
                *sum = Some(sum.unwrap_or(0.0) + number);
            }
        }
    }
}

/// The order of the dates' fields with the reason; an error has the row it is seen on.
fn date_order(
    stamps: &[StampText],
    given: Option<DateOrder>,
) -> std::result::Result<(DateOrder, String, Sure), (usize, String)> {
    let Some(open) = stamps.iter().position(|stamp| stamp.shape != Shape::YearFirst) else {
        return Ok((DateOrder::Ymd, "the year comes first".to_owned(), Sure::Certain));
    };
    if let Some(order) = given {
        return Ok((order, "given".to_owned(), Sure::Given));
    }
    if stamps.get(open).is_some_and(|stamp| stamp.shape == Shape::TwoDigits) {
        return Err((open, "the year has two digits; pass date_order= (\"dmy\", \"mdy\" or \"ymd\")".to_owned()));
    }
    let open_stamps = || stamps.iter().enumerate().filter(|(_, stamp)| stamp.shape != Shape::YearFirst);
    let day_first = open_stamps().find(|(_, stamp)| stamp.fields[0] > 12);
    let month_first = open_stamps().find(|(_, stamp)| stamp.fields[1] > 12);
    let shown = |stamp: &StampText| format!("{:02}/{:02}/{}", stamp.fields[0], stamp.fields[1], stamp.fields[2]);
    match (day_first, month_first) {
        (Some((_, stamp)), None) => {
            Ok((DateOrder::Dmy, format!("{} can only be day, month, year", shown(stamp)), Sure::Certain))
        }
        (None, Some((_, stamp))) => {
            Ok((DateOrder::Mdy, format!("{} can only be month, day, year", shown(stamp)), Sure::Certain))
        }
        (Some((_, one)), Some((row, other))) => Err((
            row,
            format!("{} puts the day first, {} the month; expected one order in the file", shown(one), shown(other)),
        )),
        (None, None) if open_stamps().all(|(_, stamp)| stamp.shape == Shape::Dotted) => {
            Ok((DateOrder::Dmy, "dates with dots have the day first".to_owned(), Sure::Likely))
        }
        (None, None) => by_regularity(stamps).ok_or_else(|| {
            let example = stamps.get(open).map(shown).unwrap_or_default();
            let problem = format!(
                "dates such as {example} cannot be told apart: day or month first? Pass date_order=\"dmy\" or \"mdy\""
            );
            (open, problem)
        }),
    }
}

/// The order under which the stamps fill their span, where the other leaves most of it empty.
fn by_regularity(stamps: &[StampText]) -> Option<(DateOrder, String, Sure)> {
    let filled = |order: DateOrder| {
        let seconds: Option<Vec<i64>> = stamps.iter().map(|stamp| stamp.seconds(order)).collect();
        let seconds = seconds?;
        let step_s = modal_difference(&seconds)?;
        let span = seconds.iter().max()? - seconds.iter().min()? + step_s;
        Some(seconds.len() as f64 * step_s as f64 / span as f64)
    };
    let (dmy, mdy) = (filled(DateOrder::Dmy).unwrap_or(0.0), filled(DateOrder::Mdy).unwrap_or(0.0));
    let why = || "only so do the stamps follow each other at a regular step".to_owned();
    if dmy >= 0.9 && mdy < 0.5 {
        Some((DateOrder::Dmy, why(), Sure::Likely))
    } else if mdy >= 0.9 && dmy < 0.5 {
        Some((DateOrder::Mdy, why(), Sure::Likely))
    } else {
        None
    }
}

/// The first characters of a cell, for a message.
fn excerpt(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    if text.chars().count() > 40 { text.chars().take(40).chain(['…']).collect() } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(texts: &[&str]) -> Option<DateOrder> {
        let stamps: Vec<StampText> = texts.iter().map(|text| StampText::parse(text.as_bytes()).unwrap()).collect();
        date_order(&stamps, None).ok().map(|(order, ..)| order)
    }

    #[test]
    fn the_order_of_dates_needs_evidence() {
        assert_eq!(order(&["01/02/2018 00:00", "13/02/2018 00:00"]), Some(DateOrder::Dmy));
        assert_eq!(order(&["01/02/2018 00:00", "02/13/2018 00:00"]), Some(DateOrder::Mdy));
        assert_eq!(order(&["13/02/2018 00:00", "02/13/2018 00:00"]), None);
        assert_eq!(order(&["01/02/2018 00:00", "01/02/2018 06:00"]), None);
        assert_eq!(order(&["01.02.2018 00:00"]), Some(DateOrder::Dmy));
        let two_days = ["01/02/2018 00:00", "01/02/2018 12:00", "02/02/2018 00:00", "02/02/2018 12:00"];
        assert_eq!(order(&two_days), Some(DateOrder::Dmy));
        let two_days = ["02/01/2018 00:00", "02/01/2018 12:00", "02/02/2018 00:00", "02/02/2018 12:00"];
        assert_eq!(order(&two_days), Some(DateOrder::Mdy));
    }
}
