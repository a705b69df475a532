//! Values of a day and more: when each begins and ends.

use super::raw::{RawRows, RawTimes, wall_text};
use super::step::Counts;
use super::{ReadOptions, Stamp};
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Sure};
use crate::time::{DAY_S, Local, LocalClock, Zone, date_of};

/// Steps from here on are days: one of 23 hours is.
pub(super) const LONG_S: i64 = 23 * 3600;
/// So many of the differences must be a multiple of a fixed length.
const NEARLY_ALL: f64 = 0.8;

/// How far apart values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Every {
    /// So many seconds of the wall clock: a day, a week.
    Seconds(i64),
    /// Calendar months.
    Months,
    /// As the stamps have it: billing periods.
    Stamps,
}

/// When the values of rows hold.
pub(super) struct Bounds {
    /// First and last instant of each row, UTC seconds; `None` where they cannot be known.
    pub spans: Vec<Option<(i64, i64)>>,
    /// Rows in ascending order of their stamps.
    pub order: Vec<usize>,
    pub step: Detected,
    pub stamp: Detected,
    /// Rows whose other end is not in the source.
    pub open: Vec<usize>,
}

/// Instants of wall-clock stamps of days: a midnight that clocks skip is the jump, one that comes twice the first.
pub(super) fn instants(times: &RawTimes, zone: &Zone) -> Vec<i64> {
    match times {
        RawTimes::Instants(stamps) => stamps.clone(),
        RawTimes::WallClock(stamps) => of_wall(stamps, zone),
    }
}

fn of_wall(walls: &[i64], zone: &Zone) -> Vec<i64> {
    let (Some(first), Some(last)) = (walls.iter().min(), walls.iter().max()) else { return Vec::new() };
    let mut clock = LocalClock::new(zone, *first, *last);
    let mut instant = |wall: i64| match clock.resolve(wall) {
        Local::Once(instant) | Local::Fold { earlier: instant, .. } | Local::Gap { jump: instant } => instant,
    };
    walls.iter().map(|wall| instant(*wall)).collect()
}

/// Stamps on the wall clock.
fn walls(rows: &RawRows, zone: &Zone) -> Vec<i64> {
    match &rows.times {
        RawTimes::WallClock(stamps) => stamps.clone(),
        RawTimes::Instants(stamps) => {
            let (Some(first), Some(last)) = (stamps.iter().min(), stamps.iter().max()) else { return Vec::new() };
            let segments = zone.segments(*first, last + 1);
            let offset_s = |instant: i64| {
                let at = segments.partition_point(|segment| segment.end <= instant);
                segments.get(at).or(segments.last()).map_or(0, |segment| segment.offset_s)
            };
            stamps.iter().map(|stamp| stamp + offset_s(*stamp)).collect()
        }
    }
}

/// When the values of rows begin and end. `has_value` says which rows have any.
///
/// Local days run from midnight to midnight, 23 or 25 hours where clocks change; months to the same day of
/// the next. Otherwise a value holds from its stamp to the next one (or from the one before, where stamps name ends), and a last row without
/// value closes the period before it. Stamps that keep another offset than the local one by as much as clocks move are put back to
/// midnight, with a Finding.
pub(super) fn bounds(rows: &mut RawRows, has_value: &[bool], zone: &Zone, options: &ReadOptions) -> Bounds {
    let mut walls = walls(rows, zone);
    // Instants with both ends leave nothing open.
    let is_certain = matches!(rows.times, RawTimes::Instants(_)) && rows.ends.is_some();
    if !is_certain {
        back_to_midnight(rows, &mut walls, zone);
    }
    let mut order: Vec<usize> = (0..walls.len()).collect();
    order.sort_by_key(|row| walls.get(*row).copied());
    if let Some(ends) = &rows.ends {
        let (starts, ends) = match &rows.times {
            RawTimes::Instants(stamps) => (stamps.clone(), ends.clone()),
            RawTimes::WallClock(_) => (of_wall(&walls, zone), of_wall(ends, zone)),
        };
        let pairs: Vec<(i64, i64)> = starts.into_iter().zip(ends).collect();
        // A row without value may be a register reading, which has no length.
        let is_odd = |(row, (start, end)): &(usize, &(i64, i64))| end <= start && has_value.get(*row) == Some(&true);
        let mut odd = pairs.iter().enumerate().filter(is_odd);
        if let Some((row, (start, end))) = odd.next() {
            let finding = Finding::new("ingest.odd_interval", Severity::Medium)
                .with("rows", 1 + odd.count())
                .with("length_s", end - start)
                .with("start", walls.get(row).map(|wall| wall_text(*wall)))
                .with("line", rows.line(row));
            rows.findings.push(finding);
        }
        let spans = pairs.into_iter().map(|(start, end)| (end > start).then_some((start, end))).collect();
        let why = "the source gives both ends";
        let step = Detected::new("irregular", why, Sure::Certain);
        return Bounds { spans, order, step, stamp: Detected::new("start", why, Sure::Certain), open: Vec::new() };
    }

    let valued = |row: Option<&usize>| row.and_then(|row| has_value.get(*row)).copied().unwrap_or(false);
    let (opens, closes) = (!valued(order.first()) && order.len() > 1, !valued(order.last()) && order.len() > 1);
    let (stamp, stamp_found) = match (options.stamp, &rows.stamp_hint) {
        (Some(stamp), _) => (stamp, Detected::given(name(stamp))),
        (None, Some(hint)) => (hint.stamp, Detected::new(name(hint.stamp), hint.why.clone(), hint.sure)),
        (None, None) if closes && !opens => (
            Stamp::Start,
            Detected::new("start", "the last row has no value: it closes the last period", Sure::Certain),
        ),
        (None, None) if opens && !closes => {
            (Stamp::End, Detected::new("end", "the first row has no value: it opens the first period", Sure::Certain))
        }
        (None, None) => {
            (Stamp::Start, Detected::new("start", "a value of a day is written at the date of the day", Sure::Likely))
        }
    };

    let mut sorted: Vec<i64> = order.iter().filter_map(|row| walls.get(*row)).copied().collect();
    sorted.dedup();
    let (every, step) = every(&sorted, options);
    let neighbour = |wall: i64| match (every, stamp) {
        (Every::Seconds(step_s), Stamp::Start) => Some(wall + step_s),
        (Every::Seconds(step_s), Stamp::End) => Some(wall - step_s),
        (Every::Months, Stamp::Start) => month_away(wall, 1),
        (Every::Months, Stamp::End) => month_away(wall, -1),
        (Every::Stamps, Stamp::Start) => sorted.get(sorted.partition_point(|one| *one <= wall)).copied(),
        (Every::Stamps, Stamp::End) => {
            sorted.partition_point(|one| *one < wall).checked_sub(1).and_then(|at| sorted.get(at)).copied()
        }
    };
    let others: Vec<Option<i64>> = walls.iter().map(|wall| neighbour(*wall)).collect();
    let (own, other) =
        (of_wall(&walls, zone), of_wall(&others.iter().map(|one| one.unwrap_or(0)).collect::<Vec<_>>(), zone));
    let mut open = Vec::new();
    let spans: Vec<Option<(i64, i64)>> = (0..walls.len())
        .map(|row| {
            let (one, two) = (own.get(row)?, other.get(row)?);
            if others.get(row)?.is_none() {
                if valued(Some(&row)) {
                    open.push(row);
                }
                return None;
            }
            Some((*one.min(two), *one.max(two)))
        })
        .collect();
    // The row that only closes or opens is no period of its own.
    let bare = match stamp {
        Stamp::Start if closes => order.last(),
        Stamp::End if opens => order.first(),
        _ => None,
    };
    let mut bounds = Bounds { spans, order: order.clone(), step, stamp: stamp_found, open };
    if let Some(span) = bare.and_then(|row| bounds.spans.get_mut(*row)) {
        *span = None;
    }
    bounds
}

fn name(stamp: Stamp) -> &'static str {
    if stamp == Stamp::End { "end" } else { "start" }
}

fn month_away(wall: i64, months: i32) -> Option<i64> {
    let day = wall.div_euclid(DAY_S);
    let date = date_of(day).checked_add(jiff::Span::new().try_months(months).ok()?).ok()?;
    Some(crate::time::days_since_epoch(date) * DAY_S + wall.rem_euclid(DAY_S))
}

fn every(sorted: &[i64], options: &ReadOptions) -> (Every, Detected) {
    if let Some(step_s) = options.step_s {
        return (Every::Seconds(step_s), Detected::given(format!("{step_s} s")));
    }
    let differences = || sorted.windows(2).map(|pair| pair[1] - pair[0]);
    let mut counts = Counts::default();
    differences().for_each(|difference| counts.add(difference));
    let total = sorted.len().saturating_sub(1);
    let share = |part: usize| total > 0 && part as f64 >= NEARLY_ALL * total as f64;
    let day_of_month = |wall: &i64| (date_of(wall.div_euclid(DAY_S)).day(), wall.rem_euclid(DAY_S));
    let same_day =
        sorted.first().is_some_and(|first| sorted.iter().all(|wall| day_of_month(wall) == day_of_month(first)));
    // Day 29 and later does not come every month.
    let is_early = sorted.first().is_some_and(|first| day_of_month(first).0 <= 28);
    if total > 0 && same_day && is_early {
        return (Every::Months, Detected::new("month", "all stamps are on the same day of the month", Sure::Likely));
    }
    if let Some(step_s) = counts.most_frequent(|difference| difference > 0)
        && (step_s <= DAY_S || step_s == 7 * DAY_S)
        && share(differences().filter(|difference| difference % step_s == 0).count())
    {
        let why = "the most frequent difference between stamps";
        return (Every::Seconds(step_s), Detected::new(format!("{step_s} s"), why, Sure::Likely));
    }
    let (least, most) = (differences().min().unwrap_or(0), differences().max().unwrap_or(0));
    let why = format!("stamps are {} to {} days apart", least as f64 / DAY_S as f64, most as f64 / DAY_S as f64);
    (Every::Stamps, Detected::new("irregular", why, Sure::Likely))
}

/// Puts stamps that keep one offset all year (01:00 in summer) back to the local midnight that they mean.
fn back_to_midnight(rows: &mut RawRows, walls: &mut [i64], zone: &Zone) {
    let (Some(first), Some(last)) = (walls.iter().min().copied(), walls.iter().max().copied()) else { return };
    let year_s = 366 * DAY_S;
    let segments = zone.segments(first - year_s, last + year_s);
    let shifts: Vec<i64> = segments.windows(2).map(|pair| (pair[1].offset_s - pair[0].offset_s).abs()).collect();
    let from_midnight = |wall: i64| (wall + DAY_S / 2).rem_euclid(DAY_S) - DAY_S / 2;
    let drifts = |wall: &i64| matches!(from_midnight(*wall), off if off != 0 && shifts.contains(&off.abs()));
    if !walls.iter().all(|wall| from_midnight(*wall) == 0 || drifts(wall)) {
        return;
    }
    let mut moved = walls.iter().enumerate().filter(|(_, wall)| drifts(wall)).map(|(row, _)| row);
    let Some(row) = moved.next() else { return };
    let stamp = walls.get(row).copied().unwrap_or(first);
    let count = 1 + moved.count();
    rows.findings.push(
        Finding::new("ingest.day_stamp_moved", Severity::Info)
            .with("rows", count)
            .with("stamp", wall_text(stamp))
            .with("moved_to", wall_text(stamp - from_midnight(stamp)))
            .with("line", rows.line(row))
            .with("zone", zone.name()),
    );
    for wall in walls {
        *wall -= from_midnight(*wall);
    }
}
