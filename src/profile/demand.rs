//! Maximum demand (最大需量): by window, by month, and the days that set it.

use std::ops::Range;

use jiff::civil::Date;
use serde::Serialize;

use super::days::DayScan;
use super::order;
use super::trust::doubt;
use super::{Reason, Settings};
use crate::quality::MonthVerdict;
use crate::readings::{Channel, Series};
use crate::site::Site;
use crate::time::LocalTime;

/// Windows that are looked at \[s\].
const WINDOWS_S: [i64; 3] = [900, 1800, 3600];
/// The window by which demand is billed where the step allows it \[s\].
const BILLED_WINDOW_S: i64 = 900;

/// Readings that sliding windows are worked out for at a time.
const STRETCH: usize = 2048;

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
    pub(super) fn of(
        site: &Site,
        load_kw: &[f64],
        scans: &[DayScan],
        verdicts: &[MonthVerdict],
        settings: &Settings,
    ) -> Self {
        let (axis, local) = (site.readings().axis(), site.readings().local());
        let step_s = axis.step_s();
        let block_s = if BILLED_WINDOW_S % step_s == 0 { BILLED_WINDOW_S } else { step_s };
        let ratio = (block_s / step_s) as usize;
        let by_day = match ratio {
            1 => scans.iter().map(|day| day.max.map(|at| (at.kw, at.index))).collect(),
            _ => highest_blocks(local, load_kw, ratio),
        };

        let mut windows = Vec::with_capacity(2 * WINDOWS_S.len());
        for window_s in WINDOWS_S {
            let per = (window_s / step_s) as usize;
            let (block, sliding) = if window_s % step_s != 0 {
                (Err(Reason::CannotBeKnownFromThisStep), Err(Reason::CannotBeKnownFromThisStep))
            } else if per == 1 {
                (Ok(highest(&by_day)), Err(Reason::CannotBeKnownFromThisStep))
            } else {
                (Ok(highest(&highest_blocks(local, load_kw, per))), Ok(highest_sliding(load_kw, per)))
            };
            for (kind, found) in [(WindowKind::Block, block), (WindowKind::Sliding, sliding)] {
                let known = found.and_then(|found| found.ok_or(Reason::TooFewReadings));
                windows.push(DemandWindow {
                    window_s,
                    kind,
                    max_kw: known.ok().map(|(kw, _)| kw),
                    start: known.ok().map(|(_, index)| axis.instant(index)),
                    unknown: known.err(),
                });
            }
        }

        let months = local
            .months()
            .iter()
            .enumerate()
            .map(|(at, month)| {
                let doubt = doubt(verdicts.get(at..at + 1).unwrap_or_default());
                let present: usize =
                    scans.get(month.days.clone()).unwrap_or_default().iter().map(|day| day.present).sum();
                let enough = present as f64 >= settings.min_present * month.expected as f64;
                let found =
                    highest(by_day.get(month.days.clone()).unwrap_or_default()).filter(|_| enough && doubt.is_none());
                let unknown = doubt.filter(|_| enough).unwrap_or(Reason::TooFewReadings);
                MonthDemand {
                    label: month.label(),
                    max_kw: found.map(|(kw, _)| kw),
                    start: found.map(|(_, index)| axis.instant(index)),
                    unknown: found.is_none().then_some(unknown),
                }
            })
            .collect();

        let block_h = block_s as f64 / 3600.0;
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
                Some(DemandDay {
                    date: day.date,
                    start: axis.instant(index),
                    kw,
                    kva: net_kvarh(site, index..index + ratio).map(|kvarh| kw.hypot(kvarh / block_h)),
                    hours_above: f64::from(hours) * axis.step_h(),
                    kwh_above: kw_above * axis.step_h(),
                })
            })
            .collect();
        Self { block_s, windows, months, near_peak_kw, days }
    }
}

/// Imported minus exported reactive energy of some readings \[kvarh\]; `None` where import was not
/// measured, or a channel that was has no whole value in one of them.
fn net_kvarh(site: &Site, range: Range<usize>) -> Option<f64> {
    let sum = |series: &Series| {
        let whole = series.flags().get(range.clone())?.iter().all(|flag| flag.is_whole());
        whole.then(|| series.values().get(range.clone()).map(|kvarh| kvarh.iter().sum::<f64>()))?
    };
    let import = sum(site.readings().series(Channel::IMPORT_KVARH)?)?;
    let export = site.readings().series(Channel::EXPORT_KVARH).map_or(Some(0.0), sum)?;
    Some(import - export)
}

fn highest(days: &[Highest]) -> Highest {
    days.iter().flatten().copied().reduce(|best, next| if next.0 > best.0 { next } else { best })
}

/// Sum of the `ratio` readings from each reading on; NaN where one of them is.
///
/// Doubles the window instead of adding reading by reading. Every window adds in the same order, so
/// windows of equal readings have equal sums.
fn window_sums(load_kw: &[f64], ratio: usize) -> Vec<f64> {
    let add = |sums: &mut Vec<f64>, shift: usize, more: &[f64]| {
        let more = more.get(shift..).unwrap_or_default();
        sums.truncate(more.len());
        for (sum, more) in sums.iter_mut().zip(more) {
            *sum += more;
        }
    };
    let (mut sums, mut len) = (vec![0.0; load_kw.len()], 0);
    let (mut doubled, mut power) = (load_kw.to_vec(), 1);
    loop {
        if ratio & power != 0 {
            add(&mut sums, len, &doubled);
            len += power;
        }
        if 2 * power > ratio {
            return sums;
        }
        let half = doubled.clone();
        add(&mut doubled, power, &half);
        power *= 2;
    }
}

/// The highest mean over `ratio` neighbouring readings, the earliest of equals.
fn highest_sliding(load_kw: &[f64], ratio: usize) -> Highest {
    // Stretches that stay in the nearest memory; each overlaps the next by a window less one reading.
    let starts = (0..load_kw.len()).step_by(STRETCH);
    let best = starts.filter_map(|start| {
        let stretch = load_kw.get(start..load_kw.len().min(start + STRETCH + ratio - 1))?;
        order::highest(&window_sums(stretch, ratio)).map(|(sum, index)| (sum / ratio as f64, start + index))
    });
    best.reduce(|best, next| if next.0 > best.0 { next } else { best })
}

/// The highest block of `ratio` readings of every local day, the earliest of equals.
fn highest_blocks(local: &LocalTime, load_kw: &[f64], ratio: usize) -> Vec<Highest> {
    let mut days: Vec<Highest> = vec![None; local.days().len()];
    let mut means_kw: Vec<f64> = Vec::new();
    for run in local.runs() {
        let Some(day) = days.get_mut(run.day) else { continue };
        let first = run.range.start + (ratio - run.slot % ratio) % ratio;
        let blocks = load_kw.get(first..run.range.end).unwrap_or_default().chunks_exact(ratio);
        // A NaN in the block makes the mean NaN, which is above nothing.
        means_kw.clear();
        means_kw.extend(blocks.map(|load| load.iter().sum::<f64>() / ratio as f64));
        if let Some((kw, block)) = order::highest(&means_kw)
            && day.is_none_or(|(best, _)| kw > best)
        {
            *day = Some((kw, first + block * ratio));
        }
    }
    days
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
        // Long loads, so that stretches meet; few of them.
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn sliding_is_the_highest_mean_of_all_windows(
            load in prop::collection::vec(prop::option::weighted(0.97, 0.0..100.0f64), 0..5000),
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
