//! Current without power: `electrical.power_cancelled` where the total power is below `begins_below_share` of voltage times current
//! although the phases carry load: with two phases swapped the powers cancel.
//!
//! Yields to swapped phases where the phases' power factors show them. A load of nothing but reactive current does the same. Evidence: `worst` (share).

use super::episode::{State, episodes, findings, plain};
use super::prepared::{Group, extremes};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "power_cancelled",
    code: "electrical.power_cancelled",
    looks_at: "total power against voltage times current",
    figures: &[
        "begins_below_share",
        "ends_above_share",
        "load_above_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let amperes = prepared.all_currents(1)?;
    prepared.all_voltages(1)?;
    let load = prepared.load_kw().ok_or("readings.phase_power")?;
    let kva = prepared.volt_amperes().ok_or("readings.voltage")?;
    let (begins, ends) = (run.get("begins_below_share"), run.get("ends_above_share"));
    let load_a = prepared.load_limit_a(run.get("load_above_share"));
    let claims = &*run.claims;
    let found = episodes(prepared.len(), run.timing(), f64::min, |index| {
        if claims.has(Group::Power, 0, index) {
            return (State::Unknown, 1.0);
        }
        let (kw, kva) = (load.get(index).copied().unwrap_or(f64::NAN), kva.get(index).copied().unwrap_or(f64::NAN));
        if kva <= 0.0 {
            return (State::Clear, 1.0);
        }
        // Most intervals, without a division.
        if kw.abs() > (ends * (1.0 + 1e-6)) * kva {
            return (State::Clear, 1.0);
        }
        let share = kw.abs() / kva;
        (State::below(share, begins, ends).only_if(extremes(&amperes, index).0 > load_a), share)
    });
    Ok(findings(run, None, found, begins, "begins_below_share", plain))
}
