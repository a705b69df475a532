//! First step of a bill: what was taken in the billing month, measured from readings or entered.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::model::{Tariff, fail};
use super::schedule::Stretch;
use crate::error::Result;
use crate::profile::highest;
use crate::quality::USABLE_SHARE;
use crate::readings::{Channel, Readings, Series};
use crate::time::{Month, TimeAxis};

/// Where the month's maximum demand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandOrigin {
    /// Largest mean over fixed blocks of the tariff's window; a sliding meter reads a little more.
    Block,
    /// Largest mean over the window slid by the readings' step.
    Sliding,
    /// Read from the meter's register or from a paper bill.
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
    /// Imported energy by period \[kWh\].
    pub kwh: BTreeMap<String, f64>,
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
    /// Share of the month's readings that is missing, 0 to 1.
    pub missing_share: f64,
    /// Imported energy that rests on estimates, the source's or those asked for \[kWh\]; it is in `kwh`.
    pub estimated_kwh: f64,
}

impl BillingQuantities {
    /// All imported energy \[kWh\].
    #[must_use]
    pub fn total_kwh(&self) -> f64 {
        self.kwh.values().sum()
    }
}

/// Demand window where the tariff says none: a quarter of an hour \[s\].
const DEMAND_WINDOW_S: i64 = 900;

/// Quantities of every local month that the axis covers whole.
///
/// Missing readings are not filled: their share is in `missing_share`, and their energy is not in the
/// sums. The demand is the largest mean of the tariff's window (a quarter of an hour where it says
/// none): block means where the readings have that step, sliding where theirs is finer; coarser
/// readings cannot tell it, and it is absent. The power factor is made from the intervals that have
/// both active and reactive readings; where those are less than [`USABLE_SHARE`] of the active ones, the reactive
/// energy of the month is absent. In months with a clock change the wall clock decides the period.
///
/// # Errors
/// No import energy; intervals that do not begin on the wall clock's grid, or that a period edge falls into.
pub fn measure_quantities(readings: &Readings, tariff: &Tariff) -> Result<Vec<BillingQuantities>> {
    let Some(import) = readings.series(Channel::IMPORT_KWH) else {
        return Err(fail(&tariff.sheet().id, None, "needs import_kwh, which the readings do not have".to_owned()));
    };
    let axis = readings.axis();
    let window_s = tariff.basic_charge().map_or(DEMAND_WINDOW_S, |basic| basic.demand_window_s);
    let table = tariff.table();
    let by_month = monthly_stretches(tariff, axis)?;
    let local = readings.local();
    let kwh = import.values();
    let whole_kwh = import.whole();
    let mut quantities = Vec::new();
    let mut runs = local.runs().iter().peekable();
    for month in local.months() {
        let stretches = &by_month[usize::from(month.first.month().unsigned_abs()) - 1];
        let mut sums = vec![0.0; table.names.len()];
        let mut present = 0usize;
        while let Some(run) = runs.next_if(|run| run.range.start < month.range.end) {
            for &(from, to, period) in stretches {
                let (from, to) = (from.max(run.slot), to.min(run.slot + run.range.len()));
                if from < to {
                    let first = run.range.start - run.slot;
                    sums[period] += sum_present(&kwh[first + from..first + to]);
                    present += whole_kwh[first + from..first + to].iter().filter(|kwh| !kwh.is_nan()).count();
                }
            }
        }
        if !month.is_whole() {
            continue;
        }
        let (demand_kw, demand_at, demand_origin) = demand(axis, &whole_kwh, month, window_s);
        quantities.push(BillingQuantities {
            from: month.first,
            until: month.first.last_of_month().tomorrow().unwrap_or(month.first),
            kwh: table.names.iter().cloned().zip(sums).collect(),
            demand_kw,
            demand_at,
            demand_origin,
            missing_share: 1.0 - present as f64 / month.expected as f64,
            estimated_kwh: import.estimated(month.range.clone()).total,
            ..BillingQuantities::default()
        });
    }
    measure_reactive(readings, &mut quantities);
    Ok(quantities)
}

/// Measures again what rests on the reactive energy: the sums of the power factor.
pub(crate) fn measure_reactive(readings: &Readings, quantities: &mut [BillingQuantities]) {
    // A part of an interval says nothing of the power factor of the whole.
    let whole = |channel| readings.series(channel).map(Series::whole);
    let (Some(kwh), Some(import)) = (whole(Channel::IMPORT_KWH), whole(Channel::IMPORT_KVARH)) else { return };
    let export = whole(Channel::EXPORT_KVARH);
    for one in quantities {
        let Some(month) = readings.local().months().iter().find(|month| month.first == one.from) else { continue };
        let range = month.range.clone();
        let joint =
            joint_sums(&kwh[range.clone()], &import[range.clone()], export.as_ref().map(|export| &export[range]));
        let present = (1.0 - one.missing_share) * month.expected as f64;
        // Of what the bill's energy rests on, reactive readings need the share that the month itself needs.
        let enough = joint.intervals > 0 && joint.intervals as f64 >= USABLE_SHARE * present;
        let joint = enough.then_some(joint);
        one.import_kvarh = joint.map(|joint| joint.import_kvarh);
        one.export_kvarh = joint.filter(|_| export.is_some()).map(|joint| joint.export_kvarh);
        one.power_factor_kwh = joint.map(|joint| joint.kwh);
    }
}

/// Stretches of slots with one period, for each month of the year.
///
/// # Errors
/// Intervals that do not begin on the wall clock's grid, or that a period edge falls into.
pub(super) fn monthly_stretches(tariff: &Tariff, axis: &TimeAxis) -> Result<Vec<Vec<Stretch>>> {
    let periods = || Some("periods".to_owned());
    if !axis.is_on_wall_grid() {
        let problem = format!(
            "the readings' intervals of {} min do not begin on the wall clock's grid (the first at {}), so months and \
             periods cut through them; read them with the stamps of their grid",
            axis.step_s() / 60,
            crate::time::instant_text(axis.start())
        );
        return Err(fail(&tariff.sheet().id, periods(), problem));
    }
    let of_month = |month| {
        tariff.table().stretches(month, axis.step_s()).map_err(|edge| {
            let problem = format!(
                "a period begins at {edge}, which falls inside the readings' intervals of {} min; finer readings are needed",
                axis.step_s() / 60
            );
            fail(&tariff.sheet().id, periods(), problem)
        })
    };
    (1..=12).map(of_month).collect()
}

fn sum_present(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, value| sum + if value.is_nan() { 0.0 } else { *value })
}

#[derive(Clone, Copy)]
struct Joint {
    intervals: usize,
    kwh: f64,
    import_kvarh: f64,
    export_kvarh: f64,
}

/// Sums over the intervals in which every given channel has a reading.
fn joint_sums(kwh: &[f64], import: &[f64], export: Option<&[f64]>) -> Joint {
    let add = |sums: Joint, kwh: f64, import: f64, export: f64| {
        let is_there = !(kwh + import + export).is_nan();
        let present = |value: f64| if is_there { value } else { 0.0 };
        Joint {
            intervals: sums.intervals + usize::from(is_there),
            kwh: sums.kwh + present(kwh),
            import_kvarh: sums.import_kvarh + present(import.abs()),
            export_kvarh: sums.export_kvarh + present(export.abs()),
        }
    };
    let none = Joint { intervals: 0, kwh: 0.0, import_kvarh: 0.0, export_kvarh: 0.0 };
    let active = kwh.iter().zip(import);
    match export {
        Some(export) => {
            active.zip(export).fold(none, |sums, ((kwh, import), export)| add(sums, *kwh, *import, *export))
        }
        None => active.fold(none, |sums, (kwh, import)| add(sums, *kwh, *import, 0.0)),
    }
}

type Demand = (Option<f64>, Option<i64>, Option<DemandOrigin>);

/// Largest mean of the window among windows that lie in the month and have all their readings.
fn demand(axis: &TimeAxis, whole_kwh: &[f64], month: &Month, window_s: i64) -> Demand {
    if axis.step_s() > window_s || window_s % axis.step_s() != 0 {
        return (None, None, None);
    }
    let width = (window_s / axis.step_s()) as usize;
    // A reading that is missing or not whole is NaN, and so is every window with it.
    let sums: Vec<f64> = whole_kwh[month.range.clone()].windows(width).map(|window| window.iter().sum()).collect();
    match highest(&sums) {
        Some((sum, at)) => {
            let origin = if width == 1 { DemandOrigin::Block } else { DemandOrigin::Sliding };
            (Some(sum * 3600.0 / window_s as f64), Some(axis.instant(month.range.start + at)), Some(origin))
        }
        None => (None, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::Flag;
    use crate::tariff::load;
    use crate::time::{TimeAxis, Zone};

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
        let quantities = measure_quantities(&august(values), &tariff).unwrap();
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
        let month = measure_quantities(&whole.with_series(vec![series]).unwrap(), &tariff).unwrap().remove(0);
        assert_eq!((month.estimated_kwh, month.total_kwh(), month.missing_share), (20.0, 5952.0, 0.0));
        assert_eq!(measure_quantities(&whole, &tariff).unwrap()[0].estimated_kwh, 0.0);
    }

    #[test]
    fn intervals_off_the_wall_clocks_grid_are_refused() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let axis = TimeAxis::new(1_753_977_600 + 420, 900, 31 * 96, zone).unwrap();
        let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![1.0; 31 * 96])]).unwrap();
        let message = measure_quantities(&readings, &tariff).unwrap_err().to_string();
        assert!(message.contains("grid") && message.contains("16:07"), "{message}");
    }

    #[test]
    fn a_month_that_is_not_covered_whole_has_no_quantities() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        assert!(measure_quantities(&august(vec![1.0; 31 * 96 - 1]), &tariff).unwrap().is_empty());
    }

    #[test]
    fn coarse_readings_cannot_tell_a_quarter_hour_demand_and_fine_ones_slide() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let at_step = |step: i64, values: Vec<f64>| {
            let axis = TimeAxis::new(1_753_977_600, step, values.len(), zone.clone()).unwrap();
            let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)]).unwrap();
            measure_quantities(&readings, &tariff).unwrap().remove(0)
        };
        assert_eq!(at_step(3600, vec![1.0; 31 * 24]).demand_kw, None);
        // 5-minute readings: a hump of 3 × 5 min that straddles two quarter-hour blocks is seen whole.
        let mut values = vec![0.0; 31 * 288];
        values[5..8].copy_from_slice(&[10.0, 10.0, 10.0]);
        let month = at_step(300, values);
        assert_eq!((month.demand_kw, month.demand_origin), (Some(120.0), Some(DemandOrigin::Sliding)));
    }
}
