//! Voltage qualification rate (电压合格率): `electrical.voltage_qualification` where, in a month or week, the share of a phase's
//! intervals inside the band is below `required_share`.
//!
//! Over the intervals that are known and between `assessed_from_share` and `assessed_to_share` of the nominal voltage, at least
//! `min_hours` of them: what lies outside is an interruption or a fault and has a rule of its own. One Finding a phase and
//! period. Evidence: `phase`, `period`, `worst` (the rate), `limit`, `hours` outside, `judged_hours`, `lowest_v`, `highest_v`.

use super::prepared::phase_word;
use super::rule::{Found, Rule, Run};
use crate::site::Wiring;

pub(super) const RULE: Rule = Rule {
    name: "voltage_qualification",
    code: "electrical.voltage_qualification",
    looks_at: "share of the time that each phase's voltage is inside the band, by month or week",
    figures: &[
        "required_share",
        "low_share",
        "low_share_single_phase",
        "high_share",
        "assessed_from_share",
        "assessed_to_share",
        "period_days",
        "alarm_below_share",
        "min_hours",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let (volts, nominal_v) = (prepared.voltages()?, prepared.nominal_v()?);
    let low_name = if prepared.wiring == Wiring::SinglePhase { "low_share_single_phase" } else { "low_share" };
    let of_nominal = |name: &str| run.get(name) * nominal_v;
    // A value on a limit is inside.
    let (low, high) = (of_nominal(low_name) * (1.0 - 1e-9), of_nominal("high_share") * (1.0 + 1e-9));
    let (from, to) = (of_nominal("assessed_from_share"), of_nominal("assessed_to_share"));
    let required = run.get("required_share");
    let mut found = Vec::new();
    for (phase, volt) in volts {
        if volt.lowest >= low && volt.highest <= high {
            continue;
        }
        for (label, range) in prepared.periods(run.get("period_days")) {
            let (mut judged, mut inside) = (0usize, 0usize);
            let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
            for value in volt.values.get(range.clone()).unwrap_or_default() {
                if *value >= from && *value <= to {
                    judged += 1;
                    inside += usize::from(*value >= low && *value <= high);
                    (lowest, highest) = (lowest.min(*value), highest.max(*value));
                }
            }
            let share = inside as f64 / judged as f64;
            if (judged as f64) * axis.step_h() < run.get("min_hours") || judged == 0 || share >= required - 1e-12 {
                continue;
            }
            let one = run
                .finding(share < run.get("alarm_below_share"), "required_share")
                .at(axis.instant(range.start), axis.instant(range.end))
                .with("phase", phase_word(phase))
                .with("period", label)
                .with("worst", share)
                .with("limit", required)
                .with("hours", (judged - inside) as f64 * axis.step_h())
                .with("judged_hours", judged as f64 * axis.step_h())
                .with("lowest_v", lowest)
                .with("highest_v", highest);
            found.push(one);
        }
    }
    Ok(found)
}
