//! All that is wrong or odd in the JSON of a tariff, each with its place.

mod earlier;
mod oddities;
mod sense;
mod shape;
mod tree;

use self::shape::MOST_PROBLEMS;
use self::tree::{Node, line_and_column};
use super::sheet::Sheet;
use super::tariff::{Tariff, VersionInForce};
use crate::error::Problem;

pub(crate) use self::sense::check as check_sense;

/// Longest text of a tariff that is read.
const MOST_BYTES: usize = 1 << 20;

impl Tariff {
    /// Everything that is wrong with the JSON of a tariff, and, where nothing is, everything that is odd; each with
    /// its field and its place in the text. Empty for a tariff that is sound.
    ///
    /// Problems that do not depend on each other are told at once: unknown fields with near names, values that do not
    /// fit, names twice in one object, negative prices, gaps and overlaps of periods with their time and days,
    /// references to what is not there. What is odd loads and bills all the same: a trigger or a period that nothing
    /// uses, time between versions, energy without a price.
    ///
    /// ```
    /// use wattlens::tariff::Tariff;
    /// let text = r#"{"schema": 2, "id": "mine", "name": {"en": "Mine", "zh": "我的"}, "curency": "CNY",
    ///     "certainty": "stated", "source": "my bill",
    ///     "versions": [{"in_force": {"from": "2026-01-01"}, "components": [
    ///         {"id": "energy", "name": {"en": "Energy", "zh": "电度电费"}, "source": "my bill", "certainty": "stated",
    ///          "charge": {"energy": {"price": "-0.65"}}}]}]}"#;
    /// let problems = Tariff::problems(text);
    /// let fields: Vec<_> = problems.iter().map(|one| (one.field.as_deref(), one.line)).collect();
    /// assert_eq!(fields, [
    ///     (Some("curency"), Some(1)),
    ///     (Some("versions[0].components[0].charge.energy.price"), Some(5)),
    /// ]);
    /// assert!(problems.iter().all(|one| one.is_error));
    /// ```
    #[must_use]
    pub fn problems(text: &str) -> Vec<Problem> {
        match check(text) {
            Ok((sheet, versions)) => oddities::of(&sheet, &versions, text),
            Err(problems) => problems,
        }
    }
}

/// The sheet of a text and its versions, or all that is wrong with it; never nothing.
pub(crate) fn check(text: &str) -> Result<(Sheet, Vec<VersionInForce>), Vec<Problem>> {
    let whole = |problem: String| vec![Problem::error(None, problem)];
    if text.len() > MOST_BYTES {
        return Err(whole(format!("found {} bytes, expected at most {MOST_BYTES}", text.len())));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut tree, twice) = Node::parse(text).map_err(|error| {
        let problem = error.to_string();
        let problem = problem.split(" at line ").next().unwrap_or_default();
        vec![Problem {
            line: Some(error.line()),
            column: Some(error.column()),
            ..Problem::error(None, format!("is no JSON: {problem}"))
        }]
    })?;
    if let Some(problem) = earlier::problem(&tree) {
        return Err(vec![place(text, problem)]);
    }
    let mut problems: Vec<Placed> = Vec::new();
    for one in twice {
        let problem = format!("{:?} stands twice in one object, and only one would count; leave one out", one.name);
        problems.push(Placed { path: one.path, offset: one.offset, problem });
    }
    let (sheet, misfits) = shape::sheet_of(&mut tree);
    problems.extend(misfits);
    let checked = sheet.map(|sheet| {
        let (versions, wrong) = check_sense(&sheet);
        problems.extend(wrong.into_iter().filter(|(field, _)| is_own(&tree, field)).map(|(field, problem)| {
            let found = tree.find(&field);
            // What the path does not reach is absent: the place is that of what it is absent from.
            Placed { path: format!("{}{}", found.path, found.rest), offset: found.offset, problem }
        }));
        (sheet, versions)
    });
    match checked {
        Some(checked) if problems.is_empty() => Ok(checked),
        _ => {
            problems.sort_by_key(|one| one.offset);
            problems.truncate(MOST_PROBLEMS);
            if problems.is_empty() {
                return Err(whole("has not the shape of a tariff".to_owned()));
            }
            Err(problems.into_iter().map(|one| place(text, one)).collect())
        }
    }
}

type Placed = shape::Misfit;

fn place(text: &str, one: Placed) -> Problem {
    let (line, column) = line_and_column(text, one.offset);
    let path = one.path.trim_start_matches('.').to_owned();
    Problem {
        line: Some(line),
        column: Some(column),
        ..Problem::error(Some(path).filter(|path| !path.is_empty()), one.problem)
    }
}

/// Whether a problem is one of what was written, and not of what was taken out for another problem.
fn is_own(tree: &Node, field: &str) -> bool {
    let is_whole = |path: &str| {
        let found = tree.find(path);
        !found.rest.is_empty() || !found.node.is_damaged_within()
    };
    let was_nothing_taken = |path: &str| {
        let found = tree.find(path);
        !found.rest.is_empty() || found.node.taken.is_empty()
    };
    // `versions[0]`, `schedules[1]`, …
    let steps: Vec<&str> = field.splitn(3, '.').collect();
    let [version, part, ..] = steps.as_slice() else { return is_whole(field) };
    if !version.starts_with("versions[") {
        return is_whole(field);
    }
    if part.starts_with("in_force") {
        return was_nothing_taken("versions") && is_whole(&format!("{version}.in_force"));
    }
    if field.ends_with(".trigger") && !was_nothing_taken("triggers") {
        return false;
    }
    if part.starts_with("components[") || field.contains("].factors.") {
        // Both refer to periods, so nothing that names one may be out.
        let schedules = tree.find(&format!("{version}.schedules"));
        let are_names_whole = !schedules.rest.is_empty()
            || schedules.node.taken.is_empty()
                && schedules.node.items().iter().all(|item| {
                    let whole = |name| item.node.get(name).is_none_or(|node| node.taken.is_empty());
                    item.node.taken.is_empty() && whole("base") && whole("overlays") && whole("factors")
                });
        let own = if part.starts_with("components[") { format!("{version}.{part}") } else { field.to_owned() };
        return are_names_whole && is_whole(&own);
    }
    is_whole(&format!("{version}.{part}"))
}
