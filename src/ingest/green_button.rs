//! Green Button: meter readings of North American utilities (NAESB REQ.21, ESPI; codes of IEC 61968-9 as in its
//! published schema).
//!
//! Each `UsagePoint` is a meter, each `ReadingType` a channel; the readings stand in `IntervalBlock`s with start and
//! duration in UTC seconds. Entries find each other by their links; where there are none, by their order in the file.
//!
//! - Units (`uom`): 72 Wh, 73 varh, 38 W, 63 var, 61 VA, 29 V, 5 A, 33 Hz, times a power of ten. Direction: 1 is import, 19
//!   export; 8 and 10 are the same of active energy by quadrants, 5 and 13 of reactive energy. A direction
//!   that is 0 or absent is taken for import and reported (`ingest.direction_assumed`). All else, as net energy, minima,
//!   maxima, cumulative readings, gas and water, is left out (`ingest.unread_channel`).
//! - Quality 8 (reference day), 9 (linear interpolation) and 12 (projected) are the source's estimates
//!   (`ingest.substituted`); what other qualities there are is in the provenance.
//! - A total that the file itself gives is compared with its readings (`ingest.sum_disagrees`).
//! - The file's own offsets are in the provenance (`tz_offset`, `dst_offset`): they name no zone, so the caller does.

use std::collections::{BTreeMap, HashMap};

use super::espi::{Feed, IntervalReading, ReadingType, Resource, UsageSummary, read};
use super::format::Format;
use super::meter_values::{ChannelValues, Convention, MeterRows, MeterValues, Value};
use super::notes::Notes;
use super::own_totals::compare;
use super::raw::{Role, Unit};
use super::source::Source;
use crate::error::Result;
use crate::readings::{Channel, Detected, Flag, Phase, Quantity, Sure};

pub(super) const FORMAT: Format = Format {
    name: "green_button",
    looks_like: |head| {
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let is_xml = has(b"<?xml") || head.trim_ascii_start().starts_with(b"<");
        (is_xml && has(b"naesb.org/espi")).then(|| "XML with the namespace of ESPI".to_owned())
    },
    read: |source, _| {
        let bytes = source.rest()?;
        let text = decoded(&bytes, source)?;
        let feed = read(&text, source)?;
        let mut notes = Notes::default();
        let meters = meters(feed, &mut notes);
        let nothing = match notes.unread_names() {
            names if names.is_empty() => "no IntervalReading with a value found; expected one at least".to_owned(),
            names => format!("no ReadingType can be read; found {names}"),
        };
        let nothing = source.fail(None, None, nothing);
        let convention = Convention {
            source_name: source.name().to_owned(),
            place: "line",
            stamp_why: "each reading has a start and a duration",
            zone_hint: None,
        };
        Ok(Box::new(MeterRows::new(
            meters.into_iter(),
            notes.into_findings(None, convention.place),
            convention,
            nothing,
        )))
    },
};

/// The text in the encoding that byte-order mark or declaration name, else UTF-8.
fn decoded<'a>(bytes: &'a [u8], source: &Source<'_>) -> Result<std::borrow::Cow<'a, str>> {
    let declared = || {
        let head = String::from_utf8_lossy(bytes.get(..200.min(bytes.len())).unwrap_or_default()).into_owned();
        let declaration = head.split_once("?>")?.0.to_owned();
        let label = declaration.split_once("encoding=")?.1.trim_start_matches(['"', '\'']).to_owned();
        encoding_rs::Encoding::for_label(label.split(['"', '\'']).next()?.as_bytes())
    };
    let (text, encoding, has_errors) = declared().unwrap_or(encoding_rs::UTF_8).decode(bytes);
    if has_errors && !source.is_cut() {
        let problem = format!("bytes that are not {} found; expected XML in the encoding it declares", encoding.name());
        return Err(source.fail(None, None, problem));
    }
    Ok(text)
}

/// What a reading type says: the channel, its unit, and how sure the direction is. `Err` is the name of the unit.
fn channel_of(it: &ReadingType) -> Option<(Channel, Unit, Sure)> {
    const LINEWISE: [(i64, Phase); 6] =
        [(128, Phase::L1), (129, Phase::L1), (64, Phase::L2), (65, Phase::L2), (32, Phase::L3), (33, Phase::L3)];
    let is_electric = matches!(it.commodity, None | Some(0..=2));
    let is_extreme = matches!(it.data_qualifier, Some(8 | 9));
    let is_cumulative = matches!(it.accumulation, Some(1..=3));
    if !is_electric || is_extreme || is_cumulative {
        return None;
    }
    let (unit, quantity) = match it.uom? {
        72 => (Unit::Wh, Quantity::ActiveEnergy),
        73 => (Unit::Wh, Quantity::ReactiveEnergy),
        38 => (Unit::W, Quantity::ActivePower),
        63 => (Unit::W, Quantity::ReactivePower),
        61 => (Unit::W, Quantity::ApparentPower),
        29 => (Unit::V, Quantity::Voltage),
        5 => (Unit::A, Quantity::Current),
        33 => (Unit::Hz, Quantity::Frequency),
        _ => return None,
    };
    let phase = it.phase.and_then(|code| LINEWISE.iter().find(|(known, _)| *known == code)).map(|(_, phase)| *phase);
    let is_active = quantity == Quantity::ActiveEnergy;
    if quantity.is_energy() {
        let (channel, sure) = match (it.flow_direction, is_active) {
            (Some(1 | 8), true) => (Channel::IMPORT_KWH, Sure::Certain),
            (Some(19 | 10), true) => (Channel::EXPORT_KWH, Sure::Certain),
            (Some(1 | 5), false) => (Channel::IMPORT_KVARH, Sure::Certain),
            (Some(19 | 13), false) => (Channel::EXPORT_KVARH, Sure::Certain),
            (None | Some(0), true) => (Channel::IMPORT_KWH, Sure::Assumed),
            (None | Some(0), false) => (Channel::IMPORT_KVARH, Sure::Assumed),
            _ => return None,
        };
        // Energies of single phases have no channel.
        return phase.is_none().then_some((channel, unit, sure));
    }
    let is_power = unit.is_power();
    if is_power && !matches!(it.flow_direction, None | Some(0 | 1)) {
        return None;
    }
    let channel = Channel::mean(quantity, phase.unwrap_or(Phase::Total));
    let is_known = channel.name() != "other";
    let channel = if it.accumulation == Some(12) { channel.sampled() } else { channel };
    is_known.then_some((channel, unit, Sure::Certain))
}

/// Which entries belong together.
struct Index<'a> {
    /// The reading type that each meter reading points at, by the address of the meter reading.
    readings: HashMap<&'a str, usize>,
    /// Usage points by address.
    points: HashMap<&'a str, usize>,
    feed: &'a Feed,
}

/// The part of an address up to a resource's number: `…/UsagePoint/7` of `…/UsagePoint/7/MeterReading/1`.
fn up_to<'a>(href: &'a str, resource: &str) -> Option<&'a str> {
    let at = href.find(resource)? + resource.len();
    let rest = href.get(at..)?.strip_prefix('/')?;
    let end = at + 1 + rest.find('/').unwrap_or(rest.len());
    href.get(..end)
}

impl<'a> Index<'a> {
    fn of(feed: &'a Feed) -> Self {
        let tail = |href: &'a str| href.rsplit_once("ReadingType/").map_or(href, |(_, tail)| tail);
        let mut types = HashMap::new();
        for (at, one) in feed.reading_types.iter().enumerate().filter(|(_, one)| !one.links.own.is_empty()) {
            types.entry(tail(&one.links.own)).or_insert(at);
        }
        let readings = feed.meter_readings.iter().filter_map(|one| {
            let related = one.links.related.iter();
            let found = related.filter_map(|href| types.get(href.rsplit_once("ReadingType/")?.1)).copied().next();
            Some((one.links.own.as_str(), found?))
        });
        let readings = readings.collect();
        let points = feed.usage_points.iter().enumerate().map(|(at, one)| (one.links.own.as_str(), at));
        Self { readings, points: points.filter(|(href, _)| !href.is_empty()).collect(), feed }
    }

    /// The reading type of a block.
    fn reading_type(&self, block: &Resource<super::espi::IntervalBlock>) -> Option<usize> {
        let types = &self.feed.reading_types;
        let by_link = [&block.links.own, &block.links.up]
            .into_iter()
            .find_map(|href| self.readings.get(up_to(href, "MeterReading")?).copied());
        let before = types.partition_point(|one| one.order < block.order);
        by_link.or((types.len() == 1).then_some(0)).or(before.checked_sub(1))
    }

    /// The usage point of an entry.
    fn usage_point<T>(&self, one: &Resource<T>) -> Option<usize> {
        let points = &self.feed.usage_points;
        let find = |href: &String| self.points.get(up_to(href, "UsagePoint")?).copied();
        let by_link = [&one.links.own, &one.links.up].into_iter().find_map(find);
        let before = points.partition_point(|point| point.order < one.order);
        by_link.or((points.len() == 1).then_some(0)).or(before.checked_sub(1))
    }

    /// What a usage point is called: its title, or the number in its address where the title is no one's alone.
    fn name(&self, point: Option<usize>) -> Option<String> {
        let one = self.feed.usage_points.get(point?)?;
        let number = one.links.own.rsplit('/').next().unwrap_or_default();
        let alone = self.feed.usage_points.len() == 1;
        match (&*one.title, number) {
            ("", "") => None,
            ("", number) => Some(format!("UsagePoint {number}")),
            (title, _) if alone => Some(title.to_owned()),
            (title, "") => Some(title.to_owned()),
            (title, number) => Some(format!("{title} ({number})")),
        }
    }
}

/// One meter a usage point, in the order of their readings.
fn meters(mut feed: Feed, notes: &mut Notes) -> Vec<MeterValues> {
    let blocks = std::mem::take(&mut feed.blocks);
    let summaries = std::mem::take(&mut feed.summaries);
    let index = Index::of(&feed);
    let mut meters: Vec<MeterValues> = Vec::new();
    let mut known: HashMap<Option<usize>, usize> = HashMap::new();
    let mut channels: HashMap<(usize, usize), usize> = HashMap::new();
    let mut qualities: BTreeMap<(usize, u16), usize> = BTreeMap::new();
    for block in blocks {
        let first_line = block.it.readings.first().map_or(0, |reading| u64::from(reading.line));
        let Some((type_at, found)) = index.reading_type(&block).and_then(|at| Some((at, feed.reading_types.get(at)?)))
        else {
            notes.unread("IntervalBlock", None, first_line, block.it.readings.len());
            continue;
        };
        let power_of_ten = found.it.power_of_ten.unwrap_or(0);
        let (Some((channel, unit, sure)), true) = (channel_of(&found.it), (-12..=12).contains(&power_of_ten)) else {
            let unit = found.it.uom.map(|uom| format!("uom {uom}"));
            notes.unread(&type_name(found), unit.as_deref(), first_line, block.it.readings.len());
            continue;
        };
        let point = index.usage_point(&block);
        let meter_at = *known.entry(point).or_insert_with(|| {
            meters.push(MeterValues { meter: index.name(point), ..MeterValues::default() });
            meters.len() - 1
        });
        let Some(meter) = meters.get_mut(meter_at) else { continue };
        let channel_at = *channels.entry((meter_at, type_at)).or_insert_with(|| {
            meter.channels.push(ChannelValues {
                channel,
                role: Role::Interval,
                name: type_name(found),
                unit,
                multiplier: 10f64.powi(i32::try_from(power_of_ten).unwrap_or(0)),
                unit_why: format!("uom {}, powerOfTenMultiplier {power_of_ten}", found.it.uom.unwrap_or(0)),
                sure,
                values: Vec::new(),
            });
            meter.channels.len() - 1
        });
        let mut next = block.it.start;
        for reading in &block.it.readings {
            let quality = reading.quality.or_else(|| u16::try_from(found.it.default_quality?).ok());
            if let Some(code) = quality.filter(|code| !matches!(code, 0 | 8 | 9 | 12 | 17..=19)) {
                *qualities.entry((meter_at, code)).or_default() += 1;
            }
            add(meter, channel_at, reading, quality, found.it.interval_length_s, &mut next);
        }
    }
    for ((meter, code), count) in qualities {
        let Some(meter) = meters.get_mut(meter) else { continue };
        let entry = meter.provenance.entry("quality".to_owned());
        let entry =
            entry.or_insert_with(|| Detected::new("", "codes of readings that are not plainly valid", Sure::Certain));
        let separator = if entry.value.is_empty() { "" } else { ", " };
        entry.value.push_str(&format!("{separator}{code} × {count}"));
    }
    let mut stated: BTreeMap<usize, Vec<&UsageSummary>> = BTreeMap::new();
    for summary in &summaries {
        if let Some(meter) = known.get(&index.usage_point(summary)) {
            stated.entry(*meter).or_default().push(&summary.it);
        }
    }
    for (meter, summaries) in stated {
        if let Some(meter) = meters.get_mut(meter) {
            compare(meter, &summaries);
        }
    }
    for (key, offset_s) in [("tz_offset", feed.tz_offset_s), ("dst_offset", feed.dst_offset_s)] {
        let Some(offset_s) = offset_s else { continue };
        for meter in &mut meters {
            let why = "the file's LocalTimeParameters; an offset names no zone";
            meter.provenance.insert(key.to_owned(), Detected::new(format!("{offset_s} s"), why, Sure::Certain));
        }
    }
    meters
}

/// What a reading type is called: its title, else its codes.
fn type_name(one: &Resource<ReadingType>) -> String {
    if !one.title.is_empty() {
        return one.title.to_string();
    }
    let code = |code: Option<i64>| code.map_or_else(|| "–".to_owned(), |code| code.to_string());
    format!("ReadingType uom {}, flowDirection {}", code(one.it.uom), code(one.it.flow_direction))
}

/// Puts a reading into its channel. `next` is where a reading without start of its own begins.
fn add(
    meter: &mut MeterValues,
    channel: usize,
    reading: &IntervalReading,
    quality: Option<u16>,
    interval_length_s: Option<i64>,
    next: &mut Option<i64>,
) {
    let line = u64::from(reading.line);
    let length_s = reading.duration_s.map(i64::from).or(interval_length_s);
    let (Some(start), Some(length_s)) = (reading.start.or(*next), length_s) else {
        return meter.notes.invalid("no_interval", line, 1);
    };
    let end = start.saturating_add(length_s);
    *next = Some(end);
    if reading.value.is_nan() {
        meter.notes.invalid("not_a_number", line, 1);
    }
    let code = quality.filter(|code| matches!(code, 8 | 9 | 12));
    let method = code.map_or(0, |code| meter.methods.number(&code.to_string()));
    let flag = if code.is_some() { Flag::Substituted } else { Flag::Measured };
    let Some(channel) = meter.channels.get_mut(channel) else { return };
    let value = Value { start, length_s: 0, value: reading.value, flag, method, line: reading.line };
    channel.push(value, end, &mut meter.notes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_types_are_channels() {
        let of = |uom, flow_direction| {
            let it = ReadingType { uom: Some(uom), flow_direction, ..ReadingType::default() };
            channel_of(&it).map(|(channel, _, sure)| (channel.name(), sure))
        };
        assert_eq!(of(72, Some(1)), Some(("import_kwh", Sure::Certain)));
        assert_eq!(of(72, Some(19)), Some(("export_kwh", Sure::Certain)));
        assert_eq!(of(72, Some(0)), Some(("import_kwh", Sure::Assumed)));
        assert_eq!(of(73, Some(13)), Some(("export_kvarh", Sure::Certain)));
        assert_eq!(of(38, Some(1)), Some(("power_kw", Sure::Certain)));
        assert_eq!(of(29, None), Some(("voltage_v", Sure::Certain)));
        for (uom, direction) in [(72, 4), (72, 20), (71, 1), (42, 1), (38, 19), (0, 0)] {
            assert_eq!(of(uom, Some(direction)), None, "{uom} {direction}");
        }
        let phase = ReadingType { uom: Some(5), phase: Some(64), ..ReadingType::default() };
        assert_eq!(channel_of(&phase).unwrap().0.name(), "current_l2_a");
    }

    #[test]
    fn addresses_are_cut_after_the_number() {
        assert_eq!(up_to("/a/UsagePoint/7/MeterReading/1", "UsagePoint"), Some("/a/UsagePoint/7"));
        assert_eq!(up_to("/a/UsagePoint/7", "UsagePoint"), Some("/a/UsagePoint/7"));
        assert_eq!(up_to("/a/UsagePoint", "UsagePoint"), None);
    }
}
