//! The demo plant: fixed, so that everybody sees the same figures.

use jiff::civil::{Date, date};

use super::{Fault, FaultKind, Plant};
use crate::time::Calendar;

/// Statutory holidays and make-up workdays of mainland China in 2025.
///
/// Source: 国务院办公厅关于2025年部分节假日安排的通知 (2024-11-12),
/// <https://www.gov.cn/zhengce/zhengceku/202411/content_6986383.htm>. Other years are an error.
///
/// ```
/// use jiff::civil::date;
/// use wattlens::time::DayType;
/// let calendar = wattlens::simulate::demo_calendar();
/// assert_eq!(calendar.day_type(date(2025, 10, 8))?, DayType::Holiday);
/// assert_eq!(calendar.day_type(date(2025, 10, 11))?, DayType::MakeupWorkday);
/// assert!(calendar.day_type(date(2026, 1, 1)).is_err());
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn demo_calendar() -> Calendar {
    let mut calendar = Calendar { name: "CN 2025".to_owned(), years: Some((2025, 2025)), ..Calendar::weekends() };
    for (name, first, days) in [
        ("元旦", date(2025, 1, 1), 1),
        ("春节", date(2025, 1, 28), 8),
        ("清明节", date(2025, 4, 4), 3),
        ("劳动节", date(2025, 5, 1), 5),
        ("端午节", date(2025, 5, 31), 3),
        ("国庆节、中秋节", date(2025, 10, 1), 8),
    ] {
        calendar.holidays.extend(first.series(jiff::Span::new().days(1)).take(days).map(|day| (day, name.to_owned())));
    }
    calendar.makeup_workdays =
        [(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)].map(|(month, day)| date(2025, month, day)).into();
    calendar
}

/// The demo plant in 2025 with its faults: a spike, a stuck meter, a night left on, a higher night
/// base, a worked holiday and a short gap. For [`demo_calendar`].
///
/// ```
/// use wattlens::simulate::{demo, demo_calendar, simulate};
/// let (plant, faults) = demo();
/// let simulation = simulate(&plant, &demo_calendar(), &faults)?;
/// assert_eq!(simulation.truth.len(), faults.len());
/// # Ok::<(), wattlens::Error>(())
/// ```
#[must_use]
pub fn demo() -> (Plant, Vec<Fault>) {
    let fault = |kind, day, hour: f64, hours: f64, size| Fault {
        kind,
        start: shanghai(day) + (hour * 3600.0) as i64,
        length_s: (hours * 3600.0) as i64,
        size,
        phase: None,
    };
    let faults = vec![
        fault(FaultKind::Spike, date(2025, 3, 12), 14.0, 0.5, 320.0),
        fault(FaultKind::StuckValue, date(2025, 5, 20), 10.0, 48.0, 0.0),
        fault(FaultKind::UnusualHours, date(2025, 6, 17), 22.5, 7.0, 220.0),
        fault(FaultKind::NightBaseRise, date(2025, 7, 14), 0.0, 21.0 * 24.0, 60.0),
        fault(FaultKind::WorkOnHoliday, date(2025, 10, 3), 0.0, 24.0, 1.0),
        fault(FaultKind::Gap, date(2025, 11, 11), 9.0, 5.0, 0.0),
    ];
    // Larger transformers than it needs, as plants that grew in steps have: billing by demand can then pay.
    (Plant { capacity_kva: 1600.0, ..Plant::default() }, faults)
}

/// Midnight in Shanghai, which has been eight hours ahead of UTC all year since 1992.
fn shanghai(day: Date) -> i64 {
    Date::constant(1970, 1, 1).duration_until(day).as_secs() - 8 * 3600
}
