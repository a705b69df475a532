//! The rows of a text: lines into cells, quotes undone.

use super::text::Text;
use crate::error::Result;

/// A line longer than this, quoted line ends included, is no line of a table.
const LONGEST_LINE: usize = 16 << 20;
/// A table has no more columns than this.
const MOST_COLUMNS: usize = 100_000;
/// So many cells at the top of a table are looked at, whatever their rows.
const MOST_FIRST_CELLS: usize = 500_000;

const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// A row: its line and its cells as bytes of UTF-8.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// Line in the file, counted from 1.
    pub line: u64,
    text: &'a [u8],
    cells: &'a [(u32, u32)],
}

impl<'a> Row<'a> {
    /// The cell of a column without the blanks around it; empty where the row has none.
    pub(super) fn cell(&self, at: usize) -> &'a [u8] {
        self.cells.get(at).map_or(&[][..], |range| self.text_of(*range))
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// All cells, without the blanks around them.
    pub(super) fn cells(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let row = *self;
        self.cells.iter().map(move |range| row.text_of(*range))
    }

    /// Whether there is nothing in it.
    pub(super) fn is_blank(&self) -> bool {
        self.cells().all(<[u8]>::is_empty)
    }

    fn text_of(&self, (from, to): (u32, u32)) -> &'a [u8] {
        let text = self.text.get(from as usize..to as usize).unwrap_or_default();
        // Files that were put together have byte-order marks in their middle.
        text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).trim_ascii()
    }
}

/// Reads row after row.
pub(super) struct Rows<'s, 'b> {
    text: Text<'s, 'b>,
    delimiter: u8,
    cells: Vec<(u32, u32)>,
    /// A row in which something is quoted, its quotes undone.
    unquoted: Vec<u8>,
    /// Bytes of the row in the text, to be taken before the next; 0 before the first.
    length: usize,
    line: u64,
    next_line: u64,
}

/// Where a row ends.
struct End {
    /// Bytes of the row, its line end included.
    length: usize,
    /// Bytes without the line end.
    content: usize,
    /// Lines it takes.
    lines: u64,
    quoted: bool,
}

impl<'s, 'b> Rows<'s, 'b> {
    /// The rows of a text from its beginning.
    pub(super) fn new(text: Text<'s, 'b>, delimiter: u8) -> Self {
        Self { text, delimiter, cells: Vec::new(), unquoted: Vec::new(), length: 0, line: 0, next_line: 1 }
    }

    pub(super) fn text(&self) -> &Text<'s, 'b> {
        &self.text
    }

    /// The next row, blank ones left out.
    #[allow(clippy::should_implement_trait)] // a row borrows from the reader
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>> {
        let end = loop {
            self.text.take(std::mem::take(&mut self.length));
            let Some(end) = self.end()? else { return Ok(None) };
            self.length = end.length;
            (self.line, self.next_line) = (self.next_line, self.next_line + end.lines);
            if self.cells.len() > MOST_COLUMNS {
                let problem = format!("the line has more than {MOST_COLUMNS} cells; is the delimiter right?");
                return Err(self.text.fail(Some(self.line), problem));
            }
            if !row(self.text.left(), &end, &self.cells, &self.unquoted, 0).is_blank() {
                break end;
            }
        };
        Ok(Some(row(self.text.left(), &end, &self.cells, &self.unquoted, self.line)))
    }

    /// Where the next row ends; `None` at the end of the text.
    fn end(&mut self) -> Result<Option<End>> {
        loop {
            let left = self.text.left();
            let found = find_end(left, self.delimiter, self.text.has_ended(), &mut self.cells, &mut self.unquoted);
            let is_long = match &found {
                Found::End(end) => end.length > LONGEST_LINE,
                _ => left.len() > LONGEST_LINE,
            };
            match found {
                // A look at the beginning of a file ends anywhere.
                Found::OpenQuote if self.text.has_ended() && self.text.is_cut() => return Ok(None),
                Found::OpenQuote if self.text.has_ended() || is_long => {
                    return Err(self.text.fail(Some(self.next_line), "a quote is opened here and never closed"));
                }
                _ if is_long => {
                    let problem = format!("the line is longer than {LONGEST_LINE} bytes; expected a table of text");
                    return Err(self.text.fail(Some(self.next_line), problem));
                }
                Found::End(end) => return Ok(Some(end)),
                Found::Nothing => return Ok(None),
                Found::OpenQuote | Found::More => self.text.more()?,
            }
        }
    }
}

enum Found {
    End(End),
    /// The row goes on beyond what is there.
    More,
    /// The same, within quotes.
    OpenQuote,
    Nothing,
}

/// The row that ends there.
fn row<'a>(left: &'a [u8], end: &End, cells: &'a [(u32, u32)], unquoted: &'a [u8], line: u64) -> Row<'a> {
    let text = if end.quoted { unquoted } else { left.get(..end.content).unwrap_or_default() };
    Row { line, text, cells }
}

/// Where the first row of `left` ends, and its cells; LF, CRLF and CR alone end a line. Cells beyond the most columns
/// are left out.
fn find_end(left: &[u8], delimiter: u8, ended: bool, cells: &mut Vec<(u32, u32)>, unquoted: &mut Vec<u8>) -> Found {
    cells.clear();
    if left.is_empty() {
        return if ended { Found::Nothing } else { Found::More };
    }
    let mut from = 0;
    for (at, byte) in left.iter().copied().enumerate() {
        // Digits, letters and most signs are nothing special: one look passes them.
        if byte > b',' && byte != delimiter {
            continue;
        }
        if byte == delimiter {
            if cells.len() <= MOST_COLUMNS {
                cells.push((from, at as u32));
            }
            from = at as u32 + 1;
        } else if byte == b'\n' || byte == b'\r' {
            cells.push((from, at as u32));
            return match line_end_length(left, at, ended) {
                Some(length) => Found::End(End { length: at + length, content: at, lines: 1, quoted: false }),
                None => Found::More,
            };
        } else if byte == b'"' {
            let found = find_quoted_end(left, delimiter, ended);
            if let Found::End(end) = &found {
                cells.clear();
                split_quoted(left.get(..end.content).unwrap_or_default(), delimiter, cells, unquoted);
            }
            return found;
        }
    }
    cells.push((from, left.len() as u32));
    let whole = End { length: left.len(), content: left.len(), lines: 1, quoted: false };
    if ended { Found::End(whole) } else { Found::More }
}

/// Bytes of the line end at `at`; `None` where the next byte, not there yet, decides.
fn line_end_length(left: &[u8], at: usize, ended: bool) -> Option<usize> {
    match (left.get(at), left.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(2),
        (Some(b'\r'), None) if !ended => None,
        _ => Some(1),
    }
}

/// The same of a row with quotes: a quote counts where a cell begins, and within quotes.
fn find_quoted_end(left: &[u8], delimiter: u8, ended: bool) -> Found {
    let (mut at, mut lines) = (0, 1);
    let mut cell_begins = true;
    loop {
        if cell_begins && left.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(quote) = memchr::memchr(b'"', left.get(at..).unwrap_or_default()) else {
                    return Found::OpenQuote;
                };
                let inside = left.get(at..at + quote).unwrap_or_default();
                lines += line_ends(inside);
                at += quote + 1;
                if left.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
            if at >= left.len() && !ended {
                return Found::More;
            }
        }
        match left.get(at) {
            None if ended => return Found::End(End { length: at, content: at, lines, quoted: true }),
            None => return Found::More,
            Some(b'\n' | b'\r') => {
                return match line_end_length(left, at, ended) {
                    Some(length) => Found::End(End { length: at + length, content: at, lines, quoted: true }),
                    None => Found::More,
                };
            }
            Some(byte) => cell_begins = *byte == delimiter,
        }
        at += 1;
    }
}

fn line_ends(text: &[u8]) -> u64 {
    let lone = |at: usize| text.get(at) == Some(&b'\n') || text.get(at + 1) != Some(&b'\n');
    memchr::memchr2_iter(b'\n', b'\r', text).filter(|at| lone(*at)).count() as u64
}

fn split_quoted(line: &[u8], delimiter: u8, cells: &mut Vec<(u32, u32)>, unquoted: &mut Vec<u8>) {
    unquoted.clear();
    let (mut from, mut inside, mut cell_begins) = (0, false, true);
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if inside && bytes.peek() == Some(&b'"') => {
                bytes.next();
                unquoted.push(b'"');
            }
            b'"' if inside => inside = false,
            b'"' if cell_begins => inside = true,
            _ if byte == delimiter && !inside => {
                cells.push((from, unquoted.len() as u32));
                from = unquoted.len() as u32;
                cell_begins = true;
                if cells.len() > MOST_COLUMNS {
                    return;
                }
                continue;
            }
            _ => unquoted.push(byte),
        }
        cell_begins = false;
    }
    cells.push((from, unquoted.len() as u32));
}

/// The same of rows whose cells are texts, without those that hold no readings.
pub(super) fn with_readings(rows: Vec<Vec<String>>, is_aside: impl Fn(&Row) -> bool) -> Vec<Vec<String>> {
    let is_kept = |cells: &Vec<String>| {
        let (mut text, mut ranges) = (Vec::new(), Vec::new());
        for cell in cells {
            ranges.push((text.len() as u32, (text.len() + cell.len()) as u32));
            text.extend_from_slice(cell.as_bytes());
        }
        !is_aside(&Row { line: 0, text: &text, cells: &ranges })
    };
    rows.into_iter().filter(is_kept).collect()
}

/// The cells of the lines that begin a text, no more than `most`, fewer where they are very long; a line that is cut off is left out.
pub(super) fn first_rows(left: &[u8], delimiter: u8, ended: bool, most: usize) -> Vec<(u64, Vec<String>)> {
    let (mut rows, mut at, mut line) = (Vec::new(), 0, 1);
    let (mut cells, mut unquoted) = (Vec::new(), Vec::new());
    let mut room = MOST_FIRST_CELLS;
    while rows.len() < most && room > 0 {
        let rest = left.get(at..).unwrap_or_default();
        let Found::End(end) = find_end(rest, delimiter, ended, &mut cells, &mut unquoted) else { break };
        let row = row(rest, &end, &cells, &unquoted, line);
        if !row.is_blank() {
            room = room.saturating_sub(row.len());
            rows.push((line, row.cells().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()));
        }
        (at, line) = (at + end.length, line + end.lines);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, ended: bool) -> Vec<(u64, Vec<String>)> {
        first_rows(text.as_bytes(), b',', ended, 100)
    }

    #[test]
    fn line_ends_and_quotes_of_every_kind() {
        for ends in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "\"1\",\"x,\"\"y\"\"\"", "2, z \"w\" ", "3,\"two", "lines\""].join(ends);
            let read = rows(&text, true);
            let cells = |at: usize| read[at].1.iter().map(String::as_str).collect::<Vec<_>>();
            assert_eq!(read.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 3, 4, 5], "{ends:?}");
            assert_eq!(cells(1), ["1", "x,\"y\""]);
            assert_eq!(cells(2), ["2", "z \"w\""]);
            assert_eq!(cells(3), ["3", &format!("two{ends}lines")]);
        }
    }

    #[test]
    fn what_may_go_on_is_not_given_out() {
        assert_eq!(rows("a,b\r", false).len(), 0, "a line feed may follow");
        assert_eq!(rows("a,b\n1,2", false).len(), 1);
        assert_eq!(rows("a,b\n\"1\"", false).len(), 1, "a second quote may follow");
        assert_eq!(rows("a,b\n1,2", true).len(), 2);
        assert!(matches!(find_end(b"1,\"2", b',', true, &mut Vec::new(), &mut Vec::new()), Found::OpenQuote));
    }
}
