//! The missing readings of bills, and what may stand in for each: nothing, the highest or the mean of the readings
//! there are in the same bill and period.

use super::billing_periods::BillingPeriod;
use super::measuring::Layouts;
use super::sums::count_present;
use super::tariff::Tariff;
use crate::error::Result;
use crate::quality::USABLE_SHARE;
use crate::readings::{Channel, Readings, Series};

/// What stands in for missing readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fill {
    /// The mean of the readings of the same period.
    Mean,
    /// Shares of the highest reading of the same period: of energy from the grid, of reactive energy and of energy to
    /// the grid.
    OfHighest { import: f64, reactive: f64, export: f64 },
}

/// Channels that bills are made from.
const BILLED: [Channel; 4] = [Channel::IMPORT_KWH, Channel::EXPORT_KWH, Channel::IMPORT_KVARH, Channel::EXPORT_KVARH];

/// The missing readings of some bills.
///
/// Import counts wherever it is missing, and so does export in a bill that has enough of it to count as measured;
/// reactive energy counts only where the import is missing too: whether it was measured at all is decided by the
/// readings there are.
pub(crate) struct Gaps<'a> {
    readings: &'a Readings,
    of_channels: Vec<(Channel, Vec<Gap>)>,
    /// For each bill whether some import is missing in a period that has no reading to go by.
    pub(crate) unknown: Vec<bool>,
    /// For each bill whether import or export is missing.
    pub(crate) is_open: Vec<bool>,
}

/// One missing reading.
#[derive(Clone, Copy)]
struct Gap {
    at: usize,
    /// Mean and highest of the same period; of the whole bill where the period has no reading.
    mean: f64,
    highest: f64,
}

impl<'a> Gaps<'a> {
    /// # Errors
    /// A period edge that falls inside an interval.
    pub(crate) fn of(
        readings: &'a Readings,
        tariff: &Tariff,
        layouts: &Layouts<'_>,
        bills: &[BillingPeriod],
    ) -> Result<Self> {
        let (unknown, is_open) = (vec![false; bills.len()], vec![false; bills.len()]);
        let mut gaps = Self { readings, of_channels: Vec::new(), unknown, is_open };
        let Some(import) = readings.series(Channel::IMPORT_KWH) else { return Ok(gaps) };
        for series in BILLED.iter().filter_map(|channel| readings.series(*channel)) {
            let channel = series.channel();
            let is_energy = matches!(channel, Channel::IMPORT_KWH | Channel::EXPORT_KWH);
            let is_gap = |at: usize| !series.flags()[at].is_whole() && (is_energy || !import.flags()[at].is_whole());
            let whole = series.whole();
            let has_gap = |bill: &BillingPeriod| {
                count_present(&whole[bill.range.clone()]) < bill.range.len() && bill.range.clone().any(is_gap)
            };
            let mut of_channel = Vec::new();
            for (number, bill) in bills.iter().enumerate().filter(|(_, bill)| has_gap(bill)) {
                let of_bill = Periods::of(readings, tariff, layouts, series, bill)?;
                if channel == Channel::EXPORT_KWH && of_bill.present_share() < USABLE_SHARE {
                    continue;
                }
                let missing = of_bill.missing.iter().filter(|(at, _)| is_gap(*at));
                of_channel.extend(missing.map(|(at, period)| of_bill.gap(*at, *period)));
                gaps.is_open[number] |= is_energy;
                gaps.unknown[number] |= channel == Channel::IMPORT_KWH && !of_bill.is_known();
            }
            gaps.of_channels.push((channel, of_channel));
        }
        Ok(gaps)
    }

    /// Whether any reading of this channel is missing in the bills.
    pub(crate) fn has(&self, channel: Channel) -> bool {
        self.of_channels.iter().any(|(one, gaps)| *one == channel && !gaps.is_empty())
    }

    /// The readings with every gap filled. What an incomplete interval measured is never lowered.
    ///
    /// # Errors
    /// As [`crate::readings::Readings::with_series`].
    pub(crate) fn filled(&self, fill: Fill) -> Result<Readings> {
        let mut all = self.readings.all_series().to_vec();
        for (channel, gaps) in self.of_channels.iter().filter(|(_, gaps)| !gaps.is_empty()) {
            let Some(series) = all.iter_mut().find(|one| one.channel() == *channel) else { continue };
            let standin = |gap: &Gap| match fill {
                Fill::Mean => gap.mean,
                Fill::OfHighest { import, .. } if *channel == Channel::IMPORT_KWH => import * gap.highest,
                Fill::OfHighest { export, .. } if *channel == Channel::EXPORT_KWH => export * gap.highest,
                Fill::OfHighest { reactive, .. } => reactive * gap.highest,
            };
            *series = series.with_standins(gaps.iter().map(|gap| (gap.at, standin(gap))));
        }
        self.readings.with_series(all)
    }
}

/// The readings there are of one channel, by period of a bill.
struct Periods {
    names: Vec<String>,
    /// How many, their sum and the highest.
    present: Vec<(usize, f64, f64)>,
    /// Intervals that are not whole, with their period.
    missing: Vec<(usize, usize)>,
}

impl Periods {
    fn of(
        readings: &Readings,
        tariff: &Tariff,
        layouts: &Layouts<'_>,
        series: &Series,
        bill: &BillingPeriod,
    ) -> Result<Self> {
        let mut periods = Self { names: Vec::new(), present: Vec::new(), missing: Vec::new() };
        let days = readings.local().days();
        for (from, until) in tariff.split(bill.from, bill.until) {
            let Some(layout) = layouts.of(tariff.version_on(from)) else { continue };
            let laid = layout.laid(None)?;
            let numbers: Vec<usize> = laid.names().iter().map(|name| periods.number(name)).collect();
            let day = |date| bill.days.start + days[bill.days.clone()].partition_point(|day| day.date < date);
            laid.stretches(readings, &(day(from)..day(until)), |range, period| {
                let (count, sum, highest) = &mut periods.present[numbers[period]];
                for at in range {
                    if series.flags()[at].is_whole() {
                        *count += 1;
                        *sum += series.values()[at];
                        *highest = highest.max(series.values()[at]);
                    } else {
                        periods.missing.push((at, numbers[period]));
                    }
                }
            });
        }
        Ok(periods)
    }

    fn number(&mut self, name: &str) -> usize {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.present.push((0, 0.0, 0.0));
            self.names.len() - 1
        })
    }

    fn present_share(&self) -> f64 {
        let present: usize = self.present.iter().map(|(count, ..)| count).sum();
        present as f64 / (present + self.missing.len()).max(1) as f64
    }

    fn is_known(&self) -> bool {
        self.missing.iter().all(|(_, period)| self.present[*period].0 > 0)
    }

    fn gap(&self, at: usize, period: usize) -> Gap {
        let all = || {
            let add =
                |all: (usize, f64, f64), one: &(usize, f64, f64)| (all.0 + one.0, all.1 + one.1, all.2.max(one.2));
            self.present.iter().fold((0, 0.0, 0.0), add)
        };
        let (count, sum, highest) = if self.present[period].0 > 0 { self.present[period] } else { all() };
        Gap { at, mean: sum / count.max(1) as f64, highest }
    }
}
