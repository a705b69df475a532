//! Tables of text: CSV in all its layouts, read piece by piece.

mod aside;
mod channel_columns;
mod columns;
mod day_columns;
mod dialect;
mod head;
mod hour_numbers;
mod items;
mod keys;
mod kinds;
mod label;
mod layout;
mod local_day;
mod long;
mod meter;
mod multiplier;
mod names;
mod numbers;
mod period_registers;
mod preamble;
mod row;
mod settle;
mod stamped_layouts;
mod stamped_meter;
mod stamped_rows;
mod stamps;
mod summary;
mod text;
mod times;
mod wide_days;
mod wide_meter;
mod wide_meters;
mod written_stamps;

use std::path::Path;

use self::aside::{Aside, Asides};
use self::head::Head;
use self::layout::TakesRows;
use self::row::{Row, Rows};
use self::text::Text;
use super::assemble::assemble;
use super::file_options::FileOptions;
use super::format::{Format, RawMeters};
use super::source::Source;
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::readings::Readings;

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
    first_meter(&mut Source::open(path, None)?, options)
}

/// Readings of the content of a CSV file, of its first meter where it has several; `source_name` is for messages.
///
/// UTF-8, UTF-16 with or without byte-order mark, or GB18030; LF, CRLF or CR; cells separated by `,` `;` `|` or tab;
/// titles above the header, or no header. Columns are known by their headers in English and Chinese, units by the
/// headers' suffix or by the cells; dates in the common styles, whether day or month comes first from evidence; stamps
/// also as Unix seconds, Excel's days, or ranges from a stamp to another. An empty cell, `-`, `--`, `?`, `NA`, `NaN` or
/// `null` is a missing value. A last line that is cut off is left out (`ingest.truncated_line`), and so are rows without
/// a stamp (`ingest.no_stamp`), a header that comes again (`ingest.repeated_header`), sums under the rows
/// (`ingest.summary_rows`) and notes (`ingest.note_rows`). What was found out is in the provenance (`encoding`, `delimiter`, `decimal`,
/// `header_line`, `layout`, `time_column`, `date_style`, `column.<channel>`, `unit.<channel>`, `rows`); gaps, clock
/// changes and duplicates are treated as by [`assemble`].
///
/// # Errors
/// An empty file, a header without rows, binary content; no column for time or energy, or two for the same channel;
/// a wrong column name (near ones are suggested); rows of unequal length; text that is no number or no date, with line
/// and column; dates that cannot be told apart; a line of more than 16 MB or 100 000 cells; else as [`assemble`].
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
    first_meter(&mut Source::of_bytes(source_name, bytes)?, options)
}

fn first_meter(source: &mut Source<'_>, options: &FileOptions) -> Result<Readings> {
    let first = read_table(source, options)?.next().unwrap_or_else(|| Err(ErrorKind::NoReadings.into()))?;
    assemble(first, &options.read)
}

/// Tables of text.
pub(super) const FORMAT: Format =
    Format { name: "csv", looks_like: |_| Some("a table of text".to_owned()), read: read_table };

fn read_table<'s>(source: &'s mut Source<'_>, options: &'s FileOptions) -> Result<RawMeters<'s>> {
    let name = source.name().to_owned();
    let text = Text::new(source, options.encoding.as_deref())?;
    let (head, mut rows) = Head::read(text, name, options)?;
    rows.text().note("encoding", rows.text().encoding());
    head.provenance.iter().for_each(|(key, detected)| rows.text().note(key, detected));
    let (mut plan, layout) = layout::find(&head, options)?;
    rows.text().note("layout", &layout);
    let mut asides = Asides::default();
    let truncated = take_rows(&head, &mut rows, plan.rows.as_mut(), &mut asides)?;
    let names_meters = names::has_column(&head, options);
    let mut provenance = head.provenance;
    provenance.insert("layout".to_owned(), layout);
    provenance.insert("encoding".to_owned(), rows.text().encoding().clone());
    let truncated = truncated.map(|line| Finding::new("ingest.truncated_line", Severity::Low).with("line", line));
    let mut findings: Vec<Finding> = asides.findings().chain(truncated).collect();
    Ok(Box::new(plan.rows.finish()?.map(move |meter| {
        let mut meter = meter?;
        meter.findings.append(&mut findings);
        meter.findings.extend(names::finding(&meter, names_meters));
        for (key, detected) in &provenance {
            meter.provenance.entry(key.clone()).or_insert_with(|| detected.clone());
        }
        Ok(meter)
    })))
}

/// Gives all rows to the layout, those without readings aside; the line of the last one where it was cut off.
fn take_rows(head: &Head, rows: &mut Rows, layout: &mut dyn TakesRows, asides: &mut Asides) -> Result<Option<u64>> {
    let mut broken: Option<Broken> = None;
    let (mut taken, mut seen) = (0u64, 0u64);
    let has_header = head.header_line > 0;
    // A header may end in commas that the rows do not have, and the other way round.
    let needed = head.headers.iter().rposition(|header| !header.is_empty()).map_or(0, |at| at + 1);
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) if taken == 0 => return Err(error),
            Err(error) => {
                rows.text().put_off(error)?;
                return Ok(None);
            }
        };
        // Only the last row may be broken: it was cut off.
        if let Some(broken) = broken.take() {
            if taken == 0 {
                return Err(broken.error);
            }
            rows.text().put_off(broken.error)?;
            return Ok(None);
        }
        seen += 1;
        if let Some(aside) = Aside::of(&row, &head.headers, has_header) {
            asides.add(aside, &row);
            continue;
        }
        let width = head.headers.len();
        let fits = needed <= row.len() && (row.len() <= width || row.cells().skip(width).all(<[u8]>::is_empty));
        match if fits { layout.row(&row) } else { Err(unequal(head, &row)) } {
            Ok(()) => taken += 1,
            Err(error) => match Aside::of_unread(&row).filter(|_| has_header && taken > 0) {
                Some(aside) => asides.add(aside, &row),
                None => broken = Some(Broken { line: row.line, short: row.len() < needed, error }),
            },
        }
    }
    if seen == 0 {
        let headers = head.headers.join(", ");
        let problem = format!("there are no rows under the header {headers}; expected stamps and numbers");
        return Err(head.fail(None, None, problem));
    }
    match broken {
        None => Ok(None),
        Some(broken) if (broken.short || !rows.text().ends_with_line()) && taken > 0 => Ok(Some(broken.line)),
        Some(broken) => Err(broken.error),
    }
}

/// A row that could not be read.
struct Broken {
    line: u64,
    /// Whether it has fewer cells than the header.
    short: bool,
    error: Error,
}

fn unequal(head: &Head, row: &Row) -> Error {
    let (found, expected) = (row.len(), head.headers.len());
    let hint = if found > expected { "; a value with a comma in it must be quoted" } else { "" };
    head.fail(Some(row.line), None, format!("fields found: {found}, expected {expected} as in the header{hint}"))
}
