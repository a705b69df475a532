//! The import energy by day: sums, shape and highest values, of which the rules about periods are made.

use crate::readings::{Channel, Readings};

/// Parts of a day that its shape has.
pub(super) const CELLS: usize = 24;

/// One local day.
#[derive(Clone, Debug)]
pub(super) struct DayLoad {
    /// Energy of the whole intervals \[kWh\].
    pub kwh: f64,
    /// Whole intervals.
    pub present: usize,
    /// Whether every interval of the day is there.
    pub is_whole: bool,
    /// Energy by hour of the wall clock \[kWh\]; of longer steps in the hour in which they start.
    pub hours: [f64; CELLS],
    /// Highest, second and third highest value; minus infinity where there are fewer.
    pub top: [f64; 3],
    /// Where the highest is.
    pub top_at: usize,
}

/// The days of the import energy, as those of the local calendar.
pub(super) struct Days(pub Vec<DayLoad>);

impl Days {
    /// `None` where import energy was not measured.
    pub fn of(readings: &Readings) -> Option<Self> {
        let values = readings.series(Channel::IMPORT_KWH)?.whole();
        let (axis, local) = (readings.axis(), readings.local());
        let slots = axis.slots_per_day();
        // The hour of each slot, and the slot in which the next hour begins.
        let cell_of: Vec<usize> = (0..slots).map(|slot| slot * CELLS / slots).collect();
        let end_of: Vec<usize> = cell_of.iter().map(|cell| cell_of.partition_point(|other| other <= cell)).collect();
        let empty = DayLoad {
            kwh: 0.0,
            present: 0,
            is_whole: false,
            hours: [0.0; CELLS],
            top: [f64::NEG_INFINITY; 3],
            top_at: 0,
        };
        let mut days = vec![empty; local.days().len()];
        for run in local.runs() {
            let Some(day) = days.get_mut(run.day) else { continue };
            let mut whole = values.get(run.range.clone()).unwrap_or_default();
            let (mut at, mut slot) = (run.range.start, run.slot);
            while let (false, Some(cell), Some(end)) = (whole.is_empty(), cell_of.get(slot), end_of.get(slot)) {
                let (of_hour, rest) = whole.split_at((end - slot).min(whole.len()));
                day.add(*cell, of_hour, at);
                (whole, at, slot) = (rest, at + of_hour.len(), *end);
            }
        }
        for (day, calendar) in days.iter_mut().zip(local.days()) {
            day.is_whole = day.present == calendar.expected;
        }
        Some(Self(days))
    }
}

impl DayLoad {
    /// Takes in the values of an hour, of which the first is the reading `first`.
    fn add(&mut self, hour: usize, values: &[f64], first: usize) {
        let (mut kwh, mut present, mut highest) = (0.0, 0usize, f64::NEG_INFINITY);
        for value in values {
            let is_there = !value.is_nan();
            kwh += if is_there { *value } else { 0.0 };
            present += usize::from(is_there);
            highest = if *value > highest { *value } else { highest };
        }
        self.kwh += kwh;
        self.present += present;
        if let Some(sum) = self.hours.get_mut(hour) {
            *sum += kwh;
        }
        // Few hours hold one of the day's three highest values.
        if highest > self.top[2] {
            for (at, value) in values.iter().enumerate() {
                self.rank(*value, first + at);
            }
        }
    }

    fn rank(&mut self, value: f64, at: usize) {
        let [first, second, third] = self.top;
        if value > first {
            self.top = [value, first, second];
            self.top_at = at;
        } else if value > second {
            self.top = [first, value, second];
        } else if value > third {
            self.top = [first, second, value];
        }
    }
}
