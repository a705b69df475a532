//! A month unlike the one it is compared with: `quality.usage_change` where the mean daily energy of a month differs
//! from that of the same month a year before by more than `most_change`; from the month before where there is no
//! year before.
//!
//! Mean daily energy, so that months of 28 and 31 days compare; only months with `min_days` whole days, in the readings
//! or in the earlier ones. Low: it asks for a reason. Evidence: `month`, `daily_kwh`, `reference_month`,
//! `reference_daily_kwh`, `change` (a share, negative for less).

use super::months::{MonthLoad, comparable};
use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::Channel;

const MOST_CHANGE: Number =
    Number::new("most_change", 0.5, "|change| of the mean daily energy (high/low usage, table of the rules)");
const MIN_DAYS: Number = Number::new("min_days", 20.0, "whole days that a month needs (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "usage_change",
    looks_at: "mean daily energy of each month against last year's or last month's",
    on: true,
    numbers: &[MOST_CHANGE, MIN_DAYS],
    source: "high/low usage check of meter-data systems, by average daily use",
    codes: &["quality.usage_change"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    if prepared.scan(Channel::IMPORT_KWH).is_none() {
        return Err("readings.import_kwh");
    }
    let months = comparable(prepared, numbers.get(&MIN_DAYS));
    let reference = |month: &MonthLoad| {
        let before = |distance: i32| months.iter().find(|one| one.number() == month.number() - distance);
        before(12).or_else(|| before(1)).filter(|reference| reference.daily_kwh > 0.0)
    };
    let pairs: Vec<_> =
        months.iter().filter(|month| month.is_own).filter_map(|month| Some((month, reference(month)?))).collect();
    if pairs.is_empty() {
        return Err("readings.two_months");
    }
    let change = |(month, reference): &(&MonthLoad, &MonthLoad)| month.daily_kwh / reference.daily_kwh - 1.0;
    let odd = pairs.iter().filter(|pair| change(pair).abs() > numbers.get(&MOST_CHANGE));
    let finding = |pair: &(&MonthLoad, &MonthLoad)| {
        Finding::new("quality.usage_change", Severity::Low)
            .at(pair.0.start, pair.0.end)
            .with("month", pair.0.label())
            .with("daily_kwh", pair.0.daily_kwh)
            .with("reference_month", pair.1.label())
            .with("reference_daily_kwh", pair.1.daily_kwh)
            .with("change", change(pair))
    };
    Ok(odd.map(finding).collect())
}
