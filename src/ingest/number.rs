//! The text of a number: missing values, thousands separators, decimal marks, and commas that may be either.

/// What stands for a missing value.
const MISSING: &[&str] = &[
    "",
    "-",
    "--",
    "---",
    "?",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "none",
    "—",
    "——",
    "/",
    "\\",
    "无",
    "无数据",
    "未采集",
    "缺数",
];

/// Powers of ten that a double holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

pub(super) fn is_missing(cell: &[u8]) -> bool {
    let text = cell.trim_ascii();
    text.len() <= 9 && MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing.as_bytes()))
}

/// A number under a decimal mark, `.` or `,`; NaN where it is missing; `None` where it is other text.
pub(super) fn parse_number(cell: &[u8], decimal: u8) -> Option<f64> {
    plain_number(cell, decimal).or_else(|| any_number(cell.trim_ascii(), decimal))
}

/// Digits with a sign and a decimal mark, of which a double holds the digits and the power of ten exactly: their
/// quotient is then the nearest double (W. D. Clinger, 10.1145/93542.93557).
fn plain_number(cell: &[u8], decimal: u8) -> Option<f64> {
    let (negative, digits) = match cell {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (mut whole, mut count, mut fraction) = (0u64, 0usize, None);
    for (at, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            whole = whole * 10 + u64::from(digit);
            count += 1;
        } else if *byte == decimal && fraction.is_none() {
            fraction = Some(digits.len() - at - 1);
        } else {
            return None;
        }
        if count > 16 {
            return None;
        }
    }
    if count == 0 || whole > 1 << 53 {
        return None;
    }
    let number = whole as f64 / TENS.get(fraction.unwrap_or(0))?;
    Some(if negative { -number } else { number })
}

fn any_number(cell: &[u8], decimal: u8) -> Option<f64> {
    if is_missing(cell) {
        return Some(f64::NAN);
    }
    let text = std::str::from_utf8(cell).ok()?;
    if decimal == b',' {
        if !text.contains('.')
            && let Ok(number) = text.replacen(',', ".", 1).parse()
        {
            return Some(number);
        }
    } else if let Ok(number) = text.parse() {
        return Some(number);
    }
    grouped_number(text, decimal)
}

/// `1,234.5` or `1.234,5`: groups of three after the first separator. 0,250 is a quarter, never two hundred and fifty.
fn grouped_number(text: &str, decimal: u8) -> Option<f64> {
    let (mark, separators) = if decimal == b',' { (',', ['.', '\'']) } else { ('.', [',', '\'']) };
    let text = text.replace(['\u{a0}', '\u{202f}', ' '], "'");
    let (whole, fraction) = text.split_once(mark).unwrap_or((&text, ""));
    let mut groups = whole.split(separators);
    let first = groups.next()?.trim_start_matches(['-', '+']);
    let grouped = (1..=3).contains(&first.len())
        && digits(first)
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && digits(group));
    let separator = whole.chars().find(|one| separators.contains(one))?;
    if !grouped || !digits(fraction) || whole.chars().any(|one| separators.contains(&one) && one != separator) {
        return None;
    }
    format!("{}.{fraction}0", whole.replace(separator, "")).parse().ok()
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number of a cell such as `12.5 kWh` and the text after it; `None` where it is none.
pub(super) fn split_number(cell: &[u8]) -> Option<(&[u8], &str)> {
    let text = std::str::from_utf8(cell).ok()?;
    let at = text.rfind(|one: char| one.is_ascii_digit())? + 1;
    let (number, unit) = (text.get(..at)?, text.get(at..)?.trim());
    (!unit.is_empty() && unit.len() <= 12).then_some((number.as_bytes(), unit))
}

/// What a number tells of the decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is a point.
    Point,
    /// It is a comma.
    Comma,
    /// The text has one comma, which may be either: 1,234.
    OpenComma,
    /// The text says nothing.
    Nothing,
}

/// What the text of a cell tells of the decimal mark.
pub(super) fn mark(cell: &[u8]) -> Mark {
    let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"+-.,".contains(byte);
    if memchr::memchr2(b'.', b',', cell).is_none() || !cell.iter().all(is_of_number) {
        return Mark::Nothing;
    }
    let count = |mark: u8| cell.iter().filter(|byte| **byte == mark).count();
    let (points, commas) = (count(b'.'), count(b','));
    let last = cell.iter().rposition(|byte| b".,".contains(byte)).unwrap_or(0);
    let (whole, fraction) = (cell.get(..last).unwrap_or_default(), cell.len() - last - 1);
    let whole = whole.strip_prefix(b"-").unwrap_or(whole);
    let (this, other) =
        if cell.get(last) == Some(&b'.') { (Mark::Point, Mark::Comma) } else { (Mark::Comma, Mark::Point) };
    match (points, commas) {
        (1, 1..) if this == Mark::Point => this,
        (1.., 1) if this == Mark::Comma => this,
        (1, 0) | (0, 1) if fraction != 3 || whole.starts_with(b"0") || whole.is_empty() || whole.len() > 3 => this,
        (0, 1) => Mark::OpenComma,
        (2.., 0) | (0, 2..)
            if fraction == 3
                && cell.rsplit(|byte| b".,".contains(byte)).nth(1).is_some_and(|group| group.len() == 3) =>
        {
            other
        }
        _ => Mark::Nothing,
    }
}

/// What the commas of one column are, from its numbers: 1,234 alone may be 1234 or 1.234.
#[derive(Default)]
pub(super) struct Commas {
    /// Line and text of the first number that may be either.
    open: Option<(u64, String)>,
    /// Whether a number shows that the point is the decimal mark, or the caller says it.
    settled: bool,
}

impl Commas {
    /// A column whose decimal mark is known.
    pub(super) fn settled() -> Self {
        Self { open: None, settled: true }
    }

    /// Takes in a cell that [`parse_number`] could read.
    pub(super) fn see(&mut self, line: u64, cell: &[u8]) {
        if self.settled {
            return;
        }
        match mark(cell.trim_ascii()) {
            Mark::Point => self.settled = true,
            Mark::OpenComma if self.open.is_none() => {
                self.open = Some((line, String::from_utf8_lossy(cell).trim().to_owned()));
            }
            _ => {}
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
    use proptest::prelude::*;

    #[test]
    fn numbers_missing_values_and_text() {
        for (text, expected) in [
            ("1", 1.0),
            (" 2.5 ", 2.5),
            ("-3", -3.0),
            ("+3", 3.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("1,234.5", 1234.5),
            ("1 234.5", 1234.5),
            ("-12,345,678", -12_345_678.0),
            ("1e3", 1000.0),
            ("75.159300000000002", 7_515_930.0 / 1e5),
        ] {
            assert_eq!(parse_number(text.as_bytes(), b'.'), Some(expected), "{text}");
        }
        for (text, expected) in [
            ("2,5", 2.5),
            ("-3", -3.0),
            ("1.234,5", 1234.5),
            ("12.345.678", 12_345_678.0),
            ("1.234", 1234.0),
            ("0,250", 0.25),
        ] {
            assert_eq!(parse_number(text.as_bytes(), b','), Some(expected), "{text}");
        }
        for text in ["", " ", "--", "?", "NA", "NaN", "null", "NULL", "#N/A", "—"] {
            assert!(parse_number(text.as_bytes(), b'.').unwrap().is_nan(), "{text}");
        }
        for text in [
            "abc",
            "12,5",
            "1,23,456",
            "1.2.3",
            ",5",
            "12kWh",
            "1,234.5,6",
            "0,250",
            "-0,250",
            "00,250",
            "0,250.5",
            ".",
        ] {
            assert_eq!(parse_number(text.as_bytes(), b'.'), None, "{text}");
        }
        for text in ["12.5", "1,234.5", "0.250", "1.23.456"] {
            assert_eq!(parse_number(text.as_bytes(), b','), None, "{text}");
        }
        assert_eq!(parse_number(b"inf", b'.'), Some(f64::INFINITY));
        assert_eq!(split_number("12.5 kWh".as_bytes()), Some((&b"12.5"[..], "kWh")));
        assert_eq!(split_number("22℃".as_bytes()), Some((&b"22"[..], "℃")));
        assert_eq!(split_number(b"12"), None);
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
        for comma in ["1.234,5", "12,5", "0,250", "1.234.567", "1234,567", ",5"] {
            assert_eq!(mark(comma.as_bytes()), Mark::Comma, "{comma}");
        }
        for nothing in ["2018-01-01", "01.02.2018", "2018.02.01", "12", "1.234", "x1,5"] {
            assert_eq!(mark(nothing.as_bytes()), Mark::Nothing, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn every_decimal_is_the_nearest_double(text in "-?[0-9]{0,18}\\.?[0-9]{0,25}") {
            let expected = text.parse::<f64>().ok();
            prop_assert_eq!(parse_number(text.as_bytes(), b'.').filter(|_| !is_missing(text.as_bytes())).map(f64::to_bits), expected.map(f64::to_bits));
        }
    }
}
