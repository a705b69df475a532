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
    /// Active power \[kW\].
    ActivePower,
    /// Reactive power \[kvar\].
    ReactivePower,
    /// Apparent power \[kVA\].
    ApparentPower,
    /// Voltage \[V\].
    Voltage,
    /// Current \[A\].
    Current,
    /// Power factor \[1\].
    PowerFactor,
    /// Frequency \[Hz\].
    Frequency,
}

impl Quantity {
    /// Whether it is energy, which adds up over time.
    #[must_use]
    pub fn is_energy(self) -> bool {
        matches!(self, Self::ActiveEnergy | Self::ReactiveEnergy)
    }

    /// Symbol of the unit that values have; empty for the power factor.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::ActiveEnergy => "kWh",
            Self::ReactiveEnergy => "kvarh",
            Self::ActivePower => "kW",
            Self::ReactivePower => "kvar",
            Self::ApparentPower => "kVA",
            Self::Voltage => "V",
            Self::Current => "A",
            Self::PowerFactor => "",
            Self::Frequency => "Hz",
        }
    }
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
    /// Signed, import positive; or, as a voltage, without direction.
    Net,
}

/// Where it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// All phases together, or the only one.
    Total,
    /// Phase A (A 相), L1.
    L1,
    /// Phase B (B 相), L2.
    L2,
    /// Phase C (C 相), L3.
    L3,
    /// Neutral (零线).
    N,
    /// Between L1 and L2.
    L1L2,
    /// Between L2 and L3.
    L2L3,
    /// Between L3 and L1.
    L3L1,
}

/// What a value says of its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The energy of the interval.
    Energy,
    /// The mean over the interval.
    Mean,
    /// A sample at the interval's start; between samples nothing is known.
    Sample,
}

/// A channel says what its values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Channel {
    /// What is measured.
    pub quantity: Quantity,
    /// Which way it flows.
    pub direction: Direction,
    /// Where it is measured.
    pub phase: Phase,
    /// What a value says of its interval.
    pub kind: Kind,
}

const fn energy(quantity: Quantity, direction: Direction) -> Channel {
    Channel { quantity, direction, phase: Phase::Total, kind: Kind::Energy }
}

const fn mean(quantity: Quantity, phase: Phase) -> Channel {
    Channel { quantity, direction: Direction::Net, phase, kind: Kind::Mean }
}

/// Every channel with the name it has as a column.
const NAMES: &[(Channel, &str)] = &[
    (Channel::IMPORT_KWH, "import_kwh"),
    (Channel::EXPORT_KWH, "export_kwh"),
    (Channel::IMPORT_KVARH, "import_kvarh"),
    (Channel::EXPORT_KVARH, "export_kvarh"),
    (mean(Quantity::ActivePower, Phase::Total), "power_kw"),
    (mean(Quantity::ActivePower, Phase::L1), "power_l1_kw"),
    (mean(Quantity::ActivePower, Phase::L2), "power_l2_kw"),
    (mean(Quantity::ActivePower, Phase::L3), "power_l3_kw"),
    (mean(Quantity::ReactivePower, Phase::Total), "reactive_power_kvar"),
    (mean(Quantity::ReactivePower, Phase::L1), "reactive_power_l1_kvar"),
    (mean(Quantity::ReactivePower, Phase::L2), "reactive_power_l2_kvar"),
    (mean(Quantity::ReactivePower, Phase::L3), "reactive_power_l3_kvar"),
    (mean(Quantity::ApparentPower, Phase::Total), "apparent_power_kva"),
    (mean(Quantity::ApparentPower, Phase::L1), "apparent_power_l1_kva"),
    (mean(Quantity::ApparentPower, Phase::L2), "apparent_power_l2_kva"),
    (mean(Quantity::ApparentPower, Phase::L3), "apparent_power_l3_kva"),
    (mean(Quantity::Voltage, Phase::Total), "voltage_v"),
    (mean(Quantity::Voltage, Phase::L1), "voltage_l1_v"),
    (mean(Quantity::Voltage, Phase::L2), "voltage_l2_v"),
    (mean(Quantity::Voltage, Phase::L3), "voltage_l3_v"),
    (mean(Quantity::Voltage, Phase::L1L2), "voltage_l1_l2_v"),
    (mean(Quantity::Voltage, Phase::L2L3), "voltage_l2_l3_v"),
    (mean(Quantity::Voltage, Phase::L3L1), "voltage_l3_l1_v"),
    (mean(Quantity::Current, Phase::Total), "current_a"),
    (mean(Quantity::Current, Phase::L1), "current_l1_a"),
    (mean(Quantity::Current, Phase::L2), "current_l2_a"),
    (mean(Quantity::Current, Phase::L3), "current_l3_a"),
    (mean(Quantity::Current, Phase::N), "current_n_a"),
    (mean(Quantity::PowerFactor, Phase::Total), "power_factor"),
    (mean(Quantity::PowerFactor, Phase::L1), "power_factor_l1"),
    (mean(Quantity::PowerFactor, Phase::L2), "power_factor_l2"),
    (mean(Quantity::PowerFactor, Phase::L3), "power_factor_l3"),
    (mean(Quantity::Frequency, Phase::Total), "frequency_hz"),
];

impl Channel {
    /// Active energy from the grid.
    pub const IMPORT_KWH: Self = energy(Quantity::ActiveEnergy, Direction::Import);
    /// Active energy to the grid.
    pub const EXPORT_KWH: Self = energy(Quantity::ActiveEnergy, Direction::Export);
    /// Reactive energy from the grid.
    pub const IMPORT_KVARH: Self = energy(Quantity::ReactiveEnergy, Direction::Import);
    /// Reactive energy to the grid.
    pub const EXPORT_KVARH: Self = energy(Quantity::ReactiveEnergy, Direction::Export);
    /// The energies.
    pub const ENERGIES: [Self; 4] = [Self::IMPORT_KWH, Self::EXPORT_KWH, Self::IMPORT_KVARH, Self::EXPORT_KVARH];

    /// Mean of a quantity other than energy, by phase; a voltage, current, power or power factor.
    ///
    /// ```
    /// use wattlens::readings::{Channel, Phase, Quantity};
    /// assert_eq!(Channel::mean(Quantity::Voltage, Phase::L1).name(), "voltage_l1_v");
    /// ```
    #[must_use]
    pub const fn mean(quantity: Quantity, phase: Phase) -> Self {
        mean(quantity, phase)
    }

    /// The same, of samples instead of means.
    #[must_use]
    pub const fn sampled(self) -> Self {
        Self { kind: Kind::Sample, ..self }
    }

    /// Every channel there is, as means where it is no energy.
    pub fn every() -> impl Iterator<Item = Self> + Clone {
        NAMES.iter().map(|(channel, _)| *channel)
    }

    /// Whether both measure the same; one may be samples, the other means.
    #[must_use]
    pub fn measures_same(self, other: Self) -> bool {
        (self.quantity, self.direction, self.phase) == (other.quantity, other.direction, other.phase)
    }

    /// The name it has as a column, with its unit: `import_kwh`, `voltage_l1_v`, `power_factor`. A combination that no
    /// meter has, such as the frequency of one phase, is `other`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(known, _)| known.measures_same(self)).map_or("other", |(_, name)| name)
    }

    /// The channel of this column name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(channel, _)| *channel)
    }

    /// Symbol of its unit.
    #[must_use]
    pub fn unit(self) -> &'static str {
        self.quantity.unit()
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a value came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// The source itself says that the value is a substitute or an estimate.
    Substituted = 4,
    /// Estimated: on the straight line between the values beside the gap.
    Linear = 5,
    /// Estimated: as on days that are alike.
    LikeDay = 6,
    /// Estimated: a profile scaled to the energy that registers show.
    Scaled = 7,
    /// Estimated: the parent meter less the other meters below it.
    Balance = 8,
    /// Estimated: the energy of a longer time, spread evenly.
    Spread = 9,
    /// Energy made from samples of power.
    Sampled = 10,
}

impl Flag {
    /// All of them, by number.
    pub const ALL: [Self; 11] = [
        Self::Measured,
        Self::Missing,
        Self::Ambiguous,
        Self::Incomplete,
        Self::Substituted,
        Self::Linear,
        Self::LikeDay,
        Self::Scaled,
        Self::Balance,
        Self::Spread,
        Self::Sampled,
    ];

    /// Whether there is a value for the whole interval, measured or estimated.
    #[must_use]
    pub fn is_whole(self) -> bool {
        !matches!(self, Self::Missing | Self::Incomplete)
    }

    /// Whether the value rests on an estimate, the source's or one that was asked for.
    #[must_use]
    pub fn is_estimated(self) -> bool {
        matches!(self, Self::Substituted | Self::Linear | Self::LikeDay | Self::Scaled | Self::Balance | Self::Spread)
    }

    /// What is known of two values together: missing before incomplete, then estimated, then ambiguous or sampled, then measured.
    pub(super) fn or_worse(self, other: Self) -> Self {
        let rank = |flag: &Self| (*flag == Self::Missing, *flag == Self::Incomplete, flag.is_estimated(), *flag as u8);
        std::cmp::max_by_key(self, other, rank)
    }

    /// Its word in tables and files: `measured`, `like_day`, ….
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Missing => "missing",
            Self::Ambiguous => "ambiguous",
            Self::Incomplete => "incomplete",
            Self::Substituted => "substituted",
            Self::Linear => "linear",
            Self::LikeDay => "like_day",
            Self::Scaled => "scaled",
            Self::Balance => "balance",
            Self::Spread => "spread",
            Self::Sampled => "sampled",
        }
    }

    /// The flag of this word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }

    /// The flag of this number, as numpy and Arrow carry it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// One channel's values on an axis. NaN stands exactly where the flag says [`Flag::Missing`].
/// A clone shares both.
#[derive(Clone, Debug)]
pub struct Series {
    channel: Channel,
    values: Arc<Vec<f64>>,
    flags: Arc<Vec<Flag>>,
    has_incomplete: bool,
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
        let mut has_incomplete = false;
        for (value, flag) in values.iter_mut().zip(&mut flags) {
            // Both are written in any case, so that the compiler can do several at once.
            let is_missing = !value.is_finite() || *flag == Flag::Missing;
            *value = if is_missing { f64::NAN } else { *value };
            *flag = if is_missing { Flag::Missing } else { *flag };
            has_incomplete |= *flag == Flag::Incomplete;
        }
        Self { channel, values: Arc::new(values), flags: Arc::new(flags), has_incomplete }
    }

    /// Other values of the same readings: the flags are shared where the same ones are missing.
    pub(crate) fn with_values(&self, values: Vec<f64>) -> Self {
        let readings = values.iter().zip(self.flags());
        let changed = readings.filter(|(value, flag)| value.is_finite() == (**flag == Flag::Missing)).count();
        if values.len() == self.flags.len() && changed == 0 {
            return Self { values: Arc::new(values), ..self.clone() };
        }
        Self::with_flags(self.channel, values, self.flags.to_vec())
    }

    /// The same with finite values that stand in for some readings, flagged [`Flag::Spread`]. What an incomplete
    /// interval measured is never lowered.
    pub(crate) fn with_standins(&self, standins: impl Iterator<Item = (usize, f64)>) -> Self {
        let (mut values, mut flags) = (self.values.to_vec(), self.flags.to_vec());
        for (at, standin) in standins {
            // The larger of a number and NaN is the number.
            values[at] = values[at].max(standin);
            flags[at] = Flag::Spread;
        }
        let has_incomplete = self.has_incomplete && flags.contains(&Flag::Incomplete);
        Self { channel: self.channel, values: Arc::new(values), flags: Arc::new(flags), has_incomplete }
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
        if self.has_incomplete {
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
        let has_incomplete = self.has_incomplete && flags.contains(&Flag::Incomplete);
        Self { channel: self.channel, values: Arc::new(values), flags: Arc::new(flags), has_incomplete }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_and_flag_is_found_by_its_name() {
        for channel in Channel::every() {
            assert_eq!(Channel::from_name(channel.name()), Some(channel));
            assert_eq!(channel.sampled().name(), channel.name());
        }
        for (number, flag) in (0..).zip(Flag::ALL) {
            assert_eq!((Flag::from_name(flag.name()), Flag::from_number(number)), (Some(flag), Some(flag)));
        }
        assert_eq!(Flag::from_number(11), None);
    }
}
