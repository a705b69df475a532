use std::collections::BTreeMap;

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
