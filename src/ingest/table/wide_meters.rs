//! The layout `wide_meters`: one row an interval, one column a meter; columns that sum the meters up are no meters.

use super::columns::{ASSUMED_UNIT, NumberColumn, detected, quoted};
use super::head::Head;
use super::layout::{Layout, Plan, TakesRows};
use super::meter::MeterRows;
use super::numbers::{Numbers, no_stamp};
use super::row::Row;
use super::stamps::{StampReader, date_order};
use super::summary::{Statistic, Summaries};
use super::times::{Times, no_time};
use crate::error::Result;
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::format::RawMeters;
use crate::ingest::heading::split;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::{RawRows, Role};
use crate::ingest::stamp_text::{DateOrder, StampText};
use crate::ingest::{Stamp, StampHint, Unit};
use crate::readings::{Channel, Detected, Provenance, Sure};

/// One column a meter.
pub(super) const LAYOUT: Layout = Layout { name: "wide_meters", recognise };

fn recognise(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let is_said = options.layout.as_deref() == Some(LAYOUT.name);
    let says_columns = !options.columns.is_empty() || options.meter_column.is_some();
    if !is_said && (says_columns || head.header_line == 0) {
        return Ok(None);
    }
    let Some(times) = Times::find(head, options)? else {
        return if is_said { Err(no_time(head)) } else { Ok(None) };
    };
    let meaning = |at: usize| head.headings.get(at).copied().flatten().map(|heading| heading.meaning);
    let name = |at: usize| head.headers.get(at).map_or("", String::as_str);
    let numeric = || (0..head.headers.len()).filter(|at| !times.has(*at) && head.is_numeric(*at));
    let (sums, meters): (Vec<usize>, Vec<usize>) = numeric().partition(|at| Statistic::of(name(*at)).is_some());
    if !is_said && meters.iter().any(|at| matches!(meaning(*at), Some(Meaning::Values(..) | Meaning::Meter))) {
        return Ok(None);
    }
    let (meters, why) = if is_said {
        (meters, "given".to_owned())
    } else {
        let alike = named_alike(&meters, name);
        let dates_only = head.column(0).all(|cell| !cell.contains(':'));
        let is_day = dates_only && [24, 25, 48, 96, 100, 288].contains(&alike.len());
        let is_clock = |at: &usize| StampText::clock(name(*at).as_bytes()).is_some() && name(*at).contains(':');
        if alike.len() < 2 || is_day || alike.iter().any(is_clock) {
            return Ok(None);
        }
        let why = format!("{} columns have names alike: {}", alike.len(), name(alike.first().copied().unwrap_or(0)));
        (alike, why)
    };
    if meters.is_empty() {
        return Err(head.fail(None, None, format!("there is no column of numbers among {}", quoted(&head.headers))));
    }
    let left_out: Vec<String> =
        numeric().filter(|at| !meters.contains(at) && !sums.contains(at)).map(|at| name(at).to_owned()).collect();
    let mut provenance = Provenance::from([("time_column".to_owned(), times.found.clone())]);
    if !left_out.is_empty() {
        let why = "their names are unlike those of the meters; pass layout=\"wide_meters\" to read all";
        provenance.insert("not_read".to_owned(), Detected::new(left_out.join(", "), why, Sure::Likely));
    }
    let sums: Vec<usize> = sums.into_iter().filter(|at| meters.first() < Some(at)).collect();
    let given = options.units.get(Channel::IMPORT_KWH.name()).copied();
    let columns = meters.iter().chain(&sums).map(|at| column(*at, name(*at), given)).collect();
    let rows = Wide {
        source_name: head.source_name.clone(),
        date_order: options.date_order,
        times,
        meters: meters.len(),
        summaries: Summaries::new(sums.iter().map(|at| name(*at).to_owned()).collect()),
        numbers: Numbers::new(head.decimal, head.decimal_is_known, columns),
        rows: MeterRows::default(),
        reader: StampReader::default(),
        both: Vec::new(),
        row_numbers: Vec::new(),
        provenance,
    };
    Ok(Some(Plan { why, sure: if is_said { Sure::Given } else { Sure::Likely }, rows: Box::new(rows) }))
}

/// The columns whose names differ in nothing but a number, of the most frequent such name.
fn named_alike<'a>(columns: &[usize], name: impl Fn(usize) -> &'a str) -> Vec<usize> {
    let skeleton = |at: usize| {
        let mut text = String::new();
        for one in name(at).chars() {
            if !one.is_ascii_digit() {
                text.extend(one.to_lowercase());
            } else if !text.ends_with('#') {
                text.push('#');
            }
        }
        text
    };
    let mut counts = std::collections::BTreeMap::<String, Vec<usize>>::new();
    for at in columns {
        counts.entry(skeleton(*at)).or_default().push(*at);
    }
    let numbered = counts.into_iter().filter(|(skeleton, _)| skeleton.contains('#'));
    numbered.map(|(_, alike)| alike).max_by_key(Vec::len).unwrap_or_default()
}

fn column(at: usize, header: &str, given: Option<Unit>) -> NumberColumn {
    let said =
        split(header).into_iter().find_map(|(base, unit)| Some((base, unit?.0))).filter(|(base, _)| !base.is_empty());
    let (name, unit) = said.map_or((header.to_owned(), None), |(base, unit)| (base.trim().to_owned(), Some(unit)));
    let unit_why = match (given, unit) {
        (Some(_), _) => "given",
        (None, Some(_)) => "the header names it",
        (None, None) => ASSUMED_UNIT,
    };
    let (says_unit, unit) = (given.is_some() || unit.is_some(), given.or(unit).unwrap_or(Unit::Kwh));
    let column_why = "by its place among the meters";
    NumberColumn { at, name, channel: Channel::IMPORT_KWH, role: Role::Interval, unit, says_unit, column_why, unit_why }
}

/// The rows of all meters, which share their stamps.
struct Wide {
    source_name: String,
    date_order: Option<DateOrder>,
    times: Times,
    /// So many columns are meters; those after them sum up.
    meters: usize,
    summaries: Summaries,
    numbers: Numbers,
    rows: MeterRows,
    reader: StampReader,
    both: Vec<u8>,
    row_numbers: Vec<f64>,
    provenance: Provenance,
}

impl TakesRows for Wide {
    fn row(&mut self, row: &Row) -> Result<()> {
        let file = File { name: &self.source_name };
        let read = self.times.read(row, &mut self.reader, &mut self.both);
        let stamp = read.map_err(|text| no_stamp(&file, row.line, &self.times.name, &text))?;
        self.numbers.read(&file, row, &mut self.row_numbers)?;
        let (meters, sums) = self.row_numbers.split_at_checked(self.meters).unwrap_or_default();
        self.summaries.check(meters, sums);
        self.rows.push(row.line, stamp, meters);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<RawMeters<'static>> {
        let file = File { name: &self.source_name };
        self.numbers.check_commas(&file)?;
        let order = date_order(std::iter::once(&self.rows.stamps), self.date_order);
        let (order, why, sure) =
            order.map_err(|(_, row, problem)| file.fail(self.rows.lines.get(row), Some(&self.times.name), problem))?;
        let hint = if self.rows.stamps.has_twenty_four() && !self.times.has_ends() {
            let why = "midnight is written as 24:00".to_owned();
            Some(StampHint { stamp: Stamp::End, why, sure: Sure::Certain })
        } else {
            self.times.hint.clone()
        };
        let columns = self.numbers.columns().get(..self.meters).unwrap_or_default().to_vec();
        let mut whole = self.rows.into_raw(&self.source_name, &columns, &self.times.name, order)?;
        whole.findings.extend(self.summaries.finding());
        whole.provenance = self.provenance;
        whole.provenance.insert("date_style".to_owned(), Detected::new(order.name(), why, sure));
        whole.stamp_hint = hint;
        let values = std::mem::take(&mut whole.columns);
        Ok(Box::new(values.into_iter().zip(columns).map(move |(values, column)| {
            // What was found out about the whole table is said of the first meter.
            let findings = std::mem::take(&mut whole.findings);
            let mut meter =
                RawRows { findings, columns: vec![values], meter: Some(column.name.clone()), ..whole.clone() };
            column.note(&mut meter.provenance);
            meter.provenance.insert("meter_column".to_owned(), detected(&column.name, "by its name"));
            Ok(meter)
        })))
    }
}
