//! The layouts of a table: each a file of its own and one line here.

use super::head::Head;
use super::row::Row;
use super::{channel_columns, long, stamped_layouts, wide_days, wide_meters};
use crate::error::{Result, nearest};
use crate::ingest::file_options::FileOptions;
use crate::ingest::format::RawMeters;
use crate::readings::{Detected, Sure};

/// A layout: how it is recognised.
pub(super) struct Layout {
    /// Its word in options and provenance.
    pub name: &'static str,
    /// The plan for a table of this layout; `None` where it is another. An error where the table is of this layout and
    /// cannot be read, with what to pass.
    pub recognise: fn(&Head, &FileOptions) -> Result<Option<Plan>>,
}

/// In the order in which they are tried; one column a channel, last, fits any table.
const LAYOUTS: &[Layout] = &[
    wide_days::LAYOUT,
    stamped_layouts::HOURS,
    stamped_layouts::QUANTITIES,
    wide_meters::LAYOUT,
    long::LAYOUT,
    channel_columns::LAYOUT,
];

/// How the rows of a table are read.
pub(super) struct Plan {
    /// Why the table is of this layout.
    pub why: String,
    /// How sure that is.
    pub sure: Sure,
    /// What takes its rows.
    pub rows: Box<dyn TakesRows>,
}

/// Takes the rows of a table one by one and gives the rows of every meter.
pub(super) trait TakesRows {
    /// Takes a row in, or leaves everything as it was: the last row of a file may be cut off. The row has as many cells
    /// as the header; rows without any text do not come here.
    fn row(&mut self, row: &Row) -> Result<()>;

    /// The rows of every meter, one after the other.
    fn finish(self: Box<Self>) -> Result<RawMeters<'static>>;
}

/// The layout of a table, by what the caller says or by its first rows.
pub(super) fn find(head: &Head, options: &FileOptions) -> Result<(Plan, Detected)> {
    let unknown = |name: &str| {
        let near = nearest(name, LAYOUTS.iter().map(|layout| layout.name));
        let all = || LAYOUTS.iter().map(|layout| layout.name).collect::<Vec<_>>().join(", ");
        let expected = if near.is_empty() { all() } else { near.join(", ") };
        head.fail(None, None, format!("unknown layout {name:?}; expected {expected}"))
    };
    if let Some(name) = &options.layout {
        let layout = LAYOUTS.iter().find(|layout| layout.name == name).ok_or_else(|| unknown(name))?;
        let plan = (layout.recognise)(head, options)?.ok_or_else(|| {
            head.fail(None, None, format!("the table cannot be read in the layout {name}: it lacks the columns for it"))
        })?;
        return Ok((plan, Detected::given(layout.name)));
    }
    for layout in LAYOUTS {
        if let Some(plan) = (layout.recognise)(head, options)? {
            let detected = Detected::new(layout.name, plan.why.clone(), plan.sure);
            return Ok((plan, detected));
        }
    }
    Err(head.fail(None, None, "no layout of a table fits; pass layout="))
}
