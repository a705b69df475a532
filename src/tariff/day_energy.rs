//! Energy by kind of day: a month with fewer workdays takes less without anything having changed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::readings::{Channel, Series};
use crate::site::Site;

/// Days of some dates by kind, and the energy of a day of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayEnergy {
    /// Workdays, make-up workdays included.
    pub workdays: u32,
    /// Weekends and holidays.
    pub rest_days: u32,
    /// Mean energy of a workday that was measured whole \[kWh\]; `None` where there is none.
    pub kwh_per_workday: Option<f64>,
    /// Mean energy of a rest day that was measured whole \[kWh\]; `None` where there is none.
    pub kwh_per_rest_day: Option<f64>,
}

/// Sums of one kind of day.
#[derive(Default)]
struct Sums {
    days: u32,
    whole: u32,
    kwh: f64,
}

impl DayEnergy {
    /// The days of these half-open dates, as the site's calendar and readings have them.
    ///
    /// Days with a missing reading count as days and not in the means; a day of 23 or 25 hours is a day.
    #[must_use]
    pub fn of(site: &Site, dates: &[(Date, Date)]) -> Self {
        let readings = site.readings();
        let kwh = readings.series(Channel::IMPORT_KWH).map(Series::whole);
        let (mut work, mut rest) = (Sums::default(), Sums::default());
        for (day, day_type) in readings.local().days().iter().zip(site.day_types()) {
            if !dates.iter().any(|(from, until)| *from <= day.date && day.date < *until) {
                continue;
            }
            let sums = if day_type.is_worked() { &mut work } else { &mut rest };
            sums.days += 1;
            let energy: f64 = kwh.as_ref().map_or(f64::NAN, |kwh| kwh[day.range.clone()].iter().sum());
            if day.is_whole() && !energy.is_nan() {
                sums.whole += 1;
                sums.kwh += energy;
            }
        }
        let mean = |sums: &Sums| (sums.whole > 0).then(|| sums.kwh / f64::from(sums.whole));
        Self { workdays: work.days, rest_days: rest.days, kwh_per_workday: mean(&work), kwh_per_rest_day: mean(&rest) }
    }

    /// Energy that other numbers of days alone bring, at this one's energy a day \[kWh\]; `None` where a kind of day
    /// whose number changes was never measured whole.
    pub(crate) fn kwh_of_days(&self, after: &Self) -> Option<f64> {
        let of = |before: u32, after: u32, kwh: Option<f64>| match f64::from(after) - f64::from(before) {
            0.0 => Some(0.0),
            change => kwh.map(|kwh| change * kwh),
        };
        Some(
            of(self.workdays, after.workdays, self.kwh_per_workday)?
                + of(self.rest_days, after.rest_days, self.kwh_per_rest_day)?,
        )
    }
}
