//! The reference plant: a year of quarter-hours of a Korean steel plant.

use super::*;

/// 2018-01-01T00:00+09:00.
const START: i64 = 1_514_732_400;

fn steel() -> Option<Site> {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        println!("skipped: WATTLENS_DATA does not name the folder of reference data");
        return None;
    };
    let text = std::fs::read_to_string(format!("{folder}/steel_kr/steel_kr_2018_15min.csv")).unwrap();
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        for (column, cell) in columns.iter_mut().zip(&cells[1..4]) {
            column.push(cell.parse::<f64>().unwrap());
        }
    }
    let [kwh, lagging, leading] = columns;
    let series = vec![
        Series::new(Channel::IMPORT_KWH, kwh),
        Series::new(Channel::IMPORT_KVARH, lagging),
        Series::new(Channel::EXPORT_KVARH, leading),
    ];
    Some(site_of(START, 900, "Asia/Seoul", series))
}

#[test]
fn dump() {
    let Some(site) = steel() else { return };
    let mut p = of(&site);
    p.days.clear();
    p.duration = None;
    p.shapes.clear();
    p.hour_of_week = None;
    println!("{}", serde_json::to_string_pretty(&p).unwrap());
}
