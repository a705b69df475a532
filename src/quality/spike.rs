//! A single value far above all others of its day: `quality.spike` where the highest value of a local day
//! exceeds the third highest by more than `tolerance` times it. Damage on the line, or the sum of a gap in one value.
//!
//! The third highest is never taken for less than the meter's own scale: the `floor_quantile` of the third
//! highest values of all days. So a machine that is tried for a quarter of an hour on a Sunday is quiet.
//!
//! Low, since a single load of a day can do it too; medium from `grave_ratio` on. Evidence: `channel`, `value`, `third_highest`, `ratio` of the two, `start` (local), `others`
//! (null; on the last of `most` Findings how many more days there are, the lesser ones). `kwh`: the part above the third highest.

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use super::{local_text, over};
use crate::finding::Severity;
use crate::readings::Channel;
use crate::stats;

const TOLERANCE: Number =
    Number::new("tolerance", 1.8, "(highest − third) / third of a day (California VEE, 180 %, recalled)");
const FLOOR_QUANTILE: Number =
    Number::share("floor_quantile", 0.9, "quantile of the days' third highest values that is the scale (engineering)");
const GRAVE_RATIO: Number = Number::new(
    "grave_ratio",
    10.0,
    "highest over third from which it is no load of the plant (engineering; homes reach 4.2)",
);
const MOST: Number =
    Number { lowest: 1.0, ..Number::new("most", 20.0, "days with a Finding of their own (engineering)") };

pub(super) const RULE: Rule = Rule {
    name: "spike",
    looks_at: "highest and third highest import energy of each day",
    on: true,
    numbers: &[TOLERANCE, FLOOR_QUANTILE, GRAVE_RATIO, MOST],
    source: "spike check of meter-data systems (highest against third highest of 24 h)",
    codes: &["quality.spike"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let axis = prepared.axis();
    let Some(days) = prepared.days() else { return Err("readings.import_kwh") };
    let mut thirds: Vec<f64> = days.0.iter().map(|day| day.top[2]).filter(|third| third.is_finite()).collect();
    stats::sort(&mut thirds);
    let Some(floor) = stats::quantile_sorted(&thirds, numbers.get(&FLOOR_QUANTILE)) else { return Ok(Vec::new()) };
    let spikes = days.0.iter().filter(|day| day.top[2].is_finite()).filter_map(|day| {
        let scale = day.top[2].max(floor);
        (scale > 0.0 && day.top[0] - scale > numbers.get(&TOLERANCE) * scale).then_some((day, scale))
    });
    let mut spikes: Vec<_> = spikes.collect();
    spikes.sort_by(|a, b| (b.0.top[0] / b.1).total_cmp(&(a.0.top[0] / a.1)).then(a.0.top_at.cmp(&b.0.top_at)));
    let others = spikes.split_off(spikes.len().min(numbers.get(&MOST) as usize)).len();
    let last = spikes.len().saturating_sub(1);
    let finding = |(at, (day, scale)): (usize, (&super::days::DayLoad, f64))| {
        let is_grave = day.top[0] >= numbers.get(&GRAVE_RATIO) * scale;
        let severity = if is_grave { Severity::Medium } else { Severity::Low };
        over(axis, &(day.top_at..day.top_at + 1), "quality.spike", severity)
            .with("channel", Channel::IMPORT_KWH.name())
            .with("value", day.top[0])
            .with("third_highest", scale)
            .with("ratio", day.top[0] / scale)
            .with("start", local_text(axis, axis.instant(day.top_at)))
            .with("others", (at == last && others > 0).then_some(others))
            .kwh(day.top[0] - scale)
    };
    let mut found: Vec<_> = spikes.into_iter().enumerate().map(finding).collect();
    found.sort_by_key(|one| one.span);
    Ok(found)
}
