//! A step from one value to the next: `quality.consecutive` where the import energy changes by more than
//! `tolerance` times the value before. Off by default: plants start in one step.
//!
//! One Finding from the first to the last such step, info. Evidence: `channel`, `steps`, `largest_ratio`,
//! `start` of the largest (local). A missing value or a zero before ends the comparison.

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::{local_text, over};
use crate::finding::Severity;
use crate::readings::Channel;

const TOLERANCE: Number = Number::new("tolerance", 4.0, "|value − value before| / value before (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "consecutive",
    looks_at: "import energy of one interval after another",
    on: false,
    numbers: &[TOLERANCE],
    source: "consecutive-interval tolerance of meter-data systems; off as in theirs",
    codes: &["quality.consecutive"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let axis = prepared.axis();
    let Some(scan) = prepared.scan(Channel::IMPORT_KWH) else { return Err("readings.import_kwh") };
    let tolerance = numbers.get(&TOLERANCE);
    let values = scan.one.whole();
    let ratio = |pair: &[f64]| match pair {
        [before, after] if *before != 0.0 => (after - before).abs() / before.abs(),
        _ => f64::NAN,
    };
    let steps = values.windows(2).map(ratio).enumerate().filter(|(_, ratio)| *ratio > tolerance);
    let (mut count, mut first, mut last, mut largest) = (0usize, 0, 0, (0, 0.0));
    for (at, ratio) in steps {
        first = if count == 0 { at } else { first };
        (count, last) = (count + 1, at);
        largest = if ratio > largest.1 { (at, ratio) } else { largest };
    }
    let finding = || {
        over(axis, &(first..last + 2), "quality.consecutive", Severity::Info)
            .with("channel", Channel::IMPORT_KWH.name())
            .with("steps", count)
            .with("largest_ratio", largest.1)
            .with("start", local_text(axis, axis.instant(largest.0 + 1)))
    };
    Ok((count > 0).then(finding).into_iter().collect())
}
