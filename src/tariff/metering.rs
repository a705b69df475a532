//! Quantities of bills from readings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

use super::account::Account;
use super::billing_periods::{BillingPeriod, BillingPeriods, billing_periods};
use super::component::Charge;
use super::losses;
use super::measuring::{Layout, Layouts, Measuring, Of};
use super::quantities::{BillingQuantities, DemandOrigin};
use super::sums::{count_present, joint_sums, sum_present};
use super::tariff::{Tariff, VersionInForce, fail};
use crate::error::Result;
use crate::quality::USABLE_SHARE;
use crate::readings::{Channel, Period, Quantity, Readings, Series, SpanKind, SpanSeries};
use crate::site::{Contract, Site};

/// Demand window where the tariff says none: a quarter of an hour \[s\].
const DEMAND_WINDOW_S: i64 = 900;

/// Quantities of every billing period that the readings cover whole.
///
/// Missing readings are not filled: their share is in `missing_share`, their hours by period in `missing_h`, and
/// their energy is not in the sums. The demand is the largest mean of the tariff's window (a quarter of an hour
/// where it says none): block means where the readings have that step, sliding where theirs is finer; coarser
/// readings cannot tell it, and it is absent. A register of the maximum demand whose spans cover the period
/// overrides it. The power factor is made from the intervals that have both active and reactive readings; where
/// those are less than [`USABLE_SHARE`] of the active ones, the reactive energy is absent. In months with a clock
/// change the wall clock decides the period.
///
/// # Errors
/// No import energy; intervals that do not begin on the wall clock's grid, or that a period edge falls into; a
/// schedule with holidays and a calendar without; days of a trigger that are not known.
pub fn measure_quantities(site: &Site, tariff: &Tariff, periods: &BillingPeriods) -> Result<Vec<BillingQuantities>> {
    let whole = billing_periods(tariff, site.readings(), periods)?.into_iter().filter(|period| period.is_whole);
    let layouts = Layouts::new(site, tariff)?;
    Metering::new(tariff, site.contract(), &layouts, site.readings())?.measure(&whole.collect::<Vec<_>>())
}

/// The readings of a site, to be billed.
pub(crate) struct Metering<'a> {
    tariff: &'a Tariff,
    contract: &'a Contract,
    layouts: &'a Layouts<'a>,
    readings: &'a Readings,
    import: &'a Series,
    whole_kwh: Cow<'a, [f64]>,
}

impl<'a> Metering<'a> {
    /// `readings` are the site's, or others on the same axis.
    ///
    /// # Errors
    /// No import energy.
    pub(crate) fn new(
        tariff: &'a Tariff,
        contract: &'a Contract,
        layouts: &'a Layouts<'a>,
        readings: &'a Readings,
    ) -> Result<Self> {
        let Some(import) = readings.series(Channel::IMPORT_KWH) else {
            return Err(fail(&tariff.sheet().id, None, "needs import_kwh, which the readings do not have".to_owned()));
        };
        Ok(Self { tariff, contract, layouts, readings, import, whole_kwh: import.whole() })
    }

    /// Quantities of these periods, covered whole or not.
    ///
    /// # Errors
    /// As [`measure_quantities`].
    pub(crate) fn measure(&self, periods: &[BillingPeriod]) -> Result<Vec<BillingQuantities>> {
        let mut quantities = periods.iter().map(|period| self.measure_one(period)).collect::<Result<Vec<_>>>()?;
        measure_reactive(self.readings, &mut quantities);
        Ok(quantities)
    }

    fn measure_one(&self, period: &BillingPeriod) -> Result<BillingQuantities> {
        let days = &self.readings.local().days()[period.days.clone()];
        let mut parts = Vec::new();
        for (from, until) in self.tariff.split(period.from, period.until) {
            let at = |date: Date| period.days.start + days.partition_point(|day| day.date < date);
            self.tariff.check_triggers(from, until)?;
            let Some(layout) = self.layouts.of(self.tariff.version_on(from)) else { continue };
            parts.push(self.energies(layout, from, until, at(from)..at(until))?);
        }
        let mut whole = match parts.len() {
            1 => parts.remove(0),
            _ => sum_of(&parts, period),
        };
        let present = count_present(&self.whole_kwh[period.range.clone()]);
        whole.missing_share = 1.0 - present as f64 / period.expected.max(1) as f64;
        whole.estimated_kwh = self.import.estimated(period.range.clone()).total;
        let version = self.tariff.version_on(period.from);
        if let Some(layout) = self.layouts.of(version) {
            measure_demand(&self.within(layout, period.days.clone(), period.range.clone()), version, &mut whole);
        }
        // What a component bills beyond energy is the whole bill's, by the first version that has it.
        let mut begins: Vec<Date> = whole.parts.iter().map(|part| part.from).collect();
        if begins.is_empty() {
            begins.push(period.from);
        }
        begins.dedup_by_key(|from| self.tariff.version_on(*from).at);
        for version in begins.into_iter().map(|from| self.tariff.version_on(from)) {
            let Some(layout) = self.layouts.of(version) else { continue };
            let of = self.within(layout, period.days.clone(), period.range.clone());
            for component in self.tariff.components(version) {
                for (key, value) in component.charge.kind().measure(&of)? {
                    whole.by_component.entry(component.id.clone()).or_default().entry(key).or_insert(value);
                }
            }
        }
        self.measure_parts(period, &mut whole)?;
        Ok(whole)
    }

    fn within(&'a self, layout: &'a Layout<'a>, days: Range<usize>, range: Range<usize>) -> Measuring<'a> {
        Measuring {
            readings: self.readings,
            contract: self.contract,
            tariff: self.tariff,
            layout,
            days,
            range,
            whole_kwh: &self.whole_kwh,
        }
    }

    /// What components measure of each part of a bill for themselves.
    fn measure_parts(&self, period: &BillingPeriod, whole: &mut BillingQuantities) -> Result<()> {
        let days = &self.readings.local().days()[period.days.clone()];
        let parts = if whole.parts.is_empty() { std::slice::from_ref(&*whole) } else { &whole.parts };
        let mut of_parts = Vec::new();
        for part in parts {
            let version = self.tariff.version_on(part.from);
            let Some(layout) = self.layouts.of(version) else { continue };
            let at = |date| days.partition_point(|day| day.date < date);
            let (first, last) = (at(part.from), at(part.until));
            let range = match &days[first..last] {
                [first, .., last] => first.range.start..last.range.end,
                [only] => only.range.clone(),
                [] => continue,
            };
            let of = self.within(layout, period.days.start + first..period.days.start + last, range);
            let account = Account::new(self.tariff, version, part, whole, self.contract);
            let mut measured = BTreeMap::new();
            for component in self.tariff.components(version) {
                let of_component = component.charge.kind().measure_part(&of, &account)?;
                if !of_component.is_empty() {
                    measured.insert(component.id.clone(), of_component);
                }
            }
            of_parts.push((part.from, measured));
        }
        for (from, measured) in of_parts {
            let part = whole.parts.iter_mut().find(|part| part.from == from);
            match part {
                Some(part) => part.by_component.extend(measured),
                None => whole.by_component.extend(measured),
            }
        }
        Ok(())
    }

    /// The energies of a part of a bill.
    fn energies(&self, layout: &Layout<'_>, from: Date, until: Date, days: Range<usize>) -> Result<BillingQuantities> {
        let laid = layout.laid(None)?;
        let mut sums = vec![0.0; laid.names().len()];
        let mut missing = vec![0usize; laid.names().len()];
        let mut expected = 0usize;
        laid.stretches(self.readings, &days, |range, period| {
            expected += range.len();
            sums[period] += sum_present(&self.import.values()[range.clone()]);
            missing[period] += range.len() - count_present(&self.whole_kwh[range]);
        });
        let mut part = BillingQuantities {
            from,
            until,
            kwh: laid.names().iter().cloned().zip(sums).collect(),
            periods_certainty: self.tariff.periods_certainty(self.tariff.version_on(from)),
            ..BillingQuantities::default()
        };
        if missing.iter().any(|count| *count > 0) {
            part.missing_share = missing.iter().sum::<usize>() as f64 / expected as f64;
            let hours = missing.into_iter().map(|count| count as f64 * self.readings.axis().step_h());
            part.missing_h = laid.names().iter().cloned().zip(hours).collect();
        }
        let by_period = |values: &[f64], schedule: Option<&str>| -> Result<BTreeMap<String, f64>> {
            let laid = layout.laid(schedule)?;
            let mut sums = vec![0.0; laid.names().len()];
            laid.stretches(self.readings, &days, |range, period| sums[period] += sum_present(&values[range]));
            Ok(laid.names().iter().cloned().zip(sums).collect())
        };
        let mut done = Vec::new();
        for component in self.tariff.components(self.tariff.version_on(from)) {
            if let Some(schedule) = component.charge.kind().energy_schedule()
                && !done.contains(&schedule)
                && !layout.is_first(schedule)
            {
                part.other_kwh.extend(by_period(self.import.values(), Some(schedule))?);
                done.push(schedule);
            }
        }
        if let (Some(first), Some(last)) = (days.clone().next(), days.clone().next_back()) {
            let of = self.readings.local().days();
            let hours = expected as f64 * self.readings.axis().step_h();
            let losses =
                losses::measured(self.contract, self.readings, of[first].range.start..of[last].range.end, hours);
            if let (Some(losses), Some(low_side)) = (losses, &self.contract.low_side) {
                part.join(losses, low_side)?;
            }
        }
        // As of imports, so of exports: with too many gaps they count as not measured.
        if let Some(export) = self.readings.series(Channel::EXPORT_KWH)
            && self.days_have(export, &days)
        {
            part.export_kwh = by_period(export.values(), None)?;
        }
        Ok(part)
    }

    /// Whether a channel has the share of readings on these days that a bill needs.
    fn days_have(&self, series: &Series, days: &Range<usize>) -> bool {
        let of_days = &self.readings.local().days()[days.clone()];
        let expected: usize = of_days.iter().map(|day| day.expected).sum();
        let present = of_days.iter().map(|day| count_present(&series.values()[day.range.clone()]));
        present.sum::<usize>() as f64 >= USABLE_SHARE * expected as f64
    }
}

/// The sums of the parts of a bill, with the parts.
fn sum_of(parts: &[BillingQuantities], period: &BillingPeriod) -> BillingQuantities {
    let mut whole = BillingQuantities { from: period.from, until: period.until, ..BillingQuantities::default() };
    for part in parts {
        for (sums, more) in [
            (&mut whole.kwh, &part.kwh),
            (&mut whole.other_kwh, &part.other_kwh),
            (&mut whole.export_kwh, &part.export_kwh),
            (&mut whole.missing_h, &part.missing_h),
        ] {
            for (period, value) in more {
                *sums.entry(period.clone()).or_default() += value;
            }
        }
    }
    let sum = |of: fn(&BillingQuantities) -> Option<f64>| parts.iter().map(of).sum::<Option<f64>>();
    (whole.loss_kwh, whole.loss_kvarh) = (sum(|part| part.loss_kwh), sum(|part| part.loss_kvarh));
    whole.periods_certainty = parts.iter().filter_map(|part| part.periods_certainty).max();
    whole.parts = parts.to_vec();
    whole
}

/// The maximum demand of a bill.
fn measure_demand(of: &Measuring<'_>, version: &VersionInForce, whole: &mut BillingQuantities) {
    let said = of.tariff.components(version).iter().find_map(|component| match &component.charge {
        Charge::Basic(basic) => Some((Some(basic.demand_window_s), true)),
        Charge::Demand(demand) => Some((demand.window_s, demand.sliding)),
        _ => None,
    });
    let (window_s, sliding) = said.unwrap_or((Some(DEMAND_WINDOW_S), true));
    let axis = of.readings.axis();
    if let Some((kw, at)) = of.window_means(Of::Active, window_s, sliding).and_then(|means| means.highest()) {
        let is_sliding = sliding && window_s.is_some_and(|window_s| window_s > axis.step_s());
        whole.demand_kw = Some(kw);
        whole.demand_at = Some(axis.instant(at));
        whole.demand_origin = Some(if is_sliding { DemandOrigin::Sliding } else { DemandOrigin::Block });
    }
    let is_demand = |one: &&SpanSeries| {
        (one.kind, one.period, one.channel.quantity) == (SpanKind::MaximumDemand, Period::Total, Quantity::ActivePower)
    };
    let Some(register) = of.readings.spans().0.iter().find(is_demand) else { return };
    let (start, end) = (axis.instant(of.range.start), axis.instant(of.range.end));
    let within =
        register.values.iter().filter(|one| one.span.start >= start && one.span.end <= end && !one.value.is_nan());
    let (covered, highest) = within.fold((0, None), |(covered, best): (i64, Option<(f64, Option<i64>)>), one| {
        let best = best.filter(|(value, _)| *value >= one.value).or(Some((one.value, one.at)));
        (covered + one.span.end - one.span.start, best)
    });
    if let Some((kw, at)) = highest.filter(|_| covered >= end - start) {
        (whole.demand_kw, whole.demand_at, whole.demand_origin) = (Some(kw), at, Some(DemandOrigin::Register));
    }
}

/// Measures again what rests on the reactive energy: the sums of the power factor, of the bills and of their parts.
pub(crate) fn measure_reactive(readings: &Readings, quantities: &mut [BillingQuantities]) {
    // A part of an interval says nothing of the power factor of the whole.
    let whole = |channel| readings.series(channel).map(Series::whole);
    let (Some(kwh), Some(import)) = (whole(Channel::IMPORT_KWH), whole(Channel::IMPORT_KVARH)) else { return };
    let export = whole(Channel::EXPORT_KVARH);
    let days = readings.local().days();
    let measure = |one: &mut BillingQuantities| {
        let at = |date: Date| days.partition_point(|day| day.date < date);
        let within = &days[at(one.from)..at(one.until)];
        let (Some(first), Some(last)) = (within.first(), within.last()) else { return };
        let range = first.range.start..last.range.end;
        let export = export.as_ref().map(|export| &export[range.clone()]);
        let joint = joint_sums(&kwh[range.clone()], &import[range.clone()], export);
        let present = (1.0 - one.missing_share) * range.len() as f64;
        // Of what the bill's energy rests on, reactive readings need the share that the month itself needs.
        let enough = joint.intervals > 0 && joint.intervals as f64 >= USABLE_SHARE * present;
        let joint = enough.then_some(joint);
        one.import_kvarh = joint.map(|joint| joint.import_kvarh);
        one.export_kvarh = joint.filter(|_| export.is_some()).map(|joint| joint.export_kvarh);
        one.power_factor_kwh = joint.map(|joint| joint.kwh);
        one.join_reactive();
    };
    for one in quantities {
        measure(one);
        one.parts.iter_mut().for_each(measure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::Flag;
    use crate::site::Contract;
    use crate::tariff::load;
    use crate::time::{Calendar, TimeAxis, Zone};

    fn months(readings: Readings, tariff: &Tariff) -> Result<Vec<BillingQuantities>> {
        let site = Site::new(None, readings.into(), Calendar::weekends(), Contract::default()).unwrap();
        measure_quantities(&site, tariff, &BillingPeriods::Months)
    }

    fn august(values: Vec<f64>) -> Readings {
        // 2025-08-01T00:00+08:00
        let axis = TimeAxis::new(1_753_977_600, 900, values.len(), Zone::named("Asia/Shanghai").unwrap()).unwrap();
        Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)]).unwrap()
    }

    #[test]
    fn one_kwh_in_every_quarter_hour_of_august() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        let mut values = vec![1.0; 31 * 96];
        values[40] = f64::NAN; // 10:00, peak
        values[50] = 100.0; // 12:30, flat
        let quantities = months(august(values), &tariff).unwrap();
        assert_eq!(quantities.len(), 1);
        let month = &quantities[0];
        // Sharp 2 h, peak 8 − 2 h, valley 8 h, flat the rest: 8 h.
        assert_eq!(month.kwh["sharp"], 31.0 * 8.0);
        assert_eq!(month.kwh["peak"], 31.0 * 24.0 - 1.0);
        assert_eq!(month.kwh["valley"], 31.0 * 32.0);
        assert_eq!(month.kwh["flat"], 31.0 * 32.0 + 99.0);
        assert_eq!((month.demand_kw, month.demand_origin), (Some(400.0), Some(DemandOrigin::Block)));
        assert_eq!(month.demand_at, Some(1_753_977_600 + 50 * 900));
        assert!((month.missing_share - 1.0 / 2976.0).abs() < 1e-12);
        assert_eq!(month.import_kvarh, None);
    }

    #[test]
    fn energy_that_rests_on_estimates_is_told() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        let whole = august(vec![2.0; 31 * 96]);
        let mut flags = vec![Flag::Measured; 31 * 96];
        flags[40..50].fill(Flag::LikeDay);
        let series = Series::with_flags(Channel::IMPORT_KWH, vec![2.0; 31 * 96], flags);
        let month = months(whole.with_series(vec![series]).unwrap(), &tariff).unwrap().remove(0);
        assert_eq!((month.estimated_kwh, month.total_kwh(), month.missing_share), (20.0, 5952.0, 0.0));
        assert_eq!(months(whole, &tariff).unwrap()[0].estimated_kwh, 0.0);
    }

    #[test]
    fn intervals_off_the_wall_clocks_grid_are_refused() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let axis = TimeAxis::new(1_753_977_600 + 420, 900, 31 * 96, zone).unwrap();
        let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![1.0; 31 * 96])]).unwrap();
        let message = months(readings, &tariff).unwrap_err().to_string();
        assert!(message.contains("grid") && message.contains("16:07"), "{message}");
    }

    #[test]
    fn a_month_that_is_not_covered_whole_has_no_quantities() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        assert!(months(august(vec![1.0; 31 * 96 - 1]), &tariff).unwrap().is_empty());
    }

    #[test]
    fn coarse_readings_cannot_tell_a_quarter_hour_demand_and_fine_ones_slide() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let at_step = |step: i64, values: Vec<f64>| {
            let axis = TimeAxis::new(1_753_977_600, step, values.len(), zone.clone()).unwrap();
            let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)]).unwrap();
            months(readings, &tariff).unwrap().remove(0)
        };
        assert_eq!(at_step(3600, vec![1.0; 31 * 24]).demand_kw, None);
        // 5-minute readings: a hump of 3 × 5 min that straddles two quarter-hour blocks is seen whole.
        let mut values = vec![0.0; 31 * 288];
        values[5..8].copy_from_slice(&[10.0, 10.0, 10.0]);
        let month = at_step(300, values);
        assert_eq!((month.demand_kw, month.demand_origin), (Some(120.0), Some(DemandOrigin::Sliding)));
    }
}
