//! How a source writes the days on which clocks change.

use super::raw::{RawRows, local_text};
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Sure};
use crate::time::{DAY_S, Zone};

/// What was seen of the hour that never occurs while stamps became instants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Skipped {
    /// Rows in it that were zero throughout.
    pub zero_filled: usize,
    /// Whether the rows beside it are zero throughout too, so that zeros say nothing.
    pub among_zeros: bool,
}

/// Names the style, by the ascending starts of the rows; an autumn hour that comes once is a Finding.
///
/// `instants` says that the source itself gives instants, and `skipped` what was taken out of the spring hour.
pub(super) fn named(
    rows: &mut RawRows,
    starts: &[i64],
    instants: bool,
    skipped: Skipped,
    step_s: i64,
    zone: &Zone,
) -> Detected {
    if instants {
        return Detected::new("instants", "the stamps are instants or carry their offset from UTC", Sure::Certain);
    }
    let (Some(first), Some(last)) = (starts.first().copied(), starts.last().copied()) else {
        return Detected::new("none_in_span", "there is no row", Sure::Certain);
    };
    if zone.name() == "UTC" || zone.name().starts_with("Etc/") {
        let why = format!("{} keeps one offset all year", zone.name());
        return Detected::new("fixed_offset", why, Sure::Certain);
    }
    let segments = zone.segments(first, last + step_s);
    let count = |from: i64, to: i64| {
        starts.partition_point(|start| *start < to) - starts.partition_point(|start| *start < from)
    };
    let (mut springs, mut repeated, mut once) = (0usize, 0usize, Vec::new());
    for pair in segments.windows(2) {
        let (change, moved_s) = (pair[1].start, pair[1].offset_s - pair[0].offset_s);
        if moved_s > 0 {
            springs += usize::from(count(change - step_s, change) > 0 && count(change, change + step_s) > 0);
            continue;
        }
        let (from, to) = (change + moved_s, change - moved_s);
        let around = count(from - step_s, from) > 0 && count(to, to + step_s) > 0;
        let (earlier, later) = (count(from, change), count(change, to));
        // Where the caller puts both passes into one, the hour is there twice.
        if earlier.max(later) as i64 * step_s > -moved_s {
            repeated += 1;
            continue;
        }
        match (around, earlier, later) {
            (true, 1.., 0) => once.push((change, to)),
            (true, 0, 1..) => once.push((from, change)),
            (_, 1.., 1..) => repeated += 1,
            _ => {}
        }
    }
    if let (Some((from, _)), Some((_, to))) = (once.first(), once.last()) {
        let hours: i64 = once.iter().map(|(from, to)| to - from).sum();
        let finding = Finding::new("ingest.autumn_hour_once", Severity::Low)
            .at(*from, *to)
            .with("changes", once.len())
            .with("start", local_text(zone, *from))
            .with("intervals", hours / step_s.max(1))
            .with("zone", zone.name());
        rows.findings.push(finding);
    }
    let autumn = match (repeated, once.len()) {
        (0, 0) => "an autumn change is not among the rows".to_owned(),
        (repeated, 0) => format!("the autumn hour is there twice ({repeated} times)"),
        (_, once) => format!("the autumn hour is there once ({once} times): averaged or lost, the second is missing"),
    };
    if skipped.zero_filled > 0 {
        let rows = skipped.zero_filled;
        if skipped.among_zeros {
            let why = format!(
                "{rows} rows in the spring hour that never occurs are zero, and so are those beside them; {autumn}; pass a \
                 zone of constant offset if the file keeps one"
            );
            return Detected::new("spring_zero_filled", why, Sure::Assumed);
        }
        let why = format!("{rows} rows in the spring hour that never occurs are zero; {autumn}");
        return Detected::new("spring_zero_filled", why, Sure::Certain);
    }
    let spring = if springs > 0 { "the spring hour is absent" } else { "a spring change is not among the rows" };
    if !once.is_empty() {
        return Detected::new("autumn_once", format!("{autumn}; {spring}"), Sure::Certain);
    }
    if segments.len() < 2 {
        return Detected::new(
            "none_in_span",
            format!("clocks of {} do not change between the rows", zone.name()),
            Sure::Certain,
        );
    }
    let sure = match (springs, repeated) {
        (0, 0) => Sure::Assumed,
        (_, 0) => Sure::Likely,
        _ => Sure::Certain,
    };
    Detected::new("local_gap_and_repeat", format!("{spring}; {autumn}"), sure)
}

/// Local midnights of dates, for what lasts a day or longer.
pub(super) fn of_days(starts: (i64, i64), zone: &Zone) -> Detected {
    if zone.segments(starts.0, starts.1.max(starts.0 + DAY_S)).len() < 2 {
        return Detected::new(
            "none_in_span",
            format!("clocks of {} do not change between the rows", zone.name()),
            Sure::Certain,
        );
    }
    Detected::new(
        "local_midnights",
        "days run from local midnight to local midnight, 23 or 25 hours where clocks change",
        Sure::Certain,
    )
}
