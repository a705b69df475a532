//! What values are multiplied by (综合倍率 = CT × PT), where, why, and never twice.

use super::preamble::Preamble;
use crate::finding::{Finding, Severity};
use crate::ingest::meaning::Meaning;
use crate::ingest::raw::{RawColumn, Role};
use crate::readings::{Detected, Quantity, Sure};

/// Multipliers of a meter as a file gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ratios {
    /// The whole (综合倍率).
    pub whole: Option<f64>,
    /// Of the current transformer.
    pub current: Option<f64>,
    /// Of the voltage transformer.
    pub voltage: Option<f64>,
}

impl Ratios {
    /// As the lines above the header say.
    pub(super) fn of_preamble(preamble: &Preamble) -> Self {
        let ratio = |meaning| preamble.text(meaning).and_then(ratio);
        Self {
            whole: ratio(Meaning::Multiplier),
            current: ratio(Meaning::CurrentRatio),
            voltage: ratio(Meaning::VoltageRatio),
        }
    }

    /// These, and where they say nothing the others.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            whole: self.whole.or(other.whole),
            current: self.current.or(other.current),
            voltage: self.voltage.or(other.voltage),
        }
    }

    /// The whole multiplier: as given, or the product of both ratios, one of them taken as 1.
    pub(super) fn product(self) -> Option<f64> {
        let parts = (self.current.is_some() || self.voltage.is_some())
            .then(|| self.current.unwrap_or(1.0) * self.voltage.unwrap_or(1.0));
        self.whole.or(parts)
    }

    /// What secondary values of a quantity are multiplied by; `None` where that is not known.
    fn factor(self, quantity: Quantity) -> Option<f64> {
        match quantity {
            Quantity::PowerFactor | Quantity::Frequency => Some(1.0),
            Quantity::Voltage => self.voltage.or((self.product() == Some(1.0)).then_some(1.0)),
            Quantity::Current => self.current.or((self.product() == Some(1.0)).then_some(1.0)),
            _ => self.product(),
        }
    }
}

/// `40`, `800/5`, `10kV/100V`, `10000:100`.
pub(super) fn ratio(text: &str) -> Option<f64> {
    let side = |text: &str| {
        let text = text.trim();
        let digits = text.trim_end_matches(|one: char| one.is_alphabetic());
        let kilo = text.get(digits.len()..).is_some_and(|unit| unit.starts_with(['k', 'K']));
        let number: f64 = digits.trim().parse().ok()?;
        Some(if kilo { number * 1000.0 } else { number })
    };
    let number = match text.split_once(['/', ':', '：']) {
        Some((primary, secondary)) => side(primary)? / side(secondary)?,
        None => text.trim().parse().ok()?,
    };
    (number.is_finite() && number > 0.0).then_some(number)
}

/// What is known when the multiplier is put on columns.
pub(super) struct Use<'a> {
    pub ratios: Ratios,
    /// Whether the caller says the multiplier: then it is the trunk's to apply.
    pub is_given: bool,
    /// Whether values are said to be primary or secondary, and the text that says it.
    pub is_primary: Option<&'a (bool, String)>,
}

/// Sets the multiplier of each column, and says what was done in provenance and, where it is unclear, in a Finding.
/// `said` is whether each column's own name says primary or secondary. The last of the three is which columns were
/// multiplied.
///
/// Register readings are what the meter shows: they are multiplied unless the file says that they are primary. Energies,
/// powers, voltages and currents are multiplied only where the file says that they are secondary.
pub(super) fn apply(
    columns: &mut [RawColumn],
    said: &[Option<bool>],
    with: &Use,
) -> (Option<Detected>, Option<Finding>, Vec<bool>) {
    let mut multiplied = vec![false; columns.len()];
    let product = match with.ratios.product() {
        Some(product) if !with.is_given => product,
        _ => return (None, None, multiplied),
    };
    let text = |names: &[String]| {
        let mut shown = names.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
        if names.len() > 4 {
            shown.push_str(&format!(" and {} more", names.len() - 4));
        }
        shown
    };
    // What is done, and the columns to which it is.
    let mut done: Vec<(String, Vec<String>)> = Vec::new();
    let mut note = |what: String, name: &str| match done.iter_mut().find(|(known, _)| *known == what) {
        Some((_, names)) => names.push(name.to_owned()),
        None => done.push((what, vec![name.to_owned()])),
    };
    let mut unclear = Vec::new();
    for (at, column) in columns.iter_mut().enumerate() {
        let quantity = column.channel.quantity;
        let is_no_matter = matches!(quantity, Quantity::PowerFactor | Quantity::Frequency)
            || matches!(column.role, Role::MaximumDemandAt(_));
        if is_no_matter {
            continue;
        }
        let own = said.get(at).copied().flatten().map(|is_primary| (is_primary, "by its name".to_owned()));
        let of_file =
            || with.is_primary.map(|(is_primary, text)| (*is_primary, format!("{text:?} stands in the file")));
        let is_register = matches!(column.role, Role::Register(_));
        let as_shown = || is_register.then(|| (false, "a register is as the meter shows it".to_owned()));
        match (own.or_else(of_file).or_else(as_shown), with.ratios.factor(quantity)) {
            (Some((true, why)), _) => note(format!("not applied to values of the primary side ({why})"), &column.name),
            (Some((false, why)), Some(factor)) => {
                column.multiplier = factor;
                if let Some(multiplied) = multiplied.get_mut(at) {
                    *multiplied = true;
                }
                note(format!("applied ({why})"), &column.name);
            }
            _ => {
                note("not applied (nothing says that the values are secondary)".to_owned(), &column.name);
                unclear.push(column.name.clone());
            }
        }
    }
    let why: Vec<String> = done.iter().map(|(what, names)| format!("{}: {what}", text(names))).collect();
    let is_open = !unclear.is_empty() && product != 1.0;
    let detected =
        Detected::new(product.to_string(), why.join("; "), if is_open { Sure::Assumed } else { Sure::Certain });
    let finding = is_open.then(|| {
        Finding::new("ingest.multiplier_unclear", Severity::Medium)
            .with("multiplier", product)
            .with("columns", text(&unclear))
    });
    (Some(detected), finding, multiplied)
}

/// Where a file's multiplier changes, its later values are put on the scale of the first: a column has one multiplier.
/// A register goes on from its last reading by the differences, so that the energy of each difference is right.
///
/// `of_row` is the multiplier of each row; the first row and the change are in the Finding of the caller.
pub(super) fn follow_change(column: &mut RawColumn, first: Ratios, of_row: impl Fn(usize) -> Ratios) {
    let quantity = column.channel.quantity;
    let Some(first_factor) = first.factor(quantity) else { return };
    let scale = |row: usize| of_row(row).or(first).factor(quantity).map_or(1.0, |factor| factor / first_factor);
    if !matches!(column.role, Role::Register(_)) {
        for (row, value) in column.values.iter_mut().enumerate() {
            *value *= scale(row);
        }
        return;
    }
    let mut last: Option<(f64, f64, f64)> = None;
    for (row, value) in column.values.iter_mut().enumerate().filter(|(_, value)| value.is_finite()) {
        let shown = *value;
        *value = match last {
            None => shown,
            // A register that starts again with another multiplier is another meter's: it begins below the last reading,
            // so that nothing is taken for the energy between.
            Some((before, kept, scale_before)) if shown < before && scale(row) != scale_before => {
                let own = shown * scale(row);
                if own < kept { own } else { 0.0 }
            }
            Some((before, kept, _)) => kept + (shown - before) * scale(row),
        };
        last = Some((shown, *value, scale(row)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Unit;
    use crate::readings::{Channel, Period, Phase};

    #[test]
    fn ratios_are_read_as_they_are_written() {
        for (text, expected) in
            [("40", 40.0), ("800/5", 160.0), ("10kV/100V", 100.0), ("10000:100", 100.0), (" 1.0 ", 1.0)]
        {
            assert_eq!(ratio(text), Some(expected), "{text}");
        }
        for text in ["", "x", "5/0", "-4", "1/2/3", "nan"] {
            assert_eq!(ratio(text), None, "{text}");
        }
    }

    fn columns() -> Vec<RawColumn> {
        let column = |channel, name: &str, unit| RawColumn::new(channel, name, unit, vec![1.0]);
        let mut register = column(Channel::IMPORT_KWH, "示值", Unit::Kwh);
        register.role = Role::Register(Period::Total);
        let power = column(Channel::mean(Quantity::ActivePower, Phase::Total), "P", Unit::Kw);
        let voltage = column(Channel::mean(Quantity::Voltage, Phase::L1), "Ua", Unit::V);
        let current = column(Channel::mean(Quantity::Current, Phase::L1), "Ia", Unit::A);
        let factor = column(Channel::mean(Quantity::PowerFactor, Phase::Total), "PF", Unit::One);
        vec![register, power, voltage, current, factor]
    }

    fn applied(ratios: Ratios, is_primary: Option<bool>) -> (Vec<f64>, Option<Detected>, Option<Finding>) {
        let mut columns = columns();
        let said = is_primary.map(|is_primary| (is_primary, "二次侧".to_owned()));
        let with = Use { ratios, is_given: false, is_primary: said.as_ref() };
        let (detected, finding, _) = apply(&mut columns, &[], &with);
        (columns.iter().map(|column| column.multiplier).collect(), detected, finding)
    }

    #[test]
    fn registers_are_multiplied_and_curves_where_the_file_says_secondary() {
        let both = Ratios { whole: None, current: Some(160.0), voltage: Some(100.0) };
        let (multipliers, detected, finding) = applied(both, None);
        assert_eq!(multipliers, [16_000.0, 1.0, 1.0, 1.0, 1.0]);
        let detected = detected.unwrap();
        assert_eq!((detected.value.as_str(), detected.sure), ("16000", Sure::Assumed));
        assert_eq!(finding.unwrap().evidence["columns"], "P, Ua, Ia");
        let (multipliers, detected, finding) = applied(both, Some(false));
        assert_eq!(multipliers, [16_000.0, 16_000.0, 100.0, 160.0, 1.0]);
        assert_eq!((detected.unwrap().sure, finding), (Sure::Certain, None));
        assert_eq!(applied(both, Some(true)).0, [1.0; 5]);
        // Of the whole alone nobody knows the shares of current and voltage.
        let whole = Ratios { whole: Some(16_000.0), ..Ratios::default() };
        let (multipliers, _, finding) = applied(whole, Some(false));
        assert_eq!(multipliers, [16_000.0, 16_000.0, 1.0, 1.0, 1.0]);
        assert_eq!(finding.unwrap().evidence["columns"], "Ua, Ia");
        let one = Ratios { whole: Some(1.0), ..Ratios::default() };
        assert_eq!(applied(one, None).2, None);
        assert_eq!(applied(Ratios::default(), None).1, None);
    }

    #[test]
    fn a_change_keeps_the_energy_of_each_difference() {
        // 100, 110 with 40, then 115, 120 with 80: 10 × 40, 5 × 80 and 5 × 80.
        let mut register = columns().remove(0);
        register.values = vec![100.0, 110.0, 115.0, f64::NAN, 120.0];
        let whole = |value| Ratios { whole: Some(value), ..Ratios::default() };
        follow_change(&mut register, whole(40.0), |row| whole(if row < 2 { 40.0 } else { 80.0 }));
        let kept: Vec<f64> = register.values.iter().copied().filter(|value| value.is_finite()).collect();
        assert_eq!(kept, [100.0, 110.0, 120.0, 130.0]);
        // Another meter with another multiplier: 0 is below 9040, and 10 × 300 / 200 = 15 above it.
        register.values = vec![9030.0, 9040.0, 0.0, 10.0];
        follow_change(&mut register, whole(200.0), |row| whole(if row < 2 { 200.0 } else { 300.0 }));
        assert_eq!(register.values, [9030.0, 9040.0, 0.0, 15.0]);
        register.values = vec![9030.0, 9040.0, 9000.0, 9010.0];
        follow_change(&mut register, whole(200.0), |row| whole(if row < 2 { 200.0 } else { 300.0 }));
        assert_eq!(register.values, [9030.0, 9040.0, 0.0, 15.0], "never above the last reading of the other meter");
        let mut energy = RawColumn::new(Channel::IMPORT_KWH, "电量", Unit::Kwh, vec![1.0, 1.0, 1.0]);
        follow_change(&mut energy, whole(40.0), |row| whole(if row < 2 { 40.0 } else { 80.0 }));
        assert_eq!(energy.values, [1.0, 1.0, 2.0]);
    }
}
