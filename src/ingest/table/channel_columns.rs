//! The layout `columns`: one row an interval, one column a channel.

use super::columns;
use super::head::Head;
use super::layout::{Layout, Plan};
use super::long::Long;
use super::times::{Times, no_time};
use crate::error::Result;
use crate::ingest::file_options::FileOptions;
use crate::readings::Sure;

/// One column a channel; any table may be it.
pub(super) const LAYOUT: Layout = Layout { name: "columns", recognise };

fn recognise(head: &Head, options: &FileOptions) -> Result<Option<Plan>> {
    let times = Times::find(head, options)?.ok_or_else(|| no_time(head))?;
    let (numbers, findings) = columns::numbers(head, |at| times.has(at), options)?;
    if numbers.is_empty() {
        return Err(columns::no_numbers(head));
    }
    let left = columns::not_read(head, |at| times.has(at) || numbers.iter().any(|column| column.at == at));
    let mut rows = Long::of_one_meter(head, options, times, numbers);
    (rows.not_read, rows.findings) = (left, findings);
    Ok(Some(Plan { why: "one column a channel".to_owned(), sure: Sure::Certain, rows: Box::new(rows) }))
}
