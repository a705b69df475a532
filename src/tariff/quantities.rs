//! First step of a bill: what was taken in the billing period, measured from readings or entered.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::carried::Carried;
use super::component::Charge;
use super::losses;
use super::measuring::{Layout, Measuring, Of};
use super::sheet::Certainty;
use super::tariff::{Tariff, VersionInForce, fail};
use crate::error::Result;
use crate::quality::USABLE_SHARE;
use crate::readings::{Channel, Period, Quantity, Readings, Series, SpanKind, SpanSeries};
use crate::site::{Contract, Site};
use crate::time::Day;

/// Where the maximum demand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandOrigin {
    /// Largest mean over fixed blocks of the tariff's window; a sliding meter reads a little more.
    Block,
    /// Largest mean over the window slid by the readings' step.
    Sliding,
    /// Read from the meter's register of the maximum demand, which overrides the intervals.
    Register,
    /// Read from a paper bill.
    Entered,
}

/// What a bill is made from: energy by period, reactive energy, demand.
///
/// Many plants have nothing but these, from registers or from a paper bill, and are billed all the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BillingQuantities {
    /// First date.
    pub from: Date,
    /// First date after it.
    pub until: Date,
    /// Imported energy by period of the tariff's first schedule \[kWh\].
    pub kwh: BTreeMap<String, f64>,
    /// Imported energy by period of further schedules that price energy \[kWh\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub other_kwh: BTreeMap<String, f64>,
    /// Exported energy by period of the first schedule \[kWh\]; empty where not measured.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub export_kwh: BTreeMap<String, f64>,
    /// Reactive energy from the grid \[kvarh\]; `None` where not measured.
    pub import_kvarh: Option<f64>,
    /// Reactive energy to the grid \[kvarh\]; `None` where not measured.
    pub export_kvarh: Option<f64>,
    /// Active energy of the intervals that have reactive readings too \[kWh\], for the power factor;
    /// `None` takes the sum of `kwh`.
    pub power_factor_kwh: Option<f64>,
    /// Maximum demand \[kW\]; `None` where the readings cannot tell it.
    pub demand_kw: Option<f64>,
    /// Start of the interval of the maximum demand, UTC seconds.
    pub demand_at: Option<i64>,
    /// Where the demand comes from.
    pub demand_origin: Option<DemandOrigin>,
    /// What single components bill beyond energy by period: by component, then by period or `all`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_component: BTreeMap<String, BTreeMap<String, f64>>,
    /// Share of the readings that is missing, 0 to 1.
    pub missing_share: f64,
    /// Hours without a reading in each period of the first schedule; empty where none is missing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub missing_h: BTreeMap<String, f64>,
    /// Imported energy that rests on estimates, the source's or those asked for \[kWh\]; it is in `kwh`.
    pub estimated_kwh: f64,
    /// Transformer and line losses \[kWh\] that are in `kwh`; `None` where none were added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_kwh: Option<f64>,
    /// The same of reactive energy \[kvarh\], in `import_kvarh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_kvarh: Option<f64>,
    /// How certain it is which period a time belongs to; `None` where the energy was entered by period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub periods_certainty: Option<Certainty>,
    /// What the bills before hand on.
    #[serde(skip_serializing_if = "is_default")]
    pub carried: Carried,
    /// The same by version of the tariff, where the billing period spans a change; then the energies above are
    /// their sums, and demand and power factor are the whole period's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<BillingQuantities>,
}

fn is_default(carried: &Carried) -> bool {
    *carried == Carried::default()
}

impl BillingQuantities {
    /// All imported energy \[kWh\].
    #[must_use]
    pub fn total_kwh(&self) -> f64 {
        self.kwh.values().sum()
    }

    /// Reactive energy of both directions \[kvarh\]: they add, they do not cancel.
    #[must_use]
    pub fn kvarh(&self) -> Option<f64> {
        self.import_kvarh.map(|import| import.abs() + self.export_kvarh.unwrap_or_default().abs())
    }

    /// Says of the same bill what is missing among the readings that it was measured from.
    pub(crate) fn keep_missing(&mut self, measured: &Self) {
        self.missing_share = measured.missing_share;
        self.missing_h.clone_from(&measured.missing_h);
        for (part, measured) in self.parts.iter_mut().zip(&measured.parts) {
            part.missing_h.clone_from(&measured.missing_h);
        }
    }

    /// Active energy that the power factor is made from \[kWh\].
    #[must_use]
    pub fn kwh_of_power_factor(&self) -> f64 {
        self.power_factor_kwh.unwrap_or_else(|| self.total_kwh())
    }
}

/// Which spans are billed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingPeriods {
    /// Local calendar months.
    #[default]
    Months,
    /// From each meter-reading date to before the next.
    ReadingDates(Vec<Date>),
}

/// Demand window where the tariff says none: a quarter of an hour \[s\].
const DEMAND_WINDOW_S: i64 = 900;

/// A billing period of some readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BillingPeriod {
    pub(crate) from: Date,
    pub(crate) until: Date,
    /// Local days that the readings touch.
    pub(crate) days: Range<usize>,
    /// Intervals.
    pub(crate) range: Range<usize>,
    /// Intervals that the period has, with those that the readings do not reach.
    pub(crate) expected: usize,
    /// Whether the readings reach over the whole period.
    pub(crate) is_whole: bool,
}

/// The billing periods that the readings touch, ascending.
///
/// # Errors
/// Meter-reading dates that do not ascend, or fewer than two.
pub(crate) fn billing_periods(
    tariff: &Tariff,
    readings: &Readings,
    periods: &BillingPeriods,
) -> Result<Vec<BillingPeriod>> {
    let days = readings.local().days();
    let month = |month: &crate::time::Month| BillingPeriod {
        from: month.first,
        until: month.first.last_of_month().tomorrow().unwrap_or(month.first),
        days: month.days.clone(),
        range: month.range.clone(),
        expected: month.expected,
        is_whole: month.is_whole(),
    };
    let dates = match periods {
        BillingPeriods::Months => return Ok(readings.local().months().iter().map(month).collect()),
        BillingPeriods::ReadingDates(dates) => dates,
    };
    if dates.len() < 2 || dates.windows(2).any(|pair| pair[0] >= pair[1]) {
        let list = dates.iter().map(Date::to_string).collect::<Vec<_>>().join(", ");
        let problem = format!("found meter-reading dates {list:?}, expected at least two, ascending");
        return Err(fail(&tariff.sheet().id, Some("reading_dates".to_owned()), problem));
    }
    let step_s = readings.axis().step_s();
    let of_dates = dates.windows(2).filter_map(|pair| {
        let (from, until) = (pair[0], pair[1]);
        let at = |date: Date| days.partition_point(|day| day.date < date);
        let within = at(from)..at(until);
        let (first, last): (&Day, &Day) = (days.get(within.start)?, days.get(within.end.checked_sub(1)?)?);
        if within.is_empty() {
            return None;
        }
        let touched = &days[within.clone()];
        let is_whole = first.date == from
            && last.date.tomorrow().is_ok_and(|next| next == until)
            && first.is_whole()
            && last.is_whole();
        let beyond = super::account::days_between(from, until) - touched.len() as i64;
        let expected =
            touched.iter().map(|day| day.expected).sum::<usize>() + (beyond * 86_400 / step_s).max(0) as usize;
        Some(BillingPeriod { from, until, range: first.range.start..last.range.end, days: within, expected, is_whole })
    });
    Ok(of_dates.collect())
}

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
    measure_periods(site, tariff, &whole.collect::<Vec<_>>())
}

/// Quantities of these periods, covered whole or not.
pub(crate) fn measure_periods(
    site: &Site,
    tariff: &Tariff,
    periods: &[BillingPeriod],
) -> Result<Vec<BillingQuantities>> {
    let readings = site.readings();
    let Some(import) = readings.series(Channel::IMPORT_KWH) else {
        return Err(fail(&tariff.sheet().id, None, "needs import_kwh, which the readings do not have".to_owned()));
    };
    let whole_kwh = import.whole();
    let mut layouts: Vec<(usize, Layout<'_>)> = Vec::new();
    for version in tariff.versions() {
        layouts.push((version.at, Layout::new(site, tariff, version)?));
    }
    let layout_of =
        |version: &VersionInForce| layouts.iter().find(|(at, _)| *at == version.at).map(|(_, layout)| layout);
    let days = readings.local().days();
    let mut quantities = Vec::with_capacity(periods.len());
    for period in periods {
        let mut parts = Vec::new();
        for (from, until) in tariff.split(period.from, period.until) {
            let within = |date: Date| {
                let within = &days[period.days.clone()];
                period.days.start + within.partition_point(|day| day.date < date)
            };
            let (first, last) = (within(from), within(until));
            tariff.check_triggers(from, until)?;
            let Some(layout) = layout_of(tariff.version_on(from)) else { continue };
            let energies = Energies { contract: site.contract(), readings, import, whole_kwh: &whole_kwh, layout };
            parts.push(energies.measure(tariff, from, until, first..last)?);
        }
        let mut whole = match parts.len() {
            1 => parts.remove(0),
            _ => sum_of(&parts, period),
        };
        let present = whole_kwh[period.range.clone()].iter().filter(|kwh| !kwh.is_nan()).count();
        whole.missing_share = 1.0 - present as f64 / period.expected.max(1) as f64;
        whole.estimated_kwh = import.estimated(period.range.clone()).total;
        let measuring = |layout| Measuring {
            readings,
            contract: site.contract(),
            tariff,
            layout,
            days: period.days.clone(),
            range: period.range.clone(),
            whole_kwh: &whole_kwh,
        };
        let version = tariff.version_on(period.from);
        if let Some(layout) = layout_of(version) {
            measure_demand(&measuring(layout), version, period, &mut whole);
        }
        // What a component bills beyond energy is the whole bill's, by the first version that has it.
        let mut begins: Vec<Date> = whole.parts.iter().map(|part| part.from).collect();
        if begins.is_empty() {
            begins.push(period.from);
        }
        begins.dedup_by_key(|from| tariff.version_on(*from).at);
        for version in begins.into_iter().map(|from| tariff.version_on(from)) {
            let Some(layout) = layout_of(version) else { continue };
            let of = measuring(layout);
            for component in tariff.components(version) {
                for (key, value) in component.charge.kind().measure(&of)? {
                    whole.by_component.entry(component.id.clone()).or_default().entry(key).or_insert(value);
                }
            }
        }
        measure_parts(site, tariff, &layout_of, &whole_kwh, period, &mut whole)?;
        quantities.push(whole);
    }
    measure_reactive(readings, &mut quantities);
    quantities.iter_mut().for_each(|one| measure_reactive(readings, &mut one.parts));
    Ok(quantities)
}

/// What components measure of each part of a bill for themselves.
fn measure_parts<'a>(
    site: &'a Site,
    tariff: &'a Tariff,
    layout_of: &impl Fn(&VersionInForce) -> Option<&'a Layout<'a>>,
    whole_kwh: &'a [f64],
    period: &BillingPeriod,
    whole: &mut BillingQuantities,
) -> Result<()> {
    let days = &site.readings().local().days()[period.days.clone()];
    let parts = if whole.parts.is_empty() { std::slice::from_ref(&*whole) } else { &whole.parts };
    let mut of_parts = Vec::new();
    for part in parts {
        let version = tariff.version_on(part.from);
        let Some(layout) = layout_of(version) else { continue };
        let at = |date| days.partition_point(|day| day.date < date);
        let (first, last) = (at(part.from), at(part.until));
        let range = match &days[first..last] {
            [first, .., last] => first.range.start..last.range.end,
            [only] => only.range.clone(),
            [] => continue,
        };
        let of = Measuring {
            readings: site.readings(),
            contract: site.contract(),
            tariff,
            layout,
            days: period.days.start + first..period.days.start + last,
            range,
            whole_kwh,
        };
        let account = Account::new(tariff, version, part, whole, site.contract());
        let mut measured = BTreeMap::new();
        for component in tariff.components(version) {
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
struct Energies<'a> {
    contract: &'a Contract,
    readings: &'a Readings,
    import: &'a Series,
    whole_kwh: &'a [f64],
    layout: &'a Layout<'a>,
}

impl Energies<'_> {
    fn measure(&self, tariff: &Tariff, from: Date, until: Date, days: Range<usize>) -> Result<BillingQuantities> {
        let laid = self.layout.laid(None)?;
        let mut sums = vec![0.0; laid.names().len()];
        let mut missing = vec![0usize; laid.names().len()];
        let mut expected = 0usize;
        laid.stretches(self.readings, &days, |range, period| {
            expected += range.len();
            sums[period] += sum_present(&self.import.values()[range.clone()]);
            missing[period] += self.whole_kwh[range].iter().filter(|kwh| kwh.is_nan()).count();
        });
        let mut part = BillingQuantities {
            from,
            until,
            kwh: laid.names().iter().cloned().zip(sums).collect(),
            periods_certainty: tariff.periods_certainty(tariff.version_on(from)),
            ..BillingQuantities::default()
        };
        if missing.iter().any(|count| *count > 0) {
            part.missing_share = missing.iter().sum::<usize>() as f64 / expected as f64;
            let hours = missing.into_iter().map(|count| count as f64 * self.readings.axis().step_h());
            part.missing_h = laid.names().iter().cloned().zip(hours).collect();
        }
        let by_period = |values: &[f64], schedule: Option<&str>| -> Result<BTreeMap<String, f64>> {
            let laid = self.layout.laid(schedule)?;
            let mut sums = vec![0.0; laid.names().len()];
            laid.stretches(self.readings, &days, |range, period| sums[period] += sum_present(&values[range]));
            Ok(laid.names().iter().cloned().zip(sums).collect())
        };
        let mut done = Vec::new();
        for component in tariff.components(tariff.version_on(from)) {
            if let Some(schedule) = component.charge.kind().energy_schedule()
                && !done.contains(&schedule)
                && !self.layout.is_first(schedule)
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
        let present =
            of_days.iter().map(|day| series.values()[day.range.clone()].iter().filter(|kwh| !kwh.is_nan()).count());
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
fn measure_demand(of: &Measuring<'_>, version: &VersionInForce, period: &BillingPeriod, whole: &mut BillingQuantities) {
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
    let (start, end) = (axis.instant(period.range.start), axis.instant(period.range.end));
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

/// Measures again what rests on the reactive energy: the sums of the power factor.
pub(crate) fn measure_reactive(readings: &Readings, quantities: &mut [BillingQuantities]) {
    // A part of an interval says nothing of the power factor of the whole.
    let whole = |channel| readings.series(channel).map(Series::whole);
    let (Some(kwh), Some(import)) = (whole(Channel::IMPORT_KWH), whole(Channel::IMPORT_KVARH)) else { return };
    let export = whole(Channel::EXPORT_KVARH);
    let days = readings.local().days();
    for one in quantities {
        let at = |date: Date| days.partition_point(|day| day.date < date);
        let within = &days[at(one.from)..at(one.until)];
        let (Some(first), Some(last)) = (within.first(), within.last()) else { continue };
        let range = first.range.start..last.range.end;
        let joint = joint_sums(
            &kwh[range.clone()],
            &import[range.clone()],
            export.as_ref().map(|export| &export[range.clone()]),
        );
        let present = (1.0 - one.missing_share) * range.len() as f64;
        // Of what the bill's energy rests on, reactive readings need the share that the month itself needs.
        let enough = joint.intervals > 0 && joint.intervals as f64 >= USABLE_SHARE * present;
        let joint = enough.then_some(joint);
        one.import_kvarh = joint.map(|joint| joint.import_kvarh);
        one.export_kvarh = joint.filter(|_| export.is_some()).map(|joint| joint.export_kvarh);
        one.power_factor_kwh = joint.map(|joint| joint.kwh);
        one.join_reactive();
    }
}

/// Sum of what is there. Four sums side by side, always in the same order.
pub(crate) fn sum_present(values: &[f64]) -> f64 {
    let present = |value: &f64| if value.is_nan() { 0.0 } else { *value };
    let (fours, rest) = values.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, value) in sums.iter_mut().zip(four) {
            *sum += present(value);
        }
    }
    rest.iter().map(present).sum::<f64>() + ((sums[0] + sums[2]) + (sums[1] + sums[3]))
}

#[derive(Clone, Copy, Default)]
struct Joint {
    intervals: usize,
    kwh: f64,
    import_kvarh: f64,
    export_kvarh: f64,
}

impl Joint {
    fn add(&mut self, kwh: f64, import: f64, export: f64) {
        let is_there = !(kwh + import + export).is_nan();
        let present = |value: f64| if is_there { value } else { 0.0 };
        self.intervals += usize::from(is_there);
        self.kwh += present(kwh);
        self.import_kvarh += present(import.abs());
        self.export_kvarh += present(export.abs());
    }

    fn and(self, other: Self) -> Self {
        Self {
            intervals: self.intervals + other.intervals,
            kwh: self.kwh + other.kwh,
            import_kvarh: self.import_kvarh + other.import_kvarh,
            export_kvarh: self.export_kvarh + other.export_kvarh,
        }
    }
}

/// Sums over the intervals in which every given channel has a reading. Four sums side by side, as in [`sum_present`].
fn joint_sums(kwh: &[f64], import: &[f64], export: Option<&[f64]>) -> Joint {
    let none = if export.is_none() { vec![0.0; kwh.len()] } else { Vec::new() };
    let export = export.unwrap_or(&none);
    let (kwh, kwh_rest) = kwh.as_chunks::<4>();
    let (import, import_rest) = import.as_chunks::<4>();
    let (export, export_rest) = export.as_chunks::<4>();
    let mut sums = [Joint::default(); 4];
    for ((kwh, import), export) in kwh.iter().zip(import).zip(export) {
        for (at, sum) in sums.iter_mut().enumerate() {
            sum.add(kwh[at], import[at], export[at]);
        }
    }
    let mut rest = Joint::default();
    for ((kwh, import), export) in kwh_rest.iter().zip(import_rest).zip(export_rest) {
        rest.add(*kwh, *import, *export);
    }
    let [first, second, third, fourth] = sums;
    rest.and(first.and(third).and(second.and(fourth)))
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
