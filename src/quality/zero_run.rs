//! A meter that shows nothing for a while: `quality.zero_run` where import energy is exactly zero for at
//! least `shortest_h` while it is not zero all along.
//!
//! Each run has its Finding, medium, from 168 h high; more than `habit_runs` runs are one Finding of severity
//! info over all of them. A missing reading ends a run. Evidence: `channel`, `runs`, `intervals`, `hours`,
//! `share` of the axis, `longest_intervals`.

use std::ops::Range;

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::{hours, over, severity};
use crate::finding::Severity;
use crate::readings::Channel;

const SHORTEST_H: Number = Number::new("shortest_h", 24.0, "shortest run of zeros [h] (inactive-meter check)");
const HABIT_RUNS: Number =
    Number::new("habit_runs", 12.0, "more runs are the meter's habit: a machine that stands at weekends (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "zero_run",
    looks_at: "import energy that is zero for long",
    on: true,
    numbers: &[SHORTEST_H, HABIT_RUNS],
    source: "zero and inactive-meter rules of meter-data systems",
    codes: &["quality.zero_run"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let axis = prepared.axis();
    let Some(scan) = prepared.scan(Channel::IMPORT_KWH) else { return Err("readings.import_kwh") };
    let shortest_h = numbers.get(&SHORTEST_H);
    let long = scan.zeros.iter().filter(|run| !scan.is_all_zero() && hours(axis, run.len()) >= shortest_h);
    let zeros: Vec<Range<usize>> = long.cloned().collect();

    let finding = |zeros: &[Range<usize>], severity| {
        let (first, last) = (zeros.first()?, zeros.last()?);
        let intervals: usize = zeros.iter().map(ExactSizeIterator::len).sum();
        Some(
            over(axis, &(first.start..last.end), "quality.zero_run", severity)
                .with("channel", scan.one.channel().name())
                .with("runs", zeros.len())
                .with("intervals", intervals)
                .with("hours", hours(axis, intervals))
                .with("share", intervals as f64 / axis.len() as f64)
                .with("longest_intervals", zeros.iter().map(ExactSizeIterator::len).max()),
        )
    };
    if zeros.len() as f64 > numbers.get(&HABIT_RUNS) {
        return Ok(finding(&zeros, Severity::Info).into_iter().collect());
    }
    let single =
        |run: &[Range<usize>]| finding(run, severity(hours(axis, run.first().map_or(0, ExactSizeIterator::len))));
    Ok(zeros.chunks(1).filter_map(single).collect())
}
