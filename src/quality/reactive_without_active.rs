//! Reactive energy that flows while active energy does not: `quality.reactive_without_active` where import
//! energy is zero while reactive energy flows, either way, for at least `shortest_h`: generation on site,
//! or a current transformer or wire at fault. It is not a matter of the power factor, which would be zero.
//!
//! Severity medium, from 168 h high; low where active energy is exported meanwhile, which generation
//! explains. Evidence: `intervals`, `hours`, `kvarh`, `export_kwh` (null where not measured).

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::{hours, over, severity};
use crate::finding::Severity;
use crate::readings::Channel;

const SHORTEST_H: Number = Number::new("shortest_h", 24.0, "shortest run [h] (engineering: as long as a run of zeros)");

pub(super) const RULE: Rule = Rule {
    name: "reactive_without_active",
    looks_at: "reactive energy while import energy is zero",
    on: true,
    numbers: &[SHORTEST_H],
    source: "kvarh rule of meter-data systems",
    codes: &["quality.reactive_without_active"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let (readings, axis) = (prepared.readings(), prepared.axis());
    let Some(active) = prepared.scan(Channel::IMPORT_KWH) else { return Err("readings.import_kwh") };
    let reactive: Vec<&[f64]> = [Channel::IMPORT_KVARH, Channel::EXPORT_KVARH]
        .iter()
        .filter_map(|channel| Some(readings.series(*channel)?.values()))
        .collect();
    if reactive.is_empty() {
        return Err("readings.import_kvarh");
    }
    let flows = |index: usize| reactive.iter().any(|kvarh| kvarh.get(index).is_some_and(|kvarh| *kvarh > 0.0));
    let shortest_h = numbers.get(&SHORTEST_H);
    let long = |run: &std::ops::Range<usize>| hours(axis, run.len()) >= shortest_h;
    let within = active.zeros.iter().filter(|run| long(run)).flat_map(|zeros| {
        let runs = super::runs(zeros.len(), |at| flows(zeros.start + at));
        runs.into_iter().map(|run| run.start + zeros.start..run.end + zeros.start)
    });
    let finding = |run: std::ops::Range<usize>| {
        let sum = |channel| readings.series(channel).and_then(|one| one.slice(run.clone()).total());
        let export_kwh = sum(Channel::EXPORT_KWH);
        let length_h = hours(axis, run.len());
        let severity = if export_kwh.is_some_and(|kwh| kwh > 0.0) { Severity::Low } else { severity(length_h) };
        over(axis, &run, "quality.reactive_without_active", severity)
            .with("intervals", run.len())
            .with("hours", length_h)
            .with("kvarh", sum(Channel::IMPORT_KVARH).unwrap_or(0.0) + sum(Channel::EXPORT_KVARH).unwrap_or(0.0))
            .with("export_kwh", export_kwh)
    };
    Ok(within.filter(long).map(finding).collect())
}
