//! How gaps are to be filled, and what is to be replaced.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result};
use crate::finding::Span;
use crate::readings::{Channel, Flag};

/// A way to estimate what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The shape of like days, scaled to the energy that registers or longer energies leave for the gap.
    Scaled,
    /// The straight line between the values beside a short gap.
    Linear,
    /// The mean of the same time on days that are alike.
    LikeDay,
    /// The parent meter less the other meters below it.
    Balance,
}

impl Method {
    /// The order of `auto`.
    ///
    /// Linear for short gaps, then like days, then parent less siblings, as meter-data systems have it. The
    /// shape scaled to registers stands first here, because it is the only one that rests on the
    /// energy measured in the gap itself, so that energy is exact; where no register or longer energy covers a gap it cannot be used.
    pub const AUTO: [Self; 4] = [Self::Scaled, Self::Linear, Self::LikeDay, Self::Balance];

    /// Its word: `linear`, `like_day`, `scaled`, `balance`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.flag().name()
    }

    /// The flag of values that it fills.
    #[must_use]
    pub fn flag(self) -> Flag {
        match self {
            Self::Scaled => Flag::Scaled,
            Self::Linear => Flag::Linear,
            Self::LikeDay => Flag::LikeDay,
            Self::Balance => Flag::Balance,
        }
    }
}

/// A stretch whose values are taken for missing, although there are some: a spike, a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// The channel; `None` for all energies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The stretch; intervals that it touches are replaced.
    pub span: Span,
}

/// What an estimate can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The only method to use; `None` goes through [`Method::AUTO`] and takes for each gap the first that can.
    pub method: Option<Method>,
    /// Longest gap that is filled by a straight line \[s\]. Default 2 h (recalled from the Californian rules
    /// for interval data, not re-read).
    pub linear_up_to_s: i64,
    /// Whether an interval beside an outage, which was not supplied all along, may be the end of a straight
    /// line. Default no; in the rules it was disputed.
    pub linear_beside_outage: bool,
    /// Like days are looked for so many weeks before and after. Default 4 (measured; see `docs/accuracy.md`).
    pub weeks: usize,
    /// Most like days that are averaged, the nearest. Default 8, all of one weekday in four weeks on both sides: fewer had
    /// larger errors and more bias (measured; see `docs/accuracy.md`).
    pub most_days: usize,
    /// Fewest like days that an average needs. Default 3 (order of estimation of meter-data systems).
    pub least_days: usize,
    /// What to replace beside what is missing.
    pub replace: Vec<Replace>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: None,
            linear_up_to_s: 7200,
            linear_beside_outage: false,
            weeks: 4,
            most_days: 8,
            least_days: 3,
            replace: Vec::new(),
        }
    }
}

impl Settings {
    /// The methods to try, in their order.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        self.method.map_or_else(|| Method::AUTO.to_vec(), |method| vec![method])
    }

    /// Checks that numbers make sense.
    ///
    /// # Errors
    /// Names the setting, what was found and what was expected.
    ///
    /// ```
    /// use wattlens::estimate::Settings;
    /// let settings = Settings { weeks: 0, ..Settings::default() };
    /// assert!(settings.check().unwrap_err().to_string().contains("estimate.weeks"));
    /// ```
    pub fn check(&self) -> Result<()> {
        let fail = |name: &str, found: String, expected: &str| {
            let problem = format!("found {found}, expected {expected}");
            Err(ErrorKind::Site { field: format!("estimate.{name}"), problem }.into())
        };
        if self.linear_up_to_s < 0 {
            return fail("linear_up_to", format!("{} s", self.linear_up_to_s), "a length of time of 0 s or more");
        }
        if !(1..=520).contains(&self.weeks) {
            return fail("weeks", self.weeks.to_string(), "1 to 520 weeks");
        }
        if self.least_days == 0 {
            return fail("least_days", "0".to_owned(), "1 day or more");
        }
        if self.most_days < self.least_days {
            let expected = format!("least_days, which is {}, or more", self.least_days);
            return fail("most_days", self.most_days.to_string(), &expected);
        }
        Ok(())
    }
}
