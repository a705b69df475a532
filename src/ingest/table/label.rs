//! Which end of its interval a stamp names, from columns of labels such as the tariff period: a label changes on the
//! hour or half hour, so the stamp of its first row is that instant where it names the start, one step later where it
//! names the end.

use std::collections::HashMap;

use super::head::Head;
use crate::ingest::number::is_missing;
use crate::ingest::{Stamp, StampHint};
use crate::readings::Sure;

/// A column with more labels than this in the first rows is no label of the time.
const MOST_LABELS: usize = 12;
/// So many changes make it likely, and so many certain.
const LIKELY: u32 = 8;
const CERTAIN: u32 = 100;
/// This share of the changes must agree.
const NEARLY_ALL: f64 = 0.98;

/// The labels of a table, row after row.
pub(super) struct Labels(Vec<Label>);

struct Label {
    at: usize,
    name: String,
    last: Vec<u8>,
    /// How often it changed at each second of the hour.
    changes: HashMap<i32, u32>,
}

impl Labels {
    /// No columns.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// The columns of text with few values, those `taken` aside.
    pub(super) fn of(head: &Head, taken: impl Fn(usize) -> bool) -> Self {
        let is_label = |at: &usize| {
            let mut labels: Vec<&str> = head.column(*at).collect();
            let is_text = |label: &&str| label.chars().any(char::is_alphabetic) && !is_missing(label.as_bytes());
            let filled = !labels.is_empty() && labels.iter().all(is_text);
            labels.sort_unstable();
            labels.dedup();
            !taken(*at) && filled && labels.len() <= MOST_LABELS
        };
        let columns = (0..head.headers.len().min(200)).filter(is_label).take(4);
        Self(
            columns
                .map(|at| {
                    let name = head.headers.get(at).cloned().unwrap_or_default();
                    Label { at, name, last: Vec::new(), changes: HashMap::new() }
                })
                .collect(),
        )
    }

    /// Takes in the labels of a row that is stamped at `second` of its day.
    pub(super) fn see<'a>(&mut self, cell: impl Fn(usize) -> &'a [u8], second: i32) {
        for label in &mut self.0 {
            let now = cell(label.at);
            // Labels are short: a call to compare them costs more than the comparison.
            if label.last.len() == now.len() && label.last.iter().zip(now).all(|(last, now)| last == now) {
                continue;
            }
            if !label.last.is_empty() {
                *label.changes.entry(second.rem_euclid(3600)).or_default() += 1;
            }
            label.last.clear();
            label.last.extend_from_slice(now);
        }
    }

    /// What the changes show, for stamps `step_s` apart.
    pub(super) fn hint(&self, step_s: i64) -> Option<StampHint> {
        let step_s = i32::try_from(step_s).ok().filter(|step_s| (1..3600).contains(step_s))?;
        self.0.iter().find_map(|label| label.hint(step_s))
    }
}

impl Label {
    fn hint(&self, step_s: i32) -> Option<StampHint> {
        let all: u32 = self.changes.values().sum();
        // Tariff periods begin on the hour, or on the half hour.
        [3600, 1800].into_iter().filter(|beat_s| step_s < *beat_s && beat_s % step_s == 0).find_map(|beat_s| {
            let at = |second: i32| -> u32 {
                let on_it = self.changes.iter().filter(|(at, _)| *at % beat_s == second);
                on_it.map(|(_, count)| *count).sum()
            };
            let (starts, ends) = (at(0), at(step_s));
            let (stamp, count, end) =
                if starts > ends { (Stamp::Start, starts, "") } else { (Stamp::End, ends, ", one step past it") };
            let agreeing = all >= LIKELY && f64::from(count) >= NEARLY_ALL * f64::from(all);
            let beat = if beat_s == 3600 { "full hour" } else { "full or half hour" };
            let why = format!("{count} of {all} changes of {:?} are stamped on the {beat}{end}", self.name);
            let sure = if all >= CERTAIN { Sure::Certain } else { Sure::Likely };
            agreeing.then_some(StampHint { stamp, why, sure })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A label that changes at 8:00 and at `evening_s` of thirty days, each row stamped `late_s` after its start.
    fn hint(late_s: i32, evening_s: i32, step_s: i32) -> Option<StampHint> {
        let label = Label { at: 0, name: "period".to_owned(), last: Vec::new(), changes: HashMap::new() };
        let mut labels = Labels(vec![label]);
        for _day in 0..30 {
            for start in (0..86_400).step_by(step_s as usize) {
                let text: &[u8] = if (28_800..evening_s).contains(&start) { b"peak" } else { b"valley" };
                labels.see(|_| text, start + late_s);
            }
        }
        labels.hint(i64::from(step_s))
    }

    #[test]
    fn labels_change_on_the_hour() {
        assert_eq!(hint(0, 72_000, 900).unwrap().stamp, Stamp::Start);
        let end = hint(900, 72_000, 900).unwrap();
        assert_eq!((end.stamp, end.sure), (Stamp::End, Sure::Likely));
        assert_eq!(end.why, "60 of 60 changes of \"period\" are stamped on the full hour, one step past it");
        assert_eq!(hint(900, 73_800, 900).unwrap().stamp, Stamp::End, "half past eight");
        assert_eq!(hint(1800, 73_800, 1800), None, "half hours do not tell a half hour from a step");
        assert_eq!(hint(3600, 72_000, 3600), None);
    }
}
