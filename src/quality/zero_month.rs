//! A month without energy: `quality.zero_month` where every value of import energy of a local month is zero, or its daily
//! energies are, or its register stands still, while the meter is not zero all along.
//!
//! Only months of which `min_days` are there, with half of their readings at least; a run of zeros within such a month is
//! `zero_run`'s too. Medium. Evidence: `channel` (of the readings) or `series` (of the spans) as `source`, `month`.

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Period, SpanKind, SpanSeries};
use crate::time::{DAY_S, Month};

const MIN_DAYS: Number = Number::new("min_days", 20.0, "days of the month that have to be there (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "zero_month",
    looks_at: "months of import energy, daily energies and registers without any",
    on: true,
    numbers: &[MIN_DAYS],
    source: "zero-consumption rule of meter-data systems",
    codes: &["quality.zero_month"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let readings = prepared.readings();
    let scan = prepared.scan(Channel::IMPORT_KWH);
    let spans: Vec<&SpanSeries> = [SpanKind::Energy, SpanKind::Register]
        .into_iter()
        .filter_map(|kind| readings.spans().series(Channel::IMPORT_KWH, kind, Period::Total))
        .collect();
    if scan.is_none() && spans.is_empty() {
        return Err("readings.import_kwh");
    }
    let min_days = numbers.get(&MIN_DAYS);
    let mut found = Vec::new();
    for month in readings.local().months() {
        let finding = |source: &str| {
            Finding::new("quality.zero_month", Severity::Medium)
                .at(month.start, month.end)
                .with("source", source)
                .with("month", month.label())
        };
        let load = prepared.days().and_then(|days| days.0.get(month.days.clone()));
        if let (Some(scan), Some(days)) = (scan, load)
            && !scan.is_all_zero()
        {
            let halves = days.iter().zip(readings.local().days().iter().skip(month.days.start));
            let there = halves.filter(|(day, calendar)| 2 * day.present >= calendar.expected).count();
            let is_zero = |day: &super::days::DayLoad| day.present == 0 || (day.top[0] == 0.0 && day.kwh == 0.0);
            if there as f64 >= min_days && there > 0 && days.iter().all(is_zero) {
                found.push(finding(scan.one.channel().name()));
            }
        }
        found.extend(
            spans.iter().filter(|series| stands(series, month, min_days)).map(|series| finding(&series.name())),
        );
    }
    Ok(found)
}

/// Whether a series shows nothing over most of a month, and something elsewhere.
fn stands(series: &SpanSeries, month: &Month, min_days: f64) -> bool {
    let there = || series.values.iter().filter(|one| !one.value.is_nan());
    let within = || there().filter(|one| one.span.start >= month.start && one.span.end <= month.end);
    let (Some(first), Some(last)) = (within().next(), within().next_back()) else { return false };
    let days = (last.span.end - first.span.start) as f64 / DAY_S as f64;
    let is_even = |one: f64| if series.kind == SpanKind::Register { first.value == one } else { one == 0.0 };
    days > 0.0 && days >= min_days && within().all(|one| is_even(one.value)) && !there().all(|one| is_even(one.value))
}
