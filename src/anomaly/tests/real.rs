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
