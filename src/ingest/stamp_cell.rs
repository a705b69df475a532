//! What a cell of a time column may hold beside a stamp in words: a number that counts time, and a range from a stamp
//! to another.

use super::stamp_text::{Shape, StampText};
use crate::time::DAY_S;

/// Dates of 1955 to 2118 as Excel counts them.
const EXCEL_DAYS: std::ops::Range<i64> = 20_000..80_000;
/// Day 0 of Excel's count is 1899-12-30 (its 1900 was a leap year).
const EXCEL_EPOCH: i64 = -25_569;
/// Seconds since 1970 that have ten digits, or nine.
const EPOCH_S: std::ops::Range<i64> = 631_152_000..4_102_444_800;

/// A stamp as text or as a number that counts time: Unix seconds or milliseconds (instants), Excel's days (a wall
/// clock).
pub(super) fn parse(cell: &[u8]) -> Option<StampText> {
    match cell.first() {
        Some(byte) if byte.is_ascii_digit() && cell.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') => {
            of_number(cell).or_else(|| StampText::parse(cell))
        }
        _ => StampText::parse(cell),
    }
}

fn of_number(cell: &[u8]) -> Option<StampText> {
    let text = std::str::from_utf8(cell).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        // 2018020100 is a date and an hour.
        9 | 10 if !is_date_and_hour(whole) && EPOCH_S.contains(&number) => Some(of_seconds(number, Some(0))),
        12 | 13 if EPOCH_S.contains(&(number / 1000)) && fraction.is_empty() && !is_date_and_hour(whole) => {
            Some(of_seconds(number.div_euclid(1000), Some(0)))
        }
        6 if text.len() == 6 && is_month(text) => {
            StampText::parse(format!("{}-{}", text.get(..4)?, text.get(4..)?).as_bytes())
        }
        5 if EXCEL_DAYS.contains(&number) => {
            let second = excel_second(fraction)?;
            Some(StampText { second, ..of_seconds((number + EXCEL_EPOCH) * DAY_S, None) })
        }
        _ => None,
    }
}

/// `YYYYmm`
fn is_month(text: &str) -> bool {
    matches!(text.get(..2), Some("19" | "20"))
        && text.get(4..6).and_then(|month| month.parse::<u8>().ok()).is_some_and(|month| (1..=12).contains(&month))
}

/// `YYYYmmddHH…`
fn is_date_and_hour(text: &str) -> bool {
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u8>().ok());
    matches!(part(0, 2), Some(19 | 20))
        && part(4, 6).is_some_and(|month| (1..=12).contains(&month))
        && part(6, 8).is_some_and(|day| (1..=31).contains(&day))
        && part(8, 10).is_some_and(|hour| hour <= 24)
}

/// Seconds of the fraction of a day: of the nearest minute where the digits do not tell it from the fraction.
fn excel_second(fraction: &str) -> Option<i32> {
    let days: f64 = format!("0.{fraction}0").parse().ok()?;
    let second = days * DAY_S as f64;
    let minute = (second / 60.0).round() * 60.0;
    let last_digit_s = DAY_S as f64 * 0.1f64.powi(i32::try_from(fraction.len()).ok()?);
    let exact = (second - minute).abs() < 0.5 || (second - minute).abs() <= last_digit_s.min(10.0) / 2.0;
    let second = if exact { minute } else { second.round() };
    (exact || last_digit_s < 1.0).then_some(second as i32)
}

fn of_seconds(seconds: i64, offset_s: Option<i32>) -> StampText {
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY_S));
    StampText {
        shape: Shape::YearFirst,
        fields: [year, month, day],
        second: seconds.rem_euclid(DAY_S) as i32,
        offset_s,
    }
}

/// Year, month and day of the days since 1970-01-01, counted in years that begin in March; for the years 1 to 9999.
fn civil_from_days(days: i64) -> (u16, u16, u16) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as u16, month as u16, day as u16)
}

/// What separates the two stamps of a range.
const BETWEEN: &[&str] = &[" to ", "至", "到", "~", "～", " - ", " – ", " — ", "–", "—"];

/// The two ends of a range such as `2020-05-01 00:00 to 2020-05-01 00:15`, `00:00-00:15`, `2020-05-01 00:00~00:15`.
pub(super) fn split_range(cell: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = std::str::from_utf8(cell).ok()?;
    let separated = BETWEEN.iter().find_map(|between| text.split_once(between));
    let (from, to) =
        separated.or_else(|| text.split_once('-').filter(|(from, _)| StampText::clock(from.as_bytes()).is_some()))?;
    let (from, to) = (from.trim().as_bytes(), to.trim().as_bytes());
    let is_stamp = |part: &[u8]| StampText::clock(part).is_some() || StampText::parse(part).is_some();
    (is_stamp(from) && is_stamp(to)).then_some((from, to))
}

/// The end of a range: a whole stamp, or a clock that is the next one after the start.
pub(super) fn end_of(start: &StampText, text: &[u8]) -> Option<StampText> {
    if let Some(second) = StampText::clock(text) {
        let next_day = if second <= start.second { DAY_S as i32 } else { 0 };
        return Some(StampText { second: second + next_day, ..*start });
    }
    parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::DateOrder;

    fn seconds(text: &str) -> Option<(i64, Option<i32>)> {
        let stamp = parse(text.as_bytes())?;
        Some((stamp.seconds(DateOrder::Ymd)?, stamp.offset_s))
    }

    #[test]
    fn numbers_that_count_time() {
        // 2024-01-01 00:15 as if UTC: 19 723 days.
        let at = 19_723 * DAY_S + 900;
        assert_eq!(seconds("1704068100"), Some((at, Some(0))));
        assert_eq!(seconds("1704068100000"), Some((at, Some(0))));
        assert_eq!(seconds("45292.0104"), Some((at, None)));
        assert_eq!(seconds("45292.0104166667"), Some((at, None)));
        assert_eq!(seconds("45292.010416666664"), Some((at, None)));
        assert_eq!(seconds("45292"), Some((at - 900, None)));
        assert_eq!(seconds("45292.5"), Some((at - 900 + 43_200, None)));
        assert_eq!(seconds("202401010015"), Some((at, None)));
        assert_eq!(seconds("20240101"), Some((at - 900, None)));
        for text in ["12", "2024", "45292.01", "99999", "123456789012345"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn every_minute_of_excel_days_is_found_again() {
        for minute in 0..1440 {
            let fraction = format!("{:.6}", f64::from(minute) / 1440.0);
            assert_eq!(excel_second(&fraction[2..]), Some(minute * 60), "{fraction}");
        }
    }

    #[test]
    fn days_go_both_ways() {
        for days in (-25_000..60_000).step_by(7) {
            let (year, month, day) = civil_from_days(days);
            let stamp = StampText { shape: Shape::YearFirst, fields: [year, month, day], second: 0, offset_s: None };
            assert_eq!(stamp.seconds(DateOrder::Ymd), Some(days * DAY_S));
        }
    }

    #[test]
    fn ranges_have_two_ends() {
        for (text, from, to) in [
            ("2020-05-01 00:00:00 to 2020-05-01 00:15:00", "2020-05-01 00:00:00", "2020-05-01 00:15:00"),
            ("00:00-00:15", "00:00", "00:15"),
            ("23:45～24:00", "23:45", "24:00"),
            ("2020-05-01 00:00至00:15", "2020-05-01 00:00", "00:15"),
            ("2020-05-01 00:00 - 2020-05-01 00:15", "2020-05-01 00:00", "2020-05-01 00:15"),
        ] {
            assert_eq!(split_range(text.as_bytes()), Some((from.as_bytes(), to.as_bytes())), "{text}");
        }
        for text in ["2020-05-01", "2020-05-01 00:15", "a to b", "2020-05-01T00:00:00-05:00"] {
            assert_eq!(split_range(text.as_bytes()), None, "{text}");
        }
        let start = StampText::parse(b"2020-05-01 23:45").unwrap();
        assert_eq!(end_of(&start, b"00:00").unwrap().second, 86_400);
        assert_eq!(end_of(&start, b"24:00").unwrap().second, 86_400);
    }
}
