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
    /// A number out of a short list of usual ones.
    Listed,
    /// A number was solved for, and came out as round as chance rarely makes it.
    Round,
    /// A number was solved for; one of them meets one total whatever is wrong.
    Solved,
}

/// Chance from which a number is no longer called round by merit.
const RARE: f64 = 0.05;
/// Most decimals of a solved number.
const MOST_DIGITS: u32 = 8;

/// The shortest decimal within `half_width` of a solved number, and whether it is rounder than chance would have it.
///
/// Of all numbers of that many decimals, an interval of this width holds one by chance with the probability
/// width × 10^decimals. With decimals up to eight; `None` where none of them lies within.
pub(super) fn shortest(solved: Decimal, half_width: Decimal) -> Option<(Decimal, Evidence)> {
    (0..=MOST_DIGITS).find_map(|digits| {
        let short = solved.round_dp(digits);
        ((short - solved).abs() <= half_width).then(|| {
            let chance = 2.0 * half_width.to_f64().unwrap_or(1.0) * 10f64.powi(digits as i32);
            (short.normalize(), if chance <= RARE { Evidence::Round } else { Evidence::Solved })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_round_number_is_told_from_one_that_chance_makes() {
        // 1129.997 kVA ± 0.004: whole kVA are 1 apart, chance 0.008.
        assert_eq!(shortest(of("1129.997"), of("0.004")), Some((of("1130"), Evidence::Round)));
        // A price to six decimals lies in nearly every interval of ±4e-7.
        assert_eq!(shortest(of("0.40312345"), of("0.0000004")), Some((of("0.403123"), Evidence::Solved)));
        assert_eq!(shortest(of("0.3500000001"), of("0.0000004")), Some((of("0.35"), Evidence::Round)));
        assert_eq!(shortest(of("0.123456789123"), of("0.0000000000001")), None);
    }
}
