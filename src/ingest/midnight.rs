//! How a source writes the end of a day.

use super::raw::{RawRows, RawTimes, wall_text};
use super::{Midnight, ReadOptions, Stamp};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Sure};
use crate::time::DAY_S;

/// Share of the midnights, and of the backward jumps, that must show the pattern.
const NEARLY_ALL: f64 = 0.9;

/// Moves midnights that are written as 00:00 of the date that ends to the next date.
///
/// Rows must still stand in the order of the source: 23:45, then 00:00 of the same date, then 00:15 of the next is the
/// only trace of it, and sorting wipes it out.
pub(super) fn repair(rows: &mut RawRows, step_s: i64, options: &ReadOptions) -> Result<Option<Detected>> {
    let detected = |value: &str, why: String| {
        let sure = if why == "given" { Sure::Given } else { Sure::Certain };
        Some(Detected::new(value, why, sure))
    };
    let RawTimes::WallClock(stamps) = &rows.times else {
        return match options.midnight {
            Some(Midnight::SameDate) => Err(rows.fail(
                None,
                "midnight=\"same_date\" is for wall-clock stamps; these stamps carry their offset from UTC",
            )),
            _ => Ok(None),
        };
    };
    if (options.midnight, options.stamp) == (Some(Midnight::SameDate), Some(Stamp::Start)) {
        return Err(rows.fail(None, "midnight=\"same_date\" says that stamps name ends, stamp=\"start\" says starts"));
    }
    let given = match options.midnight {
        Some(Midnight::NextDate) => return Ok(detected("next_date", "given".to_owned())),
        Some(Midnight::SameDate) => true,
        None => false,
    };
    let moved: Vec<usize> = if given {
        (0..stamps.len()).filter(|row| is_midnight(stamps[*row])).collect()
    } else if is_of_same_date(stamps, step_s) {
        // A midnight that continues the date before it is already written as the next date.
        let continues = |row: usize| row.checked_sub(1).is_some_and(|before| stamps[row] - stamps[before] == step_s);
        (0..stamps.len()).filter(|row| is_midnight(stamps[*row]) && !continues(*row)).collect()
    } else {
        return Ok(None);
    };
    if let Some(first) = moved.first().copied() {
        let stamp = stamps[first];
        let finding = Finding::new("ingest.midnight_of_same_date", Severity::Info)
            .with("rows", moved.len())
            .with("stamp", wall_text(stamp))
            .with("line", rows.line(first))
            .with("moved_to", wall_text(stamp + DAY_S));
        rows.findings.push(finding);
    }
    let why = if given {
        "given".to_owned()
    } else {
        format!("{} rows of 00:00 follow the last stamp of the same date; each is moved to the next date", moved.len())
    };
    let stamps = rows.stamps_mut();
    for row in moved {
        stamps[row] += DAY_S;
    }
    Ok(detected("same_date", why))
}

fn is_midnight(local: i64) -> bool {
    local.rem_euclid(DAY_S) == 0
}

/// Whether nearly all midnights come right after the last stamp of their own date, and the stamps
/// jump back hardly anywhere else.
fn is_of_same_date(stamps: &[i64], step_s: i64) -> bool {
    let (mut midnights, mut backward, mut jumps) = (0usize, 0usize, 0usize);
    for (row, stamp) in stamps.iter().enumerate() {
        let before = row.checked_sub(1).map(|before| stamps[before]);
        backward += usize::from(before.is_some_and(|before| *stamp < before));
        if !is_midnight(*stamp) || before == Some(*stamp) {
            continue;
        }
        midnights += 1;
        let jumps_back = before.is_some_and(|before| *stamp - before == step_s - DAY_S);
        let goes_on = stamps.get(row + 1).is_none_or(|next| *next == *stamp || *next >= *stamp + DAY_S);
        jumps += usize::from(jumps_back && goes_on);
    }
    let nearly = |part: usize, whole: usize| part as f64 >= NEARLY_ALL * whole as f64;
    jumps > 0 && nearly(jumps, midnights) && nearly(jumps, backward)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `days` days of end stamps with same-date midnights.
    fn same_date(days: i64, step_s: i64) -> Vec<i64> {
        (0..days).flat_map(|day| (1..=DAY_S / step_s).map(move |k| day * DAY_S + (k * step_s) % DAY_S)).collect()
    }

    #[test]
    fn same_date_midnights_are_noticed_in_order_only() {
        assert!(is_of_same_date(&same_date(1, 900), 900));
        assert!(is_of_same_date(&same_date(30, 3600), 3600));
        let mut sorted = same_date(30, 3600);
        sorted.sort_unstable();
        assert!(!is_of_same_date(&sorted, 3600));
        let next_date: Vec<i64> = (1..=96 * 5).map(|k| k * 900).collect();
        assert!(!is_of_same_date(&next_date, 900));
    }

    #[test]
    fn one_lost_last_stamp_does_not_hide_the_pattern() {
        let mut stamps = same_date(30, 3600);
        stamps.remove(22); // 23:00 of the first day
        assert!(is_of_same_date(&stamps, 3600));
    }
}
