//! Days in a row and hour numbers: what is read from each fixture, and what is said of it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::fixtures::{meters, summary};

#[test]
fn look() {
    for folder in ["csv_wide", "chinese"] {
        let mut names: Vec<_> = std::fs::read_dir(format!("tests/fixtures/{folder}")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        for name in names {
            println!("=== {name}");
            for zone in ["Asia/Shanghai", "Europe/Madrid"] {
                if (zone == "Europe/Madrid") != (folder == "csv_wide") { continue; }
                match meters(&format!("{folder}/{name}"), zone, |_| ()) {
                    Ok(all) => all.iter().for_each(|one| println!("{}", summary(one))),
                    Err(error) => println!("ERROR {error}"),
                }
            }
        }
    }
}
