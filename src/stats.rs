//! Order statistics: quantiles, medians and the robust scale made from them.

/// Factor that makes the median absolute deviation of normal data equal to its standard deviation
/// (1 / Φ⁻¹(3/4)).
pub const MAD_TO_SIGMA: f64 = 1.482_602_218_505_602;

/// Sorts ascending. Values must not be NaN; a NaN sorts last.
pub fn sort(values: &mut [f64]) {
    values.sort_unstable_by(f64::total_cmp);
}

/// Quantile `q` in [0, 1] of ascending `sorted` values, linear between order statistics
/// (type 7 of Hyndman & Fan 1996, doi:10.2307/2684934; numpy's default). `None` when empty.
///
/// ```
/// use wattlens::stats::quantile_sorted;
/// assert_eq!(quantile_sorted(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
/// assert_eq!(quantile_sorted(&[], 0.5), None);
/// ```
#[must_use]
pub fn quantile_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let rank = q.clamp(0.0, 1.0) * last as f64;
    let below = rank.floor() as usize;
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below], sorted[above]);
    Some(low + (high - low) * (rank - below as f64))
}

/// Median; reorders `values`. `None` when empty. Values must not be NaN.
///
/// ```
/// assert_eq!(wattlens::stats::median(&mut [3.0, 1.0, 2.0, 10.0]), Some(2.5));
/// ```
pub fn median(values: &mut [f64]) -> Option<f64> {
    let len = values.len();
    if len == 0 {
        return None;
    }
    let middle = len / 2;
    let (lower, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if len % 2 == 1 {
        return Some(upper);
    }
    let lower = lower.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(lower + (upper - lower) * 0.5)
}

/// Median absolute deviation from `center`, scaled to a standard deviation by [`MAD_TO_SIGMA`];
/// overwrites `values`. `None` when empty.
///
/// ```
/// let spread = wattlens::stats::robust_sigma(&mut [1.0, 2.0, 3.0, 4.0, 100.0], 3.0);
/// assert_eq!(spread, Some(wattlens::stats::MAD_TO_SIGMA));
/// ```
pub fn robust_sigma(values: &mut [f64], center: f64) -> Option<f64> {
    for value in values.iter_mut() {
        *value = (*value - center).abs();
    }
    median(values).map(|deviation| deviation * MAD_TO_SIGMA)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn median_is_the_middle_quantile(mut values in prop::collection::vec(-1e6..1e6f64, 1..60)) {
            let by_selection = median(&mut values.clone()).unwrap();
            sort(&mut values);
            let by_sorting = quantile_sorted(&values, 0.5).unwrap();
            prop_assert!((by_selection - by_sorting).abs() <= 1e-9 * by_sorting.abs().max(1.0));
        }
    }
}
