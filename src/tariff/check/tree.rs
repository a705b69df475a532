//! JSON with the place of every value, so that a problem can be pointed at; values can be taken out, so that what
//! stands beside a bad one is checked all the same.

use serde_json::{Map, Value};

/// A value and where it begins.
#[derive(Debug)]
pub(super) struct Node {
    /// Byte from the start of the text.
    pub(super) offset: usize,
    pub(super) value: Tree,
    /// Names of what was taken out of it; of a list, one for each.
    pub(super) taken: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Tree {
    Leaf(Value),
    List(Vec<Item>),
    Object(Vec<Entry>),
}

/// A value of a list with its place as it was written.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) written: usize,
    pub(super) node: Node,
}

/// A value under a name.
#[derive(Debug)]
pub(super) struct Entry {
    /// As it was written.
    pub(super) written: String,
    /// As it is read: the near name, where the written one is none.
    pub(super) name: String,
    pub(super) offset: usize,
    pub(super) node: Node,
}

impl Entry {
    /// Whether its name is a guess.
    pub(super) fn is_guessed(&self) -> bool {
        self.name != self.written
    }
}

/// A name that an object has twice.
pub(super) struct Twice {
    pub(super) path: String,
    pub(super) offset: usize,
    pub(super) name: String,
}

impl Node {
    /// The tree of a text, and names that stand twice in one object.
    ///
    /// # Errors
    /// Text that is no JSON.
    pub(super) fn parse(text: &str) -> Result<(Self, Vec<Twice>), serde_json::Error> {
        // Its limit of nesting holds for what follows too.
        serde_json::from_str::<Value>(text)?;
        let mut scanner = Scanner { text, at: 0, path: Vec::new(), twice: Vec::new() };
        let node = scanner.node();
        Ok((node, scanner.twice))
    }

    /// The value under a name.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Tree::Object(entries) => entries.iter().rev().find(|entry| entry.name == name).map(|entry| &entry.node),
            _ => None,
        }
    }

    /// The values of a list.
    pub(super) fn items(&self) -> &[Item] {
        match &self.value {
            Tree::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match &self.value {
            Tree::Leaf(value) => value.clone(),
            Tree::List(items) => items.iter().map(|item| item.node.to_value()).collect(),
            Tree::Object(entries) => {
                let entries = entries.iter().map(|entry| (entry.name.clone(), entry.node.to_value()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }

    /// Whether something was taken out of it or of what stands below.
    pub(super) fn is_damaged_within(&self) -> bool {
        !self.taken.is_empty()
            || match &self.value {
                Tree::Leaf(_) => false,
                Tree::List(items) => items.iter().any(|item| item.node.is_damaged_within()),
                Tree::Object(entries) => entries.iter().any(|entry| entry.node.is_damaged_within()),
            }
    }

    /// The path as it was written, and the place, of a path such as `versions[0].schedules[1].factors.peak`, as far
    /// as it leads.
    pub(super) fn find(&self, path: &str) -> Found<'_> {
        let here = || Found { path: String::new(), offset: self.offset, rest: path.to_owned(), node: self };
        match &self.value {
            Tree::Leaf(_) => here(),
            Tree::List(items) => {
                let split = path.strip_prefix('[').and_then(|rest| rest.split_once(']'));
                let Some((at, rest)) = split.and_then(|(at, rest)| Some((at.parse::<usize>().ok()?, rest))) else {
                    return here();
                };
                let Some(item) = items.get(at) else { return here() };
                item.node.find(rest).below(&format!("[{}]", item.written), item.node.offset)
            }
            Tree::Object(entries) => {
                let path = path.strip_prefix('.').unwrap_or(path);
                // A name may have dots of its own: the way that leads furthest is meant.
                let ways = entries.iter().rev().filter_map(|entry| {
                    let rest = path.strip_prefix(entry.name.as_str())?;
                    (rest.is_empty() || rest.starts_with(['.', '['])).then(|| {
                        let found = entry.node.find(rest);
                        found.below(&format!(".{}", entry.written), entry.offset)
                    })
                });
                ways.min_by_key(|found| found.rest.len()).unwrap_or_else(here)
            }
        }
    }
}

/// Where a path leads.
pub(super) struct Found<'a> {
    /// The path as it was written.
    pub(super) path: String,
    pub(super) offset: usize,
    /// What of the path leads nowhere.
    pub(super) rest: String,
    pub(super) node: &'a Node,
}

impl Found<'_> {
    fn below(self, step: &str, offset: usize) -> Self {
        let offset = if self.path.is_empty() { offset } else { self.offset };
        Self { path: format!("{step}{}", self.path), offset, ..self }
    }
}

/// Line and column, both from 1.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Reads text that is known to be JSON.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    path: Vec<String>,
    twice: Vec<Twice>,
}

impl Scanner<'_> {
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or_default()
    }

    fn node(&mut self) -> Node {
        let first = self.peek();
        let offset = self.at;
        let value = match first {
            b'{' => self.object(),
            b'[' => self.list(),
            _ => Tree::Leaf(serde_json::from_str(self.scalar()).unwrap_or_default()),
        };
        Node { offset, value, taken: Vec::new() }
    }

    fn list(&mut self) -> Tree {
        self.at += 1;
        let mut items = Vec::new();
        while !matches!(self.peek(), b']' | 0) {
            self.path.push(format!("[{}]", items.len()));
            items.push(Item { written: items.len(), node: self.node() });
            self.path.pop();
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        Tree::List(items)
    }

    fn object(&mut self) -> Tree {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        let mut names = std::collections::HashSet::new();
        while !matches!(self.peek(), b'}' | 0) {
            let offset = self.at;
            let name: String = serde_json::from_str(self.scalar()).unwrap_or_default();
            self.path.push(format!(".{name}"));
            if !names.insert(name.clone()) {
                self.twice.push(Twice { path: self.path.concat(), offset, name: name.clone() });
            }
            if self.peek() == b':' {
                self.at += 1;
            }
            let node = self.node();
            self.path.pop();
            entries.push(Entry { written: name.clone(), name, offset, node });
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        Tree::Object(entries)
    }

    /// A text with its quotes, a number or a word.
    fn scalar(&mut self) -> &str {
        let bytes = self.text.as_bytes();
        let from = self.at;
        if bytes.get(from) == Some(&b'"') {
            self.at += 1;
            while let Some(byte) = bytes.get(self.at) {
                self.at += if *byte == b'\\' { 2 } else { 1 };
                if *byte == b'"' {
                    break;
                }
            }
        } else {
            let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",:]}[{\"".contains(byte);
            self.at += bytes[from.min(bytes.len())..].iter().position(is_end).unwrap_or(bytes.len() - from);
            // Something that is no scalar cannot stand here; were it there, going on is what ends.
            self.at += usize::from(self.at == from);
        }
        self.at = self.at.min(bytes.len());
        self.text.get(from..self.at).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_where_it_was_written() {
        let text = "{\n  \"a\": [1, {\"b.c\": \"x\\\"}\"}],\n  \"é\": null, \"a\": [2]\n}";
        let (tree, twice) = Node::parse(text).unwrap();
        let second = text.rfind("\"a\"").unwrap();
        assert_eq!(twice.iter().map(|one| (one.path.as_str(), one.offset)).collect::<Vec<_>>(), [(".a", second)]);
        assert_eq!(line_and_column(text, second), (3, 14));
        assert_eq!(tree.to_value(), serde_json::json!({"a": [2], "é": null}));
        let (tree, _) = Node::parse("{\"a\": [1, {\"b.c\": {\"d\": 3}}]}").unwrap();
        let found = tree.find("a[1].b.c.d.e");
        assert_eq!((found.path.as_str(), found.rest.as_str(), found.offset), (".a[1].b.c.d", ".e", 19));
        assert_eq!(tree.find("a[7].x").path, ".a");
    }
}
