use super::*;

fn hourly(values: Vec<f64>) -> Readings {
    readings_of(3600, &[(KWH, values)])
}

fn balance_of(parent: &Readings, children: &[&Readings]) -> Vec<Finding> {
    find(&Subject { children, ..Subject::of(parent) }, &Settings::only(&["balance"]).unwrap())
}

#[test]
fn children_have_to_add_up_to_their_parent() {
    let parent = hourly(vec![100.0; 744]);
    let (a, b) = (hourly(vec![60.0; 744]), hourly(vec![36.0; 744]));
    assert!(balance_of(&parent, &[&a, &b]).is_empty(), "4 % are losses");
    let c = hourly(vec![30.0; 744]);
    let found = balance_of(&parent, &[&a, &c]);
    assert_eq!((found.len(), found[0].severity, found[0].kwh), (1, Severity::Low, Some(7440.0)));
    assert_eq!((&found[0].evidence["share"], &found[0].evidence["children"]), (&0.1.into(), &2.into()));
    let above = balance_of(&a, &[&parent]);
    assert_eq!((above[0].severity, &above[0].evidence["children_above"]), (Severity::High, &true.into()));
}

#[test]
fn only_hours_with_every_meter_are_compared_and_months_alike_are_one() {
    // Four months of 1970: 31 + 28 + 31 + 30 days; the child misses ten days of January.
    let parent = hourly(vec![100.0; 120 * 24]);
    let mut values = vec![80.0; 120 * 24];
    values[..240].fill(f64::NAN);
    let child = hourly(values);
    let found = balance_of(&parent, &[&child]);
    assert_eq!((found.len(), &found[0].evidence["months"]), (1, &4.into()));
    assert_eq!(found[0].kwh, Some(20.0 * (120.0 * 24.0 - 240.0)));
    assert!(balance_of(&parent, &[&hourly(vec![f64::NAN; 120 * 24])]).is_empty());
}

#[test]
fn a_child_that_begins_later_is_aligned_by_time() {
    let parent = hourly((0..744).map(f64::from).collect());
    let axis = TimeAxis::new(100 * 3600, 3600, 644, Zone::named("UTC").unwrap()).unwrap();
    let child = Readings::new(axis, vec![Series::new(KWH, (100..744).map(f64::from).collect())]).unwrap();
    assert!(balance_of(&parent, &[&child]).is_empty());
    let quarters = quarter_hours(uneven(96));
    let quality = check(&Subject { children: &[&quarters], ..Subject::of(&parent) }, &Settings::default());
    assert!(quality.not_run.contains(&NotDone::new("quality.balance", "readings.same_axis")));
}

#[test]
fn a_child_knows_that_it_cannot_be_above_its_parent() {
    let (small, large) = (hourly(vec![10.0; 744]), hourly(vec![30.0; 744]));
    let of = |own: &Readings, parent: &Readings| {
        find(&Subject { parent: Some(parent), ..Subject::of(own) }, &Settings::only(&["balance"]).unwrap())
    };
    assert!(of(&small, &large).is_empty(), "it is one child of several");
    assert_eq!(of(&large, &small).len(), 1);
}

#[test]
fn clones_are_found_among_meters_that_are_only_alike() {
    let load: Vec<f64> = (0..744).map(|hour| 20.0 + f64::from(hour % 24) + f64::from(hour * 31 % 11)).collect();
    let times =
        |factor: f64| hourly(load.iter().map(|kwh| kwh * factor).collect()).with_meter(Some(format!("×{factor}")));
    let noisy = hourly(load.iter().enumerate().map(|(at, kwh)| kwh + (at % 5) as f64).collect());
    let shifted = hourly(load.iter().map(|kwh| kwh + 100.0).collect()); // correlated, and no constant ratio
    let mut gaps = load.iter().map(|kwh| kwh * 3.0).collect::<Vec<f64>>();
    gaps[10..200].fill(f64::NAN);
    let (a, b, c, even) = (times(1.0), times(40.0), hourly(gaps), hourly(vec![5.0; 744]));
    let found = clones(&[&a, &noisy, &b, &shifted, &c, &even, &hourly(vec![10.0; 744])]);
    let pairs: Vec<String> =
        found.iter().map(|one| format!("{} {}", one.evidence["meter"], one.evidence["other"])).collect();
    assert_eq!(pairs, ["\"×1\" \"×40\"", "\"×1\" \"5\"", "\"×40\" \"5\""]);
    assert_eq!(found[1].evidence["intervals"], 554);
}

#[test]
fn simulated_plants_are_no_clones_of_each_other() {
    let plants: Vec<Readings> = (0..6)
        .map(|seed| simulate(&Plant { seed, ..Plant::default() }, &demo_calendar(), &[]).unwrap().readings)
        .collect();
    assert!(clones(&plants.iter().collect::<Vec<_>>()).is_empty());
}
