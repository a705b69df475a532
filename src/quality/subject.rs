//! What the rules look at.

use crate::readings::Readings;
use crate::site::Site;

/// Readings, and what else is known that a rule may compare them with. Anything but the readings may be unknown:
/// the rules that need it say so.
///
/// ```
/// use wattlens::quality::{Settings, Subject, check};
/// use wattlens::simulate::{Plant, demo_calendar, simulate};
/// let readings = simulate(&Plant::default(), &demo_calendar(), &[])?.readings;
/// let subject = Subject { capacity_kva: Some(1250.0), ..Subject::of(&readings) };
/// assert!(check(&subject, &Settings::default()).findings.is_empty());
/// # Ok::<(), wattlens::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The readings of one meter.
    pub readings: &'a Readings,
    /// Transformers plus high-voltage motors \[kVA\].
    pub capacity_kva: Option<f64>,
    /// Contract demand \[kW\].
    pub contract_demand_kw: Option<f64>,
    /// Highest power that the supply can give \[kW\]; where it is known, capacity and contract are not asked.
    pub supply_limit_kw: Option<f64>,
    /// Earlier readings of the same meter, for comparisons with last month and last year.
    pub earlier: Option<&'a Readings>,
    /// The meter above this one.
    pub parent: Option<&'a Readings>,
    /// All the meters below this one.
    pub children: &'a [&'a Readings],
}

impl<'a> Subject<'a> {
    /// Readings of which nothing else is known.
    #[must_use]
    pub fn of(readings: &'a Readings) -> Self {
        Self {
            readings,
            capacity_kva: None,
            contract_demand_kw: None,
            supply_limit_kw: None,
            earlier: None,
            parent: None,
            children: &[],
        }
    }

    /// The readings of a site, with what its contract says.
    #[must_use]
    pub fn of_site(site: &'a Site) -> Self {
        let contract = site.contract();
        Self {
            capacity_kva: contract.capacity_kva,
            contract_demand_kw: contract.contract_demand_kw,
            ..Self::of(site.readings())
        }
    }
}
