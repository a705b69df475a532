//! Rows that each have a stamp and numbers of any kind: the layouts `quantities` (registers, phases, data items) and
//! `hours` (a date and the number of an hour).

use super::head::Head;
use super::items::{Items, Numbered, Statuses};
use super::keys::{Keys, named};
use super::layout::{Layout, Plan, TakesRows};
use super::preamble::{Around, Preamble};
use super::row::Row;
use super::stamped_meter::{Stamped, StampedMeter, StampedRow};
use super::written_stamps::Stamps;
use crate::error::Result;
use crate::ingest::file::File;
use crate::ingest::file_options::FileOptions;
use crate::ingest::format::RawMeters;
use crate::ingest::header::energy_of;
use crate::ingest::heading::Heading;
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::{Role, Stamp, StampHint};
use crate::ingest::stamp_text::StampText;
use crate::ingest::synonyms::{TABLE, plain};
use crate::readings::{Channel, Detected, Flag, Kind, Sure};

/// A date and the number of an hour: hour 25 of a day in autumn is its last.
pub(super) const HOURS: Layout = Layout { name: "hours", recognise: hours };
/// One row a stamp: register readings, quantities by phase, a data item that says what the number is, a multiplier.
pub(super) const QUANTITIES: Layout = Layout { name: "quantities", recognise: quantities };

/// Where a row's stamp stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Time {
    One(usize),
    /// Date and clock.
    Two(usize, usize),
    /// Date and number of the hour.
    Hour(usize, usize),
}

impl Time {
    fn has(self, at: usize) -> bool {
        match self {
            Self::One(one) => at == one,
            Self::Two(date, other) | Self::Hour(date, other) => at == date || at == other,
        }
    }
}

fn hours(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let keys = Keys::of(head, options)?;
    let means_hour =
        |at: &usize| keys.headings.get(*at).copied().flatten().is_some_and(|one| one.meaning == Meaning::Hour);
    let Some(hour) = (0..head.headers.len()).find(means_hour) else { return Ok(None) };
    let mut cells = head.column(hour).filter(|cell| !cell.is_empty()).peekable();
    if cells.peek().is_none() || !cells.all(|cell| cell.parse::<u8>().is_ok_and(|hour| hour <= 25)) {
        return Ok(None);
    }
    let Some(date) = keys.date(head, options)?.filter(|date| *date != hour) else { return Ok(None) };
    let why = format!("the column {:?} numbers the hours of a day", head.headers.get(hour).map_or("", String::as_str));
    plan(head, options, keys, Time::Hour(date, hour), why)
}

fn quantities(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let keys = Keys::of(head, options)?;
    let Some(time) = time(head, options, &keys)? else { return Ok(None) };
    let preamble = Preamble::of(head, &keys.synonyms);
    let Some(why) = why(head, &keys, &preamble, options) else { return Ok(None) };
    plan(head, options, keys, time, why)
}

/// What makes a table one of quantities, not one of plain energies.
fn why(head: &Head, keys: &Keys, preamble: &Preamble, options: &FileOptions) -> Option<String> {
    let name = |at: usize| head.headers.get(at).cloned().unwrap_or_default();
    let item = keys.quantity.filter(|at| {
        head.column(*at)
            .any(|cell| keys.synonyms.heading(cell).is_some_and(|one| matches!(one.meaning, Meaning::Values(..))))
    });
    if let Some(at) = item {
        return Some(format!("the column {:?} says what each number is", name(at)));
    }
    // Energy and power of one direction are no plain energies either.
    let mut seen: Vec<(Channel, Channel)> = Vec::new();
    let mut is_special = |one: &Option<Heading>| match one.as_ref().map(|one| one.meaning) {
        Some(Meaning::Values(channel, Role::Interval)) => {
            let Some(energy) = energy_of(channel).filter(|one| one.kind == Kind::Energy) else { return true };
            let other = seen.iter().any(|(known, of)| *known == energy && *of != channel);
            seen.push((energy, channel));
            other
        }
        Some(Meaning::Values(..)) => true,
        _ => false,
    };
    let special = keys.headings.iter().position(&mut is_special);
    let has_values = keys.headings.iter().flatten().any(|one| matches!(one.meaning, Meaning::Values(..)))
        || !options.columns.is_empty();
    if let Some(at) = special {
        return Some(format!("the column {:?} is no plain energy", name(at)));
    }
    if let Some(at) = keys.multiplier.or(keys.current_ratio).or(keys.voltage_ratio).filter(|_| has_values) {
        return Some(format!("the column {:?} is a multiplier", name(at)));
    }
    let in_preamble = [Meaning::Multiplier, Meaning::CurrentRatio, Meaning::VoltageRatio];
    if in_preamble.iter().any(|meaning| preamble.text(*meaning).is_some()) && has_values {
        return Some("a multiplier stands above the header".to_owned());
    }
    let is_status = |at: &usize| {
        let mut cells = head.column(*at).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| TABLE.status(cell).is_some())
    };
    let status = keys.status.filter(is_status).filter(|_| has_values)?;
    Some(format!("the column {:?} says how each value came to be", name(status)))
}

fn time(head: &Head, options: &FileOptions, keys: &Keys) -> Result<Option<Time>> {
    if let Some(name) = &options.time {
        return Ok(Some(Time::One(named(head, name, "time")?)));
    }
    if let (Some(date), Some(clock)) = (&options.date, &options.clock) {
        return Ok(Some(Time::Two(named(head, date, "date")?, named(head, clock, "clock")?)));
    }
    let find = |wanted: Meaning| {
        let all = keys.headings.iter().enumerate().filter_map(|(at, one)| Some((at, (*one)?)));
        all.filter(|(_, one)| one.meaning == wanted).min_by_key(|(at, one)| (one.rank, *at)).map(|(at, _)| at)
    };
    let whole = [Some(Stamp::Start), None, Some(Stamp::End)].into_iter().find_map(|stamp| find(Meaning::Time(stamp)));
    if let Some(at) = whole {
        return Ok(Some(Time::One(at)));
    }
    let is_date = |at: usize| {
        head.column(at).find(|cell| !cell.is_empty()).is_some_and(|cell| StampText::parse(cell.as_bytes()).is_some())
    };
    let date = find(Meaning::Date).filter(|at| is_date(*at));
    Ok(match (date, find(Meaning::Clock)) {
        (Some(date), Some(clock)) if !is_date(clock) => Some(Time::Two(date, clock)),
        (_, Some(clock)) if is_date(clock) => Some(Time::One(clock)),
        (date, _) => date.map(Time::One),
    })
}

fn plan(head: &Head, options: &FileOptions, keys: Keys, time: Time, why: String) -> Result<Option<Plan>> {
    let name = |at: usize| head.headers.get(at).cloned().unwrap_or_default();
    let mut numbers = Vec::new();
    for (at, header) in head.headers.iter().enumerate().filter(|(at, _)| !time.has(*at)) {
        let given = options.columns.iter().find(|(_, column)| column.trim() == header);
        let heading = match given {
            Some((channel, _)) => {
                let word = Meaning::from_word(channel).map_err(|problem| head.fail(None, Some(header), problem))?;
                let unit = keys.headings.get(at).copied().flatten();
                Some(Heading {
                    meaning: word,
                    ..unit.unwrap_or(Heading {
                        meaning: word,
                        unit: word.usual_unit(),
                        says_unit: false,
                        is_primary: None,
                        rank: 0,
                    })
                })
            }
            None => keys.headings.get(at).copied().flatten(),
        };
        // Beside a data item a column 数值 is what the item says.
        let is_bare = keys.quantity.is_some() && TABLE.parts(&plain(header)).is_some_and(|parts| parts.is_empty());
        match heading.map(|one| one.meaning) {
            Some(Meaning::Values(..) | Meaning::Period(_)) => numbers.push((at, heading)),
            None if is_bare || (keys.quantity.is_some() && TABLE.is_value(header)) => numbers.push((at, None)),
            _ => {}
        }
    }
    if numbers.is_empty() {
        return Ok(None);
    }
    let used = |at: usize| {
        let keys = [
            keys.meter,
            keys.quantity,
            keys.unit,
            keys.status,
            keys.multiplier,
            keys.current_ratio,
            keys.voltage_ratio,
        ];
        time.has(at) || keys.contains(&Some(at)) || numbers.iter().any(|(number, _)| *number == at)
    };
    let left: Vec<String> =
        (0..head.headers.len()).filter(|at| !used(*at)).map(name).filter(|name| !name.is_empty()).collect();
    let (time_name, stamp_hint) = match time {
        Time::One(at) => {
            let hint = match keys.headings.get(at).copied().flatten().map(|one| one.meaning) {
                Some(Meaning::Time(Some(stamp))) => {
                    let why = format!("the column is named {:?}", name(at));
                    Some(StampHint { stamp, why, sure: Sure::Certain })
                }
                _ => None,
            };
            (name(at), hint)
        }
        Time::Two(date, other) | Time::Hour(date, other) => (format!("{}, {}", name(date), name(other)), None),
    };
    let preamble = Preamble::of(head, &keys.synonyms);
    let titled = preamble.is_of_registers().map(|(text, is_title)| (text.to_owned(), is_title));
    let names = numbers.iter().map(|(at, _)| name(*at)).collect();
    let rows = StampedRows {
        decimal: head.decimal,
        time,
        items: Items::default(),
        meters: Numbered::default(),
        stamps: Stamps::new(time_name, options.date_order),
        statuses: Statuses::default(),
        table: Stamped {
            around: Around::of(head, &preamble),
            options: options.clone(),
            headings: numbers.iter().map(|(_, heading)| *heading).collect(),
            names,
            by_hours: matches!(time, Time::Hour(..)),
            stamp_hint,
            titled,
            not_read: left,
        },
        columns: numbers.into_iter().map(|(at, _)| at).collect(),
        keys,
        rows: Vec::new(),
        values: Vec::new(),
        demand_times: Vec::new(),
        both: Vec::new(),
    };
    Ok(Some(Plan { why, sure: Sure::Certain, rows: Box::new(rows) }))
}

/// Rows read so far.
struct StampedRows {
    table: Stamped,
    keys: Keys,
    time: Time,
    /// Where the numbers stand.
    columns: Vec<usize>,
    decimal: u8,
    items: Items,
    meters: Numbered,
    stamps: Stamps,
    statuses: Statuses,
    rows: Vec<StampedRow>,
    /// The numbers of all rows, one after the other.
    values: Vec<f64>,
    /// When maximum demands occurred: place among the values, and the stamp.
    demand_times: Vec<(usize, StampText)>,
    both: Vec<u8>,
}

impl StampedRows {
    /// Whether a column holds times of maximum demands.
    fn is_time(&self, number: usize) -> bool {
        let heading = self.table.headings.get(number).copied().flatten();
        heading.is_some_and(|one| matches!(one.meaning, Meaning::Values(_, Role::MaximumDemandAt(_))))
    }

    fn numbers(&mut self, file: &File, row: &Row) -> Result<()> {
        for (number, at) in self.columns.iter().enumerate() {
            let cell = row.cell(*at);
            let fail = |expected: &str| {
                let text: String = String::from_utf8_lossy(cell).chars().take(40).collect();
                let name = self.table.names.get(number).map(String::as_str);
                file.fail(Some(row.line), name, format!("{text:?} found, expected {expected}"))
            };
            let value = if self.is_time(number) {
                if let Some(stamp) = StampText::parse(cell) {
                    self.demand_times.push((self.values.len(), stamp));
                } else if !crate::ingest::number::is_missing(cell) {
                    return Err(fail("a date and time such as 2024-01-31 13:45"));
                }
                f64::NAN
            } else {
                super::number_of(cell, self.decimal).ok_or_else(|| fail("a number such as 1234.5"))?
            };
            self.values.push(value);
        }
        Ok(())
    }
}

impl TakesRows for StampedRows {
    fn row(&mut self, row: &Row) -> Result<()> {
        let source_name = self.table.around.source_name.clone();
        let file = File { name: &source_name };
        let mut hour = 0;
        let text = match self.time {
            Time::One(at) => row.cell(at),
            Time::Two(date, clock) => {
                self.both.clear();
                self.both.extend_from_slice(row.cell(date));
                self.both.push(b' ');
                self.both.extend_from_slice(row.cell(clock));
                &self.both
            }
            Time::Hour(date, at) => {
                let text = String::from_utf8_lossy(row.cell(at));
                hour = text.parse::<u8>().ok().filter(|hour| *hour <= 25).ok_or_else(|| {
                    let problem = format!("{text:?} found, expected the number of an hour, 0 to 25");
                    file.fail(Some(row.line), Some(self.stamps.column()), problem)
                })?;
                row.cell(date)
            }
        };
        let Some(stamp) = self.stamps.read(&file, row.line, text)? else { return Ok(()) };
        let (before, times_before) = (self.values.len(), self.demand_times.len());
        if let Err(error) = self.numbers(&file, row) {
            self.values.truncate(before);
            self.demand_times.truncate(times_before);
            return Err(error);
        }
        let cell = |at: Option<usize>| at.map_or(&[][..], |at| row.cell(at));
        let item = match self.keys.quantity {
            None => Some(None),
            Some(at) => self.items.number(&self.keys.synonyms, row.cell(at), cell(self.keys.unit), row.line).map(Some),
        };
        let Some(item) = item else {
            self.values.truncate(before);
            self.demand_times.truncate(times_before);
            return Ok(());
        };
        let meter = self.meters.number(cell(self.keys.meter));
        let flag = self.keys.status.map_or(Flag::Measured, |at| self.statuses.flag(row.cell(at), row.line));
        let ratios = self.keys.ratios(row).or(self.table.around.ratios);
        self.rows.push(StampedRow { meter, item, at: self.rows.len(), hour, flag, ratios });
        self.stamps.push(row.line, stamp);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<RawMeters<'static>> {
        let Self { table, items, meters, stamps, rows, mut values, statuses, demand_times, .. } = *self;
        let file = File { name: &table.around.source_name };
        let not_read = items.not_read();
        if rows.is_empty() {
            let problem = match &not_read {
                Some(finding) => format!(
                    "none of the data items is known: {}; pass synonyms={{\"…\": \"import_kwh\"}} with what they are",
                    finding.evidence.get("items").and_then(|items| items.as_str()).unwrap_or_default()
                ),
                None => "no row has a stamp; expected a date and time in each".to_owned(),
            };
            return Err(file.fail(None, None, problem));
        }
        let seconds = stamps.seconds(&file)?;
        for (at, stamp) in demand_times {
            if let Some(value) = values.get_mut(at) {
                *value = stamp.seconds(seconds.order).map_or(f64::NAN, |second| second as f64);
            }
        }
        let lines = stamps.lines().to_vec();
        let time_column = Detected::new(stamps.column(), "by its name", Sure::Certain);
        let mut findings: Vec<_> = not_read.into_iter().chain(statuses.not_known()).collect();
        let mut of_meter: Vec<Vec<StampedRow>> = meters.names().iter().map(|_| Vec::new()).collect();
        for row in rows {
            if let Some(rows) = of_meter.get_mut(row.meter) {
                rows.push(row);
            }
        }
        let names = meters.names().to_vec();
        Ok(Box::new(of_meter.into_iter().zip(names).map(move |(rows, name)| {
            let meter =
                StampedMeter { table: &table, items: &items, rows, seconds: &seconds, lines: &lines, values: &values };
            let mut raw = meter.into_raw(&name)?;
            raw.findings.append(&mut findings);
            raw.provenance.insert("time_column".to_owned(), time_column.clone());
            raw.provenance.insert("date_style".to_owned(), seconds.date_style.clone());
            Ok(raw)
        })))
    }
}
