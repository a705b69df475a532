//! Wall-clock stamps to instants: the hour that comes twice in autumn and the one that never comes in spring.

use std::collections::BTreeSet;

use super::raw::{RawRows, wall_text};
use super::{ReadOptions, Stamp};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::time::{Fold, Gap, Local, LocalClock, Zone};

/// Instants of the rows' wall-clock stamps, in the order of the rows. Rows whose stamp never occurs are taken out
/// under [`Gap::Skip`].
pub(super) fn instants(
    rows: &mut RawRows,
    zone: &Zone,
    step_s: i64,
    stamp: Stamp,
    options: &ReadOptions,
) -> Result<Vec<i64>> {
    let stamps = rows.stamps();
    let (Some(first), Some(last)) = (stamps.iter().min(), stamps.iter().max()) else { return Ok(Vec::new()) };
    let mut clock = LocalClock::new(zone, *first, *last);
    let mut passes = Passes { step_s, ..Passes::default() };
    let mut instants = Vec::with_capacity(stamps.len());
    let mut skipped = Vec::new();
    for (row, local) in stamps.iter().enumerate() {
        let instant = match clock.resolve(*local) {
            Local::Once(instant) => instant,
            Local::Fold { earlier, later } => match options.fold {
                Fold::Earlier => earlier,
                Fold::Later => later,
                Fold::ByOrder => passes.choose(earlier, later),
                Fold::Error => {
                    let problem = format!(
                        "{} occurs twice in {}, as clocks go back; expected fold=\"by_order\", \"earlier\" or \"later\"",
                        wall_text(*local),
                        zone.name()
                    );
                    return Err(rows.fail(Some(row), problem));
                }
            },
            Local::Gap { .. } => match end_of_an_ordinary_interval(&mut clock, *local, step_s, stamp) {
                Some(instant) => instant,
                None if options.gap == Gap::Skip => {
                    skipped.push(row);
                    continue;
                }
                None => {
                    let problem = format!(
                        "{} never occurs in {}, as clocks go forward over it; if the file keeps one offset all year, \
                         pass a zone of constant offset such as \"Etc/GMT-1\" (UTC+1); gap=\"skip\" leaves such rows out",
                        wall_text(*local),
                        zone.name()
                    );
                    return Err(rows.fail(Some(row), problem));
                }
            },
        };
        passes.last = Some(instant);
        instants.push(instant);
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
        let kept: Vec<usize> = (0..stamps.len()).filter(|row| skipped.binary_search(row).is_err()).collect();
        rows.findings.push(finding);
        rows.select(&kept);
    }
    Ok(instants)
}

/// The end 02:00 of the interval that starts 01:45 in spring: clocks show 03:00 at that instant, yet files write 02:00.
fn end_of_an_ordinary_interval(clock: &mut LocalClock, local: i64, step_s: i64, stamp: Stamp) -> Option<i64> {
    match (stamp, clock.resolve(local - step_s)) {
        (Stamp::End, Local::Once(start)) => Some(start + step_s),
        _ => None,
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
