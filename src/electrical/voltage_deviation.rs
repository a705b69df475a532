//! Voltage outside the band of the standard: `electrical.voltage_deviation` where a phase is below `low_share`
//! (`low_share_single_phase`) or above `high_share` of the nominal voltage and no graver rule has named it.
//!
//! Episodes below and above are told apart; it ends `hysteresis_share` inside the band. Evidence: `worst` \[V\], `above`.

use super::episode::{State, episodes, findings};
use super::prepared::Group;
use super::rule::{Found, Rule, Run};
use crate::site::Wiring;

pub(super) const RULE: Rule = Rule {
    name: "voltage_deviation",
    code: "electrical.voltage_deviation",
    looks_at: "voltage of each phase against the band of the standard",
    figures: &[
        "low_share",
        "low_share_single_phase",
        "high_share",
        "hysteresis_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let (volts, nominal_v) = (prepared.voltages()?, prepared.nominal_v()?);
    let low_name = if prepared.wiring == Wiring::SinglePhase { "low_share_single_phase" } else { "low_share" };
    let (low, high) = (run.get(low_name) * nominal_v, run.get("high_share") * nominal_v);
    let inside = run.get("hysteresis_share") * nominal_v;
    let mut all = Vec::new();
    for (phase, volt) in volts {
        let claims = &*run.claims;
        let named = |index: usize| claims.has(Group::Voltage, phase, index);
        if volt.lowest < low {
            let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
                let value = volt.at(index);
                (if named(index) { State::Unknown } else { State::below(value, low, low + inside) }, value)
            });
            let told = |_: &_, one: crate::Finding| one.with("above", false);
            all.extend(findings(run, Some(phase), found, low, low_name, told));
        }
        if volt.highest > high {
            let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
                let value = volt.at(index);
                (if named(index) { State::Unknown } else { State::above(value, high, high - inside) }, value)
            });
            let told = |_: &_, one: crate::Finding| one.with("above", true);
            all.extend(findings(run, Some(phase), found, high, "high_share", told));
        }
    }
    Ok(all)
}
