//! What reading a file would do, from its beginning, without doing it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::assemble::assemble;
use super::file_options::FileOptions;
use super::own_head::MeterHead;
use super::raw::{RawRows, Role};
use super::source::Source;
use super::stamp_text::DateOrder;
use super::{format, own_csv};
use crate::error::{Error, ErrorKind, Result};
use crate::finding::Finding;
use crate::readings::{Detected, Provenance, Readings, Sure};

/// No more than so many bytes are looked at.
const LOOKED_AT: u64 = 2 << 20;
/// Meters beyond so many are counted and not described.
const MOST_METERS: usize = 1000;
/// What is wrong with one meter after the other is told of the first.
const MOST_OPEN: usize = 20;
/// What is taken to go on where a source does not tell.
const ASSUMED_ZONE: &str = "UTC";

/// What was found in the beginning of a file, and what it leaves open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// File or table.
    pub source: String,
    /// Bytes looked at, unpacked.
    pub looked_at_bytes: u64,
    /// Whether the file goes on after them: then rows, meters and ends are those of the beginning.
    pub is_cut: bool,
    /// What was found out or told, with the reason and how sure it is; of several meters, the first.
    pub found: Provenance,
    /// The meters.
    pub meters: Vec<InspectedMeter>,
    /// Meters seen, also those not described.
    pub meters_seen: usize,
    /// What cannot be known from the file, and what to pass.
    pub open: Vec<Open>,
    /// What reading would find odd.
    pub findings: Vec<Finding>,
}

/// One meter of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectedMeter {
    /// Its name, where the source tells.
    pub meter: Option<String>,
    /// Rows in the beginning of the file.
    pub rows: usize,
    /// Its channels and registers.
    pub channels: Vec<InspectedChannel>,
    /// Start of the first and end of the last interval, UTC seconds; `None` where they cannot be known yet.
    pub start: Option<i64>,
    /// End of the last interval.
    pub end: Option<i64>,
    /// Step \[s\]; `None` where there is none or it cannot be known yet.
    pub step_s: Option<i64>,
    /// What was found out of this meter and differs from the first.
    pub differing: Provenance,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectedChannel {
    /// What it becomes: a channel, or a register, energy or maximum demand of a period.
    pub channel: String,
    /// Its name in the source.
    pub column: String,
    /// Unit of its numbers.
    pub unit: String,
    /// What they are multiplied by beside the unit.
    pub multiplier: f64,
    /// Numbers that are there, in the beginning of the file; `None` where they were not counted.
    pub known: Option<usize>,
}

/// A question that the file leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The keyword that answers it, where one does.
    pub keyword: Option<String>,
    /// What is not known, and what to pass.
    pub problem: String,
    /// What was taken to go on.
    pub taken: Option<String>,
}

/// What [`read`](super::read) would do with a file; no more than its first 2 MiB are read.
///
/// Format, encoding, layout, columns and stamps are found out by the very code that reads. An error of the reader
/// becomes an open question, and what was found until then is kept. Where the zone is not known, UTC is taken to go
/// on; where the order of dates is not known, day before month; both are said in [`Open::taken`].
///
/// # Errors
/// A file that cannot be opened; an option that makes no sense by itself.
///
/// ```
/// use std::path::Path;
/// use wattlens::ingest::{FileOptions, inspect};
/// assert!(inspect(Path::new("nowhere.csv"), &FileOptions::default()).is_err());
/// ```
pub fn inspect(path: &Path, options: &FileOptions) -> Result<Inspection> {
    look(|| Ok(Source::open(path, None)?.limited(LOOKED_AT)), options)
}

/// The same of bytes in memory; `source_name` is for messages.
///
/// # Errors
/// As [`inspect`].
///
/// ```
/// use wattlens::ingest::{FileOptions, inspect_bytes};
/// let text = "time,kWh\n2024-01-01 00:00,1\n2024-01-01 00:15,2\n2024-01-01 00:30,2\n";
/// let found = inspect_bytes(text.as_bytes(), "plant.csv", &FileOptions::default())?;
/// assert_eq!(found.found["step"].value, "900 s");
/// assert_eq!(found.open[0].keyword.as_deref(), Some("zone"));
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn inspect_bytes(bytes: &[u8], source_name: &str, options: &FileOptions) -> Result<Inspection> {
    look(|| Ok(Source::of_bytes(source_name, bytes)?.limited(LOOKED_AT)), options)
}

fn look<'a>(source: impl Fn() -> Result<Source<'a>>, options: &FileOptions) -> Result<Inspection> {
    let mut options = options.clone();
    let (first, error) = Inspection::of(&mut source()?, &options)?;
    let Some(error) = error else { return Ok(first) };
    let mut question = Open::of(&error);
    if question.keyword.as_deref() == Some("date_order") && options.date_order.is_none() {
        options.date_order = Some(DateOrder::Dmy);
        question.taken = Some("dmy".to_owned());
        let (mut again, error) = Inspection::of(&mut source()?, &options)?;
        again.assumed("date_order", "date_style");
        again.open.insert(0, question);
        again.open.extend(error.map(|error| Open::of(&error)));
        return Ok(again);
    }
    let mut first = first;
    first.open.push(question);
    Ok(first)
}

impl Open {
    fn of(error: &Error) -> Self {
        let problem = match error.kind() {
            ErrorKind::Content { line: None, column: None, problem, .. } => problem.clone(),
            _ => error.to_string(),
        };
        Self { keyword: keyword(&problem), problem, taken: None }
    }
}

/// The keyword that a message says to pass: the word before `=` after `pass`.
fn keyword(problem: &str) -> Option<String> {
    let (_, after) = problem.split_once("pass ").or_else(|| problem.split_once("Pass "))?;
    let (word, _) = after.split_once('=')?;
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_word.then(|| word.to_owned())
}

impl Inspection {
    /// What is found, and the error that ended it.
    fn of(source: &mut Source<'_>, options: &FileOptions) -> Result<(Self, Option<Error>)> {
        let mut this = Self {
            source: source.name().to_owned(),
            looked_at_bytes: 0,
            is_cut: false,
            found: Provenance::new(),
            meters: Vec::new(),
            meters_seen: 0,
            open: Vec::new(),
            findings: Vec::new(),
        };
        let error = if format::is_own(source, options)? {
            let why = "its first line says so, and says everything else";
            this.found.insert("format".to_owned(), Detected::new(own_csv::NAME, why, Sure::Certain));
            own_csv::head(source).map(|head| head.meters.into_iter().for_each(|one| this.add_own(one))).err()
        } else {
            let (format, detected) = format::find(source, options)?;
            source.note("format", detected);
            let rows = (format.read)(source, options);
            rows.and_then(|mut rows| rows.try_for_each(|rows| this.add(rows?, options))).err()
        };
        let error = source.take_put_off().or(error);
        (this.looked_at_bytes, this.is_cut) = (source.given(), source.is_cut());
        for (key, detected) in source.notes() {
            this.found.entry(key).or_insert(detected);
        }
        if this.is_cut {
            // The last line or block ends in its middle; that is not the file's fault.
            this.findings.retain(|finding| finding.code != "ingest.truncated_line");
            if let Some(rows) = this.found.get_mut("rows") {
                "counted in the beginning of the file".clone_into(&mut rows.why);
            }
        }
        Ok((this, error))
    }

    fn add(&mut self, rows: RawRows, options: &FileOptions) -> Result<()> {
        if options.only.as_ref().is_some_and(|only| rows.meter.as_ref() != Some(only)) {
            return Ok(());
        }
        self.meters_seen += 1;
        if self.meters_seen > MOST_METERS {
            return Ok(());
        }
        let mut meter = InspectedMeter {
            meter: rows.meter.clone(),
            rows: rows.stamps().len(),
            channels: rows
                .columns
                .iter()
                .map(|column| {
                    let known = column.values.iter().filter(|value| !value.is_nan()).count();
                    InspectedChannel {
                        channel: named(column.role, column.channel.name()),
                        column: column.name.clone(),
                        unit: column.unit.symbol(column.channel.quantity).to_owned(),
                        multiplier: column.multiplier,
                        known: Some(known),
                    }
                })
                .collect(),
            start: None,
            end: None,
            step_s: None,
            differing: Provenance::new(),
        };
        let (found, findings) = (rows.provenance.clone(), rows.findings.clone());
        let mut read = options.read.clone();
        let has_zone = read.zone.is_some() || rows.zone_hint.is_some();
        let mut assembled = assemble(rows.clone(), &read);
        if let (Err(error), false) = (&assembled, has_zone) {
            let open = Open { taken: Some(ASSUMED_ZONE.to_owned()), ..Open::of(error) };
            if open.keyword.as_deref() == Some("zone") {
                if !self.open.contains(&open) {
                    self.open.push(open);
                }
                read.zone = Some(ASSUMED_ZONE.to_owned());
                assembled = assemble(rows, &read);
            }
        }
        match assembled {
            Ok(readings) => self.describe(&mut meter, &readings),
            Err(error) => {
                self.note(&mut meter, &found);
                self.findings.extend(findings);
                let open = Open::of(&error);
                if self.open.len() < MOST_OPEN && !self.open.contains(&open) {
                    self.open.push(open);
                }
            }
        }
        if !has_zone && read.zone.is_some() {
            self.assumed("zone", "zone");
        }
        self.meters.push(meter);
        Ok(())
    }

    /// A file that wattlens wrote says all in its first line.
    fn add_own(&mut self, head: MeterHead) {
        self.meters_seen += 1;
        let channels = head.channels.iter().map(|channel| (channel.name(), *channel, 1.0));
        let spans = head.spans.iter().map(|one| (one.column.as_str(), one.channel, one.multiplier));
        let mut meter = InspectedMeter {
            meter: head.meter.clone(),
            rows: head.len,
            channels: channels
                .chain(spans)
                .map(|(name, channel, multiplier)| InspectedChannel {
                    channel: name.to_owned(),
                    column: name.to_owned(),
                    unit: channel.unit().to_owned(),
                    multiplier,
                    known: None,
                })
                .collect(),
            start: (head.len > 0).then_some(head.start),
            end: (head.len > 0).then(|| head.start.saturating_add(head.step_s.saturating_mul(head.len as i64))),
            step_s: (head.len > 0).then_some(head.step_s),
            differing: Provenance::new(),
        };
        self.note(&mut meter, &head.provenance);
        let why = "the first line says so";
        self.found.entry("zone".to_owned()).or_insert_with(|| Detected::new(head.zone, why, Sure::Certain));
        self.findings.extend(head.findings);
        self.meters.push(meter);
    }

    fn describe(&mut self, meter: &mut InspectedMeter, readings: &Readings) {
        let axis = readings.axis();
        (meter.start, meter.end) = (Some(axis.start()), Some(axis.end()));
        meter.step_s = (!readings.all_series().is_empty()).then_some(axis.step_s());
        self.note(meter, readings.provenance());
        self.findings.extend(readings.findings().iter().cloned());
    }

    /// Keeps what the first meter says, and of the others what differs.
    fn note(&mut self, meter: &mut InspectedMeter, found: &Provenance) {
        for (key, detected) in found {
            let known = self.found.entry(key.clone()).or_insert_with(|| detected.clone());
            if known.value != detected.value && key != "rows" {
                meter.differing.insert(key.clone(), detected.clone());
            }
        }
    }

    /// What was passed only to go on was not given by the caller.
    fn assumed(&mut self, keyword: &str, key: &str) {
        for name in [keyword, key] {
            if let Some(detected) = self.found.get_mut(name).filter(|detected| detected.sure == Sure::Given) {
                detected.sure = Sure::Assumed;
                detected.why = format!("taken to go on, as the file does not tell; pass {keyword}=");
            }
        }
    }
}

/// What a column becomes, by its role.
fn named(role: Role, channel: &str) -> String {
    let (kind, period) = match role {
        Role::Interval => return channel.to_owned(),
        Role::Register(period) => ("register", period),
        Role::Energy(period) => ("energy", period),
        Role::MaximumDemand(period) => ("maximum_demand", period),
        Role::MaximumDemandAt(period) => ("maximum_demand_at", period),
    };
    format!("{channel} {kind} {}", period.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Inspection {
        inspect_bytes(text.as_bytes(), "plant.csv", &FileOptions::default()).unwrap()
    }

    #[test]
    fn a_zone_that_is_not_known_is_asked_for_and_the_rest_is_found() {
        let found = of("time,kWh\n2024-03-01 00:15,1\n2024-03-01 00:30,2\n2024-03-01 00:45,3\n");
        assert_eq!(found.open.len(), 1);
        assert_eq!(found.open[0].keyword.as_deref(), Some("zone"));
        assert_eq!(found.open[0].taken.as_deref(), Some("UTC"));
        assert_eq!((found.found["zone"].value.as_str(), found.found["zone"].sure), ("UTC", Sure::Assumed));
        assert_eq!(found.found["stamp"].value, "end");
        assert_eq!(found.meters[0].step_s, Some(900));
        assert_eq!(found.meters[0].channels[0].column, "kWh");
        assert!(!found.is_cut);
    }

    #[test]
    fn dates_that_may_be_either_are_asked_for_and_taken_as_days_first() {
        let found = of("time,kWh\n01/02/2024 00:00,1\n01/02/2024 00:15,2\n01/02/2024 00:30,2\n");
        let keywords: Vec<_> = found.open.iter().filter_map(|open| open.keyword.as_deref()).collect();
        assert_eq!(keywords, ["date_order", "zone"]);
        assert_eq!(found.open[0].taken.as_deref(), Some("dmy"));
        assert_eq!(found.meters[0].start, Some(1_706_745_600)); // 1 February
    }

    #[test]
    fn an_error_is_an_open_question() {
        let found = of("what,ever\n1,2\n3,4\n");
        assert!(found.meters.is_empty());
        assert_eq!(found.open[0].keyword.as_deref(), Some("time"));
        assert_eq!(found.found["format"].value, "csv");
    }

    #[test]
    fn only_the_beginning_is_read() {
        let mut text = "time,kWh\n".to_owned();
        for minute in 0..200_000 {
            let at = crate::time::instant_text(1_704_067_200 + minute * 60);
            text.push_str(&format!("{},1.5\n", at.trim_end_matches('Z').replace('T', " ")));
        }
        assert!(text.len() > 4 << 20);
        let found = of(&text);
        assert!(found.is_cut && found.looked_at_bytes == LOOKED_AT);
        assert!(found.meters[0].rows > 50_000 && found.meters[0].rows < 200_000);
        assert!(found.findings.iter().all(|finding| finding.code != "ingest.truncated_line"));
    }
}
