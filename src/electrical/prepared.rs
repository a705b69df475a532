//! What several rules look at, worked out once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::standard::Standard;
use crate::readings::{Channel, Phase, Quantity, Readings};
use crate::site::{Site, Supply, Values, VectorGroup, Wiring};
use crate::stats;
use crate::time::TimeAxis;

/// Word of a phase in the evidence.
pub(super) fn phase_word(phase: usize) -> &'static str {
    ["phase_l1", "phase_l2", "phase_l3"].get(phase).copied().unwrap_or("phase_total")
}

/// The total among the phases of [`Claims`].
pub(super) const TOTAL: usize = 3;

const PHASES: [Phase; 3] = [Phase::L1, Phase::L2, Phase::L3];
const BETWEEN: [Phase; 3] = [Phase::L1L2, Phase::L2L3, Phase::L3L1];
const PER_KILO: f64 = 1000.0;
const LANES: usize = 8;

/// Values of a channel; none where the channel has no value at all.
pub(super) struct Measured<'a> {
    pub values: Cow<'a, [f64]>,
    pub lowest: f64,
    pub highest: f64,
}

impl Measured<'_> {
    pub fn at(&self, index: usize) -> f64 {
        self.values.get(index).copied().unwrap_or(f64::NAN)
    }
}

type Phases<'a> = [Option<Measured<'a>>; 3];

/// The channels of a site and what its supply makes of the limits. Limits are in the unit of the values.
pub(super) struct Prepared<'a> {
    pub site: &'a Site,
    pub wiring: Wiring,
    pub voltage: Phases<'a>,
    pub between: Phases<'a>,
    pub current: Phases<'a>,
    pub neutral_current: Option<Measured<'a>>,
    pub power: Phases<'a>,
    pub power_factor: Phases<'a>,
    pub total_power: Option<Measured<'a>>,
    pub total_power_factor: Option<Measured<'a>>,
    /// Nominal voltage as the values show it [V]; `None` where the standard's does not fit them.
    nominal_v: Option<f64>,
    load_kw: OnceCell<Option<Vec<f64>>>,
    load_kva: OnceCell<Option<Vec<f64>>>,
    volt_amperes: OnceCell<Option<Vec<f64>>>,
}

fn measured(readings: &Readings, quantity: Quantity, phase: Phase) -> Option<Measured<'_>> {
    let values = readings.series(Channel::mean(quantity, phase))?.whole();
    // In lanes that do not wait for each other; NaN passes no comparison.
    let (mut lowest, mut highest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            lowest[lane] = if chunk[lane] < lowest[lane] { chunk[lane] } else { lowest[lane] };
            highest[lane] = if chunk[lane] > highest[lane] { chunk[lane] } else { highest[lane] };
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        lowest[lane] = if *value < lowest[lane] { *value } else { lowest[lane] };
        highest[lane] = if *value > highest[lane] { *value } else { highest[lane] };
    }
    let lowest = lowest.into_iter().fold(f64::INFINITY, f64::min);
    let highest = highest.into_iter().fold(f64::NEG_INFINITY, f64::max);
    (lowest <= highest).then_some(Measured { values, lowest, highest })
}

impl<'a> Prepared<'a> {
    pub fn of(site: &'a Site, standard: &Standard) -> Self {
        let readings = site.readings();
        let supply = site.supply();
        let of_phases = |quantity: Quantity| PHASES.map(|phase| measured(readings, quantity, phase));
        let mut voltage = of_phases(Quantity::Voltage);
        let mut current = of_phases(Quantity::Current);
        let between = BETWEEN.map(|phase| measured(readings, Quantity::Voltage, phase));
        let wiring = supply.wiring.unwrap_or_else(|| {
            let has = |phase: usize| {
                let found = [voltage.get(phase), current.get(phase)];
                found.into_iter().flatten().any(Option::is_some)
            };
            match (has(0), has(1), has(2)) {
                (_, true, _) => Wiring::ThreePhaseFourWire,
                (_, false, true) => Wiring::ThreePhaseThreeWire,
                _ if between.iter().any(Option::is_some) => Wiring::ThreePhaseThreeWire,
                _ => Wiring::SinglePhase,
            }
        });
        if wiring == Wiring::SinglePhase {
            // The only phase may be called the total.
            let only = |quantity| measured(readings, quantity, Phase::Total);
            voltage[0] = voltage[0].take().or_else(|| only(Quantity::Voltage));
            current[0] = current[0].take().or_else(|| only(Quantity::Current));
        }
        if wiring == Wiring::ThreePhaseThreeWire && voltage.iter().all(Option::is_none) {
            // The two elements measure between the phases.
            voltage[0] = measured(readings, Quantity::Voltage, Phase::L1L2);
            voltage[2] = measured(readings, Quantity::Voltage, Phase::L2L3);
        }
        let nominal_v = nominal(supply, wiring, standard.nominal_v.value, &voltage);
        Self {
            site,
            wiring,
            between,
            neutral_current: measured(readings, Quantity::Current, Phase::N),
            power: of_phases(Quantity::ActivePower),
            power_factor: of_phases(Quantity::PowerFactor),
            total_power: measured(readings, Quantity::ActivePower, Phase::Total),
            total_power_factor: measured(readings, Quantity::PowerFactor, Phase::Total),
            voltage,
            current,
            nominal_v,
            load_kw: OnceCell::new(),
            load_kva: OnceCell::new(),
            volt_amperes: OnceCell::new(),
        }
    }

    pub fn readings(&self) -> &'a Readings {
        self.site.readings()
    }

    pub fn axis(&self) -> &'a TimeAxis {
        self.site.readings().axis()
    }

    pub fn len(&self) -> usize {
        self.axis().len()
    }

    pub fn supply(&self) -> &'a Supply {
        self.site.supply()
    }

    /// Phases that the wiring measures.
    pub fn phases(&self) -> &'static [usize] {
        match self.wiring {
            Wiring::ThreePhaseFourWire => &[0, 1, 2],
            Wiring::ThreePhaseThreeWire => &[0, 2],
            Wiring::SinglePhase => &[0],
        }
    }

    fn of_wiring<'s>(&self, channels: &'s Phases<'a>) -> Vec<(usize, &'s Measured<'a>)> {
        let one = |phase: &usize| Some((*phase, channels.get(*phase)?.as_ref()?));
        self.phases().iter().filter_map(one).collect()
    }

    /// Phases with a voltage.
    pub fn voltages(&self) -> Result<Vec<(usize, &Measured<'a>)>, &'static str> {
        let found = self.of_wiring(&self.voltage);
        if found.is_empty() { Err("readings.voltage") } else { Ok(found) }
    }

    /// Phases with a current.
    pub fn currents(&self) -> Result<Vec<(usize, &Measured<'a>)>, &'static str> {
        let found = self.of_wiring(&self.current);
        if found.is_empty() { Err("readings.current") } else { Ok(found) }
    }

    /// Phases with an active power.
    pub fn powers(&self) -> Result<Vec<(usize, &Measured<'a>)>, &'static str> {
        let found = self.of_wiring(&self.power);
        if found.is_empty() { Err("readings.phase_power") } else { Ok(found) }
    }

    /// Voltages of every phase that the wiring measures, of at least `least`.
    pub fn all_voltages(&self, least: usize) -> Result<Vec<&Measured<'a>>, &'static str> {
        self.all(self.voltages()?, least, "readings.voltage")
    }

    /// Currents of every phase that the wiring measures, of at least `least`.
    pub fn all_currents(&self, least: usize) -> Result<Vec<&Measured<'a>>, &'static str> {
        self.all(self.currents()?, least, "readings.current")
    }

    /// Powers of every phase that the wiring measures, of at least `least`.
    pub fn all_powers(&self, least: usize) -> Result<Vec<&Measured<'a>>, &'static str> {
        self.all(self.powers()?, least, "readings.phase_power")
    }

    fn all<'s>(
        &self,
        found: Vec<(usize, &'s Measured<'a>)>,
        least: usize,
        needs: &'static str,
    ) -> Result<Vec<&'s Measured<'a>>, &'static str> {
        if self.phases().len() < least {
            return Err("supply.three_phases");
        }
        if found.len() < self.phases().len() {
            return Err(needs);
        }
        Ok(found.into_iter().map(|(_, one)| one).collect())
    }

    /// Nominal voltage [V] as the values show it.
    pub fn nominal_v(&self) -> Result<f64, &'static str> {
        self.nominal_v.ok_or("supply.nominal_v")
    }

    /// What a nameplate current of the meter is in the values.
    fn as_shown(&self, nameplate_a: f64) -> f64 {
        match self.supply().values {
            Values::Primary => nameplate_a * self.supply().ct_ratio.unwrap_or(1.0),
            Values::Secondary => nameplate_a,
        }
    }

    /// Basic current [A] as the values show it.
    pub fn basic_a(&self) -> Result<f64, &'static str> {
        self.supply().basic_current_a.map(|a| self.as_shown(a)).ok_or("supply.basic_current_a")
    }

    /// Maximum current [A] as the values show it.
    pub fn maximum_a(&self) -> Result<f64, &'static str> {
        self.supply().maximum_current_a.map(|a| self.as_shown(a)).ok_or("supply.maximum_current_a")
    }

    /// What a product of volts and amperes as shown is multiplied by to be primary kVA.
    pub fn kva_per_va(&self) -> f64 {
        let supply = self.supply();
        match supply.values {
            Values::Primary => 1.0 / PER_KILO,
            Values::Secondary => supply.ct_ratio.unwrap_or(1.0) * supply.pt_ratio.unwrap_or(1.0) / PER_KILO,
        }
    }

    /// Apparent power of each ampere of one phase, for a sum over [`Prepared::phases`]: two elements between phases
    /// together have √3 of what a sum over phases has.
    fn element_factor(&self) -> f64 {
        if self.wiring == Wiring::ThreePhaseThreeWire { 3f64.sqrt() / 2.0 } else { 1.0 }
    }

    /// Full power of the meter [kW]: √3 or 3 times voltage and maximum current.
    pub fn meter_kw(&self) -> Result<f64, &'static str> {
        let elements = self.phases().len() as f64 * self.element_factor();
        Ok(self.maximum_a()? * self.nominal_v()? * self.kva_per_va() * elements)
    }

    /// Rated power of the transformer [kVA]; where only the contract tells a capacity, that.
    pub fn transformer_kva(&self) -> Result<f64, &'static str> {
        self.supply().transformer_kva.or(self.site.contract().capacity_kva).ok_or("supply.transformer_kva")
    }

    /// Rated current of the transformer [A] as the values show it.
    pub fn rated_a(&self) -> Result<f64, &'static str> {
        let nominal_v = self.nominal_v()?;
        let elements = match self.wiring {
            Wiring::ThreePhaseFourWire => 3.0,
            Wiring::ThreePhaseThreeWire => 3f64.sqrt(),
            Wiring::SinglePhase => 1.0,
        };
        Ok(self.transformer_kva()? / (elements * nominal_v * self.kva_per_va()))
    }

    /// Largest neutral current as a share of the rated current; the standard's is for Yyn0 and where nobody said else.
    pub fn neutral_share(&self, standard: f64) -> Result<f64, &'static str> {
        match (self.supply().neutral_limit_share, self.supply().vector_group) {
            (Some(share), _) => Ok(share),
            (None, Some(VectorGroup::Dyn11)) => Err("supply.neutral_limit_share"),
            (None, _) => Ok(standard),
        }
    }

    /// Mean active power of every interval [kW], import positive: the total, the sum of the phases, or from energy.
    pub fn load_kw(&self) -> Option<&[f64]> {
        let work = || {
            if let Some(total) = &self.total_power {
                return Some(total.values.to_vec());
            }
            if let Ok(phases) = self.all_powers(1) {
                return Some((0..self.len()).map(|index| phases.iter().map(|one| one.at(index)).sum()).collect());
            }
            let per_hour = 1.0 / self.axis().step_h();
            let import = self.readings().series(Channel::IMPORT_KWH)?.whole();
            let export = self.readings().series(Channel::EXPORT_KWH).map(crate::readings::Series::whole);
            let at = |index: usize| export.as_ref().and_then(|one| one.get(index)).copied().unwrap_or(0.0);
            Some(import.iter().enumerate().map(|(index, kwh)| (kwh - at(index)) * per_hour).collect())
        };
        self.load_kw.get_or_init(work).as_deref()
    }

    /// Apparent power of every interval [kVA]: measured, from active and reactive power or energy, from the power
    /// factor, or from voltages and currents.
    pub fn load_kva(&self) -> Option<&[f64]> {
        self.load_kva.get_or_init(|| self.work_kva()).as_deref()
    }

    fn work_kva(&self) -> Option<Vec<f64>> {
        let readings = self.readings();
        if let Some(total) = measured(readings, Quantity::ApparentPower, Phase::Total) {
            return Some(total.values.into_owned());
        }
        if let (Some(active), Some(reactive)) = (self.load_kw(), self.reactive_kvar()) {
            return Some(active.iter().zip(&reactive).map(|(kw, kvar)| kw.hypot(*kvar)).collect());
        }
        if let (Some(active), Some(factor)) = (self.load_kw(), &self.total_power_factor) {
            let kva = |(kw, factor): (&f64, &f64)| if *factor == 0.0 { f64::NAN } else { (kw / factor).abs() };
            return Some(active.iter().zip(factor.values.iter()).map(kva).collect());
        }
        self.volt_amperes().map(<[f64]>::to_vec)
    }

    fn reactive_kvar(&self) -> Option<Vec<f64>> {
        let readings = self.readings();
        if let Some(total) = measured(readings, Quantity::ReactivePower, Phase::Total) {
            return Some(total.values.into_owned());
        }
        let per_hour = 1.0 / self.axis().step_h();
        let import = readings.series(Channel::IMPORT_KVARH)?.whole();
        let export = readings.series(Channel::EXPORT_KVARH).map(crate::readings::Series::whole);
        let at = |index: usize| export.as_ref().and_then(|one| one.get(index)).copied().unwrap_or(0.0);
        Some(import.iter().enumerate().map(|(index, kvarh)| (kvarh - at(index)) * per_hour).collect())
    }

    /// Apparent power from voltages and currents [kVA].
    pub fn volt_amperes(&self) -> Option<&[f64]> {
        self.volt_amperes.get_or_init(|| self.work_volt_amperes()).as_deref()
    }

    fn work_volt_amperes(&self) -> Option<Vec<f64>> {
        let (volts, amperes) = (self.all_voltages(1).ok()?, self.all_currents(1).ok()?);
        let factor = self.kva_per_va() * self.element_factor();
        let sum = |index: usize| volts.iter().zip(&amperes).map(|(v, a)| v.at(index) * a.at(index).abs()).sum::<f64>();
        Some((0..self.len()).map(|index| sum(index) * factor).collect())
    }

    /// Current from which on a phase carries load: a share of the basic current, or of the largest current seen.
    pub fn load_limit_a(&self, share: f64) -> f64 {
        let largest = self.current.iter().flatten().map(|one| one.highest.max(-one.lowest)).fold(0.0, f64::max);
        share * self.basic_a().unwrap_or(largest)
    }

    /// Half-open ranges of intervals by local week, or by local month for 28 days and more.
    pub fn periods(&self, period_days: f64) -> Vec<(String, Range<usize>)> {
        let local = self.readings().local();
        if period_days >= 28.0 {
            return local.months().iter().map(|month| (month.label(), month.range.clone())).collect();
        }
        let mut weeks: Vec<(String, Range<usize>)> = Vec::new();
        for day in local.days() {
            let is_monday = day.date.weekday() == jiff::civil::Weekday::Monday;
            match weeks.last_mut() {
                Some(week) if !is_monday => week.1.end = day.range.end,
                _ => weeks.push((day.date.to_string(), day.range.clone())),
            }
        }
        weeks
    }
}

/// Highest of the phases in an interval; NaN where one of them is not known.
pub(super) fn highest(phases: &[&Measured<'_>], index: usize) -> f64 {
    phases
        .iter()
        .map(|one| one.at(index))
        .fold(f64::NEG_INFINITY, |most: f64, one| if most.is_nan() || most >= one { most } else { one })
}

/// Highest and lowest amount of the phases in an interval; NaN where one of them is not known.
pub(super) fn extremes(phases: &[&Measured<'_>], index: usize) -> (f64, f64) {
    let (mut most, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
    for one in phases {
        let value = one.at(index).abs();
        if value.is_nan() {
            return (f64::NAN, f64::NAN);
        }
        (most, least) = (most.max(value), least.min(value));
    }
    (most, least)
}

/// As the supply says; else the standard's, where the voltages are near to it.
fn nominal(supply: &Supply, wiring: Wiring, standard_v: f64, voltage: &Phases<'_>) -> Option<f64> {
    let shown = |primary_v: f64| match supply.values {
        Values::Primary => primary_v,
        Values::Secondary => primary_v / supply.pt_ratio.unwrap_or(1.0),
    };
    if let Some(nominal_v) = supply.nominal_v {
        return Some(shown(nominal_v));
    }
    let standard_v = if wiring == Wiring::ThreePhaseThreeWire { standard_v * 3f64.sqrt() } else { standard_v };
    // A sample of some hundred values tells 57.7 V, 120 V and 230 V apart.
    let usual = voltage.iter().flatten().filter_map(|one| {
        let step = (one.values.len() / 500).max(1);
        let mut some: Vec<f64> = one.values.iter().step_by(step).copied().filter(|value| *value > 0.0).collect();
        stats::median(&mut some)
    });
    let usual = usual.fold(f64::NAN, f64::max);
    let fits = usual.is_nan() || (0.7..=1.3).contains(&(usual / standard_v));
    fits.then_some(shown(standard_v)).filter(|_| supply.values == Values::Primary)
}

/// Kinds of faults that name an interval only once.
#[derive(Clone, Copy)]
pub(super) enum Group {
    Voltage = 1,
    Current = 2,
    Power = 4,
    Load = 8,
    Ratio = 16,
}

/// Intervals that a rule has named, by phase.
#[derive(Default)]
pub(super) struct Claims([Vec<u8>; 4]);

impl Claims {
    /// Whether a graver rule has named an interval of a phase; total has none of its own.
    pub fn has(&self, group: Group, phase: usize, index: usize) -> bool {
        let named = self.0.get(phase.min(3)).and_then(|named| named.get(index));
        named.is_some_and(|named| named & group as u8 != 0)
    }

    /// Whether a rule has named an interval of some phase, or its ratio: the meter or the supply is in error.
    pub fn any(&self, index: usize) -> bool {
        let of_phase = self.0.iter().take(TOTAL).any(|named| named.get(index).is_some_and(|named| *named != 0));
        of_phase || self.has(Group::Ratio, TOTAL, index)
    }

    /// Whether a rule has named the powers of some phase.
    pub fn any_power(&self, index: usize) -> bool {
        (0..TOTAL).any(|phase| self.has(Group::Power, phase, index))
    }

    /// Names intervals of a phase; 3 is the total.
    pub fn add(&mut self, group: Group, phase: usize, range: &Range<usize>, len: usize) {
        if let Some(named) = self.0.get_mut(phase.min(3)) {
            named.resize(len, 0);
            if let Some(part) = named.get_mut(range.clone()) {
                part.iter_mut().for_each(|one| *one |= group as u8);
            }
        }
    }
}
