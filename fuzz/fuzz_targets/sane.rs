//! What must hold of whatever is read: readings that fit their axis, or an error with words.

use wattlens::ingest::{FileOptions, ReadOptions, read_bytes};

/// Reads bytes as a format and looks at what comes out.
pub fn read(format: &str, bytes: &[u8]) {
    let read = ReadOptions { zone: Some("Europe/Berlin".to_owned()), ..ReadOptions::default() };
    let options = FileOptions { read, format: Some(format.to_owned()), ..FileOptions::default() };
    match read_bytes(bytes, "any", &options) {
        Ok(meters) => {
            assert!(!meters.is_empty());
            for readings in meters {
                for series in readings.all_series() {
                    assert_eq!(series.values().len(), readings.axis().len());
                    assert!(series.values().iter().all(|value| value.is_nan() || value.is_finite()));
                }
                let spans = readings.spans().0.iter().flat_map(|series| &series.values);
                assert!(spans.into_iter().all(|value| value.span.start <= value.span.end));
            }
        }
        Err(error) => assert!(error.to_string().len() > 10),
    }
}
