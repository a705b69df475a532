//! Reactive energy, power-factor penalties and surcharges, worked out by hand.

#![allow(clippy::unwrap_used)]

mod common;

use common::tariffs::{sheet, tariff};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use wattlens::site::Contract;
use wattlens::tariff::{Bill, BillingQuantities, Tariff};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// April: 8000 kWh, 6000 kvarh from the grid, 500 to it.
fn quantities() -> BillingQuantities {
    BillingQuantities {
        from: "2026-04-01".parse().unwrap(),
        until: "2026-05-01".parse().unwrap(),
        kwh: [("day".to_owned(), 6000.0), ("night".to_owned(), 2000.0)].into(),
        import_kvarh: Some(6000.0),
        export_kvarh: Some(500.0),
        demand_kw: Some(40.0),
        ..BillingQuantities::default()
    }
}

fn bill(charges: &[(&str, Value)], quantities: &BillingQuantities) -> Bill {
    tariff(charges).bill(quantities, &Contract::default()).unwrap()
}

/// Amount and rule of the last line.
fn last(charges: &[(&str, Value)], quantities: &BillingQuantities) -> (Decimal, String) {
    let bill = bill(charges, quantities);
    let line = bill.lines.last().unwrap();
    (line.amount, line.rule.clone())
}

fn refused(charges: &[(&str, Value)]) -> String {
    Tariff::from_json(&sheet(charges).to_string(), "hand-made").unwrap_err().to_string()
}

#[test]
fn reactive_energy_above_a_share_of_the_active_energy() {
    let of = |charge: Value| last(&[("reactive", json!({"reactive": charge}))], &quantities());
    // 6000 − 0.4 × 8000 = 2800 kvarh at 0.05.
    let (amount, rule) = of(json!({"price": "0.05", "free_share": "0.4"}));
    assert_eq!((amount, rule.as_str()), (decimal("140.00"), "reactive.above_free"));
    assert_eq!(of(json!({"price": "0.05", "free_share": "0.75"})).0, Decimal::ZERO);
    let (amount, rule) = of(json!({"price": "0.05", "direction": "export"}));
    assert_eq!((amount, rule.as_str()), (decimal("25.00"), "reactive"));
    assert_eq!(of(json!({"price": "0.05", "direction": "both"})).0, decimal("325.00"));
}

#[test]
fn reactive_energy_that_was_not_measured_is_no_zero() {
    let bare = BillingQuantities { import_kvarh: None, export_kvarh: None, ..quantities() };
    for (direction, needs) in [("import", "readings.import_kvarh"), ("export", "readings.export_kvarh")] {
        let bill = bill(&[("reactive", json!({"reactive": {"price": "1", "direction": direction}}))], &bare);
        assert!(bill.lines.is_empty());
        assert_eq!((bill.not_done[0].task.as_str(), bill.not_done[0].needs.as_str()), ("bill.reactive", needs));
    }
    let penalty = json!({"power_factor_penalty": {"target": "0.9", "percent_below": "1"}});
    let bill = bill(&[("energy", json!({"energy": {"price": "1"}})), ("penalty", penalty)], &bare);
    assert_eq!((bill.total, bill.not_done[0].task.as_str()), (Decimal::from(8000), "bill.power_factor_penalty"));
}

#[test]
fn so_many_percent_for_each_hundredth_below_the_target() {
    // 8000 kWh and 6500 kvarh are 0.7761 → 0.78. 12 hundredths below 0.90 at 1 % of 4000 of energy: 480.
    let charges = |penalty: Value| {
        [
            ("energy", json!({"energy": {"price": "0.5"}})),
            ("demand", json!({"demand": {"rate": "10"}})),
            ("penalty", json!({"power_factor_penalty": penalty})),
        ]
    };
    let of = |penalty: Value| last(&charges(penalty), &quantities());
    let of_energy = json!({"target": "0.90", "percent_below": "1", "of": ["energy"], "rounds_to": "0.01"});
    assert_eq!(of(of_energy), (decimal("480.00"), "power_factor_penalty".to_owned()));
    // Of all lines, 4000 + 400, at most 10 %.
    let capped = json!({"target": "0.90", "percent_below": "1", "most_added": "10", "rounds_to": "0.01"});
    assert_eq!(of(capped).0, decimal("440.00"));
    // Exact: 8000 / √(8000² + 6500²) = 0.776114000…; 12.3886 % of 4400.
    let exact = json!({"target": "0.90", "percent_below": "1"});
    assert_eq!(of(exact).0, decimal("545.10"));
    // A reduction above the target of 0.70: eight hundredths at 0.25 %.
    let above = json!({"target": "0.70", "percent_above": "0.25", "rounds_to": "0.01"});
    assert_eq!(of(above).0, decimal("-88.00"));
    let bands = json!({"bands": [{"from": "0.70", "to": "0.80", "percent": "3"}, {"from": "0.95", "percent": "-1"}]});
    assert_eq!(of(bands), (decimal("132.00"), "power_factor_penalty.band".to_owned()));
}

#[test]
fn taxes_on_all_lines_on_named_ones_and_on_taxes() {
    // Energy 4000, demand 400; a levy of 5 % on energy, 200; VAT of 13 % on all: 4600 × 0.13 = 598.
    let charges = [
        ("energy", json!({"energy": {"price": "0.5"}})),
        ("demand", json!({"demand": {"rate": "10"}})),
        ("levy", json!({"surcharge": {"percent": "5", "of": ["energy"]}})),
        ("vat", json!({"surcharge": {"percent": "13"}})),
    ];
    let full = bill(&charges, &quantities());
    assert_eq!(
        full.lines.iter().map(|line| line.amount).collect::<Vec<_>>()[2..],
        [decimal("200.00"), decimal("598.00")]
    );
    assert_eq!(full.total, decimal("5198.00"));
    assert!(full.lines[2..].iter().all(|line| line.rule == "surcharge.percent" && line.unit == "CNY"));
    // VAT that leaves the levy out: 4400 × 0.13.
    let mut without = charges.clone();
    without[3].1 = json!({"surcharge": {"percent": "13", "excludes": ["levy"]}});
    assert_eq!(last(&without, &quantities()).0, decimal("572.00"));
    // A discount.
    without[3].1 = json!({"surcharge": {"percent": "-2.5", "of": ["energy", "demand"]}});
    assert_eq!(last(&without, &quantities()).0, decimal("-110.00"));
}

#[test]
fn charges_that_make_no_sense_name_their_field() {
    let energy = || ("energy", json!({"energy": {"price": "0.5"}}));
    let cases = [
        (json!({"reactive": {"price": "-1"}}), "charge.reactive.price"),
        (json!({"power_factor_penalty": {}}), "charge.power_factor_penalty.target"),
        (json!({"power_factor_penalty": {"target": "90"}}), "charge.power_factor_penalty.target"),
        (
            json!({"power_factor_penalty": {"target": "0.9", "percent_below": "-1"}}),
            "charge.power_factor_penalty.percent_below",
        ),
        (json!({"power_factor_penalty": {"target": "0.9", "of": ["enrgy"]}}), "energy"),
        (json!({"power_factor_penalty": {"target": "0.9", "rounds_to": "0"}}), "charge.power_factor_penalty.rounds_to"),
        (
            json!({"power_factor_penalty": {"bands": [{"from": "0.9", "to": "0.8", "percent": "1"}]}}),
            "charge.power_factor_penalty.bands[0].to",
        ),
        (
            json!({"power_factor_penalty": {"bands": [{"from": "0.8", "percent": "1"}, {"from": "0.9", "percent": "2"}]}}),
            "overlaps bands[0]",
        ),
        (json!({"surcharge": {"percent": "1300"}}), "charge.surcharge.percent"),
        (
            json!({"surcharge": {"percent": "13", "of": ["energy"], "excludes": ["energy"]}}),
            "charge.surcharge.excludes",
        ),
        (json!({"surcharge": {"percent": "13", "of": ["enery"]}}), "energy"),
    ];
    for (charge, field) in cases {
        let message = refused(&[energy(), ("one", charge.clone())]);
        assert!(message.contains(field), "{charge}: {field} is not in {message}");
    }
    assert!(refused(&[("vat", json!({"surcharge": {"percent": "13"}}))]).contains("no component stands before it"));
}
