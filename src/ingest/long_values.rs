//! Energies and maximum demands of days, months and billing periods, as spans.

use super::ReadOptions;
use super::days::{Bounds, bounds, instants};
use super::place::most;
use super::raw::{RawColumn, RawRows, RawTimes, Role, local_text};
use super::register_odd::period_fact;
use crate::finding::{Finding, Severity, Span};
use crate::readings::{Channel, Flag, Period, Phase, Quantity, SpanKind, SpanSeries, SpanValue};
use crate::time::Zone;

/// When the maximum demand of each row occurred, where the source tells.
type At = Option<Vec<Option<i64>>>;

/// The columns of energies and maximum demands as spans; Findings are left in `rows`.
///
/// Spans of one column do not overlap: of several rows for the same time the first is kept, and rows whose time
/// overlaps an earlier one's are left out, each with a Finding.
pub(super) fn spans(rows: &mut RawRows, zone: &Zone, options: &ReadOptions) -> (Vec<SpanSeries>, Bounds) {
    let has_value: Vec<bool> =
        (0..rows.stamps().len()).map(|row| rows.columns.iter().any(|column| is_there(column, row))).collect();
    let bounds = bounds(rows, &has_value, zone, options);
    let mut series: Vec<SpanSeries> = Vec::new();
    let mut findings = Vec::new();
    for column in &rows.columns {
        let Some((channel, kind, period)) = becomes(column) else { continue };
        let at = times_of_demand(rows, period, kind, zone);
        let one = Placing { rows, column, channel, kind, period, at, bounds: &bounds, zone }.place(&mut findings);
        series.push(one);
    }
    rows.findings.extend(findings);
    (series, bounds)
}

fn is_there(column: &RawColumn, row: usize) -> bool {
    column.values.get(row).is_some_and(|value| value.is_finite())
}

/// What a column becomes; `None` for one that only tells times.
fn becomes(column: &RawColumn) -> Option<(Channel, SpanKind, Period)> {
    match column.role {
        Role::Energy(period) => Some((column.channel, SpanKind::Energy, period)),
        Role::MaximumDemand(period) => {
            let channel = match column.channel.quantity {
                Quantity::ActiveEnergy => Channel::mean(Quantity::ActivePower, Phase::Total),
                Quantity::ReactiveEnergy => Channel::mean(Quantity::ReactivePower, Phase::Total),
                _ => column.channel,
            };
            Some((channel, SpanKind::MaximumDemand, period))
        }
        Role::Interval | Role::Register(_) | Role::MaximumDemandAt(_) => None,
    }
}

fn times_of_demand(rows: &RawRows, period: Period, kind: SpanKind, zone: &Zone) -> At {
    if kind != SpanKind::MaximumDemand {
        return None;
    }
    let column = rows.columns.iter().find(|column| column.role == Role::MaximumDemandAt(period))?;
    let whole = |value: &f64| if value.is_finite() && value.abs() < 1e11 { *value as i64 } else { 0 };
    let times: Vec<i64> = column.values.iter().map(whole).collect();
    let times = match rows.times {
        RawTimes::Instants(_) => RawTimes::Instants(times),
        RawTimes::WallClock(_) => RawTimes::WallClock(times),
    };
    let known = column.values.iter().map(|value| value.is_finite());
    Some(instants(&times, zone).into_iter().zip(known).map(|(at, known)| known.then_some(at)).collect())
}

/// One column on its way to a series of spans.
struct Placing<'a> {
    rows: &'a RawRows,
    column: &'a RawColumn,
    channel: Channel,
    kind: SpanKind,
    period: Period,
    at: At,
    bounds: &'a Bounds,
    zone: &'a Zone,
}

impl Placing<'_> {
    fn place(&self, findings: &mut Vec<Finding>) -> SpanSeries {
        let mut values: Vec<SpanValue> = Vec::with_capacity(self.bounds.order.len());
        let (mut equal, mut differing, mut overlapping, mut absurd) = (vec![], vec![], vec![], vec![]);
        for row in self.bounds.order.iter().copied() {
            let Some((start, end)) = self.bounds.spans.get(row).copied().flatten() else { continue };
            let (value, flag) = self.value(row, end - start);
            let most_kw = most(Quantity::ActivePower, 1.0);
            let is_absurd = match self.kind {
                SpanKind::MaximumDemand => value.abs() > most_kw,
                _ => value.abs() > most_kw * (end - start) as f64 / 3600.0,
            };
            let (value, flag) = if is_absurd { (f64::NAN, Flag::Missing) } else { (value, flag) };
            if is_absurd {
                absurd.push(row);
            }
            let at = self.at.as_ref().and_then(|at| at.get(row)).copied().flatten();
            let one = SpanValue { span: Span { start, end }, value, flag, at };
            match values.last_mut() {
                Some(last) if last.span == one.span => {
                    if last.value.is_nan() {
                        *last = one;
                    } else if one.value == last.value {
                        equal.push(row);
                    } else if !one.value.is_nan() {
                        last.flag = Flag::Ambiguous;
                        differing.push(row);
                    }
                }
                Some(last) if start < last.span.end => overlapping.push(row),
                _ => values.push(one),
            }
        }
        let about = |code: &str, rows: &[usize]| {
            let first = *rows.first()?;
            let finding = Finding::new(code, Severity::Medium)
                .with("channel", self.channel.name())
                .with("period", period_fact(self.period))
                .with("column", self.column.name.clone())
                .with("rows", rows.len())
                .with("line", self.rows.line(first))
                .with("value", self.column.values.get(first).filter(|value| value.is_finite()).map(f64::to_string))
                .with("unit", self.column.unit.symbol(self.channel.quantity));
            Some((finding, self.bounds.spans.get(first).copied().flatten()))
        };
        let at = |(finding, span): (Finding, Option<(i64, i64)>)| match span {
            Some((start, end)) => finding.at(start, end).with("start", local_text(self.zone, start)),
            None => finding,
        };
        let open: Vec<usize> = self.bounds.open.iter().copied().filter(|row| is_there(self.column, *row)).collect();
        findings.extend(about("quality.duplicate", &equal).map(at).map(|finding| finding.with("equal", true)));
        findings.extend(about("quality.duplicate", &differing).map(at).map(|finding| finding.with("equal", false)));
        findings.extend(about("quality.implausible", &absurd).map(at));
        findings
            .extend(about("ingest.odd_interval", &overlapping).map(at).map(|finding| finding.with("overlap", true)));
        if let (Some((finding, _)), Some(row)) = (about("ingest.period_open", &open), open.first()) {
            let stamp = self.rows.stamps().get(*row).copied().map(|stamp| match self.rows.times {
                RawTimes::WallClock(_) => super::raw::wall_text(stamp),
                RawTimes::Instants(_) => local_text(self.zone, stamp),
            });
            findings.push(finding.with("stamp", stamp));
        }
        SpanSeries { channel: self.channel, kind: self.kind, period: self.period, multiplier: 1.0, values }
    }

    fn value(&self, row: usize, length_s: i64) -> (f64, Flag) {
        let raw = self.column.values.get(row).copied().filter(|value| value.is_finite());
        let factor = self.column.unit.to_quantity(self.channel.quantity, length_s);
        let (Some(raw), Some(factor)) = (raw, factor) else { return (f64::NAN, Flag::Missing) };
        let flag = self.column.flags.as_ref().and_then(|flags| flags.get(row)).copied().unwrap_or_default();
        if flag == Flag::Missing { (f64::NAN, flag) } else { (raw * factor * self.column.multiplier, flag) }
    }
}
