//! Steps and stamps off their grid. The reader finds rows of another step and rows between the intervals
//! (`ingest.other_step`, `ingest.off_grid`, `ingest.gap_stamp_skipped`, passed through); here `quality.interval_size` for daily
//! registers and energies whose stamps lie off local midnight by more than `tolerance_s`.
//!
//! A series that is read at another time of day, more than an hour from midnight, is measured against its usual time.
//! Series with the same stamps share a Finding, low: a day's energy then lacks or borrows some minutes. Evidence: `series`,
//! `stamps` that are off, `of` how many, `worst_s` (negative for too early), `due` (local time of day), `tolerance_s`.

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::stamps::DailyStamps;
use crate::finding::{Finding, Severity};

const TOLERANCE_S: Number =
    Number::new("tolerance_s", 180.0, "seconds off the due time (3 min, California VEE, recalled)");

pub(super) const RULE: Rule = Rule {
    name: "interval_size",
    looks_at: "steps of the rows; stamps of daily registers and energies",
    on: true,
    numbers: &[TOLERANCE_S],
    source: "interval-size validation of meter-data systems",
    codes: &["ingest.gap_stamp_skipped", "ingest.off_grid", "ingest.other_step", "quality.interval_size"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let zone = prepared.axis().zone();
    let tolerance_s = numbers.get(&TOLERANCE_S);
    let mut found: Vec<(Vec<i64>, Vec<String>, Finding)> = Vec::new();
    for series in &prepared.readings().spans().0 {
        let Some(stamps) = DailyStamps::of(series, zone) else { continue };
        if let Some((_, names, _)) = found.iter_mut().find(|(instants, ..)| *instants == stamps.instants) {
            names.push(series.name());
            continue;
        }
        let off = || stamps.instants.iter().zip(&stamps.late_s).filter(|(_, late)| late.abs() > tolerance_s);
        let (Some(first), Some(last)) = (off().next(), off().next_back()) else { continue };
        let worst = off().map(|(_, late)| *late).reduce(|a, b| if b.abs() > a.abs() { b } else { a });
        let due_min = (stamps.due_s / 60.0).round().rem_euclid(1440.0);
        let finding = Finding::new("quality.interval_size", Severity::Low)
            .at(*first.0, *last.0)
            .with("stamps", off().count())
            .with("of", stamps.instants.len())
            .with("worst_s", worst)
            .with("due", format!("{:02}:{:02}", (due_min / 60.0).floor(), due_min % 60.0))
            .with("tolerance_s", tolerance_s);
        found.push((stamps.instants, vec![series.name()], finding));
    }
    Ok(found.into_iter().map(|(_, names, finding)| finding.with("series", names.join(", "))).collect())
}
