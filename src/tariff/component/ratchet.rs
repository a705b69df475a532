//! Earlier peaks that raise the demand of a bill.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tariff::Checked;
use crate::tariff::account::days_between;
use crate::tariff::book::decimal;
use crate::tariff::carried::PastPeak;

/// Longest look-back \[months\].
const MAX_MONTHS: u8 = 24;
/// Look-back of named months: with the bill itself, a year \[months\].
const NAMED_REACH: u8 = 11;
/// Mean length of a month \[days\], to count the months between bills whose reading dates move.
const DAYS_A_MONTH: f64 = 30.4375;
/// Days of the look-back that may belong to no bill without one being missed: less than any bill has.
const MISSED_DAYS: usize = 15;

/// Which earlier bills count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookBack {
    /// Those of this many months before the bill; 11 make a year with the bill's own.
    Months(u8),
    /// Those of these months (1–12) among the eleven before the bill.
    NamedMonths(Vec<u8>),
}

/// What of earlier peaks a bill's demand is at least: the largest share × peak of the look-back.
///
/// The share is that of the month in which the peak was, and a bill's month is that of its middle day. Peaks come
/// from the bills before, or are given as what earlier bills carry over; none is invented: where the look-back
/// reaches before what is known, the bill is charged on what is known and its `not_done` says so.
///
/// With `wraps`, the look-back stays within the bill's calendar year and goes round: for February the month before
/// January is December of the same year. No bill can be made so when it is due; it is for studies of a whole year
/// (REopt.jl reckons so; SAM takes the peaks of the year before, as this does without `wraps`).
///
/// ```
/// use wattlens::tariff::{LookBack, Ratchet};
/// let text = r#"{"share": "0.65", "share_by_month": {"7": "0.90"}, "look_back": {"months": 11}}"#;
/// let ratchet: Ratchet = serde_json::from_str(text)?;
/// assert_eq!(ratchet.look_back, LookBack::Months(11));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ratchet {
    /// Share of a peak, 0 to 1.
    pub share: Decimal,
    /// Shares of the peaks of single months (1–12), before `share`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub share_by_month: BTreeMap<u8, Decimal>,
    /// Which bills count.
    pub look_back: LookBack,
    /// Whether months go round within the calendar year, with hindsight.
    #[serde(default)]
    pub wraps: bool,
}

/// What a ratchet found.
pub(super) struct Raised {
    /// Largest share × peak; zero where no peak is known.
    pub(super) demand: Decimal,
    /// Whether every bill of the look-back is known.
    pub(super) is_whole: bool,
}

impl Ratchet {
    pub(super) fn check(&self) -> Checked {
        let shares = self.share_by_month.iter().map(|(month, share)| (format!("share_by_month.{month}"), share));
        for (field, share) in [("share".to_owned(), &self.share)].into_iter().chain(shares) {
            if share.is_sign_negative() || *share > Decimal::ONE {
                return Err((field, format!("found {share}, expected a share from 0 to 1, e.g. 0.65 for 65 %")));
            }
        }
        let is_month = |month: &u8| (1..=12).contains(month);
        if let Some(month) = self.share_by_month.keys().find(|month| !is_month(month)) {
            return Err((format!("share_by_month.{month}"), "is no month, expected 1 to 12".to_owned()));
        }
        match &self.look_back {
            LookBack::Months(months) if !(1..=MAX_MONTHS).contains(months) => {
                Err(("look_back.months".to_owned(), format!("found {months}, expected 1 to {MAX_MONTHS}")))
            }
            LookBack::Months(months) if self.wraps && *months > NAMED_REACH => Err((
                "look_back.months".to_owned(),
                format!("found {months}, expected at most {NAMED_REACH}: within one year there are no more"),
            )),
            LookBack::NamedMonths(months) if months.is_empty() || !months.iter().all(is_month) => {
                Err(("look_back.named_months".to_owned(), format!("found {months:?}, expected months 1 to 12")))
            }
            _ => Ok(()),
        }
    }

    /// What earlier peaks raise the bill of `[from, until)` to; `occurs` says whether the demand can be on a day.
    pub(super) fn raise<'p>(
        &self,
        (from, until): (Date, Date),
        peaks: impl Iterator<Item = &'p PastPeak> + Clone,
        occurs: impl Fn(Date) -> bool,
    ) -> Raised {
        let counted = peaks.filter(|peak| peak.from != from && self.counts(peak, from, middle(from, until)));
        let demand = counted.clone().map(|peak| {
            let month = month_of(middle(peak.from, peak.end()));
            self.share_by_month.get(&month).unwrap_or(&self.share) * decimal(peak.demand)
        });
        let is_whole = if self.wraps {
            self.has_every_month(middle(from, until), counted.clone(), occurs)
        } else {
            self.missed_days(from, counted.clone(), occurs) <= MISSED_DAYS
        };
        Raised { demand: demand.max().unwrap_or_default(), is_whole }
    }

    /// Whether a peak is within the look-back.
    fn counts(&self, peak: &PastPeak, from: Date, middle_day: Date) -> bool {
        let peak_day = middle(peak.from, peak.end());
        if self.wraps {
            return peak_day.year() == middle_day.year() && self.wraps_to(month_of(middle_day), month_of(peak_day));
        }
        let back = (days_between(peak.from, from) as f64 / DAYS_A_MONTH).round() as i64;
        match &self.look_back {
            LookBack::Months(months) => (1..=i64::from(*months)).contains(&back),
            LookBack::NamedMonths(months) => {
                (1..=i64::from(NAMED_REACH)).contains(&back) && months.contains(&month_of(peak_day))
            }
        }
    }

    /// Whether `month` is among those that a bill of month `of` looks back on, going round.
    fn wraps_to(&self, of: u8, month: u8) -> bool {
        match &self.look_back {
            LookBack::Months(months) => (1..=*months).contains(&((12 + of - month) % 12)),
            LookBack::NamedMonths(months) => months.contains(&month),
        }
    }

    /// Whether there is a peak of every month that a bill looks back on, going round.
    fn has_every_month<'p>(
        &self,
        middle_day: Date,
        counted: impl Iterator<Item = &'p PastPeak> + Clone,
        occurs: impl Fn(Date) -> bool,
    ) -> bool {
        let of = month_of(middle_day);
        let year = middle_day.year();
        let asked = (1..=12u8).filter(|month| {
            *month != of
                && self.wraps_to(of, *month)
                && [1, 15, 28].iter().any(|day| Date::new(year, *month as i8, *day).is_ok_and(&occurs))
        });
        asked.into_iter().all(|month| counted.clone().any(|peak| month_of(middle(peak.from, peak.end())) == month))
    }

    /// Days of the look-back on which the demand can be and that no known bill has.
    fn missed_days<'p>(
        &self,
        from: Date,
        counted: impl Iterator<Item = &'p PastPeak>,
        occurs: impl Fn(Date) -> bool,
    ) -> usize {
        let reach = match &self.look_back {
            LookBack::Months(months) => *months,
            LookBack::NamedMonths(_) => NAMED_REACH,
        };
        let is_asked = |date: &Date| {
            let is_named = match &self.look_back {
                LookBack::Months(_) => true,
                LookBack::NamedMonths(months) => months.contains(&month_of(*date)),
            };
            is_named && occurs(*date)
        };
        let mut spans: Vec<(Date, Date)> = counted.map(|peak| (peak.from, peak.end())).collect();
        spans.sort_unstable();
        spans.push((from, from));
        let mut reached = from.saturating_sub(jiff::Span::new().months(i32::from(reach)));
        let mut missed = 0;
        for (start, end) in spans {
            if start > reached {
                // More than are forgiven need no counting.
                missed += days(reached, start).filter(is_asked).take(MISSED_DAYS + 1).count();
            }
            reached = reached.max(end);
        }
        missed
    }
}

fn days(from: Date, until: Date) -> impl Iterator<Item = Date> {
    from.series(jiff::Span::new().days(1)).take_while(move |date| *date < until)
}

/// The middle day of a bill, whose month is the bill's.
fn middle(from: Date, until: Date) -> Date {
    from.saturating_add(jiff::Span::new().days(days_between(from, until).max(0) / 2))
}

fn month_of(date: Date) -> u8 {
    date.month().unsigned_abs()
}
