//! Prices from as many bills as there are unknown ones.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::{Deserialize, Serialize};

use super::prices::{PriceField, price_fields};
use crate::error::{Result, nearest};
use crate::site::Contract;
use crate::tariff::book::to_f64;
use crate::tariff::quantities::BillingQuantities;
use crate::tariff::tariff::{Tariff, fail};

/// A bill of which the total is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricedBill {
    /// What it is made from.
    pub quantities: BillingQuantities,
    /// What it is billed under.
    pub contract: Contract,
    /// Total on paper \[currency\].
    pub total: Decimal,
}

/// One price that was solved for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SolvedPrice {
    /// As it was asked for: `purchase` or `basic_charge.capacity_price`.
    pub name: String,
    /// The price, to eight decimals.
    pub price: Decimal,
    /// How far it moves at most where every total is off by the tolerance.
    pub plus_minus: f64,
}

/// Prices that reproduce the totals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SolvedPrices {
    /// In the order asked for.
    pub prices: Vec<SolvedPrice>,
    /// Largest difference that the bills made with them leave to their totals \[currency\].
    pub left: Decimal,
    /// Difference of a total that `plus_minus` is worked out from \[currency\].
    pub tolerance: Decimal,
}

/// Price at which the slope of a total is taken: so far off that rounding to 0.01 does not show in it.
const PROBE: i64 = 1000;
/// Pivot below which bills say the same of two prices, as a share of the largest.
const SINGULAR: f64 = 1e-7;
/// Corrections where a total is no straight line.
const MOST_STEPS: usize = 5;

/// Solves `n` bills for `n` unknown prices by linear probing: each unknown is billed at two prices, the rest of the
/// tariff as it is. A price holds in every version that has it.
///
/// # Errors
/// As many bills as unknowns are expected; a name that is no price; bills that say the same of two unknowns, or
/// nothing of one; a price that comes out negative; totals that no such prices reproduce within the tolerance;
/// whatever [`Tariff::bill`] refuses.
///
/// ```
/// use wattlens::tariff::{BillingQuantities, PricedBill, load, solve_prices};
/// let tariff = load("example-flat")?;
/// let quantities = BillingQuantities {
///     from: "2024-01-01".parse()?,
///     until: "2024-02-01".parse()?,
///     kwh: [("all".to_owned(), 1000.0)].into(),
///     ..BillingQuantities::default()
/// };
/// let component = &tariff.sheet().versions[0].components[0].id;
/// let total = tariff.bill(&quantities, &Default::default())?.total;
/// let bill = PricedBill { quantities, contract: Default::default(), total };
/// let solved = solve_prices(&tariff, &[bill], &[component.clone()], "0.10".parse()?)?;
/// assert_eq!(solved.prices[0].price, tariff.period_prices()?[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn solve_prices(
    tariff: &Tariff,
    bills: &[PricedBill],
    unknown: &[String],
    tolerance: Decimal,
) -> Result<SolvedPrices> {
    let bad = |field: &str, problem: String| fail(&tariff.sheet().id, Some(field.to_owned()), problem);
    if unknown.is_empty() || bills.len() != unknown.len() {
        return Err(bad(
            "unknown",
            format!(
                "found {} bills for {} unknown prices, expected as many bills as unknowns",
                bills.len(),
                unknown.len()
            ),
        ));
    }
    let fields = unknown.iter().map(|name| fields_of(tariff, name)).collect::<Result<Vec<_>>>()?;
    let priced = |prices: &[Decimal]| {
        let mut priced = tariff.clone();
        for (fields, price) in fields.iter().zip(prices) {
            for field in fields {
                priced = field.with(&priced, *price).unwrap_or(priced);
            }
        }
        priced
    };
    let totals = |prices: &[Decimal]| -> Result<Vec<Decimal>> {
        let tariff = priced(prices);
        bills.iter().map(|bill| Ok(tariff.bill(&bill.quantities, &bill.contract)?.total)).collect()
    };
    let mut prices = vec![Decimal::ZERO; unknown.len()];
    let mut here = totals(&prices)?;
    let mut slopes = vec![vec![0.0; unknown.len()]; bills.len()];
    for at in 0..unknown.len() {
        let mut probed = prices.clone();
        probed[at] = Decimal::from(PROBE);
        for (row, (there, here)) in slopes.iter_mut().zip(totals(&probed)?.iter().zip(&here)) {
            row[at] = to_f64(there - here) / PROBE as f64;
        }
    }
    let inverse = invert(&slopes).map_err(|at| {
        let name = unknown.get(at).map_or("", String::as_str);
        bad("unknown", format!("these bills do not tell {name:?} from the others: bills of other months or shares of periods are needed"))
    })?;
    let off = |here: &[Decimal]| -> Vec<f64> {
        bills.iter().zip(here).map(|(bill, here)| to_f64(bill.total - here)).collect()
    };
    let largest = |here: &[Decimal]| {
        bills.iter().zip(here).map(|(bill, here)| (bill.total - here).abs()).max().unwrap_or_default()
    };
    for _ in 0..MOST_STEPS {
        let off = off(&here);
        for (at, row) in inverse.iter().enumerate() {
            let step: f64 = row.iter().zip(&off).map(|(a, b)| a * b).sum();
            prices[at] = (prices[at] + Decimal::from_f64(step).unwrap_or_default()).round_dp(8);
            if prices[at].is_sign_negative() && !prices[at].is_zero() {
                let problem = format!(
                    "solves to {}, expected zero or more: a total, a quantity or another price of these bills is off",
                    prices[at]
                );
                return Err(bad(&unknown[at], problem));
            }
        }
        here = totals(&prices)?;
        if largest(&here) <= tolerance {
            break;
        }
    }
    let left = largest(&here);
    if left > tolerance {
        let problem =
            format!("the nearest prices leave a difference of {left}, more than the tolerance of {tolerance}");
        return Err(bad("bills", problem));
    }
    let off_by = to_f64(tolerance);
    let named = unknown.iter().zip(&prices).zip(&inverse).map(|((name, price), row)| SolvedPrice {
        name: name.clone(),
        price: *price,
        plus_minus: row.iter().map(|one| one.abs() * off_by).sum(),
    });
    Ok(SolvedPrices { prices: named.collect(), left, tolerance })
}

/// The price that a name means, in each version that has it: a component with one price, or `component.field`.
fn fields_of(tariff: &Tariff, name: &str) -> Result<Vec<PriceField>> {
    let versions: Vec<usize> = (0..tariff.sheet().versions.len()).collect();
    let all = price_fields(tariff, &versions);
    let whole = |one: &PriceField| format!("{}.{}", one.component, one.field());
    let found: Vec<PriceField> =
        all.iter().filter(|one| one.component == name || whole(one) == name).cloned().collect();
    let Some(first) = found.first() else {
        let known: Vec<String> = all.iter().map(whole).collect();
        let near = nearest(name, all.iter().map(|one| one.component.as_str()).chain(known.iter().map(String::as_str)));
        let list = if near.is_empty() { known.join(", ") } else { near.join(", ") };
        let problem = format!("is no price of the tariff; there are: {list}");
        return Err(fail(&tariff.sheet().id, Some(name.to_owned()), problem));
    };
    if found.iter().any(|one| one.field() != first.field()) {
        let list = found.iter().map(whole).collect::<Vec<_>>().join(", ");
        let problem = format!("has several prices, of which one is to be named: {list}");
        return Err(fail(&tariff.sheet().id, Some(name.to_owned()), problem));
    }
    Ok(found)
}

/// The inverse by elimination with the largest pivots; else the column that has none.
fn invert(matrix: &[Vec<f64>]) -> std::result::Result<Vec<Vec<f64>>, usize> {
    let size = matrix.len();
    // Rows of bills of any size weigh alike.
    let scales: Vec<f64> =
        matrix.iter().map(|row| row.iter().fold(0.0, |most: f64, one| most.max(one.abs()))).collect();
    let mut rows: Vec<Vec<f64>> = matrix
        .iter()
        .zip(&scales)
        .enumerate()
        .map(|(at, (row, scale))| {
            let scale = if *scale > 0.0 { *scale } else { 1.0 };
            let unit = (0..size).map(|other| if other == at { 1.0 / scale } else { 0.0 });
            row.iter().map(|one| one / scale).chain(unit).collect()
        })
        .collect();
    let columns: Vec<f64> =
        (0..size).map(|at| rows.iter().fold(0.0, |most: f64, row| most.max(row[at].abs()))).collect();
    for at in 0..size {
        let pivot = (at..size).max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs())).unwrap_or(at);
        if rows[pivot][at].abs() <= SINGULAR * columns[at].max(f64::MIN_POSITIVE) {
            return Err(at);
        }
        rows.swap(at, pivot);
        let by = rows[at][at];
        rows[at].iter_mut().for_each(|one| *one /= by);
        let pivot_row = rows[at].clone();
        for (other, row) in rows.iter_mut().enumerate().filter(|(other, _)| *other != at) {
            debug_assert_ne!(other, at);
            let by = row[at];
            row.iter_mut().zip(&pivot_row).for_each(|(one, pivot)| *one -= by * pivot);
        }
    }
    Ok(rows.into_iter().map(|row| row[size..].to_vec()).collect())
}
