//! How far the load is from what was expected: what every detector looks at.

use std::ops::Range;

use super::contrast::contrast;
use super::daily::Daily;
use super::event::Interval;
use super::flat::{FlatRun, flat_runs};
use super::no_production;
use super::shutdown::beside_long_holidays;
use super::step::{Step, steps};
use super::{Expected, Settings};
use crate::profile::Activity;
use crate::site::Site;
use crate::stats;
use crate::time::DayType;

/// What falls out below the hours beside it is told from this share of the limit of what rises above them: a load cannot
/// fall below zero, so its dips have no long tail (engineering).
const BELOW_SHARE: f64 = 0.9;
/// Window of the sustained mean \[h\] (measured on labelled meters: five hours cut false alarms to a
/// third).
const SUSTAINED_H: f64 = 5.0;
/// Longest window of the short mean \[h\], so that a single quarter-hour's noise is not news (engineering).
const SHORT_H: f64 = 1.0;
/// A single reading adds at most this z to the sustained mean, so that one wild reading does not
/// stand for five hours (engineering).
const Z_CEILING: f64 = 10.0;
/// Beyond this z nothing gets more absurd, and sums keep their digits (engineering).
const Z_ABSURD: f64 = 1e6;
/// An interval is part of an event only if it deviates itself by this z (engineering).
const OWN_Z: f64 = 2.0;
/// What lies next to flagged intervals, or between them, belongs to the event if it deviates by this share
/// of the event's mean: the spread is wide where shifts begin and hides an event's edge (engineering).
const EDGE_SHARE: f64 = 0.5;
/// Flagged intervals this near to each other are one event \[h\] (engineering).
const MERGE_H: f64 = 2.0;
/// Below base plus this share of the usual day's swing, the expected load is off hours (engineering).
const OFF_SHARE: f64 = 0.25;
/// A load whose usual day swings less than this share of its peak has no off hours (engineering).
const MIN_SWING: f64 = 0.20;

/// Neighbouring flagged intervals that deviate the same way.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// From the first to the last flagged interval.
    pub range: Range<usize>,
    /// The flagged intervals.
    pub flagged: Vec<Interval>,
    /// How many times its limit the farther of the two means reached.
    pub passed: f64,
}

/// The load against its expectation, and what a detector needs to name a deviation.
pub(super) struct Deviations<'a> {
    pub site: &'a Site,
    pub load_kw: &'a [f64],
    pub expected: &'a Expected,
    pub settings: &'a Settings,
    /// Deviation of each interval in units of the scale; NaN where load or expectation is.
    pub z: Vec<f64>,
    /// Activity of each local day; a worked day that rises and falls as expected has production, however
    /// little is left of it.
    pub activity: Vec<Activity>,
    /// Days that run down into a long holiday or up from it.
    pub beside_holiday: Vec<bool>,
    /// Mean power of the median worked day \[kW\].
    pub typical_kw: f64,
    /// Lowest expected power of the usual day, of the type of day where it is lowest \[kW\].
    pub base_kw: f64,
    /// Highest expected power of the usual worked day \[kW\].
    pub peak_kw: f64,
    /// Expected power below which hours are off hours \[kW\]; minus infinity where there are none.
    off_below_kw: f64,
    /// Long runs of equal readings.
    pub flat: Vec<FlatRun>,
    /// The days in parts, and what is usual for their kind.
    pub daily: Daily,
    /// Steps of the level of worked days.
    pub steps: Vec<Step>,
    /// Stretches above the expectation that are worth telling.
    pub above: Vec<Stretch>,
    /// Stretches below it that are worth telling.
    pub below: Vec<Stretch>,
}

impl<'a> Deviations<'a> {
    /// `None` where no worked day can be judged, or nothing is ever used.
    pub(super) fn new(
        site: &'a Site,
        load_kw: &'a [f64],
        expected: &'a Expected,
        settings: &'a Settings,
        mut activity: Vec<Activity>,
    ) -> Option<Self> {
        let local = site.readings().local();
        let days = local.days();
        let mut lowest: [Vec<f64>; DayType::ALL.len()] = Default::default();
        let mut highest = Vec::new();
        let mut means = Vec::new();
        for (day, day_type) in days.iter().zip(site.day_types()) {
            let kw = expected.kw.get(day.range.clone())?;
            let (mut low, mut high, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0usize);
            for &kw in kw {
                // Without a branch: a NaN is neither lower nor higher.
                low = if kw < low { kw } else { low };
                high = if kw > high { kw } else { high };
                sum += if kw.is_nan() { 0.0 } else { kw };
                count += usize::from(!kw.is_nan());
            }
            if 2 * count <= day.expected {
                continue;
            }
            lowest[day_type.index()].push(low);
            if day_type.is_worked() {
                highest.push(high);
                means.push(sum / count as f64);
            }
        }
        let typical_kw = stats::median(&mut means).filter(|kw| *kw > 0.0)?;
        let base_kw = lowest.iter_mut().filter_map(|kw| stats::median(kw)).fold(f64::INFINITY, f64::min);
        let peak_kw = stats::median(&mut highest)?;
        let swing_kw = peak_kw - base_kw;
        let off_below_kw =
            if swing_kw >= MIN_SWING * peak_kw { base_kw + OFF_SHARE * swing_kw } else { f64::NEG_INFINITY };

        let z: Vec<f64> = load_kw
            .iter()
            .zip(expected.kw.iter().zip(&expected.scale_kw))
            .map(|(load, (kw, scale))| if *scale == 0.0 { 0.0 } else { (load - kw) / scale })
            .collect();
        for ((day, day_type), activity) in days.iter().zip(site.day_types()).zip(&mut activity) {
            let range = day.range.clone();
            if day_type.is_worked()
                && *activity == Activity::NoProduction
                && no_production::follows_expected(&load_kw[range.clone()], &expected.kw[range])
            {
                *activity = Activity::Production;
            }
        }
        let beside_holiday = beside_long_holidays(site, load_kw, expected, &activity);
        let daily = Daily::new(site, load_kw, &beside_holiday, |day| {
            activity[day] == Activity::NoProduction && no_production::has_base(site, load_kw, day, base_kw)
        });
        let steps = steps(&daily);
        let step_h = site.readings().axis().step_h();
        let flat = flat_runs(load_kw, expected, typical_kw, step_h);
        let mut deviations = Self {
            site,
            load_kw,
            expected,
            settings,
            z,
            activity,
            beside_holiday,
            typical_kw,
            base_kw,
            peak_kw,
            off_below_kw,
            flat,
            daily,
            steps,
            above: Vec::new(),
            below: Vec::new(),
        };
        let half = |hours: f64| ((hours / step_h - 1.0) / 2.0).max(0.0) as usize;
        let short = moving_mean(&deviations.z, half(SHORT_H), Z_ABSURD);
        let sustained = moving_mean(&deviations.z, half(SUSTAINED_H), Z_CEILING);
        let least_kw = settings.min_size_share * typical_kw;
        let least_z = BELOW_SHARE * settings.contrast_z;
        let beside = contrast(site, load_kw, expected, &deviations.daily.classes, least_kw, least_z);
        deviations.above = deviations.stretches(1.0, &short, &sustained, &beside);
        deviations.below = deviations.stretches(-1.0, &short, &sustained, &beside);
        Some(deviations)
    }

    fn stretches(&self, sign: f64, short: &[f64], sustained: &[f64], beside: &[f64]) -> Vec<Stretch> {
        let merge = (MERGE_H / self.step_h()).round() as usize;
        let contrast_z = if sign < 0.0 { BELOW_SHARE } else { 1.0 } * self.settings.contrast_z;
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, z) in self.z.iter().enumerate() {
            let stands_out = sign * beside[at] > contrast_z;
            let flagged = sign * z > OWN_Z
                && (sign * short[at] > self.settings.short_z || sign * sustained[at] > self.settings.sustained_z);
            if !flagged && !stands_out {
                continue;
            }
            let interval = Interval { at, expected_kw: self.expected.kw[at] };
            // A mean that is not there passes nothing.
            let passed =
                (sign * short[at] / self.settings.short_z).max(sign * sustained[at] / self.settings.sustained_z);
            let passed = passed.max(sign * beside[at] / contrast_z);
            match stretches.last_mut() {
                Some(last) if at - last.range.end <= merge => {
                    last.range.end = at + 1;
                    last.passed = last.passed.max(passed);
                    last.flagged.push(interval);
                }
                _ => stretches.push(Stretch { range: at..at + 1, flagged: vec![interval], passed }),
            }
        }
        let mut free_from = 0;
        for at in 0..stretches.len() {
            let free_to = stretches.get(at + 1).map_or(self.z.len(), |next| next.range.start);
            self.widen(&mut stretches[at], sign, free_from..free_to);
            free_from = stretches[at].range.end;
        }
        stretches.retain(|stretch| self.is_worth_telling(&stretch.flagged));
        stretches
    }

    /// Takes in what deviates nearly as much beside the flagged intervals and between them.
    fn widen(&self, stretch: &mut Stretch, sign: f64, free: Range<usize>) {
        let away = |at: usize| sign * (self.load_kw[at] - self.expected.kw[at]);
        let limit =
            EDGE_SHARE * stretch.flagged.iter().map(|one| away(one.at)).sum::<f64>() / stretch.flagged.len() as f64;
        let before = (free.start..stretch.range.start).rev().take_while(|at| away(*at) >= limit).count();
        let after = (stretch.range.end..free.end).take_while(|at| away(*at) >= limit).count();
        stretch.range = stretch.range.start - before..stretch.range.end + after;
        let was_flagged = std::mem::take(&mut stretch.flagged);
        let mut was_flagged = was_flagged.iter().peekable();
        for at in stretch.range.clone() {
            let flagged = was_flagged.next_if(|one| one.at == at).is_some();
            if flagged || away(at) >= limit {
                stretch.flagged.push(Interval { at, expected_kw: self.expected.kw[at] });
            }
        }
    }

    /// Length of an interval \[h\].
    pub(super) fn step_h(&self) -> f64 {
        self.site.readings().axis().step_h()
    }

    /// Index of the local day of an interval.
    pub(super) fn day_of(&self, at: usize) -> usize {
        self.site.readings().local().day_of(at)
    }

    /// Calendar's type of the day of an interval.
    pub(super) fn day_type(&self, at: usize) -> Option<DayType> {
        self.site.day_types().get(self.day_of(at)).copied()
    }

    /// Whether hardly anything is expected to run in this interval.
    pub(super) fn is_off_hours(&self, at: usize) -> bool {
        self.expected.kw.get(at).is_some_and(|kw| *kw < self.off_below_kw)
    }

    /// Whether no more runs in this interval than in off hours.
    pub(super) fn is_off_load(&self, at: usize) -> bool {
        self.load_kw.get(at).is_some_and(|kw| *kw < self.off_below_kw)
    }

    /// Whether the site has hours in which hardly anything runs.
    pub(super) fn has_off_hours(&self) -> bool {
        self.off_below_kw.is_finite()
    }

    /// Whether these intervals deviate enough, in size and in energy, to be worth a word.
    pub(super) fn is_worth_telling(&self, flagged: &[Interval]) -> bool {
        self.worth(flagged) >= 1.0
    }

    /// How many times these intervals pass the nearer of the two floors, of size and of energy.
    pub(super) fn worth(&self, flagged: &[Interval]) -> f64 {
        let kw: f64 = flagged.iter().map(|one| self.load_kw[one.at] - one.expected_kw).sum();
        let size_kw = kw.abs() / flagged.len().max(1) as f64;
        let size = size_kw / (self.settings.min_size_share * self.typical_kw);
        size.min(kw.abs() * self.step_h() / (self.settings.min_energy_share * self.typical_day_kwh()))
    }

    /// Energy of the usual worked day \[kWh\].
    pub(super) fn typical_day_kwh(&self) -> f64 {
        self.typical_kw * 24.0
    }

    /// Whether more than half of the intervals satisfy `question`.
    pub(super) fn mostly(flagged: &[Interval], question: impl Fn(usize) -> bool) -> bool {
        2 * flagged.iter().filter(|one| question(one.at)).count() > flagged.len()
    }
}

/// Centred mean of `z` over `half` intervals before and after, each held within ±`ceiling`; shorter at
/// the ends and at gaps, NaN where less than half of the window is there.
///
/// The mean is of the signed z: what is high and low in turn is noise and must cancel.
fn moving_mean(z: &[f64], half: usize, ceiling: f64) -> Vec<f64> {
    if half == 0 {
        return z.iter().map(|z| z.clamp(-ceiling, ceiling)).collect();
    }
    let held = |at: usize| match z.get(at) {
        Some(z) if !z.is_nan() => (z.clamp(-ceiling, ceiling), 1),
        _ => (0.0, 0u32),
    };
    let width = (2 * half + 1) as u32;
    let (mut sum, mut count) = (0..half).map(held).fold((0.0, 0), |(sum, count), (z, one)| (sum + z, count + one));
    (0..z.len())
        .map(|at| {
            let (entering, enters) = held(at + half);
            // Below zero the index wraps to one that z does not have.
            let (leaving, leaves) = held(at.wrapping_sub(half + 1));
            sum += entering - leaving;
            count = count + enters - leaves;
            if 2 * count >= width { sum / f64::from(count) } else { f64::NAN }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_keeps_the_sign_and_survives_gaps() {
        let z = [4.0, -4.0, 4.0, f64::NAN, f64::NAN, f64::NAN, 6.0];
        let mean = moving_mean(&z, 1, 100.0);
        assert_eq!(mean[..3], [0.0, 4.0 / 3.0, 0.0]);
        assert!(mean[4].is_nan() && mean[5].is_nan());
        // One of three is less than half of the window; at the end the window is shorter all the same.
        assert!(mean[6].is_nan());
    }

    #[test]
    fn one_wild_reading_counts_no_more_than_the_ceiling() {
        assert_eq!(moving_mean(&[0.0, 900.0, 0.0], 1, 10.0)[1], 10.0 / 3.0);
    }
}
