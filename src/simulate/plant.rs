//! The settings of a simulated plant. All defaults are engineering choices, not measurements.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::electrical::ElectricalPlant;
use crate::error::{ErrorKind, Result};
use crate::time::{DAY_S, Local, LocalClock, TimeAxis, Zone};

/// A part of the day and how much of the production runs in it. Parts that overlap add up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// Start on the wall clock, hours after midnight.
    pub start_h: f64,
    /// End on the wall clock, hours after midnight, at most 24.
    pub end_h: f64,
    /// Share of [`Plant::production_kw`] that runs.
    pub level: f64,
}

/// Outdoor temperature: a year's wave, a day's wave and weather that lasts for days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Climate {
    /// Mean of the year \[°C\].
    pub mean_celsius: f64,
    /// Half the difference of summer and winter \[°C\]; negative south of the equator.
    pub seasonal_celsius: f64,
    /// Half the difference of afternoon and early morning \[°C\].
    pub daily_celsius: f64,
    /// Standard deviation of the weather \[°C\].
    pub weather_celsius: f64,
}

impl Default for Climate {
    /// Near the climate of the lower Yangtze.
    fn default() -> Self {
        Self { mean_celsius: 17.5, seasonal_celsius: 11.5, daily_celsius: 4.0, weather_celsius: 2.5 }
    }
}

/// A plant to simulate. The default is a machine works with two shifts, Monday to Friday, on one
/// transformer of 1250 kVA whose fixed capacitors are too small by day and too large by night.
///
/// ```
/// use wattlens::simulate::Plant;
/// let plant: Plant = serde_json::from_str(r#"{"seed": 7, "base_kw": 60.0}"#).unwrap();
/// assert_eq!((plant.seed, plant.base_kw, plant.days), (7, 60.0, 365));
/// assert!(serde_json::from_str::<Plant>(r#"{"base": 60.0}"#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plant {
    /// Seed of everything random.
    pub seed: u64,
    /// First local date.
    pub first: Date,
    /// Number of local days.
    pub days: usize,
    /// Step \[s\], from 60 up.
    pub step_s: i64,
    /// IANA name of the zone.
    pub zone: String,
    /// Transformer capacity \[kVA\]; for the contract, the load does not depend on it.
    pub capacity_kva: f64,
    /// Load that always runs \[kW\].
    pub base_kw: f64,
    /// Load that full production adds \[kW\].
    pub production_kw: f64,
    /// Parts of the day in which production runs.
    pub shifts: Vec<Shift>,
    /// Time in which production starts and stops \[h\]; half of it lies before a shift's edge, half after.
    pub ramp_h: f64,
    /// Share of production on Monday … Sunday.
    pub weekday_levels: [f64; 7],
    /// Share of production on holidays.
    pub holiday_level: f64,
    /// Share of production on make-up workdays.
    pub makeup_workday_level: f64,
    /// Days before the Spring Festival holidays over which production falls to nothing.
    pub spring_festival_days_before: u32,
    /// Days after the Spring Festival holidays over which production comes back.
    pub spring_festival_days_after: u32,
    /// Outdoor temperature.
    pub climate: Climate,
    /// Air-conditioning load per degree above [`Plant::cooling_above_celsius`] \[kW/°C\].
    pub cooling_kw_per_celsius: f64,
    /// Temperature above which air is cooled \[°C\].
    pub cooling_above_celsius: f64,
    /// Share of the air-conditioning that runs while production stands.
    pub cooling_idle_level: f64,
    /// Power factor of the base load, lagging.
    pub base_power_factor: f64,
    /// Power factor of production, lagging.
    pub production_power_factor: f64,
    /// Power factor of the air-conditioning, lagging.
    pub cooling_power_factor: f64,
    /// Capacitors that are always connected \[kvar\].
    pub capacitor_kvar: f64,
    /// Standard deviation of production from day to day, as a share.
    pub day_noise: f64,
    /// Standard deviation of production from interval to interval, as a share.
    pub interval_noise: f64,
    /// Standard deviation of the base load from interval to interval, as a share.
    pub base_noise: f64,
    /// Voltages and currents; without it the meter gives energies alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub electrical: Option<ElectricalPlant>,
}

impl Default for Plant {
    fn default() -> Self {
        let shift = |start_h, end_h, level| Shift { start_h, end_h, level };
        Self {
            seed: 2025,
            first: Date::constant(2025, 1, 1),
            days: 365,
            step_s: 900,
            zone: "Asia/Shanghai".to_owned(),
            capacity_kva: 1250.0,
            base_kw: 110.0,
            production_kw: 560.0,
            shifts: vec![
                shift(8.0, 12.0, 1.0),
                shift(12.0, 13.0, 0.6),
                shift(13.0, 17.0, 1.0),
                shift(17.0, 18.0, 0.6),
                shift(18.0, 22.0, 0.8),
            ],
            ramp_h: 0.5,
            weekday_levels: [0.97, 1.0, 1.0, 1.0, 0.98, 0.0, 0.0],
            holiday_level: 0.0,
            makeup_workday_level: 0.9,
            spring_festival_days_before: 5,
            spring_festival_days_after: 7,
            climate: Climate::default(),
            cooling_kw_per_celsius: 6.0,
            cooling_above_celsius: 22.0,
            cooling_idle_level: 0.2,
            base_power_factor: 0.85,
            production_power_factor: 0.78,
            cooling_power_factor: 0.9,
            capacitor_kvar: 150.0,
            day_noise: 0.03,
            interval_noise: 0.04,
            base_noise: 0.03,
            electrical: None,
        }
    }
}

/// Longest simulation, in days.
const MAX_DAYS: usize = 3660;

impl Plant {
    /// Checks that every setting has a meaning.
    ///
    /// # Errors
    /// Names the field, what was found and what was expected.
    ///
    /// ```
    /// use wattlens::simulate::Plant;
    /// let plant = Plant { production_power_factor: 1.2, ..Plant::default() };
    /// assert!(plant.check().unwrap_err().to_string().contains("plant.production_power_factor"));
    /// ```
    pub fn check(&self) -> Result<()> {
        let fail = |field: &str, found: &dyn std::fmt::Display, expected: &str| {
            let problem = format!("found {found}, expected {expected}");
            Err(ErrorKind::Site { field: format!("plant.{field}"), problem }.into())
        };
        if !(1..=MAX_DAYS).contains(&self.days) {
            return fail("days", &self.days, &format!("1 to {MAX_DAYS}"));
        }
        if self.step_s < 60 {
            return fail("step_s", &self.step_s, "60 or more");
        }
        let climate = &self.climate;
        for (field, value) in [
            ("climate.mean_celsius", climate.mean_celsius),
            ("climate.seasonal_celsius", climate.seasonal_celsius),
            ("cooling_above_celsius", self.cooling_above_celsius),
        ] {
            if !(-100.0..=100.0).contains(&value) {
                return fail(field, &value, "a temperature between -100 and 100 °C");
            }
        }
        for (field, value) in [
            ("climate.daily_celsius", climate.daily_celsius),
            ("climate.weather_celsius", climate.weather_celsius),
            ("capacity_kva", self.capacity_kva),
            ("base_kw", self.base_kw),
            ("production_kw", self.production_kw),
            ("ramp_h", self.ramp_h),
            ("holiday_level", self.holiday_level),
            ("makeup_workday_level", self.makeup_workday_level),
            ("cooling_kw_per_celsius", self.cooling_kw_per_celsius),
            ("cooling_idle_level", self.cooling_idle_level),
            ("capacitor_kvar", self.capacitor_kvar),
        ] {
            if !(0.0..=1e6).contains(&value) {
                return fail(field, &value, "a number from 0 to 1 000 000");
            }
        }
        for (field, value) in
            [("day_noise", self.day_noise), ("interval_noise", self.interval_noise), ("base_noise", self.base_noise)]
        {
            if !(0.0..=0.3).contains(&value) {
                return fail(field, &value, "a share from 0 to 0.3");
            }
        }
        for (field, value) in [
            ("base_power_factor", self.base_power_factor),
            ("production_power_factor", self.production_power_factor),
            ("cooling_power_factor", self.cooling_power_factor),
        ] {
            if !(0.1..=1.0).contains(&value) {
                return fail(field, &value, "0.1 to 1");
            }
        }
        for level in self.weekday_levels {
            if !(0.0..=10.0).contains(&level) {
                return fail("weekday_levels", &level, "shares from 0 to 10");
            }
        }
        for shift in &self.shifts {
            let hours = shift.start_h >= 0.0 && shift.start_h < shift.end_h && shift.end_h <= 24.0;
            if !hours || !(0.0..=10.0).contains(&shift.level) {
                let found = format!("{} to {} h at level {}", shift.start_h, shift.end_h, shift.level);
                return fail("shifts", &found, "0 <= start_h < end_h <= 24 and a level from 0 to 10");
            }
        }
        self.electrical.as_ref().map_or(Ok(()), ElectricalPlant::check)
    }

    /// The axis from the first date's local midnight over [`Plant::days`] local days.
    ///
    /// # Errors
    /// As [`Plant::check`]; an unknown zone; a step that does not divide a day.
    pub(super) fn axis(&self) -> Result<TimeAxis> {
        self.check()?;
        let zone = Zone::named(&self.zone)?;
        let from = Date::constant(1970, 1, 1).duration_until(self.first).as_secs();
        let to = from + self.days as i64 * DAY_S;
        let mut clock = LocalClock::new(&zone, from, to);
        let (start, end) = (first_instant(clock.resolve(from)), first_instant(clock.resolve(to)));
        // Rounded up: where clocks move by half an hour, an hourly step's last interval leaves the last day.
        let len = usize::try_from((end - start + self.step_s - 1) / self.step_s).unwrap_or(0);
        TimeAxis::new(start, self.step_s, len, zone)
    }
}

/// Where a local day begins: at the first of two midnights, or where clocks jump over midnight.
fn first_instant(midnight: Local) -> i64 {
    match midnight {
        Local::Once(instant) | Local::Fold { earlier: instant, .. } | Local::Gap { jump: instant } => instant,
    }
}
