//! NEM12: days of interval values of Australian meters (AEMO, Meter Data File Format).
//!
//! A 200 record opens a channel (NMI, suffix, unit, interval length), each 300 record is a day of it with the day's
//! quality, and 400 records give ranges of the day another quality. Values stand by their position in the day, in
//! market time.
//!
//! - E, F and S are the source's estimates (`ingest.substituted`), N is missing whatever its number.
//! - The digit of a suffix numbers the registers of a connection point. Where one letter has several (E1, E2), the
//!   digits become meters of their own: `NMI-1`, `NMI-2`; else all channels are the meter `NMI`.
//! - Channels of another interval length become readings of their own, `NMI 10 min`.
//! - Of a day that is given twice, the record with the later update time is kept, the later record where the times are
//!   equal or absent (`ingest.repeated_day`).
//! - A record that makes no sense is left out with its day (`ingest.invalid_record`); a channel that is neither
//!   energy nor voltage, or has a unit that does not fit, is left out (`ingest.unread_channel`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::format::Format;
use super::meter_values::{ChannelValues, Convention, MeterRows, MeterValues, Methods, Value};
use super::nem_record::{Quality, channel, fields, first_fields, lines, market_day, market_zone, number};
use super::notes::Notes;
use super::raw::{Role, Unit};
use super::source::Source;
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Flag, Quantity, Sure};
use crate::time::{DAY_S, instant_text};

pub(super) const FORMAT: Format = Format {
    name: "nem12",
    looks_like: |head| {
        let fields = first_fields(head);
        let field = |at: usize| fields.get(at).map_or("", String::as_str);
        let is_header = field(0) == "100" && field(1).eq_ignore_ascii_case("NEM12");
        let is_channel = field(0) == "200" && matches!(field(8), "5" | "10" | "15" | "30");
        match (is_header, is_channel) {
            (true, _) => Some("the header record says NEM12".to_owned()),
            (_, true) => Some("the first record is one of NEM12, without header".to_owned()),
            _ => None,
        }
    },
    read: |source, _| {
        let bytes = source.rest()?;
        let file = File::read(&bytes, source)?;
        let names = file.notes.unread_names();
        let problem = match (names.is_empty(), file.notes.first_reason()) {
            (false, _) => format!("no channel is energy or voltage in a unit that fits; found {names}"),
            (true, Some((reason, line))) => {
                format!("no day (300 record) can be read; the first problem is {reason} in line {line}")
            }
            (true, None) => "there is no day (300 record); expected one at least".to_owned(),
        };
        let nothing = source.fail(None, None, problem);
        let convention = Convention {
            source_name: source.name().to_owned(),
            place: "line",
            stamp_why: "values stand by their position in the day, the first at 00:00",
            zone_hint: Some(market_zone()),
        };
        let findings = file.notes.into_findings(None, convention.place);
        Ok(Box::new(MeterRows::new(meters(file.streams), findings, convention, nothing)))
    },
};

/// Stands for the method where the day says V and no range has said more.
const UNKNOWN: u16 = u16::MAX;

/// One channel of one connection point with one interval length.
struct Stream {
    nmi: String,
    suffix: String,
    channel: Channel,
    unit: Unit,
    step_s: i64,
    days: Vec<Day>,
    notes: Notes,
    methods: Methods,
}

/// One 300 record.
struct Day {
    start: i64,
    line: u64,
    /// As the record writes it; texts of equal length order as times do.
    updated: String,
    values: Vec<f64>,
    /// Flag and method of each value where they differ within the day, else of all.
    qualities: Vec<(Flag, u16)>,
}

#[derive(Default)]
struct File {
    streams: Vec<Stream>,
    notes: Notes,
}

/// Where the record before has led to.
enum At {
    /// No channel is open.
    Nowhere,
    /// A channel that cannot be read, with its name and unit.
    Unread(String, String),
    Stream(usize),
}

impl File {
    fn read(bytes: &[u8], source: &Source<'_>) -> Result<Self> {
        let mut file = Self::default();
        let mut known: HashMap<(String, String, i64), usize> = HashMap::new();
        let mut at = At::Nowhere;
        // Whether the record before was a day that ranges of quality may follow.
        let mut is_in_day = false;
        let mut has_end = false;
        let mut last_line = 0;
        for line in lines(bytes, source) {
            let (line, text) = match line {
                Ok(line) => line,
                Err(error) => {
                    source.put_off(error)?;
                    break;
                }
            };
            let mut record = Vec::new();
            fields(&text, &mut record);
            let field = |at: usize| record.get(at).copied().unwrap_or("");
            last_line = line;
            match field(0) {
                "100" if field(1).eq_ignore_ascii_case("NEM12") => at = At::Nowhere,
                "100" => {
                    let problem =
                        format!("version {:?} found, expected NEM12; a NEM13 file has format=\"nem13\"", field(1));
                    return Err(source.fail(Some(line), None, problem));
                }
                "200" => {
                    is_in_day = false;
                    at = file.open(&record, line, &mut known);
                }
                "300" => {
                    is_in_day = false;
                    match &at {
                        At::Nowhere => file.notes.invalid("no_channel_open", line, 1),
                        At::Unread(name, unit) => {
                            let count = record.len().saturating_sub(7).max(1);
                            file.notes.unread(name, Some(unit), line, count);
                        }
                        At::Stream(stream) => {
                            if let Some(stream) = file.streams.get_mut(*stream) {
                                is_in_day = stream.add_day(&record, line);
                            }
                        }
                    }
                }
                "400" => match &at {
                    At::Stream(stream) if is_in_day => {
                        if let Some(stream) = file.streams.get_mut(*stream) {
                            stream.add_range(&record, line);
                        }
                    }
                    At::Unread(..) => (),
                    _ => file.notes.invalid("range_without_day", line, 0),
                },
                "500" => (),
                "900" => {
                    has_end = true;
                    at = At::Nowhere;
                }
                _ => file.notes.invalid("unknown_record", line, 0),
            }
        }
        if !has_end && !source.is_cut() {
            file.notes.invalid("no_end_record", last_line, 0);
        }
        Ok(file)
    }

    /// The channel that a 200 record opens.
    fn open(&mut self, record: &[&str], line: u64, known: &mut HashMap<(String, String, i64), usize>) -> At {
        let field = |at: usize| record.get(at).copied().unwrap_or("");
        let (nmi, suffix, unit_field) = (field(1), field(4), field(7));
        if nmi.is_empty() {
            self.notes.invalid("no_meter", line, 0);
            return At::Nowhere;
        }
        let minutes = field(8).parse::<i64>().ok().filter(|minutes| (1..1440).contains(minutes) && 1440 % minutes == 0);
        let Some(minutes) = minutes else {
            self.notes.invalid("interval_length", line, 0);
            return At::Nowhere;
        };
        let Some((channel, unit)) = channel(suffix, unit_field) else {
            return At::Unread(suffix.to_owned(), unit_field.to_owned());
        };
        let key = (nmi.to_owned(), suffix.to_owned(), minutes);
        if let Some(stream) = known.get(&key) {
            let same = self.streams.get(*stream).is_some_and(|stream| stream.unit == unit);
            // The same channel in another unit would need its own column.
            return if same { At::Stream(*stream) } else { At::Unread(suffix.to_owned(), unit_field.to_owned()) };
        }
        known.insert(key, self.streams.len());
        self.streams.push(Stream {
            nmi: nmi.to_owned(),
            suffix: suffix.to_owned(),
            channel,
            unit,
            step_s: minutes * 60,
            days: Vec::new(),
            notes: Notes::default(),
            methods: Methods::default(),
        });
        At::Stream(self.streams.len() - 1)
    }
}

impl Stream {
    fn slots(&self) -> usize {
        usize::try_from(DAY_S / self.step_s).unwrap_or(0)
    }

    /// Takes in a 300 record; whether it could be read.
    fn add_day(&mut self, record: &[&str], line: u64) -> bool {
        let slots = self.slots();
        let field = |at: usize| record.get(at).copied().unwrap_or("");
        let Some(start) = market_day(field(1)) else {
            self.notes.invalid("bad_date", line, slots);
            return false;
        };
        let Some(cells) = record.get(2..2 + slots) else {
            self.notes.invalid("too_few_values", line, slots);
            return false;
        };
        let method = field(2 + slots);
        if method.parse::<f64>().is_ok() {
            self.notes.invalid("too_many_values", line, slots);
            return false;
        }
        if cells.iter().any(|cell| Quality::of(cell).is_some()) {
            self.notes.invalid("too_few_values", line, slots);
            return false;
        }
        let values = cells.iter().map(|cell| match number(cell) {
            Some(value) => value,
            None => {
                self.notes.invalid("not_a_number", line, 1);
                f64::NAN
            }
        });
        let values = values.collect();
        let quality = Quality::of(method).unwrap_or_else(|| {
            self.notes.invalid("bad_quality", line, 0);
            Quality::Actual
        });
        let number = match quality {
            Quality::Substituted => self.methods.number(method),
            Quality::Variable => UNKNOWN,
            _ => 0,
        };
        let qualities = vec![(quality.flag(), number)];
        let updated = field(2 + slots + 3).to_owned();
        self.days.push(Day { start, line, updated, values, qualities });
        true
    }

    /// Takes in a 400 record: the quality of intervals `from` to `to` of the day, counted from 1.
    fn add_range(&mut self, record: &[&str], line: u64) {
        let slots = self.slots();
        let field = |at: usize| record.get(at).copied().unwrap_or("");
        let slot = |text: &str| text.parse::<usize>().ok().filter(|slot| (1..=slots).contains(slot));
        let range = (slot(field(1)), slot(field(2)));
        let ((Some(from), Some(to)), Some(quality)) = (range, Quality::of(field(3))) else {
            return self.notes.invalid("quality_range", line, 0);
        };
        if from > to || quality == Quality::Variable {
            return self.notes.invalid("quality_range", line, 0);
        }
        let number = if quality == Quality::Substituted { self.methods.number(field(3)) } else { 0 };
        let Some(day) = self.days.last_mut() else { return };
        if day.qualities.len() < slots {
            let all = day.qualities.first().copied().unwrap_or_default();
            day.qualities = vec![all; slots];
        }
        let Some(part) = day.qualities.get_mut(from - 1..to) else { return };
        part.fill((quality.flag(), number));
    }

    /// Keeps one record a day, and says which.
    fn drop_repeated_days(&mut self) -> Option<Finding> {
        let mut kept: HashMap<i64, usize> = HashMap::new();
        let mut dropped: Vec<(usize, usize)> = Vec::new();
        for (at, day) in self.days.iter().enumerate() {
            match kept.get(&day.start).copied() {
                Some(other) if self.days.get(other).is_some_and(|other| other.updated > day.updated) => {
                    dropped.push((at, other));
                }
                Some(other) => {
                    dropped.push((other, at));
                    kept.insert(day.start, at);
                }
                None => {
                    kept.insert(day.start, at);
                }
            }
        }
        let (first, winner) = dropped.first().copied()?;
        let (first, winner) = (self.days.get(first)?, self.days.get(winner)?);
        let (start, step_s) = (first.start, DAY_S);
        let finding = Finding::new("ingest.repeated_day", Severity::Low)
            .at(start, start + step_s)
            .with("name", self.suffix.clone())
            .with("days", dropped.len())
            .with("date", instant_text(start + 36_000).get(..10))
            .with("line", first.line)
            .with("kept_line", winner.line);
        let mut gone = vec![false; self.days.len()];
        dropped.iter().for_each(|(at, _)| gone[*at] = true);
        let mut gone = gone.into_iter();
        self.days.retain(|_| !gone.next().unwrap_or(false));
        Some(finding)
    }

    fn into_channel(mut self, meter: &mut MeterValues) {
        meter.findings.extend(self.drop_repeated_days());
        for day in self.days.iter().filter(|day| day.qualities.iter().any(|(_, method)| *method == UNKNOWN)) {
            self.notes.invalid("quality_unknown", day.line, 0);
        }
        let mut values = Vec::with_capacity(self.days.len() * self.slots());
        for day in &self.days {
            let all = day.qualities.first().copied().unwrap_or_default();
            for (slot, value) in (0..).zip(&day.values) {
                let (flag, own) =
                    usize::try_from(slot).ok().and_then(|slot| day.qualities.get(slot)).copied().unwrap_or(all);
                let method = match own {
                    0 | UNKNOWN => 0,
                    own => meter.methods.number(self.methods.text(own)),
                };
                values.push(Value {
                    start: day.start + slot * self.step_s,
                    length_s: u32::try_from(self.step_s).unwrap_or(0),
                    value: if flag == Flag::Missing { f64::NAN } else { *value },
                    flag,
                    method,
                    line: u32::try_from(day.line).unwrap_or(u32::MAX),
                });
            }
        }
        let is_bare = self.channel.quantity == Quantity::Voltage;
        let unit_why = if is_bare { "a voltage (recalled)" } else { "the unit of the 200 record" };
        meter.notes.append(self.notes);
        if !values.is_empty() {
            meter.channels.push(ChannelValues {
                channel: self.channel,
                role: Role::Interval,
                name: self.suffix,
                unit: self.unit,
                multiplier: 1.0,
                unit_why: unit_why.to_owned(),
                sure: Sure::Likely,
                values,
            });
        }
    }
}

/// The streams as meters, in the order of the file. A meter is made when it is asked for.
fn meters(streams: Vec<Stream>) -> impl Iterator<Item = MeterValues> {
    // Suffixes of each letter in each connection point.
    let mut suffixes: BTreeMap<(&str, char), BTreeSet<&str>> = BTreeMap::new();
    for stream in &streams {
        let letter = stream.suffix.chars().next().unwrap_or(' ').to_ascii_uppercase();
        suffixes.entry((&stream.nmi, letter)).or_default().insert(&stream.suffix);
    }
    let split = suffixes.iter().filter(|(_, known)| known.len() > 1).map(|((nmi, _), _)| (*nmi).to_owned());
    let split: BTreeSet<String> = split.collect();
    let mut order: Vec<(String, Vec<Stream>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for stream in streams {
        let digits = stream.suffix.get(1..).unwrap_or_default();
        let name = if split.contains(&stream.nmi) { format!("{}-{digits}", stream.nmi) } else { stream.nmi.clone() };
        let at = *known.entry(name.clone()).or_insert_with(|| {
            order.push((name, Vec::new()));
            order.len() - 1
        });
        if let Some((_, streams)) = order.get_mut(at) {
            streams.push(stream);
        }
    }
    order.into_iter().map(|(name, streams)| {
        let mut meter = MeterValues { meter: Some(name), ..MeterValues::default() };
        streams.into_iter().for_each(|stream| stream.into_channel(&mut meter));
        meter
    })
}
