//! Missing readings: `quality.gap` for every run of them, ascending; channels that miss the same run share it.
//!
//! Of more than `most_runs` runs the longest have their own Finding and one more, the last, counts all
//! the others. Channels without any value are left to `all_missing`. An incomplete reading is not missing.
//! Runs on every channel, electrical ones included.
//!
//! Severity by length. Evidence: `channels`, `runs` (1, or how many the last Finding counts),
//! `intervals`, `hours`, `share` of the axis, `longest_intervals`.

use std::collections::BTreeMap;

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::{hours, names, over, severity};
use crate::readings::Channel;

const MOST_RUNS: Number =
    Number { lowest: 1.0, ..Number::new("most_runs", 50.0, "gaps with a Finding of their own (engineering)") };

pub(super) const RULE: Rule = Rule {
    name: "gap",
    looks_at: "missing readings of every channel",
    on: true,
    numbers: &[MOST_RUNS],
    source: "gap rule of meter-data systems (flag all)",
    codes: &["quality.gap"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let axis = prepared.axis();
    let mut missing: BTreeMap<(usize, usize), Vec<Channel>> = BTreeMap::new();
    for scan in prepared.scans.iter().filter(|scan| scan.has_value()) {
        for run in &scan.missing {
            missing.entry((run.start, run.end)).or_default().push(scan.one.channel());
        }
    }
    let mut longest: Vec<((usize, usize), Vec<Channel>)> = missing.into_iter().collect();
    // Stable, so that of equally long gaps the earlier ones come first.
    longest.sort_by_key(|((start, end), _)| std::cmp::Reverse(end - start));
    let others = longest.split_off(longest.len().min(numbers.get(&MOST_RUNS) as usize));
    longest.sort_by_key(|(span, _)| *span);

    let finding = |gaps: &[((usize, usize), Vec<Channel>)]| {
        let start = gaps.iter().map(|((start, _), _)| *start).min()?;
        let end = gaps.iter().map(|((_, end), _)| *end).max()?;
        let longest = gaps.iter().map(|((start, end), _)| end - start).max()?;
        let mut channels: Vec<Channel> = gaps.iter().flat_map(|(_, channels)| channels.clone()).collect();
        channels.sort_unstable();
        channels.dedup();
        // Gaps of several channels may lie over each other: the share is that of the fullest of them.
        let intervals = channels
            .iter()
            .map(|channel| gaps.iter().filter(|gap| gap.1.contains(channel)).map(|((s, e), _)| e - s).sum::<usize>())
            .max()?;
        Some(
            over(axis, &(start..end), "quality.gap", severity(hours(axis, intervals)))
                .with("channels", names(&channels))
                .with("runs", gaps.len())
                .with("intervals", intervals)
                .with("hours", hours(axis, intervals))
                .with("share", intervals as f64 / axis.len() as f64)
                .with("longest_intervals", longest),
        )
    };
    Ok(longest.chunks(1).filter_map(finding).chain(finding(&others)).collect())
}
