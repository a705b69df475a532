//! Meters that say nothing: all missing, all zero, one reading.

use super::prepared::{Prepared, Scan};
use super::rule::{Found, Numbers, Rule};
use super::{names, over};
use crate::finding::{Finding, Severity};
use crate::readings::{Channel, Quantity};

/// `quality.all_missing` where a channel has no value at all; one Finding for all such channels.
/// High where import energy is among them, else medium. Evidence: `channels`, `intervals`. Runs on every channel.
pub(super) const ALL_MISSING: Rule = Rule {
    name: "all_missing",
    looks_at: "channels without any value",
    on: true,
    numbers: &[],
    source: "engineering",
    codes: &["quality.all_missing"],
    run: all_missing,
};

/// `quality.all_zero` where import energy is zero whenever it is there (medium), or where it is not
/// but every reactive channel is, which is probably not measured (low). Export energy may well be
/// zero all along. Evidence: `channels`, `intervals`.
pub(super) const ALL_ZERO: Rule = Rule {
    name: "all_zero",
    looks_at: "active and reactive energy that is zero all along",
    on: true,
    numbers: &[],
    source: "zero rule of meter-data systems",
    codes: &["quality.all_zero"],
    run: all_zero,
};

/// `quality.single_reading` where no channel has more than one value, and one has: nothing can be
/// compared with it. Medium. Evidence: `channels` that have it, `intervals` of the axis. Runs on every channel.
pub(super) const SINGLE_READING: Rule = Rule {
    name: "single_reading",
    looks_at: "readings of which there is one only",
    on: true,
    numbers: &[],
    source: "engineering",
    codes: &["quality.single_reading"],
    run: single_reading,
};

fn all_missing(prepared: &Prepared<'_>, _: &Numbers) -> Found {
    let missing: Vec<Channel> =
        prepared.scans.iter().filter(|scan| !scan.has_value()).map(|scan| scan.one.channel()).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let severity = if missing.contains(&Channel::IMPORT_KWH) { Severity::High } else { Severity::Medium };
    Ok(vec![everywhere(prepared, "quality.all_missing", severity, &missing)])
}

fn all_zero(prepared: &Prepared<'_>, _: &Numbers) -> Found {
    if prepared.scan(Channel::IMPORT_KWH).is_some_and(Scan::is_all_zero) {
        return Ok(vec![everywhere(prepared, "quality.all_zero", Severity::Medium, &[Channel::IMPORT_KWH])]);
    }
    let is_reactive = |scan: &&Scan<'_>| scan.one.channel().quantity == Quantity::ReactiveEnergy;
    let reactive: Vec<&Scan<'_>> = prepared.scans.iter().filter(is_reactive).collect();
    if reactive.is_empty() || !reactive.iter().all(|scan| scan.is_all_zero()) {
        return Ok(Vec::new());
    }
    let channels: Vec<Channel> = reactive.iter().map(|scan| scan.one.channel()).collect();
    Ok(vec![everywhere(prepared, "quality.all_zero", Severity::Low, &channels)])
}

fn single_reading(prepared: &Prepared<'_>, _: &Numbers) -> Found {
    let with_one = prepared.scans.iter().filter(|scan| scan.present == 1);
    let single: Vec<Channel> = with_one.map(|scan| scan.one.channel()).collect();
    if single.is_empty() || prepared.scans.iter().any(|scan| scan.present > 1) {
        return Ok(Vec::new());
    }
    Ok(vec![everywhere(prepared, "quality.single_reading", Severity::Medium, &single)])
}

fn everywhere(prepared: &Prepared<'_>, code: &str, severity: Severity, channels: &[Channel]) -> Finding {
    let intervals = prepared.axis().len();
    over(prepared.axis(), &(0..intervals), code, severity)
        .with("channels", names(channels))
        .with("intervals", intervals)
}
