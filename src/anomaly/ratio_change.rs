//! A daily level that steps by a ratio of transformers: what the meter counts changed, not what the site uses.

use super::deviation::Deviations;
use super::event::Event;
use super::step::Step;
use super::{phase_lost, transformer_reversed};
use crate::finding::Severity;

/// Ratios of current-transformer ratios that are next to each other in a series or are mistaken for each other, and
/// that of Wh to kWh (engineering); each holds for a step up and for one down.
const FACTORS: &[f64] = &[
    1.25,
    4.0 / 3.0,
    1.5,
    5.0 / 3.0,
    2.0,
    2.5,
    3.0,
    4.0,
    5.0,
    10.0,
    15.0,
    20.0,
    30.0,
    40.0,
    50.0,
    60.0,
    80.0,
    100.0,
    1000.0,
];
/// Largest scatter of the days with which a ratio is told from another change (a tenth, as the share of days'
/// standard deviation).
const MOST_SCATTER: f64 = 0.10;
/// The two ratios of phases are looked for within three standard errors, for no other ratio is near them (engineering).
const PHASES_HALF_WIDTHS: f64 = 1.5;
/// Largest half-width of the interval of a ratio that a lost phase or a reversed transformer is told from
/// (engineering: such steps are large).
const MOST_HALF_WIDTH_PHASES: f64 = 0.10;
/// The same for other ratios, several of which lie in a wider interval (engineering).
const MOST_HALF_WIDTH: f64 = 0.05;

/// `anomaly.ratio_change`: a step of the whole day by a ratio of transformers other than two thirds or one third.
pub(super) fn find(deviations: &Deviations) -> Vec<Event> {
    let is_other = |ratio: &f64| *ratio != phase_lost::RATIO && *ratio != transformer_reversed::RATIO;
    let found = deviations.steps.iter().filter(|step| kinds(step).first().is_some_and(is_other));
    found.filter_map(|step| ratio_event("anomaly.ratio_change", step, deviations)).collect()
}

/// Whether a step is told as one of a meter's ratios.
pub(super) fn is_ratio(step: &Step) -> bool {
    !kinds(step).is_empty()
}

/// The ratios that a step may be, the likeliest first.
///
/// None where the days scatter too much, or where night, work and days off have different ratios: what a meter
/// counts wrongly it counts wrongly all day. Where a load is so even that they cannot be told apart, only a lost
/// phase or a reversed transformer is told, because any change of such a load looks like a ratio.
pub(super) fn kinds(step: &Step) -> Vec<f64> {
    if step.scatter > MOST_SCATTER || step.half_width > MOST_HALF_WIDTH_PHASES || step.is_whole == Some(false) {
        return Vec::new();
    }
    let of_phases = [phase_lost::RATIO, transformer_reversed::RATIO]
        .into_iter()
        .filter(|ratio| step.may_be(*ratio, PHASES_HALF_WIDTHS));
    let mut kinds: Vec<f64> = of_phases.collect();
    if step.is_whole == Some(true) && step.half_width <= MOST_HALF_WIDTH {
        let mut others: Vec<f64> = FACTORS
            .iter()
            .flat_map(|factor| [*factor, 1.0 / factor])
            .filter(|ratio| step.may_be(*ratio, 1.0) && !kinds.contains(ratio))
            .collect();
        let away = |ratio: &f64| (ratio / step.ratio).ln().abs();
        others.sort_by(|a, b| away(a).total_cmp(&away(b)));
        kinds.extend(others);
    }
    kinds
}

/// The event of a step that is a ratio, with the other names that it might have. High: every number since is wrong.
pub(super) fn ratio_event(code: &'static str, step: &Step, deviations: &Deviations) -> Option<Event> {
    let kinds = kinds(step);
    let mut names = vec!["level_shift"];
    for kind in kinds.iter().skip(1) {
        let name = if *kind == transformer_reversed::RATIO { "transformer_reversed" } else { "ratio_change" };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let event = step
        .event(code, deviations)
        .with("factor", *kinds.first()?)
        .with("factors", kinds.clone())
        .with("other_names", names);
    (!event.flagged.is_empty()).then_some(Event { severity: Some(Severity::High), ..event })
}
