//! The step of a source: the difference that most neighbouring stamps have, and stretches that have another.

use std::collections::HashMap;

use super::Stamp;
use super::raw::{RawRows, local_text};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::time::Zone;

/// So many equal differences in a row are another step, not a gap that repeats by chance.
const STRETCH: usize = 8;

/// The most frequent positive difference between neighbours of `stamps` once sorted; the smaller of two equally
/// frequent. `None` where there are fewer than two distinct stamps.
pub(super) fn modal_difference(stamps: &[i64]) -> Option<i64> {
    let differences = |sorted: &[i64]| {
        let mut counts = Counts::default();
        sorted.windows(2).for_each(|pair| counts.add(pair[1] - pair[0]));
        counts.most_frequent(|difference| difference > 0)
    };
    if stamps.is_sorted() {
        return differences(stamps);
    }
    let mut sorted = stamps.to_vec();
    sorted.sort_unstable();
    differences(&sorted)
}

/// Counts of numbers that mostly repeat.
#[derive(Default)]
pub(super) struct Counts {
    counts: HashMap<i64, usize>,
    last: i64,
    repeats: usize,
}

impl Counts {
    pub(super) fn add(&mut self, number: i64) {
        if number != self.last && self.repeats > 0 {
            *self.counts.entry(self.last).or_default() += self.repeats;
            self.repeats = 0;
        }
        self.last = number;
        self.repeats += 1;
    }

    /// The smallest of the most frequent numbers that pass.
    pub(super) fn most_frequent(mut self, pass: impl Fn(i64) -> bool) -> Option<i64> {
        if self.repeats > 0 {
            *self.counts.entry(self.last).or_default() += self.repeats;
        }
        let best = |(number, count): (&i64, &usize)| (*count, -*number);
        self.counts.iter().filter(|(number, _)| pass(**number)).map(best).max().map(|(_, negative)| -negative)
    }
}

/// A stretch of rows (half-open, counted on distinct stamps) that keep another step.
#[derive(Debug, PartialEq)]
struct Stretch {
    other_s: i64,
    first_row: usize,
    end_row: usize,
}

/// Stretches of at least [`STRETCH`] equal differences other than `step_s`; `starts` ascends.
///
/// A difference belongs to the row whose interval it is: the earlier of the two where stamps name
/// starts, the later where they name ends.
fn other_stretches(starts: &[i64], step_s: i64, stamp: Stamp) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut push = |other_s: i64, from: usize, to: usize, count: usize| {
        // Rows from..=to enclose the equal differences.
        if other_s != step_s && count >= STRETCH {
            let (first_row, end_row) = match stamp {
                Stamp::Start => (from, if to + 1 == starts.len() { to + 1 } else { to }),
                Stamp::End => (if from == 0 { 0 } else { from + 1 }, to + 1),
            };
            stretches.push(Stretch { other_s, first_row, end_row });
        }
    };
    let (mut current, mut from, mut count) = (step_s, 0, 0);
    for (row, pair) in starts.windows(2).enumerate() {
        let difference = pair[1] - pair[0];
        if difference == 0 {
            continue; // a repeated stamp says nothing about the step
        }
        if difference != current {
            push(current, from, row, count);
            (current, from, count) = (difference, row, 0);
        }
        count += 1;
    }
    push(current, from, starts.len().saturating_sub(1), count);
    stretches
}

/// Makes sure that all rows keep one step. Rows must be sorted by `starts`.
///
/// Without `given`, a stretch of another step is an error that says where; with it, the rows of
/// other steps are taken out, each stretch a Finding with its energy.
pub(super) fn keep_one_step(
    rows: &mut RawRows,
    starts: &mut Vec<i64>,
    step_s: i64,
    stamp: Stamp,
    given: bool,
    zone: &Zone,
) -> Result<()> {
    let stretches = other_stretches(starts, step_s, stamp);
    let Some(first) = stretches.first() else { return Ok(()) };
    let text = |row: usize| starts.get(row).map_or_else(String::new, |start| local_text(zone, *start));
    let inside = |row: usize| stretches.iter().any(|stretch| (stretch.first_row..stretch.end_row).contains(&row));
    let kept: Vec<usize> = if given {
        let mut kept = Vec::with_capacity(starts.len());
        let mut next = 0;
        for stretch in &stretches {
            kept.extend(next..stretch.first_row);
            next = stretch.end_row;
        }
        kept.extend(next..starts.len());
        kept
    } else {
        Vec::new()
    };
    if kept.is_empty() {
        let (other_s, row, last) = (first.other_s, first.first_row, first.end_row.saturating_sub(1));
        let own = (0..starts.len()).find(|row| !inside(*row)).unwrap_or(0);
        let problem = if given {
            format!("the stamps are {other_s} s apart, the step is given as {step_s} s; expected rows {step_s} s apart")
        } else {
            format!(
                "two steps are mixed: rows are {step_s} s apart from {} ({}) on, but {other_s} s apart from {} ({}) to \
                 {} ({}); split the file, or pass step= to keep the rows of one step",
                text(own),
                rows.place(own),
                text(row),
                rows.place(row),
                text(last),
                rows.place(last),
            )
        };
        return Err(rows.fail(None, problem));
    }
    for stretch in &stretches {
        let range = stretch.first_row..stretch.end_row;
        let (from, to) = (starts.get(range.start).copied(), starts.get(range.end.saturating_sub(1)).copied());
        let kwh = rows.import_kwh(range.clone(), stretch.other_s);
        let mut finding = Finding::new("ingest.other_step", Severity::Medium)
            .with("step_s", step_s)
            .with("other_step_s", stretch.other_s)
            .with("rows", range.len())
            .with("first_start", text(range.start))
            .with("first_line", rows.line(range.start))
            .with("last_line", rows.line(range.end.saturating_sub(1)))
            .with("kwh", kwh);
        if let (Some(from), Some(to)) = (from, to) {
            finding = finding.at(from, to + stretch.other_s);
        }
        finding.kwh = kwh;
        rows.findings.push(finding);
    }
    rows.select(&kept);
    *starts = kept.iter().filter_map(|row| starts.get(*row)).copied().collect();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_difference_wins_whatever_the_order() {
        assert_eq!(modal_difference(&[0, 900, 1800, 3600, 4500]), Some(900));
        assert_eq!(modal_difference(&[4500, 0, 3600, 900, 1800]), Some(900));
        assert_eq!(modal_difference(&[0, 0, 0, 60]), Some(60));
        assert_eq!(modal_difference(&[5, 5]), None);
    }

    #[test]
    fn a_stretch_takes_the_rows_whose_intervals_it_is() {
        // Ten quarter hours, then nine half hours: differences 0..=8 are 900, 9..=17 are 1800.
        let mut starts: Vec<i64> = (0..10).map(|k| k * 900).collect();
        starts.extend((1..10).map(|k| 8100 + k * 1800));
        let start = other_stretches(&starts, 900, Stamp::Start);
        assert_eq!(start, [Stretch { other_s: 1800, first_row: 9, end_row: 19 }]);
        let end = other_stretches(&starts, 900, Stamp::End);
        assert_eq!(end, [Stretch { other_s: 1800, first_row: 10, end_row: 19 }]);
    }

    #[test]
    fn seven_equal_gaps_are_no_step() {
        let mut starts: Vec<i64> = (0..10).map(|k| k * 900).collect();
        starts.extend((1..8).map(|k| 8100 + k * 1800));
        assert!(other_stretches(&starts, 900, Stamp::Start).is_empty());
    }
}
