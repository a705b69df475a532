//! Spans that lie over each other: `quality.overlap` where a daily or billing energy or a maximum demand begins before the
//! one before has ended, or a register has two readings at one instant.
//!
//! Intervals of the axis cannot overlap; several rows for one are `duplicate`. One Finding a series, medium. Evidence:
//! `series`, `overlaps`, `hours` that are counted twice, `start` of the first (local), `differing`: how many of them are
//! two register readings that differ.

use super::local_text;
use super::prepared::Prepared;
use super::rule::{Found, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::SpanValue;

pub(super) const RULE: Rule = Rule {
    name: "overlap",
    looks_at: "spans of registers, energies and demands",
    on: true,
    numbers: &[],
    source: "overlap rule of meter-data systems",
    codes: &["quality.overlap"],
    run,
};

fn run(prepared: &Prepared<'_>, _: &Numbers) -> Found {
    let spans = prepared.readings().spans();
    if spans.is_empty() {
        return Err("readings.spans");
    }
    let found = spans.0.iter().filter_map(|series| {
        let is_empty = |one: &SpanValue| one.span.start == one.span.end;
        let over = |pair: &&[SpanValue]| {
            let (before, after) = (&pair[0], &pair[1]);
            after.span.start < before.span.end
                || (is_empty(before) && is_empty(after) && after.span.start == before.span.start)
        };
        let overlaps = || series.values.windows(2).filter(over);
        let (first, last) = (overlaps().next()?, overlaps().next_back()?);
        let twice_s = |pair: &[SpanValue]| (pair[0].span.end.min(pair[1].span.end) - pair[1].span.start).max(0);
        let differ = |pair: &&[SpanValue]| is_empty(&pair[0]) && pair[0].value != pair[1].value;
        Some(
            Finding::new("quality.overlap", Severity::Medium)
                .at(first[1].span.start, last[1].span.end.max(last[0].span.end))
                .with("series", series.name())
                .with("overlaps", overlaps().count())
                .with("hours", overlaps().map(twice_s).sum::<i64>() as f64 / 3600.0)
                .with("differing", overlaps().filter(differ).count())
                .with("start", local_text(prepared.axis(), first[1].span.start)),
        )
    });
    Ok(found.collect())
}
