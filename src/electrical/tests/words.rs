use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::*;

fn catalogue(language: &str) -> BTreeMap<String, String> {
    let path = format!("{}/python/wattlens/words/{language}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_rule_is_told_in_both_languages() {
    for language in ["en", "zh"] {
        let words = catalogue(language);
        for rule in RULES {
            for kind in ["", "title.", "meaning.", "look_first.", "task."] {
                let key = format!("{kind}{}", rule.code);
                assert!(words.contains_key(&key), "{language}: {key}");
            }
        }
        for needs in crate::finding::NEEDS {
            assert!(words.contains_key(&format!("needs.{needs}")), "{language}: needs.{needs}");
        }
    }
}

/// Every fact that a sentence needs must be there, and not null outside a clause.
pub(super) fn can_be_said(one: &Finding) {
    static ENGLISH: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let template = &ENGLISH.get_or_init(|| catalogue("en"))[&one.code];
    let mut in_clause = false;
    for part in template.split_inclusive(['[', ']', '{', '}']) {
        match part.chars().last() {
            Some('[') => in_clause = true,
            Some(']') => in_clause = false,
            Some('}') => {
                let name = part.trim_end_matches('}').split(':').next().unwrap_or_default();
                let fact = one.evidence.get(name).unwrap_or_else(|| panic!("{}: {name} is not told", one.code));
                assert!(in_clause || !fact.is_null(), "{}: {name} is null", one.code);
            }
            _ => {}
        }
    }
}
