//! The totals that a Green Button file gives itself, compared with its readings.

use super::espi::{Measurement, UsageSummary};
use super::meter_values::{MeterValues, Value};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Detected, Sure};

/// The import of a meter in order of time, with running sums, so that each total is found without adding up again.
struct Imported {
    starts: Vec<i64>,
    /// Sum of all values before each; one longer than the starts.
    sums: Vec<f64>,
    last_end: i64,
    multiplier: f64,
}

impl Imported {
    /// `None` where no channel is the import, or several are.
    fn of(meter: &MeterValues) -> Option<Self> {
        let mut imports = meter.channels.iter().filter(|channel| channel.channel == Channel::IMPORT_KWH);
        let (Some(import), None) = (imports.next(), imports.next()) else { return None };
        let mut values: Vec<&Value> = import.values.iter().filter(|one| one.value.is_finite()).collect();
        values.sort_by_key(|one| one.start);
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for one in &values {
            sum += one.value;
            sums.push(sum);
        }
        let last_end = values.iter().map(|one| one.start + i64::from(one.length_s)).max()?;
        let starts = values.iter().map(|one| one.start).collect();
        Some(Self { starts, sums, last_end, multiplier: import.multiplier })
    }

    /// Energy of the readings that start in `[from, to)` \[kWh\]; `None` where they do not reach over it.
    fn kwh(&self, from: i64, to: i64) -> Option<f64> {
        if *self.starts.first()? > from || self.last_end < to {
            return None;
        }
        let before = |instant: i64| self.sums.get(self.starts.partition_point(|start| *start < instant)).copied();
        Some((before(to)? - before(from)?) * self.multiplier / 1000.0)
    }
}

/// Compares the totals that the file gives for a meter with its readings: of the billing period, and of the time since
/// then, or of all readings where no billing period is given. What the readings do not reach over is not compared.
pub(super) fn compare(meter: &mut MeterValues, summaries: &[&UsageSummary]) {
    let Some(imported) = Imported::of(meter) else { return };
    let (Some(first), last) = (imported.starts.first().copied(), imported.last_end) else { return };
    for summary in summaries {
        let billing =
            summary.period_start.zip(summary.period_s).map(|(start, length_s)| (start, start.saturating_add(length_s)));
        // What has been used since the billing period, or all of it.
        let current = match (billing, summary.current_period.at) {
            (None, _) => Some((first, last)),
            (Some((_, end)), Some(at)) if at > end => Some((end, at)),
            _ => None,
        };
        for (stated, span) in [(summary.last_period, billing), (summary.current_period, current)] {
            let Measurement { value: Some(value), power_of_ten, uom: Some(72), .. } = stated else { continue };
            let (Some((from, to)), power_of_ten @ -12..=12) = (span, power_of_ten.unwrap_or(0)) else { continue };
            let Some(found_kwh) = imported.kwh(from, to) else { continue };
            let unit_kwh = 10f64.powi(i32::try_from(power_of_ten).unwrap_or(0)) / 1000.0;
            let expected_kwh = value * unit_kwh;
            if (expected_kwh - found_kwh).abs() <= 0.5 * unit_kwh {
                let why = "the total that the file gives is that of its readings";
                let agrees = Detected::new(format!("{expected_kwh} kWh"), why, Sure::Certain);
                meter.provenance.entry("sum_check".to_owned()).or_insert(agrees);
                continue;
            }
            meter.findings.push(
                Finding::new("ingest.sum_disagrees", Severity::Medium)
                    .at(from, to)
                    .with("channel", Channel::IMPORT_KWH.name())
                    .with("expected", expected_kwh)
                    .with("found", found_kwh)
                    .with("difference", found_kwh - expected_kwh)
                    .with("line", summary.line)
                    .kwh(found_kwh - expected_kwh),
            );
        }
    }
}
