//! How a table is written: what separates its cells, its decimal mark, and where its header stands.

use super::row::first_rows;
use crate::error::{Error, Result};
use crate::ingest::file_options::FileOptions;
use crate::ingest::heading::Synonyms;
use crate::ingest::meaning::Meaning;
use crate::ingest::number::{Mark, is_missing, mark, parse_number};
use crate::ingest::stamp_cell::split_range;
use crate::ingest::stamp_text::StampText;
use crate::readings::{Detected, Sure};

/// Delimiters that are found out, the likelier first: a comma also stands in numbers.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];
/// A delimiter cuts at least this share of the first lines into the same number of cells.
const NEARLY_ALL: f64 = 0.7;
/// So many lines are looked at.
const LINES: usize = 100;

/// Rows at the top of a text with their lines.
pub(super) type FirstRows = [(u64, Vec<String>)];

/// The delimiter of a text by what the caller says or by its first lines.
pub(super) fn delimiter(
    text: &[u8],
    ended: bool,
    options: &FileOptions,
    fail: impl Fn(String) -> Error,
) -> Result<(u8, Detected)> {
    match options.delimiter {
        Some(given) if given.is_ascii() && !"\"\r\n".contains(given) => {
            return Ok((given as u8, Detected::given(given)));
        }
        Some(other) => {
            return Err(fail(format!("delimiter {other:?} found, expected one ASCII character such as ','")));
        }
        None => {}
    }
    // The first line that has the usual number of cells, how many lines have it, and the number.
    let found = DELIMITERS.into_iter().rev().filter_map(|delimiter| {
        let rows = first_rows(text, delimiter, ended, LINES);
        let counts: Vec<usize> = rows.iter().map(|(_, cells)| cells.len()).collect();
        let usual = usual(&counts).filter(|usual| *usual > 1)?;
        let agreeing = counts.iter().filter(|count| **count == usual).count();
        let first = counts.iter().position(|count| *count == usual)?;
        (agreeing as f64 >= NEARLY_ALL * counts.len() as f64).then_some((
            delimiter,
            first,
            agreeing,
            usual,
            counts.len(),
        ))
    });
    // Of equals the last is the likelier one.
    let best = found.max_by(|a, b| b.1.cmp(&a.1).then(a.2.cmp(&b.2)));
    Ok(match best {
        Some((delimiter, _, agreeing, usual, lines)) => {
            let why = format!("it cuts {agreeing} of the first {lines} lines into {usual} cells");
            (delimiter, Detected::new(char::from(delimiter), why, Sure::Certain))
        }
        None => (b',', Detected::new(',', "assumed: no delimiter is seen", Sure::Assumed)),
    })
}

/// The most frequent number, the larger of equally frequent ones.
fn usual(counts: &[usize]) -> Option<usize> {
    let frequency = |count: usize| counts.iter().filter(|other| **other == count).count();
    counts.iter().copied().max_by_key(|count| (frequency(*count), *count))
}

/// The decimal mark by what the caller says or by the cells of the first rows.
pub(super) fn decimal(
    rows: &FirstRows,
    delimiter: u8,
    options: &FileOptions,
    fail: impl Fn(String) -> Error,
) -> Result<(u8, Detected)> {
    match options.decimal {
        Some(given @ ('.' | ',')) => return Ok((given as u8, Detected::given(given))),
        Some(other) => return Err(fail(format!("decimal mark {other:?} found, expected '.' or ','"))),
        None => {}
    }
    let count = |wanted: Mark| {
        let cells = rows.iter().flat_map(|(_, cells)| cells);
        cells.filter(|cell| mark(cell.as_bytes()) == wanted).count()
    };
    let (points, commas, open) = (count(Mark::Point), count(Mark::Comma), count(Mark::OpenComma));
    let found = |mark: char, why: &str, sure| Ok((mark as u8, Detected::new(mark, why, sure)));
    let shown = "the numbers of the first rows have it so";
    match (points, commas, open) {
        (0, 0, 1..) if delimiter != b',' => {
            found(',', "numbers have a comma, and commas do not separate the cells", Sure::Likely)
        }
        (0, 0, _) => found('.', "assumed: no number shows it", Sure::Assumed),
        (_, 0, _) => found('.', shown, Sure::Certain),
        (0, _, _) => found(',', shown, Sure::Certain),
        _ if points >= commas => found('.', "most numbers of the first rows have it so", Sure::Likely),
        _ => found(',', "most numbers of the first rows have it so", Sure::Likely),
    }
}

/// Place of the header among the first rows, `None` where the table has none; and why.
pub(super) fn header(
    rows: &FirstRows,
    decimal: u8,
    options: &FileOptions,
    synonyms: &Synonyms,
    fail: impl Fn(String) -> Error,
) -> Result<(Option<usize>, Detected)> {
    match options.header_line {
        Some(0) => return Ok((None, Detected::given("none"))),
        Some(given) => {
            let Some(at) = rows.iter().position(|(line, _)| *line == given) else {
                return Err(fail(format!("line {given} is given as that of the header, and nothing is written there")));
            };
            return Ok((Some(at), Detected::given(given.to_string())));
        }
        None => {}
    }
    let first = rows.iter().position(|(_, cells)| is_of_readings(cells, decimal)).unwrap_or(rows.len());
    let above = rows.get(..first).unwrap_or_default();
    if first == 0 {
        let why = "the first line has a stamp and a number";
        return Ok((None, Detected::new("none", why, Sure::Likely)));
    }
    let counts: Vec<usize> = rows.iter().map(|(_, cells)| cells.len()).collect();
    let width = rows.get(first).map(|(_, cells)| cells.len()).or_else(|| usual(&counts)).unwrap_or(0);
    let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.is_empty()).count();
    let said: Vec<&str> = [&options.time, &options.date, &options.meter_column]
        .into_iter()
        .flatten()
        .chain(options.columns.values())
        .map(|name| name.trim())
        .collect();
    let is_said = |cells: &[String]| cells.iter().any(|cell| said.contains(&cell.as_str()));
    let is_time = |cell: &String| {
        let meaning = synonyms.heading(cell).map(|heading| heading.meaning);
        matches!(meaning, Some(Meaning::Time(_) | Meaning::Date | Meaning::Clock | Meaning::Hour))
    };
    let has_time = |cells: &[String]| filled(cells) > 1 && cells.iter().take(50).any(is_time);
    let is_wide = |cells: &[String]| cells.len() == width && 2 * filled(cells) >= width;
    let has_number = |cells: &[String]| cells.iter().any(|cell| is_number(cell, decimal));
    let find = |fits: &dyn Fn(&[String]) -> bool| above.iter().position(|(_, cells)| fits(cells));
    let at = find(&is_said)
        .or_else(|| find(&|cells| has_time(cells) && is_wide(cells)))
        .or_else(|| find(&has_time))
        .or_else(|| find(&|cells| is_wide(cells) && !has_number(cells)))
        .or_else(|| find(&is_wide))
        .unwrap_or(0);
    let line = rows.get(at).map_or(1, |(line, _)| *line);
    let why = if at == 0 { "the first line that is not blank" } else { "the line of names above the readings" };
    Ok((Some(at), Detected::new(line.to_string(), why, Sure::Certain)))
}

/// Whether a row is one of readings: a stamp or a range, and a number or a missing one.
fn is_of_readings(cells: &[String], decimal: u8) -> bool {
    let is_stamp = |cell: &&String| {
        let stamp = StampText::parse(cell.as_bytes());
        stamp.is_some() || split_range(cell.as_bytes()).is_some()
    };
    let stamps = cells.iter().filter(is_stamp).count();
    let others =
        cells.iter().filter(|cell| !is_stamp(cell) && (is_number(cell, decimal) || is_missing(cell.as_bytes())));
    let others = others.count();
    (stamps > 0 && others > 0) || (cells.len() > 1 && cells.iter().all(|cell| is_number(cell, decimal)))
}

pub(super) fn is_number(cell: &str, decimal: u8) -> bool {
    parse_number(cell.as_bytes(), decimal).is_some_and(|number| !number.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(problem: String) -> Error {
        crate::ingest::file::File { name: "table.csv" }.fail(None, None, problem)
    }

    fn found(text: &str) -> (char, char, Option<usize>) {
        let options = FileOptions::default();
        let (delimiter, _) = delimiter(text.as_bytes(), true, &options, fail).unwrap();
        let rows = first_rows(text.as_bytes(), delimiter, true, 200);
        let (decimal, _) = decimal(&rows, delimiter, &options, fail).unwrap();
        let (header, _) = header(&rows, decimal, &options, &Synonyms::default(), fail).unwrap();
        (char::from(delimiter), char::from(decimal), header)
    }

    #[test]
    fn delimiter_decimal_mark_and_header_are_found() {
        for (text, expected) in [
            ("time,kwh\n2024-01-01 00:00,1\n", (',', '.', Some(0))),
            ("time;kwh\n2024-01-01 00:00;1,5\n2024-01-01 01:00;2,25\n", (';', ',', Some(0))),
            ("2024-01-01 00:00;1,5\n2024-01-01 01:00;2,25\n", (';', ',', None)),
            ("time;kwh\n2024-01-01 00:00;1,234\n", (';', ',', Some(0))),
            ("time;kwh\n2024-01-01 00:00;1,234.5\n", (';', '.', Some(0))),
            ("time\tkwh\tnote\n2024-01-01 00:00\t1\ta, b\n2024-01-01 01:00\t2\ta, b\n", ('\t', '.', Some(0))),
            ("time,kwh,note\n2024-01-01 00:00,1.5,a; b\n2024-01-01 01:00,2,a; b\n", (',', '.', Some(0))),
            ("time|kwh\n01.02.2024 00:00|1.234,5\n", ('|', ',', Some(0))),
            (
                "用电负荷曲线\n户号:,1234567890\n倍率,800\n\n数据时间,有功功率(kW),备注\n2024-01-01 00:00,1,\n",
                (',', '.', Some(3)),
            ),
            ("M001,2024-01-01 00:05,12.34\nM001,2024-01-01 00:10,1\n", (',', '.', None)),
            ("time,kwh\nNA,1\n2024-01-01 00:00,1\n", (',', '.', Some(0))),
            ("日期,1:00,2:00,3:00\n2024-01-01,1,2,3\n", (',', '.', Some(0))),
            ("when,1001,1002\n2024-01-01 00:00,1,2\n", (',', '.', Some(0))),
            ("a,b\n", (',', '.', Some(0))),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
