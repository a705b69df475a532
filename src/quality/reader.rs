//! Rules whose Findings the reader makes while it reads; they are passed through.

use super::rule::{Rule, by_the_reader};

/// `quality.duplicate`: several rows for one interval; equal ones are merged, of differing ones the
/// first is kept and flagged ambiguous.
pub(super) const DUPLICATE: Rule = Rule {
    name: "duplicate",
    looks_at: "rows of the source for one interval",
    on: true,
    numbers: &[],
    source: "duplicate rule of meter-data systems; found by the reader",
    codes: &["quality.duplicate"],
    run: by_the_reader,
};

/// `quality.implausible`: values beyond what any meter gives, taken for missing.
pub(super) const IMPLAUSIBLE: Rule = Rule {
    name: "implausible",
    looks_at: "values of every channel",
    on: true,
    numbers: &[],
    source: "high limit of meter-data systems, here ten gigawatts (engineering); found by the reader",
    codes: &["quality.implausible"],
    run: by_the_reader,
};
