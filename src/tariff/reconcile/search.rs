//! The search: bills hypotheses, keeps those that fit, and ranks them.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::evidence::{Evidence, shortest};
use super::trial::{Bench, Trial};
use super::{Hypothesis, NotTried};
use crate::site::Contract;
use crate::tariff::book::to_f64;
use crate::tariff::quantities::BillingQuantities;
use crate::tariff::tariff::Tariff;

/// Hypotheses in the order of how often they are behind a difference (engineering).
const PLAUSIBLE: &[&str] = &[
    "paper_kwh",
    "only_on_paper",
    "multiplier",
    "power_factor_standard",
    "billing_mode",
    "load_factor_discount",
    "overrun_rule",
    "price",
    "capacity_kva",
    "contract_demand_kw",
    "demand_kw",
    "period_absent",
    "period_moved",
    "periods_swapped",
    "reactive_netted",
    "reactive_import_only",
    "power_factor_base",
    "component_absent",
    "value_added_tax",
    "period_kwh",
];

/// Steps of the search for a number.
const MOST_STEPS: usize = 12;
/// Difference of two totals from which their slope is not rounding \[currency\].
const TELLING: f64 = 1.0;

/// What is billed under a hypothesis.
pub(super) struct Variant<'v> {
    pub(super) tariff: Cow<'v, Tariff>,
    pub(super) quantities: Cow<'v, BillingQuantities>,
    pub(super) contract: Cow<'v, Contract>,
    pub(super) scale: Decimal,
}

pub(super) struct Search<'s, 'a> {
    pub(super) bench: &'s Bench<'a>,
    /// With what ranks equals: the chance of a round number, how far another is from what was known.
    pub(super) found: Vec<(f64, Hypothesis)>,
    pub(super) tried: usize,
    pub(super) not_tried: Vec<NotTried>,
}

pub(super) fn facts(pairs: &[(&str, Value)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

impl<'s, 'a> Search<'s, 'a> {
    pub(super) fn new(bench: &'s Bench<'a>) -> Self {
        Self { bench, found: Vec::new(), tried: 0, not_tried: Vec::new() }
    }

    pub(super) fn as_it_stands(&self) -> Variant<'s> {
        Variant {
            tariff: Cow::Borrowed(self.bench.tariff),
            quantities: Cow::Borrowed(self.bench.quantities),
            contract: Cow::Borrowed(self.bench.contract),
            scale: Decimal::ONE,
        }
    }

    pub(super) fn with_quantities(&self, edit: impl Fn(&mut BillingQuantities)) -> Variant<'s> {
        let mut quantities = self.bench.quantities.clone();
        edit(&mut quantities);
        quantities.parts.iter_mut().for_each(edit);
        Variant { quantities: Cow::Owned(quantities), ..self.as_it_stands() }
    }

    pub(super) fn with_contract(&self, edit: impl FnOnce(&mut Contract)) -> Variant<'s> {
        let mut contract = self.bench.contract.clone();
        edit(&mut contract);
        Variant { contract: Cow::Owned(contract), ..self.as_it_stands() }
    }

    fn bill(&self, variant: &Variant<'_>) -> Option<Trial> {
        self.bench.bill(&variant.tariff, &variant.quantities, &variant.contract, variant.scale).ok()
    }

    /// Bills a hypothesis without a free number.
    pub(super) fn try_one(
        &mut self,
        code: &str,
        told: &[(&str, Value)],
        evidence: Evidence,
        may_lack: bool,
        variant: &Variant<'_>,
    ) {
        let Some(trial) = self.bill(variant) else { return };
        if let Some(needs) = needs(self.bench, &trial).filter(|_| !may_lack) {
            self.not_tried.push(NotTried { code: code.to_owned(), facts: facts(told), needs });
            return;
        }
        if trial == self.bench.base && *variant.quantities == *self.bench.quantities {
            return; // it changes nothing
        }
        self.tried += 1;
        if self.bench.fits(&trial, &variant.quantities) {
            self.add(code, facts(told), evidence, &trial, 0.0);
        }
    }

    pub(super) fn add(&mut self, code: &str, facts: Map<String, Value>, evidence: Evidence, trial: &Trial, far: f64) {
        let left = self.bench.left(trial);
        let one = Hypothesis { code: code.to_owned(), facts, evidence, total: trial.total, left };
        self.found.push((far, one));
    }

    /// Solves for one number: two bills make a line, more where it bends.
    pub(super) fn solve<'v>(
        &mut self,
        code: &str,
        told: &[(&str, Value)],
        (first, second): (f64, f64),
        (least, most): (f64, f64),
        with: impl Fn(Decimal) -> Option<Variant<'v>>,
    ) {
        let bench = self.bench;
        let amount = |x: f64| {
            let variant = with(Decimal::try_from(x).ok()?)?;
            let trial = bench.bill(&variant.tariff, &variant.quantities, &variant.contract, variant.scale).ok()?;
            needs(bench, &trial).is_none().then(|| to_f64(bench.amount(&trial)))
        };
        let wanted = to_f64(bench.wanted());
        let tolerance = to_f64(bench.paper.tolerance);
        let (Some(at_first), Some(at_second)) = (amount(first), amount(second)) else { return };
        let mut slope = (at_second - at_first) / (second - first);
        if (at_second - at_first).abs() < TELLING || !slope.is_finite() {
            return; // the bill does not depend on it
        }
        self.tried += 1;
        let (mut x, mut at_x) = (first, at_first);
        for _ in 0..MOST_STEPS {
            let next = x + (wanted - at_x) / slope;
            if !(least..=most).contains(&next) {
                return;
            }
            let Some(at_next) = amount(next) else { return };
            if (at_next - at_x).abs() > TELLING && next != x {
                slope = (at_next - at_x) / (next - x);
            }
            (x, at_x) = (next, at_next);
            if (wanted - at_x).abs() <= tolerance / 10.0 || slope == 0.0 {
                break;
            }
        }
        let half_width = tolerance / slope.abs();
        let (Ok(solved), Ok(width)) = (Decimal::try_from(x), Decimal::try_from(half_width)) else { return };
        let (short, evidence, chance) = shortest(solved, width);
        let Some(variant) = with(short) else { return };
        let Some(trial) = self.bill(&variant) else { return };
        if trial != bench.base && bench.fits(&trial, &variant.quantities) {
            let mut facts = facts(told);
            facts.insert("implied".to_owned(), json!(short.normalize().to_string()));
            facts.insert("plus_minus".to_owned(), json!(half_width));
            let ratio = (to_f64(short).max(1e-12) / first.max(1e-12)).ln().abs();
            let far = if evidence == Evidence::Round { chance } else { ratio };
            self.add(code, facts, evidence, &trial, far);
        }
    }

    /// The hypotheses that fit, the most plausible first, how many were billed, and which could not be.
    pub(super) fn ranked(mut self) -> (Vec<Hypothesis>, usize, Vec<NotTried>) {
        let place = |code: &str| PLAUSIBLE.iter().position(|one| *one == code).unwrap_or(PLAUSIBLE.len());
        self.found.sort_by(|(far_a, a), (far_b, b)| {
            a.evidence
                .cmp(&b.evidence)
                .then(far_a.total_cmp(far_b))
                .then_with(|| (place(&a.code), a.left).cmp(&(place(&b.code), b.left)))
        });
        (self.found.into_iter().map(|(_, one)| one).collect(), self.tried, self.not_tried)
    }
}

pub(super) fn as_of<'v>(bench: &Bench<'v>) -> Variant<'v> {
    Variant {
        tariff: Cow::Borrowed(bench.tariff),
        quantities: Cow::Borrowed(bench.quantities),
        contract: Cow::Borrowed(bench.contract),
        scale: Decimal::ONE,
    }
}

/// What a trial needs that the bill as it stands does not.
fn needs(bench: &Bench<'_>, trial: &Trial) -> Option<String> {
    trial.lacks.iter().find(|one| !bench.base.lacks.contains(one)).map(|one| one.needs.clone())
}
