//! The rows of one meter under their headings and data items, registers told from energies.

use std::collections::HashMap;

use super::hour_numbers;
use super::items::Items;
use super::multiplier::Ratios;
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
    /// Columns that nothing is read from.
    pub not_read: Vec<String>,
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
    pub ratios: Ratios,
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
        let (rows, stamps, finding, are_instants, hint) = self.times();
        let mut gathered = self.gather(&rows);
        let registers = registers(&mut gathered, table);
        let settled = settle(gathered, false, &table.options, &file)?;
        let (stamps, dated) = self.dates_of_registers(stamps, &settled.columns);

        let times = if are_instants { RawTimes::Instants(stamps) } else { RawTimes::WallClock(stamps) };
        let mut raw = RawRows::new(&table.around.source_name, times, settled.columns);
        raw.meter = (!name.is_empty()).then(|| name.to_owned()).or_else(|| table.around.meter.clone());
        let first = |group: &Vec<StampedRow>| group.first().copied();
        raw.lines = Some(
            rows.iter()
                .map(|group| first(group).and_then(|row| self.seconds.lines.get(row.at)).copied().unwrap_or(0))
                .collect(),
        );
        let end = |group: &Vec<StampedRow>| self.seconds.ends.as_ref()?.get(first(group)?.at).copied();
        raw.ends = rows.iter().map(end).collect();
        raw.stamp_hint = hint;
        raw.provenance = settled.provenance;
        raw.findings.extend(finding);
        raw.findings.extend(dated);
        if let Some((detected, finding)) = registers {
            raw.provenance.insert("registers".to_owned(), detected);
            raw.findings.extend(finding);
        }
        if !table.not_read.is_empty() {
            let detected = Detected::new(table.not_read.join(", "), "no meaning is known for them", Sure::Certain);
            raw.provenance.insert("not_read".to_owned(), detected);
        }
        let ratios = |row: usize| rows.get(row).and_then(first).map_or(Ratios::default(), |row| row.ratios);
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

    /// Rows of one stamp, each with another data item, belong together; the stamps of the groups; a Finding for hours
    /// that their day does not have; whether the stamps are instants; which end of the intervals they name.
    #[allow(clippy::type_complexity)]
    fn times(&self) -> (Vec<Vec<StampedRow>>, Vec<i64>, Option<Finding>, bool, Option<StampHint>) {
        let mut groups: Vec<Vec<StampedRow>> = Vec::new();
        let mut known: HashMap<(i64, u8, usize), usize> = HashMap::new();
        let mut times: HashMap<(i64, u8, Option<usize>), usize> = HashMap::new();
        for row in &self.rows {
            if row.item.is_none() {
                groups.push(vec![*row]);
                continue;
            }
            let second = self.second(row);
            let time = times.entry((second, row.hour, row.item)).or_insert(0);
            let at = *known.entry((second, row.hour, *time)).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            *time += 1;
            if let Some(group) = groups.get_mut(at) {
                group.push(*row);
            }
        }
        let stamp = |group: &Vec<StampedRow>| group.first().map_or((0, 0), |row| (self.second(row), row.hour));
        let given = self.table.options.read.stamp;
        if self.table.by_hours {
            let hours: Vec<(i64, u8)> = groups.iter().map(stamp).collect();
            let lines: Vec<u64> = groups
                .iter()
                .map(|group| group.first().and_then(|row| self.seconds.lines.get(row.at)).copied().unwrap_or(0))
                .collect();
            let placed = hour_numbers::place(&hours, &lines, self.table.options.read.zone.as_deref());
            let to_stamp_s = if given == Some(Stamp::End) { 3600 } else { 0 };
            let (groups, stamps): (Vec<_>, Vec<_>) = groups
                .into_iter()
                .zip(placed.starts)
                .filter_map(|(group, start)| Some((group, start? + to_stamp_s)))
                .unzip();
            let why = "hour n is the n-th of its day".to_owned();
            let hint = StampHint { stamp: given.unwrap_or(Stamp::Start), why, sure: Sure::Certain };
            return (groups, stamps, placed.finding, placed.are_instants, Some(hint));
        }
        let stamps = groups.iter().map(|group| stamp(group).0).collect();
        let at_24 =
            StampHint { stamp: Stamp::End, why: "midnight is written as 24:00".to_owned(), sure: Sure::Certain };
        let hint = if self.seconds.has_24 { Some(at_24) } else { self.table.stamp_hint.clone() };
        (groups, stamps, None, self.seconds.are_instants, hint)
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

    /// The numbers by heading and data item.
    fn gather(&self, groups: &[Vec<StampedRow>]) -> Vec<Gathered> {
        let mut found: Vec<Gathered> = Vec::new();
        let mut places: HashMap<(Option<usize>, usize), Option<usize>> = HashMap::new();
        let width = self.table.headings.len();
        for (at, group) in groups.iter().enumerate() {
            for row in group {
                for (column, heading) in self.table.headings.iter().enumerate() {
                    let place = *places.entry((row.item, column)).or_insert_with(|| {
                        let (heading, name) = self.meaning(row.item, column, heading.as_ref())?;
                        let values = vec![f64::NAN; groups.len()];
                        found.push(Gathered { heading, name, values, flags: None });
                        Some(found.len() - 1)
                    });
                    let Some(gathered) = place.and_then(|place| found.get_mut(place)) else { continue };
                    let value = self.values.get(row.at * width + column).copied().unwrap_or(f64::NAN);
                    if let Some(slot) = gathered.values.get_mut(at) {
                        *slot = value;
                    }
                    if row.flag != Flag::Measured {
                        let flags = gathered.flags.get_or_insert_with(|| vec![Flag::Measured; groups.len()]);
                        if let Some(flag) = flags.get_mut(at) {
                            *flag = row.flag;
                        }
                    }
                }
            }
        }
        // An item may have no number in some columns, as 反向 has none by period.
        let has_items = self.rows.iter().any(|row| row.item.is_some());
        found.retain(|one| !has_items || one.values.iter().any(|value| value.is_finite()));
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

/// Fewer readings cannot show that a column never decreases by nature.
const FEWEST: usize = 3;
/// A register stands at more than so many times its mean increase.
const TIMES_INCREASE: f64 = 20.0;

/// Decides whether energies by tariff period, and the totals beside them, are register readings: as the caller or a title
/// says, else where all of them stand high and never decrease. A table without energies by period is the trunk's.
fn registers(gathered: &mut [Gathered], table: &Stamped) -> Option<(Detected, Option<Finding>)> {
    let role = |one: &Gathered| match one.heading.meaning {
        Meaning::Values(channel, role)
            if channel.quantity.is_energy() && !one.heading.unit.is_some_and(|unit| unit.is_power()) =>
        {
            Some(role)
        }
        _ => None,
    };
    let is_open = |one: &Gathered| matches!(role(one), Some(Role::Interval | Role::Energy(_)));
    let by_period = gathered.iter().any(|one| matches!(role(one), Some(Role::Energy(_))));
    let open = || gathered.iter().filter(|one| is_open(one));
    let names = open().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
    if names.is_empty() || !(by_period || table.titled.is_some()) {
        return None;
    }
    let says_energy = open().any(|one| one.name.contains("电量"));
    let (are, why, sure) = match (table.options.read.registers, &table.titled) {
        (Some(given), _) => (given, "given".to_owned(), Sure::Given),
        _ if says_energy => (false, "the names say 电量".to_owned(), Sure::Certain),
        (None, Some((title, true))) => (true, format!("{title:?} stands above the header"), Sure::Certain),
        (None, by_name) => match looks(open()) {
            Some(true) => (true, "they never decrease and stand far above their increases".to_owned(), Sure::Likely),
            Some(false) => (false, "they decrease".to_owned(), Sure::Likely),
            None if by_name.is_some() => (true, "the name of the file says so".to_owned(), Sure::Likely),
            None => (false, "assumed: too few rows to tell; pass registers=True if they are".to_owned(), Sure::Assumed),
        },
    };
    let finding = (sure == Sure::Assumed)
        .then(|| Finding::new("ingest.registers_unclear", Severity::Medium).with("columns", names.clone()));
    if !are {
        return Some((Detected::new("none", why, sure), finding));
    }
    for one in gathered.iter_mut().filter(|one| is_open(one)) {
        if let Meaning::Values(channel, role) = one.heading.meaning {
            let period = if let Role::Energy(period) = role { period } else { Period::Total };
            one.heading.meaning = Meaning::Values(channel, Role::Register(period));
        }
    }
    Some((Detected::new(names, why, sure), finding))
}

/// Whether columns look like registers; `None` where they are too short.
fn looks<'a>(mut columns: impl Iterator<Item = &'a Gathered>) -> Option<bool> {
    let mut any = None;
    let all = columns.all(|one| {
        let known: Vec<f64> = one.values.iter().copied().filter(|value| value.is_finite()).collect();
        if known.len() < FEWEST {
            return true;
        }
        any = Some(());
        // Rows may descend in time.
        let (rises, falls) = (known.is_sorted(), known.is_sorted_by(|a, b| a >= b));
        let (low, high) =
            known.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
        let increase = (high - low) / (known.len() - 1) as f64;
        (rises || falls) && low >= TIMES_INCREASE * increase
    });
    any.map(|()| all)
}
