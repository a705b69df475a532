//! A peak that the meter never had: `quality.historical_maximum` where the highest value of a month is more than
//! `ratio` times that of the month before.
//!
//! Only months with `min_days` whole days, in the readings or in the earlier ones. Low: a new machine does it too.
//! Evidence: `month`, `peak_kw`, `reference_month`, `reference_peak_kw`, `ratio`.

use super::months::{MonthLoad, comparable};
use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::Channel;

const RATIO: Number = Number {
    lowest: 1.0,
    ..Number::new("ratio", 2.0, "peak over the peak of the month before (historical maximum, table of the rules)")
};
const MIN_DAYS: Number = Number::new("min_days", 20.0, "whole days that a month needs (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "historical_maximum",
    looks_at: "highest power of each month against the month before",
    on: true,
    numbers: &[RATIO, MIN_DAYS],
    source: "historical-maximum check of meter-data systems",
    codes: &["quality.historical_maximum"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    if prepared.scan(Channel::IMPORT_KWH).is_none() {
        return Err("readings.import_kwh");
    }
    let months = comparable(prepared, numbers.get(&MIN_DAYS));
    let follows = |pair: &&[MonthLoad]| pair[1].is_own && pair[1].number() == pair[0].number() + 1;
    let kw = |month: &MonthLoad| month.highest_kwh / month.step_h;
    let pairs: Vec<_> = months
        .windows(2)
        .filter(follows)
        .filter(|pair| kw(&pair[0]) > 0.0 && pair[0].step_h == pair[1].step_h)
        .collect();
    if pairs.is_empty() {
        return Err("readings.two_months");
    }
    let finding = |pair: &[MonthLoad]| {
        Finding::new("quality.historical_maximum", Severity::Low)
            .at(pair[1].start, pair[1].end)
            .with("month", pair[1].label())
            .with("peak_kw", kw(&pair[1]))
            .with("reference_month", pair[0].label())
            .with("reference_peak_kw", kw(&pair[0]))
            .with("ratio", kw(&pair[1]) / kw(&pair[0]))
    };
    let odd = pairs.into_iter().filter(|pair| kw(&pair[1]) / kw(&pair[0]) > numbers.get(&RATIO));
    Ok(odd.map(finding).collect())
}
