//! Date and time as text: the styles that meters' exports use, read from bytes.

use serde::{Deserialize, Serialize};

use crate::time::DAY_S;

/// Order of day, month and year in dates such as `01/02/2018`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Year, month, day.
    Ymd,
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

impl DateOrder {
    /// Its name: `ymd`, `dmy`, `mdy`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ymd => "ymd",
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
        }
    }
}

/// How the three fields of a date stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Four digits first: year, month, day.
    YearFirst,
    /// Four digits last: the order of the first two is open.
    YearLast,
    /// Four digits last, with dots: day first by convention.
    Dotted,
    /// Two digits everywhere: anything.
    TwoDigits,
}

/// A stamp as it is written, its date not interpreted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StampText {
    pub shape: Shape,
    /// The three fields in the order written.
    pub fields: [u16; 3],
    /// Seconds since midnight; 86 400 for 24:00.
    pub second: i32,
    /// Offset from UTC \[s\], where one is written.
    pub offset_s: Option<i32>,
}

impl StampText {
    /// Reads a whole stamp; `None` where it is none.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        let mut rest = Scan(text);
        if rest.weekday() {
            rest.eat(b",");
            rest.skip_blank();
        }
        let (shape, fields) = rest.date()?;
        let after_date = rest.0.len();
        rest.skip_blank();
        if rest.weekday() {
            rest.skip_blank();
        }
        let had_blank = rest.0.len() < after_date;
        if rest.0.is_empty() {
            return Some(Self { shape, fields, second: 0, offset_s: None });
        }
        // `2018年1月1日0:15` and `201801010015` go on without a blank.
        if !had_blank && !text.contains(&0xE6) && !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let second = rest.clock()?;
        rest.skip_blank();
        let offset_s = rest.offset()?;
        rest.0.is_empty().then_some(Self { shape, fields, second, offset_s })
    }

    /// Seconds since midnight of a clock alone, `0:15` or `24:00`; `None` where it is none.
    pub(super) fn clock(text: &[u8]) -> Option<i32> {
        let mut rest = Scan(text.trim_ascii());
        let second = rest.clock()?;
        rest.0.is_empty().then_some(second)
    }

    /// Wall-clock seconds under an order of the date's fields; `None` where there is no such date.
    pub(super) fn seconds(&self, order: DateOrder) -> Option<i64> {
        let [a, b, c] = self.fields;
        let order = if self.shape == Shape::YearFirst { DateOrder::Ymd } else { order };
        let (mut year, month, day) = match order {
            DateOrder::Ymd => (a, b, c),
            DateOrder::Dmy => (c, b, a),
            DateOrder::Mdy => (c, a, b),
        };
        if self.shape == Shape::TwoDigits && year < 100 {
            year += 2000;
        }
        Some(days_from_civil(i64::from(year), i64::from(month), i64::from(day))? * DAY_S + i64::from(self.second))
    }
}

/// Days since 1970-01-01 of a Gregorian date, counted in years that begin in March.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || year < 1 {
        return None;
    }
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let days = 365 * march_year + march_year / 4 - march_year / 100 + march_year / 400 + day_of_year;
    Some(days - 719_468)
}

/// What is left to read.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    /// A number of at most `most` digits, with the count of its digits.
    fn number(&mut self, most: usize) -> Option<(u16, usize)> {
        let digits = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        (digits > 0).then(|| (number.iter().fold(0, |sum, byte| sum * 10 + u16::from(byte - b'0')), digits))
    }

    fn eat(&mut self, text: &[u8]) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn date(&mut self) -> Option<(Shape, [u16; 3])> {
        let (a, digits) = self.number(4)?;
        if digits == 4 && self.0.first().is_some_and(u8::is_ascii_digit) {
            // YYYYmmdd
            let (month, m) = self.number(2)?;
            let (day, d) = self.number(2)?;
            return (m == 2 && d == 2).then_some((Shape::YearFirst, [a, month, day]));
        }
        if self.eat("年".as_bytes()) {
            let (month, _) = self.number(2)?;
            if !self.eat("月".as_bytes()) {
                return None;
            }
            if self.0.is_empty() {
                return (digits == 4).then_some((Shape::YearFirst, [a, month, 1]));
            }
            let (day, _) = self.number(2)?;
            return (self.eat("日".as_bytes()) && digits == 4).then_some((Shape::YearFirst, [a, month, day]));
        }
        let separator = *self.0.first().filter(|byte| b"-/. ".contains(byte))?;
        self.eat(&[separator]);
        if let Some(month) = self.month_name() {
            let (year, y) = self.eat(&[separator]).then(|| self.number(4))??;
            let year = if y == 2 { year + 2000 } else { year };
            return (digits <= 2 && (y == 2 || y == 4)).then_some((Shape::YearFirst, [year, month, a]));
        }
        if separator == b' ' {
            return None;
        }
        let (b, b_digits) = self.number(2)?;
        if digits == 4 && self.0.is_empty() && separator != b'.' {
            return Some((Shape::YearFirst, [a, b, 1])); // a month
        }
        let (c, c_digits) = self.eat(&[separator]).then(|| self.number(4))??;
        let shape = match (digits, c_digits) {
            (4, 1 | 2) => Shape::YearFirst,
            (1 | 2, 4) if separator == b'.' => Shape::Dotted,
            (1 | 2, 4) => Shape::YearLast,
            (1 | 2, 2) if b_digits <= 2 => Shape::TwoDigits,
            _ => return None,
        };
        Some((shape, [a, b, c]))
    }

    /// The number of a month written by its first three letters.
    fn month_name(&mut self) -> Option<u16> {
        const NAMES: [&[u8; 3]; 12] =
            [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
        let name = self.0.get(..3)?;
        let month = NAMES.iter().position(|known| name.eq_ignore_ascii_case(*known))?;
        self.0 = self.0.get(3..)?;
        Some(month as u16 + 1)
    }

    /// Skips the name of a weekday, in brackets or not: `星期一`, `周一`, `Mon`, `Monday`.
    fn weekday(&mut self) -> bool {
        let mut rest = Scan(self.0);
        let open = rest.eat(b"(") || rest.eat("（".as_bytes());
        let chinese = ["星期", "礼拜", "周"].iter().any(|name| rest.eat(name.as_bytes()))
            && ["一", "二", "三", "四", "五", "六", "日", "天"].iter().any(|name| rest.eat(name.as_bytes()));
        let letters = rest.0.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let english = letters >= 3
            && rest.0.get(..letters).is_some_and(|word| {
                let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
                let word = word.to_ascii_lowercase();
                names.iter().any(|name| name.as_bytes().starts_with(&word))
            });
        if english {
            rest.0 = rest.0.get(letters..).unwrap_or_default();
            rest.eat(b".");
        }
        let closed = !open || rest.eat(b")") || rest.eat("）".as_bytes());
        let found = (chinese || english) && closed;
        if found {
            self.0 = rest.0;
        }
        found
    }

    fn skip_blank(&mut self) -> bool {
        let before = self.0.len();
        self.0 = self.0.trim_ascii_start();
        if self.0.first().is_some_and(|byte| *byte == b'T' || *byte == b't') {
            self.0 = self.0.get(1..).unwrap_or_default();
        }
        self.0.len() < before
    }

    /// Seconds since midnight of `H:MM`, `H:MM:SS`, fractions, `HHMM`, `HHMMSS`, `H时MM分SS秒`, with am or pm.
    fn clock(&mut self) -> Option<i32> {
        let (hour, digits) = self.number(2)?;
        let (mut minute, mut second) = ((0, 2), (0, 2));
        if self.eat(b":") || self.eat("：".as_bytes()) {
            minute = self.number(2)?;
            if self.eat(b":") || self.eat("：".as_bytes()) {
                second = self.number(2)?;
            }
        } else if self.eat("时".as_bytes()) || self.eat("點".as_bytes()) || self.eat("点".as_bytes()) {
            if !self.0.is_empty() {
                // 0时5分 needs no second digit.
                minute = (self.number(2)?.0, 2);
                self.eat("分".as_bytes());
                if self.0.first().is_some_and(u8::is_ascii_digit) {
                    second = (self.number(2)?.0, 2);
                    self.eat("秒".as_bytes());
                }
            }
        } else if digits == 2 {
            minute = self.number(2)?;
            if self.0.first().is_some_and(u8::is_ascii_digit) {
                second = self.number(2)?;
            }
        } else {
            return None;
        }
        if self.0.first().is_some_and(|byte| *byte == b'.') {
            // Meters do not stamp within the second: a fraction is noise of the export.
            self.0 = self.0.get(1..)?;
            let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.0 = self.0.get(digits..).filter(|_| digits > 0)?;
        }
        let hour = self.half_day(hour)?;
        let total = i32::from(hour) * 3600 + i32::from(minute.0) * 60 + i32::from(second.0);
        (minute.1 == 2 && second.1 == 2 && minute.0 < 60 && second.0 < 60 && total <= DAY_S as i32).then_some(total)
    }

    fn half_day(&mut self, hour: u16) -> Option<u16> {
        let rest = self.0.trim_ascii_start();
        let pm = match rest.get(..2) {
            Some(text) if text.eq_ignore_ascii_case(b"am") => false,
            Some(text) if text.eq_ignore_ascii_case(b"pm") => true,
            _ => return Some(hour),
        };
        self.0 = rest.get(2..)?;
        (1..=12).contains(&hour).then_some(hour % 12 + if pm { 12 } else { 0 })
    }

    /// `Z`, `+08:00`, `+0800`, `+08` or nothing; the outer `None` is something else.
    #[allow(clippy::option_option)] // nothing written is not the same as nothing readable
    fn offset(&mut self) -> Option<Option<i32>> {
        if self.0.is_empty() {
            return Some(None);
        }
        if self.eat(b"Z") || self.eat(b"z") || self.eat(b"UTC") {
            return Some(Some(0));
        }
        let sign = if self.eat(b"+") {
            1
        } else if self.eat(b"-") {
            -1
        } else {
            return None;
        };
        let (hours, digits) = self.number(2)?;
        self.eat(b":");
        let minutes = if self.0.is_empty() { 0 } else { self.number(2)?.0 };
        (digits == 2 && hours <= 18 && minutes < 60)
            .then(|| Some(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str, order: DateOrder) -> Option<(i64, Option<i32>)> {
        let stamp = StampText::parse(text.as_bytes())?;
        Some((stamp.seconds(order)?, stamp.offset_s))
    }

    #[test]
    fn every_style_is_the_same_quarter_hour() {
        // 2018-02-01 00:15 as if UTC: 17 563 days.
        let at = 17_563 * DAY_S + 900;
        for text in [
            "2018-02-01T00:15",
            "2018-02-01 00:15",
            "2018-02-01 00:15:00",
            "2018-02-01 00:15:00.000",
            "2018-02-01T00:15:00.999999999",
            "2018-2-1 0:15",
            "2018/02/01 00:15",
            "2018/2/1  0:15:00",
            "20180201 0015",
            "20180201 001500",
            "201802010015",
            "20180201001500",
            "2018.02.01 00:15",
            "2018年2月1日 0:15",
            "2018年02月01日00:15",
            "2018年2月1日 0时15分",
            "01/02/2018 00:15",
            "1/2/2018 12:15 AM",
            "01.02.2018 00:15",
            "01-02-2018 00:15",
            "01/02/18 00:15",
            "1/2/18 0:15",
            "2018-02-01星期四 00:15",
            "2018-02-01 星期四 00:15",
            "2018-02-01（周四）00:15",
            "Thu 01/02/2018 00:15",
            "Thursday, 2018-02-01 00:15",
            "01-Feb-2018 00:15",
            "1 Feb 2018 00:15:00",
        ] {
            assert_eq!(seconds(text, DateOrder::Dmy), Some((at, None)), "{text}");
        }
        assert_eq!(seconds("02/01/2018 00:15", DateOrder::Mdy), Some((at, None)));
        assert_eq!(seconds("2018-02-01T00:15Z", DateOrder::Ymd), Some((at, Some(0))));
        assert_eq!(seconds("2018-02-01 00:15:00+08:00", DateOrder::Ymd), Some((at, Some(28_800))));
        assert_eq!(seconds("2018-02-01T00:15:00-0330", DateOrder::Ymd), Some((at, Some(-12_600))));
        assert_eq!(seconds("2018-01-31 24:00", DateOrder::Ymd), Some((at - 900, None)));
        assert_eq!(seconds("2018-02-01", DateOrder::Ymd), Some((at - 900, None)));
        assert_eq!(seconds("2018-02-01星期四", DateOrder::Ymd), Some((at - 900, None)));
        assert_eq!(seconds("18/02/01 00:15", DateOrder::Ymd), Some((at, None)));
        assert_eq!(StampText::clock(b"0:15"), Some(900));
        assert_eq!(StampText::clock("24时".as_bytes()), Some(86_400));
        assert_eq!(StampText::clock(b"2018-02-01"), None);
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        for text in [
            "",
            "abc",
            "12",
            "2018",
            "2018-13-01 00:00",
            "2018-02-30 00:00",
            "2018-02-01 24:01",
            "2018-02-01 12:60",
            "2018-02-01 00:15 x",
            "2018-02-0100:15",
            "1/1/1/1",
            "2018-02-01 1",
            "2018-02-01 00:15+99:00",
            "00/01/2018",
        ] {
            assert_eq!(seconds(text, DateOrder::Dmy), None, "{text}");
        }
    }

    #[test]
    fn days_agree_with_jiff() {
        let mut date = jiff::civil::date(1899, 12, 31);
        for _ in 0..120_000 {
            let days = days_from_civil(date.year().into(), date.month().into(), date.day().into());
            assert_eq!(days, Some(i64::from(jiff::civil::date(1970, 1, 1).until(date).unwrap().get_days())));
            date = date.tomorrow().unwrap();
        }
    }
}
