//! The rows of one meter under their headings and data items, registers told from energies.

use std::collections::HashMap;

use super::hour_numbers;
use super::items::Items;
use super::multiplier::Ratios;
use super::period_registers::registers;
use super::preamble::Around;
use super::settle::{Gathered, settle};
use super::wide_meter::multiply;
use super::written_stamps::Seconds;
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::ingest::Stamp;
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::heading::Heading;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::{RawColumn, RawRows, RawTimes, Role, StampHint, wall_text};
use crate::readings::{Channel, Detected, Flag, Period, Sure};
use crate::time::DAY_S;

/// What all meters of the table share.
pub(super) struct Stamped {
    pub around: Around,
    pub options: FileOptions,
    /// What each column of numbers is; `None`: what the row's data item says.
    pub headings: Vec<Option<Heading>>,
    pub names: Vec<String>,
    /// Whether stamps are a date and the number of an hour.
    pub by_hours: bool,
    pub stamp_hint: Option<StampHint>,
    /// The text that says that the numbers are register readings, and whether it stands above the header.
    pub titled: Option<(String, bool)>,
    /// The multipliers of the rows, each as often as it changes.
    pub ratios: Vec<Ratios>,
    /// Columns that nothing is read from.
    pub not_read: Vec<String>,
}

/// The rows of a meter, those of one stamp and different data items put together.
struct Merged {
    /// Where each row belongs; `None`: its hour does not exist.
    of_row: Vec<Option<usize>>,
    /// The first row of each.
    firsts: Vec<usize>,
    stamps: Vec<i64>,
    /// Whether the stamps are instants, UTC seconds.
    are_instants: bool,
    /// Which end of the intervals they name.
    hint: Option<StampHint>,
    /// Hours that their day does not have.
    finding: Option<Finding>,
}

/// One row of the table.
#[derive(Clone, Copy)]
pub(super) struct StampedRow {
    pub meter: usize,
    /// Number of its data item.
    pub item: Option<usize>,
    /// Where it stands among all rows.
    pub at: usize,
    pub hour: u8,
    pub flag: Flag,
    /// Place of its multipliers among [`Stamped::ratios`].
    pub ratios: usize,
}

/// One meter of a table.
pub(super) struct StampedMeter<'a> {
    pub table: &'a Stamped,
    pub items: &'a Items,
    /// Its rows, in the order of the file.
    pub rows: Vec<StampedRow>,
    pub seconds: &'a Seconds,
    /// The numbers of all rows of the table.
    pub values: &'a [f64],
}

impl StampedMeter<'_> {
    /// The rows of the meter of this name.
    pub(super) fn into_raw(self, name: &str) -> Result<RawRows> {
        let table = self.table;
        let file = File { name: &table.around.source_name };
        let Merged { of_row, firsts, stamps, are_instants, hint, finding } = self.merged();
        let mut gathered = self.gather(&of_row, firsts.len());
        let registers = registers(&mut gathered, table);
        let settled = settle(gathered, false, &table.options, &file)?;
        let (stamps, dated) = self.dates_of_registers(stamps, &settled.columns);

        let times = if are_instants { RawTimes::Instants(stamps) } else { RawTimes::WallClock(stamps) };
        let mut raw = RawRows::new(&table.around.source_name, times, settled.columns);
        raw.meter = (!name.is_empty()).then(|| name.to_owned()).or_else(|| table.around.meter.clone());
        raw.lines = Some(firsts.iter().map(|row| self.line(*row)).collect());
        let end = |row: &usize| self.seconds.ends.as_ref()?.get(self.rows.get(*row)?.at).copied();
        raw.ends = firsts.iter().map(end).collect();
        raw.stamp_hint = hint;
        raw.provenance = settled.provenance;
        raw.findings.extend(finding);
        if dated.is_some() {
            let why =
                "a register reading with a date alone is taken at 00:00 of it; pass stamp=\"end\" if read at 24:00";
            raw.provenance.insert("stamp".to_owned(), Detected::new("start", why, Sure::Assumed));
        }
        raw.findings.extend(dated);
        if let Some((detected, finding)) = registers {
            raw.provenance.insert("registers".to_owned(), detected);
            raw.findings.extend(finding);
        }
        if !table.not_read.is_empty() {
            let detected = Detected::new(table.not_read.join(", "), "no meaning is known for them", Sure::Certain);
            raw.provenance.insert("not_read".to_owned(), detected);
        }
        let ratios = |row: usize| {
            let first = firsts.get(row).and_then(|row| self.rows.get(*row));
            first.and_then(|row| table.ratios.get(row.ratios)).copied().unwrap_or_default()
        };
        multiply(
            &mut raw,
            &settled.is_primary,
            &table.around.is_primary,
            table.options.read.multiplier.is_some(),
            ratios,
        );
        Ok(raw)
    }

    fn second(&self, row: &StampedRow) -> i64 {
        self.seconds.seconds.get(row.at).copied().unwrap_or_default()
    }

    fn line(&self, row: usize) -> u64 {
        self.rows.get(row).and_then(|row| self.seconds.lines.get(row.at)).copied().unwrap_or(0)
    }

    /// Puts rows of one stamp together that have different data items.
    fn merged(&self) -> Merged {
        let mut of_row: Vec<Option<usize>> = Vec::with_capacity(self.rows.len());
        let mut firsts: Vec<usize> = Vec::new();
        let mut known: HashMap<(i64, u8, usize), usize> = HashMap::new();
        let mut times: HashMap<(i64, u8, usize), usize> = HashMap::new();
        for (row, stamped) in self.rows.iter().enumerate() {
            let mut new = || {
                firsts.push(row);
                firsts.len() - 1
            };
            of_row.push(Some(match stamped.item {
                None => new(),
                Some(item) => {
                    let second = self.second(stamped);
                    let time = times.entry((second, stamped.hour, item)).or_insert(0);
                    *time += 1;
                    *known.entry((second, stamped.hour, *time)).or_insert_with(new)
                }
            }));
        }
        let stamp = |row: &usize| self.rows.get(*row).map_or((0, 0), |row| (self.second(row), row.hour));
        if self.table.by_hours {
            return self.by_hours(of_row, &firsts, &firsts.iter().map(stamp).collect::<Vec<_>>());
        }
        let at_24 =
            StampHint { stamp: Stamp::End, why: "midnight is written as 24:00".to_owned(), sure: Sure::Certain };
        Merged {
            stamps: firsts.iter().map(|row| stamp(row).0).collect(),
            of_row,
            firsts,
            are_instants: self.seconds.are_instants,
            hint: if self.seconds.has_24 { Some(at_24) } else { self.table.stamp_hint.clone() },
            finding: None,
        }
    }

    /// The same of dates and numbers of hours; hours that their day does not have are left out.
    fn by_hours(&self, of_row: Vec<Option<usize>>, firsts: &[usize], hours: &[(i64, u8)]) -> Merged {
        let given = self.table.options.read.stamp;
        let lines: Vec<u64> = firsts.iter().map(|row| self.line(*row)).collect();
        let placed = hour_numbers::place(hours, &lines, self.table.options.read.zone.as_deref());
        let to_stamp_s = if given == Some(Stamp::End) { 3600 } else { 0 };
        let mut kept = 0;
        let new: Vec<Option<usize>> = placed
            .starts
            .iter()
            .map(|start| {
                kept += usize::from(start.is_some());
                start.map(|_| kept - 1)
            })
            .collect();
        let why = "hour n is the n-th of its day".to_owned();
        Merged {
            of_row: of_row.into_iter().map(|old| new.get(old?).copied().flatten()).collect(),
            firsts: firsts.iter().zip(&placed.starts).filter_map(|(row, start)| start.map(|_| *row)).collect(),
            stamps: placed.starts.iter().flatten().map(|start| start + to_stamp_s).collect(),
            are_instants: placed.are_instants,
            hint: Some(StampHint { stamp: given.unwrap_or(Stamp::Start), why, sure: Sure::Certain }),
            finding: placed.finding,
        }
    }

    /// Register readings that have only a date: at the beginning of it, or at its end where the caller says that stamps are
    /// ends. Which is meant no file says, and the days' energies hang on it.
    fn dates_of_registers(&self, stamps: Vec<i64>, columns: &[RawColumn]) -> (Vec<i64>, Option<Finding>) {
        let is_register = |column: &RawColumn| matches!(column.role, Role::Register(_));
        let are_dates =
            !self.table.by_hours && !self.seconds.are_instants && stamps.iter().all(|stamp| stamp % DAY_S == 0);
        if !are_dates || self.seconds.has_24 || !columns.iter().any(is_register) {
            return (stamps, None);
        }
        match self.table.options.read.stamp {
            Some(Stamp::End) if columns.iter().all(is_register) => {
                (stamps.into_iter().map(|stamp| stamp + DAY_S).collect(), None)
            }
            Some(_) => (stamps, None),
            None => {
                let first = stamps.iter().min().map(|stamp| wall_text(*stamp)).unwrap_or_default();
                let finding = Finding::new("ingest.register_date_assumed", Severity::Low)
                    .with("date", first.get(..10).map(str::to_owned));
                (stamps, Some(finding))
            }
        }
    }

    /// The numbers by heading and data item. An item may have none in some columns, as 反向 has none by period.
    fn gather(&self, of_row: &[Option<usize>], len: usize) -> Vec<Gathered> {
        let mut found: Vec<Gathered> = Vec::new();
        let mut places: HashMap<(Option<usize>, usize), Option<usize>> = HashMap::new();
        let width = self.table.headings.len();
        for (row, at) in self.rows.iter().zip(of_row).filter_map(|(row, at)| Some((row, (*at)?))) {
            for (column, heading) in self.table.headings.iter().enumerate() {
                let value = self.values.get(row.at * width + column).copied().unwrap_or(f64::NAN);
                if value.is_nan() && row.item.is_some() {
                    continue;
                }
                let place = *places.entry((row.item, column)).or_insert_with(|| {
                    let (heading, name) = self.meaning(row.item, column, heading.as_ref())?;
                    // What is there already will be refused: no room for its numbers.
                    let is_new = found.iter().all(|one| one.heading.meaning != heading.meaning);
                    let values = vec![f64::NAN; if is_new { len } else { 0 }];
                    found.push(Gathered { heading, name, values, flags: None });
                    Some(found.len() - 1)
                });
                let Some(gathered) = place.and_then(|place| found.get_mut(place)) else { continue };
                if let Some(slot) = gathered.values.get_mut(at) {
                    *slot = value;
                }
                if row.flag != Flag::Measured {
                    let flags = gathered.flags.get_or_insert_with(|| vec![Flag::Measured; gathered.values.len()]);
                    if let Some(flag) = flags.get_mut(at) {
                        *flag = row.flag;
                    }
                }
            }
        }
        found
    }

    /// What a column is in rows of an item, and its name.
    fn meaning(&self, item: Option<usize>, column: usize, heading: Option<&Heading>) -> Option<(Heading, String)> {
        let name = self.table.names.get(column).cloned().unwrap_or_default();
        let Some((of_item, item_name)) = item.and_then(|item| self.items.item(item)) else {
            return heading.filter(|one| matches!(one.meaning, Meaning::Values(..))).map(|one| (*one, name));
        };
        let Meaning::Values(channel, role) = of_item.meaning else { return None };
        // 示值 or 电量 beside an item is the item's; another channel is its own.
        if let Some(own @ Heading { meaning: Meaning::Values(other, _), .. }) = heading
            && *other != Channel::IMPORT_KWH
        {
            return Some((*own, name));
        }
        let of_period = |role: Role, period: Period| match role {
            Role::Register(_) => Role::Register(period),
            Role::MaximumDemand(_) => Role::MaximumDemand(period),
            Role::MaximumDemandAt(_) => Role::MaximumDemandAt(period),
            Role::Interval if period == Period::Total => Role::Interval,
            Role::Interval | Role::Energy(_) => Role::Energy(period),
        };
        let role = match heading.map(|one| one.meaning) {
            Some(Meaning::Period(period)) => of_period(role, period),
            // 示值 beside 正向有功峰: the peak register.
            Some(Meaning::Values(_, Role::Register(_))) if channel.quantity.is_energy() => match role {
                Role::Energy(period) | Role::Register(period) => Role::Register(period),
                _ => Role::Register(Period::Total),
            },
            _ => role,
        };
        let name = if heading.is_some() { format!("{item_name} {name}") } else { item_name.clone() };
        Some((Heading { meaning: Meaning::Values(channel, role), ..*of_item }, name))
    }
}
