//! One site end to end: completeness, profile, findings, bills, savings, and what could not be done.

use std::sync::Arc;

use serde::Serialize;

use crate::error::Result;
use crate::finding::{Finding, NotDone, Span};
use crate::profile::{self, Basis, Profile};
use crate::quality::{self, Completeness, MonthVerdict, Quality, Subject};
use crate::readings::{Channel, Provenance, Series};
use crate::savings::{Savings, savings_from};
use crate::site::{Contract, Site};
use crate::tariff::{Billable, BillingOptions, Bills, Tariff, price_findings};
use crate::{anomaly, time};

/// Version of the JSON of a diagnosis; it changes when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// What a diagnosis can be told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Of the profile.
    pub profile: profile::Settings,
    /// Of the detectors.
    pub anomaly: anomaly::Settings,
}

/// What is known of the site that was diagnosed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SiteSummary {
    /// Name.
    pub name: Option<String>,
    /// Span of the readings.
    pub span: Span,
    /// Step \[s\].
    pub step_s: i64,
    /// Number of intervals.
    pub readings: usize,
    /// Zone.
    pub zone: String,
    /// Channels that were measured.
    pub channels: Vec<String>,
    /// Calendar.
    pub calendar: String,
    /// Contract.
    pub contract: Contract,
    /// Whether the readings were made by the simulator.
    pub simulated: bool,
    /// Share of the import energy's values that are estimates, the source's or those asked for, 0 to 1.
    pub estimated_share: f64,
    /// Imported energy that rests on them \[kWh\].
    pub estimated_kwh: f64,
    /// How the readings were read.
    pub provenance: Provenance,
}

/// A diagnosis, ready to be shown or written as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Version of this JSON.
    pub schema: u32,
    /// Version of wattlens.
    pub wattlens: &'static str,
    /// Version of the time zone data.
    pub tzdb: &'static str,
    /// Settings.
    pub settings: Settings,
    /// Site.
    pub site: SiteSummary,
    /// Completeness of the import energy, by month.
    pub completeness: Vec<Completeness>,
    /// What each month of the import energy is good for, and why not.
    pub verdicts: Vec<MonthVerdict>,
    /// Load profile.
    pub profile: Profile,
    /// Findings, the gravest first, then by time.
    pub findings: Vec<Finding>,
    /// Bills; `None` without a tariff.
    pub bills: Option<Bills>,
    /// Savings; `None` without a tariff.
    pub savings: Option<Savings>,
    /// What could not be done, and what it would need.
    pub not_done: Vec<NotDone>,
}

/// Diagnoses one site. Without a tariff there is no money in it, and it says so.
///
/// # Errors
/// A tariff that cannot be used for these readings, settings out of range. Odd readings are no
/// error: they are Findings, and numbers that cannot be known are absent.
///
/// ```
/// use std::sync::Arc;
/// use wattlens::diagnosis::{Settings, diagnose};
/// use wattlens::simulate;
/// use wattlens::site::{Contract, Site};
/// let (plant, faults) = simulate::demo();
/// let calendar = simulate::demo_calendar();
/// let simulation = simulate::simulate(&plant, &calendar, &faults)?;
/// let site = Site::new(Some("Demo".into()), Arc::new(simulation.readings), calendar, Contract::default())?;
/// let diagnosis = diagnose(&site, None, &Settings::default())?;
/// assert!(diagnosis.site.simulated && diagnosis.bills.is_none());
/// assert!(diagnosis.not_done.iter().any(|one| one.needs == "tariff"));
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn diagnose(site: &Site, tariff: Option<&Tariff>, settings: &Settings) -> Result<Diagnosis> {
    settings.profile.check()?;
    let readings = site.readings();
    let axis = readings.axis();
    let mut not_done = Vec::new();
    if site.calendar().holidays.is_empty() {
        not_done.push(NotDone::new("day_types.holidays", "calendar"));
    }

    let quality = check(site);
    let basis = Arc::new(Basis::of_verdicts(site, quality.verdicts));
    let mut findings = with_anomalies(site, settings, quality.findings);
    let (bills, savings) = match tariff {
        None => {
            not_done.extend(["bill", "savings", "findings.amount"].map(|task| NotDone::new(task, "tariff")));
            (None, None)
        }
        Some(_) if readings.series(Channel::IMPORT_KWH).is_none() => {
            not_done.extend(["bill", "savings"].map(|task| NotDone::new(task, "readings.import_kwh")));
            (None, None)
        }
        Some(tariff) => {
            price_findings(&mut findings, site, tariff)?;
            let billable = Billable::of(tariff, site, &BillingOptions::default(), basis.verdicts())?
                .with_candidates(tariff, site)?;
            let bills = tariff.bill_periods(&billable, site.contract())?;
            let savings = savings_from(site, tariff, &billable.quantities, &basis)?;
            for lacking in bills.bills.iter().flat_map(|bill| &bill.not_done).chain(&savings.not_done) {
                if !not_done.contains(lacking) {
                    not_done.push(lacking.clone());
                }
            }
            if bills.bills.is_empty() {
                not_done.push(NotDone::new("bill", "readings.whole_month"));
            }
            (Some(bills), Some(savings))
        }
    };
    let profile = profile::profile_from(site, &basis, &settings.profile);
    if profile.power_factor.is_none() && readings.series(Channel::IMPORT_KVARH).is_none() {
        not_done.push(NotDone::new("profile.power_factor", "readings.import_kvarh"));
    }
    if profile.operating.is_none() {
        not_done.push(NotDone::new("profile.operating_hours", "readings.closed_hours"));
    }

    let estimated = readings.estimated(Channel::IMPORT_KWH);
    Ok(Diagnosis {
        schema: SCHEMA,
        wattlens: env!("CARGO_PKG_VERSION"),
        tzdb: time::tzdb_version(),
        settings: settings.clone(),
        site: SiteSummary {
            name: site.name.clone(),
            span: Span { start: axis.start(), end: axis.end() },
            step_s: axis.step_s(),
            readings: if readings.all_series().is_empty() { 0 } else { axis.len() },
            zone: axis.zone().name().to_owned(),
            channels: readings.all_series().iter().map(|one| one.channel().name().to_owned()).collect(),
            calendar: site.calendar().name.clone(),
            contract: site.contract().clone(),
            simulated: readings.is_simulated(),
            estimated_share: estimated.share,
            estimated_kwh: estimated.total,
            provenance: readings.provenance().clone(),
        },
        completeness: quality.completeness,
        verdicts: basis.verdicts().to_vec(),
        profile,
        findings,
        bills,
        savings,
        not_done,
    })
}

/// Every Finding about a site: what the reader found, what the calendar leaves open, quality and
/// anomalies. The gravest first, then by time; no money yet.
#[must_use]
pub fn find(site: &Site, settings: &Settings) -> Vec<Finding> {
    with_anomalies(site, settings, check(site).findings)
}

fn check(site: &Site) -> Quality {
    quality::check(&Subject::of_site(site), &quality::Settings::default())
}

/// What the rules of quality have named already: the meter's own faults are told once.
const TOLD_BY_QUALITY: [&str; 4] =
    ["anomaly.flat_run", "anomaly.gap_catch_up", "anomaly.register_glitch", "anomaly.stuck_value"];

fn with_anomalies(site: &Site, settings: &Settings, quality: Vec<Finding>) -> Vec<Finding> {
    let unsound: Vec<Span> = quality.iter().filter(|one| quality::is_unsound(one)).filter_map(|one| one.span).collect();
    let is_told = |one: &Finding| {
        let of_meter = TOLD_BY_QUALITY.contains(&one.code.as_str());
        one.span.is_some_and(|span| {
            let shared = |of: &Span| 2 * (of.end.min(span.end) - of.start.max(span.start)) > span.end - span.start;
            of_meter && unsound.iter().any(shared)
        })
    };
    let mut findings = anomalies(site, settings, None);
    findings.retain(|one| !is_told(one));
    findings.extend(site.calendar_findings());
    findings.extend(quality);
    quality::sort(&mut findings);
    findings
}

/// What deviates from an expectation, of none the robust seasonal one; the gravest first, then by time; no money yet.
///
/// An estimate cannot be unusual: it is taken for missing.
#[must_use]
pub fn find_anomalies(site: &Site, settings: &Settings, expected: Option<&anomaly::Expected>) -> Vec<Finding> {
    let mut findings = anomalies(site, settings, expected);
    quality::sort(&mut findings);
    findings
}

fn anomalies(site: &Site, settings: &Settings, expected: Option<&anomaly::Expected>) -> Vec<Finding> {
    let load_kw = judged_load_kw(site);
    anomaly::find(site, &load_kw, expected, &settings.anomaly)
}

/// The expectation that the anomalies of a site are judged against.
#[must_use]
pub fn expected(site: &Site) -> anomaly::Expected {
    anomaly::seasonal(site, &judged_load_kw(site))
}

/// The load without estimates, the source's as well as those asked for.
fn judged_load_kw(site: &Site) -> Vec<f64> {
    let readings = site.readings();
    let mut load_kw = readings.load_kw();
    let flags = readings.series(Channel::IMPORT_KWH).map(Series::flags).unwrap_or_default();
    for (kw, _) in load_kw.iter_mut().zip(flags).filter(|(_, flag)| flag.is_estimated()) {
        *kw = f64::NAN;
    }
    load_kw
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::{Flag, Series};
    use crate::simulate::{demo, demo_calendar, simulate};

    /// Codes of the anomalies of the demo with its spike measured, or estimated by the source.
    fn codes(flag: Flag) -> Vec<String> {
        let (plant, faults) = demo();
        let simulation = simulate(&plant, &demo_calendar(), &faults).unwrap();
        let readings = &simulation.readings;
        let spike = find_anomalies(&site(readings.clone()), &Settings::default(), None)
            .into_iter()
            .find_map(|one| one.span.filter(|_| one.code == "anomaly.spike"))
            .unwrap();
        let series = readings.all_series().iter().map(|one| {
            let mut flags = one.flags().to_vec();
            flags[readings.axis().range(spike.start, spike.end)].fill(flag);
            Series::with_flags(one.channel(), one.values().to_vec(), flags)
        });
        let changed = readings.with_series(series.collect()).unwrap();
        find_anomalies(&site(changed), &Settings::default(), None).into_iter().map(|one| one.code).collect()
    }

    fn site(readings: crate::readings::Readings) -> Site {
        Site::new(None, Arc::new(readings), demo_calendar(), Contract::default()).unwrap()
    }

    #[test]
    fn an_estimate_is_no_anomaly() {
        let of_spike = |flag| codes(flag).iter().filter(|code| *code == "anomaly.spike").count();
        assert_eq!((of_spike(Flag::Measured), of_spike(Flag::Substituted), of_spike(Flag::LikeDay)), (1, 0, 0));
    }
}
