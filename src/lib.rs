//! Load profiles, anomaly flags and monthly savings from electricity meter readings.
//!
//! Readings come in at the ground floor, each floor adds one kind of knowledge, and money comes out
//! at the top. The modules stand in that order; imports point down only.

pub mod error;

pub mod finding;

pub mod stats;

pub mod time;

pub mod readings;

pub mod site;

pub mod ingest;

pub mod simulate;

pub mod quality;

pub mod profile;

pub mod estimate;

pub mod anomaly;

pub mod electrical;

pub mod tariff;

pub mod measure;

pub mod savings;

pub mod diagnosis;

#[cfg(feature = "python")]
mod python;

pub use error::{Error, ErrorKind, Problem, Result};
pub use finding::Finding;
