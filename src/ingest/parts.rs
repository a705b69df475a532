//! Rows by what their numbers are: values of intervals, register readings, values of days and longer.

use super::ReadOptions;
use super::days::LONG_S;
use super::raw::{RawColumn, RawRows, RawTimes, Role};
use super::step::modal_difference;
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Period, Quantity, Sure};

/// The rows of one source by kind, each with its own stamps.
pub(super) struct Parts {
    pub intervals: Option<RawRows>,
    pub registers: Option<RawRows>,
    pub long: Option<RawRows>,
}

fn is_register(column: &RawColumn) -> bool {
    matches!(column.role, Role::Register(_))
}

fn is_interval(column: &RawColumn) -> bool {
    column.role == Role::Interval
}

impl Parts {
    /// Takes rows apart. Findings and provenance stay in `rows`, which are left without columns.
    pub(super) fn of(rows: &mut RawRows, all_long: bool) -> Self {
        if rows.columns.iter().all(is_interval) {
            let stamps = match &mut rows.times {
                RawTimes::Instants(stamps) => RawTimes::Instants(std::mem::take(stamps)),
                RawTimes::WallClock(stamps) => RawTimes::WallClock(std::mem::take(stamps)),
            };
            let (ends, lines, columns) = (rows.ends.take(), rows.lines.take(), std::mem::take(&mut rows.columns));
            let whole = RawRows { ends, lines, ..empty(rows, stamps, columns) };
            return Self { intervals: Some(whole), registers: None, long: None };
        }
        let columns = std::mem::take(&mut rows.columns);
        let (intervals, others): (Vec<_>, Vec<_>) = columns.into_iter().partition(is_interval);
        let (registers, long): (Vec<_>, Vec<_>) = others.into_iter().partition(is_register);
        // A row of days that is empty is a missing day, or closes the last one.
        let parts = Self {
            intervals: part(rows, intervals, false),
            registers: part(rows, registers, false),
            long: part(rows, long, all_long),
        };
        rows.stamps_mut().clear();
        (rows.ends, rows.lines) = (None, None);
        parts
    }
}

/// The rows of some columns, those in which any of them has a number.
fn part(rows: &RawRows, columns: Vec<RawColumn>, every_row: bool) -> Option<RawRows> {
    if columns.is_empty() {
        return None;
    }
    let count = rows.stamps().len();
    let there =
        |row: &usize| columns.iter().any(|column| column.values.get(*row).is_some_and(|value| value.is_finite()));
    let kept: Vec<usize> = (0..count).filter(|row| every_row || there(row)).collect();
    let mut part =
        RawRows { ends: rows.ends.clone(), lines: rows.lines.clone(), ..empty(rows, rows.times.clone(), columns) };
    if !kept.is_empty() && kept.len() < count {
        part.select(&kept);
    }
    Some(part)
}

/// The same source with other stamps and columns, nothing found yet.
fn empty(rows: &RawRows, times: RawTimes, columns: Vec<RawColumn>) -> RawRows {
    RawRows {
        stamp_hint: rows.stamp_hint.clone(),
        zone_hint: rows.zone_hint.clone(),
        ..RawRows::new(rows.source_name.clone(), times, columns)
    }
}

/// Gives energies that come once a day or less often the role of such; other quantities are left out, with a Finding.
/// Whether the values of intervals were of that kind.
pub(super) fn make_long(rows: &mut RawRows, step_s: Option<i64>) -> bool {
    if !rows.columns.iter().any(is_interval) {
        return false;
    }
    let own_step_s = if rows.columns.iter().all(is_interval) {
        step_s
    } else {
        let there = |row: usize| {
            let mut own = rows.columns.iter().filter(|column| is_interval(column));
            own.any(|column| column.values.get(row).is_some_and(|value| value.is_finite()))
        };
        let stamps: Vec<i64> =
            rows.stamps().iter().enumerate().filter(|(row, _)| there(*row)).map(|one| *one.1).collect();
        modal_difference(&stamps).or(step_s)
    };
    if own_step_s.is_none_or(|step_s| step_s < LONG_S) {
        return false;
    }
    let row_count = rows.stamps().len();
    let mut findings = Vec::new();
    rows.columns.retain_mut(|column| {
        if is_interval(column) && column.channel.quantity.is_energy() {
            column.role = Role::Energy(Period::Total);
        } else if is_interval(column) {
            findings.push(
                Finding::new("ingest.means_left_out", Severity::Low)
                    .with("channel", column.channel.name())
                    .with("column", column.name.clone())
                    .with("rows", row_count),
            );
            return false;
        }
        true
    });
    rows.findings.extend(findings);
    true
}

/// Sets what energies and powers are multiplied by: as the caller says, else as the source says.
///
/// # Errors
/// A multiplier that is not positive.
pub(super) fn set_multiplier(rows: &mut RawRows, options: &ReadOptions) -> Result<()> {
    let multiplied = |column: &RawColumn| {
        let is_power = matches!(
            column.channel.quantity,
            Quantity::ActivePower | Quantity::ReactivePower | Quantity::ApparentPower
        );
        (is_power || column.channel.quantity.is_energy()) && !matches!(column.role, Role::MaximumDemandAt(_))
    };
    if let Some(multiplier) = options.multiplier {
        if !multiplier.is_finite() || multiplier <= 0.0 {
            return Err(rows.fail(None, format!("the multiplier is given as {multiplier}; expected a positive number")));
        }
        rows.columns.iter_mut().filter(|column| multiplied(column)).for_each(|column| column.multiplier = multiplier);
        rows.provenance.insert("multiplier".to_owned(), Detected::given(multiplier.to_string()));
    } else if let Some(column) = rows.columns.iter().find(|column| multiplied(column) && column.multiplier != 1.0) {
        let found = Detected::new(column.multiplier.to_string(), "the source says so", Sure::Certain);
        rows.provenance.entry("multiplier".to_owned()).or_insert(found);
    }
    Ok(())
}
