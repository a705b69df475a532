//! MSCONS: EDIFACT messages with values of European metering locations, in the profile of the German market (BDEW,
//! MSCONS message guide 2.4c and code list of OBIS numbers 2.5c).
//!
//! `LOC+172` opens a location, which becomes a meter; `LIN` and `PIA+5` a channel by its OBIS number; each `QTY` a value
//! with its qualifier, whose interval follows as `DTM+163` and `DTM+164`, half-open.
//!
//! - OBIS `1-b:c.29.0` is a load profile, `c.9.0` the energy of a longer time, `c.8.0` a register at the instant of
//!   `DTM+7`, else `DTM+9`. c = 1 is import, 2 export, 3 and 4 positive and negative reactive energy, which become
//!   import and export of reactive energy. Others are left out (`ingest.unread_channel`).
//! - A position without OBIS number, or with the medium `AUA`, does not say which way energy flows: it is taken as
//!   import and reported (`ingest.direction_assumed`).
//! - Qualifier 220 is a true value; 67 substitute, 187 forecast, 201 proposed and Z18 provisional values are the source's
//!   estimates (`ingest.substituted`); 20 (unusable) and Z30 (missing) are missing. Others are left out (`ingest.invalid_record`).
//! - Stamps of format 303 and 304 carry their offset from UTC; those of 203 and 204 have that of the header
//!   (`DTM+ZZZ`, `DTM+735`) or are wall-clock stamps of the caller's zone.

use std::collections::HashMap;

use jiff::civil::Date;

use super::edifact::{Segment, ServiceCharacters, segments};
use super::format::Format;
use super::meter_values::{ChannelValues, Convention, MeterRows, MeterValues, Value};
use super::notes::Notes;
use super::raw::{Role, Unit};
use super::source::Source;
use crate::error::Result;
use crate::readings::{Channel, Flag, Period, Quantity, Sure};
use crate::time::DAY_S;

pub(super) const FORMAT: Format = Format {
    name: "mscons",
    looks_like: |head| {
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let starts = head.trim_ascii_start();
        let is_edifact = starts.starts_with(b"UNA") || starts.starts_with(b"UNB+") || starts.starts_with(b"UNH+");
        (is_edifact && has(b"MSCONS")).then(|| "an EDIFACT interchange with MSCONS messages".to_owned())
    },
    read: |source, _| {
        let bytes = source.rest()?;
        let file = File::read(&bytes, source)?;
        let nothing = match (file.notes.unread_names(), file.notes.first_reason()) {
            (names, _) if !names.is_empty() => format!("no location has a channel that can be read; found {names}"),
            (_, Some((reason, segment))) => {
                format!("no location has a value that can be read; the first problem is {reason} in segment {segment}")
            }
            _ => "no location (LOC+172) has a value (QTY); expected one at least".to_owned(),
        };
        let nothing = source.fail(None, None, nothing);
        let convention = Convention {
            source_name: source.name().to_owned(),
            place: "segment",
            stamp_why: "each value has both ends (DTM+163 and DTM+164)",
            zone_hint: None,
        };
        Ok(Box::new(MeterRows::new(
            file.meters.into_iter(),
            file.notes.into_findings(None, convention.place),
            convention,
            nothing,
        )))
    },
};

/// What a position is about.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Product {
    channel: Channel,
    role: Role,
    sure: Sure,
}

impl Product {
    /// Of an OBIS number `A-B:C.D.E`; `None` for those without a place.
    fn of_obis(code: &str) -> Option<Self> {
        let (medium, rest) = code.split_once('-')?;
        let (_, rest) = rest.split_once(':')?;
        let mut parts = rest.split('*').next()?.split('.');
        let (quantity, kind, rate) = (parts.next()?, parts.next()?, parts.next()?);
        let channel = match quantity {
            "1" => Channel::IMPORT_KWH,
            "2" => Channel::EXPORT_KWH,
            "3" => Channel::IMPORT_KVARH,
            "4" => Channel::EXPORT_KVARH,
            _ => return None,
        };
        let role = match kind {
            "29" => Role::Interval,
            "9" => Role::Energy(Period::Total),
            "8" => Role::Register(Period::Total),
            _ => return None,
        };
        (medium == "1" && rate == "0").then_some(Self { channel, role, sure: Sure::Certain })
    }

    /// Of a `PIA` segment's code, or of a position without one.
    fn of(code: &str) -> Option<Self> {
        if code.is_empty() || code == "AUA" {
            return Some(Self { channel: Channel::IMPORT_KWH, role: Role::Interval, sure: Sure::Assumed });
        }
        Self::of_obis(code)
    }

    /// The unit of a value of it; a value without one has that of its OBIS number.
    fn unit(self, code: &str) -> Option<Unit> {
        match (code, self.channel.quantity) {
            ("", _) if self.sure == Sure::Certain => Some(Unit::Kwh),
            ("KWH", Quantity::ActiveEnergy) => Some(Unit::Kwh),
            ("KWT", Quantity::ActiveEnergy) if self.role == Role::Interval => Some(Unit::Kw),
            _ => None,
        }
    }
}

/// A value whose interval is still to come.
struct Pending {
    number: u64,
    qualifier: String,
    quantity: String,
    unit: String,
    start: Option<Stamp>,
    end: Option<Stamp>,
    /// When a register was read, and when its reading counts.
    read_at: Option<Stamp>,
    counts_at: Option<Stamp>,
    has_bad_stamp: bool,
}

/// An instant, or wall-clock seconds where no offset is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    at: i64,
    is_wall_clock: bool,
}

#[derive(Default)]
struct File {
    meters: Vec<MeterValues>,
    notes: Notes,
    known: HashMap<String, usize>,
    channels: HashMap<(usize, String, bool), usize>,
    /// Location and product that the next value belongs to.
    location: Option<usize>,
    other_location: String,
    product: String,
    pending: Option<Pending>,
    header_offset_s: Option<i64>,
}

impl File {
    fn read(bytes: &[u8], source: &Source<'_>) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
        let Some((service, from)) = ServiceCharacters::of(bytes) else {
            let problem = "the service string UNA makes no sense; expected six different marks such as :+.? '";
            return Err(source.fail(None, None, problem));
        };
        let mut file = Self::default();
        let mut messages = 0usize;
        let mut has_end = false;
        let mut last = 0;
        let mut is_mscons = false;
        for segment in segments(bytes, from, service, source) {
            let segment = match segment {
                Ok(segment) => segment,
                Err(error) => {
                    source.put_off(error)?;
                    break;
                }
            };
            last = segment.number;
            match segment.tag() {
                b"UNH" => {
                    file.finish(&service);
                    (file.location, file.header_offset_s) = (None, None);
                    (file.product, file.other_location) = (String::new(), String::new());
                    is_mscons = segment.component(2, 0) == "MSCONS";
                    messages += usize::from(is_mscons);
                    if !is_mscons {
                        file.notes.invalid("other_message", segment.number, 0);
                    }
                }
                b"UNZ" => {
                    file.finish(&service);
                    has_end = true;
                }
                _ if is_mscons => file.take(&segment, &service),
                _ => (),
            }
        }
        file.finish(&service);
        if messages == 0 {
            let problem = "no MSCONS message (UNH) found; expected an EDIFACT interchange with one at least";
            return Err(source.fail(None, None, problem));
        }
        if !has_end && !source.is_cut() {
            file.notes.invalid("no_end_record", last, 0);
        }
        Ok(file)
    }

    /// One segment of a message.
    fn take(&mut self, segment: &Segment<'_>, service: &ServiceCharacters) {
        match segment.tag() {
            b"LOC" => {
                self.finish(service);
                let (qualifier, name) = (segment.component(1, 0), segment.component(2, 0));
                self.product = String::new();
                self.location = None;
                if qualifier == "172" && !name.is_empty() {
                    self.location = Some(self.meter(name));
                } else {
                    self.other_location = format!("LOC+{qualifier}");
                }
            }
            b"LIN" => {
                self.finish(service);
                self.product = String::new();
            }
            b"PIA" if segment.component(1, 0) == "5" => self.product = segment.component(2, 0),
            b"QTY" => {
                self.finish(service);
                self.pending = Some(Pending {
                    number: segment.number,
                    qualifier: segment.component(1, 0),
                    quantity: segment.component(1, 1),
                    unit: segment.component(1, 2),
                    start: None,
                    end: None,
                    read_at: None,
                    counts_at: None,
                    has_bad_stamp: false,
                });
            }
            b"DTM" => self.take_time(segment),
            b"UNT" | b"NAD" => self.finish(service),
            _ => (),
        }
    }

    fn take_time(&mut self, segment: &Segment<'_>) {
        let (qualifier, text, format) = (segment.component(1, 0), segment.component(1, 1), segment.component(1, 2));
        match (qualifier.as_str(), format.as_str()) {
            ("ZZZ", "805") => self.header_offset_s = text.parse::<i64>().ok().and_then(offset_of_hours),
            ("735", "406") => self.header_offset_s = offset_of_clock(&text),
            _ => (),
        }
        let header_offset_s = self.header_offset_s;
        let Some(pending) = &mut self.pending else { return };
        let slot = match qualifier.as_str() {
            "163" => &mut pending.start,
            "164" => &mut pending.end,
            "9" => &mut pending.read_at,
            "7" => &mut pending.counts_at,
            _ => return,
        };
        *slot = stamp(&text, &format, header_offset_s);
        pending.has_bad_stamp |= slot.is_none();
    }

    fn meter(&mut self, name: String) -> usize {
        *self.known.entry(name.clone()).or_insert_with(|| {
            self.meters.push(MeterValues { meter: Some(name), ..MeterValues::default() });
            self.meters.len() - 1
        })
    }

    /// Puts the value whose interval is now known into its channel.
    fn finish(&mut self, service: &ServiceCharacters) {
        let Some(pending) = self.pending.take() else { return };
        let Some((at, meter)) = self.location.and_then(|at| Some((at, self.meters.get_mut(at)?))) else {
            let name = if self.other_location.is_empty() { "LOC" } else { &self.other_location };
            return self.notes.unread(name, Some(&pending.unit), pending.number, 1);
        };
        let product = Product::of(&self.product);
        let Some((product, unit)) = product.and_then(|product| Some((product, product.unit(&pending.unit)?))) else {
            // Told with the file, as the meter may have nothing else.
            let name = if self.product.is_empty() { "QTY" } else { &self.product };
            return self.notes.unread(name, Some(&pending.unit), pending.number, 1);
        };
        let notes = &mut meter.notes;
        let (flag, method) = match pending.qualifier.as_str() {
            "220" => (Flag::Measured, ""),
            "67" => (Flag::Substituted, "67"),
            "187" => (Flag::Substituted, "187"),
            "201" => (Flag::Substituted, "201"),
            "Z18" => (Flag::Substituted, "Z18"),
            "20" | "Z30" => (Flag::Missing, ""),
            _ => return notes.invalid("unread_qualifier", pending.number, 1),
        };
        if pending.qualifier == "20" {
            notes.invalid("marked_unusable", pending.number, 1);
        }
        let value = match service.number(&pending.quantity) {
            _ if flag == Flag::Missing => f64::NAN,
            Some(value) => value,
            None => return notes.invalid("not_a_number", pending.number, 1),
        };
        let ends = match product.role {
            Role::Register(_) => pending.counts_at.or(pending.read_at).map(|at| (at, at)),
            _ => pending.start.zip(pending.end),
        };
        let Some((start, end)) = ends else {
            let reason = if pending.has_bad_stamp { "bad_date" } else { "no_interval" };
            return notes.invalid(reason, pending.number, 1);
        };
        let is_first = meter.channels.is_empty();
        if start.is_wall_clock != end.is_wall_clock || (!is_first && meter.is_wall_clock != start.is_wall_clock) {
            return notes.invalid("no_offset", pending.number, 1);
        }
        let number = if method.is_empty() { 0 } else { meter.methods.number(method) };
        let key = (at, self.product.clone(), unit.is_power());
        let channel = *self.channels.entry(key).or_insert_with(|| {
            let unit_why = if pending.unit.is_empty() { "the OBIS number" } else { "the unit of each quantity" };
            meter.channels.push(ChannelValues {
                channel: product.channel,
                role: product.role,
                name: if self.product.is_empty() { "QTY".to_owned() } else { self.product.clone() },
                unit,
                multiplier: 1.0,
                unit_why: unit_why.to_owned(),
                sure: product.sure,
                values: Vec::new(),
            });
            meter.is_wall_clock = start.is_wall_clock;
            meter.channels.len() - 1
        });
        let Some(channel) = meter.channels.get_mut(channel) else { return };
        let line = u32::try_from(pending.number).unwrap_or(u32::MAX);
        channel.push(
            Value { start: start.at, length_s: 0, value, flag, method: number, line },
            end.at,
            &mut meter.notes,
        );
    }
}

/// An offset of whole hours \[s\]; none is beyond 14 hours.
fn offset_of_hours(hours: i64) -> Option<i64> {
    (-14..=14).contains(&hours).then_some(hours * 3600)
}

/// An offset such as `+0100` or `+01` \[s\].
fn offset_of_clock(text: &str) -> Option<i64> {
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = text.get(1..).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "0"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    let minutes: i64 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    Some(sign * (offset_of_hours(hours.parse().ok()?)? + minutes * 60))
}

/// A stamp in one of the formats 102, 203, 204, 303 and 304.
fn stamp(text: &str, format: &str, header_offset_s: Option<i64>) -> Option<Stamp> {
    let (digits, has_offset) = match format {
        "102" => (8, false),
        "203" => (12, false),
        "204" => (14, false),
        "303" => (12, true),
        "304" => (14, true),
        _ => return None,
    };
    let (clock, offset) = text.split_at_checked(digits)?;
    if !clock.bytes().all(|byte| byte.is_ascii_digit()) || has_offset == offset.is_empty() {
        return None;
    }
    let part = |from: usize, to: usize| clock.get(from..to).map_or(Some(0), |text| text.parse::<i64>().ok());
    let small = |from: usize, to: usize| part(from, to).and_then(|number| i8::try_from(number).ok());
    let date = Date::new(i16::try_from(part(0, 4)?).ok()?, small(4, 6)?, small(6, 8)?).ok()?;
    let days = date.since(Date::constant(1970, 1, 1)).ok()?.get_days();
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    if hour > 24 || minute > 59 || second > 59 || (hour == 24 && minute + second > 0) {
        return None;
    }
    let wall = i64::from(days) * DAY_S + hour * 3600 + minute * 60 + second;
    let offset_s = if has_offset { Some(offset_of_clock(offset)?) } else { header_offset_s };
    Some(Stamp { at: wall - offset_s.unwrap_or(0), is_wall_clock: offset_s.is_none() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_carry_their_offset_or_take_the_headers() {
        let midnight = 1_646_092_800; // 1 March 2022, 00:00 UTC
        let instant = |at| Some(Stamp { at, is_wall_clock: false });
        assert_eq!(stamp("202203010000+00", "303", None), instant(midnight));
        assert_eq!(stamp("202203010000+01", "303", Some(7200)), instant(midnight - 3600));
        assert_eq!(stamp("20220301000030-0130", "304", None), instant(midnight + 30 + 5400));
        assert_eq!(stamp("202203010000", "203", Some(3600)), instant(midnight - 3600));
        assert_eq!(stamp("202203010000", "203", None), Some(Stamp { at: midnight, is_wall_clock: true }));
        assert_eq!(stamp("202202282400", "203", Some(0)), instant(midnight));
        for (text, format) in [
            ("202203010000", "303"),
            ("202203010000+00", "203"),
            ("202202300000", "203"),
            ("202203012401", "203"),
            ("2022030100é0", "203"),
            ("202203010000+99", "303"),
            ("", "303"),
            ("20220301", "999"),
        ] {
            assert_eq!(stamp(text, format, None), None, "{text} {format}");
        }
    }

    #[test]
    fn obis_numbers_are_channels() {
        let channel = |code| Product::of(code).map(|product| (product.channel, product.role));
        assert_eq!(channel("1-1:1.29.0"), Some((Channel::IMPORT_KWH, Role::Interval)));
        assert_eq!(channel("1-0:2.29.0*255"), Some((Channel::EXPORT_KWH, Role::Interval)));
        assert_eq!(channel("1-1:3.9.0"), Some((Channel::IMPORT_KVARH, Role::Energy(Period::Total))));
        assert_eq!(channel("1-1:4.8.0"), Some((Channel::EXPORT_KVARH, Role::Register(Period::Total))));
        for other in ["1-1:5.29.0", "7-1:1.29.0", "1-1:1.6.0", "1-1:1.8.1", "SOL", "1-1", "1.29.0"] {
            assert_eq!(channel(other), None, "{other}");
        }
        assert_eq!(Product::of("AUA").unwrap().sure, Sure::Assumed);
    }
}
