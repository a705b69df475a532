//! Unbalanced currents (电流不平衡): `electrical.current_unbalance` where (max − min) / max of the phase currents is above
//! `begins_above_share` for `lasts_h` hours while the largest phase carries `load_above_share` of the basic current.
//!
//! Yields to the loss of current of a phase. Graver where the worst is above `severe_above_share`. Evidence: `worst` (share),
//! `nema_rate` and `nema_worst` (by the NEMA definition, mean and largest of the episode), `severe`.

use super::episode::{State, episodes, findings};
use super::prepared::{Group, extremes};
use super::rule::{Found, Rule, Run};
use super::unbalance::nema_rate;

pub(super) const RULE: Rule = Rule {
    name: "current_unbalance",
    code: "electrical.current_unbalance",
    looks_at: "(max - min) / max of the phase currents",
    figures: &["begins_above_share", "ends_below_share", "severe_above_share", "load_above_share", "lasts_h"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let amperes = prepared.all_currents(2)?;
    let (begins, ends) = (run.get("begins_above_share"), run.get("ends_below_share"));
    let severe = run.get("severe_above_share");
    let load_a = prepared.load_limit_a(run.get("load_above_share"));
    let claims = &*run.claims;
    let mut found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let (most, least) = extremes(&amperes, index);
        // Most intervals, without a division: clear, and so of no worst.
        if most - least <= ends * most {
            return (State::Clear, 0.0);
        }
        let rate = if most > 0.0 { (most - least) / most } else { most * 0.0 };
        if prepared.phases().iter().any(|phase| claims.has(Group::Current, *phase, index)) {
            return (State::Unknown, rate);
        }
        (State::above(rate, begins, ends).only_if(most > load_a), rate)
    });
    found.iter_mut().for_each(|one| one.alarm = one.worst > severe);
    Ok(findings(run, None, found, begins, "begins_above_share", |one, finding| {
        let rates = one.range.clone().map(|index| nema_rate(&amperes, index));
        let (sum, most) = rates.fold((0.0, 0.0), |(sum, most): (f64, f64), rate| (sum + rate, most.max(rate)));
        finding
            .with("nema_rate", sum / one.range.len() as f64)
            .with("nema_worst", most)
            .with("severe", one.worst > severe)
    }))
}
