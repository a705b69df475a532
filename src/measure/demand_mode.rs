//! How the basic charge is billed: capacity, actual demand or contract demand, and which contract.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{Assumption, Case, Level, Measure, Plan};
use crate::error::Result;
use crate::finding::NotDone;
use crate::site::{Contract, DemandBilling};
use crate::tariff::{BasicCharge, BillingQuantities, Certainty};

/// Months before a quarter that a choice of mode needs.
const MIN_EARLIER_MONTHS: usize = 3;
/// Months that a choice looks back on.
const MAX_EARLIER_MONTHS: i64 = 12;

/// Choose the mode of the basic charge each quarter, and the contract demand each month.
///
/// The mode changes at most once a quarter and the contract demand once a month (发改办价格〔2016〕1583号;
/// notice periods of 15 and 5 working days). Each choice is the one with the least mean charge over
/// the up to twelve months before it, and knows nothing later; the first quarter keeps its mode.
#[derive(Clone, Copy, Debug, Default)]
pub struct DemandMode;

impl Measure for DemandMode {
    fn code(&self) -> &'static str {
        "demand_mode"
    }

    fn plan(&self, present: &Case) -> Result<std::result::Result<Box<dyn Plan>, NotDone>> {
        let needs = |needs| Ok(Err(NotDone::new("savings.demand_mode", needs)));
        let contract = present.site().contract();
        let Some(basic) = present.basic_charge() else { return needs("tariff.basic_charge") };
        if contract.demand_billing.is_none() {
            return needs("contract.demand_billing");
        }
        if contract.capacity_kva.is_none() {
            return needs("contract.capacity_kva");
        }
        if present.months().iter().any(|month| month.demand_kw.is_none()) {
            return needs("readings.demand");
        }
        if present.months().len() <= MIN_EARLIER_MONTHS {
            return needs("readings.four_months");
        }
        let is_assumed = basic.demand_certainty >= Certainty::Assumed;
        let assumed_price = is_assumed.then(|| crate::tariff::to_f64(basic.demand_price));
        Ok(Ok(Box::new(QuarterlyChoice { assumed_price })))
    }
}

/// The choice, made anew from the demands of whatever case it is applied to.
struct QuarterlyChoice {
    /// The demand price, where the tariff only assumes it.
    assumed_price: Option<f64>,
}

impl Plan for QuarterlyChoice {
    fn apply(&self, before: &Case) -> Result<Case> {
        let Some(basic) = before.basic_charge() else { return Ok(before.clone()) };
        let demands: Vec<Month> = before.months().iter().filter_map(Month::of).collect();
        if demands.len() != before.months().len() {
            return Ok(before.clone());
        }
        let mut contracts = before.contracts().to_vec();
        let mut chosen = contracts.first().cloned();
        for (at, month) in before.months().iter().enumerate() {
            // By the calendar: months without a bill leave holes.
            let oldest = month.from.saturating_sub(jiff::Span::new().months(MAX_EARLIER_MONTHS));
            let first = before.months().partition_point(|one| one.from < oldest);
            let earlier = &demands[first.min(at)..at];
            let new_quarter = at == 0 || quarter(month.from) != quarter(before.months()[at - 1].from);
            if new_quarter && earlier.len() >= MIN_EARLIER_MONTHS {
                chosen = best_mode(basic, &contracts[at], earlier);
            }
            if let Some(mode) = &chosen
                && earlier.len() >= MIN_EARLIER_MONTHS
            {
                contracts[at] = match mode.demand_billing {
                    Some(DemandBilling::ContractDemand) => best_contract(basic, mode, earlier).0,
                    _ => mode.clone(),
                };
            }
        }
        Ok(before.with_contracts(contracts))
    }

    fn facts(&self, after: &Case) -> Map<String, Value> {
        let by_month = after.months().iter().zip(after.contracts()).map(|(month, contract)| {
            let mode = serde_json::to_value(contract.demand_billing).unwrap_or_default();
            let contract_kw = contract
                .demand_billing
                .filter(|mode| *mode == DemandBilling::ContractDemand)
                .and(contract.contract_demand_kw)
                .map(f64::round);
            let mut row = Map::new();
            row.insert("month".to_owned(), month.from.strftime("%Y-%m").to_string().into());
            row.insert("mode".to_owned(), mode);
            row.insert("contract_demand_kw".to_owned(), contract_kw.into());
            row.insert("demand_kw".to_owned(), month.demand_kw.map(|kw| (kw * 10.0).round() / 10.0).into());
            Value::Object(row)
        });
        let mut facts = Map::new();
        facts.insert("months".to_owned(), Value::Array(by_month.collect()));
        let last = after.contracts().last().and_then(|contract| contract.demand_billing);
        facts.insert("mode".to_owned(), serde_json::to_value(last).unwrap_or_default());
        facts
    }

    fn assumptions(&self) -> Vec<Assumption> {
        let percent = |level: Level| level.demand_margin() * 100.0;
        let mut assumptions = vec![
            Assumption::new("demand_mode.quarters", &[("earlier_months", MIN_EARLIER_MONTHS as f64)]),
            Assumption::new("demand_mode.earlier_months_only", &[]),
            Assumption::new(
                "demand_mode.guard_band",
                &[("central", percent(Level::Central)), ("low", percent(Level::Low)), ("high", percent(Level::High))],
            ),
            Assumption::new("demand_mode.both_overrun_rules", &[]),
        ];
        if let Some(price) = self.assumed_price {
            assumptions.insert(0, Assumption::new("demand_mode.assumed_price", &[("price", price)]));
        }
        assumptions
    }

    /// The best mode of each quarter, with each month's best contract demand, knowing the demands.
    fn hindsight(&self, before: &Case) -> Result<Option<Case>> {
        let Some(basic) = before.basic_charge() else { return Ok(None) };
        let mut contracts = before.contracts().to_vec();
        let months = before.months();
        let mut from = 0;
        while from < months.len() {
            let until = (from..months.len())
                .find(|at| quarter(months[*at].from) != quarter(months[from].from))
                .unwrap_or(months.len());
            let best = modes(&contracts[from])
                .into_iter()
                .filter_map(|mode| {
                    let plans: Vec<Contract> = months[from..until]
                        .iter()
                        .map(|month| match (mode.demand_billing, month.demand_kw) {
                            (Some(DemandBilling::ContractDemand), Some(kw)) => {
                                best_contract(basic, &mode, &[Month { kw, kwh: month.total_kwh() }]).0
                            }
                            _ => mode.clone(),
                        })
                        .collect();
                    let cost: Option<f64> = months[from..until]
                        .iter()
                        .zip(&plans)
                        .map(|(month, plan)| basic.estimate(month.demand_kw?, month.total_kwh(), plan))
                        .sum();
                    Some((cost?, plans))
                })
                .min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, plans)) = best {
                contracts[from..until].clone_from_slice(&plans);
            }
            from = until;
        }
        Ok(Some(before.with_contracts(contracts)))
    }
}

/// What the basic charge of a month depends on.
#[derive(Clone, Copy)]
struct Month {
    kw: f64,
    kwh: f64,
}

impl Month {
    fn of(month: &BillingQuantities) -> Option<Self> {
        Some(Self { kw: month.demand_kw?, kwh: month.total_kwh() })
    }
}

fn quarter(date: Date) -> (i16, i8) {
    (date.year(), (date.month() - 1) / 3)
}

/// The present contract in each of the three modes, the present mode first so that it wins a tie.
fn modes(present: &Contract) -> Vec<Contract> {
    let mut modes = vec![present.clone()];
    for mode in [DemandBilling::Capacity, DemandBilling::ActualDemand, DemandBilling::ContractDemand] {
        if present.demand_billing != Some(mode) {
            let contract_demand_kw = present.contract_demand_kw.or(present.capacity_kva);
            modes.push(Contract { demand_billing: Some(mode), contract_demand_kw, ..present.clone() });
        }
    }
    modes
}

/// The mode with the least mean charge over these demands.
fn best_mode(basic: &BasicCharge, present: &Contract, demands: &[Month]) -> Option<Contract> {
    let mut best: Option<(f64, Contract)> = None;
    for mode in modes(present) {
        let (mode, cost) = match mode.demand_billing {
            Some(DemandBilling::ContractDemand) => best_contract(basic, &mode, demands),
            _ => {
                let cost = mean_charge(basic, &mode, demands);
                (mode, cost)
            }
        };
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, mode));
        }
    }
    best.map(|(_, mode)| mode)
}

/// The contract demand with the least mean charge over these demands; it is one of them, or one of
/// them divided by the overrun share, or the floor, because the charge bends only there.
fn best_contract(basic: &BasicCharge, mode: &Contract, demands: &[Month]) -> (Contract, f64) {
    let share = crate::tariff::to_f64(basic.overrun_share).max(f64::MIN_POSITIVE);
    let floor = crate::tariff::to_f64(basic.contract_floor_share) * mode.capacity_kva.unwrap_or_default();
    let candidates =
        demands.iter().flat_map(|month| [month.kw / share, month.kw]).map(|kw| kw.max(floor)).filter(|kw| *kw > 0.0);
    let mut best = (mode.clone(), f64::INFINITY);
    for contract_demand_kw in candidates {
        // A contract is declared in whole kW; rounding up keeps the demand inside it.
        let contract = Contract { contract_demand_kw: Some(contract_demand_kw.ceil()), ..mode.clone() };
        let cost = mean_charge(basic, &contract, demands);
        if cost < best.1 {
            best = (contract, cost);
        }
    }
    best
}

fn mean_charge(basic: &BasicCharge, contract: &Contract, demands: &[Month]) -> f64 {
    let sum: Option<f64> = demands.iter().map(|month| basic.estimate(month.kw, month.kwh, contract)).sum();
    sum.map_or(f64::INFINITY, |sum| sum / demands.len() as f64)
}
