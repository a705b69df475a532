//! What a column is, by its header: names in English and Chinese as a table, the unit from the header's suffix.

use super::{Stamp, Unit};
use crate::readings::{Channel, Quantity};

/// What a time column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeRole {
    /// Date and clock, for the start or end of intervals where the name says so.
    Whole(Option<Stamp>),
    /// A date, perhaps with a clock.
    Date,
    /// A clock, perhaps with a date.
    Clock,
}

/// Names of time columns, as [`plain`] makes them. Earlier entries are preferred.
const TIME_NAMES: &[(&str, TimeRole)] = &[
    ("start", TimeRole::Whole(Some(Stamp::Start))),
    ("starttime", TimeRole::Whole(Some(Stamp::Start))),
    ("intervalstart", TimeRole::Whole(Some(Stamp::Start))),
    ("periodstart", TimeRole::Whole(Some(Stamp::Start))),
    ("开始时间", TimeRole::Whole(Some(Stamp::Start))),
    ("起始时间", TimeRole::Whole(Some(Stamp::Start))),
    ("timestamp", TimeRole::Whole(None)),
    ("datetime", TimeRole::Whole(None)),
    ("datetimelocal", TimeRole::Whole(None)),
    ("localtime", TimeRole::Whole(None)),
    ("timelocal", TimeRole::Whole(None)),
    ("datatime", TimeRole::Whole(None)),
    ("ts", TimeRole::Whole(None)),
    ("数据时间", TimeRole::Whole(None)),
    ("日期时间", TimeRole::Whole(None)),
    ("采集时间", TimeRole::Whole(None)),
    ("冻结时间", TimeRole::Whole(None)),
    ("抄表时间", TimeRole::Whole(None)),
    ("记录时间", TimeRole::Whole(None)),
    ("end", TimeRole::Whole(Some(Stamp::End))),
    ("endtime", TimeRole::Whole(Some(Stamp::End))),
    ("intervalend", TimeRole::Whole(Some(Stamp::End))),
    ("periodend", TimeRole::Whole(Some(Stamp::End))),
    ("结束时间", TimeRole::Whole(Some(Stamp::End))),
    ("截止时间", TimeRole::Whole(Some(Stamp::End))),
    ("date", TimeRole::Date),
    ("日期", TimeRole::Date),
    ("数据日期", TimeRole::Date),
    ("time", TimeRole::Clock),
    ("clock", TimeRole::Clock),
    ("时间", TimeRole::Clock),
    ("时刻", TimeRole::Clock),
];

/// Position in the order of preference, and the role, of a header that names time.
pub(super) fn time_role(header: &str) -> Option<(usize, TimeRole)> {
    let name = plain(header);
    let rank = TIME_NAMES.iter().position(|(known, _)| *known == name)?;
    Some((rank, TIME_NAMES.get(rank)?.1))
}

const KWH: Option<Unit> = Some(Unit::Kwh);
const KW: Option<Unit> = Some(Unit::Kw);

/// Names of energy columns without their unit, as [`plain`] makes them (总, "total", is dropped), and the unit taken
/// where the header has none; `None`: without a unit it is not taken for this channel.
const ENERGY_NAMES: &[(Channel, &str, Option<Unit>)] = &[
    (Channel::IMPORT_KWH, "", None),
    (Channel::IMPORT_KWH, "usage", KWH),
    (Channel::IMPORT_KWH, "use", None),
    (Channel::IMPORT_KWH, "consumption", KWH),
    (Channel::IMPORT_KWH, "import", None),
    (Channel::IMPORT_KWH, "imported", None),
    (Channel::IMPORT_KWH, "gridimport", None),
    (Channel::IMPORT_KWH, "energy", KWH),
    (Channel::IMPORT_KWH, "activeenergy", KWH),
    (Channel::IMPORT_KWH, "active", None),
    (Channel::IMPORT_KWH, "activeimport", None),
    (Channel::IMPORT_KWH, "importactive", None),
    (Channel::IMPORT_KWH, "activeenergyimport", KWH),
    (Channel::IMPORT_KWH, "importactiveenergy", KWH),
    (Channel::IMPORT_KWH, "importenergy", KWH),
    (Channel::IMPORT_KWH, "energyimport", KWH),
    (Channel::IMPORT_KWH, "forwardactiveenergy", KWH),
    (Channel::IMPORT_KWH, "positiveactiveenergy", KWH),
    (Channel::IMPORT_KWH, "energyconsumption", KWH),
    (Channel::IMPORT_KWH, "energyusage", KWH),
    (Channel::IMPORT_KWH, "electricity", None),
    (Channel::IMPORT_KWH, "electricityusage", KWH),
    (Channel::IMPORT_KWH, "electricityconsumption", KWH),
    (Channel::IMPORT_KWH, "load", None),
    (Channel::IMPORT_KWH, "eload", None),
    (Channel::IMPORT_KWH, "power", None),
    (Channel::IMPORT_KWH, "activepower", None),
    (Channel::IMPORT_KWH, "正向有功电量", KWH),
    (Channel::IMPORT_KWH, "正向有功电能", None),
    (Channel::IMPORT_KWH, "正向有功", KWH),
    (Channel::IMPORT_KWH, "有功电量", KWH),
    (Channel::IMPORT_KWH, "用电量", KWH),
    (Channel::IMPORT_KWH, "用电", None),
    (Channel::IMPORT_KWH, "电量", KWH),
    (Channel::IMPORT_KWH, "有功功率", KW),
    (Channel::IMPORT_KWH, "正向有功功率", KW),
    (Channel::IMPORT_KWH, "用电负荷", KW),
    (Channel::IMPORT_KWH, "负荷", KW),
    (Channel::IMPORT_KWH, "功率", KW),
    (Channel::EXPORT_KWH, "export", None),
    (Channel::EXPORT_KWH, "exported", None),
    (Channel::EXPORT_KWH, "gridexport", None),
    (Channel::EXPORT_KWH, "feedin", None),
    (Channel::EXPORT_KWH, "activeexport", None),
    (Channel::EXPORT_KWH, "exportactive", None),
    (Channel::EXPORT_KWH, "activeenergyexport", KWH),
    (Channel::EXPORT_KWH, "exportactiveenergy", KWH),
    (Channel::EXPORT_KWH, "exportenergy", KWH),
    (Channel::EXPORT_KWH, "energyexport", KWH),
    (Channel::EXPORT_KWH, "reverseactiveenergy", KWH),
    (Channel::EXPORT_KWH, "反向有功电量", KWH),
    (Channel::EXPORT_KWH, "反向有功电能", None),
    (Channel::EXPORT_KWH, "反向有功", KWH),
    (Channel::EXPORT_KWH, "反向有功功率", KW),
    (Channel::EXPORT_KWH, "上网电量", KWH),
    (Channel::IMPORT_KVARH, "", None),
    (Channel::IMPORT_KVARH, "import", None),
    (Channel::IMPORT_KVARH, "reactive", None),
    (Channel::IMPORT_KVARH, "reactiveenergy", KWH),
    (Channel::IMPORT_KVARH, "reactivepower", None),
    (Channel::IMPORT_KVARH, "reactiveimport", None),
    (Channel::IMPORT_KVARH, "importreactive", None),
    (Channel::IMPORT_KVARH, "reactiveenergyimport", KWH),
    (Channel::IMPORT_KVARH, "importreactiveenergy", KWH),
    (Channel::IMPORT_KVARH, "lagging", None),
    (Channel::IMPORT_KVARH, "laggingreactiveenergy", KWH),
    (Channel::IMPORT_KVARH, "laggingcurrentreactivepower", None),
    (Channel::IMPORT_KVARH, "正向无功电量", KWH),
    (Channel::IMPORT_KVARH, "正向无功电能", None),
    (Channel::IMPORT_KVARH, "正向无功", KWH),
    (Channel::IMPORT_KVARH, "无功电量", KWH),
    (Channel::IMPORT_KVARH, "无功功率", KW),
    (Channel::IMPORT_KVARH, "正向无功功率", KW),
    (Channel::EXPORT_KVARH, "export", None),
    (Channel::EXPORT_KVARH, "reactiveexport", None),
    (Channel::EXPORT_KVARH, "exportreactive", None),
    (Channel::EXPORT_KVARH, "reactiveenergyexport", KWH),
    (Channel::EXPORT_KVARH, "exportreactiveenergy", KWH),
    (Channel::EXPORT_KVARH, "leading", None),
    (Channel::EXPORT_KVARH, "leadingreactiveenergy", KWH),
    (Channel::EXPORT_KVARH, "leadingcurrentreactivepower", None),
    (Channel::EXPORT_KVARH, "反向无功电量", KWH),
    (Channel::EXPORT_KVARH, "反向无功电能", None),
    (Channel::EXPORT_KVARH, "反向无功", KWH),
    (Channel::EXPORT_KVARH, "反向无功功率", KW),
];

const UNIT_NAMES: &[(&str, Unit, Quantity)] = &[
    ("wh", Unit::Wh, Quantity::ActiveEnergy),
    ("kwh", Unit::Kwh, Quantity::ActiveEnergy),
    ("mwh", Unit::Mwh, Quantity::ActiveEnergy),
    ("w", Unit::W, Quantity::ActiveEnergy),
    ("kw", Unit::Kw, Quantity::ActiveEnergy),
    ("mw", Unit::Mw, Quantity::ActiveEnergy),
    ("度", Unit::Kwh, Quantity::ActiveEnergy),
    ("千瓦时", Unit::Kwh, Quantity::ActiveEnergy),
    ("兆瓦时", Unit::Mwh, Quantity::ActiveEnergy),
    ("千瓦", Unit::Kw, Quantity::ActiveEnergy),
    ("兆瓦", Unit::Mw, Quantity::ActiveEnergy),
    ("varh", Unit::Wh, Quantity::ReactiveEnergy),
    ("kvarh", Unit::Kwh, Quantity::ReactiveEnergy),
    ("mvarh", Unit::Mwh, Quantity::ReactiveEnergy),
    ("var", Unit::W, Quantity::ReactiveEnergy),
    ("kvar", Unit::Kw, Quantity::ReactiveEnergy),
    ("mvar", Unit::Mw, Quantity::ReactiveEnergy),
    ("千乏时", Unit::Kwh, Quantity::ReactiveEnergy),
    ("千乏", Unit::Kw, Quantity::ReactiveEnergy),
];

/// The channel and unit of a header; the flag says whether the header itself names the unit.
pub(super) fn energy_column(header: &str) -> Option<(Channel, Unit, bool)> {
    let (base, unit) = split_unit(header);
    let name = plain(&base).replace('总', "");
    ENERGY_NAMES.iter().filter(|(_, known, _)| *known == name).find_map(|(channel, _, assumed)| match unit {
        Some((unit, quantity)) => (quantity == channel.quantity).then_some((*channel, unit, true)),
        None => assumed.map(|unit| (*channel, unit, false)),
    })
}

/// The unit that a header names, wherever it stands.
pub(super) fn unit_of(header: &str) -> Option<Unit> {
    split_unit(header).1.map(|(unit, _)| unit)
}

/// Lower case, letters and digits only.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn named_unit(text: &str) -> Option<(Unit, Quantity)> {
    let name = plain(text);
    UNIT_NAMES.iter().find(|(known, ..)| *known == name).map(|(_, unit, quantity)| (*unit, *quantity))
}

/// A header without its unit, and the unit: in brackets, after or before a separator, glued to
/// Chinese characters, or all there is.
fn split_unit(header: &str) -> (String, Option<(Unit, Quantity)>) {
    let header =
        header.trim().replace('（', "(").replace('）', ")").replace(['[', '【'], "(").replace([']', '】'], ")");
    let separators = [' ', '_', '-', '/', ':', '：', '、', ',', '，', '.'];
    let candidates = [
        Some((String::new(), header.clone())),
        header
            .strip_suffix(')')
            .and_then(|open| open.rsplit_once('('))
            .map(|(base, unit)| (base.to_owned(), unit.to_owned())),
        header.rsplit_once(separators).map(|(base, unit)| (base.to_owned(), unit.to_owned())),
        header.split_once(separators).map(|(unit, base)| (base.to_owned(), unit.to_owned())),
        header.rfind(|c: char| !c.is_ascii()).and_then(|at| {
            let end = at + header.get(at..)?.chars().next()?.len_utf8();
            Some((header.get(..end)?.to_owned(), header.get(end..)?.to_owned()))
        }),
    ];
    candidates
        .into_iter()
        .flatten()
        .find_map(|(base, text)| named_unit(&text).map(|unit| (base, Some(unit))))
        .unwrap_or((header, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_by_name_and_unit() {
        for (header, expected) in [
            ("kwh", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("Usage_kWh", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("import_kwh", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("Active energy", Some((Channel::IMPORT_KWH, Unit::Kwh, false))),
            ("Active Energy Export (Wh)", Some((Channel::EXPORT_KWH, Unit::Wh, true))),
            ("正向有功电量", Some((Channel::IMPORT_KWH, Unit::Kwh, false))),
            ("正向有功总电量（kWh）", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("用电量(kWh)", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("用电量kWh", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("用电量(kW·h)", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("电量(度)", Some((Channel::IMPORT_KWH, Unit::Kwh, true))),
            ("有功功率(kW)", Some((Channel::IMPORT_KWH, Unit::Kw, true))),
            ("反向有功电量(kWh)", Some((Channel::EXPORT_KWH, Unit::Kwh, true))),
            ("正向无功电量(kvarh)", Some((Channel::IMPORT_KVARH, Unit::Kwh, true))),
            ("反向无功总电量", Some((Channel::EXPORT_KVARH, Unit::Kwh, false))),
            ("Lagging_Current_Reactive_Power_kVarh", Some((Channel::IMPORT_KVARH, Unit::Kwh, true))),
            ("Leading_Current_Reactive_Power_kVarh", Some((Channel::EXPORT_KVARH, Unit::Kwh, true))),
            ("CO2(tCO2)", None),
            ("Lagging_Current_Power_Factor", None),
            ("Leading_Current_Power_Factor", None),
            ("NSM", None),
            ("power", None),
            ("正向有功总电能示值", None),
            ("temperature", None),
        ] {
            assert_eq!(energy_column(header), expected, "{header}");
        }
    }

    #[test]
    fn names_in_the_tables_are_plain_and_differ() {
        for (at, (name, _)) in TIME_NAMES.iter().enumerate() {
            assert_eq!(*name, plain(name));
            assert!(TIME_NAMES.iter().skip(at + 1).all(|(other, _)| other != name), "{name}");
        }
        for (at, (channel, name, _)) in ENERGY_NAMES.iter().enumerate() {
            assert_eq!(*name, plain(name));
            let twice = ENERGY_NAMES
                .iter()
                .skip(at + 1)
                .any(|(other, same, _)| same == name && channel.quantity == other.quantity);
            assert!(!twice, "{name}");
        }
    }
}
