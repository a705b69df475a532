//! The load of a plant without faults.

use std::f64::consts::TAU;

use jiff::civil::Date;

use super::noise::{Purpose, autoregressive, stream};
use super::plant::{Plant, Shift};
use crate::error::Result;
use crate::time::{Calendar, DayType, LocalTime, TimeAxis};

/// Hours over which the noise of intervals is forgotten.
const NOISE_H: f64 = 0.5;
/// Correlation of production from one day to the next.
const DAY_CORRELATION: f64 = 0.5;
/// Correlation of the weather from one day to the next.
const WEATHER_CORRELATION: f64 = 0.7;
/// Noise never takes away or adds more than this share.
const MOST_NOISE: f64 = 0.5;
/// Day of the year and hour of the day that are warmest.
const WARMEST_DAY: f64 = 205.0;
const WARMEST_HOUR: f64 = 15.0;

/// Power at the supply point; reactive power is positive when lagging.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Power {
    pub kw: f64,
    pub kvar: f64,
}

/// Everything that the load of an interval follows from.
pub(super) struct Load<'a> {
    plant: &'a Plant,
    /// Share of production by day.
    levels: Vec<f64>,
    /// Day of every interval.
    days: Vec<usize>,
    /// Share of production by wall-clock slot.
    shifts: Vec<f64>,
    /// Wall-clock slot of every interval.
    slots: Vec<u32>,
    production_noise: Vec<f64>,
    base_noise: Vec<f64>,
    pub celsius: Vec<f64>,
}

impl<'a> Load<'a> {
    pub fn new(plant: &'a Plant, calendar: &Calendar, axis: &TimeAxis, local: &LocalTime) -> Result<Self> {
        let (len, step_h) = (axis.len(), axis.step_h());
        let forgetting = (-step_h / NOISE_H).exp();
        let noise = |purpose, len, sigma, correlation| {
            autoregressive(&mut stream(plant.seed, purpose), len, sigma, correlation)
        };
        let of_day = noise(Purpose::ProductionOfDay, local.days().len(), plant.day_noise, DAY_CORRELATION);
        let mut production_noise = noise(Purpose::ProductionOfInterval, len, plant.interval_noise, forgetting);
        let mut days = vec![0; len];
        for (at, day) in local.days().iter().enumerate() {
            days[day.range.clone()].fill(at);
            for value in &mut production_noise[day.range.clone()] {
                *value += of_day[at];
            }
        }
        Ok(Self {
            plant,
            levels: day_levels(plant, calendar, local)?,
            days,
            shifts: slot_shares(plant, axis.slots_per_day()),
            slots: local.slots(),
            production_noise,
            base_noise: noise(Purpose::Base, len, plant.base_noise, forgetting),
            celsius: temperature(plant, local, axis),
        })
    }

    /// Whether the interval lies outside the shifts' hours, whatever day it is.
    pub fn is_night(&self, index: usize) -> bool {
        self.shift_share(index) == 0.0
    }

    /// Share of production on the interval's day.
    pub fn level(&self, index: usize) -> f64 {
        self.days.get(index).and_then(|day| self.levels.get(*day)).copied().unwrap_or(0.0)
    }

    /// Power in an interval.
    pub fn power(&self, index: usize) -> Power {
        self.power_at_level(index, self.level(index))
    }

    /// Power in an interval if production ran at this share that day.
    pub fn power_at_level(&self, index: usize, level: f64) -> Power {
        let plant = self.plant;
        let factor = |noise: &[f64]| 1.0 + noise.get(index).map_or(0.0, |x| x.clamp(-MOST_NOISE, MOST_NOISE));
        let share = level * self.shift_share(index);
        let production_kw = plant.production_kw * share * factor(&self.production_noise);
        let base_kw = plant.base_kw * factor(&self.base_noise);
        let warmer = (self.celsius.get(index).copied().unwrap_or(0.0) - plant.cooling_above_celsius).max(0.0);
        let running = plant.cooling_idle_level + (1.0 - plant.cooling_idle_level) * share.min(1.0);
        let cooling_kw = plant.cooling_kw_per_celsius * warmer * running;
        let kvar = base_kw * reactive_share(plant.base_power_factor)
            + production_kw * reactive_share(plant.production_power_factor)
            + cooling_kw * reactive_share(plant.cooling_power_factor)
            - plant.capacitor_kvar;
        Power { kw: base_kw + production_kw + cooling_kw, kvar }
    }

    fn shift_share(&self, index: usize) -> f64 {
        self.slots.get(index).and_then(|slot| self.shifts.get(*slot as usize)).copied().unwrap_or(0.0)
    }
}

/// kvar per kW at a power factor: tan(arccos(power factor)).
pub(super) fn reactive_share(power_factor: f64) -> f64 {
    (1.0 / (power_factor * power_factor) - 1.0).max(0.0).sqrt()
}

/// Share of production in every wall-clock slot: the mean of the shifts' levels over the slot
/// widened by half the ramp on either side, so that production starts and stops in a slope.
fn slot_shares(plant: &Plant, slots_per_day: usize) -> Vec<f64> {
    let slot_h = 24.0 / slots_per_day as f64;
    (0..slots_per_day)
        .map(|slot| {
            let start = (slot as f64 * slot_h - plant.ramp_h / 2.0).max(0.0);
            let end = ((slot + 1) as f64 * slot_h + plant.ramp_h / 2.0).min(24.0);
            let run = |shift: &Shift| shift.level * (end.min(shift.end_h) - start.max(shift.start_h)).max(0.0);
            plant.shifts.iter().map(run).sum::<f64>() / (end - start)
        })
        .collect()
}

/// Share of production on every local day.
fn day_levels(plant: &Plant, calendar: &Calendar, local: &LocalTime) -> Result<Vec<f64>> {
    let festival: Vec<Date> =
        calendar.holidays.iter().filter(|(_, name)| is_spring_festival(name)).map(|(date, _)| *date).collect();
    let mut levels = Vec::with_capacity(local.days().len());
    for (day, day_type) in local.days().iter().zip(calendar.day_types(local)?) {
        let level = match day_type {
            DayType::Holiday => plant.holiday_level,
            DayType::MakeupWorkday => plant.makeup_workday_level,
            DayType::Workday | DayType::Weekend => {
                let weekday = day.date.weekday().to_monday_zero_offset();
                plant.weekday_levels.get(usize::try_from(weekday).unwrap_or(0)).copied().unwrap_or(0.0)
            }
        };
        let after = festival.partition_point(|date| *date < day.date);
        let days_to = |date: Option<&Date>| date.map(|date| day.date.duration_until(*date).as_hours().abs() / 24);
        let ramp = |days: Option<i64>, over: u32| match days {
            Some(days) if days <= i64::from(over) => days as f64 / f64::from(over + 1),
            _ => 1.0,
        };
        let closing = ramp(days_to(festival.get(after)), plant.spring_festival_days_before);
        let opening = ramp(days_to(festival.get(..after).and_then(<[Date]>::last)), plant.spring_festival_days_after);
        // A holiday that is worked by the settings is worked, the festival's own days included.
        levels.push(if day_type == DayType::Holiday { level } else { level * closing.min(opening) });
    }
    Ok(levels)
}

fn is_spring_festival(name: &str) -> bool {
    ["春节", "Spring Festival", "Chinese New Year"].iter().any(|known| name.contains(known))
}

/// Outdoor temperature at the start of every interval \[°C\], to a tenth of a degree.
fn temperature(plant: &Plant, local: &LocalTime, axis: &TimeAxis) -> Vec<f64> {
    let climate = &plant.climate;
    let mut random = stream(plant.seed, Purpose::Weather);
    let weather = autoregressive(&mut random, local.days().len() + 1, climate.weather_celsius, WEATHER_CORRELATION);
    let mut celsius = Vec::with_capacity(axis.len());
    for run in local.runs() {
        let (today, tomorrow) = (weather[run.day], weather[run.day + 1]);
        let year_day = f64::from(local.days()[run.day].date.day_of_year());
        for k in 0..run.range.len() {
            let hour = (run.slot + k) as f64 * axis.step_h();
            let season = (TAU * (year_day + hour / 24.0 - WARMEST_DAY) / 365.25).cos();
            let day = (TAU * (hour - WARMEST_HOUR) / 24.0).cos();
            let value = climate.mean_celsius
                + climate.seasonal_celsius * season
                + climate.daily_celsius * day
                + today
                + (tomorrow - today) * hour / 24.0;
            celsius.push((value * 10.0).round() / 10.0);
        }
    }
    celsius
}
