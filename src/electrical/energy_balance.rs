//! Power against energy: `electrical.energy_balance` where the integral of the measured power differs by more than `off_by_share` from
//! the energy of the same intervals, by month, or from the difference of a register.
//!
//! Over the intervals in which both are known, at least `min_hours`; a register counts only where its readings lie on the
//! intervals' grid and every interval between them is known. Evidence: `source` (`import_kwh` or the register), `worst` (share),
//! `limit`, `power_kwh`, `energy_kwh`, `hours`. `kwh` is their difference.

use super::power_identity::measured_kw;
use super::prepared::Prepared;
use super::rule::{Found, Rule, Run};
use crate::readings::{Channel, Period, Series, SpanKind, SpanSeries, SpanValue};

pub(super) const RULE: Rule = Rule {
    name: "energy_balance",
    code: "electrical.energy_balance",
    looks_at: "integral of the measured power against energies and registers",
    figures: &["off_by_share", "alarm_off_by_share", "min_hours"],
    run,
};

struct Sum {
    source: String,
    start: i64,
    end: i64,
    power_kwh: f64,
    energy_kwh: f64,
    hours: f64,
}

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let readings = prepared.readings();
    let load = measured_kw(prepared).ok_or("readings.total_power")?;
    let registers: Vec<_> = readings.spans().0.iter().filter(|one| is_import_register(one)).collect();
    let import = readings.series(Channel::IMPORT_KWH).map(Series::whole);
    let export = readings.series(Channel::EXPORT_KWH).map(Series::whole);
    if registers.is_empty() && import.is_none() {
        return Err("readings.import_kwh");
    }
    let mut sums = Vec::new();
    if let Some(import) = import {
        for month in readings.local().months() {
            let mut sum = Sum {
                source: Channel::IMPORT_KWH.name().to_owned(),
                start: axis.instant(month.range.start),
                end: axis.instant(month.range.end),
                power_kwh: 0.0,
                energy_kwh: 0.0,
                hours: 0.0,
            };
            for index in month.range.clone() {
                let back = export.as_ref().and_then(|one| one.get(index)).copied().unwrap_or(0.0);
                if let (Some(kw), Some(kwh)) = (load.get(index), import.get(index))
                    && !(kw + kwh + back).is_nan()
                {
                    sum.power_kwh += kw * axis.step_h();
                    sum.energy_kwh += kwh - back;
                    sum.hours += axis.step_h();
                }
            }
            sums.push(sum);
        }
    }
    for register in registers {
        sums.extend(of_register(register, load, prepared));
    }
    let mut found = Vec::new();
    for sum in sums {
        let difference = (sum.power_kwh - sum.energy_kwh).abs();
        // Of no energy at all, everything is lacking.
        let share = if sum.energy_kwh == 0.0 && difference > 0.0 { 1.0 } else { difference / sum.energy_kwh.abs() };
        if sum.hours < run.get("min_hours") - 1e-9 || share.is_nan() || share <= run.get("off_by_share") + 1e-9 {
            continue;
        }
        let one = run
            .finding(share > run.get("alarm_off_by_share"), "off_by_share")
            .at(sum.start, sum.end)
            .with("source", sum.source)
            .with("worst", share)
            .with("limit", run.get("off_by_share"))
            .with("power_kwh", sum.power_kwh)
            .with("energy_kwh", sum.energy_kwh)
            .with("hours", sum.hours)
            .kwh(sum.power_kwh - sum.energy_kwh);
        found.push(one);
    }
    Ok(found)
}

fn is_import_register(one: &SpanSeries) -> bool {
    one.kind == SpanKind::Register && one.period == Period::Total && one.channel.measures_same(Channel::IMPORT_KWH)
}

/// The spans between a register's readings over which the power is known.
fn of_register(register: &SpanSeries, load: &[f64], prepared: &Prepared<'_>) -> Vec<Sum> {
    let axis = prepared.axis();
    let place = |instant: i64| {
        let past_s = instant - axis.start();
        let on_grid = past_s % axis.step_s() == 0 && past_s >= 0 && past_s <= axis.end() - axis.start();
        on_grid.then(|| (past_s / axis.step_s()) as usize)
    };
    let pair = |pair: &[SpanValue]| {
        let [before, after] = pair else { return None };
        let (first, last) = (place(before.span.start)?, place(after.span.start)?);
        let energy_kwh = (after.value - before.value) * register.multiplier;
        let power_kwh = load.get(first..last)?.iter().sum::<f64>() * axis.step_h();
        let known = last > first && !(power_kwh + energy_kwh).is_nan() && energy_kwh >= 0.0;
        known.then(|| Sum {
            source: register.name(),
            start: before.span.start,
            end: after.span.start,
            power_kwh,
            energy_kwh,
            hours: (last - first) as f64 * axis.step_h(),
        })
    };
    register.values.windows(2).filter_map(pair).collect()
}
