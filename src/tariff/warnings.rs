//! What a tariff itself gives cause to check: listed prices that its factors contradict, and what is not verified.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use super::account::month_label;
use super::component::Charge;
use super::sheet::{Certainty, Component};
use super::tariff::{Tariff, VersionInForce};
use crate::finding::{Finding, Severity};

impl Tariff {
    /// What to check before relying on the tariff, as findings without span.
    ///
    /// `tariff.absolute_price`: a price that is listed for a period and another one by the period's factor or by the
    /// sum of its parts, compared at the listed price's decimals. The listed price is billed. `tariff.unverified`: a
    /// component or a schedule whose source is contradicted, out of date or not confirmed.
    ///
    /// ```
    /// // The table of Hubei lists a peak price that is not 1.5 times what floats.
    /// let tariff = wattlens::tariff::load("cn-hubei-two-part-110kv-2026-01")?;
    /// let odd = tariff.warnings().into_iter().find(|one| one.code == "tariff.absolute_price").unwrap();
    /// assert_eq!((&odd.evidence["period"], &odd.evidence["listed"]), (&"peak".into(), &"0.809061".into()));
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for version in self.versions() {
            let from = version.in_force.from.to_string();
            for schedule in &self.sheet().versions[version.at].schedules {
                if schedule.certainty == Certainty::Unverified {
                    findings.push(unverified(&schedule.id, &schedule.source, &from));
                }
            }
            for component in self.components(version) {
                if component.certainty == Certainty::Unverified {
                    findings.push(unverified(&component.id, &component.source, &from));
                }
                findings.extend(disagreements(component, version));
            }
        }
        findings
    }
}

fn unverified(what: &str, source: &str, from: &str) -> Finding {
    Finding::new("tariff.unverified", Severity::Medium).with("what", what).with("source", source).with("from", from)
}

/// The listed prices of a component that its factors or parts contradict.
fn disagreements(component: &Component, version: &VersionInForce) -> Vec<Finding> {
    let month = || month_label(version.in_force.from);
    let pairs: BTreeMap<&str, (Decimal, Decimal)> = match &component.charge {
        Charge::Energy(energy) if energy.floats => {
            let Some(price) = energy.by_month.get(&month()).copied().or(energy.price) else { return Vec::new() };
            let factors = version.factors(energy.schedule.as_deref());
            let listed = energy.by_period.iter();
            listed.filter_map(|(period, one)| Some((period.as_str(), (*one, price * factors?.get(period)?)))).collect()
        }
        Charge::ComposedEnergy(composed) if !composed.has_other_parts => {
            let floats = composed.parts.iter().any(|part| part.floats);
            let factors = version.factors(composed.schedule.as_deref());
            let is_told = |period: &String| !floats || factors.is_some_and(|factors| factors.contains_key(period));
            let listed = composed.listed.iter().filter_map(|(period, price)| Some((period, (*price)?)));
            listed
                .filter(|(period, _)| is_told(period))
                .filter_map(|(period, one)| {
                    Some((period.as_str(), (one, composed.sum_of_parts(version, &month, period)?)))
                })
                .collect()
        }
        _ => return Vec::new(),
    };
    let found = pairs.into_iter().filter_map(|(period, (listed, composed))| {
        let composed = composed.round_dp_with_strategy(listed.scale(), RoundingStrategy::MidpointAwayFromZero);
        (listed != composed).then(|| {
            Finding::new("tariff.absolute_price", Severity::Low)
                .with("component", component.id.as_str())
                .with("period", period)
                .with("listed", listed.to_string())
                .with("composed", composed.to_string())
                .with("difference", (listed - composed).to_string())
                .with("from", version.in_force.from.to_string())
        })
    });
    found.collect()
}
