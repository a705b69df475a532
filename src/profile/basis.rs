//! What several analyses of a site start from, worked out once.

use super::Activity;
use super::activity::activity_ordered;
use super::operating::Operating;
use super::order::Order;
use super::trust::{Reason, Status};
use crate::quality::{MonthVerdict, verdicts_of};
use crate::site::Site;

/// The load of a site, its readings in ascending order, the activity of its days, its operating hours, the verdicts of its months.
#[derive(Debug)]
pub struct Basis {
    pub(crate) load_kw: Vec<f64>,
    pub(crate) order: Order,
    pub(crate) status: Status,
    pub(crate) activity: Vec<Activity>,
    pub(crate) operating: Result<Operating, Reason>,
    verdicts: Vec<MonthVerdict>,
}

impl Basis {
    /// Works it out.
    ///
    /// ```
    /// use wattlens::profile::{Basis, Settings, profile, profile_from};
    /// use wattlens::simulate::{Plant, simulate};
    /// use wattlens::site::{Contract, Site};
    /// use wattlens::time::Calendar;
    /// let calendar = Calendar::weekends();
    /// let readings = simulate(&Plant { days: 14, ..Plant::default() }, &calendar, &[])?.readings;
    /// let site = Site::new(None, readings.into(), calendar, Contract::default())?;
    /// let settings = Settings::default();
    /// assert_eq!(profile_from(&site, &Basis::of(&site), &settings), profile(&site, &settings));
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    #[must_use]
    pub fn of(site: &Site) -> Self {
        Self::of_verdicts(site, verdicts_of(site).into_owned())
    }

    /// The same with the verdicts of the site's months, where they are known already.
    pub(crate) fn of_verdicts(site: &Site, verdicts: Vec<MonthVerdict>) -> Self {
        let load_kw = site.readings().load_kw();
        let status = Status::of(&load_kw);
        let order = Order::of(&load_kw);
        let activity = activity_ordered(site, &load_kw, &order);
        let operating = match status.reason() {
            None => Operating::infer_ordered(site, &activity, &order),
            Some(reason) => Err(reason),
        };
        Self { load_kw, order, status, activity, operating, verdicts }
    }

    /// What each local month is good for.
    pub(crate) fn verdicts(&self) -> &[MonthVerdict] {
        &self.verdicts
    }
}
