//! The facts by which a bill is laid beside the paper bill: the arithmetic before its lines, and the windows of the
//! periods on its dates.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::account::Account;
use super::charge::charge;
use super::quantities::BillingQuantities;
use super::schedule::Clock;
use super::tariff::Tariff;
use crate::error::Result;
use crate::site::Contract;
use crate::time::Calendar;

/// One step of the arithmetic that leads to a component's lines. Its sentence is `step.<code>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is worked out, e.g. `power_factor.factor`.
    pub code: String,
    /// The component whose lines it leads to.
    pub component: String,
    /// The dates that it is for, where the bill is split at a change of the tariff.
    pub dates: Option<(Date, Date)>,
    /// Its numbers; decimals are text.
    pub facts: Map<String, Value>,
}

impl Step {
    /// A step without facts yet.
    pub(crate) fn new(code: &str) -> Self {
        Self { code: code.to_owned(), component: String::new(), dates: None, facts: Map::new() }
    }

    /// The same with one more fact.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// The same with one more exact number.
    pub(crate) fn number(self, name: &str, value: Decimal) -> Self {
        self.with(name, value.normalize().to_string())
    }
}

/// The windows of one period on some days, `10:00-12:00`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodWindows {
    /// Period.
    pub period: String,
    /// Half-open windows of the local wall clock, ascending.
    pub windows: Vec<String>,
}

/// Days that have the same windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayWindows {
    /// The days, ascending.
    pub dates: Vec<Date>,
    /// Periods in the order of the schedule.
    pub periods: Vec<PeriodWindows>,
}

/// A schedule on the dates of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodsInForce {
    /// Id of the schedule.
    pub schedule: String,
    /// First date.
    pub from: Date,
    /// First date after.
    pub until: Date,
    /// Document that decrees it; `None` where the tariff has no schedule and its whole time is one period.
    pub source: Option<String>,
    /// Factor of each period on prices that float.
    pub factors: BTreeMap<String, Decimal>,
    /// Whether its rules ask for holidays, and no calendar was given: then holidays count as other days.
    pub lacks_calendar: bool,
    /// Days by their windows, those of most days first.
    pub days: Vec<DayWindows>,
}

/// What stands behind a bill's lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillFacts {
    /// Steps in the order of the bill.
    pub steps: Vec<Step>,
    /// Schedules on its dates.
    pub periods: Vec<PeriodsInForce>,
}

impl Tariff {
    /// The windows of every period on `[from, until)`, by version and schedule.
    ///
    /// Without a calendar Saturday and Sunday are weekend and no day is a holiday; a schedule that asks for
    /// holidays then says so.
    ///
    /// # Errors
    /// A calendar that does not speak for these years.
    ///
    /// ```
    /// let tariff = wattlens::tariff::load("cn-fujian-two-part-1-10kv-2025-08")?;
    /// let periods = tariff.periods("2025-08-01".parse()?, "2025-09-01".parse()?, None)?;
    /// let august = &periods[0].days[0];
    /// assert_eq!(august.dates.len(), 31);
    /// assert_eq!(august.periods[3].windows, ["11:00-12:00", "17:00-18:00"]); // sharp
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn periods(&self, from: Date, until: Date, calendar: Option<&Calendar>) -> Result<Vec<PeriodsInForce>> {
        let weekends = Calendar::weekends();
        let mut found: Vec<PeriodsInForce> = Vec::new();
        for (from, until) in self.split(from, until) {
            let version = self.version_on(from);
            let written = &self.sheet().versions[version.at].schedules;
            for (id, plans, factors) in &version.schedules {
                let schedule = written.iter().find(|one| one.id == *id);
                let needs_holidays = schedule.is_some_and(super::Schedule::needs_holidays);
                let dates: Vec<Date> =
                    from.series(jiff::Span::new().days(1)).take_while(|date| *date < until).collect();
                let by_windows = plans.by_windows(&dates, calendar.unwrap_or(&weekends), &self.given().event_days)?;
                let days = by_windows
                    .into_iter()
                    .map(|(dates, stretches)| DayWindows { dates, periods: named_windows(plans.names(), &stretches) });
                let mut days: Vec<DayWindows> = days.collect();
                days.sort_by_key(|one| std::cmp::Reverse(one.dates.len()));
                found.push(PeriodsInForce {
                    schedule: id.clone(),
                    from,
                    until,
                    source: schedule.map(|one| one.source.clone()),
                    factors: factors.clone(),
                    lacks_calendar: needs_holidays && calendar.is_none(),
                    days,
                });
            }
        }
        Ok(found)
    }

    /// What stands behind the lines of the bill of these quantities.
    ///
    /// # Errors
    /// As [`Tariff::bill`]; a calendar that does not speak for these years.
    ///
    /// ```
    /// use wattlens::site::{Contract, PowerFactorStandard};
    /// let tariff = wattlens::tariff::load("cn-fujian-two-part-1-10kv-2025-08")?;
    /// let quantities = wattlens::tariff::BillingQuantities {
    ///     from: "2025-08-01".parse()?,
    ///     until: "2025-09-01".parse()?,
    ///     kwh: [("peak".to_owned(), 1000.0)].into(),
    ///     import_kvarh: Some(250.0),
    ///     ..Default::default()
    /// };
    /// let contract = Contract { power_factor_standard: Some(PowerFactorStandard::try_from(0.90)?), ..Default::default() };
    /// let facts = tariff.explain(&quantities, &contract, None)?;
    /// let factor = facts.steps.iter().find(|step| step.code == "power_factor.factor").unwrap();
    /// assert_eq!((factor.facts["factor"].as_str(), factor.facts["rounded"].as_str()), (Some("0.970143"), Some("0.97")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(
        &self,
        quantities: &BillingQuantities,
        contract: &Contract,
        calendar: Option<&Calendar>,
    ) -> Result<BillFacts> {
        self.check_usable(quantities.from, quantities.until)?;
        charge(self, quantities, contract, &mut |_| {}, &mut |_| {})?;
        let mut steps = Vec::new();
        let parts = if quantities.parts.is_empty() { std::slice::from_ref(quantities) } else { &quantities.parts };
        for part in parts {
            let version = self.version_on(part.from);
            let account = Account::new(self, version, part, quantities, contract);
            for component in self.components(version) {
                let of_component = component.charge.kind().steps(&account).into_iter().map(|step| Step {
                    component: component.id.clone(),
                    dates: (parts.len() > 1).then_some((part.from, part.until)),
                    ..step
                });
                steps.extend(of_component);
            }
        }
        Ok(BillFacts { steps, periods: self.periods(quantities.from, quantities.until, calendar)? })
    }
}

/// Windows by period; one that midnight cuts is written whole.
fn named_windows(names: &[String], stretches: &[(Clock, Clock, usize)]) -> Vec<PeriodWindows> {
    let wraps = match stretches {
        [(start, _, first), .., (_, end, last)] => (first == last && start.0 == 0 && end.0 == 1440).then_some(*first),
        _ => None,
    };
    let windows = |period: usize| {
        let mut of: Vec<(Clock, Clock)> =
            stretches.iter().filter(|(.., at)| *at == period).map(|(from, to, _)| (*from, *to)).collect();
        if wraps == Some(period)
            && let Some((_, to)) = of.first().copied()
            && let Some(last) = of.last_mut()
        {
            last.1 = to;
            of.remove(0);
        }
        of.into_iter().map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>()
    };
    let of_periods =
        names.iter().enumerate().map(|(at, name)| PeriodWindows { period: name.clone(), windows: windows(at) });
    of_periods.filter(|one| !one.windows.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{DemandBilling, OverrunRule, PowerFactorStandard};
    use crate::tariff::load;

    #[test]
    fn windows_across_midnight_are_written_whole() {
        let names = ["valley".to_owned(), "day".to_owned()];
        let stretches = [(Clock(0), Clock(480), 0), (Clock(480), Clock(1320), 1), (Clock(1320), Clock(1440), 0)];
        let found = named_windows(&names, &stretches);
        assert_eq!(found[0].windows, ["22:00-08:00"]);
        assert_eq!(found[1].windows, ["08:00-22:00"]);
        assert_eq!(named_windows(&names, &[(Clock(0), Clock(1440), 0)])[0].windows, ["00:00-24:00"]);
    }

    #[test]
    fn windows_by_version_are_those_of_the_dates() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        // October has no sharp period.
        let from = "2025-09-30".parse().unwrap();
        let found = tariff.periods(from, "2025-10-03".parse().unwrap(), None).unwrap();
        let counts: Vec<(usize, usize)> =
            found[0].days.iter().map(|one| (one.dates.len(), one.periods.len())).collect();
        assert_eq!(counts, [(2, 3), (1, 4)]);
        let peak = found[0].days[1].periods.iter().find(|one| one.period == "peak").unwrap();
        assert_eq!(peak.windows, ["10:00-11:00", "15:00-17:00", "18:00-20:00", "21:00-22:00"]);
        let factor: Vec<String> = found[0].factors.values().map(Decimal::to_string).collect();
        assert_eq!(factor, ["1.00", "1.58", "1.80", "0.37"]);
    }

    #[test]
    fn the_steps_of_a_contract_demand_and_a_power_factor_by_hand() {
        let tariff = load("cn-fujian-two-part-1-10kv-2025-08").unwrap();
        let quantities = BillingQuantities {
            from: "2025-08-01".parse().unwrap(),
            until: "2025-09-01".parse().unwrap(),
            kwh: [("peak".to_owned(), 3000.0)].into(),
            import_kvarh: Some(3500.0),
            export_kvarh: Some(-500.0),
            demand_kw: Some(1100.0),
            ..BillingQuantities::default()
        };
        let contract = Contract {
            capacity_kva: Some(2000.0),
            demand_billing: Some(DemandBilling::ContractDemand),
            contract_demand_kw: Some(1000.0),
            overrun_rule: OverrunRule::B,
            power_factor_standard: Some(PowerFactorStandard::try_from(0.90).unwrap()),
            ..Contract::default()
        };
        let facts = tariff.explain(&quantities, &contract, None).unwrap();
        let fact = |code: &str, name: &str| {
            let step = facts.steps.iter().find(|step| step.code == code).unwrap_or_else(|| panic!("{code}"));
            step.facts[name].clone()
        };
        // 0.3739 × 1.58 = 0.590762.
        assert_eq!(fact("energy.floating", "floated"), "0.590762");
        // 40 % of 2000 kVA is 800 kW, less than the contract; 105 % of 1000 kW is 1050, 50 above it.
        assert_eq!((fact("basic.floor", "floor_kw"), fact("basic.floor", "billed_kw")), ("800".into(), "1000".into()));
        assert_eq!((fact("basic.edge", "edge_kw"), fact("basic.overrun_b", "above_kw")), ("1050".into(), "50".into()));
        // 3000 kWh and 4000 kvarh: 3/5.
        assert_eq!(fact("power_factor.factor", "kvarh"), "4000");
        assert_eq!(fact("power_factor.factor", "apparent"), "5000");
        assert_eq!(
            (fact("power_factor.factor", "factor"), fact("power_factor.row", "percent")),
            ("0.6".into(), "25".into())
        );
    }
}
