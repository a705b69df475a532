//! A price a kWh that every interval has of its own: spot, market.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Place};
use crate::error::Result;
use crate::readings::{Channel, Readings, Series};
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal, to_f64};
use crate::tariff::measuring::Measuring;
use crate::tariff::price_index::check_signed;
use crate::tariff::sheet::Component;
use crate::tariff::tariff::fail;
use crate::time::{Day, instant_text};

/// Digits of a mean price on a line; the amount is exact all the same.
const PRICE_DIGITS: u32 = 6;

/// Energy at a price by interval × factor + adder.
///
/// The prices are given beside the tariff, by name, with a step of their own. A price may be negative. Readings finer
/// than the prices take the price that they lie in; where a price changes inside a reading, how much was taken at
/// which price is not known, and the bill is refused. Energy without a price is not billed: the bill says so, with
/// its hours and kWh. Losses of low-side metering and what net metering sets off have no intervals and count at the
/// mean price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnergySeriesCharge {
    /// Name of the series.
    pub series: String,
    /// What its prices are multiplied by.
    #[serde(default = "one")]
    pub factor: Decimal,
    /// What is added to them \[currency/kWh\].
    #[serde(default)]
    pub adder: Decimal,
}

pub(super) fn one() -> Decimal {
    Decimal::ONE
}

impl Kind for EnergySeriesCharge {
    fn check(&self, _: &Place<'_>) -> Checked {
        check_signed("factor", self.factor)?;
        check_signed("adder", self.adder)
    }

    fn measure_part(&self, of: &Measuring<'_>, _: &Account<'_>) -> Result<BTreeMap<String, f64>> {
        measure_series(&self.series, of)
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        let Some(taken) = SeriesEnergy::of(account, book) else { return Ok(()) };
        let amount = self.factor * taken.amount + self.adder * taken.kwh;
        let price = (amount / taken.kwh).round_dp(PRICE_DIGITS);
        book.add_amount(Entry::new("energy.series", taken.kwh, "kWh", price), amount);
        Ok(())
    }

    fn add_interval_prices(
        &self,
        _: &Component,
        account: &Account<'_>,
        readings: &Readings,
        days: &[Day],
        prices: &mut [f64],
    ) {
        let (factor, adder) = (to_f64(self.factor), to_f64(self.adder));
        add_series_prices(&self.series, account, readings, days, prices, |price| factor * price + adder);
    }

    fn series(&self) -> Option<&str> {
        Some(&self.series)
    }

    fn may_fall(&self) -> bool {
        true
    }
}

/// What was taken at the prices of a series.
pub(super) struct SeriesEnergy {
    /// Energy that has a price \[kWh\]; not zero.
    pub(super) kwh: Decimal,
    /// What it costs at the series' prices \[currency\].
    pub(super) amount: Decimal,
}

impl SeriesEnergy {
    /// As it was measured in a part of a bill; what has no price is said to be lacking. `None` where nothing was.
    pub(super) fn of(account: &Account<'_>, book: &mut Book<'_, '_>) -> Option<Self> {
        let measured = |key| account.measured_in_part(book.id())?.get(key).copied();
        let (kwh, amount, unpriced) = (measured("kwh"), measured("amount"), measured("unpriced_kwh"));
        if unpriced.is_some_and(|kwh| kwh != 0.0) || (kwh.is_none() && !account.part_kwh.is_zero()) {
            book.lack("bill.energy", "tariff.price_series");
        }
        let (metered, kwh) = (decimal(kwh?) + decimal(unpriced.unwrap_or_default()), decimal(kwh?));
        let amount = decimal(amount.unwrap_or_default());
        // Losses of low-side metering and what net metering sets off have no intervals: they cost the mean price.
        let is_other = account.part.loss_kwh.is_some() || account.netted.is_some();
        let factor = if is_other && !metered.is_zero() { account.part_kwh / metered } else { Decimal::ONE };
        let of_bill = Self { kwh: kwh * factor, amount: amount * factor };
        (!of_bill.kwh.is_zero()).then_some(of_bill)
    }
}

/// Energy of a part of a bill at the prices of a series: `kwh` and its `amount` at the series' own prices, and where
/// prices are missing `unpriced_kwh` and `unpriced_h`.
pub(super) fn measure_series(name: &str, of: &Measuring<'_>) -> Result<BTreeMap<String, f64>> {
    let id = &of.tariff.sheet().id;
    let Some(series) = of.tariff.given().series.get(name) else {
        let problem = format!("the prices are not there; give them with with_series({name:?}, …)");
        return Err(fail(id, Some(format!("series.{name}")), problem));
    };
    let axis = of.readings.axis();
    let kwh = of.readings.series(Channel::IMPORT_KWH).map_or(&[][..], Series::values);
    let sums = series.energy(axis, kwh, &of.range).map_err(|start| {
        let problem = format!(
            "the price changes inside the interval of {} min that begins at {}, and how much was taken at which price \
             is not known; give finer readings, or the prices by which the contract settles such an interval, with its \
             step",
            axis.step_s() / 60,
            instant_text(start)
        );
        fail(id, Some(format!("series.{name}")), problem)
    })?;
    let mut measured = BTreeMap::from([("kwh".to_owned(), sums.kwh), ("amount".to_owned(), sums.amount)]);
    if sums.unpriced_intervals > 0 {
        measured.insert("unpriced_kwh".to_owned(), sums.unpriced_kwh);
        measured.insert("unpriced_h".to_owned(), sums.unpriced_intervals as f64 * axis.step_h());
    }
    Ok(measured)
}

/// Adds what one more kWh costs at the prices of a series to every interval of these days; NaN where the series has
/// no price that holds throughout the interval.
pub(super) fn add_series_prices(
    name: &str,
    account: &Account<'_>,
    readings: &Readings,
    days: &[Day],
    prices: &mut [f64],
    price_of: impl Fn(f64) -> f64,
) {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return };
    let range = first.range.start..last.range.end;
    match account.tariff.given().series.get(name) {
        None => prices[range].fill(f64::NAN),
        Some(series) => series.stretches(readings.axis(), &range, |within, price| {
            let price = price_of(price.unwrap_or(f64::NAN));
            prices[within].iter_mut().for_each(|sum| *sum += price);
        }),
    }
}
