//! What a channel measures, and its values with their flags.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Active energy \[kWh\].
    ActiveEnergy,
    /// Reactive energy \[kvarh\].
    ReactiveEnergy,
}

/// Which way it flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the grid to the site. Reactive: quadrants I and II, "lagging" of an importing load.
    Import,
    /// From the site to the grid. Reactive: quadrants III and IV, "leading" of an importing load
    /// (quadrants recalled from IEC 62053-23, not re-read).
    Export,
}

/// A channel says what its values are: energy of each interval, by quantity and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Channel {
    /// What is measured.
    pub quantity: Quantity,
    /// Which way it flows.
    pub direction: Direction,
}

impl Channel {
    /// Active energy from the grid.
    pub const IMPORT_KWH: Self = Self { quantity: Quantity::ActiveEnergy, direction: Direction::Import };
    /// Active energy to the grid.
    pub const EXPORT_KWH: Self = Self { quantity: Quantity::ActiveEnergy, direction: Direction::Export };
    /// Reactive energy from the grid.
    pub const IMPORT_KVARH: Self = Self { quantity: Quantity::ReactiveEnergy, direction: Direction::Import };
    /// Reactive energy to the grid.
    pub const EXPORT_KVARH: Self = Self { quantity: Quantity::ReactiveEnergy, direction: Direction::Export };
    /// All four.
    pub const ALL: [Self; 4] = [Self::IMPORT_KWH, Self::EXPORT_KWH, Self::IMPORT_KVARH, Self::EXPORT_KVARH];

    /// The name it has as a column: `import_kwh`, `export_kwh`, `import_kvarh`, `export_kvarh`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.quantity, self.direction) {
            (Quantity::ActiveEnergy, Direction::Import) => "import_kwh",
            (Quantity::ActiveEnergy, Direction::Export) => "export_kwh",
            (Quantity::ReactiveEnergy, Direction::Import) => "import_kvarh",
            (Quantity::ReactiveEnergy, Direction::Export) => "export_kvarh",
        }
    }

    /// The channel of this column name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a value came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Flag {
    /// As the source gives it.
    #[default]
    Measured = 0,
    /// There is no value; the value slot holds NaN.
    Missing = 1,
    /// The source has several rows for this interval that differ; the first is kept.
    Ambiguous = 2,
    /// A sum over an interval of which a part is missing.
    Incomplete = 3,
}

impl Flag {
    /// Whether there is a value for the whole interval.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Measured | Self::Ambiguous)
    }

    /// The flag of this number, as numpy and Arrow carry it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Measured, Self::Missing, Self::Ambiguous, Self::Incomplete]
            .into_iter()
            .find(|flag| *flag as u8 == number)
    }
}

/// One channel's values on an axis. NaN stands exactly where the flag says [`Flag::Missing`].
/// A clone shares both.
#[derive(Clone, Debug)]
pub struct Series {
    channel: Channel,
    values: Arc<Vec<f64>>,
    flags: Arc<Vec<Flag>>,
}

impl Series {
    /// Values as measured; what is not finite is missing.
    #[must_use]
    pub fn new(channel: Channel, values: Vec<f64>) -> Self {
        let flags = vec![Flag::Measured; values.len()];
        Self::with_flags(channel, values, flags)
    }

    /// Values with flags; what is not finite is missing, and what is missing is NaN.
    ///
    /// # Panics
    /// Never; a shorter list of flags is filled up with [`Flag::Measured`].
    #[must_use]
    pub fn with_flags(channel: Channel, mut values: Vec<f64>, mut flags: Vec<Flag>) -> Self {
        flags.resize(values.len(), Flag::Measured);
        for (value, flag) in values.iter_mut().zip(&mut flags) {
            // Both are written in any case, so that the compiler can do several at once.
            let is_missing = !value.is_finite() || *flag == Flag::Missing;
            *value = if is_missing { f64::NAN } else { *value };
            *flag = if is_missing { Flag::Missing } else { *flag };
        }
        Self { channel, values: Arc::new(values), flags: Arc::new(flags) }
    }

    /// Other values of the same readings: the flags are shared where the same ones are missing.
    pub(crate) fn with_values(&self, values: Vec<f64>) -> Self {
        let readings = values.iter().zip(self.flags());
        let changed = readings.filter(|(value, flag)| value.is_finite() == (**flag == Flag::Missing)).count();
        if values.len() == self.flags.len() && changed == 0 {
            return Self { channel: self.channel, values: Arc::new(values), flags: Arc::clone(&self.flags) };
        }
        Self::with_flags(self.channel, values, self.flags.to_vec())
    }

    /// Whether the values are the very same ones, not only equal.
    pub(crate) fn shares_values(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.values, &other.values)
    }

    /// What it measures.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// Values in the channel's unit; NaN where missing.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Flags, one a value.
    #[must_use]
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// Sum of what is there; `None` where nothing is.
    #[must_use]
    pub fn total(&self) -> Option<f64> {
        total(&self.values)
    }

    /// The values of whole intervals; NaN also where only a part of the interval is there.
    #[must_use]
    pub fn whole(&self) -> Cow<'_, [f64]> {
        if self.flags.contains(&Flag::Incomplete) {
            let whole = |(value, flag): (&f64, &Flag)| if flag.is_whole() { *value } else { f64::NAN };
            return Cow::Owned(self.values.iter().zip(self.flags.iter()).map(whole).collect());
        }
        Cow::Borrowed(&self.values)
    }

    /// How many values are missing.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.flags.iter().filter(|flag| **flag == Flag::Missing).count()
    }

    /// The values of `range`.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let (values, flags) = (self.values[range.clone()].to_vec(), self.flags[range].to_vec());
        Self { channel: self.channel, values: Arc::new(values), flags: Arc::new(flags) }
    }
}

/// Missing values are equal to missing values.
impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.channel == other.channel
            && self.flags == other.flags
            && self.values.iter().zip(other.values()).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
    }
}

/// Sum of the values that are not NaN; `None` where all are.
#[must_use]
pub fn total(values: &[f64]) -> Option<f64> {
    let (sum, count) = values.iter().fold((0.0, 0usize), |(sum, count), value| {
        (sum + if value.is_nan() { 0.0 } else { *value }, count + usize::from(!value.is_nan()))
    });
    (count > 0).then_some(sum)
}
