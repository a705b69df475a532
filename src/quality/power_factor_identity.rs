//! A power-factor column that the energies contradict: `quality.power_factor_identity` where the power factor of more
//! than `most_share` of the intervals differs from kWh / √(kWh² + kvarh²) by more than `tolerance`.
//!
//! Of the ways to count reactive energy (lagging only, leading only, both together, the one less the other) the one that
//! fits best is taken. Only intervals with at least `min_load` of the highest load, where rounding does not decide, and
//! only means: samples may differ honestly. An interval's power factor is not that of a bill. Medium. Evidence:
//! `intervals` that differ, `judged`, `share`, `median_difference`, `worst_difference`, `start` of the worst (local).

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::{local_text, over};
use crate::finding::Severity;
use crate::readings::{Channel, Kind, Phase, Quantity};
use crate::stats;

const TOLERANCE: Number = Number::share("tolerance", 0.05, "difference of the power factors (engineering)");
const MOST_SHARE: Number = Number::share("most_share", 0.05, "share of the intervals that may differ (engineering)");
const MIN_LOAD: Number = Number::share("min_load", 0.05, "smallest load as a share of the highest (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "power_factor_identity",
    looks_at: "power factor against active and reactive energy of each interval",
    on: true,
    numbers: &[TOLERANCE, MOST_SHARE, MIN_LOAD],
    source: "PF = kWh / √(kWh² + kvarh²)",
    codes: &["quality.power_factor_identity"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let (readings, axis) = (prepared.readings(), prepared.axis());
    let factor = readings.series(Channel::mean(Quantity::PowerFactor, Phase::Total));
    let Some(factor) = factor.filter(|one| one.channel().kind == Kind::Mean) else {
        return Err("readings.power_factor");
    };
    let whole = |channel| readings.series(channel).map(|one| one.whole());
    let Some(active) = whole(Channel::IMPORT_KWH) else { return Err("readings.import_kwh") };
    let Some(lagging) = whole(Channel::IMPORT_KVARH) else { return Err("readings.import_kvarh") };
    let leading = whole(Channel::EXPORT_KVARH).unwrap_or_else(|| vec![0.0; lagging.len()].into());
    let least = numbers.get(&MIN_LOAD) * prepared.scan(Channel::IMPORT_KWH).map_or(0.0, |scan| scan.highest);

    let ways: [fn(f64, f64) -> f64; 4] = [|lag, _| lag, |_, lead| lead, |lag, lead| lag + lead, |lag, lead| lag - lead];
    let differences = ways.map(|way| {
        let all = active.iter().zip(lagging.iter().zip(leading.iter())).zip(factor.values()).enumerate();
        let judged = all.filter(|(_, ((kwh, _), _))| **kwh > 0.0 && **kwh >= least);
        let differ =
            judged.map(|(at, ((kwh, (lag, lead)), told))| (at, (kwh / kwh.hypot(way(*lag, *lead)) - told.abs()).abs()));
        differ.filter(|(_, difference)| !difference.is_nan()).collect::<Vec<(usize, f64)>>()
    });
    let odd_of = |one: &[(usize, f64)]| one.iter().filter(|(_, by)| *by > numbers.get(&TOLERANCE)).count();
    let Some(best) = differences.iter().filter(|one| !one.is_empty()).min_by_key(|one| odd_of(one)) else {
        return Ok(Vec::new());
    };
    let odd = || best.iter().filter(|(_, by)| *by > numbers.get(&TOLERANCE));
    let share = odd().count() as f64 / best.len() as f64;
    let (Some(first), Some(last)) = (odd().next(), odd().next_back()) else { return Ok(Vec::new()) };
    let worst = odd().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).unwrap_or(first);
    let median_difference = stats::median(&mut best.iter().map(|(_, by)| *by).collect::<Vec<f64>>());
    let finding = || {
        over(axis, &(first.0..last.0 + 1), "quality.power_factor_identity", Severity::Medium)
            .with("intervals", odd().count())
            .with("judged", best.len())
            .with("share", share)
            .with("median_difference", median_difference)
            .with("worst_difference", worst.1)
            .with("start", local_text(axis, axis.instant(worst.0)))
    };
    Ok((share > numbers.get(&MOST_SHARE)).then(finding).into_iter().collect())
}
