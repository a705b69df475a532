//! Rows of a table that hold no readings: a header that comes again, sums under the rows, notes.

use super::row::Row;
use super::summary::Statistic;
use crate::finding::{Finding, Severity};
use crate::ingest::number::is_missing;
use crate::ingest::stamp_text::StampText;

/// Words that end the first cell of a row that sums others up.
const SUMS: &[&str] = &["合计", "总计", "小计", "累计", "总和", "汇总"];
/// The same as whole cells, beside the names of summary columns.
const NAMES: &[&str] = &["summe", "gesamt", "subtotal", "grandtotal", "totals", "summary"];
/// Longer texts are no such words.
const LONGEST_WORD: usize = 60;
/// So much of a note is shown.
const SHOWN: usize = 60;

/// What a row is that holds no readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aside {
    /// The header again, as in files that were put together or printed by pages.
    Header,
    /// Sums, means or extremes of the rows above.
    Summary,
    /// Words only.
    Note,
}

impl Aside {
    /// What a row is before it is read: a header again, or a summary without a stamp.
    pub(super) fn of(row: &Row, headers: &[String], has_header: bool) -> Option<Self> {
        let first = row.cells().find(|cell| !cell.is_empty())?;
        if first.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        if has_header && is_header(row, headers) {
            return Some(Self::Header);
        }
        let has_stamp = || row.cells().any(|cell| StampText::parse(cell).is_some());
        (is_summary(first) && !has_stamp()).then_some(Self::Summary)
    }

    /// What a row is that could not be read: a summary, or words without any number or stamp.
    pub(super) fn of_unread(row: &Row) -> Option<Self> {
        let first = row.cells().find(|cell| !cell.is_empty())?;
        if is_summary(first) {
            return Some(Self::Summary);
        }
        let is_word = |cell: &[u8]| {
            String::from_utf8_lossy(cell).chars().any(char::is_alphabetic)
                && StampText::parse(cell).is_none()
                && std::str::from_utf8(cell).ok().and_then(|text| text.parse::<f64>().ok()).is_none()
        };
        let mut filled = row.cells().filter(|cell| !is_missing(cell)).peekable();
        (filled.peek().is_some() && filled.all(is_word)).then_some(Self::Note)
    }

    fn code(self) -> &'static str {
        match self {
            Self::Header => "ingest.repeated_header",
            Self::Summary => "ingest.summary_rows",
            Self::Note => "ingest.note_rows",
        }
    }
}

/// Whether cells are the header again.
pub(super) fn is_header(row: &Row, headers: &[String]) -> bool {
    let width = row.len().max(headers.len());
    let named = headers.iter().filter(|header| !header.is_empty()).count();
    named > 1 && (0..width).all(|at| headers.get(at).map_or("", String::as_str).as_bytes() == row.cell(at))
}

fn is_summary(cell: &[u8]) -> bool {
    // No word of ASCII letters has a digit in it, as most meters' names have; every row comes by here.
    if cell.is_ascii() && cell.iter().any(u8::is_ascii_digit) {
        return false;
    }
    let Some(text) = std::str::from_utf8(cell).ok().filter(|text| text.len() <= LONGEST_WORD) else { return false };
    let word = text.trim_end_matches([':', '：', ' ', '　']);
    let plain: String = word.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SUMS.iter().any(|sum| plain.ends_with(sum)) || NAMES.contains(&plain.as_str()) || Statistic::of(word).is_some()
}

/// The rows that were left aside: of each kind how many, the first one's line and text.
#[derive(Default)]
pub(super) struct Asides(std::collections::BTreeMap<Aside, (usize, u64, String)>);

impl Asides {
    /// Takes in a row.
    pub(super) fn add(&mut self, aside: Aside, row: &Row) {
        self.0.entry(aside).or_insert_with(|| (0, row.line, shown(row))).0 += 1;
    }

    /// What is said of them.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        self.0.iter().map(|(aside, (rows, line, text))| {
            let severity = if *aside == Aside::Note { Severity::Low } else { Severity::Info };
            Finding::new(aside.code(), severity).with("rows", *rows).with("line", *line).with("text", text.clone())
        })
    }
}

fn shown(row: &Row) -> String {
    let cells: Vec<_> = row.cells().take(20).filter(|cell| !cell.is_empty()).map(String::from_utf8_lossy).collect();
    let text = cells.join(", ");
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_known_by_their_words() {
        for text in ["合计", "合 计", "3月合计：", "总计", "Total", "Summe", "最大值", "平均(kWh)", "Grand Total"]
        {
            assert!(is_summary(text.as_bytes()), "{text}");
        }
        for text in ["合计表", "1号变", "A001", "", "总表", "2024-03-01"] {
            assert!(!is_summary(text.as_bytes()), "{text}");
        }
    }
}
