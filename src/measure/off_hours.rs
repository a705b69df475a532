//! Base load outside operating hours, brought to what the site itself reaches on its quieter days.

use serde_json::{Map, Value};

use super::power_factor::keep;
use super::{Assumption, Case, Level, Measure, Plan};
use crate::error::Result;
use crate::finding::NotDone;
use crate::readings::Channel;
use crate::stats;

/// Turn off what runs for nobody: cap the load of closed hours.
///
/// Closed hours are those outside the operating hours inferred from the load, and all of a day
/// without production; an interval above the opening level is overtime and stays as it is. The cap is a quantile of the closed hours' own load; energy above it is
/// saved at the prices of those hours. Reactive energy falls in proportion.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReduceOffHours;

/// Quantile of the closed hours' load that is within reach: the quieter half, quarter or tenth of the
/// closed hours shows that the site can be that quiet (engineering; P5 to P10 is the usual target).
fn reach(level: Level) -> f64 {
    match level {
        Level::Low => 0.50,
        Level::Central => 0.25,
        Level::High => 0.10,
    }
}

impl Measure for ReduceOffHours {
    fn code(&self) -> &'static str {
        "off_hours"
    }

    fn plan(&self, present: &Case) -> Result<std::result::Result<Box<dyn Plan>, NotDone>> {
        let site = present.site();
        let readings = site.readings();
        let basis = present.basis();
        let Ok(operating) = &basis.operating else {
            return Ok(Err(NotDone::new("savings.off_hours", "readings.closed_hours")));
        };
        // Load above the opening level in closed hours is overtime: somebody works, nothing idles.
        let mut closed = operating.closed_mask(readings.local(), site.day_types(), &basis.activity);
        for (closed, kw) in closed.iter_mut().zip(&basis.load_kw) {
            *closed &= *kw <= operating.open_above_kw;
        }
        let is_closed = |index: usize| closed.get(index) == Some(&true);
        let load: Vec<f64> =
            basis.order.iter().filter(|(_, index)| is_closed(*index)).map(|(kw, _)| kw.max(0.0)).collect();
        if load.is_empty() {
            return Ok(Err(NotDone::new("savings.off_hours", "readings.closed_hours")));
        }
        let caps_kw = Level::ALL.map(|level| stats::quantile_sorted(&load, reach(level)).unwrap_or(f64::INFINITY));
        let closed_h = load.len() as f64 * readings.axis().step_h();
        let mean_kw = load.iter().sum::<f64>() / load.len() as f64;
        Ok(Ok(Box::new(Caps { closed, caps_kw, closed_h, mean_kw })))
    }
}

/// Caps on the load of closed intervals, one a level.
struct Caps {
    closed: Vec<bool>,
    caps_kw: [f64; 3],
    closed_h: f64,
    mean_kw: f64,
}

impl Plan for Caps {
    fn apply(&self, before: &Case) -> Result<Case> {
        let readings = before.site().readings();
        let cap_kwh = self.caps_kw[before.level() as usize] * readings.axis().step_h();
        let Some(import) = readings.series(Channel::IMPORT_KWH) else { return Ok(before.clone()) };
        // What remains of each interval, from 0 to 1; NaN where the reading is missing.
        let share: Vec<f64> = import
            .values()
            .iter()
            .zip(&self.closed)
            .map(|(kwh, closed)| if *closed && *kwh > cap_kwh { cap_kwh / kwh } else { 1.0 })
            .collect();
        let reduced = [Channel::IMPORT_KWH, Channel::IMPORT_KVARH, Channel::EXPORT_KVARH];
        let mut series = keep(readings, &reduced);
        for one in reduced.into_iter().filter_map(|channel| readings.series(channel)) {
            let values = one.values().iter().zip(&share).map(|(value, share)| value * share).collect();
            series.push(one.with_values(values));
        }
        before.with_readings(readings.with_series(series)?)
    }

    fn facts(&self, _after: &Case) -> Map<String, Value> {
        let tenths = |kw: f64| (kw * 10.0).round() / 10.0;
        let mut facts = Map::new();
        facts.insert("closed_h".to_owned(), self.closed_h.into());
        facts.insert("mean_kw".to_owned(), tenths(self.mean_kw).into());
        for (level, cap) in ["low", "central", "high"].into_iter().zip(self.caps_kw) {
            facts.insert(format!("cap_kw_{level}"), tenths(cap).into());
        }
        facts
    }

    fn assumptions(&self) -> Vec<Assumption> {
        let percent = |level| reach(level) * 100.0;
        vec![
            Assumption::new(
                "off_hours.achievable",
                &[("low", percent(Level::Low)), ("central", percent(Level::Central)), ("high", percent(Level::High))],
            ),
            Assumption::new("off_hours.reactive_in_proportion", &[]),
        ]
    }
}
