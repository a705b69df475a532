//! A meter that repeats one value: `quality.stuck_value` where a channel repeats a value other than zero for
//! at least `shortest_intervals` readings *and* more than `ratio` times as long as this meter usually does:
//! a `usual_share` of its other readings lie in runs no longer than `usual_intervals`.
//!
//! So a machine on standby behind a meter of coarse resolution is quiet. Voltages, currents, power factors
//! and frequencies, which are coarse and even by nature, have to repeat for `electrical_h` at least. A meter
//! that has one value only, in at least that many readings, gives exactly one Finding, of severity info. A
//! missing reading ends a run; zeros are left to `zero_run`, and values that stand for missing to `placeholder`.
//!
//! Severity by length. Evidence: `channel`, `value`, `intervals`, `hours`, `usual_intervals` (null where the
//! meter is constant), `constant`.

use std::ops::Range;

use super::prepared::{Prepared, Scan, is_equal};
use super::rule::{Found, Number, Numbers, Rule};
use super::{hours, over, severity};
use crate::finding::{Finding, Severity};
use crate::readings::Quantity;
use crate::time::TimeAxis;

const SHORTEST: Number = Number {
    lowest: 12.0,
    ..Number::new("shortest_intervals", 12.0, "fewest equal readings in a row (consecutive-interval check)")
};
const ELECTRICAL_H: Number = Number::new(
    "electrical_h",
    24.0,
    "shortest run on voltages, currents, power factors and frequency [h] (engineering)",
);
const RATIO: Number = Number {
    lowest: 1.0,
    ..Number::new("ratio", 3.0, "a run is unusual when it is longer than so many times the usual run (engineering)")
};
const USUAL_SHARE: Number = Number::share(
    "usual_share",
    0.95,
    "share of the other readings in runs no longer than the usual run (engineering)",
);

pub(super) const RULE: Rule = Rule {
    name: "stuck_value",
    looks_at: "equal values on end of every channel",
    on: true,
    numbers: &[SHORTEST, ELECTRICAL_H, RATIO, USUAL_SHARE],
    source: "consecutive-interval check of meter-data systems, scaled by the meter's own runs",
    codes: &["quality.stuck_value"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    Ok(prepared.scans.iter().flat_map(|scan| of_channel(prepared.axis(), scan, numbers)).collect())
}

fn of_channel(axis: &TimeAxis, scan: &Scan<'_>, numbers: &Numbers) -> Vec<Finding> {
    let values = scan.one.values();
    let found = |run: &Range<usize>, intervals: usize, severity, usual: Option<usize>| {
        over(axis, run, "quality.stuck_value", severity)
            .with("channel", scan.one.channel().name())
            .with("value", values.get(run.start).copied())
            .with("intervals", intervals)
            .with("hours", hours(axis, intervals))
            .with("usual_intervals", usual)
            .with("constant", usual.is_none())
    };
    let quantity = scan.one.channel().quantity;
    let is_even =
        matches!(quantity, Quantity::Voltage | Quantity::Current | Quantity::PowerFactor | Quantity::Frequency);
    let electrical = if is_even { numbers.get(&ELECTRICAL_H) / axis.step_h() } else { 0.0 };
    let shortest = numbers.get(&SHORTEST).max(electrical);
    if let Some(run) = constant(scan) {
        let long = scan.present as f64 >= shortest;
        return long.then(|| found(&run, scan.present, Severity::Info, None)).into_iter().collect();
    }
    let unusual = scan.equal.long.iter().filter(|run| run.len() as f64 >= shortest).filter_map(|run| {
        let usual = scan.equal.usual_beside(run.len(), numbers.get(&USUAL_SHARE), numbers.get(&RATIO))?;
        Some(found(run, run.len(), severity(hours(axis, run.len())), Some(usual)))
    });
    unusual.collect()
}

/// From the first value to the last, where all that are there are equal and not zero.
fn constant(scan: &Scan<'_>) -> Option<Range<usize>> {
    let same = scan.present > 0 && scan.lowest != 0.0 && is_equal(scan.lowest, scan.highest);
    let values = scan.one.values();
    let first = values.iter().position(|value| same && !value.is_nan())?;
    let last = values.iter().rposition(|value| !value.is_nan())?;
    Some(first..last + 1)
}
