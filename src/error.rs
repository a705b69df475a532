//! One error type for the crate. An error means that a call made no sense: it says what was found,
//! what was expected and where. Odd data is a [`Finding`](crate::Finding) instead.

use std::fmt;

/// Result of a fallible call.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, in one word pointer-sized.
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

impl Error {
    /// The facts.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

/// Which part of the input a call got wrong; Python has an exception class for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A file or a table of readings.
    Reading,
    /// Zones, steps, stamps and calendars.
    Time,
    /// A tariff.
    Tariff,
    /// What is known of the site: contract, settings.
    Site,
}

/// The facts of an error. New variants come with new features.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A zone name that the bundled data does not have.
    #[error("unknown time zone {found:?}; expected an IANA name such as \"Asia/Shanghai\"{}", did_you_mean(near))]
    UnknownZone {
        /// The name given.
        found: String,
        /// Near names.
        near: Vec<String>,
    },
    /// A step that no axis can have.
    #[error("a step of {found_s} s cannot be used: expected a part of a day, such as 60, 300, 900, 1800 or 3600 s")]
    Step {
        /// Seconds found.
        found_s: i64,
    },
    /// An axis outside the years that meters live in.
    #[error(
        "{len} intervals of {step_s} s from {} leave the years 1900 to 2200: is the time column damaged or in another unit?",
        instant_text(*start)
    )]
    InstantOutOfRange {
        /// First instant.
        start: i64,
        /// Step.
        step_s: i64,
        /// Number of intervals.
        len: usize,
    },
    /// A calendar asked about a year it has no dates for.
    #[error(
        "calendar {calendar} has dates for {first} to {last}, the readings reach into {year}; give the dates yourself, \
         or take a provisional calendar (provisional=True) whose make-up workdays are not decreed yet"
    )]
    CalendarYear {
        /// Calendar.
        calendar: String,
        /// Year asked for.
        year: i16,
        /// First year known.
        first: i16,
        /// Last year known.
        last: i16,
    },
    /// No reading at all.
    #[error("there is no reading: expected at least one interval with a start and a value")]
    NoReadings,
    /// A channel's values do not fit the axis.
    #[error("channel {channel} has {found} values, its axis has {expected} intervals")]
    ChannelLength {
        /// Channel name.
        channel: String,
        /// Values found.
        found: usize,
        /// Intervals of the axis.
        expected: usize,
    },
    /// The same channel twice, or none.
    #[error("channel {channel} is given {count} times, expected once")]
    ChannelCount {
        /// Channel name.
        channel: String,
        /// How often it is there.
        count: usize,
    },
    /// A span that has no reading in it.
    #[error("no reading between {from} and {to}: the readings run from {start} to {end}")]
    EmptySpan {
        /// Asked from.
        from: String,
        /// Asked to.
        to: String,
        /// First instant of the readings.
        start: String,
        /// End of the readings.
        end: String,
    },
    /// A new step that is not a multiple of the old.
    #[error(
        "readings of {step_s} s cannot be resampled to {wanted_s} s: expected a multiple of {step_s} s, shorter than a day, that divides a day"
    )]
    Resample {
        /// Step of the readings.
        step_s: i64,
        /// Step wanted.
        wanted_s: i64,
    },
    /// A file that cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Path as given.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file or table whose content cannot be understood.
    #[error("{source_name}{}: {problem}", at(*line, column.as_deref()))]
    Content {
        /// File or table.
        source_name: String,
        /// Line, counted from 1, where it is one line's fault.
        line: Option<u64>,
        /// Column name, where it is one column's fault.
        column: Option<String>,
        /// What was found and what was expected.
        problem: String,
    },
    /// Readings of several meters, or parts of one, that do not go together.
    #[error("the readings cannot be put together: {problem}")]
    Meters {
        /// What was found, what was expected, and the remedy.
        problem: String,
    },
    /// The caller stopped it.
    #[error("stopped by the caller; nothing was read")]
    Interrupted,
    /// A tariff that cannot be used.
    #[error("tariff {tariff}{}: {problem}", field.as_ref().map(|field| format!(", {field}")).unwrap_or_default())]
    Tariff {
        /// Tariff id or file.
        tariff: String,
        /// Path of the field, e.g. `components[2].price`.
        field: Option<String>,
        /// What was found, what was expected, and the remedy.
        problem: String,
    },
    /// A contract or setting that makes no sense or lacks what a call needs.
    #[error("{field}: {problem}")]
    Site {
        /// Field, e.g. `contract.capacity_kva`.
        field: String,
        /// What was found, what was expected, and the remedy.
        problem: String,
    },
}

/// Something wrong or odd in what a user wrote, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Problem {
    /// Path of the field, e.g. `versions[0].components[2].charge.energy.price`; `None` where it is the whole.
    pub field: Option<String>,
    /// What was found, what was expected, and the remedy.
    pub problem: String,
    /// Line from 1, where it stands in a text.
    pub line: Option<usize>,
    /// Column from 1, in characters.
    pub column: Option<usize>,
    /// Whether it cannot be used like that; otherwise it is odd and can.
    pub is_error: bool,
}

impl Problem {
    /// An error that stands in no text.
    pub(crate) fn error(field: Option<String>, problem: String) -> Self {
        Self { field, problem, line: None, column: None, is_error: true }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "line {line}, column {column}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl ErrorKind {
    /// The part of the input that is wrong.
    #[must_use]
    pub fn topic(&self) -> Topic {
        match self {
            Self::UnknownZone { .. }
            | Self::Step { .. }
            | Self::InstantOutOfRange { .. }
            | Self::CalendarYear { .. } => Topic::Time,
            Self::NoReadings
            | Self::ChannelLength { .. }
            | Self::ChannelCount { .. }
            | Self::EmptySpan { .. }
            | Self::Resample { .. }
            | Self::Io { .. }
            | Self::Content { .. }
            | Self::Meters { .. }
            | Self::Interrupted => Topic::Reading,
            Self::Tariff { .. } => Topic::Tariff,
            Self::Site { .. } => Topic::Site,
        }
    }
}

/// An instant as text in UTC, e.g. `2018-11-22T00:30:00Z`; used in messages.
#[must_use]
pub fn instant_text(instant: i64) -> String {
    jiff::Timestamp::from_second(instant).map_or_else(|_| format!("{instant} s"), |at| at.to_string())
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; near names: {}", near.join(", ")) }
}

fn at(line: Option<u64>, column: Option<&str>) -> String {
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    let column = column.map(|column| format!(", column {column:?}")).unwrap_or_default();
    line + &column
}

/// The up to three candidates most like `name`, best first; none that is unlike it.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let inside = wanted.len() > 2 && (lower.contains(&wanted) || wanted.contains(&lower));
            let score = strsim::normalized_damerau_levenshtein(&wanted, &lower);
            (if inside { score.max(0.75) } else { score }, candidate)
        })
        .filter(|(score, _)| *score >= 0.5)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// What serde says in a user's words: near names of an unknown field or word, and what a price looks like.
pub(crate) fn explain(message: &str) -> String {
    let message = message.replace("a Decimal type representing a fixed-point number", "a number such as \"0.65\"");
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next() {
        Some(found) if message.starts_with("unknown") => {
            let near = nearest(found, quoted);
            if near.is_empty() { message } else { format!("{message}; near names: {}", near.join(", ")) }
        }
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_best_first_and_not_far_fetched() {
        let names = ["kwh", "kvarh", "timestamp", "temperature"];
        assert_eq!(nearest("kwhh", names.into_iter()), ["kwh"]);
        assert_eq!(nearest("time", names.into_iter()), ["timestamp"]);
        assert!(nearest("zzz", names.into_iter()).is_empty());
    }
}
