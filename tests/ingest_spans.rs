//! What has no regular step: registers, days, months and billing periods, on small cases and on real files.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use wattlens::finding::Finding;
use wattlens::ingest::{FileOptions, RawColumn, RawRows, RawTimes, ReadOptions, Role, Stamp, Unit, assemble, read};
use wattlens::readings::{Channel, Flag, Period, Phase, Quantity, Readings, SpanKind, SpanSeries, Sure};

/// 2024-01-01 00:00 on a wall clock, and as an instant in Shanghai.
const NEW_YEAR: i64 = 1_704_067_200;
const SHANGHAI_S: i64 = 28_800;
const DAY_S: i64 = 86_400;

fn options(zone: &str) -> ReadOptions {
    ReadOptions { zone: Some(zone.to_owned()), ..ReadOptions::default() }
}

fn column(role: Role, values: Vec<f64>) -> RawColumn {
    let name = format!("{role:?}");
    RawColumn { role, ..RawColumn::new(Channel::IMPORT_KWH, name, Unit::Kwh, values) }
}

fn wall(stamps: Vec<i64>, columns: Vec<RawColumn>) -> RawRows {
    RawRows::new("table", RawTimes::WallClock(stamps), columns)
}

fn register(readings: Vec<f64>, step_s: i64) -> RawRows {
    let stamps = (0..readings.len() as i64).map(|k| NEW_YEAR + k * step_s).collect();
    wall(stamps, vec![column(Role::Register(Period::Total), readings)])
}

fn import(readings: &Readings) -> &[f64] {
    readings.series(Channel::IMPORT_KWH).unwrap().values()
}

fn spans(readings: &Readings, kind: SpanKind, period: Period) -> &SpanSeries {
    readings.spans().series(Channel::IMPORT_KWH, kind, period).unwrap()
}

fn found<'a>(readings: &'a Readings, code: &str) -> &'a Finding {
    let codes: Vec<&str> = readings.findings().iter().map(|finding| finding.code.as_str()).collect();
    readings.findings().iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("{code} not in {codes:?}"))
}

fn data(file: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("WATTLENS_DATA") else {
        println!("WATTLENS_DATA is not set: {file} is not tested");
        return None;
    };
    Some(PathBuf::from(folder).join(file))
}

/// Spans ascend and do not overlap, whatever was read.
fn check_spans(readings: &Readings) {
    for series in &readings.spans().0 {
        for pair in series.values.windows(2) {
            assert!(pair[0].span.end <= pair[1].span.start, "{}: {pair:?}", series.name());
        }
    }
}

#[test]
fn a_register_times_its_multiplier_is_the_energy_between_readings() {
    let mut rows = register(vec![100.0, 101.0, 103.0, 103.0], 900);
    rows.columns[0].multiplier = 40.0;
    let readings = assemble(rows.clone(), &options("Asia/Shanghai")).unwrap();
    assert_eq!(import(&readings), [40.0, 80.0, 0.0]);
    assert_eq!(readings.axis().start(), NEW_YEAR - SHANGHAI_S);
    assert_eq!(readings.provenance()["multiplier"].value, "40");
    let kept = spans(&readings, SpanKind::Register, Period::Total);
    assert_eq!((kept.multiplier, kept.values[2].value), (40.0, 103.0));
    let said = ReadOptions { multiplier: Some(200.0), ..options("Asia/Shanghai") };
    assert_eq!(import(&assemble(rows, &said).unwrap()), [200.0, 400.0, 0.0]);
}

#[test]
fn a_gap_keeps_its_energy_in_a_span_and_is_spread_only_where_asked() {
    // 15-minute readings 10, 12, (lost, lost), 18, 20: 6 kWh over three steps.
    let rows = register(vec![10.0, 12.0, f64::NAN, f64::NAN, 18.0, 20.0], 900);
    let readings = assemble(rows.clone(), &options("Asia/Shanghai")).unwrap();
    let values = import(&readings);
    assert_eq!((values[0], values[4]), (2.0, 2.0));
    assert!(values[1..4].iter().all(|value| value.is_nan()));
    let energy = spans(&readings, SpanKind::Energy, Period::Total);
    assert_eq!((energy.values.len(), energy.values[0].value), (1, 6.0));
    assert_eq!(energy.values[0].span.start, readings.axis().instant(1));
    assert_eq!(energy.values[0].span.end, readings.axis().instant(4));
    let finding = found(&readings, "register.long_interval");
    assert_eq!((finding.evidence["energy"].as_f64(), finding.evidence["intervals"].as_u64()), (Some(6.0), Some(3)));

    let readings = assemble(rows, &ReadOptions { spread: true, ..options("Asia/Shanghai") }).unwrap();
    assert_eq!(import(&readings), [2.0; 5]);
    let flags = readings.series(Channel::IMPORT_KWH).unwrap().flags();
    assert_eq!(flags, [Flag::Measured, Flag::Spread, Flag::Spread, Flag::Spread, Flag::Measured]);
    assert!(readings.spans().series(Channel::IMPORT_KWH, SpanKind::Energy, Period::Total).is_none());
}

#[test]
fn irregular_readings_are_spread_by_their_time() {
    // 00:00, 00:20, 01:00: 4 kWh in 20 min, 8 kWh in 40 min; no step is the usual one.
    let stamps = vec![NEW_YEAR, NEW_YEAR + 1200, NEW_YEAR + 3600];
    let rows = wall(stamps, vec![column(Role::Register(Period::Total), vec![0.0, 4.0, 12.0])]);
    let said = ReadOptions { spread: true, step_s: Some(900), ..options("Asia/Shanghai") };
    let readings = assemble(rows.clone(), &said).unwrap();
    assert_eq!(import(&readings), [3.0; 4]);
    // Without being asked, the two energies are two spans.
    let readings = assemble(rows, &options("Asia/Shanghai")).unwrap();
    assert!(readings.all_series().is_empty());
    let energy = spans(&readings, SpanKind::Energy, Period::Total);
    assert_eq!(energy.values.iter().map(|one| one.value).collect::<Vec<_>>(), [4.0, 8.0]);
}

#[test]
fn past_its_last_digit_a_register_begins_again() {
    // 9 985, 9 990, 9 995, 0, 5 … of four digits: 5 kWh a step.
    let values: Vec<f64> = (0..40).map(|k| f64::from((9_900 + 5 * k) % 10_000)).collect();
    let readings = assemble(register(values.clone(), 900), &options("Asia/Shanghai")).unwrap();
    assert_eq!(import(&readings), [5.0; 39]);
    let finding = found(&readings, "register.rollover");
    assert_eq!((finding.evidence["before"].as_f64(), finding.evidence["after"].as_f64()), (Some(9_995.0), Some(0.0)));
    // A register of six digits does not end at 9 995.
    let said = ReadOptions { register_digits: Some(6), ..options("Asia/Shanghai") };
    let readings = assemble(register(values.clone(), 900), &said).unwrap();
    assert!(import(&readings)[19].is_nan());
    found(&readings, "register.reset");
    let said = ReadOptions { register_digits: Some(3), ..options("Asia/Shanghai") };
    let error = assemble(register(values, 900), &said).unwrap_err().to_string();
    assert!(error.contains("shows 9900, yet register_digits is given as 3") && error.contains("below 1000"), "{error}");
}

#[test]
fn another_meter_a_step_back_and_a_runaway_step_leave_one_interval_missing() {
    let steady = |first: f64, count: usize| (0..count).map(move |k| first + 2.0 * k as f64);
    let cases = [
        // The new meter begins at 3 kWh.
        ("register.reset", steady(5_000.0, 30).chain(steady(3.0, 30)).collect::<Vec<f64>>()),
        // Back by 2.5 kWh, then on.
        ("register.reverse", steady(5_000.0, 30).chain(steady(5_055.5, 30)).collect()),
        // 50 000 kWh at once.
        ("register.runaway", steady(5_000.0, 30).chain(steady(55_058.0, 30)).collect()),
    ];
    for (code, values) in cases {
        let readings = assemble(register(values, 900), &options("Asia/Shanghai")).unwrap();
        let import = import(&readings);
        assert!(import[29].is_nan(), "{code}: {import:?}");
        assert!(import.iter().enumerate().all(|(at, value)| at == 29 || *value == 2.0), "{code}: {import:?}");
        assert_eq!(found(&readings, code).evidence["count"], 1, "{code}");
        assert_eq!(found(&readings, code).evidence["start"], "2024-01-01 07:15:00", "{code}");
        check_spans(&readings);
    }
}

#[test]
fn a_rare_large_load_does_not_run_away() {
    // 0.1 kWh a quarter hour, and once a test of the fire pump of 20 kWh.
    let mut total = 5_000.0;
    let values: Vec<f64> = (0..700)
        .map(|k| {
            total += if k == 350 { 20.0 } else { 0.1 };
            total
        })
        .collect();
    let readings = assemble(register(values, 900), &options("Asia/Shanghai")).unwrap();
    assert!((import(&readings)[349] - 20.0).abs() < 1e-9);
    assert!(readings.findings().is_empty(), "{:?}", readings.findings());
}

#[test]
fn a_damaged_reading_costs_no_energy() {
    for damaged in [0.0, 9e6] {
        let mut values: Vec<f64> = (0..60).map(|k| 5_000.0 + 2.0 * f64::from(k)).collect();
        values[30] = damaged;
        values[31] = damaged;
        let readings = assemble(register(values, 900), &options("Asia/Shanghai")).unwrap();
        let series = readings.series(Channel::IMPORT_KWH).unwrap();
        assert_eq!((series.missing(), series.total()), (3, Some(2.0 * 56.0)));
        assert_eq!(spans(&readings, SpanKind::Energy, Period::Total).total(), Some(6.0));
        assert_eq!(found(&readings, "register.odd_reading").evidence["count"], 1);
        // The damaged readings are kept as they are.
        assert_eq!(spans(&readings, SpanKind::Register, Period::Total).values[30].value, damaged);
    }
}

#[test]
fn readings_that_stand_still_and_jump_are_one_long_interval() {
    let mut values: Vec<f64> = (0..200).map(|k| 5_000.0 + 2.0 * f64::from(k)).collect();
    let stuck = values[100];
    values[101..150].fill(stuck);
    let readings = assemble(register(values, 900), &options("Asia/Shanghai")).unwrap();
    assert!(import(&readings)[100..150].iter().all(|value| value.is_nan()));
    assert_eq!(spans(&readings, SpanKind::Energy, Period::Total).total(), Some(100.0));
    found(&readings, "register.frozen");
}

#[test]
fn another_multiplier_is_noticed_and_nothing_is_changed() {
    // Ten weeks of daily readings; from the sixth on the transformer's ratio is 40 instead of 1.
    let mut total = 8_000.0;
    let values: Vec<f64> = (0..71)
        .map(|day| {
            total += (100.0 + f64::from(day % 7)) * if day > 35 { 40.0 } else { 1.0 };
            total
        })
        .collect();
    let readings = assemble(register(values, DAY_S), &options("Asia/Shanghai")).unwrap();
    let finding = found(&readings, "register.multiplier_change");
    assert_eq!(finding.evidence["ratio"], 40.0);
    assert_eq!(spans(&readings, SpanKind::Energy, Period::Total).values[70 - 1].value, 100.0 * 40.0);
}

#[test]
fn a_row_of_a_day_gives_registers_by_period_and_the_demand_with_its_time() {
    let days = 3;
    let stamps: Vec<i64> = (0..days).map(|day| NEW_YEAR + day * DAY_S).collect();
    let demand = |role, values| RawColumn {
        role,
        ..RawColumn::new(Channel::mean(Quantity::ActivePower, Phase::Total), "demand", Unit::Kw, values)
    };
    let at = stamps.iter().map(|stamp| (stamp + 36_000) as f64).collect();
    let mut columns = vec![
        column(Role::Register(Period::Total), vec![100.0, 110.0, 130.0]),
        column(Role::Register(Period::Peak), vec![50.0, 54.0, 60.0]),
        column(Role::Register(Period::Valley), vec![50.0, 56.0, 70.0]),
        demand(Role::MaximumDemand(Period::Total), vec![3.5, f64::NAN, 4.0]),
        demand(Role::MaximumDemandAt(Period::Total), at),
    ];
    for column in &mut columns {
        column.multiplier = 60.0;
    }
    let said = ReadOptions { step_s: Some(DAY_S), ..options("Asia/Shanghai") };
    let readings = assemble(wall(stamps, columns), &said).unwrap();
    let energy =
        |period| spans(&readings, SpanKind::Energy, period).values.iter().map(|one| one.value).collect::<Vec<_>>();
    assert_eq!(energy(Period::Total), [600.0, 1200.0]);
    assert_eq!(energy(Period::Peak), [240.0, 360.0]);
    assert_eq!(energy(Period::Valley), [360.0, 840.0]);
    assert_eq!(spans(&readings, SpanKind::Register, Period::Peak).values.len(), 3);
    let power = Channel::mean(Quantity::ActivePower, Phase::Total);
    let demand = readings.spans().series(power, SpanKind::MaximumDemand, Period::Total).unwrap();
    assert_eq!(demand.values.len(), 3);
    assert_eq!((demand.values[0].value, demand.values[0].at), (210.0, Some(NEW_YEAR - SHANGHAI_S + 36_000)));
    assert_eq!(demand.values[1].flag, Flag::Missing);
    check_spans(&readings);
}

#[test]
fn intervals_and_daily_registers_stand_side_by_side() {
    let count = 3 * 96 + 1;
    let stamps: Vec<i64> = (0..count).map(|k| NEW_YEAR + k * 900).collect();
    let interval = column(Role::Interval, (0..count).map(|k| if k < 288 { 1.0 } else { f64::NAN }).collect());
    let daily = (0..count).map(|k| if k % 96 == 0 { 1000.0 + k as f64 / 2.0 } else { f64::NAN }).collect();
    let mut register = column(Role::Register(Period::Total), daily);
    register.multiplier = 2.0;
    let readings = assemble(wall(stamps, vec![interval, register]), &options("Asia/Shanghai")).unwrap();
    assert_eq!(import(&readings), [1.0; 288]);
    let energy = spans(&readings, SpanKind::Energy, Period::Total);
    assert_eq!(energy.values.iter().map(|one| one.value).collect::<Vec<_>>(), [96.0; 3]);
    assert_eq!(spans(&readings, SpanKind::Register, Period::Total).values.len(), 4);
}

#[test]
fn voltages_and_a_register_of_the_same_step_share_the_axis() {
    let stamps: Vec<i64> = (0..5).map(|k| NEW_YEAR + k * 900).collect();
    let voltage = RawColumn::new(Channel::mean(Quantity::Voltage, Phase::L1), "Ua", Unit::V, vec![230.0; 5]);
    let register = column(Role::Register(Period::Total), vec![10.0, 11.0, 12.0, 13.0, 14.0]);
    let readings = assemble(wall(stamps, vec![voltage, register]), &options("Asia/Shanghai")).unwrap();
    assert_eq!(readings.axis().len(), 5);
    assert_eq!(import(&readings)[..4], [1.0; 4]);
    assert!(import(&readings)[4].is_nan());
    assert_eq!(readings.all_series().len(), 2);
}

#[test]
fn days_run_from_local_midnight_to_local_midnight() {
    // Berlin, 30 March to 1 April 2024: 24, 23 and 24 hours.
    let first = 1_711_756_800; // 2024-03-30 00:00 on a wall clock
    let stamps = (0..3).map(|day| first + day * DAY_S).collect();
    let rows = wall(stamps, vec![column(Role::Interval, vec![24.0, 23.0, 24.0])]);
    let readings = assemble(rows.clone(), &options("Europe/Berlin")).unwrap();
    let daily = spans(&readings, SpanKind::Energy, Period::Total);
    let hours: Vec<i64> = daily.values.iter().map(|one| (one.span.end - one.span.start) / 3600).collect();
    assert_eq!(hours, [24, 23, 24]);
    assert_eq!(daily.values[0].span.start, first - 3600);
    assert_eq!(daily.total(), Some(71.0));
    // A daily mean power is multiplied by the hours of its day.
    let mut power = rows.clone();
    power.columns[0].unit = Unit::Kw;
    power.columns[0].values = vec![1.0; 3];
    let readings = assemble(power, &options("Europe/Berlin")).unwrap();
    assert_eq!(spans(&readings, SpanKind::Energy, Period::Total).total(), Some(71.0));
    // Named by its end, each value belongs to the day before.
    let ends = ReadOptions { stamp: Some(Stamp::End), ..options("Europe/Berlin") };
    let readings = assemble(rows, &ends).unwrap();
    let first_day = spans(&readings, SpanKind::Energy, Period::Total).values[0].span;
    assert_eq!((first_day.start, first_day.end), (first - 3600 - DAY_S, first - 3600));
}

#[test]
fn stamps_that_keep_one_offset_are_put_back_to_midnight() {
    // Chicago, 12 to 15 March 2016: midnights of winter time all along, 01:00 from the 14th.
    let first = 1_457_740_800; // 2016-03-12 00:00 on a wall clock
    let stamps = vec![first, first + DAY_S, first + 2 * DAY_S + 3600, first + 3 * DAY_S + 3600];
    let rows = wall(stamps, vec![column(Role::Interval, vec![1.0, 2.0, 3.0, 4.0])]);
    let readings = assemble(rows, &options("America/Chicago")).unwrap();
    let daily = spans(&readings, SpanKind::Energy, Period::Total);
    let hours: Vec<i64> = daily.values.iter().map(|one| (one.span.end - one.span.start) / 3600).collect();
    assert_eq!(hours, [24, 23, 24, 24]);
    let finding = found(&readings, "ingest.day_stamp_moved");
    assert_eq!(
        (finding.evidence["rows"].as_u64(), finding.evidence["moved_to"].as_str()),
        (Some(2), Some("2016-03-14 00:00:00"))
    );
}

#[test]
fn months_end_with_the_next_and_a_billing_period_with_the_next_stamp() {
    // 2024-01-01, 02-01, 03-01.
    let months = vec![NEW_YEAR, NEW_YEAR + 31 * DAY_S, NEW_YEAR + 60 * DAY_S];
    let readings = assemble(
        wall(months, vec![column(Role::Energy(Period::Total), vec![1.0, 2.0, 3.0])]),
        &options("Asia/Shanghai"),
    )
    .unwrap();
    let monthly = spans(&readings, SpanKind::Energy, Period::Total);
    assert_eq!(
        monthly.values.iter().map(|one| (one.span.end - one.span.start) / DAY_S).collect::<Vec<_>>(),
        [31, 29, 31]
    );
    // Read on other days, the last period has no end.
    let billing = vec![NEW_YEAR, NEW_YEAR + 29 * DAY_S, NEW_YEAR + 61 * DAY_S];
    let readings = assemble(
        wall(billing.clone(), vec![column(Role::Energy(Period::Total), vec![1.0, 2.0, 3.0])]),
        &options("Asia/Shanghai"),
    )
    .unwrap();
    assert_eq!(spans(&readings, SpanKind::Energy, Period::Total).total(), Some(3.0));
    let finding = found(&readings, "ingest.period_open");
    assert_eq!(
        (finding.evidence["value"].as_str(), finding.evidence["stamp"].as_str()),
        (Some("3"), Some("2024-03-02 00:00:00"))
    );
    // Closed by an empty row, it has.
    let closed = wall(billing, vec![column(Role::Energy(Period::Total), vec![1.0, 2.0, f64::NAN])]);
    let readings = assemble(closed, &options("Asia/Shanghai")).unwrap();
    assert_eq!(spans(&readings, SpanKind::Energy, Period::Total).values.len(), 2);
    assert_eq!(readings.provenance()["stamp"].sure, Sure::Certain);
    assert!(readings.findings().is_empty());
}

#[test]
fn periods_with_both_ends_are_taken_as_they_are() {
    // 1 to 29 January, to 23:59 of its last day; a period over another; one that ends before it begins.
    let stamps = vec![NEW_YEAR, NEW_YEAR + 30 * DAY_S, NEW_YEAR + 40 * DAY_S, NEW_YEAR + 80 * DAY_S];
    let ends = vec![NEW_YEAR + 29 * DAY_S - 60, NEW_YEAR + 60 * DAY_S, NEW_YEAR + 70 * DAY_S, NEW_YEAR + 75 * DAY_S];
    let mut rows = wall(stamps, vec![column(Role::Energy(Period::Total), vec![1.0, 2.0, 4.0, 8.0])]);
    rows.ends = Some(ends);
    let readings = assemble(rows, &options("Asia/Shanghai")).unwrap();
    let energy = spans(&readings, SpanKind::Energy, Period::Total);
    let days: Vec<i64> = energy.values.iter().map(|one| (one.span.end - one.span.start) / DAY_S).collect();
    assert_eq!((days, energy.total()), (vec![29, 30], Some(3.0)));
    let odd = readings.findings().iter().filter(|finding| finding.code == "ingest.odd_interval");
    let facts: Vec<_> =
        odd.map(|finding| (finding.evidence.get("overlap").is_some(), finding.evidence["rows"].as_u64())).collect();
    assert_eq!(facts, [(false, Some(1)), (true, Some(1))]);
}

#[test]
fn voltages_of_a_day_are_left_out_and_said() {
    let stamps = (0..30).map(|day| NEW_YEAR + day * DAY_S).collect();
    let voltage = RawColumn::new(Channel::mean(Quantity::Voltage, Phase::L1), "Ua", Unit::V, vec![230.0; 30]);
    let readings =
        assemble(wall(stamps, vec![column(Role::Interval, vec![5.0; 30]), voltage]), &options("Asia/Shanghai"))
            .unwrap();
    assert_eq!(found(&readings, "ingest.means_left_out").evidence["channel"], "voltage_l1_v");
    assert_eq!(spans(&readings, SpanKind::Energy, Period::Total).total(), Some(150.0));
}

fn value_column() -> FileOptions {
    FileOptions {
        read: options("America/Chicago"),
        time: Some("start".to_owned()),
        columns: [("import_kwh".to_owned(), "value".to_owned())].into(),
        ..FileOptions::default()
    }
}

#[test]
fn daily_files_from_illinois_are_days_of_chicago() {
    for (file, total) in
        [("mv/il-electricity-cdd-hdd-daily.csv.gz", 21_925.83), ("mv/il-electricity-cdd-only-daily.csv.gz", 19_565.65)]
    {
        let Some(path) = data(file) else { return };
        let readings = read(&path, &value_column(), None).unwrap().remove(0);
        let daily = spans(&readings, SpanKind::Energy, Period::Total);
        assert!((daily.total().unwrap() - total).abs() < 1e-6, "{file}: {:?}", daily.total());
        assert_eq!(daily.values.len(), 809, "{file}");
        let hours =
            |wanted: i64| daily.values.iter().filter(|one| one.span.end - one.span.start == wanted * 3600).count();
        // 2016 and 2017 have two clock changes each, 2015-11-22 to 2018-02-08 no other.
        assert_eq!((hours(23), hours(24), hours(25)), (2, 805, 2), "{file}");
        // 2015-11-22 00:00 in Chicago is 06:00 UTC.
        assert_eq!(daily.values[0].span.start, 1_448_172_000);
        assert!(daily.values.windows(2).all(|pair| pair[0].span.end == pair[1].span.start));
        assert!(readings.findings().is_empty(), "{:?}", readings.findings());
    }
}

#[test]
fn billing_periods_from_illinois_end_with_the_next() {
    let Some(path) = data("mv/il-electricity-cdd-hdd-billing_monthly.csv.gz") else { return };
    let readings = read(&path, &value_column(), None).unwrap().remove(0);
    let billing = spans(&readings, SpanKind::Energy, Period::Total);
    assert!((billing.total().unwrap() - 21_290.17).abs() < 1e-6, "{:?}", billing.total());
    assert_eq!(billing.values.len(), 26);
    // 01:00 of summer time is midnight of winter time; put back, all periods are whole local days.
    assert_eq!(found(&readings, "ingest.day_stamp_moved").evidence["rows"], 16);
    let days: Vec<f64> = billing.values.iter().map(|one| (one.span.end - one.span.start) as f64 / 86_400.0).collect();
    assert!(days.iter().all(|days| (26.0..=33.0).contains(days)), "{days:?}");
    assert_eq!(readings.provenance()["step"].value, "irregular");
}

#[test]
fn the_school_and_the_building_read_as_the_reference_has_them() {
    let Some(path) = data("nmecr/nmecr_eload.csv") else { return };
    let read_as = |zone: &str| FileOptions {
        read: options(zone),
        time: Some("time".to_owned()),
        columns: [("import_kwh".to_owned(), "eload".to_owned())].into(),
        ..FileOptions::default()
    };
    let readings = read(&path, &read_as("America/Los_Angeles"), None).unwrap().remove(0);
    let daily = spans(&readings, SpanKind::Energy, Period::Total);
    assert_eq!(daily.values.len(), 1095);
    assert!((daily.total().unwrap() - 16_390_261.968_85).abs() < 1e-4, "{:?}", daily.total());
    assert_eq!(found(&readings, "ingest.day_stamp_moved").evidence["rows"], 662);
    assert!(daily.values.windows(2).all(|pair| pair[0].span.end == pair[1].span.start));

    // The school keeps 24 hours every day, so its zone has one offset.
    let Some(path) = data("nmecr/nmecr_school_eload.csv") else { return };
    let error = read(&path, &read_as("America/Los_Angeles"), None).unwrap_err().to_string();
    assert!(error.contains("fixed_offset") && error.contains("Etc/GMT"), "{error}");
    let readings = read(&path, &read_as("Etc/GMT+8"), None).unwrap().remove(0);
    let series = readings.series(Channel::IMPORT_KWH).unwrap();
    assert!((series.total().unwrap() - 266_103.8).abs() < 0.1, "{:?}", series.total());
    assert_eq!(series.missing(), 13);
    assert_eq!(readings.provenance()["clock_changes"].value, "fixed_offset");
}
