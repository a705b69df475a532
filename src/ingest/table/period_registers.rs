//! Whether energies by tariff period, and those of a table with multipliers, are register readings: by what is said, else by their looks.

use super::settle::Gathered;
use super::stamped_meter::Stamped;
use crate::finding::{Finding, Severity};
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::Role;
use crate::readings::{Detected, Period, Sure};
use crate::stats::median;

/// Fewer readings cannot show that a column never decreases by nature.
const FEWEST: usize = 3;
/// A register stands at more than so many times its mean increase.
const TIMES_INCREASE: f64 = 20.0;

/// Fewer readings of a column alone may rise by chance.
const FEWEST_ALONE: usize = 8;
/// So many readings are needed for each time that a register may be set back.
const READINGS_PER_RESET: usize = 8;

/// Decides whether energies by tariff period, the totals beside them, and the energies of a table with multipliers, are
/// register readings: as the caller or a title says, else where none of them decreases and one stands high. Another table
/// is the trunk's.
pub(super) fn registers(gathered: &mut [Gathered], table: &Stamped) -> Option<(Detected, Option<Finding>)> {
    let role = |one: &Gathered| match one.heading.meaning {
        Meaning::Values(channel, role)
            if channel.quantity.is_energy() && !one.heading.unit.is_some_and(|unit| unit.is_power()) =>
        {
            Some(role)
        }
        _ => None,
    };
    let is_open = |one: &Gathered| matches!(role(one), Some(Role::Interval | Role::Energy(_)));
    let by_period = gathered.iter().any(|one| matches!(role(one), Some(Role::Energy(_))));
    let open = || gathered.iter().filter(|one| is_open(one));
    let names = open().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
    let has_multiplier = table.ratios.iter().any(|ratios| ratios.product().is_some());
    if names.is_empty() || !(by_period || has_multiplier || table.titled.is_some()) {
        return None;
    }
    let says_energy = open().any(|one| one.name.contains("电量"));
    let (are, why, sure) = match (table.options.read.registers, &table.titled) {
        (Some(given), _) => (given, "given".to_owned(), Sure::Given),
        _ if says_energy => (false, "the names say 电量".to_owned(), Sure::Certain),
        (None, Some((title, true))) => (true, format!("{title:?} stands above the header"), Sure::Certain),
        (None, None) if !by_period => return beside_multipliers(gathered, is_open),
        (None, by_name) => match looks(open()) {
            Some(true) => (true, "they never decrease and stand far above their increases".to_owned(), Sure::Likely),
            Some(false) => (false, "they decrease, or stand no higher than their increases".to_owned(), Sure::Likely),
            None if by_name.is_some() => (true, "the name of the file says so".to_owned(), Sure::Likely),
            None => (false, "assumed: too few rows to tell; pass registers=True if they are".to_owned(), Sure::Assumed),
        },
    };
    let finding = (sure == Sure::Assumed)
        .then(|| Finding::new("ingest.registers_unclear", Severity::Medium).with("columns", names.clone()));
    if !are {
        return Some((Detected::new("none", why, sure), finding));
    }
    for one in gathered.iter_mut().filter(|one| is_open(one)) {
        if let Meaning::Values(channel, role) = one.heading.meaning {
            let period = if let Role::Energy(period) = role { period } else { Period::Total };
            one.heading.meaning = Meaning::Values(channel, Role::Register(period));
        }
    }
    Some((Detected::new(names, why, sure), finding))
}

/// The same of a table with multipliers: those that never decrease, where one of them stands high. Whatever else it has
/// is the trunk's.
fn beside_multipliers(
    gathered: &mut [Gathered],
    is_open: impl Fn(&Gathered) -> bool,
) -> Option<(Detected, Option<Finding>)> {
    let is_one = |one: &Gathered| is_open(one) && known(one).len() >= FEWEST_ALONE && never_falls(&known(one));
    if !gathered.iter().any(|one| is_one(one) && stands_high(&known(one))) {
        // A few days may be either.
        let may_be = |one: &&Gathered| is_open(one) && never_falls(&known(one)) && stands_high(&known(one));
        let open: Vec<String> = gathered.iter().filter(may_be).map(|one| one.name.clone()).collect();
        let why = "assumed: too few rows to tell; pass registers=True if they are";
        return (!open.is_empty()).then(|| {
            let finding = Finding::new("ingest.registers_unclear", Severity::Medium).with("columns", open.join(", "));
            (Detected::new("none", why, Sure::Assumed), Some(finding))
        });
    }
    let mut names = Vec::new();
    for one in gathered.iter_mut() {
        if let (Meaning::Values(channel, Role::Interval), true) = (one.heading.meaning, is_one(one)) {
            one.heading.meaning = Meaning::Values(channel, Role::Register(Period::Total));
            names.push(one.name.clone());
        }
    }
    let why =
        "beside a multiplier, they never decrease, and one stands far above its increases; pass registers=False if not";
    Some((Detected::new(names.join(", "), why, Sure::Likely), None))
}

/// Whether columns look like registers; `None` where they are too short. None of them decreases, but where a meter was
/// replaced; and one of them stands high. Others may have begun at nothing, as the export of a new plant.
fn looks<'a>(columns: impl Iterator<Item = &'a Gathered>) -> Option<bool> {
    let columns: Vec<Vec<f64>> = columns.map(known).filter(|known| known.len() >= FEWEST).collect();
    let any = columns.iter().any(|values| stands_high(values));
    (!columns.is_empty()).then(|| any && columns.iter().all(|values| never_falls(values)))
}

fn known(one: &Gathered) -> Vec<f64> {
    one.values.iter().copied().filter(|value| value.is_finite()).collect()
}

fn never_falls(values: &[f64]) -> bool {
    let falls = values.windows(2).filter(|pair| matches!(pair, [a, b] if b < a)).count();
    let rises = values.windows(2).filter(|pair| matches!(pair, [a, b] if b > a)).count();
    // Rows may descend in time.
    falls.min(rises) <= values.len() / READINGS_PER_RESET
}

fn stands_high(values: &[f64]) -> bool {
    let steps =
        || values.windows(2).filter_map(|pair| Some((pair.get(1)? - pair.first()?).abs())).filter(|step| *step > 0.0);
    let step = median(&mut steps().collect::<Vec<f64>>());
    matches!((median(&mut values.to_vec()), step), (Some(level), Some(step)) if level >= TIMES_INCREASE * step)
}
