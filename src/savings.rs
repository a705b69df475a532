//! Savings in money: each measure as the difference of two bills by the same engine, with a range.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::finding::NotDone;
use crate::measure::{self, Assumption, Case, Level, Plan};
use crate::profile::Basis;
use crate::site::{OverrunRule, Site};
use crate::tariff::{Billable, BillingOptions, BillingQuantities, Tariff};

/// An amount of money with its range, low ≤ central ≤ high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Range {
    /// What nearly every site reaches.
    pub low: Decimal,
    /// The number to name.
    pub central: Decimal,
    /// What is possible.
    pub high: Decimal,
}

impl Range {
    /// Range over scenarios; the central one is named, the ends are the extremes of all.
    fn over(central: Decimal, all: impl Iterator<Item = Decimal>) -> Self {
        all.fold(Self { low: central, central, high: central }, |range, amount| Self {
            low: range.low.min(amount),
            high: range.high.max(amount),
            ..range
        })
    }

    fn a_month(self, months: usize) -> Self {
        let share = |amount: Decimal| (amount / Decimal::from(months.max(1))).round_dp(2);
        Self { low: share(self.low), central: share(self.central), high: share(self.high) }
    }
}

/// What one measure saves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureSaving {
    /// Code of the measure.
    pub code: String,
    /// What has to be done, in numbers.
    pub facts: Map<String, Value>,
    /// Saving of each billed month, the measure alone.
    pub by_month: Vec<Range>,
    /// Sum over the billed months.
    pub total: Range,
    /// Mean month.
    pub a_month: Range,
    /// What the stack of all measures loses without this one, over the billed months.
    pub marginal: Range,
    /// What perfect foresight would save over the billed months; never to be promised.
    pub hindsight: Option<Decimal>,
    /// What the range rests on.
    pub assumptions: Vec<Assumption>,
}

/// Savings of a site under a tariff.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Savings {
    /// Tariff.
    pub tariff: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The billed months, `2018-01` …
    pub months: Vec<String>,
    /// Whether they are twelve on end: then the totals are a year's.
    pub is_year: bool,
    /// Whether the tariff was billed outside its dates in force, as if it were in force.
    pub assumed_in_force: bool,
    /// The bills before, by month, with the guard band on a demand that is billed.
    pub before: Vec<Decimal>,
    /// Sum of `before`.
    pub before_total: Decimal,
    /// Applicable measures, largest central saving first.
    pub measures: Vec<MeasureSaving>,
    /// All applicable measures together, by month.
    pub stacked_by_month: Vec<Range>,
    /// All applicable measures together.
    pub stacked: Range,
    /// Mean month of all together.
    pub stacked_a_month: Range,
    /// Measures that the site's data cannot carry, and what they need.
    pub not_done: Vec<NotDone>,
}

/// Estimates what every measure would have saved in the months that can be billed.
///
/// Each saving is bill(before) − bill(after) by the engine that makes the bills. It is worked out at
/// three levels of caution and under both readings of the overrun rule; `central` is the central
/// level under the contract's rule, `low` and `high` are the extremes. Measures are also stacked, in
/// the order of [`measure::all`], and each one's `marginal` is what the stack loses without it.
///
/// # Errors
/// As [`Tariff::bill_site`].
///
/// ```
/// use std::sync::Arc;
/// use wattlens::readings::{Channel, Readings, Series};
/// use wattlens::site::{Contract, Site};
/// use wattlens::tariff::load;
/// use wattlens::time::{Calendar, TimeAxis, Zone};
/// let axis = TimeAxis::new(1_753_977_600, 900, 31 * 96, Zone::named("Asia/Shanghai")?)?;
/// let readings = Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, vec![10.0; 31 * 96])])?;
/// let site = Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default())?;
/// let savings = wattlens::savings::estimate_savings(&site, &load("cn-fujian-two-part-1-10kv-2025-08")?)?;
/// assert!(savings.measures.is_empty());
/// assert_eq!(savings.not_done.len(), 3);
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn estimate_savings(site: &Site, tariff: &Tariff) -> Result<Savings> {
    let basis = Arc::new(Basis::of(site));
    savings_from(
        site,
        tariff,
        &Billable::of(tariff, site, &BillingOptions::default(), basis.verdicts())?.quantities,
        &basis,
    )
}

/// [`estimate_savings`] from what is worked out already: the months that can be billed, the site's basis.
pub(crate) fn savings_from(
    site: &Site,
    tariff: &Tariff,
    quantities: &[BillingQuantities],
    basis: &Arc<Basis>,
) -> Result<Savings> {
    let months: Vec<String> = quantities.iter().map(|month| month.from.strftime("%Y-%m").to_string()).collect();
    let present = Case::new(site, tariff, Level::Central, quantities, basis);
    let before = present.totals()?;
    let mut savings = Savings {
        tariff: tariff.sheet().id.clone(),
        currency: tariff.sheet().currency.clone(),
        is_year: is_year(quantities),
        assumed_in_force: quantities.iter().any(|month| tariff.is_outside(month.from, month.until)),
        before_total: before.iter().sum(),
        before,
        measures: Vec::new(),
        stacked_by_month: Vec::new(),
        stacked: Range::default(),
        stacked_a_month: Range::default(),
        not_done: Vec::new(),
        months,
    };
    if quantities.is_empty() {
        savings.not_done.push(NotDone::new("savings", "readings.whole_month"));
        return Ok(savings);
    }
    let mut plans: Vec<(&'static str, Box<dyn Plan>)> = Vec::new();
    for measure in measure::all() {
        match measure.plan(&present)? {
            Ok(plan) => plans.push((measure.code(), plan)),
            Err(lacking) => savings.not_done.push(lacking),
        }
    }
    if plans.is_empty() {
        return Ok(savings);
    }

    let scenarios = Level::ALL
        .into_iter()
        .map(|level| Scenario::work_out(&Case::new(site, tariff, level, quantities, basis), &plans))
        .collect::<Result<Vec<_>>>()?;
    let of_contract = site.contract().overrun_rule as usize;
    let central = &scenarios[Level::Central as usize];
    // Saving of a subset of measures in every scenario, by month or summed.
    let range = |saving: &dyn Fn(&Outcome) -> Decimal| {
        Range::over(saving(&central.by_rule[of_contract]), scenarios.iter().flat_map(|s| &s.by_rule).map(saving))
    };
    let stack = (1usize << plans.len()) - 1;
    let month_count = savings.months.len();
    let by_month = |subset: usize| -> Vec<Range> {
        (0..month_count).map(|month| range(&|o| o.totals[0][month] - o.totals[subset][month])).collect()
    };
    for (at, (code, plan)) in plans.iter().enumerate() {
        let only = 1usize << at;
        let total = range(&|outcome| outcome.sum(0) - outcome.sum(only));
        let hindsight = plan
            .hindsight(&present)?
            .map(|after| Ok::<_, crate::Error>(savings.before_total - after.totals()?.iter().sum::<Decimal>()))
            .transpose()?;
        savings.measures.push(MeasureSaving {
            code: (*code).to_owned(),
            facts: plan.facts(&central.cases[only]),
            by_month: by_month(only),
            a_month: total.a_month(month_count),
            total,
            marginal: range(&|outcome| outcome.sum(stack & !only) - outcome.sum(stack)),
            hindsight,
            assumptions: plan.assumptions().into_iter().chain(estimates(quantities)).collect(),
        });
    }
    savings.measures.sort_by(|a, b| b.total.central.cmp(&a.total.central).then(a.code.cmp(&b.code)));
    savings.stacked_by_month = by_month(stack);
    savings.stacked = range(&|outcome| outcome.sum(0) - outcome.sum(stack));
    savings.stacked_a_month = savings.stacked.a_month(month_count);
    Ok(savings)
}

/// That a part of the energy that was billed rests on estimates, where it does.
fn estimates(months: &[BillingQuantities]) -> Option<Assumption> {
    let kwh: f64 = months.iter().map(|month| month.estimated_kwh).sum();
    let all: f64 = months.iter().map(BillingQuantities::total_kwh).sum();
    (kwh > 0.0).then(|| Assumption::new("readings.estimated", &[("kwh", kwh), ("share", kwh / all)]))
}

fn is_year(months: &[BillingQuantities]) -> bool {
    months.len() == 12 && months.windows(2).all(|pair| pair[0].until == pair[1].from)
}

/// Every subset of measures at one level of caution.
struct Scenario {
    /// The case after each subset; bit k stands for plan k.
    cases: Vec<Case>,
    /// Bills of each subset under overrun rule A and B.
    by_rule: [Outcome; 2],
}

/// Monthly bills of each subset of measures.
struct Outcome {
    totals: Vec<Vec<Decimal>>,
}

impl Outcome {
    fn sum(&self, subset: usize) -> Decimal {
        self.totals[subset].iter().sum()
    }
}

impl Scenario {
    fn work_out(present: &Case, plans: &[(&'static str, Box<dyn Plan>)]) -> Result<Self> {
        let stacked = |present: Case| -> Result<Vec<Case>> {
            let mut cases = vec![present];
            for subset in 1..1usize << plans.len() {
                // The last measure of the subset is applied to the case of the others.
                let last = subset.ilog2() as usize;
                let case = plans[last].1.apply(&cases[subset & !(1 << last)])?;
                cases.push(case);
            }
            Ok(cases)
        };
        let cases = stacked(present.clone())?;
        // Which rule holds changes what a contract demand costs, not what a measure does.
        let (mut rule_a, mut rule_b) = (Vec::with_capacity(cases.len()), Vec::with_capacity(cases.len()));
        for case in &cases {
            let totals = case.with_overrun_rule(OverrunRule::A).totals()?;
            rule_b.push(match case.has_contract_demand() {
                true => case.with_overrun_rule(OverrunRule::B).totals()?,
                false => totals.clone(),
            });
            rule_a.push(totals);
        }
        Ok(Self { by_rule: [Outcome { totals: rule_a }, Outcome { totals: rule_b }], cases })
    }
}
