//! Prices of the highest power: of each period, of the month, of reactive power, and at the peak of the grid.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::draft::Draft;
use super::energy::period_name;
use super::fields::words;
use super::hours::Hours;
use super::ratchet;
use super::structure::Structure;
use crate::error::Result;
use crate::tariff::component::{Charge, DemandCharge, DemandUnit, Ratchet};
use crate::tariff::rate::Rate;

const DEMAND: &str = "demand";
const FLAT: &str = "flat_demand";
/// Longest window that a demand is averaged over \[min\].
const MAX_WINDOW_MIN: i64 = 1440;

pub(super) fn read(draft: &mut Draft<'_>) -> Result<()> {
    let window_s = read_window(draft)?;
    let measured_in = draft.fields.text("demandunits");
    let ratchet = ratchet::read(draft)?;
    let has_flat = read_flat(draft, window_s, measured_in.as_deref(), ratchet.clone())?;
    read_by_period(draft, window_s, measured_in.as_deref(), ratchet.filter(|_| !has_flat))?;
    read_reactive(draft, window_s)?;
    list_coincident(draft)
}

/// The averaging window \[s\].
fn read_window(draft: &mut Draft<'_>) -> Result<Option<i64>> {
    let written = draft.fields.written("demandwindow");
    let Some(minutes) = draft.fields.amount("demandwindow")?.filter(|minutes| !minutes.is_zero()) else {
        return Ok(None);
    };
    let whole = i64::try_from(minutes).ok().filter(|_| minutes.fract().is_zero());
    match whole.filter(|minutes| (1..=MAX_WINDOW_MIN).contains(minutes)) {
        Some(minutes) => Ok(Some(60 * minutes)),
        None => {
            let problem = format!("found {minutes}, expected whole minutes from 1 to {MAX_WINDOW_MIN}, such as 15");
            Err(draft.fields.wrong(&written, problem))
        }
    }
}

/// The price of the month's highest power, by month.
fn read_flat(
    draft: &mut Draft<'_>,
    window_s: Option<i64>,
    measured_in: Option<&str>,
    ratchet: Option<Ratchet>,
) -> Result<bool> {
    let unit = draft.fields.text("flatdemandunit");
    let Some(structure) = Structure::read(&mut draft.fields, "flatdemandstructure")? else { return Ok(false) };
    let months = Hours::read_months(&mut draft.fields, "flatdemandmonths", structure.periods.len())?;
    let rates = structure.rates(&draft.fields, &months)?;
    structure.list_energy_terms(&mut draft.fields);
    structure.list_unused(&mut draft.fields, &months.used());
    if rates.values().all(is_free) {
        return Ok(false);
    }
    let Some((unit, is_said)) = unit_of(draft, &structure, unit.as_deref(), measured_in) else { return Ok(false) };
    let mut charge = DemandCharge { unit, window_s, ratchet, ..DemandCharge::default() };
    match rates.values().next().filter(|_| rates.len() == 1) {
        Some(rate) => charge.rate = Some(rate.clone()),
        None => {
            let of_month = |month: usize| Some((month as u8 + 1, rates.get(months.of_month(month).first()?)?.clone()));
            charge.by_month = (0..12).filter_map(of_month).filter(|(_, rate)| !is_free(rate)).collect();
        }
    }
    add(draft, FLAT, words("Demand", "需量电费"), &structure.written, charge, is_said);
    Ok(true)
}

/// The prices of the highest power in each period.
fn read_by_period(
    draft: &mut Draft<'_>,
    window_s: Option<i64>,
    measured_in: Option<&str>,
    ratchet: Option<Ratchet>,
) -> Result<()> {
    let unit = draft.fields.text("demandrateunit");
    let structure = Structure::read(&mut draft.fields, "demandratestructure")?;
    let has_ratchet = ratchet.is_some();
    if let Some(structure) = structure {
        let (weekday, weekend) = ("demandweekdayschedule", "demandweekendschedule");
        let hours = Hours::read(&mut draft.fields, weekday, weekend, structure.periods.len())?;
        let rates = structure.rates(&draft.fields, &hours)?;
        structure.list_energy_terms(&mut draft.fields);
        structure.list_unused(&mut draft.fields, &hours.used());
        let name = |period| period_name(DEMAND, period);
        // Nothing is said of a period in which demand is free.
        let rates: BTreeMap<String, Rate> =
            rates.into_iter().filter(|(_, rate)| !is_free(rate)).map(|(at, rate)| (name(at), rate)).collect();
        if !rates.is_empty()
            && let Some((unit, is_said)) = unit_of(draft, &structure, unit.as_deref(), measured_in)
        {
            let source = draft.source_of(&structure.written);
            draft.schedules.push(hours.schedule(DEMAND, name, &source));
            let schedule = Some(DEMAND.to_owned());
            let charge = DemandCharge { rates, schedule, unit, window_s, ratchet, ..DemandCharge::default() };
            let words = words("Demand by period", "分时需量电费");
            add(draft, DEMAND, words, &structure.written, charge, is_said);
            return Ok(());
        }
    }
    if has_ratchet {
        let why = words("there is no demand charge to go with it", "没有相应的需量电费。");
        draft.fields.list("lookbackpercent", &Value::Null, false, why);
    }
    Ok(())
}

fn add(
    draft: &mut Draft<'_>,
    id: &str,
    name: crate::tariff::sheet::Words,
    field: &str,
    charge: DemandCharge,
    is_unit_said: bool,
) {
    let has_ratchet = charge.ratchet.is_some();
    draft.add(id, name.clone(), field, Charge::Demand(charge));
    if has_ratchet {
        draft.assume(
            format!(
                "The look-back is applied to {:?} alone: the database does not say which charge it is for, and its look-back \
                 fields are known to be unreliable. Check it in the tariff document.",
                name.en
            ),
            format!("回溯（棘轮）仅用于“{}”：数据库未说明适用于哪项电费，其回溯字段也不可靠，请核对电价文件。", name.zh),
        );
    }
    if !is_unit_said {
        draft.assume(format!("{field} has no unit: kW is taken."), format!("{field} 未注明单位，按 kW 计。"));
    }
}

/// The unit of a structure, and whether it is said; `None` where it cannot be carried over, which is then listed.
fn unit_of(
    draft: &mut Draft<'_>,
    structure: &Structure,
    unit: Option<&str>,
    measured_in: Option<&str>,
) -> Option<(DemandUnit, bool)> {
    let said = unit.or(measured_in);
    match said.map(str::to_lowercase).as_deref() {
        None => Some((DemandUnit::Kw, false)),
        Some("kw") => Some((DemandUnit::Kw, true)),
        Some("kva") => Some((DemandUnit::Kva, true)),
        Some(other) => {
            let value = Value::String(said.unwrap_or_default().to_owned());
            let why = if other.ends_with("daily") {
                words(
                    "a price of each day's own peak, which no charge here has; add the charge by hand beside the bill",
                    "按每日各自最大需量计价，此处没有该类收费；请在账单之外另计。",
                )
            } else {
                words(
                    "a unit of demand other than kW and kVA; convert the prices and write them as a tariff of your own",
                    "需量单位不是 kW 或 kVA；请换算后写入自己的电价文件。",
                )
            };
            draft.fields.list(&structure.written, &value, true, why);
            None
        }
    }
}

fn read_reactive(draft: &mut Draft<'_>, window_s: Option<i64>) -> Result<()> {
    let written = draft.fields.written("demandreactivepowercharge");
    let Some(price) = draft.fields.amount("demandreactivepowercharge")?.filter(|price| !price.is_zero()) else {
        return Ok(());
    };
    let charge =
        DemandCharge { rate: Some(Rate::of(price)), unit: DemandUnit::Kvar, window_s, ..DemandCharge::default() };
    draft.add("reactive_demand", words("Reactive demand", "无功需量电费"), &written, Charge::Demand(charge));
    draft.assume(
        format!(
            "{written} is a price a kvar, and the database does not say of which: the month's largest reactive power is \
             taken, without a free share. Many tariffs charge only what is above a share of the kW."
        ),
        format!("{written} 为每千乏价格，数据库未说明计量对象：按当月最大无功功率计，不扣免费部分；许多电价只对超过有功一定比例的部分收费。"),
    );
    Ok(())
}

/// Prices at the peak of the grid, whose hours the database does not have.
fn list_coincident(draft: &mut Draft<'_>) -> Result<()> {
    let unit = draft.fields.text("coincidentrateunit");
    let schedule = draft.fields.written("coincidentrateschedule");
    let Some(structure) = Structure::read(&mut draft.fields, "coincidentratestructure")? else { return Ok(()) };
    let hours = Hours::read_one(&mut draft.fields, "coincidentrateschedule", structure.periods.len())?;
    let used: BTreeSet<usize> = hours.map_or_else(|| (0..structure.periods.len()).collect(), |hours| hours.used());
    let prices: Vec<String> = used
        .iter()
        .filter_map(|at| structure.periods.get(*at)?.rate.as_ref())
        .filter(|rate| !is_free(rate))
        .flat_map(|rate| rate.0.iter().map(|tier| tier.price.normalize().to_string()))
        .collect();
    let costs = !prices.is_empty();
    let value = format!("{} a {}, hours in {schedule}", prices.join(", "), unit.as_deref().unwrap_or("kW"));
    let why = words(
        "charged on the load in the hour of the grid's peak, which only the utility announces; add a `coincident_peak` charge \
         with its windows",
        "按电网尖峰时刻的负荷计收，时刻由电力公司公布；请以 coincident_peak 收费项及其时段补充。",
    );
    draft.fields.list(structure.written, &Value::String(value), costs, why);
    Ok(())
}

fn is_free(rate: &Rate) -> bool {
    rate.0.iter().all(|tier| tier.price == Decimal::ZERO)
}
