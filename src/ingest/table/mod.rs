//! Tables of text: CSV in all its layouts.

mod channel_columns;
mod columns;
mod encoding;
mod head;
mod layout;
mod row;

use std::path::Path;

use self::head::Head;
use self::row::Row;
use super::assemble::assemble;
use super::file::File;
use super::file_options::FileOptions;
use super::format::{Format, RawMeters};
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Provenance, Readings, Sure};

/// Readings of a CSV file, as [`read_csv_bytes`] reads them.
///
/// # Errors
/// A file that cannot be read ([`ErrorKind::Io`]); else as [`read_csv_bytes`].
///
/// ```
/// use std::path::Path;
/// use wattlens::ingest::{FileOptions, read_csv};
/// let error = read_csv(Path::new("nowhere.csv"), &FileOptions::default()).unwrap_err();
/// assert!(error.to_string().starts_with("cannot read nowhere.csv"));
/// ```
pub fn read_csv(path: &Path, options: &FileOptions) -> Result<Readings> {
    let path_text = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => read_csv_bytes(&bytes, &path_text, options),
        Err(source) => Err(ErrorKind::Io { path: path_text, source }.into()),
    }
}

/// Readings of the content of a CSV file; `source_name` is for messages.
///
/// UTF-8 with or without byte-order mark, else GB18030; CRLF or LF; the first line is the header. Columns are known by
/// their headers in English and Chinese, units by the headers' suffix; dates in the common styles, whether day
/// or month comes first from evidence. An empty cell, `--`, `NA`, `NaN` or `null` is a missing value. A last
/// line that is cut off is left out (`ingest.truncated_line`), and so are rows without a stamp (`ingest.no_stamp`). What was found out is in the provenance (`encoding`,
/// `delimiter`, `time_column`, `date_style`, `column.<channel>`, `unit.<channel>`, `rows`); gaps, clock changes and
/// duplicates are treated as by [`assemble`].
///
/// # Errors
/// An empty file, a header without rows, binary content; no column for time or energy, or two for the same channel;
/// a wrong column name (near ones are suggested); rows of unequal length; text that is no number or no date, with line
/// and column; dates that cannot be told apart; else as [`assemble`].
///
/// ```
/// use wattlens::ingest::{FileOptions, ReadOptions, read_csv_bytes};
/// use wattlens::readings::Channel;
/// let options =
///     FileOptions { read: ReadOptions { zone: Some("Asia/Shanghai".into()), ..ReadOptions::default() }, ..FileOptions::default() };
/// let text = "数据时间,用电量(kWh)\n2024/1/1 0:00,1.5\n2024/1/1 0:15,\n2024/1/1 0:30,2.5\n";
/// let readings = read_csv_bytes(text.as_bytes(), "plant.csv", &options)?;
/// assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().total(), Some(4.0));
/// assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().missing(), 1);
/// assert_eq!(readings.provenance()["column.import_kwh"].value, "用电量(kWh)");
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn read_csv_bytes(bytes: &[u8], source_name: &str, options: &FileOptions) -> Result<Readings> {
    let mut meters = read_table(bytes, source_name, options)?;
    let first = meters.next().unwrap_or_else(|| Err(ErrorKind::NoReadings.into()))?;
    assemble(first, &options.read)
}

/// Tables of text.
pub(super) const FORMAT: Format = Format {
    name: "csv",
    looks_like: |_| Some("a table of text".to_owned()),
    read: |source, options| {
        let bytes = source.rest()?;
        read_table(&bytes, source.name(), options)
    },
};

fn read_table(bytes: &[u8], source_name: &str, options: &FileOptions) -> Result<RawMeters<'static>> {
    let file = File { name: source_name };
    let (text, encoding) = encoding::decode(bytes, &file, options.encoding.as_deref())?;
    let delimiter = match options.delimiter.unwrap_or(',') {
        delimiter if delimiter.is_ascii() && !"\"\r\n".contains(delimiter) => delimiter,
        other => {
            return Err(file.fail(
                None,
                None,
                format!("delimiter {other:?} found, expected one ASCII character such as ','"),
            ));
        }
    };
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(text.as_ref());
    let headers: Vec<String> = reader
        .byte_headers()
        .map_err(|error| file.fail(Some(1), None, error.to_string()))?
        .iter()
        .map(|header| String::from_utf8_lossy(header).trim().to_owned())
        .collect();
    if headers.iter().all(String::is_empty) {
        return Err(file.fail(None, None, "the file is empty; expected a header and rows of stamps and numbers"));
    }
    let why = if options.delimiter.is_some() { "given" } else { "the default" };
    let sure = if options.delimiter.is_some() { Sure::Given } else { Sure::Assumed };
    let provenance = Provenance::from([
        ("delimiter".to_owned(), Detected::new(delimiter.to_string(), why, sure)),
        ("encoding".to_owned(), encoding),
    ]);
    let first_rows = ::csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .from_reader(text.as_ref())
        .byte_records()
        .take(head::FIRST_ROWS)
        .filter_map(std::result::Result::ok)
        .map(|record| record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect())
        .collect();
    let head = Head {
        source_name: source_name.to_owned(),
        preamble: Vec::new(),
        headers,
        header_line: 1,
        first_rows,
        delimiter: delimiter as u8,
        decimal: b'.',
        provenance,
    };
    let (mut plan, layout) = layout::find(&head, options)?;
    let truncated = read_rows(&head, &mut reader, plan.rows.as_mut(), &text)?;
    let mut provenance = head.provenance;
    provenance.insert("layout".to_owned(), layout);
    let mut truncated = truncated.map(|line| Finding::new("ingest.truncated_line", Severity::Low).with("line", line));
    Ok(Box::new(plan.rows.finish()?.map(move |rows| {
        let mut rows = rows?;
        rows.findings.extend(truncated.take());
        for (key, detected) in &provenance {
            rows.provenance.entry(key.clone()).or_insert_with(|| detected.clone());
        }
        Ok(rows)
    })))
}

/// Gives all rows to the layout; the line of the last one where it was cut off.
fn read_rows(
    head: &Head,
    reader: &mut ::csv::Reader<&[u8]>,
    rows: &mut dyn layout::TakesRows,
    text: &[u8],
) -> Result<Option<u64>> {
    let mut record = ::csv::ByteRecord::new();
    let mut broken: Option<Broken> = None;
    let mut open_quote = None;
    let mut taken = 0u64;
    let mut seen = false;
    while reader.read_byte_record(&mut record).map_err(|error| head.fail(None, None, error.to_string()))? {
        // Only the last row may be broken: it was cut off.
        if let Some(broken) = broken.take() {
            return Err(broken.error);
        }
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        seen = true;
        let line = line_of(&record, text);
        open_quote = record.as_slice().contains(&b'\n').then_some(line);
        let read = if record.len() == head.headers.len() {
            rows.row(&Row { line, cells: &record })
        } else {
            let hint =
                if record.len() > head.headers.len() { "; a value with a comma in it must be quoted" } else { "" };
            let problem =
                format!("fields found: {}, expected {} as in the header{hint}", record.len(), head.headers.len());
            Err(head.fail(Some(line), None, problem))
        };
        taken += u64::from(read.is_ok());
        broken = read.err().map(|error| Broken { line, short: record.len() < head.headers.len(), error });
    }
    // A quote without its end takes all later lines into one cell.
    if open_quote.is_some() && !text.trim_ascii_end().ends_with(b"\"") {
        return Err(head.fail(open_quote, None, "a quote is opened here and never closed"));
    }
    if !seen {
        let headers = head.headers.join(", ");
        let problem = format!("there are no rows under the header {headers}; expected stamps and numbers");
        return Err(head.fail(None, None, problem));
    }
    let ends_open = !text.ends_with(b"\n") && !text.ends_with(b"\r");
    match broken {
        None => Ok(None),
        Some(broken) if (broken.short || ends_open) && taken > 0 => Ok(Some(broken.line)),
        Some(broken) => Err(broken.error),
    }
}

/// A row that could not be read.
struct Broken {
    line: u64,
    /// Whether it has fewer fields than the header.
    short: bool,
    error: Error,
}

/// Line of a record, counted from 1. The reader's position may lie before line ends that it has yet to skip.
fn line_of(record: &::csv::ByteRecord, text: &[u8]) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let skipped = text.get(from..).unwrap_or_default().iter().take_while(|byte| b"\r\n".contains(byte));
    position.line() + skipped.filter(|byte| **byte == b'\n').count() as u64
}
