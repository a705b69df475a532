//! What has no regular step: register readings, daily and billing energies, maximum demands.

use serde::{Deserialize, Serialize};

use super::{Channel, Flag, Quantity};
use crate::finding::Span;

/// Which hours of a tariff a value is about (分时时段).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// All hours (总).
    #[default]
    Total,
    /// Sharp-peak hours (尖).
    Sharp,
    /// Peak hours (峰).
    Peak,
    /// Flat hours (平).
    Flat,
    /// Valley hours (谷).
    Valley,
    /// Deep-valley hours (深谷).
    DeepValley,
}

impl Period {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Total, Self::Sharp, Self::Peak, Self::Flat, Self::Valley, Self::DeepValley];

    /// Its word: `total`, `sharp`, `peak`, `flat`, `valley`, `deep_valley`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Sharp => "sharp",
            Self::Peak => "peak",
            Self::Flat => "flat",
            Self::Valley => "valley",
            Self::DeepValley => "deep_valley",
        }
    }
}

/// What a value of a [`SpanSeries`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// Energy of the span, the multiplier already in it.
    Energy,
    /// What a cumulative register shows (示值) at an instant: the span is empty, `start == end`. The
    /// multiplier is not in it.
    Register,
    /// Highest mean power of the span \[kW\], the multiplier already in it.
    MaximumDemand,
}

/// One value and when it holds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SpanValue {
    /// When; empty for a register reading.
    pub span: Span,
    /// The value; NaN where it is missing (`null` as JSON).
    #[serde(deserialize_with = "null_is_nan")]
    pub value: f64,
    /// How it came to be.
    pub flag: Flag,
    /// When a maximum demand occurred, UTC seconds; `None` where unknown.
    pub at: Option<i64>,
}

fn null_is_nan<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

impl PartialEq for SpanValue {
    fn eq(&self, other: &Self) -> bool {
        let same = self.value == other.value || (self.value.is_nan() && other.value.is_nan());
        same && (self.span, self.flag, self.at) == (other.span, other.flag, other.at)
    }
}

/// Values of one kind on sorted spans that do not overlap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanSeries {
    /// What is measured; an energy, or active power for a maximum demand.
    pub channel: Channel,
    /// What a value is.
    pub kind: SpanKind,
    /// Hours of the tariff that it counts.
    pub period: Period,
    /// What differences of a register are multiplied by (综合倍率 = CT × PT); 1 where it is already in the values.
    pub multiplier: f64,
    /// The values, ascending.
    pub values: Vec<SpanValue>,
}

impl SpanSeries {
    /// Its name as a column: `import_kwh`, `import_kwh_register_peak`, `maximum_demand_kw`.
    ///
    /// ```
    /// use wattlens::readings::{Channel, Period, SpanKind, SpanSeries};
    /// let (kind, period) = (SpanKind::Register, Period::Peak);
    /// let peak = SpanSeries { channel: Channel::IMPORT_KWH, kind, period, multiplier: 1.0, values: vec![] };
    /// assert_eq!(peak.name(), "import_kwh_register_peak");
    /// ```
    #[must_use]
    pub fn name(&self) -> String {
        let kind = match self.kind {
            SpanKind::Energy => self.channel.name().to_owned(),
            SpanKind::Register => format!("{}_register", self.channel),
            SpanKind::MaximumDemand if self.channel.quantity == Quantity::ActivePower => "maximum_demand_kw".to_owned(),
            SpanKind::MaximumDemand => format!("maximum_demand_{}", self.channel),
        };
        if self.period == Period::Total { kind } else { format!("{kind}_{}", self.period.name()) }
    }

    /// First and last instant.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        let (first, last) = (self.values.first()?, self.values.last()?);
        Some(Span { start: first.span.start, end: last.span.end })
    }

    /// Sum of what is there; `None` where nothing is, and for registers and demands, which do not add up.
    #[must_use]
    pub fn total(&self) -> Option<f64> {
        if self.kind != SpanKind::Energy {
            return None;
        }
        let values: Vec<f64> = self.values.iter().map(|one| one.value).collect();
        super::total(&values)
    }
}

/// All series of a meter that have no regular step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spans(pub Vec<SpanSeries>);

impl Spans {
    /// The series of a channel, kind and period.
    #[must_use]
    pub fn series(&self, channel: Channel, kind: SpanKind, period: Period) -> Option<&SpanSeries> {
        self.0.iter().find(|one| one.channel.measures_same(channel) && (one.kind, one.period) == (kind, period))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From the first to the last instant of all series.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.0
            .iter()
            .filter_map(SpanSeries::span)
            .reduce(|all, one| Span { start: all.start.min(one.start), end: all.end.max(one.end) })
    }

    /// The values whose spans lie within `[from, to]`; a register reading at either end is within. Series without any are left out.
    #[must_use]
    pub fn between(&self, from: i64, to: i64) -> Self {
        let within = |one: &SpanValue| one.span.start >= from && one.span.end <= to;
        let cut = |series: &SpanSeries| SpanSeries {
            values: series.values.iter().filter(|one| within(one)).copied().collect(),
            ..series.clone()
        };
        Self(self.0.iter().map(cut).filter(|series| !series.values.is_empty()).collect())
    }
}
