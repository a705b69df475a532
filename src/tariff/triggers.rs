//! Days that are known only when they come: announced ones, and hot ones from daily maximum temperatures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::sheet::{Certainty, Trigger};
use super::tariff::{Given, Tariff, VersionInForce, fail};
use crate::error::{Result, nearest};

impl Tariff {
    /// The same tariff with the days of a trigger worked out from daily maximum temperatures \[°C\].
    ///
    /// The trigger holds on a day when it and the days before it, as many as the trigger says, reached its
    /// temperature. A day of which that cannot be told, because a temperature lacks, is not taken for a cool one:
    /// billing readings of such a day is refused.
    ///
    /// # Errors
    /// A trigger that the tariff does not have, or whose days are announced; a temperature that is no number.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// let tariff = wattlens::tariff::load("cn-guangdong-two-part-1-10kv-2026-08")?;
    /// let celsius = BTreeMap::from([("2026-10-01".parse()?, 35.0), ("2026-10-02".parse()?, 34.9)]);
    /// let hot = tariff.with_daily_maximum("hot_day", &celsius)?;
    /// let days = &hot.given().event_days["hot_day"];
    /// assert_eq!(days.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-10-01"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_daily_maximum(&self, trigger: &str, celsius: &BTreeMap<Date, f64>) -> Result<Self> {
        let bad = |problem: String| fail(&self.sheet().id, Some(format!("triggers.{trigger}")), problem);
        let triggers = &self.sheet().triggers;
        let Some(found) = triggers.iter().find(|one| one.id == trigger) else {
            let ids = triggers.iter().map(|one| one.id.as_str());
            let near = nearest(trigger, ids.clone());
            let list = if near.is_empty() { ids.collect::<Vec<_>>().join(", ") } else { near.join(", ") };
            return Err(bad(format!("is no trigger here; there are: {list}")));
        };
        let Some(least) = found.at_least_celsius else {
            return Err(bad(format!(
                "its days are announced, not told by temperatures; give them with with_event_days({trigger}=[…])"
            )));
        };
        if let Some((date, value)) = celsius.iter().find(|(_, value)| !value.is_finite()) {
            return Err(bad(format!(
                "found {value} °C on {date}, expected a temperature; leave out what is not known"
            )));
        }
        let mut event_days = BTreeSet::new();
        let mut known_days = BTreeSet::new();
        for date in celsius.keys() {
            // A later day can be known to be none from an earlier one, so the days after each are asked too.
            for later in 0..i32::from(found.consecutive_days.max(1)) {
                let Ok(day) = date.checked_add(jiff::Span::new().days(later)) else { continue };
                match holds_on(day, found, least, celsius) {
                    Some(true) => {
                        event_days.insert(day);
                        known_days.insert(day);
                    }
                    Some(false) => {
                        known_days.insert(day);
                    }
                    None => {}
                }
            }
        }
        let mut given: Given = self.given().clone();
        given.event_days.insert(trigger.to_owned(), event_days);
        given.known_days.insert(trigger.to_owned(), known_days);
        self.with_given(given)
    }

    /// Triggers that overlays of the version in force wait for are known on every day of `[from, until)` on which
    /// they could matter.
    ///
    /// # Errors
    /// The first day of which it is not known, and how to give it.
    pub(crate) fn check_triggers(&self, from: Date, until: Date) -> Result<()> {
        let schedules = &self.sheet().versions[self.version_on(from).at].schedules;
        for rule in schedules.iter().flat_map(|schedule| &schedule.overlays) {
            let Some(id) = &rule.trigger else { continue };
            let is_known = |date: &Date| {
                self.given().event_days.contains_key(id)
                    && self.given().known_days.get(id).is_none_or(|known| known.contains(date))
            };
            let days = from.series(jiff::Span::new().days(1)).take_while(|date| *date < until);
            let Some(unknown) = days.filter(|date| rule.is_in_season(*date)).find(|date| !is_known(date)) else {
                continue;
            };
            let trigger = self.sheet().triggers.iter().find(|one| one.id == *id);
            let by_temperature = match trigger.and_then(|one| Some((one.at_least_celsius?, one.consecutive_days))) {
                Some((_, days)) if days > 1 => format!(
                    "give the daily maximum temperatures, those of the {} days before it too, with \
                     with_daily_maximum({id}={{\"{unknown}\": °C, …}}), or the days ",
                    days - 1
                ),
                Some(_) => format!(
                    "give the daily maximum temperatures with with_daily_maximum({id}={{\"{unknown}\": °C, …}}), or the \
                     days "
                ),
                None => "give the days ".to_owned(),
            };
            return Err(fail(
                &self.sheet().id,
                Some(format!("triggers.{id}")),
                format!(
                    "whether it holds on {unknown} is not known; {by_temperature}with with_event_days({id}=[\"{unknown}\", \
                     …]), an empty list where there were none"
                ),
            ));
        }
        Ok(())
    }

    /// How certain it is which period of a version a time belongs to; `None` without schedules.
    pub(crate) fn periods_certainty(&self, version: &VersionInForce) -> Option<Certainty> {
        self.sheet().versions[version.at].schedules.iter().map(|schedule| schedule.certainty).max()
    }
}

/// Whether a trigger holds on a day; `None` where the temperatures do not tell.
fn holds_on(day: Date, trigger: &Trigger, least: f64, celsius: &BTreeMap<Date, f64>) -> Option<bool> {
    let mut holds = Some(true);
    for before in 0..i32::from(trigger.consecutive_days.max(1)) {
        let value = day.checked_sub(jiff::Span::new().days(before)).ok().and_then(|date| celsius.get(&date));
        match value {
            Some(value) if *value < least => return Some(false),
            Some(_) => {}
            None => holds = None,
        }
    }
    holds
}
