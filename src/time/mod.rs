//! Time: the axis that readings live on, the zone's constant-offset segments, and the calendar.

mod axis;
mod calendar;
mod zone;

pub use axis::{Day, LocalTime, Month, Run, TimeAxis};
pub(crate) use axis::{date_of, days_since_epoch};
pub use calendar::{Calendar, DayType};
pub use zone::{Fold, Gap, Local, LocalClock, Segment, Zone, tzdb_version};

pub use crate::error::instant_text;

/// Seconds of an ordinary civil day.
pub const DAY_S: i64 = 86_400;
