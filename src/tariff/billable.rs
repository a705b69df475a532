//! Which periods of a site can be billed, from which quantities, and why the others cannot.

use super::bill::{NotBilled, label};
use super::billing_periods::{BillingPeriod, BillingPeriods, billing_periods};
use super::gaps::{Fill, Gaps};
use super::measuring::Layouts;
use super::metering::Metering;
use super::options::{BillingOptions, MissingReadings};
use super::quantities::BillingQuantities;
use super::tariff::Tariff;
use crate::error::Result;
use crate::quality::{MonthVerdict, USABLE_SHARE, Verdict, is_sound};
use crate::readings::{Channel, Series};
use crate::site::Site;

/// Quantities of the periods that can be billed, and the periods that cannot.
pub(crate) struct Billable {
    /// The periods, one for each of `quantities`.
    pub(crate) periods: Vec<BillingPeriod>,
    pub(crate) quantities: Vec<BillingQuantities>,
    /// Per period what its bill is bounded by; empty where no reading is missing.
    pub(crate) candidates: Vec<Vec<BillingQuantities>>,
    pub(crate) not_billed: Vec<NotBilled>,
}

impl Billable {
    /// `verdicts` are those of the site's readings; they decide which periods are billed.
    ///
    /// # Errors
    /// As [`Tariff::bill_site`].
    pub(crate) fn of(
        tariff: &Tariff,
        site: &Site,
        options: &BillingOptions,
        verdicts: &[MonthVerdict],
    ) -> Result<Self> {
        let readings = site.readings();
        let days = readings.local().days();
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            tariff.check_usable(first.date, last.date.tomorrow().unwrap_or(last.date))?;
        }
        let import = readings.series(Channel::IMPORT_KWH).map(Series::whole);
        let mut periods = Vec::new();
        let mut not_billed = Vec::new();
        let mut refuse = |period: &BillingPeriod, present: usize, reason: &str| {
            not_billed.push(NotBilled {
                label: label(period.from, period.until),
                reason: reason.to_owned(),
                missing_share: 1.0 - present as f64 / period.expected.max(1) as f64,
            });
        };
        for period in billing_periods(tariff, readings, &options.periods)? {
            let kwh = import.as_ref().map_or(&[][..], |kwh| &kwh[period.range.clone()]);
            let present = kwh.iter().filter(|kwh| !kwh.is_nan()).count();
            let mut months = verdicts.iter().filter(|month| {
                days[period.days.clone()].iter().any(|day| day.start < month.end && day.end > month.start)
            });
            let reason = if options.periods == BillingPeriods::Months {
                months.find_map(|month| reason(month, options.missing.is_some()))
            } else {
                let enough = present as f64 >= USABLE_SHARE * period.expected as f64;
                let own = match () {
                    () if !period.is_whole => Some("partial_month"),
                    () if enough || options.missing.is_some() => None,
                    () => Some("missing_readings"),
                };
                // A month's own gaps say nothing of a period of other dates; what leaves its energy open does.
                let is_open = |reason: &&str| matches!(*reason, "negative_import" | "open_finding" | "not_sound");
                own.or_else(|| months.filter_map(|month| reason(month, false)).find(is_open))
            };
            let is_missing = present < period.expected;
            let refused = (options.missing == Some(MissingReadings::Refuse) && is_missing) || present == 0;
            match reason.or(refused.then_some("missing_readings")) {
                None if period.is_whole => periods.push(period),
                None => {}
                Some(reason) => refuse(&period, present, reason),
            }
        }
        let layouts = Layouts::new(site, tariff)?;
        let metering = Metering::new(tariff, site.contract(), &layouts, readings)?;
        let mut quantities = metering.measure(&periods)?;
        if options.missing == Some(MissingReadings::Proportional) {
            let gaps = Gaps::of(readings, tariff, &layouts, &periods)?;
            let filled = gaps.filled(Fill::Mean)?;
            for at in (0..periods.len()).rev().filter(|at| gaps.unknown[*at]) {
                let kept = quantities.remove(at);
                let period = periods.remove(at);
                let present = (1.0 - kept.missing_share) * period.expected as f64;
                refuse(&period, present.round() as usize, "missing_readings");
            }
            let estimated = Metering::new(tariff, site.contract(), &layouts, &filled)?.measure(&periods)?;
            let measured = std::mem::replace(&mut quantities, estimated);
            for (one, measured) in quantities.iter_mut().zip(measured) {
                one.keep_missing(&measured);
            }
            not_billed.sort_by(|a, b| a.label.cmp(&b.label));
        }
        if let Some(first) = quantities.first_mut() {
            first.carried = options.carried.clone();
        }
        Ok(Self { candidates: vec![Vec::new(); periods.len()], periods, quantities, not_billed })
    }
}

/// The gravest reason for which a month cannot be billed, as a code of its own; where a policy for missing readings is
/// named, they are none.
fn reason(month: &MonthVerdict, missing_are_billed: bool) -> Option<&'static str> {
    if month.billing.verdict != Verdict::Unusable {
        return None;
    }
    let reasons = &month.billing.reasons;
    let finding = reasons.iter().find(|one| one.code == "verdict.finding");
    let has = |code: &str| reasons.iter().any(|one| one.code == code);
    let enough = month.present as f64 >= USABLE_SHARE * month.expected as f64;
    match finding.and_then(|one| one.facts.get("finding")).and_then(|code| code.as_str()) {
        _ if has("verdict.partial_month") => Some("partial_month"),
        Some("quality.negative_import") => Some("negative_import"),
        Some(_) => Some("open_finding"),
        None if enough || (missing_are_billed && !is_sound(month.present, month.sound)) => Some("not_sound"),
        None => (!missing_are_billed).then_some("missing_readings"),
    }
}
