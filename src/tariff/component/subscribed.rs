//! Power that is subscribed for each period, as in Spain, and what goes over it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fixed::Per;
use super::{Kind, Place, check_prices};
use crate::error::{ErrorKind, Result};
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal};
use crate::tariff::measuring::{Measuring, Of};

/// How power above what is subscribed is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExcessMethod {
    /// The highest mean of the period, less what is subscribed.
    Maximum,
    /// The root of the sum of the squares of what each window of the period is above what is subscribed. Recalled
    /// from the Spanish Circular 3/2020 of the CNMC for meters that record quarter-hours; not checked against it.
    RootSumOfSquares,
}

/// What power above the subscription costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Excess {
    /// How it is measured.
    pub method: ExcessMethod,
    /// What its price is multiplied by.
    #[serde(default = "one")]
    pub factor: Decimal,
    /// Its prices by period \[currency/kW a bill\]; where left out, those of the subscription, for the same time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<String, Decimal>,
}

fn one() -> Decimal {
    Decimal::ONE
}

/// A price for the power that the contract subscribes for each period (`contract.subscribed_kw`), and for what goes
/// over it. Power is that of whole windows within a period; windows with a missing reading do not count.
///
/// ```
/// use wattlens::tariff::{Per, SubscribedCharge};
/// let text = r#"{"prices": {"P1": "0.06", "P2": "0.04"}, "per": "day",
///     "excess": {"method": "maximum", "factor": "2"}}"#;
/// assert_eq!(serde_json::from_str::<SubscribedCharge>(text)?.per, Per::Day);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscribedCharge {
    /// Prices by period \[currency/kW\].
    pub prices: BTreeMap<String, Decimal>,
    /// Time that they are for.
    #[serde(default)]
    pub per: Per,
    /// Schedule of the periods; the first where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Averaging blocks of the wall clock \[s\]; a quarter of an hour where left out.
    #[serde(default = "quarter_hour")]
    pub window_s: i64,
    /// What power above the subscription costs; nothing where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excess: Option<Excess>,
}

fn quarter_hour() -> i64 {
    900
}

impl Kind for SubscribedCharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        if self.prices.is_empty() {
            return Err(("prices".to_owned(), "found none, expected a price of each period".to_owned()));
        }
        check_prices(self.prices.iter().map(|(period, price)| (format!("prices.{period}"), price)))?;
        place.check_periods("prices", self.schedule.as_deref(), self.prices.keys())?;
        if let Some(excess) = &self.excess {
            check_prices([("excess.factor".to_owned(), &excess.factor)])?;
            check_prices(excess.prices.iter().map(|(period, price)| (format!("excess.prices.{period}"), price)))?;
            if let Some(period) = excess.prices.keys().find(|period| !self.prices.contains_key(*period)) {
                return Err((
                    format!("excess.prices.{period}"),
                    "has no subscription: `prices` does not name this period".to_owned(),
                ));
            }
        }
        if self.window_s <= 0 {
            return Err(("window_s".to_owned(), format!("found {}, expected seconds", self.window_s)));
        }
        Ok(())
    }

    fn needs(&self) -> &'static [&'static str] {
        if self.excess.is_some() { &["contract.subscribed_kw", "readings.demand"] } else { &["contract.subscribed_kw"] }
    }

    fn measure(&self, of: &Measuring<'_>) -> Result<BTreeMap<String, f64>> {
        let Some(excess) = &self.excess else { return Ok(BTreeMap::new()) };
        let Some(means) = of.window_means(Of::Active, Some(self.window_s), false) else { return Ok(BTreeMap::new()) };
        let schedule = self.schedule.as_deref();
        let mut measured = match excess.method {
            ExcessMethod::Maximum => means.highest_by_period(of, schedule)?,
            ExcessMethod::RootSumOfSquares => {
                means.roots_of_excess_by_period(of, schedule, &of.contract.subscribed_kw)?
            }
        };
        measured.retain(|period, _| self.prices.contains_key(period));
        Ok(measured)
    }

    fn measures_by_contract(&self) -> bool {
        true
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let subscribed = &account.contract.subscribed_kw;
        if subscribed.is_empty() {
            book.lack("bill.subscribed_power", "contract.subscribed_kw");
            return Ok(());
        }
        let subscribed_kw = |period: &String| -> Result<Decimal> {
            let kw = subscribed.get(period).copied().ok_or_else(|| ErrorKind::Site {
                field: format!("contract.subscribed_kw.{period}"),
                problem: format!(
                    "found none, the tariff prices the subscribed power of period {period:?}; give the contract's kW of \
                     {}",
                    self.prices.keys().cloned().collect::<Vec<_>>().join(", ")
                ),
            })?;
            Ok(decimal(kw))
        };
        for (period, price) in &self.prices {
            let entry = Entry::new("subscribed", subscribed_kw(period)?, "kW", *price);
            book.add(entry.in_period(Some(period)).times(self.per.count(account)));
        }
        let Some(excess) = &self.excess else { return Ok(()) };
        if !account.whole.by_component.contains_key(book.id()) {
            book.lack("bill.excess_power", "readings.demand");
            return Ok(());
        }
        for (period, price) in &self.prices {
            // Where power was measured, a period without any is one that the bill never touches.
            let Some(measured) = account.measured(book.id(), period).map(decimal) else { continue };
            let (quantity, rule) = match excess.method {
                ExcessMethod::Maximum => (measured - subscribed_kw(period)?, "subscribed.excess_maximum"),
                ExcessMethod::RootSumOfSquares => (measured, "subscribed.excess_root"),
            };
            let (price, times) = if excess.prices.is_empty() {
                (*price, self.per.count(account))
            } else {
                (excess.prices.get(period).copied().unwrap_or_default(), account.share_of_bill())
            };
            if quantity > Decimal::ZERO && !price.is_zero() {
                let entry = Entry::new(rule, quantity, "kW", price * excess.factor);
                book.add(entry.in_period(Some(period)).times(times));
            }
        }
        Ok(())
    }
}
