//! Power factor from energies, lagging only and as billed.

use std::ops::Range;

use serde::Serialize;

use super::Settings;
use super::trust::doubt;
use crate::quality::MonthVerdict;
use crate::readings::{Channel, Flag, Series};
use crate::site::Site;
use crate::time::Month;

/// Power factor of a month or of the whole period, from the sums of the intervals that have both
/// active and reactive energy.
///
/// `None` where reactive energy was not measured, where less of the period is there than
/// `min_present` of the settings, in a month whose energy is not sound, and where there is no active energy (a power factor of nothing is
/// not zero).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PowerFactor {
    /// `2018-11`, or `all`.
    pub label: String,
    /// Intervals with every channel that was measured, over the intervals of the month or period.
    pub present: f64,
    /// Active energy of these intervals \[kWh\].
    pub kwh: f64,
    /// Imported (lagging) reactive energy of these intervals \[kvarh\].
    pub import_kvarh: f64,
    /// Exported (leading) reactive energy of these intervals \[kvarh\]; `None` where not measured.
    pub export_kvarh: Option<f64>,
    /// kWh / √(kWh² + import kvarh²).
    pub lagging_only: Option<f64>,
    /// kWh / √(kWh² + (|import| + |export| kvarh)²), the Chinese billing rule. Where export was not
    /// measured it rests on import alone, as from a register that already adds both.
    pub as_billed: Option<f64>,
    /// `lagging_only` rounded to two decimals, half up.
    pub lagging_only_rounded: Option<f64>,
    /// `as_billed` rounded to two decimals, half up.
    pub as_billed_rounded: Option<f64>,
}

/// Power factor in whole hundredths, half up: 0.945 is 95.
///
/// What lies below a half by less than 10⁻⁹ of a hundredth, as a nominal 0.945 does in binary, counts
/// as the half.
///
/// ```
/// assert_eq!(wattlens::profile::hundredths_half_up(0.945), 95);
/// assert_eq!(wattlens::profile::hundredths_half_up(0.9449), 94);
/// ```
#[must_use]
pub fn hundredths_half_up(power_factor: f64) -> i32 {
    (power_factor * 100.0 + 0.5 + 1e-9).floor() as i32
}

/// kWh / √(kWh² + kvarh²); `None` where kWh is not positive.
///
/// ```
/// assert_eq!(wattlens::profile::power_factor(3.0, 4.0), Some(0.6));
/// assert_eq!(wattlens::profile::power_factor(0.0, 4.0), None);
/// ```
#[must_use]
pub fn power_factor(kwh: f64, kvarh: f64) -> Option<f64> {
    (kwh > 0.0 && kvarh.is_finite()).then(|| kwh / kwh.hypot(kvarh))
}

/// Power factors of every month and of the whole period; `None` where active or imported reactive
/// energy was not measured.
pub(super) fn power_factors(
    site: &Site,
    verdicts: &[MonthVerdict],
    settings: &Settings,
) -> Option<(Vec<PowerFactor>, PowerFactor)> {
    let readings = site.readings();
    let kwh = readings.series(Channel::IMPORT_KWH)?;
    let import = readings.series(Channel::IMPORT_KVARH)?;
    let export = readings.series(Channel::EXPORT_KVARH);
    let month = |(at, month): (usize, &Month)| {
        let sums = sums(kwh, import, export, month.range.clone());
        let is_sound = doubt(verdicts.get(at..at + 1).unwrap_or_default()).is_none();
        (sums, finish(month.label(), sums, month.expected, is_sound, export.is_some(), settings))
    };
    let (sums, months): (Vec<Sums>, Vec<PowerFactor>) = readings.local().months().iter().enumerate().map(month).unzip();
    let all = sums.into_iter().fold(Sums::default(), |a, b| Sums {
        kwh: a.kwh + b.kwh,
        import_kvarh: a.import_kvarh + b.import_kvarh,
        export_kvarh: a.export_kvarh + b.export_kvarh,
        present: a.present + b.present,
    });
    let is_sound = doubt(verdicts).is_none();
    Some((months, finish("all".to_owned(), all, readings.axis().len(), is_sound, export.is_some(), settings)))
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    kwh: f64,
    import_kvarh: f64,
    export_kvarh: f64,
    present: usize,
}

fn sums(kwh: &Series, import: &Series, export: Option<&Series>, range: Range<usize>) -> Sums {
    let add = |sums: Sums, kwh: (f64, Flag), import: (f64, Flag), export: (f64, Flag)| {
        let whole = kwh.1.is_whole() & import.1.is_whole() & export.1.is_whole();
        let present = |value: f64| if whole { value } else { 0.0 };
        Sums {
            kwh: sums.kwh + present(kwh.0),
            import_kvarh: sums.import_kvarh + present(import.0.abs()),
            export_kvarh: sums.export_kvarh + present(export.0.abs()),
            present: sums.present + usize::from(whole),
        }
    };
    let active = part(kwh, &range).zip(part(import, &range));
    match export {
        Some(export) => active
            .zip(part(export, &range))
            .fold(Sums::default(), |sums, ((kwh, import), export)| add(sums, kwh, import, export)),
        None => active.fold(Sums::default(), |sums, (kwh, import)| add(sums, kwh, import, (0.0, Flag::Measured))),
    }
}

/// Values with their flags.
fn part<'a>(series: &'a Series, range: &Range<usize>) -> impl Iterator<Item = (f64, Flag)> + use<'a> {
    let values = series.values().get(range.clone()).unwrap_or_default();
    let flags = series.flags().get(range.clone()).unwrap_or_default();
    values.iter().copied().zip(flags.iter().copied())
}

fn finish(
    label: String,
    sums: Sums,
    expected: usize,
    is_sound: bool,
    export_measured: bool,
    settings: &Settings,
) -> PowerFactor {
    let present = sums.present as f64 / expected.max(1) as f64;
    let enough = is_sound && sums.present > 0 && present >= settings.min_present;
    let lagging_only = power_factor(sums.kwh, sums.import_kvarh).filter(|_| enough);
    let as_billed = power_factor(sums.kwh, sums.import_kvarh + sums.export_kvarh).filter(|_| enough);
    let rounded = |value: Option<f64>| value.map(|value| f64::from(hundredths_half_up(value)) / 100.0);
    PowerFactor {
        label,
        present,
        kwh: sums.kwh,
        import_kvarh: sums.import_kvarh,
        export_kvarh: export_measured.then_some(sums.export_kvarh),
        lagging_only,
        as_billed,
        lagging_only_rounded: rounded(lagging_only),
        as_billed_rounded: rounded(as_billed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_up_as_printed() {
        for hundredths in 1..100 {
            let nominal: f64 = format!("0.{:03}", hundredths * 10 - 5).parse().unwrap();
            assert_eq!(hundredths_half_up(nominal), hundredths, "{nominal}");
            assert_eq!(hundredths_half_up(nominal - 1e-6), hundredths - 1, "{nominal}");
        }
        assert_eq!((hundredths_half_up(1.0), hundredths_half_up(0.0)), (100, 0));
    }
}
