//! Several meters: their sum, and what remains of a parent's readings when its children's are taken away.

use super::{Channel, Detected, Flag, Kind, Provenance, Quantity, Readings, Series, Sure, union};
use crate::error::{ErrorKind, Result};
use crate::time::TimeAxis;

/// More names than this are not written out.
const NAMES_SHOWN: usize = 12;

/// The sum of several meters, interval by interval.
///
/// Active and reactive energies and powers add up; voltages, currents, apparent powers and power factors do not and
/// are left out, as are registers and other spans. Without `channels` every channel that adds up and that all
/// meters have is summed; one that only some have cannot be known and is named in the provenance (`left_out`).
/// The axis runs from the earliest start to the latest end. An interval that is missing in one meter is missing in
/// the sum, one that is incomplete in one is incomplete; an estimate in one makes an estimate of the sum.
/// Findings stay with the meters.
///
/// # Errors
/// No meter; zones, steps or grids that differ; no channel in common; a channel asked for that a meter lacks, that
/// does not add up, or that is means in one meter and samples in another.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series, meters};
/// use wattlens::time::{TimeAxis, Zone};
/// let meter = |values: Vec<f64>| {
///     let axis = TimeAxis::new(0, 900, values.len(), Zone::named("UTC")?)?;
///     Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])
/// };
/// let (a, b) = (meter(vec![1.0, 2.0, 3.0])?, meter(vec![10.0, f64::NAN, 30.0])?);
/// let sum = meters::sum(&[&a, &b], None)?;
/// let series = sum.series(Channel::IMPORT_KWH).unwrap();
/// assert_eq!((series.values()[0], series.missing()), (11.0, 1)); // never 2 in the second interval
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn sum(parts: &[&Readings], channels: Option<&[Channel]>) -> Result<Readings> {
    let (channels, left_out) = channels_of(parts, channels)?;
    let axis = union::axis(parts)?;
    let series = channels.into_iter().map(|channel| {
        let mut added = Added::new(axis.len());
        for part in parts {
            added.add(&axis, part, channel, 1.0);
        }
        added.series(channel)
    });
    let readings = Readings::new(axis.clone(), series.collect())?;
    let why = format!("the sum of {} meters; missing where one of them is", parts.len());
    Ok(readings.with_origin(Vec::new(), provenance(parts, &names(parts, " + "), why, &left_out)))
}

/// The parent's readings less those of the children, on the parent's axis: what no child counts.
///
/// Policy as for [`sum`]: missing where the parent or a child is missing, also where a child's axis does not reach. A negative
/// value says that the children count more than the parent, and stays.
///
/// # Errors
/// As [`sum`]; no child.
///
/// ```
/// use wattlens::readings::{Channel, Readings, Series, meters};
/// use wattlens::time::{TimeAxis, Zone};
/// let meter = |values: Vec<f64>| {
///     let axis = TimeAxis::new(0, 900, values.len(), Zone::named("UTC")?)?;
///     Readings::new(axis, vec![Series::new(Channel::IMPORT_KWH, values)])
/// };
/// let rest = meters::difference(&meter(vec![10.0, 10.0])?, &[&meter(vec![4.0])?, &meter(vec![5.0, 5.0])?], None)?;
/// let series = rest.series(Channel::IMPORT_KWH).unwrap();
/// assert_eq!((series.values()[0], series.missing()), (1.0, 1));
/// # Ok::<(), wattlens::Error>(())
/// ```
pub fn difference(parent: &Readings, children: &[&Readings], channels: Option<&[Channel]>) -> Result<Readings> {
    if children.is_empty() {
        return Err(ErrorKind::Meters { problem: "no child is named, expected at least one".to_owned() }.into());
    }
    let all: Vec<&Readings> = std::iter::once(parent).chain(children.iter().copied()).collect();
    let (channels, left_out) = channels_of(&all, channels)?;
    union::axis(&all)?;
    let axis = parent.axis().clone();
    let series = channels.into_iter().map(|channel| {
        let mut added = Added::new(axis.len());
        added.add(&axis, parent, channel, 1.0);
        for child in children {
            added.add(&axis, child, channel, -1.0);
        }
        added.series(channel)
    });
    let readings = Readings::new(axis.clone(), series.collect())?;
    let why = format!("a meter less {} below it; missing where one of them is", children.len());
    Ok(readings.with_origin(Vec::new(), provenance(&all, &names(&all, " − "), why, &left_out)))
}

/// Whether values of several meters add up.
fn adds_up(channel: Channel) -> bool {
    channel.quantity.is_energy() || matches!(channel.quantity, Quantity::ActivePower | Quantity::ReactivePower)
}

/// The channels to be added, and those that add up but are not in all parts.
fn channels_of(parts: &[&Readings], wanted: Option<&[Channel]>) -> Result<(Vec<Channel>, Vec<Channel>)> {
    let fail = |problem: String| Err(ErrorKind::Meters { problem }.into());
    let kinds_of = |channel: Channel| -> Vec<Kind> {
        parts.iter().filter_map(|part| part.series(channel)).map(|series| series.channel().kind).collect()
    };
    let common = |channel: Channel| {
        let kinds = kinds_of(channel);
        kinds.len() == parts.len() && kinds.windows(2).all(|pair| pair[0] == pair[1])
    };
    let own = |channel: Channel| parts.first().and_then(|part| part.series(channel)).map_or(channel, Series::channel);
    if let Some(wanted) = wanted {
        for channel in wanted {
            if !adds_up(*channel) {
                return fail(format!("{channel} of several meters does not add up; expected an energy or a power"));
            }
            if !common(*channel) {
                let (found, all) = (kinds_of(*channel).len(), parts.len());
                let kinds = if found == all { "; some are means, others samples" } else { "" };
                return fail(format!("{channel} is there in {found} of {all} meters, expected it in all{kinds}"));
            }
        }
        return Ok((wanted.iter().map(|channel| own(*channel)).collect(), Vec::new()));
    }
    let mut known: Vec<Channel> = Vec::new();
    for channel in parts.iter().flat_map(|part| part.all_series()).map(Series::channel) {
        if adds_up(channel) && !known.iter().any(|one| one.measures_same(channel)) {
            known.push(channel);
        }
    }
    let (channels, left_out): (Vec<Channel>, Vec<Channel>) = known.into_iter().partition(|channel| common(*channel));
    if channels.is_empty() && !parts.is_empty() {
        return fail("they have no channel in common that adds up".to_owned());
    }
    Ok((channels, left_out))
}

/// Values on their way to a sum.
struct Added {
    values: Vec<f64>,
    flags: Vec<Flag>,
}

impl Added {
    fn new(len: usize) -> Self {
        Self { values: vec![0.0; len], flags: vec![Flag::Measured; len] }
    }

    fn add(&mut self, axis: &TimeAxis, part: &Readings, channel: Channel, sign: f64) {
        let Some(series) = part.series(channel) else { return };
        // Where the part begins before the axis, its first values are skipped.
        let before = part.axis().range(part.axis().start(), axis.start()).len();
        let range = axis.range(part.axis().start(), part.axis().end());
        for (at, flag) in self.flags.iter_mut().enumerate() {
            if !range.contains(&at) {
                *flag = Flag::Missing;
            }
        }
        let slots = self.values.iter_mut().zip(&mut self.flags).skip(range.start).take(range.len());
        let its = series.values().iter().zip(series.flags()).skip(before);
        for ((sum, flag), (value, own)) in slots.zip(its) {
            *sum += sign * value;
            *flag = flag.or_worse(*own);
        }
    }

    fn series(self, channel: Channel) -> Series {
        Series::with_flags(channel, self.values, self.flags)
    }
}

fn names(parts: &[&Readings], sign: &str) -> String {
    let names = parts.iter().take(NAMES_SHOWN).map(|part| part.meter().unwrap_or("?")).collect::<Vec<_>>().join(sign);
    if parts.len() > NAMES_SHOWN { format!("{names}{sign}…") } else { names }
}

fn provenance(parts: &[&Readings], value: &str, why: String, left_out: &[Channel]) -> Provenance {
    let mut provenance = Provenance::new();
    provenance.insert("meters".to_owned(), Detected::new(value, why, Sure::Certain));
    if let Some(zone) = parts.iter().find_map(|part| part.provenance().get("zone")) {
        provenance.insert("zone".to_owned(), zone.clone());
    }
    if !left_out.is_empty() {
        let names = left_out.iter().map(|channel| channel.name()).collect::<Vec<_>>().join(", ");
        let why = "not every meter has it, or some have means and others samples";
        provenance.insert("left_out".to_owned(), Detected::new(names, why, Sure::Certain));
    }
    if let Some(simulated) =
        parts.iter().find(|part| part.is_simulated()).and_then(|part| part.provenance().get("source"))
    {
        provenance.insert("source".to_owned(), simulated.clone());
    }
    provenance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;
    use proptest::prelude::*;

    fn meter(start: i64, channels: &[(Channel, &[f64])]) -> Readings {
        let len = channels[0].1.len();
        let axis = TimeAxis::new(start, 900, len, Zone::named("Europe/Berlin").unwrap()).unwrap();
        Readings::new(axis, channels.iter().map(|(channel, values)| Series::new(*channel, values.to_vec())).collect())
            .unwrap()
    }

    const KWH: Channel = Channel::IMPORT_KWH;

    #[test]
    fn a_channel_of_some_meters_is_left_out_by_name() {
        let a = meter(0, &[(KWH, &[1.0]), (Channel::EXPORT_KWH, &[7.0])]);
        let b = meter(0, &[(KWH, &[2.0])]);
        let both = sum(&[&a, &b], None).unwrap();
        assert_eq!(both.all_series().len(), 1);
        assert_eq!(both.provenance()["left_out"].value, "export_kwh");
        let error = sum(&[&a, &b], Some(&[Channel::EXPORT_KWH])).unwrap_err().to_string();
        assert!(error.contains("export_kwh is there in 1 of 2 meters"), "{error}");
        let volt = Channel::mean(Quantity::Voltage, crate::readings::Phase::L1);
        assert!(sum(&[&a], Some(&[volt])).unwrap_err().to_string().contains("does not add up"));
        let volts = meter(0, &[(volt, &[230.0])]);
        assert!(sum(&[&volts, &volts], None).unwrap_err().to_string().contains("no channel in common"));
    }

    #[test]
    fn the_parent_less_its_children_keeps_the_sign() {
        let (parent, child) = (meter(900, &[(KWH, &[5.0, 5.0])]), meter(0, &[(KWH, &[9.0, 6.0, 1.0])]));
        let rest = difference(&parent, &[&child], None).unwrap();
        assert_eq!(rest.series(KWH).unwrap().values(), [-1.0, 4.0]);
        assert!(difference(&parent, &[], None).unwrap_err().to_string().contains("no child"));
    }

    #[test]
    fn flags_say_what_a_sum_rests_on() {
        use Flag::{Ambiguous, Incomplete, Linear, Measured, Missing};
        for (a, b, expected) in [
            (Measured, Ambiguous, Ambiguous),
            (Ambiguous, Linear, Linear),
            (Linear, Incomplete, Incomplete),
            (Incomplete, Missing, Missing),
            (Flag::Sampled, Linear, Linear),
        ] {
            assert_eq!((a.or_worse(b), b.or_worse(a)), (expected, expected));
        }
    }

    proptest! {
        /// A slow twin: a map from instant to the parts' values.
        #[test]
        fn the_sum_is_the_twin_of_a_map(
            parts in prop::collection::vec((0i64..6, prop::collection::vec(prop::option::weighted(0.8, 0.0..9.0f64), 1..8)), 1..5),
        ) {
            let parts: Vec<(i64, Vec<f64>)> = parts
                .into_iter()
                .map(|(start, values)| (start * 900, values.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect()))
                .collect();
            let meters: Vec<Readings> = parts.iter().map(|(start, values)| meter(*start, &[(KWH, values)])).collect();
            let total = sum(&meters.iter().collect::<Vec<_>>(), None).unwrap();
            let series = total.series(KWH).unwrap();
            for (at, found) in series.values().iter().enumerate() {
                let instant = total.axis().instant(at);
                let mut twin = 0.0;
                for (start, values) in &parts {
                    let index = (instant - start) / 900;
                    let inside = instant >= *start && index < values.len() as i64;
                    twin += if inside { values[index as usize] } else { f64::NAN };
                }
                prop_assert!(*found == twin || (found.is_nan() && twin.is_nan()));
                prop_assert_eq!(series.flags()[at] == Flag::Missing, twin.is_nan());
            }
        }
    }
}
