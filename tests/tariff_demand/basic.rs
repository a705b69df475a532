//! The Chinese basic charge at its edges: exactly 105 % of the contract, exactly the energy of the lower price.

use wattlens::site::{DemandBilling, OverrunRule};
use wattlens::tariff::BillingQuantities;

use super::*;

const KVA: f64 = 1000.0;

fn tariff_at_40(applies: bool) -> Tariff {
    tariff(
        &json!([]),
        &[(
            "basic",
            json!({"basic": {"capacity_price": "25", "capacity_certainty": "stated", "demand_price": "40",
                "demand_certainty": "stated", "contract_floor_share": "0.40", "overrun_share": "1.05",
                "overrun_factor": "2", "demand_window_s": 900,
                "load_factor_discount": {"kwh_per_kva": "260", "factor": "0.90", "applies": applies, "certainty": "unverified"}}}),
        )],
    )
}

fn bill(kwh: f64, demand_kw: f64, contract: Contract) -> Bill {
    let quantities = BillingQuantities {
        from: "2025-08-01".parse().unwrap(),
        until: "2025-09-01".parse().unwrap(),
        kwh: [("all".to_owned(), kwh)].into(),
        demand_kw: Some(demand_kw),
        ..BillingQuantities::default()
    };
    tariff_at_40(true).bill(&quantities, &contract).unwrap()
}

fn contract_of(mode: DemandBilling, contract_kw: f64) -> Contract {
    Contract {
        capacity_kva: Some(KVA),
        demand_billing: Some(mode),
        contract_demand_kw: Some(contract_kw),
        ..Contract::default()
    }
}

fn rules(bill: &Bill) -> Vec<(&str, String)> {
    bill.lines.iter().map(|line| (line.rule.as_str(), format!("{:.2}", line.amount))).collect()
}

#[test]
fn the_lower_price_holds_from_exactly_260_kwh_a_kva_on() {
    let actual = contract_of(DemandBilling::ActualDemand, 700.0);
    // 500 kW × 40, and × 0.90 from 260 000 kWh on.
    assert_eq!(rules(&bill(259_999.99, 500.0, actual.clone())), [("basic.actual_demand", "20000.00".to_owned())]);
    for kwh in [260_000.0, 260_000.01] {
        assert_eq!(
            rules(&bill(kwh, 500.0, actual.clone())),
            [("basic.actual_demand_discounted", "18000.00".to_owned())]
        );
    }
    // The contract switches it off; the capacity mode has none.
    let off = Contract { load_factor_discount: Some(false), ..actual };
    assert_eq!(rules(&bill(260_000.0, 500.0, off)), [("basic.actual_demand", "20000.00".to_owned())]);
    let capacity = contract_of(DemandBilling::Capacity, 700.0);
    assert_eq!(rules(&bill(400_000.0, 500.0, capacity)), [("basic.capacity", "25000.00".to_owned())]);
}

#[test]
fn half_a_month_needs_half_the_energy() {
    let quantities = |kwh: f64| BillingQuantities {
        from: "2025-06-01".parse().unwrap(),
        until: "2025-06-16".parse().unwrap(),
        kwh: [("all".to_owned(), kwh)].into(),
        demand_kw: Some(500.0),
        ..BillingQuantities::default()
    };
    let contract = contract_of(DemandBilling::ActualDemand, 700.0);
    let of = |kwh: f64| tariff_at_40(true).bill(&quantities(kwh), &contract).unwrap();
    // 15 of 30 days: 500 kW × 40 × 0.5, and × 0.90 from 130 000 kWh on.
    assert_eq!(rules(&of(129_999.0)), [("basic.actual_demand", "10000.00".to_owned())]);
    assert_eq!(rules(&of(130_000.0)), [("basic.actual_demand_discounted", "9000.00".to_owned())]);
}

#[test]
fn demand_at_and_above_105_percent_of_the_contract() {
    for (rule, above) in [
        (OverrunRule::A, [("basic.contract_overrun_a", "29400.00"), ("basic.overrun", "0.80")]),
        (OverrunRule::B, [("basic.contract_overrun_b", "28000.00"), ("basic.overrun", "0.80")]),
    ] {
        let contract = Contract { overrun_rule: rule, ..contract_of(DemandBilling::ContractDemand, 700.0) };
        // 1.05 × 700 = 735 kW exactly: 700 × 40. At 735.01 kW the hundredth costs twice: 0.01 × 80.
        assert_eq!(rules(&bill(0.0, 735.0, contract.clone())), [("basic.contract", "28000.00".to_owned())]);
        let over = bill(0.0, 735.01, contract.clone());
        assert_eq!(rules(&over), above.map(|(rule, amount)| (rule, amount.to_owned())));
        // Which reading holds is not settled, so the lines are no surer than assumed.
        assert!(over.lines.iter().all(|line| format!("{:?}", line.certainty) == "Assumed"));
        let lower = bill(260_000.0, 735.01, contract);
        assert_eq!(lower.lines[0].price.to_string(), "36");
        assert_eq!(lower.lines[1].price.to_string(), "72");
    }
}

#[test]
fn a_contract_of_exactly_40_percent_is_not_raised() {
    let at = |contract_kw: f64, kwh: f64| {
        let bill = bill(kwh, 100.0, contract_of(DemandBilling::ContractDemand, contract_kw));
        (bill.lines[0].rule.clone(), format!("{:.2}", bill.total))
    };
    assert_eq!(at(400.0, 0.0), ("basic.contract".to_owned(), "16000.00".to_owned()));
    assert_eq!(at(399.0, 0.0), ("basic.contract_floor".to_owned(), "16000.00".to_owned()));
    assert_eq!(at(400.0, 260_000.0), ("basic.contract_discounted".to_owned(), "14400.00".to_owned()));
    assert_eq!(at(399.0, 260_000.0), ("basic.contract_floor_discounted".to_owned(), "14400.00".to_owned()));
}

#[test]
fn a_lower_price_that_cannot_be_decided_is_named() {
    let contract = Contract { demand_billing: Some(DemandBilling::ActualDemand), ..Contract::default() };
    let open = bill(400_000.0, 500.0, contract.clone());
    assert_eq!(rules(&open), [("basic.actual_demand", "20000.00".to_owned())]);
    assert_eq!(open.not_done[0].task, "bill.load_factor_discount");
    let off = Contract { load_factor_discount: Some(false), ..contract };
    assert!(bill(400_000.0, 500.0, off).not_done.is_empty());
}
