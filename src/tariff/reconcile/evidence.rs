//! How much a hypothesis had to be given before it fitted.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// How much a hypothesis had to be given before it fitted, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Nothing: it has no number of its own, and still meets the paper.
    Exact,
    /// A ratio out of a list: usual ones and whole per cents.
    Listed,
    /// A number was solved for, and came out as round as chance makes it once in a hundred.
    Round,
    /// A number was solved for; one of them meets one total whatever is wrong.
    Solved,
}

/// Chance from which a number is no longer called round by merit. Some twenty numbers are solved for, so that one of
/// them is called so by chance in up to every fifth comparison: round numbers rank first among those solved for, and
/// decide nothing.
const RARE: f64 = 0.01;
/// Most decimals of a solved number.
const MOST_DIGITS: u32 = 8;

/// The shortest decimal within `half_width` of a solved number, whether it is rounder than chance would have it, and
/// that chance.
///
/// Of all numbers of that many decimals, an interval of this width holds one by chance with the probability
/// width × 10^decimals. The number itself where none of up to eight decimals lies within.
pub(super) fn shortest(solved: Decimal, half_width: Decimal) -> (Decimal, Evidence, f64) {
    let chance = |digits: u32| (2.0 * half_width.to_f64().unwrap_or(1.0) * 10f64.powi(digits as i32)).min(1.0);
    let short = (0..=MOST_DIGITS).map(|digits| (solved.round_dp(digits), chance(digits)));
    match short.into_iter().find(|(short, _)| (short - solved).abs() <= half_width) {
        Some((short, chance)) if chance <= RARE => (short.normalize(), Evidence::Round, chance),
        Some((short, chance)) => (short.normalize(), Evidence::Solved, chance),
        None => (solved, Evidence::Solved, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_round_number_is_told_from_one_that_chance_makes() {
        let of = |solved: &str, half_width: &str| shortest(of(solved), of(half_width));
        // 1129.997 kVA ± 0.004: whole kVA are 1 apart, chance 0.008.
        let (kva, evidence, chance) = of("1129.997", "0.004");
        assert_eq!((kva, evidence), (Decimal::from(1130), Evidence::Round));
        assert!((chance - 0.008).abs() < 1e-12);
        // A price to six decimals lies in nearly every interval of ±4e-7.
        let (price, evidence, chance) = of("0.4031232", "0.0000004");
        assert_eq!((price.to_string().as_str(), evidence), ("0.403123", Evidence::Solved));
        assert!((chance - 0.8).abs() < 1e-12);
        assert_eq!(of("0.3500000001", "0.0000004").1, Evidence::Round);
        assert_eq!(of("0.123456789123", "0.0000000000001").1, Evidence::Solved);
    }
}
