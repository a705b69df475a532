//! What a header means: its unit split off, its name looked up in the table of synonyms or put together from parts.

use std::collections::BTreeMap;

use super::Unit;
use super::meaning::Meaning;
use super::pieces;
use super::raw::Role;
use super::synonyms::{TABLE, plain};
use crate::readings::{Channel, Direction, Kind, Period, Phase, Quantity};

/// What one header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// What the column holds.
    pub meaning: Meaning,
    /// The unit; `None` for what has none, and for a power factor whose header names none.
    pub unit: Option<Unit>,
    /// Whether the header itself names the unit.
    pub says_unit: bool,
    /// Whether the values are said to be of the primary side (一次), the multiplier in them, or of the secondary.
    pub is_primary: Option<bool>,
    /// Place in the order of preference among headers of one meaning; lower is better.
    pub rank: usize,
}

/// The table of synonyms with what a caller adds to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Synonyms {
    given: BTreeMap<String, Meaning>,
}

impl Synonyms {
    /// With more names: a header as it stands in the file → the word of its meaning. The error says near words.
    pub(super) fn new(given: &BTreeMap<String, String>) -> Result<Self, String> {
        let meaning = |(header, word): (&String, &String)| {
            let meaning = Meaning::from_word(word).map_err(|problem| format!("synonyms, {header:?}: {problem}"))?;
            Ok((header.trim().to_owned(), meaning))
        };
        Ok(Self { given: given.iter().map(meaning).collect::<Result<_, String>>()? })
    }

    /// What each header means, in their order. A bare 峰 after 正向有功总示值 is that register's peak; `Current A` is in
    /// ampere unless there are B and C too.
    pub(super) fn headings(&self, headers: &[String]) -> Vec<Option<Heading>> {
        let mut found: Vec<Option<Heading>> = headers.iter().map(|header| self.heading(header)).collect();
        let current = |phase| Meaning::Values(Channel::mean(Quantity::Current, phase), Role::Interval);
        let other = found.iter().flatten().any(|one| [Phase::L2, Phase::L3].map(current).contains(&one.meaning));
        let mut counted = None;
        let in_ampere = |header: &str| {
            let mut ways = split(header.trim()).into_iter();
            ways.any(|(base, unit)| unit.is_some_and(|(unit, _)| unit == Unit::A) && !base.is_empty())
        };
        for (header, heading) in headers.iter().zip(&mut found) {
            let Some(heading) = heading else { continue };
            match heading.meaning {
                Meaning::Period(period) => {
                    if let Some((channel, unit)) = counted {
                        let role = match channel {
                            (_, Role::Register(_)) => Role::Register(period),
                            (_, Role::MaximumDemand(_)) => Role::MaximumDemand(period),
                            _ if period == Period::Total => Role::Interval,
                            _ => Role::Energy(period),
                        };
                        (heading.meaning, heading.unit) = (Meaning::Values(channel.0, role), unit);
                    }
                }
                Meaning::Values(channel, role) if channel.quantity.is_energy() || role != Role::Interval => {
                    counted = Some(((channel, role), heading.unit));
                }
                _ => counted = None,
            }
            if heading.meaning == current(Phase::L1) && !other && !heading.says_unit && in_ampere(header) {
                (heading.meaning, heading.says_unit) = (current(Phase::Total), true);
            }
        }
        found
    }

    /// What a header means, or a data item (数据项) such as `A相电压`.
    pub(super) fn heading(&self, header: &str) -> Option<Heading> {
        let header = header.trim();
        if let Some(meaning) = self.given.get(header) {
            let said = split(header).into_iter().find_map(|(base, unit)| (!base.is_empty()).then_some(unit)?);
            return with_unit(*meaning, said).or_else(|| with_unit(*meaning, None));
        }
        let lower = header.to_lowercase();
        if let Some(meaning @ Meaning::Values(..)) = Meaning::of_word(&lower) {
            // The unit is in the word, but for power factors.
            return with_unit(meaning, None).map(|one| Heading { says_unit: one.unit.is_some(), ..one });
        }
        split(header).into_iter().find_map(|(base, unit)| named(&base, unit).or_else(|| pieces::heading(&base, unit)))
    }
}

/// Unit and what it is of.
pub(super) type Said = Option<(Unit, Quantity)>;

/// The ways to split a header into a name and a unit, in the order in which they are tried: the unit in brackets at
/// the end; no unit; nothing but a unit; after or before a separator; glued to Chinese characters.
pub(super) fn split(header: &str) -> Vec<(String, Said)> {
    let header: String = header
        .chars()
        .map(|one| match one {
            '（' | '[' | '【' => '(',
            '）' | ']' | '】' => ')',
            other => other,
        })
        .collect();
    let separators = [' ', '_', '-', '/', ':', '：', '、', ',', '，', '.'];
    let bracketed = header.strip_suffix(')').and_then(|open| open.rsplit_once('('));
    let after_chinese = header.char_indices().rfind(|(_, one)| !one.is_ascii()).and_then(|(at, one)| {
        let end = at + one.len_utf8();
        Some((header.get(..end)?, header.get(end..)?))
    });
    let mut ways: Vec<(String, Said)> = Vec::new();
    let mut add = |base: &str, unit: &str| {
        if let Some(unit) = TABLE.unit(unit) {
            ways.push((base.to_owned(), Some(unit)));
        }
    };
    if let Some((base, unit)) = bracketed {
        add(base, unit);
    }
    add("", &header);
    let loose =
        [header.rsplit_once(separators), header.split_once(separators).map(|(unit, base)| (base, unit)), after_chinese];
    for (base, unit) in loose.into_iter().flatten() {
        add(base, unit);
    }
    let in_brackets = bracketed.is_some_and(|(_, unit)| TABLE.unit(unit).is_some());
    ways.insert(usize::from(in_brackets).min(ways.len()), (header.clone(), None));
    ways
}

/// By a whole name of the table.
fn named(base: &str, said: Said) -> Option<Heading> {
    let base = plain(base);
    let name = TABLE.name(&base).or_else(|| TABLE.name(&base.replace('总', "")))?;
    if name.needs_unit && said.is_none() {
        return None;
    }
    // value_kvarh: such a name says nothing of active or reactive.
    let reactive = match name.meaning {
        Meaning::Values(Channel::IMPORT_KWH, role) if name.needs_unit => {
            Some(Meaning::Values(Channel::IMPORT_KVARH, role))
        }
        Meaning::Values(Channel::EXPORT_KWH, role) if name.needs_unit => {
            Some(Meaning::Values(Channel::EXPORT_KVARH, role))
        }
        _ => None,
    };
    let heading = with_unit(name.meaning, said).or_else(|| with_unit(reactive?, said))?;
    Some(Heading { rank: name.rank, ..heading })
}

/// The meaning with the unit that a header names, or else with the usual one; `None` where they do not go together.
pub(super) fn with_unit(meaning: Meaning, said: Said) -> Option<Heading> {
    let plain = |meaning, unit, says_unit| Some(Heading { meaning, unit, says_unit, is_primary: None, rank: 0 });
    let Meaning::Values(channel, role) = meaning else { return plain(meaning, None, false) };
    let Some((unit, quantity)) = said else {
        return plain(meaning, meaning.usual_unit(), false);
    };
    if channel.quantity == quantity {
        return plain(meaning, Some(unit), true);
    }
    if role != Role::Interval {
        return None;
    }
    let power = |quantity| Channel { quantity, direction: Direction::Net, kind: Kind::Mean, ..channel };
    let meant = match (channel.quantity, quantity, channel.direction) {
        // Mean power by the name of an energy. There is no channel of exported power alone: it is the energy's.
        (Quantity::ActiveEnergy, Quantity::ActivePower, Direction::Import)
        | (Quantity::ReactiveEnergy, Quantity::ReactivePower, Direction::Import) => power(quantity),
        (Quantity::ActiveEnergy, Quantity::ActivePower, _) | (Quantity::ReactiveEnergy, Quantity::ReactivePower, _) => {
            channel
        }
        // Energy by the name of power.
        (Quantity::ActivePower, Quantity::ActiveEnergy, _) => Channel::IMPORT_KWH,
        (Quantity::ReactivePower, Quantity::ReactiveEnergy, _) => Channel::IMPORT_KVARH,
        _ => return None,
    };
    Channel::from_name(meant.name())?;
    plain(Meaning::Values(meant, role), Some(unit), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The word of a header's meaning with its unit, `-` where it has none.
    fn word(header: &str) -> Option<String> {
        let heading = Synonyms::default().heading(header)?;
        let unit = match (heading.meaning, heading.unit) {
            (Meaning::Values(channel, _), Some(unit)) => unit.symbol(channel.quantity),
            _ => "-",
        };
        Some(format!("{} {unit}{}", heading.meaning.word(), if heading.says_unit { "" } else { "?" }))
    }

    #[test]
    fn headers_of_every_kind() {
        for (header, expected) in [
            ("数据时间", "time -?"),
            ("开始时间", "time_start -?"),
            ("Interval End", "time_end -?"),
            ("Fecha", "date -?"),
            ("Hora", "hour -?"),
            ("CUPS", "meter -?"),
            ("电能表资产号", "meter -?"),
            ("综合倍率", "multiplier -?"),
            ("CT", "current_ratio -?"),
            ("数据项", "quantity -?"),
            ("Units", "unit -?"),
            ("Metodo_obtencion", "status -?"),
            ("Consumo_kWh", "import_kwh kWh"),
            ("AE_kWh", "import_kwh kWh"),
            ("Metering value (kvarh)", "-"),
            ("value_kvarh", "import_kvarh kvarh"),
            ("kW", "power_kw kW"),
            ("Hz", "frequency_hz Hz"),
            ("A", "-"),
            ("P", "-"),
            ("P(kW)", "power_kw kW"),
            ("P1", "-"),
            ("I(A)", "current_a A"),
            ("有功功率", "power_kw kW?"),
            ("瞬时有功功率(kW)", "power_kw_sample kW"),
            ("瞬时总有功功率", "power_kw_sample kW?"),
            ("A相有功功率(kW)", "power_l1_kw kW"),
            ("Pb", "power_l2_kw kW?"),
            ("P总", "power_kw kW?"),
            ("反向有功功率", "export_kwh kW?"),
            ("无功功率(kvar)", "reactive_power_kvar kvar"),
            ("C相无功功率", "reactive_power_l3_kvar kvar?"),
            ("视在功率(kVA)", "apparent_power_kva kVA"),
            ("Total active power (W)", "power_kw W"),
            ("A相电压", "voltage_l1_v V?"),
            ("电压A相", "voltage_l1_v V?"),
            ("A相电压(V)", "voltage_l1_v V"),
            ("二次侧A相电压(V)", "voltage_l1_v V"),
            ("UA", "voltage_l1_v V?"),
            ("Va", "voltage_l1_v V?"),
            ("Voltage L1", "voltage_l1_v V?"),
            ("Voltage_L2_kV", "voltage_l2_v kV"),
            ("Uab", "voltage_l1_l2_v V?"),
            ("AB线电压", "voltage_l1_l2_v V?"),
            ("线电压CA", "voltage_l3_l1_v V?"),
            ("A相电流(A)", "current_l1_a A"),
            ("零序电流", "current_n_a A?"),
            ("中性线电流(A)", "current_n_a A"),
            ("Ic", "current_l3_a A?"),
            ("功率因数", "power_factor -?"),
            ("总功率因数", "power_factor -?"),
            ("A相功率因数", "power_factor_l1 -?"),
            ("cosφ", "power_factor -?"),
            ("PF", "power_factor -?"),
            ("Power factor (%)", "power_factor %"),
            ("频率", "frequency_hz Hz?"),
            ("正向有功总示值", "import_kwh_register kWh?"),
            ("正向有功电能示值(尖)", "import_kwh_register_sharp kWh?"),
            ("正向有功示值（峰）(kWh)", "import_kwh_register_peak kWh"),
            ("正向有功尖峰示值", "import_kwh_register_sharp kWh?"),
            ("反向有功谷示值", "export_kwh_register_valley kWh?"),
            ("日冻结正向有功总电能示值", "import_kwh_register kWh?"),
            ("正向无功总示值", "import_kvarh_register kvarh?"),
            ("深谷示值", "import_kwh_register_deep_valley kWh?"),
            ("表码", "import_kwh_register kWh?"),
            ("read", "import_kwh_register kWh?"),
            ("正向有功", "import_kwh kWh?"),
            ("正向有功总", "import_kwh kWh?"),
            ("正向有功平", "import_kwh_flat kWh?"),
            ("尖", "sharp -?"),
            ("总", "total -?"),
            ("T1", "-"),
            ("最大需量(kW)", "maximum_demand_kw kW"),
            ("峰最大需量(kW)", "maximum_demand_kw_peak kW"),
            ("正向有功最大需量", "maximum_demand_kw kW?"),
            ("反向有功最大需量", "-"),
            ("最大需量发生时间", "maximum_demand_at -?"),
            ("组合有功总", "-"),
            ("import_kwh_register_peak", "import_kwh_register_peak kWh"),
            ("voltage_l1_v", "voltage_l1_v V"),
            ("正向有功电能", "-"),
            ("正向有功电能(kWh)", "import_kwh kWh"),
            ("Max demand (kW)", "maximum_demand_kw kW"),
            ("temperature (F)", "-"),
            ("CO2(tCO2)", "-"),
            ("", "-"),
        ] {
            let expected = (expected != "-").then(|| expected.to_owned());
            assert_eq!(word(header), expected, "{header}");
        }
    }

    #[test]
    fn a_bare_period_belongs_to_the_column_before_and_a_lone_a_is_ampere() {
        let words = |headers: &[&str]| -> Vec<String> {
            let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
            let found = Synonyms::default().headings(&headers);
            found.iter().map(|one| one.map_or_else(|| "-".to_owned(), |one| one.meaning.word())).collect()
        };
        assert_eq!(
            words(&["日期", "正向有功总示值", "尖", "峰", "反向有功总示值", "谷", "A相电压", "平"]),
            [
                "date",
                "import_kwh_register",
                "import_kwh_register_sharp",
                "import_kwh_register_peak",
                "export_kwh_register",
                "export_kwh_register_valley",
                "voltage_l1_v",
                "flat"
            ]
        );
        assert_eq!(words(&["用电量", "峰", "谷"]), ["import_kwh", "import_kwh_peak", "import_kwh_valley"]);
        assert_eq!(words(&["Current A", "Current B", "Current C"]), ["current_l1_a", "current_l2_a", "current_l3_a"]);
        assert_eq!(words(&["Voltage V", "Current A"]), ["voltage_v", "current_a"]);
        assert_eq!(words(&["电流A", "电流B", "电流C"]), ["current_l1_a", "current_l2_a", "current_l3_a"]);
        assert_eq!(words(&["Ia"]), ["current_l1_a"]);
    }

    #[test]
    fn what_a_caller_says_wins() {
        let given = |header: &str, word: &str| Synonyms::new(&BTreeMap::from([(header.to_owned(), word.to_owned())]));
        let synonyms = given("正向有功", "import_kwh_register").unwrap();
        assert_eq!(
            synonyms.heading(" 正向有功 ").map(|one| one.meaning.word()).as_deref(),
            Some("import_kwh_register")
        );
        let tag = given("TAG_17 (MWh)", "import_kwh").unwrap().heading("TAG_17 (MWh)").unwrap();
        assert_eq!((tag.unit, tag.says_unit), (Some(Unit::Mwh), true));
        let problem = given("TAG_17", "voltage_1l_v").unwrap_err();
        assert!(problem.contains("\"TAG_17\"") && problem.contains("voltage_l1_v"), "{problem}");
    }
}
