//! A price for the largest load among hours that are set: the hours in which the grid had its peak.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place};
use crate::error::Result;
use crate::quality::USABLE_SHARE;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal};
use crate::tariff::carried::PastPeak;
use crate::tariff::measuring::{Measuring, Of};
use crate::tariff::rate::Rate;
use crate::tariff::tariff::fail;

/// A span of the local wall clock. An hour that the clock skips has no load; one that it repeats counts twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeakWindow {
    /// Begin.
    #[schemars(with = "String")]
    pub from: DateTime,
    /// End.
    #[schemars(with = "String")]
    pub to: DateTime,
}

impl PeakWindow {
    /// Last day that it has a part of.
    fn last_day(&self) -> Date {
        let to = self.to;
        if to.time() == Time::midnight() { to.date().yesterday().unwrap_or(to.date()) } else { to.date() }
    }

    fn days(&self) -> (Date, Date) {
        (self.from.date(), self.last_day())
    }
}

/// A price for the largest load among the windows, charged once for all of them together.
///
/// The line is on the bill that has the last of the windows. Where the windows began before that bill, its peak is
/// handed on by the bills before (`carried.peaks`); where they are not known, the line is charged on what is known
/// and the bill's `not_done` says so. Several sets of windows are several components. Where less than 95 % of the
/// windows' readings are there, the charge is absent. Hours that come back every month (weekdays 14–18 h of summer)
/// are a period of a schedule, and their price is that of a demand in that period.
///
/// ```
/// use wattlens::tariff::CoincidentPeakCharge;
/// let text = r#"{"windows": [{"from": "2025-07-10T16:00", "to": "2025-07-10T17:00"}], "price": "12.5"}"#;
/// assert_eq!(serde_json::from_str::<CoincidentPeakCharge>(text)?.windows.len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoincidentPeakCharge {
    /// The windows.
    pub windows: Vec<PeakWindow>,
    /// Price of the largest load \[currency/kW\], flat or in blocks.
    pub price: Rate,
    /// Averaging blocks of the wall clock \[s\]; the readings' own step where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_s: Option<i64>,
}

/// Key of the load among measured quantities.
const ALL: &str = "all";

impl Kind for CoincidentPeakCharge {
    fn check(&self, _: &Place<'_>) -> Checked {
        if self.windows.is_empty() {
            return Err(("windows".to_owned(), "found none, expected at least one".to_owned()));
        }
        for (at, window) in self.windows.iter().enumerate() {
            if window.to <= window.from {
                let problem = format!("to {} is not after from {}", window.to, window.from);
                return Err((format!("windows[{at}]"), problem));
            }
        }
        self.price.check().map_err(|problem| ("price".to_owned(), problem))?;
        match self.window_s {
            Some(window_s) if window_s <= 0 => {
                Err(("window_s".to_owned(), format!("found {window_s}, expected seconds")))
            }
            _ => Ok(()),
        }
    }

    fn needs(&self) -> &'static [&'static str] {
        &["readings.demand"]
    }

    fn measure(&self, of: &Measuring<'_>) -> Result<BTreeMap<String, f64>> {
        let mut ranges = Vec::new();
        for (at, window) in self.windows.iter().enumerate() {
            intervals(of, at, window, &mut ranges)?;
        }
        let all: usize = ranges.iter().map(Range::len).sum();
        let present: usize =
            ranges.iter().map(|range| of.whole_kwh[range.clone()].iter().filter(|kwh| !kwh.is_nan()).count()).sum();
        if all == 0 || (present as f64) < USABLE_SHARE * all as f64 {
            return Ok(BTreeMap::new());
        }
        let Some(means) = of.window_means(Of::Active, self.window_s, false) else { return Ok(BTreeMap::new()) };
        let highest = ranges.iter().filter_map(|range| means.highest_within(range)).reduce(f64::max);
        Ok(highest.map(|kw| (ALL.to_owned(), kw)).into_iter().collect())
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let (whole, part) = (account.whole, account.part);
        let Some(last) = self.windows.iter().map(PeakWindow::last_day).max() else { return Ok(()) };
        let touches = self.windows.iter().map(PeakWindow::days).any(|(a, b)| a < whole.until && b >= whole.from);
        if !touches {
            return Ok(());
        }
        let own = account.measured(book.id(), ALL);
        if last >= whole.until {
            match own {
                Some(demand) => book.carried.remember(PastPeak {
                    from: whole.from,
                    until: Some(whole.until),
                    component: Some(book.id().to_owned()),
                    period: None,
                    demand,
                }),
                None => book.lack("bill.coincident_peak", "readings.demand"),
            }
            return Ok(());
        }
        if !(part.from <= last && last < part.until) {
            return Ok(());
        }
        let Some(own) = own else {
            book.lack("bill.coincident_peak", "readings.demand");
            return Ok(());
        };
        let id = book.id();
        let earlier = book.carried.peaks.iter().filter(|peak| {
            peak.component.as_deref() == Some(id) && peak.from < whole.from && self.touch(peak.from, peak.end())
        });
        let highest = earlier.clone().map(|peak| peak.demand).fold(own, f64::max);
        let is_known =
            |date: Date| date >= whole.from || earlier.clone().any(|one| one.from <= date && date < one.end());
        let is_whole = self.windows.iter().map(PeakWindow::days).all(|(a, b)| is_known(a) && is_known(b));
        for block in self.price.blocks(decimal(highest), Decimal::ONE) {
            book.add(Entry::new("coincident_peak", block.quantity, "kW", block.price).in_tier(block.tier));
        }
        if !is_whole {
            book.lack("bill.coincident_peak", "carried.peaks");
        }
        Ok(())
    }
}

impl CoincidentPeakCharge {
    /// Whether a window has a part of `[from, until)`.
    fn touch(&self, from: Date, until: Date) -> bool {
        self.windows.iter().map(PeakWindow::days).any(|(a, b)| a < until && b >= from)
    }
}

/// Adds the intervals of the bill that lie in a window.
///
/// # Errors
/// An edge of the window inside an interval.
fn intervals(of: &Measuring<'_>, at: usize, window: &PeakWindow, ranges: &mut Vec<Range<usize>>) -> Result<()> {
    const DAY_S: i64 = 86_400;
    let step_s = of.readings.axis().step_s();
    let (days, runs) = (of.readings.local().days(), of.readings.local().runs());
    // Seconds of a day's wall clock before a point of it, as far as they are on that day.
    let before = |date: Date, point: DateTime| match date.cmp(&point.date()) {
        std::cmp::Ordering::Less => DAY_S,
        std::cmp::Ordering::Greater => 0,
        std::cmp::Ordering::Equal => {
            let time = point.time();
            i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
        }
    };
    let first = runs.partition_point(|run| run.day < of.days.start);
    for run in runs[first..].iter().take_while(|run| run.day < of.days.end) {
        let date = days[run.day].date;
        let (from_s, to_s) = (before(date, window.from), before(date, window.to));
        if from_s >= to_s {
            continue;
        }
        for (edge, edge_s) in [("from", from_s), ("to", to_s)] {
            if edge_s % step_s != 0 {
                return Err(fail(
                    &of.tariff.sheet().id,
                    Some(format!("windows[{at}].{edge}")),
                    format!(
                        "the coincident peak's window from {} to {} has an edge inside the readings' intervals of {} \
                         min; finer readings are needed",
                        window.from,
                        window.to,
                        step_s / 60
                    ),
                ));
            }
        }
        let (from, to) = ((from_s / step_s) as usize, (to_s / step_s) as usize);
        let (from, to) = (from.max(run.slot), to.min(run.slot + run.range.len()));
        if from < to {
            ranges.push(run.range.start + from - run.slot..run.range.start + to - run.slot);
        }
    }
    Ok(())
}
