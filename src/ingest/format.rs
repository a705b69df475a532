//! The formats: each a file of its own and one line here. All end in the same trunk.

use std::path::Path;

use super::assemble::assemble;
use super::file_options::FileOptions;
use super::own_csv;
use super::raw::RawRows;
use super::source::{Progress, Source};
use super::{green_button, mscons, nem12, nem13, table};
use crate::error::{Result, nearest};
use crate::readings::{Detected, Readings, Sure};

/// A format: how it is recognised and how it is read.
pub(super) struct Format {
    /// Its word in options and provenance.
    pub name: &'static str,
    /// Whether the first bytes of a file look like it, and why.
    pub looks_like: fn(&[u8]) -> Option<String>,
    /// The rows of every meter.
    pub read: for<'s> fn(&'s mut Source<'_>, &'s FileOptions) -> Result<RawMeters<'s>>,
}

/// The rows of one meter after the other, so that no more than one need be held twice.
pub(super) type RawMeters<'s> = Box<dyn Iterator<Item = Result<RawRows>> + 's>;

/// In the order in which they are tried; the table of text, last, looks like anything.
const FORMATS: &[Format] = &[nem12::FORMAT, nem13::FORMAT, mscons::FORMAT, green_button::FORMAT, table::FORMAT];
/// So many bytes tell the format.
const HEAD: usize = 4096;
/// The readings of a file may take so many bytes of memory, whatever its length …
const FEW_BYTES: u64 = 128 << 20;
/// … and above that so many times its own, unpacked.
const MOST_TIMES: u64 = 50;
/// A value with its flag, and what a meter takes beside its values.
const BYTES_PER_VALUE: u64 = 9;
const BYTES_PER_METER: u64 = 6000;

/// The words of the formats.
///
/// ```
/// assert!(wattlens::ingest::formats().contains(&"csv"));
/// ```
#[must_use]
pub fn formats() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).chain([own_csv::NAME]).collect()
}

/// Whether a source is a file that wattlens wrote, which is read as it is.
pub(super) fn is_own(source: &mut Source<'_>, options: &FileOptions) -> Result<bool> {
    let given = options.format.as_ref().map(|name| name == own_csv::NAME);
    Ok(given.unwrap_or(own_csv::looks_like(source.head(HEAD)?)))
}

/// Readings of every meter in a file, whatever its format: CSV in all its shapes, NEM12 and NEM13, Green Button,
/// MSCONS; gzipped or not.
///
/// `progress` hears of the bytes read some times a second; its error stops the reading.
///
/// # Errors
/// A file that cannot be read; content that cannot be understood; else as [`assemble`].
///
/// ```
/// use std::path::Path;
/// use wattlens::ingest::{FileOptions, read};
/// let error = read(Path::new("nowhere.csv"), &FileOptions::default(), None).unwrap_err();
/// assert!(error.to_string().starts_with("cannot read nowhere.csv"));
/// ```
pub fn read<'a>(path: &Path, options: &FileOptions, progress: Option<&'a mut Progress<'a>>) -> Result<Vec<Readings>> {
    read_source(&mut Source::open(path, progress)?, options)
}

/// The same of bytes in memory; `source_name` is for messages.
///
/// # Errors
/// As [`read`].
///
/// ```
/// use wattlens::ingest::{FileOptions, ReadOptions, read_bytes};
/// use wattlens::readings::Channel;
/// let zone = ReadOptions { zone: Some("Asia/Shanghai".into()), ..ReadOptions::default() };
/// let text = "meter,time,kWh\nA,2024-01-01 00:00,1\nA,2024-01-01 00:15,2\n";
/// let meters = read_bytes(text.as_bytes(), "park.csv", &FileOptions { read: zone, ..FileOptions::default() })?;
/// assert_eq!(meters[0].series(Channel::IMPORT_KWH).unwrap().total(), Some(3.0));
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn read_bytes(bytes: &[u8], source_name: &str, options: &FileOptions) -> Result<Vec<Readings>> {
    read_source(&mut Source::of_bytes(source_name, bytes)?, options)
}

pub(super) fn read_source(source: &mut Source<'_>, options: &FileOptions) -> Result<Vec<Readings>> {
    if is_own(source, options)? {
        return own_csv::read(source, options);
    }
    let (format, detected) = find(source, options)?;
    let (mut meters, mut others) = (Vec::<Readings>::new(), Vec::new());
    let (mut row_count, mut bytes) = (0usize, 0u64);
    let given = source.given_counter();
    for rows in (format.read)(source, options)? {
        let mut rows = rows?;
        if let Some(only) = &options.only
            && rows.meter.as_ref() != Some(only)
        {
            others.extend(rows.meter);
            continue;
        }
        rows.provenance.insert("format".to_owned(), detected.clone());
        row_count += rows.stamps().len();
        // Few rows on long axes, or next to none, meter after meter, would take memory that nothing in the file justifies.
        if bytes > FEW_BYTES && bytes / MOST_TIMES > given.get() {
            let problem = format!(
                "{row_count} rows of {} meters would need more than {} MB of memory, {MOST_TIMES} times the file: are dates \
                 damaged, or is it the column of the meter? read a part with meter=, or split the file",
                meters.len() + 1,
                bytes >> 20,
            );
            return Err(rows.fail(None, problem));
        }
        let readings = assemble(rows, &options.read)?;
        let values = readings.axis().len().saturating_mul(readings.all_series().len());
        bytes = bytes.saturating_add(BYTES_PER_METER + BYTES_PER_VALUE.saturating_mul(values as u64));
        meters.push(readings);
    }
    match &options.only {
        Some(only) if meters.is_empty() => Err(source.fail(None, None, no_meter(only, &others))),
        _ => Ok(meters),
    }
}

/// What to say where the meter asked for is not there.
pub(super) fn no_meter(only: &str, others: &[String]) -> String {
    let near = nearest(only, others.iter().map(String::as_str));
    let (first, more) = (others.iter().take(5).cloned().collect::<Vec<_>>().join(", "), others.len().saturating_sub(5));
    match (others.is_empty(), near.is_empty()) {
        (true, _) => format!("meter {only:?} asked for, but the file does not name its meters; leave meter= out"),
        (_, false) => format!("no meter {only:?}; near names: {}", near.join(", ")),
        (_, true) if more > 0 => format!("no meter {only:?}; the file has {first} and {more} more"),
        (_, true) => format!("no meter {only:?}; the file has {first}"),
    }
}

/// The format of a source, by what the caller says or by its first bytes.
pub(super) fn find(source: &mut Source<'_>, options: &FileOptions) -> Result<(&'static Format, Detected)> {
    if let Some(name) = &options.format {
        let Some(format) = FORMATS.iter().find(|format| format.name == name) else {
            let near = nearest(name, FORMATS.iter().map(|format| format.name));
            let expected = if near.is_empty() { formats().join(", ") } else { near.join(", ") };
            return Err(source.fail(None, None, format!("unknown format {name:?}; expected {expected}")));
        };
        return Ok((format, Detected::given(format.name)));
    }
    let head = source.head(HEAD)?;
    let found = FORMATS.iter().find_map(|format| Some((format, (format.looks_like)(head)?)));
    let (format, why) = found.unwrap_or((&table::FORMAT, "nothing else fits".to_owned()));
    Ok((format, Detected::new(format.name, why, Sure::Certain)))
}
