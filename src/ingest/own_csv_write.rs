//! Readings to CSV, so that they can be read again as they were: values bit for bit, flags, spans, findings, provenance.

use std::io::{self, Write};

use super::own_head::{Head, harmless, raw_of};
use crate::readings::{Flag, Readings, Series, SpanValue};
use crate::time::{Segment, TimeAxis};

/// Writes readings of one meter, or of `several` with a column of their names.
///
/// The first line says what rows cannot: zone, step, findings, provenance. Then one row an interval, with its start
/// (local, with its offset from UTC) and the channels; and one row for each span, with its end too: a
/// register reading ends where it starts. An empty cell is missing. How a value came to be is in `<column>.flag`
/// where it was not measured, when a maximum demand occurred in `<column>.at`. Names that a spreadsheet would take
/// for formulas have an apostrophe before them. What estimates replaced is in `<column>.raw`: a number with the word
/// of its flag, or `missing`.
///
/// # Errors
/// What `out` says went wrong.
///
/// ```
/// use wattlens::ingest::{FileOptions, read_bytes, write_csv};
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(1_704_038_400, 900, 2, Zone::named("Asia/Shanghai")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![0.1, f64::NAN])])?;
/// let mut text = Vec::new();
/// write_csv(&[&readings], false, &mut text).unwrap();
/// let rows: Vec<&str> = std::str::from_utf8(&text).unwrap().lines().skip(1).collect();
/// assert_eq!(rows, ["start,import_kwh", "2024-01-01T00:00:00+08:00,0.1", "2024-01-01T00:15:00+08:00,"]);
/// assert_eq!(read_bytes(&text, "copy.csv", &FileOptions::default())?, [readings]);
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn write_csv(meters: &[&Readings], several: bool, out: &mut dyn Write) -> io::Result<()> {
    let head = Head::of(meters, several);
    let columns = Columns::of(&head, meters);
    writeln!(out, "{}", head.line())?;
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    writer.write_record(columns.header(several))?;
    for (readings, own) in meters.iter().zip(&head.meters) {
        let name = several.then(|| harmless(own.meter.as_deref().unwrap_or_default()));
        let mut row = Row { columns: &columns, cells: vec![String::new(); columns.cells()], name: name.as_deref() };
        let mut stamps = Stamps::of(readings.axis());
        for at in 0..own.len {
            row.clear();
            for series in readings.all_series() {
                let (value, flag) = (series.values().get(at), series.flags().get(at));
                if let (Some(value), Some(flag)) = (value, flag) {
                    row.value(series.channel().name(), *value, *flag, *flag == Flag::Missing);
                }
                if let Some(before) =
                    raw_of(readings).and_then(|raw| replaced(raw.series(series.channel()), series, at))
                {
                    row.set(&format!("{}.raw", series.channel()), before);
                }
            }
            row.write(&mut writer, stamps.text(readings.axis().instant(at)), String::new())?;
        }
        let mut spans: Vec<(&str, &SpanValue)> = Vec::new();
        for (series, its) in readings.spans().0.iter().zip(&own.spans) {
            spans.extend(series.values.iter().map(|value| (its.column.as_str(), value)));
        }
        spans.sort_by_key(|(_, value)| (value.span.start, value.span.end));
        for together in spans.chunk_by(|a, b| a.1.span == b.1.span) {
            row.clear();
            for (column, value) in together {
                row.value(column, value.value, value.flag, false);
                if let Some(at) = value.at {
                    row.set(&format!("{column}.at"), stamps.text(at));
                }
            }
            if let Some((_, first)) = together.first() {
                let (start, end) = (stamps.text(first.span.start), stamps.text(first.span.end));
                row.write(&mut writer, start, end)?;
            }
        }
    }
    writer.flush()
}

/// What an estimate replaced; `None` where nothing was.
fn replaced(raw: Option<&Series>, series: &Series, at: usize) -> Option<String> {
    let (value, flag) = (*raw?.values().get(at)?, *raw?.flags().get(at)?);
    let same =
        series.values().get(at)?.to_bits() == value.to_bits() || (value.is_nan() && series.values().get(at)?.is_nan());
    let changed = !same || *series.flags().get(at)? != flag;
    let text = if flag == Flag::Missing { flag.name().to_owned() } else { format!("{value:?} {}", flag.name()) };
    changed.then_some(text)
}

/// The columns after meter, start and end.
struct Columns {
    names: Vec<String>,
    has_end: bool,
}

impl Columns {
    fn of(head: &Head, meters: &[&Readings]) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut flagged: Vec<String> = Vec::new();
        let mut add = |name: &str, more: [Option<&str>; 3]| {
            for name in
                std::iter::once(name.to_owned()).chain(more.into_iter().flatten().map(|one| format!("{name}.{one}")))
            {
                if !flagged.contains(&name) {
                    flagged.push(name);
                }
            }
        };
        for (readings, own) in meters.iter().zip(&head.meters) {
            for series in readings.all_series() {
                let odd = series.flags().iter().any(|flag| !matches!(flag, Flag::Measured | Flag::Missing));
                add(series.channel().name(), [odd.then_some("flag"), None, own.raw.then_some("raw")]);
            }
            for (series, its) in readings.spans().0.iter().zip(&own.spans) {
                let odd = series.values.iter().any(|one| one.flag != Flag::Measured || one.value.is_nan());
                let dated = series.values.iter().any(|one| one.at.is_some());
                add(&its.column, [odd.then_some("flag"), dated.then_some("at"), None]);
            }
        }
        // Flags and times stand beside the values that they are about.
        for name in flagged.iter().filter(|name| !name.contains('.')) {
            names.push(name.clone());
            names.extend(
                ["flag", "at", "raw"].iter().map(|one| format!("{name}.{one}")).filter(|one| flagged.contains(one)),
            );
        }
        Self { names, has_end: meters.iter().any(|readings| !readings.spans().is_empty()) }
    }

    fn cells(&self) -> usize {
        self.names.len()
    }

    fn header(&self, several: bool) -> impl Iterator<Item = &str> {
        let leading = [several.then_some("meter"), Some("start"), self.has_end.then_some("end")];
        leading.into_iter().flatten().chain(self.names.iter().map(String::as_str))
    }
}

/// The cells of one row.
struct Row<'a> {
    columns: &'a Columns,
    cells: Vec<String>,
    name: Option<&'a str>,
}

impl Row<'_> {
    fn clear(&mut self) {
        self.cells.iter_mut().for_each(String::clear);
    }

    fn set(&mut self, column: &str, text: String) {
        let at = self.columns.names.iter().position(|name| name == column);
        if let Some(cell) = at.and_then(|at| self.cells.get_mut(at)) {
            *cell = text;
        }
    }

    /// `blank` leaves the cell empty, as a missing value of a channel; of a span the flag says that it is there.
    fn value(&mut self, column: &str, value: f64, flag: Flag, blank: bool) {
        if !value.is_nan() {
            // The shortest text that reads back as the same number.
            self.set(column, format!("{value:?}").trim_end_matches(".0").to_owned());
        }
        let flag = if value.is_nan() { Flag::Missing } else { flag };
        if flag != Flag::Measured && !blank {
            self.set(&format!("{column}.flag"), flag.name().to_owned());
        }
    }

    fn write<W: Write>(&self, writer: &mut ::csv::Writer<W>, start: String, end: String) -> io::Result<()> {
        let leading = [self.name.map(str::to_owned), Some(start), self.columns.has_end.then_some(end)];
        let cells = leading.into_iter().flatten();
        Ok(writer.write_record(cells.chain(self.cells.iter().cloned()))?)
    }
}

/// Local texts of instants, with their offset.
struct Stamps {
    segments: Vec<Segment>,
    zone: crate::time::Zone,
}

impl Stamps {
    fn of(axis: &TimeAxis) -> Self {
        Self { segments: axis.zone().segments(axis.start(), axis.end()), zone: axis.zone().clone() }
    }

    fn text(&mut self, instant: i64) -> String {
        let within = |one: &&Segment| (one.start..one.end).contains(&instant);
        let segment = self.segments.iter().find(within).copied();
        // Spans reach beyond the axis at most by a little.
        let segment = segment.or_else(|| self.zone.segments(instant, instant + 1).first().copied());
        let offset_s = segment.map_or(0, |segment| segment.offset_s);
        let local = crate::time::instant_text(instant + offset_s);
        let (sign, size) = (if offset_s < 0 { '-' } else { '+' }, offset_s.abs());
        let mut text = format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), size / 3600, size % 3600 / 60);
        if size % 60 != 0 {
            text.push_str(&format!(":{:02}", size % 60));
        }
        text
    }
}
