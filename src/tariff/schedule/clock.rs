//! Times of day, windows of the day, and dates of any year, as tariffs write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Minutes of a day.
pub(super) const DAY_MINUTES: usize = 1440;

/// A time of day in minutes after midnight, 00:00 to 24:00; written `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock(pub u16);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for Clock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.trim().split_once(':').and_then(|(hour, minute)| {
            let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
            (minute < 60 && hour <= 24 && hour * 60 + minute <= DAY_MINUTES as u16).then(|| Self(hour * 60 + minute))
        });
        parsed.ok_or_else(|| format!("found {text:?}, expected a time of day such as \"08:00\" or \"24:00\""))
    }
}

/// A half-open window of the day, written `08:00-11:30`; one that ends before it starts crosses midnight.
///
/// A window belongs to the calendar days on which its rule holds: `23:00-07:00` is 00:00 to 07:00 and 23:00 to 24:00 of
/// the same date, and what follows midnight obeys the rules of the new date. Chinese notices mean it so: they change
/// months and seasons at midnight, name the night of a holiday as "0:00 to 6:00 and 22:00 to 24:00" (沪发改价管〔2022〕50号),
/// and meters clock by date. A rule that follows a night into the next day is written as two: its evening on one kind
/// of day, its morning on the other. `24:00` and `00:00` both end a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// First minute.
    pub from: Clock,
    /// First minute after it.
    pub to: Clock,
}

impl Window {
    pub(super) fn minutes(self) -> impl Iterator<Item = usize> {
        let (from, to) = (usize::from(self.from.0), usize::from(self.to.0));
        let to = if to <= from { to + DAY_MINUTES } else { to };
        (from..to).map(|minute| minute % DAY_MINUTES)
    }
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) =
            text.split_once('-').ok_or_else(|| format!("found {text:?}, expected a window such as \"08:00-11:30\""))?;
        let window = Self { from: from.parse()?, to: to.parse()? };
        if window.from == window.to || window.from.0 == DAY_MINUTES as u16 {
            return Err(format!("found {text:?}, expected a window that starts before 24:00 and has a length"));
        }
        Ok(window)
    }
}

impl TryFrom<String> for Window {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        format!("{}-{}", window.from, window.to)
    }
}

impl Serialize for Window {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from(*self))
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Window {
    fn schema_name() -> Cow<'static, str> {
        "Window".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-2]?[0-9]:[0-5][0-9]-[0-2]?[0-9]:[0-5][0-9]$",
            "description": "Window of the day, e.g. 08:00-11:30; one that ends before it starts crosses midnight."
        })
    }
}

/// Dates of every year from one day to another, both within, written `07-15..08-31`; one that ends before it
/// starts crosses the turn of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearDays {
    from: (i8, i8),
    to: (i8, i8),
}

impl YearDays {
    /// Whether a date is within.
    #[must_use]
    pub fn contains(self, date: Date) -> bool {
        let day = (date.month(), date.day());
        if self.from <= self.to { self.from <= day && day <= self.to } else { day >= self.from || day <= self.to }
    }
}

impl fmt::Display for YearDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}..{:02}-{:02}", self.from.0, self.from.1, self.to.0, self.to.1)
    }
}

impl FromStr for YearDays {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = |text: &str| {
            let (month, day) = text.trim().split_once('-')?;
            // 2024 has a 29 February.
            let date = Date::new(2024, month.parse().ok()?, day.parse().ok()?).ok()?;
            Some((date.month(), date.day()))
        };
        let both = text.split_once("..").and_then(|(from, to)| Some(Self { from: day(from)?, to: day(to)? }));
        both.ok_or_else(|| format!("found {text:?}, expected days of the year such as \"07-15..08-31\""))
    }
}

impl Serialize for YearDays {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for YearDays {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for YearDays {
    fn schema_name() -> Cow<'static, str> {
        "YearDays".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[01]?[0-9]-[0-3]?[0-9]\\.\\.[01]?[0-9]-[0-3]?[0-9]$",
            "description": "Days of every year, both within, e.g. 07-15..08-31."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_are_none_are_refused() {
        for text in ["2000:00-08:00", "08:00", "8-9", "08:00-08:00", "24:00-25:00", "24:00-01:00", "07:61-08:00", ""] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_of_the_year_can_cross_its_turn() {
        let winter: YearDays = "12-15..01-31".parse().unwrap();
        let day = |month, day| Date::new(2025, month, day).unwrap();
        assert!(winter.contains(day(12, 15)) && winter.contains(day(1, 31)) && winter.contains(day(1, 1)));
        assert!(!winter.contains(day(12, 14)) && !winter.contains(day(2, 1)));
        assert_eq!(winter.to_string(), "12-15..01-31");
        for text in ["02-30..03-01", "13-01..12-01", "07-15", "a..b"] {
            assert!(text.parse::<YearDays>().is_err(), "{text}");
        }
    }
}
