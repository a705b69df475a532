//! Sum of the phases against the total: `electrical.phase_sum` where, in a month, the phases' active powers and the total differ by
//! more than `off_by_share` in more than `of_time_share` of the intervals with load.
//!
//! Evidence: as `power_identity`; `ratio` is total over sum of the phases.

use super::identity::by_month;
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "phase_sum",
    code: "electrical.phase_sum",
    looks_at: "total active power against the sum of the phases",
    figures: &["off_by_share", "load_above_share", "of_time_share", "alarm_of_time_share", "min_hours"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let powers = prepared.all_powers(2)?;
    let Some(total) = &prepared.total_power else { return Err("readings.total_power") };
    by_month(run, |index| total.at(index), |index| powers.iter().map(|one| one.at(index)).sum())
}
