//! The common trunk: rows of any source become readings on one regular axis.

use super::ReadOptions;
use super::days::LONG_S;
use super::intervals::Intervals;
use super::parts::{self, Parts};
use super::raw::{RawColumn, RawRows, RawTimes, Role, local_text, wall_text};
use super::register_place::Grid;
use super::{clock_changes, ends, long_values, midnight, place, register_look, registers, step};
use crate::error::{ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Detected, Kind, Period, Readings, SpanKind, SpanSeries, Spans, Sure};
use crate::time::Zone;

/// Stamps outside 1900–2200 are taken for damaged, as by the axis.
const PLAUSIBLE: std::ops::Range<i64> = -2_208_988_800..7_258_118_400;
/// Daily and billing values over a longer time are a damaged stamp: 50 years \[s\].
const LONGEST_S: i64 = 50 * 366 * crate::time::DAY_S;
/// Rows run backwards where so many stamps go back for each that goes forward.
const BACKWARD_PER_FORWARD: usize = 3;

/// Puts the rows of a meter on a regular axis, and beside it what has no regular step.
///
/// Everything that a source leaves open is found out from its stamps and numbers unless `options` say it, and is
/// reported in the provenance (`zone`, `stamp`, `midnight`, `step`, `ends`, `clock_changes`, `registers`, `multiplier`,
/// `unit.<channel>`, `rows`) with the reason and how sure it is. Intervals are named by their start, energy is in kWh
/// and kvarh; mean power is multiplied by the hours of the step.
///
/// - Cumulative registers (示值) become the energy between readings. Past the last digit they begin again
///   (`register.rollover`); over a reset, a step back or a runaway step nothing is known (`register.reset`, `register.reverse`,
///   `register.runaway`). Readings further apart than a step give a span (`register.long_interval`), spread over its
///   steps only where `options` ask. The readings themselves are kept in the spans.
/// - Values of a day and more are spans from local midnight to local midnight (`ingest.day_stamp_moved`,
///   `ingest.period_open`); voltages and the like of a day are left out (`ingest.means_left_out`).
/// - A midnight written as 00:00 of the date that ends is noticed from the order of the rows and moved to
///   the next date (`ingest.midnight_of_same_date`).
/// - Where nothing shows which end of its interval a stamp names, it is taken for the start (`ingest.stamp_assumed`).
///   Ends that the source gives decide; rows of another length are not placed (`ingest.odd_interval`).
/// - Rows out of order are sorted (`ingest.out_of_order`); rows for the same interval are merged, the first
///   value kept and flagged where they differ (`quality.duplicate`). The hour that comes twice in
///   autumn is no duplicate; where it comes once, the second is missing (`ingest.autumn_hour_once`). Zeros in the
///   hour that never comes in spring are left out (`ingest.spring_hour_zero_filled`).
/// - Stamps between the intervals (`ingest.off_grid`) and values above 10 GW (`quality.implausible`) are not placed.
/// - Energy made of samples of power is flagged as such (`ingest.energy_from_samples`).
/// - An interval without a row is missing.
///
/// # Errors
/// No row; no zone, or an unknown one; columns of another length; a stamp that never occurs in the zone, unless
/// it is to be skipped; a single stamp without `step_s`; two steps mixed without `step_s`; a register with more
/// digits than `register_digits`; a stamp so far off that the axis would be absurdly long; a step below a day that does not divide it.
///
/// ```
/// use wattlens::ingest::{RawColumn, RawRows, RawTimes, ReadOptions, Unit, assemble};
/// use wattlens::readings::Channel;
/// // 00:15 to 01:00 on the wall clock of 1 January 2024; mean power in kW.
/// let stamps = (1..=4).map(|k| 1_704_067_200 + k * 900).collect();
/// let power = RawColumn::new(Channel::IMPORT_KWH, "kw", Unit::Kw, vec![4.0, 8.0, f64::NAN, 12.0]);
/// let rows = RawRows::new("table", RawTimes::WallClock(stamps), vec![power]);
/// let options = ReadOptions { zone: Some("Asia/Shanghai".into()), ..ReadOptions::default() };
/// let readings = assemble(rows, &options)?;
/// assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().total(), Some(6.0));
/// assert_eq!(readings.provenance()["stamp"].value, "end"); // 00:15 is one step past midnight
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn assemble(mut rows: RawRows, options: &ReadOptions) -> Result<Readings> {
    check(&rows)?;
    let row_count = rows.stamps().len();
    let (zone, zone_found) = zone(&rows, options)?;
    note(&mut rows, "zone", zone_found);
    note(&mut rows, "rows", Detected::new(row_count.to_string(), "counted", Sure::Certain));
    parts::set_multiplier(&mut rows, options)?;
    let descending = reverse_if_descending(&mut rows);
    let ends_step_s = ends::repair(&mut rows, options);
    let step_s = options.step_s.or(ends_step_s).or_else(|| step::modal_difference(rows.stamps()));
    let all_long = step_s.is_some_and(|step_s| step_s >= LONG_S);
    let midnight = match (&rows.ends, all_long) {
        (None, false) => midnight::repair(&mut rows, step_s.unwrap_or(0), options)?,
        _ => None,
    };
    register_look::mark(&mut rows, all_long, options);
    let was_made_long = parts::make_long(&mut rows, step_s);
    units(&mut rows, step_s.filter(|_| !was_made_long), options);

    let mut parts = Parts::of(&mut rows, all_long);
    let mut axis = None;
    let intervals = match &mut parts.intervals {
        Some(part) => Some(Intervals::of(part, midnight, ends_step_s, descending, &zone, options)?),
        None => None,
    };
    let mut spans = Vec::new();
    if let Some(part) = &mut parts.long {
        let (series, bounds) = long_values::spans(part, &zone, options);
        let ends =
            bounds.spans.iter().flatten().fold((i64::MAX, i64::MIN), |all, one| (all.0.min(one.0), all.1.max(one.1)));
        let clocks = if ends.0 < ends.1 { Some(clock_changes::of_days(ends, &zone)) } else { None };
        for (key, found) in [("step", Some(bounds.step)), ("stamp", Some(bounds.stamp)), ("clock_changes", clocks)] {
            found.map(|found| part.provenance.insert(key.to_owned(), found));
        }
        spans.extend(series.into_iter().filter(|series| !series.values.is_empty()));
    }
    let registers = match &mut parts.registers {
        Some(part) => registers::of_part(part, descending && intervals.is_none(), &zone, options)?,
        None => Vec::new(),
    };

    // What lies on one grid shares the axis.
    let taken = |channel: Channel| {
        parts.intervals.iter().flat_map(|part| &part.columns).any(|column| column.channel.measures_same(channel))
    };
    let grids: Vec<Option<Grid>> = registers.iter().map(|one| one.grid_of_axis(taken, options)).collect();
    let own =
        intervals.as_ref().map(|one| (one.step_s, one.starts.first().map_or(0, |first| first.rem_euclid(one.step_s))));
    let shared = own.or_else(|| grids.iter().flatten().map(|grid| (grid.step_s, grid.phase_s)).next());
    let is_shared = |grid: &&Grid| Some((grid.step_s, grid.phase_s)) == shared;
    let beside = grids.iter().flatten().filter(is_shared).map(|grid| (grid.first, grid.last));
    let beside = beside.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
    let mut series = Vec::new();
    if let Some((step_s, _)) = shared {
        let starts = intervals.as_ref().map_or(&[][..], |one| &one.starts);
        let part = parts.intervals.as_ref().or(parts.registers.as_ref()).unwrap_or(&rows);
        let made = place::axis(part, starts, beside, (row_count, options.spread), step_s, &zone)?;
        if let Some(part) = &mut parts.intervals {
            series = place::series(part, starts, &made, options.power);
        }
        axis = Some(made);
    }
    let given: Vec<(Channel, Period)> =
        spans.iter().filter(|one| one.kind == SpanKind::Energy).map(|one| (one.channel, one.period)).collect();
    for (register, grid) in registers.iter().zip(&grids) {
        let on_axis = axis.as_ref().filter(|_| grid.as_ref().is_some_and(|grid| is_shared(&grid)));
        let energies = match on_axis {
            Some(axis) if options.spread => {
                series.push(register.spread_over(axis));
                Vec::new()
            }
            Some(axis) => {
                let (one, longer) = register.on_axis(axis);
                rows.findings.extend(register.long_intervals(&longer, axis));
                series.push(one);
                longer
            }
            None => register.energies(),
        };
        if !energies.is_empty() && !given.contains(&(register.channel, register.period)) {
            spans.push(register.energy_series(energies));
        }
        if let Some(part) = &parts.registers {
            rows.findings.extend(register.findings(part, &zone));
        }
        spans.push(register.span_series());
    }

    let mut provenance = std::mem::take(&mut rows.provenance);
    let mut findings = std::mem::take(&mut rows.findings);
    for part in [parts.intervals, parts.registers, parts.long].into_iter().flatten() {
        findings.extend(part.findings);
        part.provenance.into_iter().for_each(|(key, found)| {
            provenance.entry(key).or_insert(found);
        });
    }
    let spans = distinct(spans)?;
    let readings = match axis {
        Some(axis) => Readings::new(axis, series)?.with_spans(spans),
        None if spans.is_empty() => {
            let problem = "no value has a known begin and end: pass step=, for example step=86400 for days";
            return Err(rows.fail(None, problem));
        }
        None => {
            if let Some(span) = spans.span().filter(|span| span.end - span.start > LONGEST_S) {
                let (from, to) = (local_text(&zone, span.start), local_text(&zone, span.end));
                return Err(rows.fail(
                    None,
                    format!("the rows run from {from} to {to}, over more than 50 years: is a date damaged?"),
                ));
            }
            Readings::of_spans(spans, zone)?
        }
    };
    Ok(readings.with_meter(rows.meter).with_origin(findings, provenance))
}

fn note(rows: &mut RawRows, key: &str, found: Detected) {
    rows.provenance.insert(key.to_owned(), found);
}

/// Says the unit of each column, and what becomes of power in a column of energy.
fn units(rows: &mut RawRows, step_s: Option<i64>, options: &ReadOptions) {
    for column in &rows.columns {
        let own = |name: &str| rows.provenance.get(&format!("unit.{}{name}", column.channel)).cloned();
        let unit = own("").or_else(|| own("_register"));
        let entry = rows
            .provenance
            .entry(format!("unit.{}", column.channel))
            .or_insert_with(|| unit.unwrap_or_else(|| Detected::given(column.unit.symbol(column.channel.quantity))));
        if column.unit.is_power() && column.channel.quantity.is_energy() && column.role == Role::Interval {
            let is_sample = options.power.unwrap_or(column.channel.kind) == Kind::Sample;
            let what = if is_sample { "a sample at the start" } else { "the mean power" };
            let hours = step_s.map_or_else(String::new, |step_s| format!(", × {} h", step_s as f64 / 3600.0));
            entry.why.push_str(&format!("; taken as {what} of each interval{hours}"));
        }
    }
}

/// The spans in order.
///
/// # Errors
/// Two series of the same channel, kind and period.
fn distinct(mut spans: Vec<SpanSeries>) -> Result<Spans> {
    spans.sort_by_key(|one| (one.channel, one.kind, one.period));
    let same = |pair: &&[SpanSeries]| {
        pair[0].channel.measures_same(pair[1].channel)
            && (pair[0].kind, pair[0].period) == (pair[1].kind, pair[1].period)
    };
    match spans.windows(2).find(same) {
        Some(pair) => Err(ErrorKind::ChannelCount { channel: pair[0].name(), count: 2 }.into()),
        None => Ok(Spans(spans)),
    }
}

fn check(rows: &RawRows) -> Result<()> {
    let expected = rows.stamps().len();
    if expected == 0 {
        return Err(ErrorKind::NoReadings.into());
    }
    if let Some(column) = rows.columns.iter().find(|column| column.values.len() != expected) {
        let (channel, found) = (column.channel.name().to_owned(), column.values.len());
        return Err(ErrorKind::ChannelLength { channel, found, expected }.into());
    }
    let wrong = |column: &&RawColumn| column.unit.to_quantity(column.channel.quantity, 3600).is_none();
    if let Some(column) = rows.columns.iter().find(wrong) {
        let (unit, channel) = (column.unit.symbol(column.channel.quantity), column.channel);
        let problem = format!("the unit {unit} cannot be that of {channel}; expected one such as {}", channel.unit());
        let (source_name, name) = (rows.source_name.clone(), Some(column.name.clone()));
        return Err(ErrorKind::Content { source_name, line: None, column: name, problem }.into());
    }
    match rows.stamps().iter().position(|stamp| !PLAUSIBLE.contains(stamp)) {
        Some(row) => {
            let text = wall_text(rows.stamps()[row]);
            Err(rows
                .fail(Some(row), format!("the stamp {text} ({}) is outside the years 1900 to 2200", rows.place(row))))
        }
        None => Ok(()),
    }
}

fn zone(rows: &RawRows, options: &ReadOptions) -> Result<(Zone, Detected)> {
    let given = options.zone.as_ref().map(Detected::given);
    let Some(detected) = given.or_else(|| rows.zone_hint.clone()) else {
        let problem = match rows.times {
            RawTimes::WallClock(_) => {
                "the stamps carry no zone: pass zone= with the IANA name of the site's zone, for example \"Asia/Shanghai\""
            }
            RawTimes::Instants(_) => {
                "the stamps are instants, but local days need the site's zone: pass zone=, for example \"Asia/Shanghai\" \
                 (\"UTC\" for days in UTC)"
            }
        };
        return Err(rows.fail(None, problem));
    };
    Ok((Zone::named(&detected.value)?, detected))
}

fn reverse_if_descending(rows: &mut RawRows) -> bool {
    let stamps = rows.stamps();
    let (mut forward, mut backward) = (0usize, 0usize);
    for pair in stamps.windows(2) {
        forward += usize::from(pair[1] > pair[0]);
        backward += usize::from(pair[1] < pair[0]);
    }
    let descending = backward > 0 && backward >= BACKWARD_PER_FORWARD * forward;
    if descending {
        let order: Vec<usize> = (0..stamps.len()).rev().collect();
        rows.select(&order);
    }
    descending
}

/// Sorts by start; rows of one start keep the order of the source.
pub(super) fn sort(rows: &mut RawRows, starts: &mut Vec<i64>, descending: bool, zone: &Zone) {
    let backward = starts.windows(2).filter(|pair| pair[1] < pair[0]).count();
    if backward == 0 && !descending {
        return;
    }
    let first = starts.windows(2).position(|pair| pair[1] < pair[0]).map(|row| row + 1);
    let mut finding = Finding::new("ingest.out_of_order", if backward == 0 { Severity::Info } else { Severity::Low })
        .with("descending", descending)
        .with("rows", backward);
    if let Some(row) = first {
        let start = starts.get(row).map(|start| local_text(zone, *start));
        finding = finding.with("start", start).with("line", rows.line(row));
    }
    rows.findings.push(finding);
    if backward > 0 {
        let mut order: Vec<usize> = (0..starts.len()).collect();
        order.sort_by_key(|row| starts[*row]);
        rows.select(&order);
        *starts = order.iter().map(|row| starts[*row]).collect();
    }
}
