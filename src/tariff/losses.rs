//! Transformer and line losses that are billed where the meter stands on the low-voltage side (高供低计).
//!
//! With T hours, rated power S, no-load and load loss P0 and Pk, no-load current I0 % and impedance voltage uk %, and
//! the apparent power Sᵢ of every interval:
//!
//! - active: P0·T + Pk·Σ(Sᵢ/S)²·dt,
//! - reactive: (I0/100)·S·T + (uk/100)·S·Σ(Sᵢ/S)²·dt.
//!
//! From quantities that were entered, Σ Sᵢ²·dt is K·(Ap² + Aq²)/T with the load-shape factor K; without a reactive
//! meter Ap/0.8 stands for the apparent energy (a Chinese billing class; recalled). A line of agreed share loses that
//! share of the metered energy and the transformer's losses (recalled); one of known resistance R at U kV loses
//! R·Σ Sᵢ²·dt/(1000·U²), without the transformer's own current (engineering).

use std::borrow::Cow;
use std::ops::Range;

use super::account::days_between;
use super::quantities::BillingQuantities;
use crate::error::{ErrorKind, Result};
use crate::readings::{Channel, Readings};
use crate::site::{ALLOCATED, Contract, LowSide};

/// Power factor that stands where there is no reactive meter.
const ASSUMED_POWER_FACTOR: f64 = 0.8;

/// Energy that is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Losses {
    pub(crate) kwh: f64,
    pub(crate) kvarh: f64,
}

impl LowSide {
    /// Losses of `hours` in which `kwh` were metered and the apparent power's square came to `kva2_h` \[kVA²·h\].
    fn losses(&self, hours: f64, kwh: f64, kva2_h: f64) -> Losses {
        let (mut lost, mut kvarh) = (0.0, 0.0);
        if let Some(one) = &self.transformer {
            let kva = one.capacity_kva;
            let rated_hours = kva2_h / (kva * kva);
            lost += one.no_load_loss_kw * hours + one.load_loss_kw * rated_hours;
            kvarh += kva / 100.0 * (one.no_load_current_percent * hours + one.impedance_percent * rated_hours);
        }
        if let Some(line) = &self.line {
            lost += line.share.unwrap_or_default() * (kwh + lost);
            if let (Some(ohm), Some(kv)) = (line.resistance_ohm, line.voltage_kv) {
                lost += ohm * kva2_h / (1000.0 * kv * kv);
            }
        }
        Losses { kwh: lost, kvarh }
    }

    /// Whether losses grow with the load, so that quantities without intervals need K.
    fn needs_shape(&self) -> bool {
        self.transformer.is_some() || self.line.is_some_and(|line| line.resistance_ohm.is_some())
    }
}

/// Load-shape factor K of apparent powers at even steps: n·ΣSᵢ²/(ΣSᵢ)²; `None` without load.
///
/// It is 1 for an even load. NaN is left out. For entered quantities, in [`LowSide`]; what was measured in intervals
/// needs none.
///
/// ```
/// assert_eq!(wattlens::tariff::shape_factor(&[2.0, 2.0]), Some(1.0));
/// assert_eq!(wattlens::tariff::shape_factor(&[4.0, 0.0]), Some(2.0));
/// assert_eq!(wattlens::tariff::shape_factor(&[0.0]), None);
/// ```
#[must_use]
pub fn shape_factor(kva: &[f64]) -> Option<f64> {
    let present = kva.iter().filter(|kva| !kva.is_nan());
    let (count, sum, squares) =
        present.fold((0usize, 0.0, 0.0), |(count, sum, squares), kva| (count + 1, sum + kva, squares + kva * kva));
    (sum > 0.0).then(|| count as f64 * squares / (sum * sum))
}

/// Losses of intervals; `None` where the meter stands at the supply point.
///
/// The transformer is on for all of `hours`, also where readings are missing; the load counts where it was measured.
/// The power through it is import less export. An interval without a reactive reading counts with a power factor of
/// 0.8.
pub(crate) fn measured(contract: &Contract, readings: &Readings, range: Range<usize>, hours: f64) -> Option<Losses> {
    let low_side = contract.low_side.as_ref()?;
    let of = |channel| readings.series(channel).map(|one| &one.values()[range.clone()]);
    let net = |import: &[f64], export: Option<&[f64]>| -> Vec<f64> {
        let less = |at: usize| export.map_or(0.0, |export| if export[at].is_nan() { 0.0 } else { export[at] });
        import.iter().enumerate().map(|(at, value)| value - less(at)).collect()
    };
    let active = net(of(Channel::IMPORT_KWH)?, of(Channel::EXPORT_KWH));
    let reactive = of(Channel::IMPORT_KVARH).map(|import| net(import, of(Channel::EXPORT_KVARH)));
    let mut squares = 0.0;
    for (at, kwh) in active.iter().enumerate().filter(|(_, kwh)| !kwh.is_nan()) {
        let kvarh = reactive.as_ref().map_or(f64::NAN, |reactive| reactive[at]);
        squares += if kvarh.is_nan() { (kwh / ASSUMED_POWER_FACTOR).powi(2) } else { kwh * kwh + kvarh * kvarh };
    }
    let kwh = of(Channel::IMPORT_KWH)?.iter().filter(|kwh| !kwh.is_nan()).sum();
    Some(low_side.losses(hours, kwh, squares / readings.axis().step_h()))
}

impl BillingQuantities {
    /// The same with the losses that a contract with metering on the low-voltage side adds, by the formula with the
    /// contract's load-shape factor; the same as it is where losses are in it already, where the meter stands at the
    /// supply point, or where the factor is not known: then the bill says what it lacks.
    ///
    /// A day counts 24 hours. Demand is not raised.
    ///
    /// # Errors
    /// Losses that are to join a period which the quantities do not have.
    ///
    /// ```
    /// use wattlens::site::{Contract, LowSide, Transformer};
    /// use wattlens::tariff::BillingQuantities;
    /// let transformer = Transformer {
    ///     capacity_kva: 1000.0, no_load_loss_kw: 1.0, load_loss_kw: 10.0,
    ///     no_load_current_percent: 1.0, impedance_percent: 5.0,
    /// };
    /// let low_side =
    ///     LowSide { transformer: Some(transformer), line: None, joins: "flat".to_owned(), shape_factor: Some(1.0) };
    /// let contract = Contract { low_side: Some(low_side), ..Contract::default() };
    /// let (from, until) = ("2026-04-01".parse()?, "2026-05-01".parse()?);
    /// let kwh = [("flat".to_owned(), 288_000.0)].into();
    /// let quantities = BillingQuantities { from, until, kwh, ..BillingQuantities::default() };
    /// // 720 h; 288 000 kWh at 0.8 are 500 kVA, a quarter of the rated load loss: 720 + 10 × 0.25 × 720 kWh.
    /// let billed = quantities.with_losses(&contract)?;
    /// assert_eq!((billed.loss_kwh, billed.kwh["flat"]), (Some(2520.0), 290_520.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_losses(&self, contract: &Contract) -> Result<Cow<'_, Self>> {
        let Some(low_side) = contract.low_side.as_ref().filter(|_| self.loss_kwh.is_none()) else {
            return Ok(Cow::Borrowed(self));
        };
        let shape_factor = match low_side.shape_factor {
            None if low_side.needs_shape() => return Ok(Cow::Borrowed(self)),
            known => known.unwrap_or(1.0),
        };
        let mut joined = self.clone();
        let whole_kwh = self.total_kwh();
        let mut sum = Losses { kwh: 0.0, kvarh: 0.0 };
        let of_part = |part: &Self| {
            let hours = 24.0 * days_between(part.from, part.until) as f64;
            let kwh = part.total_kwh();
            let of_whole = || self.kvarh().filter(|_| whole_kwh > 0.0).map(|kvarh| kvarh * kwh / whole_kwh);
            let squares = match part.kvarh().or_else(of_whole) {
                Some(kvarh) => kwh * kwh + kvarh * kvarh,
                None => (kwh / ASSUMED_POWER_FACTOR).powi(2),
            };
            low_side.losses(hours, kwh, shape_factor * squares / hours.max(1.0))
        };
        if joined.parts.is_empty() {
            sum = of_part(self);
        }
        for part in &mut joined.parts {
            let losses = of_part(part);
            part.join(losses, low_side)?;
            sum = Losses { kwh: sum.kwh + losses.kwh, kvarh: sum.kvarh + losses.kvarh };
        }
        joined.join(sum, low_side)?;
        joined.join_reactive();
        joined.parts.iter_mut().for_each(Self::join_reactive);
        Ok(Cow::Owned(joined))
    }

    /// Adds losses to the energy, once.
    ///
    /// # Errors
    /// A period to join that is not there.
    pub(crate) fn join(&mut self, losses: Losses, low_side: &LowSide) -> Result<()> {
        let total = self.total_kwh();
        let factor = (total + losses.kwh) / total;
        let count = self.kwh.len() as f64;
        if low_side.joins != ALLOCATED {
            let Some(kwh) = self.kwh.get_mut(&low_side.joins) else {
                let known = self.kwh.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let problem = format!("no period {:?} is billed; there are: {known}, or {ALLOCATED:?}", low_side.joins);
                return Err(ErrorKind::Site { field: "contract.low_side.joins".to_owned(), problem }.into());
            };
            *kwh += losses.kwh;
        } else if total > 0.0 {
            self.kwh.values_mut().for_each(|kwh| *kwh *= factor);
        } else {
            // The transformer is on without load too: nothing says in which period, so all have the same.
            self.kwh.values_mut().for_each(|kwh| *kwh += losses.kwh / count);
        }
        if total > 0.0 {
            // Every further schedule has the same energy, cut differently.
            self.other_kwh.values_mut().for_each(|kwh| *kwh *= factor);
        }
        (self.loss_kwh, self.loss_kvarh) = (Some(losses.kwh), Some(losses.kvarh));
        Ok(())
    }

    /// Adds the losses to what the power factor is made from, once, after it was measured or entered.
    pub(crate) fn join_reactive(&mut self) {
        let (Some(kwh), Some(kvarh)) = (self.loss_kwh, self.loss_kvarh) else { return };
        if let Some(import) = &mut self.import_kvarh {
            *import = import.abs() + kvarh;
        }
        if let Some(active) = &mut self.power_factor_kwh {
            *active += kwh;
        }
    }
}
