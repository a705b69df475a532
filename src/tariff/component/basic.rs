//! The basic charge of a two-part tariff (基本电费): by capacity, by actual or by contract demand.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place, check_prices};
use crate::error::Result;
use crate::site::{Contract, DemandBilling, OverrunRule};
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal, to_f64};
use crate::tariff::explanation::Step;
use crate::tariff::sheet::Certainty;

/// The lower demand price of plants that use their transformers well (发改价格〔2023〕526号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadFactorDiscount {
    /// Energy of a month and kVA of capacity from which it holds \[kWh/kVA\].
    pub kwh_per_kva: Decimal,
    /// What the demand price is multiplied by.
    pub factor: Decimal,
    /// Whether it holds where the contract does not say.
    pub applies: bool,
    /// How certain it is.
    pub certainty: Certainty,
}

/// The basic charge, by the contract's billing mode.
///
/// Meters slide the window of the maximum demand; demand from fixed quarter-hours is a lower bound of theirs, by 2 %
/// in a simulation at one-minute steps (0 to 4 %), and `demand_origin` of a bill's quantities says `block` then. The
/// bill takes the demand as it was read, nothing is added; what a measure saves is worked out with the 2 % on it.
/// Above the overrun share of the contract demand the official wording leaves open how the part up to it is priced:
/// both readings are there ([`OverrunRule`]), each line names its own, and both are no surer than assumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicCharge {
    /// Price by capacity \[currency/kVA a month\].
    pub capacity_price: Decimal,
    /// How certain the capacity price is.
    pub capacity_certainty: Certainty,
    /// Price by demand \[currency/kW a month\].
    pub demand_price: Decimal,
    /// How certain the demand price is.
    pub demand_certainty: Certainty,
    /// Smallest share of the capacity that a contract demand is billed as.
    pub contract_floor_share: Decimal,
    /// Share of the contract demand above which the overrun price holds.
    pub overrun_share: Decimal,
    /// What the demand price is multiplied by above it.
    pub overrun_factor: Decimal,
    /// Averaging window of the demand, slid by the meter \[s\].
    pub demand_window_s: i64,
    /// Lower demand price at a high load factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_factor_discount: Option<LoadFactorDiscount>,
}

impl Kind for BasicCharge {
    fn check(&self, _: &Place<'_>) -> Checked {
        check_prices(
            [
                ("capacity_price", &self.capacity_price),
                ("demand_price", &self.demand_price),
                ("contract_floor_share", &self.contract_floor_share),
                ("overrun_share", &self.overrun_share),
                ("overrun_factor", &self.overrun_factor),
            ]
            .map(|(field, price)| (field.to_owned(), price)),
        )?;
        if let Some(discount) = &self.load_factor_discount {
            check_prices([
                ("load_factor_discount.kwh_per_kva".to_owned(), &discount.kwh_per_kva),
                ("load_factor_discount.factor".to_owned(), &discount.factor),
            ])?;
        }
        if self.demand_window_s <= 0 {
            return Err(("demand_window_s".to_owned(), format!("found {}, expected seconds", self.demand_window_s)));
        }
        Ok(())
    }

    fn needs(&self) -> &'static [&'static str] {
        &["contract.capacity_kva", "contract.demand_billing", "readings.demand"]
    }

    fn may_fall(&self) -> bool {
        self.load_factor_discount.is_some()
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let contract = account.contract;
        let Some(mode) = contract.demand_billing else {
            book.lack("bill.basic_charge", "contract.demand_billing");
            return Ok(());
        };
        let line = |rule, quantity, unit, price| Entry::new(rule, quantity, unit, price).times(account.months);
        if mode == DemandBilling::Capacity {
            let kva = decimal(contract.capacity_kva.unwrap_or_default());
            book.add(line("basic.capacity", kva, "kVA", self.capacity_price).certain(self.capacity_certainty));
            return Ok(());
        }
        let Some(demand_kw) = account.whole.demand_kw else {
            book.lack("bill.basic_charge", "readings.demand");
            return Ok(());
        };
        let kwh = decimal(account.whole.total_kwh());
        if self.is_discount_open(contract) {
            book.lack("bill.load_factor_discount", "contract.capacity_kva");
        }
        let (price, certainty, discounted) = self.price_of_demand(kwh, account.months_of_bill(), contract);
        let demand_kw = decimal(demand_kw);
        if mode == DemandBilling::ActualDemand {
            let rule = if discounted { "basic.actual_demand_discounted" } else { "basic.actual_demand" };
            book.add(line(rule, demand_kw, "kW", price).certain(certainty));
            return Ok(());
        }
        let floor = self.contract_floor_share * decimal(contract.capacity_kva.unwrap_or_default());
        let agreed_kw = decimal(contract.contract_demand_kw.unwrap_or_default());
        let contract_kw = agreed_kw.max(floor);
        let edge = contract_kw * self.overrun_share;
        if demand_kw <= edge {
            let rule = match (agreed_kw < floor, discounted) {
                (true, true) => "basic.contract_floor_discounted",
                (true, false) => "basic.contract_floor",
                (false, true) => "basic.contract_discounted",
                (false, false) => "basic.contract",
            };
            book.add(line(rule, contract_kw, "kW", price).certain(certainty));
            return Ok(());
        }
        let (inside, rule) = match contract.overrun_rule {
            OverrunRule::A => (edge, "basic.contract_overrun_a"),
            OverrunRule::B => (contract_kw, "basic.contract_overrun_b"),
        };
        // Which of the two readings a supplier takes is not settled by the wording of the rule.
        let certainty = certainty.max(Certainty::Assumed);
        book.add(line(rule, inside, "kW", price).certain(certainty));
        book.add(line("basic.overrun", demand_kw - edge, "kW", price * self.overrun_factor).certain(certainty));
        Ok(())
    }

    fn steps(&self, account: &Account<'_>) -> Vec<Step> {
        let contract = account.contract;
        let (Some(mode), kva) = (contract.demand_billing, decimal(contract.capacity_kva.unwrap_or_default())) else {
            return Vec::new();
        };
        let Some(demand_kw) = account.whole.demand_kw.filter(|_| mode != DemandBilling::Capacity) else {
            return Vec::new();
        };
        let mut steps = Vec::new();
        if let Some(discount) = self.load_factor_discount.as_ref().filter(|_| kva > Decimal::ZERO) {
            let applies = contract.load_factor_discount.unwrap_or(discount.applies);
            let months = account.months_of_bill();
            let kwh = decimal(account.whole.total_kwh());
            let is_lower = self.price_of_demand(kwh, months, contract).2;
            let code = match (applies, is_lower) {
                (false, _) => "basic.load_factor_off",
                (true, true) => "basic.load_factor_reached",
                (true, false) => "basic.load_factor_missed",
            };
            let step = Step::new(code).number("kwh", kwh).number("kva", kva).number("months", months);
            let share = kva * months;
            let per_kva = if share > Decimal::ZERO { (kwh / share).round_dp(2) } else { Decimal::ZERO };
            let step = step.number("kwh_per_kva", per_kva);
            let step = step.number("least", discount.kwh_per_kva).number("price", self.demand_price);
            steps.push(step.number("factor", discount.factor).number("lower", self.demand_price * discount.factor));
        }
        if mode == DemandBilling::ContractDemand {
            let demand_kw = decimal(demand_kw);
            let floor = self.contract_floor_share * kva;
            let agreed = decimal(contract.contract_demand_kw.unwrap_or_default());
            let billed = agreed.max(floor);
            let edge = billed * self.overrun_share;
            let hundred = Decimal::ONE_HUNDRED;
            let step = Step::new("basic.floor").number("percent", self.contract_floor_share * hundred);
            let step = step.number("kva", kva).number("floor_kw", floor);
            steps.push(step.number("contract_kw", agreed).number("billed_kw", billed));
            let step = Step::new("basic.edge").number("percent", self.overrun_share * hundred);
            steps.push(step.number("billed_kw", billed).number("edge_kw", edge).number("demand_kw", demand_kw));
            let code = match contract.overrun_rule {
                _ if demand_kw <= edge => "basic.no_overrun",
                OverrunRule::A => "basic.overrun_a",
                OverrunRule::B => "basic.overrun_b",
            };
            let step = Step::new(code).number("billed_kw", billed).number("edge_kw", edge);
            let step = step.number("above_kw", (demand_kw - edge).max(Decimal::ZERO));
            steps.push(step.number("factor", self.overrun_factor));
        }
        steps
    }
}

impl BasicCharge {
    /// The demand price at this energy in so many months, how certain it is, and whether it is the lower one.
    ///
    /// The lower price holds from exactly the limit on.
    fn price_of_demand(&self, kwh: Decimal, months: Decimal, contract: &Contract) -> (Decimal, Certainty, bool) {
        let plain = (self.demand_price, self.demand_certainty, false);
        let Some(discount) = &self.load_factor_discount else { return plain };
        let applies = contract.load_factor_discount.unwrap_or(discount.applies);
        let enough = contract
            .capacity_kva
            .is_some_and(|kva| months > Decimal::ZERO && kwh >= discount.kwh_per_kva * decimal(kva) * months);
        let certainty = self.demand_certainty.max(discount.certainty);
        match (enough, applies) {
            (true, true) => (self.demand_price * discount.factor, certainty, true),
            // Whether the lower price holds is then the tariff's word, and as certain as that.
            (true, false) if contract.load_factor_discount.is_none() => (self.demand_price, certainty, false),
            _ => plain,
        }
    }

    /// The lower price, where it can hold for this contract.
    fn discount(&self, contract: &Contract) -> Option<&LoadFactorDiscount> {
        self.load_factor_discount.as_ref().filter(|discount| contract.load_factor_discount.unwrap_or(discount.applies))
    }

    /// Whether the lower price might hold and the capacity that decides it is not known.
    fn is_discount_open(&self, contract: &Contract) -> bool {
        self.discount(contract).is_some() && contract.capacity_kva.is_none()
    }

    /// A month's basic charge as a float, for choosing between modes; bills are made by the engine.
    ///
    /// `None` where the mode lacks its capacity or its contract demand.
    #[must_use]
    pub fn estimate(&self, demand_kw: f64, kwh: f64, contract: &Contract) -> Option<f64> {
        let price = to_f64(self.price_of_demand(decimal(kwh), Decimal::ONE, contract).0);
        Some(match contract.demand_billing? {
            DemandBilling::Capacity => to_f64(self.capacity_price) * contract.capacity_kva?,
            DemandBilling::ActualDemand => price * demand_kw,
            DemandBilling::ContractDemand => {
                let floor = to_f64(self.contract_floor_share) * contract.capacity_kva?;
                let contract_kw = contract.contract_demand_kw?.max(floor);
                let edge = contract_kw * to_f64(self.overrun_share);
                if demand_kw <= edge {
                    price * contract_kw
                } else {
                    let inside = match contract.overrun_rule {
                        OverrunRule::A => edge,
                        OverrunRule::B => contract_kw,
                    };
                    price * (inside + to_f64(self.overrun_factor) * (demand_kw - edge))
                }
            }
        })
    }
}
