use std::sync::Arc;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::readings::{Flag, Readings, Series};
use crate::site::Contract;
use crate::time::{Calendar, TimeAxis, Zone};

fn site_of(start: i64, step_s: i64, zone: &str, series: Vec<Series>) -> Site {
    let len = series[0].values().len();
    let axis = TimeAxis::new(start, step_s, len, Zone::named(zone).unwrap()).unwrap();
    let readings = Readings::new(axis, series).unwrap();
    Site::new(None, Arc::new(readings), Calendar::weekends(), Contract::default()).unwrap()
}

fn import(start: i64, step_s: i64, zone: &str, kwh: Vec<f64>) -> Site {
    site_of(start, step_s, zone, vec![Series::new(Channel::IMPORT_KWH, kwh)])
}

fn of(site: &Site) -> Profile {
    profile(site, &Settings::default())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

mod steel;
