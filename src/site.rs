//! What is known of one supply point beside its readings.

mod low_side;
mod supply;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Problem, Result};
use crate::finding::{Finding, Severity};
use crate::readings::Readings;
use crate::time::{Calendar, DayType};

pub use low_side::{ALLOCATED, LineLoss, LowSide, Transformer};
pub use supply::{MeteringSide, Supply, Values, VectorGroup, Wiring};

/// How the basic charge of a two-part tariff is billed (基本电费计收方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandBilling {
    /// By transformer capacity (按容量).
    Capacity,
    /// By the month's measured maximum demand (按实际最大需量).
    ActualDemand,
    /// By contract demand with an overrun rule (按合同最大需量).
    ContractDemand,
}

/// How the part above 105 % of the contract demand is billed. The official wording can be read both
/// ways; `A` is the default with medium certainty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OverrunRule {
    /// 1.05 C plus twice the part above it.
    #[default]
    A,
    /// C plus twice the part above 1.05 C.
    B,
}

/// Power-factor standard of the site (功率因数考核标准), in hundredths: 90, 85 or 80.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct PowerFactorStandard(u8);

impl PowerFactorStandard {
    /// Hundredths: 90, 85 or 80.
    #[must_use]
    pub fn hundredths(self) -> i32 {
        i32::from(self.0)
    }
}

impl TryFrom<f64> for PowerFactorStandard {
    type Error = crate::Error;

    fn try_from(value: f64) -> Result<Self> {
        [90u8, 85, 80].into_iter().find(|h| (value * 100.0 - f64::from(*h)).abs() < 1e-6).map(Self).ok_or_else(|| {
            ErrorKind::Site {
                field: "contract.power_factor_standard".to_owned(),
                problem: if [90.0, 85.0, 80.0].contains(&value) {
                    format!("found {value}, expected 0.90, 0.85 or 0.80: write {value} % as {:.2}", value / 100.0)
                } else {
                    format!("found {value}, expected 0.90, 0.85 or 0.80")
                },
            }
            .into()
        })
    }
}

impl From<PowerFactorStandard> for f64 {
    fn from(standard: PowerFactorStandard) -> Self {
        Self::from(standard.0) / 100.0
    }
}

/// What the supply contract says. Anything may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contract {
    /// Transformers plus high-voltage motors \[kVA\].
    pub capacity_kva: Option<f64>,
    /// How the basic charge is billed.
    pub demand_billing: Option<DemandBilling>,
    /// Contract demand \[kW\].
    pub contract_demand_kw: Option<f64>,
    /// Power-factor standard.
    pub power_factor_standard: Option<PowerFactorStandard>,
    /// Reading of the overrun rule of the contract demand.
    pub overrun_rule: OverrunRule,
    /// Whether the lower demand price at a high load factor holds; as the tariff says where it is not known.
    pub load_factor_discount: Option<bool>,
    /// Subscribed power by period of the tariff \[kW\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subscribed_kw: BTreeMap<String, f64>,
    /// What is lost before a meter on the low-voltage side; `None` where the meter stands at the supply point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_side: Option<LowSide>,
    /// Energy that a market user contracted for, by month (`2026-08`) \[kWh\].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub contracted_kwh: BTreeMap<String, f64>,
}

/// Whether a text is a month, `2026-08`.
pub(crate) fn is_month(text: &str) -> bool {
    match text.as_bytes() {
        [year @ .., b'-', tens @ (b'0' | b'1'), ones] if year.len() == 4 && year.iter().all(u8::is_ascii_digit) => {
            matches!((tens, ones), (b'0', b'1'..=b'9') | (b'1', b'0'..=b'2'))
        }
        _ => false,
    }
}

/// Smallest and largest capacity or contract demand that is no slip \[kVA, kW\].
const MIN_POWER: f64 = 0.1;
const MAX_POWER: f64 = 1e8;
/// Largest energy of a month that is no slip \[kWh\].
const MAX_ENERGY: f64 = 1e11;

impl Contract {
    /// Checks that numbers are positive and that the billing mode has what it needs.
    ///
    /// # Errors
    /// Names the field, what was found and what the mode needs.
    ///
    /// ```
    /// use wattlens::site::{Contract, DemandBilling};
    /// let contract = Contract { demand_billing: Some(DemandBilling::Capacity), ..Contract::default() };
    /// assert!(contract.check().unwrap_err().to_string().contains("capacity_kva"));
    /// ```
    pub fn check(&self) -> Result<()> {
        match self.problems().into_iter().find(|one| one.is_error) {
            None => Ok(()),
            Some(Problem { field, problem, .. }) => {
                Err(ErrorKind::Site { field: field.unwrap_or_default(), problem }.into())
            }
        }
    }

    /// Everything that is wrong with it, and what is odd: a contract demand that the transformers cannot carry.
    ///
    /// ```
    /// use wattlens::site::Contract;
    /// let contract = Contract { capacity_kva: Some(0.0), contract_demand_kw: Some(-5.0), ..Contract::default() };
    /// let fields: Vec<_> = contract.problems().into_iter().filter_map(|one| one.field).collect();
    /// assert_eq!(fields, ["contract.capacity_kva", "contract.contract_demand_kw"]);
    /// ```
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong =
            |field: &str, problem: String| problems.push(Problem::error(Some(format!("contract.{field}")), problem));
        for (field, value, unit) in
            [("capacity_kva", self.capacity_kva, "kVA"), ("contract_demand_kw", self.contract_demand_kw, "kW")]
        {
            if let Some(value) = value
                && !(MIN_POWER..=MAX_POWER).contains(&value)
            {
                let problem = format!(
                    "found {value}, expected a number from {MIN_POWER} to {MAX_POWER:e} {unit}; leave it out where it \
                     is not known"
                );
                wrong(field, problem);
            }
        }
        for (period, kw) in self.subscribed_kw.iter().filter(|(_, kw)| !(MIN_POWER..=MAX_POWER).contains(*kw)) {
            wrong(
                &format!("subscribed_kw.{period}"),
                format!("found {kw}, expected kW from {MIN_POWER} to {MAX_POWER:e}"),
            );
        }
        if let Some(Err((field, problem))) = self.low_side.as_ref().map(LowSide::check) {
            wrong(&field, problem);
        }
        for (month, kwh) in &self.contracted_kwh {
            if !is_month(month) {
                wrong(&format!("contracted_kwh.{month}"), "is no month, expected e.g. \"2026-08\"".to_owned());
            }
            if !(0.0..=MAX_ENERGY).contains(kwh) {
                let problem = format!("found {kwh}, expected kWh from 0 to {MAX_ENERGY:e}");
                wrong(&format!("contracted_kwh.{month}"), problem);
            }
        }
        match self.demand_billing {
            Some(DemandBilling::Capacity) if self.capacity_kva.is_none() => {
                wrong("capacity_kva", "demand_billing \"capacity\" needs the transformer capacity in kVA".to_owned());
            }
            Some(DemandBilling::ContractDemand) if self.contract_demand_kw.is_none() => wrong(
                "contract_demand_kw",
                "demand_billing \"contract_demand\" needs the contract demand in kW".to_owned(),
            ),
            Some(DemandBilling::ContractDemand) if self.capacity_kva.is_none() => wrong(
                "capacity_kva",
                "demand_billing \"contract_demand\" needs the transformer capacity in kVA, because a contract below \
                 40 % of it is billed as 40 %"
                    .to_owned(),
            ),
            _ => {}
        }
        if let (Some(kw), Some(kva)) = (self.contract_demand_kw, self.capacity_kva)
            && problems.is_empty()
            && kw > kva
        {
            let problem = format!(
                "found {kw} kW, above the capacity of {kva} kVA, which the transformers do not carry for long; check \
                 both and their units"
            );
            let field = Some("contract.contract_demand_kw".to_owned());
            problems.push(Problem { is_error: false, ..Problem::error(field, problem) });
        }
        problems
    }
}

/// One supply point: its readings and what else is known of it.
#[derive(Clone, Debug)]
pub struct Site {
    /// Name for reports.
    pub name: Option<String>,
    readings: Arc<Readings>,
    calendar: Calendar,
    day_types: Arc<[DayType]>,
    contract: Contract,
    supply: Supply,
    /// What an analysis worked out of the readings for all who ask later.
    worked_out: Arc<OnceLock<Box<dyn Any + Send + Sync>>>,
}

impl Site {
    /// A site. Without a calendar, Saturday and Sunday are weekend and no day is a holiday.
    ///
    /// # Errors
    /// A calendar that does not speak for the readings' years; a contract that makes no sense.
    pub fn new(name: Option<String>, readings: Arc<Readings>, calendar: Calendar, contract: Contract) -> Result<Self> {
        contract.check()?;
        let day_types = calendar.day_types(readings.local())?.into();
        let supply = Supply::default();
        Ok(Self { name, readings, calendar, day_types, contract, supply, worked_out: Arc::default() })
    }

    /// Readings.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    /// What `work` makes of the readings, worked out once for this site and all its clones with the same readings.
    /// `None` where something of another type was worked out before.
    pub(crate) fn once<T: Any + Send + Sync>(&self, work: impl FnOnce(&Readings) -> T) -> Option<&T> {
        self.worked_out.get_or_init(|| Box::new(work(&self.readings))).downcast_ref()
    }

    /// Calendar.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Type of every local day of the readings.
    #[must_use]
    pub fn day_types(&self) -> &[DayType] {
        &self.day_types
    }

    /// Contract.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// How it is connected and metered; nothing known where nobody said so.
    #[must_use]
    pub fn supply(&self) -> &Supply {
        &self.supply
    }

    /// The same site with what is known of its supply.
    ///
    /// # Errors
    /// As [`Supply::check`].
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wattlens::simulate::{Plant, demo_calendar, simulate};
    /// use wattlens::site::{Contract, Site, Supply};
    /// let readings = simulate(&Plant::default(), &demo_calendar(), &[])?.readings;
    /// let site = Site::new(None, Arc::new(readings), demo_calendar(), Contract::default())?;
    /// let site = site.with_supply(Supply { transformer_kva: Some(1250.0), ..Supply::default() })?;
    /// assert_eq!(site.supply().transformer_kva, Some(1250.0));
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn with_supply(&self, supply: Supply) -> Result<Self> {
        supply.check()?;
        Ok(Self { supply, ..self.clone() })
    }

    /// The same site under another contract; for a counterfactual.
    ///
    /// # Errors
    /// As [`Contract::check`].
    pub fn with_contract(&self, contract: Contract) -> Result<Self> {
        contract.check()?;
        Ok(Self { contract, ..self.clone() })
    }

    /// The same site with other readings on the same axis; for a counterfactual.
    #[must_use]
    pub fn with_readings(&self, readings: Readings) -> Self {
        Self { readings: Arc::new(readings), worked_out: Arc::default(), ..self.clone() }
    }

    /// What the calendar leaves open for these readings: a Finding for each provisional year touched.
    #[must_use]
    pub fn calendar_findings(&self) -> Vec<Finding> {
        let local = self.readings.local();
        self.calendar
            .provisional_years
            .iter()
            .filter_map(|year| {
                let mut days = local.days().iter().filter(|day| day.date.year() == *year);
                let first = days.next()?;
                let last = days.next_back().unwrap_or(first);
                Some(
                    Finding::new("calendar.provisional", Severity::Low)
                        .at(first.start, last.end)
                        .with("calendar", self.calendar.name.clone())
                        .with("year", *year),
                )
            })
            .collect()
    }
}
