//! The same readings under several tariffs and contracts: what each comes to, ranked; and a thousand variants of one
//! contract at once.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::bill::{Bill, Bills, NotBilled};
use super::billable::Billable;
use super::line_group::LineGroup;
use super::options::BillingOptions;
use super::quantities::BillingQuantities;
use super::sheet::Words;
use super::tariff::{Tariff, fail};
use crate::error::Result;
use crate::finding::NotDone;
use crate::quality::verdicts_of;
use crate::site::{Contract, Site};

/// A tariff with a contract, and what the year comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TariffOption {
    /// Tariff.
    pub tariff: String,
    /// Its title.
    pub name: Words,
    /// Number of the contract among those given, from 0 on.
    pub contract: usize,
    /// Place by total among the options that lack nothing, from 1 on; `None` for the others.
    pub rank: Option<u32>,
    /// Sum of the bills of the months that every option bills \[currency\]; `None` where it cannot be billed.
    pub total: Option<Decimal>,
    /// total less that of the first option; `None` where one of the two lacks something.
    pub difference: Option<Decimal>,
    /// total a kWh \[currency/kWh\].
    pub average_price: Option<f64>,
    /// total by kind of cost \[currency\].
    pub by_group: BTreeMap<LineGroup, Decimal>,
    /// Months that it does not bill.
    pub not_billed: Vec<NotBilled>,
    /// Charges that are absent from its bills, and what they need: its total is then not the whole one.
    pub not_done: Vec<NotDone>,
    /// Whether a month was billed outside the tariff's dates in force, as if it were in force.
    pub assumed_in_force: bool,
    /// Why it cannot be billed at all.
    pub problem: Option<String>,
}

/// Options side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TariffComparison {
    /// ISO 4217 code.
    pub currency: String,
    /// Months that every option that can be billed bills; totals are over these.
    pub months: Vec<String>,
    /// Imported energy of those months \[kWh\].
    pub kwh: f64,
    /// The options in the order given: every tariff with every contract. The first is the present one.
    pub options: Vec<TariffOption>,
}

/// Bills the same readings under every tariff with every contract and ranks them by total.
///
/// The first tariff with the first contract is the present one, to which the others are compared. Without contracts,
/// the site's own is taken. Totals are over the calendar months that every option bills. An option with a charge that
/// cannot be known has no rank: it would look cheaper than it is. One that cannot be billed at all says why.
///
/// # Errors
/// No tariff; currencies that differ; a present option that cannot be billed.
pub fn compare_tariffs(site: &Site, tariffs: &[Tariff], contracts: &[Contract]) -> Result<TariffComparison> {
    let Some(present) = tariffs.first() else {
        return Err(fail("tariffs", None, "found none, expected at least one, the present one first".to_owned()));
    };
    let currency = present.sheet().currency.clone();
    if let Some(other) = tariffs.iter().find(|tariff| tariff.sheet().currency != currency) {
        let sheet = other.sheet();
        let problem = format!("found {}, expected {currency} as the first tariff has", sheet.currency);
        return Err(fail(&sheet.id, Some("currency".to_owned()), problem));
    }
    let own = [site.contract().clone()];
    let contracts = if contracts.is_empty() { &own } else { contracts };
    let mut billed: Vec<(&Tariff, usize, Result<Bills>)> = Vec::new();
    for tariff in tariffs {
        let measured = Measured::of(site, tariff);
        for (number, contract) in contracts.iter().enumerate() {
            let bills = match &measured {
                Ok(measured) => measured.billable(site, tariff, contract).and_then(|billable| match billable {
                    Some(billable) => tariff.bill_periods(&billable, contract),
                    None => tariff.bill_periods(&measured.billable, contract),
                }),
                Err(error) => Err(fail(&tariff.sheet().id, None, error.to_string())),
            };
            billed.push((tariff, number, bills));
        }
    }
    if matches!(billed.first(), Some((_, _, Err(_)))) {
        return Err(billed.remove(0).2.err().unwrap_or_else(|| fail("tariffs", None, String::new())));
    }
    let mut months: Option<BTreeSet<&str>> = None;
    for bills in billed.iter().filter_map(|(_, _, bills)| bills.as_ref().ok()) {
        let labels: BTreeSet<&str> = bills.bills.iter().map(|bill| bill.label.as_str()).collect();
        months = Some(months.map_or(labels.clone(), |known| known.intersection(&labels).copied().collect()));
    }
    let months = months.unwrap_or_default();
    let is_meant = |bill: &&Bill| months.contains(bill.label.as_str());
    let mut options: Vec<TariffOption> =
        billed.iter().map(|(tariff, number, bills)| option(tariff, *number, bills, is_meant)).collect();
    rank(&mut options);
    let first = billed.first().and_then(|(_, _, bills)| bills.as_ref().ok());
    let kwh =
        first.map_or(0.0, |bills| bills.bills.iter().filter(is_meant).map(|bill| bill.quantities.total_kwh()).sum());
    Ok(TariffComparison { currency, months: months.iter().map(|month| (*month).to_owned()).collect(), kwh, options })
}

fn option(tariff: &Tariff, contract: usize, bills: &Result<Bills>, is_meant: impl Fn(&&Bill) -> bool) -> TariffOption {
    let mut option = TariffOption {
        tariff: tariff.sheet().id.clone(),
        name: tariff.sheet().name.clone(),
        contract,
        rank: None,
        total: None,
        difference: None,
        average_price: None,
        by_group: BTreeMap::new(),
        not_billed: Vec::new(),
        not_done: Vec::new(),
        assumed_in_force: false,
        problem: None,
    };
    let bills = match bills {
        Ok(bills) => bills,
        Err(error) => {
            option.problem = Some(error.to_string());
            return option;
        }
    };
    option.not_billed.clone_from(&bills.not_billed);
    let meant: Vec<&Bill> = bills.bills.iter().filter(is_meant).collect();
    let kwh: f64 = meant.iter().map(|bill| bill.quantities.total_kwh()).sum();
    let total: Decimal = meant.iter().map(|bill| bill.total).sum();
    for line in meant.iter().flat_map(|bill| &bill.lines) {
        *option.by_group.entry(LineGroup::of(&line.rule, &line.unit)).or_default() += line.amount;
    }
    let not_done: BTreeSet<&NotDone> = meant.iter().flat_map(|bill| &bill.not_done).collect();
    option.not_done = not_done.into_iter().cloned().collect();
    option.assumed_in_force = meant.iter().any(|bill| bill.assumed_in_force);
    option.total = (!meant.is_empty()).then_some(total);
    option.average_price = (kwh > 0.0).then(|| super::to_f64(total) / kwh);
    option
}

/// Ranks the options that lack nothing, and compares them to the first.
fn rank(options: &mut [TariffOption]) {
    let whole = |option: &TariffOption| option.total.filter(|_| option.not_done.is_empty());
    let present = options.first().and_then(whole);
    let mut totals: Vec<Decimal> = options.iter().filter_map(whole).collect();
    totals.sort();
    for option in options {
        if let Some(total) = whole(option) {
            // Equal totals have the same place.
            option.rank = Some(totals.partition_point(|other| *other < total) as u32 + 1);
            option.difference = present.map(|present| total - present);
        }
    }
}

/// What a site took under a tariff: measured once, billed under many contracts.
struct Measured {
    billable: Billable,
    depends_on_contract: bool,
}

impl Measured {
    fn of(site: &Site, tariff: &Tariff) -> Result<Self> {
        let billable = Billable::of(tariff, site, &BillingOptions::default(), &verdicts_of(site))?;
        let components = tariff.versions().iter().flat_map(|version| tariff.components(version));
        let depends_on_contract = components.into_iter().any(|one| one.charge.kind().measures_by_contract());
        Ok(Self { billable, depends_on_contract })
    }

    /// Quantities measured anew, where they are other under this contract.
    fn billable(&self, site: &Site, tariff: &Tariff, contract: &Contract) -> Result<Option<Billable>> {
        let own = site.contract();
        let is_same = contract.low_side == own.low_side
            && (!self.depends_on_contract || contract.subscribed_kw == own.subscribed_kw);
        if is_same {
            return Ok(None);
        }
        let site = site.with_contract(contract.clone())?;
        Billable::of(tariff, &site, &BillingOptions::default(), &verdicts_of(&site)).map(Some)
    }
}

/// What one variant of a contract comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    /// Sum of the bills \[currency\].
    pub total: Decimal,
    /// Charges that are absent: the total is then not the whole one.
    pub not_done: Vec<NotDone>,
}

/// What variants of a contract come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIfs {
    /// ISO 4217 code.
    pub currency: String,
    /// Months billed.
    pub months: Vec<String>,
    /// Months that are not billed.
    pub not_billed: Vec<NotBilled>,
    /// One a contract, in the order given.
    pub variants: Vec<WhatIf>,
}

/// The totals of a site's bills under many contracts; what was taken is measured once.
///
/// # Errors
/// As [`Tariff::bill_site`], and a contract that makes no sense or lacks what its mode needs.
pub fn what_if(site: &Site, tariff: &Tariff, contracts: &[Contract]) -> Result<WhatIfs> {
    let measured = Measured::of(site, tariff)?;
    let mut variants = Vec::with_capacity(contracts.len());
    for contract in contracts {
        let anew = measured.billable(site, tariff, contract)?;
        let quantities: &[BillingQuantities] = &anew.as_ref().unwrap_or(&measured.billable).quantities;
        let mut not_done = BTreeSet::new();
        let total = tariff.settle(quantities, contract, &mut |lacking| {
            not_done.insert(lacking);
        })?;
        variants.push(WhatIf { total, not_done: not_done.into_iter().collect() });
    }
    let months = measured.billable.quantities.iter().map(|one| super::bill::label(one.from, one.until)).collect();
    Ok(WhatIfs {
        currency: tariff.sheet().currency.clone(),
        months,
        not_billed: measured.billable.not_billed,
        variants,
    })
}
