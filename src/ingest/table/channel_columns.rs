//! The layout `columns`: one row an interval, one column a channel.

use super::columns::{self, NumberColumn};
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
    let numbers: Vec<NumberColumn> = columns::numbers(head, |at| times.has(at), options)?;
    if numbers.is_empty() {
        return Err(columns::no_numbers(head));
    }
    let rows = Long::of_one_meter(head, options, times, numbers);
    Ok(Some(Plan { why: "one column a channel".to_owned(), sure: Sure::Certain, rows: Box::new(rows) }))
}
