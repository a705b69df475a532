//! Wall-clock stamps to instants: the hour that comes twice in autumn and the one that never comes in spring.

use std::collections::BTreeSet;

use super::clock_changes::Skipped;
use super::raw::{RawRows, wall_text};
use super::{ReadOptions, Stamp};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::time::{Fold, Gap, Local, LocalClock, Zone};

/// Starts of the rows' intervals from their wall-clock stamps, in the order of the rows; the stamps are taken out of the
/// rows. Rows whose interval never occurs are taken out where they are zero or empty throughout, as some sources fill
/// the spring hour, and in any case under [`Gap::Skip`].
///
/// Where stamps name ends, files write the end of an interval across a clock change in two ways: as the start plus
/// the step (02:45, 03:00, 02:15 in autumn) or as the clock shows it (02:45, 02:00, 02:15). Both are read.
pub(super) fn starts(
    rows: &mut RawRows,
    zone: &Zone,
    step_s: i64,
    stamp: Stamp,
    options: &ReadOptions,
) -> Result<(Vec<i64>, Skipped)> {
    let mut skipped_hour = Skipped::default();
    let stamps = rows.stamps();
    let (Some(first), Some(last)) = (stamps.iter().min(), stamps.iter().max()) else {
        return Ok((Vec::new(), skipped_hour));
    };
    let clock = LocalClock::new(zone, *first - step_s, *last);
    if let [only] = clock.segments() {
        let before_s = only.offset_s + if stamp == Stamp::End { step_s } else { 0 };
        let mut starts = std::mem::take(rows.stamps_mut());
        starts.iter_mut().for_each(|local| *local -= before_s);
        return Ok((starts, skipped_hour));
    }
    let mut intervals = Intervals { clock, step_s, stamp, skipping: None };
    let mut passes = Passes { step_s, ..Passes::default() };
    let mut starts = Vec::with_capacity(stamps.len());
    let (mut skipped, mut empty) = (Vec::new(), Vec::new());
    let named = |local: i64| match stamp {
        Stamp::Start => wall_text(local),
        Stamp::End => format!("the interval that ends {}", wall_text(local)),
    };
    for (row, local) in stamps.iter().enumerate() {
        let start = match (intervals.start(*local), options.fold) {
            (Start::Once(start), _)
            | (Start::OnceOrRepeat { first: start, .. }, Fold::Earlier | Fold::Later | Fold::Error) => start,
            (Start::OnceOrRepeat { first, repeat }, Fold::ByOrder) => passes.choose(first, repeat),
            (Start::Twice { earlier, .. }, Fold::Earlier) => earlier,
            (Start::Twice { later, .. }, Fold::Later) => later,
            (Start::Twice { earlier, later }, Fold::ByOrder) => passes.choose(earlier, later),
            (Start::Twice { .. }, Fold::Error) => {
                let problem = format!(
                    "{} occurs twice in {}, as clocks go back; expected fold=\"by_order\", \"earlier\" or \"later\"",
                    named(*local),
                    zone.name()
                );
                return Err(rows.fail(Some(row), problem));
            }
            (Start::Never, _) if is_nothing(rows, row) => {
                empty.push(row);
                continue;
            }
            (Start::Never, _) if options.gap == Gap::Skip => {
                skipped.push(row);
                continue;
            }
            (Start::Never, _) => {
                let problem = format!(
                    "{} never occurs in {}, as clocks go forward over it; if the file keeps one offset all year \
                     (fixed_offset), pass a zone of constant offset such as \"Etc/GMT-1\" (UTC+1); gap=\"skip\" leaves \
                     such rows out",
                    named(*local),
                    zone.name()
                );
                return Err(rows.fail(Some(row), problem));
            }
        };
        passes.last = Some(start);
        starts.push(start);
    }
    if let Some(row) = skipped.first().copied() {
        let kwh = rows.import_kwh(skipped.iter().copied(), step_s);
        let mut finding = Finding::new("ingest.gap_stamp_skipped", Severity::Medium)
            .with("rows", skipped.len())
            .with("stamp", stamps.get(row).map(|local| wall_text(*local)))
            .with("line", rows.line(row))
            .with("zone", zone.name())
            .with("kwh", kwh);
        finding.kwh = kwh;
        rows.findings.push(finding);
    }
    if !empty.is_empty() || !skipped.is_empty() {
        let is_out = |row: &usize| skipped.binary_search(row).is_ok() || empty.binary_search(row).is_ok();
        skipped_hour = zero_filled(rows, &empty, zone);
        let kept: Vec<usize> = (0..rows.stamps().len()).filter(|row| !is_out(row)).collect();
        rows.select(&kept);
    }
    rows.stamps_mut().clear();
    Ok((starts, skipped_hour))
}

/// Whether a row is zero or empty throughout.
fn is_nothing(rows: &RawRows, row: usize) -> bool {
    rows.columns.iter().all(|column| column.values.get(row).is_none_or(|value| value.is_nan() || *value == 0.0))
}

/// What the rows of the hour that never occurs hold, a Finding where some are zero.
fn zero_filled(rows: &mut RawRows, empty: &[usize], zone: &Zone) -> Skipped {
    let zero = |row: usize| rows.columns.iter().any(|column| column.values.get(row) == Some(&0.0));
    let zeros: Vec<usize> = empty.iter().copied().filter(|row| zero(*row)).collect();
    let Some(first) = zeros.first().copied() else { return Skipped::default() };
    // The rows beside the skipped hour; several springs are several hours.
    let is_in = |row: &usize| empty.binary_search(row).is_ok();
    let beside = zeros.iter().flat_map(|row| [row.checked_sub(1), row.checked_add(1)]).flatten();
    let mut known = beside.filter(|row| !is_in(row) && *row < rows.stamps().len());
    let among_zeros = known.all(|row| is_nothing(rows, row));
    let stamp = rows.stamps().get(first).map(|local| wall_text(*local));
    let finding = Finding::new("ingest.spring_hour_zero_filled", Severity::Info)
        .with("rows", zeros.len())
        .with("stamp", stamp)
        .with("line", rows.line(first))
        .with("zone", zone.name());
    rows.findings.push(finding);
    Skipped { zero_filled: zeros.len(), among_zeros }
}

/// When the interval of a stamp starts.
enum Start {
    Once(i64),
    /// The start once; where the stamp is repeated, the end as the clock shows it the second time.
    OnceOrRepeat {
        first: i64,
        repeat: i64,
    },
    Twice {
        earlier: i64,
        later: i64,
    },
    Never,
}

/// From stamps to the starts of their intervals.
struct Intervals {
    clock: LocalClock,
    step_s: i64,
    stamp: Stamp,
    /// Start of the last interval whose end was written as a stamp that clocks skip.
    skipping: Option<i64>,
}

impl Intervals {
    fn start(&mut self, local: i64) -> Start {
        if self.stamp == Stamp::Start {
            return match self.clock.resolve(local) {
                Local::Once(start) => Start::Once(start),
                Local::Fold { earlier, later } => Start::Twice { earlier, later },
                Local::Gap { .. } => Start::Never,
            };
        }
        match (self.clock.resolve(local - self.step_s), self.clock.resolve(local)) {
            (Local::Fold { earlier, later }, _) => Start::Twice { earlier, later },
            (Local::Once(first), Local::Fold { later, .. }) => {
                Start::OnceOrRepeat { first, repeat: later - self.step_s }
            }
            // 01:45 to 02:00 in spring: clocks show 03:00 at that instant, yet files write 02:00.
            (Local::Once(start), Local::Gap { .. }) => {
                self.skipping = Some(start);
                Start::Once(start)
            }
            (Local::Once(start), Local::Once(_)) => Start::Once(start),
            // The same written as 03:00; after 02:00 it would be another interval, which clocks skip.
            (Local::Gap { .. }, Local::Once(end)) if self.skipping != Some(end - self.step_s) => {
                Start::Once(end - self.step_s)
            }
            (Local::Gap { .. }, _) => Start::Never,
        }
    }
}

/// Which pass through a repeated hour the rows are in.
#[derive(Default)]
struct Passes {
    step_s: i64,
    last: Option<i64>,
    used: BTreeSet<i64>,
}

impl Passes {
    /// The first occurrence is the earlier instant, a repeat the later one. Where rows are missing,
    /// time does not run back: after 02:15 of the second pass, 02:30 is of the second pass too.
    fn choose(&mut self, earlier: i64, later: i64) -> i64 {
        let repeated_at_once = self.last == Some(earlier);
        let in_second_pass = self.last.is_some_and(|last| earlier < last && last <= later);
        let chosen = if repeated_at_once {
            // 02:00, 02:00 is the repeated hour of hourly rows, but a duplicate of shorter ones.
            if self.step_s < later - earlier { earlier } else { later }
        } else if in_second_pass || self.used.contains(&earlier) {
            later
        } else {
            earlier
        };
        self.used.insert(chosen);
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(step_s: i64, folds: &[(i64, i64)]) -> Vec<i64> {
        let mut passes = Passes { step_s, ..Passes::default() };
        folds
            .iter()
            .map(|(earlier, later)| {
                let instant = passes.choose(*earlier, *later);
                passes.last = Some(instant);
                instant
            })
            .collect()
    }

    #[test]
    fn the_second_pass_is_the_later_hour() {
        let quarter = |k: i64| (k * 900, k * 900 + 3600);
        let twice: Vec<_> = (0..4).chain(0..4).map(quarter).collect();
        assert_eq!(chosen(900, &twice), (0..8).map(|k| k * 900).collect::<Vec<_>>());
        // 02:30 of the first pass is lost: the only 02:30 follows 02:15 of the second.
        let lost: Vec<_> = [0, 1, 3, 0, 1, 2, 3].map(quarter).to_vec();
        assert_eq!(chosen(900, &lost), [0, 900, 2700, 3600, 4500, 5400, 6300]);
        assert_eq!(chosen(3600, &[(0, 3600), (0, 3600)]), [0, 3600]);
        // A quarter hour written twice in a row is a duplicate.
        assert_eq!(chosen(900, &[quarter(0), quarter(0), quarter(1)]), [0, 0, 900]);
    }
}
