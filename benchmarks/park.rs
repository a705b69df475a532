//! A park of simulated meters as one long CSV file, written and read back with speed and peak memory:
//! `cargo run --release --example park -- write park.csv 100`, then `-- read park.csv`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;

use wattlens::ingest::{FileOptions, read};
use wattlens::readings::Channel;
use wattlens::simulate::{Plant, demo_calendar, simulate};

/// Writes a year of five minutes for every meter: `M001,2025-01-01 00:05,12.34`, stamps of ends.
pub fn write(to: &mut impl Write, meters: u64, days: usize) -> std::io::Result<()> {
    to.write_all(b"meter,time,kwh\n")?;
    for meter in 1..=meters {
        let plant = Plant { seed: meter, step_s: 300, days, ..Plant::default() };
        let simulation = simulate(&plant, &demo_calendar(), &[]).unwrap();
        let axis = simulation.readings.axis();
        let kwh = simulation.readings.series(Channel::IMPORT_KWH).unwrap().values();
        let mut text = String::with_capacity(32 * kwh.len());
        for (at, kwh) in kwh.iter().enumerate() {
            let end = wattlens::time::instant_text(axis.instant(at + 1) + 8 * 3600);
            let _ = writeln!(text, "M{meter:03},{} {},{kwh:.2}", &end[..10], &end[11..16]);
        }
        to.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", path, meters] => {
            let mut file = BufWriter::new(File::create(path).unwrap());
            write(&mut file, meters.parse().unwrap(), 365).unwrap();
        }
        ["read", path, times @ ..] => {
            let times = times.first().map_or(1, |times| times.parse().unwrap());
            let mut options = FileOptions::default();
            options.read.zone = Some("Asia/Shanghai".to_owned());
            let bytes = std::fs::metadata(path).unwrap().len();
            let (mut readings, mut kwh, mut best_s) = (0, 0.0, f64::INFINITY);
            for _ in 0..times {
                let start = Instant::now();
                let meters = read(path.as_ref(), &options, None).unwrap();
                best_s = start.elapsed().as_secs_f64().min(best_s);
                let series = || meters.iter().flat_map(|meter| meter.all_series());
                readings = series().map(|one| one.values().len()).sum();
                kwh = meters.iter().filter_map(|meter| meter.series(Channel::IMPORT_KWH)?.total()).sum();
            }
            println!("{readings} readings, {kwh:.2} kWh");
            println!("best of {times}: {:.2} ms, {:.0} MB/s", best_s * 1e3, bytes as f64 / 1e6 / best_s);
            if let Some(peak) = peak_bytes() {
                let result = 9.0 * readings as f64;
                let times = peak as f64 / result;
                println!("peak {:.0} MB, {times:.2} x the result of {:.0} MB", peak as f64 / 1e6, result / 1e6);
            }
        }
        _ => println!("park write FILE METERS | park read FILE [TIMES]"),
    }
}

/// Most memory that the process has held, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
