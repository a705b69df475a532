//! NEM13: register readings and energies of Australian meters that are read by hand (AEMO, Meter Data File Format).
//!
//! A 250 record has two readings of a register and the energy between them. The readings become register readings at
//! their instants, the quantity the energy of `[previous, current)`, all in market time. Where quantity and
//! readings differ by more than one unit of the register's last digit, a Finding says so (`ingest.register_disagrees`);
//! nothing is corrected. A register that ends lower than it began is taken to have rolled over for this check.
//!
//! The direction is that of the suffix letter as in NEM12, else of the direction indicator: E is energy that the site
//! takes, I energy that it gives (recalled). Where a connection point has several registers of one channel, each is a
//! meter of its own: `NMI-<suffix>`, and the register's number behind it where suffixes repeat.

use std::collections::HashMap;

use super::format::Format;
use super::meter_values::{ChannelValues, Convention, MeterRows, MeterValues, Value};
use super::nem_record::{Quality, channel, fields, first_fields, lines, market_instant, market_zone, number, unit};
use super::notes::Notes;
use super::raw::{Role, Unit};
use super::source::Source;
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Flag, Period, Quantity, Sure};

pub(super) const FORMAT: Format = Format {
    name: "nem13",
    looks_like: |head| {
        let fields = first_fields(head);
        let field = |at: usize| fields.get(at).map_or("", String::as_str);
        let is_header = field(0) == "100" && field(1).eq_ignore_ascii_case("NEM13");
        is_header.then(|| "the header record says NEM13".to_owned())
    },
    read: |source, _| {
        let bytes = source.rest()?;
        let (streams, notes) = read(&bytes, source)?;
        let names = notes.unread_names();
        let problem = match (names.is_empty(), notes.first_reason()) {
            (false, _) => format!("no channel is energy in a unit that fits; found {names}"),
            (true, Some((reason, line))) => {
                format!("no reading (250 record) can be read; the first problem is {reason} in line {line}")
            }
            (true, None) => "there is no reading (250 record); expected one at least".to_owned(),
        };
        let nothing = source.fail(None, None, problem);
        let convention = Convention {
            source_name: source.name().to_owned(),
            place: "line",
            stamp_why: "each record has both ends",
            zone_hint: Some(market_zone()),
        };
        Ok(Box::new(MeterRows::new(
            meters(streams).into_iter(),
            notes.into_findings(None, convention.place),
            convention,
            nothing,
        )))
    },
};

/// One register of one connection point.
struct Stream {
    nmi: String,
    suffix: String,
    register: String,
    channel: Channel,
    unit: Unit,
    readings: Vec<Reading>,
}

/// One 250 record.
struct Reading {
    line: u64,
    previous: At,
    current: At,
    quantity: f64,
    /// One unit of the last digit that register and quantity both have.
    last_digit: f64,
    /// Where the register rolls over.
    modulus: f64,
}

/// What a register showed, when, and how that is known.
struct At {
    instant: i64,
    value: f64,
    quality: Quality,
    method: String,
}

fn read(bytes: &[u8], source: &Source<'_>) -> Result<(Vec<Stream>, Notes)> {
    let mut notes = Notes::default();
    let mut streams: Vec<Stream> = Vec::new();
    let mut known: HashMap<(String, String, String), usize> = HashMap::new();
    let (mut has_end, mut last_line) = (false, 0);
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
            "100" if field(1).eq_ignore_ascii_case("NEM13") => (),
            "100" => {
                let problem =
                    format!("version {:?} found, expected NEM13; a NEM12 file has format=\"nem12\"", field(1));
                return Err(source.fail(Some(line), None, problem));
            }
            "250" => {
                let (nmi, register, suffix) = (field(1), field(3), field(4));
                let is_known = channel_of(suffix, field(7), field(19));
                let (Some((channel, unit)), false) = (is_known, nmi.is_empty()) else {
                    if nmi.is_empty() {
                        notes.invalid("no_meter", line, 1);
                    } else {
                        notes.unread(suffix, Some(field(19)), line, 1);
                    }
                    continue;
                };
                let reading = match reading(&record, line) {
                    Ok(reading) => reading,
                    Err(reason) => {
                        notes.invalid(reason, line, 1);
                        continue;
                    }
                };
                let key = (nmi.to_owned(), suffix.to_owned(), register.to_owned());
                let at = *known.entry(key).or_insert(streams.len());
                if at == streams.len() {
                    let (nmi, suffix, register) = (nmi.to_owned(), suffix.to_owned(), register.to_owned());
                    streams.push(Stream { nmi, suffix, register, channel, unit, readings: Vec::new() });
                }
                match streams.get_mut(at) {
                    Some(stream) if (stream.channel, stream.unit) == (channel, unit) => stream.readings.push(reading),
                    _ => notes.unread(suffix, Some(field(19)), line, 1),
                }
            }
            "550" => (),
            "900" => has_end = true,
            _ => notes.invalid("unknown_record", line, 0),
        }
    }
    if !has_end && !source.is_cut() {
        notes.invalid("no_end_record", last_line, 0);
    }
    Ok((streams, notes))
}

/// The channel by the letter of the suffix, else by direction and unit.
fn channel_of(suffix: &str, direction: &str, unit_field: &str) -> Option<(Channel, Unit)> {
    if let Some((channel, unit)) = channel(suffix, unit_field) {
        return (channel.quantity.is_energy() && !unit.is_power()).then_some((channel, unit));
    }
    let (unit, quantity) = unit(unit_field).filter(|(unit, _)| !unit.is_power())?;
    let is_numbered = suffix.bytes().all(|byte| byte.is_ascii_digit());
    let channel = match (is_numbered, direction.to_ascii_uppercase().as_str(), quantity) {
        (true, "E", Quantity::ActiveEnergy) => Channel::IMPORT_KWH,
        (true, "I", Quantity::ActiveEnergy) => Channel::EXPORT_KWH,
        (true, "E", Quantity::ReactiveEnergy) => Channel::IMPORT_KVARH,
        (true, "I", Quantity::ReactiveEnergy) => Channel::EXPORT_KVARH,
        _ => return None,
    };
    Some((channel, unit))
}

/// The readings of a 250 record, or why there are none.
fn reading(record: &[&str], line: u64) -> std::result::Result<Reading, &'static str> {
    let field = |at: usize| record.get(at).copied().unwrap_or("");
    if record.len() < 20 {
        return Err("too_few_fields");
    }
    let at = |value: usize| -> std::result::Result<At, &'static str> {
        let instant = market_instant(field(value + 1)).ok_or("bad_date")?;
        let quality = Quality::of(field(value + 2)).ok_or("bad_quality")?;
        let number = number(field(value)).ok_or("not_a_number")?;
        let number = if quality == Quality::Null { f64::NAN } else { number };
        Ok::<_, &str>(At { instant, value: number, quality, method: field(value + 2).to_owned() })
    };
    let (previous, current) = (at(8)?, at(13)?);
    let quantity = number(field(18)).ok_or("not_a_number")?;
    if current.instant <= previous.instant {
        return Err("interval_ends_before_start");
    }
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let fewest = decimals(field(8)).min(decimals(field(13))).min(decimals(field(18)));
    let power = |digits: usize| 10f64.powi(i32::try_from(digits.min(18)).unwrap_or(0));
    let digits = |text: &str| text.split('.').next().unwrap_or_default().len();
    let modulus = power(digits(field(8)).max(digits(field(13))));
    let quantity = if current.quality == Quality::Null { f64::NAN } else { quantity };
    Ok(Reading { line, previous, current, quantity, last_digit: 1.0 / power(fewest), modulus })
}

impl Reading {
    /// The energy between the readings in the register's unit.
    fn difference(&self) -> f64 {
        let difference = self.current.value - self.previous.value;
        if difference < 0.0 { difference + self.modulus } else { difference }
    }

    fn disagrees(&self) -> bool {
        (self.quantity - self.difference()).abs() > self.last_digit * 1.000_001
    }
}

fn meters(streams: Vec<Stream>) -> Vec<MeterValues> {
    let mut count: HashMap<(String, Channel), usize> = HashMap::new();
    let mut suffixes: HashMap<(String, String), usize> = HashMap::new();
    for stream in &streams {
        *count.entry((stream.nmi.clone(), stream.channel)).or_default() += 1;
        *suffixes.entry((stream.nmi.clone(), stream.suffix.clone())).or_default() += 1;
    }
    let split: std::collections::HashSet<String> =
        count.into_iter().filter(|(_, streams)| *streams > 1).map(|((nmi, _), _)| nmi).collect();
    let mut order: Vec<MeterValues> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for stream in streams {
        let repeats = suffixes.get(&(stream.nmi.clone(), stream.suffix.clone())).is_some_and(|count| *count > 1);
        let name = match (split.contains(&stream.nmi), repeats) {
            (false, _) => stream.nmi.clone(),
            (true, false) => format!("{}-{}", stream.nmi, stream.suffix),
            (true, true) => format!("{}-{}-{}", stream.nmi, stream.suffix, stream.register),
        };
        let at = *known.entry(name.clone()).or_insert_with(|| {
            order.push(MeterValues { meter: Some(name), ..MeterValues::default() });
            order.len() - 1
        });
        if let Some(meter) = order.get_mut(at) {
            stream.into_channels(meter);
        }
    }
    order
}

impl Stream {
    /// The register and its energies.
    fn into_channels(self, meter: &mut MeterValues) {
        let empty = |role: Role| ChannelValues {
            channel: self.channel,
            role,
            name: self.suffix.clone(),
            unit: self.unit,
            multiplier: 1.0,
            unit_why: "the unit of the 250 record".to_owned(),
            sure: Sure::Likely,
            values: Vec::new(),
        };
        let (mut register, mut energy) = (empty(Role::Register(Period::Total)), empty(Role::Energy(Period::Total)));
        let mut seen: HashMap<i64, f64> = HashMap::new();
        for reading in &self.readings {
            let line = u32::try_from(reading.line).unwrap_or(u32::MAX);
            for at in [&reading.previous, &reading.current] {
                // The end of one record is mostly the beginning of the next.
                let before = seen.insert(at.instant, at.value);
                if before.is_some_and(|before| before == at.value || (before.is_nan() && at.value.is_nan())) {
                    continue;
                }
                let value = value(at.instant, at.value, at, line, meter);
                register.push(value, at.instant, &mut meter.notes);
            }
            let value = value(reading.previous.instant, reading.quantity, &reading.current, line, meter);
            energy.push(value, reading.current.instant, &mut meter.notes);
            if reading.disagrees() {
                let finding = Finding::new("ingest.register_disagrees", Severity::Medium)
                    .at(reading.previous.instant, reading.current.instant)
                    .with("channel", self.channel.name())
                    .with("found", reading.quantity)
                    .with("expected", reading.difference())
                    .with("unit", self.unit.symbol(self.channel.quantity))
                    .with("line", reading.line);
                meter.findings.push(finding);
            }
        }
        meter.channels.extend([register, energy].into_iter().filter(|channel| !channel.values.is_empty()));
    }
}

fn value(start: i64, value: f64, known: &At, line: u32, meter: &mut MeterValues) -> Value {
    let flag = if value.is_nan() { Flag::Missing } else { known.quality.flag() };
    let method = if flag == Flag::Substituted { meter.methods.number(&known.method) } else { 0 };
    Value { start, length_s: 0, value, flag, method, line }
}
