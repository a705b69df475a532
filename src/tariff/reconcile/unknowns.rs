//! The unknowns that are tried: first those without a free number, then those with one.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::evidence::Evidence;
use super::prices::{power_factor_base, price_fields, with_power_factor_base};
use super::search::{Search, Variant, as_of, facts};
use super::trial::{Bench, same_energy};
use super::{Hypothesis, NotTried};
use crate::site::{Contract, DemandBilling, OverrunRule, PowerFactorStandard};
use crate::tariff::book::to_f64;
use crate::tariff::quantities::BillingQuantities;

/// Ratios that a wrong multiplier makes: a transformer ratio taken from the neighbouring size (60/5, 75/5, 100/5,
/// 150/5, 200/5, 250/5, 300/5, 400/5, 500/5, 600/5, 800/5), 6 kV for 10 kV, √3, one phase of three, a decimal point.
const RATIOS: &[(&str, f64)] = &[
    ("1/2", 0.5),
    ("2", 2.0),
    ("1/10", 0.1),
    ("10", 10.0),
    ("2/3", 2.0 / 3.0),
    ("3/2", 1.5),
    ("1/3", 1.0 / 3.0),
    ("3", 3.0),
    ("3/4", 0.75),
    ("4/3", 4.0 / 3.0),
    ("4/5", 0.8),
    ("5/4", 1.25),
    ("5/6", 5.0 / 6.0),
    ("6/5", 1.2),
    ("5/8", 0.625),
    ("8/5", 1.6),
    ("3/5", 0.6),
    ("5/3", 5.0 / 3.0),
    ("1/4", 0.25),
    ("4", 4.0),
    ("1/5", 0.2),
    ("5", 5.0),
    ("1/100", 0.01),
    ("100", 100.0),
    ("1/1000", 0.001),
    ("1000", 1000.0),
    ("1/√3", 0.577_350_269_189_625_8),
    ("√3", 1.732_050_807_568_877_2),
];

/// Value-added tax of electricity by currency: China 13 % since 2019-04-01 (财政部 税务总局 海关总署公告2019年第39号).
const VALUE_ADDED_TAX: &[(&str, i64)] = &[("CNY", 13)];

/// The hypotheses that fit, how many were billed, and which could not be.
pub(super) fn look_for(bench: &Bench<'_>) -> (Vec<Hypothesis>, usize, Vec<NotTried>) {
    let mut search = Search::new(bench);
    search.paper_alone();
    search.contract_readings();
    search.periods();
    search.reactive();
    search.components();
    search.multiplier();
    search.prices();
    search.powers();
    search.ranked()
}

impl Search<'_, '_> {
    /// What the paper says beside amounts: its energies, and charges of its own.
    fn paper_alone(&mut self) {
        let bench = self.bench;
        let (quantities, paper) = (bench.quantities, bench.paper);
        let differs = |(period, kwh): (&String, &f64)| {
            !same_energy(quantities.kwh.get(period).copied().unwrap_or_default(), *kwh)
        };
        if paper.kwh.iter().any(differs) && quantities.parts.is_empty() {
            let variant = self.with_quantities(|one| one.kwh.extend(paper.kwh.clone()));
            self.try_one("paper_kwh", &[], Evidence::Exact, false, &variant);
        }
        let ids: Vec<&str> =
            bench.tariff.components_between(quantities.from, quantities.until).map(|one| one.id.as_str()).collect();
        let mut trial = bench.base.clone();
        let mut names = Vec::new();
        for (at, line) in paper.lines.iter().enumerate() {
            if !ids.contains(&line.component.as_str()) {
                trial.total += line.amount;
                trial.lines[at] = Some(line.amount);
                names.push(line.component.clone());
            }
        }
        if !names.is_empty() {
            self.tried += 1;
            if bench.fits(&trial, quantities) {
                self.add("only_on_paper", facts(&[("lines", json!(names))]), Evidence::Exact, &trial, 0.0);
            }
        }
        let tax = VALUE_ADDED_TAX.iter().find(|(currency, _)| *currency == bench.tariff.sheet().currency);
        if let Some((_, percent)) = tax {
            let factor = Decimal::ONE + Decimal::new(*percent, 2);
            for (with_tax, scale) in [(true, factor), (false, Decimal::ONE / factor)] {
                let variant = Variant { scale, ..self.as_it_stands() };
                let told = [("percent", json!(percent)), ("paper_has_it", json!(with_tax))];
                self.try_one("value_added_tax", &told, Evidence::Exact, false, &variant);
            }
        }
    }

    /// Other readings of the contract.
    fn contract_readings(&mut self) {
        let contract = self.bench.contract;
        for standard in [0.90, 0.85, 0.80] {
            let Ok(standard) = PowerFactorStandard::try_from(standard) else { continue };
            let variant = self.with_contract(|one| one.power_factor_standard = Some(standard));
            let told = [("standard", json!(format!("{:.2}", f64::from(standard))))];
            self.try_one("power_factor_standard", &told, Evidence::Exact, false, &variant);
        }
        let variant = self.with_contract(|one| one.power_factor_standard = None);
        self.try_one("power_factor_standard", &[("standard", Value::Null)], Evidence::Exact, true, &variant);
        for rule in [OverrunRule::A, OverrunRule::B] {
            let variant = self.with_contract(|one| one.overrun_rule = rule);
            self.try_one("overrun_rule", &[("rule", json!(rule))], Evidence::Exact, false, &variant);
        }
        for applies in [true, false] {
            let variant = self.with_contract(|one| one.load_factor_discount = Some(applies));
            self.try_one("load_factor_discount", &[("applies", json!(applies))], Evidence::Exact, false, &variant);
        }
        if !self.has_basic_charge() {
            return;
        }
        for mode in [DemandBilling::Capacity, DemandBilling::ActualDemand, DemandBilling::ContractDemand] {
            if contract.demand_billing == Some(mode) {
                continue;
            }
            let told = [("mode", json!(mode))];
            let needs = match mode {
                DemandBilling::ContractDemand if contract.contract_demand_kw.is_none() => "contract.contract_demand_kw",
                DemandBilling::ActualDemand => "",
                _ if contract.capacity_kva.is_none() => "contract.capacity_kva",
                _ => "",
            };
            if needs.is_empty() {
                let variant = self.with_contract(|one| one.demand_billing = Some(mode));
                self.try_one("billing_mode", &told, Evidence::Exact, false, &variant);
            } else {
                let (code, needs) = ("billing_mode".to_owned(), needs.to_owned());
                self.not_tried.push(NotTried { code, facts: facts(&told), needs });
            }
        }
    }

    fn has_basic_charge(&self) -> bool {
        self.bench.tariff.basic_charge_on(self.bench.quantities.from).is_some()
    }

    /// Energy of a period that is absent, counted in another, or taken for another's.
    fn periods(&mut self) {
        let kwh = &self.bench.quantities.kwh;
        let taken: Vec<&String> = kwh.iter().filter(|(_, kwh)| **kwh > 0.0).map(|(period, _)| period).collect();
        let all: Vec<String> = self.bench.tariff.version_on(self.bench.quantities.from).period_names().to_vec();
        if all.len() < 2 {
            return;
        }
        for period in &taken {
            let told = [("period", json!(period))];
            let variant = self.with_quantities(|one| {
                let before = one.total_kwh();
                let without = one.kwh.insert((*period).clone(), 0.0).unwrap_or_default();
                if before > 0.0 {
                    one.power_factor_kwh = one.power_factor_kwh.map(|kwh| kwh * (1.0 - without / before));
                }
            });
            self.try_one("period_absent", &told, Evidence::Exact, false, &variant);
            for other in all.iter().filter(|other| other != period) {
                let told = [("period", json!(period)), ("other", json!(other))];
                let variant = self.with_quantities(|one| {
                    let moved = one.kwh.insert((*period).clone(), 0.0).unwrap_or_default();
                    *one.kwh.entry(other.clone()).or_default() += moved;
                });
                self.try_one("period_moved", &told, Evidence::Exact, false, &variant);
                // A swap with a period that has none is a move.
                if *period < other && taken.contains(&other) {
                    let variant = self.with_quantities(|one| {
                        let (a, b) = (one.kwh.get(*period).copied(), one.kwh.get(other).copied());
                        one.kwh.insert((*period).clone(), b.unwrap_or_default());
                        one.kwh.insert(other.clone(), a.unwrap_or_default());
                    });
                    self.try_one("periods_swapped", &told, Evidence::Exact, false, &variant);
                }
            }
        }
        if !self.bench.quantities.parts.is_empty() {
            return; // which part a changed energy belongs to is a second unknown
        }
        let total = self.bench.quantities.total_kwh();
        for period in &all {
            let ours = kwh.get(period).copied().unwrap_or_default();
            let told = [("period", json!(period)), ("ours", json!(ours))];
            let with = |kwh: Decimal| {
                let mut quantities = self.bench.quantities.clone();
                quantities.kwh.insert(period.clone(), to_f64(kwh));
                Some(Variant { quantities: Cow::Owned(quantities), ..as_of(self.bench) })
            };
            let second = ours + total.max(1000.0);
            self.solve("period_kwh", &told, (ours, second), (0.0, 1e9), with);
        }
    }

    /// Reactive energy of both directions netted, or of one alone.
    fn reactive(&mut self) {
        let (Some(import), Some(export)) = (self.bench.quantities.import_kvarh, self.bench.quantities.export_kvarh)
        else {
            return;
        };
        for (code, kvarh) in
            [("reactive_netted", (import.abs() - export.abs()).abs()), ("reactive_import_only", import)]
        {
            let variant = self.with_quantities(|one| {
                one.import_kvarh = Some(kvarh);
                one.export_kvarh = Some(0.0);
            });
            self.try_one(code, &[], Evidence::Exact, false, &variant);
        }
    }

    /// A component that one of the bills does not have, or that stands in or out of the base of the power factor.
    fn components(&mut self) {
        let (from, until) = (self.bench.quantities.from, self.bench.quantities.until);
        let tariff = self.bench.tariff;
        let mut ids: Vec<&str> = Vec::new();
        let mut bases: Vec<(&str, &Vec<String>)> = Vec::new();
        for component in tariff.components_between(from, until) {
            match power_factor_base(component) {
                // Without it is the same as no standard.
                Some(excludes) => bases.push((&component.id, excludes)),
                None if ids.contains(&component.id.as_str()) => {}
                None => ids.push(&component.id),
            }
        }
        for id in &ids {
            let without = tariff.with_components(|_, components| components.retain(|one| one.id != **id));
            let variant = Variant { tariff: Cow::Owned(without), ..self.as_it_stands() };
            self.try_one("component_absent", &[("component", json!(id))], Evidence::Exact, true, &variant);
        }
        for (adjustment, excludes) in bases {
            for id in &ids {
                let is_in = !excludes.iter().any(|one| one == id);
                let edited = with_power_factor_base(tariff, adjustment, id, !is_in);
                let variant = Variant { tariff: Cow::Owned(edited), ..self.as_it_stands() };
                let told = [("component", json!(id)), ("is_in", json!(!is_in))];
                self.try_one("power_factor_base", &told, Evidence::Exact, false, &variant);
            }
        }
    }

    /// Every energy and the demand by one ratio.
    fn multiplier(&mut self) {
        let before = self.found.len();
        for (ratio, value) in RATIOS {
            let variant = self.with_quantities(|one| scale(one, *value));
            self.try_one("multiplier", &[("ratio", json!(ratio))], Evidence::Listed, false, &variant);
        }
        // A bill can be non-monotone where a lower price begins at more energy, so whole per cents are billed each
        // before one ratio is solved for.
        let nothing_fits = self.found.len() == before;
        for percent in (50..=200).filter(|_| nothing_fits) {
            let value = f64::from(percent) / 100.0;
            if RATIOS.iter().any(|(_, known)| (known - value).abs() < 1e-9) {
                continue;
            }
            let variant = self.with_quantities(|one| scale(one, value));
            let told = [("ratio", Value::Null), ("implied", json!(value.to_string()))];
            self.try_one("multiplier", &told, Evidence::Listed, false, &variant);
        }
        if self.found.len() == before {
            let bench = self.bench;
            self.solve("multiplier", &[("ratio", Value::Null)], (1.0, 1.5), (1e-4, 1e4), |ratio| {
                let mut quantities = bench.quantities.clone();
                scale(&mut quantities, to_f64(ratio));
                quantities.parts.iter_mut().for_each(|part| scale(part, to_f64(ratio)));
                Some(Variant { quantities: Cow::Owned(quantities), ..as_of(bench) })
            });
        }
    }

    /// One price of one component.
    fn prices(&mut self) {
        let bench = self.bench;
        let versions = bench.tariff.versions_between(bench.quantities.from, bench.quantities.until);
        for price in price_fields(bench.tariff, &versions) {
            let Some(ours) = price.price else { continue };
            let mut told = vec![
                ("component", json!(price.component)),
                ("field", json!(price.field())),
                ("ours", json!(ours.normalize().to_string())),
            ];
            if versions.len() > 1 {
                told.push(("from", json!(price.from)));
            }
            let start = to_f64(ours);
            self.solve("price", &told, (start, start + 1000.0), (0.0, 1e6), |value| {
                Some(Variant { tariff: Cow::Owned(price.with(bench.tariff, value)?), ..as_of(bench) })
            });
        }
    }

    /// Capacity, contract demand and maximum demand.
    fn powers(&mut self) {
        let bench = self.bench;
        let edit_contract = |edit: fn(&mut Contract, f64), value: Decimal| {
            let mut contract = bench.contract.clone();
            edit(&mut contract, to_f64(value));
            Some(Variant { contract: Cow::Owned(contract), ..as_of(bench) })
        };
        if let Some(kva) = bench.contract.capacity_kva {
            self.solve("capacity_kva", &[("ours", json!(kva))], (kva, 2.0 * kva), (1.0, 1e7), |value| {
                edit_contract(|contract, kva| contract.capacity_kva = Some(kva), value)
            });
        }
        if let Some(kw) = bench.contract.contract_demand_kw {
            self.solve("contract_demand_kw", &[("ours", json!(kw))], (kw, 0.95 * kw), (1.0, 1e7), |value| {
                edit_contract(|contract, kw| contract.contract_demand_kw = Some(kw), value)
            });
        }
        if let Some(kw) = bench.quantities.demand_kw.filter(|kw| *kw > 0.0) {
            self.solve("demand_kw", &[("ours", json!(kw))], (kw, 2.0 * kw), (0.0, 1e7), |value| {
                let quantities = BillingQuantities { demand_kw: Some(to_f64(value)), ..bench.quantities.clone() };
                Some(Variant { quantities: Cow::Owned(quantities), ..as_of(bench) })
            });
        }
    }
}

/// Every energy and demand by a ratio; the power factor stays.
fn scale(quantities: &mut BillingQuantities, ratio: f64) {
    let maps = [&mut quantities.kwh, &mut quantities.other_kwh, &mut quantities.export_kwh];
    maps.into_iter().flat_map(|map| map.values_mut()).for_each(|kwh| *kwh *= ratio);
    quantities.by_component.values_mut().flat_map(|map| map.values_mut()).for_each(|value| *value *= ratio);
    let numbers = [
        &mut quantities.import_kvarh,
        &mut quantities.export_kvarh,
        &mut quantities.power_factor_kwh,
        &mut quantities.demand_kw,
        &mut quantities.loss_kwh,
        &mut quantities.loss_kvarh,
    ];
    numbers.into_iter().flatten().for_each(|value| *value *= ratio);
}
