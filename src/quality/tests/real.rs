//! Real meters, where their folder is named by `WATTLENS_DATA`.

use super::*;

/// A column of a CSV file; what is no number is missing.
fn column(path: &str, at: usize) -> Option<Vec<f64>> {
    let Ok(folder) = std::env::var("WATTLENS_DATA") else {
        eprintln!("WATTLENS_DATA is not set: real meters are not checked");
        return None;
    };
    let text = std::fs::read_to_string(format!("{folder}/{path}")).unwrap();
    Some(text.lines().skip(1).map(|line| line.split(',').nth(at).unwrap().parse().unwrap_or(f64::NAN)).collect())
}

fn hourly(path: &str, at: usize, first: i64) -> Option<Readings> {
    let values = column(path, at)?;
    let axis = TimeAxis::new(first, 3600, values.len(), Zone::named("UTC").unwrap()).unwrap();
    Some(Readings::new(axis, vec![Series::new(KWH, values)]).unwrap())
}

#[test]
fn a_steel_plant_is_clean_by_every_rule() {
    let path = "steel_kr/steel_kr_2018_15min.csv";
    let channels = [(KWH, 1), (KVARH, 2), (Channel::EXPORT_KVARH, 3)];
    let Some(series) = channels
        .iter()
        .map(|(channel, at)| Some(Series::new(*channel, column(path, *at)?)))
        .collect::<Option<Vec<Series>>>()
    else {
        return;
    };
    // The file's own power factor, in percent, is that of the lagging energy.
    let factor = column(path, 5).unwrap().into_iter().map(|percent| percent / 100.0).collect();
    let factor = Series::new(Channel::from_name("power_factor").unwrap(), factor);
    // 2018-01-01 00:00 in Seoul.
    let axis = TimeAxis::new(1_514_732_400, 900, 35_040, Zone::named("Asia/Seoul").unwrap()).unwrap();
    let readings = Readings::new(axis, [series, vec![factor]].concat()).unwrap();
    let quality = check(&Subject::of(&readings), &Settings::default());
    assert_eq!(codes(&quality.findings), [""; 0]);
    assert!(quality.completeness.iter().all(|row| row.verdict == Verdict::Complete && row.whole));
    assert!(quality.verdicts.iter().all(|month| month.baselines.verdict == Verdict::Complete));
    assert!(!quality.not_run.iter().any(|one| one.task == "quality.power_factor_identity"), "it was judged");
}

#[test]
fn a_school_has_its_gaps_and_its_summer() {
    let Some(readings) = hourly("nmecr/nmecr_school_eload.csv", 1, 1_514_764_800) else { return };
    let found = all(&readings);
    let others: Vec<&Finding> = found.iter().filter(|one| one.code != "quality.gap").collect();
    assert_eq!(found.len() - others.len(), 5);
    // August begins the school year: 914 kWh a day after 574 in July.
    assert_eq!(codes(&others.into_iter().cloned().collect::<Vec<_>>()), ["quality.usage_change"]);
    let change = found.iter().find(|one| one.code == "quality.usage_change").unwrap();
    assert_eq!((&change.evidence["month"], change.severity), (&"2018-08".into(), Severity::Low));
}

#[test]
fn every_labelled_one_of_two_meters_is_a_placeholder() {
    // All hours that read exactly 1: 92 in four runs, 121 in six; and none on the other two meters.
    for (meter, hours, runs) in [(118, 92, 4), (685, 121, 6), (439, 0, 0), (1147, 0, 0)] {
        let path = format!("lead_dev/lead_{meter}.csv");
        let Some(readings) = hourly(&path, 2, 1_451_606_400) else { return };
        let found = by("placeholder", &readings);
        let covered: u64 = found.iter().map(|one| one.evidence["intervals"].as_u64().unwrap()).sum();
        assert_eq!((found.len(), covered), (runs, hours), "{meter}");
        let labels = column(&path, 3).unwrap();
        let spans = found.iter().filter_map(|one| one.span);
        let inside = spans.flat_map(|span| readings.axis().range(span.start, span.end));
        assert!(inside.into_iter().all(|hour| labels[hour] == 1.0), "{meter}");
        // What is a placeholder is not said a second time as a stuck meter.
        let stuck = all(&readings).into_iter().filter(|one| one.code == "quality.stuck_value").count();
        assert_eq!(stuck, usize::from(meter == 1147), "{meter}");
    }
}

#[test]
fn complete_samples_give_nothing() {
    for building in [1, 2] {
        let Some(readings) = hourly("bdg2/bdg2_hourly_sample.csv", building, 1_451_606_400) else { return };
        assert_eq!(codes(&all(&readings)), [""; 0], "{building}");
    }
}

#[test]
fn a_meter_that_keeps_standard_time_stands_an_hour_off_in_winter() {
    // Its stamps do not follow the clock change of 13 March and 6 November 2016.
    let Some(readings) = hourly("lead_dev/lead_439.csv", 2, 1_451_606_400) else { return };
    let found = by("clock_drift", &readings);
    let months: Vec<(i64, i64)> = found
        .iter()
        .map(|one| (one.evidence["lag_minutes"].as_f64().unwrap() as i64, one.evidence["weeks"].as_i64().unwrap()))
        .collect();
    println!("{found:#?}");
    assert!(months.iter().all(|(lag, _)| *lag == 60), "{months:?}");
    assert!(found.iter().all(|one| one.evidence["clock_change"] == true));
}
