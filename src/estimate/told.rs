//! What an estimate did and what it left, as Findings.

use super::gaps::Gaps;
use super::scaled::Disagreement;
use crate::finding::{Finding, Severity};
use crate::readings::{Flag, Readings};
use crate::time::TimeAxis;

/// The name that energy of a channel has in evidence: `kwh` or `kvarh`.
fn energy_name(gaps: &Gaps) -> &'static str {
    if gaps.channel.unit() == "kvarh" { "kvarh" } else { "kwh" }
}

fn over(axis: &TimeAxis, indices: &[usize], code: &str, severity: Severity) -> Option<Finding> {
    let (first, last) = (indices.first()?, indices.last()?);
    Some(Finding::new(code, severity).at(axis.instant(*first), axis.instant(*last + 1)))
}

/// How many runs ascending indices make.
fn runs(indices: &[usize]) -> usize {
    indices.len() - indices.windows(2).filter(|pair| pair[0] + 1 == pair[1]).count()
}

/// One Finding a method that filled something, in the order of the flags.
pub(super) fn filled(gaps: &Gaps, axis: &TimeAxis) -> Vec<Finding> {
    let by_method = |flag: Flag| {
        let indices = gaps.filled(flag);
        let energy: f64 = indices.iter().filter_map(|index| gaps.value(*index)).sum();
        let replaced = indices.iter().filter(|index| gaps.is_replaced(**index)).count();
        Some(
            over(axis, &indices, "estimate.filled", Severity::Info)?
                .with("channel", gaps.channel.name())
                .with("method", flag.name())
                .with("intervals", indices.len())
                .with("runs", runs(&indices))
                .with("share", indices.len() as f64 / axis.len() as f64)
                .with("replaced", (replaced > 0).then_some(replaced))
                .with(energy_name(gaps), energy),
        )
    };
    [Flag::Linear, Flag::LikeDay, Flag::Scaled, Flag::Spread, Flag::Balance].into_iter().filter_map(by_method).collect()
}

/// One Finding a reason for which something is still missing.
pub(super) fn left(gaps: &Gaps, axis: &TimeAxis) -> Vec<Finding> {
    let left = gaps.left();
    let mut reasons: Vec<_> = left.iter().map(|(_, reason)| *reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let by_reason = |reason| {
        let indices: Vec<usize> = left.iter().filter(|one| one.1 == reason).map(|one| one.0).collect();
        Some(left_open(
            over(axis, &indices, "estimate.left", Severity::Low)?,
            gaps.channel.name(),
            &indices,
            reason.name(),
        ))
    };
    reasons.into_iter().filter_map(by_reason).collect()
}

fn left_open(finding: Finding, channel: &str, indices: &[usize], reason: &str) -> Finding {
    finding.with("channel", channel).with("intervals", indices.len()).with("runs", runs(indices)).with("reason", reason)
}

/// What is missing of channels that are no energies, which are never estimated.
pub(super) fn no_energies(readings: &Readings) -> Option<Finding> {
    let others = readings.all_series().iter().filter(|one| !one.channel().quantity.is_energy() && one.missing() > 0);
    let (mut names, mut intervals) = (Vec::new(), 0);
    for one in others {
        names.push(one.channel().name());
        intervals += one.missing();
    }
    let finding = Finding::new("estimate.left", Severity::Info)
        .with("channel", names.join(", "))
        .with("intervals", intervals)
        .with("runs", None::<usize>)
        .with("reason", "no_energy");
    (!names.is_empty()).then_some(finding)
}

/// Registers and longer energies that were not used, because they do not go with the intervals.
pub(super) fn disagreeing(gaps: &Gaps, disagreements: &[Disagreement], refused: usize) -> Option<Finding> {
    let name = energy_name(gaps);
    let finding = Finding::new("estimate.registers_disagree", Severity::Medium)
        .with("channel", gaps.channel.name())
        .with("series", (refused > 0).then_some(refused))
        .with("spans", (!disagreements.is_empty()).then_some(disagreements.len()));
    let Some(first) = disagreements.first() else { return (refused > 0).then_some(finding) };
    let end = disagreements.iter().map(|one| one.known.end).fold(first.known.end, i64::max);
    let start = disagreements.iter().map(|one| one.known.start).fold(first.known.start, i64::min);
    let known: f64 = disagreements.iter().map(|one| one.known.energy).sum();
    let measured: f64 = disagreements.iter().map(|one| one.measured).sum();
    Some(finding.at(start, end).with(name, known).with(&format!("measured_{name}"), measured))
}
