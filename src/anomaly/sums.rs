//! Running sums of what is there, so that a mean over any window costs two differences.

use std::ops::Range;

/// Sums and counts of all values before each; NaN counts nothing.
pub(super) struct Sums {
    before: Vec<(f64, u32)>,
}

impl Sums {
    pub(super) fn of(values: impl ExactSizeIterator<Item = f64>) -> Self {
        let mut before = Vec::with_capacity(values.len() + 1);
        let (mut sum, mut count) = (0.0, 0);
        before.push((sum, count));
        before.extend(values.map(|value| {
            if !value.is_nan() {
                sum += value;
                count += 1;
            }
            (sum, count)
        }));
        Self { before }
    }

    /// Sum over a range and how many values it has; `None` where the range reaches beyond the last.
    fn over(&self, range: &Range<usize>) -> Option<(f64, u32)> {
        let ((from, before), (to, until)) = (self.before.get(range.start)?, self.before.get(range.end)?);
        Some((to - from, until - before))
    }

    /// Mean over a range; `None` where less than half of it is there.
    pub(super) fn mean(&self, range: Range<usize>) -> Option<f64> {
        let (sum, count) = self.over(&range)?;
        (2 * count as usize >= range.len() && count > 0).then(|| sum / f64::from(count))
    }

    /// Centred means over the largest odd number of intervals within a window. They count as over at least half the
    /// window, so that what is left beside a gap or at an end does not stand for all of it.
    pub(super) fn means(&self, window_h: f64, per_h: f64) -> Vec<f64> {
        let half = ((window_h * per_h) as usize).saturating_sub(1) / 2;
        let least = (2 * half + 1) as f64 / 2.0;
        let len = self.before.len() - 1;
        (0..len)
            .map(|at| {
                let (sum, count) = self.over(&(at.saturating_sub(half)..(at + half + 1).min(len))).unwrap_or((0.0, 0));
                sum / f64::from(count).max(least)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_needs_half_of_its_range() {
        let sums = Sums::of([1.0, f64::NAN, 3.0, f64::NAN, f64::NAN].into_iter());
        assert_eq!(sums.mean(0..3), Some(2.0));
        assert_eq!(sums.mean(1..3), Some(3.0));
        assert_eq!(sums.mean(2..5), None);
        assert_eq!(sums.mean(4..6), None);
        assert_eq!(sums.mean(2..2), None);
    }
}
