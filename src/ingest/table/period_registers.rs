//! Whether energies by tariff period are register readings: by what is said, else by their looks.

use super::settle::Gathered;
use super::stamped_meter::Stamped;
use crate::finding::{Finding, Severity};
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::Role;
use crate::readings::{Detected, Period, Sure};

/// Fewer readings cannot show that a column never decreases by nature.
const FEWEST: usize = 3;
/// A register stands at more than so many times its mean increase.
const TIMES_INCREASE: f64 = 20.0;

/// Decides whether energies by tariff period, and the totals beside them, are register readings: as the caller or a title
/// says, else where all of them stand high and never decrease. A table without energies by period is the trunk's.
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
    if names.is_empty() || !(by_period || table.titled.is_some()) {
        return None;
    }
    let says_energy = open().any(|one| one.name.contains("电量"));
    let (are, why, sure) = match (table.options.read.registers, &table.titled) {
        (Some(given), _) => (given, "given".to_owned(), Sure::Given),
        _ if says_energy => (false, "the names say 电量".to_owned(), Sure::Certain),
        (None, Some((title, true))) => (true, format!("{title:?} stands above the header"), Sure::Certain),
        (None, by_name) => match looks(open()) {
            Some(true) => (true, "they never decrease and stand far above their increases".to_owned(), Sure::Likely),
            Some(false) => (false, "they decrease".to_owned(), Sure::Likely),
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

/// Whether columns look like registers; `None` where they are too short.
fn looks<'a>(mut columns: impl Iterator<Item = &'a Gathered>) -> Option<bool> {
    let mut any = None;
    let all = columns.all(|one| {
        let known: Vec<f64> = one.values.iter().copied().filter(|value| value.is_finite()).collect();
        if known.len() < FEWEST {
            return true;
        }
        any = Some(());
        // Rows may descend in time.
        let (rises, falls) = (known.is_sorted(), known.is_sorted_by(|a, b| a >= b));
        let (low, high) =
            known.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
        let increase = (high - low) / (known.len() - 1) as f64;
        (rises || falls) && low >= TIMES_INCREASE * increase
    });
    any.map(|()| all)
}
