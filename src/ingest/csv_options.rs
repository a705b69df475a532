//! What a caller may say about a CSV file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::stamp_text::DateOrder;
use super::{ReadOptions, Unit};

/// What a caller may say about a CSV file; what is not said is found out and reported.
///
/// ```
/// use wattlens::ingest::CsvOptions;
/// let options: CsvOptions = serde_json::from_str(r#"{"zone": "Asia/Shanghai", "columns": {"import_kwh": "P1"}}"#)?;
/// assert_eq!(options.read.zone.as_deref(), Some("Asia/Shanghai"));
/// assert!(serde_json::from_str::<CsvOptions>(r#"{"zonne": "Asia/Shanghai"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CsvOptions {
    /// What holds for every source: zone, stamp, midnight, step, fold, gap.
    #[serde(flatten)]
    pub read: ReadOptions,
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
    /// Delimiter; a comma unless said.
    pub delimiter: Option<char>,
}
