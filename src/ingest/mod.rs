//! From files and tables to [`Readings`](crate::readings::Readings): one file a format, all through the same trunk.

mod assemble;
mod cells;
mod columns;
mod csv;
mod csv_options;
mod encoding;
mod file;
mod header;
mod midnight;
mod number;
mod place;
mod raw;
mod register;
mod stamp_text;
mod step;
mod wall_clock;

pub use assemble::assemble;
pub use csv::{read_csv, read_csv_bytes};
pub use csv_options::CsvOptions;
pub use place::take_out_implausible;
pub use raw::{Midnight, RawColumn, RawRows, RawTimes, ReadOptions, Stamp, Unit};
pub use stamp_text::DateOrder;
