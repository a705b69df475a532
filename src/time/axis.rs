//! The time axis `{start, step, len, zone}` and its local calendar, computed per constant-offset segment.

use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{DAY_S, Local, LocalClock, Zone};
use crate::error::{ErrorKind, Result};

/// Regular intervals, each named by its start: `start + i · step_s`, half-open.
///
/// ```
/// use wattlens::time::{TimeAxis, Zone};
/// let axis = TimeAxis::new(1_514_732_400, 900, 35_040, Zone::named("Asia/Seoul")?)?;
/// assert_eq!(axis.slots_per_day(), 96);
/// assert_eq!(axis.local_time().days().len(), 365);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeAxis {
    start: i64,
    step_s: i64,
    len: usize,
    zone: Zone,
}

/// Instants outside 1900–2200 are taken for damaged stamps.
const EARLIEST: i64 = -2_208_988_800;
const LATEST: i64 = 7_258_118_400;

impl TimeAxis {
    /// An axis that starts at `start` (UTC seconds) with `len` intervals of `step_s` seconds.
    ///
    /// # Errors
    /// A step that does not divide a day into at least two intervals; no interval at all; instants
    /// outside 1900–2200.
    pub fn new(start: i64, step_s: i64, len: usize, zone: Zone) -> Result<Self> {
        if step_s <= 0 || DAY_S % step_s != 0 || step_s == DAY_S {
            return Err(ErrorKind::Step { found_s: step_s }.into());
        }
        if len == 0 {
            return Err(ErrorKind::NoReadings.into());
        }
        let end = i64::try_from(len).ok().and_then(|len| len.checked_mul(step_s)).and_then(|s| start.checked_add(s));
        match end {
            Some(end) if start >= EARLIEST && end <= LATEST => Ok(Self { start, step_s, len, zone }),
            _ => Err(ErrorKind::InstantOutOfRange { start, step_s, len }.into()),
        }
    }

    /// Start of the first interval, UTC seconds.
    #[must_use]
    pub fn start(&self) -> i64 {
        self.start
    }

    /// End of the last interval, UTC seconds.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.start + self.len as i64 * self.step_s
    }

    /// Length of an interval \[s\].
    #[must_use]
    pub fn step_s(&self) -> i64 {
        self.step_s
    }

    /// Length of an interval \[h\].
    #[must_use]
    pub fn step_h(&self) -> f64 {
        self.step_s as f64 / 3600.0
    }

    /// Number of intervals.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // an axis is never empty
    pub fn len(&self) -> usize {
        self.len
    }

    /// Zone of the local calendar.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Intervals of an ordinary 24-hour day.
    #[must_use]
    pub fn slots_per_day(&self) -> usize {
        (DAY_S / self.step_s) as usize
    }

    /// Start of interval `index`, UTC seconds.
    #[must_use]
    pub fn instant(&self, index: usize) -> i64 {
        self.start + index as i64 * self.step_s
    }

    /// Index of the first interval that starts at or after `instant`, cut to `0..=len`.
    #[must_use]
    pub fn index_from(&self, instant: i64) -> usize {
        let steps = instant.saturating_sub(self.start).saturating_add(self.step_s - 1).div_euclid(self.step_s);
        steps.clamp(0, self.len as i64) as usize
    }

    /// Indices of the intervals that start in `[from, to)`.
    #[must_use]
    pub fn range(&self, from: i64, to: i64) -> Range<usize> {
        let first = self.index_from(from);
        first..self.index_from(to).max(first)
    }

    /// Whether intervals begin on the wall clock's grid of the step, all along: 10:00, 10:15 …, not 10:07.
    ///
    /// ```
    /// use wattlens::time::{TimeAxis, Zone};
    /// let off = TimeAxis::new(420, 900, 96, Zone::named("UTC")?)?;
    /// assert!(!off.is_on_wall_grid());
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    #[must_use]
    pub fn is_on_wall_grid(&self) -> bool {
        let segments = self.zone.segments(self.start, self.end());
        segments.iter().all(|segment| (self.start + segment.offset_s).rem_euclid(self.step_s) == 0)
    }

    /// The local calendar: days, months and runs, found from the zone's segments.
    #[must_use]
    pub fn local_time(&self) -> LocalTime {
        LocalTime::of(self)
    }
}

/// A local day: the instants between two local midnights. 23, 24 or 25 hours are all ordinary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Local date.
    pub date: Date,
    /// First instant, UTC seconds.
    pub start: i64,
    /// First instant of the next day, UTC seconds.
    pub end: i64,
    /// The axis' intervals that start in this day.
    pub range: Range<usize>,
    /// How many intervals of the axis' step start in the whole day.
    pub expected: usize,
}

impl Day {
    /// Whether the axis covers the whole day.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.range.len() == self.expected
    }
}

/// Consecutive intervals of one local day under one offset: interval `range.start + k` has slot `slot + k`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Index into [`LocalTime::days`].
    pub day: usize,
    /// Wall-clock slot of the first interval: seconds since midnight divided by the step.
    pub slot: usize,
    /// The axis' intervals.
    pub range: Range<usize>,
}

/// A local calendar month, as far as the axis covers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// First day of the month.
    pub first: Date,
    /// Indices into [`LocalTime::days`].
    pub days: Range<usize>,
    /// The axis' intervals that start in the month.
    pub range: Range<usize>,
    /// First instant of the whole month, UTC seconds.
    pub start: i64,
    /// First instant of the next month, UTC seconds.
    pub end: i64,
    /// How many intervals of the axis' step start in the whole month.
    pub expected: usize,
}

impl Month {
    /// Whether the axis covers the whole month.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.range.len() == self.expected
    }

    /// `2018-11`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{:04}-{:02}", self.first.year(), self.first.month())
    }
}

/// The local calendar of an axis. Built once per axis, in time proportional to its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTime {
    days: Vec<Day>,
    months: Vec<Month>,
    runs: Vec<Run>,
}

impl LocalTime {
    fn of(axis: &TimeAxis) -> Self {
        let (start, end, step) = (axis.start(), axis.end(), axis.step_s());
        // A month that the axis only touches is measured whole, so the clock reaches a month further.
        let mut clock = LocalClock::new(axis.zone(), start - 31 * DAY_S, end + 31 * DAY_S);
        let segments = clock.segments().to_vec();
        let offset_at =
            |instant: i64| segments.iter().find(|s| s.start <= instant && instant < s.end).map_or(0, |s| s.offset_s);
        // A midnight that clocks jump over begins at the jump; one that occurs twice, at the first.
        let mut midnight = |day: i64| match clock.resolve(day * DAY_S) {
            Local::Once(instant) | Local::Fold { earlier: instant, .. } | Local::Gap { jump: instant } => instant,
        };
        let starts_in = |from: i64, to: i64| {
            let up = |t: i64| (t - start + step - 1).div_euclid(step);
            (up(to) - up(from)).max(0) as usize
        };

        let mut days = Vec::new();
        let mut runs = Vec::new();
        let mut number = (start + offset_at(start)).div_euclid(DAY_S);
        let mut day_start = midnight(number);
        if day_start > start {
            number -= 1;
            day_start = midnight(number);
        }
        let mut date = date_of(number);
        while day_start < end {
            let day_end = midnight(number + 1);
            let range = axis.range(day_start, day_end);
            if !range.is_empty() {
                let day = days.len();
                for segment in segments.iter().filter(|s| s.start < day_end && s.end > day_start) {
                    let part = axis.range(day_start.max(segment.start), day_end.min(segment.end));
                    if !part.is_empty() {
                        let wall = axis.instant(part.start) + segment.offset_s - number * DAY_S;
                        let slot = (wall.rem_euclid(DAY_S) / step) as usize;
                        // Clocks set back across midnight show the end of the day before a second time; those
                        // intervals stay in the new day, with the slots that the wall clock shows.
                        let midnight = part.end.min(part.start + axis.slots_per_day() - slot);
                        runs.push(Run { day, slot, range: part.start..midnight });
                        if midnight < part.end {
                            runs.push(Run { day, slot: 0, range: midnight..part.end });
                        }
                    }
                }
                let expected = starts_in(day_start, day_end);
                days.push(Day { date, start: day_start, end: day_end, range, expected });
            }
            (number, day_start) = (number + 1, day_end);
            date = date.tomorrow().unwrap_or(date);
        }

        let mut months: Vec<Month> = Vec::new();
        for (at, day) in days.iter().enumerate() {
            let first = day.date.first_of_month();
            match months.last_mut() {
                Some(month) if month.first == first => {
                    month.days.end = at + 1;
                    month.range.end = day.range.end;
                }
                _ => {
                    let number = days_since_epoch(first);
                    let start = midnight(number);
                    let end = midnight(number + i64::from(first.days_in_month()));
                    let expected = starts_in(start, end);
                    months.push(Month { first, days: at..at + 1, range: day.range.clone(), start, end, expected });
                }
            }
        }
        Self { days, months, runs }
    }

    /// Local days, ascending.
    #[must_use]
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// Local calendar months, ascending.
    #[must_use]
    pub fn months(&self) -> &[Month] {
        &self.months
    }

    /// Runs, ascending; together they hold every interval of the axis once.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Wall-clock slot of every interval, for those who need it spread out.
    #[must_use]
    pub fn slots(&self) -> Vec<u32> {
        let mut slots = Vec::with_capacity(self.days.last().map_or(0, |day| day.range.end));
        for run in &self.runs {
            slots.extend((0..run.range.len()).map(|k| (run.slot + k) as u32));
        }
        slots
    }

    /// Index of the day that interval `index` starts in.
    #[must_use]
    pub fn day_of(&self, index: usize) -> usize {
        self.days.partition_point(|day| day.range.end <= index).min(self.days.len().saturating_sub(1))
    }
}

/// Civil date of a count of days since 1970-01-01.
pub(crate) fn date_of(days: i64) -> Date {
    jiff::tz::Offset::UTC
        .to_datetime(jiff::Timestamp::from_second(days * DAY_S).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
        .date()
}

/// Days since 1970-01-01 of a civil date.
pub(crate) fn days_since_epoch(date: Date) -> i64 {
    Date::constant(1970, 1, 1).duration_until(date).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn year(zone: &str, first: i64, step: i64) -> LocalTime {
        let len = (366 * DAY_S / step) as usize;
        TimeAxis::new(first, step, len, Zone::named(zone).unwrap()).unwrap().local_time()
    }

    #[test]
    fn clock_change_days_have_92_and_100_quarter_hours() {
        // 2024-01-01T00:00+01:00
        let local = year("Europe/Berlin", 1_704_063_600, 900);
        let by_date = |m, d| local.days().iter().find(|day| day.date == Date::constant(2024, m, d)).unwrap();
        assert_eq!((by_date(3, 31).range.len(), by_date(3, 31).expected), (92, 92));
        assert_eq!((by_date(10, 27).range.len(), by_date(10, 27).expected), (100, 100));
        let october: Vec<_> =
            local.runs().iter().filter(|run| local.days()[run.day].date == Date::constant(2024, 10, 27)).collect();
        // 00:00–03:00 summer time is 12 slots; the second run starts again at 02:00.
        assert_eq!((october[0].slot, october[0].range.len()), (0, 12));
        assert_eq!((october[1].slot, october[1].range.len()), (8, 88));
        assert_eq!(local.days().len(), 366);
        assert!(local.months().iter().all(Month::is_whole));
    }

    #[test]
    fn a_day_whose_midnight_is_jumped_over_starts_at_the_jump() {
        // Brazil changed at midnight: 2017-10-15 starts at 01:00 local.
        let zone = Zone::named("America/Sao_Paulo").unwrap();
        let axis = TimeAxis::new(1_507_950_000, 3600, 72, zone).unwrap(); // 2017-10-14T00:00-03:00
        let local = axis.local_time();
        let day = &local.days()[1];
        assert_eq!((day.date, day.expected), (Date::constant(2017, 10, 15), 23));
        assert_eq!(local.runs()[1].slot, 1);
    }

    #[test]
    fn a_partial_day_is_not_whole() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let axis = TimeAxis::new(1_704_038_400 + 3600, 900, 200, zone).unwrap();
        let days = axis.local_time().days().to_vec();
        assert!(!days[0].is_whole() && days[1].is_whole() && !days[2].is_whole());
    }

    #[test]
    fn clocks_set_back_across_midnight_keep_the_repeated_hour_in_the_new_day() {
        // Newfoundland went from 00:01 back to 23:01 on 2008-11-02.
        let axis = TimeAxis::new(1_219_775_460, 3600, 1700, Zone::named("America/St_Johns").unwrap()).unwrap();
        let local = axis.local_time();
        let at = local.days().iter().position(|day| day.date == Date::constant(2008, 11, 2)).unwrap();
        assert_eq!(local.days()[at].range.len(), 25);
        let runs: Vec<_> =
            local.runs().iter().filter(|run| run.day == at).map(|run| (run.slot, run.range.len())).collect();
        assert_eq!(runs.iter().map(|run| run.1).sum::<usize>(), 25);
        assert!(runs.iter().all(|(slot, len)| slot + len <= 24), "{runs:?}");
    }

    proptest! {
        #[test]
        fn runs_and_days_hold_every_interval_once(
            zone in prop::sample::select(vec!["Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "America/St_Johns", "America/Sao_Paulo", "UTC"]),
            start in 1_200_000_000i64..1_700_000_000,
            step in prop::sample::select(vec![60i64, 300, 900, 1800, 3600]),
            len in 1usize..3000,
        ) {
            let axis = TimeAxis::new(start, step, len, Zone::named(zone).unwrap()).unwrap();
            let local = axis.local_time();
            let mut next = 0;
            for run in local.runs() {
                prop_assert_eq!(run.range.start, next);
                prop_assert!(run.slot + run.range.len() <= axis.slots_per_day());
                next = run.range.end;
            }
            prop_assert_eq!(next, len);
            let by_days: usize = local.days().iter().map(|day| day.range.len()).sum();
            let by_months: usize = local.months().iter().map(|month| month.range.len()).sum();
            prop_assert_eq!((by_days, by_months), (len, len));
        }
    }
}
