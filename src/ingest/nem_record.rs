//! Records of NEM12 and NEM13, the Australian meter data files (AEMO, Meter Data File Format; the meaning of flags and
//! suffixes is recalled from it): lines of fields, dates in market time, quality methods, units.

use std::borrow::Cow;

use jiff::civil::Date;

use super::raw::Unit;
use super::source::Source;
use crate::error::Result;
use crate::readings::{Channel, Detected, Flag, Phase, Quantity, Sure};
use crate::time::DAY_S;

/// A line longer than this is no record: a day of 5 minutes has some 3 000 bytes.
const LONGEST_LINE: usize = 1 << 20;
/// Market time is ahead of UTC by so much, all year (recalled).
const MARKET_TIME_S: i64 = 10 * 3600;

/// Lines with their numbers, counted from 1, without blank ones.
pub(super) fn lines<'a>(
    bytes: &'a [u8],
    source: &'a Source<'_>,
) -> impl Iterator<Item = Result<(u64, Cow<'a, str>)>> + 'a {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let end = if memchr::memchr(b'\n', bytes).is_some() { b'\n' } else { b'\r' };
    // A look at the beginning of a file ends anywhere: its last line says nothing.
    let last = if source.is_cut() { memchr::memrchr(end, bytes) } else { None };
    let bytes = bytes.get(..last.unwrap_or(bytes.len())).unwrap_or_default();
    (1..).zip(bytes.split(move |byte| *byte == end)).filter_map(move |(number, line)| {
        if line.len() > LONGEST_LINE {
            let problem =
                format!("a line of {} bytes found, expected at most {LONGEST_LINE}: is it a NEM file?", line.len());
            return Some(Err(source.fail(Some(number), None, problem)));
        }
        let line = line.trim_ascii();
        let is_blank = line.iter().all(|byte| matches!(byte, b',' | b' ' | b'\t' | b'"'));
        (!is_blank).then(|| Ok((number, String::from_utf8_lossy(line))))
    })
}

/// The fields of a line, without blanks and quotes around them.
pub(super) fn fields<'a>(line: &'a str, fields: &mut Vec<&'a str>) {
    fields.clear();
    let mut is_quoted = false;
    let mut from = 0;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => {
                fields.push(line.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => (),
        }
    }
    fields.push(line.get(from..).unwrap_or_default());
    for field in fields.iter_mut() {
        *field = field.trim().trim_matches('"').trim();
    }
}

/// The first field of the first line that has one, for recognising the format.
pub(super) fn first_fields(head: &[u8]) -> Vec<String> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.trim_ascii().is_empty());
    let text = String::from_utf8_lossy(line.unwrap_or_default());
    text.split(',').take(10).map(|field| field.trim().trim_matches('"').to_owned()).collect()
}

/// A number; NaN where the field is empty, `None` where it is other text.
pub(super) fn number(field: &str) -> Option<f64> {
    if field.is_empty() {
        return Some(f64::NAN);
    }
    field.parse().ok().filter(|number: &f64| number.is_finite())
}

/// What a quality method says, e.g. `F14`: a letter and up to two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quality {
    /// A: actual.
    Actual,
    /// E, F, S: estimated, final substituted, substituted.
    Substituted,
    /// N: there is no value.
    Null,
    /// V: another for each part of the day.
    Variable,
}

impl Quality {
    pub(super) fn of(method: &str) -> Option<Self> {
        let (letter, number) = (method.bytes().next()?, method.get(1..)?);
        if number.len() > 2 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match letter.to_ascii_uppercase() {
            b'A' => Some(Self::Actual),
            b'E' | b'F' | b'S' => Some(Self::Substituted),
            b'N' => Some(Self::Null),
            b'V' => Some(Self::Variable),
            _ => None,
        }
    }

    pub(super) fn flag(self) -> Flag {
        match self {
            Self::Actual | Self::Variable => Flag::Measured,
            Self::Substituted => Flag::Substituted,
            Self::Null => Flag::Missing,
        }
    }
}

/// Start of a day of market time from `yyyymmdd`, UTC seconds.
pub(super) fn market_day(field: &str) -> Option<i64> {
    let text = field.get(..8).filter(|text| field.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let date = Date::new(text.get(..4)?.parse().ok()?, text.get(4..6)?.parse().ok()?, text.get(6..)?.parse().ok()?);
    let days = date.ok()?.since(Date::constant(1970, 1, 1)).ok()?.get_days();
    Some(i64::from(days) * DAY_S - MARKET_TIME_S)
}

/// An instant of market time from `yyyymmdd`, `yyyymmddhhmm` or `yyyymmddhhmmss`, UTC seconds.
pub(super) fn market_instant(field: &str) -> Option<i64> {
    let day = market_day(field.get(..8)?)?;
    let two = |at: usize, most: i64| match field.get(at..at + 2) {
        Some(text) => text.parse().ok().filter(|number: &i64| (0..=most).contains(number)),
        None => Some(0),
    };
    let is_whole = matches!(field.len(), 8 | 12 | 14) && field.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then_some(day + two(8, 23)? * 3600 + two(10, 59)? * 60 + two(12, 59)?)
}

/// The zone of market time, taken where the caller gives none.
pub(super) fn market_zone() -> Detected {
    let why = "NEM files run on market time, UTC+10 without clock changes (recalled); pass zone= for local days";
    Detected::new("Etc/GMT-10", why, Sure::Likely)
}

/// A unit and whether it is of active energy or power, as records write it in upper or lower case.
pub(super) fn unit(field: &str) -> Option<(Unit, Quantity)> {
    use Quantity::{ActiveEnergy, ReactiveEnergy, Voltage};
    Some(match field.to_ascii_lowercase().as_str() {
        "wh" => (Unit::Wh, ActiveEnergy),
        "kwh" => (Unit::Kwh, ActiveEnergy),
        "mwh" => (Unit::Mwh, ActiveEnergy),
        "w" => (Unit::W, ActiveEnergy),
        "kw" => (Unit::Kw, ActiveEnergy),
        "mw" => (Unit::Mw, ActiveEnergy),
        "varh" => (Unit::Wh, ReactiveEnergy),
        "kvarh" => (Unit::Kwh, ReactiveEnergy),
        "mvarh" => (Unit::Mwh, ReactiveEnergy),
        "var" => (Unit::W, ReactiveEnergy),
        "kvar" => (Unit::Kw, ReactiveEnergy),
        "mvar" => (Unit::Mw, ReactiveEnergy),
        "v" | "volt" | "volts" => (Unit::V, Voltage),
        "kv" => (Unit::Kv, Voltage),
        _ => return None,
    })
}

/// The channel of a suffix such as `E1`: E imported, B exported, Q and K the same of reactive energy, V voltage
/// (letters recalled). `None` where the letter or its unit is another.
pub(super) fn channel(suffix: &str, unit_field: &str) -> Option<(Channel, Unit)> {
    let channel = match suffix.bytes().next()?.to_ascii_uppercase() {
        b'E' => Channel::IMPORT_KWH,
        b'B' => Channel::EXPORT_KWH,
        b'Q' => Channel::IMPORT_KVARH,
        b'K' => Channel::EXPORT_KVARH,
        b'V' => Channel::mean(Quantity::Voltage, Phase::Total),
        _ => return None,
    };
    // A voltage without unit is in volt: no other unit gives numbers around 230.
    let unit_field = if unit_field.is_empty() && channel.quantity == Quantity::Voltage { "V" } else { unit_field };
    let (unit, quantity) = unit(unit_field)?;
    (quantity == channel.quantity).then_some((channel, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_between_commas_and_quotes_are_taken_off() {
        let mut found = Vec::new();
        fields("200,\"NMI, old\", E1 ,,", &mut found);
        assert_eq!(found, ["200", "NMI, old", "E1", "", ""]);
        fields("900", &mut found);
        assert_eq!(found, ["900"]);
    }

    #[test]
    fn dates_are_market_time() {
        // 1 January 2024, 00:00 at UTC+10 is 14:00 UTC of the day before.
        assert_eq!(market_day("20240101"), Some(1_704_067_200 - 36_000));
        assert_eq!(market_instant("20240101003015"), Some(1_704_067_200 - 36_000 + 1815));
        assert_eq!(market_instant("202401010030"), Some(1_704_067_200 - 36_000 + 1800));
        for wrong in ["", "2024", "20240230", "2024010１", "202401012460", "20240101+100", "2024010100"] {
            assert_eq!(market_instant(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn suffixes_and_units_make_channels() {
        assert_eq!(channel("E1", "KWH"), Some((Channel::IMPORT_KWH, Unit::Kwh)));
        assert_eq!(channel("B1", "MWh"), Some((Channel::EXPORT_KWH, Unit::Mwh)));
        assert_eq!(channel("k2", "VArh"), Some((Channel::EXPORT_KVARH, Unit::Wh)));
        assert_eq!(channel("V1", ""), Some((Channel::mean(Quantity::Voltage, Phase::Total), Unit::V)));
        for (suffix, unit) in [("E1", ""), ("E1", "kvarh"), ("Q1", "kWh"), ("X1", "kWh"), ("", "kWh"), ("V1", "kWh")] {
            assert_eq!(channel(suffix, unit), None, "{suffix} {unit}");
        }
    }
}
