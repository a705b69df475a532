//! What one bill hands on to the next: peaks that a ratchet looks back on, credits, the year's sum so far.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Months after which a peak is forgotten: one more than any ratchet looks back on.
const REMEMBERED_MONTHS: i32 = 25;

/// The highest demand of an earlier bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastPeak {
    /// First day of that bill.
    pub from: Date,
    /// First day after it; a month after `from` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Component whose demand it is; of every one where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Period whose demand it is; of the whole bill where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// The demand as it was measured, in the component's unit.
    pub demand: f64,
}

impl PastPeak {
    /// First day after its bill.
    pub(crate) fn end(&self) -> Date {
        self.until.unwrap_or_else(|| self.from.saturating_add(jiff::Span::new().months(1)))
    }

    /// Whether it is a peak of this component and period.
    pub(crate) fn is_of(&self, component: &str, period: Option<&str>) -> bool {
        self.component.as_deref().is_none_or(|of| of == component) && self.period.as_deref() == period
    }
}

/// What a bill takes over from the bills before it. All of it is empty where nothing is known; a charge that
/// needs what is missing says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Carried {
    /// The first day after the bills that credits and the year's sum come from. A bill that begins on another day
    /// knows neither, since a bill between is missing; taken as its own first day where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Demands of earlier bills, ascending; for a ratchet that wraps within the year, of its later bills too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peaks: Vec<PastPeak>,
    /// Money of exports that is still to be set off, by component \[currency\], unrounded.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credit: BTreeMap<String, Decimal>,
    /// Energy of exports that is still to be set off, by period \[kWh\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credit_kwh: BTreeMap<String, Decimal>,
    /// Sum of the calendar year's bills before this one, by component that asks for it \[currency\], unrounded.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub year_to_date: BTreeMap<String, Decimal>,
}

impl Carried {
    /// Whether no bill is missing between those that this comes from and one that begins on `from`.
    pub(crate) fn reaches(&self, from: Date) -> bool {
        self.until.is_none_or(|until| until == from)
    }

    /// Whether it holds something that every bill after it has to hand on.
    pub(crate) fn is_a_chain(&self) -> bool {
        !(self.credit.is_empty() && self.credit_kwh.is_empty() && self.year_to_date.is_empty())
    }

    /// Remembers the peak of a bill, once, in the order of the bills.
    pub(crate) fn remember(&mut self, peak: PastPeak) {
        let oldest = peak.from.saturating_sub(jiff::Span::new().months(REMEMBERED_MONTHS));
        self.peaks.retain(|one| {
            let is_of_same = one.component == peak.component && one.period == peak.period;
            !(is_of_same && (one.from == peak.from || one.from < oldest))
        });
        let at = self.peaks.partition_point(|one| one.from <= peak.from);
        self.peaks.insert(at, peak);
    }
}
