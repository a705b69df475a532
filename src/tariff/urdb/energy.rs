//! Prices a kWh: by period, in blocks, and the fuel adjustment by month.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::draft::Draft;
use super::fields::{Field, number, shown, words};
use super::hours::Hours;
use super::structure::Structure;
use crate::error::Result;
use crate::tariff::component::{Charge, EnergyCharge};

/// Names of a component and its schedule.
const ENERGY: &str = "energy";
const FUEL: &str = "fuel_adjustment";

pub(super) fn read(draft: &mut Draft<'_>) -> Result<()> {
    read_energy(draft)?;
    read_fuel(draft)
}

fn read_energy(draft: &mut Draft<'_>) -> Result<()> {
    let Some(structure) = Structure::read(&mut draft.fields, "energyratestructure")? else { return Ok(()) };
    let (weekday, weekend) = ("energyweekdayschedule", "energyweekendschedule");
    let hours = Hours::read(&mut draft.fields, weekday, weekend, structure.periods.len())?;
    let rates = structure.rates(&draft.fields, &hours)?;
    structure.list_unused(&mut draft.fields, &hours.used());
    let source = draft.source_of(&structure.written);
    let name = |period| period_name(ENERGY, period);
    draft.schedules.push(hours.schedule(ENERGY, name, &source));
    let flat: BTreeMap<usize, Decimal> = rates.iter().filter_map(|(at, rate)| Some((*at, rate.flat()?))).collect();
    if flat.len() == rates.len() {
        draft.add(ENERGY, words("Energy", "电度电费"), &structure.written, Charge::Energy(energy(&flat, ENERGY)));
        return Ok(());
    }
    draft.fields.list(&structure.written, &Value::Null, true, words("blocks are not read yet", "分档电价尚不能读取。"));
    Ok(())
}

/// A price a kWh that is added in each month.
fn read_fuel(draft: &mut Draft<'_>) -> Result<()> {
    let Some(Field { written, value }) = draft.fields.take("fueladjustmentsmonthly") else { return Ok(()) };
    let months = value.as_array().filter(|months| months.len() == 12).ok_or_else(|| {
        draft.fields.wrong(&written, format!("found {}, expected 12 prices, one a month", shown(&value)))
    })?;
    let mut prices = Vec::with_capacity(months.len());
    for (month, price) in months.iter().enumerate() {
        prices.push(number(price).map_err(|problem| draft.fields.wrong(&format!("{written}[{month}]"), problem))?);
    }
    if prices.iter().all(Decimal::is_zero) {
        return Ok(());
    }
    if prices.iter().any(|price| price.is_sign_negative() && !price.is_zero()) {
        let why = words(
            "an adjustment below zero lowers prices, and a price of its own cannot be negative; add it to the energy prices",
            "调整额为负会降低电价，而单列电价不能为负；请并入电度电价。",
        );
        draft.fields.list(written, &value, true, why);
        return Ok(());
    }
    let different: Vec<Decimal> = prices.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let period_of = |price: &Decimal| different.iter().position(|one| one == price).unwrap_or_default();
    let mut of_months = [0; 12];
    of_months.iter_mut().zip(&prices).for_each(|(period, price)| *period = period_of(price));
    let by_period: BTreeMap<usize, Decimal> = different.iter().copied().enumerate().collect();
    if by_period.len() > 1 {
        let source = draft.source_of(&written);
        let schedule = Hours::of_months(of_months).schedule(FUEL, |period| period_name(FUEL, period), &source);
        draft.schedules.push(schedule);
    }
    draft.add(FUEL, words("Fuel adjustment", "燃料调整费"), &written, Charge::Energy(energy(&by_period, FUEL)));
    Ok(())
}

/// One price, or one a period.
fn energy(prices: &BTreeMap<usize, Decimal>, schedule: &str) -> EnergyCharge {
    match prices.values().next().filter(|_| prices.len() == 1) {
        Some(price) => EnergyCharge { price: Some(*price), ..EnergyCharge::default() },
        None => EnergyCharge {
            by_period: prices.iter().map(|(at, price)| (period_name(schedule, *at), *price)).collect(),
            schedule: Some(schedule.to_owned()),
            ..EnergyCharge::default()
        },
    }
}

/// Name of a period, counted from 1 on.
pub(super) fn period_name(schedule: &str, period: usize) -> String {
    format!("{schedule}_{}", period + 1)
}
