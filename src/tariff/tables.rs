//! The periods of a tariff in print: for each version and schedule, the parts of the year and their days.

use serde::{Deserialize, Serialize};

use super::schedule::{Season, Work};
use super::sheet::InForce;
use super::tariff::Tariff;

/// The periods of one schedule of one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodTable {
    /// Dates in force of the version.
    pub in_force: InForce,
    /// Schedule; `all` where the version has none.
    pub schedule: String,
    /// Its periods, in the order of first appearance.
    pub periods: Vec<String>,
    /// Parts of the year with their days.
    pub seasons: Vec<Season>,
}

impl Tariff {
    /// The periods of every schedule, day by kind of day, as a table would print them.
    ///
    /// Days that the rules cannot tell apart are one; holidays and triggers are told by their names. No calendar is
    /// asked: which dates are holidays is a site's.
    ///
    /// ```
    /// let tariff = wattlens::tariff::load("cn-fujian-two-part-1-10kv-2025-08")?;
    /// let table = &tariff.period_tables()[0];
    /// let dates: Vec<&str> = table.seasons.iter().map(|season| season.dates.as_str()).collect();
    /// assert_eq!(dates, ["in months 1, 2, 3, 4, 5, 6, 10, 11, 12", "in months 7, 8, 9"]);
    /// let first = &table.seasons[0].days[0];
    /// assert_eq!((first.days.as_str(), first.windows[0].2.as_str()), ("every day", "valley"));
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    #[must_use]
    pub fn period_tables(&self) -> Vec<PeriodTable> {
        let mut tables = Vec::new();
        let mut work = Work::default();
        for version in self.versions() {
            for (id, plans, _) in &version.schedules {
                tables.push(PeriodTable {
                    in_force: version.in_force,
                    schedule: id.clone(),
                    periods: plans.names().to_vec(),
                    // A schedule of thousands of rules has no table that anyone would read.
                    seasons: plans.seasons(&mut work).unwrap_or_default(),
                });
            }
        }
        tables
    }
}
