//! Rows onto the axis: units to energy, duplicates, values that no meter gives, stamps between the intervals.

use std::collections::BTreeSet;

use super::raw::{RawColumn, RawRows, local_text};
use super::step::Counts;
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Flag, Kind, Quantity, Series};
use crate::time::{TimeAxis, Zone};

/// Mean power above which a value is damage, not load \[kW\]: ten gigawatts (engineering).
const ABSURD_KW: f64 = 1e7;

/// The largest value that a channel can have, in its unit (engineering).
pub(super) fn most(quantity: Quantity, step_h: f64) -> f64 {
    match quantity {
        Quantity::ActiveEnergy | Quantity::ReactiveEnergy => ABSURD_KW * step_h,
        Quantity::ActivePower | Quantity::ReactivePower | Quantity::ApparentPower => ABSURD_KW,
        Quantity::Voltage => 2e6,
        Quantity::Current => 1e6,
        Quantity::PowerFactor => 1.001,
        Quantity::Frequency => 1e3,
    }
}
/// An axis longer than this is a damaged stamp: 10 years at 1 minute are 5 million.
const MAX_INTERVALS: i64 = 60_000_000;
/// So is one with fewer than one row in so many intervals, once it is long.
const MAX_INTERVALS_PER_ROW: i64 = 50;
const SPARSE_FROM: i64 = 100_000;
/// Energy that is spread fills so many times more, a month of minutes a row, up to a length.
const SPREAD_TIMES: i64 = 1000;
const SPREAD_MOST: i64 = 10_000_000;
/// Values on the axis, all columns together, that need no reason.
const FEW_VALUES: usize = 10_000_000;
/// More of them have one known value in so many, or one cell of the source.
const MOST_PER_KNOWN: usize = 20;
const MOST_PER_CELL: usize = 4;

/// Takes what no meter gives, and infinities, out of values that already lie on an axis; a Finding says so.
///
/// ```
/// use wattlens::readings::Channel;
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 3, Zone::named("Asia/Shanghai")?)?;
/// let mut kwh = [1.0, 1e300, f64::NAN];
/// let finding = wattlens::ingest::take_out_implausible(&axis, Channel::IMPORT_KWH, &mut kwh).unwrap();
/// assert!(kwh[1].is_nan() && finding.code == "quality.implausible");
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn take_out_implausible(axis: &TimeAxis, channel: Channel, values: &mut [f64]) -> Option<Finding> {
    let most = most(channel.quantity, axis.step_h());
    let mut found: Option<(usize, usize, usize, f64)> = None;
    for (at, value) in values.iter_mut().enumerate().filter(|(_, value)| value.abs() > most) {
        let (first, _, rows, first_value) = found.unwrap_or((at, at, 0, *value));
        found = Some((first, at, rows + 1, first_value));
        *value = f64::NAN;
    }
    let (first, last, rows, value) = found?;
    Some(
        Finding::new("quality.implausible", Severity::Medium)
            .at(axis.instant(first), axis.instant(last + 1))
            .with("channel", channel.name())
            .with("rows", rows)
            .with("start", local_text(axis.zone(), axis.instant(first)))
            .with("value", value.to_string())
            .with("unit", channel.unit()),
    )
}

/// Takes out rows off the grid, with a Finding; `starts` ascends.
pub(super) fn keep_grid(rows: &mut RawRows, starts: &mut Vec<i64>, step_s: i64, zone: &Zone) -> Result<()> {
    match starts.first().copied() {
        Some(first) if starts.iter().any(|start| (start - first) % step_s != 0) => {
            drop_off_grid(rows, starts, step_s, zone)
        }
        _ => Ok(()),
    }
}

/// The axis from the first to the last start on the grid, and over `beside`, the first instant and the last of what
/// else lies on it. Rows that are far fewer than its intervals have a damaged stamp, unless their energy is `spread`.
pub(super) fn axis(
    rows: &RawRows,
    starts: &[i64],
    beside: Option<(i64, i64)>,
    (row_count, spread): (usize, bool),
    step_s: i64,
    zone: &Zone,
) -> Result<TimeAxis> {
    let own = starts.first().copied().zip(starts.last().map(|last| last + step_s));
    let ends = match (own, beside) {
        (Some(own), Some(beside)) => Some((own.0.min(beside.0), own.1.max(beside.1))),
        (own, beside) => own.or(beside),
    };
    let Some((first, end)) = ends else { return Err(crate::ErrorKind::NoReadings.into()) };
    let len = (end - first) / step_s;
    let is_short = spread && len <= SPREAD_MOST;
    let most_per_row = MAX_INTERVALS_PER_ROW * if is_short { SPREAD_TIMES } else { 1 };
    let sparse = len > SPARSE_FROM && len / most_per_row > row_count as i64;
    if len > MAX_INTERVALS || sparse {
        let middle = starts.get(starts.len() / 2).copied().unwrap_or(first);
        let outlier = if middle - first > end - middle { 0 } else { starts.len().saturating_sub(1) };
        let problem = format!(
            "{row_count} rows {step_s} s apart would need {len} intervals from {} to {}; the stamp near {} ({}) is far from the \
             others: is its date damaged?",
            local_text(zone, first),
            local_text(zone, end - step_s),
            local_text(zone, starts.get(outlier).copied().unwrap_or(end)),
            rows.place(outlier),
        );
        return Err(rows.fail(rows.line(outlier).map(|_| outlier), problem));
    }
    check_sparse_columns(rows, row_count, len as usize, step_s)?;
    TimeAxis::new(first, step_s, len as usize, zone.clone())
}

/// Columns in which next to nothing stands are as long as the axis all the same.
fn check_sparse_columns(rows: &RawRows, row_count: usize, len: usize, step_s: i64) -> Result<()> {
    let count = rows.columns.len();
    let values = len.saturating_mul(count);
    if count < 2 || values <= FEW_VALUES || values / MOST_PER_CELL <= row_count.saturating_mul(count) {
        return Ok(());
    }
    let known: usize =
        rows.columns.iter().map(|column| column.values.iter().filter(|value| !value.is_nan()).count()).sum();
    if values / MOST_PER_KNOWN <= known {
        return Ok(());
    }
    let problem = format!(
        "{known} values in {row_count} rows of {count} columns would need {values} values {step_s} s apart: are dates \
         damaged? leave out the columns that are hardly filled, or split the file by time"
    );
    Err(rows.fail(None, problem))
}

fn drop_off_grid(rows: &mut RawRows, starts: &mut Vec<i64>, step_s: i64, zone: &Zone) -> Result<()> {
    let mut phases = Counts::default();
    starts.iter().for_each(|start| phases.add(start.rem_euclid(step_s)));
    let phase = phases.most_frequent(|_| true).unwrap_or(0);
    let on_grid = |start: i64| start.rem_euclid(step_s) == phase;
    let (kept, off): (Vec<usize>, Vec<usize>) = (0..starts.len()).partition(|row| on_grid(starts[*row]));
    let first = off.first().copied().unwrap_or(0);
    let text = local_text(zone, starts[first]);
    if kept.len() <= off.len() {
        let problem = format!(
            "only {} of {} stamps lie on a grid of {step_s} s; expected a regular step (first stamp off it: {text})",
            kept.len(),
            starts.len()
        );
        return Err(rows.fail(Some(first), problem));
    }
    let kwh = rows.import_kwh(off.iter().copied(), step_s);
    let last = off.last().map_or(starts[first], |row| starts[*row]);
    let mut finding = Finding::new("ingest.off_grid", Severity::Medium)
        .at(starts[first], last + step_s)
        .with("rows", off.len())
        .with("step_s", step_s)
        .with("start", text)
        .with("line", rows.line(first))
        .with("kwh", kwh);
    finding.kwh = kwh;
    rows.findings.push(finding);
    rows.select(&kept);
    *starts = kept.iter().map(|row| starts[*row]).collect();
    Ok(())
}

/// The columns as series on the axis, which takes their values; `starts` ascends and lies on it. Findings are left in
/// `rows`.
///
/// Of several rows for one interval the first value that is there is kept. Energy made of samples of power says so;
/// `power` is what the caller says of power.
pub(super) fn series(rows: &mut RawRows, starts: &[i64], axis: &TimeAxis, power: Option<Kind>) -> Vec<Series> {
    let mut differing = BTreeSet::new();
    let mut findings = Vec::new();
    let mut columns = std::mem::take(&mut rows.columns);
    let series: Vec<Series> = columns
        .iter_mut()
        .map(|column| {
            let mut placed = Placed::default();
            let one = placed.column(column, starts, axis, power);
            findings.extend(placed.findings(rows, column, starts, axis));
            differing.extend(placed.differing);
            one
        })
        .collect();
    rows.columns = columns;

    let repeats = || starts.windows(2).enumerate().filter(|(_, pair)| pair[0] == pair[1]).map(|(row, _)| row + 1);
    let equal = || repeats().filter(|row| !differing.contains(row));
    if let Some(first) = equal().next() {
        let start = starts[first];
        let last = equal().next_back().map_or(start, |row| starts[row]);
        rows.findings.push(
            Finding::new("quality.duplicate", Severity::Low)
                .at(start, last + axis.step_s())
                .with("equal", true)
                .with("rows", equal().count())
                .with("start", local_text(axis.zone(), start))
                .with("line", rows.line(first)),
        );
    }
    rows.findings.extend(findings);
    series
}

/// What was odd while one column was placed.
#[derive(Default)]
struct Placed {
    differing: Vec<usize>,
    largest_difference: f64,
    absurd: Vec<usize>,
    absurd_value: f64,
    sampled: bool,
}

impl Placed {
    /// The column's values move into the series.
    fn column(&mut self, column: &mut RawColumn, starts: &[i64], axis: &TimeAxis, power: Option<Kind>) -> Series {
        let (quantity, own) = (column.channel.quantity, column.channel.kind);
        self.sampled = quantity.is_energy() && column.unit.is_power() && power.unwrap_or(own) == Kind::Sample;
        let kind = match power {
            _ if quantity.is_energy() => Kind::Energy,
            Some(kind) if is_power(quantity) => kind,
            _ => own,
        };
        let channel = Channel { kind, ..column.channel };
        let flag = if self.sampled { Flag::Sampled } else { Flag::Measured };
        let factor = column.unit.to_quantity(quantity, axis.step_s()).unwrap_or(f64::NAN) * column.multiplier;
        let raw = std::mem::take(&mut column.values);
        let is_dense = starts.len() == axis.len() && starts.windows(2).all(|pair| pair[0] < pair[1]);
        if is_dense && column.flags.is_none() && !self.sampled {
            return self.dense(channel, raw, factor, axis);
        }
        let most = most(quantity, axis.step_h());
        let mut values = vec![f64::NAN; axis.len()];
        let mut flags = vec![flag; axis.len()];
        // Walking along with the ascending starts spares a division a row.
        let (mut slot, mut slot_start) = (0, axis.start());
        for (row, (start, raw)) in starts.iter().zip(&raw).enumerate() {
            while slot_start < *start {
                slot += 1;
                slot_start += axis.step_s();
            }
            let value = raw * factor;
            if value.is_nan() {
                continue;
            }
            if value.abs() > most {
                self.absurd(row, *raw);
                continue;
            }
            let Some(kept) = values.get_mut(slot) else { continue };
            if kept.is_nan() {
                *kept = value;
                if let Some(given) = column.flags.as_ref().and_then(|given| given.get(row)) {
                    flags[slot] = flag.max(*given);
                }
            } else if *kept != value {
                self.differing.push(row);
                self.largest_difference = self.largest_difference.max((*kept - value).abs());
                flags[slot] = Flag::Ambiguous;
            }
        }
        Series::with_flags(channel, values, flags)
    }

    /// One row an interval: the values stay where they are.
    fn dense(&mut self, channel: Channel, mut values: Vec<f64>, factor: f64, axis: &TimeAxis) -> Series {
        let most = most(channel.quantity, axis.step_h());
        for (row, value) in values.iter_mut().enumerate() {
            let raw = *value;
            *value *= factor;
            if value.abs() > most {
                self.absurd(row, raw);
                *value = f64::NAN;
            }
        }
        Series::new(channel, values)
    }

    fn absurd(&mut self, row: usize, raw: f64) {
        if self.absurd.is_empty() {
            self.absurd_value = raw;
        }
        self.absurd.push(row);
    }

    fn findings(&self, rows: &RawRows, column: &RawColumn, starts: &[i64], axis: &TimeAxis) -> Vec<Finding> {
        let about = |code: &str, at: &[usize]| {
            let (first, last) = (*at.first()?, *at.last()?);
            Some(
                Finding::new(code, Severity::Medium)
                    .at(starts[first], starts[last] + axis.step_s())
                    .with("channel", column.channel.name())
                    .with("column", column.name.clone())
                    .with("rows", at.len())
                    .with("start", local_text(axis.zone(), starts[first]))
                    .with("line", rows.line(first)),
            )
        };
        let duplicate = about("quality.duplicate", &self.differing)
            .map(|finding| finding.with("equal", false).with("largest_difference", self.largest_difference));
        let implausible = about("quality.implausible", &self.absurd).map(|finding| {
            let unit = column.unit.symbol(column.channel.quantity);
            finding.with("value", self.absurd_value.to_string()).with("unit", unit)
        });
        let samples = self.sampled.then(|| {
            Finding::new("ingest.energy_from_samples", Severity::Info)
                .with("channel", column.channel.name())
                .with("column", column.name.clone())
                .with("step_s", axis.step_s())
        });
        [duplicate, implausible, samples].into_iter().flatten().collect()
    }
}

fn is_power(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::ActivePower | Quantity::ReactivePower | Quantity::ApparentPower)
}
