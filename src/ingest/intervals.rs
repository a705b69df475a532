//! Values of intervals: their step and when each starts.

use super::assemble::sort;
use super::raw::{RawRows, RawTimes, wall_text};
use super::{ReadOptions, Stamp, clock_changes, ends, place, stamp_side, step, wall_clock};
use crate::error::{ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Sure};
use crate::time::Zone;

/// The regular intervals of rows.
pub(super) struct Intervals {
    pub step_s: i64,
    /// Start of each row's interval, UTC seconds, ascending and on one grid.
    pub starts: Vec<i64>,
}

impl Intervals {
    /// Finds the step and the start of every row; rows that have none are taken out, each with a Finding.
    pub(super) fn of(
        rows: &mut RawRows,
        midnight: Option<Detected>,
        ends_step_s: Option<i64>,
        descending: bool,
        zone: &Zone,
        options: &ReadOptions,
    ) -> Result<Self> {
        let (step_s, step_found) = step_s(rows, ends_step_s, options)?;
        rows.provenance.insert("step".to_owned(), step_found);
        ends::keep_step(rows, step_s, zone);
        let convention = stamp_side::convention(rows, midnight, zone, step_s, options);
        let stamp = convention.stamp;
        let instants = matches!(rows.times, RawTimes::Instants(_));
        let (mut starts, skipped) = match &mut rows.times {
            RawTimes::Instants(stamps) => {
                let mut starts = std::mem::take(stamps);
                if stamp == Stamp::End {
                    starts.iter_mut().for_each(|start| *start -= step_s);
                }
                (starts, clock_changes::Skipped::default())
            }
            RawTimes::WallClock(_) => wall_clock::starts(rows, zone, step_s, stamp, options)?,
        };
        if convention.sure == Sure::Assumed {
            rows.findings.push(Finding::new("ingest.stamp_assumed", Severity::Low).with("stamp", "start"));
        }
        let side = if stamp == Stamp::End { "end" } else { "start" };
        rows.provenance.insert("stamp".to_owned(), Detected::new(side, convention.why, convention.sure));
        if let Some(midnight) = convention.midnight {
            rows.provenance.insert("midnight".to_owned(), midnight);
        }
        sort(rows, &mut starts, descending, zone);
        step::keep_one_step(rows, &mut starts, step_s, stamp, options.step_s.is_some(), zone)?;
        place::keep_grid(rows, &mut starts, step_s, zone)?;
        let clocks = clock_changes::named(rows, &starts, instants, skipped, step_s, zone);
        rows.provenance.insert("clock_changes".to_owned(), clocks);
        Ok(Self { step_s, starts })
    }
}

fn step_s(rows: &RawRows, ends_step_s: Option<i64>, options: &ReadOptions) -> Result<(i64, Detected)> {
    let stamps = rows.stamps();
    let (step_s, detected) = match (options.step_s, ends_step_s, step::modal_difference(stamps)) {
        (Some(given), ..) => (given, Detected::given(format!("{given} s"))),
        (None, Some(length), _) => {
            (length, Detected::new(format!("{length} s"), "from the start to the end of a row", Sure::Certain))
        }
        (None, None, Some(modal)) => {
            let why = "the most frequent difference between stamps";
            (modal, Detected::new(format!("{modal} s"), why, Sure::Likely))
        }
        (None, None, None) => {
            let text = stamps.first().map_or_else(String::new, |stamp| wall_text(*stamp));
            let problem = format!(
                "all rows have the one stamp {text}, so the step cannot be known: pass step=, for example step=900"
            );
            return Err(rows.fail(None, problem));
        }
    };
    // The axis would refuse it too, but later steps divide by it.
    if step_s <= 0 || crate::time::DAY_S % step_s != 0 || step_s == crate::time::DAY_S {
        return Err(ErrorKind::Step { found_s: step_s }.into());
    }
    Ok((step_s, detected))
}
