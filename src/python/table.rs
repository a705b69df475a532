//! Readings from the columns of a frame: stamps as numbers or text, and one column of numbers a channel.

use crate::error::{ErrorKind, Result};
use crate::ingest::{FileOptions, RawColumn, RawRows, RawTimes, Unit, assemble, read_csv_bytes};
use crate::readings::Readings;
use crate::time::Zone;

use super::rows::{Numbers, Stamps, column_error};

/// Name of a frame in messages.
pub(super) const TABLE: &str = "table";

/// Readings of a frame.
///
/// Without `options.zone` the frame's own zone is taken where it is a place's: UTC and bare offsets say
/// nothing of where the site is.
///
/// # Errors
/// As [`assemble`]; where stamps are text, as [`read_csv_bytes`], whose line 2 is the frame's first row.
pub(super) fn readings(stamps: Stamps, columns: Vec<Numbers>, mut options: FileOptions) -> Result<Readings> {
    let mut zone_of_table = None;
    let times = match stamps {
        Stamps::Texts(texts) => return read_texts(&texts, &columns, &options),
        Stamps::WallClock(seconds) => RawTimes::WallClock(seconds),
        Stamps::Instants(seconds, zone) => {
            let is_place = zone.contains('/') && !zone.starts_with("Etc/") && Zone::named(&zone).is_ok();
            if options.read.zone.is_none() && is_place {
                options.read.zone = Some(zone.clone());
                zone_of_table = Some(zone);
            }
            RawTimes::Instants(seconds)
        }
    };
    let columns = columns
        .into_iter()
        .map(|column| {
            let usual = Unit::of(column.channel.quantity);
            let unit = options.units.get(column.channel.name()).copied().unwrap_or(usual);
            RawColumn::new(column.channel, column.name, unit, column.values)
        })
        .collect();
    let readings = assemble(RawRows::new(TABLE, times, columns), &options.read)?;
    if zone_of_table.is_none() {
        return Ok(readings);
    }
    let (findings, mut provenance) = (readings.findings().to_vec(), readings.provenance().clone());
    if let Some(zone) = provenance.get_mut("zone") {
        "the stamps' zone".clone_into(&mut zone.why);
    }
    Ok(readings.with_origin(findings, provenance))
}

/// A frame whose stamps are text is the same thing as its CSV file, so the reader of date styles reads it.
fn read_texts(texts: &[String], columns: &[Numbers], options: &FileOptions) -> Result<Readings> {
    let failed = |error: csv::Error| column_error("time", error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let time = options.time.as_deref().unwrap_or("time");
    writer.write_record([time].into_iter().chain(columns.iter().map(|column| column.name.as_str()))).map_err(failed)?;
    for (row, text) in texts.iter().enumerate() {
        let numbers = columns.iter().map(|column| match column.values.get(row) {
            Some(number) if !number.is_nan() => number.to_string(),
            _ => String::new(),
        });
        writer.write_record([text.clone()].into_iter().chain(numbers)).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| column_error("time", error.to_string()))?;
    let options = FileOptions {
        time: Some(time.to_owned()),
        encoding: Some("utf-8".to_owned()),
        delimiter: Some(','),
        decimal: Some('.'),
        header_line: Some(1),
        layout: Some("columns".to_owned()),
        ..options.clone()
    };
    let readings = read_csv_bytes(&bytes, TABLE, &options)?;
    let (findings, mut provenance) = (readings.findings().to_vec(), readings.provenance().clone());
    for of_text in ["encoding", "delimiter", "decimal", "header_line", "layout"] {
        provenance.remove(of_text);
    }
    Ok(readings.with_origin(findings, provenance))
}

/// Checks that the columns are as long as the stamps; frames are, arrays that a caller puts together may not be.
pub(super) fn check_lengths(stamps: usize, columns: &[Numbers]) -> Result<()> {
    match columns.iter().find(|column| column.values.len() != stamps) {
        Some(column) => {
            let (channel, found) = (column.channel.name().to_owned(), column.values.len());
            Err(ErrorKind::ChannelLength { channel, found, expected: stamps }.into())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::Channel;

    fn frame(stamps: Stamps) -> Result<Readings> {
        let values = vec![1.5, f64::NAN, 1e-7, 4.0];
        let column = Numbers { channel: Channel::IMPORT_KWH, name: "用电, kWh".to_owned(), values };
        let columns = [("import_kwh".to_owned(), column.name.clone())].into();
        let units = [("import_kwh".to_owned(), Unit::Kwh)].into();
        readings(stamps, vec![column], FileOptions { columns, units, ..FileOptions::default() })
    }

    #[test]
    fn text_and_numbers_of_the_same_stamps_give_the_same_readings() {
        let texts =
            ["2024-06-01T00:00+08:00", "2024-06-01T00:15+08:00", "2024-06-01T00:30+08:00", "2024-06-01T00:45+08:00"];
        assert!(frame(Stamps::Texts(texts.map(str::to_owned).to_vec())).unwrap_err().to_string().contains("zone="));
        let seconds = [0, 900, 1800, 2700].map(|s| 1_717_171_200 + s).to_vec();
        let by_number = frame(Stamps::Instants(seconds.clone(), "Asia/Shanghai".to_owned())).unwrap();
        assert_eq!(by_number.series(Channel::IMPORT_KWH).unwrap().total(), Some(5.5 + 1e-7));
        assert_eq!(by_number.provenance()["zone"].why, "the stamps' zone");
        assert!(frame(Stamps::Instants(seconds, "UTC".to_owned())).unwrap_err().to_string().contains("zone="));
    }

    #[test]
    fn lengths_are_checked() {
        let column = Numbers { channel: Channel::IMPORT_KWH, name: "kwh".to_owned(), values: vec![1.0; 3] };
        assert!(check_lengths(3, std::slice::from_ref(&column)).is_ok());
        assert!(check_lengths(4, &[column]).unwrap_err().to_string().contains("3 values"));
    }
}
