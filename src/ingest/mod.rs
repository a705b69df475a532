//! From files and tables to [`Readings`](crate::readings::Readings): one file a format, all through the same trunk.

mod assemble;
mod cells;
mod columns;
mod csv;
mod encoding;
mod file;
mod file_options;
mod format;
mod header;
mod inspect;
mod midnight;
mod number;
mod own_csv;
mod own_csv_write;
mod own_head;
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
pub use inspect::{InspectedChannel, InspectedMeter, Inspection, Open, inspect, inspect_bytes};
pub use own_csv_write::write_csv;
pub use own_head::harmless;
pub use place::take_out_implausible;
pub use raw::{Midnight, RawColumn, RawRows, RawTimes, ReadOptions, Role, Stamp, StampHint, Unit};
pub use source::Progress;
pub use stamp_text::DateOrder;
