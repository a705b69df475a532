//! The layout `wide_days`: one row a day and meter or data item, one column an interval of the day.

use super::day_columns::{DayColumns, Names};
use super::head::Head;
use super::items::{Items, Numbered, Statuses};
use super::keys::Keys;
use super::layout::{Layout, Plan, TakesRows};
use super::meter::meter_name;
use super::multiplier::Ratios;
use super::numbers::no_stamp;
use super::preamble::{Around, Preamble};
use super::row::Row;
use super::stamps::StampReader;
use super::wide_meter::WideMeter;
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
use crate::readings::{Channel, Detected, Flag, Sure};
use crate::time::DAY_S;

/// One row a day.
pub(super) const LAYOUT: Layout = Layout { name: "wide_days", recognise };

fn recognise(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let Some(columns) = DayColumns::find(&head.headers) else { return Ok(None) };
    let keys = Keys::of(head, options)?;
    // Numbered columns beside stamps with a clock are meters.
    let is_day = |cell: &str| stamp_cell::parse(cell.as_bytes()).is_none_or(|stamp| stamp.second == 0);
    let date = Keys::date(head, options)?.filter(|at| !columns.at.contains(at) && head.column(*at).all(is_day));
    let Some(date) = date else { return Ok(None) };
    let name = |at: Option<&usize>| at.and_then(|at| head.headers.get(*at)).cloned().unwrap_or_default();
    let (first, last) = (name(columns.at.first()), name(columns.at.last()));
    let why = format!("the {} columns {first} to {last} are the intervals of a day", columns.at.len());
    let preamble = Preamble::of(head);
    let items = match (keys.quantity.or(keys.unit), of_table(head, &preamble, &columns, options)) {
        (Some(_), _) => Items::default(),
        (None, Some((heading, name))) => Items::one(heading, name),
        (None, None) => {
            let problem = format!(
                "{why}, and nothing says of what: no column for the data item or the unit, no title, no such word in the \
                 name of the file; pass columns={{\"import_kwh\": {first:?}}} with the channel that it is, and unit= \
                 where it is not kWh"
            );
            return Err(head.fail(None, None, problem));
        }
    };
    let column = Detected::new(name(Some(&date)), "by its name or its cells", Sure::Certain);
    let stamps = WrittenStamps::new(column, options.date_order);
    let rows = WideDays {
        table: Table { head: Around::of(head, &preamble), columns, options: options.clone() },
        keys,
        synonyms: head.synonyms.clone(),
        reader: StampReader::default(),
        date,
        decimal: head.decimal,
        items,
        meters: Numbered::default(),
        stamps,
        rows: Vec::new(),
        values: Vec::new(),
        statuses: Statuses::default(),
        undated: (0, None),
    };
    Ok(Some(Plan { why, sure: Sure::Certain, rows: Box::new(rows) }))
}

/// What the values of the whole table are: as the caller says, or a title, or the name of the file.
fn of_table(
    head: &Head,
    preamble: &Preamble,
    columns: &DayColumns,
    options: &FileOptions,
) -> Option<(Heading, String)> {
    let of_channel = |name: &String| {
        let meaning = Meaning::Values(Channel::from_name(name)?, Role::Interval);
        let unit = options.units.get(name).copied();
        Some((Heading { meaning, unit, says_unit: true, is_primary: None, rank: 0 }, name.clone()))
    };
    let is_of_day = |name: &&String| columns.at.iter().any(|at| head.headers.get(*at) == Some(*name));
    let given =
        options.columns.iter().find(|(_, column)| is_of_day(column)).and_then(|(channel, _)| of_channel(channel));
    let by_unit = || options.units.keys().next().filter(|_| options.units.len() == 1).and_then(of_channel);
    given.or_else(|| preamble.item(&head.synonyms)).or_else(by_unit)
}

/// What all meters of the table share.
pub(super) struct Table {
    pub head: Around,
    pub columns: DayColumns,
    pub options: FileOptions,
}

/// One row of the table.
#[derive(Clone, Copy)]
pub(super) struct DayRow {
    /// Number of its meter and of its item.
    pub meter: usize,
    pub item: usize,
    /// Where it stands among all rows.
    pub at: usize,
    pub flag: Flag,
    pub ratios: Ratios,
}

/// Rows read so far.
struct WideDays {
    table: Table,
    keys: Keys,
    synonyms: Synonyms,
    reader: StampReader,
    date: usize,
    decimal: u8,
    items: Items,
    meters: Numbered,
    stamps: WrittenStamps,
    rows: Vec<DayRow>,
    /// The numbers of all rows, one after the other.
    values: Vec<f64>,
    statuses: Statuses,
    /// Rows with values and without a date, and the line of the first.
    undated: (usize, Option<u64>),
}

impl TakesRows for WideDays {
    fn row(&mut self, row: &Row) -> Result<()> {
        let file = File { name: &self.table.head.source_name };
        let text = row.cell(self.date);
        let Some(stamp) = self.reader.read(text) else {
            let shown = String::from_utf8_lossy(text);
            return if is_missing(text) {
                let has_value = |at: &usize| !is_missing(row.cell(*at));
                if self.table.columns.at.iter().any(has_value) {
                    self.undated.0 += 1;
                    self.undated.1.get_or_insert(row.line);
                }
                Ok(())
            } else {
                Err(no_stamp(&file, row.line, self.stamps.column(), &shown))
            };
        };
        let before = self.values.len();
        for at in &self.table.columns.at {
            let Some(number) = parse_number(row.cell(*at), self.decimal) else {
                self.values.truncate(before);
                let text: String = String::from_utf8_lossy(row.cell(*at)).chars().take(40).collect();
                let problem = format!("{text:?} found in column {}, expected a number such as 1234.5", at + 1);
                return Err(file.fail(Some(row.line), None, problem));
            };
            self.values.push(number);
        }
        let item = match (self.keys.quantity, self.keys.unit) {
            (None, None) => Some(0),
            (text, unit) => {
                let cell = |at: Option<usize>| at.map_or(&[][..], |at| row.cell(at));
                self.items.number(&self.synonyms, cell(text), cell(unit), row.line)
            }
        };
        let Some(item) = item else {
            self.values.truncate(before);
            return Ok(());
        };
        let meter = self.meters.number(meter_name(self.keys.meter.map_or(&[], |at| row.cell(at))));
        let flag = self.keys.status.map_or(Flag::Measured, |at| self.statuses.flag(row.cell(at), row.line));
        let ratios = self.keys.ratios(row).or(self.table.head.ratios);
        self.rows.push(DayRow { meter, item, at: self.rows.len(), flag, ratios });
        self.stamps.push(row.line, stamp, None);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<RawMeters<'static>> {
        let Self { table, items, meters, stamps, rows, values, statuses, undated, .. } = *self;
        let file = File { name: &table.head.source_name };
        let not_read = items.not_read();
        if rows.is_empty() {
            let problem = match &not_read {
                Some(finding) => format!(
                    "none of the data items is known: {}; pass synonyms={{\"…\": \"import_kwh\"}} with what they are",
                    finding.evidence.get("items").and_then(|items| items.as_str()).unwrap_or_default()
                ),
                None => format!("no row has a date in {:?}", stamps.column()),
            };
            return Err(file.fail(None, None, problem));
        }
        let no_stamp = (undated.0 > 0).then(|| {
            Finding::new("ingest.no_stamp", Severity::Medium)
                .with("rows", undated.0)
                .with("line", undated.1)
                .with("column", stamps.column())
                .with("kwh", None::<f64>)
        });
        let seconds = stamps.into_seconds(&file)?;
        let days: Vec<i64> = seconds.seconds.iter().map(|second| second.div_euclid(DAY_S) * DAY_S).collect();
        let mut findings: Vec<Finding> = not_read.into_iter().chain(statuses.not_known()).chain(no_stamp).collect();
        let mut of_meter: Vec<Vec<DayRow>> = meters.names().iter().map(|_| Vec::new()).collect();
        for row in rows {
            if let Some(rows) = of_meter.get_mut(row.meter) {
                rows.push(row);
            }
        }
        let names = meters.names().to_vec();
        Ok(Box::new(of_meter.into_iter().zip(names).map(move |(rows, name)| {
            let meter =
                WideMeter { table: &table, items: &items, rows, days: &days, lines: &seconds.lines, values: &values };
            let mut raw = meter.into_raw(&name)?;
            raw.findings.append(&mut findings);
            raw.provenance.extend(seconds.provenance.clone());
            Ok(raw)
        })))
    }
}

impl Table {
    /// Whether the columns count the intervals that passed since midnight on every day: there are more of them
    /// than an ordinary day has, or fewer.
    pub(super) fn counts_elapsed(&self) -> bool {
        matches!(self.columns.names, Names::Numbers { .. }) && self.columns.at.len() != self.columns.ordinary
    }
}
