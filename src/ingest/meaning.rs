//! What a column can be, and the word for it: the same words in the table of synonyms and in what a caller says.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Unit;
use super::raw::{Role, Stamp};
use crate::error::nearest;
use crate::readings::{Channel, Kind, Period, Phase, Quantity};

/// What a column of a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Date and clock, for the start or end of intervals where the name says so: `time`, `time_start`, `time_end`.
    Time(Option<Stamp>),
    /// A date, perhaps with a clock: `date`.
    Date,
    /// A clock, perhaps with a date: `clock`.
    Clock,
    /// The number of an hour in its day: `hour`.
    Hour,
    /// Name or number of the meter: `meter`.
    Meter,
    /// What the values are multiplied by (综合倍率): `multiplier`.
    Multiplier,
    /// Ratio of the current transformer: `current_ratio`.
    CurrentRatio,
    /// Ratio of the voltage transformer: `voltage_ratio`.
    VoltageRatio,
    /// Text that says what the values of the row are (数据项): `quantity`.
    Quantity,
    /// Text that says the unit of the row: `unit`.
    Unit,
    /// Text that says how a value came to be: `status`.
    Status,
    /// Nothing that is read: `ignore`.
    Ignore,
    /// A tariff period; what is counted stands in the column before it or in the row: `total`, `peak`, ….
    Period(Period),
    /// Numbers: the name of a channel, of a register, a period's energy or a maximum demand.
    Values(Channel, Role),
}

/// Every word.
static MEANINGS: LazyLock<HashMap<String, Meaning>> =
    LazyLock::new(|| Meaning::all().map(|(meaning, word)| (word, meaning)).collect());

/// Words that are no numbers.
const WORDS: &[(&str, Meaning)] = &[
    ("time", Meaning::Time(None)),
    ("time_start", Meaning::Time(Some(Stamp::Start))),
    ("time_end", Meaning::Time(Some(Stamp::End))),
    ("date", Meaning::Date),
    ("clock", Meaning::Clock),
    ("hour", Meaning::Hour),
    ("meter", Meaning::Meter),
    ("multiplier", Meaning::Multiplier),
    ("current_ratio", Meaning::CurrentRatio),
    ("voltage_ratio", Meaning::VoltageRatio),
    ("quantity", Meaning::Quantity),
    ("unit", Meaning::Unit),
    ("status", Meaning::Status),
    ("ignore", Meaning::Ignore),
];
/// A channel's word with this is of samples.
const SAMPLE: &str = "_sample";
/// Power, and the words of its maximum demand.
const DEMAND: Channel = Channel::mean(Quantity::ActivePower, Phase::Total);

impl Meaning {
    /// Every meaning with its word.
    fn all() -> impl Iterator<Item = (Self, String)> {
        let words = WORDS.iter().map(|(word, meaning)| (*meaning, (*word).to_owned()));
        let periods = Period::ALL.into_iter().map(|period| (Self::Period(period), period.name().to_owned()));
        let channels = Channel::every().flat_map(|channel| {
            let sampled = (channel.kind != Kind::Energy)
                .then(|| (Self::Values(channel.sampled(), Role::Interval), format!("{channel}{SAMPLE}")));
            [Some((Self::Values(channel, Role::Interval), channel.name().to_owned())), sampled].into_iter().flatten()
        });
        let energies = Channel::ENERGIES.into_iter().flat_map(|channel| {
            Period::ALL.into_iter().flat_map(move |period| {
                let register =
                    (Self::Values(channel, Role::Register(period)), of_period(format!("{channel}_register"), period));
                let energy =
                    (Self::Values(channel, Role::Energy(period)), of_period(channel.name().to_owned(), period));
                // Without a period it is the channel itself.
                [Some(register), (period != Period::Total).then_some(energy)].into_iter().flatten()
            })
        });
        let demands = Period::ALL.into_iter().flat_map(|period| {
            let word = |text: &str| of_period(text.to_owned(), period);
            [
                (Self::Values(DEMAND, Role::MaximumDemand(period)), word("maximum_demand_kw")),
                (Self::Values(DEMAND, Role::MaximumDemandAt(period)), word("maximum_demand_at")),
            ]
        });
        words.chain(periods).chain(channels).chain(energies).chain(demands)
    }

    /// The meaning of a word; `None` where it is none, without a search for near ones.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        MEANINGS.get(word).copied()
    }

    /// The meaning of a word; the error says near words.
    pub(super) fn from_word(word: &str) -> Result<Self, String> {
        Self::of_word(word).ok_or_else(|| {
            let words: Vec<String> = Self::all().map(|(_, word)| word).collect();
            let near = nearest(word, words.iter().map(String::as_str));
            let expected = if near.is_empty() {
                "time, date, clock, hour, meter, multiplier, quantity, unit, status, ignore, or the name of a channel such \
                 as import_kwh, voltage_l1_v or import_kwh_register_peak"
                    .to_owned()
            } else {
                near.join(", ")
            };
            format!("unknown meaning {word:?}; expected {expected}")
        })
    }

    /// Its word.
    pub(super) fn word(self) -> String {
        Self::all().find(|(meaning, _)| *meaning == self).map_or_else(|| "other".to_owned(), |(_, word)| word)
    }

    /// The unit that its numbers usually have; none for a power factor.
    pub(super) fn usual_unit(self) -> Option<Unit> {
        match self {
            Self::Values(_, Role::MaximumDemandAt(_)) => None,
            Self::Values(channel, _) if channel.quantity != Quantity::PowerFactor => Some(Unit::of(channel.quantity)),
            _ => None,
        }
    }
}

fn of_period(word: String, period: Period) -> String {
    if period == Period::Total { word } else { format!("{word}_{}", period.name()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_is_one_meaning_and_back() {
        let mut words = BTreeSet::new();
        for (meaning, word) in Meaning::all() {
            assert_eq!(Meaning::from_word(&word), Ok(meaning), "{word}");
            assert_eq!(meaning.word(), word);
            assert!(words.insert(word.clone()), "{word} twice");
        }
        let energy = Meaning::Values(Channel::IMPORT_KWH, Role::Energy(Period::Peak));
        assert_eq!(Meaning::from_word("import_kwh_peak"), Ok(energy));
        let volts = Channel::mean(Quantity::Voltage, Phase::L1).sampled();
        assert_eq!(Meaning::from_word("voltage_l1_v_sample"), Ok(Meaning::Values(volts, Role::Interval)));
        let problem = Meaning::from_word("import_kwh_registr").unwrap_err();
        assert!(problem.contains("import_kwh_register"), "{problem}");
        let problem = Meaning::from_word("qqqq").unwrap_err();
        assert!(problem.contains("voltage_l1_v"), "{problem}");
    }
}
