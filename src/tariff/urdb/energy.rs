//! Prices a kWh: by period, in blocks, and the fuel adjustment by month.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::draft::Draft;
use super::fields::{Field, number, shown, words};
use super::hours::Hours;
use super::structure::Structure;
use crate::error::Result;
use crate::tariff::component::{BlockLimits, Charge, Counts, EnergyCharge, EnergyTiers};
use crate::tariff::rate::Rate;

/// Price of exported energy of each period, where there is one.
pub(super) type Sells = BTreeMap<String, Option<Decimal>>;

/// Names of a component and its schedule.
const ENERGY: &str = "energy";
const FUEL: &str = "fuel_adjustment";

/// Takes the prices a kWh, and gives those of exported energy by period.
///
/// # Errors
/// As [`Structure::read`] and [`Hours::read`]; fuel adjustments that are not twelve prices.
pub(super) fn read(draft: &mut Draft<'_>) -> Result<Sells> {
    let sells = read_energy(draft)?;
    read_fuel(draft)?;
    Ok(sells)
}

fn read_energy(draft: &mut Draft<'_>) -> Result<Sells> {
    let Some(structure) = Structure::read(&mut draft.fields, "energyratestructure")? else { return Ok(Sells::new()) };
    let (weekday, weekend) = ("energyweekdayschedule", "energyweekendschedule");
    let hours = Hours::read(&mut draft.fields, weekday, weekend, structure.periods.len())?;
    let rates = structure.rates(&draft.fields, &hours)?;
    check_units(draft, &structure)?;
    structure.list_unused(&mut draft.fields, &hours.used());
    let source = draft.source_of(&structure.written);
    draft.schedules.push(hours.schedule(ENERGY, |period| period_name(ENERGY, period), &source));
    let flat: BTreeMap<usize, Decimal> = rates.iter().filter_map(|(at, rate)| Some((*at, rate.flat()?))).collect();
    if flat.len() == rates.len() {
        draft.add(ENERGY, words("Energy", "电度电费"), &structure.written, Charge::Energy(energy(&flat, ENERGY)));
    } else {
        add_blocks(draft, &structure, &hours, &rates);
    }
    let sell = |at: &usize| structure.periods.get(*at).and_then(|period| period.sell);
    Ok(rates.keys().map(|at| (period_name(ENERGY, *at), sell(at))).collect())
}

/// Prices are a kWh, whatever their limits count.
fn check_units(draft: &Draft<'_>, structure: &Structure) -> Result<()> {
    for (at, period) in structure.periods.iter().enumerate() {
        if let Some(unit) = period.unit.as_deref().filter(|unit| !unit.to_lowercase().starts_with("kwh")) {
            let problem =
                format!("found {unit:?}, expected kWh, kWh daily, kWh/kW or kWh/kW daily; convert the prices");
            return Err(draft.fields.wrong(&format!("{}[{at}][0].unit", structure.written), problem));
        }
    }
    Ok(())
}

/// Prices in blocks.
fn add_blocks(draft: &mut Draft<'_>, structure: &Structure, hours: &Hours, rates: &BTreeMap<usize, Rate>) {
    let is_in_blocks = |at: &usize| rates.get(at).is_some_and(|rate| rate.flat().is_none());
    let units: BTreeSet<Option<String>> = rates
        .keys()
        .filter(|at| is_in_blocks(at))
        .map(|at| structure.periods.get(*at).and_then(|period| period.unit.as_deref()).map(str::to_lowercase))
        .collect();
    let unit = units.first().filter(|_| units.len() == 1).cloned().flatten();
    let limits = match unit.as_deref() {
        None if units.len() == 1 => Some(BlockLimits::Kwh),
        Some("kwh") => Some(BlockLimits::Kwh),
        Some("kwh daily") => Some(BlockLimits::KwhADay),
        Some("kwh/kw") => Some(BlockLimits::KwhAKw),
        Some("kwh/kw daily") => Some(BlockLimits::KwhAKwAndDay),
        _ => None,
    };
    let Some(limits) = limits else {
        let units: Vec<String> = units.into_iter().map(|unit| unit.unwrap_or_default()).collect();
        let why = words(
            "blocks of one kind only are carried over: all in kWh, kWh daily, kWh/kW or kWh/kW daily; write them as a tariff \
             of your own",
            "各时段分档须同为 kWh、kWh daily、kWh/kW 或 kWh/kW daily；请写入自己的电价文件。",
        );
        draft.fields.list(&structure.written, &Value::String(units.join(", ")), true, why);
        return;
    };
    let ends = |at: &usize| -> Vec<Option<Decimal>> {
        rates.get(at).map(|rate| rate.0.iter().map(|tier| tier.up_to).collect()).unwrap_or_default()
    };
    // In a month with one period nothing is left open.
    let open: Vec<BTreeSet<usize>> = (0..12)
        .map(|month| hours.of_month(month))
        .filter(|periods| periods.len() > 1 && periods.iter().any(is_in_blocks))
        .collect();
    let are_shared =
        !open.is_empty() && open.iter().all(|periods| periods.iter().map(ends).collect::<BTreeSet<_>>().len() == 1);
    let charge = EnergyTiers {
        rates: rates.iter().map(|(at, rate)| (period_name(ENERGY, *at), rate.clone())).collect(),
        schedule: Some(ENERGY.to_owned()),
        limits,
        counts: if are_shared { Counts::All } else { Counts::Period },
        ..EnergyTiers::default()
    };
    draft.add(ENERGY, words("Energy", "电度电费"), &structure.written, Charge::EnergyTiers(charge));
    if are_shared {
        draft.assume(
            "The blocks of energy have the same limits in all periods of a month: the energy of all periods fills them \
             together, each block shared by the periods' energy. The database does not say so.",
            "同月各时段的电量分档界限相同：按全部时段电量共同计档，各档按时段电量分摊；数据库对此未作说明。",
        );
    } else if !open.is_empty() {
        draft.assume(
            "The blocks of energy differ between the periods of a month: each period fills its own. The database does not \
             say so.",
            "同月各时段的电量分档界限不同：各时段分别计档；数据库对此未作说明。",
        );
    }
    if unit.is_none() {
        let field = &structure.written;
        draft.assume(
            format!("{field} has no unit of its limits: kWh a month are taken."),
            format!("{field} 未注明分档单位，按每月 kWh 计。"),
        );
    }
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
