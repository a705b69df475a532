//! Power factor of a month below its standard: `electrical.low_power_factor` where P / √(P² + Q²) of a month's energies is below the
//! contract's standard, or `standard` where the contract has none.
//!
//! `counts_export` says whether reactive energy of both directions counts (China) or import alone. Months with fewer than
//! `min_kwh` are left out, and intervals in which one of the energies is missing. Evidence: `period`, `worst`, `limit`, `import_kwh`,
//! `reactive_kvarh`, `of_contract`.

use super::rule::{Found, Rule, Run};
use crate::readings::{Channel, Series};

pub(super) const RULE: Rule = Rule {
    name: "low_power_factor",
    code: "electrical.low_power_factor",
    looks_at: "power factor of every month's energies",
    figures: &["standard", "alarm_below", "counts_export", "min_kwh"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let readings = prepared.readings();
    let active = readings.series(Channel::IMPORT_KWH).ok_or("readings.import_kwh")?.whole();
    let import = readings.series(Channel::IMPORT_KVARH).ok_or("readings.import_kvarh")?.whole();
    let export = readings.series(Channel::EXPORT_KVARH).filter(|_| run.get("counts_export") > 0.5).map(Series::whole);
    let of_contract = prepared.site.contract().power_factor_standard;
    let limit = of_contract.map_or(run.get("standard"), f64::from);
    let mut found = Vec::new();
    for month in readings.local().months() {
        let (mut kwh, mut kvarh) = (0.0, 0.0);
        for index in month.range.clone() {
            let back = export.as_ref().and_then(|one| one.get(index)).copied().unwrap_or(0.0);
            if let (Some(one), Some(other)) = (active.get(index), import.get(index))
                && !(one + other + back).is_nan()
            {
                (kwh, kvarh) = (kwh + one, kvarh + other + back);
            }
        }
        let factor = kwh / f64::hypot(kwh, kvarh);
        if kwh < run.get("min_kwh") || factor.is_nan() || factor >= limit - 1e-12 {
            continue;
        }
        let one = run
            .finding(factor < run.get("alarm_below"), "standard")
            .at(axis.instant(month.range.start), axis.instant(month.range.end))
            .with("period", month.label())
            .with("worst", factor)
            .with("limit", limit)
            .with("of_contract", of_contract.is_some())
            .with("import_kwh", kwh)
            .with("reactive_kvarh", kvarh);
        found.push(one);
    }
    Ok(found)
}
