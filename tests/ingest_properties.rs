//! Whatever the bytes are, the CSV reader answers with readings or an error; and the order of rows does not matter.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::Index;
use wattlens::ingest::{
    DateOrder, FileOptions, Midnight, RawColumn, RawRows, RawTimes, ReadOptions, Stamp, Unit, assemble, read_csv_bytes,
};
use wattlens::readings::{Channel, Flag};

fn options() -> FileOptions {
    let read = ReadOptions { zone: Some("Europe/Berlin".to_owned()), ..ReadOptions::default() };
    FileOptions { read, date_order: Some(DateOrder::Dmy), ..FileOptions::default() }
}

/// Two days of quarter hours as a wall clock shows them.
fn lines() -> Vec<String> {
    let mut lines = vec!["时间,import_kwh,import_kvarh".to_owned()];
    for k in 0..192 {
        let mut line = String::new();
        let _ = write!(line, "2024/10/{} {}:{:02},{}.5,{k}", 28 + k / 96, k % 96 / 4, k % 4 * 15, k % 17);
        lines.push(line);
    }
    lines
}

/// Readings must be sane and no longer than rows can justify; an error must have a message.
fn check(bytes: &[u8], options: &FileOptions) -> Result<(), TestCaseError> {
    match read_csv_bytes(bytes, "any.csv", options) {
        Ok(readings) => {
            let rows: usize = readings.provenance()["rows"].value.parse().unwrap();
            // An axis without channels holds no values.
            let most = if readings.all_series().is_empty() { 50 * 366 * 24 + 1 } else { 100_000.max(60 * rows) };
            prop_assert!(readings.axis().len() <= most);
            for series in readings.all_series() {
                prop_assert_eq!(series.values().len(), readings.axis().len());
                prop_assert!(series.values().iter().all(|value| value.is_nan() || value.is_finite()));
            }
        }
        Err(error) => prop_assert!(error.to_string().len() > 10),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes, &options())?;
    }

    #[test]
    fn arbitrary_rows_under_a_good_header_do_no_harm(
        rows in prop::collection::vec("[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}[日T ]?[0-9 ]{0,3}:?[0-9]{0,3}[Z+]?,[-0-9.,e\"inaN]{0,6}", 0..20),
        step_s in prop::option::of(prop::sample::select(vec![-900, 0, 1, 7, 60, 900, 3600, 86_400, i64::MAX])),
    ) {
        let mut options = options();
        options.read.step_s = step_s;
        check(format!("time,kwh\n{}", rows.join("\n")).as_bytes(), &options)?;
    }

    #[test]
    fn plausible_stamps_anywhere_do_no_harm(
        stamps in prop::collection::vec((1890u16..2210, 1u8..13, 1u8..29, 0u8..25, 0u8..60), 1..40),
        gap_skip in any::<bool>(),
    ) {
        let mut text = "time,kwh\n".to_owned();
        for (year, month, day, hour, minute) in stamps {
            let _ = writeln!(text, "{year}-{month}-{day} {hour}:{minute:02},1");
        }
        let mut options = options();
        options.read.gap = if gap_skip { wattlens::time::Gap::Skip } else { wattlens::time::Gap::Error };
        check(text.as_bytes(), &options)?;
    }

    #[test]
    fn a_damaged_file_does_no_harm(
        damages in prop::collection::vec((any::<Index>(), 0u8..4, any::<u8>()), 1..6),
        cut in prop::option::of(any::<Index>()),
    ) {
        let mut bytes = lines().join("\r\n").into_bytes();
        for (at, kind, byte) in damages {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => { bytes.remove(at); }
                _ => bytes[at] = b"0123456789,\n\"/: "[usize::from(byte) % 16],
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        check(&bytes, &options())?;
    }

    #[test]
    fn placing_agrees_with_a_slow_twin(rows in prop::collection::vec((0i64..60, prop::option::of(0u8..4)), 20..80)) {
        // The twin: the first value that is there for each quarter hour, ambiguous where a later one differs.
        let mut kept: BTreeMap<i64, Option<(f64, bool)>> = BTreeMap::new();
        for (quarter, value) in &rows {
            let slot = kept.entry(*quarter).or_default();
            *slot = match (*slot, value.map(f64::from)) {
                (None, value) => value.map(|value| (value, false)),
                (Some((first, ambiguous)), Some(value)) => Some((first, ambiguous || value != first)),
                (some, None) => some,
            };
        }
        let stamps = rows.iter().map(|(quarter, _)| 1_704_067_200 + quarter * 900).collect();
        let values = rows.iter().map(|(_, value)| value.map_or(f64::NAN, f64::from)).collect();
        let column = RawColumn::new(Channel::IMPORT_KWH, "kwh", Unit::Kwh, values);
        let read = ReadOptions { zone: Some("UTC".to_owned()), step_s: Some(900), stamp: Some(Stamp::Start), midnight: Some(Midnight::NextDate), ..ReadOptions::default() };
        let readings = match assemble(RawRows::new("table", RawTimes::WallClock(stamps), vec![column]), &read) {
            Ok(readings) => readings,
            // Eight equal gaps in a row are another step.
            Err(_) => return Ok(()),
        };
        prop_assume!(readings.findings().iter().all(|finding| finding.code != "ingest.other_step"));
        // Rows that mostly run backwards are read from their end, and the twin's "first" is another.
        prop_assume!(readings.findings().iter().all(|finding| finding.evidence.get("descending") != Some(&true.into())));
        let series = readings.series(Channel::IMPORT_KWH).unwrap();
        for (slot, (value, flag)) in series.values().iter().zip(series.flags()).enumerate() {
            let quarter = (readings.axis().instant(slot) - 1_704_067_200) / 900;
            match kept.get(&quarter).copied().flatten() {
                None => prop_assert_eq!(*flag, Flag::Missing),
                Some((expected, ambiguous)) => {
                    prop_assert_eq!(*value, expected);
                    prop_assert_eq!(*flag, if ambiguous { Flag::Ambiguous } else { Flag::Measured });
                }
            }
        }
    }

    #[test]
    fn a_number_written_is_the_number_read(values in prop::collection::vec(-1e6f64..1e6, 2..50)) {
        let mut text = "time,kwh\n".to_owned();
        for (k, value) in values.iter().enumerate() {
            let _ = writeln!(text, "2024-01-01 {}:{:02},{value}", k / 4, k % 4 * 15);
        }
        let readings = read_csv_bytes(text.as_bytes(), "any.csv", &options()).unwrap();
        prop_assert_eq!(readings.series(Channel::IMPORT_KWH).unwrap().values(), values.as_slice());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_rows_does_not_matter(order in Just((1..193).collect::<Vec<usize>>()).prop_shuffle()) {
        let lines = lines();
        let plain = read_csv_bytes(lines.join("\n").as_bytes(), "plain.csv", &options()).unwrap();
        let mut shuffled = vec![lines[0].clone()];
        shuffled.extend(order.iter().map(|row| lines[*row].clone()));
        let shuffled = read_csv_bytes(shuffled.join("\n").as_bytes(), "shuffled.csv", &options()).unwrap();
        prop_assert_eq!(plain.axis(), shuffled.axis());
        prop_assert_eq!(plain.all_series(), shuffled.all_series());
        prop_assert_eq!(plain.provenance(), shuffled.provenance());
        prop_assert_eq!(plain.series(Channel::IMPORT_KWH).unwrap().total(), Some((0..192).map(|k| f64::from(k % 17) + 0.5).sum()));
    }
}
