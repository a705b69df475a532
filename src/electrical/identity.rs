//! Two ways to the same power, compared by month: what the rules on identities share.

use super::rule::{Found, Run};

/// One Finding a month in which `told` and `expected` \[kW\] differ by more than `off_by_share` in more than `of_time_share` of
/// the intervals above `load_above_share` of the largest amount.
pub(super) fn by_month(run: &Run<'_, '_>, told: impl Fn(usize) -> f64, expected: impl Fn(usize) -> f64) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let pairs: Vec<_> = (0..prepared.len()).map(|index| (told(index), expected(index))).collect();
    let largest = pairs.iter().map(|(a, b)| a.abs().max(b.abs())).fold(0.0, f64::max);
    let (least, off_by) = (run.get("load_above_share") * largest, run.get("off_by_share"));
    let mut found = Vec::new();
    for month in prepared.readings().local().months() {
        let (mut judged, mut off, mut worst) = (0usize, 0usize, 0.0f64);
        let (mut sum_told, mut sum_expected) = (0.0, 0.0);
        for (told, expected) in pairs.get(month.range.clone()).unwrap_or_default() {
            let scale = told.abs().max(expected.abs());
            if (told + expected).is_nan() || scale <= least || scale <= 0.0 {
                continue;
            }
            let share = (told - expected).abs() / scale;
            judged += 1;
            off += usize::from(share > off_by + 1e-9);
            worst = worst.max(share);
            (sum_told, sum_expected) = (sum_told + told, sum_expected + expected);
        }
        let of_time = off as f64 / judged as f64;
        if (judged as f64) * axis.step_h() < run.get("min_hours")
            || of_time.is_nan()
            || of_time <= run.get("of_time_share")
        {
            continue;
        }
        let one = run
            .finding(of_time > run.get("alarm_of_time_share"), "off_by_share")
            .at(axis.instant(month.range.start), axis.instant(month.range.end))
            .with("period", month.label())
            .with("worst", worst)
            .with("limit", off_by)
            .with("of_time_share", of_time)
            .with("hours", off as f64 * axis.step_h())
            .with("judged_hours", judged as f64 * axis.step_h())
            .with("ratio", sum_told / sum_expected);
        found.push(one);
    }
    Ok(found)
}
