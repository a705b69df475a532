//! A hypothesis billed: its figures beside those of the paper.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{PaperBill, PaperLine};
use crate::error::Result;
use crate::finding::NotDone;
use crate::site::Contract;
use crate::tariff::charge::charge;
use crate::tariff::quantities::BillingQuantities;
use crate::tariff::tariff::Tariff;

/// Largest difference of energies that counts as none \[kWh\]: paper bills are rounded to whole kWh.
const SAME_KWH: f64 = 1.0;

pub(super) fn same_energy(ours: f64, paper: f64) -> bool {
    (ours - paper).abs() <= SAME_KWH
}

/// What billing a hypothesis comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trial {
    pub(super) total: Decimal,
    /// For each line of the paper, the sum of the lines that it means; `None` where there is none.
    pub(super) lines: Vec<Option<Decimal>>,
    pub(super) lacks: Vec<NotDone>,
}

/// What is compared, and the bill as it stands.
pub(super) struct Bench<'a> {
    pub(super) tariff: &'a Tariff,
    pub(super) quantities: &'a BillingQuantities,
    pub(super) contract: &'a Contract,
    pub(super) paper: &'a PaperBill,
    pub(super) base: Trial,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        tariff: &'a Tariff,
        quantities: &'a BillingQuantities,
        contract: &'a Contract,
        paper: &'a PaperBill,
    ) -> Result<Self> {
        let base = bill(tariff, quantities, contract, paper, Decimal::ONE)?;
        Ok(Self { tariff, quantities, contract, paper, base })
    }

    /// Bills something else, every amount multiplied by `scale`.
    pub(super) fn bill(
        &self,
        tariff: &Tariff,
        quantities: &BillingQuantities,
        contract: &Contract,
        scale: Decimal,
    ) -> Result<Trial> {
        bill(tariff, quantities, contract, self.paper, scale)
    }

    /// Largest difference to an amount of the paper.
    pub(super) fn left(&self, trial: &Trial) -> Decimal {
        let total = self.paper.total.map(|paper| (paper - trial.total).abs());
        let lines = self.paper.lines.iter().zip(&trial.lines);
        let lines = lines.map(|(paper, ours)| (paper.amount - ours.unwrap_or_default()).abs());
        total.into_iter().chain(lines).max().unwrap_or_default()
    }

    /// Whether every figure of the paper is met.
    pub(super) fn fits(&self, trial: &Trial, quantities: &BillingQuantities) -> bool {
        let kwh = |period: &String| quantities.kwh.get(period).copied().unwrap_or_default();
        self.left(trial) <= self.paper.tolerance
            && self.paper.kwh.iter().all(|(period, paper)| same_energy(kwh(period), *paper))
    }

    /// The one amount by which a number is solved for: the total, or what is known of the lines.
    pub(super) fn amount(&self, trial: &Trial) -> Decimal {
        match self.paper.total {
            Some(_) => trial.total,
            None => trial.lines.iter().flatten().sum(),
        }
    }

    /// What that amount is on paper.
    pub(super) fn wanted(&self) -> Decimal {
        self.paper.total.unwrap_or_else(|| self.paper.lines.iter().map(|line| line.amount).sum())
    }
}

fn bill(
    tariff: &Tariff,
    quantities: &BillingQuantities,
    contract: &Contract,
    paper: &PaperBill,
    scale: Decimal,
) -> Result<Trial> {
    let mut lines: Vec<Option<Decimal>> = vec![None; paper.lines.len()];
    let mut lacks = Vec::new();
    let mut total = Decimal::ZERO;
    let means = |line: &PaperLine, component: &str, period: Option<&str>| {
        line.component == component && (line.period.is_none() || line.period.as_deref() == period)
    };
    charge(
        tariff,
        quantities,
        contract,
        &mut |one| {
            let amount = if scale == Decimal::ONE {
                one.amount
            } else {
                (one.amount_unrounded * scale).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
            };
            total += amount;
            for (line, sum) in paper.lines.iter().zip(&mut lines) {
                if means(line, &one.component.id, one.period) {
                    *sum = Some(sum.unwrap_or_default() + amount);
                }
            }
        },
        &mut |lacking| lacks.push(lacking),
    )?;
    Ok(Trial { total, lines, lacks })
}
