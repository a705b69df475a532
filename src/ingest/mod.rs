//! From files and tables to [`Readings`](crate::readings::Readings): one file a format, all through the same trunk.

mod assemble;
mod cells;
mod columns;
mod csv;
mod edifact;
mod encoding;
mod espi;
mod file;
mod file_options;
mod format;
mod green_button;
mod header;
mod meter_values;
mod midnight;
mod mscons;
mod nem12;
mod nem13;
mod nem_record;
mod notes;
mod number;
mod place;
mod raw;
mod register;
mod source;
mod stamp_text;
mod step;
mod wall_clock;

pub use assemble::assemble;
pub use csv::{read_csv, read_csv_bytes};
pub use file_options::FileOptions;
pub use format::{formats, read, read_bytes};
pub use place::take_out_implausible;
pub use raw::{Midnight, RawColumn, RawRows, RawTimes, ReadOptions, Role, Stamp, StampHint, Unit};
pub use source::Progress;
pub use stamp_text::DateOrder;
