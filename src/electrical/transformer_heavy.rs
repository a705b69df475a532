//! Transformer heavily loaded (重载): `electrical.transformer_heavy` where the apparent power is above `begins_above_share` of the rated
//! power for at least `lasts_h` hours, and no overload has named it. Evidence: `worst` (share of the rating), `rated_kva`.

use super::episode::{State, episodes, findings};
use super::prepared::{Group, TOTAL};
use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "transformer_heavy",
    code: "electrical.transformer_heavy",
    looks_at: "apparent power against the transformer's rating",
    figures: &["begins_above_share", "ends_below_share", "lasts_h"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let rated_kva = prepared.transformer_kva()?;
    let load = prepared.load_kva().ok_or("readings.apparent_power")?;
    let (begins, ends) = (run.get("begins_above_share"), run.get("ends_below_share"));
    let claims = &*run.claims;
    let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let value = load.get(index).copied().unwrap_or(f64::NAN) / rated_kva;
        let named = claims.has(Group::Load, TOTAL, index);
        (if named { State::Unknown } else { State::above(value, begins, ends) }, value)
    });
    Ok(findings(run, None, found, begins, "begins_above_share", |_, one| one.with("rated_kva", rated_kva)))
}
