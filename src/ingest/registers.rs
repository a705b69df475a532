//! All registers of a meter from their rows.

use super::assemble::sort;
use super::days::{self, LONG_S};
use super::raw::{RawRows, RawTimes};
use super::register::Register;
use super::register_place::Grid;
use super::step::modal_difference;
use super::{ReadOptions, Stamp, clock_changes, wall_clock};
use crate::error::Result;
use crate::readings::{Channel, Detected, Period, Sure};
use crate::time::Zone;

/// Reads every column of rows as a register. A reading stands at its stamp, whatever end of an interval stamps name.
pub(super) fn of_part(
    rows: &mut RawRows,
    descending: bool,
    zone: &Zone,
    options: &ReadOptions,
) -> Result<Vec<Register>> {
    let step_s = modal_difference(rows.stamps());
    let is_long = step_s.is_none_or(|step_s| step_s >= LONG_S);
    let instants = matches!(rows.times, RawTimes::Instants(_));
    let (mut at, skipped) = match (&rows.times, step_s) {
        (RawTimes::WallClock(_), Some(step_s)) if !is_long => {
            wall_clock::starts(rows, zone, step_s, Stamp::Start, options)?
        }
        _ => (days::instants(&rows.times, zone), clock_changes::Skipped::default()),
    };
    sort(rows, &mut at, descending, zone);
    let clocks = match (is_long, at.first(), at.last()) {
        (true, Some(first), Some(last)) => clock_changes::of_days((*first, *last), zone),
        _ => clock_changes::named(rows, &at, instants, skipped, step_s.unwrap_or(LONG_S), zone),
    };
    let step = step_s.map_or_else(
        || Detected::new("irregular", "there is one reading", Sure::Certain),
        |step_s| Detected::new(format!("{step_s} s"), "the most frequent difference between readings", Sure::Likely),
    );
    let stamp = Detected::new("start", "a register stands at its stamp; intervals begin with a reading", Sure::Certain);
    for (key, found) in [("clock_changes", clocks), ("step", step), ("stamp", stamp)] {
        rows.provenance.insert(key.to_owned(), found);
    }
    rows.columns.iter().map(|column| Register::of_column(rows, column, &at, options.register_digits)).collect()
}

impl Register {
    /// Its grid where its energy belongs on the axis: the total of a channel that no column of intervals has.
    pub(super) fn grid_of_axis(&self, taken: impl Fn(Channel) -> bool, options: &ReadOptions) -> Option<Grid> {
        if self.period != Period::Total || taken(self.channel) {
            return None;
        }
        self.grid(options.step_s, options.spread)
    }
}
