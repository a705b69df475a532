//! Whether JSON has the shape of a tariff. What does not fit is reported, taken out, and the rest is looked at again.

use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

use super::tree::{Node, Tree};
use crate::error::{explain, nearest};
use crate::tariff::sheet::Sheet;

/// Most problems that are looked for.
pub(super) const MOST_PROBLEMS: usize = 50;

/// A problem and where it stands.
pub(super) struct Misfit {
    pub(super) path: String,
    pub(super) offset: usize,
    pub(super) problem: String,
}

/// The sheet of a tree, and all that does not fit; the tree is left as what does.
pub(super) fn sheet_of(tree: &mut Node) -> (Option<Sheet>, Vec<Misfit>) {
    let mut misfits = Vec::new();
    for _ in 0..2 * MOST_PROBLEMS {
        let error = match serde_path_to_error::deserialize::<_, Sheet>(tree.to_value()) {
            Ok(sheet) => return (Some(sheet), misfits),
            Err(error) => error,
        };
        let message = error.inner().to_string();
        let mut steps = steps(tree, error.path());
        // The name of a kind stands in an object of its own, which is where serde sees it.
        if let Some(name) = message.strip_prefix("unknown variant `").and_then(|rest| rest.split('`').next())
            && let Some(Node { value: Tree::Object(entries), .. }) = child_of(tree, &steps)
        {
            steps.extend(entries.iter().position(|entry| entry.name == name).map(Step));
        }
        if !mend(tree, &steps, &message, &mut misfits) || misfits.len() >= MOST_PROBLEMS {
            break;
        }
    }
    (None, misfits)
}

/// A step down: a place in a list, or a place among the names of an object.
#[derive(Clone, Copy)]
struct Step(usize);

/// The steps of a path, as far as it leads.
fn steps(tree: &Node, path: &Path) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut node = tree;
    for segment in path.iter() {
        let at = match (&node.value, segment) {
            (Tree::List(items), Segment::Seq { index }) => Some(*index).filter(|at| *at < items.len()),
            (Tree::Object(entries), Segment::Map { key: name } | Segment::Enum { variant: name }) => {
                entries.iter().rposition(|entry| entry.name == *name)
            }
            _ => None,
        };
        let Some(below) = at.and_then(|at| child(node, Step(at))) else { break };
        steps.extend(at.map(Step));
        node = below;
    }
    steps
}

fn child(node: &Node, Step(at): Step) -> Option<&Node> {
    match &node.value {
        Tree::Leaf(_) => None,
        Tree::List(items) => items.get(at).map(|item| &item.node),
        Tree::Object(entries) => entries.get(at).map(|entry| &entry.node),
    }
}

fn descend<'n>(tree: &'n mut Node, steps: &[Step]) -> Option<&'n mut Node> {
    steps.iter().try_fold(tree, |node, Step(at)| match &mut node.value {
        Tree::Leaf(_) => None,
        Tree::List(items) => items.get_mut(*at).map(|item| &mut item.node),
        Tree::Object(entries) => entries.get_mut(*at).map(|entry| &mut entry.node),
    })
}

/// Path and place of what the steps lead to, as written; and whether a name on the way is a guess.
fn written(tree: &Node, steps: &[Step]) -> (String, usize, bool) {
    let mut written = (String::new(), tree.offset, false);
    let mut node = tree;
    for step in steps {
        match &node.value {
            Tree::List(items) => {
                if let Some(item) = items.get(step.0) {
                    written = (format!("{}[{}]", written.0, item.written), item.node.offset, written.2);
                }
            }
            Tree::Object(entries) => {
                if let Some(entry) = entries.get(step.0) {
                    let path = format!("{}.{}", written.0, entry.written);
                    written = (path, entry.offset, written.2 || entry.is_guessed());
                }
            }
            Tree::Leaf(_) => {}
        }
        let Some(below) = child(node, *step) else { break };
        node = below;
    }
    written
}

/// Reports what a message of serde is about and takes it out; false where nothing would be left.
fn mend(tree: &mut Node, steps: &[Step], message: &str, misfits: &mut Vec<Misfit>) -> bool {
    let (path, offset, is_guessed) = written(tree, steps);
    let mut report = |problem: String| {
        if !is_guessed {
            misfits.push(Misfit { path: path.clone(), offset, problem });
        }
    };
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let Some((last, above)) = steps.split_last() else {
        // The whole: a field that is missing and was not taken out, or no object at all.
        if !quoted.first().is_some_and(|name| tree.taken.iter().any(|taken| taken == name)) {
            report(explain(message));
        }
        return false;
    };
    if let Some(name) = quoted.first().filter(|_| message.starts_with("missing field")) {
        let is_ours = child_of(tree, steps).is_some_and(|node| node.taken.iter().any(|taken| taken == name));
        if !is_ours {
            report(format!("{} is missing here; give it", message.trim_start_matches("missing field ")));
        }
        take_out(tree, above, *last);
        return true;
    }
    if let Some((found, known)) = message.strip_prefix("unknown ").and_then(|_| quoted.split_first()) {
        report(explain(message));
        let mut near = nearest(found, known.iter().copied()).into_iter();
        if let Some(Node { value: Tree::Object(entries), .. }) = descend(tree, above)
            && entries.get(last.0).is_some_and(|entry| entry.name == **found)
        {
            match near.find(|near| entries.iter().all(|entry| entry.name != *near)) {
                Some(near) => entries[last.0].name = near,
                None if message.starts_with("unknown field") => drop(entries.remove(last.0)),
                // Without its kind nothing is left of a charge.
                None => match above.split_last() {
                    Some((charge, above)) => take_out(tree, above, *charge),
                    None => return false,
                },
            }
            return true;
        }
        take_out(tree, above, *last);
        return true;
    }
    report(explain(message));
    take_out(tree, above, *last);
    true
}

fn child_of<'n>(tree: &'n Node, steps: &[Step]) -> Option<&'n Node> {
    steps.iter().try_fold(tree, |node, step| child(node, *step))
}

/// Takes a value out of what it stands in; a component leaves its name, because others can refer to it.
fn take_out(tree: &mut Node, above: &[Step], Step(at): Step) {
    let is_component = is_components(tree, above);
    let Some(node) = descend(tree, above) else { return };
    match &mut node.value {
        Tree::Leaf(_) => {}
        Tree::List(items) if is_component => {
            if let Some(item) = items.get_mut(at) {
                item.node = placeholder(&item.node, at);
            }
        }
        Tree::List(items) => {
            items.remove(at);
            node.taken.push(String::new());
        }
        Tree::Object(entries) => {
            let entry = entries.remove(at);
            node.taken.push(entry.name);
        }
    }
}

/// Whether the steps lead to the components of a version.
fn is_components(tree: &Node, steps: &[Step]) -> bool {
    let Some((Step(at), version)) = steps.split_last() else { return false };
    match child_of(tree, version).map(|node| &node.value) {
        Some(Tree::Object(entries)) => entries.get(*at).is_some_and(|entry| entry.name == "components"),
        _ => false,
    }
}

/// A component that charges nothing under the name of one that could not be read.
fn placeholder(node: &Node, at: usize) -> Node {
    let id = match node.get("id").map(|id| &id.value) {
        Some(Tree::Leaf(Value::String(id))) => id.clone(),
        _ => format!("component {at}"),
    };
    let words = json!({"en": "", "zh": ""});
    let component = json!({"id": id, "name": words, "charge": {"fixed": {"price": "0", "per": "month"}}, "source": "", "certainty": "assumed"});
    Node { offset: node.offset, value: Tree::Leaf(component), taken: vec![String::new()] }
}
