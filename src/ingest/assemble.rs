//! The common trunk: rows of any source become readings on one regular axis.

use super::raw::{RawColumn, RawRows, RawTimes, local_text, wall_text};
use super::{ReadOptions, Stamp, midnight, place, register, step, wall_clock};
use crate::error::{ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Readings, Sure};
use crate::time::Zone;

/// Stamps outside 1900–2200 are taken for damaged, as by the axis.
const PLAUSIBLE: std::ops::Range<i64> = -2_208_988_800..7_258_118_400;
/// Rows run backwards where so many stamps go back for each that goes forward.
const BACKWARD_PER_FORWARD: usize = 3;

/// Puts rows on a regular axis.
///
/// Everything that a source leaves open is found out from its stamps unless `options` say it, and is
/// reported in the provenance (`zone`, `stamp`, `midnight`, `step`, `unit.<channel>`, `rows`) with the
/// reason, `given` where the caller said so. Intervals are named by their start, energy is in kWh
/// and kvarh; mean power is multiplied by the hours of the step.
///
/// - A midnight written as 00:00 of the date that ends is noticed from the order of the rows and moved to
///   the next date (`ingest.midnight_of_same_date`).
/// - Where nothing shows which end of its interval a stamp names, it is taken for the start (`ingest.stamp_assumed`).
/// - Rows out of order are sorted (`ingest.out_of_order`); rows for the same interval are merged, the first
///   value kept and flagged where they differ (`quality.duplicate`). The hour that comes twice in
///   autumn is no duplicate.
/// - Stamps between the intervals (`ingest.off_grid`) and values above 10 GW (`quality.implausible`) are not placed.
/// - An interval without a row is missing.
///
/// # Errors
/// No row; no zone, or an unknown one; columns of another length; a stamp that never occurs in the zone, unless
/// it is to be skipped; a single stamp without `step_s`; two steps mixed without `step_s`; an energy
/// column that looks like a cumulative register; a stamp so far off that the axis would be absurdly long; a step that does not divide a day.
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
    let descending = reverse_if_descending(&mut rows);
    let (step_s, step_found) = step_s(&rows, options)?;

    let midnight = midnight::repair(&mut rows, step_s, options)?;
    let convention = midnight::convention(&rows, midnight, wall_ends(&rows, &zone), step_s, options);
    let stamp = convention.stamp;
    let mut starts = match &mut rows.times {
        RawTimes::Instants(stamps) => {
            let to_start_s = if stamp == Stamp::End { step_s } else { 0 };
            std::mem::take(stamps).into_iter().map(|instant| instant - to_start_s).collect()
        }
        RawTimes::WallClock(_) => wall_clock::starts(&mut rows, &zone, step_s, stamp, options)?,
    };
    if convention.sure == Sure::Assumed {
        rows.findings.push(Finding::new("ingest.stamp_assumed", Severity::Low).with("stamp", "start"));
    }

    sort(&mut rows, &mut starts, descending, &zone);
    step::keep_one_step(&mut rows, &mut starts, step_s, stamp, options.step_s.is_some(), &zone)?;
    register::refuse(&rows)?;
    let axis = place::axis(&mut rows, &mut starts, step_s, &zone)?;
    let series = place::series(&mut rows, &starts, &axis);

    let mut provenance = std::mem::take(&mut rows.provenance);
    let mut note = |key: &str, detected: Detected| provenance.insert(key.to_owned(), detected);
    note("zone", zone_found);
    note("stamp", Detected::new(if stamp == Stamp::End { "end" } else { "start" }, convention.why, convention.sure));
    if let Some(midnight) = convention.midnight {
        note("midnight", midnight);
    }
    note("step", step_found);
    note("rows", Detected::new(row_count.to_string(), "counted", Sure::Certain));
    for column in &rows.columns {
        let entry = provenance
            .entry(format!("unit.{}", column.channel))
            .or_insert_with(|| Detected::given(column.unit.symbol(column.channel.quantity)));
        if column.unit.is_power() {
            entry.why.push_str(&format!("; taken as the mean power of each interval, × {} h", axis.step_h()));
        }
    }
    Ok(Readings::new(axis, series)?.with_meter(rows.meter).with_origin(rows.findings, provenance))
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

fn step_s(rows: &RawRows, options: &ReadOptions) -> Result<(i64, Detected)> {
    let stamps = rows.stamps();
    let (step_s, detected) = match (options.step_s, step::modal_difference(stamps)) {
        (Some(given), _) => (given, Detected::given(format!("{given} s"))),
        (None, Some(modal)) => {
            let why = "the most frequent difference between stamps";
            (modal, Detected::new(format!("{modal} s"), why, Sure::Likely))
        }
        (None, None) => {
            let text = stamps.first().map_or_else(String::new, |stamp| wall_text(*stamp));
            let problem = format!(
                "all rows have the one stamp {text}, so the step cannot be known: pass step=, for example step=900"
            );
            return Err(rows.fail(None, problem));
        }
    };
    // The axis would refuse it too, but later steps divide by it.
    if step_s <= 0 || crate::time::DAY_S % step_s != 0 || step_s == crate::time::DAY_S {
        return Err(ErrorKind::Step { found_s: step_s }.into());
    }
    Ok((step_s, detected))
}

/// Earliest and latest stamp on the wall clock.
fn wall_ends(rows: &RawRows, zone: &Zone) -> (i64, i64) {
    let ends = rows.stamps().iter().fold((i64::MAX, i64::MIN), |(low, high), at| (low.min(*at), high.max(*at)));
    let wall = |instant: i64| instant + zone.segments(instant, instant + 1).first().map_or(0, |s| s.offset_s);
    match rows.times {
        RawTimes::WallClock(_) => ends,
        RawTimes::Instants(_) => (wall(ends.0), wall(ends.1)),
    }
}

/// Sorts by start; rows of one start keep the order of the source.
fn sort(rows: &mut RawRows, starts: &mut Vec<i64>, descending: bool, zone: &Zone) {
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
