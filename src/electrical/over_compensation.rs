//! Capacitors that lead at night: `electrical.over_compensation` where, in at least `min_hours` of a month's night hours, the reactive
//! energy exported net of import is above `begins_above_share` of the imported active energy.
//!
//! Evidence: `period`, `worst` (largest net kvar), `hours`, `limit` (hours), `kvarh`.

use super::rule::{Found, Rule, Run};
use crate::readings::{Channel, Series};

pub(super) const RULE: Rule = Rule {
    name: "over_compensation",
    code: "electrical.over_compensation",
    looks_at: "reactive energy to the grid at night",
    figures: &["min_hours", "night_from_h", "night_to_h", "begins_above_share", "alarm_hours"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let readings = prepared.readings();
    let active = readings.series(Channel::IMPORT_KWH).ok_or("readings.import_kwh")?.whole();
    let export = readings.series(Channel::EXPORT_KVARH).ok_or("readings.export_kvarh")?.whole();
    let import = readings.series(Channel::IMPORT_KVARH).map(Series::whole);
    let slots_per_h = 1.0 / axis.step_h();
    let (from, to) = (run.get("night_from_h") * slots_per_h, run.get("night_to_h") * slots_per_h);
    let is_night = |slot: f64| if from <= to { slot >= from && slot < to } else { slot >= from || slot < to };
    let share = run.get("begins_above_share");
    let local = readings.local();
    let mut runs = local.runs().iter().peekable();
    let mut found = Vec::new();
    for month in local.months() {
        let (mut hours, mut kvarh, mut worst) = (0.0, 0.0, 0.0f64);
        while let Some(part) = runs.next_if(|part| part.range.start < month.range.end) {
            for (at, index) in part.range.clone().enumerate() {
                if !is_night((part.slot + at) as f64) {
                    continue;
                }
                let lagging = import.as_ref().and_then(|one| one.get(index)).copied().unwrap_or(0.0);
                let (Some(kwh), Some(leading)) = (active.get(index), export.get(index)) else { continue };
                let net = leading - lagging;
                if net > 0.0 && net > share * kwh * (1.0 + 1e-9) {
                    (hours, kvarh, worst) = (hours + axis.step_h(), kvarh + net, worst.max(net * slots_per_h));
                }
            }
        }
        if hours < run.get("min_hours") - 1e-9 || hours <= 0.0 {
            continue;
        }
        let one = run
            .finding(hours >= run.get("alarm_hours"), "min_hours")
            .at(axis.instant(month.range.start), axis.instant(month.range.end))
            .with("period", month.label())
            .with("worst", worst)
            .with("hours", hours)
            .with("limit", run.get("min_hours"))
            .with("kvarh", kvarh);
        found.push(one);
    }
    Ok(found)
}
