//! From files and tables to [`Readings`](crate::readings::Readings): one file a format, all through the same trunk.

mod raw;

pub use raw::{Midnight, RawColumn, RawRows, RawTimes, ReadOptions, Stamp, Unit};
