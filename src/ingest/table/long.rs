//! The layout `long`: a row has the name of its meter, perhaps what its value is, a stamp and numbers.

use std::collections::HashMap;

use super::columns::{self, ASSUMED_UNIT, NumberColumn, detected, named, power_as_energy, quoted};
use super::head::Head;
use super::label::Labels;
use super::layout::{Layout, Plan, TakesRows};
use super::meter::{MeterRows, Names, merge, meter_name};
use super::numbers::{Numbers, no_stamp};
use super::row::Row;
use super::stamps::{StampReader, date_order};
use super::times::{Times, no_time};
use crate::error::{Error, Result};
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::format::RawMeters;
use crate::ingest::heading::Synonyms;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::{RawRows, Role};
use crate::ingest::stamp_text::DateOrder;
use crate::ingest::step::modal_difference;
use crate::ingest::{Stamp, StampHint, Unit};
use crate::readings::{Channel, Detected, Sure};

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
    let mut numbers = columns::numbers(head, taken, options)?;
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
    let mut rows = Long::of_one_meter(head, options, times, numbers);
    (rows.meter, rows.kinds) = (meter, kinds);
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

/// Whether the texts of a column say what the values of their rows are: they are known, or they differ. A column `type`
/// may say the same of all rows, which tells nothing.
fn says_quantities(head: &Head, at: usize, unit: Option<usize>) -> bool {
    let is_known = |row: &Vec<String>| {
        let cell = |at: usize| row.get(at).map_or("", String::as_str);
        meaning(&head.synonyms, cell(at), unit.map_or("", cell)).is_some()
    };
    let first = head.column(at).next();
    first.is_some() && (head.first_rows.iter().all(is_known) || head.column(at).any(|text| Some(text) != first))
}

/// Channel, role and unit of a row by the texts of its quantity and its unit.
fn meaning(synonyms: &Synonyms, quantity: &str, unit: &str) -> Option<(Channel, Role, Option<Unit>, bool)> {
    let text = match (quantity.is_empty(), unit.is_empty()) {
        (true, true) => return None,
        (true, false) => unit.to_owned(),
        (false, true) => quantity.to_owned(),
        (false, false) => format!("{quantity} ({unit})"),
    };
    let heading = synonyms.heading(&text).or_else(|| synonyms.heading(quantity))?;
    match heading.meaning {
        Meaning::Values(channel, role) => Some((channel, role, heading.unit, heading.says_unit)),
        _ => None,
    }
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

/// The one column that the values stand in.
fn value_column(head: &Head, taken: impl Fn(usize) -> bool, known: &[NumberColumn]) -> Result<(usize, String)> {
    let named = |at: usize| (at, head.headers.get(at).cloned().unwrap_or_default());
    if let [one] = known {
        return Ok(named(one.at));
    }
    let is_ignored = |at: usize| {
        let heading = head.headings.get(at).copied().flatten();
        heading
            .is_some_and(|heading| matches!(heading.meaning, Meaning::Ignore | Meaning::Status | Meaning::Multiplier))
    };
    let numeric: Vec<usize> =
        (0..head.headers.len()).filter(|at| !taken(*at) && !is_ignored(*at) && head.is_numeric(*at)).collect();
    let by_name = numeric.iter().copied().filter(|at| {
        let name = head.headers.get(*at).map(|header| header.to_lowercase()).unwrap_or_default();
        ["value", "values", "reading", "数值", "值", "数据值", "读数", "示值"].contains(&name.as_str())
    });
    match (numeric.as_slice(), by_name.collect::<Vec<_>>().as_slice()) {
        ([at], _) | (_, [at]) => Ok(named(*at)),
        ([], _) => Err(columns::no_numbers(head)),
        (several, _) => {
            let names: Vec<String> = several.iter().map(|at| named(*at).1).collect();
            let first = names.first().cloned().unwrap_or_default();
            let problem = format!(
                "the columns {} could all hold the values; choose one with import_kwh={first:?}",
                quoted(&names)
            );
            Err(head.fail(None, None, problem))
        }
    }
}

/// What the values of a row are, said by the row itself.
struct Kinds {
    quantity: Option<usize>,
    unit: Option<usize>,
    value: (usize, String),
    synonyms: Synonyms,
    units: HashMap<String, Unit>,
}

impl Kinds {
    fn column(&self, file: &File, row: &Row) -> Result<NumberColumn> {
        let text = |at: Option<usize>| String::from_utf8_lossy(at.map_or(&[][..], |at| row.cell(at))).into_owned();
        let (quantity, unit) = (text(self.quantity), text(self.unit));
        // USAGE with kWh in the row is a column USAGE (kWh).
        let by_header = || (self.quantity.is_none()).then(|| meaning(&self.synonyms, &self.value.1, &unit)).flatten();
        let found = by_header().or_else(|| meaning(&self.synonyms, &quantity, &unit));
        let Some((channel, role, unit, says_unit)) = found else {
            let problem = format!(
                "{:?} found, which is no known quantity; pass synonyms={{{:?}: \"import_kwh\"}} or another channel",
                format!("{quantity} {unit}").trim(),
                if quantity.is_empty() { &unit } else { &quantity },
            );
            return Err(file.fail(Some(row.line), None, problem));
        };
        let given = self.units.get(channel.name()).copied();
        let unit_why = match (given, says_unit) {
            (Some(_), _) => "given",
            (None, true) => "the rows name it",
            (None, false) => ASSUMED_UNIT,
        };
        let unit = given.or(unit).unwrap_or(Unit::of(channel.quantity));
        let (at, name) = self.value.clone();
        let says_unit = says_unit || given.is_some();
        Ok(NumberColumn { at, name, channel, role, unit, says_unit, column_why: "by the rows", unit_why })
    }
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
            reader: StampReader::default(),
            both: Vec::new(),
            key: Vec::new(),
            row_numbers: Vec::new(),
            times,
        }
    }

    /// Index of the row's meter, which may be new.
    fn meter_of(&mut self, row: &Row) -> Result<usize> {
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
            let hint = self.labels.hint(modal_difference(&meter.rows.stamps.seconds(order).ok()?)?);
            hint
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
        let finished = Finished { long: *self, order, date_style: Detected::new(order.name(), why, sure), hint };
        Ok(Box::new(groups.into_iter().map(move |group| finished.meter(group))))
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
        if let Some(found) = &self.long.meter_found {
            provenance.insert("meter_column".to_owned(), found.clone());
        }
        (raw.meter, raw.stamp_hint, raw.provenance) = (name, self.hint.clone(), provenance);
        Ok(raw)
    }
}
