//! Tariff registers that do not add up to the total (示值不平): `quality.tariff_registers` where
//! |total − sum of the tariff registers| is above `limit` a tariff register.
//!
//! Never less than one last digit a register, which truncation takes. A difference that never changes was there from the
//! beginning, as after a new tariff period: low (`constant`); one that grows is medium. One Finding a channel. Evidence:
//! `series` (the total), `registers`, `stamps` above the limit, `of`, `worst_difference`, `first_difference`,
//! `last_difference`, `limit` (all in the register's unit), `constant`. `kwh`: what the total counted more, the multiplier in it.

use std::collections::BTreeMap;

use super::last_digit;
use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::{Period, Quantity, SpanKind, SpanSeries};

const LIMIT: Number =
    Number::new("limit", 0.1, "difference a tariff register, in its unit (Chinese metering practice, recalled)");

pub(super) const RULE: Rule = Rule {
    name: "tariff_registers",
    looks_at: "sum of the registers by tariff period against the total register",
    on: true,
    numbers: &[LIMIT],
    source: "register totals (示值不平), |total − sum| > 0.1 n (recalled)",
    codes: &["quality.tariff_registers"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let registers = || prepared.readings().spans().0.iter().filter(|series| series.kind == SpanKind::Register);
    let (mut found, mut judged) = (Vec::new(), false);
    for total in registers().filter(|series| series.period == Period::Total) {
        let of_same = |one: &&SpanSeries| one.channel.measures_same(total.channel) && one.period != Period::Total;
        let parts: Vec<&SpanSeries> = registers().filter(of_same).collect();
        if parts.len() < 2 {
            continue;
        }
        judged = true;
        found.extend(of_total(total, &parts, numbers));
    }
    if judged { Ok(found) } else { Err("readings.tariff_registers") }
}

fn of_total(total: &SpanSeries, parts: &[&SpanSeries], numbers: &Numbers) -> Option<Finding> {
    let mut sums: BTreeMap<i64, (f64, usize)> = BTreeMap::new();
    for value in parts.iter().flat_map(|part| &part.values).filter(|one| !one.value.is_nan()) {
        let sum = sums.entry(value.span.end).or_default();
        *sum = (sum.0 + value.value, sum.1 + 1);
    }
    let differences: Vec<(i64, f64)> = total
        .values
        .iter()
        .filter(|one| !one.value.is_nan())
        .filter_map(|one| {
            let (sum, count) = sums.get(&one.span.end)?;
            (*count == parts.len()).then_some((one.span.end, one.value - sum))
        })
        .collect();
    let digit = last_digit(total.values.iter().chain(parts.iter().flat_map(|part| &part.values)).map(|one| one.value));
    // A digit of noise from adding decimals must not decide.
    let limit = numbers.get(&LIMIT).max(digit) * parts.len() as f64 * (1.0 + 1e-9);
    let above = || differences.iter().filter(|(_, by)| by.abs() > limit);
    let (first, last) = (above().next()?, above().next_back()?);
    let worst = above().map(|(_, by)| *by).reduce(|a, b| if b.abs() > a.abs() { b } else { a })?;
    let all = || differences.iter().map(|(_, by)| *by);
    let (from, to) = (differences.first()?.1, differences.last()?.1);
    let constant = all().fold(f64::NEG_INFINITY, f64::max) - all().fold(f64::INFINITY, f64::min) <= limit;
    let finding = Finding::new("quality.tariff_registers", if constant { Severity::Low } else { Severity::Medium })
        .at(first.0, last.0)
        .with("series", total.name())
        .with("registers", parts.len())
        .with("stamps", above().count())
        .with("of", differences.len())
        .with("worst_difference", worst)
        .with("first_difference", from)
        .with("last_difference", to)
        .with("limit", limit)
        .with("constant", constant);
    let is_active = total.channel.quantity == Quantity::ActiveEnergy;
    Some(if is_active { finding.kwh((to - from) * total.multiplier) } else { finding })
}
