//! The layout `long`: a row has the name of its meter, perhaps what its value is, a stamp and numbers.

use std::collections::HashMap;

use super::columns::{self, NumberColumn, detected, named, power_as_energy};
use super::head::Head;
use super::kinds::{Kinds, says_quantities, value_column};
use super::label::Labels;
use super::layout::{Layout, Plan, TakesRows};
use super::meter::{MeterRows, Names, merge, meter_name};
use super::numbers::{Numbers, no_stamp};
use super::row::Row;
use super::stamps::{StampReader, date_order};
use super::times::{Times, no_time};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::format::RawMeters;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::RawRows;
use crate::ingest::stamp_text::DateOrder;
use crate::ingest::step::modal_difference;
use crate::ingest::{Stamp, StampHint};
use crate::readings::{Detected, Sure};

/// Meter after meter or in turn, channels in columns or in rows of their own.
pub(super) const LAYOUT: Layout = Layout { name: "long", recognise };

fn recognise(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let column = |wanted: Meaning| {
        head.headings.iter().position(|heading| heading.is_some_and(|heading| heading.meaning == wanted))
    };
    let meter = match &options.meter_column {
        Some(name) => Some(named(head, name, "meter")?),
        None => column(Meaning::Meter),
    };
    let unit = column(Meaning::Unit);
    let quantity = column(Meaning::Quantity).filter(|at| says_quantities(head, *at, unit));
    let without_header = head.header_line == 0 && meter.is_none();
    if meter.is_none() && quantity.is_none() && unit.is_none() && !without_header {
        return Ok(None);
    }
    let Some(times) = Times::find(head, options)? else { return Err(no_time(head)) };
    let meter = if without_header { meter_by_cells(head, &times) } else { meter };
    if meter.is_none() && quantity.is_none() && unit.is_none() {
        return Ok(None);
    }
    let taken = |at: usize| times.has(at) || [meter, quantity, unit].contains(&Some(at));
    let (mut numbers, findings) = columns::numbers(head, taken, options)?;
    let names_unit = numbers.iter().all(|column| column.says_unit);
    let mut kinds = None;
    if quantity.is_some() || (unit.is_some() && !names_unit) || numbers.is_empty() {
        let value = value_column(head, taken, &numbers)?;
        kinds = (quantity.is_some() || unit.is_some()).then(|| Kinds {
            quantity,
            unit,
            value,
            synonyms: head.synonyms.clone(),
            units: options.units.clone().into_iter().collect(),
        });
        numbers = Vec::new();
        if kinds.is_none() {
            return Err(columns::no_numbers(head));
        }
    }
    let says = |at: usize| head.headers.get(at).cloned().unwrap_or_default();
    let why = match (meter, quantity.or(unit)) {
        (Some(meter), Some(kind)) => format!("{:?} names the meter, {:?} what the value is", says(meter), says(kind)),
        (Some(meter), None) => format!("{:?} names the meter", says(meter)),
        (None, kind) => format!("{:?} names what the value is", kind.map(says).unwrap_or_default()),
    };
    let value = kinds.as_ref().map(|kinds| kinds.value.0);
    let left =
        columns::not_read(head, |at| taken(at) || value == Some(at) || numbers.iter().any(|column| column.at == at));
    let mut rows = Long::of_one_meter(head, options, times.clone(), numbers);
    (rows.meter, rows.kinds, rows.not_read, rows.findings) = (meter, kinds, left, findings);
    if meter.is_some() || rows.kinds.is_some() {
        rows.labels = Labels::none();
    }
    rows.meter_found = meter.map(|at| match (&options.meter_column, without_header) {
        (Some(name), _) => Detected::given(name),
        (None, true) => detected(says(at), "by its cells"),
        (None, false) => detected(says(at), "by its name"),
    });
    let sure = if without_header { Sure::Likely } else { Sure::Certain };
    Ok(Some(Plan { why, sure, rows: Box::new(rows) }))
}

/// The column of text, or of whole numbers before the stamp, of a table without a header.
fn meter_by_cells(head: &Head, times: &Times) -> Option<usize> {
    let columns = || (0..head.headers.len().min(200)).filter(|at| !times.has(*at));
    let text = columns().find(|at| head.column(*at).all(|cell| cell.chars().any(char::is_alphabetic)));
    let numeric = || columns().filter(|at| head.is_numeric(*at));
    let before = numeric().next().filter(|at| {
        let whole = head.column(*at).all(|cell| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit()));
        whole && numeric().count() == 2 && (0..head.headers.len()).find(|time| times.has(*time)) > Some(*at)
    });
    text.or(before)
}

/// The rows of every meter read so far.
pub(super) struct Long {
    source_name: String,
    times: Times,
    date_order: Option<DateOrder>,
    meter: Option<usize>,
    meter_found: Option<Detected>,
    kinds: Option<Kinds>,
    /// The columns of every kind of row; one kind where the columns say it.
    numbers: Vec<Numbers>,
    new_numbers: Box<dyn Fn(Vec<NumberColumn>) -> Numbers>,
    names: Names,
    meters: Vec<Meter>,
    labels: Labels,
    /// Columns that nothing is read from.
    pub not_read: Vec<String>,
    /// What is said of the columns.
    pub findings: Vec<Finding>,
    reader: StampReader,
    both: Vec<u8>,
    key: Vec<u8>,
    row_numbers: Vec<f64>,
}

/// Rows of one meter and kind.
struct Meter {
    name: Option<String>,
    kind: usize,
    rows: MeterRows,
}

impl Long {
    /// Rows of a table with one meter and one column a channel.
    pub(super) fn of_one_meter(head: &Head, options: &FileOptions, times: Times, numbers: Vec<NumberColumn>) -> Self {
        let taken = |at: usize| times.has(at) || numbers.iter().any(|column| column.at == at);
        let labels = Labels::of(head, taken);
        let (decimal, known) = (head.decimal, head.decimal_is_known);
        let new_numbers = Box::new(move |columns| Numbers::new(decimal, known, columns));
        Self {
            source_name: head.source_name.clone(),
            date_order: options.date_order,
            meter: None,
            meter_found: None,
            kinds: None,
            numbers: if numbers.is_empty() { Vec::new() } else { vec![new_numbers(numbers)] },
            new_numbers,
            names: Names::default(),
            meters: Vec::new(),
            labels,
            not_read: Vec::new(),
            findings: Vec::new(),
            reader: StampReader::default(),
            both: Vec::new(),
            key: Vec::new(),
            row_numbers: Vec::new(),
            times,
        }
    }

    /// Index of the row's meter, which may be new.
    fn meter_of(&mut self, row: &Row) -> Result<usize> {
        if self.meter.is_none() && self.kinds.is_none() && !self.meters.is_empty() {
            return Ok(0);
        }
        let file = File { name: &self.source_name };
        let name = self.meter.map_or(&[][..], |at| row.cell(at));
        let key = match &self.kinds {
            None => name,
            Some(kinds) => {
                self.key.clear();
                self.key.extend_from_slice(name);
                for at in [kinds.quantity, kinds.unit].into_iter().flatten() {
                    self.key.push(0x1F);
                    self.key.extend_from_slice(row.cell(at));
                }
                &self.key
            }
        };
        let index = self.names.index(key, |problem| file.fail(Some(row.line), None, problem))?;
        if self.meters.get(index).is_some_and(|meter| meter.kind < self.numbers.len()) {
            return Ok(index);
        }
        let kind = match &self.kinds {
            None => 0,
            Some(kinds) => {
                let column = kinds.column(&file, row)?;
                let same = |numbers: &Numbers| numbers.columns().first() == Some(&column);
                let known = self.numbers.iter().position(same);
                known.unwrap_or_else(|| {
                    self.numbers.push((self.new_numbers)(vec![column]));
                    self.numbers.len() - 1
                })
            }
        };
        let name = Some(meter_name(name)).filter(|name| !name.is_empty());
        let name = name.map(|name| String::from_utf8_lossy(name).into_owned());
        while self.meters.len() <= index {
            self.meters.push(Meter { name: None, kind: usize::MAX, rows: MeterRows::default() });
        }
        if let Some(meter) = self.meters.get_mut(index) {
            (meter.name, meter.kind) = (name, kind);
        }
        Ok(index)
    }

    fn stamp_hint(&self, order: DateOrder) -> Option<StampHint> {
        if self.times.has_ends() {
            return self.times.hint.clone();
        }
        if self.meters.iter().any(|meter| meter.rows.stamps.has_twenty_four()) {
            let why = "midnight is written as 24:00".to_owned();
            return Some(StampHint { stamp: Stamp::End, why, sure: Sure::Certain });
        }
        self.times.hint.clone().or_else(|| {
            let [meter] = self.meters.as_slice() else { return None };
            self.labels.hint(modal_difference(&meter.rows.stamps.seconds(order).ok()?)?)
        })
    }
}

impl TakesRows for Long {
    fn row(&mut self, row: &Row) -> Result<()> {
        let stamp = self
            .times
            .read(row, &mut self.reader, &mut self.both)
            .map_err(|text| no_stamp(&File { name: &self.source_name }, row.line, &self.times.name, &text))?;
        let index = self.meter_of(row)?;
        let Some(meter) = self.meters.get_mut(index) else { return Ok(()) };
        let Some(numbers) = self.numbers.get_mut(meter.kind) else { return Ok(()) };
        numbers.read(&File { name: &self.source_name }, row, &mut self.row_numbers)?;
        let has_name = self.meter.is_none_or(|at| !row.cell(at).is_empty());
        if !has_name && self.row_numbers.iter().all(|number| number.is_nan()) {
            return Ok(()); // neither a meter nor a number
        }
        if let Some((stamp, _)) = &stamp {
            self.labels.see(|at| row.cell(at), stamp.second);
        }
        meter.rows.push(row.line, stamp, &self.row_numbers);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<RawMeters<'static>> {
        self.meters.retain(|meter| !meter.rows.is_empty());
        let file = File { name: &self.source_name };
        for numbers in &self.numbers {
            numbers.check_commas(&file)?;
        }
        let stamps = self.meters.iter().map(|meter| &meter.rows.stamps);
        let (order, why, sure) = date_order(stamps, self.date_order).map_err(|(meter, row, problem)| {
            let line = self.meters.get(meter).and_then(|meter| meter.rows.lines.get(row));
            file.fail(line, Some(&self.times.name), problem)
        })?;
        let hint = self.stamp_hint(order);
        let mut columns: Vec<NumberColumn> =
            self.numbers.iter().flat_map(|numbers| numbers.columns().iter().cloned()).collect();
        if self.kinds.is_some() {
            power_as_energy(&mut columns);
            let all = self.numbers.iter_mut().flat_map(Numbers::columns_mut);
            all.zip(columns).for_each(|(column, energy)| *column = energy);
        }
        // The kinds of a meter together, meters in the order in which they appear.
        let mut groups: Vec<Vec<Meter>> = Vec::new();
        let mut places: HashMap<Option<String>, usize> = HashMap::new();
        for meter in std::mem::take(&mut self.meters) {
            let place = *places.entry(meter.name.clone()).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Vec::new());
            }
            if let Some(group) = groups.get_mut(place) {
                group.push(meter);
            }
        }
        let mut findings = std::mem::take(&mut self.findings);
        let finished = Finished { long: *self, order, date_style: Detected::new(order.name(), why, sure), hint };
        Ok(Box::new(groups.into_iter().map(move |group| {
            let mut meter = finished.meter(group)?;
            meter.findings.append(&mut findings);
            Ok(meter)
        })))
    }
}

/// What holds for every meter.
struct Finished {
    long: Long,
    order: DateOrder,
    date_style: Detected,
    hint: Option<StampHint>,
}

impl Finished {
    fn meter(&self, parts: Vec<Meter>) -> Result<RawRows> {
        let Long { source_name, times, numbers, .. } = &self.long;
        let name = parts.first().and_then(|meter| meter.name.clone());
        let mut provenance = crate::readings::Provenance::new();
        let mut rows = Vec::with_capacity(parts.len());
        for part in parts {
            let Some(numbers) = numbers.get(part.kind) else { continue };
            numbers.note(&mut provenance);
            rows.push(part.rows.into_raw(source_name, numbers.columns(), &times.name, self.order)?);
        }
        let mut raw = merge(rows).ok_or_else(|| -> Error { crate::ErrorKind::NoReadings.into() })?;
        provenance.insert("time_column".to_owned(), times.found.clone());
        provenance.insert("date_style".to_owned(), self.date_style.clone());
        if !self.long.not_read.is_empty() {
            let detected = Detected::new(self.long.not_read.join(", "), "no meaning is known for them", Sure::Certain);
            provenance.insert("not_read".to_owned(), detected);
        }
        if let Some(found) = &self.long.meter_found {
            provenance.insert("meter_column".to_owned(), found.clone());
        }
        (raw.meter, raw.stamp_hint, raw.provenance) = (name, self.hint.clone(), provenance);
        Ok(raw)
    }
}
