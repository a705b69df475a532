//! Which columns are cumulative registers (示值), by what the caller says or by their values.

use super::ReadOptions;
use super::raw::{RawColumn, RawRows, Role};
use crate::finding::{Finding, Severity};
use crate::readings::{Detected, Kind, Period, Sure};

/// Fewer numbers may rise all the way by chance: a day of quarter hours.
const FEWEST: usize = 96;
/// The same for one number a day or less often.
const FEWEST_LONG: usize = 24;
/// A register that starts near nothing shows itself after a week of quarter hours.
const FEWEST_FROM_ZERO: usize = 672;
/// Fewer increases are a value that is stuck and moves now and then.
const FEWEST_INCREASES: usize = 8;
/// A register stands at more than so many times its largest increase.
const TIMES_INCREASE: f64 = 20.0;
/// One number in so many may stand below the one before it: damaged readings.
const NUMBERS_PER_DROP: usize = 100;
/// So many times may a register be set back; loads go back and forth.
const MOST_RESETS: usize = 3;

/// Fewer falls may be damaged readings.
const FEWEST_FALLS: usize = 4;
/// A column that falls more often than once in so many steps is a load (engineering).
const STEPS_PER_FALL: usize = 10;

/// Gives columns of energy that are registers the role of registers, and says so in the provenance.
pub(super) fn mark(rows: &mut RawRows, is_long: bool, options: &ReadOptions) {
    let mut found: Option<(Vec<String>, String, Sure)> = None;
    let mut note = |name: &str, why: String, sure: Sure| match &mut found {
        Some((names, ..)) => names.push(name.to_owned()),
        none => *none = Some((vec![name.to_owned()], why, sure)),
    };
    // A value between two stamps is no reading at one.
    let has_both_ends = rows.ends.is_some();
    let stamps = rows.stamps();
    let in_order: Option<Vec<usize>> = (!stamps.is_sorted()).then(|| {
        let mut order: Vec<usize> = (0..stamps.len()).collect();
        order.sort_by_key(|row| stamps[*row]);
        order
    });
    let mut not_registers = Vec::new();
    for column in &mut rows.columns {
        match column.role {
            Role::Interval if may_be(column) => {}
            Role::Register(period) => {
                let falls = Falls::of(column, in_order.as_deref());
                let is_told = options.registers == Some(true);
                if options.registers != Some(false) && (is_told || !falls.are_a_load()) {
                    note(&column.name, "the source says so".to_owned(), Sure::Certain);
                    continue;
                }
                // A load by its values, whatever its name says.
                column.role = if period == Period::Total { Role::Interval } else { Role::Energy(period) };
                if options.registers.is_none() {
                    not_registers.push(falls.finding(&column.name));
                }
                continue;
            }
            _ => continue,
        }
        match options.registers {
            Some(false) => continue,
            Some(true) => note(&column.name, "given".to_owned(), Sure::Given),
            None if has_both_ends => continue,
            None => {
                // The hour that comes twice in autumn is in order in the file and not by its stamps.
                let values = &column.values;
                let look = look(values.iter().copied(), is_long).or_else(|| {
                    let order = in_order.as_ref()?;
                    look(order.iter().filter_map(|row| values.get(*row)).copied(), is_long)
                });
                let Some(look) = look else { continue };
                note(&column.name, look.why(column), Sure::Likely);
            }
        }
        column.role = Role::Register(Period::Total);
    }
    rows.findings.extend(not_registers);
    if let (Some((names, ..)), None) = (&mut found, options.registers) {
        // The export of a new plant begins at nothing and stands no higher than its increases.
        for column in rows.columns.iter_mut().filter(|one| one.role == Role::Interval && may_be(one)) {
            if never_decreases(&column.values, if is_long { FEWEST_LONG } else { FEWEST }) {
                names.push(column.name.clone());
                column.role = Role::Register(Period::Total);
            }
        }
    }
    if let Some((names, why, sure)) = found {
        rows.provenance.entry("registers".to_owned()).or_insert_with(|| Detected::new(names.join(", "), why, sure));
    }
}

/// How often the numbers of a column named as a register fall.
struct Falls {
    falls: usize,
    steps: usize,
}

impl Falls {
    fn of(column: &RawColumn, in_order: Option<&[usize]>) -> Self {
        let value = |row: usize| column.values.get(row).copied().filter(|value| value.is_finite());
        let known: Vec<f64> = match in_order {
            Some(order) => order.iter().filter_map(|row| value(*row)).collect(),
            None => column.values.iter().copied().filter(|value| value.is_finite()).collect(),
        };
        let falls = known.windows(2).filter(|pair| pair[1] < pair[0]).count();
        Self { falls, steps: known.len().saturating_sub(1) }
    }

    /// Whether they fall in more than one step of [`STEPS_PER_FALL`]: a register is set back now and then, a load falls all the time.
    fn are_a_load(&self) -> bool {
        self.falls >= FEWEST_FALLS && self.falls * STEPS_PER_FALL > self.steps
    }

    fn finding(&self, name: &str) -> Finding {
        Finding::new("ingest.not_a_register", Severity::Low)
            .with("column", name)
            .with("falls", self.falls)
            .with("steps", self.steps)
    }
}

/// Whether numbers never decrease, and do increase.
fn never_decreases(values: &[f64], fewest: usize) -> bool {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let increases = known().zip(known().skip(1)).filter(|(before, after)| after > before).count();
    known().count() >= fewest && increases >= FEWEST_INCREASES && known().is_sorted()
}

fn may_be(column: &RawColumn) -> bool {
    let channel = column.channel;
    channel.quantity.is_energy() && channel.kind != Kind::Sample && !column.unit.is_power()
}

/// What shows that numbers are a register's.
#[derive(Debug, PartialEq)]
struct Look {
    first: f64,
    last: f64,
    drops: usize,
}

impl Look {
    fn why(&self, column: &RawColumn) -> String {
        let Self { first, last, drops } = self;
        let symbol = column.unit.symbol(column.channel.quantity);
        let rises = match drops {
            0 => "it never decreases".to_owned(),
            1 => "it decreases once".to_owned(),
            drops => format!("it decreases {drops} times only"),
        };
        format!(
            "{rises} from {first} to {last} {symbol} and stands far above its increases; pass registers=False if not"
        )
    }
}

/// Looks at numbers in order of time, missing ones aside; `None` where they are no register's.
///
/// They hardly ever decrease, and stand at a multiple of what they increase by. Energies of intervals that happen to
/// rise all the way do not stand that high.
fn look(values: impl Iterator<Item = f64> + Clone, is_long: bool) -> Option<Look> {
    let known = || values.clone().filter(|value| value.is_finite());
    let first = known().next()?;
    let (mut last, mut count, mut drops, mut resets) = (first, 0usize, 0usize, 0usize);
    let mut fell_from = f64::INFINITY;
    for value in known() {
        // A single damaged reading is taken back by the next.
        resets -= usize::from(value >= fell_from);
        fell_from = f64::INFINITY;
        if value < last {
            (drops, resets, fell_from) = (drops + 1, resets + 1, last);
        }
        // Most energies end here, after a few numbers.
        if resets > MOST_RESETS + 1 {
            return None;
        }
        (last, count) = (value, count + 1);
    }
    let fewest = if is_long { FEWEST_LONG } else { FEWEST };
    if count < fewest || resets > MOST_RESETS || drops > 1 + count / NUMBERS_PER_DROP {
        return None;
    }
    let mut increases = Vec::new();
    let mut before = first;
    for value in known() {
        if value > before {
            increases.push(value - before);
        }
        before = value;
    }
    increases.sort_unstable_by(f64::total_cmp);
    // After a damaged reading the register jumps back up.
    let jumps = if drops == 0 { increases.len() / 500 } else { drops + increases.len() / 500 };
    let largest = *increases.get(increases.len().checked_sub(1 + jumps)?)?;
    if increases.len() < FEWEST_INCREASES {
        return None;
    }
    let high = |level: f64| level > TIMES_INCREASE * largest;
    let from_zero = count >= FEWEST_FROM_ZERO;
    (high(first) || (from_zero && high(median(known().collect())))).then_some(Look { first, last, drops })
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() { f64::NAN } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 000 kWh at first, 1 or 2 kWh more in each interval.
    fn register(count: usize) -> Vec<f64> {
        (0..count).map(|k| 10_000.0 + (k + k / 2) as f64).collect()
    }

    fn ends(values: &[f64]) -> Option<(f64, f64, usize)> {
        look(values.iter().copied(), false).map(|look| (look.first, look.last, look.drops))
    }

    #[test]
    fn a_register_is_told_from_energy() {
        assert_eq!(ends(&register(97)), Some((10_000.0, 10_144.0, 0)));
        let mut gaps = register(98);
        gaps[0] = f64::NAN;
        gaps[50] = f64::NAN;
        assert_eq!(ends(&gaps), Some((10_001.0, 10_145.0, 0)));
        assert_eq!(ends(&register(95)), None, "too short");
        assert!(look(register(30).into_iter(), true).is_some(), "long enough for days");
        assert_eq!(ends(&[5.0; 200]), None, "constant");
        let ramp: Vec<f64> = (20..200).map(f64::from).collect();
        assert_eq!(ends(&ramp), None, "20 is not above 20 × 1");
        assert_eq!(ends(&ramp[1..]), Some((21.0, 199.0, 0)));
        assert_eq!(ends(&[]), None);
        let mut stuck = vec![500.0; 200];
        stuck[150..].fill(501.0);
        assert_eq!(ends(&stuck), None, "one increase");
    }

    #[test]
    fn a_reset_or_a_damaged_reading_does_not_hide_a_register() {
        let mut reset = register(400);
        reset[200..].iter_mut().for_each(|value| *value -= 10_300.0);
        assert_eq!(ends(&reset).unwrap().2, 1);
        let mut damaged = register(400);
        damaged[50] = 0.0;
        assert_eq!(ends(&damaged).unwrap().2, 1);
        // A meter that was new when the file begins.
        let new: Vec<f64> = (0..700).map(f64::from).collect();
        assert_eq!(ends(&new), Some((0.0, 699.0, 0)));
    }

    #[test]
    fn loads_and_the_sun_are_no_registers() {
        let load: Vec<f64> =
            (0..5000).map(|k| 100.0 + 40.0 * (f64::from(k) / 96.0 * std::f64::consts::TAU).sin()).collect();
        assert_eq!(ends(&load), None);
        let saw: Vec<f64> = (0..5000).map(|k| f64::from(k % 1000)).collect();
        assert_eq!(ends(&saw), None, "four times back to zero");
        // One clear morning, minute by minute.
        let morning: Vec<f64> = (0..360).map(|k| (f64::from(k) / 360.0 * std::f64::consts::FRAC_PI_2).sin()).collect();
        assert_eq!(ends(&morning), None);
    }

    #[test]
    fn a_load_is_no_register_whatever_its_name_says() {
        let falls = |values: Vec<f64>| {
            let column =
                RawColumn::new(crate::readings::Channel::IMPORT_KWH, "reading", super::super::Unit::Kwh, values);
            Falls::of(&column, None)
        };
        let load = falls((0..48).map(|hour| f64::from(hour % 24)).collect());
        assert_eq!((load.falls, load.steps, load.are_a_load()), (1, 47, false));
        let load = falls((0..48).map(|hour| f64::from(hour % 5)).collect());
        assert_eq!((load.falls, load.steps, load.are_a_load()), (9, 47, true));
        assert!(!falls(register(200)).are_a_load());
    }
}
