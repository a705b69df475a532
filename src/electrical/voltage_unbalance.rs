//! Unbalanced voltages: `electrical.voltage_unbalance` where, in a month or week, the `quantile` of the unbalance is above
//! `limit_share`, or its highest above `short_limit_share`.
//!
//! Of the three voltages between phases the negative sequence (`by_negative_sequence` 1) or the NEMA definition; where only
//! phase voltages are known, the NEMA definition of those, which is an approximation: angles are not measured. Phases without
//! voltage have rules of their own and are left out: intervals in which a graver rule has named one. Evidence: `period`,
//! `worst` (the quantile), `highest`, `limit`, `short_limit`, `meter_rate` and `nema_rate` of the same intervals (quantiles of
//! phase voltages, null where they are not known), `definition`, `judged_hours`, `short` (only the highest was above).

use super::prepared::Group;
use super::rule::{Found, Rule, Run};
use super::unbalance::{meter_rate, negative_sequence, nema_rate};

pub(super) const RULE: Rule = Rule {
    name: "voltage_unbalance",
    code: "electrical.voltage_unbalance",
    looks_at: "unbalance of the three voltages, by month or week",
    figures: &["limit_share", "short_limit_share", "quantile", "by_negative_sequence", "period_days", "min_hours"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let between: Vec<_> = prepared.between.iter().flatten().collect();
    let phases = prepared.all_voltages(3);
    let by_sequence = run.get("by_negative_sequence") > 0.5 && between.len() == 3;
    let (three, definition) = match &phases {
        _ if by_sequence => (&between, "negative_sequence"),
        _ if between.len() == 3 => (&between, "nema"),
        Ok(phases) => (phases, "nema_of_phases"),
        Err(needs) => return Err(needs),
    };
    let (limit, short_limit) = (run.get("limit_share"), run.get("short_limit_share"));
    let claims = &*run.claims;
    let is_sound = |index: &usize| !(0..3).any(|phase| claims.has(Group::Voltage, phase, *index));
    let mut rates: Vec<f64> = Vec::new();
    let mut found = Vec::new();
    for (label, range) in prepared.periods(run.get("period_days")) {
        let mut quantile = |rate: &dyn Fn(usize) -> f64| -> Option<(f64, f64, usize)> {
            rates.clear();
            rates.extend(range.clone().filter(is_sound).map(rate).filter(|rate| !rate.is_nan()));
            let at = ((rates.len() as f64 * run.get("quantile")).ceil() as usize).clamp(1, rates.len().max(1)) - 1;
            let highest = rates.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let judged = rates.len();
            if judged == 0 {
                return None;
            }
            let (_, value, _) = rates.select_nth_unstable_by(at, f64::total_cmp);
            Some((*value, highest, judged))
        };
        // Most months are far below both limits: the highest of all tells it without an order.
        let rate = |index: usize| if by_sequence { negative_sequence(three, index) } else { nema_rate(three, index) };
        let highest = range.clone().filter(is_sound).map(rate).fold(f64::NEG_INFINITY, f64::max);
        if highest <= limit.min(short_limit) {
            continue;
        }
        let told = if by_sequence {
            quantile(&|index| negative_sequence(three, index))
        } else {
            quantile(&|index| nema_rate(three, index))
        };
        let Some((worst, highest, judged)) = told else { continue };
        let judged_h = judged as f64 * axis.step_h();
        let (over, short) = (worst > limit + 1e-12, highest > short_limit + 1e-12);
        if judged_h < run.get("min_hours") || !(over || short) {
            continue;
        }
        let mut of_phases = |rate: fn(&[&super::prepared::Measured<'_>], usize) -> f64| {
            let phases = phases.as_ref().ok()?;
            quantile(&|index| rate(phases, index)).map(|one| one.0)
        };
        let (meter, nema) = (of_phases(meter_rate), of_phases(nema_rate));
        let one = run
            .finding(over && short, if over { "limit_share" } else { "short_limit_share" })
            .at(axis.instant(range.start), axis.instant(range.end))
            .with("period", label)
            .with("worst", worst)
            .with("highest", highest)
            .with("limit", limit)
            .with("short_limit", short_limit)
            .with("meter_rate", meter)
            .with("nema_rate", nema)
            .with("definition", definition)
            .with("judged_hours", judged_h)
            .with("short", !over);
        found.push(one);
    }
    Ok(found)
}
