//! Look-backs: earlier peaks that raise the demand of a bill. The database has two generations of fields for them,
//! and says of neither which charge they are for.

use rust_decimal::Decimal;
use serde_json::Value;

use super::draft::Draft;
use super::fields::{Field, Fields, number, shown, words};
use crate::error::Result;
use crate::tariff::component::{LookBack, Ratchet};

/// Months that a ratchet without a range looks back on: with the bill itself, a year.
const YEAR: u8 = 11;

/// Takes the fields of the look-back. `share_by_month` of the older fields comes without a range.
///
/// # Errors
/// A share below zero or above 100 %, a range that is no number of months, months that are not twelve.
pub(super) fn read(draft: &mut Draft<'_>) -> Result<Option<Ratchet>> {
    let fields = &mut draft.fields;
    let (share_written, range_written) = (fields.written("lookbackpercent"), fields.written("lookbackrange"));
    let months_written = fields.written("lookbackmonths");
    let share = match fields.amount("lookbackpercent")? {
        Some(share) => Some(share_of(share).map_err(|problem| fields.wrong(&share_written, problem))?),
        None => None,
    };
    let range = fields.amount("lookbackrange")?.filter(|range| !range.is_zero());
    let named = read_months(fields)?;
    let older = read_older(fields)?;
    let share = share.filter(|share| !share.is_zero());
    let look_back = match (share, range, named.is_empty()) {
        (Some(share), Some(range), true) => {
            let months = u8::try_from(range).ok().filter(|months| (1..=24).contains(months) && range.fract().is_zero());
            let months = months.ok_or_else(|| {
                fields.wrong(&range_written, format!("found {range}, expected a whole number of months from 1 to 24"))
            })?;
            // The month itself is its own peak: twelve months are eleven before it.
            Some((share, LookBack::Months(months)))
        }
        (Some(share), None, false) => Some((share, LookBack::NamedMonths(named))),
        (Some(share), range, _) => {
            let value = Value::String(format!("{share}, {range_written} {range:?}, {months_written} {named:?}"));
            let why = if range.is_some() {
                words(
                    "a range and named months exclude each other; look into the tariff document and add a `ratchet` to the \
                     demand charge",
                    "回溯月数与指定月份不能并存；请核对电价文件，并在需量电费中补充 ratchet。",
                )
            } else {
                words(
                    "neither a range nor months say how far to look back; look into the tariff document and add a \
                     `ratchet` to the demand charge",
                    "没有回溯月数或指定月份；请核对电价文件，并在需量电费中补充 ratchet。",
                )
            };
            fields.list(share_written, &value, true, why);
            None
        }
        (None, range, are_none) => {
            if range.is_some() || !are_none {
                let value = Value::String(format!("{range:?}, {named:?}"));
                let why = words("there is no share to go with it", "没有相应的回溯比例。");
                fields.list(range_written, &value, false, why);
            }
            None
        }
    };
    Ok(match (look_back, older) {
        (Some((share, look_back)), older) => {
            if let Some((written, shares)) = older {
                let value = Value::String(shares.iter().map(Decimal::to_string).collect::<Vec<_>>().join(", "));
                let is_same = shares.iter().all(|one| *one == share);
                let why = words("the newer look-back fields are taken in its place", "已采用较新的回溯字段。");
                fields.list(written, &value, !is_same, why);
            }
            Some(Ratchet { share, share_by_month: Default::default(), look_back, wraps: false })
        }
        (None, Some((written, shares))) => {
            draft.notes.push(words(
                format!(
                    "{written} gives shares and no range: they are taken as shares of the peaks of the eleven months before \
                     the bill, each by the month of its peak."
                ),
                format!("{written} 只给出比例而无回溯期：按账单前十一个月的最大需量计，比例取该需量所在月份的值。"),
            ));
            let first = shares.first().copied().unwrap_or_default();
            let is_one = shares.iter().all(|share| *share == first);
            let by_month = (1..=12u8).zip(shares).filter(|_| !is_one).collect();
            Some(Ratchet {
                share: if is_one { first } else { Decimal::ZERO },
                share_by_month: by_month,
                look_back: LookBack::Months(YEAR),
                wraps: false,
            })
        }
        (None, None) => None,
    })
}

/// A share from 0 to 1; numbers above 1 are percent.
fn share_of(number: Decimal) -> std::result::Result<Decimal, String> {
    let share = if number > Decimal::ONE { number / Decimal::ONE_HUNDRED } else { number };
    if share > Decimal::ONE || share.is_sign_negative() && !share.is_zero() {
        return Err(format!("found {number}, expected a share from 0 to 1, or percent up to 100"));
    }
    Ok(share)
}

/// The months 1–12 whose truth value is set.
fn read_months(fields: &mut Fields<'_>) -> Result<Vec<u8>> {
    let Some(Field { written, value }) = fields.take("lookbackmonths") else { return Ok(Vec::new()) };
    let is_set = |one: &Value| one.as_bool().or_else(|| one.as_f64().map(|number| number != 0.0));
    let months: Option<Vec<bool>> =
        value.as_array().filter(|months| months.len() == 12).and_then(|months| months.iter().map(is_set).collect());
    let months = months.ok_or_else(|| {
        fields.wrong(&written, format!("found {}, expected 12 truth values, one a month", shown(&value)))
    })?;
    Ok((1..=12u8).zip(months).filter(|(_, is_set)| *is_set).map(|(month, _)| month).collect())
}

/// The older shares, one a month, where one of them is not zero.
fn read_older(fields: &mut Fields<'_>) -> Result<Option<(String, Vec<Decimal>)>> {
    let Some(Field { written, value }) = fields.take("demandratchetpercentage") else { return Ok(None) };
    let one = |value: &Value| number(value).and_then(share_of);
    let shares: std::result::Result<Vec<Decimal>, String> = match &value {
        Value::Array(months) if months.len() == 12 => months.iter().map(one).collect(),
        Value::Number(_) => one(&value).map(|share| vec![share; 12]),
        _ => Err(format!("found {}, expected 12 shares, one a month", shown(&value))),
    };
    let shares = shares.map_err(|problem| fields.wrong(&written, problem))?;
    Ok(shares.iter().any(|share| !share.is_zero()).then_some((written, shares)))
}
