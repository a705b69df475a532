//! The file that messages are about.

use crate::error::{Error, ErrorKind};

/// A file by its name.
pub(super) struct File<'a> {
    pub name: &'a str,
}

impl File<'_> {
    pub(super) fn fail(&self, line: Option<u64>, column: Option<&str>, problem: impl Into<String>) -> Error {
        ErrorKind::Content {
            source_name: self.name.to_owned(),
            line,
            column: column.map(str::to_owned),
            problem: problem.into(),
        }
        .into()
    }
}
