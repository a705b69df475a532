//! A meter that is estimated, not read: `quality.prolonged_estimation` where more than `most_share` of a month's values
//! of an energy rest on estimates, the source's own or those that were asked for.
//!
//! Medium. Evidence: `channel`, `month`, `intervals` estimated, `share` of those that are there.

use super::over;
use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::Severity;
use crate::readings::Flag;

const MOST_SHARE: Number =
    Number::share("most_share", 0.2, "share of a month's values (prolonged estimation, table of the rules)");

pub(super) const RULE: Rule = Rule {
    name: "prolonged_estimation",
    looks_at: "flags of the energies in each month",
    on: true,
    numbers: &[MOST_SHARE],
    source: "prolonged-estimation rule of meter-data systems",
    codes: &["quality.prolonged_estimation"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let mut found = Vec::new();
    let energies = prepared.scans.iter().map(|scan| scan.one).filter(|one| one.channel().quantity.is_energy());
    for one in energies.filter(|one| one.flags().iter().any(|flag| flag.is_estimated())) {
        for month in prepared.readings().local().months() {
            let flags = one.flags().get(month.range.clone()).unwrap_or_default();
            let estimated = flags.iter().filter(|flag| flag.is_estimated()).count();
            let there = flags.iter().filter(|flag| **flag != Flag::Missing).count();
            let share = estimated as f64 / there.max(1) as f64;
            if share > numbers.get(&MOST_SHARE) {
                found.push(
                    over(prepared.axis(), &month.range, "quality.prolonged_estimation", Severity::Medium)
                        .with("channel", one.channel().name())
                        .with("month", month.label())
                        .with("intervals", estimated)
                        .with("share", share),
                );
            }
        }
    }
    Ok(found)
}
