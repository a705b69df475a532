//! A meter that stands still while current flows (停走): `electrical.stopped_meter` where no energy is counted for `lasts_h` hours while
//! some phase carries more than `current_above_share` of the basic current. Evidence: `worst` (largest current \[A\]).

use super::episode::{State, episodes, findings, plain};
use super::rule::{Found, Rule, Run};
use crate::readings::Channel;

pub(super) const RULE: Rule = Rule {
    name: "stopped_meter",
    code: "electrical.stopped_meter",
    looks_at: "energy of the intervals against the currents",
    figures: &["lasts_h", "current_above_share"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let import = prepared.readings().series(Channel::IMPORT_KWH).ok_or("readings.import_kwh")?.whole();
    let export = prepared.readings().series(Channel::EXPORT_KWH).map(crate::readings::Series::whole);
    let amperes = prepared.currents()?;
    let flows_a = run.get("current_above_share") * prepared.basic_a()?;
    let found = episodes(prepared.len(), run.timing(), f64::max, |index| {
        let back = export.as_ref().and_then(|one| one.get(index)).copied().unwrap_or(0.0);
        let kwh = import.get(index).copied().unwrap_or(f64::NAN) + back;
        if kwh != 0.0 && !kwh.is_nan() {
            return (State::Clear, 0.0);
        }
        // A phase that is not known may carry the current.
        let most = amperes.iter().map(|(_, one)| one.at(index).abs()).fold(f64::NAN, f64::max);
        let state = match (kwh.is_nan() || most.is_nan(), kwh == 0.0 && most > flows_a) {
            (true, _) => State::Unknown,
            (false, true) => State::Passed,
            (false, false) => State::Clear,
        };
        (state, most)
    });
    Ok(findings(run, None, found, flows_a, "current_above_share", plain))
}
