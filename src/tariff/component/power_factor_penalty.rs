//! A percentage of other lines by the power factor of the bill: so much a hundredth off a target, or by bands.

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place, check_percent};
use crate::error::Result;
use crate::profile::power_factor;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry};

/// A percentage that holds between two power factors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerFactorBand {
    /// Power factor from which it holds.
    pub from: Decimal,
    /// Power factor before which it ends; up to and with 1 where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Decimal>,
    /// Percent of the base; a reduction is negative.
    pub percent: Decimal,
}

impl PowerFactorBand {
    fn holds(&self, power_factor: Decimal) -> bool {
        self.from <= power_factor && self.to.is_none_or(|to| power_factor < to)
    }
}

/// A percentage of the lines before it by the power factor of the bill.
///
/// Two slopes are two components, each with a target and a cap of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PowerFactorPenalty {
    /// Power factor at which nothing is added or taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Decimal>,
    /// Percent that is added for each 0.01 below the target.
    pub percent_below: Decimal,
    /// Most that is added \[percent\]; without end where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_added: Option<Decimal>,
    /// Percent that is taken off for each 0.01 above the target.
    pub percent_above: Decimal,
    /// Most that is taken off \[percent\]; without end where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_taken_off: Option<Decimal>,
    /// Bands instead of a target; where none holds, nothing is charged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<PowerFactorBand>,
    /// Components whose lines are the base; all before it where left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// What the power factor is rounded to, half-up, e.g. 0.01; exact where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds_to: Option<Decimal>,
}

/// Digits to which an exact power factor is taken: a nominal 0.945 has to be 0.945 in spite of floating point.
const POWER_FACTOR_DIGITS: u32 = 9;

impl PowerFactorPenalty {
    /// Percent of the base at a power factor; negative is a reduction.
    fn percent(&self, power_factor: Decimal) -> Decimal {
        if let Some(band) = self.bands.iter().find(|band| band.holds(power_factor)) {
            return band.percent;
        }
        let Some(target) = self.target else { return Decimal::ZERO };
        let hundredths = (target - power_factor) * Decimal::ONE_HUNDRED;
        let capped = |percent: Decimal, most: Option<Decimal>| most.map_or(percent, |most| percent.min(most));
        if hundredths >= Decimal::ZERO {
            capped(hundredths * self.percent_below, self.most_added)
        } else {
            -capped(-hundredths * self.percent_above, self.most_taken_off)
        }
    }

    fn rounded(&self, power_factor: f64) -> Decimal {
        let exact = Decimal::from_f64_retain(power_factor).unwrap_or_default().round_dp(POWER_FACTOR_DIGITS);
        match self.rounds_to {
            None => exact,
            Some(step) => (exact / step).round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero) * step,
        }
    }
}

impl Kind for PowerFactorPenalty {
    fn check(&self, place: &Place<'_>) -> Checked {
        let within = |field: &str, value: &Decimal| {
            if *value < Decimal::ZERO || *value > Decimal::ONE {
                return Err((field.to_owned(), format!("found {value}, expected a power factor from 0 to 1")));
            }
            Ok(())
        };
        match (&self.target, self.bands.is_empty()) {
            (None, true) => {
                return Err((
                    "target".to_owned(),
                    "found neither `target` nor `bands`, expected one of them".to_owned(),
                ));
            }
            (Some(_), false) => {
                return Err(("bands".to_owned(), "found with `target`; give one of them".to_owned()));
            }
            (Some(target), true) => within("target", target)?,
            (None, false) => {}
        }
        let of_target = [
            ("percent_below", Some(self.percent_below)),
            ("percent_above", Some(self.percent_above)),
            ("most_added", self.most_added),
            ("most_taken_off", self.most_taken_off),
        ];
        for (field, percent) in of_target.into_iter().filter_map(|(field, percent)| Some((field, percent?))) {
            if percent < Decimal::ZERO {
                return Err((field.to_owned(), format!("found {percent}, expected zero or more")));
            }
            check_percent(percent).map_err(|problem| (field.to_owned(), problem))?;
        }
        for (at, band) in self.bands.iter().enumerate() {
            within(&format!("bands[{at}].from"), &band.from)?;
            if let Some(to) = &band.to {
                within(&format!("bands[{at}].to"), to)?;
                if *to <= band.from {
                    return Err((format!("bands[{at}].to"), format!("found {to}, expected more than {}", band.from)));
                }
            }
            check_percent(band.percent).map_err(|problem| (format!("bands[{at}].percent"), problem))?;
            let twice = self.bands[..at].iter().position(|other| {
                band.from < other.to.unwrap_or(Decimal::TWO) && other.from < band.to.unwrap_or(Decimal::TWO)
            });
            if let Some(other) = twice {
                return Err((
                    format!("bands[{at}]"),
                    format!("overlaps bands[{other}]; a power factor has one percentage"),
                ));
            }
        }
        if let Some(step) = self.rounds_to.filter(|step| *step <= Decimal::ZERO || *step > Decimal::ONE) {
            return Err(("rounds_to".to_owned(), format!("found {step}, expected e.g. \"0.01\"")));
        }
        place.check_components("of", &self.of)
    }

    fn needs(&self) -> &'static [&'static str] {
        &["readings.import_kvarh"]
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let Some(kvarh) = account.whole.kvarh() else {
            book.lack("bill.power_factor_penalty", "readings.import_kvarh");
            return Ok(());
        };
        let Some(power_factor) = power_factor(account.whole.kwh_of_power_factor(), kvarh) else {
            book.lack("bill.power_factor_penalty", "readings.active_energy");
            return Ok(());
        };
        let base = book.sum(|id| self.of.is_empty() || self.of.iter().any(|of| of == id));
        let share = self.percent(self.rounded(power_factor)) / Decimal::ONE_HUNDRED;
        let rule = if self.bands.is_empty() { "power_factor_penalty" } else { "power_factor_penalty.band" };
        book.add(Entry::new(rule, base, "currency", share));
        Ok(())
    }

    fn may_fall(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn penalty(text: &str) -> PowerFactorPenalty {
        serde_json::from_str(text).unwrap()
    }

    fn percent(penalty: &PowerFactorPenalty, power_factor: f64) -> String {
        penalty.percent(penalty.rounded(power_factor)).normalize().to_string()
    }

    #[test]
    fn so_much_a_hundredth_off_the_target_up_to_the_caps() {
        let one = penalty(
            r#"{"target": "0.90", "percent_below": "1", "most_added": "15", "percent_above": "0.5",
                "most_taken_off": "2.5", "rounds_to": "0.01"}"#,
        );
        for (power_factor, expected) in
            [(0.90, "0"), (0.89, "1"), (0.8951, "0"), (0.894, "1"), (0.60, "15"), (0.93, "-1.5"), (0.99, "-2.5")]
        {
            assert_eq!(percent(&one, power_factor), expected, "{power_factor}");
        }
        // Exact: 0.895 is half a hundredth below.
        let exact = penalty(r#"{"target": "0.90", "percent_below": "1"}"#);
        assert_eq!(percent(&exact, 0.895), "0.5");
        assert_eq!(percent(&exact, 0.95), "0");
    }

    #[test]
    fn a_nominal_half_rounds_up_in_spite_of_floating_point() {
        let one = penalty(r#"{"target": "0.95", "percent_below": "1", "rounds_to": "0.01"}"#);
        let kvarh = (1.0f64 - 0.945 * 0.945).sqrt();
        assert_eq!(percent(&one, power_factor(0.945, kvarh).unwrap()), "0");
        assert_eq!(percent(&one, 0.9449), "1");
    }

    #[test]
    fn a_band_holds_from_its_first_power_factor_to_before_its_last() {
        let bands = penalty(
            r#"{"bands": [{"from": "0", "to": "0.85", "percent": "10"}, {"from": "0.85", "to": "0.95", "percent": "2"},
                          {"from": "0.97", "percent": "-1"}]}"#,
        );
        for (power_factor, expected) in
            [(0.84, "10"), (0.85, "2"), (0.9499, "2"), (0.95, "0"), (0.969, "0"), (0.97, "-1"), (1.0, "-1")]
        {
            assert_eq!(percent(&bands, power_factor), expected, "{power_factor}");
        }
    }
}
