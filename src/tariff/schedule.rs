//! Time-of-use periods: which period every minute of every month belongs to, checked for gaps and overlaps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY_MINUTES: usize = 1440;

/// A time of day in minutes after midnight, 00:00 to 24:00; written `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock(pub u16);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for Clock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.trim().split_once(':').and_then(|(hour, minute)| {
            let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
            (minute < 60 && hour <= 24 && hour * 60 + minute <= DAY_MINUTES as u16).then(|| Self(hour * 60 + minute))
        });
        parsed.ok_or_else(|| format!("found {text:?}, expected a time of day such as \"08:00\" or \"24:00\""))
    }
}

/// A half-open window of the day, written `08:00-11:30`; one that ends before it starts crosses midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First minute.
    pub from: Clock,
    /// First minute after it.
    pub to: Clock,
}

impl Window {
    fn minutes(self) -> impl Iterator<Item = usize> {
        let (from, to) = (usize::from(self.from.0), usize::from(self.to.0));
        let to = if to <= from { to + DAY_MINUTES } else { to };
        (from..to).map(|minute| minute % DAY_MINUTES)
    }
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) =
            text.split_once('-').ok_or_else(|| format!("found {text:?}, expected a window such as \"08:00-11:30\""))?;
        let window = Self { from: from.parse()?, to: to.parse()? };
        if window.from == window.to || window.from.0 == DAY_MINUTES as u16 {
            return Err(format!("found {text:?}, expected a window that starts before 24:00 and has a length"));
        }
        Ok(window)
    }
}

impl TryFrom<String> for Window {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        format!("{}-{}", window.from, window.to)
    }
}

impl Serialize for Window {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from(*self))
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The windows of one period in some months.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodRule {
    /// Period, e.g. `peak`.
    pub period: String,
    /// Months 1–12; all where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<Vec<u8>>,
    /// Windows of the local wall clock.
    pub windows: Vec<Window>,
}

/// Time-of-use periods (尖峰平谷) of a tariff, on the local wall clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Periods {
    /// Rules that tile the day in every month without overlap.
    pub base: Vec<PeriodRule>,
    /// Period of what the base rules leave; without it they must tile the day themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// Rules laid over the base, later ones over earlier ones (sharp inside peak).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlays: Vec<PeriodRule>,
    /// Factor of each period on the components that float.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub factors: BTreeMap<String, Decimal>,
    /// Document that decrees them.
    pub source: String,
}

/// Slots with one period: first slot, slot after the last, index of the period.
pub(crate) type Stretch = (usize, usize, usize);

/// Periods of the day in every month, as indices into `names`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodTable {
    /// Period names in the order of first appearance.
    pub names: Vec<String>,
    /// For each month, how many minutes lie in which period, from midnight on.
    months: Vec<Vec<(usize, usize)>>,
}

impl PeriodTable {
    /// A table with a single period that fills the year.
    pub(crate) fn single(name: &str) -> Self {
        Self { names: vec![name.to_owned()], months: vec![vec![(DAY_MINUTES, 0)]; 12] }
    }

    /// The table of these rules, or the field and the problem: an overlap or a gap with its month and
    /// time, a month that is none.
    pub(crate) fn of(periods: &Periods) -> Result<Self, (String, String)> {
        const FREE: u8 = u8::MAX;
        const MOST: usize = 64;
        let rules = periods.base.iter().chain(&periods.overlays).map(|rule| rule.period.as_str());
        let all: BTreeSet<&str> = rules.chain(periods.rest.as_deref()).collect();
        if all.len() > MOST {
            return Err(("periods".to_owned(), format!("found {} periods, expected at most {MOST}", all.len())));
        }
        let mut names: Vec<String> = Vec::new();
        let mut code = |name: &str| -> u8 {
            let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            at as u8
        };
        let mut minutes = vec![[FREE; DAY_MINUTES]; 12];
        for (layer, rules) in [("base", &periods.base), ("overlays", &periods.overlays)] {
            for (at, rule) in rules.iter().enumerate() {
                let field = || format!("periods.{layer}[{at}]");
                let every: Vec<u8> = (1..=12).collect();
                let period = code(&rule.period);
                for month in rule.months.as_ref().unwrap_or(&every) {
                    let Some(day) = usize::from(*month).checked_sub(1).and_then(|m| minutes.get_mut(m)) else {
                        return Err((field(), format!("found month {month}, expected 1 to 12")));
                    };
                    for minute in rule.windows.iter().flat_map(|window| window.minutes()) {
                        if layer == "base" && day[minute] != FREE {
                            let other = names.get(usize::from(day[minute])).map_or("", String::as_str);
                            return Err((
                                field(),
                                format!(
                                    "{} overlaps {other} at {} in month {month}; put the one that outranks the other into overlays",
                                    rule.period,
                                    Clock(minute as u16)
                                ),
                            ));
                        }
                        day[minute] = period;
                    }
                }
            }
            if layer == "base" {
                if let Some(rest) = &periods.rest {
                    let rest = code(rest);
                    for minute in minutes.iter_mut().flatten().filter(|minute| **minute == FREE) {
                        *minute = rest;
                    }
                }
                for (month, day) in minutes.iter().enumerate() {
                    if let Some(minute) = day.iter().position(|minute| *minute == FREE) {
                        return Err((
                            "periods.base".to_owned(),
                            format!(
                                "no period covers {} in month {}; add a window, or name the period of the rest in `rest`",
                                Clock(minute as u16),
                                month + 1
                            ),
                        ));
                    }
                }
            }
        }
        let alike = |alike: &[u8]| Some((alike.len(), usize::from(*alike.first()?)));
        let months = minutes.iter().map(|day| day.chunk_by(|a, b| a == b).filter_map(alike).collect()).collect();
        Ok(Self { names, months })
    }

    /// Stretches of slots with one period, for a month 1–12 and a step: `(first slot, slot after, period)`.
    /// `Err` gives the first edge that falls inside a slot.
    pub(crate) fn stretches(&self, month: i8, step_s: i64) -> Result<Vec<Stretch>, Clock> {
        let mut next = 0;
        let day = self.months[usize::from(month.clamp(1, 12) as u8) - 1].iter();
        day.map(|&(minutes, period)| {
            let from = next;
            next += minutes;
            let slot = |minute: usize| (minute as i64 * 60 / step_s) as usize;
            let is_edge_of_slot = (from as i64 * 60) % step_s == 0;
            is_edge_of_slot.then(|| (slot(from), slot(next), period)).ok_or(Clock(from as u16))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(period: &str, months: Option<Vec<u8>>, windows: &[&str]) -> PeriodRule {
        PeriodRule { period: period.to_owned(), months, windows: windows.iter().map(|w| w.parse().unwrap()).collect() }
    }

    fn periods(base: Vec<PeriodRule>, rest: Option<&str>, overlays: Vec<PeriodRule>) -> Periods {
        Periods { base, rest: rest.map(str::to_owned), overlays, factors: BTreeMap::new(), source: "test".to_owned() }
    }

    fn period_at<'a>(table: &'a PeriodTable, month: i8, clock: &str) -> &'a str {
        let minute = usize::from(clock.parse::<Clock>().unwrap().0);
        let slot = minute / 15;
        let stretch = table.stretches(month, 900).unwrap().into_iter().find(|s| s.0 <= slot && slot < s.1).unwrap();
        &table.names[stretch.2]
    }

    #[test]
    fn sharp_lies_over_peak_in_its_months_only() {
        let table = PeriodTable::of(&periods(
            vec![rule("peak", None, &["10:00-12:00"]), rule("valley", None, &["23:00-07:00"])],
            Some("flat"),
            vec![rule("sharp", Some(vec![7, 8, 9]), &["11:00-12:00"])],
        ))
        .unwrap();
        assert_eq!(period_at(&table, 8, "11:30"), "sharp");
        assert_eq!(period_at(&table, 8, "10:30"), "peak");
        assert_eq!(period_at(&table, 6, "11:30"), "peak");
        assert_eq!(period_at(&table, 6, "23:30"), "valley");
        assert_eq!(period_at(&table, 6, "06:45"), "valley");
        assert_eq!(period_at(&table, 6, "07:00"), "flat");
    }

    #[test]
    fn gaps_and_overlaps_are_named_with_month_and_time() {
        let gap =
            PeriodTable::of(&periods(vec![rule("all", Some((1..=11).collect()), &["00:00-24:00"])], None, vec![]));
        let (field, problem) = gap.unwrap_err();
        assert_eq!(field, "periods.base");
        assert!(problem.contains("00:00 in month 12"), "{problem}");
        let overlap = PeriodTable::of(&periods(
            vec![rule("peak", None, &["08:00-12:00"]), rule("valley", Some(vec![3]), &["11:30-13:00"])],
            Some("flat"),
            vec![],
        ));
        let (field, problem) = overlap.unwrap_err();
        assert_eq!(field, "periods.base[1]");
        assert!(problem.contains("overlaps peak at 11:30 in month 3"), "{problem}");
    }

    #[test]
    fn a_half_hour_edge_cannot_be_split_from_hourly_readings() {
        let table =
            PeriodTable::of(&periods(vec![rule("peak", None, &["07:30-10:30"])], Some("flat"), vec![])).unwrap();
        assert_eq!(table.stretches(1, 3600), Err(Clock(450)));
        assert_eq!(table.stretches(1, 900).unwrap().len(), 3);
    }

    #[test]
    fn windows_that_are_none_are_refused() {
        for text in ["2000:00-08:00", "08:00", "8-9", "08:00-08:00", "24:00-25:00", "24:00-01:00", "07:61-08:00", ""] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }
}
