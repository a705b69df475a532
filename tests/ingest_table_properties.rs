//! However a table is written, it is read the same; and whatever its bytes are, they do no harm.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use proptest::sample::select;
use wattlens::ingest::{FileOptions, ReadOptions, read_bytes};
use wattlens::readings::{Channel, Readings};

fn options() -> FileOptions {
    let read = ReadOptions { zone: Some("Asia/Shanghai".to_owned()), ..ReadOptions::default() };
    FileOptions { read, ..FileOptions::default() }
}

/// How a table is written.
#[derive(Clone, Debug)]
struct Style {
    delimiter: char,
    decimal: char,
    quoted: bool,
    line_end: &'static str,
    last_line_ends: bool,
    encoding: &'static str,
    marked: bool,
    preamble: usize,
    stamp: usize,
    layout: usize,
    grouped: bool,
}

fn style() -> impl Strategy<Value = Style> {
    let text = (select(vec![',', ';', '\t', '|']), select(vec!['.', ',']), any::<bool>());
    let lines = (select(vec!["\n", "\r\n", "\r"]), any::<bool>(), 0usize..3);
    let bytes = (select(vec!["utf-8", "utf-16le", "utf-16be", "gb18030"]), any::<bool>());
    (text, lines, bytes, 0usize..4, 0usize..3, any::<bool>()).prop_map(
        |(
            (delimiter, decimal, quoted),
            (line_end, last_line_ends, preamble),
            (encoding, marked),
            stamp,
            layout,
            grouped,
        )| {
            Style {
                delimiter,
                decimal,
                quoted,
                line_end,
                last_line_ends,
                encoding,
                marked,
                preamble,
                stamp,
                layout,
                grouped,
            }
        },
    )
}

impl Style {
    fn number(&self, hundredths: i32) -> String {
        let (whole, fraction) = (hundredths / 100, hundredths % 100);
        let separator = if self.decimal == ',' { '.' } else { ',' };
        let whole = match (self.grouped, whole) {
            (true, 1000..) => format!("{}{separator}{:03}", whole / 1000, whole % 1000),
            _ => whole.to_string(),
        };
        format!("{whole}{}{fraction:02}", self.decimal)
    }

    fn stamp(&self, quarter: usize) -> String {
        let (day, hour, minute) = (1 + quarter / 96, quarter % 96 / 4, quarter % 4 * 15);
        match self.stamp {
            0 => format!("2024-01-{day:02} {hour:02}:{minute:02}"),
            1 => format!("2024/1/{day} {hour}:{minute:02}:00"),
            2 => format!("2024年1月{day}日 {hour}时{minute:02}分"),
            _ => format!("{day:02}.01.2024 {hour:02}:{minute:02}"),
        }
    }

    fn line(&self, cells: &[String]) -> String {
        let written = cells.iter().map(|cell| {
            let must = cell.contains([self.delimiter, '"']);
            if self.quoted || must { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        });
        written.collect::<Vec<_>>().join(&self.delimiter.to_string())
    }

    /// The table of some meters' values, in the layout of the style.
    fn table(&self, meters: &[Vec<i32>]) -> Vec<u8> {
        let mut lines = vec![self.line(&["用电量 \"年报\"".to_owned()]), String::new()];
        lines.truncate(self.preamble);
        let cells = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let quarters = 0..meters[0].len();
        match self.layout {
            0 => {
                lines.push(self.line(&cells(&["时间", "用电量(kWh)", "备注"])));
                for quarter in quarters {
                    let number = self.number(meters[0][quarter]);
                    lines.push(self.line(&[self.stamp(quarter), number, "正常".to_owned()]));
                }
            }
            1 => {
                lines.push(self.line(&cells(&["表号", "时间", "用电量(kWh)"])));
                for quarter in quarters {
                    for (meter, values) in meters.iter().enumerate() {
                        lines.push(self.line(&[
                            format!("表{meter}"),
                            self.stamp(quarter),
                            self.number(values[quarter]),
                        ]));
                    }
                }
            }
            _ => {
                let names = (0..meters.len()).map(|meter| format!("表{meter}"));
                lines.push(self.line(&["时间".to_owned()].into_iter().chain(names).collect::<Vec<_>>()));
                for quarter in quarters {
                    let numbers = meters.iter().map(|values| self.number(values[quarter]));
                    lines.push(self.line(&[self.stamp(quarter)].into_iter().chain(numbers).collect::<Vec<_>>()));
                }
            }
        }
        let mut text = lines.join(self.line_end);
        if self.last_line_ends {
            text += self.line_end;
        }
        let mark = if self.marked { "\u{feff}" } else { "" };
        match self.encoding {
            "utf-8" => format!("{mark}{text}").into_bytes(),
            "utf-16le" => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16be" => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => encoding_rs::GB18030.encode(&text).0.into_owned(),
        }
    }
}

fn import(readings: &Readings) -> Vec<f64> {
    readings.series(Channel::IMPORT_KWH).unwrap().values().to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn a_table_written_in_any_style_is_read_the_same(
        style in style(),
        meters in (2usize..5, 8usize..120).prop_flat_map(|(meters, quarters)| {
            prop::collection::vec(prop::collection::vec(0i32..99_999_999, quarters), meters)
        }),
    ) {
        // 12,34,56 cannot be cut again without quotes.
        prop_assume!(style.quoted || style.delimiter != ',' || style.decimal != ',');
        let bytes = style.table(&meters);
        let read = read_bytes(&bytes, "any.csv", &options());
        let read = read.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let expected = if style.layout == 0 { &meters[..1] } else { &meters[..] };
        prop_assert_eq!(read.len(), expected.len());
        for (readings, hundredths) in read.iter().zip(expected) {
            let values: Vec<f64> = hundredths.iter().map(|value| f64::from(*value) / 100.0).collect();
            prop_assert_eq!(import(readings), values);
            prop_assert_eq!(readings.axis().start(), 1_704_038_400);
        }
    }

    #[test]
    fn a_damaged_table_does_no_harm(
        style in style(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0u8..3, any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = style.table(&[vec![123_456; 60], vec![12; 60]]);
        for (at, kind, byte) in damages {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b"\"\r\n,;\t|.:-0"[usize::from(byte) % 11]),
                _ => { bytes.remove(at); }
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        match read_bytes(&bytes, "any.csv", &options()) {
            Ok(meters) => for readings in meters {
                for series in readings.all_series() {
                    prop_assert_eq!(series.values().len(), readings.axis().len());
                }
            },
            Err(error) => prop_assert!(error.to_string().len() > 10),
        }
    }

    #[test]
    fn any_text_under_any_header_does_no_harm(
        header in "[a-zA-Z0-9 ,;\"时间表号电量]{0,30}",
        rows in prop::collection::vec("[0-9a-z:,;/. \"年-]{0,30}", 0..12),
        layout in select(vec![None, Some("long"), Some("columns"), Some("wide_meters")]),
        header_line in prop::option::of(0u64..4),
    ) {
        let options = FileOptions { layout: layout.map(str::to_owned), header_line, ..options() };
        let text = format!("{header}\n{}", rows.join("\n"));
        if let Err(error) = read_bytes(text.as_bytes(), "any.csv", &options) {
            prop_assert!(error.to_string().len() > 10);
        }
    }
}
