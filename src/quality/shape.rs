//! Days with the parts that they are made of, from intervals and from what is read daily.

use super::days::Days;
use super::local_seconds;
use crate::readings::{Period, Readings, SpanKind, SpanSeries};
use crate::time::DAY_S;

/// One whole day.
#[derive(Clone, Debug)]
pub(super) struct ShapeDay {
    pub start: i64,
    pub end: i64,
    /// Monday is 0.
    pub weekday: usize,
    pub kwh: f64,
    /// Its parts: hours, or tariff periods.
    pub cells: Vec<f64>,
}

/// The whole days of the import energy, by hour.
pub(super) fn of_load(readings: &Readings, days: &Days) -> Vec<ShapeDay> {
    let whole = readings.local().days().iter().zip(&days.0).filter(|(_, day)| day.is_whole);
    let shape = whole.map(|(calendar, day)| ShapeDay {
        start: calendar.start,
        end: calendar.end,
        weekday: usize::try_from(calendar.date.weekday().to_monday_zero_offset()).unwrap_or(0),
        kwh: day.kwh,
        cells: day.hours.to_vec(),
    });
    shape.collect()
}

/// Spans between 20 and 28 hours count as days.
const DAY: std::ops::RangeInclusive<i64> = DAY_S - 14_400..=DAY_S + 14_400;

/// The days of a daily register or energy, by tariff period where all of them were read too.
pub(super) fn of_series(readings: &Readings, total: &SpanSeries) -> Vec<ShapeDay> {
    let parts: Vec<&SpanSeries> = readings
        .spans()
        .0
        .iter()
        .filter(|one| one.channel.measures_same(total.channel) && one.kind == total.kind && one.period != Period::Total)
        .collect();
    let parts: Vec<Vec<(i64, i64, f64)>> = parts.into_iter().map(energies).collect();
    let mut places = vec![0usize; parts.len()];
    let days: Vec<_> = energies(total).into_iter().filter(|(start, end, _)| DAY.contains(&(end - start))).collect();
    let middles: Vec<i64> = days.iter().map(|(start, end, _)| start + (end - start) / 2).collect();
    let local = local_seconds(readings.axis().zone(), &middles);
    let mut shape = Vec::with_capacity(days.len());
    for ((start, end, kwh), local) in days.into_iter().zip(local) {
        let cells = parts.iter().zip(&mut places).map(|(part, place)| {
            while part.get(*place).is_some_and(|one| one.0 < start) {
                *place += 1;
            }
            part.get(*place).filter(|one| (one.0, one.1) == (start, end)).map(|one| one.2)
        });
        let cells: Option<Vec<f64>> = cells.collect();
        // 1 January 1970 was a Thursday.
        let weekday = (local.div_euclid(DAY_S) + 3).rem_euclid(7);
        let cells = cells.filter(|cells| !cells.is_empty()).unwrap_or_else(|| vec![kwh]);
        shape.push(ShapeDay { start, end, weekday: usize::try_from(weekday).unwrap_or(0), kwh, cells });
    }
    // One day without its periods would leave shapes that cannot be compared.
    let fullest = shape.iter().map(|day| day.cells.len()).max().unwrap_or(0);
    if shape.iter().any(|day| day.cells.len() != fullest) {
        shape.iter_mut().for_each(|day| day.cells = vec![day.kwh]);
    }
    shape
}

/// Energy between the readings of a register, without those that fall; or the energies as they stand.
fn energies(series: &SpanSeries) -> Vec<(i64, i64, f64)> {
    let there = series.values.iter().filter(|one| !one.value.is_nan());
    if series.kind != SpanKind::Register {
        return there.map(|one| (one.span.start, one.span.end, one.value)).collect();
    }
    let readings: Vec<(i64, f64)> = there.map(|one| (one.span.end, one.value)).collect();
    let pairs = readings.windows(2).map(|pair| (pair[0].0, pair[1].0, (pair[1].1 - pair[0].1) * series.multiplier));
    pairs.filter(|(_, _, kwh)| *kwh >= 0.0).collect()
}
