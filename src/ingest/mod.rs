//! From files and tables to [`Readings`](crate::readings::Readings): one file a format, all through the same trunk.

mod assemble;
mod file;
mod file_options;
mod format;
mod header;
mod heading;
mod meaning;
mod midnight;
mod number;
mod pieces;
mod place;
mod raw;
mod register;
mod source;
mod stamp_cell;
mod stamp_text;
mod step;
mod synonyms;
mod table;
mod wall_clock;

pub use assemble::assemble;
pub use file_options::FileOptions;
pub use format::{formats, read, read_bytes};
pub use place::take_out_implausible;
pub use raw::{Midnight, RawColumn, RawRows, RawTimes, ReadOptions, Role, Stamp, StampHint, Unit};
pub use source::Progress;
pub use stamp_text::DateOrder;
pub use table::{read_csv, read_csv_bytes};
