//! Real meters, where their folder is named by `WATTLENS_DATA`.

use super::*;

fn steel() -> Option<Site> {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        println!("skipped: WATTLENS_DATA does not name the folder of real meters");
        return None;
    };
    let text = std::fs::read_to_string(format!("{folder}/steel_kr/steel_kr_2018_15min.csv")).unwrap();
    let kw: Vec<f64> =
        text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse::<f64>().unwrap() * 4.0).collect();
    assert_eq!(kw.len(), 35_040);
    Some(site_of(kw, 900, "Asia/Seoul", 1_514_732_400, Calendar::weekends()))
}

#[test]
fn the_steel_plants_thirteen_light_weekdays_stand_out() {
    let Some(site) = steel() else { return };
    let findings = anomalies(&site);
    for finding in &findings {
        let start = crate::time::instant_text(finding.span.unwrap().start + 9 * 3600);
        println!(
            "{start} {} {:?} {:?} {}",
            finding.code,
            finding.severity,
            finding.kwh,
            serde_json::to_string(&finding.evidence).unwrap()
        );
    }
    let dates: Vec<String> = findings
        .iter()
        .filter(|finding| finding.code == "anomaly.no_production")
        .flat_map(|finding| finding.evidence["dates"].as_array().unwrap().clone())
        .map(|date| date.as_str().unwrap().to_owned())
        .collect();
    let light = "01-01 02-14 02-15 02-16 05-01 08-01 08-02 08-03 09-24 09-25 09-26 12-25 12-31";
    assert_eq!(dates, light.split(' ').map(|day| format!("2018-{day}")).collect::<Vec<_>>());
}

#[test]
fn probe_lead() {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else { return };
    for meter in [118, 439, 685, 1147] {
        let text = std::fs::read_to_string(format!("{folder}/lead_dev/lead_{meter}.csv")).unwrap();
        let rows: Vec<(f64, bool)> = text
            .lines()
            .skip(1)
            .map(|line| {
                let mut f = line.split(',').skip(2);
                let kw = f.next().unwrap().parse().unwrap_or(f64::NAN);
                let label = f.next().unwrap().starts_with('1');
                (kw, label)
            })
            .collect();
        let site = site_of(rows.iter().map(|r| r.0).collect(), 3600, "UTC", 1_451_606_400, Calendar::weekends());
        let findings = anomalies(&site);
        let mut flag = vec![false; rows.len()];
        let mut false_runs = 0;
        let mut by = std::collections::BTreeMap::<String, (u32, u32)>::new();
        for f in &findings {
            let s = f.span.unwrap();
            let e = by.entry(f.code.clone()).or_default();
            e.0 += 1;
            let r = site.readings().axis().range(s.start, s.end);
            let hit = r.clone().any(|i| rows[i].1);
            if f.code == "anomaly.not_judged" {
                continue;
            }
            if hit {
                e.1 += 1
            } else {
                false_runs += 1
            }
            if f.code != "anomaly.night_base_rise" {
                flag[r].fill(true);
            }
        }
        let (mut tp, mut fp, mut fneg) = (0, 0, 0);
        for (f, r) in flag.iter().zip(&rows) {
            match (*f, r.1) {
                (true, true) => tp += 1,
                (true, false) => fp += 1,
                (false, true) => fneg += 1,
                _ => {}
            }
        }
        let mut runs = 0;
        let mut got = 0;
        let mut i = 0;
        while i < rows.len() {
            if rows[i].1 {
                let j = (i..rows.len()).find(|j| !rows[*j].1).unwrap_or(rows.len());
                runs += 1;
                if flag[i..j].iter().any(|f| *f) {
                    got += 1
                }
                i = j;
            } else {
                i += 1;
            }
        }
        println!(
            "LEAD {meter}: rows {} events {} ({:.1}/month) false {false_runs} {by:?} point P {:.2} R {:.2} runs {got}/{runs}",
            rows.len(),
            findings.len(),
            findings.len() as f64 / 12.0,
            tp as f64 / (tp + fp).max(1) as f64,
            tp as f64 / (tp + fneg).max(1) as f64
        );
    }
}
