//! Standards as data: every limit with its unit, its source and how sure it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RULES;
use crate::error::{ErrorKind, Result, nearest};
use crate::finding::Severity;

/// How sure a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Read in a source, if only a second-hand one.
    Seen,
    /// Recalled, and not verified against its source.
    Recalled,
    /// Follows from physics or from how meters work.
    Engineering,
    /// A suggestion of wattlens.
    Suggested,
}

/// A number of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The number.
    pub value: f64,
    /// Its unit: `share`, `1`, `intervals`, `h`, `s`, `days`, `weeks`, `V`, `kWh`, `readings`, `switch`, `h of the day`.
    pub unit: String,
    /// Where it comes from and what it is of.
    pub source: String,
    /// How sure it is.
    pub mark: Mark,
}

/// A rule of a standard: its switch, how grave it is and its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardRule {
    /// Whether it runs.
    pub on: bool,
    /// Severity of what is short or small.
    pub warning: Severity,
    /// Severity of what lasts or is large.
    pub alarm: Severity,
    /// Its numbers by name; the unit is in the name where it has one.
    pub figures: BTreeMap<String, Figure>,
}

/// The limits of a country or region.
///
/// ```
/// use wattlens::electrical::{Mark, Standard};
/// let standard = Standard::named("cn")?;
/// let limit = standard.figure("loss_of_voltage.begins_below_share").unwrap();
/// assert_eq!((limit.value, limit.mark), (0.78, Mark::Seen));
/// # Ok::<(), wattlens::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// `cn`, `eu` or `us`.
    pub name: String,
    /// It changes when a figure changes.
    pub version: String,
    /// What it is made of.
    pub title: String,
    /// Nominal phase voltage of a supply of which nothing is said.
    pub nominal_v: Figure,
    /// Every rule by name.
    pub rules: BTreeMap<String, StandardRule>,
}

const BUNDLED: &[(&str, &str)] = &[
    ("cn", include_str!("standards/cn.json")),
    ("eu", include_str!("standards/eu.json")),
    ("us", include_str!("standards/us.json")),
];

/// Names of the standards that come with wattlens.
///
/// ```
/// assert_eq!(wattlens::electrical::standards(), ["cn", "eu", "us"]);
/// ```
#[must_use]
pub fn standards() -> Vec<&'static str> {
    BUNDLED.iter().map(|(name, _)| *name).collect()
}

/// Largest share that is no slip for a number in per cent.
const MAX_SHARE: f64 = 3.0;
const MAX_NUMBER: f64 = 1e9;

fn fail<T>(field: String, problem: String) -> Result<T> {
    Err(ErrorKind::Site { field, problem }.into())
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = nearest(name, known.clone());
    if near.is_empty() {
        format!("there is no such {what}; expected one of {}", known.collect::<Vec<_>>().join(", "))
    } else {
        format!("there is no such {what}; near names: {}", near.join(", "))
    }
}

impl Standard {
    /// A standard that comes with wattlens.
    ///
    /// # Errors
    /// A name that does not exist, with near names.
    ///
    /// ```
    /// use wattlens::electrical::Standard;
    /// assert_eq!(Standard::named("eu")?.nominal_v.value, 230.0);
    /// assert!(Standard::named("uk").is_err());
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn named(name: &str) -> Result<Self> {
        let Some((_, text)) = BUNDLED.iter().find(|(known, _)| *known == name) else {
            let problem = format!("found {name:?}, {}", unknown("standard", name, BUNDLED.iter().map(|one| one.0)));
            return fail("electrical.standard".to_owned(), problem);
        };
        let standard: Self = serde_json::from_str(text).map_err(|error| ErrorKind::Site {
            field: format!("electrical.standards.{name}"),
            problem: error.to_string(),
        })?;
        Ok(standard)
    }

    /// A figure by its rule and name, `loss_of_voltage.begins_below_share`; `None` where there is none.
    #[must_use]
    pub fn figure(&self, path: &str) -> Option<&Figure> {
        let (rule, name) = path.split_once('.')?;
        self.rules.get(rule)?.figures.get(name)
    }

    /// Every `rule.figure`.
    pub fn paths(&self) -> impl Iterator<Item = String> + '_ {
        self.rules.iter().flat_map(|(rule, one)| one.figures.keys().map(move |name| format!("{rule}.{name}")))
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// A rule that does not exist, with near names.
    ///
    /// ```
    /// let mut standard = wattlens::electrical::Standard::named("cn")?;
    /// standard.switch("current_break", false)?;
    /// let error = standard.switch("current_brake", false).unwrap_err().to_string();
    /// assert!(error.contains("near names: current_break"), "{error}");
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn switch(&mut self, rule: &str, on: bool) -> Result<()> {
        match self.rules.get_mut(rule) {
            Some(found) => found.on = on,
            None => {
                let problem = unknown("rule", rule, RULES.iter().map(|one| one.name));
                return fail(format!("electrical.{rule}"), problem);
            }
        }
        Ok(())
    }

    /// Sets one figure by its rule and name; its source then says so.
    ///
    /// # Errors
    /// A figure that does not exist, with near names; a value without a meaning.
    ///
    /// ```
    /// let mut standard = wattlens::electrical::Standard::named("cn")?;
    /// standard.set("over_voltage.begins_above_share", 1.15)?;
    /// let error = standard.set("over_voltage.begins_above", 1.15).unwrap_err().to_string();
    /// assert!(error.contains("near names: over_voltage.begins_above_share"), "{error}");
    /// assert!(standard.set("over_voltage.begins_above_share", 115.0).is_err());
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn set(&mut self, path: &str, value: f64) -> Result<()> {
        let field = || format!("electrical.{path}");
        let Some(unit) = self.figure(path).map(|figure| figure.unit.clone()) else {
            let paths: Vec<String> = self.paths().collect();
            let near = nearest(path, paths.iter().map(String::as_str));
            let problem = match path.split_once('.').and_then(|(rule, _)| self.rules.get(rule)) {
                _ if !near.is_empty() => format!("there is no such figure; near names: {}", near.join(", ")),
                Some(rule) => {
                    let names: Vec<&str> = rule.figures.keys().map(String::as_str).collect();
                    format!("there is no such figure; expected one of {}", names.join(", "))
                }
                None => unknown("rule", path.split('.').next().unwrap_or(path), RULES.iter().map(|one| one.name)),
            };
            return fail(field(), problem);
        };
        let highest = match unit.as_str() {
            "share" => MAX_SHARE,
            "1" => 2.0,
            "switch" => 1.0,
            "h of the day" => 24.0,
            _ => MAX_NUMBER,
        };
        let lowest = if unit == "intervals" { 1.0 } else { 0.0 };
        if !(lowest..=highest).contains(&value) {
            let hint = if unit == "share" && (highest..=highest * 100.0).contains(&value) {
                format!(": write {value} % as {}", value / 100.0)
            } else {
                String::new()
            };
            return fail(field(), format!("found {value}, expected {unit} from {lowest} to {highest}{hint}"));
        }
        if let Some((rule, name)) = path.split_once('.')
            && let Some(figure) = self.rules.get_mut(rule).and_then(|rule| rule.figures.get_mut(name))
        {
            let before = figure.value;
            figure.value = value;
            figure.source = format!("set by the user; the standard has {before}: {}", figure.source);
        }
        Ok(())
    }
}

/// A standard and what a user changed of it.
///
/// ```
/// use wattlens::electrical::Settings;
/// let settings: Settings =
///     serde_json::from_str(r#"{"standard": "eu", "limits": {"under_voltage.begins_below_share": 0.8}, "off": ["current_break"]}"#).unwrap();
/// assert_eq!(settings.resolve()?.figure("under_voltage.begins_below_share").unwrap().value, 0.8);
/// # Ok::<(), wattlens::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Name of the standard.
    pub standard: String,
    /// Figures that differ from it, by `rule.figure`.
    pub limits: BTreeMap<String, f64>,
    /// Rules that do not run.
    pub off: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self::of("cn")
    }
}

impl Settings {
    /// A standard as it is.
    #[must_use]
    pub fn of(standard: &str) -> Self {
        Self { standard: standard.to_owned(), limits: BTreeMap::new(), off: Vec::new() }
    }

    /// The standard with the changes in it.
    ///
    /// # Errors
    /// A standard, rule or figure that does not exist, with near names; a value without a meaning.
    pub fn resolve(&self) -> Result<Standard> {
        let mut standard = Standard::named(&self.standard)?;
        for (path, value) in &self.limits {
            standard.set(path, *value)?;
        }
        for rule in &self.off {
            standard.switch(rule, false)?;
        }
        Ok(standard)
    }
}
