//! Readings of one bill, as components measure them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::schedule::DayPlans;
use super::tariff::{Tariff, VersionInForce, fail};
use crate::error::Result;
use crate::profile::highest;
use crate::readings::{Channel, Readings, Series};
use crate::site::{Contract, Site};
use crate::time::instant_text;

/// Slots with one period: first slot, slot after the last, index of the period.
type Stretch = (usize, usize, usize);

/// A schedule laid over the days of some readings.
pub(crate) struct Laid {
    names: Vec<String>,
    plans: Vec<Vec<Stretch>>,
    of_day: Vec<usize>,
}

/// The schedules of one version, laid over the days of a site's readings when they are first asked for.
pub(crate) struct Layout<'a> {
    site: &'a Site,
    tariff: &'a Tariff,
    version: &'a VersionInForce,
    laid: std::cell::RefCell<BTreeMap<Option<String>, std::rc::Rc<Laid>>>,
}

/// The layouts of all versions of a tariff over the days of a site.
pub(crate) struct Layouts<'a>(Vec<(usize, Layout<'a>)>);

impl<'a> Layouts<'a> {
    /// # Errors
    /// As [`Layout::new`].
    pub(crate) fn new(site: &'a Site, tariff: &'a Tariff) -> Result<Self> {
        let of_version = |version: &'a VersionInForce| Ok((version.at, Layout::new(site, tariff, version)?));
        Ok(Self(tariff.versions().iter().map(of_version).collect::<Result<_>>()?))
    }

    pub(crate) fn of(&self, version: &VersionInForce) -> Option<&Layout<'a>> {
        self.0.iter().find(|(at, _)| *at == version.at).map(|(_, layout)| layout)
    }
}

impl<'a> Layout<'a> {
    /// # Errors
    /// Readings whose intervals do not begin on the wall clock's grid; a schedule that asks for holidays of a
    /// calendar without any.
    fn new(site: &'a Site, tariff: &'a Tariff, version: &'a VersionInForce) -> Result<Self> {
        let axis = site.readings().axis();
        if !axis.is_on_wall_grid() {
            let problem = format!(
                "the readings' intervals of {} min do not begin on the wall clock's grid (the first at {}), so months \
                 and periods cut through them; read them with the stamps of their grid",
                axis.step_s() / 60,
                instant_text(axis.start())
            );
            return Err(fail(&tariff.sheet().id, Some("schedules".to_owned()), problem));
        }
        let schedules = &tariff.sheet().versions[version.at].schedules;
        if let Some(schedule) = schedules.iter().find(|schedule| schedule.needs_holidays())
            && site.calendar().holidays.is_empty()
        {
            let problem = format!(
                "schedule {:?} has holidays and the site's calendar ({}) has none; give the site a calendar, e.g. \
                 Calendar.country(\"CN\")",
                schedule.id,
                site.calendar().name
            );
            return Err(fail(&tariff.sheet().id, Some("schedules".to_owned()), problem));
        }
        Ok(Self { site, tariff, version, laid: std::cell::RefCell::default() })
    }

    /// Whether a schedule is the version's first.
    pub(crate) fn is_first(&self, schedule: &str) -> bool {
        self.version.schedules.first().is_some_and(|(id, ..)| id == schedule)
    }

    /// A schedule, the first where none is named.
    ///
    /// # Errors
    /// A period edge that falls inside an interval.
    pub(crate) fn laid(&self, schedule: Option<&str>) -> Result<std::rc::Rc<Laid>> {
        if let Some(laid) = self.laid.borrow().get(&schedule.map(str::to_owned)) {
            return Ok(std::rc::Rc::clone(laid));
        }
        let axis = self.site.readings().axis();
        let days = self.site.readings().local().days();
        let Some(plans) = self.version.plans(schedule) else {
            return Err(fail(&self.tariff.sheet().id, schedule.map(str::to_owned), "is no schedule here".to_owned()));
        };
        let events = &self.tariff.given().event_days;
        let DayPlans { plans: day_plans, of_day } =
            plans.of_days(days, self.site.day_types(), self.site.calendar(), events)?;
        let mut is_used = vec![false; day_plans.len()];
        of_day.iter().for_each(|at| is_used[*at] = true);
        let stretches = day_plans.iter().zip(is_used).map(|(plan, is_used)| {
            if !is_used {
                return Ok(Vec::new());
            }
            plan.stretches(axis.step_s()).map_err(|edge| {
                let problem = format!(
                    "a period begins at {edge}, which falls inside the readings' intervals of {} min; finer readings are \
                     needed",
                    axis.step_s() / 60
                );
                fail(&self.tariff.sheet().id, Some("schedules".to_owned()), problem)
            })
        });
        let laid = Laid { names: plans.names().to_vec(), plans: stretches.collect::<Result<_>>()?, of_day };
        let laid = std::rc::Rc::new(laid);
        self.laid.borrow_mut().insert(schedule.map(str::to_owned), std::rc::Rc::clone(&laid));
        Ok(laid)
    }
}

impl Laid {
    /// Periods, as the stretches number them.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Calls `each` with every stretch of intervals in one period among days `days`.
    pub(crate) fn stretches(
        &self,
        readings: &Readings,
        days: &Range<usize>,
        mut each: impl FnMut(Range<usize>, usize),
    ) {
        let runs = readings.local().runs();
        let first = runs.partition_point(|run| run.day < days.start);
        for run in runs[first..].iter().take_while(|run| run.day < days.end) {
            for &(from, to, period) in &self.plans[self.of_day[run.day]] {
                let (from, to) = (from.max(run.slot), to.min(run.slot + run.range.len()));
                if from < to {
                    let start = run.range.start - run.slot;
                    each(start + from..start + to, period);
                }
            }
        }
    }
}

/// What a demand is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Active,
    Apparent,
    Reactive,
}

/// The readings of one bill.
pub(crate) struct Measuring<'a> {
    pub(crate) readings: &'a Readings,
    pub(crate) contract: &'a Contract,
    pub(crate) tariff: &'a Tariff,
    pub(crate) layout: &'a Layout<'a>,
    /// Local days of the bill.
    pub(crate) days: Range<usize>,
    /// Intervals of the bill.
    pub(crate) range: Range<usize>,
    /// Imported energy of all readings \[kWh\], NaN where it is missing or not whole.
    pub(crate) whole_kwh: &'a [f64],
}

impl Measuring<'_> {
    /// Mean power over a window at every interval of the bill that begins one; the readings' own step where the
    /// window is not said. `None` where the readings are too coarse or lack the reactive energy.
    pub(crate) fn window_means(&self, of: Of, window_s: Option<i64>, sliding: bool) -> Option<WindowMeans<'_>> {
        let axis = self.readings.axis();
        let window_s = window_s.unwrap_or(axis.step_s());
        if axis.step_s() > window_s || window_s % axis.step_s() != 0 {
            return None;
        }
        let width = (window_s / axis.step_s()) as usize;
        let kwh = &self.whole_kwh[self.range.clone()];
        let net_kvarh = || -> Option<Vec<f64>> {
            let import = self.readings.series(Channel::IMPORT_KVARH)?.whole();
            let export = self.readings.series(Channel::EXPORT_KVARH).map(Series::whole);
            let import = &import[self.range.clone()];
            Some(match export {
                Some(export) => import.iter().zip(&export[self.range.clone()]).map(|(i, e)| i - e).collect(),
                None => import.to_vec(),
            })
        };
        let summed = |values: &[f64]| -> Vec<f64> {
            if values.len() < width {
                Vec::new()
            } else {
                values.windows(width).map(|window| window.iter().sum()).collect()
            }
        };
        let mut values: Cow<'_, [f64]> = match of {
            Of::Active if width == 1 => Cow::Borrowed(kwh),
            Of::Active => Cow::Owned(summed(kwh)),
            Of::Reactive => Cow::Owned(summed(&net_kvarh()?).into_iter().map(f64::abs).collect()),
            Of::Apparent => {
                let kvarh = summed(&net_kvarh()?);
                Cow::Owned(summed(kwh).iter().zip(kvarh).map(|(kwh, kvarh)| kwh.hypot(kvarh)).collect())
            }
        };
        if width > 1 && !sliding {
            // Only the windows that begin on a block of the wall clock count.
            let values = values.to_mut();
            let runs = self.readings.local().runs().iter();
            for run in runs.filter(|run| self.days.contains(&run.day)) {
                for (at, index) in run.range.clone().enumerate() {
                    // A block that the end of a run cuts off would reach over a change of the clock.
                    let is_block = (run.slot + at) % width == 0 && at + width <= run.range.len();
                    if !is_block && let Some(value) = values.get_mut(index - self.range.start) {
                        *value = f64::NAN;
                    }
                }
            }
        }
        Some(WindowMeans { values, first: self.range.start, width, per_h: 3600.0 / window_s as f64 })
    }
}

/// Means over a window that begins at each interval; NaN where a reading is missing.
pub(crate) struct WindowMeans<'a> {
    values: Cow<'a, [f64]>,
    first: usize,
    width: usize,
    per_h: f64,
}

impl WindowMeans<'_> {
    /// The highest mean and the interval at which its window begins.
    pub(crate) fn highest(&self) -> Option<(f64, usize)> {
        highest(&self.values).map(|(value, at)| (value * self.per_h, self.first + at))
    }

    /// The highest mean of the windows that lie whole in a range of intervals.
    pub(crate) fn highest_within(&self, range: &Range<usize>) -> Option<f64> {
        highest(self.within(range)).map(|(value, _)| value * self.per_h)
    }

    /// The highest mean of the windows that lie whole in each period.
    ///
    /// # Errors
    /// A period edge that falls inside an interval.
    pub(crate) fn highest_by_period(
        &self,
        of: &Measuring<'_>,
        schedule: Option<&str>,
    ) -> Result<BTreeMap<String, f64>> {
        let laid = of.layout.laid(schedule)?;
        let mut best = vec![f64::NAN; laid.names().len()];
        laid.stretches(of.readings, &of.days, |range, period| {
            if let Some(kw) = self.highest_within(&range) {
                best[period] = best[period].max(kw);
            }
        });
        Ok(laid.names().iter().cloned().zip(best).filter(|(_, value)| !value.is_nan()).collect())
    }

    /// The root of the sum of the squares of what each window is above the limit of its period, the windows that lie
    /// whole in each period; periods without a limit are left out.
    ///
    /// # Errors
    /// A period edge that falls inside an interval.
    pub(crate) fn roots_of_excess_by_period(
        &self,
        of: &Measuring<'_>,
        schedule: Option<&str>,
        limits_kw: &BTreeMap<String, f64>,
    ) -> Result<BTreeMap<String, f64>> {
        let laid = of.layout.laid(schedule)?;
        let limits: Vec<f64> =
            laid.names().iter().map(|name| limits_kw.get(name).copied().unwrap_or(f64::NAN)).collect();
        let mut squares = vec![f64::NAN; limits.len()];
        laid.stretches(of.readings, &of.days, |range, period| {
            let over = |value: &f64| value * self.per_h - limits[period];
            let present = self.within(&range).iter().map(over).filter(|kw| !kw.is_nan());
            let sum = present.map(|kw| kw.max(0.0).powi(2)).fold(f64::NAN, |sum, more| sum.max(0.0) + more);
            if !sum.is_nan() {
                squares[period] = squares[period].max(0.0) + sum;
            }
        });
        let roots = squares.into_iter().map(f64::sqrt);
        Ok(laid.names().iter().cloned().zip(roots).filter(|(_, kw)| !kw.is_nan()).collect())
    }

    /// The windows that lie whole in a range of intervals.
    fn within(&self, range: &Range<usize>) -> &[f64] {
        let from = range.start.saturating_sub(self.first);
        let to = (range.end + 1).saturating_sub(self.first + self.width).min(self.values.len());
        self.values.get(from..to).unwrap_or_default()
    }
}
