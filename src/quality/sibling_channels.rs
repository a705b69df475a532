//! One channel of a meter that is missing while another is there: `quality.sibling_channels`.
//!
//! A gap of the whole meter is a matter of the link; a gap of one channel is one of that channel: a register that was
//! not polled, a lost phase, a column left empty. For each channel that has values, one Finding where it misses at
//! least `shortest_h` in all while the fullest other channel has its value. Runs on every channel, electrical ones
//! included. Low, from 168 h medium. Evidence: `channel`, `sibling` (the channel that is there), `intervals`, `hours`,
//! `share` of the axis.

use super::prepared::{Prepared, Scan};
use super::rule::{Found, Number, Numbers, Rule};
use super::{HIGH_H, hours, over};
use crate::finding::Severity;
use crate::readings::Flag;

const SHORTEST_H: Number =
    Number::new("shortest_h", 24.0, "hours in all that a channel misses while another is there (engineering)");

pub(super) const RULE: Rule = Rule {
    name: "sibling_channels",
    looks_at: "channels that are missing while another channel of the meter is there",
    on: true,
    numbers: &[SHORTEST_H],
    source: "sibling-channel check of meter-data systems",
    codes: &["quality.sibling_channels"],
    run,
};

fn run(prepared: &Prepared<'_>, numbers: &Numbers) -> Found {
    let axis = prepared.axis();
    let present: Vec<&Scan<'_>> = prepared.scans.iter().filter(|scan| scan.has_value()).collect();
    if present.len() < 2 {
        return Err("readings.several_channels");
    }
    // The first of equals, so that the energies, which come first, speak for the meter.
    let Some(fullest) = present.iter().copied().reduce(|best, one| if one.present > best.present { one } else { best })
    else {
        return Ok(Vec::new());
    };
    let flags = fullest.one.flags();
    let is_there = |index: &usize| flags.get(*index).is_some_and(|flag| *flag != Flag::Missing);
    let others = present.iter().filter(|scan| scan.one.channel() != fullest.one.channel());
    let found = others.filter_map(|scan| {
        let alone = || scan.missing.iter().flat_map(Clone::clone).filter(is_there);
        let intervals = alone().count();
        let (first, last) = (alone().next()?, alone().next_back()?);
        let length_h = hours(axis, intervals);
        let severity = if length_h >= HIGH_H { Severity::Medium } else { Severity::Low };
        let finding = over(axis, &(first..last + 1), "quality.sibling_channels", severity)
            .with("channel", scan.one.channel().name())
            .with("sibling", fullest.one.channel().name())
            .with("intervals", intervals)
            .with("hours", length_h)
            .with("share", intervals as f64 / axis.len() as f64);
        (length_h >= numbers.get(&SHORTEST_H)).then_some(finding)
    });
    Ok(found.collect())
}
