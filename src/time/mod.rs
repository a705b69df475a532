//! Time: the axis that readings live on, the zone's constant-offset segments, and the calendar.

mod axis;
mod calendar;
mod zone;

pub use axis::{Day, LocalTime, Month, Run, TimeAxis};
pub use calendar::{Calendar, DayType};
pub use zone::{Fold, Gap, Local, LocalClock, Segment, Zone, tzdb_version};

/// Seconds of an ordinary civil day.
pub const DAY_S: i64 = 86_400;

/// An instant as text in UTC, e.g. `2018-11-22T00:30:00Z`; used in messages.
#[must_use]
pub fn instant_text(instant: i64) -> String {
    jiff::Timestamp::from_second(instant).map_or_else(|_| format!("{instant} s"), |at| at.to_string())
}
