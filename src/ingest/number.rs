//! The text of a number: missing values, thousands separators, and commas that may be either.

/// What stands for a missing value.
const MISSING: &[&str] = &["", "-", "--", "na", "n/a", "#n/a", "nan", "null", "none"];

pub(super) fn is_missing(cell: &[u8]) -> bool {
    let text = cell.trim_ascii();
    MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing.as_bytes()))
}

/// A number, NaN where it is missing; `None` where it is other text.
pub(super) fn parse_number(cell: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    if is_missing(cell) {
        return Some(f64::NAN);
    }
    // 1,234.5: groups of three after the first comma. 0,250 is a quarter, never two hundred and fifty.
    let (whole, fraction) = text.split_once('.').map_or((text, ""), |(whole, fraction)| (whole, fraction));
    let mut groups = whole.split(',');
    let first = groups.next()?.trim_start_matches(['-', '+']);
    let grouped = (1..=3).contains(&first.len())
        && digits(first)
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && digits(group));
    (grouped && digits(fraction) && whole.contains(',')).then(|| text.replace(',', "").parse().ok())?
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the commas of one column are, from its numbers: 1,234 alone may be 1234 or 1.234.
#[derive(Default)]
pub(super) struct Commas {
    /// Line and text of the first number that may be either.
    open: Option<(u64, String)>,
    /// Whether a number shows that the point is the decimal mark.
    settled: bool,
}

impl Commas {
    /// Takes in a cell that [`parse_number`] could read.
    pub(super) fn see(&mut self, line: u64, cell: &[u8]) {
        if self.settled {
            return;
        }
        let text = String::from_utf8_lossy(cell);
        let text = text.trim();
        let commas = text.bytes().filter(|byte| *byte == b',').count();
        self.settled = match text.split_once('.') {
            // 12.345 may be a group in the style of decimal commas; 12.5 and 1,234.567 may not.
            Some((_, fraction)) => commas > 0 || (fraction.len() != 3 && digits(fraction)),
            None => commas > 1,
        };
        if commas == 1 && !self.settled && self.open.is_none() {
            self.open = Some((line, text.to_owned()));
        }
    }

    /// The first number whose comma may be either, where no other number of the column settles it.
    pub(super) fn ambiguous(&self) -> Option<(u64, &str)> {
        self.open.as_ref().filter(|_| !self.settled).map(|(line, text)| (*line, text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_missing_values_and_text() {
        for (text, expected) in [
            ("1", 1.0),
            (" 2.5 ", 2.5),
            ("-3", -3.0),
            ("1,234.5", 1234.5),
            ("-12,345,678", -12_345_678.0),
            ("1e3", 1000.0),
        ] {
            assert_eq!(parse_number(text.as_bytes()), Some(expected), "{text}");
        }
        for text in ["", " ", "--", "NA", "NaN", "null", "NULL", "#N/A"] {
            assert!(parse_number(text.as_bytes()).unwrap().is_nan(), "{text}");
        }
        for text in
            ["abc", "12,5", "1,23,456", "1.2.3", ",5", "12kWh", "1,234.5,6", "0,250", "-0,250", "00,250", "0,250.5"]
        {
            assert_eq!(parse_number(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse_number(b"inf"), Some(f64::INFINITY));
    }

    #[test]
    fn a_comma_needs_evidence_of_what_it_is() {
        let ambiguous = |cells: &[&str]| {
            let mut commas = Commas::default();
            (1..).zip(cells).for_each(|(line, cell)| commas.see(line, cell.as_bytes()));
            commas.ambiguous().map(|(line, text)| (line, text.to_owned()))
        };
        assert_eq!(ambiguous(&["12", "1,250", "3,500"]), Some((2, "1,250".to_owned())));
        assert_eq!(ambiguous(&["1,250", "12.345", ""]), Some((1, "1,250".to_owned())));
        for settling in ["1,234.5", "1,234.567", "1,234,567", "999.5", "0.25"] {
            assert_eq!(ambiguous(&["1,250", settling]), None, "{settling}");
            assert_eq!(ambiguous(&[settling, "1,250"]), None, "{settling}");
        }
        assert_eq!(ambiguous(&["1", "", "12.345"]), None);
    }
}
