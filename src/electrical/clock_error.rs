//! Signs that the meter's clock is off: `electrical.clock_error` where, in a month, the stamps of a register's readings lie in the
//! median more than `warns_above_s` off the full quarter-hour.
//!
//! Meters freeze their registers at full hours of their own clock; a collector that stamps them with its own shows the
//! difference. A shifted load profile is what `quality.clock_drift` looks at. Evidence: `series`, `period`, `worst` \[s\] (positive:
//! late), `limit`, `readings`.

use super::rule::{Found, Rule, Run};
use crate::finding::Finding;
use crate::readings::{Period, SpanKind};
use crate::stats;

pub(super) const RULE: Rule = Rule {
    name: "clock_error",
    code: "electrical.clock_error",
    looks_at: "stamps of register readings against the full quarter-hour",
    figures: &["warns_above_s", "alarms_above_s", "min_readings"],
    run,
};

/// What registers are frozen at [s].
const QUARTER_HOUR_S: i64 = 900;

fn run(run: &mut Run<'_, '_>) -> Found {
    let readings = run.prepared.readings();
    let registers =
        readings.spans().0.iter().filter(|one| one.kind == SpanKind::Register && one.period == Period::Total);
    let registers: Vec<_> = registers.collect();
    if registers.is_empty() {
        return Err("readings.registers");
    }
    let mut found: Vec<Finding> = Vec::new();
    for register in registers {
        for month in readings.local().months() {
            let stamps = register.values.iter().filter(|one| !one.value.is_nan()).map(|one| one.span.start);
            let off = stamps.filter(|stamp| (month.start..month.end).contains(stamp)).map(|stamp| {
                let past = stamp.rem_euclid(QUARTER_HOUR_S);
                (if past > QUARTER_HOUR_S / 2 { past - QUARTER_HOUR_S } else { past }) as f64
            });
            let mut off: Vec<f64> = off.collect();
            let count = off.len();
            let Some(median) = stats::median(&mut off) else { continue };
            let limit = run.get("warns_above_s");
            if (count as f64) < run.get("min_readings") || median.abs() <= limit {
                continue;
            }
            let one = run
                .finding(median.abs() > run.get("alarms_above_s"), "warns_above_s")
                .at(month.start, month.end)
                .with("series", register.name())
                .with("period", month.label())
                .with("worst", median)
                .with("limit", limit)
                .with("readings", count);
            found.push(one);
        }
    }
    Ok(found)
}
