//! Neutral current above every phase current: `electrical.neutral_above_phase` where it exceeds `begins_above_share` of the largest
//! phase while that carries load. Third harmonics of electronic loads add up in the neutral. Evidence: `worst` (share).

use super::episode::{State, episodes, findings, plain};
use super::prepared::extremes;
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "neutral_above_phase",
    code: "electrical.neutral_above_phase",
    looks_at: "neutral current against the phase currents",
    figures: &[
        "begins_above_share",
        "ends_below_share",
        "load_above_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let Some(neutral) = &prepared.neutral_current else { return Err("readings.neutral_current") };
    let amperes = prepared.all_currents(3)?;
    let (begins, ends) = (run.get("begins_above_share"), run.get("ends_below_share"));
    let load_a = prepared.load_limit_a(run.get("load_above_share"));
    let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let (most, _) = extremes(&amperes, index);
        // Most intervals, without a division.
        if neutral.at(index).abs() <= ends * most {
            return (State::Clear, 0.0);
        }
        let share = if most > 0.0 { neutral.at(index).abs() / most } else { most * 0.0 };
        (State::above(share, begins, ends).only_if(most > load_a), share)
    });
    Ok(findings(run, None, found, begins, "begins_above_share", plain))
}
