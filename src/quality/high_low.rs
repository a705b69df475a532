//! More power than the supply can give: `quality.high_low` where the mean power of an interval is above the limit.
//!
//! The limit is the supply's, where it is given; else `capacity_ratio` times the transformer capacity; else
//! `contract_ratio` times the contract demand, which is 40 % of the capacity at least. What lies below the low
//! limit, zero, is the matter of `negative_import`.
//!
//! One Finding a channel from the first to the last such interval, high. Evidence: `channel`, `intervals`,
//! `highest_kw`, `limit_kw`, `basis` (`supply`, `capacity` or `contract`). `kwh`: the energy above the limit.

use super::over;
use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Phase, Quantity, Series};
use crate::time::TimeAxis;

const CAPACITY_RATIO: Number =
    Number::new("capacity_ratio", 1.5, "limit over transformer capacity (high-limit rule, table of the rules)");
const CONTRACT_RATIO: Number =
    Number::new("contract_ratio", 3.75, "limit over contract demand: 1.5 / 40 % (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "high_low",
    looks_at: "mean power of each interval against supply, capacity or contract",
    on: true,
    numbers: &[CAPACITY_RATIO, CONTRACT_RATIO],
    source: "high/low demand limit of meter-data systems",
    codes: &["quality.high_low"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let subject = prepared.subject;
    let capacity = subject.capacity_kva.map(|kva| (kva * numbers.get(&CAPACITY_RATIO), "capacity"));
    let contract = subject.contract_demand_kw.map(|kw| (kw * numbers.get(&CONTRACT_RATIO), "contract"));
    let supply = subject.supply_limit_kw.map(|kw| (kw, "supply"));
    let Some((limit_kw, basis)) = supply.or(capacity).or(contract) else { return Err("contract.capacity_kva") };
    let power = Channel::mean(Quantity::ActivePower, Phase::Total);
    let channels = [Channel::IMPORT_KWH, power].into_iter().filter_map(|channel| prepared.scan(channel));
    let above = channels.filter(|scan| scan.highest > limit_kw * hours_of(prepared.axis(), scan.one));
    Ok(above.filter_map(|scan| of_channel(prepared.axis(), scan.one, limit_kw, basis)).collect())
}

/// What a value is divided by to be power.
fn hours_of(axis: &TimeAxis, one: &Series) -> f64 {
    if one.channel().quantity.is_energy() { axis.step_h() } else { 1.0 }
}

fn of_channel(axis: &TimeAxis, one: &Series, limit_kw: f64, basis: &str) -> Option<Finding> {
    let per = hours_of(axis, one);
    let excess_kw = || one.values().iter().map(|value| value / per - limit_kw).enumerate().filter(|(_, kw)| *kw > 0.0);
    let first = excess_kw().next()?.0;
    let last = excess_kw().next_back()?.0;
    Some(
        over(axis, &(first..last + 1), "quality.high_low", Severity::High)
            .with("channel", one.channel().name())
            .with("intervals", excess_kw().count())
            .with("highest_kw", excess_kw().map(|(_, kw)| kw + limit_kw).fold(0.0, f64::max))
            .with("limit_kw", limit_kw)
            .with("basis", basis)
            .kwh(excess_kw().map(|(_, kw)| kw * axis.step_h()).sum()),
    )
}
