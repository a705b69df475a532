//! Which end of its interval a stamp names.

use super::raw::{RawRows, RawTimes, wall_text};
use super::{ReadOptions, Stamp, StampHint};
use crate::readings::{Detected, Sure};
use crate::time::{DAY_S, Segment, Zone};

/// So many ends of whole days that agree leave no other reading.
const CERTAIN: usize = 4;
/// The side that most ends of days speak for must have so many times the others.
const MAJORITY: usize = 4;

/// What is known of the stamps.
pub(super) struct Convention {
    pub stamp: Stamp,
    pub why: String,
    pub sure: Sure,
    pub midnight: Option<Detected>,
}

/// Which end of its interval a stamp names, from what the caller said or from the evidence: where rows are there
/// without a break, they begin and end with a day, and the stamps of a day run from 00:00 or from one step past it.
///
/// Midnights must be repaired.
pub(super) fn convention(
    rows: &RawRows,
    midnight: Option<Detected>,
    zone: &Zone,
    step_s: i64,
    options: &ReadOptions,
) -> Convention {
    let (stamp, why, sure) = if let Some(stamp) = options.stamp {
        (stamp, "given".to_owned(), Sure::Given)
    } else if rows.ends.is_some() {
        (Stamp::Start, "the source gives both ends".to_owned(), Sure::Certain)
    } else if midnight.as_ref().is_some_and(|midnight| midnight.value == "same_date") {
        (Stamp::End, "midnight is written as 00:00 of the date that ends".to_owned(), Sure::Certain)
    } else if let Some(StampHint { stamp, why, sure }) = &rows.stamp_hint {
        (*stamp, why.clone(), *sure)
    } else {
        Votes::of(rows, zone, step_s).verdict()
    };
    let midnight = midnight.or_else(|| {
        (stamp == Stamp::End).then(|| {
            Detected::new("next_date", "midnights do not follow the last stamp of their own date", Sure::Likely)
        })
    });
    Convention { stamp, why, sure, midnight }
}

/// Ends of stretches without a break that fall on the ends of days.
#[derive(Debug, Default, PartialEq)]
struct Votes {
    /// Stretches that begin at 00:00, or end one step before.
    start: usize,
    /// Stretches that begin one step past midnight, or end at 00:00.
    end: usize,
    /// First and last stamp on the wall clock.
    first: i64,
    last: i64,
    /// What the first and last stamp speak for.
    ends: [Option<Stamp>; 2],
}

impl Votes {
    fn of(rows: &RawRows, zone: &Zone, step_s: i64) -> Self {
        let stamps = rows.stamps();
        if stamps.is_sorted() {
            return Self::of_sorted(stamps, &rows.times, zone, step_s);
        }
        let mut sorted = stamps.to_vec();
        sorted.sort_unstable();
        Self::of_sorted(&sorted, &rows.times, zone, step_s)
    }

    fn of_sorted(stamps: &[i64], times: &RawTimes, zone: &Zone, step_s: i64) -> Self {
        let (Some(first), Some(last)) = (stamps.first().copied(), stamps.last().copied()) else {
            return Self::default();
        };
        let segments = match times {
            RawTimes::WallClock(_) => Vec::new(),
            RawTimes::Instants(_) => zone.segments(first, last + 1),
        };
        let wall = |stamp: i64| stamp + offset_s(&segments, stamp);
        let mut votes = Self { first: wall(first), last: wall(last), ..Self::default() };
        votes.ends = [votes.begins(votes.first, step_s), votes.ends(votes.last, step_s)];
        for pair in stamps.windows(2) {
            if pair[1] - pair[0] > step_s {
                votes.ends(wall(pair[0]), step_s);
                votes.begins(wall(pair[1]), step_s);
            }
        }
        votes
    }

    fn begins(&mut self, wall: i64, step_s: i64) -> Option<Stamp> {
        self.vote(wall, wall - step_s)
    }

    fn ends(&mut self, wall: i64, step_s: i64) -> Option<Stamp> {
        self.vote(wall + step_s, wall)
    }

    fn vote(&mut self, for_start: i64, for_end: i64) -> Option<Stamp> {
        if for_start.rem_euclid(DAY_S) == 0 {
            self.start += 1;
            Some(Stamp::Start)
        } else if for_end.rem_euclid(DAY_S) == 0 {
            self.end += 1;
            Some(Stamp::End)
        } else {
            None
        }
    }

    fn verdict(&self) -> (Stamp, String, Sure) {
        let (first, last) = (wall_text(self.first), wall_text(self.last));
        let (stamp, votes, against) = match self.end > self.start {
            true => (Stamp::End, self.end, self.start),
            false => (Stamp::Start, self.start, self.end),
        };
        // Holes inside begin and end anywhere; the two ends of a file weigh more.
        let both_ends = self.ends == [Some(stamp); 2] && votes > against;
        if votes == 0 || (votes < MAJORITY * against && !both_ends) {
            let why = if votes == 0 {
                "assumed: the stamps do not show it; pass stamp=\"end\" if they name the end".to_owned()
            } else {
                format!(
                    "assumed: the stamps from {first} to {last} miss a row at either end; pass stamp=\"end\" if they name \
                     the end"
                )
            };
            return (Stamp::Start, why, Sure::Assumed);
        }
        let sure = if against == 0 && votes >= CERTAIN { Sure::Certain } else { Sure::Likely };
        let own = Some(stamp);
        let why = match (self.ends, stamp) {
            ([a, b], Stamp::End) if a == own && b == own => {
                format!("the stamps run from {first} to {last}, from one midnight to another")
            }
            ([a, _], Stamp::End) if a == own => format!("the first stamp, {first}, is one step past midnight"),
            ([_, b], Stamp::End) if b == own => format!("the last stamp, {last}, is a midnight"),
            ([a, b], Stamp::Start) if a == own && b == own => {
                format!("the stamps run from {first} to {last}, from midnight to one step before another")
            }
            ([a, _], Stamp::Start) if a == own => format!("the first stamp, {first}, is a midnight"),
            ([_, b], Stamp::Start) if b == own => format!("the last stamp, {last}, is one step before midnight"),
            _ => "stretches of whole days begin and end so".to_owned(),
        };
        let why = if votes > 2 { format!("{why}; {votes} ends of days agree") } else { why };
        (stamp, why, sure)
    }
}

fn offset_s(segments: &[Segment], instant: i64) -> i64 {
    let at = segments.partition_point(|segment| segment.end <= instant);
    segments.get(at).or(segments.last()).map_or(0, |segment| segment.offset_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(stamps: Vec<i64>) -> (Stamp, Sure) {
        let rows = RawRows::new("table", RawTimes::WallClock(stamps), vec![]);
        let (stamp, _, sure) = Votes::of(&rows, &Zone::named("UTC").unwrap(), 900).verdict();
        (stamp, sure)
    }

    /// Quarter hours `from..to`, counted from a midnight.
    fn quarters(from: i64, to: i64) -> Vec<i64> {
        (from..to).map(|k| k * 900).collect()
    }

    #[test]
    fn both_ends_speak() {
        assert_eq!(verdict(quarters(0, 960)), (Stamp::Start, Sure::Likely));
        assert_eq!(verdict(quarters(1, 961)), (Stamp::End, Sure::Likely));
        assert_eq!(verdict(quarters(1, 50)), (Stamp::End, Sure::Likely));
        assert_eq!(verdict(quarters(5, 961)), (Stamp::End, Sure::Likely));
        assert_eq!(verdict(quarters(5, 960)), (Stamp::Start, Sure::Likely));
        // 00:15 to 23:45: the first row is lost, or the last.
        assert_eq!(verdict(quarters(1, 960)), (Stamp::Start, Sure::Assumed));
        // 00:00 to 00:00: one row too many at either end.
        assert_eq!(verdict(quarters(0, 961)), (Stamp::Start, Sure::Assumed));
        assert_eq!(verdict(quarters(7, 50)), (Stamp::Start, Sure::Assumed));
    }

    #[test]
    fn whole_days_that_are_lost_show_it_for_certain() {
        let three = |from: i64, to: i64| [quarters(from, 96 * 3 + to), quarters(96 * 5 + from, 96 * 9 + to)].concat();
        assert_eq!(verdict(three(0, 0)), (Stamp::Start, Sure::Certain));
        assert_eq!(verdict(three(1, 1)), (Stamp::End, Sure::Certain));
        // The first row is lost and all other days begin at 00:00.
        assert_eq!(verdict(three(0, 0).split_off(1)), (Stamp::Start, Sure::Assumed));
        // Holes that end on midnights do not outweigh both ends of the file.
        let holes = [quarters(0, 96), quarters(98, 193), quarters(200, 960)].concat();
        assert_eq!(verdict(holes), (Stamp::Start, Sure::Likely));
        let days = [three(0, 0), quarters(96 * 12, 96 * 20)].concat();
        assert_eq!(verdict(days[1..].to_vec()), (Stamp::Start, Sure::Likely));
    }
}
