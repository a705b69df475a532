//! A bill against the paper bill: line by line, and which single unknown would explain the difference.
//!
//! Every hypothesis is billed again by the same engine. What fits is listed with how much it had to be given: a
//! reading of the contract has no free number, a solved price always meets one total and proves nothing.

mod evidence;
mod prices;
mod search;
mod solve;
mod trial;
mod unknowns;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use evidence::Evidence;
pub use solve::{PricedBill, SolvedPrice, SolvedPrices, solve_prices};

use super::quantities::BillingQuantities;
use super::tariff::{Tariff, fail};
use crate::error::{Result, nearest};
use crate::site::Contract;
use trial::Bench;

/// Largest difference to real bills that rounded unit prices leave, of a total and of a line \[currency\]:
/// the two Xiamen bills of August 2025 stay within it.
const TOLERANCE: Decimal = Decimal::from_parts(10, 0, 0, false, 2);

fn tolerance() -> Decimal {
    TOLERANCE
}

/// One amount of a paper bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperLine {
    /// Component of the tariff, or a name of one's own for a charge that the tariff does not have.
    pub component: String,
    /// Period; the sum over the component's lines where left out.
    #[serde(default)]
    pub period: Option<String>,
    /// Amount \[currency\].
    pub amount: Decimal,
}

/// What is read off a paper bill; often only the total is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperBill {
    /// Total \[currency\].
    #[serde(default)]
    pub total: Option<Decimal>,
    /// Lines that are known.
    #[serde(default)]
    pub lines: Vec<PaperLine>,
    /// Energy by period \[kWh\], where it is known.
    #[serde(default)]
    pub kwh: BTreeMap<String, f64>,
    /// Largest difference that counts as none, of a total and of a line \[currency\].
    #[serde(default = "tolerance")]
    pub tolerance: Decimal,
}

impl Default for PaperBill {
    fn default() -> Self {
        Self { total: None, lines: Vec::new(), kwh: BTreeMap::new(), tolerance: TOLERANCE }
    }
}

/// One figure of both bills.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Component; `None` for the total.
    pub component: Option<String>,
    /// Period, where the figure is of one.
    pub period: Option<String>,
    /// As billed here; `None` where this bill has no such line.
    pub ours: Option<Decimal>,
    /// As on paper; `None` where it was not given.
    pub paper: Option<Decimal>,
    /// paper − ours, where both are there.
    pub difference: Option<Decimal>,
    /// Whether they agree within the tolerance; `None` where one is absent.
    pub agrees: Option<bool>,
}

/// Energy of a period on both bills \[kWh\].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparedEnergy {
    /// Period.
    pub period: String,
    /// As billed here.
    pub ours: f64,
    /// As on paper.
    pub paper: f64,
    /// Whether they agree within 1 kWh, to which paper bills are rounded.
    pub agrees: bool,
}

/// One unknown that would explain the difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// What it is, e.g. `price`, `multiplier`, `power_factor_standard`.
    pub code: String,
    /// Its facts, ready for JSON and for the sentence `reconcile.<code>`; money and prices are decimal text.
    pub facts: Map<String, Value>,
    /// How much it had to be given to fit.
    pub evidence: Evidence,
    /// The total under it \[currency\].
    pub total: Decimal,
    /// Largest difference that it leaves to a figure of the paper \[currency\].
    pub left: Decimal,
}

/// A hypothesis that could not be billed, and what that would need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotTried {
    /// Code of the hypothesis.
    pub code: String,
    /// Its facts.
    pub facts: Map<String, Value>,
    /// One of [`crate::finding::NEEDS`].
    pub needs: String,
}

/// What comparing comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every figure that was given agrees.
    Agrees,
    /// One unknown without a free number explains the difference.
    One,
    /// Several do; the figures given cannot tell them apart.
    Several,
    /// Only numbers that were solved for do: one of them always meets one total.
    OnlySolved,
    /// No single unknown that was tried does.
    Unexplained,
}

/// A bill against a paper bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Label of the bill, `2025-08`.
    pub label: String,
    /// Tariff.
    pub tariff: String,
    /// ISO 4217 code.
    pub currency: String,
    /// What it comes to.
    pub outcome: Outcome,
    /// The total, then every line.
    pub compared: Vec<Compared>,
    /// Energy by period, where the paper gives it.
    pub energy: Vec<ComparedEnergy>,
    /// Names on paper that are no component of the tariff, each with the nearest that are.
    pub not_in_tariff: BTreeMap<String, Vec<String>>,
    /// Figures of the paper that a hypothesis has to meet.
    pub figures: usize,
    /// What would explain the difference, the most plausible first; empty where the bills agree.
    pub hypotheses: Vec<Hypothesis>,
    /// How many were billed.
    pub tried: usize,
    /// What could not be.
    pub not_tried: Vec<NotTried>,
    /// Largest difference that counts as none \[currency\].
    pub tolerance: Decimal,
}

/// Compares the bill of quantities with a paper bill, and looks for the single unknown behind the difference.
///
/// Tried are: each price (solved), a wrong multiplier, energy of a period that is absent, moved, swapped or solved,
/// the power-factor standard, its base and netted reactive energy, the overrun rule, billing mode, capacity,
/// demand and contract demand, the load-factor discount, a component that is absent, and value-added tax (13 %
/// for CNY). A hypothesis fits where every figure of the paper is met within the tolerance.
///
/// # Errors
/// A paper without any figure, a tolerance that is not positive; whatever [`Tariff::bill`] refuses.
///
/// ```
/// use wattlens::tariff::{BillingQuantities, Outcome, PaperBill, load, reconcile};
/// let tariff = load("example-flat")?;
/// let quantities = BillingQuantities {
///     from: "2024-01-01".parse()?,
///     until: "2024-02-01".parse()?,
///     kwh: [("all".to_owned(), 1000.0)].into(),
///     ..BillingQuantities::default()
/// };
/// let contract = wattlens::site::Contract::default();
/// let ours = tariff.bill(&quantities, &contract)?.total;
/// // The paper counts half the energy.
/// let half = BillingQuantities { kwh: [("all".to_owned(), 500.0)].into(), ..quantities.clone() };
/// let paper = PaperBill { total: Some(tariff.bill(&half, &contract)?.total), ..PaperBill::default() };
/// let found = reconcile(&tariff, &quantities, &contract, &paper)?;
/// assert_eq!(found.compared[0].ours, Some(ours));
/// assert!(found.hypotheses.iter().any(|one| one.code == "multiplier" && one.facts["ratio"] == "1/2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn reconcile(
    tariff: &Tariff,
    quantities: &BillingQuantities,
    contract: &Contract,
    paper: &PaperBill,
) -> Result<Reconciliation> {
    if paper.total.is_none() && paper.lines.is_empty() && paper.kwh.is_empty() {
        let problem = "gives neither a total nor lines nor kwh; expected at least one figure to compare with";
        return Err(fail(&tariff.sheet().id, Some("paper".to_owned()), problem.to_owned()));
    }
    if paper.tolerance <= Decimal::ZERO {
        let problem = format!("found {}, expected more than zero: amounts are rounded to 0.01", paper.tolerance);
        return Err(fail(&tariff.sheet().id, Some("paper.tolerance".to_owned()), problem));
    }
    let bill = tariff.bill(quantities, contract)?;
    let bench = Bench::new(tariff, quantities, contract, paper)?;
    let compared = compare(&bill.lines, bill.total, paper);
    let energy = compare_energy(quantities, paper);
    let agrees = bench.fits(&bench.base, quantities) && energy.iter().all(|one| one.agrees);
    let (hypotheses, tried, not_tried) = if agrees { (Vec::new(), 0, Vec::new()) } else { unknowns::look_for(&bench) };
    let unfree = hypotheses.iter().filter(|one| one.evidence <= Evidence::Listed).count();
    let outcome = match unfree {
        _ if agrees => Outcome::Agrees,
        0 if hypotheses.is_empty() => Outcome::Unexplained,
        0 => Outcome::OnlySolved,
        1 => Outcome::One,
        _ => Outcome::Several,
    };
    let ids: Vec<&str> =
        tariff.components_between(quantities.from, quantities.until).map(|one| one.id.as_str()).collect();
    let unknown = paper.lines.iter().filter(|line| !ids.contains(&line.component.as_str()));
    Ok(Reconciliation {
        label: bill.label,
        tariff: bill.tariff,
        currency: bill.currency,
        outcome,
        compared,
        energy,
        not_in_tariff: unknown
            .map(|line| (line.component.clone(), nearest(&line.component, ids.iter().copied())))
            .collect(),
        figures: usize::from(paper.total.is_some()) + paper.lines.len() + paper.kwh.len(),
        hypotheses,
        tried,
        not_tried,
        tolerance: paper.tolerance,
    })
}

/// The total, every line of the bill summed by component or by period as the paper has it, and lines that only the
/// paper has.
fn compare(lines: &[super::Line], total: Decimal, paper: &PaperBill) -> Vec<Compared> {
    let row = |component: Option<&str>, period: Option<&str>, ours: Option<Decimal>, on_paper: Option<Decimal>| {
        let difference = on_paper.zip(ours).map(|(paper, ours)| paper - ours);
        Compared {
            component: component.map(str::to_owned),
            period: period.map(str::to_owned),
            ours,
            paper: on_paper,
            difference,
            agrees: difference.map(|difference| difference.abs() <= paper.tolerance),
        }
    };
    let mut rows = vec![row(None, None, Some(total), paper.total)];
    let mut of_lines: Vec<(&str, Option<&str>, Decimal)> = Vec::new();
    for line in lines {
        let by_period = paper.lines.iter().any(|one| one.component == line.component && one.period.is_some());
        let period = line.period.as_deref().filter(|_| by_period);
        match of_lines.iter_mut().find(|(component, of, _)| *component == line.component && *of == period) {
            Some((_, _, amount)) => *amount += line.amount,
            None => of_lines.push((&line.component, period, line.amount)),
        }
    }
    for (component, period, amount) in &of_lines {
        let same = |one: &&PaperLine| one.component == *component && one.period.as_deref() == *period;
        let on_paper = paper.lines.iter().find(same).map(|one| one.amount);
        rows.push(row(Some(component), *period, Some(*amount), on_paper));
    }
    for line in &paper.lines {
        let is_there = of_lines.iter().any(|(one, of, _)| *one == line.component && *of == line.period.as_deref());
        if !is_there {
            // A sum beside single periods of the same component.
            let same = of_lines.iter().filter(|(one, ..)| *one == line.component && line.period.is_none());
            let ours = same.map(|(.., amount)| *amount).reduce(|sum, amount| sum + amount);
            rows.push(row(Some(&line.component), line.period.as_deref(), ours, Some(line.amount)));
        }
    }
    rows
}

fn compare_energy(quantities: &BillingQuantities, paper: &PaperBill) -> Vec<ComparedEnergy> {
    let of_period = |(period, on_paper): (&String, &f64)| {
        let ours = quantities.kwh.get(period).copied().unwrap_or_default();
        ComparedEnergy { period: period.clone(), ours, paper: *on_paper, agrees: trial::same_energy(ours, *on_paper) }
    };
    paper.kwh.iter().map(of_period).collect()
}
