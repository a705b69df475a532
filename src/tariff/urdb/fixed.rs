//! Amounts that do not depend on the load: fixed charges and minimum bills.

use rust_decimal::Decimal;
use serde_json::Value;

use super::draft::Draft;
use super::fields::words;
use crate::error::Result;
use crate::tariff::component::{Charge, FixedCharge, MinimumBill, Per, Times};

const FIXED: &str = "fixed";

pub(super) fn read(draft: &mut Draft<'_>) -> Result<()> {
    read_fixed(draft)?;
    read_minimum(draft)
}

/// The time of a unit such as `$/month`.
fn per(unit: &str) -> Option<Per> {
    let (_, time) = unit.split_once('/')?;
    match time.trim().to_lowercase().as_str() {
        "day" => Some(Per::Day),
        "month" => Some(Per::Month),
        "year" => Some(Per::Year),
        _ => None,
    }
}

fn read_fixed(draft: &mut Draft<'_>) -> Result<()> {
    let unit = draft.fields.text("fixedchargeunits");
    let further = draft.fields.written("fixedchargeeaaddl");
    if let Some(price) = draft.fields.amount("fixedchargeeaaddl")?.filter(|price| !price.is_zero()) {
        let value = Value::String(format!("{price} {}", unit.as_deref().unwrap_or_default()));
        let why = words(
            "a price for each meter after the first; a site is billed as one meter",
            "第一块以外每块电表的价格；本工具按一块电表计费。",
        );
        draft.fields.list(further, &value, true, why);
    }
    for (field, unit) in [("fixedchargefirstmeter", unit.as_deref()), ("fixedmonthlycharge", Some("$/month"))] {
        let written = draft.fields.written(field);
        let Some(price) = draft.fields.amount(field)?.filter(|price| !price.is_zero()) else { continue };
        let time = match unit.map(per) {
            None => Per::Month,
            Some(Some(time)) => time,
            Some(None) => {
                list_unit(draft, &written, price, unit);
                continue;
            }
        };
        if draft.components.iter().any(|one| one.id == FIXED) {
            list_older(draft, &written, price);
            continue;
        }
        let charge = FixedCharge { price, per: time, times: Times::One };
        draft.add(FIXED, words("Fixed charge", "固定费用"), &written, Charge::Fixed(charge));
        if unit.is_none() {
            assume_month(draft, &written);
        }
    }
    Ok(())
}

fn list_unit(draft: &mut Draft<'_>, field: &str, price: Decimal, unit: Option<&str>) {
    let value = Value::String(format!("{price} {}", unit.unwrap_or_default()));
    let why = words(
        "the time that the amount is for is none of $/day, $/month and $/year; write the charge as one of those",
        "金额所对应的时间不是 $/day、$/month 或 $/year；请换算为其中之一。",
    );
    draft.fields.list(field, &value, true, why);
}

fn read_minimum(draft: &mut Draft<'_>) -> Result<()> {
    let unit = draft.fields.text("minchargeunits");
    let monthly = ("minmonthlycharge", Some("$/month"));
    for (field, unit) in [("mincharge", unit.as_deref()), monthly, ("annualmincharge", Some("$/year"))] {
        let written = draft.fields.written(field);
        let Some(amount) = draft.fields.amount(field)?.filter(|amount| !amount.is_zero()) else { continue };
        let Some(time) = unit.map_or(Some(Per::Month), per) else {
            list_unit(draft, &written, amount, unit);
            continue;
        };
        let (id, name) = match time {
            Per::Year => ("minimum_year", words("Minimum of the year", "年度最低收费")),
            _ => ("minimum", words("Minimum", "最低收费")),
        };
        if draft.components.iter().any(|one| one.id == id) {
            list_older(draft, &written, amount);
            continue;
        }
        draft.add(id, name, &written, Charge::Minimum(MinimumBill { amount, per: time, of: Vec::new() }));
        if unit.is_none() {
            assume_month(draft, &written);
        }
    }
    Ok(())
}

fn list_older(draft: &mut Draft<'_>, field: &str, amount: Decimal) {
    let why = words("the newer field is taken in its place", "已采用较新的字段。");
    draft.fields.list(field, &Value::String(amount.to_string()), true, why);
}

fn assume_month(draft: &mut Draft<'_>, field: &str) {
    draft
        .assume(format!("{field} has no unit: an amount a month is taken."), format!("{field} 未注明单位，按每月计。"));
}
