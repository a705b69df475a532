//! What several integration tests share.
#![allow(dead_code)] // each test uses its part

pub mod fixtures;
pub mod sheets;
pub mod tariffs;

use std::path::PathBuf;

/// The folder of real meter data, or `None` with a printed reason.
pub fn data_folder() -> Option<PathBuf> {
    match std::env::var_os("WATTLENS_DATA") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => {
            println!("skipped: WATTLENS_DATA does not name the folder of real meter data");
            None
        }
    }
}
