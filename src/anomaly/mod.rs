//! Anomalies: deviations from what was expected, each with a name, a span and its energy.
//!
//! One detector is one file with a `find`; it looks at [`Deviations`](deviation::Deviations), gives
//! [`Event`](event::Event)s and knows no other detector. The order of [`DETECTORS`] says which name
//! explains best where several fit.

mod class;
mod clock_shift;
mod contrast;
mod daily;
mod deviation;
mod dip;
mod drift;
mod early_shutdown;
mod event;
mod expected;
mod flat;
mod flat_run;
mod fleet;
mod gap_catch_up;
mod left_on_overnight;
mod level_shift;
mod missed_start_up;
mod new_maximum_demand;
mod night_base_rise;
mod no_production;
mod not_judged;
mod ordinary;
mod outage;
mod phase_lost;
mod ratio_change;
mod register_glitch;
mod score;
mod shutdown;
mod spike;
mod step;
mod stuck_value;
mod sums;
#[cfg(test)]
mod tests;
mod transformer_reversed;
mod unusual_shape;
mod weekend_running;
mod work_on_holiday;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use expected::{Expected, seasonal};
pub use fleet::departures;
pub use score::{SCORE_FLAGGED, score};

use crate::error::{ErrorKind, Result};
use crate::finding::Finding;
use crate::profile::day_activity;
use crate::site::Site;
use deviation::Deviations;
use event::Event;
use expected::seasonal_from;

/// Every detector, the strongest explanation first: an interval belongs to the first that claims it.
const DETECTORS: &[fn(&Deviations) -> Vec<Event>] = &[
    gap_catch_up::find,
    register_glitch::find,
    stuck_value::find,
    flat_run::find,
    outage::of_zeros,
    no_production::find,
    work_on_holiday::find,
    phase_lost::find,
    transformer_reversed::find,
    ratio_change::find,
    level_shift::find,
    drift::find,
    clock_shift::find,
    outage::find,
    night_base_rise::find,
    weekend_running::find,
    left_on_overnight::find,
    spike::find,
    missed_start_up::find,
    early_shutdown::find,
    dip::find,
    unusual_shape::find,
    new_maximum_demand::find,
];

/// Limits of the detectors. The defaults are meant to leave a clean meter without a single anomaly.
///
/// ```
/// use wattlens::anomaly::Settings;
/// let settings: Settings = serde_json::from_str(r#"{"sustained_z": 6.0}"#).unwrap();
/// assert_eq!(settings, Settings { sustained_z: 6.0, ..Settings::default() });
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Limit of the signed z averaged over at most an hour (6, engineering).
    pub short_z: f64,
    /// Limit of the signed z averaged over five hours (5: the tighter budget of false alarms on labelled meters).
    pub sustained_z: f64,
    /// Limit of the contrast of one or three hours to those beside them, in spreads (5, engineering: at 4.5 two
    /// weeks of sound readings have a false spike). What falls below them passes nine tenths of it: a load cannot fall
    /// below zero, so dips have no long tail.
    pub contrast_z: f64,
    /// Smallest mean deviation of an event, as a share of the median worked day's mean power
    /// (0.2, engineering).
    pub min_size_share: f64,
    /// Smallest energy of an event, as a share of the median worked day's energy (0.015, engineering:
    /// some twenty minutes of it).
    pub min_energy_share: f64,
    /// Smallest rise of the night base, as a share of it (0.15, a suggested default).
    pub night_base_rise: f64,
    /// Nights that a rise must last (7, a suggested default).
    pub night_base_nights: usize,
    /// Most events a month, the strongest ones; what is left out is counted in one Finding. `None` is no ceiling: the
    /// floors above alone keep a clean meter quiet.
    pub budget_per_month: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            short_z: 6.0,
            sustained_z: 5.0,
            contrast_z: 5.0,
            min_size_share: 0.2,
            min_energy_share: 0.015,
            night_base_rise: 0.15,
            night_base_nights: 7,
            budget_per_month: None,
        }
    }
}

impl Settings {
    /// Checks that every limit has a meaning.
    ///
    /// # Errors
    /// Names the limit, what was found and what was expected.
    ///
    /// ```
    /// use wattlens::anomaly::Settings;
    /// let settings = Settings { budget_per_month: Some(-1.0), ..Settings::default() };
    /// assert!(settings.check().unwrap_err().to_string().contains("anomaly.budget_per_month"));
    /// ```
    pub fn check(&self) -> Result<()> {
        let limits = [
            ("short_z", self.short_z),
            ("sustained_z", self.sustained_z),
            ("contrast_z", self.contrast_z),
            ("min_size_share", self.min_size_share),
            ("min_energy_share", self.min_energy_share),
            ("night_base_rise", self.night_base_rise),
        ];
        let wrong = limits.into_iter().find(|(_, value)| !(value.is_finite() && *value > 0.0));
        let budget = self.budget_per_month.filter(|budget| !(budget.is_finite() && *budget >= 0.0));
        let wrong = wrong.map(|(name, value)| (name, value, "a number above 0"));
        match wrong.or(budget.map(|budget| ("budget_per_month", budget, "a number from 0 up, or none"))) {
            Some((name, found, expected)) => Err(ErrorKind::Site {
                field: format!("anomaly.{name}"),
                problem: format!("found {found}, expected {expected}"),
            }
            .into()),
            None => Ok(()),
        }
    }
}

/// Anomalies of a load against what was expected, in the order of their starts.
///
/// Codes, with `anomaly.` before each. Of the meter: `gap_catch_up`, `register_glitch`, `stuck_value`, `flat_run`, `outage`
/// (zeros); of days: `no_production`, `work_on_holiday`, `phase_lost`, `transformer_reversed`, `ratio_change`,
/// `level_shift`, `drift`, `clock_shift`, `night_base_rise`; of hours: `outage`, `weekend_running`, `left_on_overnight`, `spike`,
/// `missed_start_up`, `early_shutdown`, `dip`; then `unusual_shape` and `new_maximum_demand`; and `not_judged` for what could not be judged, `over_budget` for what the
/// ceiling left out. An interval is flagged where the signed z = (load − expected) / scale, averaged over at most
/// one hour or over five, passes its limit, or where one or three hours stand out from those beside them; flagged intervals within two hours of each other are one event.
/// Each event has the span from its first to its last flagged interval, its energy against the
/// expectation over the flagged intervals only, and for an excess the single intervals from which money
/// is worked out. Missing readings are never flagged; an event may reach over a gap but counts nothing
/// in it, and a gap whose energy came later is told with that reading. Where several names fit, the first of the list above
/// is kept and `others` has the rest.
///
/// Every event first passes the floors of size and energy; faults of the meter have floors of their own (a quarter of a
/// day of one value, two hours of zeros and 0.2 % of a day's energy, 20 times any load). `confidence` is 1 − 0.5 / m², where m is how
/// many times the nearest limit is passed, at most 0.99: it ranks and is no probability.
///
/// A level is that of worked days against the usual day of their kind over all readings. A step of it is
/// named after a ratio of a meter where night, work and days off have the same one and it lies near that ratio;
/// `ratio_low` and `ratio_high` and `other_names` say what else it may be. A step's energy counts for at most 91 days.
/// A shift of the clock has no energy.
///
/// Severity: ratios of a meter are high, shifts of the clock medium, a level up medium and down low. Else
/// critical from seven, high from one median worked day's energy, medium from a quarter of it or where the mean
/// deviation is as large as the median load, low otherwise; days without production are info, or low
/// from three days on.
///
/// Without `expected` it is [`seasonal`]. `load_kw` is [`Readings::load_kw`](crate::readings::Readings::load_kw) of the
/// site; a load or an
/// expectation of another length than its axis is not judged.
///
/// ```
/// use std::sync::Arc;
/// use wattlens::anomaly::{Settings, find};
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::site::{Contract, Site};
/// use wattlens::time::{Calendar, TimeAxis, Zone};
/// // Eight weeks at 50 kW, and three hours at 200 kW.
/// let axis = TimeAxis::new(1_704_038_400, 3600, 24 * 56, Zone::named("Asia/Shanghai")?)?;
/// let mut kwh = vec![50.0; 24 * 56];
/// kwh[500..503].fill(200.0);
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)])?;
/// let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default())?;
/// let load_kw = site.readings().load_kw();
/// let findings = find(&site, &load_kw, None, &Settings::default());
/// assert_eq!(findings.len(), 1);
/// assert_eq!(findings[0].code, "anomaly.spike");
/// assert!((findings[0].kwh.unwrap() - 450.0).abs() < 1e-6);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn find(site: &Site, load_kw: &[f64], expected: Option<&Expected>, settings: &Settings) -> Vec<Finding> {
    let activity = day_activity(site.readings().local(), site.day_types(), load_kw);
    let expected = expected.map_or_else(|| Cow::Owned(seasonal_from(site, load_kw, &activity)), Cow::Borrowed);
    let len = site.readings().axis().len();
    if [load_kw.len(), expected.kw.len(), expected.scale_kw.len()] != [len; 3] {
        let nothing = Expected { kw: Vec::new(), scale_kw: Vec::new() };
        return not_judged::find(site, load_kw, &nothing);
    }
    let mut findings = not_judged::find(site, load_kw, &expected);
    if let Some(deviations) = Deviations::new(site, load_kw, &expected, settings, activity) {
        let events = DETECTORS.iter().flat_map(|detector| detector(&deviations)).collect();
        findings.extend(event::resolve(events, &deviations));
    }
    findings
}
