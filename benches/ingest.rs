//! Tables of text into readings, in bytes a second. `cargo bench --bench ingest`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wattlens::ingest::{FileOptions, read_bytes};

#[path = "../benchmarks/park.rs"]
#[allow(dead_code)] // its commands are for the shell
mod park;

fn options(zone: &str) -> FileOptions {
    let mut options = FileOptions::default();
    options.read.zone = Some(zone.to_owned());
    options
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ingest");
    group.sample_size(20);
    let folder = std::env::var_os("WATTLENS_DATA").map(PathBuf::from);
    let steel = folder.and_then(|folder| std::fs::read(folder.join("steel_kr/steel_kr_2018_15min.csv")).ok());
    let mut park = Vec::new();
    park::write(&mut park, 10, 365).unwrap();
    let files = [("steel", steel, "Asia/Seoul"), ("long_1M_rows", Some(park), "Asia/Shanghai")];
    for (name, bytes, zone) in files {
        let Some(bytes) = bytes else {
            println!("{name} left out: WATTLENS_DATA does not name the folder of real readings");
            continue;
        };
        let options = options(zone);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| read_bytes(black_box(&bytes), name, &options).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
