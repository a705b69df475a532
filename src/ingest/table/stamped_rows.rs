//! Rows that each have a stamp and numbers of any kind: the layouts `quantities` (registers, phases, data items) and
//! `hours` (a date and the number of an hour).

use super::head::Head;
use super::items::{Items, Numbered, Statuses};
use super::keys::Keys;
use super::layout::{Plan, TakesRows};
use super::meter::meter_name;
use super::numbers::no_stamp;
use super::preamble::{Around, Preamble};
use super::row::Row;
use super::stamped_meter::{Stamped, StampedMeter, StampedRow};
use super::stamps::StampReader;
use super::times::Times;
use super::written_stamps::WrittenStamps;
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::format::RawMeters;
use crate::ingest::heading::{Heading, Synonyms};
use crate::ingest::meaning::Meaning;
use crate::ingest::number::{is_missing, parse_number};
use crate::ingest::raw::Role;
use crate::ingest::stamp_cell;
use crate::ingest::stamp_text::StampText;
use crate::ingest::synonyms::{TABLE, plain};
use crate::readings::{Detected, Flag, Sure};

/// Where a row's stamp stands.
pub(super) enum StampFrom {
    Times(Times),
    /// A date, and the number of an hour.
    Hour(usize, usize),
}

impl StampFrom {
    fn has(&self, at: usize) -> bool {
        match self {
            Self::Times(times) => times.has(at),
            Self::Hour(date, hour) => at == *date || at == *hour,
        }
    }
}

/// The plan for a table whose rows have a stamp each; `None` where no column of numbers is known.
pub(super) fn plan(
    head: &Head,
    options: &FileOptions,
    keys: Keys,
    stamp: StampFrom,
    why: String,
) -> Result<Option<Plan>> {
    let name = |at: usize| head.headers.get(at).cloned().unwrap_or_default();
    let mut numbers = Vec::new();
    for (at, header) in head.headers.iter().enumerate().filter(|(at, _)| !stamp.has(*at)) {
        let given = options.columns.iter().find(|(_, column)| column.trim() == header);
        let heading = match given {
            Some((channel, _)) => {
                let word = Meaning::from_word(channel).map_err(|problem| head.fail(None, Some(header), problem))?;
                let unit = head.headings.get(at).copied().flatten();
                Some(Heading {
                    meaning: word,
                    ..unit.unwrap_or(Heading {
                        meaning: word,
                        unit: word.usual_unit(),
                        says_unit: false,
                        is_primary: None,
                        rank: 0,
                    })
                })
            }
            None => head.headings.get(at).copied().flatten(),
        };
        // Beside a data item a column 数值 is what the item says.
        let is_bare = keys.quantity.is_some() && TABLE.parts(&plain(header)).is_some_and(|parts| parts.is_empty());
        match heading.map(|one| one.meaning) {
            Some(Meaning::Values(..) | Meaning::Period(_)) => numbers.push((at, heading)),
            None if is_bare || (keys.quantity.is_some() && TABLE.is_value(header)) => numbers.push((at, None)),
            _ => {}
        }
    }
    if numbers.is_empty() {
        return Ok(None);
    }
    let used = |at: usize| {
        let keys = [
            keys.meter,
            keys.quantity,
            keys.unit,
            keys.status,
            keys.multiplier,
            keys.current_ratio,
            keys.voltage_ratio,
        ];
        stamp.has(at) || keys.contains(&Some(at)) || numbers.iter().any(|(number, _)| *number == at)
    };
    let left: Vec<String> =
        (0..head.headers.len()).filter(|at| !used(*at)).map(name).filter(|name| !name.is_empty()).collect();
    let (column, stamp_hint) = match &stamp {
        StampFrom::Times(times) => (times.found.clone(), times.hint.clone()),
        StampFrom::Hour(date, hour) => {
            let column = format!("{}, {}", name(*date), name(*hour));
            (Detected::new(column, "by their names", Sure::Certain), None)
        }
    };
    let preamble = Preamble::of(head);
    let by_period = head.headings.iter().flatten().any(|one| matches!(one.meaning, Meaning::Period(_)));
    let of_table = preamble.item(&head.synonyms).filter(|_| keys.quantity.is_none() && by_period);
    let titled = preamble.is_of_registers().map(|(text, is_title)| (text.to_owned(), is_title));
    let names = numbers.iter().map(|(at, _)| name(*at)).collect();
    let rows = StampedRows {
        decimal: head.decimal,
        synonyms: head.synonyms.clone(),
        reader: StampReader::default(),
        table_item: of_table.as_ref().map(|_| 0),
        items: of_table.map_or_else(Items::default, |(heading, name)| Items::one(heading, name)),
        meters: Numbered::default(),
        stamps: WrittenStamps::new(column, options.date_order),
        statuses: Statuses::default(),
        table: Stamped {
            around: Around::of(head, &preamble),
            options: options.clone(),
            headings: numbers.iter().map(|(_, heading)| *heading).collect(),
            names,
            by_hours: matches!(stamp, StampFrom::Hour(..)),
            stamp_hint,
            titled,
            ratios: Vec::new(),
            not_read: left,
        },
        stamp,
        columns: numbers.into_iter().map(|(at, _)| at).collect(),
        keys,
        rows: Vec::new(),
        values: Vec::new(),
        demand_times: Vec::new(),
        both: Vec::new(),
        unstamped: (0, None),
    };
    Ok(Some(Plan { why, sure: Sure::Certain, rows: Box::new(rows) }))
}

/// Rows read so far.
struct StampedRows {
    table: Stamped,
    keys: Keys,
    synonyms: Synonyms,
    stamp: StampFrom,
    reader: StampReader,
    /// Where the numbers stand.
    columns: Vec<usize>,
    decimal: u8,
    /// The item of every row, where a title says what columns of tariff periods count.
    table_item: Option<usize>,
    items: Items,
    meters: Numbered,
    stamps: WrittenStamps,
    statuses: Statuses,
    rows: Vec<StampedRow>,
    /// The numbers of all rows, one after the other.
    values: Vec<f64>,
    /// When maximum demands occurred: place among the values, and the stamp.
    demand_times: Vec<(usize, StampText)>,
    both: Vec<u8>,
    /// Rows without a stamp, and the line of the first.
    unstamped: (usize, Option<u64>),
}

impl StampedRows {
    /// Whether a column holds times of maximum demands.
    fn is_time(&self, number: usize) -> bool {
        let heading = self.table.headings.get(number).copied().flatten();
        heading.is_some_and(|one| matches!(one.meaning, Meaning::Values(_, Role::MaximumDemandAt(_))))
    }

    fn numbers(&mut self, file: &File, row: &Row) -> Result<()> {
        for (number, at) in self.columns.iter().enumerate() {
            let cell = row.cell(*at);
            let fail = |expected: &str| {
                let text: String = String::from_utf8_lossy(cell).chars().take(40).collect();
                let name = self.table.names.get(number).map(String::as_str);
                file.fail(Some(row.line), name, format!("{text:?} found, expected {expected}"))
            };
            let value = if self.is_time(number) {
                if let Some(stamp) = stamp_cell::parse(cell) {
                    self.demand_times.push((self.values.len(), stamp));
                } else if !is_missing(cell) {
                    return Err(fail("a date and time such as 2024-01-31 13:45"));
                }
                f64::NAN
            } else {
                parse_number(cell, self.decimal).ok_or_else(|| fail("a number such as 1234.5"))?
            };
            self.values.push(value);
        }
        Ok(())
    }
}

impl TakesRows for StampedRows {
    fn row(&mut self, row: &Row) -> Result<()> {
        let source_name = self.table.around.source_name.clone();
        let file = File { name: &source_name };
        let mut hour = 0;
        let read = match &self.stamp {
            StampFrom::Times(times) => times.read(row, &mut self.reader, &mut self.both),
            StampFrom::Hour(date, at) => {
                let text = String::from_utf8_lossy(row.cell(*at));
                hour = text.parse::<u8>().ok().filter(|hour| *hour <= 25).ok_or_else(|| {
                    let problem = format!("{text:?} found, expected the number of an hour, 0 to 25");
                    file.fail(Some(row.line), Some(self.stamps.column()), problem)
                })?;
                let date = row.cell(*date);
                match self.reader.read(date) {
                    Some(stamp) => Ok(Some((stamp, None))),
                    None if is_missing(date) => Ok(None),
                    None => Err(String::from_utf8_lossy(date).into_owned()),
                }
            }
        };
        let read = read.map_err(|text| no_stamp(&file, row.line, self.stamps.column(), &text))?;
        let Some((stamp, end)) = read else {
            self.unstamped.0 += 1;
            self.unstamped.1.get_or_insert(row.line);
            return Ok(());
        };
        let (before, times_before) = (self.values.len(), self.demand_times.len());
        if let Err(error) = self.numbers(&file, row) {
            self.values.truncate(before);
            self.demand_times.truncate(times_before);
            return Err(error);
        }
        let cell = |at: Option<usize>| at.map_or(&[][..], |at| row.cell(at));
        let has_number = self.values.iter().skip(before).any(|value| !value.is_nan());
        if self.keys.meter.is_some() && cell(self.keys.meter).is_empty() && !has_number {
            self.values.truncate(before);
            self.demand_times.truncate(times_before);
            return Ok(()); // neither a meter nor a number
        }
        let item = match self.keys.quantity {
            None => Some(self.table_item),
            Some(at) => self.items.number(&self.synonyms, row.cell(at), cell(self.keys.unit), row.line).map(Some),
        };
        let Some(item) = item else {
            self.values.truncate(before);
            self.demand_times.truncate(times_before);
            return Ok(());
        };
        let meter = self.meters.number(meter_name(cell(self.keys.meter)));
        let flag = self.keys.status.map_or(Flag::Measured, |at| self.statuses.flag(row.cell(at), row.line));
        let ratios = self.keys.ratios(row).or(self.table.around.ratios);
        if self.table.ratios.last() != Some(&ratios) {
            self.table.ratios.push(ratios);
        }
        let ratios = self.table.ratios.len() - 1;
        self.rows.push(StampedRow { meter, item, at: self.rows.len(), hour, flag, ratios });
        self.stamps.push(row.line, stamp, end);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<RawMeters<'static>> {
        let Self { table, items, meters, stamps, rows, mut values, statuses, demand_times, unstamped, .. } = *self;
        let file = File { name: &table.around.source_name };
        let not_read = items.not_read();
        if rows.is_empty() {
            let problem = match &not_read {
                Some(finding) => format!(
                    "none of the data items is known: {}; pass synonyms={{\"…\": \"import_kwh\"}} with what they are",
                    finding.evidence.get("items").and_then(|items| items.as_str()).unwrap_or_default()
                ),
                None => "no row has a stamp; expected a date and time in each".to_owned(),
            };
            return Err(file.fail(None, None, problem));
        }
        let column = stamps.column().to_owned();
        let seconds = stamps.into_seconds(&file)?;
        for (at, stamp) in demand_times {
            if let Some(value) = values.get_mut(at) {
                *value = stamp.seconds(seconds.order).map_or(f64::NAN, |second| second as f64);
            }
        }
        let no_stamp = (unstamped.0 > 0).then(|| {
            Finding::new("ingest.no_stamp", Severity::Medium)
                .with("rows", unstamped.0)
                .with("line", unstamped.1)
                .with("column", column)
                .with("kwh", None::<f64>)
        });
        let mut findings: Vec<Finding> = not_read.into_iter().chain(statuses.not_known()).chain(no_stamp).collect();
        let mut of_meter: Vec<Vec<StampedRow>> = meters.names().iter().map(|_| Vec::new()).collect();
        for row in rows {
            if let Some(rows) = of_meter.get_mut(row.meter) {
                rows.push(row);
            }
        }
        let names = meters.names().to_vec();
        Ok(Box::new(of_meter.into_iter().zip(names).map(move |(rows, name)| {
            let meter = StampedMeter { table: &table, items: &items, rows, seconds: &seconds, values: &values };
            let mut raw = meter.into_raw(&name)?;
            raw.findings.append(&mut findings);
            raw.provenance.extend(seconds.provenance.clone());
            Ok(raw)
        })))
    }
}
