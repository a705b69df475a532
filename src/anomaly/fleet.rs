//! A meter that departs from its peers: what a season, a holiday or the market does to all of them is not its own.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::expected::MIN_DAYS;
use crate::finding::{Finding, Severity};
use crate::site::Site;
use crate::stats;

/// Fewest peers with a value of the day: a median of fewer follows single meters (engineering).
const MIN_PEERS: usize = 3;
/// A day is read with at least this share of its readings (engineering).
const MIN_PRESENT: f64 = 0.5;
/// Days of the mean that has to depart (engineering: single days are for the detectors of one meter).
const WINDOW_DAYS: usize = 7;
/// Departure of the mean of a week, in spreads of such means …
const DEPARTS_Z: f64 = 6.0;
/// … and at least this share of the usual energy (engineering).
const DEPARTS_SHARE: f64 = 0.20;
/// Shares below this are no operation, and logarithms of nothing (engineering).
const LEAST_SHARE: f64 = 0.02;
/// Spread of a meter against its peers, at least this share (engineering).
const LEAST_SIGMA: f64 = 0.03;

/// Energy and share of the usual, of every day that is read.
type Days = BTreeMap<Date, (f64, f64)>;

/// `anomaly.departs_from_peers`: stretches of a week and more in which the energy of a site departs from that of the others.
///
/// Every day's energy is taken as a share of the median of the site's own days of that kind (worked, weekend, holiday),
/// and compared with the median share of the other sites on the same date, as a logarithm; days with under half of their
/// readings are left out, and so are dates with fewer than three other sites. A site departs where the mean over seven
/// such days lies six robust spreads of such means and 20 % from what is usual for it. The answer is the place of the site and the Finding,
/// whose kWh are against the site's usual energy as its peers moved. With fewer than four sites, or fewer than two weeks of days,
/// nothing is found. Source: engineering; comparison across a group of series as in outlier detection of families of meters.
///
/// ```
/// use std::sync::Arc;
/// use wattlens::anomaly::departures;
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::site::{Contract, Site};
/// use wattlens::time::{Calendar, TimeAxis, Zone};
/// // Five meters of which the third uses half as much again in its last three weeks.
/// let site = |more: f64| {
///     let axis = TimeAxis::new(1_704_038_400, 3600, 24 * 84, Zone::named("Asia/Shanghai")?)?;
///     let kwh = (0..24 * 84).map(|hour| if hour < 24 * 63 { 50.0 } else { 50.0 * more }).collect();
///     let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, kwh)])?;
///     Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default())
/// };
/// let sites = [site(1.0)?, site(1.0)?, site(1.5)?, site(1.0)?, site(1.0)?];
/// let found = departures(&sites.iter().collect::<Vec<_>>());
/// assert_eq!(found.len(), 1);
/// assert_eq!((found[0].0, found[0].1.code.as_str()), (2, "anomaly.departs_from_peers"));
/// assert!((found[0].1.evidence["change_share"].as_f64().unwrap() - 0.5).abs() < 0.01);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn departures(sites: &[&Site]) -> Vec<(usize, Finding)> {
    let of_sites: Vec<Days> = sites.iter().map(|site| shares(site)).collect();
    let mut found = Vec::new();
    for (place, site) in sites.iter().enumerate() {
        let mut others = Vec::new();
        // Date, energy, usual energy as the peers moved, and the logarithm between.
        let mut days: Vec<(Date, f64, f64, f64)> = Vec::new();
        for (date, (kwh, share)) in &of_sites[place] {
            others.clear();
            let peers = of_sites.iter().enumerate().filter(|(other, _)| *other != place);
            others.extend(peers.filter_map(|(_, of)| of.get(date)).map(|(_, share)| *share));
            if others.len() >= MIN_PEERS
                && let Some(peers) = stats::median(&mut others)
            {
                let apart = share.max(LEAST_SHARE).ln() - peers.max(LEAST_SHARE).ln();
                days.push((*date, *kwh, kwh / share.max(LEAST_SHARE) * peers, apart));
            }
        }
        found.extend(stretches(site, &days).into_iter().map(|finding| (place, finding)));
    }
    found
}

/// Energy of every day that is read, and its share of the median day of its kind.
fn shares(site: &Site) -> Days {
    let load_kw = site.readings().load_kw();
    let days = site.readings().local().days();
    let mut energies: Vec<Option<f64>> = Vec::with_capacity(days.len());
    for day in days {
        let present: Vec<f64> = load_kw[day.range.clone()].iter().copied().filter(|kw| !kw.is_nan()).collect();
        let read = present.len() as f64 >= MIN_PRESENT * day.expected as f64 && !present.is_empty();
        energies.push(read.then(|| present.iter().sum::<f64>() / present.len() as f64 * 24.0));
    }
    let mut shares = Days::new();
    for kind in crate::time::DayType::ALL {
        let of_kind = |day: usize| site.day_types()[day] == kind;
        let mut kwh: Vec<f64> = (0..days.len()).filter(|day| of_kind(*day)).filter_map(|day| energies[day]).collect();
        let Some(usual) = stats::median(&mut kwh).filter(|usual| *usual > 0.0) else { continue };
        for day in (0..days.len()).filter(|day| of_kind(*day)) {
            if let Some(kwh) = energies[day] {
                shares.insert(days[day].date, (kwh, kwh / usual));
            }
        }
    }
    shares
}

fn stretches(site: &Site, days: &[(Date, f64, f64, f64)]) -> Vec<Finding> {
    if days.len() < MIN_DAYS {
        return Vec::new();
    }
    let means: Vec<f64> =
        days.windows(WINDOW_DAYS).map(|week| week.iter().map(|day| day.3).sum::<f64>() / WINDOW_DAYS as f64).collect();
    let mut sorted = means.clone();
    let Some(center) = stats::median(&mut sorted) else { return Vec::new() };
    let sigma = stats::robust_sigma(&mut sorted, center).unwrap_or(0.0).max(LEAST_SIGMA);
    let departs = |at: usize| {
        let apart: f64 = means[at] - center;
        let share = apart.exp_m1();
        (apart.abs() > DEPARTS_Z * sigma && share.abs() > DEPARTS_SHARE).then_some(apart > 0.0)
    };
    let mut findings = Vec::new();
    let mut at = 0;
    while at < means.len() {
        let Some(up) = departs(at) else {
            at += 1;
            continue;
        };
        let from = at;
        while at < means.len() && departs(at) == Some(up) {
            at += 1;
        }
        let mut stretch = &days[from..at - 1 + WINDOW_DAYS];
        // The first and last windows reach into ordinary days: half of the departure is the edge.
        let half = means[from..at].iter().map(|mean| (mean - center).abs()).fold(0.0, f64::max) / 2.0;
        let is_apart = |day: &(Date, f64, f64, f64)| (day.3 - center) * if up { 1.0 } else { -1.0 } > half;
        while let [first, rest @ ..] = stretch
            && !is_apart(first)
        {
            stretch = rest;
        }
        while let [rest @ .., last] = stretch
            && !is_apart(last)
        {
            stretch = rest;
        }
        findings.extend(finding(site, stretch, center, half * 2.0 / sigma / DEPARTS_Z));
    }
    findings
}

fn finding(site: &Site, stretch: &[(Date, f64, f64, f64)], center: f64, strength: f64) -> Option<Finding> {
    let of = |date: Date| site.readings().local().days().iter().find(|day| day.date == date);
    let (first, last) = (of(stretch.first()?.0)?, of(stretch.last()?.0)?);
    let observed: f64 = stretch.iter().map(|day| day.1).sum();
    let expected: f64 = stretch.iter().map(|day| day.2 * center.exp()).sum();
    let mut finding = Finding::new("anomaly.departs_from_peers", Severity::Medium)
        .at(first.start, last.end)
        .with("site", site.name.clone())
        .with("days", stretch.len())
        .with("change_share", observed / expected - 1.0)
        .with("up", observed > expected)
        .with("observed_kwh", observed)
        .with("expected_kwh", expected)
        .kwh(observed - expected);
    finding.confidence = super::event::confidence(strength);
    Some(finding)
}
