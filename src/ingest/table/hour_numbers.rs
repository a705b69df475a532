//! A date and the number of an hour: hour n is the n-th hour of its day, so that hour 25 in autumn is an hour of its own.

use std::collections::{HashMap, HashSet};

use super::local_day::LocalDays;
use crate::finding::{Finding, Severity};
use crate::ingest::raw::wall_text;
use crate::time::{DAY_S, Zone};

/// Where hours lie.
pub(super) struct PlacedHours {
    /// Start of each; `None` where its day does not have it.
    pub starts: Vec<Option<i64>>,
    /// Whether they are instants, UTC seconds; else wall-clock seconds.
    pub are_instants: bool,
    /// A Finding for the hours that their day does not have.
    pub finding: Option<Finding>,
}

/// What is known of a day.
#[derive(Default)]
struct Day {
    highest: u8,
    repeats: bool,
    seen: u32,
}

/// Places hours, given as midnight (wall-clock seconds) and number.
///
/// Numbers begin at 1, or at 0 where some hour is 0. On a day of 23 hours whose last number is 24, or of 25 where a number
/// comes twice, the numbers are those of the clock; else the hours are counted from midnight.
pub(super) fn place(hours: &[(i64, u8)], lines: &[u64], zone: Option<&str>) -> PlacedHours {
    let base = u8::from(hours.iter().all(|(_, hour)| *hour > 0));
    // Without a zone the trunk asks for one.
    let Some(zone) = zone.and_then(|zone| Zone::named(zone).ok()) else {
        let starts = hours.iter().map(|(day, hour)| Some(day + i64::from(hour.saturating_sub(base)) * 3600)).collect();
        return PlacedHours { starts, are_instants: false, finding: None };
    };
    let (first, last) =
        hours.iter().fold((i64::MAX, i64::MIN), |(first, last), (day, _)| (first.min(*day), last.max(*day)));
    let mut local = LocalDays::new(&zone, first, last);
    let mut days: HashMap<i64, Day> = HashMap::new();
    for (midnight, hour) in hours {
        let day = days.entry(*midnight).or_default();
        let k = hour.saturating_sub(base);
        day.repeats |= day.seen >> k & 1 == 1;
        day.seen |= 1 << k;
        day.highest = day.highest.max(k);
    }
    let (mut beyond, mut first_beyond) = (0usize, None);
    let mut placed_once: HashSet<(i64, u8)> = HashSet::new();
    let mut starts = Vec::with_capacity(hours.len());
    for (row, (midnight, hour)) in hours.iter().enumerate() {
        let k = hour.saturating_sub(base);
        let (start, length_s) = (local.start(*midnight), local.length_s(*midnight));
        let after_s = i64::from(k) * 3600;
        let day = days.get(midnight);
        let by_clock = day.is_some_and(|day| {
            (length_s < DAY_S && i64::from(day.highest) * 3600 >= length_s && day.highest < 24)
                || (length_s > DAY_S && day.repeats)
        });
        let instant = if by_clock {
            let again = !placed_once.insert((*midnight, k));
            local.instant(midnight + after_s, again)
        } else {
            (after_s < length_s).then_some(start + after_s)
        };
        if instant.is_none() {
            beyond += 1;
            first_beyond.get_or_insert((*midnight, lines.get(row).copied()));
        }
        starts.push(instant);
    }
    let finding = first_beyond.map(|(midnight, line)| {
        Finding::new("ingest.values_beyond_day", Severity::Medium)
            .with("values", beyond)
            .with("day", wall_text(midnight).get(..10).map(str::to_owned))
            .with("line", line)
    });
    PlacedHours { starts, are_instants: true, finding }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 31 March (23 hours), 1 April and 27 October 2024 (25 hours) in Madrid, as wall-clock seconds.
    const SPRING: i64 = 1_711_843_200;
    const AUTUMN: i64 = 1_729_987_200;

    fn placed(day: i64, hours: impl Iterator<Item = u8>) -> (Vec<Option<i64>>, Option<Finding>) {
        let hours: Vec<(i64, u8)> = hours.map(|hour| (day, hour)).collect();
        let placed = place(&hours, &vec![7; hours.len()], Some("Europe/Madrid"));
        assert!(placed.are_instants);
        (placed.starts, placed.finding)
    }

    fn hourly(from: i64, count: i64) -> Vec<Option<i64>> {
        (0..count).map(|k| Some(from + k * 3600)).collect()
    }

    #[test]
    fn hour_n_is_the_nth_of_its_day() {
        assert_eq!(placed(SPRING, 1..=23), (hourly(SPRING - 3600, 23), None));
        assert_eq!(placed(AUTUMN, 1..=25), (hourly(AUTUMN - 7200, 25), None));
        assert_eq!(placed(SPRING + DAY_S, 0..=23), (hourly(SPRING + DAY_S - 7200, 24), None));
        let (starts, finding) = placed(SPRING + DAY_S, 1..=25);
        assert_eq!((starts[23], starts[24]), (Some(SPRING + DAY_S - 7200 + 23 * 3600), None));
        assert_eq!(finding.unwrap().evidence["values"], 1);
    }

    #[test]
    fn numbers_of_the_clock_are_told_by_the_last_or_a_repeat() {
        // 1, 2, 4 … 24: the hour from 2:00 does not come.
        let (starts, finding) = placed(SPRING, (1..=24).filter(|hour| *hour != 3));
        assert_eq!((starts, finding), (hourly(SPRING - 3600, 23), None));
        // 1, 2, 3, 3, 4 … 24.
        let (starts, finding) = placed(AUTUMN, (1..=3).chain(3..=24));
        assert_eq!((starts, finding), (hourly(AUTUMN - 7200, 25), None));
    }
}
