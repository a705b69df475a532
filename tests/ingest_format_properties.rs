//! Whatever the bytes are, every format answers with sane readings or an error.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use wattlens::ingest::{FileOptions, ReadOptions, read_bytes};

const FORMATS: [(&str, &str); 4] =
    [("nem12", "nem12"), ("nem13", "nem12"), ("mscons", "mscons"), ("green_button", "green_button")];

fn check(format: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let read = ReadOptions { zone: Some("Europe/Berlin".to_owned()), ..ReadOptions::default() };
    let options = FileOptions { read, format: Some(format.to_owned()), ..FileOptions::default() };
    match read_bytes(bytes, "any", &options) {
        Ok(meters) => {
            prop_assert!(!meters.is_empty());
            for readings in meters {
                prop_assert!(readings.all_series().iter().all(|one| one.values().len() == readings.axis().len()));
                let mut values = readings.all_series().iter().flat_map(|one| one.values());
                prop_assert!(values.all(|value| value.is_nan() || value.is_finite()));
                let spans = readings.spans().0.iter().flat_map(|one| &one.values);
                prop_assert!(spans.into_iter().all(|one| one.span.start <= one.span.end));
            }
        }
        Err(error) => prop_assert!(error.to_string().len() > 10),
    }
    Ok(())
}

/// All fixtures of a format.
fn fixtures(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// One change of a text.
#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    Cut(Index),
    Remove(Index, usize),
    Repeat(Index, usize),
    Insert(Index, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let words = select(vec![
        "300,",
        "400,1,48,V",
        "\n",
        "'",
        "?",
        "+",
        ":",
        "-1",
        "1e308",
        "NaN",
        "99999999999999999999",
        "&#0;",
        "<",
        "</",
        "<!--",
        "QTY+220:1:KWH'",
        "DTM+164:999912312359?+14:303'",
        "LOC+172+X'",
        "UNA::::::",
        "<IntervalBlock>",
        "0",
        ",",
    ]);
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), 1usize..60).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<Index>(), 1usize..200).prop_map(|(at, count)| Change::Repeat(at, count)),
        (any::<Index>(), words).prop_map(|(at, word)| Change::Insert(at, word)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let at = |index: &Index| index.index(bytes.len() + 1).min(bytes.len());
        match change {
            Change::Byte(index, byte) if at(index) < bytes.len() => {
                let at = at(index);
                bytes[at] = *byte;
            }
            Change::Byte(..) => {}
            Change::Cut(index) => bytes.truncate(at(index)),
            Change::Remove(index, count) => {
                let from = at(index);
                bytes.drain(from..(from + count).min(bytes.len()));
            }
            Change::Repeat(index, count) => {
                let from = at(index);
                let part = bytes[from..(from + count).min(bytes.len())].to_vec();
                bytes.splice(from..from, part);
            }
            Change::Insert(index, word) => {
                let from = at(index);
                bytes.splice(from..from, word.bytes());
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (format, _) in FORMATS {
            check(format, &bytes)?;
        }
    }

    #[test]
    fn changed_fixtures_do_no_harm(
        format in select(FORMATS.to_vec()),
        file in any::<Index>(),
        changes in prop::collection::vec(change(), 1..8),
    ) {
        let files = fixtures(format.1);
        check(format.0, &changed(file.get(&files).clone(), &changes))?;
    }
}

#[test]
fn long_hostile_files_are_read_or_refused() {
    let nem =
        |line: &str| format!("100,NEM12,,,\n200,N,E1,1,E1,N,S,kWh,30,\n{}900\n", line.repeat(200_000 / line.len()));
    let day = format!("300,20240101,{}A,,,,\n", "1,".repeat(48));
    let cases = [
        ("nem12", nem(&day)),
        ("nem12", nem("400,1,1,A,,\n")),
        ("nem12", nem("200,N,E1,1,X1,N,S,kWh,30,\n")),
        ("nem12", format!("100,NEM12,{}", ",".repeat(400_000))),
        ("mscons", format!("UNH+1+MSCONS'LOC+172+A'{}", "QTY+220:1:KWH'".repeat(20_000))),
        ("mscons", format!("UNH+1+MSCONS'LOC+172+A'QTY{}", "+:?".repeat(200_000))),
        ("green_button", format!("<a>{}", "<IntervalReading><value>1</value></IntervalReading>".repeat(5_000))),
        (
            "green_button",
            format!("<feed>{}</feed>", "<entry><link rel='self' href='/UsagePoint/'/></entry>".repeat(5_000)),
        ),
    ];
    for (format, text) in cases {
        check(format, text.as_bytes()).unwrap();
    }
    let options = FileOptions { format: Some("nem12".to_owned()), ..FileOptions::default() };
    let error = read_bytes(sparse.as_bytes(), "any", &options).unwrap_err().to_string();
    assert!(error.contains("are dates damaged"), "{error}");
}
