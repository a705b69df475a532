//! A meter that runs away (飞走): `electrical.runaway_meter` where the energy of an interval is above `begins_above_share` of what full
//! power gives: the transformer's rating, or √3 or 3 times voltage and maximum current of the meter, the smaller.
//!
//! Evidence: `worst` \[kW\], `limit`. `kwh` is the part above it.

use super::episode::{State, episodes, findings};
use super::rule::{Found, Rule, Run};
use crate::readings::Channel;

pub(super) const RULE: Rule = Rule {
    name: "runaway_meter",
    code: "electrical.runaway_meter",
    looks_at: "energy of every interval against full power",
    figures: &["begins_above_share", "warns_after_intervals"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let import = prepared.readings().series(Channel::IMPORT_KWH).ok_or("readings.import_kwh")?.whole();
    let full_kw = match (prepared.transformer_kva(), prepared.meter_kw()) {
        (Ok(kva), Ok(kw)) => kva.min(kw),
        (Ok(kva), Err(_)) => kva,
        (Err(_), Ok(kw)) => kw,
        (Err(needs), Err(_)) => return Err(needs),
    };
    let limit = run.get("begins_above_share") * full_kw;
    let kw = |index: usize| import.get(index).copied().unwrap_or(f64::NAN) / axis.step_h();
    let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let value = kw(index);
        (State::above(value, limit, limit), value)
    });
    Ok(findings(run, None, found, limit, "begins_above_share", |one, finding| {
        finding.kwh(one.range.clone().map(|index| (kw(index) - limit) * axis.step_h()).sum())
    }))
}
