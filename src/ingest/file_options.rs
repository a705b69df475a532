//! What a caller may say about a file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::stamp_text::DateOrder;
use super::{ReadOptions, Unit};

/// What a caller may say about a file; what is not said is found out and reported.
///
/// ```
/// use wattlens::ingest::FileOptions;
/// let options: FileOptions = serde_json::from_str(r#"{"zone": "Asia/Shanghai", "columns": {"import_kwh": "P1"}}"#)?;
/// assert_eq!(options.read.zone.as_deref(), Some("Asia/Shanghai"));
/// assert!(serde_json::from_str::<FileOptions>(r#"{"zonne": "Asia/Shanghai"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileOptions {
    /// What holds for every source: zone, stamp, midnight, step, fold, gap, registers, multiplier.
    #[serde(flatten)]
    pub read: ReadOptions,
    /// Format, e.g. `csv` or `nem12`.
    pub format: Option<String>,
    /// Layout of a table, e.g. `long` or `wide_days`.
    pub layout: Option<String>,
    /// Column with the meters' names.
    pub meter_column: Option<String>,
    /// The one meter wanted; the others of the file are left out.
    pub only: Option<String>,
    /// Column with date and clock.
    pub time: Option<String>,
    /// Column with the date, where the clock stands in its own.
    pub date: Option<String>,
    /// Column with the clock, where the date stands in its own.
    pub clock: Option<String>,
    /// Channel name (`import_kwh`, …) → column name, for columns that the header does not tell.
    pub columns: BTreeMap<String, String>,
    /// Channel name → unit of its column.
    pub units: BTreeMap<String, Unit>,
    /// Order of the fields of dates such as `01/02/2018`.
    pub date_order: Option<DateOrder>,
    /// Encoding, e.g. `utf-8` or `gb18030`.
    pub encoding: Option<String>,
    /// Delimiter.
    pub delimiter: Option<char>,
    /// Decimal mark, `.` or `,`.
    pub decimal: Option<char>,
    /// Line of the header, counted from 1; 0 where there is none.
    pub header_line: Option<u64>,
    /// More names of columns: a header as it stands in the file → what it is, in the words of the table of synonyms.
    pub synonyms: BTreeMap<String, String>,
}
