//! Which rules run, and with what numbers.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::RULES;
use super::rule::{Number, Numbers, Rule};
use super::verdict::VERDICT_NUMBERS;
use crate::error::{ErrorKind, Result, nearest};

/// Which rules run, and with what numbers; every rule has its defaults.
///
/// As JSON, an object by rule: `true` or `false` switches a rule, an object changes its numbers by
/// name and may switch it with `on`. The key `verdict` has the limits of the monthly verdict. Written
/// out, every number of every rule is there. A name that does not exist is an error that gives near names.
///
/// ```
/// use wattlens::quality::Settings;
/// let settings: Settings = serde_json::from_str(r#"{"consecutive": true, "spike": {"tolerance": 2.5}, "gap": {"on": false}}"#).unwrap();
/// assert_eq!(settings.changed(), ["consecutive", "gap", "spike"]);
/// let error = serde_json::from_str::<Settings>(r#"{"spkie": false}"#).unwrap_err().to_string();
/// assert!(error.contains("near names: spike"), "{error}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Given>")]
pub struct Settings {
    switches: BTreeMap<&'static str, bool>,
    numbers: BTreeMap<&'static str, Numbers>,
}

/// Key of the limits of the monthly verdict.
const VERDICT: &str = "verdict";

/// What may stand for a rule.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Switch(bool),
    Changes(BTreeMap<String, Change>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Change {
    Switch(bool),
    Number(f64),
}

impl TryFrom<BTreeMap<String, Given>> for Settings {
    type Error = crate::Error;

    fn try_from(given: BTreeMap<String, Given>) -> Result<Self> {
        let mut settings = Self::default();
        for (rule, given) in given {
            let changes = match given {
                Given::Switch(on) => BTreeMap::from([("on".to_owned(), Change::Switch(on))]),
                Given::Changes(changes) => changes,
            };
            for (name, change) in changes {
                match change {
                    Change::Switch(on) if name == "on" => settings.switch(&rule, on)?,
                    Change::Switch(_) => return fail(&rule, Some(&name), "found true or false, expected a number"),
                    Change::Number(_) if name == "on" => {
                        return fail(&rule, Some(&name), "found a number, expected true or false");
                    }
                    Change::Number(value) => settings.set(&rule, &name, value)?,
                }
            }
        }
        Ok(settings)
    }
}

fn fail<T>(rule: &str, name: Option<&str>, problem: impl Into<String>) -> Result<T> {
    let field = name.map_or_else(|| format!("quality.{rule}"), |name| format!("quality.{rule}.{name}"));
    Err(ErrorKind::Site { field, problem: problem.into() }.into())
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = nearest(name, known.clone());
    if near.is_empty() {
        format!("there is no such {what}; expected one of {}", known.collect::<Vec<_>>().join(", "))
    } else {
        format!("there is no such {what}; near names: {}", near.join(", "))
    }
}

fn rule(name: &str) -> Result<&'static Rule> {
    let names = RULES.iter().map(|rule| rule.name);
    RULES.iter().find(|rule| rule.name == name).map_or_else(|| fail(name, None, unknown("rule", name, names)), Ok)
}

impl Settings {
    /// Only these rules run.
    ///
    /// # Errors
    /// A rule that does not exist.
    ///
    /// ```
    /// use wattlens::quality::Settings;
    /// assert!(Settings::only(&["gap"])?.changed().contains(&"stuck_value"));
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn only(names: &[&str]) -> Result<Self> {
        let mut settings = Self::default();
        for rule in RULES {
            settings.switch(rule.name, false)?;
        }
        for name in names {
            settings.switch(name, true)?;
        }
        Ok(settings)
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// A rule that does not exist; the error gives near names.
    ///
    /// ```
    /// let mut settings = wattlens::quality::Settings::default();
    /// settings.switch("consecutive", true)?;
    /// assert_eq!(settings.changed(), ["consecutive"]);
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn switch(&mut self, name: &str, on: bool) -> Result<()> {
        self.switches.insert(rule(name)?.name, on);
        Ok(())
    }

    /// Changes a number of a rule, or of `verdict`.
    ///
    /// # Errors
    /// A rule or a number that does not exist, with near names; a value without a meaning.
    ///
    /// ```
    /// let mut settings = wattlens::quality::Settings::default();
    /// settings.set("verdict", "profile_present_share", 0.9)?;
    /// assert!(settings.set("spike", "tolerance", -1.0).is_err());
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn set(&mut self, name: &str, number: &str, value: f64) -> Result<()> {
        let (key, known) =
            if name == VERDICT { (VERDICT, VERDICT_NUMBERS) } else { (rule(name)?.name, rule(name)?.numbers) };
        let Some(found) = known.iter().find(|one| one.name == number) else {
            return fail(name, Some(number), unknown("number", number, known.iter().map(|one| one.name).chain(["on"])));
        };
        if !(found.lowest..=found.highest).contains(&value) {
            let problem = format!("found {value}, expected a number from {} to {}", found.lowest, found.highest);
            return fail(name, Some(number), problem);
        }
        self.numbers.entry(key).or_default().0.insert(found.name, value);
        Ok(())
    }

    /// Names of the rules, and `verdict`, that differ from their defaults.
    #[must_use]
    pub fn changed(&self) -> Vec<&'static str> {
        let differs =
            |key: &'static str, known: &[Number]| known.iter().any(|one| self.numbers(key).get(one) != one.default);
        let rules = RULES.iter().filter(|rule| self.is_on(rule) != rule.on || differs(rule.name, rule.numbers));
        let mut names: Vec<&str> = rules.map(|rule| rule.name).collect();
        names.extend(differs(VERDICT, VERDICT_NUMBERS).then_some(VERDICT));
        names.sort_unstable();
        names
    }

    pub(super) fn is_on(&self, rule: &Rule) -> bool {
        self.switches.get(rule.name).copied().unwrap_or(rule.on)
    }

    pub(super) fn numbers(&self, rule: &str) -> Numbers {
        self.numbers.get(rule).cloned().unwrap_or_default()
    }

    pub(super) fn verdict(&self) -> Numbers {
        self.numbers(VERDICT)
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Value {
            Switch(bool),
            Number(f64),
        }
        let numbers = |key: &str, known: &'static [Number]| -> BTreeMap<&str, Value> {
            known.iter().map(|one| (one.name, Value::Number(self.numbers(key).get(one)))).collect()
        };
        let mut map = serializer.serialize_map(Some(RULES.len() + 1))?;
        for rule in RULES {
            let mut entry = numbers(rule.name, rule.numbers);
            entry.insert("on", Value::Switch(self.is_on(rule)));
            map.serialize_entry(rule.name, &entry)?;
        }
        map.serialize_entry(VERDICT, &numbers(VERDICT, VERDICT_NUMBERS))?;
        map.end()
    }
}
