//! The rows of one meter as they are read: stamps and lines as runs, numbers as they come.

use std::collections::HashMap;

use super::columns::NumberColumn;
use super::stamps::Stamps;
use crate::error::{Error, Result};
use crate::finding::{Finding, Severity};
use crate::ingest::file::File;
use crate::ingest::raw::{RawColumn, RawRows, RawTimes, Role};
use crate::ingest::stamp_text::{DateOrder, StampText};
use crate::readings::Channel;

/// Rows of one meter.
#[derive(Default)]
pub(super) struct MeterRows {
    pub stamps: Stamps,
    /// Ends of the intervals, where the table has both.
    pub ends: Stamps,
    pub lines: Lines,
    /// Numbers by column.
    pub values: Vec<Vec<f64>>,
    unstamped: Unstamped,
}

/// Line numbers as runs of equal steps.
#[derive(Default)]
pub(super) struct Lines(Vec<(u64, u64, u64)>);

/// Rows without a stamp: how many, the first one's line, and the energy of the import column in its unit.
#[derive(Default)]
struct Unstamped {
    rows: usize,
    line: Option<u64>,
    sums: Vec<Option<f64>>,
}

impl Lines {
    fn push(&mut self, line: u64) {
        if let Some((first, step, count)) = self.0.last_mut() {
            if *count == 1 {
                (*step, *count) = (line - *first, 2);
                return;
            }
            if *first + *step * *count == line {
                *count += 1;
                return;
            }
        }
        self.0.push((line, 0, 1));
    }

    /// Line of a row.
    pub(super) fn get(&self, row: usize) -> Option<u64> {
        let mut left = row as u64;
        for (first, step, count) in &self.0 {
            if left < *count {
                return Some(first + left * step);
            }
            left -= count;
        }
        None
    }

    fn all(&self) -> Vec<u64> {
        self.0.iter().flat_map(|(first, step, count)| (0..*count).map(move |k| first + k * step)).collect()
    }
}

impl MeterRows {
    /// Takes in a row; a row without a stamp is counted only.
    pub(super) fn push(&mut self, line: u64, stamp: Option<(StampText, Option<StampText>)>, numbers: &[f64]) {
        let Some((stamp, end)) = stamp else { return self.unstamped.push(line, numbers) };
        self.stamps.push(stamp);
        if let Some(end) = end {
            self.ends.push(end);
        }
        self.lines.push(line);
        if self.values.len() < numbers.len() {
            self.values.resize_with(numbers.len(), Vec::new);
        }
        for (values, number) in self.values.iter_mut().zip(numbers) {
            values.push(*number);
        }
    }

    /// Whether no row was taken in.
    pub(super) fn is_empty(&self) -> bool {
        self.stamps.len() == 0 && self.unstamped.rows == 0
    }

    /// The rows with their stamps as seconds.
    pub(super) fn into_raw(
        self,
        source_name: &str,
        columns: &[NumberColumn],
        time_name: &str,
        order: DateOrder,
    ) -> Result<RawRows> {
        let file = File { name: source_name };
        let fail = |(row, problem): (usize, String)| file.fail(self.lines.get(row), Some(time_name), problem);
        if self.stamps.len() == 0 {
            return Err(file.fail(None, None, "no row has a stamp; expected a date and time in each"));
        }
        let seconds = self.stamps.seconds(order).map_err(fail)?;
        let ends = if self.ends.len() == 0 { None } else { Some(self.ends.seconds(order).map_err(fail)?) };
        let times = if self.stamps.is_zoned() { RawTimes::Instants(seconds) } else { RawTimes::WallClock(seconds) };
        let finding = self.unstamped.finding(columns, time_name);
        let raw_columns = columns.iter().zip(self.values).map(|(column, values)| column.raw(values)).collect();
        let mut raw = RawRows::new(source_name, times, raw_columns);
        raw.ends = ends;
        raw.lines = Some(self.lines.all());
        raw.findings.extend(finding);
        Ok(raw)
    }
}

impl Unstamped {
    fn push(&mut self, line: u64, numbers: &[f64]) {
        self.rows += 1;
        self.line.get_or_insert(line);
        self.sums.resize(numbers.len(), None);
        for (sum, number) in self.sums.iter_mut().zip(numbers) {
            if number.is_finite() {
                *sum = Some(sum.unwrap_or(0.0) + number);
            }
        }
    }

    /// A Finding for the rows that have no stamp.
    fn finding(&self, columns: &[NumberColumn], time_name: &str) -> Option<Finding> {
        let is_import = |column: &NumberColumn| (column.channel, column.role) == (Channel::IMPORT_KWH, Role::Interval);
        let column = columns.iter().zip(&self.sums).find(|(column, _)| is_import(column));
        // The energy of mean power needs the step, which belongs to a stamp.
        let kwh = column.and_then(|(column, sum)| {
            let sum = (*sum)?;
            (!column.unit.is_power()).then_some(sum * column.unit.to_energy(3600)).filter(|kwh| kwh.is_finite())
        });
        let mut finding = Finding::new("ingest.no_stamp", Severity::Medium)
            .with("rows", self.rows)
            .with("line", self.line)
            .with("column", time_name)
            .with("kwh", kwh);
        finding.kwh = kwh;
        (self.rows > 0).then_some(finding)
    }
}

/// The name of a meter in a cell. Tables that went through a column of floats write 439 as 439.0; for Excel to keep
/// leading zeros, `="0012345"` and `'0012345` are written.
pub(super) fn meter_name(cell: &[u8]) -> &[u8] {
    let as_text =
        cell.strip_prefix(b"=\"").and_then(|rest| rest.strip_suffix(b"\"")).or_else(|| cell.strip_prefix(b"'"));
    let cell = as_text.unwrap_or(cell);
    let whole = cell.strip_suffix(b".0").filter(|whole| whole.iter().all(u8::is_ascii_digit));
    whole.unwrap_or(cell)
}

/// So many meters are no meters, but another column.
const MOST_METERS: usize = 100_000;

/// Which meter a row belongs to, by the bytes of its cells.
#[derive(Default)]
pub(super) struct Names {
    indices: HashMap<Box<[u8]>, usize>,
    names: Vec<Box<[u8]>>,
    /// The meter that came after each the last time: tables have their meters one after the other, or in turn.
    after: Vec<usize>,
    last: usize,
}

impl Names {
    /// Index of a name, which may be new; the error says that there are too many.
    pub(super) fn index(&mut self, name: &[u8], fail: impl Fn(String) -> Error) -> Result<usize> {
        let is = |index: usize| self.names.get(index).is_some_and(|known| **known == *name);
        if is(self.last) {
            return Ok(self.last);
        }
        let after = self.after.get(self.last).copied().unwrap_or(0);
        let index = if is(after) {
            after
        } else if let Some(known) = self.indices.get(name) {
            *known
        } else {
            let new = self.names.len();
            if new >= MOST_METERS {
                return Err(fail(format!("there are more than {MOST_METERS} meters; is it the column of the meter?")));
            }
            self.indices.insert(name.into(), new);
            self.names.push(name.into());
            self.after.push(new + 1);
            new
        };
        if let Some(after) = self.after.get_mut(self.last) {
            *after = index;
        }
        self.last = index;
        Ok(index)
    }
}

/// Rows of one meter whose channels stand in rows of their own: the stamps of all, once each. The second row of a stamp
/// stays a second row, as in the hour that comes twice.
pub(super) fn merge(parts: Vec<RawRows>) -> Option<RawRows> {
    let mut parts = parts.into_iter();
    let mut whole = parts.next()?;
    for mut part in parts {
        whole.findings.append(&mut part.findings);
        if whole.times == part.times && whole.ends == part.ends {
            whole.columns.extend(part.columns);
            continue;
        }
        let mut rows: HashMap<(i64, usize), usize> = HashMap::new();
        let mut times: HashMap<i64, usize> = HashMap::new();
        for (row, stamp) in whole.stamps().iter().enumerate() {
            let time = times.entry(*stamp).or_default();
            rows.insert((*stamp, *time), row);
            *time += 1;
        }
        times.clear();
        let places: Vec<usize> = part
            .stamps()
            .iter()
            .enumerate()
            .map(|(row, stamp)| {
                let time = times.entry(*stamp).or_default();
                *time += 1;
                let place = *rows.entry((*stamp, *time - 1)).or_insert(whole.stamps().len());
                if place == whole.stamps().len() {
                    whole.stamps_mut().push(*stamp);
                    if let (Some(ends), Some(more)) = (&mut whole.ends, &part.ends) {
                        ends.extend(more.get(row));
                    }
                    if let (Some(lines), Some(more)) = (&mut whole.lines, &part.lines) {
                        lines.extend(more.get(row));
                    }
                }
                place
            })
            .collect();
        let len = whole.stamps().len();
        for column in part.columns {
            let mut values = vec![f64::NAN; len];
            for (place, value) in places.iter().zip(&column.values) {
                if let Some(to) = values.get_mut(*place) {
                    *to = *value;
                }
            }
            whole.columns.push(RawColumn { values, ..column });
        }
        for column in &mut whole.columns {
            column.values.resize(len, f64::NAN);
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Unit;

    #[test]
    fn lines_are_given_back() {
        let mut lines = Lines::default();
        let written = [2, 3, 4, 9, 12, 15, 15, 40];
        written.iter().for_each(|line| lines.push(*line));
        assert_eq!(lines.all(), written);
        assert_eq!((lines.get(4), lines.get(7), lines.get(8)), (Some(12), Some(40), None));
    }

    #[test]
    fn meters_are_found_in_any_order() {
        let mut names = Names::default();
        let fail = |problem: String| File { name: "x" }.fail(None, None, problem);
        let order = ["A", "B", "C", "A", "B", "C", "C", "B", "A", "A"];
        let found: Vec<usize> = order.iter().map(|name| names.index(name.as_bytes(), fail).unwrap()).collect();
        assert_eq!(found, [0, 1, 2, 0, 1, 2, 2, 1, 0, 0]);
    }

    #[test]
    fn channels_in_rows_of_their_own_are_put_side_by_side() {
        let part = |channel, stamps: &[i64], values: &[f64]| {
            let column = RawColumn::new(channel, "value", Unit::Kwh, values.to_vec());
            RawRows::new("x", RawTimes::WallClock(stamps.to_vec()), vec![column])
        };
        let import = part(Channel::IMPORT_KWH, &[0, 900, 900, 1800], &[1.0, 2.0, 3.0, 4.0]);
        let export = part(Channel::EXPORT_KWH, &[0, 900, 900, 2700], &[5.0, 6.0, 7.0, 8.0]);
        let whole = merge(vec![import, export]).unwrap();
        assert_eq!(whole.stamps(), [0, 900, 900, 1800, 2700]);
        let shown: Vec<String> = whole.columns.iter().map(|column| format!("{:?}", column.values)).collect();
        assert_eq!(shown, ["[1.0, 2.0, 3.0, 4.0, NaN]", "[5.0, 6.0, 7.0, NaN, 8.0]"]);
    }
}
