//! The first line of a file that wattlens wrote: `#wattlens {…}`, which says all that the rows cannot.

use serde::{Deserialize, Serialize};

use super::file::File;
use crate::error::Result;
use crate::finding::Finding;
use crate::readings::{Channel, Period, Provenance, Readings, SpanKind, SpanSeries};

/// How the first line begins.
pub(super) const MARK: &str = "#wattlens ";
/// The version of the layout, written as `rows`.
const LAYOUT: u32 = 1;

/// What the first line says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    /// Layout of the rows.
    layout: u32,
    /// Whether the first column names the meter.
    pub several: bool,
    pub meters: Vec<MeterHead>,
}

/// One meter.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeterHead {
    pub meter: Option<String>,
    /// UTC seconds.
    pub start: i64,
    pub step_s: i64,
    pub len: usize,
    pub zone: String,
    pub channels: Vec<Channel>,
    pub spans: Vec<SpanHead>,
    /// Whether the values before any estimate are told in `<channel>.raw` where they differ.
    #[serde(default)]
    pub raw: bool,
    pub findings: Vec<Finding>,
    pub provenance: Provenance,
}

/// A series without a step and its column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpanHead {
    pub column: String,
    pub channel: Channel,
    pub kind: SpanKind,
    pub period: Period,
    pub multiplier: f64,
}

impl Head {
    pub(super) fn of(meters: &[&Readings], several: bool) -> Self {
        Self { layout: LAYOUT, several, meters: meters.iter().map(|readings| MeterHead::of(readings)).collect() }
    }

    /// The line without its end. Text in it begins no formula, should a spreadsheet cut it at its commas.
    pub(super) fn line(&self) -> String {
        let mut line = MARK.to_owned();
        let (mut in_text, mut begins, mut escaped) = (false, false, false);
        for one in serde_json::to_string(self).unwrap_or_default().chars() {
            let harmful = in_text && (one == ',' || (begins && "=+-@".contains(one)));
            if harmful {
                line.push_str(&format!("\\u{:04x}", one as u32));
            } else {
                line.push(one);
            }
            begins = one == '"' && !escaped && !in_text;
            if one == '"' && !escaped {
                in_text = !in_text;
            }
            escaped = one == '\\' && !escaped;
        }
        line
    }

    pub(super) fn parse(line: &str, file: &File) -> Result<Self> {
        let json = line.trim_start_matches('\u{feff}').strip_prefix(MARK).unwrap_or_default();
        let wrong = |problem: String| file.fail(Some(1), None, problem);
        let head: Self = serde_json::from_str(json)
            .map_err(|error| wrong(format!("the line that wattlens wrote is damaged: {error}")))?;
        if head.layout != LAYOUT {
            return Err(wrong(format!("layout {} found, expected {LAYOUT}; a later wattlens wrote it", head.layout)));
        }
        if head.meters.is_empty() || (!head.several && head.meters.len() > 1) {
            return Err(wrong(format!("{} meters found, expected one or a column of meters", head.meters.len())));
        }
        Ok(head)
    }
}

impl MeterHead {
    fn of(readings: &Readings) -> Self {
        let axis = readings.axis();
        Self {
            meter: readings.meter().map(str::to_owned),
            start: axis.start(),
            step_s: axis.step_s(),
            len: if readings.all_series().is_empty() { 0 } else { axis.len() },
            zone: axis.zone().name().to_owned(),
            channels: readings.all_series().iter().map(crate::readings::Series::channel).collect(),
            spans: span_heads(&readings.spans().0),
            raw: raw_of(readings).is_some(),
            findings: readings.findings().to_vec(),
            provenance: readings.provenance().clone(),
        }
    }
}

/// The readings before any estimate, where they have the same channels at the same times.
pub(super) fn raw_of(readings: &Readings) -> Option<&Readings> {
    let raw = readings.raw();
    let channels = |one: &Readings| one.all_series().iter().map(crate::readings::Series::channel).collect::<Vec<_>>();
    let is_raw = !std::ptr::eq(raw, readings) && raw.axis() == readings.axis() && channels(raw) == channels(readings);
    is_raw.then_some(raw)
}

/// Columns of the series: their names, numbered where several have the same.
fn span_heads(spans: &[SpanSeries]) -> Vec<SpanHead> {
    let mut heads: Vec<SpanHead> = Vec::with_capacity(spans.len());
    for one in spans {
        let name = one.name();
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let is_free = |name: &String| heads.iter().all(|head| head.column != *name);
        let column = std::iter::once(name.clone()).chain(numbered).find(is_free).unwrap_or_default();
        let SpanSeries { channel, kind, period, multiplier, .. } = *one;
        heads.push(SpanHead { column, channel, kind, period, multiplier });
    }
    heads
}

/// Text that a spreadsheet would take for a formula gets an apostrophe before it.
///
/// ```
/// use wattlens::ingest::harmless;
/// assert_eq!(harmless("=1+1"), "'=1+1");
/// assert_eq!(harmless("M1"), "M1");
/// ```
#[must_use]
pub fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    if begins_formula(text) { format!("'{text}").into() } else { text.into() }
}

/// What [`harmless`] was given.
pub(super) fn as_written(text: &str) -> &str {
    text.strip_prefix('\'').filter(|_| begins_formula(text)).unwrap_or(text)
}

fn begins_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neutralising_can_be_undone() {
        for text in ["", "M1", "=1", "'=1", "''@x", "'quoted", "-5", "+8", "'", "\t="] {
            assert_eq!(as_written(&harmless(text)), text);
            assert!(!harmless(text).starts_with(['=', '+', '-', '@', '\t', '\r']), "{text:?}");
        }
    }

    #[test]
    fn the_line_holds_no_formula_and_reads_back() {
        let note = crate::readings::Detected::given("a,=HYPERLINK(\"x\"),\"=b\\");
        let head = Head {
            layout: LAYOUT,
            several: false,
            meters: vec![MeterHead {
                meter: Some("=cmd,@x".to_owned()),
                start: 0,
                step_s: 900,
                len: 0,
                zone: "UTC".to_owned(),
                channels: vec![],
                spans: vec![],
                raw: false,
                findings: vec![],
                provenance: [("k".to_owned(), note.clone())].into(),
            }],
        };
        let line = head.line();
        for cell in line.split(',') {
            assert!(!cell.trim_start_matches('"').starts_with(['=', '@', '+', '-']), "{cell}");
            assert!(!cell.contains(":\"=") && !cell.contains(":\"@"), "{cell}");
        }
        let read = Head::parse(&line, &File { name: "x" }).unwrap();
        assert_eq!(read.meters[0].meter.as_deref(), Some("=cmd,@x"));
        assert_eq!(read.meters[0].provenance["k"], note);
    }
}
