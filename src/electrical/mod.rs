//! Dangers: rules on voltages, currents, powers and equipment, one rule a file; every limit is data of a standard.
//!
//! A rule looks at interval readings. Meters wait 60 s before they note an event; here one interval beyond a limit warns and
//! two on end alarm, where the standard says nothing else, and an event ends beyond a limit of its own, so that a value at the
//! limit is one event. A missing interval is never flagged and ends an event: nothing is claimed of it. Where two rules fit, the
//! graver names the interval: interruption, loss of all phases, loss of voltage, phase failure, under- or over-voltage, and
//! then the band of the standard; loss of current before unbalance; swapped phases before a reversed current transformer, that before reverse power, and all of these
//! before a wrong ratio and differing powers; an overload before a heavy load. What a meter in error shows is no light load and no
//! drop.
//!
//! Limits, durations and severities stand in a [`Standard`] (`cn`, `eu`, `us`), each with its source and how sure it is;
//! [`Settings`] change any of them in one line. What a rule lacks is told in [`Electrical::not_run`].
//!
//! # JSON of an [`Electrical`]
//!
//! ```json
//! {
//!   "standard": {"name": "cn", "version": "1", "title": "…", "changed": ["over_voltage.begins_above_share"]},
//!   "rules": {"over_voltage": {"on": true, "warning": "medium", "alarm": "high", "figures":
//!              {"begins_above_share": {"value": 1.15, "unit": "share", "source": "…", "mark": "seen"}}}},
//!   "findings": [{"code": "electrical.over_voltage", "severity": "high", "span": {"start": 0, "end": 1800},
//!                 "evidence": {"phase": "phase_l1", "worst": 270.0, "limit": 253.0, "hours": 0.5}, "kwh": null, "amount": null}],
//!   "not_run": [{"task": "electrical.over_current", "needs": "supply.maximum_current_a"}]
//! }
//! ```
//!
//! # Evidence
//!
//! Every Finding has `worst` and `limit` in the same unit, `limit_name`, `limit_source` and `limit_mark` of the figure that was
//! passed, and all `figures` of its rule. Episodes also have `phase` (null where all are meant), `start` (local), `hours`,
//! `intervals`, `alarm`, and, on the last of twenty, `others` and `others_hours`. Currents are judged by their amount.

mod all_phase_loss;
mod clock_error;
mod ct_reversed;
mod current_break;
mod current_unbalance;
mod demand_over_limit;
mod energy_balance;
mod episode;
mod identity;
mod interruption;
mod loss_of_current;
mod loss_of_voltage;
mod low_power_factor;
mod neutral_above_phase;
mod neutral_current;
mod over_compensation;
mod over_current;
mod over_voltage;
mod overload;
mod phase_failure;
mod phase_sum;
mod phases_swapped;
mod power_cancelled;
mod power_factor_event;
mod power_identity;
mod prepared;
mod reverse_power;
mod rule;
mod runaway_meter;
mod standard;
mod stopped_meter;
mod sustained_drop;
mod transformer_heavy;
mod transformer_light;
mod transformer_over;
mod unbalance;
mod under_voltage;
mod voltage_deviation;
mod voltage_qualification;
mod voltage_unbalance;
mod voltage_unbalance_event;
mod wrong_ratio;

pub use rule::Rule;
pub use standard::{Figure, Mark, Settings, Standard, StandardRule, standards};

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::finding::{Finding, NotDone};
use crate::quality;
use crate::site::Site;
use prepared::{Claims, Prepared};
use rule::Run;

/// Every rule; where two fit, the earlier names the interval.
pub static RULES: &[Rule] = &[
    interruption::RULE,
    all_phase_loss::RULE,
    loss_of_voltage::RULE,
    phase_failure::RULE,
    under_voltage::RULE,
    over_voltage::RULE,
    voltage_deviation::RULE,
    voltage_qualification::RULE,
    voltage_unbalance::RULE,
    voltage_unbalance_event::RULE,
    loss_of_current::RULE,
    current_break::RULE,
    over_current::RULE,
    current_unbalance::RULE,
    neutral_current::RULE,
    neutral_above_phase::RULE,
    phases_swapped::RULE,
    ct_reversed::RULE,
    reverse_power::RULE,
    power_cancelled::RULE,
    overload::RULE,
    wrong_ratio::RULE,
    power_identity::RULE,
    phase_sum::RULE,
    energy_balance::RULE,
    stopped_meter::RULE,
    runaway_meter::RULE,
    clock_error::RULE,
    power_factor_event::RULE,
    low_power_factor::RULE,
    over_compensation::RULE,
    demand_over_limit::RULE,
    transformer_over::RULE,
    transformer_heavy::RULE,
    transformer_light::RULE,
    sustained_drop::RULE,
];

/// The standard that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StandardUsed {
    /// `cn`, `eu` or `us`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is made of.
    pub title: String,
    /// Figures and switches that a user changed, ascending.
    pub changed: Vec<String>,
}

/// What endangers a site by its readings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Electrical {
    /// The standard.
    pub standard: StandardUsed,
    /// Every rule with its figures as they were used.
    pub rules: BTreeMap<String, StandardRule>,
    /// What the rules found, the gravest first, then by time.
    pub findings: Vec<Finding>,
    /// Rules that did not run, and what they need.
    pub not_run: Vec<NotDone>,
}

/// All rules over a site, under a standard with a user's changes.
///
/// Missing intervals are never flagged. A rule that lacks a channel or something of the supply is in
/// [`Electrical::not_run`] with what it needs; nothing is guessed but the nominal voltage, and that only where the voltages are
/// near the standard's.
///
/// # Errors
/// A standard, rule or figure that does not exist, with near names; a value without a meaning.
///
/// ```
/// use std::sync::Arc;
/// use wattlens::electrical::{Settings, check};
/// use wattlens::readings::{Channel, Phase, Quantity, Readings, Series};
/// use wattlens::site::{Contract, Site};
/// use wattlens::time::{Calendar, TimeAxis, Zone};
/// let axis = TimeAxis::new(0, 900, 96, Zone::named("Asia/Shanghai")?)?;
/// let mut volts = vec![229.0; 96];
/// volts[40..44].fill(270.0);
/// let readings = Readings::new(axis, vec![Series::new(Channel::mean(Quantity::Voltage, Phase::L1), volts)])?;
/// let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default())?;
/// let electrical = check(&site, &Settings::of("cn"))?;
/// assert_eq!(electrical.findings[0].code, "electrical.over_voltage");
/// assert_eq!(electrical.findings[0].evidence["hours"], 1.0);
/// assert!(electrical.not_run.iter().any(|one| one.needs == "readings.current"));
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn check(site: &Site, settings: &Settings) -> Result<Electrical> {
    let standard = settings.resolve()?;
    let prepared = Prepared::of(site, &standard);
    let mut claims = Claims::default();
    let (mut findings, mut not_run) = (Vec::new(), Vec::new());
    for rule in RULES {
        let found = match standard.rules.get(rule.name) {
            Some(of_standard) if of_standard.on => {
                let mut run = Run { rule, standard: of_standard, prepared: &prepared, claims: &mut claims };
                (rule.run)(&mut run)
            }
            _ => Err("electrical.switched_on"),
        };
        match found {
            Ok(found) => findings.extend(found),
            Err(needs) => not_run.push(NotDone::new(&format!("electrical.{}", rule.name), needs)),
        }
    }
    quality::sort(&mut findings);
    let mut changed: Vec<String> = settings.limits.keys().chain(&settings.off).cloned().collect();
    changed.sort_unstable();
    changed.dedup();
    Ok(Electrical {
        standard: StandardUsed { name: standard.name, version: standard.version, title: standard.title, changed },
        rules: standard.rules,
        findings,
        not_run,
    })
}

#[cfg(test)]
mod tests;
