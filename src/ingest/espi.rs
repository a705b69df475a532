//! The resources of a Green Button file (NAESB ESPI inside Atom), as they stand in it.
//!
//! Elements are known by their local names, whatever the namespace prefix. Nothing is expanded: a document type or
//! an entity beyond the five of XML is an error, and so is nesting deeper than any feed has.

use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::source::Source;
use crate::error::{Error, Result};

/// A feed is some ten elements deep.
const DEEPEST: usize = 100;

/// Where an entry stands: its own address, that of the collection it is in, and those it points at.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    pub own: String,
    pub up: String,
    pub related: Vec<String>,
}

/// A thing with its links, its title and its place in the order of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Resource<T> {
    pub links: Rc<Links>,
    pub title: Rc<str>,
    pub order: usize,
    pub it: T,
}

/// How values are to be understood; `None` where the file does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadingType {
    pub accumulation: Option<i64>,
    pub commodity: Option<i64>,
    pub data_qualifier: Option<i64>,
    pub default_quality: Option<i64>,
    pub flow_direction: Option<i64>,
    pub interval_length_s: Option<i64>,
    pub phase: Option<i64>,
    pub power_of_ten: Option<i64>,
    pub uom: Option<i64>,
}

/// One value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IntervalReading {
    pub start: Option<i64>,
    pub duration_s: Option<u32>,
    /// NaN where there is none, or none that is a number.
    pub value: f64,
    pub quality: Option<u16>,
    pub line: u32,
}

/// Readings in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct IntervalBlock {
    pub start: Option<i64>,
    pub readings: Vec<IntervalReading>,
}

/// An energy that the file itself states.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measurement {
    pub value: Option<f64>,
    pub power_of_ten: Option<i64>,
    pub uom: Option<i64>,
    pub at: Option<i64>,
}

/// The file's own sums.
#[derive(Clone, Debug, Default)]
pub(super) struct UsageSummary {
    pub period_start: Option<i64>,
    pub period_s: Option<i64>,
    /// Of the billing period.
    pub last_period: Measurement,
    /// From the end of the billing period on, or of all readings where there is none.
    pub current_period: Measurement,
    pub line: u64,
}

/// All that is read of a file.
#[derive(Debug, Default)]
pub(super) struct Feed {
    pub usage_points: Vec<Resource<()>>,
    pub meter_readings: Vec<Resource<()>>,
    pub reading_types: Vec<Resource<ReadingType>>,
    pub blocks: Vec<Resource<IntervalBlock>>,
    pub summaries: Vec<Resource<UsageSummary>>,
    pub tz_offset_s: Option<i64>,
    pub dst_offset_s: Option<i64>,
}

/// How many there are of each resource, for telling which ones an entry has.
#[derive(Clone, Copy, Default)]
struct Counts([usize; 5]);

impl Feed {
    fn counts(&self) -> Counts {
        let (points, readings, types) = (self.usage_points.len(), self.meter_readings.len(), self.reading_types.len());
        Counts([points, readings, types, self.blocks.len(), self.summaries.len()])
    }

    /// Gives links and title of an entry to what it holds.
    fn label(&mut self, from: Counts, links: &Links, title: &str) {
        // Shared: an entry may hold many blocks, and have many links.
        let (links, title) = (&Rc::new(links.clone()), &Rc::<str>::from(title.trim()));
        fn label<T>(all: &mut [Resource<T>], from: usize, links: &Rc<Links>, title: &Rc<str>) {
            for one in all.iter_mut().skip(from) {
                (one.links, one.title) = (Rc::clone(links), Rc::clone(title));
            }
        }
        label(&mut self.usage_points, from.0[0], links, title);
        label(&mut self.meter_readings, from.0[1], links, title);
        label(&mut self.reading_types, from.0[2], links, title);
        label(&mut self.blocks, from.0[3], links, title);
        label(&mut self.summaries, from.0[4], links, title);
    }
}

/// Reads all resources.
pub(super) fn read(text: &str, source: &Source<'_>) -> Result<Feed> {
    let mut reader = Reader::from_str(text);
    let mut walk = Walk {
        source,
        text,
        feed: Feed::default(),
        path: Vec::new(),
        content: String::new(),
        order: 0,
        line: 1,
        counted: 0,
        links: Links::default(),
        title: String::new(),
        before_entry: Counts::default(),
        reading: IntervalReading::default(),
    };
    let mut has_end = !source.is_cut();
    loop {
        let taken = match reader.read_event() {
            Ok(event) => {
                walk.count_lines(reader.buffer_position());
                walk.take(event)
            }
            // A look at the beginning of a file ends anywhere.
            Err(_) if source.is_cut() => break,
            Err(error) => {
                walk.count_lines(reader.error_position());
                Err(walk.fail(format!("the XML is broken: {error}")))
            }
        };
        match taken {
            Ok(true) => (),
            Ok(false) => break,
            Err(error) => {
                source.put_off(error)?;
                has_end = false;
                break;
            }
        }
    }
    if let Some(name) = walk.path.last().filter(|_| has_end) {
        source.put_off(walk.fail(format!("the XML ends inside the element {name:?}: the file is cut off")))?;
    }
    // What the open entry holds, where it has no end.
    walk.feed.label(walk.before_entry, &walk.links, &walk.title);
    Ok(walk.feed)
}

/// Elements that matter; all others are one.
const NAMES: &[&str] = &[
    "ElectricPowerUsageSummary",
    "IntervalBlock",
    "IntervalReading",
    "LocalTimeParameters",
    "MeterReading",
    "ReadingQuality",
    "ReadingType",
    "TimeConfiguration",
    "UsagePoint",
    "UsageSummary",
    "accumulationBehaviour",
    "billingPeriod",
    "commodity",
    "currentBillingPeriodOverAllConsumption",
    "dataQualifier",
    "defaultQuality",
    "dstOffset",
    "duration",
    "entry",
    "flowDirection",
    "interval",
    "intervalLength",
    "link",
    "overallConsumptionLastPeriod",
    "phase",
    "powerOfTenMultiplier",
    "quality",
    "start",
    "timePeriod",
    "timeStamp",
    "title",
    "tzOffset",
    "uom",
    "value",
];
const OTHER: &str = "…";

/// The state of the walk through a file.
struct Walk<'a, 's> {
    source: &'a Source<'s>,
    text: &'a str,
    feed: Feed,
    /// Names of the open elements.
    path: Vec<&'static str>,
    /// Text of the innermost open element so far.
    content: String,
    order: usize,
    line: u64,
    counted: usize,
    /// Of the open entry.
    links: Links,
    title: String,
    before_entry: Counts,
    reading: IntervalReading,
}

impl Walk<'_, '_> {
    fn fail(&self, problem: String) -> Error {
        self.source.fail(Some(self.line), None, problem)
    }

    fn count_lines(&mut self, position: u64) {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        if let Some(passed) = self.text.as_bytes().get(self.counted..position) {
            self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
            self.counted = position;
        }
    }

    /// Takes in an event; whether there may be another.
    fn take(&mut self, event: Event<'_>) -> Result<bool> {
        match event {
            Event::Start(element) => self.open(&element)?,
            Event::Empty(element) => {
                self.open(&element)?;
                self.close();
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.content.push_str(&text),
            Event::CData(text) => self.content.push_str(&text),
            Event::GeneralRef(entity) => match quick_xml::escape::resolve_predefined_entity(&entity) {
                Some(text) => self.content.push_str(text),
                None => match entity.resolve_char_ref() {
                    Ok(Some(character)) => self.content.push(character),
                    _ => return Err(self.fail(format!("the entity {:.40} is none of XML's own", &*entity))),
                },
            },
            Event::DocType(_) => {
                return Err(self.fail("a document type (DTD) found; a Green Button file has none".to_owned()));
            }
            Event::Eof => return Ok(false),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => (),
        }
        Ok(true)
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<()> {
        if self.path.len() >= DEEPEST {
            return Err(self.fail(format!("elements are nested deeper than {DEEPEST}")));
        }
        let local = element.local_name();
        let name: &str = local.as_ref();
        let name = NAMES.binary_search(&name).ok().and_then(|at| NAMES.get(at)).copied().unwrap_or(OTHER);
        self.content.clear();
        self.order += 1;
        let (order, line) = (self.order, self.line);
        fn resource<T: Default>(order: usize) -> Resource<T> {
            Resource { order, ..Resource::default() }
        }
        match name {
            "entry" => {
                self.before_entry = self.feed.counts();
                (self.links, self.title) = (Links::default(), String::new());
            }
            "link" if self.parent(0) == "entry" => self.take_link(element),
            "UsagePoint" => self.feed.usage_points.push(resource(order)),
            "MeterReading" => self.feed.meter_readings.push(resource(order)),
            "ReadingType" => self.feed.reading_types.push(resource(order)),
            "IntervalBlock" => self.feed.blocks.push(resource(order)),
            "IntervalReading" => {
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                self.reading = IntervalReading { value: f64::NAN, line, ..IntervalReading::default() };
            }
            "UsageSummary" | "ElectricPowerUsageSummary" => {
                let it = UsageSummary { line, ..UsageSummary::default() };
                self.feed.summaries.push(Resource { it, ..resource(order) });
            }
            _ => (),
        }
        self.path.push(name);
        Ok(())
    }

    /// Name of an element that is open around the one at hand; 0 is the nearest.
    fn parent(&self, above: usize) -> &'static str {
        self.path.len().checked_sub(above + 1).and_then(|at| self.path.get(at)).copied().unwrap_or(OTHER)
    }

    fn take_link(&mut self, element: &BytesStart<'_>) {
        let value = |name: &str| match element.try_get_attribute(name) {
            Ok(Some(attribute)) => attribute.value.trim().trim_end_matches('/').to_owned(),
            _ => String::new(),
        };
        let href = value("href");
        match value("rel").as_str() {
            "self" => self.links.own = href,
            "up" => self.links.up = href,
            "related" => self.links.related.push(href),
            _ => (),
        }
    }

    fn close(&mut self) {
        let Some(name) = self.path.pop() else { return };
        let text = std::mem::take(&mut self.content);
        let text = text.trim();
        let whole = || text.parse::<i64>().ok();
        match (self.parent(0), name) {
            ("entry", "title") => text.clone_into(&mut self.title),
            ("ReadingType", _) => {
                let Some(Resource { it, .. }) = self.feed.reading_types.last_mut() else { return };
                match name {
                    "accumulationBehaviour" => it.accumulation = whole(),
                    "commodity" => it.commodity = whole(),
                    "dataQualifier" => it.data_qualifier = whole(),
                    "defaultQuality" => it.default_quality = whole(),
                    "flowDirection" => it.flow_direction = whole(),
                    "intervalLength" => it.interval_length_s = whole(),
                    "phase" => it.phase = whole(),
                    "powerOfTenMultiplier" => it.power_of_ten = whole(),
                    "uom" => it.uom = whole(),
                    _ => (),
                }
            }
            ("IntervalReading", "value") => {
                self.reading.value = text.parse().ok().filter(|value: &f64| value.is_finite()).unwrap_or(f64::NAN);
            }
            ("ReadingQuality", "quality") => self.reading.quality = text.parse().ok(),
            ("timePeriod", "start") => self.reading.start = whole(),
            ("timePeriod", "duration") => self.reading.duration_s = text.parse().ok(),
            ("interval", "start") if self.parent(1) == "IntervalBlock" => {
                if let Some(block) = self.feed.blocks.last_mut() {
                    block.it.start = whole();
                }
            }
            ("IntervalBlock", "IntervalReading") => {
                let reading = self.reading;
                if let Some(block) = self.feed.blocks.last_mut() {
                    block.it.readings.push(reading);
                }
            }
            ("billingPeriod" | "overallConsumptionLastPeriod" | "currentBillingPeriodOverAllConsumption", _) => {
                let kind = self.parent(0);
                let Some(Resource { it, .. }) = self.feed.summaries.last_mut() else { return };
                let measurement =
                    if kind == "overallConsumptionLastPeriod" { &mut it.last_period } else { &mut it.current_period };
                match (kind, name) {
                    ("billingPeriod", "start") => it.period_start = whole(),
                    ("billingPeriod", "duration") => it.period_s = whole(),
                    (_, "value") => measurement.value = text.parse().ok().filter(|value: &f64| value.is_finite()),
                    (_, "powerOfTenMultiplier") => measurement.power_of_ten = whole(),
                    (_, "uom") => measurement.uom = whole(),
                    (_, "timeStamp") => measurement.at = whole(),
                    _ => (),
                }
            }
            ("LocalTimeParameters" | "TimeConfiguration", "tzOffset") => self.feed.tz_offset_s = whole(),
            ("LocalTimeParameters" | "TimeConfiguration", "dstOffset") => self.feed.dst_offset_s = whole(),
            (_, "entry") => {
                let links = std::mem::take(&mut self.links);
                let title = std::mem::take(&mut self.title);
                self.feed.label(self.before_entry, &links, &title);
                self.before_entry = self.feed.counts();
            }
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Feed> {
        read(text, &Source::of_bytes("feed.xml", b"").unwrap())
    }

    #[test]
    fn names_are_sorted() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn prefixes_do_not_matter_and_references_are_resolved() {
        let feed = read_text(
            "<?xml version='1.0'?><a:feed xmlns:a='x'>\n<a:entry><a:link rel='self' href='/UsagePoint/1/'/>\
             <a:title>A &amp; B &#x41;</a:title><e:UsagePoint/></a:entry>\n</a:feed>",
        )
        .unwrap();
        assert_eq!(
            (feed.usage_points[0].title.as_ref(), feed.usage_points[0].links.own.as_str()),
            ("A & B A", "/UsagePoint/1")
        );
    }

    #[test]
    fn entities_types_and_depth_are_refused() {
        let bomb = "<!DOCTYPE feed [<!ENTITY a 'aaaa'>]><feed>&a;</feed>";
        assert!(read_text(bomb).unwrap_err().to_string().contains("document type"));
        assert!(read_text("<feed>\n&a;</feed>").unwrap_err().to_string().contains("line 2: the entity a is none"));
        assert!(read_text(&"<a>".repeat(200)).unwrap_err().to_string().contains("deeper than 100"));
        assert!(read_text("<feed><entry>").unwrap_err().to_string().contains("cut off"));
        assert!(read_text("<feed></entry>").unwrap_err().to_string().contains("broken"));
    }
}
