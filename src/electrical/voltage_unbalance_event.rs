//! Voltage unbalance as the meter's own event (电压不平衡): `electrical.voltage_unbalance_event` where (max − min) / max of the phase
//! voltages is above `begins_above_share` while some phase is above `critical_voltage_share` of the nominal voltage.
//!
//! Yields to the rules that name the phase. Evidence: `worst` (share), `nema_rate` of the worst interval's episode start.

use super::episode::{State, episodes, findings};
use super::prepared::{Group, extremes};
use super::rule::{Found, Rule, Run};
use super::unbalance::{meter_rate, nema_rate};

pub(super) const RULE: Rule = Rule {
    name: "voltage_unbalance_event",
    code: "electrical.voltage_unbalance_event",
    looks_at: "(max - min) / max of the phase voltages",
    figures: &[
        "begins_above_share",
        "ends_below_share",
        "critical_voltage_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let (volts, nominal_v) = (prepared.all_voltages(2)?, prepared.nominal_v()?);
    let (begins, ends) = (run.get("begins_above_share"), run.get("ends_below_share"));
    let critical_v = run.get("critical_voltage_share") * nominal_v;
    let lowest = volts.iter().map(|one| one.lowest).fold(f64::INFINITY, f64::min);
    let most = volts.iter().map(|one| one.highest).fold(0.0, f64::max);
    if most - lowest <= begins * most {
        return Ok(Vec::new());
    }
    let claims = &*run.claims;
    let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let rate = meter_rate(&volts, index);
        if prepared.phases().iter().any(|phase| claims.has(Group::Voltage, *phase, index)) {
            return (State::Unknown, rate);
        }
        (State::above(rate, begins, ends).only_if(extremes(&volts, index).0 > critical_v), rate)
    });
    Ok(findings(run, None, found, begins, "begins_above_share", |one, finding| {
        finding.with("nema_rate", nema_rate(&volts, one.range.start))
    }))
}
