//! Columns of a frame on their way to rows: stamps in any unit or as text, numbers, and their names.

use jiff::civil::DateTime;

use crate::error::{Error, ErrorKind, Result};
use crate::readings::Channel;
use crate::time::{Local, LocalClock, Zone};

/// Stamps of a frame as it has them.
pub(super) enum Stamps {
    /// Instants, UTC seconds, with the zone that the frame names.
    Instants(Vec<i64>, String),
    /// Civil seconds without a zone.
    WallClock(Vec<i64>),
    /// Text, to be parsed by the reader of date styles.
    Texts(Vec<String>),
}

impl Stamps {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Instants(seconds, _) | Self::WallClock(seconds) => seconds.len(),
            Self::Texts(texts) => texts.len(),
        }
    }
}

/// One column of numbers for one channel.
pub(super) struct Numbers {
    pub(super) channel: Channel,
    pub(super) name: String,
    pub(super) values: Vec<f64>,
}

/// The error of one column of a frame.
pub(super) fn column_error(column: &str, problem: String) -> Error {
    ErrorKind::Content {
        source_name: super::table::TABLE.to_owned(),
        line: None,
        column: Some(column.to_owned()),
        problem,
    }
    .into()
}

/// The channel of this name.
///
/// # Errors
/// No such channel; the message lists them.
pub(super) fn channel(name: &str) -> Result<Channel> {
    Channel::from_name(name).ok_or_else(|| {
        let known = Channel::every().map(Channel::name).collect::<Vec<_>>().join(", ");
        column_error(name, format!("no such channel; expected one of {known}"))
    })
}

/// Seconds from counts of `per_second` parts.
///
/// # Errors
/// A row without a stamp; a stamp with a fraction of a second. Rows count from 0, as frames do.
pub(super) fn seconds(column: &str, counts: impl Iterator<Item = Option<i64>>, per_second: i64) -> Result<Vec<i64>> {
    counts
        .enumerate()
        .map(|(row, count)| {
            let count = count.ok_or_else(|| no_stamp(column, row))?;
            if count.rem_euclid(per_second) != 0 {
                let problem = format!("row {row} has a fraction of a second; expected whole seconds");
                return Err(column_error(column, problem));
            }
            Ok(count.div_euclid(per_second))
        })
        .collect()
}

/// The error of a row without a stamp.
pub(super) fn no_stamp(column: &str, row: usize) -> Error {
    column_error(column, format!("row {row} has no stamp; expected one in every row"))
}

/// UTC seconds of `2024-03-01`, `2024-03-01T08:00` (local to `zone`) or `2024-03-01T08:00+08:00`.
///
/// A stamp that occurs twice is its first occurrence; one that never occurs is the instant of the jump.
///
/// # Errors
/// Text that is none of these.
pub(super) fn instant(text: &str, zone: &Zone) -> Result<i64> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(at.as_second());
    }
    let civil: DateTime = text.parse().map_err(|_| {
        column_error(
            "time",
            format!("found {text:?}, expected a date or a date and time such as 2024-03-01 or 2024-03-01T08:00"),
        )
    })?;
    let local = jiff::tz::Offset::UTC.to_timestamp(civil).map_or(0, jiff::Timestamp::as_second);
    Ok(match LocalClock::new(zone, local, local).resolve(local) {
        Local::Once(at) | Local::Fold { earlier: at, .. } | Local::Gap { jump: at } => at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_dates_and_offsets_name_the_same_instant() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        for text in ["2024-03-01", "2024-03-01T00:00", "2024-02-29T16:00Z", "2024-03-01 00:00+08:00"] {
            assert_eq!(instant(text, &zone).unwrap(), 1_709_222_400, "{text}");
        }
        assert!(instant("01/03/2024", &zone).unwrap_err().to_string().contains("2024-03-01"));
    }

    #[test]
    fn fractions_and_absent_stamps_are_named() {
        assert_eq!(seconds("ts", [Some(-1500), Some(2500)].into_iter(), 500).unwrap(), [-3, 5]);
        let fraction = seconds("ts", [Some(1000), Some(1500)].into_iter(), 1000).unwrap_err().to_string();
        assert!(fraction.contains("row 1") && fraction.contains("\"ts\""), "{fraction}");
        assert!(seconds("ts", [None].into_iter(), 1).unwrap_err().to_string().contains("no stamp"));
    }
}
