//! A parent meter against its children: `quality.balance` where, in a month, the parent's import energy differs from the sum of
//! its children's by more than `tolerance` of it.
//!
//! Over the intervals of the month in which every meter has a whole value, at least `min_hours` of them; all meters need one
//! step and one grid. Consecutive months that differ the same way are one Finding: low where the parent has more, which
//! loads without a meter and losses explain; high where the children have more, which nothing explains but a meter, its
//! multiplier or a child counted twice (`children_above`). A meter whose parent is given is judged for the latter only.
//! Evidence: `month`, `months`, `children`, `parent_kwh`, `children_kwh`, `difference_kwh` (parent less children), `share`,
//! `hours`, `children_above`. `kwh` is the difference.

use super::prepared::Prepared;
use super::rule::{Found, Number, Numbers, Rule};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Readings};

const TOLERANCE: Number = Number::share("tolerance", 0.05, "share of the parent's energy (table of the rules)");
const MIN_HOURS: Number = Number::new("min_hours", 24.0, "hours of the month with every meter (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "balance",
    looks_at: "import energy of a parent meter against the sum of its children's, by month",
    on: true,
    numbers: &[TOLERANCE, MIN_HOURS],
    source: "submeter balance of energy-management systems",
    codes: &["quality.balance"],
    run,
};

/// One month's sums.
struct Month {
    label: String,
    start: i64,
    end: i64,
    parent_kwh: f64,
    children_kwh: f64,
    intervals: usize,
    months: usize,
}

impl Month {
    fn difference(&self) -> f64 {
        self.parent_kwh - self.children_kwh
    }
}

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let subject = prepared.subject;
    let own = [subject.readings];
    let mut found = Vec::new();
    match (subject.children, subject.parent) {
        ([], None) => return Err("subject.children"),
        ([], Some(_)) => {}
        (children, _) => found.extend(of_family(subject.readings, children, numbers)?),
    }
    if let Some(parent) = subject.parent {
        let above = of_family(parent, &own, numbers)?;
        found.extend(above.into_iter().filter(|one| one.evidence.get("children_above") == Some(&true.into())));
    }
    Ok(found)
}

fn of_family(parent: &Readings, children: &[&Readings], numbers: &Numbers) -> Found {
    let axis = parent.axis();
    let mut all = Vec::with_capacity(children.len());
    let Some(own) = parent.series(Channel::IMPORT_KWH) else { return Err("readings.import_kwh") };
    for child in children {
        let Some(one) = child.series(Channel::IMPORT_KWH) else { return Err("readings.import_kwh") };
        let apart_s = axis.start() - child.axis().start();
        if child.axis().step_s() != axis.step_s() || apart_s % axis.step_s() != 0 {
            return Err("readings.same_axis");
        }
        all.push((one.whole(), apart_s / axis.step_s()));
    }
    let own = own.whole();
    let of_children = |index: usize| {
        let each = all.iter().map(|(values, apart)| {
            let at = usize::try_from(index as i64 + apart).ok();
            at.and_then(|at| values.get(at)).copied().unwrap_or(f64::NAN)
        });
        each.sum::<f64>()
    };
    let mut odd: Vec<Month> = Vec::new();
    for month in parent.local().months() {
        let mut sums = Month {
            label: month.label(),
            start: axis.instant(month.range.start),
            end: axis.instant(month.range.end),
            parent_kwh: 0.0,
            children_kwh: 0.0,
            intervals: 0,
            months: 1,
        };
        for (index, kwh) in own.iter().enumerate().take(month.range.end).skip(month.range.start) {
            let children_kwh = of_children(index);
            if !(kwh + children_kwh).is_nan() {
                sums.parent_kwh += kwh;
                sums.children_kwh += children_kwh;
                sums.intervals += 1;
            }
        }
        let enough = sums.intervals as f64 * axis.step_h() >= numbers.get(&MIN_HOURS);
        if !enough || sums.difference().abs() <= numbers.get(&TOLERANCE) * sums.parent_kwh.abs() {
            continue;
        }
        match odd.last_mut() {
            Some(last) if last.end == sums.start && (last.difference() > 0.0) == (sums.difference() > 0.0) => {
                last.end = sums.end;
                last.parent_kwh += sums.parent_kwh;
                last.children_kwh += sums.children_kwh;
                last.intervals += sums.intervals;
                last.months += 1;
            }
            _ => odd.push(sums),
        }
    }
    let finding = |month: &Month| {
        let above = month.difference() < 0.0;
        Finding::new("quality.balance", if above { Severity::High } else { Severity::Low })
            .at(month.start, month.end)
            .with("month", month.label.clone())
            .with("months", month.months)
            .with("children", children.len())
            .with("parent_kwh", month.parent_kwh)
            .with("children_kwh", month.children_kwh)
            .with("difference_kwh", month.difference())
            .with("share", month.difference() / month.parent_kwh)
            .with("hours", month.intervals as f64 * axis.step_h())
            .with("children_above", above)
            .kwh(month.difference())
    };
    Ok(odd.iter().map(finding).collect())
}
