//! More reactive energy than any plant takes: `quality.reactive_ratio` where a month's reactive energy is more than
//! `most` times its active energy, both over the intervals that have both.
//!
//! A unit mistaken (varh for kvarh), one current path lost, or capacitors left on an idle plant. Medium. Evidence:
//! `month`, `kwh`, `kvarh` (both ways together), `ratio`, `limit`. Months without active energy are the matter of
//! `reactive_without_active`.

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::Channel;

const MOST: Number =
    Number::new("most", 3.18, "kvarh over kWh: a power factor of 0.30, below which meters raise an event (303B)");
const MIN_HOURS: Number = Number::new("min_hours", 24.0, "hours of the month with both (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "reactive_ratio",
    looks_at: "reactive over active energy of each month",
    on: true,
    numbers: &[MOST, MIN_HOURS],
    source: "kvarh check of meter-data systems",
    codes: &["quality.reactive_ratio"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let (readings, axis) = (prepared.readings(), prepared.axis());
    let whole = |channel| readings.series(channel).map(|one| one.whole());
    let Some(active) = whole(Channel::IMPORT_KWH) else { return Err("readings.import_kwh") };
    let reactive: Vec<_> = [Channel::IMPORT_KVARH, Channel::EXPORT_KVARH].into_iter().filter_map(whole).collect();
    let mut each = reactive.iter();
    let (Some(first), second) = (each.next(), each.next()) else { return Err("readings.import_kvarh") };
    let mut found = Vec::new();
    for month in readings.local().months() {
        let (mut kwh, mut kvarh, mut count) = (0.0, 0.0, 0usize);
        let part = |values: &'_ [f64]| values.get(month.range.clone()).map_or_else(Vec::new, <[f64]>::to_vec);
        let mut sum = part(first);
        sum.iter_mut().for_each(|one| *one = one.abs());
        if let Some(second) = second {
            sum.iter_mut().zip(part(second)).for_each(|(sum, one)| *sum += one.abs());
        }
        for (active, reactive) in active.get(month.range.clone()).unwrap_or_default().iter().zip(sum) {
            if !(active + reactive).is_nan() {
                (kwh, kvarh, count) = (kwh + active, kvarh + reactive, count + 1);
            }
        }
        let limit = numbers.get(&MOST);
        if kwh > 0.0 && kvarh > limit * kwh && count as f64 * axis.step_h() >= numbers.get(&MIN_HOURS) {
            found.push(
                Finding::new("quality.reactive_ratio", Severity::Medium)
                    .at(axis.instant(month.range.start), axis.instant(month.range.end))
                    .with("month", month.label())
                    .with("kwh", kwh)
                    .with("kvarh", kvarh)
                    .with("ratio", kvarh / kwh)
                    .with("limit", limit),
            );
        }
    }
    Ok(found)
}
