//! What is odd about the names of meters.

use super::head::Head;
use crate::finding::{Finding, Severity};
use crate::ingest::file_options::FileOptions;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::RawRows;

/// Whether a column names the meters.
pub(super) fn has_column(head: &Head, options: &FileOptions) -> bool {
    options.meter_column.is_some() || head.headings.iter().flatten().any(|one| one.meaning == Meaning::Meter)
}

/// A Finding for rows that name no meter in a table that names them, and for a name that a spreadsheet rounded.
pub(super) fn finding(rows: &RawRows, has_column: bool) -> Option<Finding> {
    let about =
        |code| Finding::new(code, Severity::Medium).with("rows", rows.stamps().len()).with("line", rows.line(0));
    match &rows.meter {
        None => has_column.then(|| about("ingest.meter_not_named")),
        Some(name) => is_rounded(name).then(|| about("ingest.meter_name_rounded").with("name", name.clone())),
    }
}

/// Whether a name is a number such as `1.23E+11`, whose last digits are lost.
fn is_rounded(name: &str) -> bool {
    name.split_once(['E', 'e']).is_some_and(|(digits, exponent)| {
        exponent.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            && digits.parse::<f64>().is_ok()
            && digits.contains('.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_names_are_known() {
        assert!(is_rounded("1.23E+11") && is_rounded("3.30123e+09"));
        for name in ["0012345", "1E+5", "E+11", "Halle 1.2E+1x", "1.23", ""] {
            assert!(!is_rounded(name), "{name}");
        }
    }
}
