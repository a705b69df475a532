//! Stamps of what is read once a day, on the wall clock.

use super::local_seconds;
use crate::readings::SpanSeries;
use crate::time::{DAY_S, Zone};

/// Fewest stamps that show a habit.
const FEWEST: usize = 7;
/// Share of the stamps that have to be a day apart.
const DAILY_SHARE: f64 = 0.8;
/// Stamps this near to midnight are meant for it [s].
const NEAR_MIDNIGHT_S: f64 = 3600.0;

/// Stamps of a series that is read once a day.
pub(super) struct DailyStamps {
    /// Instants, UTC seconds.
    pub instants: Vec<i64>,
    /// How much later than its due time each is \[s\]; negative for earlier.
    pub late_s: Vec<f64>,
    /// Due time in seconds after local midnight; zero where the readings are meant for midnight.
    pub due_s: f64,
}

impl DailyStamps {
    /// `None` where the series is not read once a day.
    pub fn of(series: &SpanSeries, zone: &Zone) -> Option<Self> {
        let instants: Vec<i64> =
            series.values.iter().filter(|one| !one.value.is_nan()).map(|one| one.span.end).collect();
        let steps = instants.windows(2).map(|pair| pair[1] - pair[0]);
        let daily = steps.filter(|step| (DAY_S - 14_400..=DAY_S + 14_400).contains(step)).count();
        if instants.len() < FEWEST || (daily as f64) < DAILY_SHARE * (instants.len() - 1) as f64 {
            return None;
        }
        let local = local_seconds(zone, &instants);
        // From twelve hours before midnight to twelve after, so that 23:59 and 00:01 are neighbours.
        let around = |seconds: f64| (seconds + DAY_S as f64 / 2.0).rem_euclid(DAY_S as f64) - DAY_S as f64 / 2.0;
        let mut late_s: Vec<f64> = local.iter().map(|local| around(local.rem_euclid(DAY_S) as f64)).collect();
        // The first stamp is as good a middle as any for what is read far from midnight.
        let base = late_s.first().copied().filter(|first| first.abs() > 6.0 * 3600.0).unwrap_or(0.0);
        late_s.iter_mut().for_each(|late| *late = around(*late - base));
        let usual = crate::stats::median(&mut late_s.clone())? + base;
        let due_s = if usual.abs() <= NEAR_MIDNIGHT_S { 0.0 } else { usual };
        late_s.iter_mut().for_each(|late| *late += base - due_s);
        Some(Self { instants, late_s, due_s })
    }
}
