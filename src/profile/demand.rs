//! Maximum demand (最大需量): by window, by month, and the days that set it.

use jiff::civil::Date;
use serde::Serialize;

use super::{Reason, Settings};
use crate::readings::Channel;
use crate::site::Site;
use crate::time::LocalTime;

/// Windows that are looked at \[s\].
const WINDOWS_S: [i64; 3] = [900, 1800, 3600];
/// The window by which demand is billed where the step allows it \[s\].
const BILLED_WINDOW_S: i64 = 900;

/// How a demand window moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Fixed blocks on the wall clock's grid.
    Block,
    /// Moving on by the step of the readings.
    Sliding,
}

/// The highest mean power over a window. Windows with a gap do not count.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemandWindow {
    /// Length \[s\].
    pub window_s: i64,
    /// Block or sliding.
    pub kind: WindowKind,
    /// Highest mean power \[kW\].
    pub max_kw: Option<f64>,
    /// Start of the earliest window that has it, UTC seconds.
    pub start: Option<i64>,
    /// Why it is unknown.
    pub unknown: Option<Reason>,
}

/// A month's maximum demand by blocks of `Demand::block_s`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonthDemand {
    /// `2018-11`.
    pub label: String,
    /// Maximum demand \[kW\]; `None` where less of the month is there than the settings ask for.
    pub max_kw: Option<f64>,
    /// Start of the earliest block that has it, UTC seconds.
    pub start: Option<i64>,
    /// Why it is unknown.
    pub unknown: Option<Reason>,
}

/// A day with high demand, ranked by its highest block.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemandDay {
    /// Local date.
    pub date: Date,
    /// Start of the earliest block with the day's highest demand, UTC seconds.
    pub start: i64,
    /// Mean power of that block \[kW\].
    pub kw: f64,
    /// Apparent power of that block from its mean kW and its net mean kvar (import − export) \[kVA\];
    /// `None` where reactive energy is not there.
    pub kva: Option<f64>,
    /// Time of the day at or above `near_peak_share` of the whole period's maximum demand \[h\].
    pub hours_above: f64,
    /// Energy of the day above that level \[kWh\].
    pub kwh_above: f64,
}

/// Demand of the whole period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Demand {
    /// Block length of `months` and `days`: 15 minutes where the step divides them, else the step \[s\].
    pub block_s: i64,
    /// Block and sliding demand over 15, 30 and 60 minutes. Blocks need a step that divides the window,
    /// sliding windows one that is shorter too; else the demand cannot be known from this step.
    pub windows: Vec<DemandWindow>,
    /// Maximum demand of each month.
    pub months: Vec<MonthDemand>,
    /// Level from which on load counts as near the peak: `near_peak_share` of the maximum demand \[kW\].
    pub near_peak_kw: Option<f64>,
    /// The days with the highest demand, highest first, the earlier of equals first.
    pub days: Vec<DemandDay>,
}

/// The highest block of one day: mean power \[kW\] and first reading.
type Highest = Option<(f64, usize)>;

impl Demand {
    /// Demand of `load_kw`, which is [`Readings::load_kw`](crate::readings::Readings::load_kw).
    ///
    /// Blocks lie inside one local day under one offset: a block that a clock change cuts does not
    /// count, unless the change falls on the grid, as it does for whole hours. Sliding windows run over
    /// midnight and over clock changes.
    #[must_use]
    pub(super) fn of(site: &Site, load_kw: &[f64], kvar: Option<&[f64]>, settings: &Settings) -> Self {
        let (axis, local) = (site.readings().axis(), site.readings().local());
        let step_s = axis.step_s();
        let block_s = if BILLED_WINDOW_S % step_s == 0 { BILLED_WINDOW_S } else { step_s };
        let ratio = (block_s / step_s) as usize;
        let by_day = highest_blocks(local, load_kw, ratio);

        let window = |window_s: i64, kind: WindowKind| {
            let per = (window_s / step_s) as usize;
            let found = match kind {
                _ if window_s % step_s != 0 => Err(Reason::CannotBeKnownFromThisStep),
                WindowKind::Block if window_s == block_s => Ok(highest(&by_day)),
                WindowKind::Block => Ok(highest(&highest_blocks(local, load_kw, per))),
                WindowKind::Sliding if per == 1 => Err(Reason::CannotBeKnownFromThisStep),
                WindowKind::Sliding => Ok(highest_sliding(load_kw, per)),
            };
            let known = found.and_then(|found| found.ok_or(Reason::TooFewReadings));
            DemandWindow {
                window_s,
                kind,
                max_kw: known.ok().map(|(kw, _)| kw),
                start: known.ok().map(|(_, index)| axis.instant(index)),
                unknown: known.err(),
            }
        };
        let windows = WINDOWS_S
            .into_iter()
            .flat_map(|window_s| [window(window_s, WindowKind::Block), window(window_s, WindowKind::Sliding)])
            .collect();

        let months = local
            .months()
            .iter()
            .map(|month| {
                let load = load_kw.get(month.range.clone()).unwrap_or_default();
                let present = load.iter().filter(|kw| !kw.is_nan()).count() as f64;
                let enough = present >= settings.min_present * month.expected as f64;
                let found = highest(by_day.get(month.days.clone()).unwrap_or_default()).filter(|_| enough);
                MonthDemand {
                    label: month.label(),
                    max_kw: found.map(|(kw, _)| kw),
                    start: found.map(|(_, index)| axis.instant(index)),
                    unknown: found.is_none().then_some(Reason::TooFewReadings),
                }
            })
            .collect();

        let near_peak_kw = highest(&by_day).map(|(kw, _)| kw * settings.near_peak_share);
        let mut ranked: Vec<(usize, f64, usize)> =
            by_day.iter().enumerate().filter_map(|(day, found)| found.map(|(kw, index)| (day, kw, index))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let days = ranked
            .into_iter()
            .take(settings.top_days)
            .filter_map(|(day, kw, index)| {
                let day = local.days().get(day)?;
                let load = load_kw.get(day.range.clone())?;
                let level = near_peak_kw?;
                let above = load.iter().filter(|kw| **kw >= level);
                let (hours, kw_above) = above.fold((0, 0.0), |(count, sum), kw| (count + 1, sum + (kw - level)));
                let reactive = kvar.and_then(|kvar| kvar.get(index..index + ratio));
                let mean_kvar = reactive.map(|kvar| kvar.iter().sum::<f64>() / ratio as f64);
                Some(DemandDay {
                    date: day.date,
                    start: axis.instant(index),
                    kw,
                    kva: mean_kvar.filter(|kvar| !kvar.is_nan()).map(|kvar| kw.hypot(kvar)),
                    hours_above: f64::from(hours) * axis.step_h(),
                    kwh_above: kw_above * axis.step_h(),
                })
            })
            .collect();
        Self { block_s, windows, months, near_peak_kw, days }
    }
}

/// Net mean reactive power of every interval, import − export \[kvar\]; NaN where a channel that was
/// measured has no whole value. `None` where imported reactive energy was not measured.
pub(super) fn net_kvar(site: &Site) -> Option<Vec<f64>> {
    let readings = site.readings();
    let import = readings.series(Channel::IMPORT_KVARH)?;
    let per_hour = 1.0 / readings.axis().step_h();
    let whole = |kvarh: &f64, whole: bool| if whole { kvarh * per_hour } else { f64::NAN };
    let mut net: Vec<f64> =
        import.values().iter().zip(import.flags()).map(|(kvarh, flag)| whole(kvarh, flag.is_whole())).collect();
    if let Some(export) = readings.series(Channel::EXPORT_KVARH) {
        for ((net, kvarh), flag) in net.iter_mut().zip(export.values()).zip(export.flags()) {
            *net -= whole(kvarh, flag.is_whole());
        }
    }
    Some(net)
}

fn highest(days: &[Highest]) -> Highest {
    days.iter().flatten().copied().reduce(|best, next| if next.0 > best.0 { next } else { best })
}

/// The highest block of `ratio` readings of every local day, the earliest of equals.
fn highest_blocks(local: &LocalTime, load_kw: &[f64], ratio: usize) -> Vec<Highest> {
    let mut days: Vec<Highest> = vec![None; local.days().len()];
    for run in local.runs() {
        let Some(day) = days.get_mut(run.day) else { continue };
        let first = run.range.start + (ratio - run.slot % ratio) % ratio;
        let mut best = day.map_or(f64::NEG_INFINITY, |(kw, _)| kw);
        for (block, load) in load_kw.get(first..run.range.end).unwrap_or_default().chunks_exact(ratio).enumerate() {
            // A NaN in the block makes the mean NaN, which is above nothing.
            let kw = load.iter().sum::<f64>() / ratio as f64;
            if kw > best {
                best = kw;
                *day = Some((kw, first + block * ratio));
            }
        }
    }
    days
}

/// The highest mean over `ratio` neighbouring readings, the earliest of equals.
///
/// Each window is the tail of one block and the head of the next, so every reading is added twice,
/// whatever the ratio, and a gap spoils no window but its own.
fn highest_sliding(load_kw: &[f64], ratio: usize) -> Highest {
    let mut best: Highest = None;
    let mut tails = vec![0.0; ratio];
    for (block, load) in load_kw.chunks_exact(ratio).enumerate() {
        let mut tail = 0.0;
        for (slot, kw) in tails.iter_mut().zip(load).rev() {
            tail += kw;
            *slot = tail;
        }
        let mut head = 0.0;
        let next = load_kw.get((block + 1) * ratio..).unwrap_or_default();
        for (offset, tail) in tails.iter().enumerate() {
            if let Some(before) = offset.checked_sub(1) {
                let Some(kw) = next.get(before) else { break };
                head += kw;
            }
            let kw = (tail + head) / ratio as f64;
            // Windows of equal readings may differ in the last bit; the earliest stays.
            if !kw.is_nan() && best.is_none_or(|(highest, _)| kw > highest + 1e-12 * highest.abs()) {
                best = Some((kw, block * ratio + offset));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{TimeAxis, Zone};
    use proptest::prelude::*;

    #[test]
    fn blocks_keep_to_the_wall_clock() {
        // Readings start at 00:15, so the first half-hour block is 00:30–01:00.
        let axis = TimeAxis::new(900, 900, 5, Zone::named("UTC").unwrap()).unwrap();
        let load = [100.0, 80.0, 60.0, 10.0, 20.0];
        assert_eq!(highest_blocks(&axis.local_time(), &load, 2), [Some((70.0, 1))]);
        assert_eq!(highest_sliding(&load, 2), Some((90.0, 0)));
    }

    #[test]
    fn a_gap_spoils_only_its_own_windows() {
        let load = [9.0, f64::NAN, 1.0, 3.0, 5.0, 1.0];
        assert_eq!(highest_sliding(&load, 2), Some((4.0, 3)));
        assert_eq!(highest_sliding(&load, 3), Some((3.0, 2)));
        assert_eq!(highest_sliding(&load, 5), None);
        let axis = TimeAxis::new(0, 900, 6, Zone::named("UTC").unwrap()).unwrap();
        assert_eq!(highest_blocks(&axis.local_time(), &load, 2), [Some((3.0, 4))]);
    }

    #[test]
    fn of_equal_windows_the_earliest_counts() {
        assert_eq!(highest_sliding(&[0.1; 50], 7).unwrap().1, 0);
    }

    #[test]
    fn blocks_of_the_berlin_clock_changes() {
        // 2024-10-27: 25 hours, the hour blocks of 02:00 are two.
        let zone = Zone::named("Europe/Berlin").unwrap();
        let axis = TimeAxis::new(1_729_980_000, 900, 100, zone.clone()).unwrap();
        let mut load = vec![1.0; 100];
        load[12..16].fill(9.0); // the second 02:00–03:00
        assert_eq!(highest_blocks(&axis.local_time(), &load, 4), [Some((9.0, 12))]);
        // 2024-03-31: 23 hours, after 02:00 comes 03:00.
        let axis = TimeAxis::new(1_711_839_600, 900, 92, zone).unwrap();
        load[8..12].fill(11.0); // 03:00–04:00
        assert_eq!(highest_blocks(&axis.local_time(), &load[..92], 4), [Some((11.0, 8))]);
    }

    proptest! {
        #[test]
        fn sliding_is_the_highest_mean_of_all_windows(
            load in prop::collection::vec(prop::option::weighted(0.97, 0.0..100.0f64), 0..200),
            ratio in 1usize..20,
        ) {
            let load: Vec<f64> = load.into_iter().map(|kw| kw.unwrap_or(f64::NAN)).collect();
            let slow = load
                .windows(ratio)
                .map(|window| window.iter().sum::<f64>() / ratio as f64)
                .filter(|kw| !kw.is_nan())
                .reduce(f64::max);
            match (highest_sliding(&load, ratio), slow) {
                (Some((kw, start)), Some(slow)) => {
                    prop_assert!((kw - slow).abs() <= 1e-9 * slow.max(1.0));
                    let own = load[start..start + ratio].iter().sum::<f64>() / ratio as f64;
                    prop_assert!((own - kw).abs() <= 1e-9 * slow.max(1.0));
                }
                (fast, slow) => prop_assert_eq!(fast.is_none(), slow.is_none()),
            }
        }
    }
}
