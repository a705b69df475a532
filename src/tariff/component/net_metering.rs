//! Net metering: exported kWh are set off against imported kWh of the same period, the surplus rolls over.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::net_billing::{TASK, check_month};
use super::{Charge, ExportCharge, Kind, Place, check_prices};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::{Book, Entry, decimal};
use crate::tariff::carried::Carried;

/// What a surplus of kWh is worth once a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloverYearEnd {
    /// Month, 1–12; the bill with its last day settles.
    pub month: i8,
    /// Price of the kWh that are left \[currency/kWh\]; zero lets them expire.
    pub price: Decimal,
}

/// Exported kWh set off against imported kWh.
///
/// In each period of the first schedule exports and the kWh brought from bills before are taken off the imports;
/// every charge a kWh is then for what is left, blocks included. What was set off is a line of its own without
/// price. The surplus rolls over to the next bill, in its period by name; where `year_end` says so it is paid or
/// expires. Demand, and the power factor, are those of the meter. A chain of bills begins without a surplus
/// where [`Carried`] gives none.
///
/// SAM (Utilityrate5, ssc 7.1.1), measured against it: the same while every month has the same periods and each
/// occurs on weekdays at 0, 5, 11 or 17 h, with blocks counted over all periods ([`Counts::All`]). It drops the
/// surplus of a period that does not occur then, moves it to the period that the next month has at that hour, and
/// pays at the year's end for the running sum over all periods, not for what each has left.
///
/// [`Counts::All`]: crate::tariff::Counts::All
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NetMetering {
    /// What the surplus is worth once a year; it rolls over without end where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year_end: Option<RolloverYearEnd>,
}

/// What net metering makes of the energies of a part of a bill, by period \[kWh\].
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Netted {
    /// Imports that are left to be charged.
    pub(crate) kwh: BTreeMap<String, Decimal>,
    /// What was set off.
    pub(crate) set_off: BTreeMap<String, Decimal>,
    /// Surplus.
    pub(crate) surplus: BTreeMap<String, Decimal>,
}

impl Kind for NetMetering {
    fn check(&self, place: &Place<'_>) -> Checked {
        let is_netting = |one: &&super::Component| matches!(one.charge, Charge::Export(ExportCharge::NetMetering(_)));
        if place.all.iter().filter(is_netting).count() > 1 {
            return Err(("year_end".to_owned(), "net metering stands twice in this version; keep one".to_owned()));
        }
        let (first, ..) = place.schedule(None)?;
        if let Some(other) = place.all.iter().find(|one| !one.charge.kind().can_be_netted(first)) {
            let problem = format!(
                "exports are set off in the periods of schedule {first:?}; {:?} charges energy by another schedule or \
                 in the order of time, which leaves open what of it is set off",
                other.id
            );
            return Err((String::new(), problem));
        }
        match &self.year_end {
            None => Ok(()),
            Some(year_end) => {
                check_month(year_end.month)?;
                check_prices([("year_end.price".to_owned(), &year_end.price)])
            }
        }
    }

    fn net(&self, account: &Account<'_>, carried: &Carried) -> Option<Netted> {
        let part = account.part;
        if part.export_kwh.is_empty() && carried.credit_kwh.is_empty() {
            return None;
        }
        let mut netted = Netted::default();
        if carried.reaches(part.from) {
            netted.surplus.clone_from(&carried.credit_kwh);
        }
        for period in account.version.period_names() {
            let import = part.kwh.get(period).map(|kwh| decimal(*kwh)).unwrap_or_default();
            let export = part.export_kwh.get(period).map(|kwh| decimal(*kwh)).unwrap_or_default();
            let credit = export + netted.surplus.remove(period).unwrap_or_default();
            let set_off = credit.min(import);
            netted.kwh.insert(period.clone(), import - set_off);
            netted.set_off.insert(period.clone(), set_off);
            netted.surplus.insert(period.clone(), credit - set_off);
        }
        Some(netted)
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        if account.part.export_kwh.is_empty() {
            book.lack(TASK, "readings.export_kwh");
        }
        let Some(netted) = &account.netted else { return Ok(()) };
        if !book.carried.reaches(account.part.from) {
            book.lack(TASK, "bills.before");
        }
        let names = account.version.period_names();
        for period in names {
            if let Some(kwh) = netted.set_off.get(period).filter(|kwh| !kwh.is_zero()) {
                let entry = Entry::new("export.set_off", *kwh, "kWh", Decimal::ZERO);
                book.add(entry.in_period((names.len() > 1).then_some(period)));
            }
        }
        book.carried.credit_kwh.clone_from(&netted.surplus);
        if let Some(year_end) = self.year_end.as_ref().filter(|year_end| account.holds_end_of(year_end.month)) {
            let surplus: Decimal = netted.surplus.values().sum();
            if !surplus.is_zero() {
                book.add(Entry::new("export.year_end", -surplus, "kWh", year_end.price));
            }
            book.carried.credit_kwh.values_mut().for_each(|kwh| *kwh = Decimal::ZERO);
        }
        Ok(())
    }
}
