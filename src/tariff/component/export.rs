//! What exported energy is worth: net billing or net metering.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::net_billing::NetBilling;
use super::net_metering::{NetMetering, Netted};
use super::{Kind, Place};
use crate::error::Result;
use crate::tariff::Checked;
use crate::tariff::account::Account;
use crate::tariff::book::Book;
use crate::tariff::carried::Carried;
use crate::tariff::measuring::Measuring;

/// What exported energy is worth.
///
/// Imports and exports are each interval's own, as the meter has them; an interval in which both run has both.
/// Buy-all–sell-all is net billing of two meters: give the site's whole consumption as its import and the plant's
/// whole generation as its export.
///
/// ```
/// use wattlens::tariff::{Charge, Credit, ExportCharge};
/// let text = r#"{"export": {"net_billing": {"price": "0.4153", "credit": "carried"}}}"#;
/// let Charge::Export(ExportCharge::NetBilling(terms)) = serde_json::from_str(text)? else { unreachable!() };
/// assert_eq!(terms.credit, Credit::Carried);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportCharge {
    /// Each exported kWh has a price of its own.
    NetBilling(NetBilling),
    /// Exported kWh are set off against imported kWh.
    NetMetering(NetMetering),
}

impl ExportCharge {
    fn way(&self) -> (&'static str, &dyn Kind) {
        match self {
            Self::NetBilling(one) => ("net_billing", one),
            Self::NetMetering(one) => ("net_metering", one),
        }
    }
}

impl Kind for ExportCharge {
    fn check(&self, place: &Place<'_>) -> Checked {
        let (name, way) = self.way();
        way.check(place).map_err(|(field, problem)| match field.as_str() {
            "" => (name.to_owned(), problem),
            field => (format!("{name}.{field}"), problem),
        })
    }

    fn needs(&self) -> &'static [&'static str] {
        &["readings.export_kwh"]
    }

    fn measure_part(&self, of: &Measuring<'_>, account: &Account<'_>) -> Result<BTreeMap<String, f64>> {
        self.way().1.measure_part(of, account)
    }

    fn net(&self, account: &Account<'_>, carried: &Carried) -> Option<Netted> {
        self.way().1.net(account, carried)
    }

    fn charge<'a>(&'a self, account: &Account<'a>, book: &mut Book<'a, '_>) -> Result<()> {
        match self {
            Self::NetBilling(one) => one.charge(account, book),
            Self::NetMetering(one) => one.charge(account, book),
        }
    }
}
