//! One row of a table.

/// A row: its line and its cells as bytes of UTF-8.
pub(super) struct Row<'a> {
    /// Line in the file, counted from 1.
    pub line: u64,
    pub(super) cells: &'a ::csv::ByteRecord,
}

impl<'a> Row<'a> {
    /// The cell of a column without the blanks around it; empty where the row has none.
    pub(super) fn cell(&self, at: usize) -> &'a [u8] {
        self.cells.get(at).unwrap_or_default().trim_ascii()
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// All cells, without the blanks around them.
    pub(super) fn cells(&self) -> impl Iterator<Item = &'a [u8]> {
        self.cells.iter().map(<[u8]>::trim_ascii)
    }
}
