//! Neutral current above what the transformer bears: `electrical.neutral_current` where it is above `begins_above_share` of the
//! transformer's rated current. The standard's share is for Yyn0; for Dyn11 the supply gives it (`neutral_limit_share`).
//! Evidence: `worst` \[A\], `rated_a`.

use super::episode::{State, episodes, findings};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "neutral_current",
    code: "electrical.neutral_current",
    looks_at: "neutral current against the transformer's rated current",
    figures: &[
        "begins_above_share",
        "hysteresis_share",
        "warns_after_intervals",
        "alarms_after_intervals",
        "ends_after_intervals",
    ],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let Some(neutral) = &prepared.neutral_current else { return Err("readings.neutral_current") };
    let share = prepared.neutral_share(run.get("begins_above_share"))?;
    let rated_a = prepared.rated_a()?;
    let (begins, ends) = (share * rated_a, (share - run.get("hysteresis_share")).max(0.0) * rated_a);
    if neutral.highest.max(-neutral.lowest) <= begins {
        return Ok(Vec::new());
    }
    let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let value = neutral.at(index).abs();
        (State::above(value, begins, ends), value)
    });
    Ok(findings(run, None, found, begins, "begins_above_share", |_, one| one.with("rated_a", rated_a)))
}
