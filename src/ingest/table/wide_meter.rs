//! The days of one meter as rows of intervals: where the values of each day lie in time.

use std::collections::HashMap;

use super::day_columns::Names;
use super::items::Items;
use super::local_day::LocalDays;
use super::multiplier::{self, Ratios, Use};
use super::settle::{Gathered, settle};
use super::wide_days::{DayRow, Table};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::ingest::Stamp;
use crate::ingest::file::File;
use crate::ingest::raw::{RawRows, RawTimes, StampHint, wall_text};
use crate::readings::{Flag, Sure};
use crate::time::{DAY_S, Zone};

/// One meter of a table.
pub(super) struct WideMeter<'a> {
    pub table: &'a Table,
    pub items: &'a Items,
    /// Its rows, in the order of the file.
    pub rows: Vec<DayRow>,
    /// Midnight of every row of the table, as wall-clock seconds.
    pub days: &'a [i64],
    pub lines: &'a [u64],
    /// The numbers of all rows of the table.
    pub values: &'a [f64],
}

/// One day: the rows of its items, each with the place of its item among those of the meter.
struct Day {
    midnight: i64,
    rows: Vec<(usize, DayRow)>,
}

impl Day {
    fn row(&self, kind: usize) -> Option<DayRow> {
        self.rows.iter().find(|(of, _)| *of == kind).map(|(_, row)| *row)
    }
}

/// Values of a meter, all items on all days, that need no reason.
const FEW_VALUES: usize = 4_000_000;
/// More of them must be there in rows: one in so many. Items that each stand on days of their own fill nothing but
/// memory.
const MOST_PER_ROW: usize = 8;

/// Where values lie in time.
#[derive(Default)]
struct Placed {
    times: Vec<i64>,
    /// Day and column of each.
    cells: Vec<(usize, usize)>,
    /// Values in columns that the day does not reach: how many, and the day of the first.
    beyond: usize,
    first_beyond: Option<usize>,
}

impl WideMeter<'_> {
    /// The rows of the meter of this name.
    pub(super) fn into_raw(self, name: &str) -> Result<RawRows> {
        let head = &self.table.head;
        let file = File { name: &head.source_name };
        let (kinds, days) = self.days();
        self.check_sparse(&kinds, &days, &file)?;
        let options = &self.table.options;
        let (first, last) = days
            .iter()
            .fold((i64::MAX, i64::MIN), |(first, last), day| (first.min(day.midnight), last.max(day.midnight)));
        // The trunk says what is wrong with a zone that is not known.
        let zone = options.read.zone.as_deref().and_then(|name| Zone::named(name).ok());
        let mut local = zone.map(|zone| LocalDays::new(&zone, first, last));
        let elapsed: Vec<bool> = days.iter().map(|day| self.is_elapsed(day, local.as_mut())).collect();
        let (placed, are_instants) = match &mut local {
            Some(local) if elapsed.contains(&true) => (self.by_instants(&days, &elapsed, local), true),
            local => (self.by_clock(&days, local.as_mut()), false),
        };

        let meaning = |kind: &usize| self.items.item(*kind).map(|(heading, _)| heading.meaning);
        let gathered = kinds.iter().enumerate().filter_map(|(at, kind)| {
            let (heading, name) = self.items.item(*kind)?;
            // What is there already will be refused: no room for its numbers.
            if kinds.iter().take(at).any(|other| meaning(other) == Some(heading.meaning)) {
                return Some(Gathered { heading: *heading, name: name.clone(), values: Vec::new(), flags: None });
            }
            let of_days: Vec<Option<DayRow>> = days.iter().map(|day| day.row(at)).collect();
            let row = |day: usize| of_days.get(day).copied().flatten();
            let values =
                placed.cells.iter().map(|(day, k)| row(*day).map_or(f64::NAN, |row| self.value(&row, *k))).collect();
            let is_flagged = self.rows.iter().any(|row| row.item == *kind && row.flag != Flag::Measured);
            let flags = is_flagged
                .then(|| placed.cells.iter().map(|(day, _)| row(*day).map_or(Flag::Missing, |row| row.flag)).collect());
            Some(Gathered { heading: *heading, name: name.clone(), values, flags })
        });
        let settled = settle(gathered.collect(), true, options, &file)?;

        let times = if are_instants { RawTimes::Instants(placed.times) } else { RawTimes::WallClock(placed.times) };
        let mut raw = RawRows::new(&head.source_name, times, settled.columns);
        raw.meter = (!name.is_empty()).then(|| name.to_owned()).or_else(|| head.meter.clone());
        raw.lines = Some(placed.cells.iter().map(|(day, _)| days.get(*day).map_or(0, |day| self.line(day))).collect());
        raw.stamp_hint = Some(self.stamp_hint());
        raw.provenance = settled.provenance;
        if let Some(day) = placed.first_beyond.and_then(|day| days.get(day)) {
            let finding = Finding::new("ingest.values_beyond_day", Severity::Medium)
                .with("values", placed.beyond)
                .with("day", wall_text(day.midnight).get(..10).map(str::to_owned))
                .with("line", self.line(day));
            raw.findings.push(finding);
        }
        let ratios = |day: usize| {
            days.get(day)
                .and_then(|day| day.rows.iter().min_by_key(|(kind, _)| *kind))
                .map_or(Ratios::default(), |(_, row)| row.ratios)
        };
        let row_ratios = |row: usize| placed.cells.get(row).map_or(Ratios::default(), |(day, _)| ratios(*day));
        multiply(
            &mut raw,
            &settled.is_primary,
            &self.table.head.is_primary,
            options.read.multiplier.is_some(),
            row_ratios,
        );
        Ok(raw)
    }

    /// Its items, and its days in the order of the file; a day that an item has twice is there twice.
    fn days(&self) -> (Vec<usize>, Vec<Day>) {
        let mut kinds: Vec<usize> = Vec::new();
        let mut days: Vec<Day> = Vec::new();
        let mut known: HashMap<(i64, usize), usize> = HashMap::new();
        let mut times: HashMap<(i64, usize), usize> = HashMap::new();
        for row in &self.rows {
            let midnight = self.days.get(row.at).copied().unwrap_or_default();
            let kind = kinds.iter().position(|kind| *kind == row.item).unwrap_or_else(|| {
                kinds.push(row.item);
                kinds.len() - 1
            });
            let time = times.entry((midnight, kind)).or_insert(0);
            let at = *known.entry((midnight, *time)).or_insert_with(|| {
                days.push(Day { midnight, rows: Vec::new() });
                days.len() - 1
            });
            *time += 1;
            if let Some(day) = days.get_mut(at) {
                day.rows.push((kind, *row));
            }
        }
        (kinds, days)
    }

    /// Every item has a value for every interval of every day, missing or not; they must stand in reason to the rows.
    fn check_sparse(&self, kinds: &[usize], days: &[Day], file: &File) -> Result<()> {
        let columns = self.table.columns.at.len();
        let values = days.len().saturating_mul(columns).saturating_mul(kinds.len());
        if values <= FEW_VALUES || values / MOST_PER_ROW <= self.rows.len().saturating_mul(columns) {
            return Ok(());
        }
        let line = self.rows.first().and_then(|row| self.lines.get(row.at)).copied();
        let problem = format!(
            "{} rows hold {} data items on {} days, most of them on days of their own, which would need {values} values: \
             are dates damaged, or is it the column of the data item? split the file by data item",
            self.rows.len(),
            kinds.len(),
            days.len(),
        );
        Err(file.fail(line, None, problem))
    }

    fn value(&self, row: &DayRow, k: usize) -> f64 {
        self.values.get(row.at * self.table.columns.at.len() + k).copied().unwrap_or(f64::NAN)
    }

    fn line(&self, day: &Day) -> u64 {
        let first = day.rows.iter().map(|(_, row)| row.at).min();
        first.and_then(|at| self.lines.get(at)).copied().unwrap_or(0)
    }

    fn has_value(&self, day: &Day, k: usize) -> bool {
        day.rows.iter().any(|(_, row)| self.value(row, k).is_finite())
    }

    /// Whether the columns count the intervals that passed since midnight, not those of a clock. On a day of 23 hours a
    /// table of 24 hours leaves its last columns empty then, instead of those of the hour that never comes.
    fn is_elapsed(&self, day: &Day, local: Option<&mut LocalDays>) -> bool {
        if self.table.counts_elapsed() {
            return true;
        }
        let (columns, step_s) = (&self.table.columns, self.table.columns.step_s());
        let Some(local) = local.filter(|_| matches!(columns.names, Names::Numbers { .. })) else { return false };
        let length_s = local.length_s(day.midnight);
        if length_s >= DAY_S {
            return false;
        }
        let reached = (length_s / step_s) as usize;
        let never = (0..columns.ordinary).filter(|k| local.never(day.midnight + *k as i64 * step_s));
        let fills_hole = never.into_iter().any(|k| self.has_value(day, k));
        fills_hole
            && !(reached..columns.ordinary).any(|k| self.has_value(day, k))
            && reached.checked_sub(1).is_some_and(|last| self.has_value(day, last))
    }

    /// Offset of a stamp from the start of its interval.
    fn to_stamp_s(&self) -> i64 {
        if self.table.options.read.stamp == Some(Stamp::End) { self.table.columns.step_s() } else { 0 }
    }

    fn by_instants(&self, days: &[Day], elapsed: &[bool], local: &mut LocalDays) -> Placed {
        let (count, step_s) = (self.table.columns.at.len(), self.table.columns.step_s());
        let mut placed = Placed::default();
        for (at, (day, is_elapsed)) in days.iter().zip(elapsed).enumerate() {
            let (start, length_s) = (local.start(day.midnight), local.length_s(day.midnight));
            for k in 0..count {
                let after_s = k as i64 * step_s;
                let instant = if *is_elapsed || length_s == DAY_S {
                    (after_s < length_s).then_some(start + after_s)
                } else {
                    local.instant(day.midnight + after_s, false)
                };
                match instant {
                    Some(instant) => placed.push(instant + self.to_stamp_s(), at, k),
                    None => placed.leave_out(self.has_value(day, k), at),
                }
            }
        }
        placed
    }

    fn by_clock(&self, days: &[Day], mut local: Option<&mut LocalDays>) -> Placed {
        let (columns, step_s) = (&self.table.columns, self.table.columns.step_s());
        let mut placed = Placed::default();
        let clocks: Vec<i64> = match &columns.names {
            Names::Clocks(clocks, _) => clocks.clone(),
            Names::Numbers { .. } => (0..columns.at.len()).map(|k| k as i64 * step_s + self.to_stamp_s()).collect(),
        };
        let to_start_s = match &columns.names {
            Names::Clocks(_, Stamp::End) => step_s,
            Names::Clocks(_, Stamp::Start) => 0,
            Names::Numbers { .. } => self.to_stamp_s(),
        };
        let mut latest = i64::MIN;
        let repeated: Vec<bool> = clocks
            .iter()
            .map(|clock| {
                let again = *clock <= latest;
                latest = latest.max(*clock);
                again
            })
            .collect();
        for (at, day) in days.iter().enumerate() {
            let length_s = local.as_deref_mut().map(|local| local.length_s(day.midnight));
            for (k, (clock, again)) in clocks.iter().zip(&repeated).enumerate() {
                let has_value = self.has_value(day, k);
                // The columns of the second hour count on the one day that has it.
                let is_left_out = *again && length_s.map_or(!has_value, |length_s| length_s <= DAY_S);
                let start = day.midnight + clock - to_start_s;
                let never_comes = length_s.is_some_and(|length_s| length_s < DAY_S)
                    && !has_value
                    && local.as_deref_mut().is_some_and(|local| local.never(start));
                if is_left_out || never_comes {
                    placed.leave_out(has_value, at);
                } else {
                    placed.push(day.midnight + clock, at, k);
                }
            }
        }
        placed
    }

    fn stamp_hint(&self) -> StampHint {
        let columns = &self.table.columns;
        match &columns.names {
            Names::Clocks(clocks, stamp) => {
                let clock =
                    |at: Option<&i64>| at.map_or(String::new(), |s| format!("{:02}:{:02}", s / 3600, s / 60 % 60));
                let why =
                    format!("the columns of a day run from {} to {}", clock(clocks.first()), clock(clocks.last()));
                StampHint { stamp: *stamp, why, sure: Sure::Certain }
            }
            Names::Numbers { is_hours } => StampHint {
                stamp: self.table.options.read.stamp.unwrap_or(Stamp::Start),
                why: format!("the n-th of {} columns is the n-th interval of the day", columns.at.len()),
                sure: if *is_hours { Sure::Certain } else { Sure::Likely },
            },
        }
    }
}

impl Placed {
    fn push(&mut self, stamp: i64, day: usize, k: usize) {
        self.times.push(stamp);
        self.cells.push((day, k));
    }

    fn leave_out(&mut self, has_value: bool, day: usize) {
        if has_value {
            self.beyond += 1;
            self.first_beyond.get_or_insert(day);
        }
    }
}

/// Puts the multiplier on a meter's columns, and says so; `of_row` is what the file gives for each row.
pub(super) fn multiply(
    raw: &mut RawRows,
    said: &[Option<bool>],
    is_primary: &Option<(bool, String)>,
    is_given: bool,
    of_row: impl Fn(usize) -> Ratios,
) {
    let rows = raw.stamps().len();
    let known = |row: &usize| of_row(*row).product().is_some();
    let Some(first) = (0..rows).find(known).map(&of_row) else { return };
    let with = Use { ratios: first, is_given, is_primary: is_primary.as_ref() };
    let (detected, finding, multiplied) = multiplier::apply(&mut raw.columns, said, &with);
    raw.findings.extend(finding);
    if let Some(detected) = detected {
        raw.provenance.insert("multiplier".to_owned(), detected);
    }
    let differs = |row: &usize| of_row(*row).product().is_some_and(|product| Some(product) != first.product());
    let Some(change) = (0..rows).find(differs).filter(|_| !is_given) else { return };
    for (column, _) in raw.columns.iter_mut().zip(&multiplied).filter(|(_, multiplied)| **multiplied) {
        multiplier::follow_change(column, first, &of_row);
    }
    let finding = Finding::new("ingest.multiplier_change", Severity::Medium)
        .with("before", first.product())
        .with("after", of_row(change).product())
        .with("start", raw.stamps().get(change).map(|stamp| wall_text(*stamp)))
        .with("line", raw.line(change));
    raw.findings.push(finding);
}
