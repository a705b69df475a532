//! What the lines above the header and the name of a file say: `综合倍率：120`, `单位：kW`, a title such as 正向有功功率曲线.

use std::path::Path;

use super::head::Head;
use super::multiplier::Ratios;
use crate::ingest::heading::{Heading, Synonyms};
use crate::ingest::meaning::Meaning;

/// Longer cells are neither titles nor pairs.
const LONGEST: usize = 400;

/// What stands around a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Preamble {
    /// Pairs of a name and its text.
    said: Vec<(Meaning, String)>,
    /// Other text above the header.
    titles: Vec<String>,
    /// Name of the file without folder and ending.
    file_name: String,
}

impl Preamble {
    pub(super) fn of(head: &Head) -> Self {
        let synonyms = &head.synonyms;
        let mut found = Self::default();
        for (_, cells) in &head.preamble {
            let mut name = None;
            for cell in cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty() && cell.len() <= LONGEST) {
                if let Some(meaning) = name.take() {
                    found.said.push((meaning, cell.to_owned()));
                    continue;
                }
                for piece in cell.split([' ', ';', '；', '，', '\t']).filter(|piece| !piece.is_empty()) {
                    let pair =
                        piece.split_once([':', '：', '=']).map(|(name, text)| (synonyms.heading(name), text.trim()));
                    match pair {
                        Some((Some(heading), "")) => name = Some(heading.meaning),
                        Some((Some(heading), text)) => found.said.push((heading.meaning, text.to_owned())),
                        _ => {}
                    }
                }
                let heading = synonyms.heading(cell).filter(|one| is_said(one.meaning));
                name = name.or(heading.map(|one| one.meaning));
                if name.is_none() {
                    found.titles.push(cell.to_owned());
                }
            }
        }
        let stem = Path::new(&head.source_name).file_stem();
        found.file_name = stem.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        found
    }

    /// The text given for a meaning.
    pub(super) fn text(&self, meaning: Meaning) -> Option<&str> {
        self.said.iter().find(|(found, _)| *found == meaning).map(|(_, text)| text.as_str())
    }

    /// What the values of the whole table are, where a title or the file's name tells: its words, longest stretch first.
    pub(super) fn item(&self, synonyms: &Synonyms) -> Option<(Heading, String)> {
        let unit = self.text(Meaning::Unit);
        let given = self.text(Meaning::Quantity).map(str::to_owned);
        given.iter().chain(&self.titles).chain([&self.file_name]).find_map(|title| {
            let is_between = |one: char| !one.is_alphanumeric() || one.is_ascii_digit() || "年月".contains(one);
            let words: Vec<&str> = title.split(is_between).filter(|word| !word.is_empty()).collect();
            let stretches = (1..=words.len().min(5)).rev().flat_map(|long| words.windows(long));
            // `L1` and `kWh 2024` need their digits: the title is tried whole first.
            std::iter::once(title.clone()).chain(stretches.map(|words| words.join("_"))).find_map(|text| {
                let with_unit = unit.and_then(|unit| synonyms.heading(&format!("{text}({unit})")));
                let heading = with_unit.or_else(|| synonyms.heading(&text))?;
                matches!(heading.meaning, Meaning::Values(..)).then_some((heading, text))
            })
        })
    }

    /// The text that says that the table is of register readings, and whether it stands above the header; else it is the
    /// name of the file.
    pub(super) fn is_of_registers(&self) -> Option<(&str, bool)> {
        const WORDS: [&str; 7] = ["示值", "示数", "止码", "表码", "表底", "底码", "register"];
        let says = |text: &&String| WORDS.iter().any(|word| text.to_lowercase().contains(word));
        let title = self.titles.iter().find(says).map(|title| (title.as_str(), true));
        title.or_else(|| Some(&self.file_name).filter(says).map(|name| (name.as_str(), false)))
    }

    /// Whether some text says that values are of the primary side, the multiplier in them, or of the secondary.
    pub(super) fn is_primary(&self) -> Option<(bool, String)> {
        const SECONDARY: [&str; 6] = ["二次侧", "二次值", "未乘倍率", "不含倍率", "secondary value", "secondary side"];
        const PRIMARY: [&str; 6] = ["一次侧", "一次值", "已乘倍率", "含倍率", "primary value", "primary side"];
        let mut texts = self.titles.iter().chain(self.said.iter().map(|(_, text)| text));
        texts.find_map(|text| {
            let lower = text.to_lowercase();
            let has = |words: [&str; 6]| words.iter().any(|word| lower.contains(word));
            // 不含倍率 contains 含倍率.
            if has(SECONDARY) { Some((false, text.clone())) } else { has(PRIMARY).then(|| (true, text.clone())) }
        })
    }
}

/// What stands around the rows of a table, the same for every meter.
pub(super) struct Around {
    pub source_name: String,
    /// What the lines above the header say of the multiplier.
    pub ratios: Ratios,
    /// Whether values are said to be primary or secondary, and the text that says it.
    pub is_primary: Option<(bool, String)>,
    /// The meter, where the lines above the header name it.
    pub meter: Option<String>,
}

impl Around {
    pub(super) fn of(head: &Head, preamble: &Preamble) -> Self {
        Self {
            source_name: head.source_name.clone(),
            ratios: Ratios::of_preamble(preamble),
            is_primary: preamble.is_primary(),
            meter: preamble.text(Meaning::Meter).map(str::to_owned),
        }
    }
}

/// Whether the lines above a header say this of the whole table.
fn is_said(meaning: Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Meter
            | Meaning::Multiplier
            | Meaning::CurrentRatio
            | Meaning::VoltageRatio
            | Meaning::Quantity
            | Meaning::Unit
    )
}
