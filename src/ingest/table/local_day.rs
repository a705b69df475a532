//! Local days: when each begins, how long it is, and where the intervals of a day lie that is not 24 hours long.

use crate::time::{DAY_S, Local, LocalClock, Zone};

/// Days of one zone.
pub(super) struct LocalDays {
    clock: LocalClock,
}

impl LocalDays {
    /// For days between two, as wall-clock seconds of their midnights.
    pub(super) fn new(zone: &Zone, first: i64, last: i64) -> Self {
        Self { clock: LocalClock::new(zone, first - DAY_S, last + 2 * DAY_S) }
    }

    /// When a day begins, UTC seconds; clocks that jump at midnight begin it at the jump.
    pub(super) fn start(&mut self, day: i64) -> i64 {
        match self.clock.resolve(day) {
            Local::Once(instant) | Local::Fold { earlier: instant, .. } | Local::Gap { jump: instant } => instant,
        }
    }

    /// Its length \[s\].
    pub(super) fn length_s(&mut self, day: i64) -> i64 {
        self.start(day + DAY_S) - self.start(day)
    }

    /// Whether a wall-clock second never occurs.
    pub(super) fn never(&mut self, local: i64) -> bool {
        matches!(self.clock.resolve(local), Local::Gap { .. })
    }

    /// The instant of a wall-clock second, of two the later where it comes `again`; `None` where it never occurs.
    pub(super) fn instant(&mut self, local: i64, again: bool) -> Option<i64> {
        match self.clock.resolve(local) {
            Local::Once(instant) => Some(instant),
            Local::Fold { earlier, later } => Some(if again { later } else { earlier }),
            Local::Gap { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_madrid_have_23_24_and_25_hours() {
        // 31 March and 27 October 2024 as wall-clock seconds.
        let (spring, autumn) = (1_711_843_200, 1_729_987_200);
        let mut days = LocalDays::new(&Zone::named("Europe/Madrid").unwrap(), spring, autumn);
        assert_eq!(days.length_s(spring), 23 * 3600);
        assert_eq!(days.length_s(spring + DAY_S), 24 * 3600);
        assert_eq!(days.length_s(autumn), 25 * 3600);
        assert_eq!(days.start(spring), spring - 3600);
        assert!(days.never(spring + 9000) && !days.never(autumn + 9000));
        assert_eq!(days.instant(spring + 3 * 3600, false), Some(spring + 3600));
    }
}
