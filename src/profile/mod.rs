//! How a site uses electricity: indicators, tables, curves and shapes. Pure numbers; what cannot be
//! known is absent and says why.

mod activity;
mod basis;
mod days;
mod demand;
mod duration;
mod hours;
mod indicators;
mod matrix;
mod operating;
mod order;
mod periods;
mod power_factor;
mod shapes;
mod trust;

use serde::{Deserialize, Serialize};

pub use activity::{Activity, day_activity};
pub use basis::Basis;
pub use days::DayRow;
pub use demand::{Demand, DemandDay, DemandWindow, MonthDemand, WindowKind};
pub use duration::{Duration, HoursAbove, LoadBin};
pub use hours::{HourOfWeek, Ratios};
pub use indicators::Load;
pub use matrix::day_matrix;
pub use operating::{OffHours, Operating, OperatingHours};
pub(crate) use order::highest;
pub use periods::Period;
pub use power_factor::{PowerFactor, hundredths_half_up, power_factor};
pub use shapes::{DayShape, day_shapes};
pub use trust::{Absent, Completeness, LongestGap, Reason, Status, completeness};

use crate::error::{ErrorKind, Result};
use crate::readings::Channel;
use crate::site::Site;

/// What a profile can be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Near-base is this quantile of the load, near-peak one minus it. Default 0.025 (LBNL-3713E,
    /// recalled); others take 0.03.
    pub base_quantile: f64,
    /// Trust gate: a day, month, year or period with a smaller share of its readings gives no numbers.
    /// Default that of the monthly verdict. A month that a stuck meter or placeholders filled gives none at all.
    pub min_present: f64,
    /// Share of the maximum demand from which on load is near the peak. Default 0.9 (engineering).
    pub near_peak_share: f64,
    /// How many days of high demand are listed. Default 10.
    pub top_days: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { base_quantile: 0.025, min_present: crate::quality::USABLE_SHARE, near_peak_share: 0.9, top_days: 10 }
    }
}

impl Settings {
    /// Checks that shares are shares.
    ///
    /// # Errors
    /// Names the setting, what was found and what was expected.
    ///
    /// ```
    /// use wattlens::profile::Settings;
    /// let settings = Settings { min_present: 95.0, ..Settings::default() };
    /// assert!(settings.check().unwrap_err().to_string().contains("min_present"));
    /// ```
    pub fn check(&self) -> Result<()> {
        let shares = [
            ("base_quantile", self.base_quantile, 0.5),
            ("min_present", self.min_present, 1.0),
            ("near_peak_share", self.near_peak_share, 1.0),
        ];
        match shares.into_iter().find(|(_, value, most)| !(0.0..=*most).contains(value)) {
            None => Ok(()),
            Some((name, found, most)) => Err(ErrorKind::Site {
                field: format!("profile.{name}"),
                problem: format!("found {found}, expected a share from 0 to {most}"),
            }
            .into()),
        }
    }
}

/// Energy totals of what was measured; `None` where the channel was not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Energy {
    /// Active energy from the grid \[kWh\].
    pub import_kwh: Option<f64>,
    /// Active energy to the grid \[kWh\].
    pub export_kwh: Option<f64>,
    /// Reactive energy from the grid \[kvarh\].
    pub import_kvarh: Option<f64>,
    /// Reactive energy to the grid \[kvarh\].
    pub export_kvarh: Option<f64>,
    /// Share of the imported energy in each of the 24 clock hours; `None` where the step does not
    /// divide an hour or there is no energy.
    pub share_by_hour: Option<Vec<f64>>,
}

/// The load profile of a site.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profile {
    /// Whether the readings carry a profile at all.
    pub status: Status,
    /// What is absent and why, beside what says so itself.
    pub absent: Vec<Absent>,
    /// What the profile was told.
    pub settings: Settings,
    /// Completeness by channel.
    pub completeness: Vec<Completeness>,
    /// Energy totals.
    pub energy: Energy,
    /// Load in a few numbers.
    pub load: Load,
    /// The local days that the readings touch.
    pub days: Vec<DayRow>,
    /// The local months.
    pub months: Vec<Period>,
    /// The local calendar years.
    pub years: Vec<Period>,
    /// All readings as one period.
    pub period: Period,
    /// Load duration curve.
    pub duration: Option<Duration>,
    /// Maximum demand.
    pub demand: Demand,
    /// Day shapes by day type.
    pub shapes: Vec<DayShape>,
    /// Load by hour of the week.
    pub hour_of_week: Option<HourOfWeek>,
    /// Ratios between day types and times of day.
    pub ratios: Ratios,
    /// Inferred operating hours.
    pub operating: Option<Operating>,
    /// Energy outside operating hours.
    pub off_hours: Option<OffHours>,
    /// Power factor of the whole period.
    pub power_factor: Option<PowerFactor>,
    /// Power factor by month; empty where it was not measured.
    pub power_factor_by_month: Vec<PowerFactor>,
}

/// The profile of a site's imported energy, raw as measured: nothing is filled, nothing taken out.
///
/// Works for any step and any completeness; days of 23 and 25 hours are ordinary. Readings that are
/// all missing, all zero or a single one give what can be said of them, and [`Profile::status`].
/// Settings outside their range are taken as the nearest share; see [`Settings::check`].
///
/// ```
/// use std::sync::Arc;
/// use wattlens::profile::{Settings, profile};
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::site::{Contract, Site};
/// use wattlens::time::{Calendar, TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 3600, 48, Zone::named("UTC")?)?;
/// let kwh = (0..48).map(|hour| if hour % 24 < 12 { 30.0 } else { 90.0 }).collect();
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)])?;
/// let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default())?;
/// let profile = profile(&site, &Settings::default());
/// assert_eq!(profile.load.load_factor, Some(60.0 / 90.0));
/// assert_eq!(profile.days[1].peak_valley_kw, Some(60.0));
/// assert_eq!(profile.load.utilisation_hours, None); // two days are not a year
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn profile(site: &Site, settings: &Settings) -> Profile {
    profile_from(site, &Basis::of(site), settings)
}

/// [`profile`] from what is worked out already; `basis` must be the site's own.
#[must_use]
pub fn profile_from(site: &Site, basis: &Basis, settings: &Settings) -> Profile {
    let readings = site.readings();
    let (axis, local) = (readings.axis(), readings.local());
    let Basis { load_kw, order, status, activity, operating, .. } = basis;
    let status = *status;

    let scans = days::scan(site, load_kw);
    let all = scans.iter().copied().reduce(days::DayScan::and).unwrap_or_default();
    let rows = days::table(site, &scans, activity, settings.min_present);
    let (months, years, period) = periods::periods(axis, local, &scans, &rows, basis.verdicts(), settings);
    let load = Load::of(axis, &all, &order.kw, settings);
    let hours = hours::HourTable::of(local, load_kw, axis.step_s());
    let off_hours = operating.as_ref().ok().and_then(|known| {
        let closed = known.closed_mask(local, site.day_types(), activity);
        OffHours::of_ordered(order, &closed, known.open_above_kw, axis.step_h())
    });
    let factors = power_factor::power_factors(site, basis.verdicts(), settings);
    let duration = Duration::of_sorted(&order.kw, axis.step_h()).filter(|_| status == Status::Ok);

    let mut absent = Vec::new();
    let mut note = |missing: bool, field: &'static str, reason: Reason| {
        if missing {
            absent.push(Absent { field, reason: status.reason().unwrap_or(reason) });
        }
    };
    let shape_hours = hours.as_ref().filter(|_| status == Status::Ok);
    note(load.load_factor.is_none(), "load", Reason::TooFewReadings);
    note(load.utilisation_hours.is_none(), "load.utilisation_hours", Reason::NotAWholeYear);
    note(duration.is_none(), "duration", Reason::TooFewReadings);
    note(shape_hours.is_none(), "hour_of_week", Reason::CannotBeKnownFromThisStep);
    if let Err(reason) = operating {
        note(true, "operating", *reason);
        note(true, "off_hours", *reason);
    }
    note(factors.is_none(), "power_factor", Reason::NotMeasured);

    let total = |channel| readings.series(channel).and_then(|series| series.total());
    let (power_factor_by_month, power_factor) = factors.map_or((Vec::new(), None), |(months, all)| (months, Some(all)));
    Profile {
        status,
        settings: settings.clone(),
        completeness: completeness(readings),
        energy: Energy {
            import_kwh: all.kwh,
            export_kwh: total(Channel::EXPORT_KWH),
            import_kvarh: total(Channel::IMPORT_KVARH),
            export_kvarh: total(Channel::EXPORT_KVARH),
            share_by_hour: hours.as_ref().and_then(hours::HourTable::energy_share),
        },
        demand: Demand::of(site, load_kw, &scans, basis.verdicts(), settings),
        shapes: shapes::shapes_of(local, site.day_types(), load_kw, order, axis.slots_per_day()),
        hour_of_week: shape_hours.map(|hours| HourOfWeek::of(local, hours)),
        ratios: Ratios::of(&rows, hours.as_ref(), load.max_kw),
        absent,
        load,
        days: rows,
        months,
        years,
        period,
        duration,
        operating: operating.as_ref().ok().cloned(),
        off_hours,
        power_factor,
        power_factor_by_month,
    }
}

#[cfg(test)]
mod tests;
