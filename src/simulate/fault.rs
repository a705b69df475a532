//! Faults that can be put into a simulated plant, and what each did.

use serde::{Deserialize, Serialize};

use super::load::{Load, Power, reactive_share};
use super::plant::Plant;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Load on top of the ordinary one.
    Spike,
    /// A share of the whole load, capacitors included, is lost.
    Drop,
    /// The meter repeats its last values.
    StuckValue,
    /// The meter's values are missing.
    Gap,
    /// The meter gives zeros.
    ZeroRun,
    /// Production machines left on outside their hours.
    UnusualHours,
    /// A higher load outside the shifts' hours, night after night.
    NightBaseRise,
    /// Days off that are worked.
    WorkOnHoliday,
}

impl FaultKind {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Spike,
        Self::Drop,
        Self::StuckValue,
        Self::Gap,
        Self::ZeroRun,
        Self::UnusualHours,
        Self::NightBaseRise,
        Self::WorkOnHoliday,
    ];

    /// The name it has in JSON, e.g. `night_base_rise`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spike => "spike",
            Self::Drop => "drop",
            Self::StuckValue => "stuck_value",
            Self::Gap => "gap",
            Self::ZeroRun => "zero_run",
            Self::UnusualHours => "unusual_hours",
            Self::NightBaseRise => "night_base_rise",
            Self::WorkOnHoliday => "work_on_holiday",
        }
    }
}

/// A fault with its place and size. It touches the intervals that start in `[start, start + length_s)`.
///
/// ```
/// use wattlens::simulate::{Fault, FaultKind};
/// let fault: Fault = serde_json::from_str(
///     r#"{"kind": "spike", "start": 1741759200, "length_s": 1800, "size": 400.0}"#).unwrap();
/// assert_eq!(fault, Fault { kind: FaultKind::Spike, start: 1_741_759_200, length_s: 1800, size: 400.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Start, UTC seconds.
    pub start: i64,
    /// Length \[s\].
    pub length_s: i64,
    /// How big. Spike, unusual hours, night-base rise: load added \[kW\]. Drop: share of the load
    /// lost, 0 to 1. Work on a holiday: share of a full workday's production. The meter's faults
    /// (stuck value, gap, zero run) have no size.
    #[serde(default)]
    pub size: f64,
}

impl Fault {
    /// End, UTC seconds.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.start.saturating_add(self.length_s)
    }

    /// The power of an interval with the fault; the meter's own faults leave it as it is.
    pub(super) fn power(&self, plant: &Plant, load: &Load<'_>, index: usize) -> Power {
        let clean = load.power(index);
        let with = |kw: f64, power_factor: f64| Power {
            kw: clean.kw + kw,
            kvar: clean.kvar + kw * reactive_share(power_factor),
        };
        match self.kind {
            FaultKind::Spike | FaultKind::UnusualHours => with(self.size, plant.production_power_factor),
            FaultKind::NightBaseRise if load.is_night(index) => with(self.size, plant.base_power_factor),
            FaultKind::Drop => Power { kw: clean.kw * (1.0 - self.size), kvar: clean.kvar * (1.0 - self.size) },
            FaultKind::WorkOnHoliday => load.power_at_level(index, self.size),
            FaultKind::NightBaseRise | FaultKind::StuckValue | FaultKind::Gap | FaultKind::ZeroRun => clean,
        }
    }
}

/// What a fault did to the readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// What went wrong.
    pub kind: FaultKind,
    /// First instant touched, UTC seconds.
    pub start: i64,
    /// First instant after it, UTC seconds.
    pub end: i64,
    /// Energy of the readings with the fault minus energy without it \[kWh\]; `None` for a gap,
    /// whose readings have no energy to compare.
    pub kwh: Option<f64>,
}
