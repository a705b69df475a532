//! Missing readings.

use std::collections::BTreeMap;

use super::empty::has_value;
use super::{hours, names, over, runs, severity};
use crate::finding::Finding;
use crate::readings::{Channel, Flag, Readings};

/// Most gaps that get a Finding of their own (engineering).
pub const MOST_GAPS: usize = 50;

/// `quality.gap` for every run of missing readings, ascending; channels that miss the same run share
/// it. Of more than [`MOST_GAPS`] runs the longest have their own Finding and one more, the last,
/// counts all the others. Channels without any value are left to
/// [`all_missing`](super::all_missing). An incomplete reading is not missing.
///
/// Severity by length: low, from 24 h medium, from 168 h high. Evidence: `channels`, `runs` (1, or
/// how many the last Finding counts), `intervals`, `hours`, `share` of the axis, `longest_intervals`.
/// Source: gap rule of meter-data systems ("flag all").
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 4, Zone::named("UTC")?)?;
/// let values = vec![1.0, f64::NAN, f64::NAN, 2.0];
/// let found = wattlens::quality::gap(&Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])?);
/// assert_eq!((found.len(), &found[0].evidence["hours"]), (1, &0.5.into()));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn gap(readings: &Readings) -> Vec<Finding> {
    let axis = readings.axis();
    let mut missing: BTreeMap<(usize, usize), Vec<Channel>> = BTreeMap::new();
    for one in readings.all_series().iter().filter(|one| has_value(one)) {
        let flags = one.flags();
        for run in runs(axis.len(), |index| flags.get(index) == Some(&Flag::Missing)) {
            missing.entry((run.start, run.end)).or_default().push(one.channel());
        }
    }
    let mut longest: Vec<((usize, usize), Vec<Channel>)> = missing.into_iter().collect();
    // Stable, so that of equally long gaps the earlier ones come first.
    longest.sort_by_key(|((start, end), _)| std::cmp::Reverse(end - start));
    let others = longest.split_off(longest.len().min(MOST_GAPS));
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
    longest.chunks(1).filter_map(finding).chain(finding(&others)).collect()
}
