//! Transformer hardly loaded (轻载): `electrical.transformer_light` where, in at least `of_time_share` of a month, the apparent power is
//! below `light_below_share` of the rated power.
//!
//! Consecutive months are one Finding; intervals in which a phase has a graver name are left out. Evidence: `worst` (mean load, share of the rating), `highest`, `limit`, `hours` below it,
//! `economic_hours` in the band from `economic_from_share` to `economic_to_share`, `heavy_hours` above it, `judged_hours`, `months`,
//! `rated_kva`. Graver where the mean is below `alarm_below_share`.

use super::rule::{Found, Rule, Run};

pub(super) const RULE: Rule = Rule {
    name: "transformer_light",
    code: "electrical.transformer_light",
    looks_at: "apparent power against the transformer's rating, by month",
    figures: &[
        "light_below_share",
        "economic_from_share",
        "economic_to_share",
        "of_time_share",
        "alarm_below_share",
        "min_hours",
    ],
    run,
};

#[derive(Clone, Copy)]
struct Month {
    start: usize,
    end: usize,
    sum: f64,
    highest: f64,
    judged: usize,
    light: usize,
    economic: usize,
    heavy: usize,
    months: usize,
}

impl Month {
    fn and(self, next: Self) -> Self {
        Self {
            start: self.start,
            end: next.end,
            sum: self.sum + next.sum,
            highest: self.highest.max(next.highest),
            judged: self.judged + next.judged,
            light: self.light + next.light,
            economic: self.economic + next.economic,
            heavy: self.heavy + next.heavy,
            months: self.months + next.months,
        }
    }
}

fn run(run: &mut Run<'_, '_>) -> Found {
    let prepared = run.prepared;
    let axis = prepared.axis();
    let rated_kva = prepared.transformer_kva()?;
    let load = prepared.load_kva().ok_or("readings.apparent_power")?;
    let claims = &*run.claims;
    let limit = run.get("light_below_share");
    let (from, to) = (run.get("economic_from_share"), run.get("economic_to_share"));
    let mut light: Vec<Month> = Vec::new();
    for month in prepared.readings().local().months() {
        let (start, end) = (month.range.start, month.range.end);
        let mut sums =
            Month { start, end, sum: 0.0, highest: 0.0, judged: 0, light: 0, economic: 0, heavy: 0, months: 1 };
        for (index, kva) in month.range.clone().zip(load.get(month.range.clone()).unwrap_or_default()) {
            // What a meter in error shows is no load.
            if kva.is_nan() || claims.any(index) {
                continue;
            }
            let share = kva / rated_kva;
            sums.judged += 1;
            sums.sum += share;
            sums.highest = sums.highest.max(share);
            sums.light += usize::from(share < limit * (1.0 - 1e-9));
            sums.economic += usize::from(share >= from && share <= to);
            sums.heavy += usize::from(share > to);
        }
        let enough = sums.judged as f64 * axis.step_h() >= run.get("min_hours");
        if !enough || (sums.light as f64) < run.get("of_time_share") * sums.judged as f64 {
            continue;
        }
        match light.last_mut() {
            Some(last) if last.end == sums.start => *last = last.and(sums),
            _ => light.push(sums),
        }
    }
    let hours = |intervals: usize| intervals as f64 * axis.step_h();
    let finding = |one: &Month| {
        let mean = one.sum / one.judged as f64;
        run.finding(mean < run.get("alarm_below_share"), "light_below_share")
            .at(axis.instant(one.start), axis.instant(one.end))
            .with("worst", mean)
            .with("highest", one.highest)
            .with("limit", limit)
            .with("hours", hours(one.light))
            .with("economic_hours", hours(one.economic))
            .with("heavy_hours", hours(one.heavy))
            .with("judged_hours", hours(one.judged))
            .with("months", one.months)
            .with("rated_kva", rated_kva)
    };
    Ok(light.iter().map(finding).collect())
}
