//! The days in which a plant runs down into a long holiday and up from it.

use super::Expected;
use crate::profile::Activity;
use crate::site::Site;

/// Days off in a row that make a long holiday. Plants stop around the Spring Festival and the national
/// holiday, which last seven or eight days, and not around shorter ones (engineering).
const LONG_HOLIDAY_DAYS: usize = 7;
/// A day below this share of its expected energy still belongs to the run-down or run-up (engineering).
const LOWERED_SHARE: f64 = 0.95;
/// No run-down or run-up lasts longer than two weeks (engineering).
const LONGEST_DAYS: usize = 14;

/// Whether each local day runs down into a long holiday or up from one: lowered days without a break
/// between the holiday and the first ordinary day. Days off in between neither break nor end it.
pub(super) fn beside_long_holidays(
    site: &Site,
    load_kw: &[f64],
    expected: &Expected,
    activity: &[Activity],
) -> Vec<bool> {
    let (days, day_types) = (site.readings().local().days(), site.day_types());
    let is_lowered = |at: usize| {
        let (mut observed, mut usual, mut count) = (0.0, 0.0, 0usize);
        for i in days[at].range.clone() {
            let (kw, expected_kw) = (load_kw[i], expected.kw[i]);
            if !kw.is_nan() && !expected_kw.is_nan() {
                observed += kw;
                usual += expected_kw;
                count += 1;
            }
        }
        // A day with half of its readings says nothing, and so does not end it.
        2 * count <= days[at].expected || observed < LOWERED_SHARE * usual
    };
    let mut beside = vec![false; days.len()];
    let mut from = 0;
    while from < days.len() {
        let to = (from..days.len()).find(|at| day_types[*at].is_worked()).unwrap_or(days.len());
        // Days with gaps are of unknown activity, and still no proof of work.
        let stood_still = 2 * (from..to).filter(|at| activity[*at] == Activity::Production).count() < to - from;
        if to - from >= LONG_HOLIDAY_DAYS && stood_still {
            let mut walk = |at: usize| {
                let goes_on = !day_types[at].is_worked() || is_lowered(at);
                beside[at] |= goes_on;
                goes_on
            };
            let _before = (from.saturating_sub(LONGEST_DAYS)..from).rev().all(&mut walk);
            let _after = (to..(to + LONGEST_DAYS).min(days.len())).all(&mut walk);
        }
        from = to + 1;
    }
    beside
}
