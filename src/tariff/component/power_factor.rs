//! Power-factor adjustment of Chinese bills (力调电费), notice 〔83〕水电财字第215号 of 1983.
//!
//! Everything is counted in integer hundredths: 0.90 − 0.89 is a trap in floating point, and so is
//! rounding 0.945.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kind, Place};
use crate::error::Result;
use crate::profile::{hundredths_half_up, power_factor};
use crate::site::PowerFactorStandard;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal};
use crate::tariff::explanation::Step;

/// The power-factor adjustment (力调电费) on the lines before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PowerFactorAdjustment {
    /// Components, or parts of their prices, that are left out of the base.
    pub excludes: Vec<String>,
}

impl Kind for PowerFactorAdjustment {
    fn check(&self, place: &Place<'_>) -> Checked {
        place.check_components_or_parts("excludes", &self.excludes)
    }

    fn needs(&self) -> &'static [&'static str] {
        &["contract.power_factor_standard", "readings.import_kvarh"]
    }

    fn may_fall(&self) -> bool {
        true
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let Some(standard) = account.contract.power_factor_standard else {
            book.lack("bill.power_factor", "contract.power_factor_standard");
            return Ok(());
        };
        let Some(kvarh) = account.whole.kvarh() else {
            book.lack("bill.power_factor", "readings.import_kvarh");
            return Ok(());
        };
        let Some(hundredths) = billed_hundredths(account.whole.kwh_of_power_factor(), kvarh) else {
            book.lack("bill.power_factor", "readings.active_energy");
            return Ok(());
        };
        let is_charged = |id: &str| !self.excludes.iter().any(|excluded| excluded == id);
        let within: Decimal = self.excludes.iter().map(|id| account.amount_of_part(id, is_charged)).sum();
        let base = book.sum(is_charged) - within;
        let coefficient = Decimal::new(i64::from(adjustment_basis_points(standard, hundredths)), 4);
        book.add(Entry::new("power_factor", base, "currency", coefficient));
        Ok(())
    }

    fn steps(&self, account: &Account<'_>) -> Vec<Step> {
        let whole = account.whole;
        let kwh = whole.kwh_of_power_factor();
        let (Some(standard), Some(import), Some(kvarh)) =
            (account.contract.power_factor_standard, whole.import_kvarh, whole.kvarh())
        else {
            return Vec::new();
        };
        let (Some(factor), Some(hundredths)) = (power_factor(kwh, kvarh), billed_hundredths(kwh, kvarh)) else {
            return Vec::new();
        };
        let rounded = Decimal::new(i64::from(hundredths), 2).to_string();
        let mut step = Step::new("power_factor.factor").number("kwh", decimal(kwh));
        if whole.power_factor_kwh.is_some_and(|kwh| (kwh - whole.total_kwh()).abs() > 0.5) {
            step = step.with("with_kvarh", true);
        }
        let export = whole.export_kvarh.unwrap_or_default();
        let step = step.number("import_kvarh", decimal(import.abs())).number("export_kvarh", decimal(export.abs()));
        let step = step.number("kvarh", decimal(kvarh)).number("apparent", decimal(kwh.hypot(kvarh)).round_dp(2));
        let step = step.number("factor", decimal(factor)).with("rounded", rounded.as_str());
        let percent = Decimal::new(i64::from(adjustment_basis_points(standard, hundredths)), 2);
        let row = Step::new("power_factor.row").with("standard", format!("{:.2}", f64::from(standard)));
        let excludes: Vec<Value> = self.excludes.iter().map(|id| Value::from(id.as_str())).collect();
        let base = Step::new("power_factor.base").with("excludes", excludes);
        vec![step, row.with("rounded", rounded).number("percent", percent), base]
    }
}

/// Monthly power factor as billed, in hundredths rounded half-up: kWh / √(kWh² + kvarh²).
///
/// `kvarh` is |import| + |export| reactive energy: the two add, they do not cancel. `None` where no
/// active energy was taken, because then there is no power factor to bill.
///
/// ```
/// use wattlens::tariff::billed_hundredths;
/// assert_eq!(billed_hundredths(263_595.0, 52_110.0 + 9_570.0), Some(97));
/// // A nominal 0.945 is 0.95 on the bill.
/// assert_eq!(billed_hundredths(0.945, (1.0f64 - 0.945 * 0.945).sqrt()), Some(95));
/// assert_eq!(billed_hundredths(0.0, 10.0), None);
/// ```
#[must_use]
pub fn billed_hundredths(kwh: f64, kvarh: f64) -> Option<i32> {
    power_factor(kwh, kvarh).map(hundredths_half_up)
}

/// Adjustment in hundredths of a percent for a power factor in hundredths; negative is a reduction.
///
/// Rows 0.75–1.00 of the three tables equal a table found in a public application; the lower rows
/// follow the rule of the notice, and so do power factors below 0.40, which its tables leave out.
///
/// ```
/// use wattlens::site::PowerFactorStandard;
/// use wattlens::tariff::adjustment_basis_points;
/// let standard = PowerFactorStandard::try_from(0.90)?;
/// assert_eq!(adjustment_basis_points(standard, 97), -75); // −0.75 %
/// assert_eq!(adjustment_basis_points(standard, 85), 250); // +2.5 %
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn adjustment_basis_points(standard: PowerFactorStandard, power_factor: i32) -> i32 {
    let standard = standard.hundredths();
    if power_factor >= standard {
        // 0.1 % a hundredth up to 0.90, 0.15 % above it; the standard 0.90 starts in the second part.
        let power_factor = power_factor.min(saturation(standard));
        let below_90 = power_factor.min(90) - standard;
        let above_90 = (power_factor - 90).max(0);
        -(10 * below_90 + 15 * above_90)
    } else {
        let (first, second) = (standard - 20, standard - 25);
        50 * (standard - power_factor.max(first))
            + 100 * (first - power_factor.clamp(second, first))
            + 200 * (second - power_factor).max(0)
    }
}

/// Power factor in hundredths from which the reduction no longer grows: 95, 94 or 92.
#[must_use]
pub fn saturation_hundredths(standard: PowerFactorStandard) -> i32 {
    saturation(standard.hundredths())
}

fn saturation(standard: i32) -> i32 {
    match standard {
        90 => 95,
        85 => 94,
        _ => 92,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of the notice written out by hand, percent, for standards 0.90, 0.85, 0.80.
    const ROWS: &[(i32, f64, f64, f64)] = &[
        (100, -0.75, -1.10, -1.30),
        (95, -0.75, -1.10, -1.30),
        (94, -0.60, -1.10, -1.30),
        (93, -0.45, -0.95, -1.30),
        (92, -0.30, -0.80, -1.30),
        (91, -0.15, -0.65, -1.15),
        (90, 0.00, -0.50, -1.00),
        (89, 0.50, -0.40, -0.90),
        (85, 2.50, 0.00, -0.50),
        (80, 5.00, 2.50, 0.00),
        (70, 10.00, 7.50, 5.00),
        (69, 11.00, 8.00, 5.50),
        (65, 15.00, 10.00, 7.50),
        (64, 17.00, 11.00, 8.00),
        (60, 25.00, 15.00, 10.00),
        (59, 27.00, 17.00, 11.00),
        (55, 35.00, 25.00, 15.00),
        (54, 37.00, 27.00, 17.00),
        (40, 65.00, 55.00, 45.00),
    ];

    #[test]
    fn the_table_of_the_notice() {
        for (power_factor, at_90, at_85, at_80) in ROWS {
            for (standard, percent) in [(0.90, at_90), (0.85, at_85), (0.80, at_80)] {
                let found = adjustment_basis_points(PowerFactorStandard::try_from(standard).unwrap(), *power_factor);
                assert_eq!(found, (percent * 100.0_f64).round() as i32, "{standard} {power_factor}");
            }
        }
    }
}
