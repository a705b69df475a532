//! Real meters, where their folder is named by `WATTLENS_DATA`.

use super::*;

/// The steel plant's year 2018 at 15 minutes \[kW\].
pub(super) fn steel_kw() -> Option<Vec<f64>> {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        println!("skipped: WATTLENS_DATA does not name the folder of real meters");
        return None;
    };
    let text = std::fs::read_to_string(format!("{folder}/steel_kr/steel_kr_2018_15min.csv")).unwrap();
    let kw: Vec<f64> =
        text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse::<f64>().unwrap() * 4.0).collect();
    assert_eq!(kw.len(), 35_040);
    Some(kw)
}

fn steel() -> Option<Site> {
    Some(site_of(steel_kw()?, 900, "Asia/Seoul", 1_514_732_400, Calendar::weekends()))
}

#[test]
fn the_steel_plants_thirteen_light_weekdays_stand_out() {
    let Some(site) = steel() else { return };
    let findings = anomalies(&site);
    let dates: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.code == "anomaly.no_production")
        .flat_map(|finding| finding.evidence["dates"].as_array().unwrap())
        .map(|date| date.as_str().unwrap())
        .collect();
    let light = "01-01 02-14 02-15 02-16 05-01 08-01 08-02 08-03 09-24 09-25 09-26 12-25 12-31";
    assert_eq!(dates, light.split(' ').map(|day| format!("2018-{day}")).collect::<Vec<_>>());

    // The rest is late shifts, worked weekends and a fortnight of heated nights; a drop there is none.
    let count = |code: &str| findings.iter().filter(|finding| finding.code == code).count();
    let counts = ["no_production", "night_base_rise", "left_on_overnight", "weekend_running", "spike", "dip", "outage"]
        .map(|code| (code, count(&format!("anomaly.{code}"))));
    println!("{} findings in the steel year: {counts:?}", findings.len());
    assert_eq!(count("anomaly.dip"), 0);
    assert!(findings.len() <= 48, "more than four a month: {counts:?}");
}

#[test]
fn labelled_drop_outs_are_found_with_few_false_alarms() {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        println!("skipped: WATTLENS_DATA does not name the folder of real meters");
        return;
    };
    for (meter, least_found) in [(118, 8), (685, 12), (439, 0), (1147, 0)] {
        let text = std::fs::read_to_string(format!("{folder}/lead_dev/lead_{meter}.csv")).unwrap();
        let rows: Vec<(f64, bool)> = text
            .lines()
            .skip(1)
            .map(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                (fields[2].parse().unwrap_or(f64::NAN), fields[3].starts_with('1'))
            })
            .collect();
        let kw = rows.iter().map(|(kw, _)| *kw).collect();
        let site = site_of(kw, 3600, "UTC", 1_451_606_400, Calendar::weekends());
        let findings = anomalies(&site);
        let events: Vec<_> = findings
            .iter()
            .map(|finding| finding.span.unwrap())
            .map(|span| site.readings().axis().range(span.start, span.end))
            .collect();
        let false_alarms =
            events.iter().filter(|event| !rows[event.start..event.end].iter().any(|(_, label)| *label)).count();
        let labelled: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].1).collect();
        let runs: Vec<&[usize]> = labelled.chunk_by(|a, b| a + 1 == *b).collect();
        let found = runs.iter().filter(|run| run.iter().any(|at| events.iter().any(|e| e.contains(at)))).count();
        println!(
            "meter {meter}: {} events, {found} of {} labelled runs, {false_alarms} false",
            events.len(),
            runs.len()
        );
        assert!(found >= least_found, "{meter}: {found}");
        assert!(false_alarms <= 12, "more than one false alarm a month on {meter}: {false_alarms}");
    }
}
