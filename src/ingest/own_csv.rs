//! CSV files that wattlens wrote itself: nothing is found out, everything is said.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use super::file::File;
use super::file_options::FileOptions;
use super::format::no_meter;
use super::own_head::{Head, MARK, MeterHead, as_written};
use super::source::Source;
use crate::error::{Error, ErrorKind, Result};
use crate::finding::Span;
use crate::readings::{Detected, Flag, Readings, Series, SpanSeries, SpanValue, Spans, Sure};
use crate::time::{TimeAxis, Zone, instant_text};

/// Its word in options and provenance.
pub(super) const NAME: &str = "wattlens";
/// A longer first line is none of ours: a hundred thousand findings fit.
const LONGEST_HEAD: u64 = 1 << 26;
/// Axes longer than this are no meter's: ten years at one minute are 5 million.
const MOST_INTERVALS: usize = 60_000_000;

/// Whether the first bytes are those of such a file.
pub(super) fn looks_like(head: &[u8]) -> bool {
    head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).starts_with(MARK.as_bytes())
}

/// What the first line says.
pub(super) fn head(source: &mut Source<'_>) -> Result<Head> {
    let name = source.name().to_owned();
    let file = File { name: &name };
    let mut reader = BufReader::new(&mut *source);
    let read = read_head(&mut reader, &file);
    source.take_stopped().map_or(read, Err)
}

fn read_head(reader: &mut impl BufRead, file: &File) -> Result<Head> {
    let mut line = String::new();
    let read = reader.by_ref().take(LONGEST_HEAD).read_line(&mut line);
    read.map_err(|source| ErrorKind::Io { path: file.name.to_owned(), source })?;
    Head::parse(line.trim_end(), file)
}

/// The readings of every meter as they were written.
pub(super) fn read(source: &mut Source<'_>, options: &FileOptions) -> Result<Vec<Readings>> {
    let name = source.name().to_owned();
    let file = File { name: &name };
    let read = read_meters(&mut BufReader::with_capacity(1 << 18, &mut *source), &file, options);
    // An error of the progress passes through the reader as one of the system.
    source.take_stopped().map_or(read, Err)
}

fn read_meters(reader: &mut impl BufRead, file: &File, options: &FileOptions) -> Result<Vec<Readings>> {
    let failed = |source: std::io::Error| Error::from(ErrorKind::Io { path: file.name.to_owned(), source });
    let head = read_head(reader, file)?;
    let mut meters = head.meters.into_iter().map(|one| Meter::new(one, file, options)).collect::<Result<Vec<_>>>()?;

    let mut rows = ::csv::ReaderBuilder::new().flexible(false).from_reader(reader);
    let wrong = |error: ::csv::Error| match error.into_kind() {
        ::csv::ErrorKind::Io(source) => failed(source),
        kind => file.fail(None, None, format!("{kind:?}")),
    };
    let header = rows.byte_headers().map_err(wrong)?.clone();
    let column = |name: &str| header.iter().position(|one| one == name.as_bytes());
    let (meter_at, start_at, end_at) = (column("meter").filter(|_| head.several), column("start"), column("end"));
    let Some(start_at) = start_at else {
        return Err(file.fail(Some(2), Some("start"), "no such column; expected the starts of the intervals"));
    };
    for one in &mut meters {
        one.find_columns(&column, file)?;
    }
    let mut record = ::csv::ByteRecord::new();
    let mut current = 0;
    while rows.read_byte_record(&mut record).map_err(wrong)? {
        let line = record.position().map(|position| position.line() + 1);
        let cell = |at: Option<usize>| {
            at.and_then(|at| record.get(at)).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
        };
        if let Some(at) = meter_at {
            let wanted = as_written(cell(Some(at)));
            let is_it = |one: &Meter| one.head.meter.as_deref().unwrap_or_default() == wanted;
            if !meters.get(current).is_some_and(is_it) {
                current = meters.iter().position(is_it).ok_or_else(|| {
                    file.fail(line, Some("meter"), format!("meter {wanted:?} is not in the first line"))
                })?;
            }
        }
        let Some(meter) = meters.get_mut(current) else { continue };
        meter.take(&cell, cell(Some(start_at)), cell(end_at), line, file)?;
    }
    let only = options.only.as_deref();
    if let Some(only) = only
        && !meters.iter().any(|one| one.head.meter.as_deref() == Some(only))
    {
        let names: Vec<String> = meters.into_iter().filter_map(|one| one.head.meter).collect();
        return Err(file.fail(None, None, no_meter(only, &names)));
    }
    let wanted = meters.into_iter().filter(|one| only.is_none_or(|only| one.head.meter.as_deref() == Some(only)));
    wanted.map(|one| one.into_readings(file)).collect()
}

/// One meter while its rows are read.
struct Meter {
    head: MeterHead,
    zone: Zone,
    /// Rows of intervals so far.
    rows: usize,
    channels: Vec<ChannelRows>,
    /// Columns of value, flag and time of each span series.
    spans: Vec<SpanRows>,
}

/// One series without a step: the columns of its values, flags and times, and the series so far.
struct SpanRows {
    column: Option<usize>,
    flag_column: Option<usize>,
    at_column: Option<usize>,
    series: SpanSeries,
}

/// One channel: its columns, its values and flags, and those before any estimate where they are told.
struct ChannelRows {
    column: usize,
    flag_column: Option<usize>,
    raw_column: Option<usize>,
    values: Vec<f64>,
    flags: Vec<Flag>,
    raw: Vec<(f64, Flag)>,
}

impl Meter {
    fn new(head: MeterHead, file: &File, options: &FileOptions) -> Result<Self> {
        let zone = Zone::named(&head.zone)?;
        if let Some(given) = &options.read.zone
            && Zone::named(given)? != zone
        {
            let problem = format!("the readings were written in zone {}, zone= says {given}", head.zone);
            return Err(file.fail(Some(1), None, problem));
        }
        if head.len > MOST_INTERVALS || head.channels.len() > 64 {
            let problem = format!("{} intervals of {} channels are no meter's", head.len, head.channels.len());
            return Err(file.fail(Some(1), None, problem));
        }
        let spans = head.spans.iter().map(|one| {
            let (channel, kind, period, multiplier) = (one.channel, one.kind, one.period, one.multiplier);
            let series = SpanSeries { channel, kind, period, multiplier, values: Vec::new() };
            SpanRows { column: None, flag_column: None, at_column: None, series }
        });
        let spans = spans.collect();
        Ok(Self { head, zone, rows: 0, channels: Vec::new(), spans })
    }

    fn find_columns(&mut self, column: &impl Fn(&str) -> Option<usize>, file: &File) -> Result<()> {
        let found = |name: &str| {
            column(name).ok_or_else(|| file.fail(Some(2), Some(name), "no such column; the first line names it"))
        };
        for channel in &self.head.channels {
            self.channels.push(ChannelRows {
                column: found(channel.name())?,
                flag_column: column(&format!("{channel}.flag")),
                raw_column: self.head.raw.then(|| column(&format!("{channel}.raw"))).flatten(),
                values: Vec::new(),
                flags: Vec::new(),
                raw: Vec::new(),
            });
        }
        for (one, head) in self.spans.iter_mut().zip(&self.head.spans) {
            one.column = Some(found(&head.column)?);
            one.flag_column = column(&format!("{}.flag", head.column));
            one.at_column = column(&format!("{}.at", head.column));
        }
        Ok(())
    }

    fn take<'r>(
        &mut self,
        cell: &impl Fn(Option<usize>) -> &'r str,
        start: &str,
        end: &str,
        line: Option<u64>,
        file: &File,
    ) -> Result<()> {
        let instant = |text: &str, column: &str| {
            text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).map_err(|_| {
                let problem = format!("{text:?} found, expected a stamp such as 2024-01-31T13:45:00+08:00");
                file.fail(line, Some(column), problem)
            })
        };
        let number = |text: &str| match text {
            "" => Ok(f64::NAN),
            text => text
                .parse::<f64>()
                .map_err(|_| file.fail(line, None, format!("{text:?} found, expected a number such as 1234.5"))),
        };
        let flag = |text: &str| match text {
            "" => Ok(Flag::Measured),
            text => Flag::from_name(text)
                .ok_or_else(|| file.fail(line, None, format!("{text:?} found, expected a flag such as substituted"))),
        };
        let start = instant(start, "start")?;
        if end.is_empty() {
            let steps = start - self.head.start;
            let at = usize::try_from(steps / self.head.step_s.max(1)).unwrap_or(usize::MAX);
            // Every interval has its row, so a length that the first line claims takes no memory by itself.
            if steps % self.head.step_s.max(1) != 0 || at != self.rows || at >= self.head.len {
                let next = instant_text(self.head.start + self.rows as i64 * self.head.step_s);
                let problem = format!(
                    "expected the next of {} intervals of {} s, which starts {next}; rows must be whole and in order",
                    self.head.len, self.head.step_s
                );
                return Err(file.fail(line, Some("start"), problem));
            }
            self.rows += 1;
            for one in &mut self.channels {
                let (value, its) = (number(cell(Some(one.column)))?, flag(cell(one.flag_column))?);
                one.values.push(value);
                one.flags.push(its);
                if self.head.raw {
                    one.raw.push(match cell(one.raw_column) {
                        "" => (value, its),
                        "missing" => (f64::NAN, Flag::Missing),
                        text => {
                            let (before, word) = text.split_once(' ').unwrap_or((text, ""));
                            (number(before)?, flag(word)?)
                        }
                    });
                }
            }
            return Ok(());
        }
        let span = Span { start, end: instant(end, "end")? };
        if span.end < span.start {
            return Err(file.fail(line, Some("end"), "the end lies before the start"));
        }
        for SpanRows { column, flag_column, at_column, series } in &mut self.spans {
            let (text, its) = (cell(*column), cell(*flag_column));
            if text.is_empty() && its.is_empty() {
                continue;
            }
            let at =
                Some(cell(*at_column)).filter(|text| !text.is_empty()).map(|text| instant(text, "at")).transpose()?;
            if series.values.last().is_some_and(|last| last.span.end > span.start || last.span == span) {
                return Err(file.fail(line, Some("start"), "the span overlaps the one before it"));
            }
            series.values.push(SpanValue { span, value: number(text)?, flag: flag(its)?, at });
        }
        Ok(())
    }

    fn into_readings(self, file: &File) -> Result<Readings> {
        if self.rows != self.head.len {
            let problem =
                format!("{} rows of intervals found, expected {}; the file is cut off", self.rows, self.head.len);
            return Err(file.fail(None, None, problem));
        }
        let MeterHead { meter, start, step_s, len, channels, raw, findings, mut provenance, .. } = self.head;
        let spans = Spans(self.spans.into_iter().map(|one| one.series).collect());
        let readings = if channels.is_empty() {
            Readings::of_spans(spans, self.zone)?
        } else {
            let axis = TimeAxis::new(start, step_s, len, self.zone)?;
            let (mut series, mut before) = (Vec::new(), Vec::new());
            for (channel, one) in channels.into_iter().zip(self.channels) {
                series.push(Series::with_flags(channel, one.values, one.flags));
                let (values, flags) = one.raw.into_iter().unzip();
                before.push(Series::with_flags(channel, values, flags));
            }
            let readings = Readings::new(axis, series)?.with_spans(spans).with_meter(meter.clone());
            if raw { readings.clone().with_raw(Arc::new(readings.with_series(before)?)) } else { readings }
        };
        let why = "its first line says so, and says everything else";
        provenance.entry("format".to_owned()).or_insert_with(|| Detected::new(NAME, why, Sure::Certain));
        Ok(readings.with_meter(meter).with_origin(findings, provenance))
    }
}
