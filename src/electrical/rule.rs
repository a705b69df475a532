//! What a rule is: an entry of a registry; its figures stand in the standards.

use serde_json::{Map, Value};

use super::episode::Timing;
use super::prepared::{Claims, Prepared};
use super::standard::{Figure, StandardRule};
use crate::finding::{Finding, Severity};

/// What a rule finds; or, as an error, what it would need: one of [`NEEDS`](crate::finding::NEEDS).
pub(super) type Found = Result<Vec<Finding>, &'static str>;

/// One rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name: the key in the standards, the task `electrical.<name>` where it could not run, and its code.
    pub name: &'static str,
    /// Code of its Findings.
    pub code: &'static str,
    /// What it looks at.
    pub looks_at: &'static str,
    /// Names of its figures, which every standard has; the first is the limit that a Finding tells of.
    pub figures: &'static [&'static str],
    /// What it does.
    pub(super) run: fn(&mut Run<'_, '_>) -> Found,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A rule at work on a site.
pub(super) struct Run<'r, 'a> {
    pub rule: &'static Rule,
    pub standard: &'r StandardRule,
    pub prepared: &'r Prepared<'a>,
    /// What graver rules have named already.
    pub claims: &'r mut Claims,
}

impl Run<'_, '_> {
    /// A figure; NaN, with which nothing is found, where a standard lacks it.
    pub fn get(&self, name: &str) -> f64 {
        self.standard.figures.get(name).map_or(f64::NAN, |figure| figure.value)
    }

    /// When an episode warns, alarms and ends: by intervals, or where the rule has it by hours.
    pub fn timing(&self) -> Timing {
        let intervals = |name: &str, otherwise: usize| {
            let value = self.get(name);
            if value.is_nan() { otherwise } else { (value as usize).max(1) }
        };
        let lasts_h = self.get("lasts_h");
        if !lasts_h.is_nan() {
            let lasts = (lasts_h / self.prepared.axis().step_h() - 1e-9).ceil().max(1.0) as usize;
            return Timing { warns_after: lasts, alarms_after: lasts, ends_after: 1 };
        }
        let warns_after = intervals("warns_after_intervals", 1);
        Timing {
            warns_after,
            alarms_after: intervals("alarms_after_intervals", warns_after).max(warns_after),
            ends_after: intervals("ends_after_intervals", 1),
        }
    }

    pub fn severity(&self, alarm: bool) -> Severity {
        if alarm { self.standard.alarm } else { self.standard.warning }
    }

    /// A Finding of the rule with its figures; `limit` is the figure that was passed.
    pub fn finding(&self, alarm: bool, limit: &str) -> Finding {
        let figures: Map<String, Value> =
            self.standard.figures.iter().map(|(name, figure)| (name.clone(), figure.value.into())).collect();
        let of = |told: fn(&Figure) -> Value| self.standard.figures.get(limit).map_or(Value::Null, told);
        Finding::new(self.rule.code, self.severity(alarm))
            .with("figures", figures)
            .with("limit_name", limit)
            .with("limit_source", of(|figure| figure.source.clone().into()))
            .with("limit_mark", of(|figure| serde_json::to_value(figure.mark).unwrap_or(Value::Null)))
    }
}
