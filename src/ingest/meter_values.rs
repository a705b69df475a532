//! Values that each carry their own interval, channel by channel, become the rows of a meter: what NEM12, NEM13, MSCONS
//! and Green Button have in common.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::notes::Notes;
use super::raw::{RawColumn, RawRows, RawTimes, Role, Stamp, StampHint, Unit};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Detected, Flag, Provenance, Sure};
use crate::time::{DAY_S, instant_text};

/// Another interval length in one channel is a series of its own from so many values on; fewer are odd ones out.
const STRETCH: usize = 8;
/// The shortest day (clocks go forward by an hour): energies of at least so long are daily or billing energies.
const SHORTEST_DAY_S: i64 = DAY_S - 3600;
/// Instants outside 1900–2200 are taken for damaged, as by the axis.
const PLAUSIBLE: std::ops::Range<i64> = -2_208_988_800..7_258_118_400;
/// A file has so many kinds of estimate at most; further ones are counted together.
const MOST_METHODS: usize = 100;

/// One value, its interval and what the source says of it. The interval of a register reading is empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub start: i64,
    pub length_s: u32,
    pub value: f64,
    pub flag: Flag,
    /// Number of the source's method of estimation in [`Methods`].
    pub method: u16,
    pub line: u32,
}

impl Value {
    fn end(&self) -> i64 {
        self.start + i64::from(self.length_s)
    }
}

/// The values of one channel.
#[derive(Clone, Debug)]
pub(super) struct ChannelValues {
    pub channel: Channel,
    pub role: Role,
    /// Its name in the source.
    pub name: String,
    pub unit: Unit,
    pub multiplier: f64,
    /// How the source says the unit.
    pub unit_why: String,
    /// How sure it is that the values are of this channel; where it is assumed, a Finding says so.
    pub sure: Sure,
    pub values: Vec<Value>,
}

impl ChannelValues {
    /// Takes in a value; where its interval makes no sense, it is left out and noted.
    pub(super) fn push(&mut self, value: Value, end: i64, notes: &mut Notes) {
        let is_register = matches!(self.role, Role::Register(_));
        if !PLAUSIBLE.contains(&value.start) || !PLAUSIBLE.contains(&end) {
            return notes.invalid("time_out_of_range", u64::from(value.line), 1);
        }
        if end <= value.start && !(is_register && end == value.start) {
            return notes.invalid("interval_ends_before_start", u64::from(value.line), 1);
        }
        let length_s = u32::try_from(end - value.start).unwrap_or(u32::MAX);
        self.values.push(Value { length_s, ..value });
    }
}

/// The source's words for its methods of estimation, by number; 0 is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Methods(Vec<String>);

impl Methods {
    /// The number of a method.
    pub(super) fn number(&mut self, method: &str) -> u16 {
        let known = self.0.iter().position(|known| known == method);
        let at = known.unwrap_or_else(|| {
            if self.0.len() < MOST_METHODS {
                self.0.push(if self.0.len() + 1 == MOST_METHODS { "…".to_owned() } else { method.to_owned() });
            }
            self.0.len() - 1
        });
        u16::try_from(at + 1).unwrap_or(0)
    }

    /// The method of a number; empty for none.
    pub(super) fn text(&self, number: u16) -> &str {
        usize::from(number).checked_sub(1).and_then(|at| self.0.get(at)).map_or("", String::as_str)
    }
}

/// The values of one meter.
#[derive(Clone, Debug, Default)]
pub(super) struct MeterValues {
    pub meter: Option<String>,
    pub channels: Vec<ChannelValues>,
    /// Whether the stamps are wall-clock seconds, not instants.
    pub is_wall_clock: bool,
    pub methods: Methods,
    pub notes: Notes,
    pub findings: Vec<Finding>,
    pub provenance: Provenance,
}

/// What holds for every meter of a file.
#[derive(Clone, Debug)]
pub(super) struct Convention {
    pub source_name: String,
    /// What the lines of values are counted in: `line`, or `segment` where a file has one line only.
    pub place: &'static str,
    /// Why stamps name the start of their intervals.
    pub stamp_why: &'static str,
    pub zone_hint: Option<Detected>,
}

impl MeterValues {
    /// Rows for each length of interval, and for what has no regular step. The rows of the import, or else the most,
    /// have the name of the meter; the others say their length behind it.
    ///
    /// What was noted and not put into rows is returned beside them.
    fn into_rows(mut self, convention: &Convention) -> (Vec<RawRows>, Vec<Finding>) {
        self.note_substituted();
        let mut steps: BTreeMap<i64, Vec<ChannelValues>> = BTreeMap::new();
        let mut spans = Vec::new();
        for channel in std::mem::take(&mut self.channels) {
            if channel.sure == Sure::Assumed {
                self.findings.push(
                    Finding::new("ingest.direction_assumed", Severity::Medium)
                        .with("name", channel.name.clone())
                        .with("channel", channel.channel.name())
                        .with("rows", channel.values.len()),
                );
            }
            let (by_step, rest) = self.split(channel);
            by_step.into_iter().for_each(|(step_s, channel)| steps.entry(step_s).or_default().push(channel));
            spans.extend(rest);
        }
        for group in steps.values_mut().chain(std::iter::once(&mut spans)) {
            self.keep_first_of_each(group);
        }
        let weight = |group: &[ChannelValues]| {
            let has_import = group.iter().any(|one| one.channel == Channel::IMPORT_KWH);
            (has_import, group.iter().map(|one| one.values.len()).sum::<usize>())
        };
        let main_s = steps.iter().max_by_key(|(_, group)| weight(group)).map(|(step_s, _)| *step_s);
        let named = |suffix: &str| match &self.meter {
            Some(meter) => Some(format!("{meter} {suffix}")),
            None => Some(suffix.to_owned()),
        };
        let mut groups: Vec<(Option<String>, Vec<ChannelValues>)> = Vec::new();
        for (step_s, group) in steps {
            let length = if step_s % 60 == 0 { format!("{} min", step_s / 60) } else { format!("{step_s} s") };
            let name = if main_s == Some(step_s) { self.meter.clone() } else { named(&length) };
            groups.insert(if main_s == Some(step_s) { 0 } else { groups.len() }, (name, group));
        }
        if !spans.is_empty() {
            groups.push((if main_s.is_none() { self.meter.clone() } else { named("periods") }, spans));
        }
        let mut findings = std::mem::take(&mut self.findings);
        findings.extend(std::mem::take(&mut self.notes).into_findings(self.meter.as_deref(), convention.place));
        let rows = groups.into_iter().map(|(name, group)| {
            let mut rows = merged(group, self.is_wall_clock, convention, &self.provenance);
            rows.meter = name;
            rows.findings.splice(0..0, std::mem::take(&mut findings));
            rows
        });
        let rows: Vec<RawRows> = rows.collect();
        (rows, findings)
    }

    /// How much of the meter the source itself has estimated.
    fn note_substituted(&mut self) {
        let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
        let (mut first, mut last, mut all) = (i64::MAX, i64::MIN, 0usize);
        for value in self.channels.iter().flat_map(|channel| &channel.values).filter(|one| one.value.is_finite()) {
            all += 1;
            if value.flag == Flag::Substituted {
                *counts.entry(value.method).or_default() += 1;
                (first, last) = (first.min(value.start), last.max(value.end()));
            }
        }
        let rows: usize = counts.values().sum();
        if rows == 0 {
            return;
        }
        let text = |(number, count): (&u16, &usize)| format!("{} × {count}", self.methods.text(*number));
        let methods: Vec<String> = counts.iter().map(text).collect();
        let mut finding = Finding::new("ingest.substituted", Severity::Low)
            .with("rows", rows)
            .with("share", rows as f64 / all as f64)
            .with("methods", methods.join(", "));
        if !self.is_wall_clock {
            finding = finding.at(first, last);
        }
        self.findings.push(finding);
    }

    /// The values of a channel by the length of their intervals, and those without a regular step.
    fn split(&mut self, channel: ChannelValues) -> (BTreeMap<i64, ChannelValues>, Option<ChannelValues>) {
        if channel.role != Role::Interval {
            return (BTreeMap::new(), Some(channel));
        }
        let mut lengths: HashMap<u32, usize> = HashMap::new();
        channel.values.iter().for_each(|value| *lengths.entry(value.length_s).or_default() += 1);
        let is_step = |length_s: u32| length_s > 0 && i64::from(length_s) < DAY_S && DAY_S % i64::from(length_s) == 0;
        let steps = lengths.iter().filter(|(length_s, _)| is_step(**length_s));
        let main_s = steps.max_by_key(|(length_s, count)| (**count, std::cmp::Reverse(**length_s))).map(|(s, _)| *s);
        let is_series = |length_s: u32| {
            Some(length_s) == main_s
                || is_step(length_s) && lengths.get(&length_s).is_some_and(|count| *count >= STRETCH)
        };
        let is_energy = channel.channel.quantity.is_energy() && !channel.unit.is_power();
        let (mut steps, mut spans, mut odd, mut unread) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        let same = |values: Vec<Value>| ChannelValues { values, ..channel.clone_empty() };
        for value in &channel.values {
            let is_long = i64::from(value.length_s) >= SHORTEST_DAY_S;
            if is_series(value.length_s) {
                steps.entry(i64::from(value.length_s)).or_insert_with(Vec::new).push(*value);
            } else if is_energy && (is_long || main_s.is_none()) {
                spans.push(*value);
            } else if let Some(step_s) = main_s.filter(|_| !is_long) {
                odd.push((*value, step_s));
            } else {
                unread.push(*value);
            }
        }
        if let (Some((first, step_s)), Some((last, _))) = (odd.first(), odd.last()) {
            let finding = Finding::new("ingest.other_step", Severity::Medium)
                .with("step_s", *step_s)
                .with("other_step_s", first.length_s)
                .with("rows", odd.len())
                .with("first_start", instant_text(first.start))
                .with("first_line", first.line)
                .with("last_line", last.line);
            self.findings.push(finding);
        }
        if let Some(first) = unread.first() {
            let unit = channel.unit.symbol(channel.channel.quantity);
            self.notes.unread(&channel.name, Some(unit), u64::from(first.line), unread.len());
        }
        let steps = steps.into_iter().map(|(step_s, values)| (step_s, same(values))).collect();
        let spans = (!spans.is_empty()).then(|| {
            let role = Role::Energy(crate::readings::Period::Total);
            ChannelValues { role, ..same(spans) }
        });
        (steps, spans)
    }

    /// Two series of one channel cannot stand in one meter: the first stays, the others are noted.
    fn keep_first_of_each(&mut self, group: &mut Vec<ChannelValues>) {
        let mut kept: Vec<ChannelValues> = Vec::with_capacity(group.len());
        for one in std::mem::take(group) {
            if kept.iter().any(|other| other.channel.measures_same(one.channel) && other.role == one.role) {
                let line = one.values.first().map_or(0, |value| u64::from(value.line));
                self.notes.unread(&one.name, Some(one.unit.symbol(one.channel.quantity)), line, one.values.len());
            } else {
                kept.push(one);
            }
        }
        *group = kept;
    }
}

impl ChannelValues {
    fn clone_empty(&self) -> Self {
        Self { name: self.name.clone(), unit_why: self.unit_why.clone(), values: Vec::new(), ..*self }
    }
}

/// Interval, and which of the values for it within one channel.
type Key = (i64, u32, u32);

/// One row an interval, one column a channel. Several values for one interval are several rows, in the source's order.
fn merged(
    channels: Vec<ChannelValues>,
    is_wall_clock: bool,
    convention: &Convention,
    provenance: &Provenance,
) -> RawRows {
    let mut backward = 0usize;
    let mut first_backward: Option<Value> = None;
    let mut forward = 0usize;
    let mut channels = channels;
    for channel in &mut channels {
        for pair in channel.values.windows(2) {
            let goes_back = pair[1].start < pair[0].start;
            backward += usize::from(goes_back);
            forward += usize::from(pair[1].start > pair[0].start);
            if goes_back && first_backward.is_none() {
                first_backward = Some(pair[1]);
            }
        }
        channel.values.sort_by_key(|value| (value.start, value.length_s));
    }
    let mut keys: Vec<Key> = channels.iter().flat_map(|channel| keyed(&channel.values).map(|(key, _)| key)).collect();
    keys.sort_unstable();
    keys.dedup();

    let mut lines = vec![0u64; keys.len()];
    let columns: Vec<RawColumn> = channels
        .iter()
        .map(|channel| {
            let mut values = vec![f64::NAN; keys.len()];
            let mut flags = vec![Flag::Measured; keys.len()];
            let mut row = 0;
            for (key, value) in keyed(&channel.values) {
                while keys.get(row).is_some_and(|other| *other < key) {
                    row += 1;
                }
                let (Some(cell), Some(flag), Some(line)) =
                    (values.get_mut(row), flags.get_mut(row), lines.get_mut(row))
                else {
                    break;
                };
                (*cell, *flag) = (value.value, value.flag);
                *line = if *line == 0 { u64::from(value.line) } else { *line };
            }
            let flags = flags.iter().any(|flag| *flag != Flag::Measured).then_some(flags);
            let (channel_, name, unit) = (channel.channel, channel.name.clone(), channel.unit);
            RawColumn {
                role: channel.role,
                multiplier: channel.multiplier,
                flags,
                ..RawColumn::new(channel_, name, unit, values)
            }
        })
        .collect();

    let starts: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let ends = keys.iter().map(|key| key.0 + i64::from(key.1)).collect();
    let times = if is_wall_clock { RawTimes::WallClock(starts) } else { RawTimes::Instants(starts) };
    let mut rows = RawRows::new(convention.source_name.clone(), times, columns);
    rows.ends = Some(ends);
    rows.lines = (convention.place == "line").then_some(lines);
    rows.stamp_hint =
        Some(StampHint { stamp: Stamp::Start, why: convention.stamp_why.to_owned(), sure: Sure::Certain });
    rows.zone_hint.clone_from(&convention.zone_hint);
    rows.provenance.clone_from(provenance);
    for channel in &channels {
        let symbol = channel.unit.symbol(channel.channel.quantity);
        let unit = Detected::new(symbol, channel.unit_why.clone(), Sure::Certain);
        let why = if channel.sure == Sure::Assumed { "the source does not say which way it flows" } else { "its name" };
        let column = Detected::new(channel.name.clone(), why, channel.sure);
        rows.provenance.insert(format!("unit.{}", channel.channel), unit);
        rows.provenance.insert(format!("column.{}", channel.channel), column);
    }
    if let Some(value) = first_backward {
        let descending = backward > 3 * forward;
        rows.findings.push(
            Finding::new("ingest.out_of_order", if descending { Severity::Info } else { Severity::Low })
                .with("descending", descending)
                .with("rows", backward)
                .with("start", instant_text(value.start))
                .with(convention.place, value.line),
        );
    }
    rows
}

/// Each value with its key; `values` are sorted.
fn keyed(values: &[Value]) -> impl Iterator<Item = (Key, &Value)> {
    let mut before = (0i64, 0u32, 0u32);
    let mut is_first = true;
    values.iter().map(move |value| {
        let repeats = !is_first && (before.0, before.1) == (value.start, value.length_s);
        before = (value.start, value.length_s, if repeats { before.2 + 1 } else { 0 });
        is_first = false;
        (before, value)
    })
}

/// The rows of meter after meter. Findings that no rows of their own can carry go to the nearest meter that has some.
pub(super) struct MeterRows<M> {
    meters: M,
    convention: Convention,
    ready: VecDeque<RawRows>,
    homeless: Vec<Finding>,
    /// Said where no meter has any rows.
    nothing: Option<crate::error::Error>,
}

impl<M: Iterator<Item = MeterValues>> MeterRows<M> {
    /// `findings` are about the whole file; `nothing` is the error where there is no meter to read.
    pub(super) fn new(meters: M, findings: Vec<Finding>, convention: Convention, nothing: crate::error::Error) -> Self {
        Self { meters, convention, ready: VecDeque::new(), homeless: findings, nothing: Some(nothing) }
    }
}

impl<M: Iterator<Item = MeterValues>> Iterator for MeterRows<M> {
    type Item = Result<RawRows>;

    fn next(&mut self) -> Option<Self::Item> {
        // The last rows wait until it is certain that no finding of a later meter needs them.
        while self.ready.len() < 2 {
            let Some(meter) = self.meters.next() else { break };
            let (rows, findings) = meter.into_rows(&self.convention);
            self.homeless.extend(findings);
            self.ready.extend(rows);
        }
        if let Some(rows) = self.ready.front_mut() {
            rows.findings.append(&mut self.homeless);
        }
        match self.ready.pop_front() {
            Some(rows) => {
                self.nothing = None;
                Some(Ok(rows))
            }
            None => self.nothing.take().map(Err),
        }
    }
}
