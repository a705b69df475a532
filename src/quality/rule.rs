//! What a rule is: an entry of a registry, with its numbers and where they come from.

use std::collections::BTreeMap;

use super::prepared::Prepared;
use crate::finding::Finding;

/// A number of a rule that a caller may change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// Its name in the settings; the unit is in it where it has one.
    pub name: &'static str,
    /// Its value where nothing else is said.
    pub default: f64,
    /// Smallest value that has a meaning.
    pub lowest: f64,
    /// Largest value that has a meaning.
    pub highest: f64,
    /// What it does and where the default comes from.
    pub source: &'static str,
}

impl Number {
    /// A number from zero to a thousand million; `source` says what it does and where the default comes from.
    pub(super) const fn new(name: &'static str, default: f64, source: &'static str) -> Self {
        Self { name, default, lowest: 0.0, highest: 1e9, source }
    }

    /// A share from zero to one.
    pub(super) const fn share(name: &'static str, default: f64, source: &'static str) -> Self {
        Self { highest: 1.0, ..Self::new(name, default, source) }
    }
}

/// What a rule finds; or, as an error, what it would need: one of [`NEEDS`](crate::finding::NEEDS).
pub(super) type Found = Result<Vec<Finding>, &'static str>;

/// One rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name: the key of the settings, and the task `quality.<name>` where it could not run.
    pub name: &'static str,
    /// What it looks at.
    pub looks_at: &'static str,
    /// Whether it runs where nothing else is said.
    pub on: bool,
    /// Its numbers.
    pub numbers: &'static [Number],
    /// Where the rule comes from.
    pub source: &'static str,
    /// Codes of the Findings that are its own, those of the reader included; one that ends with a dot is a family.
    pub codes: &'static [&'static str],
    /// What it does.
    pub(super) run: fn(&Prepared<'_>, &Numbers) -> Found,
}

impl Rule {
    /// Whether a Finding of this code is its own.
    pub(super) fn gives(&self, code: &str) -> bool {
        self.codes.iter().any(|own| *own == code || (own.ends_with('.') && code.starts_with(own)))
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("name", &self.name).field("on", &self.on).finish_non_exhaustive()
    }
}

/// The numbers that a caller changed, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Numbers(pub(super) BTreeMap<&'static str, f64>);

impl Numbers {
    /// As given, or the default.
    pub(super) fn get(&self, number: &Number) -> f64 {
        self.0.get(number.name).copied().unwrap_or(number.default)
    }
}

/// A rule whose Findings the reader makes: it only has a switch.
pub(super) fn by_the_reader(_: &Prepared<'_>, _: &Numbers) -> Found {
    Ok(Vec::new())
}
