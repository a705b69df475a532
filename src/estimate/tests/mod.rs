//! Cases worked out by hand, and what holds of any readings.

mod properties;

use jiff::civil::{Date, date};

use super::*;
use crate::finding::Span;
use crate::readings::{Flag, Period, SpanKind, SpanSeries, SpanValue, Spans};
use crate::time::{Calendar, LocalClock, TimeAxis, Zone};

const NAN: f64 = f64::NAN;
const IMPORT: Channel = Channel::IMPORT_KWH;

/// UTC seconds of a local midnight.
pub(super) fn midnight(zone: &Zone, day: Date) -> i64 {
    let civil = (date(1970, 1, 1).duration_until(day).as_hours() / 24) * 86_400;
    match LocalClock::new(zone, civil, civil).resolve(civil) {
        crate::time::Local::Once(at)
        | crate::time::Local::Fold { earlier: at, .. }
        | crate::time::Local::Gap { jump: at } => at,
    }
}

fn hourly(zone: &str, first: Date, kwh: Vec<f64>) -> Readings {
    let zone = Zone::named(zone).unwrap();
    let axis = TimeAxis::new(midnight(&zone, first), 3600, kwh.len(), zone).unwrap();
    Readings::new(axis, vec![Series::new(IMPORT, kwh)]).unwrap()
}

fn run(readings: &Readings, calendar: &Calendar, settings: &Settings) -> Readings {
    estimate(readings, &calendar.day_types(readings.local()).unwrap(), None, settings).unwrap()
}

fn only(method: Method) -> Settings {
    Settings { method: Some(method), most_days: 4, ..Settings::default() }
}

fn values(readings: &Readings) -> &[f64] {
    readings.series(IMPORT).unwrap().values()
}

fn flags(readings: &Readings) -> &[Flag] {
    readings.series(IMPORT).unwrap().flags()
}

fn reasons(readings: &Readings) -> Vec<String> {
    let left = readings.findings().iter().filter(|one| one.code == "estimate.left");
    left.map(|one| one.evidence["reason"].as_str().unwrap().to_owned()).collect()
}

/// A register that was read at these instants.
fn register(multiplier: f64, read: &[(i64, f64)]) -> SpanSeries {
    let value = |(at, value): &(i64, f64)| SpanValue {
        span: Span { start: *at, end: *at },
        value: *value,
        flag: Flag::Measured,
        at: None,
    };
    let (kind, period) = (SpanKind::Register, Period::Total);
    SpanSeries { channel: IMPORT, kind, period, multiplier, values: read.iter().map(value).collect() }
}

#[test]
fn a_line_over_two_hours_and_not_over_three() {
    // 10 → 40 over two hours: 20, 30. The gap of three hours is longer than two.
    let readings = hourly("UTC", date(2024, 3, 4), vec![10.0, NAN, NAN, 40.0, 50.0, NAN, NAN, NAN, 90.0]);
    let filled = run(&readings, &Calendar::weekends(), &only(Method::Linear));
    assert_eq!(values(&filled)[..5], [10.0, 20.0, 30.0, 40.0, 50.0]);
    assert_eq!(flags(&filled)[..4], [Flag::Measured, Flag::Linear, Flag::Linear, Flag::Measured]);
    assert_eq!(flags(&filled)[5..8], [Flag::Missing; 3]);
    assert_eq!(reasons(&filled), ["gap_too_long"]);
    let told = &filled.findings()[0];
    assert_eq!((told.code.as_str(), &told.evidence["kwh"]), ("estimate.filled", &50.0.into()));
    assert_eq!((&told.evidence["intervals"], &told.evidence["method"]), (&2.into(), &"linear".into()));

    let longer = Settings { linear_up_to_s: 3 * 3600, ..only(Method::Linear) };
    // 50 → 90 over three hours: 60, 70, 80.
    assert_eq!(values(&run(&readings, &Calendar::weekends(), &longer))[5..8], [60.0, 70.0, 80.0]);
}

#[test]
fn no_line_from_the_edge_and_none_from_an_estimate() {
    let readings = hourly("UTC", date(2024, 3, 4), vec![NAN, 10.0, 20.0, NAN]);
    let filled = run(&readings, &Calendar::weekends(), &only(Method::Linear));
    assert_eq!(filled.estimated(IMPORT).intervals, 0);
    assert_eq!(reasons(&filled), ["no_values_beside"]);

    let substituted = [Flag::Measured, Flag::Missing, Flag::Substituted].to_vec();
    let series = Series::with_flags(IMPORT, vec![1.0, NAN, 3.0], substituted);
    let axis = TimeAxis::new(0, 3600, 3, Zone::named("UTC").unwrap()).unwrap();
    let filled = run(&Readings::new(axis, vec![series]).unwrap(), &Calendar::weekends(), &only(Method::Linear));
    assert!(values(&filled)[1].is_nan());
}

#[test]
fn a_line_does_not_end_beside_an_outage_unless_allowed() {
    // The supply came back within the hour of 4 kWh: a line from there would be too low.
    let kwh = vec![10.0, 0.0, 0.0, 4.0, NAN, 10.0, 10.0, NAN, 10.0];
    let readings = hourly("UTC", date(2024, 3, 4), kwh);
    let filled = run(&readings, &Calendar::weekends(), &only(Method::Linear));
    assert!(values(&filled)[4].is_nan());
    assert_eq!((values(&filled)[7], reasons(&filled)), (10.0, vec!["beside_outage".to_owned()]));
    let allowed = Settings { linear_beside_outage: true, ..only(Method::Linear) };
    assert_eq!(values(&run(&readings, &Calendar::weekends(), &allowed))[4], 7.0);
    // A machine that stands before and after stands in between.
    let standing = hourly("UTC", date(2024, 3, 4), vec![0.0, 0.0, NAN, 0.0, 0.0]);
    assert_eq!(values(&run(&standing, &Calendar::weekends(), &only(Method::Linear)))[2], 0.0);
}

/// Days of 24 equal hours, one number a day, from Monday 2024-03-04.
fn days(kwh: &[f64]) -> Readings {
    hourly("Asia/Shanghai", date(2024, 3, 4), kwh.iter().flat_map(|kwh| [*kwh; 24]).collect())
}

#[test]
fn like_days_have_the_same_type_and_weekday() {
    // Five weeks; Mondays 10, 20, 40, 50 around the missing one, other days 1.
    let mut kwh = vec![1.0; 35];
    for (week, monday) in [10.0, 20.0, NAN, 40.0, 50.0].into_iter().enumerate() {
        kwh[week * 7] = monday;
    }
    let filled = run(&days(&kwh), &Calendar::weekends(), &only(Method::LikeDay));
    assert_eq!(values(&filled)[14 * 24..15 * 24], [30.0; 24]);
    assert_eq!(flags(&filled)[14 * 24..15 * 24], [Flag::LikeDay; 24]);
    // The three nearest: 20 and 40, and of the two that are as far the earlier, 10.
    let three = Settings { most_days: 3, ..only(Method::LikeDay) };
    let mean = (20.0 + 40.0 + 10.0) / 3.0;
    assert_eq!(values(&run(&days(&kwh), &Calendar::weekends(), &three))[14 * 24], mean);
}

#[test]
fn with_too_few_like_days_the_next_circle_is_taken() {
    // Two Mondays are too few. Workdays nearest to Monday the 18th are Friday the 15th (3 days) and Tuesday to
    // Thursday (1, 2, 3 days): in the order 19th, 20th, 15th before 21st.
    let mut kwh = vec![100.0; 28];
    kwh[14] = NAN;
    kwh[0] = NAN;
    (kwh[15], kwh[16], kwh[11], kwh[17]) = (1.0, 2.0, 4.0, 9.0);
    let filled = run(&days(&kwh), &Calendar::weekends(), &only(Method::LikeDay));
    assert_eq!(values(&filled)[14 * 24], (1.0 + 2.0 + 4.0 + 9.0) / 4.0);
    // One week has too few of anything: two workdays, and no more.
    let few = run(&days(&[1.0, 2.0, NAN]), &Calendar::weekends(), &only(Method::LikeDay));
    assert!(values(&few)[48].is_nan());
    assert_eq!(reasons(&few), ["too_few_like_days"]);
}

#[test]
fn holidays_are_like_holidays_and_makeup_workdays_like_days_that_are_worked() {
    let mut calendar = Calendar::weekends();
    for day in [5, 12, 19, 26] {
        calendar = calendar.with_holiday(date(2024, 3, day), "Tuesdays off");
    }
    calendar.makeup_workdays.insert(date(2024, 3, 16)); // a Saturday
    let mut kwh: Vec<f64> = (0..28).map(|day| if day % 7 > 4 { 5.0 } else { 100.0 }).collect();
    (kwh[1], kwh[8], kwh[15], kwh[22]) = (7.0, NAN, 8.0, 9.0);
    kwh[12] = NAN; // the worked Saturday, which no other day is of a type with
    (kwh[11], kwh[14], kwh[10], kwh[9]) = (110.0, 120.0, 130.0, 140.0);
    let filled = run(&days(&kwh), &calendar, &only(Method::LikeDay));
    assert_eq!(values(&filled)[8 * 24], (7.0 + 8.0 + 9.0) / 3.0);
    // Friday the 15th, Monday the 18th, Thursday the 14th, Wednesday the 13th: 1, 2, 2 and 3 days away.
    assert_eq!(values(&filled)[12 * 24], (110.0 + 120.0 + 130.0 + 140.0) / 4.0);
}

#[test]
fn slots_of_clock_change_days_go_by_the_wall_clock() {
    // Every hour has its wall-clock hour as value. 2024-03-31 has no 02:00 in Berlin, 2024-10-27 has it twice.
    for (first, day, hours) in [(date(2024, 3, 4), date(2024, 3, 31), 23), (date(2024, 9, 30), date(2024, 10, 27), 25)]
    {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let axis = TimeAxis::new(midnight(&zone, first), 3600, 7 * 24 * 8, zone).unwrap();
        let local = axis.local_time();
        let mut kwh: Vec<f64> = local.slots().iter().map(|slot| f64::from(*slot)).collect();
        let whole = kwh.clone();
        let changed = local.days().iter().find(|one| one.date == day).unwrap();
        assert_eq!(changed.range.len(), hours);
        kwh[changed.range.clone()].fill(NAN);
        let readings = Readings::new(axis, vec![Series::new(IMPORT, kwh)]).unwrap();
        assert_eq!(values(&run(&readings, &Calendar::weekends(), &only(Method::LikeDay))), whole);
    }
}

#[test]
fn the_repeated_hour_counts_as_its_mean_in_other_days() {
    // 02:00 of 2024-10-27 is there twice, with 4 and 8: it speaks for other Sundays with 6.
    let zone = Zone::named("Europe/Berlin").unwrap();
    let axis = TimeAxis::new(midnight(&zone, date(2024, 10, 13)), 3600, 24 * 22, zone).unwrap();
    let mut kwh = vec![6.0; axis.len()];
    let sunday = axis.local_time().days()[14].range.clone();
    (kwh[sunday.start + 2], kwh[sunday.start + 3]) = (4.0, 8.0);
    kwh[2] = NAN; // 02:00 of the first Sunday
    let readings = Readings::new(axis, vec![Series::new(IMPORT, kwh)]).unwrap();
    assert_eq!(values(&run(&readings, &Calendar::weekends(), &only(Method::LikeDay)))[2], 6.0);
}

#[test]
fn reactive_energy_follows_the_active_energy_of_the_interval() {
    // Mondays: kWh 100, 200, –, 300; kvarh 30, 40, –, 50. Ratio (30 + 40 + 50) / 600 = 0.2, and the Monday without
    // kvarh had 400 kWh: 80 kvarh, where the mean would be 40.
    let (mut kwh, mut kvarh) = (vec![1.0; 28], vec![1.0; 28]);
    for (week, (active, reactive)) in
        [(100.0, 30.0), (200.0, 40.0), (400.0, NAN), (300.0, 50.0)].into_iter().enumerate()
    {
        (kwh[week * 7], kvarh[week * 7]) = (active, reactive);
    }
    let spread = |days: &[f64]| days.iter().flat_map(|one| [*one; 24]).collect::<Vec<f64>>();
    let both = |kwh: &[f64]| {
        let axis = days(kwh).axis().clone();
        let series = vec![Series::new(IMPORT, spread(kwh)), Series::new(Channel::IMPORT_KVARH, spread(&kvarh))];
        run(&Readings::new(axis, series).unwrap(), &Calendar::weekends(), &only(Method::LikeDay))
    };
    let at = |readings: &Readings| readings.series(Channel::IMPORT_KVARH).unwrap().values()[14 * 24];
    assert!((at(&both(&kwh)) - 80.0).abs() < 1e-12);
    // With neither, the active energy is 200 by like days, and the reactive 0.2 of it.
    kwh[14] = NAN;
    assert!((at(&both(&kwh)) - 40.0).abs() < 1e-12);
}

#[test]
fn reactive_energy_given_back_is_the_mean_of_like_days() {
    // Mondays give back 30, 40 and 50 kvarh whatever they take: 40, also where the load was another.
    let (mut kwh, mut kvarh) = (vec![1.0; 28], vec![1.0; 28]);
    let mondays = [(100.0, 30.0), (200.0, 40.0), (400.0, NAN), (300.0, 50.0)];
    for (week, (active, reactive)) in mondays.into_iter().enumerate() {
        (kwh[week * 7], kvarh[week * 7]) = (active, reactive);
    }
    let spread = |days: &[f64]| days.iter().flat_map(|one| [*one; 24]).collect::<Vec<f64>>();
    let series = vec![Series::new(IMPORT, spread(&kwh)), Series::new(Channel::EXPORT_KVARH, spread(&kvarh))];
    let readings = Readings::new(days(&kwh).axis().clone(), series).unwrap();
    let filled = run(&readings, &Calendar::weekends(), &only(Method::LikeDay));
    assert_eq!(filled.series(Channel::EXPORT_KVARH).unwrap().values()[14 * 24], 40.0);
}

#[test]
fn a_gap_between_two_register_readings_has_just_their_energy() {
    // Three days with 1 kWh at night and 3 by day, 48 a day; the fourth is missing. The register (× 20) moves by
    // 4.8 = 96 kWh over that day: twice the usual profile.
    let day: Vec<f64> = (0..24).map(|hour| if hour < 12 { 1.0 } else { 3.0 }).collect();
    let mut kwh = day.repeat(4);
    kwh[72..].fill(NAN);
    let readings = hourly("Asia/Shanghai", date(2024, 3, 4), kwh);
    let start = readings.axis().start();
    let read = [(start, 1000.0), (start + 72 * 3600, 1007.2), (start + 96 * 3600, 1012.0)];
    let readings = readings.with_spans(Spans(vec![register(20.0, &read)]));
    let filled = run(&readings, &Calendar::weekends(), &Settings::default());
    let doubled: Vec<f64> = day.iter().map(|kwh| kwh * 2.0).collect();
    for (found, expected) in values(&filled)[72..].iter().zip(&doubled) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
    assert_eq!(flags(&filled)[72..], [Flag::Scaled; 24]);
    assert!(filled.findings().iter().all(|one| one.code != "estimate.registers_disagree"));
}

#[test]
fn a_register_of_another_multiplier_is_not_used_and_said() {
    // As above, but the multiplier is not told: over the measured days the register moves by 7.2 for 144 kWh.
    let mut kwh = vec![2.0; 96];
    kwh[72..].fill(NAN);
    let readings = hourly("Asia/Shanghai", date(2024, 3, 4), kwh);
    let start = readings.axis().start();
    let read = [(start, 0.0), (start + 72 * 3600, 7.2), (start + 96 * 3600, 9.6)];
    let filled =
        run(&readings.with_spans(Spans(vec![register(1.0, &read)])), &Calendar::weekends(), &Settings::default());
    assert_eq!(flags(&filled)[72..], [Flag::LikeDay; 24]);
    let told = filled.findings().iter().find(|one| one.code == "estimate.registers_disagree").unwrap();
    assert_eq!((&told.evidence["series"], told.evidence["spans"].is_null()), (&1.into(), true));
}

#[test]
fn a_register_that_shows_less_than_was_measured_is_said_and_left() {
    let readings = hourly("UTC", date(2024, 3, 4), vec![10.0, 10.0, NAN, 10.0, 10.0]);
    let start = readings.axis().start();
    let readings = readings.with_spans(Spans(vec![register(1.0, &[(start, 0.0), (start + 5 * 3600, 30.0)])]));
    let filled = run(&readings, &Calendar::weekends(), &only(Method::Scaled));
    assert_eq!(reasons(&filled), ["registers_disagree"]);
    let told = filled.findings().iter().find(|one| one.code == "estimate.registers_disagree").unwrap();
    assert_eq!((&told.evidence["kwh"], &told.evidence["measured_kwh"]), (&30.0.into(), &40.0.into()));
    // By so little that it is the register's rounding, the gap had nothing.
    let readings = readings.with_spans(Spans(vec![register(1.0, &[(start, 0.0), (start + 5 * 3600, 39.9)])]));
    assert_eq!(values(&run(&readings, &Calendar::weekends(), &only(Method::Scaled)))[2], 0.0);
}

#[test]
fn the_energy_of_a_day_is_spread_evenly_where_there_is_no_profile() {
    let readings = hourly("UTC", date(2024, 3, 4), vec![NAN; 24]);
    let start = readings.axis().start();
    let span = Span { start, end: start + 24 * 3600 };
    let value = SpanValue { span, value: 48.0, flag: Flag::Measured, at: None };
    let (kind, period) = (SpanKind::Energy, Period::Total);
    let daily = SpanSeries { channel: IMPORT, kind, period, multiplier: 1.0, values: vec![value] };
    let filled = run(&readings.with_spans(Spans(vec![daily])), &Calendar::weekends(), &Settings::default());
    assert_eq!((values(&filled), flags(&filled)), (&[2.0; 24][..], &[Flag::Spread; 24][..]));
}

#[test]
fn a_reading_within_a_measured_hour_takes_that_hour_for_even_and_one_within_the_gap_is_passed_over() {
    // Read at 00:30 and at 04:00: half of the first hour, 5 kWh, then 10, the gap, 10. 45 kWh leave 20 for the gap. The
    // reading at 02:15, inside the gap, cannot part its hour.
    let readings = hourly("UTC", date(2024, 3, 4), vec![10.0, 10.0, NAN, 10.0, 10.0]);
    let start = readings.axis().start();
    let read = [(start + 1800, 0.0), (start + 8100, 17.0), (start + 4 * 3600, 45.0)];
    let readings = readings.with_spans(Spans(vec![register(1.0, &read)]));
    assert_eq!(values(&run(&readings, &Calendar::weekends(), &Settings::default()))[2], 20.0);
}

#[test]
fn parent_less_siblings_fills_what_all_of_them_have_and_never_below_zero() {
    let of = |kwh: Vec<f64>| hourly("UTC", date(2024, 3, 4), kwh);
    let meter = of(vec![NAN, NAN, NAN, 5.0]);
    // The parent began an hour earlier.
    let parent = hourly("UTC", date(2024, 3, 3), [vec![1.0; 24], vec![30.0, 30.0, 30.0, 30.0]].concat());
    let (first, second) = (of(vec![10.0, NAN, 20.0, 1.0]), of(vec![5.0, 1.0, 15.0, 1.0]));
    let siblings = [&first, &second];
    let family = Family { parent: &parent, siblings: &siblings };
    let types = Calendar::weekends().day_types(meter.local()).unwrap();
    let filled = estimate(&meter, &types, Some(&family), &only(Method::Balance)).unwrap();
    assert_eq!((values(&filled)[0], flags(&filled)[0]), (15.0, Flag::Balance));
    assert!(values(&filled)[1].is_nan() && values(&filled)[2].is_nan());
    assert_eq!(reasons(&filled), ["no_balance", "negative_balance"]);
    let quarter = of(vec![1.0; 4]);
    let off = TimeAxis::new(1800, 3600, 4, Zone::named("UTC").unwrap()).unwrap();
    let off = Readings::new(off, vec![Series::new(IMPORT, vec![1.0; 4])]).unwrap();
    let family = Family { parent: &off, siblings: &[] };
    let message = estimate(&quarter, &types, Some(&family), &Settings::default()).unwrap_err().to_string();
    assert!(message.contains("estimate.parent") && message.contains("resample"), "{message}");
}

#[test]
fn what_is_replaced_is_kept_in_raw() {
    // A spike of 900 between 10 and 20, and a placeholder that nothing can fill.
    let readings = hourly("UTC", date(2024, 3, 4), vec![1.0, 10.0, 900.0, 20.0]);
    let start = readings.axis().start();
    let spike = Replace { channel: Some(IMPORT), span: Span { start: start + 7200, end: start + 7201 } };
    let placeholder = Replace { channel: None, span: Span { start, end: start + 3600 } };
    let outside = Replace { channel: None, span: Span { start: i64::MIN, end: start } };
    let settings = Settings { replace: vec![spike, placeholder, outside], ..Settings::default() };
    let filled = run(&readings, &Calendar::weekends(), &settings);
    assert_eq!(values(&filled)[1..], [10.0, 15.0, 20.0]);
    assert_eq!((values(&filled)[0].is_nan(), values(filled.raw())), (true, &[1.0, 10.0, 900.0, 20.0][..]));
    assert_eq!(filled.findings()[0].evidence["replaced"], 1);
    // A second estimate keeps the first originals.
    let again = run(&filled, &Calendar::weekends(), &Settings::default());
    assert_eq!(again.raw(), &readings);
}

#[test]
fn an_incomplete_hour_is_filled_and_not_below_what_it_has() {
    let series = |part| {
        let flags = vec![Flag::Measured, Flag::Incomplete, Flag::Measured];
        let axis = TimeAxis::new(0, 3600, 3, Zone::named("UTC").unwrap()).unwrap();
        Readings::new(axis, vec![Series::with_flags(IMPORT, vec![10.0, part, 20.0], flags)]).unwrap()
    };
    let at = |part| values(&run(&series(part), &Calendar::weekends(), &Settings::default()))[1];
    assert_eq!((at(3.0), at(17.0)), (15.0, 17.0));
}

#[test]
fn whole_readings_come_back_as_they_are_and_other_channels_are_left_alone() {
    let whole = hourly("UTC", date(2024, 3, 4), vec![1.0, 2.0]);
    let filled = run(&whole, &Calendar::weekends(), &Settings::default());
    assert!(filled.findings().is_empty() && filled.provenance().is_empty() && filled == whole);

    let voltage = Channel::from_name("voltage_l1_v").unwrap();
    let series = vec![Series::new(IMPORT, vec![1.0, NAN, 3.0]), Series::new(voltage, vec![230.0, NAN, 231.0])];
    let axis = TimeAxis::new(0, 3600, 3, Zone::named("UTC").unwrap()).unwrap();
    let filled = run(&Readings::new(axis, series).unwrap(), &Calendar::weekends(), &Settings::default());
    assert_eq!((values(&filled)[1], filled.series(voltage).unwrap().missing()), (2.0, 1));
    assert_eq!(
        (reasons(&filled), filled.provenance()["estimate"].value.as_str()),
        (vec!["no_energy".to_owned()], "auto")
    );
}

#[test]
fn day_types_of_other_readings_are_refused() {
    let readings = hourly("UTC", date(2024, 3, 4), vec![1.0, NAN]);
    let message = estimate(&readings, &[], None, &Settings::default()).unwrap_err().to_string();
    assert!(message.contains("found 0 day types") && message.contains("the 1 days"), "{message}");
}
