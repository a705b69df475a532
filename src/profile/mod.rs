//! How a site uses electricity.

mod activity;

pub use activity::{Activity, day_activity};
