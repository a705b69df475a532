//! What the charges of one version of a tariff are worked out from.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::book::{decimal, to_f64, to_minor};
use super::carried::Carried;
use super::component::{Charge, Netted};
use super::quantities::BillingQuantities;
use super::tariff::{Tariff, VersionInForce};
use crate::site::Contract;

/// One part of a bill: a version of the tariff, what was taken while it was in force, and the whole bill.
pub(crate) struct Account<'a> {
    pub(crate) tariff: &'a Tariff,
    pub(crate) version: &'a VersionInForce,
    /// What was taken in this part.
    pub(crate) part: &'a BillingQuantities,
    /// What was taken in the whole bill: demand and power factor are the bill's, not the part's.
    pub(crate) whole: &'a BillingQuantities,
    pub(crate) contract: &'a Contract,
    /// Months of this part; one for a bill from a day to the same day of the next month.
    pub(crate) months: Decimal,
    /// Days of this part.
    pub(crate) days: Decimal,
    /// Imported energy of this part \[kWh\], less what net metering sets off.
    pub(crate) part_kwh: Decimal,
    /// What net metering leaves of the energies, where the tariff has it.
    pub(crate) netted: Option<Netted>,
}

impl<'a> Account<'a> {
    pub(crate) fn new(
        tariff: &'a Tariff,
        version: &'a VersionInForce,
        part: &'a BillingQuantities,
        whole: &'a BillingQuantities,
        contract: &'a Contract,
    ) -> Self {
        let days = days_between(part.from, part.until);
        let whole_days = days_between(whole.from, whole.until);
        let months = months_between(whole.from, whole.until) * share(days, whole_days);
        let (days, part_kwh) = (Decimal::from(days), decimal(part.total_kwh()));
        Self { tariff, version, part, whole, contract, months, days, part_kwh, netted: None }
    }

    /// The same with exports and earlier credits set off against imports, where the tariff has net metering.
    pub(crate) fn netting(mut self, carried: &Carried) -> Self {
        let components = self.tariff.components(self.version).iter();
        self.netted = components.into_iter().find_map(|component| component.charge.kind().net(&self, carried));
        if let Some(netted) = &self.netted {
            self.part_kwh = netted.kwh.values().sum();
        }
        self
    }

    /// Months of the whole bill.
    pub(crate) fn months_of_bill(&self) -> Decimal {
        months_between(self.whole.from, self.whole.until)
    }

    /// Share of the bill's days that this part has.
    pub(crate) fn share_of_bill(&self) -> Decimal {
        share(days_between(self.part.from, self.part.until), days_between(self.whole.from, self.whole.until))
    }

    /// What holds in each month of this part, with the share of its days: months on end with the same are one.
    pub(crate) fn shares_of_months<'r, R: PartialEq>(
        &self,
        of_month: impl Fn(u8) -> Option<&'r R>,
    ) -> Vec<(&'r R, Decimal)> {
        let (from, until) = (self.part.from, self.part.until);
        let mut held: Vec<(Option<&R>, i64)> = Vec::with_capacity(2);
        let mut begun = from;
        while begun < until {
            let next = begun.last_of_month().tomorrow().unwrap_or(until).min(until);
            let (here, days) = (of_month(begun.month().unsigned_abs()), days_between(begun, next));
            match held.last_mut() {
                Some((before, total)) if *before == here => *total += days,
                _ => held.push((here, days)),
            }
            begun = next;
        }
        let all = days_between(from, until);
        held.into_iter().filter_map(|(one, days)| Some((one?, share(days, all)))).collect()
    }

    /// Whether a period of a schedule can occur on a day; the whole bill always can.
    pub(crate) fn is_in_season(&self, schedule: Option<&str>, period: Option<&str>, date: Date) -> bool {
        let Some(period) = period else { return true };
        let plans = self.version.plans(schedule);
        let at = plans.and_then(|plans| plans.names().iter().position(|name| name == period));
        plans.zip(at).is_none_or(|(plans, at)| plans.is_in_season(date, at))
    }

    /// Energy of a period \[kWh\] in this part, less what net metering sets off.
    pub(crate) fn kwh(&self, period: &str) -> Option<f64> {
        if let Some(net) = self.netted.as_ref().and_then(|netted| netted.kwh.get(period)) {
            return Some(to_f64(*net));
        }
        self.part.kwh.get(period).or_else(|| self.part.other_kwh.get(period)).copied()
    }

    /// The price of a table of the tariff in the month of this part.
    pub(crate) fn table_price(&self, table: &str) -> Option<Decimal> {
        self.tariff.sheet().price_tables.get(table)?.get(&month_label(self.part.from)).copied()
    }

    /// What a part of a price comes to within the lines of the components that are meant, rounded as a line of its
    /// own would be; zero where no price has such a part.
    pub(crate) fn amount_of_part(&self, part: &str, is_meant: impl Fn(&str) -> bool) -> Decimal {
        let components = self.tariff.components(self.version).iter().filter(|component| is_meant(&component.id));
        let amounts = components.filter_map(|component| match &component.charge {
            Charge::ComposedEnergy(composed) => composed.amount_of_part(self, part),
            _ => None,
        });
        amounts.map(to_minor).sum()
    }

    /// What a component measured for itself over the whole bill.
    pub(crate) fn measured(&self, component: &str, key: &str) -> Option<f64> {
        self.whole.by_component.get(component)?.get(key).copied()
    }

    /// What a component measured for itself over this part.
    pub(crate) fn measured_in_part(&self, component: &str) -> Option<&'a BTreeMap<String, f64>> {
        self.part.by_component.get(component)
    }

    /// Whether the last day of a month (1–12) is a day of this part.
    pub(crate) fn holds_end_of(&self, month: i8) -> bool {
        let in_year = |year| {
            let end = Date::new(year, month, 1).ok()?.last_of_month();
            (self.part.from <= end && end < self.part.until).then_some(())
        };
        (self.part.from.year()..=self.part.until.year()).any(|year| in_year(year).is_some())
    }

    /// Share of the days of this part on which a period of a schedule can occur: a summer price of a bill that
    /// begins in spring counts for the days of summer.
    pub(crate) fn season_share(&self, schedule: Option<&str>, period: &str) -> Decimal {
        let Some((plans, at)) = self
            .version
            .plans(schedule)
            .and_then(|plans| Some((plans, plans.names().iter().position(|name| name == period)?)))
        else {
            return Decimal::ONE;
        };
        let days = self.part.from.series(jiff::Span::new().days(1)).take_while(|date| *date < self.part.until);
        let (mut all, mut within) = (0i64, 0i64);
        for date in days {
            all += 1;
            within += i64::from(plans.is_in_season(date, at));
        }
        share(within, all)
    }
}

/// a / b, one where they are equal.
fn share(part: i64, whole: i64) -> Decimal {
    if part == whole || whole == 0 { Decimal::ONE } else { Decimal::from(part) / Decimal::from(whole) }
}

/// `2026-01`.
pub(crate) fn month_label(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

/// Whether dates are one calendar month.
pub(crate) fn is_calendar_month(from: Date, until: Date) -> bool {
    from.day() == 1 && from.last_of_month().tomorrow().is_ok_and(|next| next == until)
}

/// Days from one date to before another.
pub(crate) fn days_between(from: Date, until: Date) -> i64 {
    crate::time::days_since_epoch(until) - crate::time::days_since_epoch(from)
}

/// Months from one date to before another: whole ones from a day to the same day of the next, the rest by days.
///
/// 21 July to before 21 August is one month, and so is every calendar month; what is over counts as its days by
/// the days of the month that has begun.
pub(crate) fn months_between(from: Date, until: Date) -> Decimal {
    let after = |months: i32| from.checked_add(jiff::Span::new().months(months)).unwrap_or(until);
    let mut whole =
        12 * (i32::from(until.year()) - i32::from(from.year())) + i32::from(until.month()) - i32::from(from.month());
    while whole > 0 && after(whole) > until {
        whole -= 1;
    }
    let begun = after(whole);
    if begun >= until {
        return Decimal::from(whole);
    }
    Decimal::from(whole) + share(days_between(begun, until), days_between(begun, after(whole + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_from_a_day_to_the_same_day() {
        let months = |from: &str, until: &str| months_between(from.parse().unwrap(), until.parse().unwrap());
        assert_eq!(months("2024-02-01", "2024-03-01"), Decimal::ONE);
        assert_eq!(months("2025-07-21", "2025-08-21"), Decimal::ONE);
        assert_eq!(months("2025-01-31", "2025-02-28"), Decimal::ONE);
        assert_eq!(months("2025-06-01", "2026-06-01"), Decimal::from(12));
        assert_eq!(months("2025-08-01", "2025-08-01"), Decimal::ZERO);
        // 15 of the 30 days of June.
        assert_eq!(months("2025-05-01", "2025-06-16"), Decimal::new(15, 1));
    }
}
