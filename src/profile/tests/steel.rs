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
fn the_year_in_a_few_numbers() {
    let Some(site) = steel() else { return };
    let profile = of(&site);
    assert_eq!((profile.status, profile.absent.len()), (Status::Ok, 0));
    assert!((profile.energy.import_kwh.unwrap() - 959_636.71).abs() < 1e-6);
    assert!((profile.energy.import_kvarh.unwrap() - 456_759.84).abs() < 1e-6);
    assert!((profile.energy.export_kvarh.unwrap() - 135_638.04).abs() < 1e-6);
    assert_eq!(profile.energy.export_kwh, None);
    let load = &profile.load;
    // 2018-11-22T09:30+09:00
    assert_eq!((load.max_kw, load.max_start), (Some(628.72), Some(1_542_846_600)));
    // The one zero: 2018-11-07T23:45+09:00.
    assert_eq!((load.min_kw, load.min_start), (Some(0.0), Some(1_541_601_900)));
    assert!((load.load_factor.unwrap() - 0.174_24).abs() < 5e-6);
    assert!((load.utilisation_hours.unwrap() - 959_636.71 / 628.72).abs() < 1e-6);
    // 00:00–06:00 has 4.62 % of the energy.
    let early: f64 = profile.energy.share_by_hour.unwrap()[..6].iter().sum();
    assert!((early - 0.0462).abs() < 5e-5);
    // Mean energy of a Saturday and of a Sunday.
    let mean_kwh = |weekday: jiff::civil::Weekday| {
        let kwh: Vec<f64> =
            profile.days.iter().filter(|day| day.date.weekday() == weekday).filter_map(|day| day.kwh).collect();
        kwh.iter().sum::<f64>() / kwh.len() as f64
    };
    assert!((mean_kwh(jiff::civil::Weekday::Saturday) - 1528.23).abs() < 0.005);
    assert!((mean_kwh(jiff::civil::Weekday::Sunday) - 724.38).abs() < 0.005);
}

#[test]
fn months_and_power_factors() {
    let Some(site) = steel() else { return };
    let profile = of(&site);
    // kWh, lagging kvarh, leading kvarh, power factor lagging only and with both, peak kW.
    let half_year = [
        (126_238.29, 54_461.19, 11_675.81, 0.9182, 0.8858, 612.56),
        (91_497.34, 35_893.30, 11_723.70, 0.9309, 0.8871, 582.04),
        (80_230.41, 32_018.48, 12_761.92, 0.9288, 0.8732, 605.24),
        (78_769.80, 34_738.33, 12_091.03, 0.9150, 0.8596, 556.12),
        (79_059.28, 38_430.85, 12_764.51, 0.8994, 0.8394, 560.16),
        (65_404.64, 32_893.90, 12_388.10, 0.8934, 0.8222, 535.40),
    ];
    assert_eq!((profile.months.len(), profile.power_factor_by_month.len()), (12, 12));
    for ((month, factor), expected) in profile.months.iter().zip(&profile.power_factor_by_month).zip(half_year) {
        let (kwh, lagging, leading, lagging_only, as_billed, peak_kw) = expected;
        assert!((month.kwh.unwrap() - kwh).abs() < 0.005, "{}", month.label);
        assert!((factor.import_kvarh - lagging).abs() < 0.005, "{}", month.label);
        assert!((factor.export_kvarh.unwrap() - leading).abs() < 0.005, "{}", month.label);
        assert!((factor.lagging_only.unwrap() - lagging_only).abs() <= 5.1e-5, "{}", month.label);
        assert!((factor.as_billed.unwrap() - as_billed).abs() <= 5.1e-5, "{}", month.label);
        assert!((month.max_kw.unwrap() - peak_kw).abs() < 1e-9, "{}", month.label);
    }
    let billed: Vec<f64> = profile.power_factor_by_month.iter().filter_map(|month| month.as_billed_rounded).collect();
    assert_eq!(billed, [0.89, 0.89, 0.87, 0.86, 0.84, 0.82, 0.85, 0.81, 0.80, 0.83, 0.86, 0.83]);
    let all = profile.power_factor.unwrap();
    assert!((all.lagging_only.unwrap() - 0.902_94).abs() < 5e-6);
    assert!((all.as_billed.unwrap() - 0.850_92).abs() < 5e-6);

    assert_eq!(profile.years.len(), 1);
    let year = &profile.years[0];
    assert_eq!((year.label.as_str(), year.days, year.trusted), ("2018", 365, true));
    let maxima: f64 = profile.months.iter().filter_map(|month| month.max_kw).sum();
    assert!(near(year.season_unbalance.unwrap(), maxima / 12.0 / 628.72));
    // Mean over maximum of the period and mean of the daily rates are two different numbers.
    let rates: f64 = profile.days.iter().map(|day| day.mean_kw.unwrap() / day.max_kw.unwrap()).sum();
    assert!(near(year.mean_daily_load_rate.unwrap(), rates / 365.0));
    assert!(year.mean_daily_load_rate.unwrap() > 2.0 * year.load_factor.unwrap());
}

#[test]
fn demand_by_window() {
    let Some(site) = steel() else { return };
    let demand = of(&site).demand;
    let known = |window_s, kind| {
        let window = demand.windows.iter().find(|window| (window.window_s, window.kind) == (window_s, kind)).unwrap();
        window.max_kw.ok_or(window.unknown.unwrap_or(Reason::AllZero))
    };
    let kw = |window_s, kind| (known(window_s, kind).unwrap() * 100.0).round() / 100.0;
    assert_eq!(kw(900, WindowKind::Block), 628.72);
    assert_eq!(known(900, WindowKind::Sliding), Err(Reason::CannotBeKnownFromThisStep));
    assert_eq!(kw(1800, WindowKind::Block), 587.16);
    assert_eq!(kw(1800, WindowKind::Sliding), 598.82);
    assert_eq!(kw(3600, WindowKind::Block), 564.30);
    let first = &demand.days[0];
    assert_eq!((first.date, first.start, first.kw), (date(2018, 11, 22), 1_542_846_600, 628.72));
    // One quarter-hour at or above 0.9 · 628.72 = 565.848 kW.
    assert_eq!(first.hours_above, 0.25);
    assert!(near(first.kwh_above, (628.72 - 565.848) * 0.25));
    assert_eq!(demand.days.len(), 10);
    assert!(demand.days.is_sorted_by(|a, b| a.kw >= b.kw));
}

#[test]
fn the_thirteen_weekdays_without_production() {
    let Some(site) = steel() else { return };
    let profile = of(&site);
    let quiet: Vec<String> = profile
        .days
        .iter()
        .filter(|day| day.day_type == crate::time::DayType::Workday && day.activity == Activity::NoProduction)
        .map(|day| day.date.strftime("%m-%d").to_string())
        .collect();
    let expected = [
        "01-01", "02-14", "02-15", "02-16", "05-01", "08-01", "08-02", "08-03", "09-24", "09-25", "09-26", "12-25",
        "12-31",
    ];
    assert_eq!(quiet, expected);
}

#[test]
fn operating_hours_of_one_shift_with_lunch_and_overtime() {
    let Some(site) = steel() else { return };
    let profile = of(&site);
    let operating = profile.operating.unwrap();
    let seen: Vec<_> = operating
        .hours
        .iter()
        .map(|hours| (hours.day_type, hours.days, hours.opens_h, hours.closes_h, hours.breaks_h))
        .collect();
    use crate::time::DayType::{Weekend, Workday};
    let expected = [(Workday, 248, Some(8.0), Some(21.0), 1.0), (Weekend, 50, Some(8.0), Some(17.0), 1.0)];
    assert_eq!(seen, expected);

    // Slow twin of the energy while closed, by the local clock of each reading.
    let load = site.readings().load_kw();
    let mut closed = Vec::new();
    for (index, kw) in load.iter().enumerate() {
        let day = &profile.days[index / 96];
        let hour = (index % 96) as f64 / 4.0;
        let closes = if day.day_type == Workday { 21.0 } else { 17.0 };
        if day.activity == Activity::NoProduction || hour < 8.0 || hour >= closes {
            closed.push(*kw);
        }
    }
    closed.sort_by(f64::total_cmp);
    let reference = crate::stats::quantile_sorted(&closed, 0.1).unwrap();
    let off = profile.off_hours.unwrap();
    assert_eq!((off.hours, off.reference_kw), (closed.len() as f64 / 4.0, reference));
    assert!(near(off.kwh, closed.iter().sum::<f64>() / 4.0));
    assert!(near(off.excess_kwh, closed.iter().map(|kw| (kw - reference).max(0.0)).sum::<f64>() / 4.0));
    let worked: Vec<f64> = closed.into_iter().filter(|kw| *kw > operating.open_above_kw).collect();
    assert_eq!(off.worked_hours, worked.len() as f64 / 4.0);
    assert!(near(off.worked_excess_kwh, worked.iter().map(|kw| kw - reference).sum::<f64>() / 4.0));
}
