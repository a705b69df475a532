//! Parts of one meter's readings, such as monthly files, on one axis.

use std::sync::Arc;

use super::{Channel, Detected, Flag, Provenance, Readings, Series, SpanSeries, SpanValue, Spans, Sure, union};
use crate::error::{ErrorKind, Result};
use crate::finding::{Finding, Severity};
use crate::time::{TimeAxis, Zone, instant_text};

impl Readings {
    /// The readings of one meter from several parts, in whatever order they are given.
    ///
    /// The axis runs from the first start to the last end; what lies between the parts is missing, and so is a
    /// channel that a part does not have. Where parts overlap, equal values are one value, a value of a whole
    /// interval goes before one of a part of it, a measured value before an estimate of it, and of values that differ the one of the earlier part is kept with
    /// [`Flag::Ambiguous`] and a Finding (`readings.overlap`). Registers and other spans are joined likewise; of spans
    /// that overlap without being equal the earlier is kept.
    ///
    /// # Errors
    /// No part; zones, steps or grids that differ; a channel that is means in one part and samples in another;
    /// parts so far apart that a date must be damaged.
    ///
    /// ```
    /// use wattlens::readings::{Channel, Readings, Series};
    /// use wattlens::time::{TimeAxis, Zone};
    /// let part = |start: i64, values: Vec<f64>| {
    ///     let axis = TimeAxis::new(start, 900, values.len(), Zone::named("UTC")?)?;
    ///     Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])
    /// };
    /// let (february, january) = (part(2700, vec![4.0])?, part(0, vec![1.0, 2.0])?);
    /// let joined = Readings::join(&[&february, &january])?;
    /// assert_eq!(joined.axis().len(), 4);
    /// assert_eq!(joined.series(Channel::IMPORT_KWH).unwrap().total(), Some(7.0));
    /// assert_eq!(joined.series(Channel::IMPORT_KWH).unwrap().missing(), 1);
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    pub fn join(parts: &[&Self]) -> Result<Self> {
        let mut parts = parts.to_vec();
        parts.sort_by_key(|part| part.axis.start());
        let Some(first) = parts.first().copied() else { return Err(ErrorKind::NoReadings.into()) };
        if parts.len() == 1 {
            return Ok(first.clone());
        }
        let mut findings: Vec<Finding> = parts.iter().flat_map(|part| part.findings.clone()).collect();
        let spans = join_spans(&parts, &mut findings);
        let regular: Vec<&Self> = parts.iter().copied().filter(|part| !part.series.is_empty()).collect();
        let joined = if regular.is_empty() {
            Self::of_spans(spans, first.axis.zone().clone())?
        } else {
            let axis = union::axis(&regular)?;
            let series = join_series(&regular, &axis, &mut findings)?;
            Self::new(axis, series)?.with_spans(spans)
        };
        let mut joined = joined.with_meter(first.meter.clone()).with_origin(findings, join_provenance(&parts));
        if parts.iter().any(|part| part.raw.is_some()) {
            let raws: Vec<&Self> = parts.iter().map(|part| part.raw()).collect();
            joined = joined.with_raw(Arc::new(Self::join(&raws)?));
        }
        Ok(joined)
    }
}

fn join_series(parts: &[&Readings], axis: &TimeAxis, findings: &mut Vec<Finding>) -> Result<Vec<Series>> {
    let mut channels: Vec<Channel> = Vec::new();
    for channel in parts.iter().flat_map(|part| &part.series).map(Series::channel) {
        match channels.iter().find(|known| known.measures_same(channel)) {
            Some(known) if *known != channel => {
                let problem = format!("{channel} is means in one part and samples in another");
                return Err(ErrorKind::Meters { problem }.into());
            }
            Some(_) => {}
            None => channels.push(channel),
        }
    }
    let joined = channels.into_iter().map(|channel| {
        let mut joined = Joined::new(channel, axis.len());
        for part in parts {
            if let Some(series) = part.series(channel) {
                joined.take(series, union::offset(axis, part));
            }
        }
        findings.extend(joined.finding(axis));
        Series::with_flags(channel, joined.values, joined.flags)
    });
    Ok(joined.collect())
}

/// One channel while its parts are put together.
struct Joined {
    channel: Channel,
    values: Vec<f64>,
    flags: Vec<Flag>,
    /// First and last interval where parts differ, how many there are, and the largest difference.
    differing: Option<(usize, usize)>,
    count: usize,
    largest: f64,
}

impl Joined {
    fn new(channel: Channel, len: usize) -> Self {
        let (values, flags) = (vec![f64::NAN; len], vec![Flag::Missing; len]);
        Self { channel, values, flags, differing: None, count: 0, largest: 0.0 }
    }

    fn take(&mut self, series: &Series, offset: usize) {
        let slots = self.values.iter_mut().zip(&mut self.flags).enumerate().skip(offset);
        for ((at, (value, flag)), (new, its)) in slots.zip(series.values().iter().zip(series.flags())) {
            if *its == Flag::Missing {
                continue;
            }
            let is_measured = |flag: Flag| flag.is_whole() && !flag.is_estimated();
            if is_measured(*flag) && its.is_estimated() {
                continue;
            }
            let better = *flag == Flag::Missing
                || (!flag.is_whole() && its.is_whole())
                || (flag.is_estimated() && is_measured(*its));
            if better || (value == new && its < flag) {
                (*value, *flag) = (*new, *its);
            } else if value != new && (its.is_whole() || !flag.is_whole()) {
                *flag = Flag::Ambiguous;
                self.count += 1;
                self.largest = self.largest.max((*value - *new).abs());
                let (first, last) = self.differing.unwrap_or((at, at));
                self.differing = Some((first.min(at), last.max(at)));
            }
        }
    }

    fn finding(&self, axis: &TimeAxis) -> Option<Finding> {
        let (first, last) = self.differing?;
        let (start, end) = (axis.instant(first), axis.instant(last + 1));
        Some(overlap(self.channel.name(), self.count, self.largest, (start, end), axis.zone()))
    }
}

fn overlap(channel: &str, count: usize, largest: f64, (start, end): (i64, i64), zone: &Zone) -> Finding {
    let offset_s = zone.segments(start, start + 1).first().map_or(0, |segment| segment.offset_s);
    let local = instant_text(start + offset_s).trim_end_matches('Z').replace('T', " ");
    Finding::new("readings.overlap", Severity::Medium)
        .at(start, end)
        .with("channel", channel)
        .with("intervals", count)
        .with("largest_difference", largest)
        .with("start", local)
}

fn join_spans(parts: &[&Readings], findings: &mut Vec<Finding>) -> Spans {
    let zone = parts.first().map(|part| part.axis.zone());
    let mut joined: Vec<SpanSeries> = Vec::new();
    for series in parts.iter().flat_map(|part| &part.spans.0) {
        let same = |one: &&mut SpanSeries| {
            (one.channel, one.kind, one.period) == (series.channel, series.kind, series.period)
                && one.multiplier.to_bits() == series.multiplier.to_bits()
        };
        match joined.iter_mut().find(same) {
            Some(one) => one.values.extend(&series.values),
            None => joined.push(series.clone()),
        }
    }
    for series in &mut joined {
        // Stable: of equal spans the one of the earlier part comes first.
        series.values.sort_by_key(|one| (one.span.start, one.span.end));
        let mut kept: Vec<SpanValue> = Vec::with_capacity(series.values.len());
        let mut differing: Vec<(SpanValue, f64)> = Vec::new();
        for one in series.values.drain(..) {
            match kept.last_mut() {
                Some(last) if last.span == one.span => {
                    if last.value.is_nan() {
                        *last = one;
                    } else if last.value != one.value && !one.value.is_nan() {
                        last.flag = Flag::Ambiguous;
                        differing.push((one, (last.value - one.value).abs()));
                    }
                }
                Some(last) if last.span.end > one.span.start => differing.push((one, 0.0)),
                _ => kept.push(one),
            }
        }
        series.values = kept;
        if let (Some((first, _)), Some((last, _))) = (differing.first(), differing.last()) {
            let largest = differing.iter().map(|(_, difference)| *difference).fold(0.0, f64::max);
            let span = (first.span.start, last.span.end);
            findings.extend(zone.map(|zone| overlap(&series.name(), differing.len(), largest, span, zone)));
        }
    }
    joined.sort_by_key(|one| (one.channel, one.kind as u8, one.period));
    Spans(joined)
}

/// What all parts say, once; what differs, by the parts that say it.
fn join_provenance(parts: &[&Readings]) -> Provenance {
    let mut joined = Provenance::new();
    for part in parts {
        for (key, detected) in &part.provenance {
            let Some(known) = joined.get_mut(key) else {
                joined.insert(key.clone(), detected.clone());
                continue;
            };
            if known.value.split("; ").all(|value| value != detected.value) {
                known.value = format!("{}; {}", known.value, detected.value);
                known.sure = known.sure.min(detected.sure);
            }
        }
    }
    let why = "readings of one meter are joined on one axis";
    joined.insert("parts".to_owned(), Detected::new(parts.len().to_string(), why, Sure::Certain));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Span;
    use crate::readings::{Kind, Period, SpanKind};
    use crate::time::Zone;

    fn part(start: i64, values: &[f64]) -> Readings {
        let axis = TimeAxis::new(start, 900, values.len(), Zone::named("Europe/Berlin").unwrap()).unwrap();
        Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values.to_vec())]).unwrap()
    }

    #[test]
    fn overlaps_merge_where_equal_and_say_so_where_not() {
        let (a, b) = (part(0, &[1.0, 2.0, 3.0]), part(900, &[2.0, 9.0, 4.0]));
        for parts in [[&a, &b], [&b, &a]] {
            let joined = Readings::join(&parts).unwrap();
            let series = joined.series(Channel::IMPORT_KWH).unwrap();
            assert_eq!(series.values(), [1.0, 2.0, 3.0, 4.0]);
            assert_eq!(series.flags(), [Flag::Measured, Flag::Measured, Flag::Ambiguous, Flag::Measured]);
            assert_eq!(joined.findings().len(), 1);
            assert_eq!(joined.findings()[0].evidence["largest_difference"], 6.0);
        }
    }

    #[test]
    fn a_missing_value_never_hides_one() {
        let (a, b) = (part(0, &[1.0, f64::NAN]), part(0, &[f64::NAN, 2.0]));
        let joined = Readings::join(&[&a, &b]).unwrap();
        assert_eq!(joined.series(Channel::IMPORT_KWH).unwrap().values(), [1.0, 2.0]);
        assert!(joined.findings().is_empty());
    }

    #[test]
    fn what_was_measured_goes_before_an_estimate() {
        let flagged = |value: f64, flag: Flag| {
            let series = Series::with_flags(Channel::IMPORT_KWH, vec![value, 5.0], vec![flag, Flag::Measured]);
            part(0, &[value, 5.0]).with_series(vec![series]).unwrap()
        };
        let (first, final_) = (flagged(3.0, Flag::Substituted), flagged(4.0, Flag::Measured));
        for parts in [[&first, &final_], [&final_, &first]] {
            let joined = Readings::join(&parts).unwrap();
            let series = joined.series(Channel::IMPORT_KWH).unwrap();
            assert_eq!((series.values(), series.flags()), (&[4.0, 5.0][..], &[Flag::Measured; 2][..]));
            assert!(joined.findings().is_empty());
        }
        let differing = Readings::join(&[&first, &flagged(4.0, Flag::Substituted)]).unwrap();
        assert_eq!(differing.all_series()[0].flags()[0], Flag::Ambiguous);
    }

    #[test]
    fn a_channel_of_one_part_is_missing_in_the_other() {
        let axis = TimeAxis::new(900, 900, 1, Zone::named("Europe/Berlin").unwrap()).unwrap();
        let b = Readings::new(axis, vec![Series::new(Channel::EXPORT_KWH, vec![5.0])]).unwrap();
        let joined = Readings::join(&[&part(0, &[1.0]), &b]).unwrap();
        assert_eq!(joined.series(Channel::EXPORT_KWH).unwrap().flags(), [Flag::Missing, Flag::Measured]);
        assert_eq!(joined.series(Channel::IMPORT_KWH).unwrap().total(), Some(1.0));
    }

    #[test]
    fn what_cannot_be_joined_is_refused() {
        let a = part(0, &[1.0]);
        let error = |b: &Readings| Readings::join(&[&a, b]).unwrap_err().to_string();
        assert!(error(&part(600, &[1.0])).contains("two grids"));
        let other = TimeAxis::new(0, 1800, 1, Zone::named("Europe/Berlin").unwrap()).unwrap();
        let other = Readings::new(other, vec![Series::new(Channel::IMPORT_KWH, vec![1.0])]).unwrap();
        assert!(error(&other).contains("900 s and 1800 s"));
        let sampled = Channel {
            kind: Kind::Sample,
            ..Channel::mean(crate::readings::Quantity::Voltage, crate::readings::Phase::L1)
        };
        let volts = |channel: Channel| {
            let axis = TimeAxis::new(0, 900, 1, Zone::named("UTC").unwrap()).unwrap();
            Readings::new(axis, vec![Series::new(channel, vec![230.0])]).unwrap()
        };
        let (means, samples) = (volts(Channel { kind: Kind::Mean, ..sampled }), volts(sampled));
        assert!(Readings::join(&[&means, &samples]).unwrap_err().to_string().contains("samples"));
        assert!(error(&part(4_000_000_000 / 900 * 900, &[1.0])).contains("damaged"));
        assert!(Readings::join(&[]).is_err());
    }

    #[test]
    fn registers_of_two_months_are_one_series() {
        let register = |at: &[(i64, f64)]| {
            let values = at
                .iter()
                .map(|(at, value)| SpanValue {
                    span: Span { start: *at, end: *at },
                    value: *value,
                    flag: Flag::Measured,
                    at: None,
                })
                .collect();
            let (channel, kind, period) = (Channel::IMPORT_KWH, SpanKind::Register, Period::Total);
            let spans = Spans(vec![SpanSeries { channel, kind, period, multiplier: 40.0, values }]);
            Readings::of_spans(spans, Zone::named("Asia/Shanghai").unwrap()).unwrap()
        };
        let (a, b) = (register(&[(0, 10.0), (86_400, 11.0)]), register(&[(86_400, 11.0), (172_800, 13.0)]));
        let joined = Readings::join(&[&b, &a]).unwrap();
        let values: Vec<f64> = joined.spans().0[0].values.iter().map(|one| one.value).collect();
        assert_eq!(values, [10.0, 11.0, 13.0]);
        assert!(joined.findings().is_empty() && joined.all_series().is_empty());
        let joined = Readings::join(&[&a, &register(&[(86_400, 12.5)])]).unwrap();
        assert_eq!(joined.spans().0[0].values[1].flag, Flag::Ambiguous);
        assert_eq!(joined.findings()[0].evidence["largest_difference"], 1.5);
    }
}
