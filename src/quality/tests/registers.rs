use super::*;
use crate::readings::{Period, SpanKind, SpanSeries, SpanValue, Spans};

const DAY: i64 = 86_400;

fn reading(at: i64, value: f64) -> SpanValue {
    SpanValue { span: Span { start: at, end: at }, value, flag: Flag::Measured, at: None }
}

fn series(period: Period, multiplier: f64, values: Vec<SpanValue>) -> SpanSeries {
    SpanSeries { channel: KWH, kind: SpanKind::Register, period, multiplier, values }
}

/// A total register with readings by day.
pub(super) fn register(readings: &[(i64, f64)]) -> Spans {
    let values = readings.iter().map(|(day, value)| reading(day * DAY, *value)).collect();
    Spans(vec![series(Period::Total, 1.0, values)])
}

fn of_spans(spans: Spans) -> Readings {
    Readings::of_spans(spans, Zone::named("UTC").unwrap()).unwrap()
}

/// Thirty days of 1 kWh an hour, with a register of multiplier 40 read at midnight: 0.6 a day.
fn with_register(values: Vec<f64>, change: impl Fn(i64, f64) -> f64) -> Readings {
    let shown = (0..=30).map(|day| reading(day * DAY, change(day, 100.0 + 0.6 * day as f64))).collect();
    readings_of(3600, &[(KWH, values)]).with_spans(Spans(vec![series(Period::Total, 40.0, shown)]))
}

#[test]
fn intervals_that_agree_with_the_register_pass() {
    assert!(by("sum_check", &with_register(vec![1.0; 720], |_, shown| shown)).is_empty());
    // 0.6 a day has a last digit of 0.1: the tolerance is 2 · 40 · 0.1 = 8 kWh of 24.
    assert!(by("sum_check", &with_register(vec![1.3; 720], |_, shown| shown)).is_empty());
}

#[test]
fn intervals_that_lack_energy_are_found_with_the_difference() {
    let mut values = vec![1.0; 720];
    values[240..264].fill(0.5); // 12 kWh less on one day
    let found = by("sum_check", &with_register(values, |_, shown| shown));
    assert_eq!((found.len(), found[0].span), (1, Some(Span { start: 10 * DAY, end: 11 * DAY })));
    assert!((found[0].kwh.unwrap() + 12.0).abs() < 1e-6 && found[0].severity == Severity::High);
    let month = check(&Subject::of(&with_register(vec![2.0; 720], |_, shown| shown)), &Settings::default());
    let sum = month.findings.iter().find(|one| one.code == "quality.sum_check").unwrap();
    assert_eq!((&sum.evidence["spans"], &sum.evidence["multiplier"]), (&30.into(), &40.0.into()));
    assert_eq!(month.verdicts[0].billing.verdict, Verdict::Unusable);
}

#[test]
fn daily_energies_made_from_the_register_are_not_told_again() {
    let mut values = vec![1.0; 720];
    values[240..264].fill(0.5); // 12 kWh less on one day
    values[480..504].fill(1.0 + 10.0 / 24.0); // 10 kWh more on another
    let energies = |on: i64| {
        let energy = |day: i64| SpanValue {
            span: Span { start: day * DAY, end: (day + 1) * DAY },
            value: if day == on { 34.0 } else { 24.0 },
            flag: Flag::Measured,
            at: None,
        };
        let values = (0..30).map(energy).collect();
        SpanSeries { channel: KWH, kind: SpanKind::Energy, period: Period::Total, multiplier: 1.0, values }
    };
    let both = |on: i64| {
        let readings = with_register(values.clone(), |_, shown| shown);
        let spans = Spans([readings.spans().0.clone(), vec![energies(on)]].concat());
        by("sum_check", &readings.with_spans(spans))
    };
    let series = |found: &[Finding]| found.iter().map(|one| one.evidence["series"].clone()).collect::<Vec<_>>();
    let made_from_it = both(99);
    assert_eq!(series(&made_from_it), ["import_kwh_register", "import_kwh_register"]);
    // A day on which the energies say something else than the register is told.
    let other = both(3);
    assert_eq!(series(&other), ["import_kwh_register", "import_kwh_register", "import_kwh"]);
    assert_eq!(other[2].span, Some(Span { start: 3 * DAY, end: 4 * DAY }));
}

#[test]
fn half_a_per_cent_stands_where_the_register_is_fine() {
    let shown = |at: i64| (24 * at) as f64 + 0.001 * (at % 2) as f64;
    let register: Vec<SpanValue> = (0..=30).map(|day| reading(day * DAY, shown(day))).collect();
    for (kwh, expected) in [(1.004, 0), (1.006, 1)] {
        let spans = Spans(vec![series(Period::Total, 1.0, register.clone())]);
        let found = by("sum_check", &readings_of(3600, &[(KWH, vec![kwh; 720])]).with_spans(spans));
        assert_eq!(found.len(), expected, "{kwh}");
        assert!(found.iter().all(|one| one.severity == Severity::Medium));
    }
}

#[test]
fn spans_with_missing_intervals_or_stamps_off_the_grid_are_not_compared() {
    let mut values = vec![2.0; 720];
    (0..30).for_each(|day| values[day * 24 + 7] = f64::NAN);
    assert!(by("sum_check", &with_register(values, |_, shown| shown)).is_empty());
    let late = (0..=30).map(|day| reading(day * DAY + 600, 100.0 + 0.6 * day as f64)).collect();
    let readings =
        readings_of(3600, &[(KWH, vec![2.0; 720])]).with_spans(Spans(vec![series(Period::Total, 40.0, late)]));
    assert!(by("sum_check", &readings).is_empty());
}

#[test]
fn daily_energies_are_compared_too() {
    let day = |at: i64| SpanValue {
        span: Span { start: at * DAY, end: (at + 1) * DAY },
        value: 24.0,
        flag: Flag::Measured,
        at: None,
    };
    let daily = SpanSeries { kind: SpanKind::Energy, ..series(Period::Total, 1.0, (0..30).map(day).collect()) };
    let of =
        |kwh: f64| by("sum_check", &readings_of(3600, &[(KWH, vec![kwh; 720])]).with_spans(Spans(vec![daily.clone()])));
    assert!(of(1.05).is_empty(), "24 has a last digit of 1, twice that is 2 kWh of 24");
    assert_eq!(of(1.1).len(), 1);
}

#[test]
fn a_rollover_is_told_from_a_reset() {
    let rolled = by("register_fell", &of_spans(register(&[(0, 99_850.0), (1, 99_920.0), (2, 99_990.0), (3, 60.0)])));
    assert_eq!((rolled.len(), rolled[0].severity), (1, Severity::Info));
    assert_eq!((&rolled[0].evidence["counted"], &rolled[0].evidence["digits"]), (&70.0.into(), &5.0.into()));
    let reset = by("register_fell", &of_spans(register(&[(0, 850.0), (1, 920.0), (2, 3.0), (3, 60.0)])));
    assert_eq!((reset.len(), reset[0].severity), (1, Severity::High));
    assert_eq!(reset[0].evidence["rollover"], false);
    // From nearly full to something that no day counts.
    let replaced = by("register_fell", &of_spans(register(&[(0, 99_850.0), (1, 99_920.0), (2, 5000.0)])));
    assert_eq!(replaced[0].severity, Severity::High);
    assert!(by("register_fell", &of_spans(register(&[(0, 5.0), (1, 5.0), (2, f64::NAN), (3, 6.0)]))).is_empty());
}

#[test]
fn what_the_reader_said_about_a_register_is_not_said_twice() {
    let told = Finding::new("quality.register_fell", Severity::Info).at(DAY, 2 * DAY);
    let told = Finding { code: "register.rollover".to_owned(), ..told };
    let spans = register(&[(0, 850.0), (1, 920.0), (2, 3.0)]);
    let readings = of_spans(spans).with_origin(vec![told], crate::readings::Provenance::new());
    assert_eq!(codes(&check(&Subject::of(&readings), &Settings::default()).findings), ["register.rollover"]);
    let settings: Settings = serde_json::from_str(r#"{"register_fell": false}"#).unwrap();
    assert_eq!(codes(&check(&Subject::of(&readings), &settings).findings), [""; 0]);
}

/// A total with peak and valley registers; the total counts `extra` more a day.
fn with_tariffs(offset: f64, extra: f64) -> Readings {
    let shown = |from: f64, a_day: f64| (0..=20).map(|day| reading(day * DAY, from + a_day * day as f64)).collect();
    of_spans(Spans(vec![
        series(Period::Total, 40.0, shown(300.0 + offset, 10.0 + extra)),
        series(Period::Peak, 40.0, shown(100.0, 6.0)),
        series(Period::Valley, 40.0, shown(200.0, 4.0)),
    ]))
}

#[test]
fn tariff_registers_add_up_to_the_total_or_are_told() {
    assert!(by("tariff_registers", &with_tariffs(0.0, 0.0)).is_empty());
    // All are whole numbers: a last digit of 1 for each of two registers.
    assert!(by("tariff_registers", &with_tariffs(2.0, 0.0)).is_empty());
    let constant = by("tariff_registers", &with_tariffs(30.0, 0.0));
    assert_eq!((constant[0].severity, &constant[0].evidence["constant"]), (Severity::Low, &true.into()));
    let growing = by("tariff_registers", &with_tariffs(0.0, 0.5));
    assert_eq!((growing[0].severity, growing[0].kwh), (Severity::Medium, Some(0.5 * 20.0 * 40.0)));
    assert_eq!(
        (&growing[0].evidence["first_difference"], &growing[0].evidence["last_difference"]),
        (&0.0.into(), &10.0.into())
    );
}

#[test]
fn spans_that_overlap_are_found() {
    let energy = |from: i64, to: i64| SpanValue {
        span: Span { start: from * DAY, end: to * DAY },
        value: 1.0,
        flag: Flag::Measured,
        at: None,
    };
    let bills = |values| SpanSeries { kind: SpanKind::Energy, ..series(Period::Total, 1.0, values) };
    assert!(by("overlap", &of_spans(Spans(vec![bills(vec![energy(0, 31), energy(31, 59)])]))).is_empty());
    let found = by("overlap", &of_spans(Spans(vec![bills(vec![energy(0, 31), energy(29, 59)])])));
    assert_eq!((found.len(), &found[0].evidence["hours"]), (1, &48.0.into()));
    let twice = by("overlap", &of_spans(register(&[(0, 1.0), (1, 2.0), (1, 3.0), (2, 4.0)])));
    assert_eq!((&twice[0].evidence["overlaps"], &twice[0].evidence["differing"]), (&1.into(), &1.into()));
}

/// A daily register, each reading so many seconds late.
fn stamped(days: i64, late_s: impl Fn(i64) -> i64) -> Readings {
    let values = (0..days).map(|day| reading(day * DAY + late_s(day), 10.0 * day as f64)).collect();
    of_spans(Spans(vec![series(Period::Total, 1.0, values)]))
}

#[test]
fn reading_times_off_midnight_are_found_beyond_three_minutes() {
    assert!(by("interval_size", &stamped(30, |day| 100 * (day % 2))).is_empty());
    let found = by("interval_size", &stamped(30, |day| if day == 9 { 400 } else { 0 }));
    assert_eq!((&found[0].evidence["stamps"], &found[0].evidence["worst_s"]), (&1.into(), &400.0.into()));
    assert_eq!((&found[0].evidence["due"], &found[0].evidence["of"]), (&"00:00".into(), &30.into()));
    let early = by("interval_size", &stamped(30, |day| if day == 9 { -600 } else { -20 }));
    assert_eq!(early[0].evidence["worst_s"], -600.0);
    // Read at eight in the morning, every day.
    assert!(by("interval_size", &stamped(30, |_| 8 * 3600)).is_empty());
    let at_eight = by("interval_size", &stamped(30, |day| 8 * 3600 + if day == 3 { 1200 } else { 0 }));
    assert_eq!((&at_eight[0].evidence["due"], &at_eight[0].evidence["worst_s"]), (&"08:00".into(), &1200.0.into()));
}

#[test]
fn days_of_23_and_25_hours_have_their_midnight() {
    let zone = Zone::named("Europe/Berlin").unwrap();
    let axis = TimeAxis::new(1_709_247_600, 3600, 24 * 300, zone.clone()).unwrap(); // 2024-03-01 00:00
    let midnights: Vec<i64> = axis.local_time().days().iter().map(|day| day.start).collect();
    let values = midnights.iter().enumerate().map(|(day, at)| reading(*at, day as f64)).collect();
    let readings = Readings::of_spans(Spans(vec![series(Period::Total, 1.0, values)]), zone).unwrap();
    assert!(by("interval_size", &readings).is_empty() && by("clock_drift", &readings).is_empty());
}

#[test]
fn stamps_that_drift_steadily_are_a_clock() {
    let found = by("clock_drift", &stamped(60, |day| 10 * day));
    assert_eq!((found.len(), &found[0].evidence["stamps"]), (1, &true.into()));
    assert!((found[0].evidence["seconds_a_day"].as_f64().unwrap() - 10.0).abs() < 0.01);
    assert!((found[0].evidence["drift_s"].as_f64().unwrap() - 590.0).abs() < 1.0);
    assert_eq!(found[0].severity, Severity::Low);
    assert!(by("clock_drift", &stamped(60, |day| 2 * day)).is_empty(), "two minutes in two months");
    assert!(by("clock_drift", &stamped(60, |day| day * 7919 % 300)).is_empty(), "scattered, not drifting");
}

#[test]
fn a_multiplier_left_out_shows_in_daily_registers() {
    // Peak and valley on working days, half of it at weekends; from day 40 on the readings are forty times as much.
    let spans = |factor: f64| {
        let (mut peak, mut valley) = (0.0, 0.0);
        let mut shown: [Vec<SpanValue>; 3] = Default::default();
        for day in 0..80i64 {
            let values = [peak + valley, peak, valley];
            shown.iter_mut().zip(values).for_each(|(of, value)| of.push(reading(day * DAY, value)));
            let level = if (day + 3) % 7 < 5 { 1.0 } else { 0.5 } * if day >= 40 { factor } else { 1.0 };
            let wobble = 1.0 + (day * 7 % 5) as f64 / 200.0;
            (peak, valley) = (peak + 3.0 * level * wobble, valley + 7.0 * level);
        }
        let [total, peak, valley] = shown;
        of_spans(Spans(vec![
            series(Period::Total, 1.0, total),
            series(Period::Peak, 1.0, peak),
            series(Period::Valley, 1.0, valley),
        ]))
    };
    let found = by("multiplier_step", &spans(40.0));
    assert_eq!((found.len(), &found[0].evidence["factor"]), (1, &40.0.into()));
    assert_eq!((&found[0].evidence["source"], found[0].span.unwrap().start), (&"import_kwh_register".into(), 40 * DAY));
    assert!(by("multiplier_step", &spans(3.0)).is_empty());
    assert!(by("multiplier_step", &spans(1.0)).is_empty());
}

#[test]
fn a_register_that_stands_for_a_month_is_a_month_without_energy() {
    let shown = |day: i64| if day < 31 { day as f64 } else { 31.0 + (day - 59).max(0) as f64 };
    let readings = register(&(0..90).map(|day| (day, shown(day))).collect::<Vec<_>>());
    let found = by("zero_month", &of_spans(readings));
    assert_eq!((found.len(), &found[0].evidence["month"]), (1, &"1970-02".into()));
    let dead = register(&(0..90).map(|day| (day, 5.0)).collect::<Vec<_>>());
    assert!(by("zero_month", &of_spans(dead)).is_empty());
}

#[test]
fn the_last_digit_of_readings() {
    assert_eq!(last_digit([100.0, 5.0, f64::NAN].into_iter()), 1.0);
    assert_eq!(last_digit([100.5, 100.6].into_iter()), 0.1);
    assert!((last_digit([12_345_678.25].into_iter()) - 0.01).abs() < 1e-12);
    assert_eq!(last_digit([0.1 + 0.2].into_iter()), 0.1);
}
