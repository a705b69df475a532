//! Power-factor correction: capacitors switched off when they lead, then kvar added where it lags.

use serde_json::{Map, Value};

use super::{Assumption, Case, Level, Measure, Plan};
use crate::error::Result;
use crate::finding::NotDone;
use crate::readings::{Channel, Readings, Series};
use crate::stats;
use crate::tariff::{billed_hundredths, saturation_hundredths};

/// Capacitor steps come in tens of kvar.
const STEP_KVAR: f64 = 10.0;
/// Quantile of the leading power that stands for the capacitors to switch off; the rest are moments.
const LEADING_QUANTILE: f64 = 0.95;

/// Bring every month's power factor to where the reduction no longer grows.
///
/// Works on the signed reactive power of each interval, q = import − export kvarh. Where q is
/// negative the site's capacitors lead: they are switched off, down to q = 0. Where it is positive,
/// switched capacitors of the planned size take it down, never below 0. What flows both ways within
/// one interval, min(import, export), no quarter-hour control can see, and it stays.
/// The size is the smallest multiple of 10 kvar with which every month reaches the power factor above
/// which the notice (〔83〕水电财字第215号) grants no more, or as near to it as it can.
#[derive(Clone, Copy, Debug, Default)]
pub struct CorrectPowerFactor;

impl Measure for CorrectPowerFactor {
    fn code(&self) -> &'static str {
        "power_factor"
    }

    fn plan(&self, present: &Case) -> Result<std::result::Result<Box<dyn Plan>, NotDone>> {
        let needs = |needs| Ok(Err(NotDone::new("savings.power_factor", needs)));
        if !present.tariff().has_power_factor_adjustment() {
            return needs("tariff.power_factor");
        }
        let Some(standard) = present.site().contract().power_factor_standard else {
            return needs("contract.power_factor_standard");
        };
        let readings = present.site().readings();
        let (Some(import), Some(kwh)) = (readings.series(Channel::IMPORT_KVARH), readings.series(Channel::IMPORT_KWH))
        else {
            return needs("readings.import_kvarh");
        };
        if present.months().iter().all(|month| month.import_kvarh.is_none()) {
            return needs("readings.import_kvarh");
        }
        if present.months().iter().all(|month| month.total_kwh() <= 0.0) {
            return needs("readings.active_energy");
        }
        let export = readings.series(Channel::EXPORT_KVARH).map(Series::whole);
        let (import, kwh) = (import.whole(), kwh.whole());
        if export.is_none() && import.iter().any(|kvarh| *kvarh < 0.0) {
            return needs("readings.export_kvarh");
        }
        let step_h = readings.axis().step_h();
        let months: Vec<Vec<Split>> = readings
            .local()
            .months()
            .iter()
            .filter(|month| {
                present.months().iter().any(|billed| billed.from == month.first && billed.import_kvarh.is_some())
            })
            .map(|month| {
                let range = month.range.clone();
                let export = export.as_ref().map(|export| &export[range.clone()]);
                split(&kwh[range.clone()], &import[range], export)
            })
            .collect();

        let target = saturation_hundredths(standard);
        let reached = |month: &[Split], kvar: f64| -> Option<i32> {
            let (kwh, kvarh) = month.iter().fold((0.0, 0.0), |(kwh, kvarh), one| {
                (kwh + one.kwh, kvarh + (2.0 * one.swing + (one.lagging - kvar * step_h).max(0.0)))
            });
            billed_hundredths(kwh, kvarh)
        };
        let most_lagging = months.iter().flatten().map(|one| one.lagging).fold(0.0, f64::max) / step_h;
        let steps = (most_lagging / STEP_KVAR).ceil() as usize;
        let goals: Vec<Option<i32>> =
            months.iter().map(|month| reached(month, steps as f64 * STEP_KVAR).map(|best| best.min(target))).collect();
        let enough = |steps: usize| {
            months.iter().zip(&goals).all(|(month, goal)| reached(month, steps as f64 * STEP_KVAR) >= *goal)
        };
        let (mut low, mut high) = (0, steps);
        while low < high {
            let middle = usize::midpoint(low, high);
            if enough(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }

        let mut leading: Vec<f64> =
            months.iter().flatten().map(|one| one.leading / step_h).filter(|kvar| *kvar > 0.0).collect();
        let leading_h = leading.len() as f64 * step_h;
        stats::sort(&mut leading);
        let switch_off_kvar = stats::quantile_sorted(&leading, LEADING_QUANTILE).unwrap_or(0.0);
        Ok(Ok(Box::new(Correction { add_kvar: high as f64 * STEP_KVAR, switch_off_kvar, leading_h, target })))
    }
}

/// One interval's reactive energy: what flows both ways, and what remains leading or lagging.
#[derive(Clone, Copy)]
struct Split {
    kwh: f64,
    swing: f64,
    leading: f64,
    lagging: f64,
}

/// Splits the intervals that have all their readings.
fn split(kwh: &[f64], import: &[f64], export: Option<&[f64]>) -> Vec<Split> {
    kwh.iter()
        .zip(import)
        .enumerate()
        .filter_map(|(at, (kwh, import))| {
            let export = export.map_or(0.0, |export| export[at]).abs();
            let import = import.abs();
            let net = import - export;
            (!(kwh + net).is_nan()).then(|| Split {
                kwh: *kwh,
                swing: import.min(export),
                leading: (-net).max(0.0),
                lagging: net.max(0.0),
            })
        })
        .collect()
}

/// A correction of fixed size.
struct Correction {
    add_kvar: f64,
    switch_off_kvar: f64,
    leading_h: f64,
    target: i32,
}

/// Share of the planned reduction that is reached: steps of the controller, outages, wrong settings
/// (engineering).
fn effect(level: Level) -> f64 {
    match level {
        Level::Low => 0.8,
        Level::Central => 0.9,
        Level::High => 1.0,
    }
}

impl Plan for Correction {
    fn apply(&self, before: &Case) -> Result<Case> {
        let readings = before.site().readings();
        let effect = effect(before.level());
        let most = self.add_kvar * readings.axis().step_h();
        let Some(import) = readings.series(Channel::IMPORT_KVARH) else { return Ok(before.clone()) };
        let export = readings.series(Channel::EXPORT_KVARH);

        // Of a missing net neither part is above or below zero, and nothing is taken away.
        let lagging = |net: f64| effect * net.max(0.0).min(most);
        let leading = |net: f64| effect * net.min(0.0);
        let both = |export: &'_ Series| -> (Vec<f64>, Vec<f64>) {
            let both = import.values().iter().zip(export.values());
            both.map(|(import, export)| {
                let (import, export) = (import.abs(), export.abs());
                (import - lagging(import - export), export + leading(import - export))
            })
            .unzip()
        };
        let mut series: Vec<Series> = keep(readings, &[Channel::IMPORT_KVARH, Channel::EXPORT_KVARH]);
        match export {
            Some(export) => {
                let (new_import, new_export) = both(export);
                series.extend([import.with_values(new_import), export.with_values(new_export)]);
            }
            None => series.push(import.with_values(import.values().iter().map(|net| net - lagging(*net)).collect())),
        }
        before.with_readings(readings.with_series(series)?)
    }

    fn facts(&self, after: &Case) -> Map<String, Value> {
        let power_factors: Vec<Value> = after
            .months()
            .iter()
            .map(|month| {
                let hundredths = month.import_kvarh.and_then(|import| {
                    let kwh = month.power_factor_kwh.unwrap_or_else(|| month.total_kwh());
                    billed_hundredths(kwh, import + month.export_kvarh.unwrap_or_default())
                });
                hundredths.map(|hundredths| f64::from(hundredths) / 100.0).into()
            })
            .collect();
        let mut facts = Map::new();
        facts.insert("switch_off_kvar".to_owned(), self.switch_off_kvar.round().into());
        facts.insert("leading_h".to_owned(), self.leading_h.into());
        facts.insert("add_kvar".to_owned(), self.add_kvar.into());
        facts.insert("target_power_factor".to_owned(), (f64::from(self.target) / 100.0).into());
        facts.insert("power_factors".to_owned(), Value::Array(power_factors));
        facts
    }

    fn assumptions(&self) -> Vec<Assumption> {
        let percent = |level| effect(level) * 100.0;
        vec![
            Assumption::new(
                "power_factor.effect",
                &[("low", percent(Level::Low)), ("central", percent(Level::Central)), ("high", percent(Level::High))],
            ),
            Assumption::new("power_factor.swing_kept", &[]),
            Assumption::new("power_factor.no_investment", &[]),
        ]
    }
}

/// The series of every channel but these.
pub(super) fn keep(readings: &Readings, without: &[Channel]) -> Vec<Series> {
    readings.all_series().iter().filter(|one| !without.contains(&one.channel())).cloned().collect()
}
