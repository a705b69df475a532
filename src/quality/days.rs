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
        let cell_of: Vec<usize> = (0..slots).map(|slot| slot * CELLS / slots).collect();
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
            let cells = cell_of.iter().skip(run.slot);
            let whole = values.get(run.range.clone()).unwrap_or_default();
            for (at, (value, cell)) in whole.iter().zip(cells).enumerate() {
                if value.is_nan() {
                    continue;
                }
                day.kwh += value;
                day.present += 1;
                if let Some(hour) = day.hours.get_mut(*cell) {
                    *hour += value;
                }
                let [first, second, third] = day.top;
                if *value > third {
                    if *value > first {
                        day.top = [*value, first, second];
                        day.top_at = run.range.start + at;
                    } else if *value > second {
                        day.top = [first, *value, second];
                    } else {
                        day.top = [first, second, *value];
                    }
                }
            }
        }
        for (day, calendar) in days.iter_mut().zip(local.days()) {
            day.is_whole = day.present == calendar.expected;
        }
        Some(Self(days))
    }
}
