//! Savings measures: each turns a case into the case after it, and never works out money itself.
//!
//! A new measure is a new file with a [`Measure`] and one line in [`all`].

mod case;
mod demand_mode;
mod off_hours;
mod power_factor;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use case::{Case, Level};
pub use demand_mode::DemandMode;
pub use off_hours::ReduceOffHours;
pub use power_factor::CorrectPowerFactor;

use crate::error::Result;
use crate::finding::NotDone;

/// Something a site could do. It looks at the present case once, and plans.
pub trait Measure: Sync {
    /// Code of the measure, e.g. `power_factor`.
    fn code(&self) -> &'static str;

    /// The plan for this site, or what the site would have to bring.
    ///
    /// # Errors
    /// A contract or a tariff that makes no sense.
    fn plan(&self, present: &Case) -> Result<std::result::Result<Box<dyn Plan>, NotDone>>;
}

/// A measure fitted to a site: sizes are fixed, the outcome depends on the level of caution.
pub trait Plan {
    /// The case after the measure.
    ///
    /// # Errors
    /// A contract or a tariff that makes no sense.
    fn apply(&self, before: &Case) -> Result<Case>;

    /// What has to be done, in numbers: sizes, modes, hours.
    fn facts(&self, after: &Case) -> Map<String, Value>;

    /// What the range rests on.
    fn assumptions(&self) -> Vec<Assumption>;

    /// The case that perfect foresight would reach, where that is more than the measure itself.
    ///
    /// # Errors
    /// As [`Plan::apply`].
    fn hindsight(&self, _before: &Case) -> Result<Option<Case>> {
        Ok(None)
    }
}

/// An assumption as a code with its numbers; the sentence comes from the catalogue of words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assumption {
    /// One of [`ASSUMPTIONS`].
    pub code: String,
    /// Numbers of the sentence.
    pub facts: Map<String, Value>,
}

impl Assumption {
    pub(crate) fn new(code: &str, facts: &[(&str, f64)]) -> Self {
        debug_assert!(ASSUMPTIONS.contains(&code), "{code} is not in ASSUMPTIONS");
        let facts = facts.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
        Self { code: code.to_owned(), facts }
    }
}

/// Every assumption that a measure can name.
pub const ASSUMPTIONS: &[&str] = &[
    "demand_mode.assumed_price",
    "demand_mode.both_overrun_rules",
    "demand_mode.earlier_months_only",
    "demand_mode.guard_band",
    "demand_mode.quarters",
    "off_hours.achievable",
    "off_hours.reactive_in_proportion",
    "power_factor.effect",
    "power_factor.no_investment",
    "power_factor.swing_kept",
    "readings.estimated",
];

/// Every code that a measure can have.
pub const MEASURES: &[&str] = &["off_hours", "power_factor", "demand_mode"];

/// All measures, in the order in which they are stacked: what changes the readings comes before what
/// chooses a contract for them.
#[must_use]
pub fn all() -> Vec<Box<dyn Measure>> {
    vec![Box::new(ReduceOffHours), Box::new(CorrectPowerFactor), Box::new(DemandMode)]
}
